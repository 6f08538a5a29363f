"""Set a run's scores beside those that an archive has of another service, such as Perspective.

ARCHIVE is .jsonl, .csv, .tsv or .parquet: a text a row, and its score from then, or the whole
answer of the service under `attributeScores`. Prints how far both agree in the order of the texts,
and for thresholds of then the one that flags the same share of texts by this run.
"""

import argparse
import json
import math
from collections.abc import Sequence
from contextlib import suppress
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiment.cli import add_base_flag, add_device_flag, number, say
from experiment.errors import UsageError, run_command

if TYPE_CHECKING:
    import numpy as np

EXAMPLES = """examples:
  python -m webapp.compare archive.jsonl --run runs/odd
  python -m webapp.compare archive.csv --run runs/odd --score-column toxicity --threshold 0.7
"""
CHUNK = 2048  # texts that are read together
SCORES = ("score", "attributeScores")


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m webapp.compare",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("archive", type=Path, metavar="ARCHIVE", help="texts and their scores")
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="run directory")
    parser.add_argument(
        "--attribute", default="TOXICITY", metavar="NAME", help="of Perspective (default: TOXICITY)"
    )
    parser.add_argument(
        "--toxic",
        default="",
        metavar="NAME,NAME",
        help="the classes of the run that it means (default: as on the page)",
    )
    parser.add_argument(
        "--text-column", metavar="NAME", help="default: found by its name, as in training"
    )
    parser.add_argument(
        "--score-column", metavar="NAME", help=f"default: the attribute, or {', '.join(SCORES)}"
    )
    parser.add_argument(
        "--threshold",
        type=number(float, 0, 1),
        action="append",
        metavar="P",
        help="what was flagged from, as often as there are some (default: 0.5, 0.7, 0.8 and 0.9)",
    )
    add_base_flag(parser)
    add_device_flag(parser)
    return parser.parse_args(argv)


def read_archive(
    path: Path, attribute: str, text_column: str | None, score_column: str | None
) -> tuple[list[str], list[float]]:
    """Texts, and their scores of then; a row without a score is left out, and that is said.

    Raises DataError, also for a row that cannot be read and a score above 1, and UsageError where
    less than two texts are left.
    """
    from data.columns import find_text
    from data.rows import DataError, no_column
    from data.tables import read_header, read_table

    header = read_header(path)
    found = [name for name in (attribute, *SCORES) if name in header]
    if not (score_column or found):
        hint = f"(hint: --score-column with one of {', '.join(header)})"
        raise DataError(f"{path}: which column holds the scores? {hint}")
    if "comment" in header and "text" not in header:
        text_column = text_column or "comment"  # as the service called it
    columns = [text_column or find_text(str(path), header), score_column or found[0]]
    if missing := no_column(header, columns):
        raise DataError(f"{path}: {missing}")
    say(f"texts are read from {columns[0]!r}, scores from {columns[1]!r}")
    texts, scores, left_out = [], [], 0
    for row in read_table(path, columns):
        if row.error and not row.error.startswith("no column"):  # an object may lack a score
            raise DataError(f"{path}:{row.line}: {row.error}")
        text, score = row.cells if not row.error else (None, None)
        text = text.get("text") if isinstance(text, dict) else text
        value = score_of(score, attribute)
        if value is not None and value > 1:
            raise DataError(f"{path}:{row.line}: the score is {value:g}, where 1 is the highest")
        if isinstance(text, str) and text.strip() and value is not None:
            texts.append(text)
            scores.append(value)
        else:
            left_out += 1
    if left_out:
        say(f"{left_out:,} rows have no text or no score of {attribute}: left out")
    if len(texts) < 2:
        raise UsageError(f"{path} has no two texts with a score of {attribute}")
    return texts, scores


