"""Is one arm better than another, or did the seeds and the texts just fall that way?

Shapes:  S seeds,  N texts,  R resamples.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scoring.metrics import f1_of_counts

RESAMPLES = 2_000
LEVEL = 0.05
POWER = 0.8  # chance to notice the smallest detectable difference
MOST_DF = 10_000.0  # where a t is a normal distribution


def t_cdf(t: float, df: float) -> float:
    """P(T <= t) of Student's t with `df` degrees of freedom, by Simpson's rule."""
    # With x = sqrt(df) tan(a) the density becomes cos(a)^(df - 1), which is smooth and bounded.
    angle = math.atan(abs(t) / math.sqrt(df))
    a = np.linspace(0, angle, 2001)
    weights = np.ones(2001)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    area = float((weights * np.cos(a) ** (df - 1)).sum() * angle / 2000 / 3)
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    return 0.5 + math.copysign(scale * area, t)


def t_quantile(p: float, df: float) -> float:
    """The t with P(T <= t) = p, by bisection."""
    low, high = -1e4, 1e4
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if t_cdf(middle, df) < p else (low, middle)
    return (low + high) / 2


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % interval over S seeds: mean -+ t(.975, S - 1) * sd / sqrt(S).

    One seed has no interval: its ends are NaN.
    """
    x = np.asarray(values, float)
    if len(x) < 2:
        return float(x.mean()), math.nan, math.nan
    half = t_quantile(1 - LEVEL / 2, len(x) - 1) * x.std(ddof=1) / math.sqrt(len(x))
    return float(x.mean()), float(x.mean() - half), float(x.mean() + half)


@dataclass(frozen=True)
class Difference:
    """Macro-F1 of an arm minus another's: estimate, 95 % interval, p-value of no difference.

    `detectable` is the true difference that such a comparison shows with 80 % chance.
    """

    estimate: float
    low: float
    high: float
    p: float
    detectable: float


def macro_f1_of_samples(
    predicted: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Macro-F1 (R, S) of predictions (S, N), each text counted `weights` (R, N) times."""
    yes, gold = predicted.astype(float).T, labels.astype(float)[:, None]  # (N, S), (N, 1)
    tp, fp = weights @ (yes * gold), weights @ (yes * (1 - gold))
    fn, tn = weights @ ((1 - yes) * gold), weights @ ((1 - yes) * (1 - gold))
    return (f1_of_counts(tp, fp, fn) + f1_of_counts(tn, fn, fp)) / 2


@lru_cache(8)
def draws(n: int, resamples: int) -> np.ndarray:
    """How often each of n things is drawn in n draws with replacement: (R, n), always the same."""
    rng = np.random.default_rng([n, resamples])
    return rng.multinomial(n, np.full(n, 1 / n), resamples).astype(float)


def multi_bootstrap(
    predicted_a: np.ndarray, predicted_b: np.ndarray, labels: np.ndarray, resamples: int = RESAMPLES
) -> Difference:
    """Compare two arms' predictions (S, N), drawing seeds and texts anew at once, in pairs.

    A resample draws S seeds and N texts with replacement, the same for both arms; its value is the
    mean macro-F1 over its seeds. Few seeds drawn from themselves vary too little: the part of the
    variance that they add is multiplied by S / (S - 1), and interval and p-value are those of a t
    with Satterthwaite's degrees of freedom, S - 1 where the texts' part is small.
    Source: MultiBERTs, section 4, https://arxiv.org/abs/2106.16163
    """
    seeds, n = predicted_a.shape
    texts, drawn = draws(n, resamples), draws(seeds, resamples) / seeds  # (R, N), (R, S)

    def difference(text_weights: np.ndarray) -> np.ndarray:
        return macro_f1_of_samples(predicted_a, labels, text_weights) - macro_f1_of_samples(
            predicted_b, labels, text_weights
        )

    samples = difference(texts)  # (R, S)
    estimate = float(difference(np.ones((1, n))).mean())
    of_texts = samples.mean(axis=1).var()
    of_seeds = max(0.0, (samples * drawn).sum(axis=1).var() - of_texts)
    of_seeds *= seeds / max(1, seeds - 1)
    error = math.sqrt(of_texts + of_seeds)
    if error == 0:
        return Difference(estimate, estimate, estimate, float(estimate == 0), 0.0)
    df = min(MOST_DF, (seeds - 1) * (error**2 / of_seeds) ** 2) if of_seeds else MOST_DF
    half = t_quantile(1 - LEVEL / 2, df) * error
    p = 2 * (1 - t_cdf(abs(estimate) / error, df))
    detectable = half + t_quantile(POWER, df) * error
    return Difference(estimate, estimate - half, estimate + half, p, detectable)


def mcnemar(correct_a: np.ndarray, correct_b: np.ndarray) -> float:
    """Exact two-sided p of the texts (N,) that only one of two classifiers gets right.

    Under no difference each of them is right by the toss of a coin: binomial(n, 1/2).
    Source: McNemar 1947, https://doi.org/10.1007/BF02295996
    """
    only_a, only_b = int((correct_a & ~correct_b).sum()), int((correct_b & ~correct_a).sum())
    n, fewer = only_a + only_b, min(only_a, only_b)
    tail = sum(math.comb(n, k) for k in range(fewer + 1))  # whole numbers: nothing is rounded
    return min(1.0, tail / 2 ** (n - 1)) if n else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of several questions, so that all answers hold at once with 95 %.

    The k-th smallest of m is multiplied by m - k + 1, and none falls below one before it.
    Source: Holm 1979, https://www.jstor.org/stable/4615733
    """
    order = np.argsort(p_values, kind="stable")
    adjusted, largest = [0.0] * len(order), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[place]))
        adjusted[int(place)] = largest
    return adjusted


def verdict(difference: Difference, adjusted_p: float) -> str:
    """BETTER, WORSE or NOT DISTINGUISHABLE: the first arm, held against the second."""
    if adjusted_p >= LEVEL:
        return "NOT DISTINGUISHABLE"
    return "BETTER" if difference.estimate > 0 else "WORSE"
