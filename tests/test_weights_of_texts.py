"""How much a text's label weighs: classes that weigh alike, texts that nobody labelled."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from datasets import Dataset, DatasetDict
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_sample_weight
from small import SETTINGS, material_of

import train as train_command
from data import Choice, Data, DataError, Split, load_data
from data.unlabelled import load_unlabelled
from distill import TeacherTargets, batch_loss, hard_loss
from experiment.build import Trainee
from experiment.card import BALANCED
from experiment.material import Unlabelled
from experiment.settings import Settings, digest
from experiment.training import make_task, weigh_texts

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=60)


@settings(deadline=None)
@given(LABELS)
def test_balanced_weights_are_those_of_scikit_learn(labels):
    ours = weigh_texts(torch.tensor(labels), len(labels), balanced=True)
    assert ours.numpy() == pytest.approx(compute_sample_weight("balanced", labels), rel=1e-6)
    assert weigh_texts(torch.tensor(labels), len(labels), balanced=False) is None


def test_balanced_the_best_constant_answer_is_that_all_classes_are_equally_frequent():
    """As BALANCED says of the scores: 1 / K each, and without weights the classes' shares."""
    labels = torch.tensor([0] * 70 + [1] * 25 + [2] * 5)
    for balanced, shares in ((True, [1 / 3] * 3), (False, [0.70, 0.25, 0.05])):
        bias = torch.tensor(shares).log().requires_grad_()
        hard_loss(bias.expand(100, 3), labels, weigh_texts(labels, 100, balanced)).backward()
        assert bias.grad.abs().max() < 1e-6


@settings(deadline=None)
@given(LABELS, st.integers(1, 90), st.booleans())
def test_the_mean_over_an_epoch_is_that_of_the_labelled_texts(labels, extra, balanced):
    n = len(labels)
    losses = np.random.default_rng(0).random(n + extra)
    own = compute_sample_weight("balanced", labels) if balanced else np.ones(n)
    weights = weigh_texts(torch.tensor(labels), n + extra, balanced).numpy()
    assert (weights * losses).mean() == pytest.approx((own * losses[:n]).mean(), rel=1e-5)
    assert not weights[n:].any()


def test_a_student_hears_its_teacher_on_all_texts_and_its_labels_on_some(tiny, tiny_ids, tmp_path):
    """With 12 of 48 texts labelled, a labelled one weighs 4, and the first label moves the loss."""
    labels = [int(row[0] > 32) for row in tiny_ids[:12]]
    material = replace(material_of(tiny_ids[:12], labels), unlabelled=Unlabelled("", tiny_ids[12:]))
    targets = TeacherTargets(tiny, material.training_ids, place=tmp_path)
    task = make_task(Trainee(tiny, [], targets), material, SETTINGS)
    assert [list(row) for row in task.ids] == tiny_ids
    assert task.labels[:12].tolist() == labels
    assert task.text_weights.tolist() == [4.0] * 12 + [0.0] * 36
    without = make_task(Trainee(tiny, []), material_of(tiny_ids, labels * 4), SETTINGS)
    assert without.text_weights is None
    mixed = batch_loss(tiny, task, np.arange(48))
    labelled = batch_loss(tiny, task, np.arange(12))
    assert mixed["hard_loss"].item() == pytest.approx(labelled["hard_loss"].item() / 4, rel=1e-5)
    flipped = torch.tensor([*labels, *[1] * 36])
    assert batch_loss(tiny, replace(task, labels=flipped), np.arange(48)) == mixed


# ---- which texts


@pytest.fixture
def posts():
    splits = {
        "train": Split(["we meet at noon", "go home"], [0, 1]),
        "validation": Split(["@bob see you https://t.co/x", "b"], [0, 1]),
        "test": Split(["Nobody wants you here", ""], [1, 0]),
    }
    return Data("posts", splits, ("not-hate", "hate"))


LINES = (
    *("RT @ann: nobody WANTS you here https://t.co/y", "See you", "GO home"),
    *("", "  ", "a line\u2028with a separator", "new", "new"),
)


