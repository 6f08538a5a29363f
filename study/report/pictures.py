"""Which pictures the report has, and which arms stand in each."""

from pathlib import Path

from study.arms import RECIPE, ROBUST
from study.floors import FLOORS
from study.report import figures
from study.report.answers import INITS, MAIN, Answers
from study.statistics import holm, verdict
from study.summary import FEWEST_SEEDS, Summary


def draw(summary: Summary, answers: Answers, folder: Path) -> None:
    """Write every picture whose arms are there."""

    def there(*names: str) -> list[str]:
        return [name for name in names if name in summary.arms]

    curves = there("teacher", "odd-ce", "odd-kd", "odd-kd-hidden", "lora", "lora-odd")
    if curves:
        figures.learning_curves(summary, curves, folder / "learning-curves")
    inits = [f"{init}-{objective}" for init in INITS for objective in ("ce", "kd", "kd-hidden")]
    shown = there(*dict.fromkeys([*MAIN, *inits, *ROBUST, *RECIPE, *FLOORS]))
    if shown:
        figures.forest(summary, against_teacher(summary, shown), folder / "forest")
    decided = there("teacher", "odd-kd-hidden", "even-kd-hidden", "lora", *RECIPE)
    if decided:
        figures.confusions(summary, decided, folder / "confusions")
    calibrated = there("teacher", "odd-ce", "odd-kd-hidden", "lora", "robust-odd")
    if calibrated:
        figures.reliability_diagrams(summary, calibrated, folder / "reliability")
    latency, maps = summary.aside("latency"), summary.aside("similarity")
    if latency:
        figures.cost_and_quality(summary, latency, folder / "cost-and-quality")
    if maps:
        figures.similarity_maps(maps, folder / "similarity")
    scores = {name: rows[0] for name, rows in answers.hatecheck().items()}
    if scores:
        figures.hatecheck_map(scores, folder / "hatecheck")


def against_teacher(summary: Summary, arms: list[str]) -> list[tuple[str, str, str]]:
    """Each arm with its verdicts against the teacher on validation and test; Holm over all arms."""
    words: dict[str, list[str]] = {arm: [] for arm in arms}
    for split in ("validation", "test"):
        found = {}
        for arm in arms:
            comparison = summary.compare(arm, "teacher", split) if arm != "teacher" else None
            if comparison and comparison.seeds >= FEWEST_SEEDS:
                found[arm] = comparison.difference
        adjusted = holm([difference.p for difference in found.values()])
        verdicts = dict(zip(found, map(verdict, found.values(), adjusted), strict=True))
        for arm in arms:
            words[arm].append(verdicts.get(arm, ""))
    return [(arm, *pair) for arm, pair in words.items()]  # type: ignore[misc]
