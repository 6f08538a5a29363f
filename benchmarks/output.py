"""A report as Markdown, JSON and a chart."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Report, Row

COLUMNS = {  # of a row: heading and format
    "name": ("", "{}"),
    "shape": ("model", "{}"),
    "tokens_per_s": ("tokens/s", "{:,.0f}"),
    "ms_p50": ("p50 ms", "{:.2f}"),
    "ms_p99": ("p99 ms", "{:.2f}"),
    "spread": ("spread", "{:.1%}"),
    "peak_mib": ("peak MiB", "{:,.0f}"),
    "ratio_vs_best_peer": ("by best peer", "{:.2f}"),
    "share_of_limit": ("of bf16 limit", "{:.1%}"),
    "difference": ("largest difference of P", "{:.1e}"),
    "other_labels": ("other labels", "{}"),
}
EXTRA = {"share": "{:.1%}", "factor": "{:.2f}"}  # of further tables


def markdown(rows: Sequence[dict[str, Any]], columns: dict[str, tuple[str, str]]) -> str:
    """A table of the columns in which a row has a value."""
    names = [name for name in columns if any(row.get(name) is not None for row in rows)]
    lines = [
        [columns[name][0] for name in names],
        [":--" if isinstance(rows[0].get(name), str) else "--:" for name in names],
    ]
    for row in rows:
        values = [(row.get(name), columns[name][1]) for name in names]
        lines.append(["-" if value is None else form.format(value) for value, form in values])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tables(report: Report) -> str:
    """All tables and notes of a report."""
    parts = [markdown([vars(row) for row in report.rows], COLUMNS)] if report.rows else []
    for title, rows in report.extra.items():
        columns = {name: (name, EXTRA.get(name, "{}")) for name in rows[0]}
        parts += [f"**{title}**", markdown(rows, columns)]
    return "\n\n".join([*parts, *report.notes])


def facts(machine: dict[str, Any], data: str) -> str:
    """One line on where this was measured and on what."""
    versions = ", ".join(f"{name} {v}" for name, v in machine["versions"].items() if v)
    return (
        f"Measured on {machine['processor']}, {machine['cores']} cores, {machine['threads']} "
        f"threads; Python {machine['python']}, {versions}; data {data}."
    )


def as_json(name: str, report: Report, machine: dict, data: str, command: str) -> dict[str, Any]:
    about = {"benchmark": name, "command": command, "data": data, "machine": machine}
    rows = [vars(row) for row in report.rows]
    return {**about, "rows": rows, "notes": report.notes, "extra": report.extra}


def write(folder: Path, report: Report, content: dict[str, Any]) -> None:
    """NAME.json, NAME.md and NAME.png in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    name = content["benchmark"]
    text = json.dumps(content, indent=2) + "\n"
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
    page = f"""# {name}

{tables(report)}

![{name}]({name}.png)

Spread: interquartile range over median, of steps, of parts of the texts, or of single texts.
{facts(content["machine"], content["data"])}
Command: `{content["command"]}`
"""
    (folder / f"{name}.md").write_text(page, encoding="utf-8")
    draw = draw_curves if any(row.curve for row in report.rows) else draw_bars
    draw(report.rows, folder / f"{name}.png")


def draw_bars(rows: Sequence[Row], path: Path) -> None:
    """One panel a model, a bar a row: the first of tokens/s, ms and MiB that the rows have."""
    from matplotlib.figure import Figure

    key = next(k for k in ("tokens_per_s", "ms_p50", "peak_mib") if getattr(rows[0], k) is not None)
    head, form = COLUMNS[key]
    shapes = list(dict.fromkeys(row.shape for row in rows))
    figure = Figure(figsize=(10, 0.8 + 0.4 * len(rows)), layout="constrained")
    ratios = [sum(row.shape == shape for row in rows) for shape in shapes]
    panels = figure.subplots(len(shapes), squeeze=False, height_ratios=ratios)[:, 0]
    for panel, shape in zip(panels, shapes, strict=True):
        shown = [row for row in rows if row.shape == shape][::-1]
        values = [getattr(row, key) for row in shown]
        colours = ["tab:blue" if row.name.startswith("ours") else "tab:gray" for row in shown]
        bars = panel.barh([row.name for row in shown], values, color=colours)
        panel.bar_label(bars, [form.format(value) for value in values], padding=3)
        panel.margins(x=0.2)
        panel.set_xticks([])
        panel.set_title(f"{shape}, {head}")
    figure.savefig(path, dpi=100)


def draw_curves(rows: Sequence[Row], path: Path) -> None:
    """One log-log panel for each thing that grows: seconds a token, or MiB for numbers of texts."""
    from matplotlib.figure import Figure

    things = list(dict.fromkeys(str(row.curve).split(",")[0] for row in rows))
    figure = Figure(figsize=(4 * len(things), 3.5), layout="constrained")
    for panel, thing in zip(figure.subplots(1, len(things), squeeze=False)[0], things, strict=True):
        of_thing = [row for row in rows if str(row.curve).split(",")[0] == thing]
        in_memory = of_thing[0].peak_mib is not None
        for curve in dict.fromkeys(row.curve for row in of_thing):
            points = [row for row in of_thing if row.curve == curve]
            values = [row.peak_mib or 1e6 / (row.tokens_per_s or 0) for row in points]
            panel.loglog([row.size for row in points], values, "o-", label=curve)
        if in_memory:  # what should stay level: from zero, so that a wobble looks like one
            panel.set_yscale("linear")
            panel.set_ylim(0, 1.2 * max(row.peak_mib or 0 for row in of_thing))
        sizes = sorted({int(row.size or 0) for row in of_thing})
        panel.set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=45)
        panel.xaxis.minorticks_off()
        panel.set_xlabel(thing)
        panel.set_ylabel("peak MiB" if in_memory else "µs for a useful token")
        panel.legend()
    figure.savefig(path, dpi=100)
