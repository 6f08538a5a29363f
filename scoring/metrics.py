"""Every number that is said about a classifier, from its logits and the true labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

BINS = 15  # equal-width confidence bins of the calibration error, as in Guo et al. 2017
RESAMPLES = 10_000  # bootstrap samples behind each interval


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (N, K) of logits (N, K), in float64."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    exponent = np.exp(shifted)
    return exponent / exponent.sum(axis=1, keepdims=True)


def compute_metrics(
    logits: np.ndarray, labels: ArrayLike, threshold: float = 0.5
) -> dict[str, Any]:
    """Score two-class logits (N, 2) against labels (N,); class 1 is the positive one.

    A text is called positive where its probability of it is `threshold` or more.

    `loss` is the mean negative log-likelihood in nats; `f1`, `precision` and `recall` are the
    positive class's; `macro_f1` is the mean of both classes' F1, as TweetEval and HatEval score.
    Raises FloatingPointError where a logit is not finite.
    """
    labels = np.asarray(labels)
    if not np.isfinite(logits).all():
        raise FloatingPointError("the model's logits are not finite: there is nothing to score")
    probabilities = softmax(logits)
    score = probabilities[:, 1]
    log_normaliser = np.logaddexp(logits[:, 0].astype(np.float64), logits[:, 1].astype(np.float64))
    true_logit = logits[np.arange(len(labels)), labels].astype(np.float64)
    predicted = (score >= threshold).astype(int)
    tp, fp, fn, tn = confusion(predicted, labels)
    interval = bootstrap_intervals(tp, fp, fn, tn)
    return {
        "loss": float((log_normaliser - true_logit).mean()),
        "accuracy": float(_ratio(tp + tn, len(labels))),
        "accuracy_ci95": interval["accuracy"],
        "f1": float(f1_of_counts(tp, fp, fn)),
        "macro_f1": macro_f1(predicted, labels),
        "macro_f1_ci95": interval["macro_f1"],
        "precision": float(_ratio(tp, tp + fp)),
        "recall": float(_ratio(tp, tp + fn)),
        "auroc": auroc(score, labels),
        "brier": float(((score - labels) ** 2).mean()),
        "ece": expected_calibration_error(probabilities, labels),
        "predicted_positive_rate": float(predicted.mean()),
        "n": len(labels),
    }


def confusion(predicted: np.ndarray, labels: np.ndarray) -> tuple[int, int, int, int]:
    """Counts of true positives, false positives, false negatives and true negatives."""
    return tuple(  # type: ignore[return-value]
        int(((predicted == p) & (labels == t)).sum()) for p, t in ((1, 1), (1, 0), (0, 1), (0, 0))
    )


def _ratio(part: Any, whole: Any) -> np.ndarray:
    """part / whole, and 0 where the whole is 0: no positive predicted means precision 0."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def f1_of_counts(tp: Any, fp: Any, fn: Any) -> np.ndarray:
    """2 tp / (2 tp + fp + fn), and 0 where nothing is and nothing was called positive."""
    return _ratio(2 * np.asarray(tp), 2 * np.asarray(tp) + fp + fn)


def macro_f1(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Mean F1 of the two classes, of predictions (N,) against labels (N,)."""
    tp, fp, fn, tn = confusion(predicted, labels)
    return float((f1_of_counts(tp, fp, fn) + f1_of_counts(tn, fn, fp)) / 2)


def auroc(score: np.ndarray, labels: np.ndarray) -> float:
    """Chance that a positive scores above a negative, ties counted half (Mann-Whitney U).

    NaN where one class is absent.
    """
    positives, negatives = int((labels == 1).sum()), int((labels == 0).sum())
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    last_rank = np.cumsum(counts)
    ranks = (last_rank - (counts - 1) / 2)[inverse]  # the mean rank among equals, from 1
    u = ranks[labels == 1].sum() - positives * (positives + 1) / 2
    return float(u / (positives * negatives))


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """sum over bins of |B|/N * |accuracy(B) - confidence(B)|, confidence = the larger probability.

    Source: Guo et al. 2017, section 2, https://arxiv.org/abs/1706.04599
    """
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(labels))


def bootstrap_intervals(tp: int, fp: int, fn: int, tn: int) -> dict[str, list[float]]:
    """95 % percentile intervals of accuracy and macro-F1 over resampled examples.

    Both depend on the four counts alone, so drawing N examples with replacement is one draw from
    a multinomial over the four cells. Says nothing of the spread over training seeds.
    """
    n = tp + fp + fn + tn
    draws = np.random.default_rng(0).multinomial(n, np.array([tp, fp, fn, tn]) / n, RESAMPLES)
    tps, fps, fns, tns = draws.T
    samples = {
        "accuracy": (tps + tns) / n,
        "macro_f1": (f1_of_counts(tps, fps, fns) + f1_of_counts(tns, fns, fps)) / 2,
    }
    return {
        name: [float(q) for q in np.quantile(values, (0.025, 0.975))]
        for name, values in samples.items()
    }


def constants(
    labels: Sequence[int], train_labels: Sequence[int], names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The scores of two answers that need no model: always positive, and training's majority.

    Their `loss`, `brier` and `ece` are those of the training split's share of positives given as
    the probability of every text: the best that one can say without reading.
    """
    gold, rate = np.asarray(labels), float(np.mean(train_labels))
    blind = compute_metrics(np.tile(np.log([1 - rate, rate]), (len(gold), 1)), gold)
    kept = {key: blind[key] for key in ("loss", "brier", "ece", "auroc")}

    def always(label: int) -> dict[str, Any]:
        return compute_metrics(np.tile(np.eye(2)[label], (len(gold), 1)), gold) | kept

    majority = int(rate > 0.5)
    return {f"always {names[1]}": always(1), f"majority ({names[majority]})": always(majority)}
