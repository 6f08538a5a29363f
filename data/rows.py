"""A row of a file, and what may be wrong with it: the same for every format."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

SURROGATE = re.compile("[\ud800-\udfff]")  # `surrogateescape` makes them of other bytes


class DataError(Exception):
    """Texts or labels are missing, damaged or out of reach."""


class Row(NamedTuple):
    """A row of a file, its `line` counted from 1: its cells, or in `error` why there are none."""

    line: int
    cells: tuple[Any, ...] = ()
    error: str = ""


def no_string(column: str, cell: Any) -> str:
    """What is wrong with a cell that should be a text; empty where it is one."""
    return "" if isinstance(cell, str) else f"the {column} is {cell!r:.40}, not a string"


def no_column(found: Sequence[str], columns: Sequence[str]) -> str:
    """Which of the columns is missing or stands twice; empty where each is found once."""
    missing = [column for column in columns if column not in found]
    twice = [column for column in columns if list(found).count(column) > 1]
    if twice:
        return f"{twice[0]!r} stands twice (hint: rename or remove one of the two)"
    if not missing:
        return ""
    if other := other_separator(found):
        return f"no column {missing[0]!r} {other}"
    hint = "found:" if len(columns) > 1 else "hint: --text-column with one of"
    return f"no column {missing[0]!r} ({hint} {', '.join(found)[:200] or 'none'})"


def other_separator(found: Sequence[str]) -> str:
    """A hint where the names of columns were cut at the wrong character; else empty."""
    if found and found[0].startswith("sep="):
        return "(hint: remove the first line, sep=)"
    for mark in ",;\t|" if len(found) == 1 else "":
        if mark in found[0]:
            return f"(hint: it has {mark!r} between cells: write a .csv with commas)"
    return ""


def sound(row: Row, columns: Sequence[str], half: bool = False) -> Row:
    """A row as it is, or without its cells where one of them is no text.

    Surrogates in it come from an escape such as \\ud83d alone (`half`) or from other bytes.
    """
    for column, cell in zip(columns, row.cells, strict=True):
        if isinstance(cell, str) and SURROGATE.search(cell):
            surrogate = f"the {column} has half a surrogate pair, which is no character"
            other = "not UTF-8 (hint: save the file as UTF-8)"
            return Row(row.line, error=surrogate if half else other)
    return row
