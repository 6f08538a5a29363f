"""Rows of texts into answers: in chunks, in order, and one for each row, be it good or bad."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any
from uuid import uuid4

from data.tables import STDIN, Row
from experiment.answers import AnswerFile, partial_of
from experiment.classifier import Classifier, Prediction
from experiment.rundir import MODEL_FILES, sha256
from speed.ranks import rank, wait_for_all, world

CHUNK = 2048  # texts that are sorted by length together; memory does not grow with the file
EMPTY = "the text is empty: there is nothing to read in it"


def answer(row: Row, prediction: Prediction, classifier: Classifier) -> dict[str, Any]:
    """What is written for a row: label and scores, or an `error` where its text is empty.

    Of two classes the threshold says from which `score` on the label is the positive one; of more,
    `scores` has the probability of each.
    """
    if prediction.is_empty:
        return {"line": row.line, "error": EMPTY}
    names, scores = classifier.label_names, [round(score, 6) for score in prediction.scores]
    how: dict[str, Any] = {"threshold": classifier.decision.threshold}
    if len(names) > 2:
        how = {"scores": dict(zip(names, scores, strict=True))}
    return {
        "text": row.cells[0],
        "label": prediction.label,
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


def job(run: Path, file: Path | None, flags: list[Any], order: list[int]) -> dict[str, Any]:
    """All that decides the answers and their order: the run, the file as it is now, the flags."""
    models = [run / name for name in MODEL_FILES]
    source: Any = uuid4().hex  # what comes through a pipe, or as arguments, is never the same job
    if file and file != STDIN and file.is_file():
        about = file.stat()
        source = [str(file.resolve()), about.st_size, about.st_mtime_ns]
    return {
        "run": sha256(path for path in models if path.is_file()),
        "file": source,
        "flags": flags,
        "order": [CHUNK, *order],
    }


def part_of(out: Path, number: int) -> Path:
    """The file of a rank's answers on their way to `out`."""
    return out if world() == 1 else out.with_name(f".{out.name}.{number}")


def finish(file: AnswerFile, out: Path) -> None:
    """Give the answers their name; of several ranks' files, rank 0 takes a line each in turn."""
    if world() == 1:
        file.finish()
        return
    file.close()
    wait_for_all()
    if rank() == 0:
        partial = partial_of(out)
        with ExitStack() as stack, open(partial, "w", encoding="utf-8") as whole:
            parts = [partial_of(part_of(out, number)) for number in range(world())]
            files = [stack.enter_context(open(part, encoding="utf-8")) for part in parts]
            for lines in zip_longest(*files, fillvalue=""):
                whole.writelines(lines)
        os.replace(partial, out)
    wait_for_all()
    file.discard()
