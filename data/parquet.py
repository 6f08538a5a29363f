"""Parquet: rows in batches, and the class names that `datasets` keeps beside them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data.rows import DataError, Row, no_column
from hub import short_reason

NARROW = {"float": "float32", "halffloat": "float16", "float32": "float32", "float16": "float16"}


@contextmanager
def parquet_file(path: Path) -> Iterator[Any]:
    """An open pyarrow.parquet.ParquetFile; raises DataError for what is none, here and while open.

    FileNotFoundError is left to the caller.
    """
    import pyarrow.parquet

    try:
        # Without these two, pyarrow has whole row groups in memory, and the next ones.
        with pyarrow.parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
            yield file
    except FileNotFoundError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, LookupError) as error:
        raise DataError(f"{path}: not a sound parquet file: {short_reason(error)}") from None


def parquet_rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a file in batches, counted from 1, with their cells of `columns`.

    Raises DataError where a column is missing or the file is damaged.
    """
    number = 0
    with parquet_file(path) as file:
        if missing := no_column(file.schema_arrow.names, columns):
            raise DataError(f"{path}: {missing}")
        for batch in file.iter_batches(1024, columns=list(columns)):
            names = batch.schema.names
            for cells in zip(*(batch.column(names.index(c)) for c in columns), strict=True):
                number += 1
                try:
                    row = Row(number, tuple(as_written(cell.as_py(), cell.type) for cell in cells))
                except UnicodeDecodeError:
                    row = Row(number, error="not UTF-8")
                yield row


def as_written(value: Any, kind: Any) -> Any:
    """A number as it was written before it was rounded to 16 or 32 bits: 0.7, not 0.69999999.

    `kind` is the type of its column, as pyarrow or `datasets` calls it.
    """
    if str(kind) not in NARROW or not isinstance(value, float):
        return value
    import numpy as np  # `--help` does without

    return float(str(np.dtype(NARROW[str(kind)]).type(value)))


def class_names(path: Path, column: str) -> tuple[str, ...] | None:
    """The names that `datasets` wrote into a parquet file for the ids of a column."""
    with parquet_file(path) as file:
        metadata = file.schema_arrow.metadata or {}
    try:
        feature = json.loads(metadata[b"huggingface"])["info"]["features"][column]
        return tuple(map(str, feature["names"])) if feature["_type"] == "ClassLabel" else None
    except (LookupError, ValueError, TypeError):
        return None
