"""More classes than two, from the run's files to every answer: small runs of four classes."""

import csv
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from bad_inputs import check_answer
from scipy.special import softmax
from sklearn.metrics import classification_report, confusion_matrix
from small import FOUR, OPENINGS
from test_webapp import Page, call, check_changes, explained, post, submit
from transformers import pipeline
from webserver import make_run

import eval as eval_command
import export as export_command
import predict as predict_command
import webapp.__main__ as web_command
from experiment.classifier import Prediction
from experiment.errors import UsageError
from experiment.loading import load_classifier
from experiment.rundir import find_runs
from webapp.app import make_app
from webapp.models import choose_toxic, load_models
from webapp.server import Shell
from webapp.service import Service

TEXTS = [f"{opening} number 7" for opening in OPENINGS]


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def read_lines(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def evaluate(command):
    return lambda *args: command(eval_command, *args)


@pytest.fixture
def label(command, four_runs):
    return lambda *args: command(predict_command, "--run", four_runs / "odd", *args)


@pytest.fixture(scope="module")
def models(four_runs):
    return load_models(find_runs(four_runs))


@pytest.fixture(scope="module")
def app(models):
    return Shell(make_app(Service(models)))


# ---- the run


def test_what_a_run_says_of_its_predictions_is_what_scikit_learn_says(four_runs):
    lines = read_lines(four_runs / "odd/predictions/test.jsonl")
    logits = np.array([line["logits"] for line in lines])
    gold, labels = ([line[key] for line in lines] for key in ("gold", "label"))
    assert labels == [FOUR[i] for i in logits.argmax(axis=1)]
    best = softmax(logits, axis=1).max(axis=1)
    assert [line["score"] for line in lines] == pytest.approx(best, abs=2e-6)
    ids = (four_runs / "odd/predictions/test.txt").read_text().split()
    assert [FOUR[int(i)] for i in ids] == labels
    scores = read(four_runs / "odd/results.json")["test"]
    report = classification_report(gold, labels, output_dict=True, zero_division=0)
    for name, row in zip(FOUR, scores["classes"], strict=True):
        assert row["f1"] == pytest.approx(report[name]["f1-score"])
    assert scores["macro_f1"] > 0.5, "nothing was learnt: all of this could be chance"
    assert scores["confusion"] == confusion_matrix(gold, labels, labels=FOUR).tolist()


def test_the_temperature_is_fitted_and_no_threshold(four_runs):
    decided = read(four_runs / "odd/results.json")["decided"]
    assert (decided["temperature"] != 1, decided["threshold"]) == (True, 0.5)
    bare = read(four_runs / "odd/results.json")["validation"]
    assert decided["validation"]["loss"] < bare["loss"]
    assert decided["validation"]["confusion"] == bare["confusion"]


def test_the_card_has_a_line_for_each_class(four_runs):
    scores = read(four_runs / "odd/results.json")["test"]
    card = (four_runs / "odd/README.md").read_text()
    assert "Classifies a text as none, hate, insult or joke; trained on" in card
    keys = ("loss", "accuracy", "macro_f1", "weighted_f1")
    assert f"| test | {' | '.join(f'{scores[key]:.4f}' for key in keys)} | 40 |" in card
    hate, counts = scores["classes"][1], scores["confusion"][1]
    cells = [f"{hate[key]:.4f}" for key in ("precision", "recall", "f1", "auroc")]
    assert f"| {' | '.join(['hate', *cells, '8', *map(str, counts)])} |" in card


def test_pipelines_of_transformers_give_our_labels_and_scores(four_runs, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["export", str(four_runs / "lora"), str(tmp_path / "lora")])
    assert export_command.main() == 0
    for run in (four_runs / "teacher", four_runs / "odd", tmp_path / "lora"):
        classifier = load_classifier(run)
        ours = classifier.predict(TEXTS)
        temperature = classifier.decision.temperature
        theirs = pipeline("text-classification", model=str(run), top_k=None)(TEXTS)
        for prediction, answer in zip(ours, theirs, strict=True):
            assert answer[0]["label"] == prediction.label
            found = {row["label"]: row["score"] for row in answer}
            bare = softmax(temperature * np.log(prediction.scores))
            assert [found[name] for name in FOUR] == pytest.approx(bare, abs=1e-5)


# ---- eval.py


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_of_more_classes(evaluate, four_runs):
    result = evaluate(four_runs / "teacher", four_runs / "odd")
    assert result.code == 0, result.err
    main, foot, teacher, odd = (part.splitlines() for part in result.out.strip().split("\n\n"))
    assert cells(main[0]) == [
        "Model", "layers", "training loss", "test loss", "accuracy", "macro-F1", "weighted F1",
        "AUROC", "parameters", "trainable", "ms/text",
    ]  # fmt: skip
    assert [cells(line)[0] for line in main[2:]] == ["teacher", "odd", "majority (none)"]
    assert foot == ["four, test: 40 texts, 40.0% none, 20.0% hate, 20.0% insult, 20.0% joke"]
    scores = read(four_runs / "odd/results.json")["test"]
    names = ("loss", "accuracy", "macro_f1", "weighted_f1", "auroc")
    assert cells(main[3])[3:8] == [f"{scores[name]:.4f}" for name in names]
    assert cells(teacher[0])[0] == "teacher: class"
    assert cells(odd[0])[-4:] == [f"called {name}" for name in FOUR]
    for line, row, counts in zip(odd[2:], scores["classes"], scores["confusion"], strict=True):
        expected = [f"{row[key]:.4f}" for key in ("precision", "recall", "f1", "auroc")]
        assert cells(line)[1:] == [*expected, str(row["n"]), *map(str, counts)]


def test_json_of_more_classes(evaluate, four_runs):
    answer = json.loads(evaluate(four_runs / "odd", "--json").out)
    assert "positive" not in answer
    assert answer["label_names"] == list(FOUR)
    assert answer["label_rates"] == [0.4, 0.2, 0.2, 0.2]
    assert list(answer["constants"]) == ["majority (none)"]
    (run,) = answer["runs"]
    scores = read(four_runs / "odd/results.json")["test"]
    assert run["confusion"] == scores.pop("confusion")
    assert run["classes"] == scores.pop("classes")
    for name, value in scores.items():
        assert run[name] == pytest.approx(value, abs=1e-6), name
    decided = json.loads(evaluate(four_runs / "odd", "--json", "--decided").out)["runs"][0]
    assert decided["loss"] < run["loss"]
    assert decided["confusion"] == run["confusion"]


def test_what_is_for_two_classes_is_refused(evaluate, four_runs, tmp_path):
    result = evaluate(four_runs / "odd", "--matched")
    line = "error: --matched is for two classes; four has none, hate, insult, joke\n"
    assert (result.code, result.err) == (2, line)
    header = ",functionality,case_id,test_case,label_gold,target_ident\n"
    (tmp_path / "test_suite_cases.csv").write_text(header + "0,f,1,a text,hateful,women\n")
    result = evaluate(four_runs / "odd", "--hatecheck", tmp_path)
    assert result.code == 2
    assert "HateCheck knows two classes, hateful or not" in result.err.splitlines()[-1]


def test_runs_of_other_classes_are_not_put_side_by_side(evaluate, four_runs, web_runs):
    for runs in ((four_runs / "odd", web_runs / "odd"), (web_runs / "odd", four_runs / "odd")):
        result = evaluate(*runs, "--data", four_runs.parent / "four")
        assert result.code in (2, 3)
        last = result.err.splitlines()[-1]
        assert last.startswith("error: ")
        assert "not-hate, hate" in last
        assert "none, hate, insult, joke" in last


def test_a_run_whose_classes_stand_in_another_order_has_the_same_scores(
    evaluate, four_runs, tmp_path
):
    from safetensors.torch import load_file, save_file

    other = shutil.copytree(four_runs / "odd", tmp_path / "other")
    (other / "MANIFEST.json").unlink()
    tensors = load_file(other / "model.safetensors")
    for name in ("classifier.weight", "classifier.bias"):
        tensors[name] = tensors[name].flip(0).contiguous()
    save_file(tensors, other / "model.safetensors")
    config = read(other / "config.json")
    config["id2label"] = dict(enumerate(reversed(FOUR)))
    (other / "config.json").write_text(json.dumps(config))
    ours, theirs = json.loads(evaluate(four_runs / "odd", other, "--json").out)["runs"]
    assert theirs["confusion"] == ours["confusion"]
    assert theirs["loss"] == pytest.approx(ours["loss"])


# ---- predict.py


def test_a_line_has_the_score_of_its_label_and_all_by_name(label, four_runs):
    result = label(*TEXTS)
    assert result.code == 0, result.err
    expected = load_classifier(four_runs / "odd").predict(TEXTS)
    for line, prediction in zip(map(json.loads, result.out.splitlines()), expected, strict=True):
        assert list(line) == ["text", "label", "score", "scores", "truncated"]
        assert list(line["scores"]) == list(FOUR)
        assert list(line["scores"].values()) == pytest.approx(prediction.scores, abs=1e-6)
        assert sum(line["scores"].values()) == pytest.approx(1, abs=3e-6)
        assert line["score"] == line["scores"][line["label"]] == max(line["scores"].values())
    labels = [prediction.label for prediction in expected]
    assert labels[:3] == list(FOUR[:3]), "nothing was learnt: all of this could be chance"


def test_csv_has_a_column_for_each_class(label):
    rows = [*TEXTS, ""]
    Path("t.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in rows))
    lines = [json.loads(line) for line in label("--file", "t.jsonl").out.splitlines()]
    assert label("--file", "t.jsonl", "--out", "o.csv").code == 3  # of the empty text
    with open("o.csv", encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    scores = [f"score_{name}" for name in FOUR]
    assert list(found[0]) == [
        "text",
        "label",
        "score",
        *scores,
        "truncated",
        "reason",
        "line",
        "error",
    ]
    for row, line in zip(found[:-1], lines[:-1], strict=True):
        assert {name: float(row[f"score_{name}"]) for name in FOUR} == line["scores"]
        assert (row["label"], float(row["score"])) == (line["label"], line["score"])
    assert found[-1] == dict.fromkeys(found[0], "") | {k: str(v) for k, v in lines[-1].items()}


# ---- the page and its API


@pytest.mark.parametrize("text", TEXTS)
def test_an_answer_has_the_class_and_all_classes(app, four_runs, text):
    [prediction] = load_classifier(four_runs / "odd").predict([text])
    answer = post(app, "/api/classify", {"text": text, "model": "odd"})
    check_answer(answer)
    assert answer["class"] == prediction.label == max(answer["classes"], key=answer["classes"].get)
    assert list(answer["classes"]) == list(FOUR)
    assert list(answer["classes"].values()) == pytest.approx(prediction.scores, abs=1e-6)
    assert answer["toxic_classes"] == ["hate", "insult", "joke"]
    assert answer["score"] == pytest.approx(1 - answer["classes"]["none"])
    assert answer["threshold"] == 0.5


def test_two_classes_and_four_answer_side_by_side(four_runs, web_runs):
    models = load_models([four_runs / "teacher", web_runs / "odd"])
    app = Shell(make_app(Service(models)))
    four, two = post(app, "/api/compare", {"text": "I hate you"})["results"]
    assert "class" in four
    assert "class" not in two
    info = call(app, "GET", "/api/info").json()["models"]
    assert [row["labels"] for row in info] == [list(FOUR), ["not-hate", "hate"]]
    assert [row.get("toxic") for row in info] == [["hate", "insult", "joke"], None]
    page = Page(call(app, "GET", "/about").body.decode())
    assert {"F1", "macro-F1", "weighted F1", "predicted positive"} <= set(page.texts["th"])
    assert "called insult" in page.texts["th"]


def test_hugging_faces_shape_ranks_all_classes(app, four_runs):
    for text, row in zip(TEXTS, post(app, "/predict", {"inputs": TEXTS}), strict=True):
        [prediction] = load_classifier(four_runs / "teacher").predict([text])
        assert row[0]["label"] == prediction.label
        assert [p["score"] for p in row] == sorted((p["score"] for p in row), reverse=True)
        found = {p["label"]: p["score"] for p in row}
        assert [found[name] for name in FOUR] == pytest.approx(prediction.scores, abs=1e-6)


def test_why_explains_the_probability_of_toxic(minilm, tmp_path):
    wild = make_run(tmp_path / "wild", minilm, label_names=FOUR)
    app = Shell(make_app(Service(load_models([wild]))))
    answer = explained(app, "I hate you all")
    changes = [word["change"] for word in answer["words"] if word["change"] is not None]
    assert max(map(abs, changes)) > 0.1, "these scores could not be told apart"
    check_changes(app, answer)


def test_the_page_shows_the_class_and_all_classes(app):
    answer = post(app, "/api/classify", {"text": TEXTS[2]})
    _, page = submit(app, text=TEXTS[2], action="classify")
    assert page.texts["b"] == [f"{100 * answer['score']:.1f} %", "insult"]
    ranked = sorted(answer["classes"].items(), key=lambda pair: -pair[1])
    assert [text for text in page.texts["bdi"] if text in FOUR] == [name for name, _ in ranked]
    assert [t for t in page.texts["td"] if "%" in t] == [f"{100 * p:.1f} %" for _, p in ranked]
    assert "hate, insult, joke" in page.texts["span"]


@pytest.mark.parametrize(
    ("scores", "toxic"), [((0.4, 0.3, 0.2, 0.1), True), ((0.6, 0.4, 0.0, 0.0), False)]
)
def test_several_toxic_classes_can_outweigh_the_likeliest(models, scores, toxic):
    torn = Prediction("none", scores[0], False, 3, scores, (0.0,) * len(scores))
    answer = Service(models).answer(models["odd"], torn, 1.0)
    assert (answer["class"], answer["toxic"]) == ("none", toxic)
    assert answer["score"] == pytest.approx(sum(scores[1:]))


# ---- which classes are toxic


@pytest.mark.parametrize(
    ("names", "asked", "toxic"),
    [
        (("not-hate", "hate"), "", (1,)),
        (("a", "b"), "", (1,)),
        (("hate", "b"), "hate", (0,)),
        (FOUR, "", (1, 2, 3)),
        (FOUR, "insult, hate", (1, 2)),
        (("normal", "spam", "neutral"), "", (1,)),
        (("anger", "joy", "optimism", "sadness"), "anger", (0,)),
        (("none", "1. threats, plans", "2. slurs"), "2. slurs,1. threats, plans", (1, 2)),
        (("not_bullying", "other_cyberbullying", "age"), "", (1, 2)),
        (("safe", "not safe", "kind of toxic"), "", (1, 2)),
        (("not-hate", "hate"), "anger,joy", (1,)),  # which another run has
    ],
)
def test_toxic_are_the_classes_asked_for_or_all_but_the_negative_ones(names, asked, toxic):
    assert choose_toxic(Path("run"), names, asked) == toxic


@pytest.mark.parametrize(
    ("names", "asked", "message"),
    [
        (("anger", "joy", "optimism"), "", "which of the classes are toxic, anger, joy, optimism?"),
        (("none", "normal", "neutral"), "", "which of the classes are toxic"),
        (("0", "1"), "0,1", "every class is toxic"),
    ],
)
def test_toxic_that_cannot_be_told_is_refused(names, asked, message):
    with pytest.raises(UsageError, match=message):
        choose_toxic(Path("run"), names, asked)


def test_the_server_refuses_before_it_listens(command, four_runs):
    run = ("--run", four_runs / "odd")
    result = command(web_command, *run, "--threshold", "0.7")
    assert result.code == 2
    last = result.err.splitlines()[-1]
    assert last == "error: --threshold is for two classes, and odd has more"
    assert "odd: toxic means hate, insult, joke (--toxic" in result.err
    result = command(web_command, *run, "--toxic", "hate, rude")
    assert result.code == 2
    assert "error: --toxic rude: the classes are none, hate, insult, joke" in result.err


def test_asked_for_classes_are_the_toxic_ones(four_runs):
    models = load_models([four_runs / "odd"], toxic="insult,joke")
    answer = post(Shell(make_app(Service(models))), "/api/classify", {"text": TEXTS[1]})
    classes = answer["classes"]
    assert answer["toxic_classes"] == ["insult", "joke"]
    assert answer["score"] == pytest.approx(classes["insult"] + classes["joke"])


def test_runs_of_other_classes_stand_side_by_side(minilm, tmp_path, capsys):
    two, moods = (make_run(tmp_path / name, minilm) for name in ("two", "moods"))
    config = read(moods / "config.json")
    config |= {"id2label": {"0": "anger", "1": "joy"}, "label2id": {"anger": 0, "joy": 1}}
    (moods / "config.json").write_text(json.dumps(config))
    models = load_models([two, moods], toxic="anger")
    assert {name: model.toxic for name, model in models.items()} == {"two": (1,), "moods": (0,)}
    assert "two has no class anger: it keeps its own" in capsys.readouterr().err
    load_models([two, moods], toxic="anger,hate")
    told = "moods: toxic means anger, which are those of anger,hate that it has"
    assert told in capsys.readouterr().err
    with pytest.raises(
        UsageError, match="--toxic rude: the classes are not-hate, hate, anger, joy"
    ):
        load_models([two, moods], toxic="rude")


def test_of_two_classes_the_first_can_be_the_toxic_one(minilm, tmp_path):
    run = make_run(tmp_path / "run", minilm)
    config = read(run / "config.json")
    config["decision"] = {"hashtags": "keep", "temperature": 1.0, "threshold": 0.3}
    (run / "config.json").write_text(json.dumps(config))
    plain = Shell(make_app(Service(load_models([run]))))
    turned = Shell(make_app(Service(load_models([run], toxic="not-hate"))))
    for text in ("I hate you", "what a day", "an idiot", "go away"):
        one, other = (post(app, "/api/classify", {"text": text}) for app in (plain, turned))
        check_answer(other)
        assert other["score"] == pytest.approx(1 - one["score"])
        assert other["threshold"] == pytest.approx(0.7)
        assert other["toxic"] is not one["toxic"]
        predicted = [post(app, "/predict", {"inputs": text}) for app in (plain, turned)]
        assert predicted[0] == predicted[1]  # under the model's own names
    assert call(turned, "GET", "/api/info").json()["models"][0]["toxic"] == ["not-hate"]
