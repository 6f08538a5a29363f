"""Why a model says what it says of a text: which words, or pairs of words, move it."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from experiment.classifier import Prediction
from scoring.attribution import Pair, Piece, leave_one_out, leave_two_out
from webapp.models import Model

METHOD = "leave-one-out"
MOVED = 0.2  # log-odds: a word that moves a text by less is not said to have moved it
MOST_PAIRS = 5


class Explained(NamedTuple):
    """The pieces of the part of a text that a score is of, and what stands around them.

    `whole` is the score of that part, from which each piece's change is.
    """

    before: str
    pieces: list[Piece]
    after: str
    unread: str
    whole: float


def why(model: Model, text: str, prediction: Prediction) -> dict[str, Any]:
    """`words`, the pieces of a text with how far each moves the log-odds of toxic; `pairs`.

    These are those of two words that move it together, where no word does so alone.
    """
    odds = partial(log_odds, model)
    found = explained(model, text, prediction, odds)
    pieces, pairs = found.pieces, list[Pair]()
    if all(abs(piece.change or 0) < MOVED for piece in pieces):
        every = leave_two_out(lambda texts: ask(model, texts, odds), pieces)
        moved = [pair for pair in every if abs(pair.change) >= MOVED]
        pairs = sorted(moved, key=lambda pair: -abs(pair.change))[:MOST_PAIRS]

    def told(text: str, change: float | None) -> dict[str, Any]:
        without = None if change is None else chance(found.whole - change)
        return {"text": text, "change": change, "score_without": without}

    words = [Piece(found.before, None), *pieces, Piece(found.after, None)]
    return {
        "method": METHOD,
        "words": [told(*piece) for piece in words if piece.text],
        "pairs": [told(f"{pieces[a].text} \u2026 {pieces[b].text}", c) for a, b, c in pairs],
        "unread": found.unread,
    }


def explained(
    model: Model, text: str, prediction: Prediction, score: Callable[[Prediction], float]
) -> Explained:
    """The pieces of what a model reads of a text, and the rest.

    The words of the window that the score is of have how far each moves `score`.
    """
    if prediction.windows == 1:
        pieces = leave_one_out(lambda texts: ask(model, texts, score), text)
        return Explained("", pieces, "", "", score(prediction))
    spans = model.classifier.spans(text)
    last = spans[-1][1] if prediction.truncated else len(text)
    begin, end = whole_words(text, *spans[prediction.window])
    part = text[begin:end]
    pieces = leave_one_out(lambda texts: ask(model, texts, score), part)
    [whole] = ask(model, [part], score)  # alone it is read a little otherwise than in its window
    return Explained(text[:begin], pieces, text[end:last], text[last:], whole)


def whole_words(text: str, begin: int, end: int) -> tuple[int, int]:
    """A part of a text without the words that it cuts, if these are no large share of it."""
    first, last = begin, end
    while 0 < first < last and not (text[first - 1].isspace() or text[first].isspace()):
        first += 1
    while first < last < len(text) and not (text[last - 1].isspace() or text[last].isspace()):
        last -= 1
    most = (end - begin) / 4  # else words are not parted by blanks, as in Chinese
    return first if first - begin <= most else begin, last if end - last <= most else end


def ask(model: Model, texts: Sequence[str], score: Callable[[Prediction], float]) -> list[float]:
    return [score(prediction) for prediction in model.classifier.predict(texts)]


def log_odds(model: Model, prediction: Prediction) -> float:
    """The logarithm of toxic against not: unlike the probability it moves where that is certain."""
    logits = np.array(prediction.logits)
    toxic = np.isin(np.arange(len(logits)), model.toxic)
    return float(np.logaddexp.reduce(logits[toxic]) - np.logaddexp.reduce(logits[~toxic]))


def chance(odds: float) -> float:
    """The probability of these log-odds."""
    return (1 + math.tanh(odds / 2)) / 2


def toxicity(model: Model, prediction: Prediction) -> float:
    """The probability of all toxic classes together."""
    return min(1.0, sum(prediction.scores[label] for label in model.toxic))  # of rounded numbers
