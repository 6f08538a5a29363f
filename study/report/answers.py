"""The numbers inside the report's sentences, and which arms and questions it looks at.

A function of FIELDS is what a template's {{name word ...}} stands for: words in, text out.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from scoring import metrics
from study.arms import RECIPE
from study.statistics import mean_interval
from study.summary import Arm, Comparison, Summary

MAIN = (
    "teacher",
    *(f"{init}-{objective}" for init in ("odd", "even") for objective in ("ce", "kd", "kd-hidden")),
    "lora",
    "lora-odd",
)
PLAIN = ("teacher", "odd-kd-hidden", "even-kd-hidden", "lora")  # what ROBUST is held against
QUESTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "Odd against even layers": (
        ("odd-ce", "even-ce"),
        ("odd-kd", "even-kd"),
        ("odd-kd-hidden", "even-kd-hidden"),
        ("recipe-odd", "recipe-even"),
    ),
    "The teacher's outputs against labels alone": (
        ("odd-kd", "odd-ce"),
        ("even-kd", "even-ce"),
        ("odd-kd-hidden", "odd-ce"),
        ("even-kd-hidden", "even-ce"),
        ("odd-kd-hidden", "odd-kd"),
        ("even-kd-hidden", "even-kd"),
    ),
    "A student against its teacher": (
        ("odd-kd-hidden", "teacher"),
        ("even-kd-hidden", "teacher"),
    ),
    "LoRA against each": (
        ("lora", "teacher"),
        ("lora", "odd-kd-hidden"),
        ("lora", "even-kd-hidden"),
        ("lora-odd", "odd-ce"),
        ("lora-odd", "odd-kd-hidden"),
        ("recipe-lora", "recipe-teacher"),
        ("recipe-lora", "recipe-odd"),
        ("recipe-lora", "recipe-even"),
    ),
    "The recipe against shortcuts": tuple(zip(RECIPE, PLAIN, strict=True)),
}
MISSING = "(not run yet)"


def spread(values: Sequence[float], form: str = ".3f") -> str:
    """Mean and the half width of its 95 % interval over seeds."""
    mean, low, _ = mean_interval(values)
    return format(mean, form) + ("" if math.isnan(low) else f" ± {format(mean - low, form)}")


def value(summary: Summary, arm: str, split: str, metric: str = "macro_f1") -> str:
    """Mean and interval over the seeds."""
    return spread(summary.arms[arm].values(split, metric)) if arm in summary.arms else MISSING


def share(summary: Summary, arm: str) -> str:
    """Of an arm's values the share that is trained."""
    if arm not in summary.arms:
        return MISSING
    record = summary.arms[arm].records[0]
    return f"{record['trainable'] / record['parameters']:.2%}"


class Constant(Arm):
    """An answer that needs no model, in the place of an arm."""

    def __init__(self, name: str, found: dict[str, dict[str, Any]]) -> None:
        self.name, self.found = name, found
        self.records, self.seeds = [{}], []

    @cache  # noqa: B019 (as in Arm)
    def metrics(self, split: str) -> list[dict[str, Any]]:
        return [self.found[split]]


def constants(summary: Summary) -> list[Constant]:
    """Always positive, and the majority."""
    some = next(arm for arm in summary.arms.values() if not arm.name.startswith("shift-"))
    rate = round(10_000 * summary.facts["train_positive_rate"])
    train, names = [1] * rate + [0] * (10_000 - rate), summary.facts["label_names"]
    found = {
        split: metrics.constants(some.scores(split).labels.tolist(), train, names)
        for split in ("validation", "test")
    }
    return [Constant(name, {s: rows[name] for s, rows in found.items()}) for name in found["test"]]


def constant(summary: Summary, metric: str) -> str:
    """On test: the F1 of always positive, any other score of the majority."""
    positive, majority = constants(summary)
    return f"{(positive if metric == 'f1' else majority).mean('test', metric):.4g}"


@cache
def compared(summary: Summary, split: str) -> dict[tuple[str, str], tuple[Comparison, float, str]]:
    """Every pair of QUESTIONS on a split that can be compared; Holm over all of them."""
    pairs = [pair for group in QUESTIONS.values() for pair in group]
    rows = summary.compare_all(pairs, split)
    return {(c.first, c.second): (c, p, word) for c, p, word in rows}


def verdict(summary: Summary, first: str, second: str, split: str) -> str:
    found = compared(summary, split).get((first, second))
    return found[2] if found else MISSING


def gap(summary: Summary, first: str, second: str, split: str) -> str:
    """Difference in points of macro-F1, with its 95 % interval."""
    found = compared(summary, split).get((first, second))
    if not found:
        return MISSING
    d = found[0].difference
    return f"{100 * d.estimate:+.1f} points ({100 * d.low:+.1f} to {100 * d.high:+.1f})"


def loss(summary: Summary, name: str) -> str:
    """The chosen temperature, alpha or beta."""
    chosen = summary.facts.get("loss")
    return f"{chosen[name]:g}" if chosen else MISSING


def recipe(summary: Summary) -> str:
    chosen = summary.facts.get("recipe")
    return ", ".join(f"{k} {v}" for k, v in chosen.items()) if chosen else MISSING


def prior(summary: Summary) -> str:
    return summary.facts.get("prior", MISSING)


FIELDS = (value, share, constant, verdict, gap, loss, recipe, prior)
