"""The study: small arms on the sample, killed, resumed, and refused where something changed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert_min import ModelError
from data import load_data
from experiment.encoding import fingerprint
from experiment.errors import UsageError
from scoring.hatecheck import FILE
from study import runner
from study.__main__ import locked, parse_args
from study.arms import CHOSEN, REST, TARGETS, TEACHER, Arm, all_arms
from study.data_report import telltale_hashtags
from study.order import describe
from study.record import by_label, learning_curve, pretty, read_records, scores_of, write_record
from study.runner import Study, StudyError, check
from study.summary import Arm as Scored
from train import parse_args as parse_train

CASES = """,functionality,case_id,test_case,label_gold,target_ident
0,derog_h,1,I hate women.,hateful,women
1,neutral_nh,2,I am a woman.,non-hateful,women
"""
ROOT = Path(__file__).parent.parent
ARMS = all_arms()


def flags(folder: Path, model_dir: Path, *more: str) -> list[str]:
    return [
        *("--model", str(model_dir), "--data", "sample", "--limit", "48", "--epochs", "1"),
        *("--runs", str(folder), "--seeds", "2", *more),
    ]


@pytest.fixture
def study(tmp_path, model_dir):
    with locked(tmp_path) as lock:
        yield Study(parse_args(flags(tmp_path, model_dir)), lock)


def test_arms_have_names_of_their_own_and_flags_that_train_takes():
    assert len({arm.name for arm in ARMS}) == len(ARMS)
    for arm in ARMS:
        args = parse_train(list(arm.flags))
        assert (args.mode in ("teacher", "lora")) == (arm.teacher is None)
    names = {arm.name for arm in ARMS}
    assert {arm.teacher or arm.base for arm in ARMS if arm.teacher or arm.base} <= names


def test_the_seeds_that_the_questions_need():
    seeds = {arm.name: arm.seeds for arm in ARMS}
    for name in ("teacher", "odd-ce", "odd-kd", "even-kd-hidden", "lora", "lora-odd", "robust-odd"):
        assert seeds[name] == 5
    assert min(seeds.values()) == REST == 2


def test_a_student_waits_for_its_teacher_and_all_is_recorded(study):
    odd = Arm("odd", "", ("--mode", "odd"), 2, "teacher")
    study.run([odd, Arm("teacher", "", ("--mode", "teacher"), 2)][::-1])
    records = read_records(study.settings.records)
    assert {name: [r["seed"] for r in rows] for name, rows in records.items()} == {
        "teacher": [0, 1],
        "odd": [0, 1],
    }
    record = records["odd"][1]
    run = study.settings.runs / "odd" / "seed-1"
    args = json.loads((run / "train_args.json").read_text())
    assert args["teacher"] == str(study.settings.runs / "teacher" / "seed-1")
    assert (args["seed"], args["epochs"], args["limit"]) == (1, 1, 48)
    results = json.loads((run / "results.json").read_text())
    scores = scores_of([record], "test")
    predicted = scores.predicted[0].mean()
    assert predicted == results["test"]["predicted_positive_rate"]
    assert scores.labels.sum() == scores.labels[: scores.labels.sum()].sum()
    assert record["curve"]["validation"][0]["loss"] == round(results["validation"]["loss"], 4)
    assert record["layers"] == [1, 3]


def test_what_has_a_record_is_not_run_again(study, monkeypatch):
    arm = Arm("teacher", "", ("--mode", "teacher"), 1)
    study.run([arm])
    monkeypatch.setattr(runner.subprocess, "Popen", None)  # any call would fail
    study.run([arm])
    study.record_path("teacher", 0).unlink()
    study.run([arm])  # the run is there: only the record is made
    assert study.record("teacher")


def test_a_teacher_whose_model_is_gone_is_made_again_and_keeps_its_record(study):
    teacher = Arm("teacher", "", ("--mode", "teacher"), 1)
    study.run([teacher])
    before = study.record("teacher")
    shutil.rmtree(study.settings.runs / "teacher")
    students = [Arm(m, "", ("--mode", m), 1, "teacher") for m in ("odd", "even")]
    study.run([teacher, *students])
    assert study.record("teacher") == before
    made = study.settings.runs / "teacher" / "seed-0" / "train_args.json"
    assert json.loads(made.read_text())["mode"] == "teacher"
    assert f"--out {study.settings.runs / 'teacher'}" in json.loads(made.read_text())["command"]
    assert study.record("odd")
    assert study.record("even")


def test_a_teacher_that_lacks_model_and_score_is_trained_once(study, tmp_path):
    """A second training of it would find the first one's lock."""
    teacher, student = (
        Arm("teacher", "", ("--mode", "teacher"), 1),
        Arm("odd", "", (), 1, "teacher"),
    )
    for name in ("teacher", "odd"):
        write_record(
            study.record_path(name, 0), {"flags": study.flags(study.known.get(name, student))}
        )
    study.settings = replace(study.settings, hatecheck=tmp_path)
    trained = []
    study.train = lambda arm, seed: trained.append(arm.name)
    study.run([teacher, student])
    assert trained == ["teacher", "odd"]


