"""Rows of texts into answers: in chunks, in order, and one for each row, be it good or bad."""

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from bert_min.find import sha256
from data.tables import STDIN, Row
from experiment.answers import PIPE, AnswerFile, partial_of
from experiment.classifier import Classifier, Prediction
from experiment.errors import UsageError
from experiment.readable import EMPTY

CHUNK = 2048  # texts that are sorted by length together; memory does not grow with the file


def answer(row: Row, prediction: Prediction, classifier: Classifier) -> dict[str, Any]:
    """What is written for a row: label and scores, or an `error` where its text is empty.

    Of two classes the threshold says from which `score` on the label is the positive one; of more,
    `scores` has the probability of each. There is no label, but a `reason`, where none can be told.
    """
    if prediction.is_empty:
        return {"line": row.line, "error": EMPTY}
    names, scores = classifier.label_names, [round(score, 6) for score in prediction.scores]
    how: dict[str, Any] = {"threshold": classifier.decision.threshold}
    if len(names) > 2:
        how = {"scores": dict(zip(names, scores, strict=True))}
    return {
        "text": row.cells[0],
        "label": None if prediction.reason else prediction.label,
        **({"reason": prediction.reason} if prediction.reason else {}),
        "score": round(prediction.score, 6),
        **how,
        "truncated": prediction.truncated,
    }


def labelled(rows: Iterator[Row], classifier: Classifier) -> Iterator[list[dict[str, Any]]]:
    """Yield the answers to each chunk of rows, in order; that to a bad row has an `error`."""
    while chunk := list(islice(rows, CHUNK)):
        found = iter(classifier.predict([row.cells[0] for row in chunk if not row.error]))
        yield [
            {"line": row.line, "error": row.error}
            if row.error
            else answer(row, next(found), classifier)
            for row in chunk
        ]


def job(files: dict[str, Path], source: Path | list[str], flags: dict[str, Any]) -> dict[str, Any]:
    """All that decides the answers, under names for a person: files by their hash, and flags.

    `files` are those of the model, `source` the file of texts, or texts.
    """
    read = {name: sha256([path]) for name, path in files.items()}
    if isinstance(source, list):
        texts = json.dumps(source).encode()
        return read | {"texts": hashlib.sha256(texts).hexdigest()} | flags
    if source == STDIN or not source.is_file():
        return read | {PIPE: uuid4().hex} | flags  # which nobody can read again
    return read | {"content of --file": sha256([source])} | flags


def begin(out: Path, identity: dict[str, Any], anew: bool) -> AnswerFile:
    """The answers to a job on their way to `out`; `anew` drops those of another job.

    Raises UsageError where such are there and are to stay.
    """
    try:
        return AnswerFile(out, identity)
    except UsageError:
        if not anew:
            raise
    partial = partial_of(out)
    for ending in ("", ".json", ".new"):
        partial.with_name(partial.name + ending).unlink(missing_ok=True)
    return AnswerFile(out, identity)
