"""What the report says of the cross-validated study: a list of data sets, the first one the main.

A function of FIELDS is what a template's {{name word ...}} stands for: words in, text out.
"""

from collections.abc import Sequence

import numpy as np

from experiment.rundir import read_json
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


def texts(studies: Studies) -> str:
    """How many texts of the main data set are scored."""
    return f"{len(studies[0].labels):,}"


def progress(studies: Studies) -> str:
    """How many of the planned models are there, of each data set."""
    said = []
    for study in studies:
        done, planned = sum(map(len, study.records.values())), len(ARMS) * study.planned
        said.append(f"{study.name} {f'all {planned}' if study.whole else f'{done} of {planned}'}")
    return ", ".join(said)


def so_far(studies: Studies) -> str:
    """How many models are there, as long as some of the main data set are missing."""
    if studies[0].whole:
        return ""
    return f"; so far {progress(studies)} models, verdicts on {studies[0].name} come with its last"


def elsewhere(studies: Studies) -> str:
    """How many verdicts on the other data sets are OPEN; nothing where there are no others."""
    found = [answer.verdict for study in studies[1:] for answer in study.answers()]
    names = " and ".join(study.name for study in studies[1:])
    return (
        f"; on other data, {names}, {found.count('OPEN')} of {len(found)} are OPEN" if found else ""
    )


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
    heads += [
        f"{head}, {main.name}" for head in ("minus the teacher, points", "kept epoch", "test")
    ]
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
        like_minutes = [r for r in records if r["training_dtype"] == "float32"] or records
        rows.append(
            [
                *(arm, f"{records[0]['parameters']:,}", f"{records[0]['trainable']:,}"),
                *(f"{minutes:.1f}" if minutes else "-", median("peak_mb", 1, ",.0f", like_minutes)),
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


def simulation(studies: Studies) -> str:
    """What `python -m study.simulation` printed, kept beside the records."""
    path = studies[0].folder.parent / "simulation.md"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else MISSING


FIELDS = (
    *(verdict, gap, share, milliseconds, texts, progress, so_far, elsewhere),
    *(answers_list, answers_table, scores_table, short_table, costs_table, hours, simulation),
)
