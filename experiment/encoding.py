"""Texts as token ids, and what identifies them."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bert_min import BertTokenizer
from data import Data
from data.flat import TokenIds
from data.hashtags import READINGS
from data.unlabelled import load_unlabelled
from experiment.cli import say
from experiment.settings import Settings

BLOCK = 4096  # texts that are worked on at once


@dataclass(frozen=True)
class Unlabelled:
    """Texts without labels, as token ids: a student hears its teacher on them."""

    sha256: str  # of the texts
    ids: Sequence[Sequence[int]]


def encode(
    tokenizer: BertTokenizer, texts: Sequence[str], read: Callable[[str], str]
) -> tuple[TokenIds, int]:
    """The ids of each text as `read` gives it, and how many texts had to be cut."""
    ids, cut = TokenIds(), 0
    for start in range(0, len(texts), BLOCK):  # what the tokenizer gives takes 50 times the ids
        for encoded in tokenizer.encode([read(text) for text in texts[start : start + BLOCK]]):
            ids.append(encoded.ids)
            cut += encoded.truncated
    return ids, cut


def encode_unlabelled(settings: Settings, data: Data, tokenizer: BertTokenizer) -> Unlabelled:
    """The texts of --unlabelled as token ids; says how many there are, and are not.

    `data` are those that the student may learn from and be scored on.
    """
    assert settings.unlabelled
    texts, left_out = load_unlabelled(settings.unlabelled, data)
    ids, cut = encode(tokenizer, texts, READINGS[settings.hashtags])
    counts = "".join(f", {count} left out ({reason})" for reason, count in left_out.items())
    say(f"unlabelled: {len(texts)} texts, {cut} cut at {settings.max_length} tokens{counts}")
    return Unlabelled(_sha256(_listed(texts)), ids)


def fingerprint(data: Data) -> str:
    """The identity of a data set: SHA-256 of its texts and labels."""
    return _sha256(_as_json(data))


def _as_json(data: Data) -> Iterator[str]:
    """What json.dumps makes of [[texts, labels], ...], of each split, piece by piece."""
    for number, split in enumerate(data.splits.values()):
        yield ", [" if number else "[["
        yield from _listed(split.texts)
        yield ", "
        yield from _listed(split.labels)
        yield "]"
    yield "]"


def _listed(values: Sequence[str] | Sequence[int]) -> Iterator[str]:
    """What json.dumps makes of a list, a block at a time."""
    yield "["
    for start in range(0, len(values), BLOCK):
        yield (", " if start else "") + json.dumps(values[start : start + BLOCK])[1:-1]
    yield "]"


def _sha256(pieces: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece.encode())
    return digest.hexdigest()
