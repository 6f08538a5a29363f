"""Fine-tune a teacher, distil it into a student of some of its layers, or adapt it with LoRA."""

import argparse
import json
import shlex
import sys
from pathlib import Path

from experiment.cli import (
    LEARNING_RATES,
    STUDENT_MODES,
    UsageError,
    add_shared_flags,
    number,
    run_command,
)

EXAMPLES = """examples:
  python train.py --mode odd                              bert-base-uncased, tweet_eval/hate, KD
  python train.py --mode lora --model minilm --data sample        no download, about a minute
  python train.py --mode even --model minilm --data DIR --objective ce       no teacher outputs
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    group = parser.add_argument_group("what to train")
    group.add_argument(
        "--mode",
        required=True,
        choices=("teacher", *STUDENT_MODES, "lora"),
        help="teacher: fine-tune all weights; odd, even, first, last, hybrid: "
        "distil the fine-tuned teacher into these of its layers; random: into layers "
        "drawn anew; lora: adapt the pretrained model",
    )
    group.add_argument(
        "--layers",
        metavar="SPEC",
        help="all, a mode's name, or a list such as 1,3,5 counted from 1 "
        "(default: the mode's; all for teacher and lora)",
    )
    group.add_argument(
        "--model",
        default="google-bert/bert-base-uncased",
        metavar="ID|DIR|minilm",
        help="pretrained weights (default: google-bert/bert-base-uncased)",
    )
    group.add_argument(
        "--data",
        default="cardiffnlp/tweet_eval:hate",
        metavar="ID:CONFIG|DIR|sample",
        help="labelled texts (default: cardiffnlp/tweet_eval:hate)",
    )
    for flag, what in (("--revision", "--model"), ("--data-revision", "--data")):
        group.add_argument(
            flag,
            metavar="COMMIT",
            help=f"commit, branch or tag of {what} on the Hub (default: the newest)",
        )
    group.add_argument("--out", type=Path, metavar="DIR", help="default: runs/MODE")
    group.add_argument("--overwrite", action="store_true", help="replace the run in --out")

    group = parser.add_argument_group("training")
    group.add_argument("--epochs", type=number(int, 1), default=5, metavar="N", help="default: 5")
    group.add_argument(
        "--lr",
        type=number(float, 0),
        metavar="RATE",
        help="peak learning rate (default: "
        f"{LEARNING_RATES['teacher']}; lora {LEARNING_RATES['lora']})",
    )
    group.add_argument(
        "--weight-decay",
        type=number(float, 0),
        default=0.01,
        metavar="W",
        help="of AdamW, not on biases and LayerNorm (default: 0.01)",
    )
    group.add_argument(
        "--warmup",
        type=number(float, 0, 1),
        default=0.1,
        metavar="SHARE",
        help="share of the steps in which the rate rises (default: 0.1)",
    )
    group.add_argument(
        "--seed",
        type=number(int, 0, 2**32 - 1),
        default=0,
        metavar="N",
        help="of the head, dropout and order of the texts (default: 0)",
    )
    group.add_argument(
        "--limit", type=number(int, 2), metavar="N", help="use the first N texts of each split"
    )
    group.add_argument(
        "--save-every",
        type=number(int, 1),
        metavar="N",
        help="write a checkpoint every N steps too (default: after each epoch)",
    )
    group.add_argument(
        "--keep",
        type=number(int, 1),
        default=2,
        metavar="N",
        help="checkpoints that are kept while training (default: 2)",
    )
    group.add_argument(
        "--resume",
        nargs="?",
        const="auto",
        metavar="DIR",
        help="go on with the same training: from this checkpoint, or from the newest complete one "
        "beside --out, if there is one (default: auto)",
    )
    group.add_argument("--max-steps", type=number(int, 1), metavar="N", help="stop after N steps")
    add_shared_flags(parser, max_length=128)

    group = parser.add_argument_group("against shortcuts")
    group.add_argument(
        "--hashtags",
        choices=("keep", "remove", "split"),
        default="keep",
        help="what the model reads of #BuildThatWall: all, nothing, or its words; "
        "kept with the run (default: keep)",
    )
    group.add_argument(
        "--hashtag-dropout",
        type=number(float, 0, 1),
        default=0.0,
        metavar="P",
        help="hide each hashtag with this probability while training (default: 0)",
    )
    group.add_argument(
        "--label-smoothing",
        type=number(float, 0, 1),
        default=0.0,
        metavar="E",
        help="share of the labels' weight that both classes get (default: 0)",
    )
    group.add_argument(
        "--entropy-weight",
        type=number(float, 0),
        default=0.0,
        metavar="W",
        help="reward for attention that is spread out (default: 0)",
    )
    group.add_argument(
        "--probe-epochs",
        type=number(int, 0),
        default=0,
        metavar="N",
        help="train the head alone for N epochs first, at 1e-3 (default: 0)",
    )
    group.add_argument(
        "--pooling",
        choices=("cls", "mean"),
        help="what the head reads: the pooled [CLS], or the mean of all tokens, which "
        "transformers does not load (default: as the teacher or --model does; cls)",
    )

    group = parser.add_argument_group("distillation (odd, even, first, last, hybrid, random)")
    group.add_argument(
        "--teacher",
        type=Path,
        metavar="DIR",
        help="run of the fine-tuned teacher (default: runs/teacher; made where "
        "there is none for this model, data and length)",
    )
    group.add_argument(
        "--targets",
        type=Path,
        metavar="F.safetensors",
        help="learn from these logits (N, 2) of the training texts, of whatever teacher, "
        "instead of the teacher's, weighed by --alpha; for every mode",
    )
    group.add_argument(
        "--objective",
        choices=("kd", "ce"),
        default="kd",
        help="kd: learn from labels and teacher; ce: the same student from labels "
        "alone, the control (default: kd)",
    )
    group.add_argument(
        "--temperature",
        type=number(float, 1e-3),
        default=5.0,
        metavar="TAU",
        help="softens both sets of logits (default: 5)",
    )
    group.add_argument(
        "--alpha",
        type=number(float, 0, 1),
        default=0.5,
        metavar="A",
        help="weight of the soft loss, 1 - A of the labels' (default: 0.5)",
    )
    group.add_argument(
        "--beta",
        type=number(float, 0),
        default=1.0,
        metavar="B",
        help="weight of the hidden-state loss; 0 leaves it out (default: 1)",
    )

    group = parser.add_argument_group("LoRA")
    group.add_argument(
        "--lora-r",
        type=number(int, 1),
        default=16,
        metavar="R",
        help="rank of the update (default: 16)",
    )
    group.add_argument(
        "--lora-alpha",
        type=number(float, 0),
        default=32.0,
        metavar="ALPHA",
        help="the update is scaled by ALPHA / R (default: 32)",
    )
    group.add_argument(
        "--lora-dropout",
        type=number(float, 0, 0.999),
        default=0.1,
        metavar="P",
        help="dropout on the adapter's input (default: 0.1)",
    )
    group.add_argument(
        "--lora-targets",
        default="query,value",
        metavar="NAMES",
        help="linear layers that get an adapter (default: query,value)",
    )
    args = parser.parse_args(argv)
    if args.targets and args.objective == "ce":
        parser.error("--objective ce learns from labels alone, --targets from logits: give one")
    if args.hashtag_dropout and args.hashtags != "keep":
        parser.error(f"--hashtags {args.hashtags} leaves none for --hashtag-dropout to hide")
    if args.resume and args.overwrite:
        parser.error("--resume goes on and --overwrite begins anew: give one of them")
    named = args.layers and any(character.isalpha() for character in args.layers)
    if args.mode in STUDENT_MODES and named and args.layers != args.mode:
        parser.error(f"--mode {args.mode} and --layers {args.layers} contradict each other")
    args.layers = args.layers or (args.mode if args.mode in STUDENT_MODES else "all")
    args.out = args.out or Path("runs") / args.mode
    args.command = shlex.join(["python", "train.py", *(sys.argv[1:] if argv is None else argv)])
    return args


def interrupted(run: Path) -> bool:
    """Whether a run says of itself that its training was stopped before its end."""
    try:
        return bool(json.loads((run / "train_args.json").read_text())["interrupted"])
    except (OSError, ValueError, LookupError, TypeError):
        return False


def main() -> int:
    args = parse_args()
    if args.out.exists() and not (args.overwrite or args.resume):
        cut_off = interrupted(args.out)
        hint = "--resume goes on with it, --overwrite replaces it"
        hint = hint if cut_off else "--overwrite replaces it, or another --out"
        raise UsageError(f"{args.out} {'was interrupted' if cut_off else 'exists'} (hint: {hint})")
    from experiment.training import train_command  # torch takes seconds to import: --help first

    return train_command(args)


if __name__ == "__main__":
    run_command(main)
