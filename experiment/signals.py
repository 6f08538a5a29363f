"""SIGINT and SIGTERM: the first one lets a command give back what it holds, the second ends it."""

import signal
import sys
from functools import partial
from typing import Any, NoReturn

from experiment.cli import say


def end_by_signal() -> None:
    """Have SIGINT and SIGTERM end a command by SystemExit, so that it gives back what it holds.

    The second signal ends the process at once.
    """

    def end(number: int, frame: Any) -> NoReturn:
        for either in (signal.SIGINT, signal.SIGTERM):
            signal.signal(either, signal.SIG_DFL)
        sys.exit(128 + number)

    for either in (signal.SIGINT, signal.SIGTERM):
        signal.signal(either, end)


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
