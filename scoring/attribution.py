"""Which words moved the score: leave one out, and look; where none moves it, two."""

import re
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple


class Piece(NamedTuple):
    """A stretch of a text; all pieces of a text, joined, are the text.

    `change` is score(text) - score(text without this piece), None for the space between words.
    """

    text: str
    change: float | None


def leave_one_out(
    score: Callable[[Sequence[str]], Sequence[float]], text: str, most: int = 40
) -> list[Piece]:
    """Score a text without each of its words in turn: change = score(x) - score(x without word).

    `score` gives a number for each of several texts. A text of more than `most` words is taken
    apart in runs of neighbouring words instead, so that the work is bounded.
    Source: Li, Monroe and Jurafsky 2016, section 3, https://arxiv.org/abs/1612.08220
    """
    words = [match.span() for match in re.finditer(r"\S+", text)]
    size = -(-len(words) // most)  # rounded up
    runs = [words[i : i + size] for i in range(0, len(words), size or 1)]
    spans = [(run[0][0], run[-1][1]) for run in runs]
    whole, *without = score([text, *(text[:start] + text[end:] for start, end in spans)])
    pieces, place = [], 0
    for (start, end), rest in zip(spans, without, strict=True):
        pieces += [Piece(text[place:start], None), Piece(text[start:end], whole - rest)]
        place = end
    return [piece for piece in [*pieces, Piece(text[place:], None)] if piece.text]


class Pair(NamedTuple):
    """Two pieces of a text, by their places in the list, and score(text) - score(without both)."""

    first: int
    second: int
    change: float


def leave_two_out(
    score: Callable[[Sequence[str]], Sequence[float]], pieces: Sequence[Piece], most: int = 40
) -> list[Pair]:
    """Score a text without two of its words: all pairs, or neighbours where these are too many.

    Words that say the same thing hide each other: one of them alone can be left out.
    """
    words = [place for place, piece in enumerate(pieces) if piece.change is not None]
    pairs = list(combinations(words, 2))
    if len(pairs) > most:
        pairs = list(pairwise(words))
    texts = ["".join(p.text for i, p in enumerate(pieces) if i not in pair) for pair in pairs]
    whole, *rest = score(["".join(piece.text for piece in pieces), *texts])
    return [Pair(*pair, whole - without) for pair, without in zip(pairs, rest, strict=True)]
