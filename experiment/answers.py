"""Answers for many texts, on their way to a file: whole under its name, or to be gone on with."""

import csv
import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

from experiment.classifier import Prediction

FIELDS = ("text", "label", "score", "threshold", "truncated", "line", "error")


def answer(text: str, prediction: Prediction, threshold: float) -> dict[str, Any]:
    """What is written for a text: it is positive from a score of `threshold` on."""
    return {
        "text": text,
        "label": prediction.label,
        "score": round(prediction.score, 6),
        "threshold": threshold,
        "truncated": prediction.truncated,
    }


def as_json(answer: dict[str, Any], first: bool) -> str:
    """One line, in ASCII: any terminal and pipe takes it."""
    return json.dumps(answer) + "\n"


def as_csv(answer: dict[str, Any], first: bool) -> str:
    """One row; the first one brings the header."""
    row = StringIO()
    writer = csv.DictWriter(row, FIELDS, lineterminator="\n")
    if first:
        writer.writeheader()
    writer.writerow(answer)
    return row.getvalue()


class AnswerFile:
    """Answers of one job, in `.NAME.partial` until all are there.

    How many rows were answered, and in how many bytes, is noted after every `write` in
    `.NAME.partial.json`: a job of the same identity goes on from there, and what was written later
    is cut off. `counts` holds the rows that need no answer again, and how many of them are bad.
    """

    def __init__(self, out: Path, identity: dict[str, Any]) -> None:
        self.out, self.identity = out, identity
        self.partial = out.with_name(f".{out.name}.partial")
        self.note = out.with_name(f".{out.name}.partial.json")
        self.counts = {"rows": 0, "bad": 0}
        length = 0
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            if note["identity"] == identity and self.partial.stat().st_size >= note["bytes"]:
                self.counts, length = note["counts"], note["bytes"]
        except (OSError, ValueError, LookupError, TypeError):
            pass  # there is nothing to go on with
        self.file = open(self.partial, "ab")  # noqa: SIM115
        self.file.truncate(length)

    def write(self, text: str, counts: dict[str, int]) -> None:
        """Add answers, and note how far they came."""
        self.file.write(text.encode())
        self.file.flush()
        note = {"identity": self.identity, "counts": counts, "bytes": self.file.tell()}
        staging = self.note.with_suffix(".new")
        staging.write_text(json.dumps(note), encoding="utf-8")
        os.replace(staging, self.note)

    def finish(self) -> None:
        """Give the file its name."""
        self.file.close()
        os.replace(self.partial, self.out)
        self.note.unlink(missing_ok=True)
