"""Text to WordPiece ids, by the `tokenizers` library, with an answer for every possible string."""

import json
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tokenizers import Tokenizer

from bert_min.tokenizer_files import OWN, read_tokenizer


class Encoded(NamedTuple):
    """Ids of one text, [CLS] and [SEP] included, and whether its end had to be cut off."""

    ids: list[int]
    truncated: bool


class BertTokenizer:
    """The WordPiece tokenizer of a model folder, cut at `max_length` ids.

    Reads what `read_tokenizer` does, which tells `say` what it chose; raises ModelError.
    Source: BERT section 3; google-research/bert `tokenization.py`.
    """

    def __init__(
        self, folder: Path, max_length: int, say: Callable[[str], object] = lambda text: None
    ) -> None:
        self.max_length = max_length
        self.backend, self.settings = read_tokenizer(folder, say)
        self._file = self.backend.to_str(pretty=True)
        # A "[SEP]" that a person types is text, not the end of the text; a "[USER]" that the
        # tokenizer was given is a token. The library cuts up what is marked as special.
        own = {self.settings[name] for name in OWN}
        added = self.backend.get_added_tokens_decoder().values()
        if any(token.special != (token.content in own) for token in added):
            self.backend = marked(self.backend, own)
        self._marked = self.backend.to_str(pretty=True)
        self.backend.encode_special_tokens = True
        self.overlap = (max_length - 2) // 4  # ids that a window shares with the one before
        self.backend.enable_truncation(max_length, stride=self.overlap)

    @cached_property
    def vocab_size(self) -> int:
        """One more than the highest id, added tokens included."""
        return 1 + max(self.backend.get_vocab().values())

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encode texts. The empty text is [CLS] [SEP]; NUL and lone surrogates are dropped."""
        found = self.backend.encode_batch_fast(clean(texts))
        return [Encoded(encoding.ids, bool(encoding.overflowing)) for encoding in found]

    def windows(self, texts: Sequence[str]) -> list[list[list[int]]]:
        """The ids of each text in as many windows as it takes; the first is what `encode` gives.

        Each has [CLS] and [SEP], and begins with the last `overlap` ids of the one before.
        """
        found = self.backend.encode_batch_fast(clean(texts))
        return [[each.ids for each in (e, *e.overflowing)] for e in found]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each of the windows of a text begins and ends in it; without lone surrogates."""
        [text] = clean([text])
        first = self.backend.encode(text)
        found = []
        for window in (first, *first.overflowing):
            read = [offsets for offsets in window.offsets if offsets != (0, 0)]
            found.append((read[0][0], read[-1][1]) if read else (0, 0))
        return found

    @property
    def unknown(self) -> int:
        """The id of what is in no vocabulary."""
        found = self.backend.token_to_id(self.settings["unk_token"])
        assert found is not None
        return found

    def save(self, folder: Path, alone: bool = False) -> None:
        """Write `tokenizer.json` and `tokenizer_config.json`, as AutoTokenizer reads them.

        `alone` the first is for whoever reads it without us: of its tokens our five are special.
        """
        # The library's own `save` raises no OSError where the disk is full.
        text = self._marked if alone else self._file
        (folder / "tokenizer.json").write_text(text, encoding="utf-8")
        settings = json.dumps(self.settings | {"model_max_length": self.max_length}, indent=2)
        (folder / "tokenizer_config.json").write_text(settings + "\n", encoding="utf-8")


def marked(tokenizer: Tokenizer, special: Collection[str]) -> Tokenizer:
    """A tokenizer of which these added tokens and no others are special."""
    values = json.loads(tokenizer.to_str())
    for token in values["added_tokens"]:
        token["special"] = token["content"] in special
    return Tokenizer.from_str(json.dumps(values))


def clean(texts: Sequence[str]) -> list[str]:
    """Texts without halves of UTF-16 pairs, which have no UTF-8 form and are in no vocabulary."""
    return [text.encode("utf-8", "ignore").decode("utf-8") for text in texts]
