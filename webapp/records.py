"""What a run's directory says of its training; what another program wrote there is left out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiment.cli import say
from experiment.rundir import read_results
from scoring import compute_metrics
from scoring.metrics import KEYS

PAIRS = ("accuracy_ci95", "macro_f1_ci95")
COUNTS = ("parameters", "trainable", "best_epoch")


def read_scores(run: Path, classes: int) -> dict[str, Any]:
    """What the page shows of results.json: the scores of the splits, and counts.

    What is not as train.py writes it is left out, and that is said. Raises ModelError where the
    file is damaged.
    """
    found = read_results(run)
    values: dict[str, Any] = {name: found[name] for name in COUNTS if is_count(found.get(name))}
    if is_number(found.get("train_loss")):
        values["train_loss"] = found["train_loss"]
    for split in ("validation", "test"):
        if is_scored(found.get(split), classes):
            values[split] = {key: found[split][key] for key in KEYS if key in found[split]}
        elif split in found:
            say(f"warning: {run}/results.json: {split} is not what train.py writes: left out")
    return values


def is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e15  # and no NaN


def may_be_shown(value: Any) -> bool:
    """A number, or what stands for one that is not known."""
    return value is None or value != value or is_number(value)


def is_count(value: Any) -> bool:
    return type(value) is int


def is_scored(scores: Any, classes: int) -> bool:
    """Whether these may be scores of a split, as `compute_metrics` gives them."""
    if not isinstance(scores, dict):
        return False
    numbers = {key: scores[key] for key in KEYS if key in scores and key not in PAIRS}
    rows, confusion = numbers.pop("classes", None), numbers.pop("confusion", None)
    count, pair = numbers.pop("n", None), scores.get("macro_f1_ci95")
    return (
        is_number(numbers.get("macro_f1"))
        and all(map(may_be_shown, numbers.values()))
        and is_count(count)
        and isinstance(pair, list)
        and len(pair) == 2
        and all(map(is_number, pair))
        and ((rows, confusion) == (None, None) or is_told_by_class(rows, confusion, classes))
    )


def is_told_by_class(rows: Any, confusion: Any, classes: int) -> bool:
    """Whether `rows` hold the scores, and `confusion` the counts, of each class."""
    return (
        all(isinstance(part, list) and len(part) == classes for part in (rows, confusion))
        and all(isinstance(row, dict) and is_count(row.get("n")) for row in rows)
        and all(may_be_shown(value) for row in rows for value in row.values())
        and all(isinstance(row, list) and len(row) == classes for row in confusion)
        and all(is_count(value) for row in confusion for value in row)
    )


def read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a .jsonl file; a line that is none (cut off, say) is left out."""
    lines = []
    for line in read_text(path).split("\n"):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            lines.append(value)
    return lines


def read_epochs(path: Path) -> list[dict[str, Any]]:
    """The ends of epochs, each with its number and the loss on validation."""
    return [line for line in read_lines(path) if is_epoch(line)]


def is_epoch(line: dict[str, Any]) -> bool:
    scores = line.get("validation")
    loss = scores.get("loss", 0) if isinstance(scores, dict) else 0
    return is_count(line.get("epoch")) and is_number(loss) and bool(loss > 0)


def score_constant(run: Path, names: Sequence[str]) -> tuple[str, float] | None:
    """Macro-F1 of one answer to every text of the test set, by the labels noted in the run.

    The answer is the positive class of two, the most frequent one of more.
    """
    gold = [line.get("gold") for line in read_lines(run / "predictions" / "test.jsonl")]
    labels = np.array([names.index(name) for name in gold if name in names], dtype=int)
    if not len(labels):
        return None
    said = 1 if len(names) == 2 else int(np.bincount(labels).argmax())
    logits = np.tile(np.eye(len(names))[said], (len(labels), 1))
    return names[said], compute_metrics(logits, labels)["macro_f1"]