def test_three_classes_are_folded_into_two_or_refused(tmp_path, model_dir):
    path = tmp_path / "forum.csv"
    rows = [f"sentence {n},{('noHate', 'hate', 'relation')[n % 3]}\n" for n in range(60)]
    path.write_text("words,label\n" + "".join(rows), encoding="utf-8")
    told = flags(tmp_path, model_dir, "--data", str(path), "--text-column", "words")
    with locked(tmp_path) as lock:
        with pytest.raises(UsageError, match=r"noHate, hate, relation .*--positive"):
            Study(parse_args(told), lock)
        study = Study(parse_args([*told, "--positive", "hate"]), lock)
        study.run([Arm("teacher", "", ("--mode", "teacher"), 1)])
    assert study.data.label_names == ("not-hate", "hate")
    assert sum(map(len, study.record("teacher")["margins"]["test"].values())) == 6


def test_a_run_made_by_other_flags_is_refused(study):
    study.run([Arm("teacher", "", ("--mode", "teacher"), 1)])
    study.record_path("teacher", 0).unlink()
    with pytest.raises(UsageError, match=r"made with lr 5e-05 and not 0\.001"):
        study.run([Arm("teacher", "", ("--mode", "teacher", "--lr", "1e-3"), 1)])
    run = study.settings.runs / "teacher" / "seed-0"
    check(run, study.command(TEACHER, 0, run))


def test_a_failed_run_ends_the_study_with_its_reason(study):
    arm = Arm("lora", "", ("--mode", "lora", "--lora-targets", "nothing"), 1)
    with pytest.raises(StudyError, match="no module of the model is called 'nothing'"):
        study.run([arm])


def test_a_record_made_by_other_flags_is_refused(study):
    study.run([Arm("teacher", "", ("--mode", "teacher"), 1)])
    with pytest.raises(UsageError, match=r"is of a run with --mode teacher --epochs 1 and not"):
        study.run([Arm("teacher", "", ("--mode", "teacher", "--lr", "1e-3"), 1)])


def test_records_of_other_data_are_refused(study):
    describe(study)
    describe(study)
    study.sha256 = fingerprint(load_data("sample", 40))
    with pytest.raises(UsageError, match="holds records of other data"):
        describe(study)
    study.sha256 = fingerprint(study.data)
    study.settings = replace(study.settings, model="another")
    with pytest.raises(UsageError, match="holds records of other model"):
        describe(study)


def test_scores_on_hatecheck_are_added_to_records_that_lack_them(study, tmp_path):
    arm = Arm("teacher", "", ("--mode", "teacher"), 1)
    study.run([arm])
    assert "hatecheck" not in study.record("teacher")
    (tmp_path / FILE).write_text(CASES, encoding="utf-8")
    study.settings = replace(study.settings, hatecheck=tmp_path)
    study.run([arm])
    assert study.record("teacher")["hatecheck"]["n"] == 2


def test_only_what_is_asked_for(tmp_path, model_dir):
    with locked(tmp_path) as lock:
        study = Study(parse_args(flags(tmp_path, model_dir, "--only", "odd-*")), lock)
        assert study.wanted("odd-kd")
        assert not study.wanted("teacher")


def test_the_committed_records_count_as_recorded(study, monkeypatch):
    """Those of all arms; and the log of the choice, and what was chosen, stay as they are."""
    committed = ROOT / "docs" / "study"
    study.settings = replace(study.settings, results=committed, epochs=None, seeds=5)
    facts = study.facts()
    assert facts["loss"] == CHOSEN["loss"]
    assert CHOSEN["recipe"].items() <= facts["recipe"].items()
    assert facts["prior"] == CHOSEN["prior"]
    last = {row["step"]: row["chosen"] for row in facts["recipe_log"]}
    assert last == {**facts["recipe"], "prior": facts["prior"]}
    monkeypatch.setattr(runner.subprocess, "Popen", None)  # any training would fail
    for arm in ARMS:
        assert all(study.recorded(arm, seed) for seed in range(arm.seeds)), arm.name
    study.run(ARMS)


