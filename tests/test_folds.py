"""The cross-validated study: its folds, its arms, its statistics, and every verdict by hand."""

import json
from collections import Counter
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from bert_min import ModelError
from data import Split, load_data
from data.splitting import normalised
from data.tables import DataError
from experiment.errors import UsageError
from experiment.hardware import pick_dtype
from experiment.settings import Settings
from study import runner, simulation
from study.__main__ import locked, parse_args
from study.costs import Costs
from study.folds import POOL, CrossValidation, deal, pooled, run_splits, write_splits
from study.questions import ARMS, QUESTIONS
from study.record import by_label, is_positive, read_records, scores_of, write_record
from study.report import figures
from study.report.__main__ import cross_fields, cross_validated, fill, template
from study.report.answers import MISSING
from study.report.cross import score
from study.report.cross import verdict as verdict_of
from study.report.secondary import at_true_share, by_anew, hidden_share, silent
from study.settings import StudySettings
from study.simulation import Made, worse_by
from study.statistics import Estimate, clustered, corrected_t, influences, random_effects
from study.verdicts import (
    Answer,
    CrossValidated,
    answers_table,
    arms_table,
    differences,
    forest,
    verdict,
)
from train import parse_args as parse_train


def copies(n: int) -> Split:
    """Texts of two classes, a third of them copies of others but for a name or a link."""
    rng = np.random.default_rng(n)
    numbers = np.arange(n)
    texts = [f"text number {i}" for i in numbers]
    for i in rng.choice(n, n // 3, replace=False):
        numbers[i] = rng.integers(n)
        texts[i] = f"@somebody{i} Text NUMBER {numbers[i]} https://t.co/{i}"
    return Split(texts, [int(number % 10 < 3) for number in numbers])


def test_rounds_are_for_folds_alone(capsys):
    with pytest.raises(SystemExit):
        parse_args(["--rounds", "2"])
    assert "--rounds is for --folds alone" in capsys.readouterr().err
    assert parse_args(["--rounds", "2", "--folds", "5"]).folds == 5


@settings(max_examples=10, deadline=None)
@given(n=st.integers(60, 200), folds=st.integers(2, 10), rounds=st.integers(1, 3))
def test_no_text_stands_on_two_sides_and_each_is_held_out_once_a_round(n, folds, rounds):
    pool = copies(n)
    parts = deal(pool, folds, rounds)
    for number in range(rounds):
        held = Counter[str]()
        for run in range(number * folds, (number + 1) * folds):
            splits = run_splits(pool, parts, run)
            sides = [{normalised(t) for t in split.texts} for split in splits.values()]
            assert sum(map(len, sides)) == len(set().union(*sides))
            everything = Counter[str]()
            for split in splits.values():
                everything.update(split.texts)
            assert everything == Counter(pool.texts)
            held.update(splits["test"].texts)
        assert held == Counter(pool.texts)


def test_the_classes_have_their_shares_in_every_split_and_rounds_differ():
    pool = copies(3000)
    parts = deal(pool, 10, 2)
    assert (parts[0] != parts[1]).mean() > 0.8
    for run in (0, 9, 10, 19):
        splits = run_splits(pool, parts, run)
        for split, share in zip(splits.values(), (0.81, 0.09, 0.1), strict=True):
            assert len(split.texts) == pytest.approx(3000 * share, abs=6)
            assert sum(split.labels) == pytest.approx(sum(pool.labels) * share, abs=6)


def test_what_train_reads_is_what_was_written(tmp_path):
    pool = Split(["a\u2028b", "", ' "c"\t', "d", "e", "f"], [0, 1, 0, 1, 0, 1])
    splits = {n: pool for n in ("train", "validation", "test")}
    write_splits(tmp_path / "0", splits, ("fine", "hate"))
    data = load_data(str(tmp_path / "0"))
    assert data.splits == splits
    assert data.label_names == ("fine", "hate")
    write_splits(tmp_path / "0", splits, ("fine", "hate"))
    other = {**splits, "test": Split(pool.texts, [1, *pool.labels[1:]])}
    with pytest.raises(DataError, match="does not hold the texts of its run"):
        write_splits(tmp_path / "0", other, ("fine", "hate"))
    broken = {**splits, "test": Split(["one\ntwo", *pool.texts[1:]], pool.labels)}
    with pytest.raises(DataError):
        write_splits(tmp_path / "1", broken, ("fine", "hate"))


def test_a_table_is_one_label_against_the_rest(tmp_path):
    path = tmp_path / "forum.csv"
    labels = ["noHate", "hate", "relation"]
    rows = [f'"word{n},\nb",{labels[n % 3]}\n' for n in range(60)]
    path.write_text("sentence,label\n" + "".join(rows), encoding="utf-8")
    data = pooled(StudySettings(data=str(path), positive="hate"))
    assert list(data.splits) == [POOL]  # what was made for a test is nobody's benchmark
    pairs = zip(data.splits[POOL].texts, data.splits[POOL].labels, strict=True)
    assert sorted(pairs) == sorted((f"word{n}, b", int(n % 3 == 1)) for n in range(60))
    assert data.label_names == ("not-hate", "hate")


def test_the_arms_write_out_every_setting_that_decides_a_training():
    names = {arm.name for arm in ARMS}
    assert len(names) == len(ARMS) == 7
    assert {name for pair in QUESTIONS.values() for name in pair} == names
    free = {"mode", "layers", "seed", "max_steps", "class_weights"}
    for arm in ARMS:
        told = parse_train(list(arm.flags))
        for field in fields(Settings):
            kind = field.metadata.get("decides")
            if kind and told.kinds[kind] and field.name not in free:
                assert "--" + field.name.replace("_", "-") in arm.flags, (arm.name, field.name)
        assert (arm.teacher is None) == (not told.is_student)


@pytest.fixture
def study(tmp_path, model_dir):
    asked = ["--model", str(model_dir), "--data", "sample", "--limit", "30", "--epochs", "1"]
    asked += ["--folds", "2", "--only", "odd-ce", "costs", "--jobs", "2", "--runs", str(tmp_path)]
    with locked(tmp_path) as lock:
        yield CrossValidation(parse_args(asked), lock)


def test_all_arms_of_a_run_read_its_fold_and_go_on_where_they_were(study, monkeypatch):
    study.run_all()
    records = read_records(study.settings.records)
    assert set(records) == {"teacher", "odd-ce"}
    assert all([r["seed"] for r in rows] == [0, 1] for rows in records.values())
    pool = study.data.splits[POOL]
    for seed in range(2):
        same = [next(r for r in rows if r["seed"] == seed) for rows in records.values()]
        assert len({record["data_sha256"] for record in same}) == 1
        held = run_splits(pool, study.parts, seed)["test"]
        for record in same:
            assert list(record["margins"]) == ["test"]
            assert len(record["margins"]["test"]["1"]) == sum(held.labels)
            assert record["official_test"]["n"] == 30
            assert record["bytes"] > 0
            assert record["peak_mb"] > 0
    costs = json.loads((study.settings.records / "costs.json").read_text())
    assert list(costs["arms"]) == [arm.name for arm in ARMS]
    assert all(row["minutes"] > 0 and row["ms_per_text"] > 0 for row in costs["arms"].values())
    format_of = {study.record("teacher", seed)["training_dtype"] for seed in range(2)}
    assert format_of == {str(pick_dtype("auto", torch.device("cpu"), True)).removeprefix("torch.")}
    args = study.settings.runs / "odd-ce" / "seed-1" / "train_args.json"
    assert json.loads(args.read_text())["teacher"] == str(study.run_path("teacher", 1))

    shown = arms_table(CrossValidated(study.settings.records))
    assert "| teacher" in shown
    assert "2 of 2" in shown
    monkeypatch.setattr(runner.subprocess, "Popen", None)  # any call would fail
    study.run_all()
    study.record_path("odd-ce", 1).unlink()
    study.run_all()  # the run is there: only the record is made
    assert study.record("odd-ce", 1)
    study.parts = study.parts[:, ::-1]
    with pytest.raises(UsageError, match="records of other parts"):
        study.run_all()


def test_a_run_that_another_machine_began_goes_on_in_its_number_format(study):
    assert study.number_format(0) == "auto"
    path = study.record_path("teacher", 1)
    for dtype, flag in (("float32", "fp32"), ("bfloat16", "bf16")):
        write_record(path, {"training_dtype": dtype})
        command = study.command(study.known["teacher"], 1, Path("out"))
        assert command[command.index("--dtype") + 1] == flag
        assert study.number_format(0) == "auto"


def test_what_an_arm_costs_is_counted_by_hand(study, monkeypatch, tmp_path):
    split = run_splits(study.data.splits[POOL], study.parts, 0)["train"]
    found = Costs(study.encoder, study.tokenizer, split)
    arms = {arm.name: parse_train(list(arm.flags)) for arm in ARMS}
    depth = study.encoder.config.num_hidden_layers
    layers = {name: found.student(arm).config.num_hidden_layers for name, arm in arms.items()}
    assert {layers["teacher"], layers["lora"]} == {depth}
    assert {layers[n] for n in layers if n not in ("teacher", "lora")} == {depth // 2}
    assert [found.train(arm, tmp_path)[1] > 0 for arm in arms.values()] == [
        arm.matches_states for arm in arms.values()
    ]
    spent = iter([(0.2, 1.0), *[(0.1, 0.0)] * 100])
    monkeypatch.setattr(found, "train", lambda arm, folder: next(spent))
    monkeypatch.setattr("study.costs.ms_per_text", lambda classifier, texts: 7.0)
    monkeypatch.setattr("study.costs.ROUNDS", 1)
    rows = found.measure()["arms"]
    texts = len(split.texts)
    assert rows["teacher"] == {"minutes": round(texts * 2 / 60, 4), "ms_per_text": 7.0}  # 5 epochs
    assert rows["odd-ce"]["minutes"] == round(texts * 0.5 / 60, 4)


def test_influences_are_what_a_text_moves_macro_f1_by():
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, 2, (2, 4000))
    score, moved = influences(predicted, labels)
    assert score == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert moved.sum() == pytest.approx(0, abs=1e-9)
    for text in range(20):
        without = influences(np.delete(predicted, text), np.delete(labels, text))[0]
        assert 4000 * (score - without) == pytest.approx(moved[text], abs=0.01)


def test_texts_that_only_one_class_predicts_do_not_divide_by_zero():
    assert influences(np.zeros(4, int), np.zeros(4, int)) == (0.5, pytest.approx(np.zeros(4)))


def test_the_error_over_texts_and_runs_by_hand():
    """Two rounds of four texts, two runs of two texts in each."""
    moved = np.array([[1.0, -1.0, 2.0, -2.0], [0.0, 1.0, 1.0, -2.0]])
    runs = np.array([[0, 0, 1, 1], [2, 3, 2, 3]])
    found = clustered([0.1, 0.3], moved, runs)
    assert found.value == pytest.approx(0.2)
    # Over runs, (0 + 0 + 1 + 1) * 2, is less than what both count, 16.
    assert found.error == pytest.approx(np.sqrt(1 + 0 + 9 + 16) / 8)
    assert found.df == 2
    together = np.array([[1.0, 1.0, -1.0, -1.0], [2.0, -2.0, 2.0, -2.0]])
    found = clustered([0.1, 0.3], together, runs)
    of_texts, of_runs, both = 9 + 1 + 1 + 9, (4 + 4 + 16 + 16) * 2, 20
    assert found.error == pytest.approx(np.sqrt(of_texts + of_runs - both) / 8)
    assert found.df == 2
    # A round of one run: no spread of runs in it, and its texts still count.
    half = clustered([0.1, 0.3], together, np.where(runs == 3, -1, runs))
    assert half.value == pytest.approx((4 * 0.1 + 2 * 0.3) / 6)
    assert half.error == pytest.approx(np.sqrt(9 + 1 + 1 + 1 + (4 + 4) * 2 - 4) / 6)
    assert half.df == 1


def test_the_corrected_t_by_hand():
    found = corrected_t([0.01, 0.03, 0.02, 0.04], 0.5)
    assert found.error == pytest.approx(np.sqrt(0.0005 / 3 * (1 / 4 + 0.5)))
    assert (found.value, found.df) == (pytest.approx(0.025), 3)


def test_an_estimate_agrees_with_scipys_t_tests():
    x = np.array([0.004, 0.001, -0.002, 0.005, 0.003])
    own = Estimate(x.mean(), scipy.stats.sem(x), 4)
    assert own.p == pytest.approx(scipy.stats.ttest_1samp(x, 0).pvalue)
    lower = scipy.stats.ttest_1samp(x, -0.01, alternative="greater").pvalue
    upper = scipy.stats.ttest_1samp(x, 0.01, alternative="less").pvalue
    assert own.p_equal(0.01) == pytest.approx(max(lower, upper))
    expected = scipy.stats.t.interval(0.95, 4, x.mean(), scipy.stats.sem(x))
    assert own.interval() == pytest.approx(expected)
    assert Estimate(0.02, 0.001, 9).p_equal(0.01) > 0.99
    rng = np.random.default_rng(0)
    for value in (0.0, 0.002, -0.007, -0.01, 0.03):
        growth = Estimate(value, 0.05, 4).growth_to_close(0.01, level=0.01)
        error, df = 0.05 / np.sqrt(growth), 4 * growth  # of a study so many times as large
        drawn = [Estimate(x, error, df) for x in value + error * rng.standard_t(df, 4000)]
        rates = [
            np.mean([e.p < 0.01 for e in drawn]),
            np.mean([e.p_equal(0.01) < 0.01 for e in drawn]),
        ]
        assert max(rates) == pytest.approx(0.8, abs=0.02)
    assert Estimate(0.03, 0.001, 4).growth_to_close(0.01, level=0.01) == 1
    assert (Estimate(0, 0, 9).p, Estimate(0, 0, 9).p_equal(0.01)) == (1, 0)


def test_random_effects_by_hand():
    found = random_effects([Estimate(0.0, 1.0, 9), Estimate(4.0, 1.0, 9), Estimate(5.0, 1.0, 9)])
    # Equal weights: the mean; its error is that of three values, 7 = their variance.
    assert found.value == pytest.approx(3)
    assert (found.error, found.df) == (pytest.approx(np.sqrt(7 / 3)), 2)
    # No spread beyond the errors: weights 1 and 1/4, and never surer than their errors allow.
    found = random_effects([Estimate(1.0, 1.0, 9), Estimate(1.0, 2.0, 9)])
    assert found == Estimate(pytest.approx(1.0), pytest.approx(np.sqrt(0.8)), 1)
    assert random_effects([Estimate(1, 2, 3)]) == Estimate(1, 2, 3)
    # Two arms that are the same on one data set.
    assert abs(random_effects([Estimate(0.0, 0.0, 9), Estimate(1.0, 0.5, 9)]).value) < 1


@pytest.mark.parametrize(
    ("value", "p", "p_equal", "word"),
    [
        (0.02, 0.04, 0.9, "BETTER"),
        (-0.02, 0.04, 0.9, "WORSE"),
        (0.004, 0.04, 0.01, "BETTER"),
        (0.002, 0.4, 0.04, "EQUAL"),
        (0.006, 0.06, 0.06, "OPEN"),
    ],
)
def test_the_words(value, p, p_equal, word):
    assert verdict(value, p, p_equal) == word


def test_a_margin_below_0_stays_negative_where_it_was_rounded():
    [kept] = [by_label(np.array([-0.0004, 0.0004, 1, -1]), [1, 1, 1, 1])["1"]]
    written = np.array(json.loads(json.dumps(kept)))
    assert is_positive(written).tolist() == [False, True, True, False]


def test_better_may_be_by_less_than_a_point():
    own = Estimate(0.004, 0.001, 9)
    for word, p_equal, words in (
        ("BETTER", 0.01, "BETTER, by less than a point"),
        ("WORSE", 0.2, "WORSE"),
        ("EQUAL", 0.01, "EQUAL"),
        ("not yet", 0.01, "not yet"),
    ):
        assert Answer("?", 5, own, own, 0.01, p_equal, word).words(1000) == words


FOLDS, TEXTS = 5, 4000
WRONG = {  # of a hundred texts: those that an arm gets wrong
    "teacher": range(0, 20),
    "odd-ce": range(0, 23),
    "odd-kd-hidden": range(0, 20),
    "even-ce": range(1, 20),
    "even-kd-hidden": range(0, 23),
    "lora": [*range(0, 19), 99],
    "lora-odd": [*range(0, 10), *range(50, 61)],
}
COSTS = {
    **{"parameters": 1000, "trainable": 10, "seconds": 90.0, "peak_mb": 1234, "bytes": 4_600_000},
    "official_test": {"macro_f1": 0.41, "predicted_positive_rate": 0.9351},
    **{"best_epoch": 2, "layers": [1, 2]},
    "curve": {"training": [{"loss": 2.0, "hidden_loss": 0.5}]},
}
# odd : even, odd : its labels, even : its labels, lora : teacher, lora-odd : odd
WORDS = ["BETTER", "BETTER", "WORSE", "EQUAL", "OPEN"]


def hand_made(folder: Path, rounds: int = 2) -> None:
    """Records of seven arms, each wrong on the same texts in every run."""
    labels = np.arange(TEXTS) // 100 % 2
    rng = np.random.default_rng(0)
    parts = np.stack([rng.permutation(np.arange(TEXTS) % FOLDS) for _ in range(rounds)])
    facts = {"folds": FOLDS, "labels": "".join(map(str, labels))}
    facts["parts"] = ["".join(map(str, row)) for row in parts]
    write_record(folder / "folds.json", facts)
    for arm, wrong in WRONG.items():
        right = ~np.isin(np.arange(TEXTS) % 100, list(wrong))
        margins = np.where(right == (labels == 1), 1.5, -1.5)
        for row, part in enumerate(parts):
            for fold in range(FOLDS):
                seed, own = row * FOLDS + fold, part == fold
                kept = {"test": by_label(margins[own], labels[own].tolist())}
                dtype = "float32" if seed < 3 else "bfloat16"
                record = {"arm": arm, "seed": seed, "training_dtype": dtype, "margins": kept}
                later = len(wrong) / 100 + (arm == "lora") * seed / 500
                record |= COSTS | {"last_epoch": {"epoch": 5, "test": {"macro_f1": later}}}
                write_record(folder / arm / f"seed-{seed}.json", record)


def test_each_verdict_from_records_made_by_hand(tmp_path):
    hand_made(tmp_path)
    study = CrossValidated(tmp_path)
    answers = study.answers()
    assert [a.question for a in answers] == list(QUESTIONS)
    assert [a.verdict for a in answers] == WORDS
    assert [round(100 * a.given.value, 6) for a in answers] == [3, 3, -4, 0, -1]
    assert study.macro_f1("teacher").value == pytest.approx(0.8)
    # Every text has the same answer in both rounds: one round of independent texts is all we know.
    assert study.macro_f1("teacher").error == pytest.approx(np.sqrt(0.8 * 0.2 / TEXTS), rel=0.02)
    last = answers[-1]
    texts = TEXTS * last.given.growth_to_close(0.01, level=0.05 / 5)
    assert TEXTS < texts < 1e6
    assert last.words(TEXTS) == f"OPEN, about {round(texts, -3):,.0f} texts"
    assert last.words(TEXTS) in answers_table([study])
    assert {a.runs for a in answers} == {10}
    assert answers_table([study]).count("BETTER") == 2


def test_a_verdict_waits_for_the_last_run(tmp_path):
    hand_made(tmp_path)
    (tmp_path / "lora" / "seed-9.json").unlink()
    study = CrossValidated(tmp_path)
    assert verdict_of([study], "lora", "teacher") == "not yet"
    assert (
        f"69 of 70 models, verdicts on {study.name} come with its last"
        in cross_fields([study])["so_far"]()
    )
    assert [a.runs for a in study.answers()] == [10, 10, 10, 9, 10]
    assert {a.verdict for a in study.answers()} == {"not yet"}
    for seed in range(1, 9):
        (tmp_path / "lora" / f"seed-{seed}.json").unlink()
    assert "±" not in score(CrossValidated(tmp_path), "lora")  # of one run there is no error
    (tmp_path / "lora" / "seed-0.json").unlink()
    assert len(CrossValidated(tmp_path).answers()) == 4
    with pytest.raises(ModelError, match="no records of a cross-validation"):
        CrossValidated(tmp_path / "lora-odd")


def test_runs_that_call_nothing_positive_are_named(tmp_path):
    hand_made(tmp_path)
    study = CrossValidated(tmp_path)
    assert silent([study]) == ""
    areas = []
    for seed in (0, 7):
        path = tmp_path / "lora" / f"seed-{seed}.json"
        record = json.loads(path.read_text())
        kept = record["margins"]["test"]
        margins = np.concatenate([kept["1"], kept["0"]])
        areas.append(roc_auc_score([1] * len(kept["1"]) + [0] * len(kept["0"]), margins))
        kept.update({label: [m - 9 for m in found] for label, found in kept.items()})
        write_record(path, record)
    assert silent([CrossValidated(tmp_path)]) == (
        f"In 2 of 10 runs of {tmp_path.name}, where 50% of the texts are positive, `lora` calls "
        "none so: no score reaches one half. Its scores rank the texts all the same (area under "
        f"the ROC curve in these runs: {np.mean(areas):.2f}). The made-up studies below have no "
        "such run, and do not vouch for its interval."
    )


def test_the_true_share_of_each_run_is_called_positive():
    labels, runs = np.array([1, 0, 0, 1, 0, 1]), np.array([[0, 0, 0, 1, 1, 1], [-1, 2, 2, 2, 2, 2]])
    margins = np.array([[-5.0, -3, -4, 1, 2, 3], [np.nan, 5, 4, -9, -8, -7]])
    study = SimpleNamespace(labels=labels, runs=runs, margins={"arm": margins})
    assert at_true_share(study, "arm").tolist() == [[0, 1, 0, 0, 1, 1], [0, 1, 1, 0, 0, 0]]


def test_verdicts_by_the_other_error_are_corrected_alike():
    sure, less = Estimate(0.03, 0.005, 19), Estimate(0.02, 0.0083, 19)

    def study(*anew):
        return SimpleNamespace(answers=lambda: [SimpleNamespace(anew=e, given=sure) for e in anew])

    assert by_anew([study(sure, less)]) == "BETTER, BETTER"
    assert by_anew([study(sure, less, less)]) == "BETTER, OPEN, OPEN"


def test_the_hidden_states_part_of_the_loss(tmp_path):
    hand_made(tmp_path)
    path = tmp_path / "odd-kd-hidden" / "seed-3.json"
    for other in path.parent.glob("*.json"):
        if other != path:
            other.unlink()
    record = json.loads(path.read_text())
    rows = [{"loss": 2.0, "hidden_loss": 0.5}, {"loss": 1.0, "hidden_loss": 0.7}]
    write_record(path, record | {"curve": {"training": rows}})
    assert hidden_share([CrossValidated(tmp_path)], "odd-kd-hidden") == "40%"
    assert hidden_share([CrossValidated(tmp_path)], "nobody") == MISSING


def test_a_wide_interval_leaves_the_others_wide(tmp_path):
    rows = [("x", -0.2, (-0.3, 0.0), "OPEN"), ("y", 0.0, (-0.01, 0.01), "EQUAL")]
    figures.answers({"a : b": rows}, 0.01, tmp_path / "answers")
    drawn = (tmp_path / "answers.svg").read_text(encoding="utf-8")
    assert "<!--  open, -20.0 -->" in drawn  # its value is told, for it is not in the picture
    assert "<!--  equal -->" in drawn
    assert "20 -->" not in drawn.replace("-20.0", "")  # nor is the axis as long


def test_data_sets_stand_side_by_side_and_pooled(tmp_path):
    hand_made(tmp_path / "hate")
    hand_made(tmp_path / "forum", rounds=1)
    studies = [CrossValidated(tmp_path / name) for name in ("hate", "forum")]
    lines = answers_table(studies).splitlines()
    assert len(lines) == 2 + 3 * len(QUESTIONS)
    assert [line.split("|")[2].strip() for line in lines[2:5]] == ["hate", "forum", "pooled"]
    assert lines[4].split("|")[4].strip() == "+3.00"
    forest(studies, tmp_path / "answers")
    drawn = (tmp_path / "answers.svg").read_text(encoding="utf-8")
    assert drawn.count("<!-- pooled -->") == len(QUESTIONS)
    assert drawn.count("<!--  better -->") == 4
    (tmp_path / "forum" / "lora" / "seed-4.json").unlink()
    studies[1] = CrossValidated(tmp_path / "forum")
    assert "pooled" not in answers_table(studies)  # before the last run


def test_two_runs_of_five_are_no_answer(tmp_path):
    """An error of two has one degree of freedom: its interval would be all there is to see."""
    hand_made(tmp_path, rounds=1)
    for path in tmp_path.glob("*/seed-[34].json"):
        path.unlink()
    assert CrossValidated(tmp_path).compare("lora", "teacher")
    for path in tmp_path.glob("*/seed-2.json"):
        path.unlink()
    study = CrossValidated(tmp_path)
    assert study.compare("lora", "teacher") is None
    assert "±" not in score(study, "lora")


def test_an_answer_without_its_verdict_is_not_drawn(tmp_path):
    hand_made(tmp_path / "cv")
    forest([CrossValidated(tmp_path / "cv")], tmp_path / "whole")
    (tmp_path / "cv" / "lora" / "seed-9.json").unlink()
    forest([CrossValidated(tmp_path / "cv")], tmp_path / "part")
    drawn = [(tmp_path / f"{name}.svg").read_text() for name in ("whole", "part")]
    assert [text.count("<!-- cv -->") for text in drawn] == [len(QUESTIONS), 0]


def test_the_report_of_records_made_by_hand(tmp_path):
    hand_made(tmp_path / "cv" / "hate")
    hand_made(tmp_path / "cv" / "forum", rounds=1)
    costs = {
        "teacher": {"minutes": 1.54, "ms_per_text": 5.0},
        "lora": {"minutes": 2.46, "ms_per_text": 5.4},
    }
    write_record(tmp_path / "cv" / "hate" / "costs.json", {"texts": 1, "arms": costs})
    (tmp_path / "cv" / "simulation.md").write_text("made up\n", encoding="utf-8")
    studies = cross_validated(tmp_path)
    assert [study.name for study in studies] == ["hate", "forum"]
    known = cross_fields(studies)
    text = fill(template("analysis.md"), known)
    assert MISSING not in text
    assert "{{" not in text
    assert len(text.splitlines()) <= 250
    assert all(MISSING not in fill(template(f"{name}.md"), known) for name in ("answer", "results"))
    differences = [known["gap"](*pair).split()[0] for pair in QUESTIONS.values()]
    assert known["without_last"]("0") == ", ".join(differences)
    whole = known["last_and_rest"]("teacher", "2000")
    assert whole == "0.800 against 0.800"  # each hundred is like the others
    # Of the first twenty, all of one class, half are right: F1 of 2/3 and of 0.
    assert known["last_and_rest"]("lora-odd", "3980") == "0.791 against 0.333"
    assert known["without_last"]("3970") != known["without_last"]("0") != MISSING
    assert known["progress"]() == "hate all 70, forum all 35"
    assert known["so_far"]() == ""
    unsure = [answer.verdict for answer in studies[1].answers()].count("OPEN")
    assert known["elsewhere"]() == f"; on other data, forum, {unsure} of 5 are OPEN"
    assert cross_fields(studies[:1])["elsewhere"]() == ""
    assert differences == ["+3.0", "+3.0", "-4.0", "+0.0", "-1.0"]
    for question, word, points in zip(QUESTIONS, WORDS, differences, strict=True):
        [line] = [line for line in text.splitlines() if line.startswith(f"- **{question}**")]
        assert f"on hate {word}, {points} points (" in line
        assert f"pooled {points} points (" in line
    # Ten runs, and five.
    assert [score(study, "teacher") for study in studies] == ["0.800 ± 0.015", "0.800 ± 0.021"]
    assert score(studies[0], "other") == MISSING
    assert known["verdict"]("lora", "odd-ce") == MISSING
    odd = next(r for r in known["scores_table"]().splitlines() if r.startswith("| odd-ce"))
    assert [cell.strip() for cell in odd.split("|")][5:8] == [
        *("-3.0 (-3.6 to -2.4)", "2", "0.410"),
    ]
    [row] = [r for r in known["costs_table"]().splitlines() if r.startswith("| teacher")]
    cells = [cell.strip() for cell in row.split("|")][2:-1]
    assert cells == ["1,000", "10", "1.5", "1,234", "4.6", "5.2"]
    [row] = [r for r in known["stopping_table"]().splitlines() if r.startswith("| LoRA or full")]
    cells = [cell.strip() for cell in row.split("|")][2:-1]
    own = corrected_t([seed / 500 for seed in range(10)], 1 / 4)  # of the last epoch alone
    low, high = (f"{100 * end:+.1f}" for end in own.interval())
    assert cells[0].startswith("+0.0 (")
    assert cells[1] == f"+0.9 ({low} to {high})"
    assert cells[3].startswith("+0.4 (")  # five runs
    assert known["hours"]() == "0.7"  # ten runs of 1.54 and 2.46 minutes
    cells = [cell.strip() for cell in known["short_table"]().splitlines()[2].split("|")][1:-1]
    assert cells == ["teacher", "1, 2", "0.800 ± 0.015", "0.410", "94%", "10", "5.2"]


def test_a_report_of_data_without_a_test_split_and_with_few_texts(tmp_path):
    hand_made(tmp_path)
    for path in tmp_path.glob("*/seed-*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        del record["official_test"]
        write_record(path, record)
    known = cross_fields([CrossValidated(tmp_path)])
    for name in ("analysis", "answer", "results"):
        assert "{{" not in fill(template(f"{name}.md"), known)
    assert known["scores_table"]().splitlines()[2].split("|")[-2].strip() == "-"
    assert known["last_and_rest"]("teacher", str(TEXTS)) == MISSING
    assert known["without_last"](str(TEXTS)) == ", ".join([MISSING] * len(QUESTIONS))


def test_number_formats_stand_apart(tmp_path):
    hand_made(tmp_path)
    path = tmp_path / "even-kd-hidden" / "seed-1.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for label, margins in record["margins"]["test"].items():
        right = 1 if label == "1" else -1
        record["margins"]["test"][label] = [right * abs(margin) for margin in margins]
    write_record(path, record)
    studies = [CrossValidated(tmp_path)]
    said = cross_fields(studies)
    name = tmp_path.name
    assert said["formats"]() == f"7 runs of {name} in bfloat16, 3 runs of {name} in float32"
    row = said["formats_table"]().splitlines()[4].split("|")
    assert row[2].strip().startswith("+3.0 (")
    # Of three folds one has no error, which makes even better than odd by 20 points there.
    assert float(row[3].split("(")[0]) == pytest.approx((3 + 3 - 20) / 3, abs=0.6)


def found(made: Made, studies: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Of made-up studies: p-values of no difference and of a difference of a point or more."""
    rng = np.random.default_rng(5)
    own = [differences(*made.draw(rng))[0] for _ in range(studies)]
    return np.array([e.p for e in own]), np.array([e.p_equal(0.01) for e in own])


def test_where_nothing_differs_one_study_in_twenty_says_so():
    ps, _ = found(Made(6000, folds=5, rounds=1))
    assert 0.02 <= (ps < 0.05).mean() <= 0.08


def test_where_the_difference_is_a_point_one_study_in_twenty_says_equal():
    _, ps = found(Made(3000, folds=5, worse=worse_by(0.01)))
    assert (ps < 0.05).mean() <= 0.08


def test_made_up_runs_share_what_their_texts_taught_them():
    """Runs that hold out other folds share most of it, so that a whole study goes astray."""
    ps, _ = found(Made(3000, folds=5, training=4.0))
    assert (ps < 0.05).mean() > 0.25


def sizes(pairs: list[tuple[np.ndarray, np.ndarray]], labels: list[np.ndarray]) -> list[float]:
    """What the table of study/simulation.py has, of pairs of arms' predictions (S, N)."""
    arms = {id(arm): (arm, y) for pair, y in zip(pairs, labels, strict=True) for arm in pair}
    score = np.mean([influences(row, y)[0] for arm, y in arms.values() for row in arm])
    positive = np.mean([arm for arm, _ in arms.values()])

    def between(first: np.ndarray, second: np.ndarray) -> float:
        seeds = range(len(first))
        return np.mean([(first[i] != second[j]).mean() for i in seeds for j in seeds if i != j])

    def majority(arm: np.ndarray) -> np.ndarray:
        return arm.mean(axis=0) > 0.5

    spread, of_runs = [], []
    for (a, b), y in zip(pairs, labels, strict=True):
        found = [(influences(i, y), influences(j, y)) for i, j in zip(a, b, strict=True)]
        gaps = np.array([first[0] - second[0] for first, second in found])
        moved = np.array([first[1] - second[1] for first, second in found])
        spread.append(gaps.std(ddof=1))
        of_runs.append(gaps.var(ddof=1) - moved.var(axis=0, ddof=1).mean() / len(y))
    return [
        *(score, positive, np.mean([between(arm, arm) for arm, _ in arms.values()])),
        np.mean([between(a, b) for a, b in pairs]),
        np.mean([(majority(a) != majority(b)).mean() for a, b in pairs]),
        *(np.mean(spread), np.sqrt(max(0, np.mean(of_runs)))),
    ]


def test_the_simulation_has_the_sizes_that_it_says():
    records = read_records(Path(__file__).parent.parent / "docs" / "study")
    labels = scores_of(records["teacher"], "validation").labels
    arms = {arm.name: scores_of(records[arm.name], "validation").predicted for arm in ARMS}
    pairs = [(arms[a], arms[b]) for a, b in QUESTIONS.values()]
    lines = (simulation.__doc__ or "").split("\n\n")[-1].splitlines()[1:]
    said = np.array([line.split()[-2:] for line in lines], float).T
    measured = sizes(pairs, [labels] * len(pairs))
    rng = np.random.default_rng(0)
    made = [same_texts(rng) for _ in range(100)]
    found = sizes([(first, second) for first, second, _ in made], [y for *_, y in made])
    assert np.allclose(measured, said[0], rtol=0.02)
    assert np.allclose(found, said[1], rtol=0.1)


def same_texts(rng: np.random.Generator, n: int = 1000) -> tuple[np.ndarray, ...]:
    """Two arms' five runs (S, N) over the same texts, training texts given, and labels (N,)."""
    hard = rng.normal(0, simulation.DIFFICULTY, n)
    labels = (
        rng.random(n) < 1 / (1 + np.exp(-simulation.SLOPE * hard - simulation.OFFSET))
    ).astype(int)
    features = rng.normal(size=(n, simulation.DIRECTIONS))
    features[:, 0] = 1
    parts = np.zeros((5, n), int)
    views = hard + rng.normal(0, simulation.VIEW, (2, n))
    return *(Made(folds=2, rounds=5).arm(v, features, parts, 0.0, rng) for v in views), labels
