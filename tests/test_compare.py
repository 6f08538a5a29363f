"""`python -m webapp.compare`: a run beside an archive of another service's scores."""

import csv
import json
import sys

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score
from webserver import make_run

import webapp.compare as compare
from experiment.loading import load_classifier

TEXTS = [f"{mood} number {i}" for i in range(20) for mood in ("I hate you", "thank you", "well")]


@pytest.fixture(scope="module")
def run(minilm, tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("compare") / "mine", minilm)


@pytest.fixture
def asked(capsys, monkeypatch, tmp_path, run):
    monkeypatch.chdir(tmp_path)

    def ask(*flags):
        monkeypatch.setattr(sys, "argv", ["compare", *map(str, flags), "--run", str(run)])
        with pytest.raises(SystemExit) as ended:
            compare.run_command(compare.main)
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return ask


@pytest.fixture(scope="module")
def archive(run):
    """Scores of the run with noise, rounded so that some are equal."""
    ours = np.array([p.score for p in load_classifier(run).predict(TEXTS)])
    noise = np.random.default_rng(0).normal(0, 0.2, len(ours))
    return np.clip(np.round(ours + noise, 1), 0, 1).tolist(), ours


def written(path, scores, form):
    """The archive as people keep it."""
    if form == "csv":  # the answer in a cell, beside the points of a forum
        answers = [json.dumps({"TOXICITY": {"summaryScore": {"value": s}}}) for s in scores]
        with open(path, "w", newline="", encoding="utf-8") as file:
            rows = zip(TEXTS, answers, range(len(TEXTS)), strict=True)
            csv.writer(file).writerows([("text", "attributeScores", "score"), *rows])
        return
    answer = {
        "answer": lambda score: {
            "attributeScores": {"TOXICITY": {"summaryScore": {"value": score}}}
        },
        "attribute": lambda score: {"TOXICITY": score},
        "score": lambda score: {"score": str(score)},
    }[form]
    text = (lambda t: {"comment": {"text": t}}) if form == "answer" else (lambda t: {"text": t})
    lines = [json.dumps(text(t) | answer(s)) for t, s in zip(TEXTS, scores, strict=True)]
    path.write_text("\n".join(lines))


@pytest.mark.parametrize("form", ["answer", "attribute", "score"])
def test_agreement_is_what_scipy_and_scikit_learn_say(asked, archive, tmp_path, form):
    theirs, ours = archive
    written(tmp_path / "a.jsonl", theirs, form)
    code, out, _ = asked("a.jsonl", "--threshold", 0.5)
    assert code == 0
    head, _, header, _, row = out.strip().split("\n")
    correlation = spearmanr(theirs, ours).statistic
    assert head == f"60 texts, rank correlation {correlation:.3f} (TOXICITY and mine)"
    assert 0.5 < correlation < 0.99
    assert header.split("|")[1].strip() == "flagged then from"
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    then = np.array(theirs) >= 0.5
    now = ours >= np.sort(ours)[-then.sum()]
    assert now.sum() == then.sum() == (ours >= float(cells[2])).sum()  # as it is printed
    share = f"{then.mean():.1%}"
    kappa = f"{cohen_kappa_score(then, now):.2f}"
    assert cells == ["0.5", share, cells[2], share, f"{(then == now).mean():.1%}", kappa]


def test_a_threshold_is_printed_with_the_digits_that_it_needs():
    """Of a rare class scores lie under 0.0001, of a sure model above 0.9999."""
    rng = np.random.default_rng(0)
    theirs = np.arange(200) / 200
    for ours in (rng.uniform(0, 1e-4, 200), 1 - rng.uniform(0, 1e-6, 200), np.full(200, 0.3)):
        for row in compare.agreement(theirs, ours, [0.5, 0.8])[1:]:
            assert row[3] == f"{(ours >= float(row[2])).mean():.1%}"
    [_, row] = compare.agreement(theirs, np.round(theirs, 2), [0.5])
    assert row[2] == "0.5000"


