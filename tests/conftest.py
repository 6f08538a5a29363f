"""Material that several tests share. Nothing here reaches a network."""

import os
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import hypothesis
import pytest
import torch
from chaos import write_model
from small import draw_texts, write_four

import train
from bert_min import (
    BertConfig,
    BertForSequenceClassification,
    BertTokenizer,
    resolve_model,
)
from data import load_data
from data.batches import pad
from experiment.command import train_command
from experiment.errors import run_command

# How long an example takes says nothing of the code where other programs want the cores too.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

CHROMIUM = (  # its flags
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The folder of the packaged MiniLM weights."""
    return resolve_model("minilm")


@pytest.hookimpl(wrapper=True, tryfirst=True)  # after pytest's own summary
def pytest_terminal_summary(terminalreporter):
    """Say in the last lines how many tests were skipped, and how to have them."""
    yield
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    for reason, number in reasons.most_common():
        terminalreporter.write_line(f"not run: {number} tests, {reason}")


# Real data, which is not part of this repository: where it comes from.
ORIGINS = {
    "TWEETEVAL_DIR": "datasets of https://github.com/cardiffnlp/tweeteval",
    "HATECHECK_DIR": "a folder with test_suite_cases.csv of paul-rottger/hatecheck-data",
    "FORUM_DIR": "a folder with sentences.csv, the forum posts of de Gibert et al. 2018",
}


def folder_of(variable: str) -> Path:
    """The folder of real data that a variable names; skips the test where it names none."""
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} is not set (hint: it names {ORIGINS[variable]})")
    return Path(folder)


@pytest.fixture(scope="session")
def tweeteval() -> Path:
    return folder_of("TWEETEVAL_DIR")


@pytest.fixture(scope="session")
def hatecheck() -> Path:
    return folder_of("HATECHECK_DIR")


@pytest.fixture(scope="session")
def forum() -> Path:
    return folder_of("FORUM_DIR")


# Real tweets are an addition: nothing rests on them alone.
SOURCES = ["sample", *(["tweets"] if os.environ.get("TWEETEVAL_DIR") else [])]


@pytest.fixture(scope="session", params=SOURCES)
def texts(request) -> list[str]:
    """The sample's texts and 500 drawn ones; all 12,970 tweets of the hate task."""
    source = "sample" if request.param == "sample" else str(request.getfixturevalue("tweeteval"))
    found = [text for split in load_data(source).splits.values() for text in split.texts]
    return found + (draw_texts(500) if request.param == "sample" else [])


@pytest.fixture(scope="session")
def text_batches(texts, minilm):
    """64 texts in four padded batches of like lengths: (input_ids, attention_mask) each."""
    some = texts[:: len(texts) // 64][:64]
    ids = sorted((e.ids for e in BertTokenizer(minilm, 128).encode(some)), key=len)
    return [pad(ids[i : i + 16], 0, torch.device("cpu")) for i in range(0, 64, 16)]


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory) -> Path:
    """A BERT of four narrow layers with MiniLM's tokenizer."""
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell lets background jobs ignore SIGINT; the commands under test may not inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def web_runs(model_dir, tmp_path_factory) -> Path:
    """A folder of runs for the page, trained for a moment: teacher, odd, and two LoRA runs."""
    folder = tmp_path_factory.mktemp("runs")
    handlers = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    common = f"--model {model_dir} --data sample --limit 48 --epochs 2 --batch-size 16 --dtype fp32"
    for name, mode in (
        ("teacher", "teacher"),
        ("odd", "odd"),
        ("lora", "lora"),
        ("lora-2", "lora"),
    ):
        args = f"--mode {mode} {common} --out {folder / name} --seed {len(name)}".split()
        if mode == "odd":
            args += ["--teacher", str(folder / "teacher")]
        train_command(train.parse_args(args))
    for number, handler in handlers.items():
        signal.signal(number, handler)
    return folder


@pytest.fixture(scope="session")
def four_runs(model_dir, tmp_path_factory) -> Path:
    """A folder of runs of four classes: teacher, odd, lora; what they were trained on beside it."""
    folder = tmp_path_factory.mktemp("four")
    data = write_four(folder / "four")
    handlers = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    common = f"--model {model_dir} --data {data} --epochs 4 --batch-size 16 --dtype fp32 --lr 5e-3"
    for mode in ("teacher", "odd", "lora"):
        args = f"--mode {mode} {common} --out {folder / 'runs' / mode}".split()
        if mode == "odd":
            args += ["--teacher", str(folder / "runs/teacher")]
        train_command(train.parse_args(args))
    for number, handler in handlers.items():
        signal.signal(number, handler)
    return folder / "runs"


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium. For a module: its event loop would stand in the way of another's."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium on this machine (hint: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """Run a command in this process, in an empty folder; returns exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    handlers = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}

    def run(module, *args) -> Result:
        monkeypatch.setattr(sys, "argv", [module.__name__ + ".py", *map(str, args)])
        with pytest.raises(SystemExit) as stopped:
            run_command(module.main)
        return Result(stopped.value.code, *capsys.readouterr())

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def in_folder(command):
    """train.py in this process; returns exit code and stderr."""

    def run(*words):
        result = command(train, *words)
        return result.code, result.err

    return run


@pytest.fixture
def tiny_config() -> BertConfig:
    """A BERT small enough to train in a blink."""
    return BertConfig(
        vocab_size=64,
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=32,
        max_position_embeddings=24,
        label_names=("not-hate", "hate"),
    )


@pytest.fixture
def tiny(tiny_config) -> BertForSequenceClassification:
    torch.manual_seed(0)
    return BertForSequenceClassification(tiny_config).eval()


@pytest.fixture
def tiny_ids() -> list[list[int]]:
    """48 encoded texts of 3 to 12 tokens."""
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(3, 13, (48,), generator=generator).tolist()
    return [torch.randint(1, 64, (n,), generator=generator).tolist() for n in lengths]
