"""docs/ANALYSIS.md, FIVE_SEEDS.md and the README's table are what the committed records say."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from bert_min import BertTokenizer, ModelError
from data import load_data
from experiment.errors import UsageError
from scoring import compute_metrics
from study.arms import RECIPE
from study.data_report import describe
from study.record import by_label, write_record
from study.report import __main__ as report
from study.report import goal_tables
from study.report.__main__ import (
    cross_fields,
    cross_validated,
    fill,
    marks,
    seed_fields,
    template,
    with_block,
)
from study.report.answers import MAIN, MISSING, QUESTIONS, gap, verdict
from study.report.choice_tables import splits_table
from study.report.pictures import draw
from study.report.tables import verdicts_table
from study.summary import Arm, Summary

ROOT = Path(__file__).parent.parent
STUDY = ROOT / "docs" / "study"


@pytest.fixture(scope="module")
def summary() -> Summary:
    return Summary(STUDY)


@pytest.fixture(scope="module")
def text(summary) -> str:
    return fill(template("five_seeds.md"), seed_fields(summary)) + "\n"


def test_the_analysis_is_what_the_records_say():
    studies = cross_validated(STUDY)
    written = (ROOT / "docs" / "ANALYSIS.md").read_text(encoding="utf-8")
    assert written == fill(template("analysis.md"), cross_fields(studies)) + "\n"
    assert len(written.splitlines()) <= 250
    for suffix in (".png", ".svg"):
        assert (ROOT / "docs" / "figures" / f"answers{suffix}").stat().st_size > 4000


def test_the_page_of_five_seeds_is_what_the_records_say(text):
    assert (ROOT / "docs" / "FIVE_SEEDS.md").read_text(encoding="utf-8") == text
    assert MISSING not in text


@pytest.mark.parametrize("name", ["answer", "results"])
def test_the_readme_is_what_the_records_say(name):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = fill(template(f"{name}.md"), cross_fields(cross_validated(STUDY)))
    assert with_block(readme, name, block) == readme
    assert MISSING not in block


def test_every_entry_that_was_tried_is_in_the_table_of_steps(text):
    """Those of them, too, that the code no longer trains."""
    [step] = re.findall(r"^\| pooling: mean .*$", text, re.MULTILINE)
    assert "0.717 / 0.524 | 1.241 / 0.458 | 0.633 / 0.696 | 1.077 / 0.602" in step
    for entry in ("hashtags: dropout", "extra: probe", "extra: entropy", "extra: smooth"):
        assert f"| {entry} " in text


def test_every_picture_is_there(text, summary, tmp_path):
    named = set(re.findall(r"\(figures/([\w-]+)\.png\)", text))
    assert len(named) == 7
    draw(summary, tmp_path)
    drawn = {path.stem for path in tmp_path.glob("*.png")}
    assert drawn == {path.stem for path in tmp_path.glob("*.svg")} == named
    for name in named:
        for suffix in (".png", ".svg"):
            assert (ROOT / "docs" / "figures" / f"{name}{suffix}").stat().st_size > 4000


def test_records_are_of_one_data_set_and_have_no_text():
    facts = json.loads((STUDY / "study.json").read_text(encoding="utf-8"))
    for path in STUDY.glob("*/seed-*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        assert path.parent.name == record["arm"]
        if not record["arm"].startswith(("shift-", "floor-")):
            assert record["data_sha256"] == facts["data_sha256"]
        assert not re.search(r"/(home|root|work|tmp)/", path.read_text(encoding="utf-8"))


def make_folder(folder: Path, arms: dict[str, list[float]], n: int = 400) -> None:
    """Records of arms whose seeds are right for given shares of the texts."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    for arm, shares in arms.items():
        for seed, share in enumerate(shares):
            right = rng.random(n) < share
            margins = np.where(right == (labels == 1), 1.0, -1.0) * rng.uniform(0.5, 3, n)
            kept = {split: by_label(margins, labels.tolist()) for split in ("validation", "test")}
            last = {
                "loss": 0.5,
                "accuracy": 0.5,
                "f1": 0.5,
                "macro_f1": 0.5,
                "predicted_positive_rate": 0.5,
            }
            write_record(
                folder / arm / f"seed-{seed}.json",
                {
                    "arm": arm,
                    "seed": seed,
                    "margins": kept,
                    "parameters": 10,
                    "trainable": 5,
                    "best_epoch": 2,
                    "last_epoch": {"epoch": 3, "validation": last, "test": last},
                    "curve": {
                        "training": [{"step": 1, "loss": 1.0, "hard_loss": 1.0}],
                        "validation": [{"step": 1, "loss": 0.5, "macro_f1": 0.5}],
                    },
                },
            )
    facts = {
        "label_names": ["no", "yes"],
        "train_positive_rate": 0.5,
        "test_repeats_training": [0, 1, 2],
    }
    write_record(folder / "study.json", facts)


