"""What a large job costs, from measured speeds: hours on N machines, and what each setting does."""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.output import markdown
from experiment.cli import UsageError, number, run_command

NEEDED = ("inference", "training", "ranks", "scaling")
MACHINES = (1, 10, 100, 1000)
BATCH = 64  # texts, of the measured recipe
LABELLING = ("ours, fp32", "ours, bf16")
EXAMPLES = """examples:
  python -m benchmarks.cost docs/performance
  python -m benchmarks.cost docs/performance --texts 5e6 --tokens 120
"""

Rows = list[dict[str, Any]]


def speeds(rows: Rows, names: tuple[str, ...]) -> dict[str, float]:
    """Tokens a second of each (model, row) whose row has one of these names."""
    return {f"{r['shape']}, {r['name']}": r["tokens_per_s"] for r in rows if r["name"] in names}


def hours_table(work: dict[str, float], texts: float, tokens: float) -> str:
    """Hours for each kind of work on N machines that do not wait for each other."""
    rows = []
    for name, speed in work.items():
        hours = texts * tokens / speed / 3600
        shares = {f"N = {n:,}": hours / n for n in MACHINES}
        cells = {machines: f"{h:,.{int(h < 9.5)}f} h" for machines, h in shares.items()}
        rows.append({"work": name, **cells})
    return markdown(rows, {name: name for name in rows[0]})


def sharing_table(batch_rows: Rows) -> str:
    """How much of its speed a process keeps when it gets 64 / N texts of each batch.

    The network's time comes on top.
    """
    speed = {int(row["size"]): row["tokens_per_s"] for row in batch_rows}
    rows = []
    for processes in (1, 2, 4, 8, 16, 32, 64):
        own = BATCH // processes
        if own in speed and BATCH in speed:
            kept = speed[own] / speed[BATCH]
            rows.append({"processes": processes, "texts each": own, "speed kept": f"{kept:.0%}"})
    return markdown(rows, {name: name for name in rows[0]})


def doubling_table(exponents: Rows) -> str:
    """What twice as much of a setting costs for a token: 2^exponent."""
    rows = [
        {"twice the": row["curve"], "seconds a token": f"x {2 ** row['exponent']:.2f}"}
        for row in exponents
    ]
    return markdown(rows, {name: name for name in rows[0]})


def pages(figures: dict[str, dict[str, Any]], texts: float, tokens: float) -> str:
    """All tables, each under a line that says what it is."""
    rows = {name: figures[name]["rows"] for name in NEEDED}
    one, two = (
        next(r["tokens_per_s"] for r in rows["ranks"] if r["name"] == name)
        for name in ("ours, one process, one core", "ours, two processes, a core each")
    )
    batches = [r for r in rows["scaling"] if str(r["curve"]).startswith("batch, training")]
    return "\n\n".join(
        [
            f"Labelling {texts:,.0f} texts of {tokens:.0f} tokens, hours on N such machines:",
            hours_table(speeds(rows["inference"], LABELLING), texts, tokens),
            f"An epoch of full fine-tuning on them, if N machines lose nothing (two processes on "
            f"one machine keep {two / one / 2:.0%}):",
            hours_table(speeds(rows["training"], ("ours",)), texts, tokens),
            f"A batch of {BATCH} shared out among processes, before the network's time:",
            sharing_table(batches),
            "Twice as much of one setting, the others as they are:",
            doubling_table(figures["scaling"]["extra"]["exponents of seconds a token"]),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cost",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of python -m benchmarks")
    parser.add_argument(
        "--texts", type=number(float, 1), default=1e9, metavar="N", help="default: a billion"
    )
    parser.add_argument(
        "--tokens", type=number(float, 1), default=40, metavar="N", help="of a text (default: 40)"
    )
    args = parser.parse_args()
    missing = [name for name in NEEDED if not (args.folder / f"{name}.json").is_file()]
    if missing:
        hint = f"(hint: python -m benchmarks {' '.join(missing)} --out {args.folder})"
        raise UsageError(f"no {missing[0]}.json in {args.folder} {hint}")
    figures = {
        name: json.loads((args.folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in NEEDED
    }
    print(pages(figures, args.texts, args.tokens))
    return 0


if __name__ == "__main__":
    run_command(main)
