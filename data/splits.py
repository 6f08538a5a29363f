"""The rows of a source as they stand in its files or on the Hub, split by split."""

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from sys import intern
from typing import Any

from data.columns import find_columns, is_unlabelled
from data.flat import Texts
from data.labels import NO_LABEL, Names, any_of, as_number, written
from data.parquet import as_written, class_names
from data.rows import DataError, no_column, no_string
from data.tables import kind_of, read_header, read_table
from hub import load_data_set

FILE_NAMES = {  # split: the names that its file may have, without the extension
    "train": ("train",),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
}
EXTENSIONS = (".csv", ".tsv", ".jsonl", ".parquet", ".csv.gz", ".tsv.gz", ".jsonl.gz")
SHOWN = 5  # bad rows that are told one by one
NO_LABELS = "has no labels: it is left out"  # as contests give out their test texts


@dataclass(frozen=True)
class Choice:
    """What is read of a source, and as what; None is found or left as it is.

    `label_column` and `positive` may be several names with commas between them; `split` is the
    percentage of train, validation and test where these have to be made.
    """

    text_column: str | None = None
    label_column: str | None = None
    split: str = "80,10,10"
    positive: str | None = None
    positive_from: float | None = None
    skip_bad: bool = False

    def shares(self) -> tuple[float, ...]:
        """The shares of train, validation and test: of "80,10,10" 0.8, 0.1 and 0.1.

        Raises DataError where these are not three percentages that add up to 100.
        """
        found = [as_number(percent.strip()) or 0 for percent in self.split.split(",")]
        if len(found) != 3 or min(found) <= 0 or abs(sum(found) - 100) > 1e-6:
            raise DataError(f"{self.split} is not three percentages that add up to 100")
        return tuple(percent / 100 for percent in found)


@dataclass
class Part:
    """The sound rows of a split, labels as they are written, and what is wrong with the others."""

    place: str  # what a row's number stands behind
    texts: Texts = field(default_factory=Texts)
    labels: list[str] = field(default_factory=list)
    lines: "array[int]" = field(default_factory=lambda: array("q"))
    bad: int = 0
    unlabelled: int = 0  # of the bad ones
    faults: list[str] = field(default_factory=list)  # of the first bad rows


@dataclass(frozen=True)
class Source:
    """All that a source says: its splits, of which some may be missing, and names by label id."""

    parts: dict[str, Part]
    names: Names | None
    choice: Choice  # with the columns that were found
    columns: Names = ()  # of the labels
    notes: tuple[str, ...] = ()
    revision: str | None = None


def read_folder(folder: Path, choice: Choice) -> Source:
    """A folder of tables, a file each split, or of TweetEval. Raises DataError."""
    if home := tweeteval_home(folder):
        if choice.text_column or choice.label_column:
            hint = "(hint: leave out --text-column and --label-column)"
            raise DataError(f"{home} is a folder of TweetEval, which has no columns {hint}")
        return Source(_tweeteval_parts(home), _mapping(home / "mapping.txt"), choice)
    files = split_files(folder)
    found = _read_files(files, folder / "mapping.txt", choice)
    others = {p.name for p in folder.iterdir() if p.name.lower().endswith(EXTENSIONS)}
    if others := others - {path.name for path in files.values()}:
        note = f"of {folder} only {', '.join(path.name for path in files.values())} are read"
        return replace(found, notes=(*found.notes, f"{note}, not {', '.join(sorted(others))}"))
    return found


def tweeteval_home(folder: Path) -> Path | None:
    """Where the files of a TweetEval task are: in the folder itself, or in that of all tasks."""
    homes = (folder,) if _called(folder, FILE_NAMES["train"]) else (folder, folder / "hate")
    return next((home for home in homes if os.path.exists(home / "train_text.txt")), None)


def split_files(folder: Path) -> dict[str, Path]:
    """The file of each split in a folder of tables; raises DataError where train has none."""
    files = {}
    for split, stems in FILE_NAMES.items():
        found = _called(folder, stems)
        if len(found) > 1:
            raise DataError(f"{found[0]} and {found[1]} are both the {split} split")
        if found:
            files[split] = found[0]
    if "train" not in files:
        raise DataError(
            f"{folder} has no train file (hint: train with one of {', '.join(EXTENSIONS)}, the "
            "files of a TweetEval folder, or --data FILE)"
        )
    return files


