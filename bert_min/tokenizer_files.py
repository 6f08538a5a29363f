"""The files of a folder that make a tokenizer, read as transformers reads them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

from bert_min.config import ModelError

# BERT's own five tokens; a file may give other names to them.
OWN = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "sep", "pad", "cls", "mask")}
# How a text is read before it is cut into pieces: the names of tokenizer_config.json, and those of
# tokenizer.json. strip_accents null: where capitals are lowered.
READING = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}
# Classes of transformers that read tokenizer.json as it stands, and those that read vocab.txt.
AS_IT_STANDS = ("PreTrainedTokenizerFast", "TokenizersBackend")
OF_VOCAB = ("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer")


def files_of_tokenizer(folder: Path) -> list[Path]:
    """The files that a folder's tokenizer is read from."""
    made_of = ("tokenizer.json", "vocab.txt")
    found = [folder / name for name in made_of if (folder / name).is_file()][:1]
    more = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json")
    return found + [folder / name for name in more if (folder / name).is_file()]


def read_tokenizer(folder: Path, say: Callable[[str], object]) -> tuple[Tokenizer, dict[str, Any]]:
    """The tokenizer of a folder, and the tokenizer_config.json that goes with it.

    Reads `tokenizer.json` or else `vocab.txt`. Where tokenizer_config.json says how a text is read
    that holds, as in transformers, and `say` is told where tokenizer.json says something else.
    Tokens that it, special_tokens_map.json or added_tokens.json names are added.
    Raises ModelError where no BERT's tokenizer comes of it.
    """
    file, vocab_file = folder / "tokenizer.json", folder / "vocab.txt"
    if not file.is_file() and not vocab_file.is_file():
        raise ModelError(f"no tokenizer.json and no vocab.txt in {folder}")
    try:
        settings = _read_settings(folder)
        if file.is_file():
            backend = Tokenizer.from_file(str(file))
            if told := _read_by(settings, backend):
                say(f"{folder}: {told}")
        else:
            backend = _from_vocab(WordPiece.read_file(str(vocab_file)), settings)
        backend.no_truncation()
        backend.no_padding()
        _add_tokens(backend, settings, _read_json(folder / "added_tokens.json"))
        _check(backend, settings)
        settings["unk_token"] = backend.model.unk_token  # what it says, whatever files call it
    except Exception as error:  # the library raises bare Exception
        raise ModelError(f"the tokenizer in {folder} cannot be read: {error}") from None
    return backend, _to_save(backend, settings)


def _read_json(path: Path) -> dict[str, Any]:
    values = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not isinstance(values, dict):
        raise ModelError(f"{path.name} is not a JSON object")
    return values


def _read_settings(folder: Path) -> dict[str, Any]:
    """tokenizer_config.json, and what only other files say: the names of tokens, the class."""
    settings = _read_json(folder / "tokenizer_config.json")
    if "added_tokens_decoder" not in settings:  # where it stands it is complete
        settings |= _read_json(folder / "special_tokens_map.json")
    if not settings.get("tokenizer_class"):
        settings["tokenizer_class"] = _read_json(folder / "config.json").get("tokenizer_class")
    length = settings.setdefault("model_max_length", None)
    if not (length is None or (type(length) in (int, float) and length > 0)):
        raise ModelError(f"model_max_length cannot be {length!r:.40}")
    return settings | {name: _content(settings.get(name) or own) for name, own in OWN.items()}


def _content(token: Any) -> str:
    """The text of a token, which a file gives alone or in an object with its properties."""
    content = token.get("content") if isinstance(token, dict) else token
    if not isinstance(content, str) or not content:
        raise ModelError(f"{token!r:.40} is no token")
    return content


def _normalizer(settings: dict[str, Any], default: BertNormalizer) -> BertNormalizer:
    """Reading as tokenizer_config.json wants it, and where that is silent as `default` does."""
    values = {}
    for name, theirs in READING.items():
        value = values[theirs] = settings.get(name, getattr(default, theirs))
        if type(value) is not bool and not (value is None and name == "strip_accents"):
            raise ModelError(f"{name} cannot be {value!r:.40}")
    return BertNormalizer(clean_text=default.clean_text, **values)


def _read_by(settings: dict[str, Any], backend: Tokenizer) -> str | None:
    """Let tokenizer_config.json have its way; where tokenizer.json says otherwise, what to tell."""
    theirs = backend.normalizer
    if settings["tokenizer_class"] in AS_IT_STANDS or not isinstance(theirs, BertNormalizer):
        return None
    ours = backend.normalizer = _normalizer(settings, theirs)
    differs = [
        f"{name} {json.dumps(settings[name])}"
        for name, key in READING.items()
        if _meant(ours, key) != _meant(theirs, key) and name in settings
    ]
    if not differs:
        return None
    return f"read with {', '.join(differs)} as tokenizer_config.json says, not as tokenizer.json"


