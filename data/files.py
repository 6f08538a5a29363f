"""Labelled texts in files: the TweetEval layout, and tables of csv, tsv, jsonl or parquet."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub import short_reason

FILE_NAMES = {  # split: the names that its file may have, without the extension
    "train": ("train",),
    "validation": ("validation", "val", "dev"),
    "test": ("test",),
}
EXTENSIONS = (".csv", ".tsv", ".jsonl", ".parquet")
MAX_CELL = 10_000_000  # characters in one csv cell; a missing quote makes one cell of many lines

Row = tuple[str, Any, Any]  # (file:line, text, label), not checked yet
Names = tuple[str, str]  # label names, index 1 the positive class


class DataError(Exception):
    """Texts or labels are missing, damaged or out of reach."""


def folder_rows(folder: Path) -> tuple[dict[str, list[Row]], Names | None, bool]:
    """Return rows, label names (None: not told), and whether a text may be empty."""
    if not os.path.exists(folder / "train_text.txt"):
        if not os.path.exists(folder / "hate" / "train_text.txt"):
            return table_rows(folder), mapping(folder / "mapping.txt"), False
        folder = folder / "hate"  # from the folder of all TweetEval tasks
    # Eight hate tweets of TweetEval are empty, and its sizes are part of the benchmark.
    return tweeteval_rows(folder), mapping(folder / "mapping.txt"), True


def _read(path: Path, newline: str) -> Iterator[str]:
    """Yield the lines of a file with their ends, as they are read.

    Line feeds alone end a line where `newline` says so: tweets contain other separators.
    """
    try:
        if path.exists() and not path.is_file():
            raise DataError(f"{path} is not a file")  # a pipe would be waited for
        # A byte order mark is not part of the text.
        with open(path, encoding="utf-8-sig", newline=newline) as file:
            yield from file
    except FileNotFoundError:
        raise DataError(f"missing file {path}") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        line = _first_line_of_other_bytes(path)
        raise DataError(f"{path}:{line}: not UTF-8 (hint: save the file as UTF-8)") from None


def _first_line_of_other_bytes(path: Path) -> int:
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    raise AssertionError(f"{path} is UTF-8")


def _lines(path: Path) -> Iterator[str]:
    return (line.removesuffix("\n") for line in _read(path, newline="\n"))


def mapping(path: Path) -> Names | None:
    """Read label names, one `ID<tab>NAME` a line, or None where there is no such file."""
    if not os.path.exists(path):
        return None
    names: dict[str, str] = {}
    for number, line in enumerate(_lines(path), start=1):
        label, _, name = (part.strip() for part in line.partition("\t"))
        if not name or label in names:
            raise DataError(f"{path}:{number}: {line!r} is not a label id, a tab and a name")
        names[label] = name
    if set(names) != {"0", "1"} or names["0"] == names["1"]:
        raise DataError(f"{path}: not two names, for the ids 0 and 1, but {names}")
    return names["0"], names["1"]


def tweeteval_rows(folder: Path) -> dict[str, list[Row]]:
    """Read the three splits of a TweetEval folder: a text a line beside a label a line."""
    rows = {}
    for split, stem in (("train", "train"), ("validation", "val"), ("test", "test")):
        text_path, label_path = folder / f"{stem}_text.txt", folder / f"{stem}_labels.txt"
        texts, labels = list(_lines(text_path)), list(_lines(label_path))
        if len(texts) != len(labels):
            raise DataError(f"{text_path} has {len(texts)} lines, {label_path} {len(labels)}")
        places = (f"{label_path}:{number}" for number in range(1, len(labels) + 1))
        rows[split] = list(zip(places, texts, labels, strict=True))
    return rows


def table_rows(folder: Path) -> dict[str, list[Row]]:
    """Read the three splits of a folder of tables, one file each."""
    readers = {".jsonl": _jsonl_rows, ".parquet": _parquet_rows}
    rows = {}
    for split, stems in FILE_NAMES.items():
        names = [f"{stem}{extension}" for stem in stems for extension in EXTENSIONS]
        found = [folder / name for name in names if os.path.exists(folder / name)]
        if not found:
            raise DataError(
                f"{folder} has no {split} file (hint: {' or '.join(stems)} with one of "
                f"{', '.join(EXTENSIONS)}, or the files of a TweetEval folder)"
            )
        if len(found) > 1:
            raise DataError(f"{found[0]} and {found[1]} are both the {split} split")
        rows[split] = list(readers.get(found[0].suffix, _csv_rows)(found[0]))
    return rows


def columns(place: str, header: list[str]) -> tuple[int, int]:
    for column in ("text", "label"):
        if column not in header:
            raise DataError(f"{place}: no column {column!r} (found: {', '.join(header) or 'none'})")
    return header.index("text"), header.index("label")


def _csv_rows(path: Path) -> Iterator[Row]:
    csv.field_size_limit(MAX_CELL)
    delimiter = "\t" if path.suffix == ".tsv" else ","
    lines = _read(path, newline="")  # csv itself must see \r\n inside quotes
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        text, label = columns(f"{path}:1", header)
        for cells in reader:
            place = f"{path}:{reader.line_num}"
            if cells and len(cells) != len(header):
                hint = "(hint: a text with a separator in it needs quotes)"
                raise DataError(f"{place}: {len(cells)} cells under {len(header)} columns {hint}")
            if cells:  # else a blank line
                yield place, cells[text], cells[label]
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: {error}") from None


def _jsonl_rows(path: Path) -> Iterator[Row]:
    for number, line in enumerate(_lines(path), start=1):
        place = f"{path}:{number}"
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{place}: not JSON: {error}") from None
        if not isinstance(row, dict):
            raise DataError(f"{place}: not a JSON object")
        columns(place, list(row))
        yield place, row["text"], row["label"]


def _parquet_rows(path: Path) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            columns(str(path), file.schema_arrow.names)
            table = file.read(columns=["text", "label"])
            texts, labels = table["text"].to_pylist(), table["label"].to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError, KeyError) as error:
        raise DataError(f"{path}: not a sound parquet file: {short_reason(error)}") from None
    for number, (text, label) in enumerate(zip(texts, labels, strict=True), start=1):
        yield f"{path}: row {number}", text, label
