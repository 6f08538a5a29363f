"""What the records of the cross-validation say: five answers, of each data set and pooled.

An arm's score is macro-F1 over all texts of a round, each scored by a model that had not seen it,
and the mean over the rounds. A difference has two standard errors, side by side:

- given: these texts are trained on; other seeds and other texts to score are drawn. The verdicts
  hang on this one, and come when all runs are there.
- anew: the texts to train on are drawn anew as well. Where it agrees, the answer holds for those.

`python -m study.simulation` shows how often each is wrong.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bert_min import ModelError
from experiment.errors import run_command
from experiment.rundir import read_json
from scoring.table import aligned
from study.questions import ARMS, LEVEL, MARGIN, QUESTIONS
from study.record import is_positive, read_records
from study.statistics import Estimate, clustered, corrected_t, holm, influences, random_effects

NOT_YET = "not yet"  # the verdict before the last run
FEWEST = 3  # runs for an answer before the last

# Of a round and a mask (N,) of its texts: a score of these, and what each moves it by.
Scored = Callable[[int, np.ndarray], tuple[float, np.ndarray]]


def given(scored: Scored, runs: np.ndarray) -> Estimate:
    """A score's mean over the rounds, its error that of other seeds and other texts to score.

    `runs` (R, N) scored each text, -1 where none did.
    """
    rows = [row for row, run in enumerate(runs) if (run >= 0).any()]
    values, moved = [], np.zeros((len(rows), runs.shape[1]))
    for place, row in enumerate(rows):
        there = runs[row] >= 0
        value, moved[place, there] = scored(row, there)
        values.append(value)
    return clustered(values, moved, runs[rows])


def anew(scored: Scored, runs: np.ndarray) -> Estimate:
    """A score's mean over the runs, its error that of other texts to train on as well."""
    of_runs = [
        scored(row, run == number)[0]
        for row, run in enumerate(runs)
        for number in np.unique(run[run >= 0])
    ]
    size = (runs >= 0).sum() / len(of_runs)
    return corrected_t(of_runs, size / (runs.shape[1] - size))


