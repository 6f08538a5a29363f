"""The tables of what was measured, as Markdown."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scoring.hatecheck import PUBLISHED
from scoring.metrics import compute_metrics
from scoring.table import aligned
from study.arms import INITS, RECIPE, ROBUST
from study.floors import FLOORS
from study.report.answers import MAIN, PLAIN, QUESTIONS, compared, constants, spread
from study.summary import Arm, Summary

Column = tuple[str, Callable[[Arm], str]]  # its head, and an arm's cell


def means(rows: Sequence[dict[str, Any]], *keys: str, form: str = ".3f") -> list[str]:
    """The mean over the seeds of each key."""
    return [format(float(np.mean([row[key] for row in rows])), form) for key in keys]


def macro(head: str, split: str) -> Column:
    """Macro-F1 with its interval."""
    return head, lambda arm: spread(arm.values(split))


def mean(head: str, split: str, metric: str, form: str = ".3f") -> Column:
    return head, lambda arm: format(arm.mean(split, metric), form)


def count(head: str, key: str) -> Column:
    """A number that every record of an arm has."""
    return head, lambda arm: f"{arm.records[0][key]:,}" if key in arm.records[0] else "-"


def table(columns: Sequence[Column], arms: Sequence[Arm], names: Sequence[str] = ()) -> str:
    """A row for each arm, under its name or another."""
    rows = [
        [name, *(cell(arm) for _, cell in columns)]
        for name, arm in zip(names or [arm.name for arm in arms], arms, strict=True)
    ]
    return aligned(["Model", *(head for head, _ in columns)], rows)


SHORT: tuple[Column, ...] = (
    ("seeds", lambda arm: str(len(arm.seeds) or "-")),
    macro("validation macro-F1", "validation"),
    mean("validation loss", "validation", "loss"),
    macro("test macro-F1", "test"),
    mean("test loss", "test", "loss"),
    mean("predicted hate", "test", "predicted_positive_rate", ".1%"),
    count("trainable", "trainable"),
)
RESULTS = (
    *SHORT[:5],
    mean("test accuracy", "test", "accuracy"),
    mean("test F1 (hate)", "test", "f1"),
    mean("test AUROC", "test", "auroc"),
    SHORT[5],
    count("parameters", "parameters"),
    SHORT[6],
)


def results_table(summary: Summary) -> str:
    """Every main arm on validation and on test."""
    return table(RESULTS, [*summary.present((*MAIN, *RECIPE)), *constants(summary)])


def verdicts_table(summary: Summary, split: str) -> str:
    """All questions on one split."""
    header = "First against second|seeds|macro-F1, points|95 %|p, Holm|McNemar p|detectable"
    rows = []
    for pair in (pair for pairs in QUESTIONS.values() for pair in pairs):
        if pair in compared(summary, split):
            c, p, word = compared(summary, split)[pair]
            d = c.difference
            rows.append(
                [
                    f"{c.first} : {c.second}",
                    str(c.seeds),
                    f"{100 * d.estimate:+.1f}",
                    f"{100 * d.low:+.1f} to {100 * d.high:+.1f}",
                    "-" if math.isnan(p) else f"{p:.3f}",
                    f"{c.mcnemar_p:.3f}",
                    f"{100 * d.detectable:.1f}",
                    word,
                ]
            )
    return aligned([*header.split("|"), "verdict on the first"], rows)


def pairs_table(summary: Summary, split: str) -> str:
    """Difference in points of every pair of main arms, row minus column; * where Holm says."""
    arms = [arm.name for arm in summary.present(MAIN)]
    pairs = [(a, b) for i, a in enumerate(arms) for b in arms[i + 1 :]]
    cells = {}
    for c, _, word in summary.compare_all(pairs, split):
        star = "*" if word in ("BETTER", "WORSE") else ""
        cells[c.first, c.second] = f"{100 * c.difference.estimate:+.1f}{star}"
        cells[c.second, c.first] = f"{-100 * c.difference.estimate:+.1f}{star}"
    return aligned(["", *arms], [[a, *(cells.get((a, b), "") for b in arms)] for a in arms])


def inits_table(summary: Summary, split: str) -> str:
    """Macro-F1 of each initialisation with each objective."""

    def cell(name: str) -> str:
        arm = summary.arms.get(name)
        return f"{spread(arm.values(split))} ({len(arm.seeds)})" if arm else "-"

    objectives = ("ce", "kd", "kd-hidden")
    rows = [[init, *(cell(f"{init}-{objective}") for objective in objectives)] for init in INITS]
    return aligned(["Layers", *(f"{o} (seeds)" for o in objectives)], rows)


def calibration_table(summary: Summary) -> str:
    """As trained, and with the temperature and threshold fitted on validation."""
    heads, keys = ("NLL", "Brier", "ECE", "macro-F1"), ("loss", "brier", "ece", "macro_f1")
    rows = [
        [
            arm.name,
            *(f"{float(np.mean(fitted)):.2f}" for fitted in zip(*arm.decisions, strict=True)),
            split,
            *means(arm.metrics(split), *keys),
            *means(arm.decided(split), *keys),
        ]
        for arm in summary.present((*MAIN, *ROBUST))
        for split in ("validation", "test")
    ]
    fitted = [f"{head}, fitted" for head in heads]
    return aligned(["Model", "temperature", "threshold", "split", *heads, *fitted], rows)


def robust_table(summary: Summary) -> str:
    """On test: seeds alone, and the ensemble of their calibrated probabilities."""
    drop = summary.facts.get("test_repeats_training", [])

    def ensemble(metric: str) -> Callable[[Arm], str]:
        def cell(arm: Arm) -> str:
            found = compute_metrics(arm.ensemble("test"), arm.scores("test").labels)
            return f"{found[metric]:.3f}" if len(arm.seeds) > 1 else "-"

        return cell

    def without_repeats(arm: Arm) -> str:
        scores = arm.scores("test")
        kept = np.setdiff1d(np.arange(len(scores.labels)), drop)
        rows = [compute_metrics(row[kept], scores.labels[kept]) for row in scores.logits]
        return means(rows, "macro_f1")[0]

    columns = (
        macro("macro-F1", "test"),
        mean("accuracy", "test", "accuracy"),
        mean("NLL", "test", "loss"),
        ("NLL, fitted", lambda arm: means(arm.decided("test"), "loss")[0]),
        mean("AUROC", "test", "auroc"),
        SHORT[5],
        ("macro-F1, ensemble", ensemble("macro_f1")),
        ("NLL, ensemble", ensemble("loss")),
        ("macro-F1, no repeats", without_repeats),
    )
    return table(columns, summary.present((*PLAIN, *ROBUST, *RECIPE, *FLOORS)))


def matched_table(summary: Summary) -> str:
    """The last step for every arm: on test, scores matched to the prior."""
    rows = [
        [
            arm.name,
            *(spread([row[key] for row in found]) for key in ("macro_f1", "accuracy", "loss")),
            *means(found, "predicted_positive_rate", form=".1%"),
        ]
        for arm in summary.present((*PLAIN, *ROBUST, *FLOORS))
        for found in [arm.matched("test")]
    ]
    return aligned(["Matched", "macro-F1", "accuracy", "NLL", "predicted hate"], rows)


def epochs_table(summary: Summary) -> str:
    """Early stopping on the validation loss against the last epoch."""
    splits = ("validation", "test")
    rows = []
    for arm in summary.present(MAIN):
        cells = means(arm.records, "best_epoch", form=".1f")
        for rows_of in (arm.metrics, arm.last_epoch):
            for split in splits:
                cells += means(rows_of(split), "loss", "macro_f1")
        rows.append([arm.name, *cells])
    columns = [f"{split} {metric}" for split in splits for metric in ("loss", "macro-F1")]
    return aligned(["Model", "best epoch", *columns, *(f"last: {c}" for c in columns)], rows)


def hatecheck_scores(summary: Summary) -> dict[str, list[dict[str, Any]]]:
    """The HateCheck scores of every seed, by arm."""
    return {
        arm.name: [record["hatecheck"] for record in arm.records]
        for arm in summary.present((*PLAIN, *ROBUST))
        if all("hatecheck" in record for record in arm.records)
    }


def hatecheck_table(summary: Summary) -> str:
    """Scores on HateCheck, means over seeds, above those of published systems."""
    columns = {
        "accuracy": "accuracy",
        "hateful": "hateful",
        "non-hateful": "non_hateful",
        "macro-F1": "macro_f1",
        "gap of false positives": "false_positive_rate_gap",
        "gap of false negatives": "false_negative_rate_gap",
    }
    rows = [
        [name, *(spread([100 * row[key] for row in found], ".1f") for key in columns.values())]
        for name, found in hatecheck_scores(summary).items()
    ]
    rows += [[name, *(f"{v:.1f}" for v in row), "-", "-"] for name, row in PUBLISHED.items()]
    return aligned(["Percent", *columns], rows)


FIELDS = (
    results_table,
    verdicts_table,
    pairs_table,
    inits_table,
    calibration_table,
    robust_table,
    matched_table,
    epochs_table,
    hatecheck_table,
)
