"""Score trained runs on the test set, side by side, with constant answers below them.

Of more classes than two, each class's scores and where its texts went follow for every run.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from data import Choice
from experiment.cli import add_base_flag, add_shared_flags, number
from experiment.data_flags import SOURCES, add_data_flags, choice_of
from experiment.errors import UsageError, run_command

EXAMPLES = """examples:
  python eval.py                                  every run under runs/
  python eval.py runs/odd runs/even --json        two runs, as JSON
  python eval.py --split validation               what settings may be chosen by
  python eval.py --hatecheck DIR                  which kinds of text are understood
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "runs",
        nargs="*",
        type=Path,
        metavar="RUN",
        help="run directories (default: all under runs/)",
    )
    parser.add_argument(
        "--data",
        metavar=SOURCES,
        help="labelled texts (default: what the runs were trained on, read as then)",
    )
    parser.add_argument(
        "--split",
        dest="scored",
        choices=("test", "validation", "all"),
        default="test",
        help="all: every text of --data, which no run was trained on (default: test)",
    )
    parser.add_argument(
        "--limit",
        type=number(int, 2),
        metavar="N",
        help="use the first N texts (default: as in training; with --data all)",
    )
    add_manner_flags(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    reading = parser.add_argument_group("what is read of --data, by default the run's own columns")
    add_data_flags(reading)
    add_base_flag(parser)
    add_shared_flags(parser, max_length=None)
    args = parser.parse_args(argv)
    if args.matched and (args.decided or args.hatecheck):
        parser.error("--matched goes with neither --decided nor --hatecheck")
    told = choice_of(vars(args)) != Choice()
    if args.hatecheck and (args.data or args.limit or told or args.scored != "test"):
        parser.error("--hatecheck is scored whole: it takes no --data, --limit, --split or column")
    if args.data is None and told:
        parser.error("what the runs were trained on is read as then: give --data too")
    if args.scored == "all" and args.data is None:
        parser.error("--split all would score what the runs were trained on: give --data too")
    return args


def add_manner_flags(parser: argparse.ArgumentParser) -> None:
    """Add --decided, --matched and --hatecheck: how runs are scored."""
    parser.add_argument(
        "--decided",
        action="store_true",
        help="score with the temperature and threshold by which predict.py answers, fitted by each "
        "run on its validation split (default: the bare model, 0.5)",
    )
    parser.add_argument(
        "--matched",
        action="store_true",
        help="move all scores of the split alike, until their mean is the share of positives in "
        "the run's validation texts: against a shift, where the class is as frequent as it was; "
        "two classes",
    )
    parser.add_argument(
        "--hatecheck",
        type=Path,
        metavar="DIR",
        help="instead of a split, score the test cases of HateCheck in this folder; two classes",
    )


def main() -> int:
    args = parse_args()
    from bert_min import ModelError
    from experiment.rundir import find_runs, is_run, no_run
    from experiment.scores import (
        Manner,
        describe,
        score_hatecheck,
        score_run,
    )
    from experiment.to_score import find_data
    from scoring import constants
    from scoring.table import hatecheck_tables, results_table

    runs = args.runs or find_runs(Path("runs"))
    if not runs:
        raise ModelError(
            "no runs under runs/ (hint: python train.py --mode odd makes one; "
            "after make demo: python eval.py runs/demo/*)"
        )
    for run in runs:
        if not is_run(run):
            raise no_run(run)
    machine = (args.batch_size, args.device, args.dtype)
    manner = Manner(args.max_length, *machine, args.decided, args.least_agreement, args.base)
    if args.hatecheck:
        scores = score_hatecheck(runs, args.hatecheck, manner)
        print(json.dumps(scores, indent=2) if args.json else hatecheck_tables(scores))
        return 0
    choice = choice_of(vars(args))
    data = find_data(runs, args.data, args.limit, choice, args.base, args.scored)
    split, names = data.splits[args.scored], data.label_names
    if args.matched and len(names) > 2:
        raise UsageError(f"--matched is for two classes; {data.name} has {', '.join(names)}")
    manner = replace(manner, matched=args.matched)
    answer = {
        **describe(data, args.scored),
        "runs": [score_run(run, split, names, manner) for run in runs],
        "constants": constants(split.labels, data.splits["train"].labels, names),
    }
    print(json.dumps(answer, indent=2) if args.json else results_table(answer))
    return 0


if __name__ == "__main__":
    run_command(main)
