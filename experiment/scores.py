"""Finished runs on a split, or on HateCheck, as `eval.py` shows them."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from data import Data, Split
from experiment.agreement import check_int8
from experiment.classifier import Classifier
from experiment.cli import LEAST
from experiment.errors import UsageError
from experiment.hardware import pick_device, pick_dtype
from experiment.loading import load_classifier
from experiment.rundir import is_adapted, read_record, read_results
from lora import count_parameters
from scoring import compute_metrics
from scoring.calibration import match_prior
from scoring.hatecheck import read_cases, score_cases


@dataclass(frozen=True)
class Manner:
    """How every run is read and scored: None and False stand for the defaults of the flags."""

    max_length: int | None
    batch_size: int
    device: str
    dtype: str
    decided: bool
    least_agreement: float = LEAST  # of int8 with fp32
    base: str | None = None  # of the runs that are adapters
    matched: bool = False  # whether scores are moved to the share of positives in validation

    def load(self, run: Path) -> Classifier:
        """A run's model. Raises UsageError for what this machine has not, ModelError."""
        device = pick_device(self.device)
        dtype = pick_dtype(self.dtype, device, training=False)
        place = (self.batch_size, device, dtype, self.base)
        classifier = load_classifier(run, self.max_length, *place)
        if self.dtype == "int8":
            check_int8(run, classifier, self.least_agreement)
        return classifier

    def decision(self, classifier: Classifier) -> tuple[float, float]:
        """The temperature and the threshold to score with."""
        if not self.decided:
            return 1.0, 0.5
        return classifier.decision.temperature, classifier.decision.threshold


def score_hatecheck(runs: list[Path], folder: Path, manner: Manner) -> dict[str, Any]:
    """How each run does on the test cases of HateCheck; nothing is ever trained on them.

    Raises DataError, and UsageError for a run of more classes than two.
    """
    cases, scores = read_cases(folder), {}
    for run in runs:
        classifier = manner.load(run)
        if len(classifier.label_names) > 2:
            raise UsageError(
                f"HateCheck knows two classes, hateful or not; {run} has "
                f"{', '.join(classifier.label_names)} (hint: a run of two classes)"
            )
        logits, _, _ = read(run, classifier, cases.texts)
        scores[str(run)] = score_cases(cases, logits, *manner.decision(classifier))
    return scores


def read(run: Path, classifier: Classifier, texts: Sequence[str]) -> tuple[np.ndarray, int, float]:
    """Logits (N, K) of N texts, how many texts go on after what is read, and the seconds taken."""
    classifier.pack()
    with tqdm(total=len(texts), desc=str(run), unit="text", disable=None) as bar:
        started = time.perf_counter()
        encoded = classifier.tokenizer.encode(list(map(classifier.read, texts)))
        logits = classifier.forward([text.ids for text in encoded], bar.update)
        seconds = time.perf_counter() - started
    return logits, sum(text.truncated for text in encoded), seconds


def describe(data: Data, split: str) -> dict[str, Any]:
    """What is said of a split itself: its name, its classes and how frequent they are."""
    labels, names = data.splits[split].labels, data.label_names
    shares = (np.bincount(labels, minlength=len(names)) / len(labels)).tolist()
    classes: dict[str, Any] = {"positive": names[1], "positive_rate": shares[1]}
    if len(names) > 2:
        classes = {"label_names": list(names), "label_rates": shares}
    return {"data": data.name, "split": split, **classes}


def places(run: Path, own: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """The column of a run's logits that speaks of each class of the data.

    Two classes of other names go by their order. Raises UsageError where the run does not know
    the classes.
    """
    if len(own) == len(wanted) == 2 and set(own) != set(wanted):
        return [0, 1]
    if set(own) != set(wanted):
        raise UsageError(
            f"{run} tells {', '.join(own)} apart, the texts are {', '.join(wanted)} "
            "(hint: runs of one kind, or --data with these classes)"
        )
    return [own.index(name) for name in wanted]


def validation_share(run: Path, name: str) -> float:
    """How frequent a class was in a run's validation texts. Raises UsageError."""
    path = run / "predictions" / "validation.jsonl"
    try:
        with open(path, encoding="utf-8") as file:
            return fmean(json.loads(line)["gold"] == name for line in file)
    except FileNotFoundError:
        hint = "(hint: --matched is for runs that train.py made)"
        raise UsageError(f"{run} has no {path.relative_to(run)} {hint}") from None
    except (ValueError, LookupError, TypeError):
        raise UsageError(f"{path} is damaged (hint: train again)") from None


def score_run(
    run: Path, split: Split, label_names: Sequence[str], manner: Manner
) -> dict[str, Any]:
    """Every metric of one run on a split, and what its directory says of its training.

    Raises UsageError where the run does not know the classes of the split.
    """
    classifier = manner.load(run)
    columns = places(run, classifier.label_names, label_names)
    depth = classifier.model.config.num_hidden_layers
    # Those of an int8 twin are no parameters, and those of an adapter are in its base by now.
    counted = classifier.dtype != torch.int8 and not is_adapted(run)
    parameters = count_parameters(classifier.model.parameters())[0] if counted else None
    logits, cut, seconds = read(run, classifier, split.texts)
    logits = logits[:, columns]
    record, results = read_record(run / "train_args.json"), read_results(run)
    temperature, threshold = manner.decision(classifier)
    if manner.matched:
        prior = validation_share(run, classifier.label_names[columns[1]])
        logits[:, 1] += match_prior(logits[:, 1] - logits[:, 0], prior)
    return {
        "run": str(run),
        "layers": ",".join(map(str, record.get("layers", range(1, depth + 1)))),
        "train_loss": results.get("train_loss"),
        "parameters": results.get("parameters", parameters),
        "trainable": results.get("trainable"),
        "ms_per_text": 1000 * seconds / len(split.texts),
        "cut": cut,
        "max_length": classifier.tokenizer.max_length,
        **compute_metrics(logits / temperature, split.labels, threshold),
    }
