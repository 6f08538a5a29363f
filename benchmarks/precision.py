"""Does bf16 cost quality? Fine-tune the teacher in bf16 and fp32 from the same seeds; compare."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiment.cli import UsageError, number, run_command
from experiment.rundir import is_run, read_json

ROOT = Path(__file__).parent.parent
DTYPES = ("bf16", "fp32")
EXAMPLES = """examples:
  python -m benchmarks.precision docs/performance/precision/scores.json
  python -m benchmarks.precision docs/performance/precision/scores.json --data ~/tweeteval
"""


def train(data: str, model: str, seeds: int, runs: Path) -> list[dict[str, Any]]:
    """Validation macro-F1 of each seed in each number format; runs that are there are kept."""
    found = []
    for seed in range(seeds):
        scores: dict[str, Any] = {"seed": seed}
        for dtype in DTYPES:
            out = runs / f"{dtype}-{seed}"
            settings = {"model": model, "data": data, "dtype": dtype, "seed": seed}
            if is_run(out):
                record = read_json(out / "train_args.json")
                if {**settings, "interrupted": False} != {
                    name: record.get(name) for name in (*settings, "interrupted")
                }:
                    raise UsageError(f"{out} is a run of another kind (hint: another --runs)")
            else:
                flags = ["--mode", "teacher", "--model", model, "--data", data, "--dtype", dtype]
                flags += ["--seed", str(seed), "--out", str(out)]
                done = subprocess.run([sys.executable, str(ROOT / "train.py"), *flags])
                if done.returncode:
                    sys.exit(done.returncode)  # train.py has said why
            scores[dtype] = read_json(out / "results.json")["validation"]["macro_f1"]
        found.append(scores)
    return found


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A row for each seed, mean and standard error of the mean, and a sentence that compares."""
    scores = np.array([[row[dtype] for dtype in DTYPES] for row in rows])
    scores = np.column_stack([scores, scores[:, 0] - scores[:, 1]])
    mean, error = scores.mean(axis=0), scores.std(axis=0, ddof=1) / np.sqrt(len(rows))
    names = [f"seed {row['seed']}" for row in rows]
    lines = ["| validation macro-F1 | bf16 | fp32 | difference |", "| :-- | --: | --: | --: |"]
    for name, values in zip(
        [*names, "mean", "standard error"], [*scores, mean, error], strict=True
    ):
        sign = "" if name == "standard error" else "+"
        lines.append(f"| {name} | {values[0]:.4f} | {values[1]:.4f} | {values[2]:{sign}.4f} |")
    inside = "within" if abs(mean[2]) <= error[1] else "not within"
    lines += ["", f"bf16's mean lies {inside} one standard error of fp32's."]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.precision",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scores", type=Path, metavar="F.json", help="scores to print")
    parser.add_argument(
        "--data", metavar="DIR|sample", help="train on this first and write the scores"
    )
    parser.add_argument("--model", default="minilm", metavar="M", help="default: minilm")
    parser.add_argument("--seeds", type=number(int, 2), default=3, metavar="N", help="default: 3")
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("runs/precision"),
        metavar="DIR",
        help="where the runs are kept (default: runs/precision)",
    )
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