def _called(folder: Path, stems: Sequence[str]) -> list[Path]:
    """The tables of a folder with one of these names, in capitals or not."""
    there = sorted(folder.iterdir())
    names = [f"{stem}{extension}" for stem in stems for extension in EXTENSIONS]
    return [path for name in names for path in there if path.name.lower() == name]


def first_file(path: Path) -> Path | None:
    """The table of the training texts, of a file or a folder; None where there is no table."""
    if path.is_dir():
        return None if tweeteval_home(path) else split_files(path)["train"]
    return path if path.is_file() and path.name.lower().endswith(EXTENSIONS) else None


def read_file(path: Path, choice: Choice) -> Source:
    """One file, of which all splits are to be made. Raises DataError."""
    if f".{kind_of(path)}" not in EXTENSIONS:
        raise DataError(f"{path} is not one of {', '.join(EXTENSIONS)}")
    return _read_files({"train": path}, path.parent / "mapping.txt", choice)


def read_hub(repo_id: str, config: str | None, revision: str | None, choice: Choice) -> Source:
    """A data set on the Hub. Raises DataError and HubError."""
    found, commit = load_data_set(repo_id, config, revision)
    tables = {
        split: found[alias]
        for split, aliases in FILE_NAMES.items()
        for alias in aliases
        if alias in found
    }
    if "train" not in tables and len(found) == 1:
        tables = {"train": next(iter(found.values()))}
    if "train" not in tables:
        raise DataError(f"{repo_id} has no train split (found: {', '.join(found)})")
    columns = tables["train"].column_names
    text, labels = find_columns(repo_id, columns, choice.text_column, choice.label_column)
    named = getattr(tables["train"].features.get(labels[0]), "names", None)
    parts, told = {}, tuple(named) if named and len(labels) == 1 else None
    left_out: list[str] = []
    for split, table in tables.items():
        if split != "train" and is_unlabelled(table.column_names, text, labels):
            left_out.append(f"{repo_id} {split} {NO_LABELS}")
            continue
        if missing := no_column(table.column_names, [text, *labels]):
            raise DataError(f"{repo_id} {split}: {missing}")
        names = [getattr(table.features[label], "names", None) for label in labels]
        kinds = [getattr(table.features[label], "dtype", None) for label in labels]
        own = ([as_written(v, k) for v in table[n]] for n, k in zip(labels, kinds, strict=True))
        cells = zip(table[text], *own, strict=True)
        rows = ((n, c, "") for n, c in enumerate(cells, start=1))
        place = f"{repo_id} {split} row "
        ids = _ids(names[0] if len(labels) == 1 else None, told)
        parts[split] = _part(place, rows, ids, choice, True)
    choice, notes = _with_columns(choice, text, labels)
    return Source(parts, told, choice, labels, (*notes, *left_out), commit)


def _read_files(files: dict[str, Path], mapping: Path, choice: Choice) -> Source:
    """Tables whose columns are those of the training file."""
    for path in files.values():
        if not os.path.isfile(path):
            raise DataError(f"{path} is not a file")  # a pipe would be waited for
    first = files["train"]
    place = str(first) if kind_of(first) == "parquet" else f"{first}:1"
    found = read_header(first)
    text, labels = find_columns(place, found, choice.text_column, choice.label_column)
    parts, told = {}, _mapping(mapping)
    left_out: list[str] = []
    by_id = told is None and len(labels) == 1
    for split, path in files.items():
        bare = split != "train" and is_unlabelled(read_header(path), text, labels)
        if bare and kind_of(path) != "jsonl":  # of which each row has keys of its own
            left_out.append(f"{path} {NO_LABELS}")
            continue
        names = class_names(path, labels[0]) if by_id and kind_of(path) == "parquet" else None
        told = told or names
        rows = ((row.line, row.cells, row.error) for row in read_table(path, [text, *labels]))
        parts[split] = _part(f"{path}:", rows, _ids(names, told), choice, lacked=labels[0] * bare)
    choice, notes = _with_columns(choice, text, labels)
    return Source(parts, told, choice, labels, (*notes, *left_out))


