"""The flags that say what is read of labelled texts; they mean the same in train.py and eval.py."""

import argparse
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from data import Choice, DataError
from experiment.cli import number
from experiment.settings import Settings

SOURCES = "FILE|DIR|ID:CONFIG|sample"


def add_data_flags(group: "argparse._ActionsContainer") -> None:
    """Add --text-column, --label-column, --positive, --positive-from and --skip-bad."""
    group.add_argument(
        "--text-column",
        metavar="NAME",
        help="column of the texts (default: text, or the one with a usual name)",
    )
    group.add_argument(
        "--label-column",
        metavar="NAMES",
        help="column of the labels; of several, as in toxic,threat, a text is positive where any "
        "of them is (default: label, or the one with a usual name)",
    )
    group.add_argument(
        "--positive",
        metavar="NAMES",
        help="classes that become the positive one, the others together the negative one",
    )
    group.add_argument(
        "--positive-from",
        type=number(float, float("-inf")),
        metavar="X",
        help="labels are scores, and positive from this one on (default: the run's, in eval.py; "
        "0.5, where labels are numbers from 0 to 1)",
    )
    group.add_argument(
        "--skip-bad",
        action="store_true",
        default=Settings.skip_bad,
        help="leave out rows without a text or a label, or that cannot be read",
    )


def percentages(text: str) -> str:
    """An argparse type: the shares of train, validation and test, such as 80,10,10."""
    try:
        Choice(split=text).shares()
    except DataError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def choice_of(values: Mapping[str, Any]) -> Choice:
    """The choice that flags, settings or the record of a run hold; what they lack is found."""
    return Choice(**{f.name: values[f.name] for f in fields(Choice) if f.name in values})
