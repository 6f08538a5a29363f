"""Read files of a gigabyte with every reader, and see how much memory that takes.

    python -m tests.giants                      1 GB each of txt, csv, tsv, jsonl, parquet

`predict.py` reads a row at a time: it may take no more than 100 MB on top of what it has before the
first row. `train.py` keeps all texts, so its memory grows with the file. Prints one JSON object a
reader; the exit code is 1 where the line of 100 MB was crossed, or a row was lost.
"""

import argparse
import csv
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from data import load_data
from data.tables import FORMATS, read_texts

LIMIT = 100  # MB
GROUP = 1_000_000  # rows that parquet keeps together


def texts() -> Iterator[tuple[str, str]]:
    """The texts and label names of the sample's training split, over and over."""
    sample = load_data("sample")
    train = sample.splits["train"]
    return cycle(
        (" ".join(text.split()), sample.label_names[label])
        for text, label in zip(train.texts, train.labels, strict=True)
    )


def write(path: Path, size: int) -> int:
    """Write a table of at least `size` bytes, of the kind that the name says; returns its rows."""
    rows = 0
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        source = texts()
        schema = pa.schema({"text": pa.string(), "label": pa.string()})
        # Plain pages: in a dictionary the few different texts would take no room at all.
        with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
            while path.stat().st_size < size:
                columns = list(zip(*(next(source) for _ in range(GROUP)), strict=True))
                writer.write_table(pa.table(columns, schema))
                rows += GROUP
        return rows
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        if path.suffix in (".csv", ".tsv"):
            table.writerow(["text", "label"])
        for text, label in texts():
            if path.suffix in (".csv", ".tsv"):
                table.writerow([text, label])
            elif path.suffix == ".jsonl":
                file.write(json.dumps({"text": text, "label": label}) + "\n")
            else:
                file.write(text + "\n")
            rows += 1
            if rows % 1000 == 0 and file.tell() >= size:
                return rows
    raise AssertionError


def stream(path: Path) -> int:
    return sum(not row.error for row in read_texts(path, "text"))


def load(path: Path) -> int:
    return len(load_data(str(path.parent)).splits["train"].texts)


def measure(reader: str, path: Path, answer: "multiprocessing.SimpleQueue[Any]") -> None:
    import pyarrow.parquet  # noqa: F401 (not a part of what a file takes)

    def peak() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000

    before, started = peak(), time.perf_counter()
    rows = {"predict.py": stream, "train.py": load}[reader](path)
    answer.put((rows, round(time.perf_counter() - started), round(peak() - before)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megabytes", type=int, default=1000, metavar="N", help="default: 1000")
    args = parser.parse_args()
    processes = multiprocessing.get_context("spawn")
    broken = False
    for kind in FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"train.{kind}"
            rows = write(path, args.megabytes * 1_000_000)
            for name in ("validation", "test"):
                (Path(folder) / f"{name}.csv").write_text("text,label\na,hate\nb,not-hate\n")
            for reader in ("predict.py", "train.py"):
                if reader == "train.py" and kind == "txt":
                    continue  # without labels
                answer = processes.SimpleQueue()
                child = processes.Process(target=measure, args=(reader, path, answer))
                child.start()
                child.join()
                if child.exitcode:
                    raise AssertionError(f"{reader} on {path} ended with {child.exitcode}")
                found, seconds, peak = answer.get()
                size = round(path.stat().st_size / 1_000_000)
                seen = {"reader": reader, "file": kind, "MB": size, "rows": rows, "read": found}
                print(json.dumps({**seen, "seconds": seconds, "more MB": peak}), flush=True)
                broken |= found != rows or (reader == "predict.py" and peak > LIMIT)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
