"""Text to WordPiece ids, by the `tokenizers` library, with an answer for every possible string."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

from bert_min.config import ModelError


class Encoded(NamedTuple):
    """Ids of one text, [CLS] and [SEP] included, and whether its end had to be cut off."""

    ids: list[int]
    truncated: bool


class BertTokenizer:
    """The uncased WordPiece tokenizer of a model folder, cut at `max_length` ids.

    Reads `tokenizer.json` or else `vocab.txt`; raises ModelError where neither can be used.
    Source: BERT section 3; google-research/bert `tokenization.py`.
    """

    def __init__(self, folder: Path, max_length: int) -> None:
        self.max_length = max_length
        self.backend = _read_backend(folder)
        self.backend.no_padding()
        self.backend.enable_truncation(max_length)
        # A "[SEP]" that a person types is text, not the end of the text.
        self.backend.encode_special_tokens = True

    @property
    def vocab_size(self) -> int:
        return self.backend.get_vocab_size()

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encode texts. The empty text is [CLS] [SEP]; NUL and lone surrogates are dropped."""
        # Half of a UTF-16 pair is no character: it has no UTF-8 form and no place in a vocabulary.
        clean = [text.encode("utf-8", "ignore").decode("utf-8") for text in texts]
        return [Encoded(e.ids, bool(e.overflowing)) for e in self.backend.encode_batch_fast(clean)]

    def cut(self, text: str) -> str:
        """The beginning of a text that `encode` reads, without lone surrogates."""
        clean = text.encode("utf-8", "ignore").decode("utf-8")
        read = [offsets for offsets in self.backend.encode(clean).offsets if offsets != (0, 0)]
        return clean[: read[-1][1]] if read else ""

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json` and `tokenizer_config.json`, as AutoTokenizer reads them."""
        plain = Tokenizer.from_str(self.backend.to_str())
        plain.no_truncation()
        # Its own `save` raises no OSError where the disk is full.
        (folder / "tokenizer.json").write_text(plain.to_str(pretty=True), encoding="utf-8")
        settings = {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": True,
            "model_max_length": self.max_length,
            **{
                f"{name}_token": f"[{name.upper()}]"
                for name in ("unk", "sep", "pad", "cls", "mask")
            },
        }
        text = json.dumps(settings, indent=2)
        (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")


def _read_backend(folder: Path) -> Tokenizer:
    file, vocab_file = folder / "tokenizer.json", folder / "vocab.txt"
    try:
        if file.is_file():
            return Tokenizer.from_file(str(file))
        if vocab_file.is_file():
            return _from_vocab(WordPiece.read_file(str(vocab_file)))
    except Exception as error:  # the library raises bare Exception
        raise ModelError(f"the tokenizer in {folder} cannot be read: {error}") from None
    raise ModelError(f"no tokenizer.json and no vocab.txt in {folder}")


def _from_vocab(vocab: dict[str, int]) -> Tokenizer:
    missing = [
        token for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]") if token not in vocab
    ]
    if missing:
        raise ModelError(f"vocab.txt lacks {', '.join(missing)}")
    tokenizer = Tokenizer(WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", vocab["[SEP]"]), ("[CLS]", vocab["[CLS]"]))
    return tokenizer
