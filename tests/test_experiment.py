"""experiment: that flags arrive where they act, and that the right weights are kept and scored."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

import train as train_command
from bert_min import BertConfig, BertForSequenceClassification, ModelError, load_model, save_model
from data import load_data
from distill import LossWeights, Schedule
from experiment import build, command, staging, training
from experiment.card import evaluation
from experiment.errors import UsageError
from experiment.hardware import pick_device, pick_dtype
from experiment.loading import load_classifier, load_run_model
from experiment.rundir import write_json
from experiment.signals import Stop
from lora import lora_layers
from scoring import evaluate


@pytest.fixture
def train(model_dir, tmp_path, monkeypatch):
    """Train in this process on 48 texts; returns the run's directory."""
    monkeypatch.chdir(tmp_path)
    handlers = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}

    def run(mode, *more):
        quick = ["--model", str(model_dir), "--data", "sample", "--limit", "48", "--epochs", "2"]
        words = ["--mode", mode, *quick, "--batch-size", "16", "--dtype", "fp32", *map(str, more)]
        settings = train_command.parse_args(words)
        assert command.train_command(settings) == 0
        return settings.out

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def steps(run):
    lines = map(json.loads, (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    return [line for line in lines if "step" in line]


def spy_on_epochs(monkeypatch):
    """Record what the loop is given for each epoch and let it go on."""
    calls, train_epoch = [], training.train_epoch

    def spy(*given):
        calls.append(given)
        return train_epoch(*given)

    monkeypatch.setattr(training, "train_epoch", spy)
    return calls


def test_every_training_flag_reaches_the_loop(train, monkeypatch):
    calls = spy_on_epochs(monkeypatch)
    flags = {
        "--lr": 3e-4, "--weight-decay": 0.3, "--warmup": 0.4, "--temperature": 7.0,
        "--alpha": 0.9, "--beta": 3.0, "--seed": 5, "--max-steps": 4,
    }  # fmt: skip
    train("odd", *[word for flag in flags.items() for word in flag])
    assert len(calls) == 4  # two epochs of each, the second one cut after a step
    *_, teacher, _ = calls[0]
    assert teacher.lr == 5e-5  # --lr is for the student; its teacher keeps its own default
    _, task, batches, optimizer, schedule, gradients = calls[3]
    assert schedule == Schedule(lr=3e-4, warmup_steps=2, total_steps=4)
    assert [len(batch.index) for batch in batches] == [16]
    assert task.loss_weights == LossWeights(temperature=7.0, alpha=0.9, beta=3.0)
    assert task.targets.layers == [1, 3]
    assert {group["weight_decay"] for group in optimizer.param_groups} == {0.3, 0.0}
    assert gradients.seed == 5
    assert {tensor.dtype for tensor in gradients.weights.values()} == {torch.float32}


@pytest.mark.parametrize(("mode", "lr"), [("teacher", 5e-5), ("lora", 5e-4), ("odd", 5e-5)])
def test_each_mode_has_its_learning_rate(train, mode, lr):
    run = train(mode, "--warmup", "0")
    assert max(step["lr"] for step in steps(run)) == pytest.approx(lr)
    assert read(run / "train_args.json")["lr"] == lr


def test_lora_flags_reach_the_layers(train, monkeypatch):
    calls = spy_on_epochs(monkeypatch)
    flags = ["--lora-r", 2, "--lora-alpha", 12, "--lora-dropout", 0.3, "--lora-targets", "key"]
    train("lora", *flags)
    layers = list(lora_layers(calls[0][0]))
    assert [name.split(".")[-1] for name, _ in layers] == ["key"] * 4
    for _, layer in layers:
        assert layer.lora_A.shape[0] == 2
        assert layer.scaling == 6
        assert layer.dropout.p == 0.3


def test_a_student_starts_as_its_fine_tuned_teacher(train, monkeypatch):
    train("teacher", "--lr", "1e-3")
    calls = spy_on_epochs(monkeypatch)
    started = []
    copy = build.make_student
    monkeypatch.setattr(
        build, "make_student", lambda t, n: started.append(copy(t, n)) or copy(t, n)
    )
    train("even", "--objective", "ce")
    teacher = load_model(Path("runs/teacher")).state_dict()
    for name, tensor in started[0].state_dict().items():
        source = name.replace("layer.1.", "layer.3.").replace("layer.0.", "layer.1.")
        assert torch.equal(tensor, teacher[source]), name
    assert calls[0][1].targets is None


def test_random_layers_are_no_copies_whichever_places_they_take(train, monkeypatch):
    train("teacher", "--lr", "1e-3")
    calls = spy_on_epochs(monkeypatch)
    starts = []
    draw = build.reinitialize_layers
    monkeypatch.setattr(build, "reinitialize_layers", lambda s: draw(s) or starts.append(s))
    train("random", "--layers", "1,4")
    assert calls[0][1].targets.layers == [1, 4]
    [student], teacher = starts, load_model(Path("runs/teacher"))
    own = student.bert.encoder.layer[1].output.dense.weight
    assert not torch.equal(own, teacher.bert.encoder.layer[3].output.dense.weight)


@pytest.mark.parametrize(("name", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_a_teacher_speaks_in_the_format_of_training_and_gives_exact_layers(
    train, monkeypatch, name, dtype
):
    train("teacher")
    told, made = [], []
    for known, found in (("TeacherTargets", told), ("make_student", made)):
        kind = getattr(build, known)

        def keep(*given, kind=kind, found=found):
            found.append(given[0])
            return kind(*given)

        monkeypatch.setattr(build, known, keep)
    train("odd", "--dtype", name)
    assert next(told[0].parameters()).dtype == dtype
    exact = load_model(Path("runs/teacher")).state_dict()
    assert all(torch.equal(tensor, exact[key]) for key, tensor in made[0].state_dict().items())


def test_the_best_epoch_is_saved_and_scored_and_the_last_reported(train, monkeypatch):
    """Validation loss is made to rise after epoch 1, so best and last are not the same."""
    losses, kept, train_epochs = iter([0.5, 0.9]), [], command.train_epochs

    def rising(*given):
        return evaluate(*given) | {"loss": next(losses)}

    def keep(student, *given):
        done = train_epochs(student, *given)
        last = {n: p.detach().clone() for n, p in student.model.named_parameters()}
        kept.append((done, last))
        return done

    monkeypatch.setattr(training, "evaluate", rising)
    monkeypatch.setattr(command, "train_epochs", keep)
    run = train("teacher", "--lr", "1e-2")
    done, last = kept[0]
    saved = load_model(run).state_dict()
    assert all(torch.equal(saved[n], t) for n, t in done.best_state.items())
    assert not torch.equal(saved["classifier.weight"], last["classifier.weight"])
    results = read(run / "results.json")
    assert (results["best_epoch"], results["last_epoch"]["epoch"]) == (1, 2)
    assert results["train_loss"] == done.best_train_loss != done.last_train_loss
    split = load_data("sample", 48).splits["test"]
    classifier = load_classifier(run)
    ids = [e.ids for e in classifier.tokenizer.encode(split.texts)]
    again = evaluate(classifier.model, ids, split.labels)
    assert results["test"]["loss"] == pytest.approx(again["loss"], abs=1e-6)
    assert results["last_epoch"]["test"]["loss"] != results["test"]["loss"]


def test_the_seed_draws_the_head_the_adapters_and_the_dropout(train):
    runs = [
        train("lora", "--seed", seed, "--out", f"runs/{name}")
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert torch.randn(3).shape == (3,)  # other draws between runs do not matter
    a, b, c = ((run / "adapter_model.safetensors").read_bytes() for run in runs)
    assert a == b != c
    assert steps(runs[0])[0]["loss"] != steps(runs[2])[0]["loss"]


def test_a_student_does_not_depend_on_whether_its_teacher_was_made_in_the_same_command(train):
    first = train("odd")
    assert (train("odd", "--out", "runs/again") / "model.safetensors").read_bytes() == (
        first / "model.safetensors"
    ).read_bytes()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mode", "lora"),
        ("model_sha256", "0"),
        ("data_sha256", "0"),
        ("max_length", 64),
        ("layers", [1, 2]),
    ],
)
def test_a_teacher_of_another_kind_is_not_used(train, key, value):
    teacher = train("teacher")
    path = teacher / "train_args.json"
    (teacher / "MANIFEST.json").unlink()
    path.write_text(json.dumps(read(path) | {key: value}))
    with pytest.raises(ModelError, match=f"it differs in {key}"):
        train("odd", "--teacher", teacher)


def test_labels_are_part_of_the_data_that_a_teacher_knows(train, tmp_path):
    for name, flip in (("one", 0), ("two", 1)):
        (tmp_path / name).mkdir()
        for split in ("train", "validation", "test"):
            rows = [f"text {i},{(i + flip) % 2}" for i in range(8)]
            (tmp_path / name / f"{split}.csv").write_text("\n".join(["text,label", *rows]))
    hashes = [
        read(train("teacher", "--data", name, "--out", f"runs/{name}") / "train_args.json")[
            "data_sha256"
        ]
        for name in ("one", "two")
    ]
    assert hashes[0] != hashes[1]


def test_an_error_leaves_nothing_behind_and_a_crash_is_swept(tmp_path):
    out = tmp_path / "runs" / "x"
    staged = staging.prepared(out)
    (staged.__enter__() / "half").write_text("")
    assert not staged.__exit__(RuntimeError, RuntimeError(), None)
    assert not list((tmp_path / "runs").iterdir())
    (tmp_path / "runs" / ".x.partial").mkdir()
    (tmp_path / "runs" / ".x.partial" / "litter").write_text("")
    with staging.prepared(out) as folder:
        assert not list(folder.iterdir())
        (folder / "config.json").write_text("{}")
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["x"]
    assert set(read(out / "MANIFEST.json")["sha256"]) == {"config.json"}


def test_what_somebody_put_into_a_run_stays_when_it_is_trained_anew(train, monkeypatch):
    run = train("teacher")
    (run / "labels.csv").write_text("mine")
    (run / "notes").mkdir()
    (run / "notes" / "a.txt").write_text("mine too")
    (run / "predictions" / "old.jsonl").write_text("")  # ours to replace
    before = (run / "model.safetensors").read_bytes()
    train("teacher", "--overwrite", "--seed", "5")
    assert (run / "model.safetensors").read_bytes() != before
    assert (run / "labels.csv").read_text() == "mine"
    assert (run / "notes" / "a.txt").read_text() == "mine too"
    assert not (run / "predictions" / "old.jsonl").exists()
    # Killed when the new run had its place, and the old one's files not yet theirs.
    Path("runs/.teacher.old").mkdir()
    (run / "labels.csv").rename("runs/.teacher.old/labels.csv")
    train("teacher", "--overwrite")
    assert (run / "labels.csv").read_text() == "mine"
    assert [path.name for path in Path("runs").iterdir()] == ["teacher"]


def test_the_manifest_covers_every_file_of_a_model(train):
    full, half = train("lora"), train("lora", "--layers", "odd", "--out", "runs/half")
    names = {"config.json", "adapter_config.json", "adapter_model.safetensors", "tokenizer.json",
             "tokenizer_config.json", "train_args.json"}  # fmt: skip
    assert set(read(full / "MANIFEST.json")["sha256"]) == names
    base = {"base/config.json", "base/model.safetensors"}
    assert set(read(half / "MANIFEST.json")["sha256"]) == names | base
    (half / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"has no tokenizer\.json, which its MANIFEST"):
        load_run_model(half)


def test_a_run_without_tokenizer_or_with_another_vocabulary_is_refused(train, minilm):
    run = train("teacher")
    (run / "MANIFEST.json").unlink()
    with pytest.raises(ModelError, match="max_length 600 exceeds max_position_embeddings 512"):
        load_classifier(run, max_length=600)
    config = read(run / "config.json")
    model = BertForSequenceClassification(BertConfig.from_dict(config | {"vocab_size": 99}))
    save_model(model, run)
    with pytest.raises(ModelError, match="has 30522 entries, the model's vocab_size is 99"):
        load_classifier(run)


def test_a_classifier_keeps_the_length_it_was_trained_with(train):
    run = train("teacher", "--max-length", 8)
    (prediction,) = load_classifier(run).predict(["one two three four five six seven"])
    assert (prediction.n_tokens, prediction.windows) == (9, 2)
    (longer,) = load_classifier(run, max_length=16).predict(["one two three four five six seven"])
    assert (longer.n_tokens, longer.windows) == (9, 1)


def test_adapters_are_merged_and_keep_their_label_names(train):
    classifier = load_classifier(train("lora"))
    assert classifier.label_names == ("not-hate", "hate")
    assert not list(lora_layers(classifier.model))
    assert not classifier.model.training


def test_predictions_come_in_the_order_of_the_texts(train):
    classifier = load_classifier(train("teacher", "--lr", "1e-3"), batch_size=4)
    texts = ["word " * (n % 7 + 1) + str(n) for n in range(23)]
    together = np.array([p.score for p in classifier.predict(texts)])
    alone = np.array([classifier.predict([text])[0].score for text in texts])
    assert np.abs(together - alone).max() <= 1e-7
    assert len(set(together)) > 20


def test_bf16_is_used_where_it_is_asked_for(train):
    run = train("teacher")
    fp32 = load_classifier(run).logits(["one two three"])
    bf16 = load_classifier(run, dtype=torch.bfloat16).logits(["one two three"])
    assert not np.array_equal(fp32, bf16)
    assert np.abs(fp32 - bf16).max() < 0.05
    cpu = torch.device("cpu")
    assert pick_dtype("auto", cpu, training=False) == torch.float32
    assert pick_dtype("bf16", cpu, training=False) == torch.bfloat16
    assert pick_dtype("fp32", cpu, training=True) == torch.float32


def test_only_a_run_is_ever_replaced(train):
    Path("mine").mkdir()
    Path("mine/precious.txt").write_text("")
    for mode, flag in (("teacher", "--out"), ("odd", "--teacher")):
        with pytest.raises(FileExistsError, match="mine is there and is no run"):
            train(mode, flag, "mine", "--overwrite")
    assert Path("mine/precious.txt").exists()
    assert not list(Path().glob(".*"))


def test_a_run_does_not_replace_what_it_is_made_from(train):
    run = train("teacher")
    for more in (["--model", run], ["--teacher", run]):
        with pytest.raises(UsageError, match=f"--out would replace what {more[0]} names"):
            train("odd", *more, "--out", run, "--overwrite")


def test_an_adapter_is_refused_once_its_base_has_changed(train):
    train("odd")
    adapter = train("lora", "--model", "runs/odd")
    load_run_model(adapter)
    train("odd", "--seed", 9, "--overwrite")
    with pytest.raises(ModelError, match=r"runs/lora, its base: .* is not the model that"):
        load_run_model(adapter)


def test_label_names_follow_their_ids_and_come_from_the_base_where_peft_saved_none(train):
    train("teacher")
    run = train("lora", "--model", "runs/teacher")
    (run / "MANIFEST.json").unlink()
    config = read(run / "config.json")
    config["id2label"] = dict(reversed(config["id2label"].items()))
    write_json(run / "config.json", config)
    assert load_run_model(run)[0].config.label_names == ("not-hate", "hate")
    (run / "config.json").unlink()
    assert load_run_model(run)[0].config.label_names == ("not-hate", "hate")


def test_prediction_files_and_model_card_say_what_the_scores_say(train):
    run = train("teacher", "--lr", "1e-3")
    for line in (run / "predictions/test.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        expected = torch.tensor(row["logits"]).softmax(0)[1].item()
        assert row["score"] == pytest.approx(expected, abs=2e-6)
    card = (run / "README.md").read_text(encoding="utf-8")
    m = read(run / "results.json")["test"]
    keys = ("loss", "accuracy", "f1", "macro_f1", "predicted_positive_rate")
    assert f"| test | {' | '.join(f'{m[key]:.4f}' for key in keys)} | {m['n']} |" in card
    record = read(run / "train_args.json") | {"data": "org/tweets", "data_revision": "c0ffee"}
    assert evaluation(record, "test", m)["dataset"]["revision"] == "c0ffee"
    assert "base_model" not in card  # a local path is nobody else's business


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="this machine has no cuda device"):
        pick_device("cuda")


def test_the_second_signal_ends_at_once():
    handlers = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        stop = Stop()
        assert not stop()
        signal.raise_signal(signal.SIGTERM)
        assert stop()
        assert stop.exit_code == 143
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
