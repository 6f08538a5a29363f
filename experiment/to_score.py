"""The texts that eval.py scores: those that a run was trained on, read as then, or others."""

import os
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from data import Choice, Data, DataError, Split, load_data
from data.matching import in_order_of
from data.sources import AS_FOUND, cut_to, header_of
from data.splitting import copy_key
from experiment.cli import say
from experiment.data_flags import choice_of
from experiment.encoding import fingerprint
from experiment.errors import UsageError
from experiment.loading import classes_of, ids_of
from experiment.rundir import read_record
from hub import HubError


def find_data(
    runs: list[Path],
    source: str | None,
    limit: int | None,
    choice: Choice = AS_FOUND,
    base: str | None = None,
    scored: str = "test",
) -> Data:
    """The texts to score: those of `source`, or what the runs were trained on, read as then.

    Where the split to be `scored` is `all`, it holds the texts of all splits of `source`. The
    classes are the first run's, in its order. Raises UsageError, and DataError where those of the
    data are others, or where texts that a run has learned may be among those to be scored.
    """
    records = [read_record(run / "train_args.json") for run in runs]
    record = records[0]
    if source is not None:
        choice = like(choice_of(record), choice, header_of(source))
        whole = load_all(source, choice) if scored == "all" else load_data(source, choice=choice)
        for note in whole.notes:
            say(note)
    elif others := trained_on_others(runs, records):
        hint = "(hint: name runs of one kind, or --data)"
        raise UsageError(f"these runs were trained on different data: {others} {hint}")
    elif record.get("data") is None:
        raise UsageError("these runs do not say what they were trained on (hint: give --data)")
    else:
        limit = limit or record.get("limit")
        source_then, revision = source_of(runs[0], record), record.get("data_revision")
        whole = load_data(source_then, None, revision, choice_of(record))
    limits = {own.get("limit") for own in records}
    hashes = {most: fingerprint(cut_to(whole, most)) for most in limits}
    if scored == "all":
        whole = with_all(whole)
    for run, own in zip(runs, records, strict=True):
        same = own.get("data_sha256") in (None, hashes[own.get("limit")])
        hold_against(run, own, whole, source, scored, same)
    return in_order_of_runs(cut_to(whole, limit), runs, base)


def in_order_of_runs(data: Data, runs: Sequence[Path], base: str | None) -> Data:
    """The data with the first run's classes, in its order. Raises DataError and UsageError."""
    matched: dict[Path, Data] = {}
    for run in runs:
        try:
            matched[run], note = in_order_of(data, classes_of(run, base), ids_of(run, base))
        except DataError as error:
            raise DataError(f"{run}: {error}") from None
        if note:
            say(f"{run}: {note}")
    first = matched[runs[0]]
    for run, own in matched.items():
        # Classes of one name are found by it, two of other names by their order.
        renamed = {*own.label_names} != {*first.label_names} and len(own.label_names) == 2
        if renamed and own.splits != first.splits:
            hint = "(hint: score them one by one)"
            raise UsageError(f"class 0 of {run} is another one than that of {runs[0]} {hint}")
    return first


def hold_against(
    run: Path, record: dict[str, Any], data: Data, source: str | None, scored: str, same: bool
) -> None:
    """Say where these texts are not what a run was trained on, or what of them it has learned.

    `same` says whether their hash is that of the run's. Raises UsageError and DataError where a
    score would say nothing.
    """
    is_own = source is None or is_source(run, record, source)
    if scored == "all" and (is_own or (same and "data_sha256" in record)):
        raise UsageError(f"{run} was trained on texts of {data.name} (hint: --split test)")
    if same:
        named = tuple(record.get("label_names", data.label_names))
        if named != data.label_names and {*named} == {*data.label_names}:
            then, now = ", ".join(named), ", ".join(data.label_names)
            raise DataError(
                f"{data.name}: the same labels were called {then} when {run} was trained, and are "
                f"called {now} now (hint: train again)"
            )
        return
    if not is_own:
        told = tell_learned(run, record, data, scored)
        say(f"warning: {data.name} are other texts than {run} was trained on{told}")
        return
    flags = differing(vars(choice_of(record)), vars(data.choice))
    how = f"is read with {flags}" if flags else "has changed since"
    if data.made:
        raise DataError(
            f"{data.name}, which {run} was trained on, {how}, and would be split anew: the run "
            f"may have learned some of {' and '.join(data.made)} (hint: the flags of then; new "
            "texts alone, with --data FILE --split all; or train again)"
        )
    say(f"warning: {data.name}, which {run} was trained on, {how}")


