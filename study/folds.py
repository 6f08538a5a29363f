"""Cross-validation: every labelled text is scored by models that have not seen it.

The texts of train and validation are put together. A round divides them into folds, and run n holds
out fold n % folds of round n // folds, with n for its seed: the held-out fold is the `test` split
of the run's data and is only scored. An inner tenth of the rest is its `validation` split and
chooses the epoch. Texts that are the same once normalised stand on one side of each division. All
arms of run n read the same folder of texts and are trained in the same number format, the fastest
of the machine that began it. The test texts that a data set came with are scored, too, for the
record.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from data import Data, Split, load_data
from data.splitting import divide
from data.tables import DataError
from experiment.encoding import fingerprint
from experiment.errors import UsageError
from experiment.hardware import FORMATS
from experiment.loading import load_classifier
from experiment.rundir import read_json
from scoring import compute_metrics
from study.arms import Arm
from study.costs import Costs
from study.questions import ARMS
from study.record import shortened, write_record
from study.runner import Study
from study.settings import StudySettings

INNER = 0.1  # of the texts that are not held out
FILES = {"train": "train", "validation": "val", "test": "test"}
POOL = "pool"
BREAKS = str.maketrans("\r\n", "  ")


def pooled(settings: StudySettings) -> Data:
    """The labelled texts as the split `pool`, and as `test` those that a data set came with."""
    data = load_data(settings.data, settings.limit, choice=settings.choice)
    own = {"test": data.splits["test"]} if "test" not in data.made else {}
    parts = [split for name, split in data.splits.items() if name not in own]
    # They are kept a text a line; to BERT a line break is a blank.
    texts = [text.translate(BREAKS) for part in parts for text in part.texts]
    labels = [label for part in parts for label in part.labels]
    return replace(data, splits={POOL: Split(texts, labels), **own})


def deal(pool: Split, folds: int, rounds: int) -> np.ndarray:
    """The fold (R, N) of each text in each round."""
    shares = [1 / folds] * folds
    return np.stack([divide(pool.texts, pool.labels, shares, seed) for seed in range(rounds)])


def run_splits(pool: Split, parts: np.ndarray, run: int) -> dict[str, Split]:
    """The three splits of a run; `parts` (R, N) are the folds."""
    folds = int(parts.max()) + 1
    held = parts[run // folds] == run % folds
    rest = np.flatnonzero(~held)
    left = chosen(pool, rest)
    inner = divide(left.texts, left.labels, [1 - INNER, INNER], seed=run)
    return {
        "train": chosen(pool, rest[inner == 0]),
        "validation": chosen(pool, rest[inner == 1]),
        "test": chosen(pool, np.flatnonzero(held)),
    }


def chosen(pool: Split, places: np.ndarray) -> Split:
    return Split([pool.texts[i] for i in places], [pool.labels[i] for i in places])


def write_splits(folder: Path, splits: dict[str, Split], names: Sequence[str]) -> None:
    """A folder that `train.py --data` reads, written whole or not at all; checked if it is there.

    Raises DataError where it does not read back as what it should be.
    """
    if not folder.exists():
        partial = folder.with_name(f".{folder.name}.partial")
        partial.mkdir(parents=True, exist_ok=True)
        mapping = "".join(f"{label}\t{name}\n" for label, name in enumerate(names))
        (partial / "mapping.txt").write_text(mapping, encoding="utf-8")
        for name, split in splits.items():
            for kind, lines in (("text", split.texts), ("labels", split.labels)):
                with open(partial / f"{FILES[name]}_{kind}.txt", "w", encoding="utf-8") as file:
                    file.writelines(f"{line}\n" for line in lines)
        os.replace(partial, folder)
    if load_data(str(folder)).splits != splits:
        raise DataError(f"{folder} does not hold the texts of its run (hint: delete it)")


class CrossValidation(Study):
    """A study whose seeds are runs: rounds times folds, each with texts of its own."""

    kept = ("test",)

    def __init__(self, settings: StudySettings, lock: int) -> None:
        super().__init__(settings, lock)
        self.parts = deal(self.data.splits[POOL], settings.folds, settings.rounds)

    def read_data(self) -> Data:
        return pooled(self.settings)

    def texts(self, seed: int) -> list[str]:
        folder = self.settings.runs / "folds" / str(seed)
        with self.one_at_a_time:
            splits = run_splits(self.data.splits[POOL], self.parts, seed)
            write_splits(folder, splits, self.data.label_names)
        return ["--data", str(folder)]

    def number_format(self, seed: int) -> str:
        """What `--dtype` is for every arm of a run: that of its records, on whatever machine."""
        records = [r for arm in ARMS if (r := self.record(arm.name, seed))]
        known = {f"torch.{record['training_dtype']}" for record in records}
        return next((name for name, dtype in FORMATS.items() if str(dtype) in known), "auto")

    def command(self, arm: Arm, seed: int, out: Path) -> list[str]:
        return [*super().command(arm, seed, out), "--dtype", self.number_format(seed)]

    def make_record(self, out: Path, arm: Arm, seed: int) -> dict[str, Any]:
        record = super().make_record(out, arm, seed)
        if "test" in self.data.splits:
            split, classifier = self.data.splits["test"], load_classifier(out)
            classifier.parallel = False
            classifier.pack()
            scores = compute_metrics(classifier.logits(split.texts), split.labels)
            record["official_test"] = shortened(scores)
        return record

    def describe(self) -> None:
        """Write what holds for all records. Raises UsageError where they are of another study."""
        pool, path = self.data.splits[POOL], self.settings.records / "folds.json"
        facts = {
            "model": self.settings.model,
            "data": self.data.name,
            "data_sha256": fingerprint(self.data),
            "label_names": list(self.data.label_names),
            "folds": self.settings.folds,
            "labels": "".join(map(str, pool.labels)),
            "parts": ["".join(map(str, row)) for row in self.parts],
        }
        before = read_json(path)
        for name, value in facts.items():
            if before.get(name, value) != value:
                folder = self.settings.records
                raise UsageError(
                    f"{folder} holds records of other {name} (hint: another --results)"
                )
        write_record(path, facts)

    def run_all(self) -> None:
        """Every arm on fold 0, then on fold 1, and so on: what is paired comes together.

        At the end, what each arm costs; `--only costs` is that alone.
        """
        self.describe()
        self.settings = replace(self.settings, seeds=self.settings.folds * self.settings.rounds)
        self.run(ARMS)
        path = self.settings.records / "costs.json"
        if self.wanted(path.stem) and not path.is_file():
            torch.set_num_threads(self.cores * self.jobs)
            split = run_splits(self.data.splits[POOL], self.parts, 0)["train"]
            write_record(path, Costs(self.encoder, self.tokenizer, split).measure())
