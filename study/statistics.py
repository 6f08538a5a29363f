"""Is one arm better than another, or did the seeds and the texts just fall that way?

Shapes:  S seeds,  N texts,  R resamples.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from scoring.metrics import f1_of_counts

RESAMPLES = 2_000
LEVEL = 0.05
POWER = 0.8  # chance to notice the smallest detectable difference


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % interval over S seeds: mean -+ t(.975, S - 1) * sd / sqrt(S).

    One seed has no interval: its ends are NaN.
    """
    x = np.asarray(values, float)
    if len(x) < 2:
        return float(x.mean()), math.nan, math.nan
    half = stats.t.ppf(1 - LEVEL / 2, len(x) - 1) * stats.sem(x)
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
    Source: MultiBERTs, section 3, https://arxiv.org/abs/2106.16163
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
    df = (seeds - 1) * (error**2 / of_seeds) ** 2 if of_seeds else math.inf
    half = float(stats.t.ppf(1 - LEVEL / 2, df)) * error
    p = 2 * float(stats.t.sf(abs(estimate) / error, df))
    detectable = half + float(stats.t.ppf(POWER, df)) * error
    return Difference(estimate, estimate - half, estimate + half, p, detectable)


def mcnemar(correct_a: np.ndarray, correct_b: np.ndarray) -> float:
    """Exact two-sided p of the texts (N,) that only one of two classifiers gets right.

    Under no difference each of them is right by the toss of a coin: binomial(n, 1/2).
    Source: McNemar 1947, https://doi.org/10.1007/BF02295996
    """
    only_a, only_b = int((correct_a & ~correct_b).sum()), int((correct_b & ~correct_a).sum())
    return float(stats.binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of several questions, so that all answers hold at once with 95 %.

    The k-th smallest of m is multiplied by m - k + 1, and none falls below one before it. (scipy
    has the corrections of the false discovery rate, and not this one.)
    Source: Holm 1979, https://www.jstor.org/stable/4615733
    """
    p = np.asarray(p_values, float)
    order, adjusted = np.argsort(p, kind="stable"), np.empty_like(p)
    factors = np.arange(len(p), 0, -1)
    adjusted[order] = np.maximum.accumulate(np.minimum(1, factors * p[order]))
    return adjusted.tolist()


def verdict(difference: Difference, adjusted_p: float) -> str:
    """BETTER, WORSE or NOT DISTINGUISHABLE: the first arm, held against the second."""
    if adjusted_p >= LEVEL:
        return "NOT DISTINGUISHABLE"
    return "BETTER" if difference.estimate > 0 else "WORSE"


@dataclass(frozen=True)
class Estimate:
    """A difference of macro-F1 with its standard error, in the manner of Student's t."""

    value: float
    error: float
    df: float

    def interval(self, level: float = 1 - LEVEL) -> tuple[float, float]:
        half = float(stats.t.ppf((1 + level) / 2, self.df)) * self.error
        return self.value - half, self.value + half

    @property
    def p(self) -> float:
        """Of no difference, two-sided."""
        return 2 * self._beyond(abs(self.value))

    def p_equal(self, margin: float) -> float:
        """Of a difference of `margin` or more: the larger p of two one-sided tests.

        Source: Schuirmann 1987, https://doi.org/10.1007/BF01068419
        """
        return self._beyond(margin - abs(self.value))

    def growth_to_close(self, margin: float, level: float) -> float:
        """How many times as large a study finds this value, were it true, in 80 % at `level`.

        Find what is easier: that it is not 0, or that it is less than `margin`. Texts and runs grow
        alike: the variance falls as they grow, and degrees of freedom grow with the runs.
        """
        far, near = abs(self.value), margin - abs(self.value)

        def found(log_growth: float) -> float:
            growth = math.exp(log_growth)
            t, error = stats.t(self.df * growth), self.error / math.sqrt(growth)
            differs = t.sf(t.ppf(1 - level / 2) - far / error)
            reach = t.ppf(1 - level)  # from both ends of the margin
            equal = t.cdf(near / error - reach) - t.sf((margin + far) / error - reach)
            return max(float(differs), float(equal)) - POWER

        return math.exp(brentq(found, 0, 30)) if self.error and found(0) < 0 else 1.0

    def _beyond(self, distance: float) -> float:
        """The chance to lie so far above the truth."""
        if self.error == 0:
            return 0.5 * (distance == 0) + (distance < 0)
        return float(stats.t.sf(distance / self.error, self.df))


def influences(predicted: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Macro-F1 of predictions (N,), and what each text (N,) moves it by, times N; they add up to 0.

    F1 is a ratio of sums over the texts, 2 yes * gold over yes + gold, so that to first order a
    text moves it by (2 yes * gold - F1 (yes + gold)) / mean(yes + gold).
    """
    score, moved = 0.0, np.zeros(len(labels))
    for yes, gold in ((predicted, labels), (1 - predicted, 1 - labels)):
        both, either = 2.0 * yes * gold, (yes + gold).astype(float)
        f1 = both.mean() / either.mean() if either.any() else 0.0
        score += f1 / 2
        moved += (both - f1 * either) / max(either.mean(), 1 / len(labels)) / 2
    return float(score), moved


def clustered(differences: Sequence[float], moved: np.ndarray, runs: np.ndarray) -> Estimate:
    """The mean over R rounds of `differences`, its error from texts and from runs.

    `moved` (R, N) is what each text moved a round's difference by, `runs` (R, N) the run that
    scored it, -1 where none did. A text stands in several rounds and a run has many texts: the
    variance is that over texts and that over runs less what both count, the closed form of a
    bootstrap over texts and runs. What a round's texts moved adds up to 0, which makes its F runs
    look alike: their part is multiplied by F / (F - 1), and a round of one run says nothing of it.
    Degrees of freedom are those over J runs, J - R. Satterthwaite's would be many where few runs
    happen to agree, which are the studies that claim what is not there.
    Source: Cameron, Gelbach and Miller 2011, https://doi.org/10.1198/jbes.2010.07136
    """
    there = runs >= 0
    counts = there.sum(axis=1)
    value = float(np.dot(differences, counts) / counts.sum())
    moved = np.where(there, moved, 0.0)
    of_texts = float((moved.sum(axis=0) ** 2).sum())
    of_both = of_runs = 0.0
    free = 0
    for row, run in zip(moved, runs, strict=True):
        own = run[run >= 0]
        number = len(np.unique(own))
        if number > 1:
            sums = np.bincount(own, row[run >= 0])
            of_runs += float((sums**2).sum()) * number / (number - 1)
            of_both += float((row**2).sum())
            free += number - 1
    total = of_texts + max(0.0, of_runs - of_both)
    return Estimate(value, math.sqrt(total) / int(counts.sum()), free or math.inf)


def corrected_t(differences: Sequence[float], held_out: float) -> Estimate:
    """The mean of J runs' differences, where `held_out` is test texts over training texts.

    Runs share training texts, so that their variance is multiplied by 1 / J + held_out.
    Source: Nadeau and Bengio 2003, https://doi.org/10.1023/A:1024068626366
    """
    x = np.asarray(differences, float)
    error = math.sqrt(float(x.var(ddof=1)) * (1 / len(x) + held_out))
    return Estimate(float(x.mean()), error, len(x) - 1)


def random_effects(found: Sequence[Estimate]) -> Estimate:
    """One answer from K data sets, for data sets like these: K - 1 degrees of freedom.

    The spread between data sets is DerSimonian and Laird's; the error is Hartung and Knapp's, as
    the usual one is far too small for so few, and never below the usual one.
    Source: IntHout, Ioannidis and Borm 2014, https://doi.org/10.1186/1471-2288-14-25
    """
    if len(found) == 1:
        return found[0]
    values = np.array([e.value for e in found])
    # Two arms that answer alike everywhere have no error: none is below a thousandth of a point.
    weights = np.array([1 / max(e.error, 1e-5) ** 2 for e in found])
    fixed = (weights * values).sum() / weights.sum()
    q = (weights * (values - fixed) ** 2).sum()
    spread = (q - (len(found) - 1)) / (weights.sum() - (weights**2).sum() / weights.sum())
    weights = 1 / (1 / weights + max(0.0, float(spread)))
    value = (weights * values).sum() / weights.sum()
    stretch = (weights * (values - value) ** 2).sum() / (len(found) - 1)
    error = math.sqrt(max(1.0, float(stretch)) / weights.sum())
    return Estimate(float(value), error, len(found) - 1)
