"""scoring.metrics against scikit-learn and by-hand numbers."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax as scipy_softmax
from scipy.stats import binom, bootstrap
from sklearn import metrics as sk

from experiment.finish import write_predictions
from scoring import compute_metrics, constants, softmax
from scoring.metrics import auroc, bootstrap_intervals, confusion, expected_calibration_error


def random_case(seed, n=300, classes=2):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    logits = rng.normal(size=(n, classes)) + 0.7 * np.eye(classes)[labels]
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


@pytest.mark.parametrize("classes", [3, 4, 7])
@pytest.mark.parametrize("seed", range(3))
def test_every_metric_of_more_classes_equals_scikit_learn(seed, classes):
    logits, labels = random_case(seed, classes=classes)
    ours = compute_metrics(logits, labels)
    p = scipy_softmax(logits.astype(np.float64), axis=1)
    predicted = p.argmax(axis=1)
    report = sk.classification_report(labels, predicted, output_dict=True, zero_division=0)
    expected = {
        "loss": sk.log_loss(labels, p),
        "accuracy": report["accuracy"],
        "macro_f1": report["macro avg"]["f1-score"],
        "weighted_f1": report["weighted avg"]["f1-score"],
        "auroc": sk.roc_auc_score(labels, p, multi_class="ovr", average="macro"),
        "brier": sk.brier_score_loss(labels, p, scale_by_half=True),
        "n": len(labels),
    }
    for name, value in expected.items():
        assert ours[name] == pytest.approx(value, abs=1e-9), name
    assert ours["confusion"] == sk.confusion_matrix(labels, predicted).tolist()
    names = {"precision": "precision", "recall": "recall", "f1-score": "f1", "support": "n"}
    for label, row in enumerate(ours["classes"]):
        for theirs, name in names.items():
            assert row[name] == pytest.approx(report[str(label)][theirs]), name
        assert row["auroc"] == pytest.approx(sk.roc_auc_score(labels == label, p[:, label]))
    whole = {"accuracy_ci95", "macro_f1_ci95", "ece", "classes", "confusion"}
    assert ours.keys() == expected.keys() | whole


def test_brier_of_two_classes_is_half_the_squared_distance():
    logits, labels = random_case(0)
    distance = ((softmax(logits) - np.eye(2)[labels]) ** 2).sum(axis=1)
    assert compute_metrics(logits, labels)["brier"] == pytest.approx(distance.mean() / 2)


answered = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


@given(answered)
def test_more_classes_of_which_some_are_never_seen_or_never_predicted(pairs):
    predicted, labels = (np.array(column, int) for column in zip(*pairs, strict=True))
    ours = compute_metrics(np.eye(4)[predicted], labels)
    known = {"labels": range(4), "zero_division": 0}
    for average in ("macro", "weighted"):
        theirs = sk.f1_score(labels, predicted, average=average, **known)
        assert ours[f"{average}_f1"] == pytest.approx(theirs)
    assert ours["confusion"] == sk.confusion_matrix(labels, predicted, labels=range(4)).tolist()
    areas = [row["auroc"] for row in ours["classes"]]
    present = set(labels.tolist()) if len(set(labels.tolist())) > 1 else set()
    assert {label for label, area in enumerate(areas) if area is not None} == present
    mean = np.mean([area for area in areas if area is not None]) if present else None
    assert ours["auroc"] == (pytest.approx(mean) if present else None)


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


def test_of_equal_scores_the_positive_class_is_taken_everywhere(tmp_path):
    """The rule of a threshold: from 1/2 on."""
    logits = np.zeros((3, 2), np.float32)
    assert compute_metrics(logits, np.array([1, 1, 0]))["recall"] == 1
    write_predictions(tmp_path / "p", "test", logits, [1, 1, 0], ("no", "yes"))
    assert (tmp_path / "p/test.txt").read_text() == "1\n1\n1\n"
    assert '"label": "yes"' in (tmp_path / "p/test.jsonl").read_text()
    p = np.array([[0.5, 0.5], [0.48, 0.52]])  # one bin, both right
    assert expected_calibration_error(p, np.array([1, 1])) == pytest.approx(1 - 0.51)


def test_certain_and_right_is_perfectly_calibrated():
    assert expected_calibration_error(np.eye(2), np.array([0, 1])) == 0


@pytest.mark.parametrize("classes", [2, 4])
def test_bootstrap_interval_equals_scipys(classes):
    logits, labels = random_case(9, n=400, classes=classes)
    predicted = logits[:, ::-1].argmax(axis=1)
    predicted = classes - 1 - predicted  # of equals the last one
    ours = bootstrap_intervals(confusion(predicted, labels, classes))
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


def test_counts_of_many_classes_are_resampled_in_parts():
    """Of 150 classes 44 resamples are drawn at once."""
    labels = np.arange(3000) % 150
    counts = confusion(np.where(labels < 100, labels, 0), labels, 150)
    low, high = bootstrap_intervals(counts)["accuracy"]
    assert [low, high] == pytest.approx(binom.ppf([0.025, 0.975], 3000, 2 / 3) / 3000, abs=1e-3)


def test_label_ids_of_few_bits_are_counted():
    labels = np.array([19, 0, 7], np.uint8)
    assert confusion(labels, labels, 20)[19, 19] == 1


@pytest.mark.parametrize(
    ("train_labels", "majority"), [([0, 1], "none"), ([1, 1, 2, 2, 0], "hate"), ([2, 0], "none")]
)
def test_of_classes_that_are_as_frequent_the_first_is_the_majority(train_labels, majority):
    found = constants([0, 1, 2], train_labels, ("none", "hate", "joke"))
    assert list(found) == [f"majority ({majority})"]


def test_of_more_classes_the_majority_of_training_is_the_one_constant():
    train_labels = [0] * 6 + [1] * 3 + [3]  # the third is in no training text
    found = constants([1, 0, 2, 1], train_labels, ("none", "hate", "insult", "joke"))
    assert list(found) == ["majority (none)"]
    scores = found["majority (none)"]
    assert scores["accuracy"] == 0.25
    assert scores["confusion"][1] == [2, 0, 0, 0]
    expected = -(2 * math.log(0.3) + math.log(0.6) + math.log(1e-9)) / 4
    assert scores["loss"] == pytest.approx(expected, rel=1e-6)
    assert scores["auroc"] == 0.5


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
