"""The rows of the three splits as they stand in a folder or on the Hub, labels not checked yet."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data.tables import DataError, no_column, read_table
from hub import load_data_set

FILE_NAMES = {  # split: the names that its file may have, without the extension
    "train": ("train",),
    "validation": ("validation", "val", "dev"),
    "test": ("test",),
}
EXTENSIONS = (".csv", ".tsv", ".jsonl", ".parquet")
COLUMNS = ("text", "label")

Row = tuple[str, Any, Any]  # (where it stands, text, label)
Names = tuple[str, str]  # label names, index 1 the positive class


def folder_rows(folder: Path) -> tuple[dict[str, list[Row]], Names | None, bool]:
    """Return rows, label names (None: not told), and whether a text may be empty."""
    if not os.path.exists(folder / "train_text.txt"):
        if not os.path.exists(folder / "hate" / "train_text.txt"):
            return _table_rows(folder), _mapping(folder / "mapping.txt"), False
        folder = folder / "hate"  # from the folder of all TweetEval tasks
    # Eight hate tweets of TweetEval are empty, and its sizes are part of the benchmark.
    return _tweeteval_rows(folder), _mapping(folder / "mapping.txt"), True


def hub_rows(
    repo_id: str, config: str | None, revision: str | None
) -> tuple[dict[str, list[Row]], Names | None, str]:
    """Return the rows, label names and commit of a data set on the Hub."""
    found, commit = load_data_set(repo_id, config, revision)
    rows: dict[str, list[Row]] = {}
    for split, aliases in FILE_NAMES.items():
        table = next((found[alias] for alias in aliases if alias in found), None)
        if table is None:
            raise DataError(f"{repo_id} has no {split} split (found: {', '.join(found)})")
        if missing := no_column(table.column_names, COLUMNS):
            raise DataError(f"{repo_id} {split}: {missing}")
        places = (f"{repo_id} {split} row {number}" for number in range(1, len(table) + 1))
        rows[split] = list(zip(places, table["text"], table["label"], strict=True))
    names = getattr(found["train"].features["label"], "names", None)
    if names is not None and len(names) != 2:
        raise DataError(f"{repo_id} has {len(names)} classes, not exactly two: {', '.join(names)}")
    return rows, tuple(names) if names else None, commit


def _strictly(path: Path, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the place and the cells of each row; raises DataError at the first bad one."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise DataError(f"{path} is not a file")  # a pipe would be waited for
    for row in read_table(path, columns):
        place = f"{path}:{row.line}"
        if row.error:
            raise DataError(f"{place}: {row.error}")
        yield place, *row.cells


def _mapping(path: Path) -> Names | None:
    """Read label names, one `ID<tab>NAME` a line, or None where there is no such file."""
    if not os.path.exists(path):
        return None
    names: dict[str, str] = {}
    for place, line in _strictly(path, ["line"]):
        label, _, name = (part.strip() for part in line.partition("\t"))
        if not name or label in names:
            raise DataError(f"{place}: {line!r} is not a label id, a tab and a name")
        names[label] = name
    if set(names) != {"0", "1"} or names["0"] == names["1"]:
        raise DataError(f"{path}: not two names, for the ids 0 and 1, but {names}")
    return names["0"], names["1"]


def _tweeteval_rows(folder: Path) -> dict[str, list[Row]]:
    """Read the three splits of a TweetEval folder: a text a line beside a label a line."""
    rows = {}
    for split, stem in (("train", "train"), ("validation", "val"), ("test", "test")):
        text_path, label_path = folder / f"{stem}_text.txt", folder / f"{stem}_labels.txt"
        texts = [text for _, text in _strictly(text_path, ["text"])]
        labels = list(_strictly(label_path, ["label"]))
        if len(texts) != len(labels):
            raise DataError(f"{text_path} has {len(texts)} lines, {label_path} {len(labels)}")
        pairs = zip(texts, labels, strict=True)
        rows[split] = [(place, text, label) for text, (place, label) in pairs]
    return rows


def _table_rows(folder: Path) -> dict[str, list[Row]]:
    """Read the three splits of a folder of tables, one file each."""
    rows: dict[str, list[Any]] = {}
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
        rows[split] = list(_strictly(found[0], COLUMNS))
    return rows
