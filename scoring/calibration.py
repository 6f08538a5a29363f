"""Scores that can be believed: a temperature, and of two classes a threshold, from validation."""

import numpy as np

from scoring.metrics import BINS, f1_of_counts, negative_log_likelihood, softmax


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature in [1/20, 20] with the lowest loss on these logits (N, K).

    It is 1 where the loss falls on below that range: where every text is told right, as of few and
    easy ones, they say nothing of how sure a model may be. The loss is convex in 1 / temperature:
    golden-section search finds its one minimum.
    Source: Guo et al. 2017, section 4.2, https://arxiv.org/abs/1706.04599
    """
    low, high = 1 / 20, 20.0  # of 1 / temperature
    golden = (5**0.5 - 1) / 2
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        losses = [negative_log_likelihood(logits, labels, 1 / x) for x in (left, right)]
        low, high = (low, right) if losses[0] < losses[1] else (left, high)
    found = 2 / (low + high)
    return found if found > 0.0501 else 1.0


def choose_threshold(score: np.ndarray, labels: np.ndarray) -> float:
    """The threshold with the highest macro-F1: a text is positive from this score (N,) on.

    Thresholds lie half-way between neighbouring scores. Of equals the nearest to 1/2 is taken.
    """
    order = np.argsort(-score, kind="stable")
    ranked, gold = score[order], labels[order]
    tp = np.concatenate([[0], np.cumsum(gold == 1)])  # [n]: the n highest are called positive
    fp = np.concatenate([[0], np.cumsum(gold == 0)])
    fn, tn = tp[-1] - tp, fp[-1] - fp
    macro = (f1_of_counts(tp, fp, fn) + f1_of_counts(tn, fn, fp)) / 2
    edges = np.concatenate([[1.0], ranked, [0.0]])
    middle = (edges[:-1] + edges[1:]) / 2
    possible = np.concatenate([[True], ranked[1:] < ranked[:-1], [True]])  # not between equals
    best = np.flatnonzero(possible & (macro >= macro[possible].max() - 1e-12))
    return float(middle[best[np.argmin(np.abs(middle[best] - 0.5))]])


def match_prior(margins: np.ndarray, prior: float) -> float:
    """What to add to margins (N,) so that their mean score is `prior`, a share in (0, 1).

    It needs the texts that are to be scored, many at once, and none of their labels; and it trusts
    that the class is as frequent among them as `prior` says.
    Source: Liusie et al. 2023, section 3, https://arxiv.org/abs/2309.04992 (with a uniform prior)
    """
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        too_high = float((1 / (1 + np.exp(-(margins + middle)))).mean()) > prior
        low, high = (low, middle) if too_high else (middle, high)
    return (low + high) / 2


def reliability(logits: np.ndarray, labels: np.ndarray) -> list[tuple[float, float, int]]:
    """Of each bin of P(positive): its mean score, its share of positives, its number of texts.

    Empty bins are left out.
    """
    score = softmax(logits)[:, 1]
    bins = np.minimum((score * BINS).astype(int), BINS - 1)
    return [
        (float(score[bins == b].mean()), float(labels[bins == b].mean()), int((bins == b).sum()))
        for b in range(BINS)
        if (bins == b).any()
    ]
