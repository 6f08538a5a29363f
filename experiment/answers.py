"""Answers for many texts, on their way to a file: whole under its name, or to be gone on with."""

import csv
import json
import os
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiment.errors import UsageError

if TYPE_CHECKING:
    import pyarrow


def as_json(answers: list[dict[str, Any]], names: Sequence[str], first: bool) -> str:
    """A line each, in ASCII: any terminal and pipe takes it."""
    return "".join(json.dumps(answer) + "\n" for answer in answers)


def as_csv(answers: list[dict[str, Any]], names: Sequence[str], first: bool) -> str:
    """A row each; the first of a file bring the header.

    Of two classes (`names`) there is a column `threshold`, of more a column `score_NAME` of each.
    """
    columns = [f"score_{name}" for name in names] if len(names) > 2 else ["threshold"]
    fields = ("text", "label", "score", *columns, "truncated", "reason", "line", "error")
    rows = StringIO()
    # Texts in quotes, whatever is in them: a carriage return alone would end the row for readers.
    writer = csv.DictWriter(
        rows, fields, extrasaction="ignore", lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )
    if first:
        writer.writeheader()
    for answer in answers:
        scores = answer.get("scores", {})
        writer.writerow(answer | {f"score_{name}": score for name, score in scores.items()})
    return rows.getvalue()


def as_table(answers: list[dict[str, Any]], names: Sequence[str]) -> "pyarrow.Table":
    """A row each, without text and line: its types are the same whatever is in it."""
    import pyarrow as pa

    scores = pa.struct([(name, pa.float64()) for name in names])
    fields = {
        "label": pa.string(),
        "score": pa.float64(),
        **({"scores": scores} if len(names) > 2 else {"threshold": pa.float64()}),
        "truncated": pa.bool_(),
        "reason": pa.string(),
        "error": pa.string(),
    }
    return pa.Table.from_pylist(answers, pa.schema(fields))


PIPE = "input of a pipe"  # in the identity of a job, which has it only once


class AnswerFile:
    """Answers of one job, in `.NAME.partial` until all are there.

    How many rows were answered, and in how many bytes, is noted after every `write` in
    `.NAME.partial.json`: a job of the same identity goes on from there, and what was written later
    is cut off. `counts` holds the rows that need no answer again, and how many of them are bad.
    Raises UsageError where the answers are another job's, or fewer than noted: nothing of them is
    lost.
    """

    def __init__(self, out: Path, identity: dict[str, Any]) -> None:
        self.out, self.identity = out, identity
        self.partial = partial_of(out)
        self.note = self.partial.with_name(f"{self.partial.name}.json")
        note = self._read_note()
        self.counts = note["counts"]
        self.file = open(self.partial, "ab")  # noqa: SIM115
        self.file.truncate(note["bytes"])

    def _read_note(self) -> dict[str, Any]:
        """How many rows of this job are answered, and in how many bytes. Raises UsageError."""
        if not self.note.exists():
            return {"counts": {"rows": 0, "bad": 0}, "bytes": 0}
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            rows, _ = note["counts"]["rows"], note["counts"]["bad"]
            differs = differences(note["identity"], self.identity)
            whole = rows >= 0 and self.partial.stat().st_size >= note["bytes"] >= rows
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            whole = False
        if not whole:
            reason = f"what {self.note.name} says of {self.partial.name} is not there, or damaged"
            raise UsageError(f"{self.out}: {reason} (hint: --overwrite begins anew)")
        if differs:
            goes_on = "the command of then goes on with them"
            if PIPE in note["identity"]:
                goes_on = "nothing goes on with what came through a pipe"
            raise UsageError(
                f"{self.out}: {rows:,} rows are answered already, with {', '.join(differs)} "
                f"(hint: {goes_on}, --overwrite begins anew)"
            )
        return note

    def write(self, text: str, counts: dict[str, int]) -> None:
        """Add answers, and note how far they came."""
        try:
            self.file.write(text.encode("utf-8", "replace"))  # half a character becomes "?"
            self.file.flush()
        except OSError as error:
            error.filename = str(self.out)  # the system does not say what it could not write
            raise
        note = {"identity": self.identity, "counts": counts, "bytes": self.file.tell()}
        staging = self.note.with_suffix(".new")
        staging.write_text(json.dumps(note), encoding="utf-8")
        os.replace(staging, self.note)

    def close(self) -> None:
        self.file.close()

    def finish(self) -> None:
        """Give the file its name."""
        self.close()
        os.replace(self.partial, self.out)
        self.note.unlink(missing_ok=True)


def differences(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What differs between two identities of a job: of flags also how, all else are hashes."""
    names = [name for name in then | now if then.get(name) != now.get(name)]
    told = [
        f"{name} {then.get(name)} and not {now.get(name)}"
        if name.startswith("--")
        else f"another {name}"
        for name in names
    ]
    return told[:5] + [f"{len(told) - 5} more"] * (len(told) > 5)


def partial_of(out: Path) -> Path:
    return out.with_name(f".{out.name}.partial")
