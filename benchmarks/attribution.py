"""Check what "Why?" shows: the words named first must move the score more than random ones.

For the word that leave-one-out names first this holds by its definition; for its first three,
taken away together, it does not.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from data import Choice, load_data
from experiment.classifier import Classifier
from experiment.cli import number
from experiment.data_flags import choice_of
from experiment.errors import run_command
from experiment.loading import load_classifier
from experiment.rundir import read_json
from scoring.attribution import leave_one_out

COUNTS = (1, 3)  # words taken away together


def moves(classifier: Classifier, text: str, draw: random.Random) -> list[list[float]]:
    """How far the score moves without the first-named words, and without as many random ones.

    One pair for each of COUNTS; NaN where the text has no more words than that.
    """

    def score(texts: Sequence[str]) -> list[float]:
        return [prediction.score for prediction in classifier.predict(texts)]

    begin, end = classifier.spans(text)[0]
    text = text[begin:end]
    pieces = leave_one_out(score, text)
    words = [i for i, piece in enumerate(pieces) if piece.change is not None]
    ranked = sorted(words, key=lambda i: -abs(pieces[i].change or 0))

    def without(gone: Sequence[int]) -> str:
        return "".join(piece.text for i, piece in enumerate(pieces) if i not in gone)

    pairs = []
    for count in COUNTS:
        if len(words) <= count:
            pairs.append([np.nan, np.nan])
            continue
        named, drawn = ranked[:count], draw.sample(words, count)
        whole, *rest = score([text, without(named), without(drawn)])
        pairs.append([abs(whole - moved) for moved in rest])
    return pairs


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attribution", description=__doc__)
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="run directory")
    parser.add_argument("--data", metavar="ID:CONFIG|DIR|sample", help="default: the run's own")
    parser.add_argument("--limit", type=number(int, 2), metavar="N", help="first N test texts")
    args = parser.parse_args()
    classifier = load_classifier(args.run)
    record = read_json(args.run / "train_args.json")
    choice = Choice() if args.data else choice_of(record)
    data = load_data(args.data or record["data"], args.limit, choice=choice)
    draw, holds = random.Random(0), True
    texts = tqdm(data.splits["test"].texts, unit="text", disable=None)
    moved = np.array([moves(classifier, text, draw) for text in texts])  # (N, counts, 2)
    print("words taken away | by leave-one-out | at random | difference (95 % interval) | texts")
    print("--: | --: | --: | --: | --:")
    for i, count in enumerate(COUNTS):
        named, drawn = moved[~np.isnan(moved[:, i, 0]), i].T
        gap = named - drawn
        margin = 1.96 * gap.std(ddof=1) / len(gap) ** 0.5
        holds = holds and bool(gap.mean() > margin)
        print(
            f"{count} | {named.mean():.3f} | {drawn.mean():.3f} "
            f"| {gap.mean():.3f} ± {margin:.3f} | {len(gap)}"
        )
    return 0 if holds else 1


if __name__ == "__main__":
    run_command(main)
