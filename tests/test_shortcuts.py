"""What is done against shortcuts: how hashtags are read, other teachers, fitted decisions."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

import eval as eval_command
from bert_min import BertTokenizer, ModelError, load_model
from data import load_data
from data.hashtags import HASHTAG, READINGS, remove_hashtags, split_hashtags
from distill import StoredLogits, TeacherTargets, make_student, reinitialize_layers
from experiment.classifier import Decision, read_decision
from experiment.command import train_command
from experiment.loading import load_classifier
from scoring import fit_temperature
from study.floors import FLOORS, floor_margins, soft_targets
from train import parse_args
from webapp.models import load_models
from webapp.service import Service


@pytest.mark.parametrize(
    ("text", "removed", "split"),
    [
        ("Enough. #BuildThatWall", "Enough.", "Enough. Build That Wall"),
        ("#build_it now", "now", "build it now"),
        ("a#b c", "a c", "ab c"),
        ("# alone, 5 # signs", "# alone, 5 # signs", "# alone, 5 # signs"),
        ("#MAGA2020 #KAG", "", "MAGA2020 KAG"),
        ("no tags", "no tags", "no tags"),
        ("don&#39;t #stop", "don&#39;t", "don&#39;t stop"),
    ],
)
def test_what_a_model_reads_of_hashtags(text, removed, split):
    assert remove_hashtags(text) == removed
    assert split_hashtags(text) == split
    assert READINGS["keep"](text) == text


@given(st.text("#aB_1 ", max_size=30))
def test_no_hashtag_is_left(text):
    assert HASHTAG.search(remove_hashtags(text)) is None


def test_drawn_layers_are_new_and_all_else_is_the_teachers(tiny):
    torch.manual_seed(3)
    student = make_student(tiny, [2, 4])
    with torch.no_grad():
        for own in student.bert.encoder.parameters():
            own += 0.1  # as a trained teacher's biases are not 0
    reinitialize_layers(student)
    for name, own in student.named_parameters():
        if name.startswith("bert.encoder"):
            if name.endswith("dense.weight"):
                assert own.std().item() == pytest.approx(0.02, rel=0.3)
            if name.endswith("LayerNorm.weight"):
                assert (own == 1).all()
            if name.endswith("bias"):
                assert not own.any()
        else:
            assert torch.equal(own, tiny.get_parameter(name))
    copied = make_student(tiny, [2, 4]).bert.encoder.layer[0].output.dense.weight
    assert not torch.equal(student.bert.encoder.layer[0].output.dense.weight, copied)


@pytest.fixture
def train(model_dir, tmp_path):
    def run(mode: str, *flags: str) -> Path:
        out = tmp_path / f"{mode}-{len(list(tmp_path.iterdir()))}"
        common = (
            f"--mode {mode} --model {model_dir} --data sample --limit 48 --epochs 1 --dtype fp32"
        )
        assert train_command(parse_args([*common.split(), "--out", str(out), *flags])) == 0
        return out

    return run


def test_a_run_reads_hashtags_as_it_was_trained_to(train):
    run = train("teacher", "--hashtags", "remove")
    assert read_decision(run).hashtags == "remove"
    classifier = load_classifier(run)
    first, second = classifier.predict(["go away #BuildThatWall", "go away"])
    assert first.score == pytest.approx(second.score, abs=1e-8)  # rows of a product: to rounding
    assert first.n_tokens == second.n_tokens
    assert classifier.spans("go away #maga")[0] == (0, 13)  # no place in it can be told


def test_the_decision_divides_the_logits_and_sets_the_label(train):
    run = train("teacher", "--lr", "1e-3")
    results = json.loads((run / "results.json").read_text())
    decision = read_decision(run)
    assert decision.temperature == results["decided"]["temperature"]
    config = json.loads((run / "config.json").read_text())
    for threshold, label in ((0.0, "hate"), (1.0, "not-hate")):
        config["decision"] = {"temperature": 2.0, "threshold": threshold}
        (run / "config.json").write_text(json.dumps(config))
        (run / "MANIFEST.json").unlink(missing_ok=True)
        classifier = load_classifier(run)
        [logits] = classifier.logits(["I hate you"])
        [answer] = classifier.predict(["I hate you"])
        assert answer.score == pytest.approx(1 / (1 + np.exp((logits[0] - logits[1]) / 2)))
        assert answer.label == label


def test_temperature_and_threshold_do_not_hurt_on_validation(train):
    results = json.loads((train("teacher", "--lr", "1e-3") / "results.json").read_text())
    before, after = results["validation"], results["decided"]["validation"]
    assert after["loss"] <= before["loss"] + 1e-6
    assert after["macro_f1"] >= before["macro_f1"]


@pytest.mark.parametrize(
    "bad",
    [
        {"threshold": 1.5},
        {"temperature": 0},
        {"temperature": "1"},
        {"hashtags": "eat"},
        {"else": 1},
        [],
        {"temperature": float("nan")},
    ],
)
def test_a_damaged_decision_is_refused(tmp_path, bad):
    (tmp_path / "config.json").write_text(json.dumps({"decision": bad}))
    with pytest.raises(ModelError, match="decision"):
        read_decision(tmp_path)


def test_a_run_without_a_decision_has_the_plain_one(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert read_decision(tmp_path) == Decision("keep", 1.0, 0.5)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--mode odd --targets f --objective ce", "give one"),
    ],
)
def test_flags_that_contradict_each_other_are_refused(flags, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        parse_args(flags.split())
    assert message in capsys.readouterr().err


def test_a_teacher_that_has_to_be_made_learns_from_the_labels(train, tmp_path):
    """--targets are for the student that was asked for."""
    path = logits_file(tmp_path / "t.safetensors", torch.zeros(48, 2))
    train("odd", "--targets", str(path), "--teacher", str(tmp_path / "made"))
    assert json.loads((tmp_path / "made" / "train_args.json").read_text())["targets"] is None


def logits_file(path: Path, logits: torch.Tensor) -> Path:
    save_file({"logits": logits}, path)
    return path


def test_stored_logits_are_a_teacher_like_another(tmp_path, tiny, tiny_ids):
    live = TeacherTargets(tiny, tiny_ids)
    stored = StoredLogits(logits_file(tmp_path / "t.safetensors", live.logits), 48, 2)
    index = np.array([5, 0, 47])
    for own, other in zip(
        stored.batch(index, torch.device("cpu")),
        live.batch(index, torch.device("cpu")),
        strict=True,
    ):
        assert torch.equal(own, other) if isinstance(own, torch.Tensor) else own == other == []


@pytest.mark.parametrize(
    "logits", [torch.zeros(47, 2), torch.zeros(48, 3), torch.full((48, 2), float("nan"))]
)
def test_logits_of_other_texts_are_refused(tmp_path, logits):
    path = logits_file(tmp_path / "t.safetensors", logits)
    with pytest.raises(ModelError, match=r"not finite ones \(48, 2\)"):
        StoredLogits(path, 48, 2)


def test_a_file_without_logits_is_refused(tmp_path):
    save_file({"other": torch.zeros(48, 2)}, tmp_path / "t.safetensors")
    for path in (tmp_path / "t.safetensors", tmp_path / "none", Path(__file__)):
        with pytest.raises(ModelError, match="holds no tensor `logits`"):
            StoredLogits(path, 48, 2)


@pytest.mark.parametrize("mode", ["teacher", "odd", "lora"])
def test_with_alpha_1_the_labels_are_not_looked_at(train, tmp_path, mode):
    """Logits that contradict every label are learnt: the score falls below chance."""
    labels = np.array(load_data("sample", 48).splits["train"].labels)
    wrong = torch.tensor(np.stack([labels, 1 - labels], axis=1), dtype=torch.float32) * 8 - 4
    path = logits_file(tmp_path / "wrong.safetensors", wrong)
    more = ["--teacher", str(train("teacher"))] if mode == "odd" else []
    run = train(
        mode, "--targets", str(path), "--alpha", "1", "--lr", "5e-3", "--epochs", "24", *more
    )
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    steps = [line for line in lines if "step" in line]
    first, last = (
        {name: np.mean([step[name] for step in some]) for name in ("hard_loss", "soft_loss")}
        for some in (steps[:3], steps[-3:])
    )
    assert last["hard_loss"] > first["hard_loss"] > 0.5
    assert last["soft_loss"] < first["soft_loss"]
    assert steps[-1]["loss"] == pytest.approx(steps[-1]["soft_loss"])


def test_soft_targets_are_of_a_head_that_did_not_see_the_text(minilm):
    data = load_data("sample", 300)
    model = load_model(minilm, data.label_names)
    logits = soft_targets(data, "keep", model, BertTokenizer(minilm, 128))
    labels = np.array(data.splits["train"].labels)
    assert logits.shape == (300, 2)
    right = (logits.argmax(axis=1) == labels).mean()
    assert 0.6 < right < 0.97  # better than chance, and not the perfect memory of its own texts
    assert fit_temperature(logits, labels) == pytest.approx(1, abs=0.02)


def test_floors_are_better_than_chance_on_the_sample(minilm):
    data = load_data("sample", 300)
    model = load_model(minilm, data.label_names)
    for name in FLOORS:
        margins = floor_margins(name, data, model, BertTokenizer(minilm, 128))
        labels = np.array(data.splits["test"].labels)
        assert ((margins["test"] >= 0) == labels).mean() > 0.55
        assert margins["validation"].shape == (len(data.splits["validation"].labels),)


def test_eval_scores_the_bare_model_or_the_decided_answers(train, monkeypatch, capsys):
    run = train("teacher", "--lr", "1e-3")
    results = json.loads((run / "results.json").read_text())
    assert results["decided"]["temperature"] != 1
    capsys.readouterr()
    for flag, expected in (([], results["test"]), (["--decided"], results["decided"]["test"])):
        monkeypatch.setattr(sys, "argv", ["eval.py", str(run), "--json", *flag])
        assert eval_command.main() == 0
        [found] = json.loads(capsys.readouterr().out)["runs"]
        for metric in ("loss", "macro_f1", "ece"):
            assert found[metric] == pytest.approx(expected[metric], abs=1e-4)


def test_why_shows_a_text_whose_hashtags_are_not_read(train):
    run = train("teacher", "--hashtags", "remove", "--max-length", "16")
    service = Service(load_models([run]))
    short = service.explain("go away #maga")
    assert "".join(word["text"] for word in short["words"]) == "go away #maga"
    # Not to the last bit: in a batch of another size some processors round otherwise.
    [change] = [word["change"] for word in short["words"] if word["text"] == "#maga"]
    assert abs(change) < 1e-9
    long = service.explain("#maga " + "go away " * 40)
    assert long["windows"] > 1
    assert "".join(word["text"] for word in long["words"]) == "#maga " + "go away " * 40
