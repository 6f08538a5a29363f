"""Which pictures the report has, and which arms stand in each."""

from pathlib import Path

from study.arms import INITS, RECIPE, ROBUST
from study.floors import FLOORS
from study.report import figures
from study.report.answers import MAIN
from study.report.tables import hatecheck_scores
from study.summary import TOO_FEW, Summary

CURVES = ("teacher", "odd-ce", "odd-kd", "odd-kd-hidden", "lora", "lora-odd")
CONFUSIONS = ("teacher", "odd-kd-hidden", "even-kd-hidden", "lora", *RECIPE)
CALIBRATED = ("teacher", "odd-ce", "odd-kd-hidden", "lora", "robust-odd")


def draw(summary: Summary, folder: Path) -> None:
    """Write every picture whose arms are there."""
    inits = [f"{init}-{objective}" for init in INITS for objective in ("ce", "kd", "kd-hidden")]
    for arms, picture, name in (
        (CURVES, figures.learning_curves, "learning-curves"),
        (CONFUSIONS, figures.confusions, "confusions"),
        (CALIBRATED, figures.reliability_diagrams, "reliability"),
    ):
        if there := [arm.name for arm in summary.present(arms)]:
            picture(summary, there, folder / name)
    shown = summary.present(list(dict.fromkeys([*MAIN, *inits, *ROBUST, *RECIPE, *FLOORS])))
    if shown:
        rows = against_teacher(summary, [arm.name for arm in shown])
        figures.forest(summary, rows, folder / "forest")
    if latency := summary.aside("latency"):
        figures.cost_and_quality(summary, latency, folder / "cost-and-quality")
    if maps := summary.aside("similarity"):
        figures.similarity_maps(maps, folder / "similarity")
    if scores := {name: rows[0] for name, rows in hatecheck_scores(summary).items()}:
        figures.hatecheck_map(scores, folder / "hatecheck")


def against_teacher(summary: Summary, arms: list[str]) -> list[tuple[str, str, str]]:
    """Each arm with its verdicts against the teacher on validation and test; Holm over all arms."""
    pairs = [(arm, "teacher") for arm in arms if arm != "teacher"]
    validation, test = (
        {c.first: word for c, _, word in summary.compare_all(pairs, split) if word != TOO_FEW}
        for split in ("validation", "test")
    )
    return [(arm, validation.get(arm, ""), test.get(arm, "")) for arm in arms]
