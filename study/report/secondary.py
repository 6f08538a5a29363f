"""What the report says beside the five answers: what they hang on. None of it has a verdict."""

import numpy as np

from scoring.metrics import auroc
from scoring.table import aligned
from study.questions import QUESTIONS
from study.report.answers import MISSING
from study.report.cross import Studies, shown
from study.statistics import Estimate
from study.verdicts import CrossValidated, difference, given, judged


def cell(found: Estimate | None, missing: str = "-") -> str:
    """Points and interval, in a table whose head says what they are."""
    return shown(found).replace(" points", "") if found else missing


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


def by_anew(studies: Studies) -> str:
    """The verdicts on the main data set as the error `anew` would have them, corrected alike."""
    answers = studies[0].answers()
    return ", ".join(word for _, _, word in judged([answer.anew for answer in answers]))


def hidden_share(studies: Studies, arm: str) -> str:
    """What part of an arm's training loss the hidden states are (beta 1), mean over all steps."""
    rows = [
        row for record in studies[0].records.get(arm, ()) for row in record["curve"]["training"]
    ]
    if not rows:
        return MISSING
    return f"{sum(row['hidden_loss'] for row in rows) / sum(row['loss'] for row in rows):.0%}"


def silent(studies: Studies) -> str:
    """The runs that call no text positive, and how they rank them; nothing where there are none."""
    said = []
    for study in studies:
        for arm in study.records:
            runs = np.where(study.scored[arm], study.runs, -1)
            called = runs[study.predicted[arm].astype(bool) & (runs >= 0)]
            none = np.setdiff1d(runs[runs >= 0], called)
            if len(none):
                area = np.mean([_area(study, arm, run) for run in none])
                said.append(
                    f"In {len(none)} of {len(study.records[arm])} runs of {study.name}, where "
                    f"{study.labels.mean():.0%} of the texts are positive, `{arm}` calls none so: "
                    "no score reaches one half. Its scores rank the texts all the same (area "
                    f"under the ROC curve in these runs: {area:.2f}). The made-up studies below "
                    "have no such run, and do not vouch for its interval."
                )
    return " ".join(said)


def _area(study: CrossValidated, arm: str, run: int) -> float:
    """The AUROC of the texts that a run holds out."""
    own = study.runs == run
    return auroc(study.margins[arm][own], np.broadcast_to(study.labels, own.shape)[own])


def at_true_share(study: CrossValidated, arm: str) -> np.ndarray:
    """Predictions (R, N) if each run called as many of its texts positive as there are."""
    called = np.zeros(study.runs.shape, int)
    for run in np.unique(study.runs):
        own = study.runs == run
        margins = study.margins[arm][own]
        if not np.isnan(margins).any():
            positives = int(np.broadcast_to(study.labels, own.shape)[own].sum())
            ranks = np.argsort(np.argsort(-margins, kind="stable"), kind="stable")
            called[own] = ranks < positives
    return called


def share_table(studies: Studies) -> str:
    """The five differences, each run with the threshold that calls the true share positive."""
    rows = []
    for question, pair in QUESTIONS.items():
        cells = [question]
        for study in studies:
            runs = study.both(*pair)
            if runs is None:
                cells.append("-")
            else:
                first, second = (at_true_share(study, arm) for arm in pair)
                cells.append(cell(given(difference(first, second, study.labels), runs)))
        rows.append(cells)
    return aligned(["Points", *(study.name for study in studies)], rows)


def stopping_table(studies: Studies) -> str:
    """The five differences as the runs' own scores have them: of the kept and of the last epoch."""
    rows = []
    for question, pair in QUESTIONS.items():
        cells = [question]
        for study in studies:
            kept, last = study.compare(*pair), study.last_epochs(*pair)
            cells += [cell(kept and kept[2]), cell(last)]
        rows.append(cells)
    heads = [f"{study.name}, {epoch}" for study in studies for epoch in ("kept", "last")]
    return aligned(["Points", *heads], rows)


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
        rows.append([question, *(cell(f, MISSING) for f in found)])
    table = aligned([main.name, *(f"{name}, points" for name in own)], rows)
    return f"The five differences in each, on folds of its own:\n\n{table}"


FIELDS = (
    *(formats, formats_table, silent, share_table, stopping_table),
    *(last_and_rest, without_last, by_anew, hidden_share),
)
