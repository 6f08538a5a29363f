"""From a name to labelled texts: the sample, a file, a folder, or a data set on the Hub."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data.flat import Texts
from data.labels import Classes, Names, find_classes
from data.rows import DataError
from data.splits import (
    FILE_NAMES,
    NO_LABELS,
    Choice,
    Part,
    Source,
    first_file,
    read_file,
    read_folder,
    read_hub,
)
from data.tables import read_header
from hub import load_data_set, or_a_path

SAMPLE = Path(__file__).parent / "sample"
HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
AS_FOUND = Choice()
SPLIT_SEED = 0  # of splits that are made: not --seed, so that runs of all seeds see the same texts


@dataclass(frozen=True)
class Split:
    """Texts and their label ids (0 to K-1), in the order of the source."""

    texts: Sequence[str]
    labels: Sequence[int]


@dataclass(frozen=True)
class Data:
    """The splits train, validation and test.

    `name` is the source as given, or the last part of a path; `revision` the commit on the Hub.
    `by_id` are the classes in the order of the ids that the source gives them, where it does.
    `choice` is how it was read, `made` the splits that were made of others, `skipped` the rows
    that were left out, `notes` what a person should know of what was chosen.
    """

    name: str
    splits: dict[str, Split]
    label_names: Names
    revision: str | None = None
    by_id: Names = ()
    choice: Choice = AS_FOUND
    made: tuple[str, ...] = ()
    skipped: int = 0
    notes: tuple[str, ...] = ()


def load_data(
    source: str,
    limit: int | None = None,
    revision: str | None = None,
    choice: Choice = AS_FOUND,
    complete: bool = True,
) -> Data:
    """Read the splits train, validation and test of `source`, all texts and labels checked.

    `source` is `sample`, a file, a folder, or a Hub data set ID or ID:CONFIG
    (cardiffnlp/tweet_eval:hate), of which `revision` is a commit, a branch or a tag. Splits that it
    lacks are made, if they are to be `complete`. `limit` is the number of texts kept of each split,
    at least two, with every class among them if it is not below their number. Raises DataError,
    with file and line where there is one, and hub.HubError.
    """
    if limit is not None and limit < 2:
        raise DataError(f"limit {limit} is less than 2, one text of each class")
    found = _read(source, revision, choice)
    skipped = _sound(found)
    classes = find_classes(
        found.parts["train"].labels,
        found.names,
        found.columns,
        choice.positive,
        choice.positive_from,
        few=not complete,
    )
    splits = {name: _with_ids(part, classes) for name, part in found.parts.items()}
    missing = [name for name in FILE_NAMES if name not in splits]
    made, notes = tuple(missing) if complete else (), list(found.notes)
    notes += [classes.note] if classes.note else []
    if skipped:
        fault = next(words for part in found.parts.values() for words in part.faults)
        notes.append(f"{skipped:,} bad rows are left out, the first of them {fault}")
    if made:
        splits = _completed(splits, choice)
        sizes = ", ".join(f"{name} {len(split.texts):,}" for name, split in splits.items())
        notes.append(
            f"{' and '.join(made)} made of train: {sizes} texts "
            f"(--split {choice.split}, seed {SPLIT_SEED})"
        )
    for name, split in splits.items():
        if complete and len(set(split.labels)) == 1:
            only = classes.names[split.labels[0]]
            raise DataError(f"{source}: all {len(split.texts)} texts of {name} are {only!r}")
        if absent := set(range(len(classes.names))) - set(split.labels):
            shown = ", ".join(repr(classes.names[index]) for index in sorted(absent))
            notes.append(f"no text of {name} is {shown}")
    name = Path(source).resolve().name if os.path.exists(source) else source
    told = (classes.names, found.revision, classes.by_id, found.choice)
    return cut_to(Data(name, splits, *told, made, skipped, tuple(notes)), limit)


def cut_to(data: Data, limit: int | None) -> Data:
    """The data with `limit` texts of each split, all of them where it is None."""
    if limit is None:
        return data
    return replace(data, splits={name: first_of(s, limit) for name, s in data.splits.items()})


def header_of(source: str) -> list[str]:
    """The columns of a source, of its training split; none where it is no table."""
    if (table := hub_table(source)) is not None:
        return list(table.column_names)
    path = None if source == "sample" else first_file(Path(source))
    return read_header(path) if path else []


def hub_table(source: str) -> Any:
    """The training split of a data set on the Hub, or its first; None where the source is none."""
    repo_id, _, config = source.partition(":")
    if os.path.exists(source) or not HUB_ID.fullmatch(repo_id):
        return None
    with or_a_path(source):
        found, _ = load_data_set(repo_id, config or None, None)
    return found.get("train") or next(iter(found.values()))


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


def _read(source: str, revision: str | None, choice: Choice) -> Source:
    """Read a source of any kind; raises DataError where a split that it has is empty."""
    if source == "sample":  # beside whose files there are others
        found = replace(read_folder(SAMPLE, choice), notes=())
    elif os.path.isdir(source):
        found = read_folder(Path(source), choice)
    elif os.path.exists(source):
        found = read_file(Path(source), choice)
    else:
        repo_id, _, config = source.partition(":")
        if not HUB_ID.fullmatch(repo_id):
            hint = "(hint: a Hub data set has one slash, as in a/b)"
            raise DataError(f"no such file or folder: {source!r} {hint}")
        with or_a_path(source):
            found = read_hub(repo_id, config or None, revision, choice)
    for name, part in found.parts.items():
        if not part.lines and not part.bad:
            raise DataError(f"{source}: the {name} split is empty")
    return _labelled(found)


def _labelled(found: Source) -> Source:
    """The source without splits for scoring in which every label is empty."""
    parts, notes = dict(found.parts), list(found.notes)
    for name in ("validation", "test"):
        part = parts.get(name)
        if part and not part.lines and part.unlabelled == part.bad:
            notes.append(f"{part.place.removesuffix(':').removesuffix(' row ')} {NO_LABELS}")
            del parts[name]
    return replace(found, parts=parts, notes=tuple(notes))


def _sound(found: Source) -> int:
    """How many rows are left out; raises DataError where that was not asked for."""
    bad = sum(part.bad for part in found.parts.values())
    if bad and not found.choice.skip_bad:
        faults = [fault for part in found.parts.values() for fault in part.faults][:5]
        more = f"; {bad:,} bad rows in all" if bad > len(faults) else ""
        raise DataError(f"{'; '.join(faults)}{more} (hint: --skip-bad leaves such rows out)")
    for name, part in found.parts.items():
        if not part.lines:
            raise DataError(f"{part.place.rstrip(':')}: no row of {name} can be read")
    return bad


def _with_ids(part: Part, classes: Classes) -> Split:
    """Turn labels as they are written into ids."""
    ids: dict[str, int] = {}
    labels = []
    for label, line in zip(part.labels, part.lines, strict=True):
        if label not in ids:
            found = classes.id_of(label)
            if found is None:
                known = ", ".join(f"{name!r}" for name in classes.names)
                or_ids = f", or 0 to {len(classes.names) - 1}" if "0" in classes.ids else ""
                hint = f"(hint: known are {known}{or_ids})"
                raise DataError(f"{part.place}{line}: unknown label {label!r} {hint}")
            ids[label] = found
        labels.append(ids[label])
    return Split(part.texts, labels)


def _completed(splits: dict[str, Split], choice: Choice) -> dict[str, Split]:
    """Make the splits that are missing of the training texts, of each class its share."""
    from data.splitting import divide  # brings numpy, which `--help` does without

    train = splits["train"]
    missing = [name for name in FILE_NAMES if name not in splits]
    share = dict(zip(FILE_NAMES, choice.shares(), strict=True))
    taken = [share[name] for name in missing]
    parts = divide(train.texts, train.labels, [1 - sum(taken), *taken], SPLIT_SEED)
    made = {}
    for number, name in enumerate(["train", *missing]):
        places = (parts == number).nonzero()[0].tolist()
        if not places:
            hint = "(hint: more texts, or another --split)"
            raise DataError(f"{len(train.texts)} texts of train leave none for {name} {hint}")
        made[name] = Split(
            Texts(train.texts[place] for place in places),
            [train.labels[place] for place in places],
        )
    return {name: made.get(name) or splits[name] for name in FILE_NAMES}


def first_of(split: Split, limit: int) -> Split:
    """Keep the first `limit` rows; if they lack a class, the first rows of each class."""
    total, counts = len(split.labels), Counter(split.labels)
    keep = list(range(min(limit, total)))
    if len({split.labels[i] for i in keep}) < min(len(counts), limit):
        quota: dict[int, int] = {}
        *smaller, largest = sorted(counts, key=lambda label: counts[label])
        for number, label in enumerate(smaller):
            most = limit - sum(quota.values()) - (len(smaller) - number)  # the others need one each
            quota[label] = max(0, min(max(round(limit * counts[label] / total), 1), most))
        quota[largest] = limit - sum(quota.values())
        places: dict[int, list[int]] = {label: [] for label in counts}
        for place, label in enumerate(split.labels):
            places[label].append(place)
        keep = sorted(i for label in quota for i in places[label][: quota[label]])
    return Split(Texts(split.texts[i] for i in keep), [split.labels[i] for i in keep])