def test_texts_that_a_model_is_scored_on_are_left_out(posts, tmp_path):
    path = tmp_path / "more.txt"
    path.write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    texts, left_out = load_unlabelled(str(path), posts)
    assert texts == [*LINES[5:]]
    assert left_out == {"blank": 2, "validation or test": 2, "train": 1}


KINDS = ("csv", "csv.gz", "tsv", "jsonl", "parquet", "txt", "tables", "tweeteval", "tasks", "a/hub")


@pytest.mark.parametrize("kind", KINDS)
def test_texts_come_from_any_source(posts, tmp_path, kind, monkeypatch):
    """The column has a usual name; of a folder it is the training texts."""
    frame = pd.DataFrame({"n": [1, 2], "Tweet": ['one, "two"', "three"]})
    path = tmp_path / f"more.{kind}"
    lines = "".join(f"{text}\n" for text in frame["Tweet"])
    if kind in ("csv", "csv.gz", "tsv"):
        frame.to_csv(path, index=False, sep="\t" if kind == "tsv" else ",")
    elif kind == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif kind == "parquet":
        frame.to_parquet(path)
    elif kind == "txt":
        path.write_text(lines)
    elif kind == "a/hub":
        found = DatasetDict(test=Dataset.from_dict({}), train=Dataset.from_pandas(frame))
        monkeypatch.setattr("data.sources.load_data_set", lambda *asked: (found, str(asked)))
        path = Path("a/hub")
    elif kind == "tables":
        path.mkdir()
        frame.to_csv(path / "train.csv", index=False)
        (path / "test.csv").write_text("Tweet\nnot this one\n")
    else:
        home = path / "hate" if kind == "tasks" else path
        home.mkdir(parents=True)
        (home / "train_text.txt").write_text(lines)
    assert load_unlabelled(str(path), posts) == (list(frame["Tweet"]), {})


def test_the_column_of_the_labelled_texts_is_read_where_there_is_one(posts, tmp_path):
    told = replace(posts, choice=Choice(text_column="said"))
    path = tmp_path / "more.csv"
    path.write_text("text,said\none,two\n")
    assert load_unlabelled(str(path), told) == (["two"], {})
    path.write_text("text,other\none,two\n")
    assert load_unlabelled(str(path), told) == (["one"], {})
    path.write_text("tweet,comment\none,two\n")
    with pytest.raises(DataError, match=r"texts, 'tweet', 'comment'\? \(hint: call it 'said', as"):
        load_unlabelled(str(path), told)
    path.write_text("tweet;id\none;two\n")
    with pytest.raises(DataError, match="it has ';' between"):
        load_unlabelled(str(path), told)


def test_a_bad_source_is_one_line(posts, tmp_path):
    path = tmp_path / "more.csv"
    path.write_text("text\ngo home\n")
    with pytest.raises(DataError, match=r"more\.csv has no text that is not in posts already"):
        load_unlabelled(str(path), posts)
    path.write_bytes(b"text\nfine\n\xff\n")
    with pytest.raises(DataError, match=r"more\.csv:3: not UTF-8"):
        load_unlabelled(str(path), posts)
    (tmp_path / "more.jsonl").write_text('{"text": "fine"}\n{"text": null}\n')
    with pytest.raises(DataError, match=r"more\.jsonl:2: the text is None, not a string"):
        load_unlabelled(str(tmp_path / "more.jsonl"), posts)
    skipping = replace(posts, choice=Choice(skip_bad=True))
    for name in ("more.csv", "more.jsonl"):
        assert load_unlabelled(str(tmp_path / name), skipping) == (["fine"], {"bad": 1})
    with pytest.raises(DataError, match=r"no file .*nowhere\.txt"):
        load_unlabelled(str(tmp_path / "nowhere.txt"), posts)


# ---- commands