def test_a_partial_study_gives_a_partial_report(tmp_path, monkeypatch, capsys):
    make_folder(tmp_path / "records", {"teacher": [0.8, 0.8], "odd-ce": [0.7]})
    monkeypatch.setattr(
        sys, "argv", ["report", str(tmp_path / "records"), "--out", str(tmp_path / "out")]
    )
    assert report.main() == 0
    written = (tmp_path / "out" / "FIVE_SEEDS.md").read_text(encoding="utf-8")
    assert MISSING in written
    assert "{{" not in written
    assert (tmp_path / "out" / "figures" / "forest.png").is_file()


def test_verdicts_and_differences_of_made_arms(tmp_path):
    make_folder(tmp_path, {"teacher": [0.8] * 3, "odd-kd-hidden": [0.6] * 3, "lora": [0.8] * 3})
    made = Summary(tmp_path)
    assert verdict(made, "odd-kd-hidden", "teacher", "test") == "WORSE"
    assert verdict(made, "lora", "odd-kd-hidden", "test") == "BETTER"
    assert verdict(made, "lora", "teacher", "test") == "NOT DISTINGUISHABLE"
    assert verdict(made, "odd-ce", "even-ce", "test") == MISSING
    points = float(gap(made, "odd-kd-hidden", "teacher", "test").split()[0])
    assert points == pytest.approx(-20, abs=4)
    rows = verdicts_table(made, "test").splitlines()[2:]
    assert len(rows) == 3
    share = np.mean(list(goal_tables.shares(made, "odd-kd-hidden").values()))
    assert share == pytest.approx(0.75, abs=0.05)


def test_the_scores_of_an_arm_are_those_of_compute_metrics(tmp_path):
    make_folder(tmp_path, {"teacher": [0.8, 0.7]})
    arm: Arm = Summary(tmp_path).arms["teacher"]
    scores = arm.scores("test")
    direct = [compute_metrics(np.stack([-m / 2, m / 2], 1), scores.labels) for m in scores.margins]
    for metric in ("macro_f1", "loss", "ece"):
        assert arm.values("test", metric) == pytest.approx([row[metric] for row in direct])
    temperature, _ = arm.decisions[0]
    assert arm.decided("validation")[0]["loss"] <= arm.values("validation", "loss")[0]
    assert temperature > 0
    together = compute_metrics(arm.ensemble("test"), scores.labels)
    assert together["loss"] < np.mean(arm.values("test", "loss"))


def test_differences_are_over_the_seeds_that_both_have(tmp_path):
    make_folder(tmp_path, {"teacher": [0.8] * 5, "odd-ce": [0.7] * 2})
    comparison = Summary(tmp_path).compare("odd-ce", "teacher", "test")
    assert comparison is not None
    assert comparison.seeds == 2


def test_every_arm_of_the_questions_is_one_of_the_study():
    names = {name for pairs in QUESTIONS.values() for pair in pairs for name in pair}
    assert names <= set(MAIN) | set(RECIPE)


def test_a_template_that_asks_for_the_unknown_is_refused():
    assert fill("a {{x 1 2}} b", {"x": lambda *words: "+".join(words)}) == "a 1+2 b"
    with pytest.raises(UsageError, match="'y', which the report does not know"):
        fill("{{y}}", {})


def test_a_readme_without_marks_is_refused():
    begin, end = marks("results")
    assert with_block(f"a {begin} old {end} b", "results", "new") == f"a {begin}\nnew\n{end} b"
    for name in ("results", "answer"):
        with pytest.raises(UsageError, match=f"lacks the marks <!-- {name}: "):
            with_block("nothing here", name, "new")


def test_no_records_no_report(tmp_path):
    with pytest.raises(ModelError, match="no records of a study"):
        Summary(tmp_path)


def test_the_data_report_of_the_sample(minilm, tmp_path):
    data = load_data("sample")
    figures = describe(data, BertTokenizer(minilm, 512).encode)
    assert figures["splits"]["train"]["texts"] == len(data.splits["train"].texts)
    assert figures["splits"]["test"]["positive_rate"] == np.mean(data.splits["test"].labels)
    lengths = [len(e.ids) for e in BertTokenizer(minilm, 512).encode(data.splits["test"].texts)]
    assert figures["splits"]["test"]["tokens_max"] == max(lengths)
    make_folder(tmp_path, {"teacher": [0.8]})
    write_record(tmp_path / "data.json", figures)
    assert splits_table(Summary(tmp_path)).count("| train ") == 1


def test_the_committed_data_report_is_that_of_the_tweets(tweeteval, minilm):
    figures = describe(load_data(str(tweeteval)), BertTokenizer(minilm, 512).encode)
    committed = json.loads((STUDY / "data.json").read_text(encoding="utf-8"))
    assert {**figures, "data": ""} == {**committed, "data": ""}
    assert figures["repeats"]["test"]["texts"] == 231
    assert figures["repeats"]["test"]["same_label"] == 141