def difference(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> Scored:
    """Macro-F1 of predictions (R, N) minus that of others, for labels (N,)."""

    def gap(row: int, own: np.ndarray) -> tuple[float, np.ndarray]:
        ours, theirs = (influences(arm[row, own], labels[own]) for arm in (first, second))
        return ours[0] - theirs[0], ours[1] - theirs[1]

    return gap


def differences(
    first: np.ndarray, second: np.ndarray, labels: np.ndarray, runs: np.ndarray
) -> tuple[Estimate, Estimate]:
    """The difference with the errors `given` and `anew`.

    `runs` (R, N) scored each text, -1 where none did: a run has scored all that it held out.
    """
    gap = difference(first, second, labels)
    return given(gap, runs), anew(gap, runs)


@dataclass(frozen=True)
class Answer:
    """A question's difference on one data set, its p-values by Holm over the five, its verdict."""

    question: str
    runs: int
    given: Estimate
    anew: Estimate
    p: float
    p_equal: float
    verdict: str

    def words(self, texts: int) -> str:
        """The verdict of this many texts; with how many, if it is open.

        So many would close it in four studies of five, were the difference as measured, by Holm's
        first step.
        """
        if self.verdict == "OPEN":
            needed = texts * self.given.growth_to_close(MARGIN, LEVEL / len(QUESTIONS))
            return f"OPEN, about {float(f'{needed:.2g}'):,.0f} texts"
        near = self.verdict in ("BETTER", "WORSE") and self.p_equal < LEVEL
        return self.verdict + (", by less than a point" if near else "")


def verdict(value: float, p: float, p_equal: float) -> str:
    """BETTER, WORSE, EQUAL (within the margin) or OPEN: the first arm, held against the second.

    BETTER and WORSE say that the difference is not 0, however small, and go before EQUAL.
    """
    if p < LEVEL:
        return "BETTER" if value > 0 else "WORSE"
    return "EQUAL" if p_equal < LEVEL else "OPEN"


def judged(found: Sequence[Estimate]) -> list[tuple[float, float, str]]:
    """Of each difference p, p of equality, both by Holm over all of them, and the verdict."""
    ps = holm([estimate.p for estimate in found])
    equal = holm([estimate.p_equal(MARGIN) for estimate in found])
    return [(p, q, verdict(e.value, p, q)) for e, p, q in zip(found, ps, equal, strict=True)]


class CrossValidated:
    """The records of one data set. Raises ModelError where there are none."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name
        self.facts = read_json(folder / "folds.json")
        if not self.facts:
            hint = "(hint: python -m study --folds N writes some)"
            raise ModelError(f"no records of a cross-validation in {folder} {hint}")
        self.labels = np.array(list(self.facts["labels"]), int)
        parts = np.array([list(row) for row in self.facts["parts"]], int)
        self.folds = self.facts["folds"]
        self.runs = parts + self.folds * np.arange(len(parts))[:, None]
        self.planned = int(self.runs.max()) + 1
        self.records = read_records(folder)
        self.margins = {arm: self._margins(arm) for arm in self.records}
        self.scored = {arm: ~np.isnan(found) for arm, found in self.margins.items()}
        self.predicted = {arm: is_positive(m).astype(int) for arm, m in self.margins.items()}

    def _margins(self, arm: str) -> np.ndarray:
        """(R, N), NaN where there is no record."""
        found = np.full(self.runs.shape, np.nan)
        for record in self.records[arm]:
            own = self.runs == record["seed"]
            for label in (1, 0):
                margins = record["margins"]["test"][str(label)]
                found[own & (self.labels == label)] = margins
        return found

    def macro_f1(self, arm: str, among: np.ndarray | bool = True) -> Estimate:
        """Over all texts of a round, those `among` (N,), and the mean over the rounds."""
        predicted, runs = self.predicted[arm], np.where(self.scored[arm] & among, self.runs, -1)
        return given(lambda row, own: influences(predicted[row, own], self.labels[own]), runs)

    @property
    def whole(self) -> bool:
        """Whether all runs of all arms are there."""
        return all(len(self.records.get(arm.name, ())) == self.planned for arm in ARMS)

    def formats(self) -> dict[str, list[int]]:
        """The runs that were trained in each number format; all arms of a run in the same."""
        found: dict[str, set[int]] = {}
        for record in (record for records in self.records.values() for record in records):
            found.setdefault(record["training_dtype"], set()).add(record["seed"])
        return {name: sorted(runs) for name, runs in sorted(found.items())}

    def both(self, first: str, second: str, among: np.ndarray | bool = True) -> np.ndarray | None:
        """The runs (R, N) that scored each text `among` these by both arms, None where too few.

        An error of two runs has one degree of freedom, and says nothing.
        """
        if first not in self.records or second not in self.records:
            return None
        runs = np.where(self.scored[first] & self.scored[second] & among, self.runs, -1)
        return runs if len(np.unique(runs[runs >= 0])) >= min(FEWEST, self.planned) else None

    def compare(self, first: str, second: str) -> tuple[int, Estimate, Estimate] | None:
        """How many runs both have, and the difference `given` and `anew`; None where too few."""
        runs = self.both(first, second)
        if runs is None:
            return None
        both = differences(self.predicted[first], self.predicted[second], self.labels, runs)
        return len(np.unique(runs[runs >= 0])), *both

    def compare_among(self, first: str, second: str, among: np.ndarray) -> Estimate | None:
        """The difference `given` on some texts, (N,) or (R, N); None where too few runs have it."""
        runs = self.both(first, second, among)
        if runs is None:
            return None
        return given(difference(self.predicted[first], self.predicted[second], self.labels), runs)

    def last_epochs(self, first: str, second: str) -> Estimate | None:
        """As `anew`, of the models as the last epoch left them; None where too few runs have it."""
        runs = self.both(first, second)
        if runs is None:
            return None
        scores = [
            {r["seed"]: r["last_epoch"]["test"]["macro_f1"] for r in self.records[arm]}
            for arm in (first, second)
        ]
        shared = np.unique(runs[runs >= 0])
        return corrected_t([scores[0][n] - scores[1][n] for n in shared], 1 / (self.folds - 1))

    def answers(self) -> list[Answer]:
        """The questions that enough runs answer; verdicts where all have theirs."""
        found = {q: c for q, pair in QUESTIONS.items() if (c := self.compare(*pair))}
        words = judged([given for _, given, _ in found.values()])
        return [
            Answer(*(question, number, given, anew, p, p_equal), word if self.whole else NOT_YET)
            for (question, (number, given, anew)), (p, p_equal, word) in zip(
                found.items(), words, strict=True
            )
        ]


def shown_p(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else "<0.0001"


def points(estimate: Estimate) -> str:
    """Its 95 % interval in points of macro-F1."""
    low, high = estimate.interval()
    return f"{100 * low:+.1f} to {100 * high:+.1f}"


def pooled(studies: Sequence[CrossValidated], found: Sequence[Answer]) -> Estimate | None:
    """One answer to a question from those of several data sets; None before the last run."""
    if len(found) < 2 or not all(study.whole for study in studies):
        return None
    return random_effects([answer.given for answer in found])


def forest(studies: Sequence[CrossValidated], path: Path) -> None:
    """Draw every answer with a verdict, by data set and pooled."""
    from study.report import figures

    answers = {study.name: study.answers() for study in studies}
    questions = {}
    for question, (first, second) in QUESTIONS.items():
        found = {name: a for name, own in answers.items() for a in own if a.question == question}
        rows = [
            (name, a.given.value, a.given.interval(), a.verdict)
            for name, a in found.items()
            if a.verdict != NOT_YET  # its interval would be all there is to see
        ]
        if together := pooled(studies, list(found.values())):
            rows.append(("pooled", together.value, together.interval(), ""))
        questions[f"{first} : {second}"] = rows
    figures.answers(questions, MARGIN, path)


def answers_table(studies: Sequence[CrossValidated]) -> str:
    """Each question on each data set, and pooled over those; how many texts would close it."""
    header = "First against second|data|runs|points|95 %, given|95 %, anew|p, Holm|p equal, Holm"
    sizes = {study.name: len(study.labels) for study in studies}
    answers = {study.name: study.answers() for study in studies}
    rows = []
    for question, (first, second) in QUESTIONS.items():
        found = {name: a for name, own in answers.items() for a in own if a.question == question}
        for name, a in found.items():
            value = f"{100 * a.given.value:+.2f}"
            judged = [shown_p(a.p), shown_p(a.p_equal), a.words(sizes[name])]
            row = [name, str(a.runs), value, points(a.given), points(a.anew), *judged]
            rows.append([f"{first} : {second}", *row])
        if together := pooled(studies, list(found.values())):
            runs, value = str(sum(a.runs for a in found.values())), f"{100 * together.value:+.2f}"
            rows.append(["", "pooled", runs, value, points(together), "", "", "", ""])
    return aligned([*header.split("|"), "verdict on the first"], rows)


def official_test(
    records: Sequence[dict[str, Any]], form: str = ".3f", score: str = "macro_f1"
) -> str:
    """Mean of a score on the test texts that a data set came with; "-" where it came with none."""
    found = [r["official_test"][score] for r in records if "official_test" in r]
    return format(float(np.mean(found)), form) if found else "-"


def arms_table(study: CrossValidated) -> str:
    """Macro-F1 of each arm, held-out and on the official test texts."""
    rows = []
    for arm in (arm.name for arm in ARMS if arm.name in study.records):
        records = study.records[arm]
        rows.append(
            [
                *(arm, f"{len(records)} of {study.planned}", f"{study.macro_f1(arm).value:.4f}"),
                official_test(records, ".4f"),
            ]
        )
    heads = (study.name, "runs", "macro-F1, held out", "official test")
    return aligned(list(heads), rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m study.verdicts", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "records", nargs="+", type=Path, metavar="DIR", help="records of one data set each"
    )
    about = "draw the answers, as PATH.png and PATH.svg"
    parser.add_argument("--figure", type=Path, metavar="PATH", help=about)
    asked = parser.parse_args()
    studies = [CrossValidated(folder) for folder in asked.records]
    if asked.figure:
        forest(studies, asked.figure)
    print(answers_table(studies), *map(arms_table, studies), sep="\n\n")
    return 0


if __name__ == "__main__":
    run_command(main)
