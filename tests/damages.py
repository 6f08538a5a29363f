"""Damage that is done to the files of a run, and how fast each is refused.

    python -m tests.damages                     every damage, one `eval.py` each

Prints one JSON object: the cases, how many were refused as they should be (exit code 4, one line
that names the file), and the seconds that whole processes took; the exit code is 1 where one was
not, or took longer than 2 s.
"""

import json
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from bert_min import BertConfig, BertForSequenceClassification, save_model
from tests.chaos import write_model
from tests.webserver import make_run

ROOT = Path(__file__).parent.parent
LIMIT = 2.0  # seconds


def write(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def weights(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """A damage that changes the bytes of the model's file."""
    return lambda run: write(run / "model.safetensors", change)


def adapter(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda run: write(run / "adapter_model.safetensors", change)


def tensors(
    change: Callable[[dict[str, torch.Tensor]], Any], file: str = "model.safetensors"
) -> Callable[[Path], None]:
    """A damage that changes the tensors of a file and leaves it well-formed."""

    def damage(run: Path) -> None:
        held = load_file(run / file)
        held = {name: tensor.clone() for name, tensor in held.items()}
        change(held)
        save_file(held, run / file, {"format": "pt"})

    return damage


def lora(change: Callable[[dict[str, torch.Tensor]], Any]) -> Callable[[Path], None]:
    return tensors(change, "adapter_model.safetensors")


def entry(file: str, **values: Any) -> Callable[[Path], None]:
    """A damage that sets values in a JSON file."""

    def damage(run: Path) -> None:
        value = json.loads((run / file).read_text()) | values
        (run / file).write_text(json.dumps(value))

    return damage


def content(file: str, data: bytes) -> Callable[[Path], None]:
    return lambda run: write(run / file, lambda old: data)


def gone(file: str) -> Callable[[Path], None]:
    return lambda run: (run / file).unlink()


def link_out(run: Path) -> None:
    elsewhere = run.parent / "elsewhere.safetensors"
    (run / "model.safetensors").rename(elsewhere)
    (run / "model.safetensors").symlink_to(elsewhere)


def only_a_pickle(run: Path) -> None:
    (run / "model.safetensors").unlink()
    (run / "pytorch_model.bin").write_bytes(pickle.dumps({"classifier.bias": [0.0, 0.0]}))


def small_vocabulary(run: Path) -> None:
    """A model that fits its config, and is too small for its tokenizer."""
    name = "bert.embeddings.word_embeddings.weight"
    tensors(lambda held: held.update({name: held[name][:1000].clone()}))(run)
    entry("config.json", vocab_size=1000)(run)


def other_base(run: Path) -> None:
    torch.manual_seed(1)
    width = {"hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4}
    base = run.parent / "base"
    save_model(BertForSequenceClassification(BertConfig(intermediate_size=64, **width)), base)
    shutil.copy(run / "tokenizer.json", base)
    entry("adapter_config.json", base_model_name_or_path=str(base))(run)


def narrow_base(run: Path) -> None:
    """The adapter's record is gone too: only the shapes tell."""
    make_run(run.parent / "base", run, width=16, layers=4)
    entry("adapter_config.json", base_model_name_or_path=str(run.parent / "base"))(run)
    (run / "train_args.json").unlink()


BIAS, HEAD_WEIGHT = "classifier.bias", "classifier.weight"
LORA_A = "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight"
LABELS = {"0": "not-hate", "1": "hate", "2": "c"}
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 4050168\n"
# What is done to a run, and a word that the refusal must hold.
DAMAGES: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "0-bytes": ("odd", weights(lambda data: b""), "model.safetensors"),
    "7-bytes": ("odd", weights(lambda data: data[:7]), "model.safetensors"),
    "8-bytes": ("odd", weights(lambda data: data[:8]), "model.safetensors"),
    "cut-in-header": ("odd", weights(lambda data: data[:100]), "model.safetensors"),
    "cut-in-data": ("odd", weights(lambda data: data[:200_000]), "model.safetensors"),
    "1-byte-short": ("odd", weights(lambda data: data[:-1]), "model.safetensors"),
    "trailing-byte": ("odd", weights(lambda data: data + b"\0"), "model.safetensors"),
    "zeros": ("odd", weights(lambda data: bytes(len(data))), "model.safetensors"),
    "huge-header": (
        "odd", weights(lambda data: (1 << 62).to_bytes(8, "little") + data[8:]), "model.safetensors"
    ),
    "pickle": ("odd", weights(lambda data: pickle.dumps([1] * 99)), "model.safetensors"),
    "html": ("odd", weights(lambda data: b"<!doctype html><title>404"), "model.safetensors"),
    "lfs-pointer": ("odd", weights(lambda data: LFS), "model.safetensors"),
    "nan": ("odd", tensors(lambda held: held[BIAS].fill_(torch.nan)), BIAS),
    "infinite": ("odd", tensors(lambda held: held[BIAS].fill_(torch.inf)), BIAS),
    "shape": ("odd", tensors(lambda held: held.update({BIAS: torch.zeros(3)})), BIAS),
    "missing-key": ("odd", tensors(lambda held: held.pop(HEAD_WEIGHT)), HEAD_WEIGHT),
    "extra-key": ("odd", tensors(lambda held: held.update(extra=torch.zeros(1))), "extra"),
    "integers": ("odd", tensors(lambda held: held.update({BIAS: torch.tensor([0, 1])})), BIAS),
    "float8": (
        "odd",
        tensors(lambda held: held.update({BIAS: torch.zeros(2).to(torch.float8_e4m3fn)})),
        BIAS,
    ),
    "config-missing": ("odd", gone("config.json"), "odd"),
    "config-not-json": ("odd", content("config.json", b"{"), "config.json"),
    "config-not-utf8": ("odd", content("config.json", b"\xff"), "config.json"),
    "config-list": ("odd", content("config.json", b"[]"), "config.json"),
    "three-labels": ("odd", entry("config.json", id2label=LABELS), HEAD_WEIGHT),
    "hidden-size": ("odd", entry("config.json", hidden_size=64), "another shape"),
    "vocabulary-in-config": ("odd", entry("config.json", vocab_size=1000), "word_embeddings"),
    "vocabulary": ("odd", small_vocabulary, "tokenizer"),
    "record-not-json": ("odd", content("train_args.json", b"{"), "train_args.json"),
    "layers-number": ("odd", entry("train_args.json", layers=5), "train_args.json: layers"),
    "data-number": ("odd", entry("train_args.json", data=5), "train_args.json: data"),
    "data-list": ("odd", entry("train_args.json", data_sha256=[]), "train_args.json: data_sha256"),
    "loss-text": ("odd", entry("results.json", train_loss="x"), "results.json"),
    "adapter-length": ("lora", entry("train_args.json", max_length=1000), "max_length"),
    "results-not-json": ("odd", content("results.json", b"{"), "results.json"),
    "length-above-positions": ("odd", entry("train_args.json", max_length=1000), "max_length"),
    "length-no-number": ("odd", entry("train_args.json", max_length="128"), "max_length"),
    "length-negative": ("odd", entry("train_args.json", max_length=-1), "max_length"),
    "tokenizer-missing": ("odd", gone("tokenizer.json"), "tokenizer"),
    "tokenizer-empty": ("odd", content("tokenizer.json", b""), "tokenizer"),
    "tokenizer-not-json": ("odd", content("tokenizer.json", b"<html>"), "tokenizer"),
    "tokenizer-config-not-json": ("odd", content("tokenizer_config.json", b"{"), "tokenizer"),
    "tokenizer-config-list": ("lora", content("tokenizer_config.json", b"[]"), "tokenizer"),
    "weights-missing": ("odd", gone("model.safetensors"), "model.safetensors"),
    "link-out": ("odd", link_out, "leads to a file outside"),
    "only-a-pickle": ("odd", only_a_pickle, "pytorch_model.bin is a pickle"),
    "adapter-0-bytes": ("lora", adapter(lambda data: b""), "adapter_model.safetensors"),
    "adapter-cut": ("lora", adapter(lambda data: data[:-1]), "adapter_model.safetensors"),
    "adapter-missing": ("lora", gone("adapter_model.safetensors"), "adapter_model.safetensors"),
    "adapter-rank": ("lora", entry("adapter_config.json", r=8), "lora_A"),
    "adapter-nan": ("lora", lora(lambda held: held[LORA_A].fill_(torch.nan)), "lora_A"),
    "adapter-missing-key": ("lora", lora(lambda held: held.pop(LORA_A)), "lora_A"),
    "adapter-extra-key": ("lora", lora(lambda held: held.update(extra=torch.ones(1))), "extra"),
    "adapter-integers": (
        "lora", lora(lambda held: held.update({LORA_A: held[LORA_A].int()})), "lora_A"
    ),
    "adapter-kind": ("lora", entry("adapter_config.json", peft_type="IA3"), "adapter_config.json"),
    "adapter-config-not-json": (
        "lora", content("adapter_config.json", b"{"), "adapter_config.json"
    ),
    "other-base": ("lora", other_base, "is not the model that the adapter"),
    "narrow-base": ("lora", narrow_base, "another shape"),
    "no-base": (
        "lora", entry("adapter_config.json", base_model_name_or_path="/no/base"), "/no/base"
    ),
}  # fmt: skip


def flip_a_bit(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def make_runs(folder: Path) -> None:
    """A student and a LoRA run of a narrow BERT, trained for a moment."""
    model = write_model(folder / "model")
    common = f"--model {model} --data sample --limit 48 --epochs 1 --batch-size 16 --dtype fp32"
    for mode in ("teacher", "odd", "lora"):
        command = [sys.executable, "train.py", "--mode", mode, *common.split()]
        command += ["--teacher", str(folder / "teacher")] if mode == "odd" else []
        command += ["--out", str(folder / mode)]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)


def main() -> int:
    refused, seconds, failures = 0, [], []
    with tempfile.TemporaryDirectory() as name:
        good = Path(name) / "good"
        make_runs(good)
        for case, (mode, damage, word) in DAMAGES.items():
            run = shutil.copytree(good / mode, Path(name) / case / mode)
            (run / "MANIFEST.json").unlink()
            damage(run)
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "eval.py", "--data", "sample", str(run)],
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            seconds.append(time.perf_counter() - started)
            line = done.stderr.rstrip("\n")
            sound = done.returncode == 4 and line.startswith("error: ") and "\n" not in line
            if sound and word in line and not done.stdout:
                refused += 1
            else:
                failures.append(f"{case}: exit code {done.returncode}, {line}")
    slow = max(seconds) > LIMIT
    seen = {
        "cases": len(DAMAGES),
        "refused": refused,
        "seconds, median": round(statistics.median(seconds), 2),
        "seconds, most": round(max(seconds), 2),
        "failures": failures,
    }
    print(json.dumps(seen))
    return int(slow or bool(failures))


if __name__ == "__main__":
    sys.exit(main())
