"""Disks that take no more, at every file that is written: one line, exit code 5, old files kept."""

import errno
import itertools
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import train as train_command

ROOT = Path(__file__).parent.parent
READ_ONLY = "/proc/self"  # nobody may make a file there, not even root


@pytest.fixture
def run(tmp_path):
    """Run a script where no file may grow beyond `limit` bytes; returns exit code and stderr."""

    def call(script, *args, limit=None):
        def obey():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = subprocess.run(
            [sys.executable, ROOT / script, *map(str, args)],
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=obey,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stderr

    return call


def told(result):
    """The one line that a command which could not write ends with."""
    code, err = result
    assert code == 5, err
    *before, line = err.splitlines()
    assert line.startswith("error: ")
    assert not any("Traceback" in line or "error: " in line for line in before)
    return line


def contents(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def training(model_dir, out):
    size = ["--limit", 16, "--epochs", 1, "--dtype", "fp32"]
    return ["--mode", "teacher", "--model", model_dir, "--data", "sample", *size, "--out", out]


# What does not fit any more: a line of metrics.jsonl, or the tensors of the checkpoint.
@pytest.mark.parametrize("limit", [50, 8_000_000])
def test_training_on_a_full_disk_keeps_what_was_there(run, model_dir, tmp_path, limit):
    out = tmp_path / "teacher"
    assert run("train.py", *training(model_dir, out))[0] == 0
    before = contents(tmp_path)
    line = told(run("train.py", *training(model_dir, out), "--overwrite", limit=limit))
    assert "(hint: make room, or write to another disk)" in line
    if limit == 8_000_000:
        assert re.search(r"state.safetensors of \d\d,\d{3},\d{3} bytes: ", line)
    assert contents(tmp_path) == before


def test_a_model_that_does_not_fit_goes_on_from_its_checkpoint(run, model_dir, tmp_path):
    """The checkpoint is complete when tokenizer (700 kB), then adapter (4 kB) cannot be written."""
    out = tmp_path / "lora"
    flags = [*training(model_dir, out), "--mode", "lora", "--lora-r", 1]
    assert "lora: File too large" in told(run("train.py", *flags, limit=300_000))
    flags += ["--resume"]
    assert "serializing: I/O error: File too large" in told(run("train.py", *flags, limit=2_000))
    assert not out.exists()
    code, err = run("train.py", *flags)
    assert code == 0, err
    assert "going on after step 1" in err
    assert [path.name for path in tmp_path.iterdir()] == ["lora"]


@pytest.mark.parametrize("limit", [3_000, 20_000])
def test_a_teachers_states_that_do_not_fit(run, model_dir, web_runs, tmp_path, limit):
    """They are the only file beside the run that grows with the data."""
    flags = ["--mode", "odd", "--teacher", web_runs / "teacher", "--limit", 48]
    line = told(run("train.py", *training(model_dir, tmp_path / "odd"), *flags, limit=limit))
    assert "odd: File too large (hint: make room" in line
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("mode", ["teacher", "lora"])
def test_whichever_file_fails_the_old_run_stays(command, monkeypatch, model_dir, tmp_path, mode):
    flags = [*training(model_dir, "run"), "--mode", mode]
    if mode == "lora":
        flags += ["--layers", "odd"]  # it carries its base
    assert command(train_command, *flags).code == 0
    before = contents(tmp_path)
    real, names = Path.write_text, set()
    for last in range(100):
        written = itertools.count()

        def write_text(path, *args, last=last, written=written, **more):
            if next(written) == last:
                names.add(path.name)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(path, *args, **more)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_text", write_text)
            result = command(train_command, *flags, "--overwrite")
        if result.code == 0:
            break
        assert "No space left on device (hint: make room" in told((result.code, result.err))
        kept = {p: b for p, b in contents(tmp_path).items() if ".run.checkpoints" not in str(p)}
        assert kept == before
    wanted = {"state.json", "config.json", "tokenizer.json", "tokenizer_config.json"}
    wanted |= {"train_args.json", "results.json", "README.md", "MANIFEST.json"}
    wanted |= {f"{split}.{kind}" for split in ("validation", "test") for kind in ("txt", "jsonl")}
    assert wanted <= names


def test_answers_that_do_not_fit_are_gone_on_with(run, web_runs, tmp_path):
    texts = tmp_path / "t.txt"
    texts.write_text("".join(f"text {i} of many\n" for i in range(6000)))
    out = tmp_path / "o.jsonl"
    flags = ["--run", web_runs / "odd", "--file", texts, "--out", out]
    assert f"{out}: File too large" in told(run("predict.py", *flags, limit=400_000))
    assert not out.exists()
    code, err = run("predict.py", *flags)
    assert code == 0, err
    assert "going on after 2,048 rows" in err
    answers = [json.loads(line)["text"] for line in out.read_text().splitlines()]
    assert answers == texts.read_text().splitlines()


def test_a_folder_that_may_not_be_written_is_named(run, model_dir, web_runs, tmp_path):
    (tmp_path / "t.txt").write_text("hi\n")
    for script, *flags in (
        ("train.py", *training(model_dir, f"{READ_ONLY}/teacher")),
        ("predict.py", "--run", web_runs / "odd", "--file", "t.txt", "--out", f"{READ_ONLY}/o.csv"),
    ):
        assert f"error: {READ_ONLY}/" in told(run(script, *flags))
