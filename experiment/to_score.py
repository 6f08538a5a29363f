"""The texts that eval.py scores: those that a run was trained on, read as then, or others."""

import os
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from data import Choice, Data, DataError, Split, load_data
from data.matching import in_order_of
from data.sources import AS_FOUND, first_of
from data.splits import header_of
from experiment.cli import say
from experiment.data_flags import choice_of
from experiment.encoding import fingerprint
from experiment.errors import UsageError
from experiment.loading import classes_of, ids_of
from experiment.rundir import read_record


def find_data(
    runs: list[Path],
    source: str | None,
    limit: int | None,
    choice: Choice = AS_FOUND,
    base: str | None = None,
    everything: bool = False,
) -> Data:
    """The texts to score: those of `source`, or what the runs were trained on, read as then.

    With `everything` there is a split more, `all`: the texts of all splits of `source`. The classes
    are the first run's, in its order. Raises UsageError, and DataError where those of the data are
    others, or where texts that a run has learned may be among those to be scored.
    """
    records = [read_record(run / "train_args.json") for run in runs]
    record = records[0]
    if source is not None:
        choice = like(choice_of(record), choice, header_of(source))
        data = load_all(source, choice) if everything else load_data(source, limit, None, choice)
        for note in data.notes:
            say(note)
    elif others := trained_on_others(runs, records):
        hint = "(hint: name runs of one kind, or --data)"
        raise UsageError(f"these runs were trained on different data: {others} {hint}")
    elif record.get("data") is None:
        raise UsageError("these runs do not say what they were trained on (hint: give --data)")
    else:
        limit = limit or record.get("limit")
        revision = record.get("data_revision")
        data = load_data(source_of(runs[0], record), limit, revision, choice_of(record))
    sha256 = fingerprint(data)
    for run, record in zip(runs, records, strict=True):
        same_limit = limit == record.get("limit")
        if same_limit and record.get("data_sha256", sha256) != sha256:
            changed = source is None or is_source(run, record, source)
            if changed and data.made:
                hint = "(hint: new texts alone, with --data FILE --split all; or train again)"
                raise DataError(
                    f"{data.name} has changed since {run} was trained, and would be split anew: "
                    f"the run may have learned some of {' and '.join(data.made)} {hint}"
                )
            told = ": they have changed since" if changed else ""
            say(f"warning: {data.name} are other texts than {run} was trained on{told}")
    for run in reversed(runs):
        try:
            data, note = in_order_of(data, classes_of(run, base), ids_of(run, base))
        except DataError as error:
            raise DataError(f"{run}: {error}") from None
        if note:
            say(f"{run}: {note}")
    return with_all(data, source, runs, limit) if source and everything else data


def like(trained: Choice, told: Choice, header: Sequence[str]) -> Choice:
    """What nobody has told is read as in training, if the source has those columns."""
    text, labels = told.text_column, told.label_column
    if trained.text_column in header:
        text = text or trained.text_column
    if trained.label_column and {*trained.label_column.split(",")} <= {*header}:
        labels = labels or trained.label_column
    return replace(told, split=trained.split, text_column=text, label_column=labels)


def load_all(source: str, choice: Choice) -> Data:
    """All texts of a source; splits that it lacks are made where there are texts enough."""
    try:
        return load_data(source, choice=choice)
    except DataError:
        return load_data(source, choice=choice, complete=False)


def is_source(run: Path, record: dict[str, Any], source: str) -> bool:
    """Whether this is the place of the texts that a run was trained on."""
    places = [Path(record["data"])] if "data" in record else []
    places += [run.resolve() / record["data_from_run"]] if "data_from_run" in record else []
    return Path(source).resolve() in [place.resolve() for place in places]


def with_all(data: Data, source: str, runs: Sequence[Path], limit: int | None) -> Data:
    """The data of `source` with a split more, `all`: the texts of all splits, one after another.

    Raises UsageError where a run was trained on some of them.
    """
    sha256 = fingerprint(data)
    for run in runs:
        record = read_record(run / "train_args.json")
        # Read by other flags, the same place has another hash.
        if is_source(run, record, source) or record.get("data_sha256") == sha256:
            raise UsageError(f"{run} was trained on texts of {data.name} (hint: --split test)")
    parts = data.splits.values()
    everything = Split([t for p in parts for t in p.texts], [y for p in parts for y in p.labels])
    everything = first_of(everything, limit) if limit else everything
    return replace(data, splits={**data.splits, "all": everything})


def trained_on_others(runs: Sequence[Path], records: Sequence[dict[str, Any]]) -> str:
    """Which runs were trained on other texts than the first, and what of their flags differs."""
    first, told = records[0], []
    flags = ["data", "data_revision", "limit", *(f.name for f in fields(Choice))]
    for run, record in zip(runs, records, strict=True):
        if record.get("data_sha256") != first.get("data_sha256"):
            differs = [
                f"--{name.replace('_', '-')} {record.get(name)} and not {first.get(name)}"
                for name in flags
                if record.get(name) != first.get(name)
            ]
            told.append(f"{run} with {', '.join(differs) or 'the same flags on changed files'}")
    return f"{runs[0]}, but {'; '.join(told)}" if told else ""


def source_of(run: Path, record: dict[str, Any]) -> str:
    """What `--data` names that a run was trained on; a file by its place, seen from the run.

    Raises DataError where it is not there any more.
    """
    named = str(record["data"])
    if "data_from_run" not in record:  # on the Hub, the sample, or an older run
        return named
    places = os.path.normpath(run.resolve() / record["data_from_run"]), named  # either may move
    for place in places:
        if os.path.exists(place):
            return place
    raise DataError(f"{named}, which {run} was trained on, is not at {places[0]} (hint: --data)")
