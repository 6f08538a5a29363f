"""The texts of a file of any size, a row at a time; a row that cannot be read says why."""

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from data.files import DataError
from hub import short_reason

FORMATS = ("txt", "csv", "jsonl", "parquet")
STDIN = Path("-")
MAX_LINE = 10_000_000  # characters; of a longer line no more than this is ever in memory
NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what `surrogateescape` makes of other bytes
SURROGATE = re.compile("[\ud800-\udfff]")


class Row(NamedTuple):
    """A text and its line in the file, from 1; or why there is no text, in `error`."""

    line: int
    text: str = ""
    error: str = ""


def read_rows(path: Path, column: str, kind: str | None = None) -> Iterator[Row]:
    """Yield the rows of a file as it is read, exactly one for each; memory does not grow.

    `kind` is one of FORMATS, by default the end of the file's name; `-` is standard input, lines
    of text unless told otherwise. Lines of txt may be empty; blank ones of csv and jsonl are no
    rows. Raises DataError where no row can be read at all: no such file, no such column.
    """
    kind = kind or ("txt" if path == STDIN else path.suffix.removeprefix("."))
    if kind not in FORMATS:
        raise DataError(f"{path} is not a .txt, .csv, .jsonl or .parquet file (hint: --format)")
    if path == STDIN and (kind == "parquet" or not sys.stdin):
        reason = "parquet cannot come through a pipe" if sys.stdin else "standard input is closed"
        raise DataError(f"{reason} (hint: --file FILE)")
    if kind == "parquet":
        yield from _parquet_rows(path, column)
        return
    try:
        # newline="": the csv reader must see line ends as they are; "\n": only it ends a line.
        with open(
            sys.stdin.fileno() if path == STDIN else path,
            encoding="utf-8-sig",
            errors="surrogateescape",
            newline="" if kind == "csv" else "\n",
            closefd=path != STDIN,
        ) as file:
            rows = {"txt": _txt_rows, "csv": _csv_rows, "jsonl": _jsonl_rows}[kind]
            yield from map(checked, rows(file, column, str(path)))
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None


def checked(row: Row) -> Row:
    """A row as it is, or without its text where that is none."""
    if NOT_UTF8.search(row.text):
        return Row(row.line, error="not UTF-8")
    if SURROGATE.search(row.text):
        return Row(row.line, error="half a surrogate pair, which is no character")
    return row


def too_long() -> str:
    return f"more than {MAX_LINE:,} characters"


class _Lines:
    """The lines of a file with their ends.

    One that is too long is cut, and `cut` says so until it is set back; a reader that wants more
    of the same row, as csv does inside quotes, gets a csv.Error instead of the next line.
    """

    def __init__(self, file: TextIO) -> None:
        self.file, self.cut = file, False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.cut:
            raise csv.Error(too_long())
        line = rest = self.file.readline(MAX_LINE + 1)
        if not line:
            raise StopIteration
        self.cut = len(line) > MAX_LINE
        while len(rest) > MAX_LINE and not rest.endswith("\n"):
            rest = self.file.readline(MAX_LINE + 1)
        return line


def _txt_rows(file: TextIO, column: str, name: str) -> Iterator[Row]:
    lines = _Lines(file)
    for number, line in enumerate(lines, start=1):
        if lines.cut:
            yield Row(number, error=too_long())
        else:
            yield Row(number, line.removesuffix("\n").removesuffix("\r"))
        lines.cut = False


def _jsonl_rows(file: TextIO, column: str, name: str) -> Iterator[Row]:
    for row in _txt_rows(file, column, name):
        if row.error:
            yield row
        elif row.text.strip():
            try:
                entry = json.loads(row.text)
            except (ValueError, RecursionError) as error:
                yield Row(row.line, error=f"not JSON: {error}")
                continue
            text = entry.get(column) if isinstance(entry, dict) else None
            if isinstance(text, str):
                yield Row(row.line, text)
            else:
                yield Row(row.line, error=f"no string {column!r}")


def _csv_rows(file: TextIO, column: str, name: str) -> Iterator[Row]:
    csv.field_size_limit(MAX_LINE)
    lines = _Lines(file)
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise DataError(f"{name}:1: {error}") from None
    if column not in header:
        found = ", ".join(header)[:200] or "none"
        raise DataError(f"{name}:1 has no column {column!r} (hint: --column with one of {found})")
    place = header.index(column)
    while True:
        line, lines.cut = reader.line_num + 1, False
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Row(line, error=str(error))
            continue
        if cells is None:
            return
        if lines.cut:
            yield Row(line, error=too_long())
        elif cells and len(cells) != len(header):
            yield Row(line, error=f"{len(cells)} cells under {len(header)} columns")
        elif cells:
            yield Row(line, cells[place])


def _parquet_rows(path: Path, column: str) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        # Without these two, pyarrow has whole row groups in memory, and the next ones.
        with pyarrow.parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
            names = file.schema_arrow.names
            if column not in names:
                found = ", ".join(names) or "none"
                raise DataError(
                    f"{path} has no column {column!r} (hint: --column with one of {found})"
                )
            for batch in file.iter_batches(1024, columns=[column]):
                for cell in batch.column(0):
                    number += 1
                    try:
                        text = cell.as_py()
                    except UnicodeDecodeError:
                        yield Row(number, error="not UTF-8")
                        continue
                    if isinstance(text, str):
                        yield Row(number, text)
                    else:
                        yield Row(number, error=f"{text!r:.40} is not a string")
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        reason = short_reason(error)
        raise DataError(f"{path}: not a sound parquet file after row {number}: {reason}") from None
