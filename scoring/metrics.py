"""Every number that is said about a classifier, from its logits and the true labels."""

import math
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


def negative_log_likelihood(
    logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0
) -> float:
    """Mean -log p(label) in nats of logits (N, K) divided by a temperature."""
    scaled = logits.astype(np.float64) / temperature
    normaliser = np.logaddexp.reduce(scaled, axis=1)
    return float((normaliser - scaled[np.arange(len(labels)), labels]).mean())


# What is said of a split, in this order; which of it depends on the number of classes.
KEYS = (
    *("loss", "accuracy", "accuracy_ci95", "f1", "macro_f1", "macro_f1_ci95", "weighted_f1"),
    *("precision", "recall", "auroc", "brier", "ece", "predicted_positive_rate", "n"),
    *("classes", "confusion"),
)


def compute_metrics(
    logits: np.ndarray, labels: ArrayLike, threshold: float = 0.5
) -> dict[str, Any]:
    """Score logits (N, K) against labels (N,) in [0, K), as `decide` answers with `threshold`.

    `loss` is the mean negative log-likelihood in nats; `macro_f1` is the mean of all classes' F1,
    as TweetEval and HatEval score. `loss`, `auroc`, `brier` and `ece` know of no threshold.
    Of two classes, `f1`, `precision`, `recall`, `auroc` and `brier` are the positive one's.
    Of more, `weighted_f1` is the mean F1 of the texts' classes, `auroc` the mean over the classes,
    each against the rest, and `brier` half the squared distance from the true class, 0 to 1, which
    of two classes is the same number. `classes` holds what is said of each, in the order of their
    ids (`n` texts are of it); `confusion[i][j]` counts the texts of class i that were called j.
    `auroc` is None where no text is of the class, or all are.
    Raises FloatingPointError where a logit is not finite.
    """
    labels = np.asarray(labels)
    if not np.isfinite(logits).all():
        raise FloatingPointError("the model's logits are not finite: there is nothing to score")
    probabilities = softmax(logits)
    predicted = decide(probabilities, threshold)
    counts = confusion(predicted, labels, logits.shape[1])
    interval = bootstrap_intervals(counts)
    found = {
        "loss": negative_log_likelihood(logits, labels),
        "accuracy": float(_ratio(counts.trace(), len(labels))),
        "accuracy_ci95": interval["accuracy"],
        "macro_f1": float(f1_of_classes(counts).mean()),
        "macro_f1_ci95": interval["macro_f1"],
        "ece": expected_calibration_error(probabilities, labels),
        "n": len(labels),
    }
    found |= (_of_two if len(counts) == 2 else _of_more)(probabilities, labels, counts)
    return {key: found[key] for key in KEYS if key in found}


def _of_two(probabilities: np.ndarray, labels: np.ndarray, counts: np.ndarray) -> dict[str, Any]:
    """What is said of the positive class, where there are two."""
    score = probabilities[:, 1]
    return {
        "f1": float(f1_of_classes(counts)[1]),
        "precision": float(_ratio(counts[1, 1], counts[:, 1].sum())),
        "recall": float(_ratio(counts[1, 1], counts[1].sum())),
        "auroc": _known(auroc(score, labels)),
        "brier": float(((score - labels) ** 2).mean()),
        "predicted_positive_rate": float(counts[:, 1].sum() / len(labels)),
    }


def _of_more(probabilities: np.ndarray, labels: np.ndarray, counts: np.ndarray) -> dict[str, Any]:
    """What is said of three classes and more."""
    right, called, there = counts.diagonal(), counts.sum(axis=0), counts.sum(axis=1)
    columns = {
        "precision": _ratio(right, called),
        "recall": _ratio(right, there),
        "f1": f1_of_classes(counts),
    }
    areas = [auroc(probabilities[:, k], labels == k) for k in range(len(counts))]
    classes: list[dict[str, Any]] = [
        {name: float(values[k]) for name, values in columns.items()}
        | {"auroc": _known(area), "n": int(there[k])}
        for k, area in enumerate(areas)
    ]
    known = [area for area in areas if not math.isnan(area)]
    distance = ((probabilities - np.eye(len(counts))[labels]) ** 2).sum(axis=1)
    return {
        "weighted_f1": float(columns["f1"] @ there / len(labels)),
        "auroc": float(np.mean(known)) if known else None,
        "brier": float(distance.mean() / 2),
        "classes": classes,
        "confusion": counts.tolist(),
    }


