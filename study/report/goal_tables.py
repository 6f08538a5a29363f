"""The report's table of goals: what was asked for, what was measured, whether it was reached."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from scoring.table import aligned
from study.arms import RECIPE
from study.report.answers import Answers, spread
from study.summary import Arm


class Goal(NamedTuple):
    """A figure that was asked for, its value for each seed, and the word for their mean."""

    what: str
    asked: str
    values: Sequence[float]
    form: str
    word: Callable[[float], str]

    def row(self) -> list[str]:
        word = self.word(float(np.mean(self.values)))
        return [self.what, self.asked, spread(self.values, self.form), word]


def level(floor: float, goal: float) -> Callable[[float], str]:
    return lambda x: "goal" if x > goal else "floor" if x >= floor else "MISSED"


def reached(test: Callable[[float], bool]) -> Callable[[float], str]:
    return lambda x: "reached" if test(x) else "MISSED"


def at_least(least: float) -> Callable[[float], str]:
    return reached(lambda x: x >= least)


class GoalTables(Answers):
    """Goals of the robust recipe, of distillation, and of LoRA."""

    def targets_table(self) -> str:
        """What was asked for, what was measured, and whether it was reached."""
        goals = [goal for arm in self.present(RECIPE) for goal in self._robust_goals(arm)]
        goals += [*self._distillation_goals(), *self._lora_goals()]
        return aligned(["Target", "asked", "measured", ""], [goal.row() for goal in goals])

    def _robust_goals(self, arm: Arm) -> Iterator[Goal]:
        """Of one model with the recipe against shortcuts, on test."""
        keys = ("macro_f1", "accuracy", "loss", "predicted_positive_rate")
        macro, right, loss, hate = (arm.values("test", key) for key in keys)
        for what, asked, values, word in (
            ("test macro-F1", "0.60, goal > 0.651", macro, level(0.60, 0.651)),
            ("test accuracy", "> 0.5785", right, reached(lambda x: x > 0.5785)),
            ("test NLL", "< 0.681", loss, reached(lambda x: x < 0.681)),
            (
                "predicted hate on test",
                "0.40 to 0.60",
                hate,
                reached(lambda x: 0.4 <= x <= 0.6),
            ),
        ):
            yield Goal(f"{arm.name}: {what}", asked, values, ".3f", word)

    def _distillation_goals(self) -> Iterator[Goal]:
        """Students as shares of their teachers, on validation."""
        arms = self.summary.arms
        for name in ("odd-kd", "odd-kd-hidden", "even-kd", "even-kd-hidden"):
            if name in arms and "teacher" in arms:
                what = f"{name}: share of the teacher's validation macro-F1"
                shares = list(self.ratios(name).values())
                yield Goal(what, "0.983, goal 0.995", shares, ".4f", level(0.983, 0.995))
        for init in ("odd", "even"):
            names = [f"{init}-ce", f"{init}-kd-hidden"]
            if set(names) <= set(arms):
                plain, taught = (self.ratios(name) for name in names)
                gains = [taught[seed] - plain[seed] for seed in plain if seed in taught]
                what = f"{init}: gain of kd-hidden over ce, share of the teacher's"
                yield Goal(what, "> 0.01", gains, ".4f", reached(lambda x: x > 0.01))

    def _lora_goals(self) -> Iterator[Goal]:
        """LoRA against full fine-tuning on validation, each at its best learning rate."""
        full = self.best("teacher")
        for family, margin in (("lora", 0.01), ("lora-all-linear", 0.0)):
            best = self.best(family)
            if best and full:
                gaps = [ours - theirs for ours, theirs in self.pairs(best.name, full.name).values()]
                what = f"{best.name} minus {full.name}, validation macro-F1, {len(gaps)} seeds"
                asked = f">= {-margin:.2f}" if margin else ">= 0"
                yield Goal(what, asked, gaps, ".4f", at_least(-margin))