def _ids(names: Sequence[str] | None, told: Names | None) -> list[str] | None:
    """What the ids of a split's own features stand for: ids of `told`, those of train."""
    if names is None:
        return None
    return [str(told.index(name)) if told and name in told else name for name in names]


def _with_columns(choice: Choice, text: str, labels: Names) -> tuple[Choice, tuple[str, ...]]:
    """The choice with the columns that are read, and a word where nobody named them."""
    note = f"texts are read from {text!r}, labels from {', '.join(map(repr, labels))}"
    quiet = (text, labels) == ("text", ("label",)) or (choice.text_column and choice.label_column)
    note += ": any of them" if len(labels) > 1 else ""
    notes = () if quiet else (note,)
    return replace(choice, text_column=text, label_column=",".join(labels)), notes


def _part(
    place: str,
    rows: Iterable[tuple[int, Sequence[Any], str]],
    ids: Sequence[str] | None,
    choice: Choice,
    blank_ok: bool = False,
    lacked: str = "",
) -> Part:
    """Take the sound rows of a split: (number, (text, label, ...), error) each.

    `ids` say what a label stands for that is an id of the split's own; a row without the column
    `lacked` has no label.
    """
    part, no_label = Part(place), f"no column {lacked!r}"
    for number, cells, error in rows:
        label = ""
        if not error:
            text = cells[0]
            error = no_string("text", text)
            if not error and not blank_ok and not text.strip():
                error = "the text is empty"
        if not error:
            label, error = _label(cells[1:], ids, choice.positive_from)
        if error:
            part.bad += 1
            part.unlabelled += error == NO_LABEL or error.startswith(no_label)
            part.faults += [f"{place}{number}: {error}"] if part.bad <= SHOWN else []
            continue
        part.texts.append(text)
        part.labels.append(intern(label))
        part.lines.append(number)
    return part


def _label(
    cells: Sequence[Any], ids: Sequence[str] | None, positive_from: float | None
) -> tuple[str, str]:
    """What a row's label says, and what is wrong with it."""
    if len(cells) > 1:
        return any_of(cells, positive_from)
    (label,) = cells
    if ids and isinstance(label, int):
        label = ids[label] if 0 <= label < len(ids) else None if label == -1 else label
    return written(label)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of each line; raises DataError at the first bad one."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise DataError(f"{path} is not a file")
    for row in read_table(path, ["text"], "txt"):
        place = f"{path}:{row.line}"
        if row.error:
            raise DataError(f"{place}: {row.error}")
        yield place, row.cells[0]


def _mapping(path: Path) -> Names | None:
    """Read label names, one `ID<tab>NAME` a line, or None where there is no such file."""
    if not os.path.exists(path):
        return None
    names: dict[str, str] = {}
    for place, line in _lines(path):
        label, _, name = (part.strip() for part in line.partition("\t"))
        if not name or label in names:
            raise DataError(f"{place}: {line!r} is not a label id, a tab and a name")
        names[label] = name
    ids = [str(index) for index in range(len(names))]
    if set(names) != set(ids) or len(set(names.values())) < len(ids) or len(ids) < 2:
        raise DataError(f"{path}: not a name for each of the ids 0, 1 and so on, but {names}")
    return tuple(names[label] for label in ids)


def _tweeteval_parts(folder: Path) -> dict[str, Part]:
    """The splits of a TweetEval folder: a text a line beside a label a line."""
    parts = {}
    for split, stem in (("train", "train"), ("validation", "val"), ("test", "test")):
        text_path, label_path = folder / f"{stem}_text.txt", folder / f"{stem}_labels.txt"
        if split != "train" and not (text_path.exists() or label_path.exists()):
            continue
        texts = Texts(text for _, text in _lines(text_path))
        labels = [label for _, label in _lines(label_path)]
        if len(texts) != len(labels):
            raise DataError(f"{text_path} has {len(texts)} lines, {label_path} {len(labels)}")
        rows = ((n, pair, "") for n, pair in enumerate(zip(texts, labels, strict=True), start=1))
        # Eight hate tweets of TweetEval are empty, and its sizes are part of the benchmark.
        parts[split] = _part(f"{label_path}:", rows, None, Choice(), True)
    return parts
