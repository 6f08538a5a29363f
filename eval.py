"""Score trained runs on the test set, side by side, with two constant answers below them."""

import argparse
import json
import time
from pathlib import Path

from experiment.cli import (
    UsageError,
    add_shared_flags,
    number,
    pick_device,
    pick_dtype,
    run_command,
    say,
)

EXAMPLES = """examples:
  python eval.py                                  every run under runs/
  python eval.py runs/odd runs/even --json        two runs, as JSON
  python eval.py --split validation               what settings may be chosen by
"""
ORDER = ("teacher", "odd", "even", "first", "last", "hybrid", "lora")


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
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    add_shared_flags(parser, max_length=None)
    return parser.parse_args(argv)


def main() -> int:
    args = parse_args()
    from tqdm import tqdm

    from analysis import compute_metrics, constant_metrics, markdown_table, table_row
    from bert_min import ModelError
    from data import load_data
    from experiment.classifier import load_classifier
    from experiment.rundir import find_runs, is_run, read_json
    from lora import count_parameters

    runs = args.runs or find_runs(Path("runs"), ORDER)
    if not runs:
        raise ModelError("no runs under runs/ (hint: python train.py --mode odd, or make demo)")
    for run in runs:
        if not is_run(run):
            raise ModelError(f"no trained model in {run}")
    records = {run: read_json(run / "train_args.json") for run in runs}
    trained_on = {(r.get("data"), r.get("limit")) for r in records.values()}
    if args.data is None and len(trained_on) > 1:
        raise UsageError(
            "the runs were trained on different data (hint: --data says on which to score)"
        )
    source, limit = trained_on.pop()
    if (args.data or source) is None:
        raise UsageError("these runs do not say what they were trained on (hint: --data)")
    data = load_data(args.data or source, args.limit or (limit if args.data is None else None))
    split = data.splits[args.split]
    device = pick_device(args.device)
    dtype = pick_dtype(args.dtype, device, training=False)

    rows = []
    for run in runs:
        classifier = load_classifier(run, args.max_length, args.batch_size, device, dtype)
        with tqdm(total=len(split.texts), desc=str(run), unit="text", disable=None) as bar:
            started = time.perf_counter()
            logits = classifier.logits(split.texts, bar.update)
            seconds = time.perf_counter() - started
        record, results = records[run], read_json(run / "results.json")
        if record.get("interrupted"):
            say(f"warning: {run} was interrupted after {record['steps']} steps")
        layers = record.get("layers", range(1, classifier.model.config.num_hidden_layers + 1))
        rows.append(
            {
                "run": str(run),
                "layers": ",".join(map(str, layers)),
                "train_loss": results.get("train_loss"),
                "parameters": results.get("parameters")
                or count_parameters(classifier.model.parameters())[0],
                "trainable": results.get("trainable"),
                "ms_per_text": 1000 * seconds / len(split.texts),
                **compute_metrics(logits, split.labels),
            }
        )
    rate = sum(data.splits["train"].labels) / len(data.splits["train"].labels)
    positive, negative = data.label_names[1], data.label_names[0]
    majority = int(rate > 0.5)
    constants = {
        f"always {positive}": constant_metrics(split.labels, 1, rate),
        f"majority ({(negative, positive)[majority]})": constant_metrics(
            split.labels, majority, rate
        ),
    }
    if args.json:
        answer = {"data": data.name, "split": args.split, "runs": rows, "constants": constants}
        print(json.dumps(answer, indent=2))
    else:
        cells = [table_row(Path(row["run"]).name, row, row) for row in rows]
        cells += [table_row(name, {}, metrics) for name, metrics in constants.items()]
        print(markdown_table(cells, args.split))
        n = len(split.labels)
        print(f"\n{data.name}, {args.split}: {n} texts, {sum(split.labels) / n:.1%} {positive}")
    return 0


if __name__ == "__main__":
    run_command(main)
