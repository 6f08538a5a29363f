"""What is done against shortcuts: how hashtags are read, the extra loss terms, the head first."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification

import eval as eval_command
from bert_min import BertForSequenceClassification, BertTokenizer, ModelError, load_model
from bert_min.config import BertConfig
from bert_min.model import mean_pool
from data import load_data
from data.hashtags import HASHTAG, READINGS, hashtag_dropout, remove_hashtags, split_hashtags
from distill import StoredLogits, TeacherTargets, distillation_loss, draw_layers, make_student
from distill.losses import attention_entropy
from experiment.classifier import Decision, load_classifier, read_decision
from experiment.training import train_command
from scoring import fit_temperature
from speed.packing import packed
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
    ],
)
def test_what_a_model_reads_of_hashtags(text, removed, split):
    assert remove_hashtags(text) == removed
    assert split_hashtags(text) == split
    assert READINGS["keep"](text) == text


@given(st.text("#aB_1 ", max_size=30))
def test_no_hashtag_is_left(text):
    assert HASHTAG.search(remove_hashtags(text)) is None


@pytest.fixture(scope="module")
def tokenizer(minilm):
    return BertTokenizer(minilm, 128)


def test_dropped_hashtags_are_masked_and_the_length_stays(tokenizer):
    vocabulary = tokenizer.backend.get_vocab()
    [encoded] = tokenizer.encode(["stop #BuildThatWall and #maga now #"])
    hidden = hashtag_dropout(vocabulary, 1.0)(encoded.ids, np.random.default_rng(0))
    names = {number: token for token, number in vocabulary.items()}
    words = [names[i] for i in hidden]
    assert len(hidden) == len(encoded.ids)
    assert [w for w in words if w != "[MASK]"] == ["[CLS]", "stop", "and", "now", "#", "[SEP]"]
    assert words[:3] == ["[CLS]", "stop", "[MASK]"]


def test_hashtags_are_dropped_at_their_rate(tokenizer):
    vocabulary = tokenizer.backend.get_vocab()
    [encoded] = tokenizer.encode(["#maga " * 40])
    hide, rng = hashtag_dropout(vocabulary, 0.25), np.random.default_rng(0)
    kept = [hide(encoded.ids, rng).count(vocabulary["#"]) / 40 for _ in range(50)]
    assert np.mean(kept) == pytest.approx(0.75, abs=0.03)
    [plain] = tokenizer.encode(["no tags"])
    assert hide(plain.ids, rng) is plain.ids


def test_attention_entropy_by_hand():
    """A head that looks everywhere has log T nats, one that looks at one token none."""
    even = torch.full((1, 2, 4, 4), 1 / 4)
    one = torch.eye(4).expand(1, 2, 4, 4)
    mask = torch.ones(1, 4)
    assert attention_entropy([even], mask).item() == pytest.approx(np.log(4))
    assert attention_entropy([one], mask).item() == pytest.approx(0, abs=1e-6)
    assert attention_entropy([even, even], mask).item() == pytest.approx(2 * np.log(4))
    mixed = torch.stack([torch.eye(4), torch.eye(4)[[1, 0, 3, 2]]])[None]  # mean: 1/2 and 1/2
    assert attention_entropy([mixed], mask).item() == pytest.approx(np.log(2))


def test_attention_entropy_does_not_see_padding():
    weights = torch.zeros(1, 1, 3, 3)
    weights[..., :2] = 0.5  # the third token is padding: never a key, but a query
    weights[0, 0, 2] = torch.tensor([1.0, 0.0, 0.0])
    mask = torch.tensor([[1, 1, 0]])
    assert attention_entropy([weights], mask).item() == pytest.approx(np.log(2))


def test_attention_entropy_has_a_finite_gradient_where_a_weight_is_zero(tiny):
    ids, mask = torch.randint(1, 64, (2, 5)), torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    output = tiny.train()(ids, mask, output_attentions=True)
    attention_entropy(output.attentions, mask).backward()
    gradients = [p.grad for p in tiny.parameters() if p.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_attentions_are_softmaxed_and_hide_padding(tiny):
    ids, mask = torch.randint(1, 64, (2, 5)), torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    plain, output = tiny(ids, mask), tiny(ids, mask, output_attentions=True)
    assert len(output.attentions) == 4
    for weights in output.attentions:
        assert weights.shape == (2, 4, 5, 5)
        assert torch.allclose(weights.sum(dim=-1), torch.ones(2, 4, 5))
        assert (weights[1, :, :, 3:] == 0).all()
    assert torch.allclose(plain.logits, output.logits, atol=1e-6)
    with pytest.raises(ValueError, match="packed"):
        packed(tiny)(ids, mask, output_attentions=True)


def test_label_smoothing_by_hand():
    logits, labels = torch.tensor([[0.3, 1.2], [-0.5, 0.1]]), torch.tensor([1, 0])
    loss = distillation_loss(logits, labels, label_smoothing=0.2)["loss"]
    wanted = torch.tensor([[0.1, 0.9], [0.9, 0.1]])
    assert loss.item() == pytest.approx(-(wanted * F.log_softmax(logits, 1)).sum(1).mean().item())


def test_the_mean_of_the_tokens_does_not_see_padding():
    x = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [100.0, 100.0]]])
    assert mean_pool(x, torch.tensor([[1, 1, 0]])).tolist() == [[2.0, 3.0]]


def test_a_mean_pooled_model_reads_every_token(tiny_config):
    config = replace(tiny_config, pooling="mean")
    torch.manual_seed(0)
    model = BertForSequenceClassification(config).eval()
    ids, mask = torch.randint(1, 64, (3, 6)), torch.ones(3, 6, dtype=torch.long)
    output = model(ids, mask, output_hidden_states=True)
    expected = model.classifier(output.hidden_states[-1].mean(dim=1))
    assert torch.allclose(output.logits, expected, atol=1e-6)
    assert torch.allclose(model(ids, mask).logits, expected, atol=1e-6)
    assert torch.allclose(packed(model)(ids, mask).logits, expected, atol=1e-4)


def test_pooling_is_one_of_two(tiny_config):
    with pytest.raises(ModelError, match="pooling 'max'"):
        replace(tiny_config, pooling="max")
    assert "pooling" not in tiny_config.to_dict()
    values = replace(tiny_config, pooling="mean").to_dict()
    assert BertConfig.from_dict(values).pooling == "mean"
    with pytest.raises(ModelError, match="bert-mean-pooled"):
        BertConfig.from_dict({**values, "model_type": "bert"})


def test_drawn_layers_are_new_and_all_else_is_the_teachers(tiny):
    torch.manual_seed(3)
    student = make_student(tiny, [2, 4])
    draw_layers(student)
    for name, own in student.named_parameters():
        if name.startswith("bert.encoder"):
            if name.endswith("dense.weight"):
                assert own.std().item() == pytest.approx(0.02, rel=0.3)
            if name.endswith("LayerNorm.weight"):
                assert (own == 1).all()
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
    assert first.score == second.score
    assert first.n_tokens == second.n_tokens
    assert classifier.cut("go away #maga") == "go away"


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


def test_transformers_does_not_take_a_mean_pooled_run_for_a_bert(train):
    run = train("teacher", "--pooling", "mean")
    with pytest.raises(ValueError, match="bert-mean-pooled"):
        AutoModelForSequenceClassification.from_pretrained(run)
    assert load_classifier(run).model.config.pooling == "mean"


def test_a_lora_run_keeps_its_pooling(train):
    run = train("lora", "--pooling", "mean")
    assert load_classifier(run).model.config.pooling == "mean"


def test_a_student_pools_as_its_teacher_and_refuses_another(train, tmp_path, capsys):
    teacher = train("teacher", "--pooling", "mean")
    for flags in ((), ("--pooling", "mean")):
        student = train("odd", "--teacher", str(teacher), *flags)
        assert load_classifier(student).model.config.pooling == "mean"
    with pytest.raises(ModelError, match="differs in pooling"):
        train("even", "--teacher", str(teacher), "--pooling", "cls")
    adapted = train("lora", "--model", str(teacher))
    assert load_classifier(adapted).model.config.pooling == "mean"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--mode odd --targets f --objective ce", "give one"),
        ("--mode teacher --hashtags split --hashtag-dropout 0.5", "leaves none"),
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


def test_the_head_first_bends_the_features_less(train, model_dir):
    """A probe trains the head alone: with no step after it the encoder is as it was."""
    from experiment import training

    seen = {}
    original = training.fit

    def spy(student, *args, **kwargs):
        key = "probe" if not seen else "whole"
        trained = {n for n, p in student.named_parameters() if p.requires_grad}
        before = {n: p.detach().clone() for n, p in student.named_parameters()}
        done = original(student, *args, **kwargs)
        moved = {n for n, p in student.named_parameters() if not torch.equal(p, before[n])}
        seen[key] = (trained, moved)
        return done

    training.fit = spy
    try:
        train("teacher", "--probe-epochs", "1")
    finally:
        training.fit = original
    head = {"classifier.weight", "classifier.bias"}
    assert seen["probe"] == (head, head)
    assert len(seen["whole"][0]) > 60
    assert seen["whole"][1] > head


def test_extra_terms_stand_in_the_log(train):
    run = train("teacher", "--entropy-weight", "0.5", "--hashtag-dropout", "0.5")
    line = json.loads((run / "metrics.jsonl").read_text().splitlines()[0])
    assert line["attention_entropy"] > 0
    difference = line["hard_loss"] - 0.5 * line["attention_entropy"]
    assert line["loss"] == pytest.approx(difference, abs=1e-4)


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
        mode, "--targets", str(path), "--alpha", "1", "--lr", "1e-3", "--epochs", "12", *more
    )
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    steps = [line for line in lines if "step" in line]
    assert steps[-1]["hard_loss"] > steps[0]["hard_loss"] > 0.5
    assert steps[-1]["soft_loss"] < steps[0]["soft_loss"]
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
    assert [word["change"] for word in short["words"] if word["text"] == "#maga"] == [0]
    long = service.explain("#maga " + "go away " * 40)
    assert long["truncated"]
    assert long["unread"] == ""
    assert "maga" not in "".join(word["text"] for word in long["words"])
