"""Why a model says what it says of a text: which words, or pairs of words, move it."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from experiment.classifier import Prediction
from scoring.attribution import Pair, Piece, leave_one_out, leave_two_out
from webapp.models import Model

METHOD = "leave-one-out"
MOVED = 0.2  # log-odds: a word that moves a text by less is not said to have moved it
MOST_PAIRS = 5


def why(model: Model, text: str, prediction: Prediction) -> dict[str, Any]:
    """`words`, the pieces of a text with how far each moves the log-odds of toxic; `pairs`.

    These are those of two words that move it together, where no word does so alone.
    """
    odds = partial(log_odds, model)
    pieces, unread = explained(model, text, prediction, odds)
    pairs: list[Pair] = []
    if all(abs(piece.change or 0) < MOVED for piece in pieces):
        found = leave_two_out(lambda texts: ask(model, texts, odds), pieces)
        moved = [pair for pair in found if abs(pair.change) >= MOVED]
        pairs = sorted(moved, key=lambda pair: -abs(pair.change))[:MOST_PAIRS]
    whole = odds(prediction)

    def told(text: str, change: float | None) -> dict[str, Any]:
        without = None if change is None else chance(whole - change)
        return {"text": text, "change": change, "score_without": without}

    return {
        "method": METHOD,
        "words": [told(*piece) for piece in pieces],
        "pairs": [told(f"{pieces[a].text} \u2026 {pieces[b].text}", c) for a, b, c in pairs],
        "unread": unread,
    }


def explained(
    model: Model, text: str, prediction: Prediction, score: Callable[[Prediction], float]
) -> tuple[list[Piece], str]:
    """The pieces of what a model reads of a text, and the rest.

    The words of the window that the score is of have how far each moves `score`.
    """
    spans = model.classifier.spans(text) if prediction.windows > 1 else [(0, len(text))]
    begin, end = spans[prediction.window]
    pieces = leave_one_out(lambda texts: ask(model, texts, score), text[begin:end])
    last = spans[-1][1] if prediction.truncated else len(text)
    around = Piece(text[:begin], None), Piece(text[end:last], None)
    pieces = [piece for piece in (around[0], *pieces, around[1]) if piece.text]
    return pieces, text[last:]


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