@pytest.fixture
def train(command, model_dir):
    """`train.py` on the tiny model and 32 texts of the sample; what it says on stderr."""

    def run(mode, *words):
        quick = ("--model", model_dir, "--data", "sample", "--limit", 32, "--epochs", 1)
        result = command(train_command, "--mode", mode, *quick, "--batch-size", 8, *words)
        return result.code, result.err

    return run


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def test_a_limit_keeps_no_text_of_test_from_being_left_out(train):
    """Another limit may score it."""
    splits = load_data("sample").splits
    texts = [*splits["validation"].texts, *splits["test"].texts, "a text of its own"]
    Path("more.txt").write_text("\n".join(texts))
    code, err = train("odd", "--unlabelled", "more.txt")
    assert code == 0, err
    assert f"unlabelled: 1 texts, 0 cut at 128 tokens, {len(texts) - 1} left out" in err


def test_unlabelled_texts_are_read_by_the_student_alone_and_noted(train):
    Path("more.txt").write_text("".join(f"text number {n}\n" for n in range(20)))
    code, err = train("odd", "--unlabelled", "more.txt", "--beta", 0)
    assert code == 0, err
    assert "unlabelled: 20 texts, 0 cut at 128 tokens\n" in err
    lines = {
        name: Path(f"runs/{name}/metrics.jsonl").read_text().count('"step"')
        for name in ("teacher", "odd")
    }
    assert lines == {"teacher": 4, "odd": 7}  # batches of 8 of 32, and of 52 texts
    record, teacher = (read(f"runs/{name}/train_args.json") for name in ("odd", "teacher"))
    assert (record["unlabelled"], record["unlabelled_texts"]) == ("more.txt", 20)
    assert re.fullmatch("[0-9a-f]{64}", record["unlabelled_sha256"])
    assert teacher["unlabelled"] is None
    assert "unlabelled_texts" not in teacher
    card = Path("runs/odd/README.md").read_text()
    assert "It heard its teacher on 20 more texts without labels." in card


def test_other_unlabelled_texts_do_not_go_on(train, monkeypatch):
    Path("more.txt").write_text("one\ntwo\n")
    train("teacher")
    with monkeypatch.context() as patch:
        patch.setattr("experiment.command.score", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train("odd", "--unlabelled", "more.txt")
    Path("more.txt").write_text("one\nthree\n")
    code, err = train("odd", "--unlabelled", "more.txt", "--resume")
    assert (code, "was trained with unlabelled " in err) == (2, True)
    code, err = train("odd", "--resume")
    assert (code, "was trained with unlabelled " in err) == (2, True)
    Path("more.txt").write_text("one\ntwo\n")
    code, err = train("odd", "--unlabelled", "more.txt", "--resume")
    assert (code, "going on after step" in err) == (0, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--mode", "teacher"),
        ("--mode", "lora"),
        ("--mode", "odd", "--objective", "ce"),
        ("--mode", "odd", "--targets", "logits.safetensors"),
    ],
)
def test_only_a_taught_student_reads_unlabelled_texts(words, capsys):
    with pytest.raises(SystemExit) as refused:
        train_command.parse_args([*words, "--unlabelled", "more.txt"])
    assert refused.value.code == 2
    assert "--unlabelled is for students that learn from their teacher" in capsys.readouterr().err


def test_class_weights_are_said_and_decide_a_training(train):
    code, err = train("teacher", "--class-weights", "balanced")
    assert code == 0, err
    assert f"class weights: {BALANCED}\n" in err
    assert BALANCED in " ".join(Path("runs/teacher/README.md").read_text().split())
    code, err = train("teacher", "--resume")
    assert (code, "was trained with other settings" in err) == (2, True)
    code, err = train("odd")
    assert code == 0
    assert "runs/teacher was trained with class_weights balanced, this command asks for none" in err
    assert BALANCED not in err
    assert BALANCED not in " ".join(Path("runs/odd/README.md").read_text().split())


def test_settings_that_came_later_leave_the_identity_of_other_runs_as_it_was():
    """The digest is that of the program before it knew of class weights."""
    before = "ea7535d21a87c3e40adf8a6f343cc4f9bca1a089a88316cc02c09aa2974f8d21"
    assert digest(Settings().identity(data="0", teacher=None)) == before
    balanced = Settings(class_weights="balanced").identity(data="0", teacher=None)
    assert balanced["class_weights"] == "balanced"
