"""The records of a study as numbers: an arm's scores over its seeds, and arms held side by side."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from bert_min import ModelError
from scoring.calibration import choose_threshold, fit_temperature, match_prior
from scoring.metrics import compute_metrics, softmax
from study.arms import RECIPE, ROBUST
from study.record import Scores, by_label, read_records, scores_of
from study.statistics import (
    Difference,
    holm,
    mcnemar,
    mean_interval,
    multi_bootstrap,
    verdict,
)

FEWEST_SEEDS, TOO_FEW = 3, "TOO FEW SEEDS"


class Arm:
    """All seeds of one arm."""

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
        """Every metric of each seed: the bare model, its threshold 1/2."""
        scores = self.scores(split)
        return [compute_metrics(row, scores.labels) for row in scores.logits]

    def values(self, split: str, metric: str) -> list[float]:
        return [row[metric] for row in self.metrics(split)]

    def mean(self, split: str, metric: str = "macro_f1") -> float:
        return float(np.mean(self.values(split, metric)))

    @cached_property
    def decisions(self) -> list[tuple[float, float]]:
        """Temperature and threshold of each seed, fitted on validation."""
        scores, found = self.scores("validation"), []
        for logits in scores.logits:
            temperature = fit_temperature(logits, scores.labels)
            score = softmax(logits / temperature)[:, 1]
            found.append((temperature, choose_threshold(score, scores.labels)))
        return found

    @cache  # noqa: B019
    def decided(self, split: str) -> list[dict[str, Any]]:
        """Every metric of each seed, with its temperature and threshold."""
        scores = self.scores(split)
        return [
            compute_metrics(row / temperature, scores.labels, threshold)
            for row, (temperature, threshold) in zip(scores.logits, self.decisions, strict=True)
        ]

    @cache  # noqa: B019
    def matched(self, split: str) -> list[dict[str, Any]]:
        """Every metric of each seed, its scores matched to the share of positives in validation."""
        scores = self.scores(split)
        moved = [margins + self.offset(split, i) for i, margins in enumerate(scores.margins)]
        return [
            compute_metrics(np.stack([np.zeros_like(m), m], axis=1), scores.labels) for m in moved
        ]

    def final(self, name: str, prior: str | None) -> "Arm":
        """This arm under another name; its scores are matched where the study chose so."""
        records = []
        for seed, record in enumerate(self.records):
            margins = dict(record["margins"])
            for split in margins if prior == "matched" else ():
                scores = self.scores(split)
                moved = scores.margins[seed] + self.offset(split, seed)
                margins[split] = by_label(moved, scores.labels.tolist())
            records.append({**record, "arm": name, "margins": margins})
        return Arm(records)

    def offset(self, split: str, seed: int) -> float:
        """What matches the scores of a split to the share of positives in validation."""
        prior = float(self.scores("validation").labels.mean())
        return match_prior(self.scores(split).margins[seed], prior)

    def ensemble(self, split: str) -> np.ndarray:
        """Logits (N, 2) of the mean over the seeds of the calibrated probabilities."""
        scores = self.scores(split)
        temperatures = np.array([t for t, _ in self.decisions])[:, None, None]
        probabilities = np.stack([softmax(row) for row in scores.logits / temperatures])
        return np.log(np.clip(probabilities.mean(axis=0), 1e-9, None))

    def last_epoch(self, split: str, metric: str) -> list[float]:
        return [record["last_epoch"][split][metric] for record in self.records]


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
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def compare(self, first: str, second: str, split: str) -> Comparison | None:
        """None where an arm is missing, or no seed is in both."""
        if first not in self.arms or second not in self.arms:
            return None
        shared = sorted(set(self.arms[first].seeds) & set(self.arms[second].seeds))
        if not shared:
            return None
        a, b = (self.arms[name].of_seeds(shared) for name in (first, second))
        scores_a, scores_b = a.scores(split), b.scores(split)
        right = [arm.ensemble(split).argmax(axis=1) == scores_a.labels for arm in (a, b)]
        return Comparison(
            first,
            second,
            split,
            len(shared),
            multi_bootstrap(scores_a.predicted, scores_b.predicted, scores_a.labels),
            mcnemar(*right),
        )

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

    def interval(self, arm: str, split: str, metric: str = "macro_f1") -> tuple[float, ...]:
        return mean_interval(self.arms[arm].values(split, metric))
