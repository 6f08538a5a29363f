"""The records of a study as numbers: an arm's scores over its seeds, and arms held side by side."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from bert_min import ModelError
from experiment.rundir import read_json
from scoring.calibration import choose_threshold, fit_temperature, match_prior
from scoring.metrics import compute_metrics, decide, softmax
from study.arms import RECIPE, ROBUST
from study.record import Scores, by_label, read_records, scores_of
from study.statistics import Difference, holm, mcnemar, mean_interval, multi_bootstrap, verdict

FEWEST_SEEDS, TOO_FEW = 3, "TOO FEW SEEDS"


class Arm:
    """All seeds of one arm. Metrics are lists of what `compute_metrics` says, one a seed."""

    def __init__(self, records: Sequence[dict[str, Any]]) -> None:
        self.records = list(records)
        self.name = records[0]["arm"]
        self.seeds = [record["seed"] for record in records]

    def of_seeds(self, seeds: Sequence[int]) -> "Arm":
        return Arm([record for record in self.records if record["seed"] in seeds])

    @cache  # noqa: B019 (an arm lives as long as the report)
    def scores(self, split: str) -> Scores:
        return scores_of(self.records, split)

    @cache  # noqa: B019
    def metrics(self, split: str) -> list[dict[str, Any]]:
        """Of the bare model, its threshold 1/2."""
        scores = self.scores(split)
        return [compute_metrics(row, scores.labels) for row in scores.logits]

    def values(self, split: str, metric: str = "macro_f1") -> list[float]:
        return [row[metric] for row in self.metrics(split)]

    def mean(self, split: str, metric: str = "macro_f1") -> float:
        return float(np.mean(self.values(split, metric)))

    def interval(self, split: str) -> tuple[float, float, float]:
        """Of macro-F1: mean, and the ends of its 95 % interval over the seeds."""
        return mean_interval(self.values(split))

    @cached_property
    def decisions(self) -> list[tuple[float, float]]:
        """Temperature and threshold of each seed, fitted on validation."""
        scores, found = self.scores("validation"), []
        for logits in scores.logits:
            temperature = fit_temperature(logits, scores.labels)
            score = softmax(logits / temperature)[:, 1]
            found.append((temperature, choose_threshold(score, scores.labels)))
        return found

    def tempered(self, split: str) -> np.ndarray:
        """Logits (S, N, 2), each seed's divided by its temperature."""
        temperatures = np.array([temperature for temperature, _ in self.decisions])
        return self.scores(split).logits / temperatures[:, None, None]

    @cache  # noqa: B019
    def decided(self, split: str) -> list[dict[str, Any]]:
        """With the temperature and the threshold."""
        labels = self.scores(split).labels
        return [
            compute_metrics(row, labels, threshold)
            for row, (_, threshold) in zip(self.tempered(split), self.decisions, strict=True)
        ]

    def moved(self, split: str) -> Scores:
        """The scores moved so that each seed's mean is the share of positives in validation."""
        scores, prior = self.scores(split), float(self.scores("validation").labels.mean())
        margins = [margins + match_prior(margins, prior) for margins in scores.margins]
        return replace(scores, margins=np.array(margins))

    @cache  # noqa: B019
    def matched(self, split: str) -> list[dict[str, Any]]:
        """With the scores moved."""
        scores = self.moved(split)
        return [compute_metrics(row, scores.labels) for row in scores.logits]

    def final(self, name: str, prior: str | None) -> "Arm":
        """This arm under another name; its scores are moved where the study chose so."""
        records = [{**record, "arm": name} for record in self.records]
        if prior == "matched":
            moved = {split: self.moved(split) for split in records[0]["margins"]}
            for seed, record in enumerate(records):
                record["margins"] = {
                    split: by_label(scores.margins[seed], scores.labels.tolist())
                    for split, scores in moved.items()
                }
        return Arm(records)

    def ensemble(self, split: str) -> np.ndarray:
        """Logits (N, 2) of the mean over the seeds of the calibrated probabilities."""
        probabilities = np.stack([softmax(row) for row in self.tempered(split)])
        return np.log(np.clip(probabilities.mean(axis=0), 1e-9, None))

    def last_epoch(self, split: str) -> list[dict[str, Any]]:
        """Of the last epoch, which is not the one kept."""
        return [record["last_epoch"][split] for record in self.records]


@dataclass(frozen=True)
class Comparison:
    """One arm held against another on a split, over the seeds that both have."""

    first: str
    second: str
    split: str
    seeds: int
    difference: Difference
    mcnemar_p: float


class Summary:
    """The records of a folder. Raises ModelError where there are none."""

    def __init__(self, folder: Path) -> None:
        found = read_records(folder)
        if not found or not (folder / "study.json").is_file():
            raise ModelError(
                f"no records of a study in {folder} (hint: python -m study writes some)"
            )
        self.folder = folder
        self.arms = {name: Arm(records) for name, records in found.items()}
        self.facts = self.aside("study")
        for name, trained in zip(RECIPE, ROBUST, strict=True):
            if trained in self.arms:
                self.arms[name] = self.arms[trained].final(name, self.facts.get("prior"))

    def aside(self, name: str) -> dict[str, Any]:
        """A JSON file beside the records; empty where it is not there."""
        return read_json(self.folder / f"{name}.json")

    def present(self, names: Sequence[str]) -> list[Arm]:
        """Those of these arms that have records."""
        return [self.arms[name] for name in names if name in self.arms]

    def compare(self, first: str, second: str, split: str) -> Comparison | None:
        """None where an arm is missing, or no seed is in both."""
        if first not in self.arms or second not in self.arms:
            return None
        shared = sorted(set(self.arms[first].seeds) & set(self.arms[second].seeds))
        if not shared:
            return None
        a, b = (self.arms[name].of_seeds(shared) for name in (first, second))
        scores_a, scores_b = a.scores(split), b.scores(split)
        right = [decide(softmax(arm.ensemble(split))) == scores_a.labels for arm in (a, b)]
        difference = multi_bootstrap(scores_a.predicted, scores_b.predicted, scores_a.labels)
        return Comparison(first, second, split, len(shared), difference, mcnemar(*right))

    def compare_all(
        self, pairs: Sequence[tuple[str, str]], split: str
    ) -> list[tuple[Comparison, float, str]]:
        """Each comparison that can be made, its p-value by Holm among them, and its verdict.

        With fewer than three seeds there is none: their spread is not known.
        """
        made = [c for first, second in pairs if (c := self.compare(first, second, split))]
        judged = [c for c in made if c.seeds >= FEWEST_SEEDS]
        adjusted = dict(zip(judged, holm([c.difference.p for c in judged]), strict=True))
        return [
            (c, adjusted[c], verdict(c.difference, adjusted[c]))
            if c in adjusted
            else (c, math.nan, TOO_FEW)
            for c in made
        ]
