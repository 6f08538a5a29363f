"""Texts that nobody labelled, without those that a model will be scored on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data.columns import find_text
from data.flat import Texts
from data.rows import other_separator
from data.sources import SAMPLE, Data, hub_table
from data.splits import split_files, tweeteval_home
from data.splitting import copy_key
from data.tables import DataError, no_string, read_header, read_table


def load_unlabelled(source: str, data: Data) -> tuple[Texts, dict[str, int]]:
    """The texts of `source`, or of its training split, and how many are left out, by reason.

    `source` is whatever may hold labelled texts, or a .txt of a text a line. Left out are blank
    texts, and texts that stand in a split of `data` once normalised: those of validation and test
    would make its scores too good, those of train are learned already; and rows without a text,
    where `data` was read without its bad rows.
    Raises DataError, with file and line where there is one, also where no text is left.
    """
    splits = [("validation or test", ("validation", "test")), ("train", ("train",))]
    known = {
        reason: {copy_key(text) for name in names for text in data.splits[name].texts}
        for reason, names in splits
    }
    texts, left_out = Texts(), {"bad": 0, "blank": 0, **dict.fromkeys(known, 0)}
    for place, error, text in _rows(source, data.choice.text_column):
        if error := error or no_string("text", text):
            if not data.choice.skip_bad:
                raise DataError(f"{place}: {error} (hint: --skip-bad leaves such rows out)")
            left_out["bad"] += 1
            continue
        own = copy_key(text)
        found = [reason for reason, those in known.items() if own in those]
        if reason := "blank" if not text.strip() else next(iter(found), ""):
            left_out[reason] += 1
        else:
            texts.append(text)
    if not texts:
        raise DataError(f"{source} has no text that is not in {data.name} already")
    return texts, {reason: count for reason, count in left_out.items() if count}


def _rows(source: str, column: str | None) -> Iterator[tuple[str, str, Any]]:
    """The place, what is wrong, and the text of each row; `column` is read where there is one."""
    if (table := hub_table(source)) is not None:
        names = table.column_names
        column = column if column in names else _text_of(source, names, column)
        for number, text in enumerate(table[column], start=1):
            yield f"{source} row {number}", "", text
        return
    path = SAMPLE if source == "sample" else Path(source)
    if path.is_dir():
        home = tweeteval_home(path)
        path = home / "train_text.txt" if home else split_files(path)["train"]
    names = read_header(path)
    column = column if column in names else _text_of(str(path), names, column)
    for row in read_table(path, [column]):
        yield f"{path}:{row.line}", row.error, row.cells[0] if row.cells else None


def _text_of(place: str, names: Sequence[str], labelled: str | None) -> str:
    """The column of texts, found by its name: `--text-column` is that of the `labelled` ones."""
    try:
        return find_text(place, names)
    except DataError:
        if other_separator(names):
            raise
        hint = f"(hint: call it {labelled or 'text'!r}, as that of --data)"
        shown = ", ".join(map(repr, names))
        raise DataError(f"{place}: which column holds the texts, {shown}? {hint}") from None
