"""What a quote in a .tsv is: a character of a text, or the edge of a cell.

Quotes are edges where every one in the file stands as a writer of quoted cells puts it, and the
lines, read as they stand, are not a table of another number of rows.
"""

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from data.labels import as_number
from data.lines import Lines, can_be_read_twice, ends_bare, line_end, open_bytes, open_text

REASON = re.compile('[\t\r\n",]')  # what a cell is quoted for; the comma by spreadsheets


def quotes_are_edges(path: Path) -> bool:
    """Whether a tab-separated file is csv; of a pipe, which is read once, never."""
    if not can_be_read_twice(path) or not path.exists():
        return False
    about = path.stat()
    return _decide(path, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=16)
def _decide(path: Path, size: int, changed: int) -> bool:
    with open_bytes(path) as file:
        if not any(b'"' in block for block in iter(lambda: file.read(1 << 20), b"")):
            return False
    rows = _rows_of_quoted_cells(path)
    return rows is not None and _rows_as_they_stand(path) in (None, rows)


def _rows_of_quoted_cells(path: Path) -> int | None:
    """How many rows the quoted cells come to; None where no writer would put a quote so.

    A writer doubles a quote inside a cell, quotes each cell that has one, and beside these either
    every cell of a column or none that needs no quotes. Numbers, and R's NA for what is missing,
    stand bare among quoted cells.
    """
    quoted_needlessly: set[int] = set()  # columns
    bare: set[int] = set()
    row: list[str] = []  # its lines

    def noted(lines: Lines) -> Iterator[str]:
        for line in lines:
            row.append(line)
            yield line

    rows, end = 0, line_end(path, header=True)
    with open_text(path, end) as file:
        reader = csv.reader(noted(Lines(file, end)), delimiter="\t", strict=True)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                if not ends_bare(error):
                    return None
                rows += 1  # the reader of this table will refuse it by name
                row.clear()
                continue
            if cells is None:
                return None if quoted_needlessly & bare else rows
            written, at = "".join(row), 0
            row.clear()
            for column, cell in enumerate(cells):
                quoted = written.startswith('"', at)
                if not quoted and '"' in cell:
                    return None
                as_written = '"' + cell.replace('"', '""') + '"' if quoted else cell
                at += len(as_written) + 1
                if rows and quoted and not REASON.search(cell):  # names of columns: as they are
                    quoted_needlessly.add(column)
                elif rows and cell not in ("", "NA") and as_number(cell) is None and not quoted:
                    bare.add(column)
            rows += bool(cells)


def _rows_as_they_stand(path: Path) -> int | None:
    """How many rows the lines are; None where they are no table.

    A table has tabs, as many in each line, and lines that end alike.
    """
    widths, ends, rows = set(), set(), 0
    with open_text(path, "\n") as file:
        lines = Lines(file)
        for line in lines:
            lines.cut = False
            text = line.removesuffix("\n").removesuffix("\r")
            if text:
                rows += 1
                widths.add(text.count("\t"))
                ends.add(line[len(text) :])
            if len(widths) > 1 or len(ends - {""}) > 1:  # the last line may have no end
                return None
    return None if widths == {0} else rows
