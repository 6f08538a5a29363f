"""What every talk with the Hugging Face Hub shares: a deadline, and a reason in one line."""

import threading
import time
from collections.abc import Callable
from typing import Any

DEADLINE = 8.0  # seconds in which the Hub must answer a first question
PATIENCE = 60.0  # seconds that the Hub may ask us to wait, and how often
ATTEMPTS = 3
GATED = "is given out on request alone: ask on its page on the Hub, then `hf auth login`"
HINT = "(hint: --model DIR and --data DIR read local folders; make demo needs no Hub)"


def ask_hub(question: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Ask a first, cheap question; returns the answer, or None and why there was none in time.

    Where the Hub is busy and says when to ask again, it is asked again then.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return None, ConnectionError("HF_HUB_OFFLINE is set")
    for _ in range(ATTEMPTS - 1):
        answer, failure = _in_time(question)
        seconds = _wait_asked_for(failure)
        if seconds is None or seconds > PATIENCE:
            return answer, failure
        time.sleep(seconds)
    return _in_time(question)


def _wait_asked_for(failure: Exception | None) -> float | None:
    """Seconds after which a busy Hub wants to be asked again."""
    response = getattr(failure, "response", None)
    if response is None or response.status_code not in (429, 503):
        return None
    try:
        return max(0.0, float(response.headers.get("Retry-After", "")))
    except ValueError:
        return None


def _in_time(question: Callable[[], Any]) -> tuple[Any, Exception | None]:
    answers: list[tuple[Any, Exception | None]] = []

    def ask() -> None:
        try:
            answers.append((question(), None))
        except Exception as error:
            answers.append((None, error))

    # Looking up a host name has no time limit of its own, so it runs beside us and may be left.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    late = TimeoutError(f"no answer in {DEADLINE:.0f} s")
    return answers[0] if answers else (None, late)


def short_reason(error: Exception) -> str:
    """The start of an error's message, on one line."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP status {response.status_code}"
    lines = str(error).strip().split("\n")[:2]
    return " ".join(lines)[:300] or type(error).__name__
