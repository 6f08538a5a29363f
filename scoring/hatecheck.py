"""HateCheck: 3,728 test cases that ask what a hate-speech classifier understands.

Source: Röttger et al. 2021, https://arxiv.org/abs/2012.15606; the cases are the file
`test_suite_cases.csv` of https://github.com/paul-rottger/hatecheck-data (CC-BY-4.0).
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data import DataError
from scoring.metrics import confusion, decide, f1_of_classes, softmax

FILE = "test_suite_cases.csv"
COLUMNS = ("test_case", "label_gold", "functionality", "target_ident")

# In percent, as the paper's authors measured them (their repository, notebooks 2 and 4):
# accuracy on all cases, the hateful, the others; macro-F1.
PUBLISHED = {
    "BERT, trained on Davidson et al.": (63.2, 75.5, 36.0, 55.9),
    "BERT, trained on Founta et al.": (60.2, 65.5, 48.5, 56.3),
    "Perspective (2020)": (76.6, 89.5, 48.2, 70.2),
}


@dataclass(frozen=True)
class Cases:
    """Texts, labels (1 = hateful), functionality and target group ("" where there is none)."""

    texts: list[str]
    labels: np.ndarray
    functionalities: list[str]
    targets: list[str]


def read_cases(folder: Path) -> Cases:
    """Read the cases of a folder; raises DataError where the file is missing or another one."""
    path = folder / FILE
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except FileNotFoundError:
        raise DataError(f"no {FILE} in {folder} (hint: the folder of HateCheck)") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    if not rows or any(row.get(name) is None for row in rows for name in COLUMNS):
        raise DataError(f"{path} has not the columns {', '.join(COLUMNS)} in every row")
    unknown = {row["label_gold"] for row in rows} - {"hateful", "non-hateful"}
    if unknown:
        raise DataError(f"{path} has the unknown label {sorted(unknown)[0]!r}")
    return Cases(
        [row["test_case"] for row in rows],
        np.array([int(row["label_gold"] == "hateful") for row in rows]),
        [row["functionality"] for row in rows],
        [row["target_ident"] for row in rows],
    )


def score_cases(
    cases: Cases, logits: np.ndarray, temperature: float = 1.0, threshold: float = 0.5
) -> dict[str, Any]:
    """Accuracies (shares, not percent) by label, functionality and target; gaps between targets.

    `logits` (N, 2) of the N texts; a text is called hateful where the probability of the second
    class, at this temperature, reaches the threshold. A gap is the largest rate of false positives
    (negatives) of a target group minus the smallest.
    """
    predicted = decide(softmax(logits / temperature), threshold)
    correct = predicted == cases.labels

    def share(chosen: np.ndarray) -> float:
        return float(correct[chosen].mean()) if chosen.any() else float("nan")

    def by(names: Sequence[str], score: Callable[[np.ndarray], Any]) -> dict[str, Any]:
        found = np.array(names)
        return {name: score(found == name) for name in dict.fromkeys(names) if name}

    def group(chosen: np.ndarray) -> dict[str, Any]:
        wrong = {}
        for name, label in (("false_positive_rate", 0), ("false_negative_rate", 1)):
            wrong[name] = 1 - share(chosen & (cases.labels == label))
        return {"accuracy": share(chosen), **wrong, "n": int(chosen.sum())}

    targets = by(cases.targets, group)
    gaps = {}
    for name in ("false_positive_rate", "false_negative_rate"):
        rates = [row[name] for row in targets.values() if np.isfinite(row[name])]
        gaps[f"{name}_gap"] = max(rates) - min(rates) if rates else float("nan")
    everything = np.ones(len(correct), bool)
    return {
        "n": len(correct),
        "accuracy": share(everything),
        "hateful": share(cases.labels == 1),
        "non_hateful": share(cases.labels == 0),
        "macro_f1": float(f1_of_classes(confusion(predicted, cases.labels, 2)).mean()),
        **gaps,
        "functionalities": by(
            cases.functionalities,
            lambda chosen: {
                "label": int(cases.labels[chosen][0]),
                "accuracy": share(chosen),
                "n": int(chosen.sum()),
            },
        ),
        "targets": targets,
    }
