"""Label texts with a trained run: one JSON line a text, `score` = P(positive class)."""

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
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


def main() -> int:
    args = parse_args()
    if args.out and args.file and args.out.resolve() == args.file.resolve():
        raise UsageError("--out is the file that is read")
    from tqdm import tqdm

    from experiment.classifier import as_json, load_classifier

    device = pick_device(args.device)
    dtype = pick_dtype(args.dtype, device, training=False)
    classifier = load_classifier(args.run, args.max_length, args.batch_size, device, dtype)
    texts = read_texts(args.file, args.column) if args.file else iter(args.texts)
    partial = args.out.with_name(f".{args.out.name}.partial") if args.out else None
    output = open(partial, "w", encoding="utf-8") if partial else sys.stdout  # noqa: SIM115
    bar = tqdm(unit="text", disable=None if args.file else True)
    try:
        while chunk := list(islice(texts, CHUNK)):
            for text, prediction in zip(chunk, classifier.predict(chunk), strict=True):
                print(as_json(text, prediction), file=output)
            bar.update(len(chunk))
        if partial:
            output.close()
            os.replace(partial, args.out)
    finally:
        bar.close()
        if partial:
            output.close()
            partial.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    run_command(main)
