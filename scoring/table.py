"""The table that `eval.py` prints, as Markdown that also reads well in a terminal."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

HEADER = (
    "Model",
    "layers",
    "training loss",
    "test loss",
    "accuracy",
    "F1",
    "macro-F1",
    "AUROC",
    "predicted positive",
    "parameters",
    "trainable",
    "ms/text",
)


HATECHECK_HEADER = (
    "Model",
    "accuracy",
    "hateful",
    "non-hateful",
    "macro-F1",
    "gap of false positives",
    "gap of false negatives",
)


def table_row(name: str, about: dict[str, Any], metrics: dict[str, Any]) -> list[str]:
    """One model's cells; what is not known of it (`about` lacks it) is a dash."""

    def shown(key: str, form: str) -> str:
        return format(about[key], form) if about.get(key) is not None else "-"

    return [
        name,
        shown("layers", ""),
        shown("train_loss", ".4f"),
        f"{metrics['loss']:.4f}",
        f"{metrics['accuracy']:.4f}",
        f"{metrics['f1']:.4f}",
        f"{metrics['macro_f1']:.4f}",
        f"{metrics['auroc']:.4f}",
        f"{metrics['predicted_positive_rate']:.1%}",
        shown("parameters", ",d"),
        shown("trainable", ",d"),
        shown("ms_per_text", ".2f"),
    ]


def results_table(answer: dict[str, Any]) -> str:
    """What `eval.py` prints, from what `eval.py --json` prints."""
    rows = [table_row(PurePath(row["run"]).name, row, row) for row in answer["runs"]]
    rows += [table_row(name, {}, metrics) for name, metrics in answer["constants"].items()]
    n, share = answer["runs"][0]["n"], answer["positive_rate"]
    foot = f"{answer['data']}, {answer['split']}: {n} texts, {share:.1%} {answer['positive']}"
    return f"{markdown_table(rows, answer['split'])}\n\n{foot}"


def markdown_table(rows: list[list[str]], split: str = "test") -> str:
    """Rows of cells under HEADER."""
    return aligned([cell.replace("test", split) for cell in HEADER], rows)


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that also reads well as it is: first column left, the others right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(
        f"| {' | '.join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])} |"
        for row in [header, rule, *rows]
    )


def short_names(runs: Sequence[str]) -> list[str]:
    """The last parts of paths, or the whole paths where two of them end alike."""
    short = [PurePath(run).name for run in runs]
    return short if len(set(short)) == len(short) else list(runs)


def hatecheck_tables(scores: dict[str, dict[str, Any]]) -> str:
    """What `eval.py --hatecheck` prints: all cases, then each functionality, then each target."""
    names = short_names(list(scores))
    rows = list(scores.values())
    percent = "{:.1%}".format
    overall = [
        [
            name,
            percent(row["accuracy"]),
            percent(row["hateful"]),
            percent(row["non_hateful"]),
            f"{row['macro_f1']:.4f}",
            percent(row["false_positive_rate_gap"]),
            percent(row["false_negative_rate_gap"]),
        ]
        for name, row in zip(names, rows, strict=True)
    ]
    tables = [aligned(HATECHECK_HEADER, overall)]
    for kind, title in (("functionalities", "Functionality"), ("targets", "Target")):
        cells = [
            [key, *(percent(row[kind][key]["accuracy"]) for row in rows), str(first["n"])]
            for key, first in rows[0][kind].items()
        ]
        tables.append(aligned([title, *names, "cases"], cells))
    return "\n\n".join(tables)
