"""Tables of texts on a cluster: how Ray Data reads them, and what a worker makes of them."""

import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import torch
from pyarrow import csv, dataset, json

from data.rows import DataError, Row, no_column, no_string
from experiment.adapted import files_read
from experiment.answers import as_table
from experiment.errors import EXIT_CODES, UsageError
from experiment.hardware import pick_device, pick_dtype
from experiment.labelling import job, labelled
from experiment.loading import load_classifier

if TYPE_CHECKING:
    from ray.data import Dataset

ROWS = 8192  # that a worker labels at a time, and at most of a file
# Of rows whose worker died: those that kill each one may not do so for ever. One death takes many,
# for each call that finds the worker gone is one.
RETRIES = 100


def join(flags: dict[str, Any]) -> dict[str, Any]:
    """Join a cluster, or begin one on this machine; how many workers it has, of what size.

    Without an address Ray would take any cluster that it finds on this machine. Raises UsageError.
    """
    device, workers = flags["device"], flags["workers"]
    address = flags["address"] or os.environ.get("RAY_ADDRESS") or "local"
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_LOG_LEVEL": "CRITICAL"}
    if address == "local":  # Ray's word for loopback, which it takes on other systems by default
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    import ray

    if not ray.is_initialized():
        ray.init(
            address,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": {"PYTHONPATH": str(Path(__file__).parent.parent)}},
        )
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = sys.stderr.isatty()
    there = ray.cluster_resources()
    gpus = int(there.get("GPU", 0)) if device in ("auto", "cuda") else 0
    if gpus and (workers or 1) > gpus:
        raise UsageError(f"there are {gpus} GPUs (hint: --workers {gpus}, or --device cpu)")
    alive = [node for node in ray.nodes() if node["Alive"] and "CPU" in node["Resources"]]
    workers = workers or gpus or len(alive)
    threads = max(1, int(there.get("CPU", 1)) // workers)
    nodes = [node["NodeID"] for node in alive]
    return {"workers": workers, "gpus": int(gpus > 0), "threads": threads, "nodes": nodes}


def leave() -> None:
    """Leave the cluster, and end one that was begun."""
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()


def read_tables(files: list[str], kind: str, schema: pa.Schema | None = None) -> "Dataset":
    """The rows of files as Ray's reader of their kind has them, in columns of these types.

    What the name of a file ends in is not asked: Ray would leave some out, and say nothing.
    """
    import ray

    if kind == "parquet":
        return ray.data.read_parquet(files, file_extensions=None)
    if kind == "jsonl":
        types = json.ParseOptions(explicit_schema=schema) if schema else json.ParseOptions()
        return ray.data.read_json(files, file_extensions=None, parse_options=types)
    types = dict(zip(schema.names, schema.types, strict=True)) if schema else {}
    return ray.data.read_csv(
        files,
        parse_options=csv.ParseOptions(newlines_in_values=True),  # else a text is cut in two
        convert_options=csv.ConvertOptions(column_types=types),
    )


def schema_of(flags: dict[str, Any]) -> pa.Schema:
    """The columns of the first file, which all must have.

    Cells of a csv are text, whatever they look like: 007 is no 7. So are texts of a jsonl, of
    which Arrow would make points in time, and what is null throughout its first rows. Raises
    DataError where there is no text, UsageError where an answer has a column of the same name.
    """
    files, kind, column = flags["files"], flags["format"], flags["column"]
    if len({*files}) < len(files):
        raise UsageError("a file is named twice")
    found = read_tables(files, kind).schema()
    if found is None:
        raise DataError(f"{files[0]} has no row")
    schema = found.base_schema
    if wrong := no_column(schema.names, [column]):
        raise DataError(f"{files[0]}: {wrong}")
    own = {flags["prefix"] + name for name in as_table([], flags["names"]).column_names}
    if taken := own & {*schema.names}:
        raise UsageError(f"there is a column {min(taken)!r} already (hint: --prefix model_)")
    for place, field in enumerate(schema):
        unknown = kind == "jsonl" and (field.name == column or field.type == pa.null())
        if kind == "csv" or unknown:
            schema = schema.set(place, pa.field(field.name, pa.string()))
    return schema.remove_metadata()


def label(flags: dict[str, Any]) -> int:
    """Label all files and write parquet; returns how many answers have an error."""
    import ray

    # The release is pinned, and for max_task_retries there is no other way yet.
    warnings.filterwarnings("ignore", ".*ray_remote_args", DeprecationWarning)
    schema, to = schema_of(flags), str(flags["staging"] or flags["out"])
    if flags["staging"]:
        flags["staging"].mkdir(parents=True)
    rows = read_tables(flags["files"], flags["format"], schema)
    rows.repartition(target_num_rows_per_block=ROWS).map_batches(
        Labeller,
        fn_constructor_args=(flags, schema),
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=flags["workers"]),
        num_cpus=0,  # workers that held all would leave none to those who read for them
        num_gpus=flags["gpus"],
        # ... and Ray would also put them where no CPU is, as on the head of a cluster.
        label_selector={"ray.io/node-id": f"in({','.join(flags['nodes'])})"},
        max_task_retries=RETRIES,
    ).write_parquet(to)
    bad = dataset.field(flags["prefix"] + "error").is_valid()
    return dataset.dataset(to, format="parquet").count_rows(filter=bad)


