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


def macro_f1_of(record: dict[str, Any], split: str) -> float:
    """Macro-F1 of one record's margins on a split."""
    from scoring.metrics import macro_f1
    from study.record import scores_of

    scores = scores_of([record], split)
    return macro_f1(scores.predicted[0], scores.labels)


def shift_scores(record: dict[str, Any], prior: str = "keep") -> dict[str, float]:
    """Loss and macro-F1 on the texts that a shift held out."""
    from scoring.metrics import compute_metrics
    from study.record import scores_of
    from study.summary import Arm

    scores = scores_of([record], "test")
    found = compute_metrics(scores.logits[0], scores.labels)
    if prior == "matched":
        [found] = Arm([record]).matched("test")
    return {name: round(found[name], 4) for name in ("loss", "macro_f1")}


def choose_loss(study: Study) -> tuple[float, float, float]:
    """Temperature, alpha and beta, by macro-F1 on validation: of the grid's runs, made if need be.

    Of equals the first is taken.
    """

    def best(points: list[tuple[float, float, float]]) -> tuple[float, float, float]:
        """The point of highest macro-F1; trains what has no run yet."""
        study.run([TEACHER, *(grid_arm(*point) for point in points)], seeds=1, needed=True)
        records = {point: study.record(grid_arm(*point).name) for point in points}
        found = {p: macro_f1_of(r, "validation") for p, r in records.items() if r}
        if len(found) < len(points):
            raise UsageError(
                "a point of the grid has no run yet (hint: without --only, or 'grid-*')"
            )
        return max(points, key=lambda point: found[point])

    temperature, alpha, _ = best([(t, a, 0.0) for t in TEMPERATURES for a in ALPHAS])
    return best([(temperature, alpha, beta) for beta in BETAS])


def choose_recipe(study: Study) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The recipe against shortcuts, step by step, by the mean loss on shifts of training data.

    The loss, because it punishes a model that is sure and wrong; macro-F1 at a threshold of 1/2
    says most about which way a shift moves the scores. Returns the recipe, and a log of the choice
    that ends with the step of PRIORS.
    """
    recipe: dict[str, str] = {}
    log: list[dict[str, Any]] = []
    if not study.shifts:
        say("no shift can be made of these texts: the recipe is the plain one")
        return recipe, log
    for step, entries in STEPS.items():
        deciding = DECIDING.get(step, study.shifts)
        shifts = [shift for shift in study.shifts if shift in deciding] or study.shifts
        tried = {entry: {**recipe, step: entry} for entry in entries}
        arms = [shift_arm(tried[entry], shift) for entry in entries for shift in shifts]
        study.run(arms, needed=True)
        scores: dict[str, dict[str, dict[str, float]]] = {}
        for entry in entries:
            records = {s: study.record(shift_arm(tried[entry], s).name) for s in shifts}
            if not all(records.values()):
                raise StudyError("a shift has no record")
            scores[entry] = {s: shift_scores(r) for s, r in records.items() if r}
        means = {e: sum(cell["loss"] for cell in row.values()) for e, row in scores.items()}
        recipe[step] = min(means, key=lambda entry: means[entry])
        log.append({"step": step, "scores": scores, "chosen": recipe[step]})
    return recipe, [*log, choose_prior(study, recipe)]


def choose_prior(study: Study, recipe: dict[str, str]) -> dict[str, Any]:
    """Whether scores are matched to a prior, by the same rule and on runs that are there."""
    records = {s: study.record(shift_arm(recipe, s).name) for s in study.shifts}
    scores = {
        prior: {s: shift_scores(r, prior) for s, r in records.items() if r} for prior in PRIORS
    }
    means = {prior: sum(cell["loss"] for cell in row.values()) for prior, row in scores.items()}
    return {"step": "prior", "scores": scores, "chosen": min(PRIORS, key=lambda p: means[p])}
