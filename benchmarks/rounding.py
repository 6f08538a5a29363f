"""How many labels of a trained run each program changes by rounding to int8 or bf16.

On its validation texts, by its own threshold, against our own fp32: in batches of 16, and 100 of
them one by one, for some round a text by what else is in its batch.
"""

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.labellers import LABELLERS, OURS_BF16, OURS_FP32, OURS_INT8, Labeller
from benchmarks.peers import CPU
from experiment.agreement import read_validation
from experiment.classifier import read_decision
from experiment.errors import run_command
from experiment.hardware import has_native_bf16
from scoring.table import aligned
from speed.int8 import has_int8

ALONE = 100  # texts
PEERS = ["ONNX Runtime, int8", "CTranslate2, int8", "OpenVINO, int8"]


def row_of(label: Labeller, texts: Sequence[str], exact: np.ndarray, cut: float) -> list[str]:
    """Labels that differ from those of `exact` (N,), and from those of the same texts alone."""
    scores, some = label(texts), texts[:ALONE]
    alone = np.concatenate([label([text]) for text in some])
    changed = (scores > cut) != (exact > cut)
    moved = (scores[: len(some)] > cut) != (alone > cut)
    largest = np.abs(scores[: len(some)] - alone).max()
    share = f"{1 - changed.mean():.1%}"
    return [share, str(changed.sum()), str(moved.sum()), f"{largest:.1e}"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rounding", description=__doc__)
    parser.add_argument("--run", nargs="+", type=Path, required=True, metavar="DIR", help="runs")
    args = parser.parse_args()
    names = [OURS_BF16] * has_native_bf16(CPU) + [OURS_INT8] * has_int8(CPU) + PEERS
    for run in args.run:
        texts, _ = read_validation(run)
        table, decision = [], read_decision(run)
        threshold = np.clip(decision.threshold, 1e-9, 1 - 1e-9)
        odds = threshold / (1 - threshold)
        cut = 1 / (1 + odds**-decision.temperature)  # of P before the temperature
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copytree(run, Path(folder) / run.name))
            [exact] = [label(texts) for label in LABELLERS[OURS_FP32](copy, torch.bfloat16)]
            for name in names:
                label = LABELLERS[name](copy, torch.bfloat16)[0]
                table.append([name, *row_of(label, texts, exact, cut)])
        head = ["same label as our fp32", "other labels", f"alone, of {ALONE}", "largest change"]
        print(aligned([f"{run.name}: {len(texts):,} texts", *head], table))
    return 0


if __name__ == "__main__":
    run_command(main)
