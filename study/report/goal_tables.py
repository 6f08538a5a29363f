"""The report's table of goals: what was asked for, what was measured, whether it was reached."""

from collections.abc import Callable, Sequence

import numpy as np

from scoring.table import aligned
from study.arms import RECIPE
from study.report.answers import spread
from study.report.choice_tables import family
from study.summary import FEWEST_SEEDS, TOO_FEW, Summary

Word = Callable[[float], str]  # of a mean over the seeds


def level(floor: float, goal: float) -> Word:
    return lambda x: "goal" if x > goal else "floor" if x >= floor else "MISSED"


def reached(test: Callable[[float], bool]) -> Word:
    return lambda x: "reached" if test(x) else "MISSED"


def at_least(least: float) -> Word:
    return reached(lambda x: x >= least)


# Of one model with the recipe against shortcuts, on test.
ROBUST_GOALS: tuple[tuple[str, str, str, Word], ...] = (
    ("test macro-F1", "macro_f1", "0.60, goal > 0.651", level(0.60, 0.651)),
    ("test accuracy", "accuracy", "> 0.5785", reached(lambda x: x > 0.5785)),
    ("test NLL", "loss", "< 0.681", reached(lambda x: x < 0.681)),
    (
        "predicted hate on test",
        "predicted_positive_rate",
        "0.40 to 0.60",
        reached(lambda x: 0.4 <= x <= 0.6),
    ),
)


def goal(what: str, asked: str, values: Sequence[float], word: Word, form: str) -> list[str]:
    """A row: a figure that was asked for, its values, and the word for their mean."""
    said = word(float(np.mean(values))) if len(values) >= FEWEST_SEEDS else TOO_FEW
    return [what, asked, spread(values, form), said]


def pairs(summary: Summary, first: str, second: str) -> list[tuple[int, float, float]]:
    """The seeds that two arms share, and the validation macro-F1 of both."""
    ours, theirs = (
        dict(zip(arm.seeds, arm.values("validation"), strict=True))
        for arm in (summary.arms[name] for name in (first, second))
    )
    return [(seed, ours[seed], theirs[seed]) for seed in ours if seed in theirs]


def shares(summary: Summary, student: str) -> dict[int, float]:
    """Of each seed the student's validation macro-F1 as a share of its teacher's."""
    return {seed: ours / theirs for seed, ours, theirs in pairs(summary, student, "teacher")}


def robust_goals(summary: Summary) -> list[list[str]]:
    return [
        goal(f"{arm.name}: {what}", asked, arm.values("test", metric), word, ".3f")
        for arm in summary.present(RECIPE)
        for what, metric, asked, word in ROBUST_GOALS
    ]


def distillation_goals(summary: Summary) -> list[list[str]]:
    """Students as shares of their teachers, on validation."""
    if "teacher" not in summary.arms:
        return []
    rows = []
    for arm in summary.present(("odd-kd", "odd-kd-hidden", "even-kd", "even-kd-hidden")):
        what = f"{arm.name}: share of the teacher's validation macro-F1"
        values = list(shares(summary, arm.name).values())
        rows.append(goal(what, "0.983, goal 0.995", values, level(0.983, 0.995), ".4f"))
    for init in ("odd", "even"):
        if len(summary.present((f"{init}-ce", f"{init}-kd-hidden"))) == 2:
            plain, taught = shares(summary, f"{init}-ce"), shares(summary, f"{init}-kd-hidden")
            gains = [taught[seed] - plain[seed] for seed in plain if seed in taught]
            what = f"{init}: gain of kd-hidden over ce, share of the teacher's"
            rows.append(goal(what, "> 0.01", gains, reached(lambda x: x > 0.01), ".4f"))
    return rows


def lora_goals(summary: Summary) -> list[list[str]]:
    """LoRA against full fine-tuning on validation, each at its best learning rate."""
    rows = []
    for name, least, asked in (("lora", -0.01, ">= -0.01"), ("lora-all-linear", 0.0, ">= 0")):
        arms = [list(family(summary, n).values()) for n in (name, "teacher")]
        if all(arms):
            best, full = (max(found, key=lambda arm: arm.mean("validation")) for found in arms)
            gaps = [ours - theirs for _, ours, theirs in pairs(summary, best.name, full.name)]
            what = f"{best.name} minus {full.name}, validation macro-F1, {len(gaps)} seeds"
            rows.append(goal(what, asked, gaps, at_least(least), ".4f"))
    return rows


def targets_table(summary: Summary) -> str:
    """What was asked for, what was measured, and whether it was reached."""
    rows = [*robust_goals(summary), *distillation_goals(summary), *lora_goals(summary)]
    return aligned(["Target", "asked", "measured", ""], rows)


FIELDS = (targets_table,)
