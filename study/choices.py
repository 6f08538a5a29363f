"""What the study chooses on validation data and on shifts of training data, before any test."""

from typing import Any

from experiment.cli import UsageError, say
from study.arms import (
    ALPHAS,
    BETAS,
    DECIDING,
    PRIORS,
    STEPS,
    TEACHER,
    TEMPERATURES,
    grid_arm,
    shift_arm,
)
from study.runner import Study, StudyError
from study.summary import Arm

Log = list[
    dict[str, Any]
]  # of each step: its name, the scores of its entries, and which was chosen


def choose_loss(study: Study) -> tuple[float, float, float]:
    """Temperature, alpha and beta, by macro-F1 on validation: of the grid's runs, made if need be.

    Of equals the first is taken.
    """

    def score(point: tuple[float, float, float]) -> float:
        record = study.record(grid_arm(*point).name)
        if not record:
            raise UsageError(
                "a point of the grid has no run yet (hint: without --only, or 'grid-*')"
            )
        return Arm([record]).mean("validation")

    def best(points: list[tuple[float, float, float]]) -> tuple[float, float, float]:
        """The point of highest macro-F1; trains what has no run yet."""
        study.run([TEACHER, *(grid_arm(*point) for point in points)], seeds=1, needed=True)
        return max(points, key=score)

    temperature, alpha, _ = best([(t, a, 0.0) for t in TEMPERATURES for a in ALPHAS])
    return best([(temperature, alpha, beta) for beta in BETAS])


def shift_scores(record: dict[str, Any], prior: str = "keep") -> dict[str, float]:
    """Loss and macro-F1 on the texts that a shift held out."""
    arm = Arm([record])
    [found] = arm.matched("test") if prior == "matched" else arm.metrics("test")
    return {name: round(found[name], 4) for name in ("loss", "macro_f1")}


def lowest(scores: dict[str, dict[str, dict[str, float]]]) -> str:
    """The entry of the lowest mean loss over the shifts; of equals the first."""
    return min(scores, key=lambda entry: sum(cell["loss"] for cell in scores[entry].values()))


def choose_recipe(study: Study) -> tuple[dict[str, str], Log]:
    """The recipe against shortcuts, step by step, by the mean loss on shifts of training data.

    The loss, because it punishes a model that is sure and wrong; macro-F1 at a threshold of 1/2
    says most about which way a shift moves the scores. Returns the recipe, and a log of the choice
    that ends with the step of PRIORS.
    """
    recipe: dict[str, str] = {}
    log: Log = []
    if not study.shifts:
        say("no shift can be made of these texts: the recipe is the plain one")
        return recipe, log
    for step, entries in STEPS.items():
        deciding = DECIDING.get(step, study.shifts)
        shifts = [shift for shift in study.shifts if shift in deciding] or study.shifts
        arms = {(e, s): shift_arm({**recipe, step: e}, s) for e in entries for s in shifts}
        study.run(list(arms.values()), needed=True)
        scores: dict[str, dict[str, dict[str, float]]] = {entry: {} for entry in entries}
        for (entry, shift), arm in arms.items():
            record = study.record(arm.name)
            if not record:
                raise StudyError("a shift has no record")
            scores[entry][shift] = shift_scores(record)
        recipe[step] = lowest(scores)
        log.append({"step": step, "scores": scores, "chosen": recipe[step]})
    return recipe, [*log, choose_prior(study, recipe)]


def choose_prior(study: Study, recipe: dict[str, str]) -> dict[str, Any]:
    """Whether scores are matched to a prior, by the same rule and on runs that are there."""
    records = {s: study.record(shift_arm(recipe, s).name) for s in study.shifts}
    scores = {
        prior: {s: shift_scores(r, prior) for s, r in records.items() if r} for prior in PRIORS
    }
    return {"step": "prior", "scores": scores, "chosen": lowest(scores)}


def with_lost(log: Log, before: Log) -> Log:
    """An earlier log brought up to date: what it tried and STEPS no longer has stays on record.

    Where it came to another recipe it says nothing of this one, and `log` is returned as it is.
    """
    now, kept = {row["step"]: row for row in log}, []
    for row in before:
        idle = {"chosen": next(iter(row["scores"])), "scores": {}}  # a step's first entry
        new = now.pop(row["step"], idle)
        if new["chosen"] != row["chosen"]:
            return log
        kept.append({**row, "scores": row["scores"] | new["scores"]})
    return log if now else kept