def tell_learned(run: Path, record: dict[str, Any], data: Data, scored: str) -> str:
    """How many texts to be scored a run has seen in training; raises UsageError for most of them.

    Where the scored split is no validation split, those count too that its epoch was chosen by.
    """
    sha256 = record.get("data_sha256")
    try:
        place, revision = source_of(run, record), record.get("data_revision")
        own = seen(place, revision, choice_of(record), record.get("limit"))
    except (DataError, HubError, KeyError):
        return "; how many of them it has learned is not known"
    if own["sha256"] != sha256:
        return "; how many of them it has learned is not known"
    keys = own["train"] if scored == "validation" else own["train"] | own["validation"]
    texts = data.splits[scored].texts
    learned = sum(copy_key(text) in keys for text in texts)
    if 2 * learned > len(texts):
        raise UsageError(
            f"{run} has learned {learned:,} of the {len(texts):,} texts of {scored} of {data.name} "
            "(hint: new texts alone)"
        )
    return f", of which it has learned {learned:,}" if learned else ""


@cache
def seen(source: str, revision: str | None, choice: Choice, limit: int | None) -> dict[str, Any]:
    """What runs of one command were trained on: its fingerprint, and its texts' keys by split.

    Raises DataError and HubError.
    """
    data = load_data(source, limit, revision, choice)
    keys = {name: frozenset(map(copy_key, split.texts)) for name, split in data.splits.items()}
    return {"sha256": fingerprint(data), **keys}


def like(trained: Choice, told: Choice, header: Sequence[str]) -> Choice:
    """What nobody has told is read as in training, if the source has those columns."""
    text, labels = told.text_column, told.label_column
    positive_from = told.positive_from
    if trained.text_column in header:
        text = text or trained.text_column
    own = trained.label_column or ""
    if own and not labels and (own in header or {*own.split(",")} <= {*header}):
        labels = own
    if labels and labels == own and positive_from is None:
        positive_from = trained.positive_from
    return Choice(text, labels, trained.split, told.positive, positive_from, told.skip_bad)


def load_all(source: str, choice: Choice) -> Data:
    """All texts of a source; splits that it lacks are made where there are texts enough."""
    try:
        return load_data(source, choice=choice)
    except DataError:
        return load_data(source, choice=choice, complete=False)


def is_source(run: Path, record: dict[str, Any], source: str) -> bool:
    """Whether this is the place of the texts that a run was trained on."""
    places = [Path(record["data"])] if "data" in record else []
    if "data_from_run" in record:
        places = [place for place in places if place.is_absolute()]
        places.append(run.resolve() / record["data_from_run"])
    return Path(source).resolve() in [place.resolve() for place in places]


def with_all(data: Data) -> Data:
    """The data with a split more, `all`: the texts of all splits, one after another."""
    parts = data.splits.values()
    everything = Split([t for p in parts for t in p.texts], [y for p in parts for y in p.labels])
    return replace(data, splits={**data.splits, "all": everything})


def trained_on_others(runs: Sequence[Path], records: Sequence[dict[str, Any]]) -> str:
    """Which runs were trained on other texts than the first, and what of their flags differs."""
    first, told = records[0], []
    names = ["data", "data_revision", "limit", *(f.name for f in fields(Choice))]
    flags = [{name: record.get(name) for name in names} for record in records]
    for run, record, own in zip(runs, records, flags, strict=True):
        if record.get("data_sha256") != first.get("data_sha256"):
            differs = differing(flags[0], own)
            told.append(f"{run} with {differs or 'the same flags on changed files'}")
    return f"{runs[0]}, but {'; '.join(told)}" if told else ""


def differing(before: dict[str, Any], now: dict[str, Any]) -> str:
    """The flags that are others now than before, as a person writes them."""
    return ", ".join(
        f"--{name.replace('_', '-')} {now[name]} and not {before[name]}"
        for name in before
        if now[name] != before[name]
    )


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
