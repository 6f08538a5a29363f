"""What the report says of the cross-validated study: a list of data sets, the first one the main.

A function of FIELDS is what a template's {{name word ...}} stands for: words in, text out.
"""

from collections.abc import Sequence

import numpy as np

from experiment.rundir import read_json
from scoring.metrics import auroc
from scoring.table import aligned
from study import verdicts
from study.questions import ARMS, QUESTIONS
from study.report.answers import MISSING
from study.statistics import Estimate
from study.verdicts import Answer, CrossValidated

Studies = Sequence[CrossValidated]


def shown(found: Estimate) -> str:
    """In points, with its 95 % interval."""
    low, high = (f"{100 * end:+.1f}" for end in found.interval())
    return f"{100 * found.value:+.1f} points ({low} to {high})"


def answer_to(study: CrossValidated, first: str, second: str) -> Answer | None:
    return next((a for a in study.answers() if QUESTIONS[a.question] == (first, second)), None)


def verdict(studies: Studies, first: str, second: str) -> str:
    """Of one of the five questions, on the main data set."""
    found = answer_to(studies[0], first, second)
    return found.words(len(studies[0].labels)) if found else MISSING


def gap(studies: Studies, first: str, second: str) -> str:
    """The difference of any two arms on the main data set in points, these texts trained on."""
    found = studies[0].compare(first, second)
    return shown(found[1]) if found else MISSING


def score(study: CrossValidated, arm: str) -> str:
    """Macro-F1 over the held-out texts, ± half its 95 % interval."""
    if arm not in study.records:
        return MISSING
    found, runs = study.macro_f1(arm), len(study.records[arm])
    enough = runs >= min(verdicts.FEWEST, study.planned)
    half = f" ± {found.interval()[1] - found.value:.3f}" if enough else ""
    return f"{found.value:.3f}{half}"


def share(studies: Studies, arm: str) -> str:
    """Of an arm's values the share that is trained."""
    records = studies[0].records.get(arm)
    return f"{records[0]['trainable'] / records[0]['parameters']:.2%}" if records else MISSING


def milliseconds(studies: Studies, arm: str) -> str:
    """Of one text, one at a time: the mean over arms of so many layers, which are one network."""
    main = studies[0]
    measured = read_json(main.folder / "costs.json").get("arms", {})
    depth = {name: len(records[0]["layers"]) for name, records in main.records.items()}
    alike = [name for name in depth if name in measured and depth[name] == depth.get(arm)]
    return f"{np.mean([measured[n]['ms_per_text'] for n in alike]):.1f}" if alike else MISSING


def last_and_rest(studies: Studies, arm: str, texts: str) -> str:
    """An arm's macro-F1 on the last texts of the main data set, and on the others."""
    main = studies[0]
    if arm not in main.records:
        return MISSING
    last = np.arange(main.runs.shape[1]) >= main.runs.shape[1] - int(texts)
    if not all((main.scored[arm] & part).any() for part in (last, ~last)):
        return MISSING
    found = [main.macro_f1(arm, part).value for part in (last, ~last)]
    return " against ".join(f"{value:.3f}" for value in found)


def without_last(studies: Studies, texts: str) -> str:
    """The five differences on the main data set without its last texts."""
    main = studies[0]
    kept = np.arange(main.runs.shape[1]) < main.runs.shape[1] - int(texts)
    found = [main.compare_among(*pair, kept) for pair in QUESTIONS.values()]
    return ", ".join(f"{100 * f.value:+.1f}" if f else MISSING for f in found)


def texts(studies: Studies) -> str:
    """How many texts of the main data set are scored."""
    return f"{len(studies[0].labels):,}"


def progress(studies: Studies) -> str:
    """How many of the planned models are there, of each data set."""
    done = {s.name: sum(len(records) for records in s.records.values()) for s in studies}
    return ", ".join(f"{s.name} {done[s.name]} of {len(ARMS) * s.planned} models" for s in studies)


def so_far(studies: Studies) -> str:
    """How many models are there, as long as some of the main data set are missing."""
    if studies[0].whole:
        return ""
    return f"; so far {progress(studies)}, verdicts on {studies[0].name} come with its last"


def answers_list(studies: Studies) -> str:
    """Each question with its verdict and difference on each data set, and pooled over those."""
    lines = []
    for question, pair in QUESTIONS.items():
        found = {s.name: a for s in studies if (a := answer_to(s, *pair))}
        said = [f"on {name} {a.verdict}, {shown(a.given)}" for name, a in found.items()]
        if together := verdicts.pooled(studies, list(found.values())):
            said.append(f"pooled {shown(together)}")
        said = said or ["not yet"]
        lines.append(f"- **{question}** (`{pair[0]}` minus `{pair[1]}`): {'; '.join(said)}.")
    return "\n".join(lines)


def answers_table(studies: Studies) -> str:
    return verdicts.answers_table(studies)


def silent(studies: Studies) -> str:
    """The runs that call no text positive, and how they rank them; nothing where there are none."""
    said = []
    for study in studies:
        for arm in study.records:
            runs = np.where(study.scored[arm], study.runs, -1)
            called = runs[study.predicted[arm].astype(bool) & (runs >= 0)]
            none = np.setdiff1d(runs[runs >= 0], called)
            if len(none):
                areas = [
                    f"{np.mean([_area(study, other, run) for run in none]):.2f}"
                    for other in (arm, "teacher")
                ]
                said.append(
                    f"`{arm}` calls no text hate in {len(none)} of {len(study.records[arm])} runs "
                    f"of {study.name}, where {study.labels.mean():.0%} of the texts are; yet it "
                    f"ranks them with an area under the ROC curve of {areas[0]}, the teacher's "
                    f"being {areas[1]} on the same."
                )
    return " ".join(said)


