"""Temperature against scipy's minimiser, threshold against every threshold, bins by hand."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.optimize
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, log_loss
from small import material_of

from data import Split
from experiment.finish import fit_decision, score
from experiment.progress import Progress
from scoring import predict_logits, softmax
from scoring.calibration import (
    choose_threshold,
    fit_temperature,
    match_prior,
    negative_log_likelihood,
    reliability,
)


def overconfident(factor: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, 2) that are `factor` times those that the labels were drawn from."""
    rng = np.random.default_rng(0)
    margin = rng.normal(0, 2, n)
    labels = (rng.random(n) < 1 / (1 + np.exp(-margin))).astype(int)
    return np.stack([-factor * margin / 2, factor * margin / 2], axis=1), labels


def test_likelihood_equals_scikit_learns():
    logits, labels = overconfident(1.0)
    expected = log_loss(labels, softmax(logits / 2)[:, 1])
    assert negative_log_likelihood(logits, labels, 2.0) == pytest.approx(expected)


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0, 8.0])
def test_temperature_is_the_factor_and_scipys_minimum(factor):
    logits, labels = overconfident(factor)
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(factor, rel=0.1)
    best = scipy.optimize.minimize_scalar(
        lambda t: negative_log_likelihood(logits, labels, t),
        bounds=(0.05, 20),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert found == pytest.approx(best.x, rel=1e-3)


def test_where_every_text_is_told_right_there_is_no_temperature_to_find():
    """The loss falls without end; half a step before the bound a minimum counts."""
    labels = np.array([0, 1] * 6)
    right = np.stack([1.0 - labels, labels], axis=1)
    assert fit_temperature(right, labels) == 1.0
    nearly = np.repeat(0.06 * right, 500, axis=0)
    told, wrong = np.repeat(labels, 500), round(6000 / (1 + np.exp(1)))
    told[:wrong] = 1 - told[:wrong]
    assert fit_temperature(nearly, told) == pytest.approx(0.06, rel=1e-2)


def test_temperature_of_four_classes_is_scipys_minimum():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 2000)
    logits = 5 * (rng.normal(size=(2000, 4)) + np.eye(4)[labels])
    expected = log_loss(labels, softmax(logits / 3))
    assert negative_log_likelihood(logits, labels, 3.0) == pytest.approx(expected)
    best = scipy.optimize.minimize_scalar(
        lambda t: log_loss(labels, softmax(logits / t)), bounds=(0.05, 20), method="bounded"
    )
    assert fit_temperature(logits, labels) == pytest.approx(best.x, rel=1e-3)
    assert fit_decision(logits, labels) == (pytest.approx(best.x, rel=1e-3), 0.5)


scored = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=25)


@settings(deadline=None)
@given(scored)
def test_no_threshold_has_a_higher_macro_f1(pairs):
    score = np.array([(s + 1) / 10 for s, _ in pairs])
    labels = np.array([int(y) for _, y in pairs])

    def macro(threshold: float) -> float:
        return f1_score(labels, score >= threshold, labels=[0, 1], average="macro", zero_division=0)

    best = max(macro(t) for t in (-1, *(np.arange(12) / 10), 2))
    assert macro(choose_threshold(score, labels)) == pytest.approx(best)


def test_matched_scores_have_the_mean_that_was_asked_for():
    """Two texts at margin 0 and prior 3/4: both move to ln 3, the logit of 3/4."""
    assert match_prior(np.zeros(2), 0.75) == pytest.approx(np.log(3))
    margins = np.random.default_rng(0).normal(3, 4, 500)
    for prior in (0.01, 0.42, 0.99):
        moved = margins + match_prior(margins, prior)
        assert (1 / (1 + np.exp(-moved))).mean() == pytest.approx(prior)


def test_of_equal_thresholds_the_nearest_to_a_half():
    score, labels = np.array([0.9, 0.8, 0.1, 0.05]), np.array([1, 1, 0, 0])
    assert choose_threshold(score, labels) == pytest.approx(0.45)


def test_reliability_by_hand():
    margins = np.log(np.array([0.01, 0.02, 0.98, 0.5]) / (1 - np.array([0.01, 0.02, 0.98, 0.5])))
    logits = np.stack([np.zeros(4), margins], axis=1)
    bins = reliability(logits, np.array([0, 1, 1, 0]))
    assert [row[2] for row in bins] == [2, 1, 1]
    assert bins[0][:2] == pytest.approx((0.015, 0.5))
    assert bins[2][:2] == pytest.approx((0.98, 1.0))


def test_temperature_and_threshold_come_from_validation_alone(tiny, tiny_ids, tmp_path):
    with torch.no_grad():
        tiny.classifier.weight *= 100
    labels = [i % 2 for i in range(24)]
    ids = {"validation": tiny_ids[:24], "test": tiny_ids[24:]}
    material = material_of(tiny_ids, [0] * 48)
    splits = {name: Split([""] * 24, labels) for name in ids}
    material = replace(material, ids=ids, data=replace(material.data, splits=splits))
    results = score(tiny, Progress(best_epoch=1, last_epoch=1), material, 16, tmp_path)
    found = [results["decided"][name] for name in ("temperature", "threshold")]
    fitted = {name: fit_decision(predict_logits(tiny, ids[name]), np.array(labels)) for name in ids}
    assert found == pytest.approx(fitted["validation"])
    assert all(a != b for a, b in zip(*fitted.values(), strict=True))
