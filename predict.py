"""Label texts with a trained run: one JSON line a text, `score` = P(positive class)."""

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice, zip_longest
from pathlib import Path

from experiment.cli import UsageError, add_shared_flags, pick_device, pick_dtype, run_command

EXAMPLES = """examples:
  python predict.py --run runs/odd "I hate you" "What a lovely day"
  python predict.py --run runs/lora --file tweets.txt --out labels.jsonl
  python predict.py --run runs/odd --file posts.csv --column body
"""
CHUNK = 2048  # texts that are sorted by length together; memory does not grow with the file


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="texts to label")
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="run directory")
    parser.add_argument(
        "--file",
        type=Path,
        metavar="F",
        help="label the texts of a .txt (one a line), .csv or .jsonl file",
    )
    parser.add_argument(
        "--column",
        default="text",
        metavar="NAME",
        help="column of a .csv, key of a .jsonl (default: text)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="F.jsonl",
        help="write here, once all is labelled (default: to stdout)",
    )
    add_shared_flags(parser, max_length=None)
    args = parser.parse_args(argv)
    if bool(args.texts) == bool(args.file):
        parser.error("give either TEXT arguments or --file")
    return args


def read_texts(path: Path, column: str) -> Iterator[str]:
    """Yield the texts of a file as it is read; raises DataError with the line where one is bad."""
    from data import DataError

    if path.suffix not in (".txt", ".csv", ".jsonl"):
        raise DataError(f"{path} is not a .txt, .csv or .jsonl file")
    place = 0
    try:
        # newline="": the csv reader must see line ends as they are; "\n": only it ends a line.
        newline = "" if path.suffix == ".csv" else "\n"
        with open(path, encoding="utf-8-sig", newline=newline) as file:
            if path.suffix == ".csv":
                rows = csv.DictReader(file, strict=True)
                if column not in (rows.fieldnames or []):
                    names = ", ".join(rows.fieldnames or ["none"])
                    raise DataError(
                        f"{path}:1 has no column {column!r} (hint: --column with one of {names})"
                    )
                for row in rows:
                    place = rows.line_num
                    if row[column] is None:
                        raise DataError(f"{path}:{place} has no cell for the column {column!r}")
                    yield row[column]
                return
            for place, line in enumerate(file, start=1):
                if path.suffix == ".txt":
                    yield line.removesuffix("\n").removesuffix("\r")
                elif line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict) or not isinstance(row.get(column), str):
                        raise DataError(f"{path}:{place} has no string {column!r}")
                    yield row[column]
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 after line {place}: {error.reason}") from None
    except (csv.Error, ValueError, RecursionError) as error:
        raise DataError(f"{path}:{place} cannot be read: {error}") from None


def texts_of_rank(path: Path, column: str, rank: int, world: int) -> Iterator[str]:
    """Every `world`-th text of a file, from the one with the number of the rank (from 0)."""
    from datasets import IterableDataset
    from datasets.distributed import split_dataset_by_node

    stream = IterableDataset.from_generator(rows, gen_kwargs={"path": path, "column": column})
    return (row["text"] for row in split_dataset_by_node(stream, rank, world))


def rows(path: Path, column: str) -> Iterator[dict[str, str]]:
    for text in read_texts(path, column):
        yield {"text": text}


def interleave(parts: list[Path], out: Path) -> None:
    """Write the lines of all ranks in the order of the texts: one of each in turn."""
    with ExitStack() as stack:
        files = [stack.enter_context(open(part, encoding="utf-8")) for part in parts]
        with open(out, "w", encoding="utf-8") as file:
            for lines in zip_longest(*files, fillvalue=""):
                file.writelines(lines)


def main() -> int:
    args = parse_args()
    if args.out and args.file and args.out.resolve() == args.file.resolve():
        raise UsageError("--out is the file that is read")
    from tqdm import tqdm

    from experiment.classifier import as_json, load_classifier
    from parallel import join_ranks, rank, wait_for_all, world

    device = join_ranks(pick_device(args.device))
    if world() > 1 and not (args.out and args.file):
        raise UsageError("torchrun needs --file and --out")
    dtype = pick_dtype(args.dtype, device, training=False)
    classifier = load_classifier(args.run, args.max_length, args.batch_size, device, dtype)
    classifier.pack()
    texts = read_texts(args.file, args.column) if args.file else iter(args.texts)
    partial = args.out.with_name(f".{args.out.name}.partial") if args.out else None
    parts = []
    if partial and args.file and world() > 1:
        texts = texts_of_rank(args.file, args.column, rank(), world())
        parts = [partial.with_suffix(f".{number}") for number in range(world())]
        partial = parts[rank()]
    output = open(partial, "w", encoding="utf-8") if partial else sys.stdout  # noqa: SIM115
    bar = tqdm(unit="text", disable=None if args.file else True)
    try:
        while chunk := list(islice(texts, CHUNK)):
            for text, prediction in zip(chunk, classifier.predict(chunk), strict=True):
                print(as_json(text, prediction), file=output)
            bar.update(len(chunk))
        if partial:
            output.close()
            wait_for_all()
            if parts and rank() == 0:
                partial = args.out.with_name(f".{args.out.name}.partial")
                interleave(parts, partial)
            if rank() == 0:
                os.replace(partial, args.out)
            wait_for_all()
    finally:
        bar.close()
        if partial:
            output.close()
            for path in [partial, *parts[rank() : rank() + 1]]:
                path.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    run_command(main)