def _area(study: CrossValidated, arm: str, run: int) -> float:
    """The AUROC of the texts that a run holds out."""
    own = study.runs == run
    return auroc(study.margins[arm][own], np.broadcast_to(study.labels, own.shape)[own])


def stopping_table(studies: Studies) -> str:
    """The five differences as the runs' own scores have them: of the kept and of the last epoch."""
    rows = []
    for question, pair in QUESTIONS.items():
        cells = [question]
        for study in studies:
            kept, last = study.compare(*pair), study.last_epochs(*pair)
            cells += [
                shown(e).replace(" points", "") if e else "-" for e in (kept and kept[2], last)
            ]
        rows.append(cells)
    heads = [f"{study.name}, {epoch}" for study in studies for epoch in ("kept", "last")]
    return aligned(["Points", *heads], rows)


def scores_table(studies: Studies) -> str:
    """Each arm: macro-F1 held out, of each data set; of the main one, beside the teacher too."""
    main, rows = studies[0], []
    for arm in (arm for arm in ARMS if arm.name in main.records):
        found = None if arm.name == "teacher" else main.compare(arm.name, "teacher")
        records = main.records[arm.name]
        rows.append(
            [
                *(arm.name, arm.about, *(score(s, arm.name) for s in studies)),
                shown(found[1]).replace(" points", "") if found else "-",
                f"{np.median([r['best_epoch'] for r in records]):g}",
                verdicts.official_test(records),
            ]
        )
    heads = [f"{s.name}, held out" for s in studies]
    heads += [f"minus the teacher, points, {main.name}", "kept epoch", f"test of {main.name}"]
    return aligned(["Model", "what it is", *heads], rows)


def short_table(studies: Studies) -> str:
    """What the README shows, of all arms but those from labels alone."""
    rows = []
    for arm in (arm.name for arm in ARMS if arm.name in studies[0].records):
        if not arm.endswith("-ce"):
            records = studies[0].records[arm]
            quality = [score(studies[0], arm), verdicts.official_test(records)]
            quality.append(verdicts.official_test(records, ".0%", "predicted_positive_rate"))
            layers = ", ".join(map(str, records[0]["layers"]))
            trained = f"{records[0]['trainable']:,}"
            rows.append([arm, layers, *quality, trained, milliseconds(studies, arm)])
    heads = "Model|layers|macro-F1, held out|macro-F1, test|called hate, test"
    heads += "|values trained|ms for one text"
    return aligned(heads.split("|"), rows)


def costs_table(studies: Studies) -> str:
    """What a run on the main data set takes, and a text of the finished model."""
    main = studies[0]
    measured, rows = read_json(main.folder / "costs.json").get("arms", {}), []
    for arm in (arm.name for arm in ARMS if arm.name in main.records):
        records = main.records[arm]

        def median(key: str, scale: float, form: str, records: list = records) -> str:
            known = [record[key] / scale for record in records if key in record]
            return format(float(np.median(known)), form) if known else "-"

        minutes = measured.get(arm, {}).get("minutes")
        rows.append(
            [
                *(arm, f"{records[0]['parameters']:,}", f"{records[0]['trainable']:,}"),
                *(f"{minutes:.1f}" if minutes else "-", median("peak_mb", 1, ",.0f")),
                *(median("bytes", 1e6, ".1f"), milliseconds(studies, arm)),
            ]
        )
    heads = "Model|parameters|trained|minutes|peak memory, MB|on disk, MB|ms for one text"
    return aligned(heads.split("|"), rows)


def hours(studies: Studies) -> str:
    """What all runs on the main data set take, by the minutes of the table."""
    measured = read_json(studies[0].folder / "costs.json").get("arms", {})
    minutes = sum(arm["minutes"] for arm in measured.values())
    return f"{minutes * studies[0].planned / 60:.1f}" if measured else MISSING


def formats(studies: Studies) -> str:
    """How many runs of each data set were trained in which number format."""
    said = [
        f"{len(runs)} runs of {s.name} in {name}"
        for s in studies
        for name, runs in s.formats().items()
    ]
    return ", ".join(said)


def formats_table(studies: Studies) -> str:
    """The five differences on the main data set, apart for the number formats of training."""
    main = studies[0]
    own = main.formats()
    if len(own) == 1:
        return ""
    rows = []
    for question, pair in QUESTIONS.items():
        found = [main.compare_among(*pair, np.isin(main.runs, runs)) for runs in own.values()]
        rows.append([question, *(shown(f).replace(" points", "") if f else MISSING for f in found)])
    table = aligned([main.name, *(f"{name}, points" for name in own)], rows)
    return f"The five differences in each, on folds of its own:\n\n{table}"


def simulation(studies: Studies) -> str:
    """What `python -m study.simulation` printed, kept beside the records."""
    path = studies[0].folder.parent / "simulation.md"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else MISSING


FIELDS = (
    *(verdict, gap, share, milliseconds, texts, progress, so_far),
    *(answers_list, answers_table, scores_table, short_table, costs_table, simulation),
    *(formats, formats_table, silent, stopping_table, hours, last_and_rest, without_last),
)
