"""Train every arm of the study that is not finished yet, and keep a small record of each run.

It can be stopped at any moment, and goes on where it was. `python -m study.report RESULTS --out
DIR` makes a page of the records, at any time: what is missing is left out. With --folds, the arms
of study/questions.py are cross-validated instead, and `python -m study.verdicts RESULTS` says what
they show.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from experiment.cli import number, say
from experiment.data_flags import add_data_flags
from experiment.errors import run_command
from study.settings import StudySettings

EXAMPLES = """examples:
  python -m study --model minilm --data DIR --seeds 5        hours, on two cores
  python -m study --data DIR --only 'odd-*' 'even-*'         a part of it
  python -m study --model minilm --data DIR --folds 10 --rounds 2     cross-validated
"""


def parse_args(argv: list[str] | None = None) -> StudySettings:
    parser = argparse.ArgumentParser(
        prog="python -m study",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,  # the defaults stand in StudySettings
    )

    def flag(name: str, kind: Any, metavar: str, about: str, **more: Any) -> None:
        default = getattr(StudySettings, name)
        about += f" (default: {default})" if default else ""
        dashed = "--" + name.replace("_", "-")
        parser.add_argument(dashed, type=kind, metavar=metavar, help=about, **more)

    flag("model", str, "ID|DIR|minilm", "pretrained weights")
    flag("data", str, "ID:CONFIG|DIR|FILE|sample", "labelled texts")
    flag("seeds", number(int, 1), "N", "seeds of the main arms; the others get 2 at most")
    flag("folds", number(int, 2, 10), "N", "cross-validate: hold out each N-th of the texts once")
    flag("rounds", number(int, 1), "N", "times that all texts are divided into folds")
    add_data_flags(parser)
    flag("runs", Path, "DIR", "where models are kept")
    flag("results", Path, "DIR", "where records are kept, for study.report (default: RUNS/results)")
    flag("hatecheck", Path, "DIR", "score each run on HateCheck, too")
    one = "runs at a time, sharing the cores (default: one a core; one on a GPU)"
    flag("jobs", number(int, 1), "N", one)
    which = "arms to train, by name or pattern, or costs (default: all)"
    flag("only", str, "ARM", which, nargs="+")
    flag("limit", number(int, 2), "N", "first N texts of a split")
    flag("epochs", number(int, 1), "N", "of every arm (to try)")
    args = vars(parser.parse_args(argv))
    if "rounds" in args and "folds" not in args:
        parser.error("--rounds is for --folds alone")
    return StudySettings(**{**args, "only": tuple(args.get("only", ()))})


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold a folder's lock; its trainings inherit it, and so one study waits for another's."""
    import fcntl  # which Windows has not

    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another study, or for trainings that it left, in {folder}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def main() -> int:
    settings = parse_args()
    with locked(settings.runs) as lock:
        if settings.folds:
            from study.folds import CrossValidation

            CrossValidation(settings, lock).run_all()
            hint = f"python -m study.verdicts {settings.records}"
        else:
            from study.order import train_arms
            from study.runner import Study

            train_arms(Study(settings, lock))
            hint = f"python -m study.report {settings.records} --out DIR"
    say(f"records: {settings.records} (hint: {hint})")
    return 0


if __name__ == "__main__":
    run_command(main)
