"""Label texts with a trained run: one JSON line a text, `score` = P(positive class)."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from experiment.cli import (
    UsageError,
    add_shared_flags,
    pick_device,
    pick_dtype,
    run_command,
    say,
)

if TYPE_CHECKING:
    from tqdm import tqdm

    from data.stream import Row
    from experiment.classifier import Classifier

EXAMPLES = """examples:
  python predict.py --run runs/odd "I hate you" "What a lovely day"
  python predict.py --run runs/lora --file tweets.txt --out labels.jsonl
  python predict.py --run runs/odd --file posts.parquet --column body --out labels.csv
  zcat tweets.gz | python predict.py --run runs/odd --file - | head
"""
CHUNK = 2048  # texts that are sorted by length together; memory does not grow with the file
REPORTED = 10  # bad rows that are told one by one


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
        help="label the texts of a .txt (one a line), .csv, .jsonl or .parquet file, or of - "
        "(standard input). A row that cannot be read gets an answer that says why",
    )
    parser.add_argument(
        "--format",
        choices=("txt", "csv", "jsonl", "parquet"),
        help="of --file (default: by its name; txt for -)",
    )
    parser.add_argument(
        "--column",
        default="text",
        metavar="NAME",
        help="column of a .csv or .parquet, key of a .jsonl (default: text)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="F.jsonl|F.csv",
        help="write here, once all is labelled; stopped, the same command on the same file goes on "
        "(default: JSON lines to stdout)",
    )
    add_shared_flags(parser, max_length=None)
    args = parser.parse_args(argv)
    if bool(args.texts) == bool(args.file):
        parser.error("give either TEXT arguments or --file")
    if args.out and args.out.suffix not in (".jsonl", ".csv"):
        parser.error(f"--out {args.out} ends neither in .jsonl nor in .csv")
    return args


def job(args: argparse.Namespace, rank: int, world: int) -> dict[str, Any]:
    """All that decides the answers: the run, the file as it is now, and the flags."""
    from data.stream import STDIN
    from experiment.rundir import MODEL_FILES, sha256

    piped = args.file is None or args.file == STDIN or not args.file.is_file()
    about = None if piped else args.file.stat()
    files = [args.run / name for name in MODEL_FILES]
    return {
        "run": sha256(path for path in files if path.is_file()),
        # What comes through a pipe, or as arguments, is never the same job.
        "file": [str(args.file.resolve()), about.st_size, about.st_mtime_ns]
        if about
        else uuid4().hex,
        "flags": [args.format, args.column, args.max_length, args.dtype, args.device],
        "order": [CHUNK, args.batch_size, rank, world],
    }


def label(
    rows: Iterator["Row"],
    classifier: "Classifier",
    write: Callable[[list[dict[str, Any]], int], None],
    name: str,
    bar: "tqdm",
) -> None:
    """Give `write` one answer for each row, in order, and how many of them are of bad rows."""
    from experiment.answers import answer

    threshold, told = classifier.decision.threshold, 0
    while chunk := list(islice(rows, CHUNK)):
        found = iter(classifier.predict([row.text for row in chunk if not row.error]))
        bad = [row for row in chunk if row.error]
        write(
            [
                {"line": row.line, "error": row.error}
                if row.error
                else answer(row.text, next(found), threshold)
                for row in chunk
            ],
            len(bad),
        )
        for row in bad[: REPORTED - told]:
            bar.write(f"warning: {name}:{row.line}: {row.error}", file=sys.stderr)
        told += len(bad[: REPORTED - told])
        bar.update(len(chunk))


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
    if args.out and args.out.is_dir():
        raise UsageError(f"--out {args.out} is a folder")
    import torch
    from tqdm import tqdm

    from data import DataError
    from data.stream import Row, read_rows
    from experiment.answers import AnswerFile, as_csv, as_json, partial_of
    from experiment.classifier import load_classifier
    from speed.ranks import add_up, join_ranks, rank, wait_for_all, world

    device = join_ranks(pick_device(args.device))
    if world() > 1 and not (args.file and args.file.is_file() and args.out):
        raise UsageError("torchrun needs a --file that is no pipe, and --out")
    if world() > 1 and args.out.suffix != ".jsonl":
        raise UsageError("torchrun needs an --out that ends in .jsonl")
    dtype = pick_dtype(args.dtype, device, training=False)
    classifier = load_classifier(args.run, args.max_length, args.batch_size, device, dtype)
    classifier.pack()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    rows: Iterator[Row] = (Row(n, text) for n, text in enumerate(args.texts, start=1))
    if args.file:
        rows = islice(read_rows(args.file, args.column, args.format), rank(), None, world())
    rows = chain(list(islice(rows, 1)), rows)  # no file, no column: said before a file is made
    parts = [args.out] if args.out else []
    if world() > 1:
        parts = [args.out.with_name(f".{args.out.name}.{number}") for number in range(world())]
    file = AnswerFile(parts[rank()], job(args, rank(), world())) if parts else None
    counts = file.counts if file else {"rows": 0, "bad": 0}
    if counts["rows"]:
        say(f"{args.out}: going on after {counts['rows']:,} rows")
    rows = islice(rows, counts["rows"], None)
    form = as_csv if args.out and args.out.suffix == ".csv" else as_json

    def write(answers: list[dict[str, Any]], bad: int) -> None:
        text = "".join(
            form(answer, first=not (counts["rows"] or i)) for i, answer in enumerate(answers)
        )
        counts["rows"], counts["bad"] = counts["rows"] + len(answers), counts["bad"] + bad
        if file:
            file.write(text, counts)
        else:
            print(text, end="")

    with tqdm(initial=counts["rows"], unit="text", disable=None if args.file else True) as bar:
        label(rows, classifier, write, str(args.file), bar)
    total = torch.tensor([counts["rows"], counts["bad"]], device=device)
    if file and world() == 1:
        file.finish()
    elif file:
        file.close()
        add_up(total)  # waits for all
        if rank() == 0:
            interleave([partial_of(part) for part in parts], partial_of(args.out))
            os.replace(partial_of(args.out), args.out)
        wait_for_all()
        file.discard()
    number, bad = total.tolist()
    if bad and rank() == 0:
        raise DataError(f"{bad:,} of {number:,} rows could not be read; their answers say why")
    return 0


if __name__ == "__main__":
    run_command(main)
