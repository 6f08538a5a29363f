"""How runs read comments of kinds that they were not made for, beside a list of rude words.

data/sample/unseen.csv has 200 comments, written by somebody who had not seen the sample's sentences
and kept apart until these were finished: nothing was tuned to them.
"""

import argparse
import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiment.cli import add_base_flag
from experiment.errors import run_command
from experiment.loading import load_classifier
from scoring.table import aligned

UNSEEN = Path(__file__).parent.parent / "data/sample/unseen.csv"
RUDE = re.compile(
    r"\b(idiot|stupid|moron|dumb|fool|pathetic|loser|trash|garbage|scum|disgusting|hate|kill|die|"
    r"shut up|clown|liar|ugly|worthless|useless|vermin|rat|filth|filthy|crap|shit|fuck|fucking|"
    r"bastard|bitch|asshole|dick|hell|damn|sick|evil|disgrace|brainless|coward|lazy)s?\b",
    re.IGNORECASE,
)


def read_unseen() -> list[dict[str, str]]:
    """The comments, each with its text, label (hate or not-hate) and kind."""
    with open(UNSEEN, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def accuracies(rows: Sequence[dict[str, str]], said: Sequence[bool]) -> list[str]:
    """The share of right answers, over all rows and of each kind, in per cent."""
    right = np.array(
        [(row["label"] == "hate") == is_hate for row, is_hate in zip(rows, said, strict=True)]
    )
    kinds = np.array([row["kind"] for row in rows])
    shares = [right.mean(), *(right[kinds == kind].mean() for kind in dict.fromkeys(kinds))]
    return [f"{100 * share:.0f}" for share in shares]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unseen", description=__doc__)
    parser.add_argument("--run", nargs="+", type=Path, required=True, metavar="DIR", help="runs")
    add_base_flag(parser)
    args = parser.parse_args()
    rows = read_unseen()
    texts = [row["text"] for row in rows]
    table = [["list of 40 words", *accuracies(rows, [bool(RUDE.search(text)) for text in texts])]]
    for run in args.run:
        classifier = load_classifier(run, base=args.base)
        said = [prediction.label == "hate" for prediction in classifier.predict(texts)]
        table.append([run.name, *accuracies(rows, said)])
    print(aligned(["% right", "all", *dict.fromkeys(row["kind"] for row in rows)], table))
    return 0


if __name__ == "__main__":
    run_command(main)
