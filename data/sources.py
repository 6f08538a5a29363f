"""From a name to labelled texts: the embedded sample, a folder, or a data set on the Hub."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.names import negative_first
from data.splits import FILE_NAMES, Names, Row, folder_rows, hub_rows
from data.tables import DataError, no_string

SAMPLE = Path(__file__).parent / "sample"
HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Split:
    """Texts and their label ids (0 or 1), in the order of the source."""

    texts: list[str]
    labels: list[int]


@dataclass(frozen=True)
class Data:
    """The splits train, validation and test.

    `name` is the source as given, or a folder's last part; `revision` the commit on the Hub.
    """

    name: str
    splits: dict[str, Split]
    label_names: Names
    revision: str | None = None


def load_data(source: str, limit: int | None = None, revision: str | None = None) -> Data:
    """Read the splits train, validation and test of `source`, all texts and labels checked.

    `source` is `sample`, a folder, or a Hub data set ID or ID:CONFIG (cardiffnlp/tweet_eval:hate),
    of which `revision` is a commit, a branch or a tag. `limit` is the number of texts kept of each
    split, at least two, with both classes among them.
    Raises DataError, with file and line where there is one, and hub.HubError.
    """
    if limit is not None and limit < 2:
        raise DataError(f"limit {limit} is less than 2, one text of each class")
    if source == "sample" or os.path.isdir(source):
        rows, names, blank_ok = folder_rows(SAMPLE if source == "sample" else Path(source))
        commit = None
    else:
        repo_id, _, config = source.partition(":")
        if not HUB_ID.fullmatch(repo_id):
            kind = "not a folder" if os.path.exists(source) else "no such folder"
            raise DataError(f"{kind}: {source!r} (hint: a Hub data set has one slash, as in a/b)")
        rows, names, commit = hub_rows(repo_id, config or None, revision)
        blank_ok = True
    for name in FILE_NAMES:
        if not rows[name]:
            raise DataError(f"{source}: the {name} split is empty")
    names = names or _names_of(rows["train"])
    splits = {name: _checked(rows[name], names, blank_ok) for name in FILE_NAMES}
    for name, split in splits.items():
        if len(set(split.labels)) == 1:
            only = names[split.labels[0]]
            raise DataError(f"{source}: all {len(split.texts)} texts of {name} are {only!r}")
    if limit is not None:
        splits = {name: _first(split, limit) for name, split in splits.items()}
    name = Path(source).resolve().name if os.path.isdir(source) else source
    return Data(name, splits, names, commit)


def repeats(data: Data) -> dict[str, int]:
    """Count the texts of a later split that also stand, character by character, in an earlier one.

    Keys are train/validation, train/test and validation/test; a text that stands twice in the
    later split counts twice.
    """
    import numpy as np  # `--help` does without

    pairs = [("train", "validation"), ("train", "test"), ("validation", "test")]
    # Of a million texts the hashes take 8 MB; two different texts with one hash of 64 bits are
    # less likely than 1 in 10 million.
    known = {
        name: np.fromiter(map(hash, split.texts), np.int64, len(split.texts))
        for name, split in data.splits.items()
    }
    return {f"{a}/{b}": int(np.isin(known[b], known[a]).sum()) for a, b in pairs}


def _names_of(rows: list[Row]) -> Names:
    """Name the two classes of the training rows, index 1 the positive one."""
    first: dict[str, str] = {}  # label: where it stands first
    for place, _, label in rows:
        first.setdefault(_label_text(place, label), place)
    if len(first) != 2:
        where = f"{list(first.values())[2]}: " if len(first) > 2 else ""
        shown = ", ".join(repr(label) for label in list(first)[:10])
        raise DataError(f"{where}train has {len(first)} class(es), not exactly two: {shown}")
    if all(label.lstrip("-").isdecimal() for label in first) and set(first) != {"0", "1"}:
        raise DataError(f"label ids are 0 and 1, but train has {' and '.join(sorted(first))}")
    names = ("0", "1") if set(first) == {"0", "1"} else negative_first(*first)
    if names is None:
        shown = " or ".join(map(repr, first))
        hint = "(hint: a mapping.txt beside the files, of two lines: 0<tab>NAME, 1<tab>NAME)"
        raise DataError(f"which of the classes is the positive one, {shown}? {hint}")
    return names


def _checked(rows: list[Row], names: Names, blank_ok: bool) -> Split:
    """Check every text and label of one split and turn labels into ids."""
    ids = {"0": 0, "1": 1, names[0]: 0, names[1]: 1}
    texts, labels = [], []
    for place, text, label in rows:
        if error := no_string("text", text):
            raise DataError(f"{place}: {error}")
        if not text.strip() and not blank_ok:
            raise DataError(f"{place}: the text is empty")
        label = _label_text(place, label)
        if label not in ids:
            known = f"{names[0]!r} or 0, {names[1]!r} or 1"
            raise DataError(f"{place}: unknown label {label!r} (hint: known are {known})")
        texts.append(text)
        labels.append(ids[label])
    return Split(texts, labels)


def _label_text(place: str, label: Any) -> str:
    """Write a label, an id or a name, as text: 1, "1" and True are the same label."""
    if not isinstance(label, int | str):
        raise DataError(f"{place}: the label is {label!r}, neither an id nor a name")
    text = label.strip() if isinstance(label, str) else str(int(label))
    if not text:
        raise DataError(f"{place}: the label is empty")
    return text


def _first(split: Split, limit: int) -> Split:
    """Keep the first `limit` rows; if they have one class only, the first rows of each class."""
    total = len(split.labels)
    keep = list(range(min(limit, total)))
    if len({split.labels[i] for i in keep}) == 1:
        ones = round(limit * sum(split.labels) / total)
        quota = {1: min(max(ones, 1), limit - 1)}
        quota[0] = limit - quota[1]
        of_class = {c: [i for i, label in enumerate(split.labels) if label == c] for c in quota}
        keep = sorted(i for c in quota for i in of_class[c][: quota[c]])
    return Split([split.texts[i] for i in keep], [split.labels[i] for i in keep])
