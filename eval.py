"""Score trained runs on the test set, side by side, with two constant answers below them."""

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiment.cli import (
    UsageError,
    add_shared_flags,
    number,
    pick_device,
    pick_dtype,
    run_command,
    say,
)

if TYPE_CHECKING:
    import numpy as np

    from data import Split
    from experiment.classifier import Classifier

EXAMPLES = """examples:
  python eval.py                                  every run under runs/
  python eval.py runs/odd runs/even --json        two runs, as JSON
  python eval.py --split validation               what settings may be chosen by
  python eval.py --hatecheck DIR --figure heat.png    which kinds of text are understood
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
        metavar="ID:CONFIG|DIR|sample",
        help="labelled texts (default: what the runs were trained on)",
    )
    parser.add_argument(
        "--split", choices=("test", "validation"), default="test", help="default: test"
    )
    parser.add_argument(
        "--limit",
        type=number(int, 2),
        metavar="N",
        help="use the first N texts (default: as in training)",
    )
    parser.add_argument(
        "--decided",
        action="store_true",
        help="score what predict.py answers: with the temperature and threshold that each run "
        "fitted on its validation split (default: the bare model, 0.5)",
    )
    parser.add_argument(
        "--matched",
        action="store_true",
        help="move all scores of the split alike, until their mean is the share of positives in "
        "validation: against a shift, where the class is as frequent as it was",
    )
    parser.add_argument(
        "--hatecheck",
        type=Path,
        metavar="DIR",
        help="instead of a split, score the test cases of HateCheck in this folder",
    )
    parser.add_argument(
        "--figure", type=Path, metavar="F.png", help="with --hatecheck, draw a heat map here"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    add_shared_flags(parser, max_length=None)
    args = parser.parse_args(argv)
    if args.matched and (args.decided or args.hatecheck):
        parser.error("--matched goes with neither --decided nor --hatecheck")
    if args.figure and not args.hatecheck:
        parser.error("--figure draws what --hatecheck scores: give both")
    if args.figure and args.figure.suffix != ".png":
        parser.error(f"--figure {args.figure} does not end in .png")
    return args


def main() -> int:
    args = parse_args()
    import numpy as np

    from bert_min import ModelError
    from data import load_data
    from experiment.rundir import find_runs, is_run, read_record
    from scoring import constants
    from scoring.table import results_table

    runs = args.runs or find_runs(Path("runs"))
    if not runs:
        raise ModelError(
            "no runs under runs/ (hint: python train.py --mode odd makes one; "
            "after make demo: python eval.py runs/demo/*)"
        )
    for run in runs:
        if not is_run(run):
            raise ModelError(f"no trained model in {run}")
    if args.hatecheck:
        return hatecheck(runs, args)
    source, limit, revision = args.data, args.limit, None
    if source is None:
        records = [read_record(run / "train_args.json") for run in runs]
        if len({record.get("data_sha256") for record in records}) > 1:
            raise UsageError(
                "these runs were trained on different data (hint: name runs of one kind)"
            )
        source, limit = records[0].get("data"), args.limit or records[0].get("limit")
        revision = records[0].get("data_revision")
        if source is None:
            raise UsageError("these runs do not say what they were trained on (hint: give --data)")
    data = load_data(source, limit, revision)
    split = data.splits[args.split]
    prior = float(np.mean(data.splits["validation"].labels)) if args.matched else None
    answer = {
        "data": data.name,
        "split": args.split,
        "positive": data.label_names[1],
        "positive_rate": sum(split.labels) / len(split.labels),
        "runs": [score_run(run, split, args, prior) for run in runs],
        "constants": constants(split.labels, data.splits["train"].labels, data.label_names),
    }
    print(json.dumps(answer, indent=2) if args.json else results_table(answer))
    return 0


def hatecheck(runs: list[Path], args: argparse.Namespace) -> int:
    """Print how each run does on the test cases of HateCheck; nothing is ever trained on them."""
    from scoring.hatecheck import read_cases, score_cases
    from scoring.table import hatecheck_tables

    cases = read_cases(args.hatecheck)
    scores = {}
    for run in runs:
        classifier = load(run, args)
        logits, _ = read(run, classifier, cases.texts)
        scores[str(run)] = score_cases(cases, logits, *decision(classifier, args))
    print(json.dumps(scores, indent=2) if args.json else hatecheck_tables(scores))
    if args.figure:
        from scoring.table import short_names
        from study.report.figures import hatecheck_map

        named = dict(zip(short_names(list(scores)), scores.values(), strict=True))
        hatecheck_map(named, args.figure)
        say(f"wrote {args.figure}")
    return 0


def load(run: Path, args: argparse.Namespace) -> "Classifier":
    from experiment.classifier import load_classifier

    device = pick_device(args.device)
    dtype = pick_dtype(args.dtype, device, training=False)
    return load_classifier(run, args.max_length, args.batch_size, device, dtype)


def read(run: Path, classifier: "Classifier", texts: list[str]) -> tuple["np.ndarray", float]:
    """Logits (N, K) of N texts, and the seconds that they took."""
    from tqdm import tqdm

    classifier.pack()
    with tqdm(total=len(texts), desc=str(run), unit="text", disable=None) as bar:
        started = time.perf_counter()
        logits = classifier.logits(texts, bar.update)
        return logits, time.perf_counter() - started


def decision(classifier: "Classifier", args: argparse.Namespace) -> tuple[float, float]:
    """The temperature and the threshold to score with."""
    if not args.decided:
        return 1.0, 0.5
    return classifier.decision.temperature, classifier.decision.threshold


def score_run(
    run: Path, split: "Split", args: argparse.Namespace, prior: float | None = None
) -> dict[str, Any]:
    """Every metric of one run on a split, and what its directory says of its training."""
    from experiment.rundir import read_record
    from lora import count_parameters
    from scoring import compute_metrics
    from scoring.calibration import match_prior

    classifier = load(run, args)
    depth = classifier.model.config.num_hidden_layers
    parameters, _ = count_parameters(classifier.model.parameters())
    logits, seconds = read(run, classifier, split.texts)
    record, results = (read_record(run / f"{name}.json") for name in ("train_args", "results"))
    if record.get("interrupted"):
        say(f"warning: {run} was interrupted after {record.get('steps')} steps")
    temperature, threshold = decision(classifier, args)
    if prior is not None:
        logits[:, 1] += match_prior(logits[:, 1] - logits[:, 0], prior)
    return {
        "run": str(run),
        "layers": ",".join(map(str, record.get("layers", range(1, depth + 1)))),
        "train_loss": results.get("train_loss"),
        "parameters": results.get("parameters", parameters),
        "trainable": results.get("trainable"),
        "ms_per_text": 1000 * seconds / len(split.texts),
        **compute_metrics(logits / temperature, split.labels, threshold),
    }


if __name__ == "__main__":
    run_command(main)
