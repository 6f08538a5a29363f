"""One reader for csv, tsv, jsonl, parquet and txt: a row at a time, in memory that does not grow.

Training is refused with the first bad rows named, or leaves them out where it is told to; labelling
gives each an answer that says why.
"""

import csv
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from data.columns import find_text
from data.lines import BARE_END, STDIN, Lines, ends_bare, line_end, open_text, too_long
from data.parquet import parquet_file, parquet_rows
from data.quotes import quotes_are_edges
from data.rows import SURROGATE, DataError, Row, no_column, no_string, sound

FORMATS = ("txt", "csv", "tsv", "jsonl", "parquet")
ROWS = 5  # lines in a cell of which each could be a row: a quote is missing
HEAD = 100  # objects of a .jsonl whose keys are its columns


def kind_of(path: Path) -> str:
    """The format that a file's name says, with .gz behind it or not: csv of P.CSV.gz.

    Standard input is lines of text.
    """
    name = path.name.lower().removesuffix(".gz")
    return "txt" if path == STDIN else Path(name).suffix.removeprefix(".")


def read_table(path: Path, columns: Sequence[str], kind: str | None = None) -> Iterator[Row]:
    """Yield the rows of a file as it is read, each with its cells of `columns`.

    `kind` is one of FORMATS, by default the end of the file's name; `-` is standard input, lines
    of text unless told otherwise. A row of txt is a line, which may be empty and has one cell,
    whatever it is called; blank lines of the others are no rows. The rows of parquet are counted
    as lines. Raises DataError where no row can be read at all: no such file, no such column.
    """
    kind = _checked_kind(path, kind)
    with _told(path):
        if kind == "parquet":
            yield from parquet_rows(path, columns)
        elif kind in ("csv", "tsv"):
            yield from _named_cells(path, _table_rows(path, kind), columns)
        else:
            end = line_end(path)
            with open_text(path, end) as file:
                yield from _line_rows(Lines(file, end), columns, kind)


def read_header(path: Path, kind: str | None = None) -> list[str]:
    """The names of a table's columns, in order; of jsonl, the keys of its first objects.

    Raises DataError.
    """
    kind = _checked_kind(path, kind)
    with _told(path):
        if kind == "parquet":
            with parquet_file(path) as file:
                return list(file.schema_arrow.names)
        if kind in ("csv", "tsv"):
            return _header(path, _table_rows(path, kind))
        if kind == "txt":
            return ["text"]
        end = line_end(path)
        with open_text(path, end) as file:
            rows = list(islice(_line_rows(Lines(file, end), None, kind), HEAD))
        keys = dict.fromkeys(key for row in rows for key in row.cells)
        if not keys:
            faults = [f":{row.line}: {row.error}" for row in rows if row.error]
            raise DataError(f"{path}{faults[0] if faults else ' has no row'}")
        return list(keys)


def text_column(path: Path, kind: str | None = None, usual: str | None = None) -> str:
    """The column of a file's texts: `usual` where it is there, else found by its name.

    It is called `text` where there is no header, and where it comes through a pipe, which can be
    read but once. Raises DataError; of jsonl each row says itself what it lacks.
    """
    kind = _checked_kind(path, kind)
    if path == STDIN or kind == "txt" or not path.is_file():
        return "text"
    try:
        names = read_header(path, kind)
        return usual if usual in names else find_text(str(path), names)
    except DataError:
        if kind != "jsonl":
            raise
        return "text"


def read_texts(path: Path, column: str, kind: str | None = None) -> Iterator[Row]:
    """The rows of one column of texts: a cell that is no string is an error too."""
    for row in read_table(path, [column], kind):
        error = row.error or no_string(column, row.cells[0])
        yield Row(row.line, error=error) if error else row


def _checked_kind(path: Path, kind: str | None) -> str:
    kind = kind or kind_of(path)
    if kind not in FORMATS:
        known = ".txt, .csv, .tsv, .jsonl or .parquet"
        raise DataError(
            f"{path} is not a {known} file (hint: rename it, or --format of predict.py)"
        )
    if kind == "parquet" and path.suffix.lower() == ".gz":
        raise DataError(f"{path}: parquet is compressed inside (hint: gunzip it)")
    if path == STDIN and (kind == "parquet" or not sys.stdin):
        reason = "parquet cannot come through a pipe" if sys.stdin else "standard input is closed"
        raise DataError(f"{reason} (hint: --file FILE)")
    return kind


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say as a DataError why a file cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except (EOFError, zlib.error):
        raise DataError(f"cannot read {path}: the .gz ends early or is damaged") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None


def _line_rows(lines: Lines, columns: Sequence[str] | None, kind: str) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        cut, lines.cut = lines.cut, False
        line = line.removesuffix("\n").removesuffix("\r")
        if cut:
            yield Row(number, error=too_long())
        elif kind == "txt":
            yield sound(Row(number, (line,)), columns or ("text",))
        elif line.strip():
            yield _json_row(number, line, columns)


