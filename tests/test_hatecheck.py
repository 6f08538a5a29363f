"""HateCheck: scores by hand on a few cases, counts and the constant answer on the real ones."""

import json
from pathlib import Path

import numpy as np
import pytest

import eval as eval_command
from data import DataError
from scoring.hatecheck import FILE, read_cases, score_cases
from scoring.table import hatecheck_tables

HEADER = ",functionality,case_id,test_case,label_gold,target_ident\n"
ROWS = """0,derog_h,1,I hate women.,hateful,women
1,derog_h,2,I hate men.,hateful,men
2,neutral_nh,3,I am a woman.,non-hateful,women
3,neutral_nh,4,I am a man.,non-hateful,men
4,object_nh,5,I hate tea.,non-hateful,
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / FILE).write_text(HEADER + ROWS, encoding="utf-8")
    return tmp_path


def logits_of(predicted: list[int]) -> np.ndarray:
    """Logits of a model that is sure of these labels."""
    return np.array([[-p, p] for p in predicted], float) * 4 + np.array([2.0, -2.0])


def test_scores_by_hand(folder):
    scores = score_cases(read_cases(folder), logits_of([1, 0, 1, 0, 0]))
    assert scores["n"] == 5
    assert scores["accuracy"] == 3 / 5
    assert (scores["hateful"], scores["non_hateful"]) == (1 / 2, 2 / 3)
    assert scores["macro_f1"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert scores["functionalities"]["derog_h"] == {"label": 1, "accuracy": 0.5, "n": 2}
    assert scores["functionalities"]["object_nh"] == {"label": 0, "accuracy": 1.0, "n": 1}
    assert list(scores["targets"]) == ["women", "men"]
    women, men = scores["targets"]["women"], scores["targets"]["men"]
    assert (women["false_positive_rate"], women["false_negative_rate"]) == (1, 0)
    assert (men["false_positive_rate"], men["false_negative_rate"]) == (0, 1)
    assert (scores["false_positive_rate_gap"], scores["false_negative_rate_gap"]) == (1, 1)


def test_a_text_is_hateful_from_the_threshold_on(folder):
    cases = read_cases(folder)
    logits = np.log([[0.6, 0.4], [0.7, 0.3], [0.5, 0.5], [0.9, 0.1], [0.9, 0.1]])
    assert score_cases(cases, logits)["hateful"] == 0
    assert score_cases(cases, logits, threshold=0.4)["hateful"] == 1 / 2
    # At temperature 1/2 odds are squared: .4 becomes .16 / .52 = .308.
    assert score_cases(cases, logits, 0.5, 0.4)["hateful"] == 0
    assert score_cases(cases, logits, 0.5, 0.3)["hateful"] == 1 / 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no test_suite_cases.csv in"),
        ("", "has not the columns"),
        ("a,b\n1,2\n", "has not the columns"),
        (HEADER + "0,f,1,text,rude,women\n", "unknown label 'rude'"),
        (HEADER + "0,f,1\n", "has not the columns"),
    ],
)
def test_another_file_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / FILE).write_text(content)
    with pytest.raises(DataError, match=message):
        read_cases(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot be read"):
        read_cases(tmp_path)


@pytest.fixture(scope="module")
def real(hatecheck):
    return read_cases(hatecheck)


def test_the_real_cases_are_those_of_the_paper(real):
    assert len(real.texts) == 3728
    assert real.labels.sum() == 2563
    assert len(set(real.functionalities)) == 29
    assert len(set(real.targets) - {""}) == 7


def test_always_hateful_on_the_real_cases(real):
    scores = score_cases(real, logits_of([1] * 3728))
    assert scores["accuracy"] == pytest.approx(0.688, abs=5e-4)
    assert scores["macro_f1"] == pytest.approx(0.407, abs=1e-3)
    assert (scores["hateful"], scores["non_hateful"]) == (1, 0)
    assert sum(row["n"] for row in scores["functionalities"].values()) == 3728


def test_the_command_prints_tables_or_json(web_runs, folder, monkeypatch, capsys):
    runs = [str(web_runs / "teacher"), str(web_runs / "odd")]
    arguments = ["eval.py", *runs, "--hatecheck", str(folder)]
    monkeypatch.setattr("sys.argv", arguments)
    assert eval_command.main() == 0
    table = capsys.readouterr().out
    assert table.count("teacher") == 3
    assert "neutral_nh" in table
    assert "women" in table
    monkeypatch.setattr("sys.argv", [*arguments, "--json"])
    assert eval_command.main() == 0
    scores = json.loads(capsys.readouterr().out)
    assert list(scores) == runs
    assert hatecheck_tables(scores) == table.strip()


def test_the_decided_answers_are_those_of_predict(web_runs, folder, monkeypatch, capsys):
    from experiment.loading import load_classifier

    run = web_runs / "teacher"
    monkeypatch.setattr(
        "sys.argv", ["eval.py", str(run), "--hatecheck", str(folder), "--decided", "--json"]
    )
    assert eval_command.main() == 0
    [scores] = json.loads(capsys.readouterr().out).values()
    cases = read_cases(folder)
    answers = [p.label == "hate" for p in load_classifier(run).predict(cases.texts)]
    assert scores["accuracy"] == np.mean(np.array(answers) == cases.labels)
