"""scoring.metrics against scikit-learn and by-hand numbers."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax as scipy_softmax
from scipy.stats import bootstrap
from sklearn import metrics as sk

from scoring import compute_metrics, constants, softmax
from scoring.metrics import auroc, bootstrap_intervals, confusion, expected_calibration_error


def random_case(seed, n=300):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    logits = rng.normal(size=(n, 2)) + 0.7 * np.eye(2)[labels]
    return logits.round(1).astype(np.float32), labels  # rounding makes ties


@pytest.mark.parametrize("seed", range(5))
def test_every_metric_equals_scikit_learn(seed):
    logits, labels = random_case(seed)
    ours = compute_metrics(logits, labels)
    p = scipy_softmax(logits.astype(np.float64), axis=1)
    predicted = (logits[:, 1] >= logits[:, 0]).astype(int)
    report = sk.classification_report(labels, predicted, output_dict=True)
    expected = {
        "loss": sk.log_loss(labels, p),
        "accuracy": report["accuracy"],
        "f1": report["1"]["f1-score"],
        "precision": report["1"]["precision"],
        "recall": report["1"]["recall"],
        "macro_f1": report["macro avg"]["f1-score"],
        "auroc": sk.roc_auc_score(labels, p[:, 1]),
        "brier": sk.brier_score_loss(labels, p[:, 1]),
        "predicted_positive_rate": predicted.mean(),
        "n": len(labels),
    }
    for name, value in expected.items():
        assert ours[name] == pytest.approx(value, abs=1e-9), name


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_f1_where_a_class_is_never_seen_or_never_predicted(pairs):
    predicted, labels = (np.array(column, int) for column in zip(*pairs, strict=True))
    logits = np.eye(2)[predicted]
    ours = compute_metrics(logits, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        macro = sk.f1_score(labels, predicted, labels=[0, 1], average="macro", zero_division=0)
    assert ours["macro_f1"] == pytest.approx(macro)


def test_huge_logits_do_not_overflow():
    logits = np.array([[1e4, -1e4], [-1e4, 1e4]], np.float32)
    ours = compute_metrics(logits, np.array([0, 0]))
    assert ours["loss"] == pytest.approx(1e4)
    assert np.isfinite(softmax(logits)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_logits_that_are_not_finite_have_no_score(value):
    with pytest.raises(FloatingPointError, match="logits are not finite"):
        compute_metrics(np.array([[0.0, value]]), np.array([1]))


def test_auroc_without_one_class_is_nan():
    assert math.isnan(auroc(np.array([0.1, 0.2]), np.array([1, 1])))


def test_ece_by_hand():
    """Two bins: .9 twice, one right (gap .4, weight 1/2); .6 twice, both right (gap .4, 1/2)."""
    p = np.array([[0.1, 0.9], [0.1, 0.9], [0.6, 0.4], [0.6, 0.4]])
    assert expected_calibration_error(p, np.array([1, 0, 0, 0])) == pytest.approx(0.4)


def test_ece_has_fifteen_bins():
    """.61 and .65 share the bin from 9/15 to 10/15; .65 and .68 do not."""
    p = np.array([[0.39, 0.61], [0.35, 0.65]])
    one_bin = expected_calibration_error(p, np.array([1, 0]))
    assert one_bin == pytest.approx(abs(0.5 - 0.63))
    p = np.array([[0.35, 0.65], [0.32, 0.68]])  # either side of 10/15, but both in [.6, .7)
    assert expected_calibration_error(p, np.array([1, 0])) == pytest.approx((0.35 + 0.68) / 2)


def test_certain_and_right_is_perfectly_calibrated():
    assert expected_calibration_error(np.eye(2), np.array([0, 1])) == 0


def test_bootstrap_interval_equals_scipys():
    logits, labels = random_case(9, n=400)
    predicted = (logits[:, 1] >= logits[:, 0]).astype(int)
    ours = bootstrap_intervals(confusion(predicted, labels, 2))
    theirs = bootstrap(
        ((predicted == labels).astype(float),), np.mean, method="percentile", rng=0
    ).confidence_interval
    assert ours["accuracy"] == pytest.approx([theirs.low, theirs.high], abs=0.004)
    macro = bootstrap(
        (labels, predicted),
        lambda y, p: sk.f1_score(y, p, average="macro"),
        paired=True,
        vectorized=False,
        n_resamples=1000,
        method="percentile",
        rng=0,
    ).confidence_interval
    assert ours["macro_f1"] == pytest.approx([macro.low, macro.high], abs=0.01)


def test_constants_on_the_counts_of_tweetevals_test_set():
    """42.15 % of 2,970 are hate: what always answering one class is worth there."""
    labels = np.repeat([1, 0], [1252, 1718])
    train_labels = np.repeat([1, 0], [3783, 5217])
    scores = constants(labels, train_labels, ("not-hate", "hate"))
    always, majority = scores["always hate"], scores["majority (not-hate)"]
    assert always["accuracy"] == pytest.approx(0.4215, abs=1e-4)
    assert always["f1"] == pytest.approx(0.593, abs=1e-3)
    assert always["macro_f1"] == pytest.approx(0.2965, abs=1e-4)
    assert majority["accuracy"] == pytest.approx(0.5785, abs=1e-4)
    assert majority["macro_f1"] == pytest.approx(0.3665, abs=1e-4)
    assert majority["loss"] == always["loss"] == pytest.approx(0.681, abs=1e-3)
    assert always["auroc"] == 0.5
    # What training says is all that a constant may know, whatever the split that is scored.
    even = constants(labels, np.repeat([1, 0], [5, 5]), ("not-hate", "hate"))["always hate"]
    assert even["loss"] == pytest.approx(math.log(2))
    assert even["brier"] == pytest.approx(0.25)
    assert even["ece"] == pytest.approx(abs(1718 / 2970 - 0.5))
