"""Finished runs on a split, or on HateCheck, as `eval.py` shows them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from data import Choice, Data, DataError, Split, load_data
from data.matching import in_order_of
from data.sources import AS_FOUND
from experiment.agreement import check_int8
from experiment.classifier import Classifier
from experiment.cli import LEAST, say
from experiment.data_flags import choice_of
from experiment.encoding import fingerprint
from experiment.errors import UsageError
from experiment.hardware import pick_device, pick_dtype
from experiment.loading import classes_of, ids_of, load_classifier
from experiment.rundir import read_record, read_results
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
    prior: float | None = None  # the share of positives that scores are matched to

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


def find_data(
    runs: list[Path],
    source: str | None,
    limit: int | None,
    choice: Choice = AS_FOUND,
    base: str | None = None,
) -> Data:
    """The texts to score: those of `source`, or what the runs were trained on, read as then.

    The classes are the first run's, in its order. Raises UsageError, and DataError where those of
    the data are others.
    """
    records = [read_record(run / "train_args.json") for run in runs]
    record = records[0]
    if source is not None:
        made_as = choice_of(record).split
        data = load_data(source, limit, None, replace(choice, split=made_as))
        for note in data.notes:
            say(note)
    elif others := trained_on_others(runs, records):
        hint = "(hint: name runs of one kind, or --data)"
        raise UsageError(f"these runs were trained on different data: {others} {hint}")
    elif record.get("data") is None:
        raise UsageError("these runs do not say what they were trained on (hint: give --data)")
    else:
        limit = limit or record.get("limit")
        revision = record.get("data_revision")
        data = load_data(record["data"], limit, revision, choice_of(record))
    sha256 = fingerprint(data)
    for run, record in zip(runs, records, strict=True):
        same_limit = limit == record.get("limit")
        if same_limit and record.get("data_sha256", sha256) != sha256:
            changed = "" if source else ": they have changed since"
            say(f"warning: {data.name} are other texts than {run} was trained on{changed}")
    for run in reversed(runs):
        try:
            data, note = in_order_of(data, classes_of(run, base), ids_of(run, base))
        except DataError as error:
            raise DataError(f"{run}: {error}") from None
        if note:
            say(f"{run}: {note}")
    return data


def with_all(data: Data, source: str, runs: Sequence[Path]) -> Data:
    """The data of `source` with a split more, `all`: the texts of all splits, one after another.

    Raises UsageError where a run was trained on some of them.
    """
    sha256 = fingerprint(data)
    for run in runs:
        record = read_record(run / "train_args.json")
        # Read by other flags, the same place has another hash.
        same_place = Path(str(record.get("data"))).resolve() == Path(source).resolve()
        if same_place or record.get("data_sha256") == sha256:
            raise UsageError(f"{run} was trained on texts of {data.name} (hint: --split test)")
    parts = data.splits.values()
    everything = Split([t for p in parts for t in p.texts], [y for p in parts for y in p.labels])
    return replace(data, splits={**data.splits, "all": everything})


def trained_on_others(runs: Sequence[Path], records: Sequence[dict[str, Any]]) -> str:
    """Which runs were trained on other texts than the first, and what of their flags differs."""
    first, told = records[0], []
    flags = ["data", "data_revision", "limit", *(f.name for f in fields(Choice))]
    for run, record in zip(runs, records, strict=True):
        if record.get("data_sha256") != first.get("data_sha256"):
            differs = [
                f"--{name.replace('_', '-')} {record.get(name)} and not {first.get(name)}"
                for name in flags
                if record.get(name) != first.get(name)
            ]
            told.append(f"{run} with {', '.join(differs) or 'the same flags on changed files'}")
    return f"{runs[0]}, but {'; '.join(told)}" if told else ""


def score_hatecheck(runs: list[Path], folder: Path, manner: Manner) -> dict[str, Any]:
    """How each run does on the test cases of HateCheck; nothing is ever trained on them."""
    cases, scores = read_cases(folder), {}
    for run in runs:
        classifier = manner.load(run)
        if len(classifier.label_names) > 2:
            raise UsageError(
                f"HateCheck knows two classes, hateful or not; {run} has "
                f"{', '.join(classifier.label_names)} (hint: a run of two classes)"
            )
        logits, _ = read(run, classifier, cases.texts)
        scores[str(run)] = score_cases(cases, logits, *manner.decision(classifier))
    return scores


def read(run: Path, classifier: Classifier, texts: Sequence[str]) -> tuple[np.ndarray, float]:
    """Logits (N, K) of N texts, and the seconds that they took."""
    classifier.pack()
    with tqdm(total=len(texts), desc=str(run), unit="text", disable=None) as bar:
        started = time.perf_counter()
        logits = classifier.logits(texts, bar.update)
        return logits, time.perf_counter() - started


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


def score_run(
    run: Path, split: Split, label_names: Sequence[str], manner: Manner
) -> dict[str, Any]:
    """Every metric of one run on a split, and what its directory says of its training.

    Raises UsageError where the run does not know the classes of the split.
    """
    classifier = manner.load(run)
    columns = places(run, classifier.label_names, label_names)
    depth = classifier.model.config.num_hidden_layers
    parameters, _ = count_parameters(classifier.model.parameters())
    logits, seconds = read(run, classifier, split.texts)
    logits = logits[:, columns]
    record, results = read_record(run / "train_args.json"), read_results(run)
    temperature, threshold = manner.decision(classifier)
    if manner.prior is not None:
        logits[:, 1] += match_prior(logits[:, 1] - logits[:, 0], manner.prior)
    return {
        "run": str(run),
        "layers": ",".join(map(str, record.get("layers", range(1, depth + 1)))),
        "train_loss": results.get("train_loss"),
        "parameters": results.get("parameters", parameters),
        "trainable": results.get("trainable"),
        "ms_per_text": 1000 * seconds / len(split.texts),
        **compute_metrics(logits / temperature, split.labels, threshold),
    }
