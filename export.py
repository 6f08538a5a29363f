"""Write a trained run for other programs: a plain checkpoint, or ONNX.

--to hf merges the adapter of a LoRA run: any Hugging Face tool loads what is written. --to onnx
takes every run, for ONNX Runtime, OpenVINO, browsers and phones, and compares the scores.
"""

import argparse
from pathlib import Path

from experiment.cli import add_base_flag, check_names, keep_what_is_there, number, say
from experiment.errors import UsageError, run_command
from experiment.signals import end_by_signal

EXAMPLES = """examples:
  python export.py runs/lora exports/lora
  python export.py runs/odd --to onnx exports/odd
  python export.py runs/odd --to onnx --int8 exports/odd
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="run directory")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write")
    parser.add_argument(
        "--to",
        choices=("hf", "onnx"),
        default="hf",
        help="hf: a LoRA run as safetensors; onnx: any run as onnx/model.onnx (default: hf)",
    )
    parser.add_argument(
        "--int8",
        action="store_true",
        help="with --to onnx, write onnx/model_quantized.onnx as well: weights in bytes",
    )
    parser.add_argument(
        "--least-agreement",
        type=number(float, 0, 1),
        metavar="P",
        help="share of the run's validation texts that int8 must give its labels (default: 0.98)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a run in OUT")
    add_base_flag(parser)
    args = parser.parse_args(argv)
    if args.int8 and args.to != "onnx":
        parser.error("--int8 is for --to onnx")
    if args.least_agreement is not None and not args.int8:
        parser.error("--least-agreement is for --int8")
    check_names(parser, vars(args))
    return args


def check_apart(out: Path, read: Path) -> None:
    """Raise UsageError where writing `out` would replace what is read, or lie in it."""
    ours, theirs = out.resolve(), read.resolve()
    if ours == theirs or ours in theirs.parents or theirs in ours.parents:
        raise UsageError(f"OUT and {read} are one folder, or in each other (hint: another OUT)")


def main() -> int:
    args = parse_args()
    check_apart(args.out, args.run)
    if args.to == "onnx":  # what is missing is said at once
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    from bert_min import save_model
    from experiment.adapted import find_base, folder_of
    from experiment.exporting import AGREEMENT, export_onnx, texts_to_compare, write_about
    from experiment.loading import load_classifier, naming
    from experiment.lock import locked
    from experiment.rundir import is_adapted
    from experiment.staging import prepared

    end_by_signal()
    if is_adapted(args.run):
        check_apart(args.out, folder_of(find_base(args.run, args.base)))
    with locked(args.out):
        if not args.overwrite:
            keep_what_is_there(args.out)
        classifier = load_classifier(args.run, base=args.base)
        if args.to == "hf" and not is_adapted(args.run):
            raise UsageError(
                f"{args.run} has no adapter: it is a plain checkpoint already (hint: --to onnx)"
            )
        told: list[str] = []
        with prepared(args.out) as folder:
            if args.to == "onnx":
                texts, name = texts_to_compare(args.run, args.base)
                least = AGREEMENT if args.least_agreement is None else args.least_agreement
                with naming(args.run):
                    told = export_onnx(classifier, folder, texts, args.int8, least)
                told = [f"{line}, on {name}" for line in told]
            else:
                save_model(classifier.model, folder)
            write_about(classifier, args.run, args.out, folder, told)
    for line in told:
        print(f"{args.out}/{line}")
    say(f"wrote {args.out}")
    return 0


if __name__ == "__main__":
    run_command(main)
