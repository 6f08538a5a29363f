"""Train every arm of the study that is not finished yet, and keep a small record of each run.

It can be stopped at any moment, and goes on where it was. `python -m study.report` turns the
records into docs/ANALYSIS.md, at any time: what is missing is left out.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiment.cli import UsageError, number, run_command, say
from study.arms import (
    MAIN,
    ROBUST,
    TEACHER,
    Arm,
    grid_arms,
    lora_arms,
    reference_arms,
    robust_arms,
    student_arms,
)
from study.choices import choose_loss, choose_recipe
from study.runner import Study, locked

EXAMPLES = """examples:
  python -m study --model minilm --data DIR --seeds 5        hours, on two cores
  python -m study --data DIR --only 'odd-*' 'even-*'         a part of it
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m study",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--model",
        default="google-bert/bert-base-uncased",
        metavar="ID|DIR|minilm",
        help="pretrained weights (default: google-bert/bert-base-uncased)",
    )
    parser.add_argument(
        "--data",
        default="cardiffnlp/tweet_eval:hate",
        metavar="ID:CONFIG|DIR|sample",
        help="labelled texts (default: cardiffnlp/tweet_eval:hate)",
    )
    parser.add_argument(
        "--seeds",
        type=number(int, 1),
        default=5,
        metavar="N",
        help="seeds of the main arms; the others get 2 at most (default: 5)",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("runs/study"),
        metavar="DIR",
        help="where models are kept (default: runs/study)",
    )
    parser.add_argument(
        "--results",
        type=Path,
        metavar="DIR",
        help="where records are kept, for study.report.__main__ (default: RUNS/results)",
    )
    parser.add_argument(
        "--hatecheck", type=Path, metavar="DIR", help="score each run on HateCheck, too"
    )
    parser.add_argument(
        "--jobs",
        type=number(int, 1),
        metavar="N",
        help="runs at a time, sharing the cores (default: one a core; one on a GPU)",
    )
    parser.add_argument(
        "--only", nargs="+", metavar="ARM", help="arms to train, by name or pattern (default: all)"
    )
    parser.add_argument(
        "--limit", type=number(int, 2), metavar="N", help="first N texts of a split"
    )
    parser.add_argument("--epochs", type=number(int, 1), metavar="N", help="of every arm (to try)")
    args = parser.parse_args(argv)
    args.results = args.results or args.runs / "results"
    return args


def names(arms: Sequence[Arm]) -> list[str]:
    return [arm.name for arm in arms]


def describe(study: Study, **choices: Any) -> None:
    """Write what holds for all records: model, data, repeats, and the choices made so far."""
    from experiment.material import fingerprint
    from experiment.rundir import read_json
    from study.data_report import describe as data_figures
    from study.record import write_record

    path, sha256 = study.args.results / "study.json", fingerprint(study.data)
    before = read_json(path)
    train, test = (study.data.splits[name] for name in ("train", "test"))
    known = set(train.texts)
    repeated = [int(text in known) for text in test.texts]
    for what, own in (("data_sha256", sha256), ("model", study.args.model)):
        if before.get(what, own) != own:
            kind = what.removesuffix("_sha256")
            raise UsageError(
                f"{path.parent} holds records of other {kind} (hint: another --results)"
            )
    facts = {
        "model": study.args.model,
        "data": study.data.name,
        "data_sha256": sha256,
        "label_names": list(study.data.label_names),
        "train_positive_rate": sum(train.labels) / len(train.labels),
        # In the order of the records: the positive texts first.
        "test_repeats_training": [
            place
            for place, flag in enumerate(
                flag
                for label in (1, 0)
                for flag, own in zip(repeated, test.labels, strict=True)
                if own == label
            )
            if flag
        ],
    }
    write_record(path, {**before, **facts, **choices})
    if not (path.parent / "data.json").is_file():
        figures = data_figures(study.data, study.tokenizer.encode)
        write_record(path.parent / "data.json", figures)


def main() -> int:
    args = parse_args()
    with locked(args.runs) as lock:
        study = Study(args, lock)
        describe(study)
        study.run([TEACHER], seeds=1)
        loss = (1.0, 0.0, 0.0)  # of students that nobody asked for
        taught = [arm for arm in student_arms(*loss) if not arm.name.endswith("-ce")]
        if any(map(study.wanted, [*names(taught), "lora-student", *ROBUST, *names(grid_arms())])):
            loss = choose_loss(study)
            describe(study, loss=dict(zip(("temperature", "alpha", "beta"), loss, strict=True)))
        arms = [TEACHER, *student_arms(*loss), *lora_arms(), *reference_arms()]
        main_arms = [arm for arm in arms if arm.seeds == MAIN]
        study.run(main_arms, seeds=2)
        robust: list[Arm] = []
        if any(map(study.wanted, ROBUST)):
            recipe, log = choose_recipe(study)
            prior = log[-1]["chosen"] if log else "keep"
            describe(study, recipe=recipe, prior=prior, recipe_log=log)
            robust = robust_arms(recipe, *loss)
            study.run(robust, seeds=2)
        study.run([*main_arms, *robust])
        study.run([arm for arm in arms if arm.seeds < MAIN])
        study.floors()
        study.afterwards()
    say(f"records: {args.results} (hint: python -m study.report {args.results} --out DIR)")
    return 0


if __name__ == "__main__":
    run_command(main)