def test_the_whole_answer_in_a_cell_is_read():
    answer = {"attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.25}}}, "languages": []}
    for cell in (answer, json.dumps(answer), answer["attributeScores"], 0.25, "0.25"):
        assert compare.score_of(cell, "TOXICITY") == 0.25
    assert compare.score_of(answer, "INSULT") is None
    assert compare.score_of(10**400, "TOXICITY") is None


def test_the_attributes_own_column_goes_before_points_of_the_name_score(asked, archive, tmp_path):
    theirs, ours = archive
    with open(tmp_path / "a.csv", "w", newline="", encoding="utf-8") as file:
        rows = zip(TEXTS, range(len(TEXTS)), theirs, strict=True)
        csv.writer(file).writerows([("text", "score", "TOXICITY"), *rows])
    _, out, err = asked("a.csv")
    assert f"rank correlation {spearmanr(theirs, ours).statistic:.3f}" in out
    assert err.startswith("texts are read from 'text', scores from 'TOXICITY'\n")
    written(tmp_path / "b.csv", theirs, "csv")
    _, out, _ = asked("b.csv", "--score-column", "attributeScores")
    assert f"rank correlation {spearmanr(theirs, ours).statistic:.3f}" in out


def test_texts_are_found_as_in_training(asked, archive, tmp_path):
    theirs, _ = archive
    with open(tmp_path / "a.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("Body", "score"), *zip(TEXTS, theirs, strict=True)])
    code, out, err = asked("a.csv")
    assert (code, out[:9]) == (0, "60 texts,")
    assert err.startswith("texts are read from 'Body', scores from 'score'\n")


def test_a_request_that_failed_first_hides_no_scores(asked, archive, tmp_path):
    theirs, _ = archive
    written(tmp_path / "a.jsonl", theirs, "answer")
    lines = (tmp_path / "a.jsonl").read_text()
    failed = json.dumps({"comment": {"text": "x"}, "error": 1})
    (tmp_path / "a.jsonl").write_text(f"{failed}\n{lines}")
    code, out, err = asked("a.jsonl")
    assert (code, out[:9]) == (0, "60 texts,")
    assert "1 rows have no text or no score" in err


def test_scores_that_flag_nothing_or_are_not_there(asked, tmp_path):
    scores = [0.1, 0.2, None, -1, "x", True]
    rows = [{"text": text, "score": score} for text, score in zip(TEXTS, scores, strict=False)]
    rows += [{"text": " ", "score": 0.3}, {"text": "\u200b", "score": 0.3}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    code, out, err = asked("a.jsonl", "--threshold", 0.9, "--threshold", 0)
    assert code == 0, err
    assert "5 rows have no text or no score of TOXICITY: left out" in err
    assert out.startswith("2 texts, ")  # nothing is left to read of the last one
    cells = [[c.strip() for c in row.strip("|").split("|")] for row in out.strip().split("\n")[-2:]]
    assert cells[0] == ["0.9", "0.0%", "-", "0.0%", "100.0%", "-"]
    assert (cells[1][1], cells[1][3:]) == ("100.0%", ["100.0%", "100.0%", "-"])


@pytest.mark.parametrize(
    ("line", "flags", "told"),
    [
        ('{"words": "a", "score": 1}', [], "the texts? (hint: --text-column with one of 'words', "),
        ('{"text": "a", "points": 1}', [], "the scores? (hint: --score-column with one of text"),
        ('{"text": "a", "score": 1}', ["--score-column", "old"], "no column 'old' (found: text, "),
        ('{"text": "a", "score": 1}', [], "has no two texts with a score of TOXICITY"),
        (
            '{"text": "a", "score": 1}\n' * 2,
            ["--toxic", "x"],
            "--toxic x: the classes are not-hate, hate",
        ),
        ('{"text": "\u200b", "score": 1}\n' * 2, [], "no two texts in which there is something"),
        ('{"text": "a", "score": 1}\n{"text": "b", "score": 37}', [], "a.jsonl:2: the score is 37"),
    ],
)
def test_what_cannot_be_compared_is_one_line(asked, tmp_path, line, flags, told):
    (tmp_path / "a.jsonl").write_text(line)
    code, out, err = asked("a.jsonl", *flags)
    assert (code, out) == (3 if "column" in told or "37" in told else 2, "")
    assert told in err


def test_a_line_that_is_cut_off_is_told(asked, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a", "score": 1}\n' * 2 + '{"text": "b", "sco')
    code, _, err = asked("a.jsonl")
    assert (code, "error: a.jsonl:3: not JSON" in err) == (3, True)


def test_an_open_quote_hides_no_rows(asked, tmp_path):
    rows = [f"you are number {i},0.{i}\n" for i in range(10, 40)]
    rows[3] = '"' + rows[3]
    (tmp_path / "a.csv").write_text("text,score\n" + "".join(rows))
    code, out, err = asked("a.csv")
    assert (code, out) == (3, "")
    assert "error: a.csv:5: " in err


def test_a_class_can_be_named(asked, archive, tmp_path):
    theirs, ours = archive
    written(tmp_path / "a.jsonl", theirs, "score")
    _, out, _ = asked("a.jsonl", "--toxic", "not-hate")
    assert f"rank correlation {spearmanr(theirs, 1 - ours).statistic:.3f}" in out
