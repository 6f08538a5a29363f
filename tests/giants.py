"""Read files of a gigabyte with every reader, and train on a million texts: how much memory is it?

    python -m tests.giants                      1 GB each of txt, csv, tsv, jsonl, parquet
    python -m tests.giants --texts 1000000      train.py on so many texts of 40 tokens

`predict.py` reads a row at a time: it may take no more than 100 MB on top of what it has before the
first row. `train.py` keeps all texts, so its memory grows with the file. Prints one JSON object a
reader; the exit code is 1 where the line of 100 MB was crossed, or a row was lost.

With `--texts`, teacher and student are trained for 50 steps each, on 9,000 texts and then on so
many. Prints one JSON object each; the exit code is 1 where these take more than 1.2 GB above 9,000,
or the first step comes later than after twice the time that tokenising takes.
"""

import argparse
import csv
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from bert_min import BertTokenizer, resolve_model
from data import load_data
from data.tables import FORMATS, read_texts

ROOT = Path(__file__).parent.parent
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


def peak() -> float:
    """The most MB that this process has held; ru_maxrss would count its parent's as its own."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1000 for line in file if line.startswith("VmHWM:"))


def measure(reader: str, path: Path, answer: "multiprocessing.SimpleQueue[Any]") -> None:
    import pyarrow.parquet  # noqa: F401 (not a part of what a file takes)

    before, started = peak(), time.perf_counter()
    rows = {"predict.py": stream, "train.py": load}[reader](path)
    answer.put((rows, round(time.perf_counter() - started), round(peak() - before)))


def write_splits(folder: Path, count: int) -> Path:
    """Training texts of 40 tokens, [CLS] and [SEP] among them, in short words; 1,000 for the rest.

    Two in three say of which class they are.
    """
    vocab = BertTokenizer(resolve_model("minilm"), 40).backend.get_vocab()
    words = sorted(word for word in vocab if word.isascii() and word.isalpha() and len(word) < 7)
    names, draw = ("not-hate", "hate"), random.Random(0)
    folder.mkdir()
    for split, rows in (("train", count), ("validation", 1000), ("test", 1000)):
        with open(folder / f"{split}.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["text", "label"])
            for number in range(rows):
                text = draw.choices(words, k=38)
                text[0] = draw.choice((*names[number % 2].split("-"), "they"))
                table.writerow([" ".join(text), names[number % 2]])
    return folder


def tokenising(path: Path) -> float:
    """Seconds that the tokenizer alone takes for the texts of a file."""
    tokenizer, seconds, texts = BertTokenizer(resolve_model("minilm"), 128), 0.0, []
    for row in read_texts(path, "text"):
        texts.append(row.cells[0])
        if len(texts) == 10_000:
            started = time.perf_counter()
            tokenizer.encode(texts)
            seconds += time.perf_counter() - started
            texts = []
    started = time.perf_counter()
    tokenizer.encode(texts)
    return seconds + time.perf_counter() - started


def train(data: Path, out: Path, *more: str) -> dict[str, float]:
    """Train a student and its teacher first; seconds until the first step, and the peak of MB."""
    flags = ["--mode", "odd", "--data", str(data), "--out", str(out / "odd")]
    out.mkdir()
    started = time.perf_counter()
    with open(out / "stderr", "w+", encoding="utf-8") as told:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "train.py"), *flags, *more], cwd=out, stderr=told
        )
        first = 0.0
        while not first and process.poll() is None:
            if any(path.stat().st_size for path in out.rglob("metrics.jsonl")):
                first = time.perf_counter() - started
            time.sleep(0.02)
        _, status, usage = os.wait4(process.pid, 0)
        told.seek(0)
        if os.waitstatus_to_exitcode(status):
            raise AssertionError(told.read())
        [teacher] = [line.strip() for line in told if "the teacher runs" in line]
    print(teacher, file=sys.stderr)
    return {"first step, s": round(first, 1), "peak MB": round(usage.ru_maxrss / 1000)}


def many(texts: int) -> int:
    """Train on 9,000 texts, then on many."""
    seen = []
    for count in (9_000, texts):
        with tempfile.TemporaryDirectory() as name:
            data = write_splits(Path(name) / "data", count)
            seconds = tokenising(data / "train.csv")
            size = round((data / "train.csv").stat().st_size / 1_000_000)
            job: dict[str, Any] = {"texts": count, "MB": size, "tokenising, s": round(seconds, 1)}
            job |= train(data, Path(name) / "runs", "--model", "minilm", "--max-steps", "50")
        seen.append(job)
        print(json.dumps(job), flush=True)
    few, much = seen
    late = much["first step, s"] > 2 * much["tokenising, s"]
    return int(late or much["peak MB"] - few["peak MB"] > 1200)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megabytes", type=int, default=1000, metavar="N", help="default: 1000")
    parser.add_argument("--texts", type=int, metavar="N", help="train on N texts instead")
    args = parser.parse_args()
    if args.texts:
        return many(args.texts)
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
