"""Merged runs as plain checkpoints."""

import json
from pathlib import Path

import pytest
import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, pipeline

import eval as evaluate
import export
from experiment.adapted import find_base
from experiment.loading import load_classifier

TEXTS = ["I hate you", "what a lovely day", "go back to where you came from", ""]


@pytest.fixture
def merge(command):
    def run(*words):
        result = command(export, *words)
        return result.code, result.err

    return run


def test_a_merged_run_answers_as_the_run_does_everywhere(web_runs, tmp_path, merge):
    run, out = web_runs / "lora", tmp_path / "merged"
    code, err = merge(run, out)
    assert code == 0, err
    assert load_classifier(out).predict(TEXTS) == load_classifier(run).predict(TEXTS)
    names = load_file(out / "model.safetensors").keys()
    assert not any("lora" in name or ".base." in name for name in names)
    record = json.loads((out / "train_args.json").read_text())
    assert (record["merged_from"], record["mode"]) == (str(run), "lora")
    card = ModelCard.load(out / "README.md").data
    assert (card.library_name, card.model_name) == ("transformers", "merged")
    results = json.loads((out / "results.json").read_text())
    theirs = AutoModelForSequenceClassification.from_pretrained(out)
    assert results["parameters"] == theirs.num_parameters()
    model = AutoModelForSequenceClassification.from_pretrained(out).eval()
    theirs = pipeline("text-classification", model=model, tokenizer=str(out), top_k=None)
    logits = load_classifier(run).logits(TEXTS)
    for text, row in zip(TEXTS, logits, strict=True):
        scores = {answer["label"]: answer["score"] for answer in theirs([text])[0]}
        expected = torch.tensor(row).softmax(0)
        assert scores["hate"] == pytest.approx(expected[1].item(), abs=1e-5)


def test_an_export_still_knows_the_texts_of_its_run(
    model_dir, in_folder, command, merge, monkeypatch
):
    rows = [f"they are words number {i},{'not-' * (i % 2)}hate" for i in range(60)]
    Path("own.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    flags = ("--model", model_dir, "--data", "own.csv", "--epochs", 1)
    in_folder("--mode", "lora", *flags, "--out", "runs/mine")
    assert merge("runs/mine", "shared/models/deep/mine")[0] == 0
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    for run in ("../runs/mine", "../shared/models/deep/mine"):
        assert command(evaluate, run).code == 0
    Path("../own.csv").write_text("\n".join(["text,label", *rows, "one more,hate"]) + "\n")
    for run in ("../runs/mine", "../shared/models/deep/mine"):
        result = command(evaluate, run, "--data", "../own.csv")
        assert (result.code, "has changed since, and would be split anew" in result.err) == (
            3,
            True,
        )


def test_an_export_replaces_nothing_that_it_reads(web_runs, merge):
    run = web_runs / "lora"
    base = find_base(run)
    before = {path: path.stat().st_mtime_ns for path in (*run.iterdir(), *base.iterdir())}
    for out in (run, run / "inside", run.parent, base, base / "inside"):
        code, err = merge(run, out, "--overwrite")
        assert (code, "are one folder, or in each other (hint: another OUT)" in err) == (2, True)
    assert before == {path: path.stat().st_mtime_ns for path in (*run.iterdir(), *base.iterdir())}


def test_what_cannot_be_merged_is_one_line(web_runs, tmp_path, merge):
    code, err = merge(web_runs / "odd", tmp_path / "merged")
    assert (code, "has no adapter" in err) == (2, True)
    code, err = merge(web_runs / "nowhere", tmp_path / "merged")
    assert (code, "no trained model" in err) == (4, True)
    assert not list(tmp_path.iterdir())
    (tmp_path / "merged").mkdir()
    code, err = merge(web_runs / "lora", tmp_path / "merged")
    assert (code, "is there and is no run (hint: another folder)" in err) == (2, True)
    code, err = merge(web_runs / "lora", tmp_path / "merged", "--overwrite")
    assert (code, "is no run: it is not replaced" in err) == (5, True)