def score_of(cell: Any, attribute: str) -> float | None:
    """A score of 0 or more, as a number, as text, or in the answer of the service."""
    if isinstance(cell, str) and cell.lstrip().startswith("{"):  # the answer in a cell of a table
        with suppress(ValueError, RecursionError):
            cell = json.loads(cell)
    for key in ("attributeScores", attribute, "summaryScore", "value"):
        if isinstance(cell, dict):
            cell = cell.get(key, cell)
    try:
        value = math.nan if isinstance(cell, bool) else float(cell)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if value >= 0 else None


def agreement(
    theirs: Sequence[float], ours: Sequence[float], thresholds: Sequence[float]
) -> list[list[str]]:
    """A table: for each threshold of theirs, ours that flags as many texts, and what is the same.

    Kappa is the agreement beyond chance (Cohen 1960, https://doi.org/10.1177/001316446002000104).
    """
    import numpy as np

    rows = [["flagged then from", "share", "here from", "share here", "the same", "kappa"]]
    old, new = np.array(theirs), np.array(ours)
    for threshold in thresholds:
        flagged = old >= threshold
        count = int(flagged.sum())
        here = math.inf if count == 0 else float(np.sort(new)[-count])
        again = new >= here
        same, then, now = (flagged == again).mean(), flagged.mean(), again.mean()
        chance = then * now + (1 - then) * (1 - now)
        kappa = "-" if chance == 1 else f"{(same - chance) / (1 - chance):.2f}"
        rows.append(
            [
                f"{threshold:g}",
                f"{then:.1%}",
                at_most(here, new) if count else "-",
                f"{now:.1%}",
                f"{same:.1%}",
                kappa,
            ]
        )
    return rows


def at_most(threshold: float, scores: "np.ndarray") -> str:
    """A threshold, rounded down to no more digits than flag the same of these scores."""
    flagged = (scores >= threshold).sum()
    for digits in range(4, 17):
        shown = f"{Decimal(threshold).quantize(Decimal(10) ** -digits, ROUND_FLOOR)}"
        if (scores >= float(shown)).sum() == flagged:
            return shown
    return repr(threshold)


def rank_correlation(a: Sequence[float], b: Sequence[float]) -> float:
    """Spearman's: the correlation of ranks, of which equal scores share one; NaN of a constant."""
    import numpy as np

    def ranks(values: Sequence[float]) -> np.ndarray:
        _, place, count = np.unique(np.array(values), return_inverse=True, return_counts=True)
        return (np.cumsum(count) - (count - 1) / 2)[place]

    with np.errstate(invalid="ignore"):
        return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def main() -> int:
    args = parse_args()
    texts, theirs = read_archive(args.archive, args.attribute, args.text_column, args.score_column)
    from tqdm import tqdm

    from experiment.hardware import pick_device
    from scoring.table import aligned
    from webapp.models import load_models
    from webapp.perspective import choose_attributes
    from webapp.service import Service

    models = load_models([args.run], pick_device(args.device), args.toxic, args.base)
    [(name, model)] = models.items()
    [attribute] = choose_attributes([f"{args.attribute}={name}"], Service(models)).values()
    pairs = []
    with tqdm(total=len(texts), unit="text", disable=None) as bar:
        for start in range(0, len(texts), CHUNK):
            chunk = slice(start, start + CHUNK)
            read = model.classifier.predict(texts[chunk])
            both = zip(theirs[chunk], read, strict=True)
            pairs += [(then, attribute.score(now)) for then, now in both if not now.is_empty]
            bar.update(len(read))
    if len(pairs) < 2:
        raise UsageError(f"{args.archive} has no two texts in which there is something to read")
    old, new = zip(*pairs, strict=True)
    correlation = rank_correlation(old, new)
    print(f"{len(old):,} texts, rank correlation {correlation:.3f} ({args.attribute} and {name})\n")
    header, *rows = agreement(old, new, args.threshold or [0.5, 0.7, 0.8, 0.9])
    print(aligned(header, rows))
    return 0


if __name__ == "__main__":
    run_command(main)