def _json_row(number: int, line: str, columns: Sequence[str] | None) -> Row:
    """The cells of an object, or, where no columns are named, its keys."""
    try:
        entry = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        return Row(number, error=f"not JSON: {error}")
    if not isinstance(entry, dict):
        return Row(number, error="not a JSON object")
    if columns is None:
        return Row(number, tuple(entry))
    if missing := no_column(list(entry), columns):
        return Row(number, error=missing)
    row = Row(number, tuple(entry[column] for column in columns))
    return sound(row, columns, half=not SURROGATE.search(line))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once each; raises ValueError where JSON would keep the last."""
    entry = dict(pairs)
    if len(entry) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(k for k in keys if keys.count(k) > 1)!r} stands twice")
    return entry


def _table_rows(path: Path, kind: str) -> Iterator[Row]:
    """The rows of a csv or tsv with all their cells, blank lines without any, the header first."""
    if kind == "tsv" and not quotes_are_edges(path):
        end = line_end(path)
        with open_text(path, end) as file:
            yield from _tab_rows(Lines(file, end))
        return
    end = line_end(path, header=True)
    delimiter = "," if kind == "csv" else "\t"
    with open_text(path, end) as file:
        lines = Lines(file, end)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        width, torn = 0, False  # whether the rest of a broken row may be what follows
        while True:
            number, lines.cut = reader.line_num + 1, False  # a row may go over many lines
            try:
                cells = next(reader, None)
            except csv.Error as error:
                torn = not (ends_bare(error) or lines.cut)  # those two are at fault alone
                yield Row(number, error=_broken(error, number, reader.line_num))
                continue
            if cells is None:
                return
            if not cells:
                yield Row(number)
                continue
            width = width or len(cells)
            torn = torn and (len(cells) != width or sum(c.count('"') for c in cells) % 2 == 1)
            if lines.cut:
                yield Row(number, error=too_long())
            elif torn:
                yield Row(number, error="the rest of the broken row above it")
            elif width > 1 and any(_has_rows(cell, width, delimiter) for cell in cells):
                last = reader.line_num
                yield Row(number, error=f"a quote opens here and closes in line {last}, below rows")
            else:
                yield Row(number, tuple(cells))


def _broken(error: csv.Error, number: int, last: int) -> str:
    """What is wrong with a row of the lines from `number` to `last`."""
    if ends_bare(error):
        return BARE_END
    if last > number:
        return f"{error}: a quote opens here, and the row goes on to line {last}"
    return str(error)


def _has_rows(cell: str, width: int, delimiter: str) -> bool:
    """Whether lines stand in a cell that are rows themselves: many, no blank behind a comma."""
    if cell.count("\n") <= ROWS:
        return False
    try:
        rows = [*csv.reader(cell.split("\n")[1:-1], delimiter=delimiter)]
    except csv.Error:
        return False
    return all(len(row) == width and not any(c[:1] == " " for c in row[1:]) for row in rows)


def _tab_rows(lines: Lines) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        cut, lines.cut = lines.cut, False
        line = line.removesuffix("\n").removesuffix("\r")
        cells = tuple(line.split("\t")) if line else ()
        yield Row(number, error=too_long()) if cut else Row(number, cells)


def _header(path: Path, rows: Iterator[Row]) -> list[str]:
    written = (row for row in rows if row.error or any(cell.strip() for cell in row.cells))
    row = next(written, None)  # lines before it may be blank
    if not row:
        raise DataError(f"{path}: there is no header, and no row")
    if row.error:
        raise DataError(f"{path}:1: {row.error}")
    if any("\0" in cell for cell in row.cells):
        raise DataError(f"{path}:1: NULs, as UTF-16 has them (hint: save it as UTF-8)")
    return list(row.cells)


def plain(names: Sequence[str]) -> list[str]:
    return [name.strip().casefold() for name in names]


def _named_cells(path: Path, rows: Iterator[Row], columns: Sequence[str]) -> Iterator[Row]:
    """The rows under a header, with the cells of some columns alone."""
    header = _header(path, rows)
    if missing := no_column(header, columns):
        raise DataError(f"{path}:1: {missing}")
    places = [header.index(column) for column in columns]
    spaced = any(name.startswith(" ") for name in header[1:])
    for row in rows:
        if row.error:
            yield row
        elif len(header) > 1 and plain(row.cells) == plain(header):  # of tables that were joined
            yield Row(row.line, error="the header again (hint: remove this line)")
        elif row.cells and len(row.cells) != len(header):
            hint = "(hint: a text with a separator in it needs quotes; R: row.names=FALSE)"
            error = f"{len(row.cells)} cells under {len(header)} columns {hint}"
            yield Row(row.line, error=error)
        elif spaced and any(cell.startswith(' "') for cell in row.cells):
            yield Row(row.line, error="a blank before a quote (hint: none behind the commas)")
        elif row.cells:
            yield sound(Row(row.line, tuple(row.cells[place] for place in places)), columns)
