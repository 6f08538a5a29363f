"""Label texts with a trained run: one JSON line a text.

Of two classes `score` is the probability of the positive one, of more that of the label, and
`scores` has all of them by name.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from data.tables import FORMATS, DataError, Row, kind_of, read_texts, text_column
from experiment.cli import add_base_flag, add_shared_flags, say
from experiment.errors import UsageError, run_command
from experiment.signals import end_by_signal

if TYPE_CHECKING:
    from experiment.answers import AnswerFile
    from experiment.classifier import Classifier

EXAMPLES = """examples:
  python predict.py --run runs/odd "I hate you" "What a lovely day"
  python predict.py --run runs/lora --file tweets.txt --out labels.jsonl
  python predict.py --run runs/odd --file posts.parquet --text-column body --out labels.csv
  zcat tweets.gz | python predict.py --run runs/odd --file - | head
"""
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
        help="label the texts of a .txt (one a line), .csv, .tsv, .jsonl or .parquet file, or of - "
        "(standard input). A row that cannot be read, or is empty, gets an answer that says why",
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="of --file (default: by its name; txt for -)",
    )
    parser.add_argument(
        "--text-column",
        "--column",
        metavar="NAME",
        help="column of a .csv, .tsv or .parquet, key of a .jsonl (default: the run's own, or "
        "found by its name as in training; text of a pipe)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="F.jsonl|F.csv",
        help="write here, once all is labelled; stopped, the same command goes on from there "
        "(default: JSON lines to stdout)",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace --out, and what another job left of it"
    )
    add_base_flag(parser)
    add_shared_flags(parser, max_length=None)
    args = parser.parse_args(argv)
    if bool(args.texts) == bool(args.file):
        parser.error("give either TEXT arguments or --file")
    if args.out and args.out.suffix.lower() not in (".jsonl", ".csv"):
        parser.error(f"--out {args.out} ends neither in .jsonl nor in .csv")
    return args


def choose_column(told: str | None, file: Path | None, kind: str | None, run: Path) -> str:
    """The column of the texts: as told, else as the run was trained on, else by its name."""
    from experiment.rundir import read_json

    if told or not file:
        return told or "text"
    return text_column(file, kind, read_json(run / "train_args.json").get("text_column"))


def read_rows(source: Path | list[str], column: str, kind: str | None) -> Iterator[Row]:
    """All rows, the first one read: no file, no column is said at once."""
    rows: Iterator[Row]
    if isinstance(source, Path):
        rows = read_texts(source, column, kind)
    else:
        rows = (Row(n, (text,)) for n, text in enumerate(source, start=1))
    return chain(list(islice(rows, 1)), rows)


def write_answers(
    rows: Iterator[Row],
    classifier: "Classifier",
    source: Path | None,
    file: "AnswerFile | None",
    out: Path | None,
) -> dict[str, int]:
    """Label the rows of `source`, or of the command, that have no answer yet.

    Returns how many rows have one now, and how many of these are bad.
    """
    from tqdm import tqdm

    from experiment.answers import as_csv, as_json
    from experiment.labelling import labelled

    counts, told = file.counts if file else {"rows": 0, "bad": 0}, 0
    if counts["rows"]:
        say(f"{out}: going on after {counts['rows']:,} rows")
    form = as_csv if out and out.suffix.lower() == ".csv" else as_json
    with tqdm(initial=counts["rows"], unit="text", disable=None if source else True) as bar:
        for answers in labelled(islice(rows, counts["rows"], None), classifier):
            bad = [answer for answer in answers if "error" in answer]
            text = form(answers, classifier.label_names, first=not counts["rows"])
            counts = {"rows": counts["rows"] + len(answers), "bad": counts["bad"] + len(bad)}
            if file:
                file.write(text, counts)
            else:
                print(text, end="")
            for row in bad[: REPORTED - told]:
                place = f"{source}:{row['line']}" if source else f"text {row['line']}"
                bar.write(f"warning: {place}: {row['error']}", file=sys.stderr)
                told += 1
            bar.update(len(answers))
    if file and not counts["rows"]:
        file.write(form([], classifier.label_names, first=True), counts)  # a table has a header
    return counts


def main() -> int:
    args = parse_args()
    if (size := os.environ.get("WORLD_SIZE", "1")) != "1":
        hint = "python -m deploy.label has many; for one, unset WORLD_SIZE"
        raise UsageError(f"predict.py is one process, and WORLD_SIZE says {size} (hint: {hint})")
    out = args.out
    if out and out.is_symlink():
        out = out.resolve()  # a rename would put the answers in the place of the link
    if out and args.file and out.resolve() == args.file.resolve():
        raise UsageError("--out is the file that is read")
    if out and out.is_dir():
        raise UsageError(f"--out {out} is a folder")
    import torch

    from experiment.adapted import files_read
    from experiment.agreement import check_int8
    from experiment.hardware import pick_device, pick_dtype
    from experiment.labelling import begin, job
    from experiment.loading import load_classifier
    from experiment.lock import locked

    column = choose_column(args.text_column, args.file, args.format, args.run)
    device = pick_device(args.device)
    dtype = pick_dtype(args.dtype, device, training=False)
    end_by_signal()
    with locked(out) if out else nullcontext():
        if out and out.exists() and not args.overwrite:
            raise UsageError(f"{out} exists (hint: --overwrite replaces it)")
        classifier = load_classifier(
            args.run, args.max_length, args.batch_size, device, dtype, args.base
        )
        if dtype == torch.int8:
            check_int8(args.run, classifier, args.least_agreement)
        classifier.pack()
        source, file = args.file or args.texts, None
        rows = read_rows(source, column, args.format)
        if out:
            kind = args.file and (args.format or kind_of(args.file))
            flags = {  # those that decide the answers, as they took effect
                "--format": kind,
                "--text-column": None if kind in (None, "txt") else column,
                "--max-length": classifier.tokenizer.max_length,
                "--dtype": str(dtype).removeprefix("torch."),
            }
            identity = job(files_read(args.run, args.base), source, flags)
            file = begin(out, identity, args.overwrite)
        counts = write_answers(rows, classifier, args.file, file, out)
        if file:
            file.finish()
    if bad := counts["bad"]:
        total = counts["rows"]
        raise DataError(f"{bad:,} of {total:,} rows could not be read; their answers say why")
    return 0


if __name__ == "__main__":
    run_command(main)
