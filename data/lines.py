"""The lines of a text file: where they end, and how long they may be."""

import codecs
import csv
import gzip
import io
import re
import sys
from pathlib import Path
from typing import IO, Any, TextIO, cast

from data.rows import DataError

STDIN = Path("-")
MAX_LINE = 10_000_000  # characters; of a longer line no more than this is ever in memory
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def too_long() -> str:
    return f"more than {MAX_LINE:,} characters"


def open_bytes(path: Path) -> IO[bytes]:
    """A file's bytes, those of a .gz unpacked as they are read."""
    if path == STDIN:
        return open(sys.stdin.fileno(), "rb", closefd=False)
    return cast(IO[bytes], gzip.open(path)) if path.suffix.lower() == ".gz" else open(path, "rb")


def open_text(path: Path, newline: str) -> TextIO:
    """A file of text, whatever its bytes: those that are not UTF-8 become surrogates.

    Raises DataError where it begins as UTF-16 does, in which every Latin letter has a NUL.
    """
    file: Any = open_bytes(path)
    head = file.peek(2)[:1024]
    if head[:2] in UTF_16 or 4 * head.count(0) > len(head) > 0:  # with its mark, or without
        file.close()
        raise DataError(f"{path} is UTF-16 (hint: save it as UTF-8)")
    return io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline)


class Lines:
    """The lines of a file with their ends.

    One that is too long is cut, and `cut` says so until it is set back; a reader that wants more
    of the same row, as csv does inside quotes, gets a csv.Error instead of the next line.
    """

    def __init__(self, file: TextIO, end: str = "\n") -> None:
        self.file, self.end, self.cut = file, end, False
        csv.field_size_limit(MAX_LINE)  # else the csv reader takes cells of 131,072 characters

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        if self.cut:
            raise csv.Error(too_long())
        line = rest = self.file.readline(MAX_LINE + 1)
        if not line:
            raise StopIteration
        self.cut = len(line) > MAX_LINE
        while len(rest) > MAX_LINE and not rest.endswith(self.end):
            rest = self.file.readline(MAX_LINE + 1)
        return line


def can_be_read_twice(path: Path) -> bool:
    return path != STDIN and (path.is_file() or not path.exists())  # else a pipe, whatever its name


def line_end(path: Path, header: bool = False) -> str:
    """What ends a line: a line feed alone, for tweets hold other separators; else a file's CR.

    Under a `header` it is what ends that one: cells in quotes may hold the other.
    """
    if not can_be_read_twice(path):
        return "\n"
    with open_bytes(path) as file:
        head = file.read(1 << 20)
    if header:
        return "\r" if re.match(rb"[^\r\n]*\r(?!\n)", head) else "\n"
    return "\r" if b"\r" in head and b"\n" not in head else "\n"


BARE = "new-line character"  # how the csv reader's word for it begins
BARE_END = "a line break of another kind in a cell without quotes (hint: write texts in quotes)"


def ends_bare(error: csv.Error) -> bool:
    """Whether a row is at fault alone: an unquoted cell holds the CR or LF that ends no row."""
    return str(error).startswith(BARE)
