"""Does bf16 cost quality? Fine-tune the teacher in bf16 and fp32 from the same seeds; compare."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from experiment.cli import number
from experiment.errors import UsageError, run_command
from experiment.rundir import is_run, read_json

ROOT = Path(__file__).parent.parent
DTYPES = ("bf16", "fp32")
EXAMPLES = """examples:
  python -m benchmarks.precision docs/performance/precision/scores.json
  python -m benchmarks.precision docs/performance/precision/scores.json --data ~/tweeteval
"""


def train(data: str, model: str, seeds: int, runs: Path) -> list[dict[str, Any]]:
    """Validation macro-F1 of each seed in each number format; runs that are there are kept."""
    found: list[dict[str, Any]] = [{"seed": seed} for seed in range(seeds)]
    for scores, dtype in product(found, DTYPES):
        out = runs / f"{dtype}-{scores['seed']}"
        settings = {"model": model, "data": data, "dtype": dtype, "seed": scores["seed"]}
        if is_run(out):
            record = read_json(out / "train_args.json")
            if any(record.get(name) != value for name, value in settings.items()) or (
                record.get("interrupted") is not False
            ):
                raise UsageError(f"{out} is a run of another kind (hint: another --runs)")
        else:
            flags = ["--mode", "teacher", "--out", str(out)]
            flags += [
                word for name, value in settings.items() for word in (f"--{name}", str(value))
            ]
            done = subprocess.run([sys.executable, str(ROOT / "train.py"), *flags])
            if done.returncode:
                sys.exit(done.returncode)  # train.py has said why
        scores[dtype] = read_json(out / "results.json")["validation"]["macro_f1"]
    return found


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A row for each seed, mean and standard error of the mean, and a sentence that compares.

    A row has its `seed`, and the scores of two ways to train under their names.
    """
    first, second = (name for name in rows[0] if name != "seed")
    scores = np.array([[row[first], row[second]] for row in rows])
    scores = np.column_stack([scores, scores[:, 0] - scores[:, 1]])
    mean, error = scores.mean(axis=0), scores.std(axis=0, ddof=1) / np.sqrt(len(rows))
    names = [*(f"seed {row['seed']}" for row in rows), "mean", "standard error"]
    lines = [f"| validation macro-F1 | {first} | {second} | difference |"]
    lines.append("| :-- | --: | --: | --: |")
    for name, values in zip(names, [*scores, mean, error], strict=True):
        sign = "" if name == "standard error" else "+"
        lines.append(f"| {name} | {values[0]:.4f} | {values[1]:.4f} | {values[2]:{sign}.4f} |")
    size = "at most" if abs(mean[2]) <= error[2] else "more than"
    lines += ["", f"The mean difference is {size} its own standard error."]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.precision",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, default = parser.add_argument, Path("runs/precision")
    add("scores", type=Path, metavar="F.json", help="scores to print")
    add("--data", metavar="DIR|sample", help="train on this first and write the scores")
    add("--model", default="minilm", metavar="M", help="default: minilm")
    add("--seeds", type=number(int, 2), default=3, metavar="N", help="default: 3")
    kept = "where the runs are kept (default: runs/precision)"
    add("--runs", type=Path, default=default, metavar="DIR", help=kept)
    args = parser.parse_args()
    if args.data:
        rows = train(args.data, args.model, args.seeds, args.runs)
        args.scores.parent.mkdir(parents=True, exist_ok=True)
        args.scores.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    elif not args.scores.is_file():
        raise UsageError(f"no {args.scores} (hint: --data DIR makes it)")
    print(table(json.loads(args.scores.read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    run_command(main)
