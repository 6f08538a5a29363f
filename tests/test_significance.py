"""Statistics against scipy, scikit-learn and sums by hand."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from analysis.significance import (
    Difference,
    holm,
    macro_f1_of_samples,
    mcnemar,
    mean_interval,
    multi_bootstrap,
    smallest_detectable,
    t_cdf,
    t_quantile,
    verdict,
)


@pytest.mark.parametrize("df", [1, 2, 4, 9, 30])
@pytest.mark.parametrize("t", [-3.0, -0.2, 0.0, 0.7, 2.0, 12.7])
def test_t_equals_scipys(t, df):
    assert t_cdf(t, df) == pytest.approx(scipy.stats.t.cdf(t, df), abs=1e-10)


@pytest.mark.parametrize("df", [1, 4, 9])
@pytest.mark.parametrize("p", [0.025, 0.5, 0.8, 0.975])
def test_quantile_of_t_equals_scipys(p, df):
    assert t_quantile(p, df) == pytest.approx(scipy.stats.t.ppf(p, df), abs=1e-6)


def test_mean_interval_equals_scipys():
    values = [0.71, 0.74, 0.73, 0.75, 0.70]
    mean, low, high = mean_interval(values)
    expected = scipy.stats.t.interval(0.95, 4, np.mean(values), scipy.stats.sem(values))
    assert mean == pytest.approx(np.mean(values))
    assert (low, high) == pytest.approx(expected, abs=1e-9)


def test_one_seed_has_no_interval():
    mean, low, high = mean_interval([0.5])
    assert mean == 0.5
    assert math.isnan(low)
    assert math.isnan(high)
    assert math.isnan(smallest_detectable([0.1]))


def test_smallest_detectable_difference_by_hand():
    # sd 0.01, 4 seeds: (3.182 + 0.978) * 0.01 / 2
    differences = [-0.01, -0.01 / 3, 0.01 / 3, 0.01]
    sd = np.std(differences, ddof=1)
    expected = (scipy.stats.t.ppf(0.975, 3) + scipy.stats.t.ppf(0.8, 3)) * sd / 2
    assert smallest_detectable(differences) == pytest.approx(expected, rel=1e-6)


def test_smallest_detectable_difference_is_detected_four_times_in_five():
    differences = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    size = smallest_detectable(differences.tolist()) / differences.std(ddof=1)
    samples = np.random.default_rng(0).standard_normal((20_000, 5)) + size  # of sd 1
    found = scipy.stats.ttest_1samp(samples, 0, axis=1).pvalue < 0.05
    assert 0.75 < found.mean() < 0.87


def test_macro_f1_of_samples_equals_scikit_learns():
    rng = np.random.default_rng(1)
    labels, predicted = rng.integers(0, 2, 50), rng.integers(0, 2, (3, 50))
    weights = rng.multinomial(50, np.full(50, 1 / 50), 4)
    found = macro_f1_of_samples(predicted, labels, weights.astype(float))
    for r in range(4):
        for s in range(3):
            expected = f1_score(labels, predicted[s], sample_weight=weights[r], average="macro")
            assert found[r, s] == pytest.approx(expected)


def arms(gap: float, seeds: int = 5, n: int = 1000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two arms that are right with chances .7 + gap and .7, seeds and texts independent."""
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, n)
    right = [rng.random((seeds, n)) < chance for chance in (0.7 + gap, 0.7)]
    first, second = (np.where(r, labels, 1 - labels) for r in right)
    return first, second, labels


def test_bootstrap_sees_a_difference_that_is_there():
    difference = multi_bootstrap(*arms(0.1))
    assert difference.estimate == pytest.approx(0.1, abs=0.02)
    assert difference.low > 0.05
    assert difference.high < 0.15
    assert difference.p < 0.002


def test_bootstrap_sees_none_where_there_is_none():
    difference = multi_bootstrap(*arms(0.0))
    assert difference.low < 0 < difference.high
    assert difference.p > 0.05


def test_bootstrap_draws_texts_in_pairs():
    first, _, labels = arms(0.0)
    same = multi_bootstrap(first, first, labels)
    assert (same.estimate, same.low, same.high, same.p) == (0, 0, 0, 1)


def test_bootstrap_draws_seeds_too():
    """Where the seeds disagree on who wins, many texts do not make the answer sure."""
    labels = np.arange(20_000) % 2
    good, bad = labels.copy(), np.where(np.arange(20_000) % 10 == 0, 1 - labels, labels)
    first = np.stack([good, good, good, bad, bad])
    second = np.stack([bad, bad, bad, good, good])
    difference = multi_bootstrap(first, second, labels)
    assert difference.low < 0 < difference.high
    assert multi_bootstrap(first[:3], second[:3], labels).low > 0.05


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_mcnemar_equals_scipys_binomial_test(pairs):
    a, b = (np.array([pair[i] for pair in pairs], bool) for i in (0, 1))
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    expected = scipy.stats.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert mcnemar(a, b) == pytest.approx(expected)


def test_mcnemar_of_thousands_of_texts():
    a = np.arange(3000) < 1600
    assert mcnemar(a, ~a) == pytest.approx(scipy.stats.binomtest(1600, 3000).pvalue)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_words_of_a_verdict():
    up, down = Difference(0.02, 0.01, 0.03, 0.001), Difference(-0.02, -0.03, -0.01, 0.001)
    assert verdict(up, 0.049) == "BETTER"
    assert verdict(down, 0.049) == "WORSE"
    assert verdict(up, 0.05) == "NOT DISTINGUISHABLE"
