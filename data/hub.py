"""Labelled texts of a data set on the Hugging Face Hub."""

import sys
from pathlib import Path
from typing import Any

from data.files import FILE_NAMES, DataError, Names, Row, columns
from hub import DEADLINE, GATED, HINT, ask_hub, short_reason


def hub_rows(
    repo_id: str, config: str | None, revision: str | None = None
) -> tuple[dict[str, list[Row]], Names | None, str | None]:
    """Return the rows, label names and commit of a data set on the Hub."""
    found = _hub_splits(repo_id, config, revision)
    rows: dict[str, list[Row]] = {}
    for split, aliases in FILE_NAMES.items():
        table = next((found[alias] for alias in aliases if alias in found), None)
        if table is None:
            raise DataError(f"{repo_id} has no {split} split (found: {', '.join(found)})")
        columns(f"{repo_id} {split}", table.column_names)
        places = (f"{repo_id} {split} row {number}" for number in range(1, len(table) + 1))
        rows[split] = list(zip(places, table["text"], table["label"], strict=True))
    names = getattr(found["train"].features["label"], "names", None)
    if names is not None and len(names) != 2:
        raise DataError(f"{repo_id} has {len(names)} classes, not exactly two: {', '.join(names)}")
    return rows, tuple(names) if names else None, _commit(found)


def _commit(found: Any) -> str:
    """The commit of a loaded data set: its folder in the cache is named after it."""
    tables = next(iter(found.values()))
    return Path(tables.cache_files[0]["filename"]).parent.name


def _hub_splits(repo_id: str, config: str | None, revision: str | None) -> Any:
    """Return the `datasets.DatasetDict`, from the local cache where the Hub does not answer."""
    import datasets
    import huggingface_hub

    if not sys.stderr.isatty():  # progress bars and advice are for a person, not for a log file
        for library in (datasets, huggingface_hub):
            library.utils.disable_progress_bars()
            library.utils.logging.set_verbosity_error()
    api = huggingface_hub.HfApi()
    commit, failure = ask_hub(
        lambda: api.dataset_info(repo_id, revision=revision, timeout=DEADLINE).sha
    )
    if isinstance(failure, huggingface_hub.errors.GatedRepoError):
        raise DataError(f"{repo_id} {GATED} {HINT}")
    if isinstance(failure, huggingface_hub.errors.RepositoryNotFoundError):
        raise DataError(f"{repo_id} is not found on the Hub, or is private {HINT}")
    if isinstance(failure, huggingface_hub.errors.RevisionNotFoundError):
        raise DataError(f"{repo_id} has no revision {revision} (hint: --data-revision)")
    switches: tuple[Any, Any] = (datasets.config, huggingface_hub.constants)
    before = [module.HF_HUB_OFFLINE for module in switches]
    try:
        for module in switches if failure else ():
            module.HF_HUB_OFFLINE = True  # else each file is asked for again, for minutes
        found = datasets.load_dataset(repo_id, config, revision=commit or revision)
    except Exception as error:
        reason = short_reason(error)  # a ValueError names the configurations that there are
        if failure:
            cached = f"; {reason}" if isinstance(error, ValueError) else ""
            why = f"cannot reach the Hub for {repo_id}: {short_reason(failure)}{cached}"
            raise DataError(f"{why} {HINT}") from None
        raise DataError(f"cannot load {repo_id}: {reason} {HINT}") from None
    finally:
        for module, value in zip(switches, before, strict=True):
            module.HF_HUB_OFFLINE = value
    if failure and revision and _commit(found) != revision:  # the cache gives what it has
        why = f"cannot reach the Hub for {repo_id}: {short_reason(failure)}"
        raise DataError(f"{why}; the cache holds {_commit(found)}, not {revision} {HINT}")
    return found
