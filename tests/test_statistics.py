"""Statistics against scipy, scikit-learn and sums by hand."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from study.statistics import (
    Difference,
    holm,
    macro_f1_of_samples,
    mcnemar,
    mean_interval,
    multi_bootstrap,
    verdict,
)


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
    assert same == Difference(0, 0, 0, 1, 0)


def test_detectable_is_what_the_interval_and_the_power_need():
    difference = multi_bootstrap(*arms(0.05))
    half = (difference.high - difference.low) / 2
    assert half < difference.detectable < 1.6 * half
    assert difference.estimate == pytest.approx((difference.high + difference.low) / 2)


@pytest.mark.parametrize(("seeds", "spread"), [(3, 0.04), (5, 0.04), (5, 0.0)])
def test_where_nothing_differs_one_comparison_in_twenty_says_so(seeds, spread):
    """Seeds have a quality of their own in both arms alike; few must not look like many."""
    rng, found, n = np.random.default_rng(3), [], 600
    labels = np.arange(n) % 2
    for _ in range(200):
        share = 0.75 + spread * rng.standard_normal((2, seeds, 1))
        right = rng.random((2, seeds, n)) < share
        first, second = np.where(right, labels, 1 - labels)
        found.append(multi_bootstrap(first, second, labels, 200).p < 0.05)
    assert np.mean(found) < 0.09


def test_bootstrap_draws_seeds_too():
    """Where the seeds disagree on who wins, many texts do not make the answer sure."""
    labels = np.arange(20_000) % 2
    good, bad = labels.copy(), np.where(np.arange(20_000) % 10 == 0, 1 - labels, labels)
    first = np.stack([good, good, good, bad, bad])
    second = np.stack([bad, bad, bad, good, good])
    difference = multi_bootstrap(first, second, labels)
    assert difference.low < 0 < difference.high
    assert multi_bootstrap(first[:3], second[:3], labels).low > 0.05
    assert difference.p > 0.5


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_mcnemar_is_a_sum_of_binomial_coefficients(pairs):
    a, b = (np.array([pair[i] for pair in pairs], bool) for i in (0, 1))
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    n = only_a + only_b
    tail = sum(math.comb(n, k) for k in range(min(only_a, only_b) + 1))
    assert mcnemar(a, b) == pytest.approx(min(1.0, 2 * tail / 2**n) if n else 1.0)


def test_mcnemar_of_thousands_of_texts():
    a = np.arange(3000) < 1600
    tail = sum(math.comb(3000, k) for k in range(1401))  # whole numbers: nothing is rounded
    assert mcnemar(a, ~a) == pytest.approx(tail / 2**2999)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_words_of_a_verdict():
    up, down = (Difference(x, x - 0.01, x + 0.01, 0.001, 0.01) for x in (0.02, -0.02))
    assert verdict(up, 0.049) == "BETTER"
    assert verdict(down, 0.049) == "WORSE"
    assert verdict(up, 0.05) == "NOT DISTINGUISHABLE"
