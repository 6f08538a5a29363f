"""A finished run in one small file: all that the report needs of it, and none of the texts.

A margin is logit(positive) - logit(negative), so P(positive) = 1 / (1 + exp(-margin)). Margins are
kept apart by the true label, each in the order of the texts: the arms' margins stand side by side.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bert_min import ModelError
from distill.losses import TERMS

SPLITS = ("validation", "test")
POINTS = 40  # of a learning curve


def by_label(margins: np.ndarray, labels: Sequence[int]) -> dict[str, list[float]]:
    """Margins (N,) as lists under the labels "1" and "0", rounded to a thousandth."""
    gold = np.asarray(labels)
    return {str(y): [round(float(m), 3) for m in margins[gold == y]] for y in (1, 0)}


def run_margins(run: Path, split: str) -> dict[str, list[float]]:
    """The margins that a run directory keeps in its predictions."""
    path = run / "predictions" / f"{split}.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    names = json.loads((run / "config.json").read_text(encoding="utf-8"))["id2label"]
    margins = np.array([row["logits"][1] - row["logits"][0] for row in rows])
    return by_label(margins, [int(row["gold"] == names["1"]) for row in rows])


def learning_curve(metrics: Path) -> dict[str, list[Any]]:
    """Mean loss terms of about 40 stretches of steps, and the validation loss of each epoch."""
    lines = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    steps = [line for line in lines if "step" in line]
    size = max(1, round(len(steps) / POINTS))
    terms = [term for term in TERMS if steps and term in steps[0]]
    stretches = [steps[i : i + size] for i in range(0, len(steps), size)]
    training = [
        {
            "step": part[-1]["step"],
            **{term: round(float(np.mean([row[term] for row in part])), 4) for term in terms},
        }
        for part in stretches
    ]
    ends = {line["epoch"]: line["step"] for line in steps}
    validation = [
        {
            "step": ends[line["epoch"]],
            "loss": round(line["validation"]["loss"], 4),
            "macro_f1": round(line["validation"]["macro_f1"], 4),
        }
        for line in lines
        if "validation" in line
    ]
    return {"training": training, "validation": validation}


def make_record(
    run: Path, arm: str, seed: int, kept_margins: Sequence[str] = SPLITS
) -> dict[str, Any]:
    """What the files of a run directory say, shortened; margins of the named splits alone."""
    args = json.loads((run / "train_args.json").read_text(encoding="utf-8"))
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    last = {split: shortened(results["last_epoch"][split]) for split in SPLITS}
    kept = ("layers", "training_dtype", "data_sha256", "model_sha256")
    return {
        "arm": arm,
        "seed": seed,
        **{name: args.get(name) for name in kept},
        "parameters": results["parameters"],
        "trainable": results["trainable"],
        "seconds": results["seconds"],
        "bytes": sum(path.stat().st_size for path in run.glob("*.safetensors")),
        "best_epoch": results["best_epoch"],
        "last_epoch": {"epoch": results["last_epoch"]["epoch"], **last},
        "margins": {split: run_margins(run, split) for split in kept_margins},
        "curve": learning_curve(run / "metrics.jsonl"),
    }


def shortened(metrics: dict[str, Any]) -> dict[str, float]:
    """The metrics that are numbers, rounded."""
    return {name: round(v, 5) for name, v in metrics.items() if isinstance(v, int | float)}


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a record whole or not at all, a list to a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(pretty(record) + "\n", encoding="utf-8")
    os.replace(partial, path)


def pretty(value: Any, depth: int = 0) -> str:
    """JSON with an object's keys on lines of their own and lists on one line."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, separators=(",", ":"))
    inner = "  " * (depth + 1)
    lines = [f"{inner}{json.dumps(key)}: {pretty(item, depth + 1)}" for key, item in value.items()]
    return "{\n" + ",\n".join(lines) + "\n" + "  " * depth + "}"


@dataclass(frozen=True)
class Scores:
    """An arm's margins on one split: S seeds by N texts, the positive ones first; labels (N,)."""

    seeds: list[int]
    margins: np.ndarray
    labels: np.ndarray

    @property
    def logits(self) -> np.ndarray:
        """(S, N, 2) logits with these margins."""
        return np.stack([np.zeros_like(self.margins), self.margins], axis=-1)

    @property
    def predicted(self) -> np.ndarray:
        """(S, N): 1 where the score is 1/2 or more."""
        return is_positive(self.margins).astype(int)


def is_positive(margins: np.ndarray) -> np.ndarray:
    """Where the score is 1/2 or more: not where a margin below 0 was rounded to -0.0."""
    return ~np.signbit(margins)


def read_records(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The records of a folder by arm, each arm's by seed; raises ModelError for a damaged one."""
    arms: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*/seed-*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            arms.setdefault(record["arm"], []).append(record)
        except (ValueError, KeyError, TypeError):
            raise ModelError(f"{path} is not a record of the study (hint: delete it)") from None
    return {arm: sorted(records, key=lambda r: r["seed"]) for arm, records in arms.items()}


def scores_of(records: Sequence[dict[str, Any]], split: str) -> Scores:
    """The margins of an arm's records side by side."""
    rows = [[*r["margins"][split]["1"], *r["margins"][split]["0"]] for r in records]
    positives = len(records[0]["margins"][split]["1"])
    labels = np.array([1] * positives + [0] * (len(rows[0]) - positives))
    return Scores([r["seed"] for r in records], np.array(rows), labels)