def _meant(normalizer: BertNormalizer, key: str) -> bool:
    value = getattr(normalizer, key)
    return bool(normalizer.lowercase if value is None else value)


def _from_vocab(vocab: dict[str, int], settings: dict[str, Any]) -> Tokenizer:
    kind = settings["tokenizer_class"]
    if kind and str(kind).removesuffix("Fast") not in OF_VOCAB:
        raise ModelError(f"it is a {kind}; of vocab.txt alone only BERT's own can be made")
    _, unk, cls, sep, _ = own = [
        settings[f"{name}_token"] for name in ("pad", "unk", "cls", "sep", "mask")
    ]
    if missing := [token for token in own if token not in vocab]:
        raise ModelError(f"vocab.txt lacks {', '.join(missing)}")
    tokenizer = Tokenizer(WordPiece(vocab, unk_token=unk))
    tokenizer.normalizer = _normalizer(settings, BertNormalizer())
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = BertProcessing((sep, vocab[sep]), (cls, vocab[cls]))
    tokenizer.add_special_tokens(own)
    return tokenizer


def _named(settings: dict[str, Any]) -> dict[str, list[Any]]:
    """The special tokens beside BERT's own that the files name, under their keys."""
    named = {}
    for key, value in settings.items():
        if key in ("additional_special_tokens", "extra_special_tokens"):
            named[key] = list(value.values() if isinstance(value, dict) else value or [])
        elif key.endswith("_token") and key not in OWN and isinstance(value, str | dict):
            named[key] = [value]  # bos_token, or one of the model's own
    return named


def _added(token: Any, special: bool) -> AddedToken:
    names = ("single_word", "lstrip", "rstrip", "normalized", "special")
    given = token if isinstance(token, dict) else {}
    flags = {"special": special} | {name: given[name] for name in names if name in given}
    return AddedToken(_content(token), **flags)


def _add_tokens(backend: Tokenizer, settings: dict[str, Any], numbers: dict[str, int]) -> None:
    """Add the tokens that other files than tokenizer.json name: first those with an id, by it.

    `numbers` is added_tokens.json. Raises ModelError where a token has another id than its own.
    """
    special = {_content(token): token for named in _named(settings).values() for token in named}
    decoder = settings.get("added_tokens_decoder") or {}
    wanted = [(int(number), _added(token, special=False)) for number, token in decoder.items()]
    for text, number in numbers.items() if not decoder else ():
        wanted.append((int(number), _added(special.get(text, text), text in special)))
    wanted.sort(key=lambda pair: pair[0])
    known = {token.content for token in backend.get_added_tokens_decoder().values()}
    for token in (*(token for _, token in wanted), *(_added(t, True) for t in special.values())):
        if token.content not in known:
            backend.add_tokens([token])
            known.add(token.content)
    for number, token in wanted:
        if backend.token_to_id(token.content) != number:
            found = backend.token_to_id(token.content)
            raise ModelError(f"{token.content} would be number {found}, a file says {number}")


def _check(backend: Tokenizer, settings: dict[str, Any]) -> None:
    kind = type(backend.model).__name__
    if not isinstance(backend.model, WordPiece):
        raise ModelError(f"it is of kind {kind}; only WordPiece, BERT's, is taken")
    if backend.token_to_id(backend.model.unk_token) is None:
        raise ModelError(f"its vocabulary lacks {backend.model.unk_token}")
    ends = [settings["cls_token"], settings["sep_token"]]
    if (tokens := backend.encode("").tokens) != ends:
        raise ModelError(f"a blank text is {tokens} to it, not {ends}")


def _to_save(backend: Tokenizer, settings: dict[str, Any]) -> dict[str, Any]:
    """The tokenizer_config.json with which transformers reads what this tokenizer reads."""
    reading, model = backend.normalizer, backend.model
    values: dict[str, Any] = {"tokenizer_class": AS_IT_STANDS[0]}
    if (
        isinstance(reading, BertNormalizer)
        and reading.clean_text
        and isinstance(backend.pre_tokenizer, BertPreTokenizer)
        and (model.continuing_subword_prefix, model.max_input_chars_per_word) == ("##", 100)
    ):  # BertTokenizer makes itself of these settings and the vocabulary
        values = {"tokenizer_class": "BertTokenizer", "do_lower_case": reading.lowercase}
        if reading.strip_accents is not None:
            values["strip_accents"] = reading.strip_accents
        if not reading.handle_chinese_chars:
            values["tokenize_chinese_chars"] = False
    values["model_max_length"] = settings["model_max_length"]
    values |= {name: settings[name] for name in OWN}
    named = {key: [*map(_content, tokens)] for key, tokens in _named(settings).items()}
    values |= {key: tokens[0] for key, tokens in named.items() if key.endswith("_token")}
    others = [token for key in named if not key.endswith("_token") for token in named[key]]
    return values | ({"additional_special_tokens": [*dict.fromkeys(others)]} if others else {})
