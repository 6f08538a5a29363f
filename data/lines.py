"""The lines of a text file: where they end, and how long they may be."""

import csv
import gzip
import io
import sys
from pathlib import Path
from typing import IO, TextIO, cast

STDIN = Path("-")
MAX_LINE = 10_000_000  # characters; of a longer line no more than this is ever in memory


def too_long() -> str:
    return f"more than {MAX_LINE:,} characters"


def open_bytes(path: Path) -> IO[bytes]:
    """A file's bytes, those of a .gz unpacked as they are read."""
    if path == STDIN:
        return open(sys.stdin.fileno(), "rb", closefd=False)
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else open(path, "rb")


def open_text(path: Path, newline: str) -> TextIO:
    """A file of text, whatever its bytes: those that are not UTF-8 become surrogates."""
    return io.TextIOWrapper(open_bytes(path), "utf-8-sig", "surrogateescape", newline)


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


def line_end(path: Path) -> str:
    """What ends a line: a line feed alone, for tweets hold other separators; else a file's CR."""
    if not can_be_read_twice(path):
        return "\n"
    with open_bytes(path) as file:
        head = file.read(1 << 20)
    return "\r" if b"\r" in head and b"\n" not in head else "\n"