def _known(value: float) -> float | None:
    """None for NaN, which JSON has not."""
    return None if math.isnan(value) else value


def decide(probabilities: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """Label ids (N,): of two classes the second from `threshold` on, of more the likeliest."""
    if probabilities.shape[1] == 2:
        return (probabilities[:, 1] >= threshold).astype(int)
    return probabilities.argmax(axis=1)


def score_of(probabilities: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """The one number (N,) said of each text: P(second class) of two, P(label) of more."""
    if probabilities.shape[1] == 2:
        return probabilities[:, 1]
    return probabilities[np.arange(len(predicted)), predicted]


def confusion(predicted: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Counts (K, K) of texts: a row a true class, a column a predicted one."""
    cells = labels.astype(np.int64) * classes + predicted
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def _ratio(part: Any, whole: Any) -> np.ndarray:
    """part / whole, and 0 where the whole is 0: no positive predicted means precision 0."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def f1_of_counts(tp: Any, fp: Any, fn: Any) -> np.ndarray:
    """2 tp / (2 tp + fp + fn), and 0 where nothing is and nothing was called positive."""
    return _ratio(2 * np.asarray(tp), 2 * np.asarray(tp) + fp + fn)


def f1_of_classes(counts: np.ndarray) -> np.ndarray:
    """F1 (..., K) of every class of counts (..., K, K), as `confusion` gives them."""
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    return _ratio(2 * right, counts.sum(axis=-1) + counts.sum(axis=-2))


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
    correct = decide(probabilities) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(labels))


def bootstrap_intervals(counts: np.ndarray) -> dict[str, list[float]]:
    """95 % percentile intervals of accuracy and macro-F1 over resampled examples.

    Both depend on the counts (K, K) of `confusion` alone, so drawing N examples with replacement is
    one draw from a multinomial over the cells. Says nothing of the spread over training seeds.
    """
    n = counts.sum()
    at_once = max(1, 1_000_000 // counts.size)  # so many fit a few megabytes
    generator = np.random.default_rng(0)
    accuracy, macro_f1 = np.empty(RESAMPLES), np.empty(RESAMPLES)
    for start in range(0, RESAMPLES, at_once):
        some = slice(start, min(start + at_once, RESAMPLES))
        draws = generator.multinomial(n, counts.ravel() / n, some.stop - start)
        tables = draws.reshape(-1, *counts.shape)
        accuracy[some] = tables.trace(axis1=1, axis2=2) / n
        macro_f1[some] = f1_of_classes(tables).mean(axis=1)
    return {
        name: [float(q) for q in np.quantile(values, (0.025, 0.975))]
        for name, values in (("accuracy", accuracy), ("macro_f1", macro_f1))
    }


def constants(
    labels: Sequence[int], train_labels: Sequence[int], names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The scores of answers that need no model: training's majority, and of two always positive.

    Their `loss`, `brier`, `ece` and `auroc` are those of the training split's shares of the classes
    given as the probabilities of every text: the best that one can say without reading.
    """
    gold, k = np.asarray(labels), len(names)
    shares = np.bincount(train_labels, minlength=k) / len(train_labels)
    shares[0] = 1 - shares[1:].sum()  # their sum is 1, to the last bit
    majority = int(shares.argmax())
    log_shares = np.log(np.maximum(shares, 1e-9))  # a class that training does not know
    blind = compute_metrics(np.tile(log_shares, (len(gold), 1)), gold)
    kept = {key: blind[key] for key in ("loss", "brier", "ece", "auroc")}

    def always(label: int) -> dict[str, Any]:
        return compute_metrics(np.tile(np.eye(k)[label], (len(gold), 1)), gold) | kept

    positive = {f"always {names[1]}": always(1)} if k == 2 else {}
    return {**positive, f"majority ({names[majority]})": always(majority)}
