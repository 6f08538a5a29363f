"""train.py, eval.py and predict.py as a person uses them, on a tiny model and the sample."""

import csv
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hub_standin import HubStandIn, write_tweet_eval
from safetensors.torch import load_file
from sklearn.metrics import classification_report
from transformers import AutoModelForSequenceClassification, AutoTokenizer

import eval as eval_command
import predict as predict_command
import train as train_command
from bert_min import BertTokenizer
from data import DataError, load_data
from experiment.errors import run_command
from scoring.calibration import match_prior

ROOT = Path(__file__).parent.parent
METRICS = {
    "loss", "accuracy", "accuracy_ci95", "f1", "macro_f1", "macro_f1_ci95", "precision", "recall",
    "auroc", "brier", "ece", "predicted_positive_rate", "n",
}  # fmt: skip


@pytest.fixture
def train(command, model_dir):
    """`train.py` on the tiny model and 64 texts of the sample, for 2 epochs unless told."""

    def run(mode, *args):
        quick = ("--model", model_dir, "--data", "sample", "--limit", 64, "--epochs", 2)
        return command(train_command, "--mode", mode, *quick, "--batch-size", 16, *args)

    return run


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def read_lines(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def sample_rows(split, count):
    with open(ROOT / "data/sample" / f"{split}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[:count]


def steps(run):
    return [line for line in read_lines(f"{run}/metrics.jsonl") if "step" in line]


# ---- train.py


def test_a_teacher_run_is_complete(train):
    result = train("teacher", "--lr", "1e-3")
    assert result.code == 0, result.err
    run = Path("runs/teacher")
    names = {str(p.relative_to(run)) for p in run.rglob("*") if p.is_file()}
    assert names == {
        "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
        "train_args.json", "metrics.jsonl", "results.json", "README.md", "MANIFEST.json",
        "predictions/validation.txt", "predictions/validation.jsonl",
        "predictions/test.txt", "predictions/test.jsonl",
    }  # fmt: skip
    results = read(run / "results.json")
    for split in ("validation", "test"):
        assert set(results[split]) == METRICS
        low, high = results[split]["macro_f1_ci95"]
        assert low < results[split]["macro_f1"] < high
        assert set(results["last_epoch"][split]) == METRICS
    assert len(steps(run)) == 2 * 4
    assert read(run / "config.json")["id2label"] == {"0": "not-hate", "1": "hate"}
    args = read(run / "train_args.json")
    assert (args["layers"], args["lr"], args["steps"]) == ([1, 2, 3, 4], 1e-3, 8)
    assert list(Path("runs").iterdir()) == [run]  # nothing half-made is left beside it


def test_predictions_are_in_tweetevals_format(train):
    """Scored as TweetEval's script does, with scikit-learn's classification_report."""
    train("teacher", "--lr", "1e-3")
    lines = Path("runs/teacher/predictions/test.txt").read_text().split("\n")
    assert lines.pop() == ""
    rows = sample_rows("test", 64)
    gold = [int(row["label"] == "hate") for row in rows]
    report = classification_report(gold, [int(x) for x in lines], output_dict=True, zero_division=0)
    scores = read("runs/teacher/results.json")["test"]
    assert report["macro avg"]["f1-score"] == pytest.approx(scores["macro_f1"])
    assert report["accuracy"] == pytest.approx(scores["accuracy"])
    details = read_lines("runs/teacher/predictions/test.jsonl")
    assert [d["gold"] == "hate" for d in details] == [g == 1 for g in gold]
    assert [d["label"] == "hate" for d in details] == [x == "1" for x in lines]


def test_a_student_makes_its_teacher_once_and_reuses_it(train):
    first = train("odd")
    assert first.code == 0, first.err
    assert "training runs/teacher first" in first.err
    manifest = read("runs/teacher/MANIFEST.json")
    assert read("runs/odd/train_args.json")["layers"] == [1, 3]
    second = train("even")
    assert "no teacher yet" not in second.err
    assert read("runs/even/train_args.json")["layers"] == [2, 4]
    assert read("runs/teacher/MANIFEST.json") == manifest
    assert set(steps("runs/even")[0]) >= {"hard_loss", "soft_loss", "hidden_loss"}


def test_another_length_or_data_needs_another_teacher(train):
    train("odd")
    manifest = read("runs/teacher/MANIFEST.json")
    other = train("even", "--max-length", 16)
    assert "runs/teacher is another teacher: it differs in max_length" in other.err
    assert read("runs/teacher/MANIFEST.json") == manifest
    made = [p for p in Path("runs").glob("teacher-*")]
    assert len(made) == 1
    assert read("runs/even/train_args.json")["teacher"] == str(made[0])
    again = train("hybrid", "--max-length", 16)
    assert "no teacher yet" not in again.err
    refused = train("last", "--teacher", "runs/teacher", "--limit", 32)
    assert refused.code == 4
    assert "it differs in data_sha256" in refused.err.splitlines()[-1]


def test_a_teacher_that_reads_otherwise_is_another(train, model_dir, tmp_path):
    train("odd")
    other = shutil.copytree(model_dir, tmp_path / "cased")
    (other / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    told = train("even", "--model", other)
    assert "another teacher: it differs in described_sha256" in told.err
    record = read("runs/teacher/train_args.json")
    del record["described_sha256"]  # as of older runs
    Path("runs/teacher/train_args.json").write_text(json.dumps(record))
    Path("runs/teacher/MANIFEST.json").unlink()
    assert "another teacher" not in train("hybrid").err


@pytest.mark.parametrize("gone", [False, True])
def test_overwrite_leaves_the_teacher_what_it_has_learned(train, gone):
    """It replaces --out; a teacher that was cut off goes on."""
    stopped = iter([False, False, True])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiment.signals.Stop.__call__", lambda stop: next(stopped, True))
        train("odd", "--overwrite")
    assert read("runs/teacher/train_args.json")["interrupted"]
    if gone:  # as after a kill
        shutil.rmtree("runs/teacher")
    told = train("odd", "--overwrite")
    assert "runs/teacher: going on after step" in told.err
    assert told.code == 0
    assert not read("runs/teacher/train_args.json")["interrupted"]


def test_overwrite_begins_a_teacher_anew_that_would_be_another(train):
    """As when it was cut off with other flags, or its checkpoints are damaged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiment.signals.Stop.__call__", lambda stop: True)
        train("odd")
    shutil.rmtree("runs/teacher")
    refused = train("odd", "--epochs", 1)
    assert "--overwrite begins anew" in refused.err
    told = train("odd", "--epochs", 1, "--overwrite")
    assert (told.code, "going on" in told.err) == (0, False)
    assert read("runs/teacher/train_args.json")["steps"] == 4


def test_the_teacher_given_is_used(train):
    train("teacher", "--out", "mine/t")
    result = train("first", "--teacher", "mine/t")
    assert "teacher: mine/t" in result.err
    assert not Path("runs/teacher").exists()
    assert read("runs/first/train_args.json")["layers"] == [1, 2]


def test_objective_ce_is_the_same_student_without_the_teachers_outputs(train):
    train("odd")
    train("odd", "--objective", "ce", "--out", "runs/odd-ce")
    assert set(steps("runs/odd-ce")[0]) == {
        "step", "epoch", "lr", "grad_norm", "loss", "hard_loss",
    }  # fmt: skip
    train("odd", "--beta", "0", "--out", "runs/odd-logits")
    # The same copies, dropout and texts: before the first update the labels' loss is the same.
    # (To match hidden states, the last layer computes every token, and so draws more masks.)
    assert steps("runs/odd-ce")[0]["hard_loss"] == steps("runs/odd-logits")[0]["hard_loss"]
    assert "hidden_loss" not in steps("runs/odd-logits")[0]


def test_the_same_seed_gives_byte_identical_weights(train):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train("odd", "--seed", seed, "--out", f"runs/{name}")
    weights = [Path(f"runs/{n}/model.safetensors").read_bytes() for n in "abc"]
    assert weights[0] == weights[1] != weights[2]


def test_transformers_reads_a_run(train):
    train("odd", "--lr", "1e-3")
    model = AutoModelForSequenceClassification.from_pretrained("runs/odd").eval()
    tokenizer = AutoTokenizer.from_pretrained("runs/odd")
    details = read_lines("runs/odd/predictions/test.jsonl")
    rows = sample_rows("test", 8)
    batch = tokenizer([row["text"] for row in rows], padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**batch).logits
    expected = torch.tensor([d["logits"] for d in details[:8]])
    assert (logits - expected).abs().max() <= 2e-6  # the file has six digits


def test_a_run_that_transformers_has_saved_is_a_model_of_others(train, command):
    """It carries our decision on, which was fitted to other weights."""
    train("teacher", "--lr", "1e-3")
    model = AutoModelForSequenceClassification.from_pretrained("runs/teacher")
    model.config.id2label = {0: "hate", 1: "normal"}
    model.save_pretrained("theirs")
    AutoTokenizer.from_pretrained("runs/teacher").save_pretrained("theirs")
    assert read("theirs/config.json")["decision"]
    texts = [row["text"] for row in sample_rows("test", 8)]
    answer = command(predict_command, "--run", "theirs", *texts)
    assert "theirs: saved by transformers since its temperature and threshold" in answer.err
    batch = AutoTokenizer.from_pretrained("theirs")(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        hate = model.eval()(**batch).logits.softmax(dim=1)[:, 0]
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert [row["score"] for row in rows] == pytest.approx(hate.tolist(), abs=1e-5)
    assert [row["label"] for row in rows] == ["hate" if s >= 0.5 else "normal" for s in hate]


def test_peft_reads_a_run_of_three_classes_as_the_documents_say(train):
    rows = [f"{'xyz'[i % 3]} number {i},{('fine', 'rude', 'hateful')[i % 3]}" for i in range(90)]
    Path("posts.csv").write_text("\n".join(["text,label", *rows, ""]))
    result = train("lora", "--data", "posts.csv", "--lr", "1e-2")
    assert result.code == 0, result.err
    text = (ROOT / "docs" / "ECOSYSTEM.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(from peft .*?)```", text, re.DOTALL)
    found = {}
    exec(code, found)  # noqa: S102 (our own page)
    model = found["model"].eval()
    names = read("runs/lora/train_args.json")["label_names"]
    assert [model.config.id2label[i] for i in range(3)] == names
    lines = read_lines("runs/lora/predictions/test.jsonl")
    texts = load_data("posts.csv", 64).splits["test"].texts
    batch = AutoTokenizer.from_pretrained("runs/lora")([*texts], padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**batch).logits
    assert (logits - torch.tensor([line["logits"] for line in lines])).abs().max() <= 2e-5


@pytest.mark.parametrize(("layers", "count"), [("all", 4), ("odd", 2)])
def test_peft_reads_a_lora_run_and_so_do_we(train, command, layers, count):
    import peft

    result = train("lora", "--layers", layers, "--lr", "1e-2", "--lora-r", 4)
    assert result.code == 0, result.err
    run = Path("runs/lora")
    assert not (run / "model.safetensors").exists()
    assert (run / "base").is_dir() == (layers == "odd")
    model = peft.AutoPeftModelForSequenceClassification.from_pretrained(run).eval()
    assert model.config.num_hidden_layers == count
    rows = sample_rows("test", 8)
    texts = [row["text"] for row in rows]
    batch = AutoTokenizer.from_pretrained(run)(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        temperature = read(run / "config.json")["decision"]["temperature"]
        expected = (model(**batch).logits / temperature).softmax(dim=1)[:, 1]
    answer = command(predict_command, "--run", run, *texts)
    scores = torch.tensor([json.loads(line)["score"] for line in answer.out.splitlines()])
    assert (scores - expected).abs().max() <= 1e-5
    results = read(run / "results.json")
    assert results["trainable"] == 2 * count * 4 * (32 + 32) + 2 * 32 + 2
    assert read(run / "adapter_config.json")["r"] == 4
    moved = Path("elsewhere")
    shutil.move(run, moved)
    assert command(predict_command, "--run", moved, *texts).out == answer.out


def test_lora_on_a_trained_student(train, command):
    train("odd")
    result = train("lora", "--model", "runs/odd", "--lora-targets", "attention.output.dense")
    assert result.code == 0, result.err
    names = load_file("runs/lora/adapter_model.safetensors").keys()
    assert sum("lora_A" in name for name in names) == 2


def test_a_teacher_that_fits_is_found_where_the_first_place_is_free(train):
    train("teacher")
    assert train("odd", "--limit", 32, "--out", "runs/a").code == 0
    (own,) = Path("runs").glob("teacher-*")
    shutil.rmtree("runs/teacher")
    result = train("odd", "--limit", 32, "--out", "runs/b")
    assert f"teacher: {own}\n" in result.err
    assert not Path("runs/teacher").exists()


def test_a_run_is_replaced_only_when_asked_and_only_when_done(train):
    train("teacher")
    before = read("runs/teacher/MANIFEST.json")
    refused = train("teacher")
    assert refused.code == 2
    assert "runs/teacher exists (hint: --overwrite" in refused.err
    broken = train("teacher", "--overwrite", "--lr", "1e30", "--dtype", "fp32")
    assert broken.code == 4
    assert "at step" in broken.err.splitlines()[-1]
    assert read("runs/teacher/MANIFEST.json") == before
    assert train("teacher", "--overwrite", "--seed", 3).code == 0
    assert read("runs/teacher/MANIFEST.json") != before
    assert [p.name for p in Path("runs").iterdir()] == ["teacher"]


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["--mode", "nine"], 2, "invalid choice"),
        (["--mode", "odd", "--layers", "even"], 2, "contradict each other"),
        (["--mode", "lora", "--layers", "random"], 2, "contradict each other"),
        (["--mode", "lora", "--temperature", "3"], 2, "--temperature is for what learns from"),
        (["--mode", "odd", "--objective", "ce", "--beta", "2"], 2, "--beta is for students that"),
        (
            ["--mode", "odd", "--targets", "x", "--beta", "2"],
            2,
            "--beta is for students that learn",
        ),
        (["--mode", "lora", "--teacher-cache", "1MB"], 2, "--teacher-cache is for students that"),
        (["--mode", "lora", "--lora-targets", ""], 2, "LoRA without a target would train the head"),
        (
            ["--mode", "lora", "--lora-targets", ","],
            2,
            "LoRA without a target would train the head",
        ),
        (["--mode", "odd", "--lora-r", "4"], 2, "--lora-r is for --mode lora"),
        (["--mode", "teacher", "--teacher", "x"], 2, "--teacher is for students: --mode odd,"),
        (["--mode", "teacher", "--layers", "1,9"], 2, "must rise from 1 or more to 4 or less"),
        (["--mode", "lora", "--lora-targets", "q_proj"], 2, "no module of the model is called"),
        (["--mode", "teacher", "--max-length", "2"], 2, "2 must be at least 3"),
        (["--mode", "teacher", "--epochs", "x"], 2, "invalid int value: 'x'"),
        (["--mode", "teacher", "--data", "nowhere"], 3, "no such file or folder"),
        (
            ["--mode", "teacher", "--data", "my/p.csv"],
            3,
            "error: there is no file or folder my/p.csv;",
        ),
        (["--mode", "teacher", "--model", "./my/x"], 4, "no model folder ./my/x"),
        (
            ["--mode", "teacher", "--model", "adapter"],
            4,
            "(hint: python export.py adapter DIR merges",
        ),
        (["--mode", "teacher", "--model", "no/such/folder"], 4, "no model folder"),
        (["--mode", "teacher", "--out", "file/runs/x"], 5, "Not a directory"),
    ],
)
def test_what_a_user_can_mend_is_one_line_and_an_exit_code(train, args, code, message):
    Path("file").write_text("")
    Path("adapter").mkdir()
    Path("adapter/adapter_config.json").write_text("{}")
    result = train(*args[1:])
    assert result.code == code
    last = result.err.splitlines()[-1]
    assert "error: " in last
    assert message in last
    assert "Traceback" not in result.err
    assert result.out == ""


def test_out_never_replaces_what_is_read(train):
    """Neither the texts within it, nor the teacher that is found or would be made there."""
    assert train("teacher", "--out", "runs/x").code == 0
    Path("runs/x/posts.csv").write_bytes((ROOT / "data/sample/train.csv").read_bytes())
    for flags in (("--data", "runs/x/posts.csv"), ("--model", "runs/x"), ("--teacher", "runs/x")):
        refused = train("odd", "--out", "runs/x", "--overwrite", *flags)
        assert (refused.code, f"would replace what {flags[0]} names" in refused.err) == (2, True)
    for found in (False, True):
        refused = train("odd", "--out", "runs/teacher", "--overwrite")
        assert (refused.code, "is the place of the teacher (hint: " in refused.err) == (2, True)
        assert found or train("teacher").code == 0
    assert Path("runs/x/posts.csv").is_file()


def test_what_cannot_be_is_refused_before_a_teacher_is_trained(train):
    for flags, code, message in (
        (("--layers", "1,9"), 2, "must rise from 1 or more to 4 or less"),
        (("--targets", "nowhere.safetensors"), 4, "holds no tensor `logits`"),
    ):
        refused = train("odd", *flags)
        assert (refused.code, message in refused.err) == (code, True)
        assert not Path("runs/teacher").exists()


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_usable_run(model_dir, tmp_path, command, name):
    args = ["--mode", "teacher", "--model", str(model_dir), "--data", "sample", "--epochs", "500"]
    process = subprocess.Popen(
        [sys.executable, ROOT / "train.py", *args, "--batch-size", "8"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / "runs/.teacher.partial/metrics.jsonl"
    for _ in range(600):
        if log.exists() and log.read_text().count("\n") > 2:
            break
        time.sleep(0.1)
    process.send_signal(name)
    _, err = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[name], err
    assert "the run will be saved" in err
    result = command(eval_command, "runs/teacher")
    assert result.code == 0
    assert "warning: runs/teacher was interrupted" in result.err


def test_help_answers_without_importing_torch():
    for script in ("train", "eval", "predict"):
        call = f"{script}.parse_args(['--help'])"
        code = f"import sys, {script}\ntry: {call}\nfinally: print(*sys.modules)"
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert time.perf_counter() - started < 5  # far from a timing test: torch alone takes 2 s
        assert "examples:" in done.stdout
        assert not {"torch", "numpy", "datasets"} & set(done.stdout.split())


# ---- the Hub


def hub_environment(url: str, home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    return {**kept, "HF_ENDPOINT": url, "HF_HOME": str(home), "NO_PROXY": "*"}


@pytest.mark.parametrize(("more", "code"), [([], 4), (["--model", "minilm"], 3)])
def test_without_the_hub_one_line_says_what_to_do(tmp_path, more, code):
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, ROOT / "train.py", "--mode", "odd", *more],
        env=hub_environment("http://127.0.0.1:9", tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert time.monotonic() - started < 30
    assert done.returncode == code
    (line,) = done.stderr.splitlines()
    for hint in ("error: cannot reach the Hub for", "--model DIR", "--data DIR", "make demo"):
        assert hint in line


def test_the_default_command_downloads_trains_and_then_works_offline(model_dir, tmp_path):
    """No flag but --max-steps: bert-base-uncased and tweet_eval from the (stand-in) Hub."""
    rows = sample_rows("train", 40)
    texts = [(row["text"], int(row["label"] == "hate")) for row in rows]
    splits = dict.fromkeys(("train", "validation", "test"), texts)
    folder = write_tweet_eval(tmp_path / "tweets", splits)
    command = [sys.executable, ROOT / "train.py", "--mode", "odd", "--max-steps", "2"]
    quiet = {"cwd": tmp_path, "capture_output": True, "text": True}
    models, data = {"google-bert/bert-base-uncased": model_dir}, {"cardiffnlp/tweet_eval": folder}
    with HubStandIn(models=models, datasets=data) as hub:
        environment = hub_environment(hub.url, tmp_path / "home")
        done = subprocess.run(command, env=environment, **quiet)
        assert done.returncode == 0, done.stderr
    assert read(tmp_path / "runs/odd/config.json")["id2label"]["0"] == "non-hate"
    environment["HF_HUB_OFFLINE"] = "1"
    done = subprocess.run([*command, "--overwrite"], env=environment, **quiet)
    assert done.returncode == 0, done.stderr


# ---- eval.py


def test_the_table_has_a_row_for_each_run_and_two_constants(train, command):
    train("odd")
    train("lora")
    result = command(eval_command)
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    header = [cell.strip() for cell in lines[0].strip("|").split("|")]
    assert header == [
        "Model", "layers", "training loss", "test loss", "accuracy", "F1", "macro-F1", "AUROC",
        "predicted positive", "parameters", "trainable", "ms/text",
    ]  # fmt: skip
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:7]]
    assert [row[0] for row in rows[:4]] == ["teacher", "odd", "lora", "always hate"]
    assert rows[4][0].startswith("majority (")
    assert [row[1] for row in rows] == ["1,2,3,4", "1,3", "1,2,3,4", "-", "-"]
    for row in rows[:3]:
        scores = read(f"runs/{row[0]}/results.json")
        assert row[2] == f"{scores['train_loss']:.4f}"
        names = ("loss", "accuracy", "f1", "macro_f1", "auroc")
        assert row[3:8] == [f"{scores['test'][name]:.4f}" for name in names]
        assert row[8] == f"{scores['test']['predicted_positive_rate']:.1%}"
        assert row[9:11] == [f"{scores['parameters']:,}", f"{scores['trainable']:,}"]
    gold = [row["label"] == "hate" for row in sample_rows("test", 64)]
    assert lines[8] == f"sample, test: 64 texts, {sum(gold) / 64:.1%} hate"
    assert rows[3][8] == "100.0%"


def test_json_holds_the_same_scores_as_training_wrote(train, command):
    train("teacher")
    for split in ("test", "validation"):
        answer = json.loads(command(eval_command, "--json", "--split", split).out)
        (row,) = answer["runs"]
        for name, value in read("runs/teacher/results.json")[split].items():
            assert row[name] == pytest.approx(value, abs=1e-6), name
        assert "always hate" in answer["constants"]


def test_matched_scores_have_the_mean_of_the_labels_in_validation(train, command):
    train("teacher", "--lr", "1e-3")
    (plain,) = json.loads(command(eval_command, "--json").out)["runs"]
    (row,) = json.loads(command(eval_command, "--json", "--matched").out)["runs"]
    logits = np.array(
        [line["logits"] for line in read_lines("runs/teacher/predictions/test.jsonl")]
    )
    margins = logits[:, 1] - logits[:, 0]
    gold = np.array([r["label"] == "hate" for r in sample_rows("test", 64)])
    prior = np.mean([r["label"] == "hate" for r in sample_rows("validation", 64)])
    margins += match_prior(margins, prior)
    assert row["predicted_positive_rate"] == (margins >= 0).mean()
    assert row["accuracy"] == ((margins >= 0) == gold).mean()
    assert row["auroc"] == plain["auroc"]
    assert row["loss"] != plain["loss"]
    assert command(eval_command, "--matched", "--decided").code == 2


def test_texts_that_go_on_after_what_is_scored_are_counted(train, command):
    train("teacher")
    assert "go on after" not in command(eval_command).out
    windows = BertTokenizer(Path("runs/teacher"), 12).windows(
        [row["text"] for row in sample_rows("test", 64)]
    )
    count = sum(len(own) > 1 for own in windows)
    assert 1 < count < 64
    told = command(eval_command, "--max-length", 12).out.splitlines()
    assert told[-1] == (
        f"teacher: {count} texts go on after 12 tokens, the part scored; predict.py reads on"
    )
    (row,) = json.loads(command(eval_command, "--max-length", 12, "--json").out)["runs"]
    assert (row["cut"], row["max_length"]) == (count, 12)


@pytest.mark.parametrize("content", ["", '{"gold": "ha', "[1]\n"])
def test_matched_scores_need_whole_predictions(train, command, content):
    train("teacher")
    Path("runs/teacher/predictions/validation.jsonl").write_text(content)
    result = command(eval_command, "--matched")
    path = "runs/teacher/predictions/validation.jsonl"
    assert (result.code, result.out) == (2, "")
    assert result.err.endswith(f"error: {path} is damaged (hint: train again)\n")


@pytest.mark.parametrize(
    "words",
    [("--data", "sample"), ("--limit", "9"), ("--split", "validation"), ("--positive", "hate")],
)
def test_the_cases_of_hatecheck_are_scored_whole(words, capsys):
    with pytest.raises(SystemExit) as refused:
        eval_command.parse_args(["--hatecheck", "x", *words])
    assert refused.value.code == 2
    assert "it takes no --data, --limit, --split" in capsys.readouterr().err


def test_two_runs_of_one_name_are_told_apart(train, command):
    for folder in ("a", "b"):
        assert train("teacher", "--out", f"{folder}/two").code == 0
    told = command(eval_command, "a/two", "b/two").out
    assert "| a/two " in told
    assert "| b/two " in told
    assert "| two " in command(eval_command, "a/two").out


def test_eval_says_what_it_lacks(train, command):
    assert command(eval_command).code == 4
    assert "no trained model in nowhere" in command(eval_command, "nowhere").err
    train("teacher")
    inside = "no trained model in runs (hint: one of runs/teacher)\n"
    for call in ([eval_command, "runs"], [predict_command, "x", "--run", "runs"]):
        result = command(*call)
        assert (result.code, inside in result.err) == (4, True)
    train("teacher", "--limit", 32, "--out", "runs/small")
    result = command(eval_command)
    assert result.code == 2
    assert result.err == (
        "error: these runs were trained on different data: runs/teacher, but runs/small with "
        "--limit 32 and not 64 (hint: name runs of one kind, or --data)\n"
    )
    assert command(eval_command, "--data", "sample", "--limit", 32).code == 0


def test_every_text_of_other_data_is_scored_and_none_that_was_trained_on(web_runs, command):
    own = Path("own.csv")
    rows = [f"they are words number {i},{'not-' * (i % 2)}hate" for i in range(60)]
    own.write_text("\n".join(["text,label", *rows]) + "\n")
    run = web_runs / "odd"
    for split, size in (("test", 6), ("all", 60)):
        found = command(eval_command, run, "--data", own, "--split", split, "--json")
        answer = json.loads(found.out)
        assert answer["split"] == split
        assert (answer["runs"][0]["n"], answer["positive_rate"]) == (size, 0.5)
    record = json.loads((run / "train_args.json").read_text())
    for same in (record["data"], f"./{record['data']}/"):
        Path("sample").mkdir(exist_ok=True)
        shutil.copyfile(own, "sample/train.csv")  # a folder of that name, of other texts
        refused = command(eval_command, run, "--data", same, "--split", "all", "--limit", 9)
        assert refused.code == 2
        assert refused.err.endswith("was trained on texts of sample (hint: --split test)\n")
    assert "give --data too" in command(eval_command, run, "--split", "all").err


@pytest.mark.parametrize("content", ["[]", '{"train_loss": 1, "parameters": "x"}', "{"])
def test_results_of_another_program_are_a_line_and_no_traceback(web_runs, command, content):
    run = Path(shutil.copytree(web_runs / "odd", "odd"))
    (run / "results.json").write_text(content)
    result = command(eval_command, run, "--limit", 16, "--data", "sample")
    assert (result.code, result.err.count("\n")) == (4, 1)
    assert "odd/results.json" in result.err
    (run / "train_args.json").unlink()
    config = read(run / "config.json")
    (run / "config.json").write_text(json.dumps({k: config[k] for k in config if k != "decision"}))
    (run / "MANIFEST.json").unlink()
    result = command(eval_command, run, "--limit", 16, "--data", "sample")
    assert result.code == 0, result.err  # a model of others: its results are not asked


def test_damaged_runs_are_refused(train, command):
    train("teacher")
    path = Path("runs/teacher/model.safetensors")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1  # one bit of the last weight: a file that still reads well
    path.write_bytes(content)
    result = command(eval_command, "runs/teacher")
    assert result.code == 4
    assert "is not the file that MANIFEST.json lists" in result.err


def test_what_a_file_says_moves_no_terminal(capsys):
    def main():
        raise DataError("no column 'text' (found: \x1b[2Jt\0e\u202e)")

    with pytest.raises(SystemExit):
        run_command(main)
    assert capsys.readouterr().err == "error: no column 'text' (found: \\x1b[2Jt\\x00e\\u202e)\n"


# ---- memory


def test_training_minilm_at_batch_64_stays_under_3_gb(tmp_path):
    """The worst case: every text is longer than 128 tokens; cached teacher outputs included."""
    for split, count in (("train", 128), ("validation", 16), ("test", 16)):
        rows = [["text", "label"], *([f"word{i} " * 70, i % 2] for i in range(count))]
        with open(tmp_path / f"{split}.csv", "w", newline="") as file:
            csv.writer(file).writerows(rows)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    command = [sys.executable, ROOT / "train.py", "--mode", "odd", "--model", "minilm"]
    command += ["--data", str(tmp_path), "--epochs", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "128 cut at 128 tokens" in done.stderr
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024  # Linux counts kB
    assert before * 1024 < peak < 3e9


def test_the_script_is_short_and_its_help_imports_nothing_heavy():
    assert len((ROOT / "deploy/label.py").read_text().splitlines()) <= 80
    names = "import sys, deploy.label; print(*(n for n in sys.modules if '.' not in n))"
    done = subprocess.run([sys.executable, "-c", names], cwd=ROOT, capture_output=True, text=True)
    assert not {"torch", "ray", "pyarrow", "numpy"} & {*done.stdout.split()}
    assert (done.returncode, done.stderr) == (0, "")
