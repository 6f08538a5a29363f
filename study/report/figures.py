"""The pictures of the report, as PNG and SVG; readable in black and white."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scoring.calibration import reliability
from scoring.metrics import confusion

if TYPE_CHECKING:  # study.verdicts draws without scipy, which the summary needs
    from study.summary import Summary

mpl.rcParams.update(
    {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.hashsalt": "report",  # the same picture gives the same file
        "savefig.dpi": 110,
    }
)
# Colour and marker say the same: the markers are still there in black and white.
STYLE = {
    "BETTER": ("#1b7837", "^"),
    "WORSE": ("#b2182b", "v"),
    "NOT DISTINGUISHABLE": ("#555555", "o"),
    "": ("#000000", "s"),
}
LINES = ("-", "--", ":", "-.")
INK = "#222222"


def save(figure: Figure, path: Path) -> None:
    """Write path.png and path.svg."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None})):
        figure.savefig(path.with_suffix(suffix), bbox_inches="tight", metadata=metadata)


def panels(count: int, width: float, height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure of `count` axes; sizes in inches are those of one of them."""
    columns = -(-count // rows)
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes[count:]:
        axis.set_axis_off()
    return figure, list(axes[:count])


def learning_curves(summary: "Summary", arms: Sequence[str], path: Path) -> None:
    """Each loss term over the steps of training, and the validation loss: seed 0 of each arm."""
    names = {
        "hard_loss": "labels",
        "soft_loss": "teacher's logits",
        "hidden_loss": "hidden states",
    }
    figure, axes = panels(len(arms), 2.6, 2.3, rows=2 if len(arms) > 3 else 1)
    for axis, arm in zip(axes, arms, strict=True):
        curve = summary.arms[arm].records[0]["curve"]
        steps = [row["step"] for row in curve["training"]]
        for style, (term, label) in zip(LINES, names.items(), strict=False):
            if term in curve["training"][0]:
                values = [row[term] for row in curve["training"]]
                axis.plot(steps, values, style, color=INK, lw=1, label=label)
        ends = [row["step"] for row in curve["validation"]]
        losses = [row["loss"] for row in curve["validation"]]
        axis.plot(ends, losses, "o-", color="#b2182b", ms=4, lw=1, label="validation, labels")
        axis.set(title=arm, xlabel="step", ylim=(0, 1))
    axes[0].set_ylabel("loss")
    fullest = max(axes, key=lambda axis: len(axis.get_lines()))
    handles, labels = fullest.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    save(figure, path)


def forest(summary: "Summary", rows: Sequence[tuple[str, str, str]], path: Path) -> None:
    """Macro-F1 of arms with 95 % intervals over seeds, on validation and test.

    A row is an arm and its verdicts against the teacher on validation and on test.
    """
    figure, axes = panels(2, 3.6, 0.24 * len(rows) + 0.9)
    for axis, split, place in zip(axes, ("validation", "test"), (1, 2), strict=True):
        for y, row in enumerate(rows):
            mean, low, high = summary.arms[row[0]].interval(split)
            colour, marker = STYLE[row[place]]
            error = None if np.isnan(low) else [[mean - low], [high - mean]]
            axis.errorbar(mean, y, xerr=error, fmt=marker, color=colour, ms=5, capsize=2, lw=1.2)
        axis.set(title=split, xlabel="macro-F1", ylim=(len(rows) - 0.5, -0.5))
        axis.grid(axis="x", alpha=0.3)
        axis.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes[1].set_yticklabels([])
    for verdict, (colour, marker) in STYLE.items():
        label = f"{verdict.lower()} than the teacher" if verdict in ("BETTER", "WORSE") else verdict
        label = {"": "the teacher, or not compared"}.get(verdict, label.lower())
        axes[0].plot([], [], marker, color=colour, label=label)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    save(figure, path)


Interval = tuple[float, float]
FARTHEST = 6  # points


def answers(
    questions: dict[str, list[tuple[str, float, Interval, str]]], margin: float, path: Path
) -> None:
    """Each question's differences in points: data set, value, 95 % interval, verdict.

    The band is the margin within which arms count as equal. What lies more than FARTHEST points
    away is an arrow, and its value a number: else one wide interval would make the others dots.
    """
    lines = sum(map(len, questions.values())) + len(questions)
    figure, [axis] = panels(1, 6.5, 0.2 * lines + 0.8)
    axis.axvspan(-100 * margin, 100 * margin, color="#eeeeee", zorder=0)
    axis.axvline(0, color=INK, lw=0.8)
    names: list[str] = []
    for question, rows in questions.items():
        names.append(question)
        for name, value, (low, high), word in rows:
            colour, marker = STYLE.get(word, STYLE["NOT DISTINGUISHABLE"])
            value, low, high, y = 100 * value, 100 * low, 100 * high, len(names)
            error = [[value - low], [high - value]]
            axis.errorbar(value, y, xerr=error, fmt=marker, color=colour, ms=5, capsize=2)
            for end in (low, high):
                if abs(end) > FARTHEST:
                    edge, arrow = (-FARTHEST, "<") if end < 0 else (FARTHEST, ">")
                    axis.plot(edge, y, arrow, color=colour, ms=4, clip_on=False)
            if abs(value) > FARTHEST:
                word = f"{word}, {value:+.1f}"
            place = axis.get_yaxis_transform()  # across in parts of the axis: a column of words
            axis.text(1.01, y, f" {word.lower()}", color=colour, va="center", transform=place)
            names.append(name)
    axis.set(xlabel="points of macro-F1, first minus second", ylim=(len(names) - 0.5, -0.5))
    axis.set_xlim(-FARTHEST, FARTHEST)
    axis.set_yticks(range(len(names)), names)
    axis.grid(axis="x", alpha=0.3)
    save(figure, path)


def confusions(summary: "Summary", arms: Sequence[str], path: Path) -> None:
    """Share of the test texts in each cell, mean over the seeds."""
    figure, axes = panels(len(arms), 1.9, 2.1, rows=2 if len(arms) > 4 else 1)
    for axis, arm in zip(axes, arms, strict=True):
        scores = summary.arms[arm].scores("test")
        counts = [confusion(p, scores.labels, 2) for p in scores.predicted]
        table = np.mean(counts, axis=0) / len(scores.labels)
        axis.imshow(table, cmap="Greys", vmin=0, vmax=0.7)
        for (y, x), share in np.ndenumerate(table):
            ink = "white" if share > 0.35 else "black"
            axis.text(x, y, f"{share:.0%}", ha="center", va="center", color=ink)
        axis.set(title=arm)
        axis.set_xticks([0, 1], ["said not", "said hate"])
        axis.set_yticks([0, 1], ["is not", "is hate"])
        axis.spines[:].set_visible(True)
    save(figure, path)


def reliability_diagrams(summary: "Summary", arms: Sequence[str], path: Path) -> None:
    """Share of hate against the score, before and after the temperature, on both splits."""
    figure, axes = panels(2 * len(arms), 1.9, 1.9, rows=2)
    grid = [axes[: len(arms)], axes[len(arms) :]]
    for line, split in zip(grid, ("validation", "test"), strict=True):
        for axis, name in zip(line, arms, strict=True):
            arm = summary.arms[name]
            scores = arm.scores(split)
            gold = np.tile(scores.labels, len(scores.seeds))
            axis.plot([0, 1], [0, 1], color="#aaaaaa", lw=1)
            for logits, style, label in (
                (scores.logits, "x:", "as trained"),
                (arm.tempered(split), "o-", "temperature fitted"),
            ):
                score, positive, _ = zip(*reliability(logits.reshape(-1, 2), gold), strict=True)
                shown = np.round(score, 4)  # a fit's last digits are the processor's
                axis.plot(shown, positive, style, color=INK, ms=3.5, lw=1, label=label)
            axis.set(xlim=(0, 1), ylim=(0, 1), title=f"{name}, {split}")
            axis.title.set_fontsize(8)
    grid[1][0].set(xlabel="score", ylabel="share of hate")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    save(figure, path)


def cost_and_quality(summary: "Summary", latency: dict[str, Any], path: Path) -> None:
    """Macro-F1 on validation against milliseconds a text; the dot grows with the parameters."""
    figure, [axis] = panels(1, 5, 3)
    for name, row in latency["arms"].items():
        if name not in summary.arms:
            continue
        arm = summary.arms[name]
        size = arm.records[0]["parameters"] / 1e6
        x, y = row["ms_per_text"], arm.mean("validation")
        axis.scatter(x, y, s=4 * size, color="#bbbbbb", edgecolor=INK)
        axis.annotate(f"{name}, {size:.1f} M", (x, y), (6, 4), textcoords="offset points")
    axis.set(xlabel="milliseconds a text, one at a time", ylabel="macro-F1, validation")
    axis.set_xlim(left=0)
    axis.margins(x=0.25, y=0.15)
    save(figure, path)


def similarity_maps(maps: dict[str, list[list[float]]], path: Path) -> None:
    """Linear CKA of every student layer with every teacher layer; 0 are the embeddings."""
    figure, axes = panels(len(maps), 2.0, 2.0, rows=max(1, len(maps) // 3))
    for axis, (name, rows) in zip(axes, maps.items(), strict=True):
        table = np.array(rows)
        axis.imshow(table, cmap="Greys", vmin=0, vmax=1, origin="lower", aspect="auto")
        for (y, x), value in np.ndenumerate(table):
            ink = "white" if value > 0.55 else "black"
            text = f"{value:.2f}".removeprefix("0").replace("1.00", "1")
            axis.text(x, y, text, ha="center", va="center", color=ink, fontsize=6)
        axis.set(title=name, xlabel="teacher layer", ylabel="student layer")
        axis.set_xticks(range(table.shape[1]))
        axis.set_yticks(range(table.shape[0]))
        axis.spines[:].set_visible(True)
    save(figure, path)


def hatecheck_map(scores: dict[str, dict[str, Any]], path: Path) -> None:
    """Accuracy of every functionality and target group, a column for each model."""
    first = next(iter(scores.values()))
    keys = [("functionalities", key) for key in first["functionalities"]]
    keys += [("targets", key) for key in first["targets"]]
    table = np.array(
        [[row[kind][key]["accuracy"] for row in scores.values()] for kind, key in keys]
    )
    figure, [axis] = panels(1, 2.2 + 0.75 * len(scores), 0.2 * len(keys) + 1)
    axis.imshow(table, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    for (y, x), value in np.ndenumerate(table):
        ink = "white" if value > 0.55 else "black"
        axis.text(x, y, f"{value:.0%}", ha="center", va="center", color=ink, fontsize=7)
    axis.set_yticks(range(len(keys)), [key for _, key in keys], fontsize=7)
    axis.set_xticks(range(len(scores)), list(scores), rotation=30, ha="left", fontsize=7)
    axis.xaxis.tick_top()
    axis.axhline(len(first["functionalities"]) - 0.5, color=INK, lw=1)
    save(figure, path)