class Labeller:
    """What a worker holds: a classifier, called on tables of the schema.

    Raises UsageError on a machine that sees another run, or not the folder to write to.
    """

    def __init__(self, flags: dict[str, Any], schema: pa.Schema) -> None:
        self.flags, self.schema, run, folder = flags, schema, flags["run"], flags["staging"]
        os.chdir(flags["home"])
        if (folder and not folder.is_dir()) or identity(run, flags["base"]) != flags["identity"]:
            what = f"{os.uname().nodename} does not see this {run} and the folder of --out"
            raise UsageError(f"{what} (hint: a disk that all machines share)")
        torch.set_num_threads(flags["threads"])
        device = pick_device(flags["device"])
        dtype = pick_dtype(flags["dtype"], device, training=False)
        sizes = flags["max_length"], flags["batch_size"]
        self.classifier = load_classifier(run, *sizes, device, dtype, flags["base"])
        self.classifier.pack()

    def __call__(self, table: pa.Table) -> pa.Table:
        """The table with the columns of an answer behind its own."""
        if other := {*table.column_names} ^ {*self.schema.names}:
            raise DataError(f"not every file has the columns of the first: {min(other)!r}")
        table = table.select(self.schema.names).cast(self.schema)
        rows = rows_of(table, self.flags["column"])
        answers = [answer for some in labelled(rows, self.classifier) for answer in some]
        found = as_table(answers, self.classifier.label_names)
        for name, cells in zip(found.column_names, found.columns, strict=True):
            table = table.append_column(self.flags["prefix"] + name, cells)
        return table


def rows_of(table: pa.Table, column: str) -> Iterator[Row]:
    """A row for each cell of a column; it has an error where the cell is no text."""
    for cell in table[column]:
        try:
            text = cell.as_py()
            error = no_string(column, text)
        except UnicodeDecodeError:
            error = "not UTF-8"
        yield Row(0, error=error) if error else Row(0, (text,))


def identity(run: Path, base: str | None) -> dict[str, Any]:
    """The hash of each file that a run's classifier is made of."""
    return job(files_read(run, base), [], {})


def told(error: Exception) -> Exception:
    """The error at the bottom of one of Ray's: of files that cannot be read a DataError."""
    ours = {"DataError": DataError, "UsageError": UsageError}  # Ray keeps their text alone
    if found := re.findall(rf"^[\w.]*\b({'|'.join(ours)}): (.*)$", str(error), re.MULTILINE):
        kind, text = found[-1]
        return ours[kind](text)
    while isinstance(inner := getattr(error, "cause", None) or error.__cause__, Exception):
        if type(inner).__name__ == "SystemException":  # Ray's, which says nothing
            break
        error = inner
    names = {kind.__name__ for kind in type(error).__mro__}
    reason = re.split(r"\. Detail:|['. ]*Failed to (?:read stream|apply)", str(error))[0]
    if names & {*EXIT_CODES} - {"OSError"}:
        return error
    if "FileNotFoundError" in names:
        return DataError(f"no file: {reason}")
    if names & {"ValueError", "LookupError", "AssertionError", "RayError"} - {*EXIT_CODES}:
        what = f"{type(error).__name__}: {reason[:300]}"
        return DataError(f"the cluster could not read or label a file: {what}")
    return error