def test_what_was_chosen_is_written_once(study):
    describe(study)
    facts = study.facts()
    assert CHOSEN.items() <= facts.items()
    write_record(study.settings.records / "study.json", {**facts, "prior": "keep"})
    describe(study)
    assert study.facts()["prior"] == "keep"


def test_the_kernels_scores_are_of_the_texts_that_train_reads(study):
    arm = Arm("kernel", "", ("--mode", "teacher", "--targets", TARGETS))
    path = study.targets()
    assert load_file(path)["logits"].shape == (48, 2)
    command = study.command(arm, 0, Path("out"))
    assert command[command.index("--targets") + 1] == str(path)


@pytest.mark.parametrize("chosen", ["matched", "keep"])
def test_a_matched_prior_moves_all_margins_alike(chosen):
    """A model of half the texts of validation, three margins too high on test."""
    rng, gold = np.random.default_rng(0), np.arange(400) % 2
    margins = np.where(gold, 2.0, -2.0) + rng.normal(0, 1, 400)
    kept = {name: by_label(margins + more, gold) for name, more in (("validation", 0), ("test", 3))}
    record = {"arm": "plain", "seed": 0, "margins": kept}
    final = Scored([record]).final("recipe", chosen).scores("test").margins[0]
    before = Scored([record]).scores("test").margins[0]
    if chosen == "matched":
        assert (1 / (1 + np.exp(-final))).mean() == pytest.approx(0.5, abs=1e-3)
        assert np.ptp(final - before) < 2e-3
    else:
        assert (final == before).all()


def test_a_telltale_hashtag_by_hand():
    texts = ["#wall"] * 10 + ["#peace"] * 10 + ["#news"] * 10 + ["#rare"]
    labels = np.array([1] * 8 + [0] * 2 + [1] + [0] * 9 + [1] * 5 + [0] * 5 + [1])
    assert telltale_hashtags(texts, labels) == {"wall": 0.8, "peace": 0.1}


def test_margins_stand_by_label_in_order():
    assert by_label(np.array([0.1239, -2.0, 3.0]), [0, 1, 0]) == {"1": [-2.0], "0": [0.124, 3.0]}


def test_a_learning_curve_is_means_of_stretches(tmp_path):
    lines = [
        {"step": n, "epoch": 1 + n // 101, "loss": n, "hard_loss": 2 * n} for n in range(1, 201)
    ]
    lines.insert(100, {"epoch": 1, "train_loss": 0, "validation": {"loss": 0.5, "macro_f1": 0.7}})
    path = tmp_path / "metrics.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    curve = learning_curve(path)
    assert len(curve["training"]) == 40
    assert curve["training"][0] == {"step": 5, "loss": 3.0, "hard_loss": 6.0}
    assert curve["validation"] == [{"step": 100, "loss": 0.5, "macro_f1": 0.7}]


def test_a_record_reads_back_and_a_damaged_one_is_named(tmp_path):
    record = {"arm": "a", "seed": 3, "margins": {"test": {"1": [1.5], "0": []}}, "none": {}}
    write_record(tmp_path / "a" / "seed-3.json", record)
    assert read_records(tmp_path) == {"a": [record]}
    assert json.loads(pretty(record)) == record
    (tmp_path / "a" / "seed-4.json").write_text("{")
    with pytest.raises(ModelError, match=r"seed-4\.json is not a record"):
        read_records(tmp_path)


def start(folder: Path, model_dir: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "study.__main__", *flags(folder, model_dir, *more)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def test_a_killed_study_goes_on_and_waits_for_what_it_left(tmp_path, model_dir):
    """kill -9 of the study alone: its training lives on, and the next study waits for it."""
    more = ("--only", "odd-ce", "--seeds", "1", "--epochs", "15")
    first = start(tmp_path, model_dir, *more)
    staging = tmp_path / "teacher" / ".seed-0.partial" / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while not staging.exists() or not staging.read_text():
        assert first.poll() is None, first.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = start(tmp_path, model_dir, *more)
    _, errors = second.communicate(timeout=300)
    assert second.returncode == 0, errors
    assert "waiting for another study" in errors
    records = read_records(tmp_path / "results")
    assert records["teacher"][0]["last_epoch"]["epoch"] == 15
    assert set(records) == {"teacher", "odd-ce"}  # the one asked for, and the one that it needs
    facts = json.loads((tmp_path / "results" / "study.json").read_text())
    assert facts["model"] == str(model_dir)
    assert facts["loss"] == CHOSEN["loss"]
    assert (tmp_path / "results" / "data.json").is_file()
