"""How often a run in int8 gives its validation texts the labels that it gave them in training."""

import json
import math
from pathlib import Path

import numpy as np

from bert_min import ModelError
from data import DataError, load_data
from experiment.classifier import Classifier
from experiment.cli import LEAST, say
from experiment.data_flags import choice_of
from experiment.encoding import fingerprint
from experiment.errors import UsageError
from experiment.rundir import read_record
from experiment.to_score import source_of
from hub import HubError
from scoring import decide, softmax

MOST = 1000  # texts that are read for it


class Disagreement(ModelError):
    """int8 changes more labels of a run than was asked for."""


def check_int8(run: Path, classifier: Classifier, least: float = LEAST) -> None:
    """Say how many labels of a run's validation texts int8 leaves as they were.

    Raises Disagreement where they are fewer than `least` of them. Where the texts, or what was
    predicted of them, are not there any more, that is said.
    """
    try:
        length = classifier.tokenizer.max_length
        if (then := read_record(run / "train_args.json").get("max_length", length)) != length:
            raise UsageError(f"it was trained on {then} tokens, and --max-length is {length}")
        texts, logits = read_validation(run)
    except (UsageError, DataError, HubError, OSError, ValueError, LookupError, TypeError) as error:
        say(f"warning: {run}: how int8 agrees with fp32 is not known: {error}")
        return
    before, now = (labels(given, classifier) for given in (logits, classifier.logits(texts)))
    agree = int((before == now).sum())
    told = f"{agree:,} of {len(texts):,} validation texts have the label in int8 that they had"
    if agree < least * len(texts):
        share = math.floor(1000 * agree / len(texts)) / 1000
        hint = f"(hint: --dtype fp32, or --least-agreement {share})"
        raise Disagreement(f"{run}: {told}; {least:.1%} are asked for {hint}")
    say(f"{run}: {told}")


def labels(logits: np.ndarray, classifier: Classifier) -> np.ndarray:
    decision = classifier.decision
    return decide(softmax(logits / decision.temperature), decision.threshold)


def read_validation(run: Path) -> tuple[list[str], np.ndarray]:
    """The validation texts of a run, and the logits (N, K) that it gave them at its end.

    Raises UsageError where either is gone, DataError, HubError, and what reading files raises.
    """
    record = read_record(run / "train_args.json")
    if record.get("data") is None:
        raise UsageError("it does not say what it was trained on")
    with open(run / "predictions" / "validation.jsonl", encoding="utf-8") as file:
        logits = [json.loads(line)["logits"] for line in file]
    source = (source_of(run, record), record.get("limit"), record.get("data_revision"))
    data = load_data(*source, choice_of(record))
    if fingerprint(data) != record.get("data_sha256"):
        raise UsageError(f"{data.name} have changed since it was trained")
    texts, found = data.splits["validation"].texts, np.array(logits, np.float32)
    if found.shape != (len(texts), len(data.label_names)):
        raise UsageError(f"its predictions are {found.shape}, of {len(texts)} texts")
    return list(texts[:MOST]), found[:MOST]
