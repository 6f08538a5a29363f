"""Flags that mean the same in every command.

Nothing here imports torch at the top, so that `--help` answers at once.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiment.errors import UsageError
from experiment.settings import Settings

# Threads that wait for each other spin for a moment and then sleep. By default they spin for
# milliseconds, which is many times slower where another program wants the cores too; to sleep at
# once makes a single text slower. Read once, when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def say(text: str) -> None:
    """Tell the person at the terminal; stdout is for results alone. Of several ranks 0 speaks."""
    if os.environ.get("RANK", "0") == "0":
        print(text, file=sys.stderr, flush=True)


def number(kind: type, low: float, high: float = float("inf")) -> Callable[[str], float]:
    """An argparse type: a number of `kind` from `low` to `high`, both included."""

    def parse(text: str) -> float:
        value = kind(text)
        if not low <= value <= high:
            top = "" if high == float("inf") else f" and at most {high}"
            raise argparse.ArgumentTypeError(f"{text} must be at least {low}{top}")
        return value

    parse.__name__ = kind.__name__  # argparse names it where the text is no number at all
    return parse


def size(text: str) -> int:
    """An argparse type: bytes, written as 500MB, 4GB or 0; a GB has 10^9."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(b|kb|mb|gb|tb)?", text.lower())
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size (hint: 500MB, 4GB, 0)")
    units = {None: 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
    return round(float(found[1]) * units[found[2]])


def check_names(parser: argparse.ArgumentParser, values: Mapping[str, Any]) -> None:
    """End the command where a name is not UTF-8: to Python it has half characters, to JSON none."""
    for name, value in values.items():
        if any("\ud800" <= character <= "\udfff" for character in str(value)):
            flag = "--" + name.replace("_", "-")
            parser.error(f"{flag} {str(value)!r} is not UTF-8 (hint: rename it)")


def keep_what_is_there(out: Path) -> None:
    """Raise UsageError where `out` exists; its hint depends on what is there."""
    if not out.exists():
        return
    record = out / "train_args.json"
    if not record.is_file():
        raise UsageError(f"{out} is there and is no run (hint: another folder)")
    try:
        about = json.loads(record.read_text())
        cut_off = about["interrupted"] and not {"merged_from", "exported_from"} & {*about}
    except (OSError, ValueError, LookupError, TypeError):
        cut_off = False
    hint = "--overwrite replaces it, or another folder"
    hint = "--resume goes on with it, --overwrite replaces it" if cut_off else hint
    raise UsageError(f"{out} {'was interrupted' if cut_off else 'exists'} (hint: {hint})")


def add_shared_flags(parser: argparse.ArgumentParser, max_length: int | None) -> None:
    """Add --device, --dtype, --batch-size and --max-length.

    With no `max_length` they are those of scoring: --dtype with int8, and --least-agreement.
    """
    group = parser.add_argument_group("machine and batches")
    add_device_flag(group)
    if max_length is None:
        add_int8_flags(group, ("auto", "fp32", "bf16", "fp16", "int8"))
    else:
        group.add_argument(
            "--dtype",
            choices=("auto", "fp32", "bf16", "fp16"),
            default=Settings.dtype,
            help="auto: bf16 in training steps where the hardware has it natively, fp16 on GPUs "
            "that have no bf16, fp32 elsewhere and wherever texts are scored (default: auto)",
        )
    group.add_argument(
        "--batch-size",
        type=number(int, 1),
        default=Settings.batch_size,
        metavar="N",
        help="texts in a batch; on a CPU, scoring takes 16 at most (default: %(default)s)",
    )
    group.add_argument(
        "--max-length",
        type=number(int, 3, 512),
        default=max_length,
        metavar="N",
        help="tokens of a text that are read, [CLS] and [SEP] included "
        f"(default: {max_length or 'as the run was trained'})",
    )


LEAST = 0.99  # of validation texts that int8 must give the label that they had


def add_int8_flags(group: "argparse._ActionsContainer", formats: Sequence[str]) -> None:
    """Add --dtype for commands that score, and --least-agreement."""
    group.add_argument(
        "--dtype",
        choices=formats,
        default=formats[0],
        help="number format of the products; int8 is fastest on a CPU that has it, and changes "
        f"a label in some hundreds (default: {formats[0]}"
        f"{', which is fp32' * (formats[0] == 'auto')})",
    )
    group.add_argument(
        "--least-agreement",
        type=number(float, 0, 1),
        default=LEAST,
        metavar="P",
        help="share of a run's validation texts that int8 must give the label that they had "
        "(default: %(default)s)",
    )


def add_base_flag(group: "argparse._ActionsContainer") -> None:
    """Add --base, which only adapters need."""
    group.add_argument(
        "--base",
        metavar="ID|DIR|minilm",
        help="what LoRA runs were trained on (default: what they name, or what lies where it lay "
        "beside them)",
    )


def add_device_flag(group: "argparse._ActionsContainer") -> None:
    """Add --device."""
    group.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default=Settings.device,
        help="auto: cuda, else mps, else cpu (default: auto)",
    )
