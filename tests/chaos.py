"""Kill a training with SIGKILL again and again, and see whether it ends as if nothing had happened.

    python -m tests.chaos --kills 40            40 kills a mode: teacher, odd, lora

Each life goes on with `--resume auto` where the last one was killed: at a random moment, and every
second time in the middle of writing a checkpoint, once at least; only the newest is kept
(`--keep 1`). Afterwards the run must have the bytes of one that was never killed, no life may have
lost more steps than lie between two checkpoints, and nothing else may lie beside the run. Prints
one JSON object a mode; the exit code is 1 where a promise was broken.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SAVE_EVERY = 2
SIZE = "--data sample --limit 96 --epochs 6 --batch-size 8 --dtype fp32"
FLAGS = f"{SIZE} --keep 1 --save-every {SAVE_EVERY}"
FILES = ("predictions/validation.jsonl", "predictions/test.jsonl")


def write_model(folder: Path) -> Path:
    """A BERT of four narrow layers with MiniLM's tokenizer."""
    import torch

    from bert_min import BertConfig, BertForSequenceClassification, resolve_model, save_model

    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=32, num_hidden_layers=4, num_attention_heads=4, intermediate_size=64
    )
    save_model(BertForSequenceClassification(config), folder)
    shutil.copy(resolve_model("minilm") / "tokenizer.json", folder)
    return folder


def start(model: Path, home: Path, mode: str, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "train.py"), "--mode", mode, "--model", str(model)]
    return subprocess.Popen(
        [*command, *FLAGS.split(), "--out", str(home / mode), *more],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def finish(process: subprocess.Popen[str]) -> str:
    err = process.communicate(timeout=300)[1]
    if process.returncode:
        raise AssertionError(f"exit code {process.returncode}: {err}")
    return err


def lines(run: Path) -> list[dict[str, Any]]:
    """The lines of a metrics.jsonl without its times; a torn last line is none."""
    found = []
    path = run / "metrics.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            found.append({k: v for k, v in json.loads(line).items() if k != "seconds"})
        except ValueError:
            break
    return found


def live(process: subprocess.Popen[str], home: Path, mode: str, rng: random.Random) -> str:
    """Let a life go on for a while and kill it; says where: saving, training, or "" at its end."""
    checkpoints = home / f".{mode}.checkpoints"
    if rng.random() < 0.2:  # before it has come any further: at its start, or while it reads
        time.sleep(rng.uniform(0, 6))
    else:
        before = set(checkpoints.glob("step-*"))
        while process.poll() is None and set(checkpoints.glob("step-*")) <= before:
            time.sleep(0.01)
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, 1.5))
    else:
        until = time.monotonic() + 5
        partial = checkpoints / "partial"
        while process.poll() is None and time.monotonic() < until and not partial.exists():
            pass
        time.sleep(rng.choice([0, rng.uniform(0, 0.005)]))  # an adapter is saved in a blink
    if process.poll() is not None:
        return ""
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return "saving" if (checkpoints / "partial").exists() else "training"


def chaos(mode: str, kills: int, model: Path, home: Path, seed: int) -> dict[str, Any]:
    """Kill trainings of one mode until they were killed so often; returns what was seen."""
    rng = random.Random(f"{mode} {seed}")
    whole, cut = home / "whole", home / "cut"
    more = ["--teacher", str(whole / "teacher")] if mode == "odd" else []
    if mode == "odd" and not (whole / "teacher").exists():
        finish(start(model, whole, "teacher"))
    finish(start(model, whole, mode, "--overwrite", *more))
    wanted = lines(whole / mode)
    weights = "adapter_model.safetensors" if mode == "lora" else "model.safetensors"
    seen = {"mode": mode, "kills": 0, "in a save": 0, "most steps lost": 0, "runs finished": 0}
    failures: list[str] = []

    def enough() -> bool:
        return seen["kills"] >= kills and seen["in a save"] > 0

    while not enough() and not failures:
        shutil.rmtree(cut, ignore_errors=True)
        done = 0  # steps that the last life had logged
        over = False
        while not over:
            process = start(model, cut, mode, "--resume", "auto", *more)
            if not enough() and (where := live(process, cut, mode, rng)):
                seen["kills"] += 1
                if seen["kills"] > kills + 50:
                    failures.append("no kill has hit a save")
                seen["in a save"] += where == "saving"
                log = lines(cut / f".{mode}.partial")
                steps = [line["step"] for line in log if "step" in line]
                if (cut / mode).exists():
                    continue  # killed after the rename: the run is there
                complete = sorted((cut / f".{mode}.checkpoints").glob("step-*"))
                kept = int(complete[-1].name[5:]) if complete else 0
                done = max([done, *steps])
                seen["most steps lost"] = max(seen["most steps lost"], done - kept)
                if log != wanted[: len(log)]:
                    failures.append("another course of training")
                done = kept
            else:
                err = finish(process)
                found = re.search(r"going on after step (\d+)", err)
                if done and not (found and int(found[1]) >= done) and "is finished" not in err:
                    failures.append(f"began anew though step {done} was saved")
                over = True
        seen["runs finished"] += 1
        for name in (weights, *FILES):
            if (whole / mode / name).read_bytes() != (cut / mode / name).read_bytes():
                failures.append(f"{name} differs")
        if lines(cut / mode) != wanted:
            failures.append("metrics.jsonl differs")
        litter = sorted(path.name for path in cut.iterdir() if path.name != mode)
        failures += [f"{name} was left" for name in litter]
    if seen["most steps lost"] > SAVE_EVERY:
        failures.append("more was lost than lies between two checkpoints")
    return {**seen, "failures": failures}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=40, metavar="N", help="a mode (default: 40)")
    parser.add_argument("--modes", nargs="+", default=["teacher", "odd", "lora"], metavar="MODE")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments")
    args = parser.parse_args()
    broken = False
    with tempfile.TemporaryDirectory() as folder:
        model = write_model(Path(folder) / "model")
        for mode in args.modes:
            seen = chaos(mode, args.kills, model, Path(folder), args.seed)
            print(json.dumps(seen), flush=True)
            broken |= bool(seen["failures"])
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
