"""The table that `eval.py` prints, as Markdown that also reads well in a terminal."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

COLUMNS = (  # of a model: title, key, form
    ("layers", "layers", ""),
    ("training loss", "train_loss", ".4f"),
    ("test loss", "loss", ".4f"),
    ("accuracy", "accuracy", ".4f"),
    ("F1", "f1", ".4f"),
    ("macro-F1", "macro_f1", ".4f"),
    ("weighted F1", "weighted_f1", ".4f"),
    ("AUROC", "auroc", ".4f"),
    ("predicted positive", "predicted_positive_rate", ".1%"),
    ("parameters", "parameters", ",d"),
    ("trainable", "trainable", ",d"),
    ("ms/text", "ms_per_text", ".2f"),
)
# Said of two classes, or of more: a column where there is such a row.
OF_SOME = ("f1", "weighted_f1", "predicted_positive_rate")
OF_A_CLASS = (
    ("precision", "precision", ".4f"),
    ("recall", "recall", ".4f"),
    ("F1", "f1", ".4f"),
    ("AUROC", "auroc", ".4f"),
    ("texts", "n", ",d"),
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


def shown(row: dict[str, Any], key: str, form: str) -> str:
    """A cell; what is not known is a dash."""
    return format(row[key], form) if row.get(key) is not None else "-"


def score_table(rows: Sequence[tuple[str, dict[str, Any]]]) -> list[list[str]]:
    """A header, and a line of cells for each name and what is known of it."""
    columns = [c for c in COLUMNS if c[1] not in OF_SOME or any(c[1] in row for _, row in rows)]
    header = ["Model", *(title for title, _, _ in columns)]
    return [header, *([name, *(shown(row, *c[1:]) for c in columns)] for name, row in rows)]


def class_table(names: Sequence[str], metrics: dict[str, Any], title: str) -> list[list[str]]:
    """A header, and a line of cells for each true class: its scores, and what its texts got."""
    header = [title, *(head for head, _, _ in OF_A_CLASS), *(f"called {name}" for name in names)]
    lines = [
        [name, *(shown(row, *column[1:]) for column in OF_A_CLASS), *map("{:,}".format, counts)]
        for name, row, counts in zip(names, metrics["classes"], metrics["confusion"], strict=True)
    ]
    return [header, *lines]


def results_table(answer: dict[str, Any]) -> str:
    """What `eval.py` prints, from what `eval.py --json` prints."""
    names = short_names([row["run"] for row in answer["runs"]])
    runs = list(zip(names, answer["runs"], strict=True))
    header, *lines = score_table([*runs, *answer["constants"].items()])
    header = [cell.replace("test", answer["split"]) for cell in header]
    names = answer.get("label_names") or [answer["positive"]]
    rates = answer.get("label_rates") or [answer["positive_rate"]]
    parts = ", ".join(f"{rate:.1%} {name}" for rate, name in zip(rates, names, strict=True))
    foot = f"{answer['data']}, {answer['split']}: {answer['runs'][0]['n']} texts, {parts}"
    foot = "\n".join([foot, *(cut_note(name, row) for name, row in runs if row["cut"])])
    tables = [class_table(names, row, f"{name}: class") for name, row in runs if "classes" in row]
    return "\n\n".join([aligned(header, lines), foot, *(aligned(t[0], t[1:]) for t in tables)])


def cut_note(name: str, row: dict[str, Any]) -> str:
    """What a table of scores does not tell of texts that are longer than the model reads."""
    texts = "1 text goes" if row["cut"] == 1 else f"{row['cut']:,} texts go"
    length = row["max_length"]
    return f"{name}: {texts} on after {length} tokens, the part scored; predict.py reads on"


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
