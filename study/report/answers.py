"""The numbers inside the report's sentences, and which arms and questions it looks at."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from scoring.metrics import constants
from study.arms import RECIPE, ROBUST
from study.statistics import mean_interval
from study.summary import Arm, Comparison, Summary

MAIN = (
    "teacher",
    *(f"{init}-{objective}" for init in ("odd", "even") for objective in ("ce", "kd", "kd-hidden")),
    "lora",
    "lora-odd",
)
PLAIN = ("teacher", "odd-kd-hidden", "even-kd-hidden", "lora")  # what ROBUST is held against
INITS = ("odd", "even", "first", "last", "hybrid", "random")
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


def percent(x: float) -> str:
    return f"{x:.1%}"


def spread(values: Sequence[float], form: str = ".4f") -> str:
    """Mean and the half width of its 95 % interval over seeds."""
    mean, low, _ = mean_interval(values)
    return format(mean, form) + ("" if math.isnan(low) else f" ± {format(mean - low, form)}")


class Answers:
    """What the template's fields stand for: words in, text out."""

    def __init__(self, summary: Summary) -> None:
        self.summary = summary

    def fields(self) -> dict[str, Callable[..., str]]:
        """Functions of words that give text, by the name that the template calls them."""
        numbers = (
            "value",
            "gap",
            "verdict",
            "ratio",
            "share",
            "constant",
            "loss",
            "recipe",
            "prior",
        )
        return {name: getattr(self, name) for name in numbers}

    def present(self, names: Sequence[str]) -> list[Arm]:
        return [self.summary.arms[name] for name in names if name in self.summary.arms]

    def value(self, arm: str, split: str, metric: str = "macro_f1") -> str:
        """Mean and interval over the seeds; of the last epoch for a metric named last:METRIC."""
        if arm not in self.summary.arms:
            return MISSING
        found = self.summary.arms[arm]
        if metric.startswith("last:"):
            return spread(found.last_epoch(split, metric.removeprefix("last:")), ".3f")
        return spread(found.values(split, metric), ".3f")

    def share(self, arm: str) -> str:
        """Of an arm's values the share that is trained."""
        if arm not in self.summary.arms:
            return MISSING
        record = self.summary.arms[arm].records[0]
        return f"{record['trainable'] / record['parameters']:.2%}"

    def constants(self, split: str) -> dict[str, dict[str, Any]]:
        """The scores of two answers that need no model: always positive, and the majority."""
        arms = self.summary.arms.values()
        some = next(arm for arm in arms if not arm.name.startswith("shift-"))
        rate = round(10_000 * self.summary.facts["train_positive_rate"])
        names = self.summary.facts["label_names"]
        train = [1] * rate + [0] * (10_000 - rate)
        return constants(some.scores(split).labels.tolist(), train, names)

    def constant(self, metric: str) -> str:
        """On test: the F1 of always positive, any other score of the majority."""
        positive, majority = self.constants("test").values()
        return f"{(positive if metric == 'f1' else majority)[metric]:.4g}"

    @cache  # noqa: B019 (lives as long as the report)
    def compared(self, split: str) -> dict[tuple[str, str], tuple[Comparison, float, str]]:
        """Every pair of QUESTIONS on a split; Holm over all of them."""
        pairs = [pair for group in QUESTIONS.values() for pair in group]
        rows = self.summary.compare_all(pairs, split)
        return {(c.first, c.second): (c, p, word) for c, p, word in rows}

    def pair(self, first: str, second: str, split: str) -> tuple[Comparison, float, str] | None:
        return self.compared(split).get((first, second))

    def verdict(self, first: str, second: str, split: str) -> str:
        found = self.pair(first, second, split)
        return found[2] if found else MISSING

    def gap(self, first: str, second: str, split: str) -> str:
        """Difference in points of macro-F1, with its 95 % interval."""
        found = self.pair(first, second, split)
        if not found:
            return MISSING
        d = found[0].difference
        return f"{100 * d.estimate:+.1f} points ({100 * d.low:+.1f} to {100 * d.high:+.1f})"

    def ratio(self, student: str, teacher: str = "teacher") -> str:
        """Macro-F1 on validation as a share of the teacher's, mean of the seeds' shares."""
        if not {student, teacher} <= set(self.summary.arms):
            return MISSING
        return f"{100 * np.mean(list(self.ratios(student, teacher).values())):.1f} %"

    def pairs(self, first: str, second: str) -> dict[int, tuple[float, float]]:
        """Validation macro-F1 of two arms, for each seed that both have."""
        ours, theirs = (
            dict(zip(arm.seeds, arm.values("validation", "macro_f1"), strict=True))
            for arm in (self.summary.arms[name] for name in (first, second))
        )
        return {seed: (ours[seed], theirs[seed]) for seed in ours if seed in theirs}

    def ratios(self, student: str, teacher: str = "teacher") -> dict[int, float]:
        """The student's score as a share of its teacher's."""
        return {
            seed: ours / theirs for seed, (ours, theirs) in self.pairs(student, teacher).items()
        }

    def loss(self, name: str) -> str:
        """The chosen temperature, alpha or beta."""
        chosen = self.summary.facts.get("loss")
        return f"{chosen[name]:g}" if chosen else MISSING

    def recipe(self) -> str:
        chosen = self.summary.facts.get("recipe")
        return ", ".join(f"{k} {v}" for k, v in chosen.items()) if chosen else MISSING

    def prior(self) -> str:
        return self.summary.facts.get("prior", MISSING)

    def hatecheck(self) -> dict[str, list[dict[str, Any]]]:
        """The HateCheck scores of every seed, by arm."""
        return {
            arm.name: [r["hatecheck"] for r in arm.records]
            for arm in self.present((*PLAIN, *ROBUST))
            if all("hatecheck" in r for r in arm.records)
        }

    def best(self, family: str) -> Arm | None:
        """Of a family's learning rates the one with the highest validation macro-F1."""
        found = [
            arm
            for name, arm in self.summary.arms.items()
            if name == family or name.startswith(f"{family}-lr")
        ]
        return max(found, key=lambda arm: arm.mean("validation"), default=None)
