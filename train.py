"""Fine-tune a teacher, distil it into a student of some of its layers, or adapt it with LoRA."""

import argparse
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from experiment.cli import add_shared_flags, check_names, number, size
from experiment.data_flags import SOURCES, add_data_flags, percentages
from experiment.errors import run_command
from experiment.settings import LEARNING_RATES, STUDENT_MODES, Settings

EXAMPLES = """examples:
  python train.py --mode odd                              bert-base-uncased, tweet_eval/hate, KD
  python train.py --mode lora --model minilm --data sample        no download, about a minute
  python train.py --mode even --model minilm --data DIR --objective ce       no teacher outputs
"""


def add_flag(
    group: Any,
    name: str,
    metavar: str | None,
    about: str,
    kind: Callable[[str], Any] = str,
    choices: tuple[str, ...] | None = None,
) -> None:
    """A flag whose default stands in Settings, and is told where there is one."""
    default = getattr(Settings, name)
    shown = "" if default is None else " (default: %(default)s)"
    flag = "--" + name.replace("_", "-")
    about += shown
    group.add_argument(
        flag, type=kind, choices=choices, default=default, metavar=metavar, help=about
    )


def add_task_flags(parser: argparse.ArgumentParser) -> None:
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
        help="all, odd, even, first, last, hybrid, or a list such as 1,3,5 counted from 1 "
        "(default: the mode's; all for teacher and lora)",
    )
    add_flag(group, "model", "ID|DIR|minilm", "pretrained weights")
    add_flag(group, "data", SOURCES, "labelled texts; which files are taken: docs/DATA.md")
    of_hub = "commit, branch or tag of {} on the Hub (default: the newest)"
    add_flag(group, "revision", "COMMIT", of_hub.format("--model"))
    add_flag(group, "data_revision", "COMMIT", of_hub.format("--data"))
    group.add_argument("--out", type=Path, metavar="DIR", help="default: runs/MODE")
    group.add_argument("--overwrite", action="store_true", help="replace the run in --out")


def add_reading_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is read of --data")
    add_data_flags(group)
    made = "percent of train, validation and test, where these have to be made"
    add_flag(group, "split", "A,B,C", made, percentages)


def add_training_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("training")
    add = partial(add_flag, group)
    whole, share = partial(number, int), number(float, 0, 1)
    add("epochs", "N", "times that every text is read", whole(1))
    rates = f"(default: {LEARNING_RATES['teacher']}; lora {LEARNING_RATES['lora']})"
    add("lr", "RATE", f"peak learning rate {rates}", number(float, 0))
    add("weight_decay", "W", "of AdamW, not on biases and LayerNorm", number(float, 0))
    add("warmup", "SHARE", "share of the steps in which the rate rises", share)
    add("seed", "N", "of the head, dropout and order of the texts", whole(0, 2**32 - 1))
    add("limit", "N", "use the first N texts of each split, every class among them", whole(2))
    parts = "compute each batch in N parts or more: takes less memory on a GPU"
    add("accumulate", "N", parts, whole(1))
    every = "write a checkpoint every N steps too (default: after each epoch)"
    add("save_every", "N", every, whole(1))
    add("keep", "N", "checkpoints that are kept while training", whole(1))
    group.add_argument(
        "--resume",
        nargs="?",
        const="auto",
        metavar="DIR",
        help="go on with the same training: from this checkpoint or, without DIR, from the newest "
        "complete one beside --out, if there is one",
    )
    add("max_steps", "N", "stop after N steps", whole(1))
    weights = (
        "balanced: in the loss on the labels every class weighs alike, however rare; scores "
        "of rare classes come out too high then"
    )
    add("class_weights", None, weights, choices=("none", "balanced"))


def add_distillation_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(f"distillation ({', '.join(STUDENT_MODES)})")
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
        help="learn from these logits (N, K) of N texts and K classes, of whatever teacher, "
        "instead of the teacher's, weighed by --alpha; for every mode. Rows are in the order of "
        "the training texts, columns in that of label_names in a run's train_args.json",
    )
    group.add_argument(
        "--teacher-cache",
        type=size,
        default=Settings.teacher_cache,
        metavar="SIZE",
        help="room, on disk or in a GPU's memory, for what the teacher says of the training "
        "texts; where it would take more, the teacher runs in each step, as always with 0 "
        f"(default: {Settings.teacher_cache // 10**9}GB)",
    )
    add = partial(add_flag, group)
    objective = (
        "kd: learn from labels and teacher; ce: the same student from labels alone, the control"
    )
    add("objective", None, objective, choices=("kd", "ce"))
    unlabelled = "texts without labels: the student hears its teacher on them, beside the others"
    add("unlabelled", SOURCES, unlabelled)
    add("temperature", "TAU", "softens both sets of logits", number(float, 1e-3))
    add("alpha", "A", "weight of the soft loss, 1 - A of the labels'", number(float, 0, 1))
    add("beta", "B", "weight of the hidden-state loss; 0 leaves it out", number(float, 0))


def add_lora_flags(parser: argparse.ArgumentParser) -> None:
    add = partial(add_flag, parser.add_argument_group("LoRA"))
    add("lora_r", "R", "rank of the update", number(int, 1))
    add("lora_alpha", "ALPHA", "the update is scaled by ALPHA / R", number(float, 0))
    add("lora_dropout", "P", "dropout on the adapter's input", number(float, 0, 0.999))
    add("lora_targets", "NAMES", "linear layers that get an adapter")


def parse_args(argv: list[str] | None = None) -> Settings:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_task_flags(parser)
    add_reading_flags(parser)
    add_training_flags(parser)
    add_shared_flags(parser, max_length=Settings.max_length)
    shortcuts = parser.add_argument_group("against shortcuts")
    hashtags = "what the model reads of #BuildThatWall: all, nothing, or its words; kept in the run"
    add_flag(shortcuts, "hashtags", None, hashtags, choices=("keep", "remove", "split"))
    add_distillation_flags(parser)
    add_lora_flags(parser)
    args = parser.parse_args(argv)
    if args.targets and args.objective == "ce":
        parser.error("--objective ce learns from labels alone, --targets from logits: give one")
    if args.resume and args.overwrite:
        parser.error("--resume goes on and --overwrite begins anew: give one of them")
    named = args.layers and any(character.isalpha() for character in args.layers)
    other = named and args.layers != args.mode
    if other and (args.mode in STUDENT_MODES or args.layers == "random"):
        parser.error(f"--mode {args.mode} and --layers {args.layers} contradict each other")
    check_names(parser, vars(args))
    args.layers = args.layers or (args.mode if args.mode in STUDENT_MODES else "all")
    args.out = args.out or Path("runs") / args.mode
    command = shlex.join(["python", "train.py", *(sys.argv[1:] if argv is None else argv)])
    settings = Settings(**vars(args), command=command)
    if idle := settings.without_effect():
        parser.error(idle)
    return settings


def main() -> int:
    settings = parse_args()
    from experiment.command import train_command  # torch takes seconds to import: --help first

    return train_command(settings)


if __name__ == "__main__":
    run_command(main)
