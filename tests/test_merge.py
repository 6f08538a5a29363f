"""Merged runs as plain checkpoints, and several adapters on one base."""

import copy
import json

import pytest
import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, pipeline

from experiment.classifier import find_base, load_classifier, load_run_model
from lora import AdapterError, AdapterSet, add_lora, lora_layers, save_adapter
from lora import __main__ as merge_command
from lora.adapt import unload_lora

TEXTS = ["I hate you", "what a lovely day", "go back to where you came from", ""]
IDS, MASK = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0]]), torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])


@pytest.fixture
def merge(command):
    def run(*words):
        result = command(merge_command, "merge", *words)
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


def test_what_cannot_be_merged_is_one_line(web_runs, tmp_path, merge):
    code, err = merge(web_runs / "odd", tmp_path / "merged")
    assert (code, "has no adapter" in err) == (2, True)
    code, err = merge(web_runs / "nowhere", tmp_path / "merged")
    assert (code, "no trained model" in err) == (4, True)
    assert not list(tmp_path.iterdir())
    (tmp_path / "merged").mkdir()
    code, err = merge(web_runs / "lora", tmp_path / "merged")
    assert (code, "exists (hint: --overwrite" in err) == (2, True)
    code, err = merge(web_runs / "lora", tmp_path / "merged", "--overwrite")
    assert (code, "is no run: it is not replaced" in err) == (5, True)


# ---- several adapters on one base


@pytest.fixture
def adapters(tiny, tmp_path):
    """Two adapters on `tiny`: other ranks, other targets, other heads."""
    for name, targets, r in (("a", ["query", "value"], 4), ("b", ["key", "output.dense"], 2)):
        model = copy.deepcopy(tiny)
        settings = {"targets": targets, "r": r, "lora_alpha": 8, "lora_dropout": 0.1}
        torch.manual_seed(r)
        add_lora(model, **settings)
        with torch.no_grad():
            for _, layer in lora_layers(model):
                layer.lora_B.normal_()
            model.classifier.weight.normal_()
        save_adapter(model, tmp_path / name, settings, "tiny")
    return tmp_path


def alone(tiny, folder):
    """What the base answers with one adapter, loaded for itself."""
    from lora import load_adapter, merge_lora

    model = copy.deepcopy(tiny)
    load_adapter(model, folder)
    merge_lora(model)
    return logits(model)


@torch.inference_mode()
def logits(model):
    return model.eval()(IDS, MASK).logits


def test_adapters_are_swapped_with_the_answers_of_models_loaded_apart(tiny, adapters):
    base, before = logits(tiny), copy.deepcopy(tiny.state_dict())
    expected = {name: alone(tiny, adapters / name) for name in "ab"}
    assert not torch.equal(expected["a"], expected["b"])
    swap = AdapterSet(tiny)
    for name in "ab":
        swap.add(name, adapters / name)
    for name in ("a", "b", "a", "a", None, "b", None):
        swap.use(name)
        assert swap.in_use == name
        assert torch.equal(logits(tiny), base if name is None else expected[name])
    after = tiny.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_an_adapter_added_later_does_not_see_the_one_in_use(tiny, adapters):
    in_use, expected = alone(tiny, adapters / "a"), alone(tiny, adapters / "b")
    swap = AdapterSet(tiny)
    swap.add("a", adapters / "a")
    swap.use("a")
    swap.add("b", adapters / "b")
    assert swap.in_use == "a"
    assert torch.equal(logits(tiny), in_use)
    swap.use("b")
    assert torch.equal(logits(tiny), expected)


def test_a_damaged_adapter_leaves_everything_as_it_was(tiny, adapters):
    expected = alone(tiny, adapters / "a")
    swap = AdapterSet(tiny)
    swap.add("a", adapters / "a")
    swap.use("a")
    path = adapters / "b" / "adapter_model.safetensors"
    tensors = load_file(path)
    tensors[next(iter(tensors))][0] = float("nan")
    save_file(tensors, path)
    with pytest.raises(AdapterError, match="is not finite"):
        swap.add("b", adapters / "b")
    with pytest.raises(KeyError):
        swap.use("b")
    assert swap.in_use == "a"
    assert torch.equal(logits(tiny), expected)


def test_lora_runs_on_one_base_answer_as_classifiers_loaded_apart(web_runs):
    """The runs `lora` and `lora-2` were trained on the same pretrained model."""
    from bert_min import load_model

    runs = [web_runs / "lora", web_runs / "lora-2"]
    classifiers = [load_classifier(run) for run in runs]
    model = load_model(find_base(runs[0]), classifiers[0].label_names)
    swap = AdapterSet(model)
    for run in runs:
        swap.add(run.name, run)
    for run, classifier in zip(runs, classifiers, strict=True):
        swap.use(run.name)
        own, _ = load_run_model(run)
        unload_lora(own)
        with torch.inference_mode():
            assert torch.equal(model(IDS, MASK).logits, own.eval()(IDS, MASK).logits)
        assert classifier.label_names == model.config.label_names
