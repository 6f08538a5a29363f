"""Flags that mean the same in every command, exit codes, and the hardware that is there.

Nothing here imports torch at the top, so that `--help` answers at once.
"""

import argparse
import os
import re
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from experiment.settings import Settings
from hub import HubError

if TYPE_CHECKING:
    import torch


# Threads that wait for each other spin for a moment and then sleep. By default they spin for
# milliseconds, which is many times slower where another program wants the cores too; to sleep at
# once makes a single text slower. Read once, when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")


class UsageError(Exception):
    """The flags do not go together, or do not fit what they are used on."""


EXIT_CODES = {
    "UsageError": 2,
    "DataError": 3,
    "ModelError": 4,
    "AdapterError": 4,
    "TrainingError": 4,
    "StudyError": 4,
    "FloatingPointError": 4,
    "OSError": 5,
    "SafetensorError": 5,  # while writing; what is read has errors of its own
}


def run_command(main: Callable[[], int]) -> NoReturn:
    """Run a command and leave: what a user can mend is one line and its exit code, no traceback."""
    try:
        code = main()
        if sys.stdout:  # else it was closed from the start
            sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except ModuleNotFoundError as error:
        if error.name is None or (Path(__file__).parent.parent / error.name).is_dir():
            raise
        hint = "(hint: make demo installs it; then source .venv/bin/activate)"
        if error.name in ("scipy", "sklearn"):
            hint = "(hint: pip install -r requirements-study.txt)"
        print(f"error: {error.name} is not installed in this Python {hint}", file=sys.stderr)
        code = 4
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        names = [kind.__name__ for kind in type(error).__mro__]
        known = [EXIT_CODES[name] for name in names if name in EXIT_CODES]
        known += [error.exit_code] if isinstance(error, HubError) else []
        if not known:
            raise
        print(f"error: {' '.join(reason(error).split())}", file=sys.stderr)
        code = known[0]
    sys.exit(code)


def reason(error: Exception) -> str:
    """What to tell of an error; the system's own come with a number, and say little of space."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror:  # else one of ours, or of safetensors
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    full = ("No space left", "quota exceeded", "File too large")
    if any(word in text for word in full) and "(hint: " not in text:
        text += " (hint: make room, or write to another disk)"
    return text


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


def add_shared_flags(parser: argparse.ArgumentParser, max_length: int | None) -> None:
    """Add --device, --dtype, --batch-size and --max-length."""
    group = parser.add_argument_group("machine and batches")
    add_device_flag(group)
    group.add_argument(
        "--dtype",
        choices=("auto", "fp32", "bf16"),
        default=Settings.dtype,
        help="auto: bf16 in training steps where the hardware has it natively, "
        "fp32 elsewhere and wherever texts are scored (default: auto)",
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


def add_device_flag(group: "argparse._ActionsContainer") -> None:
    group.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default=Settings.device,
        help="auto: cuda, else mps, else cpu (default: auto)",
    )


def pick_device(name: str) -> "torch.device":
    """The device that `--device` means; raises UsageError where it is not there."""
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next((device for device, available in there.items() if available), "cpu")
    elif not there.get(name, True):
        raise UsageError(f"this machine has no {name} device (hint: --device auto)")
    return torch.device(name)


def pick_dtype(name: str, device: "torch.device", training: bool) -> "torch.dtype":
    """The number format that `--dtype` means for matrix products on a device."""
    import torch

    if name == "auto":
        name = "bf16" if training and has_native_bf16(device) else "fp32"
    return torch.bfloat16 if name == "bf16" else torch.float32


def has_native_bf16(device: "torch.device") -> bool:
    """Whether the hardware multiplies bf16 itself: emulated, it is slower than fp32."""
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            words = set(file.read().split())
    except OSError:
        return False
    return device.type == "cpu" and not words.isdisjoint({"avx512_bf16", "amx_bf16", "bf16"})


class Stop:
    """Set by the first SIGINT or SIGTERM, so that training ends after its step and saves.

    The second signal ends the process at once.
    """

    def __init__(self) -> None:
        self.exit_code = 0
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            signal.signal(number, partial(self._note, code))

    def _note(self, code: int, number: int, frame: Any) -> None:
        self.exit_code = code
        for either in (signal.SIGINT, signal.SIGTERM):
            signal.signal(either, signal.SIG_DFL)
        say("stopping after this step; the run will be saved (once more: stop at once)")

    def __call__(self) -> bool:
        return self.exit_code != 0
