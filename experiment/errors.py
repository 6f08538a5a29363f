"""How a command ends: what a user can mend is one line and an exit code."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from hub import HubError


class UsageError(Exception):
    """The flags do not go together, or do not fit what they are used on."""


class OutOfMemory(Exception):
    """The GPU's, or the machine's."""


EXIT_CODES = {
    "UsageError": 2,
    "RanksError": 2,
    "DataError": 3,
    "ModelError": 4,
    "AdapterError": 4,
    "TrainingError": 4,
    "StudyError": 4,
    "FloatingPointError": 4,
    "OSError": 5,
    "OutOfMemory": 5,
    "SafetensorError": 5,  # while writing; what is read has errors of its own
}

EXTRAS = {  # packages that only a part of the program needs, and which
    **dict.fromkeys(("scipy", "sklearn"), "study"),
    **dict.fromkeys(("onnx", "onnxruntime", "onnxscript"), "export"),
    "ray": "cluster",
    **dict.fromkeys(("transformers", "peft", "ctranslate2", "openvino", "nncf"), "dev"),
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
        missing = f"{error.name} is not installed in this Python"
        hint = "(hint: make demo installs it; then source .venv/bin/activate)"
        if error.name in EXTRAS:
            hint = f"(hint: pip install -r requirements-{EXTRAS[error.name]}.txt)"
        if error.name in sys.stdlib_module_names:  # of other systems alone
            missing = f"{error.name} is not in this Python"
            hint = "(hint: on Linux and macOS it is, and in WSL)"
        print(f"error: {missing} {hint}", file=sys.stderr)
        code = 4
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        error = OutOfMemory(str(error)) if ran_out(error) else error
        names = [kind.__name__ for kind in type(error).__mro__]
        known = [EXIT_CODES[name] for name in names if name in EXIT_CODES]
        known += [error.exit_code] if isinstance(error, HubError) else []
        if not known:
            raise
        print(f"error: {printable(' '.join(reason(error).split()))}", file=sys.stderr)
        code = known[0]
    sys.exit(code)


def ran_out(error: Exception) -> bool:
    """Whether memory ended; only a GPU's error has a kind of its own in torch."""
    said = ("out of memory", "can't allocate memory", "not enough memory")
    of_torch = isinstance(error, RuntimeError) and any(words in str(error) for words in said)
    return isinstance(error, MemoryError) or of_torch


def reason(error: Exception) -> str:
    """What to tell of an error; the system's own come with a number, and say little of space."""
    text = str(error)
    if isinstance(error, OutOfMemory):
        return (
            "there is not enough memory (hint: a smaller --batch-size, if there is one; on a GPU "
            "train.py takes the same steps in parts with --accumulate 2, and goes on with --resume)"
        )
    if isinstance(error, OSError) and error.strerror:  # else one of ours, or of safetensors
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    full = ("No space left", "quota exceeded", "File too large")
    if any(word in text for word in full) and "(hint: " not in text:
        text += " (hint: make room, or write to another disk)"
    return text


def printable(text: str) -> str:
    """A text of somebody's file without what moves a terminal: control characters as escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
