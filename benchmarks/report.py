"""Hold measured figures against the targets: writes README.md into a folder of benchmark files."""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiment.cli import UsageError, run_command

Rows = list[dict[str, Any]]
BEST, PLAIN = "transformers at its best", "transformers, as people run it"


@dataclass(frozen=True)
class Target:
    """A ratio of the figure of the row named `ours` to that of the row named `peer`.

    Where no row has that very name, the best of those that begin with it counts. Without a `peer`
    the figure itself counts. Of several models, the one measured first does, or the one named
    `shape`. `at_most`: lower is better, as of times and of memory.
    """

    text: str
    benchmark: str
    figure: str  # a Row's field
    ours: str
    peer: str | None
    floor: float | None = None  # None: shown, not held against anything
    goal: float | None = None
    at_most: bool = False
    shape: str | None = None

    def measured(self, rows: Rows) -> float | None:
        """None where a row is missing."""
        shape = self.shape or rows[0]["shape"]
        first = [row for row in rows if row["shape"] == shape]
        own = self._best(first, self.ours)
        if own is None or self.peer is None:
            return own
        other = self._best(first, self.peer)
        return own / other if other else None

    def _best(self, rows: Rows, start: str) -> float | None:
        named = [row for row in rows if row["name"] == start]
        found = named or [row for row in rows if row["name"].startswith(start)]
        values = [row[self.figure] for row in found if row[self.figure] is not None]
        lower = self.figure in ("ms_p50", "peak_mib")
        return (min if lower else max)(values, default=None)

    def word(self, value: float | None) -> str:
        """goal, floor or missed."""
        if value is None:
            return "not measured"
        if self.floor is None or self.goal is None:
            return "-"
        sign = -1 if self.at_most else 1
        if sign * value >= sign * self.goal:
            return "goal"
        return "floor" if sign * value >= sign * self.floor else "missed"


SPEED = "tokens_per_s"
PEFT = "PEFT at its best"
ORT, INT8 = "ONNX Runtime, fp32", "ONNX Runtime, int8"
INFERENCE, P50 = ("inference", SPEED), ("latency", "ms_p50")
BASE = "bert-base"
PAGE = "ours, fp32, without packed products"
TEACHER = ", live teacher"
MEAN = "ours, mean of 5 epochs with the teacher's pass"
ONE = "ours, one process, one core"
TARGETS = [
    Target(f"training, speed by {BEST}", "training", SPEED, "ours", BEST, 1.2, 1.5),
    Target(f"training, speed by {PLAIN}", "training", SPEED, "ours", PLAIN, 4.5, 6),
    Target(
        "training, share of the bf16 matrix-multiply limit",
        *("training", "share_of_limit", "ours", None, 0.55, 0.70),
    ),
    Target(
        "the same, in the shape of bert-base",
        *("training", "share_of_limit", "ours", None),
        shape=BASE,
    ),
    Target(
        f"training in the shape of bert-base, speed by {BEST}",
        *("training", SPEED, "ours", BEST),
        shape=BASE,
    ),
    Target(
        f"distillation, epochs after the first, speed by {BEST} with a live teacher",
        *("distillation", SPEED, "ours, stored targets", BEST + TEACHER, 1.6, 2),
    ),
    Target(
        "distillation, mean of 5 epochs with the teacher's pass, speed by the same",
        *("distillation", SPEED, MEAN, BEST + TEACHER),
    ),
    Target(f"LoRA, speed by {PEFT}", "lora", SPEED, "ours, LoRA", PEFT, 1.2, 1.5),
    Target(
        "LoRA, time by our full fine-tuning's",
        *("lora", SPEED, "ours, full fine-tuning", "ours, LoRA", 0.8, 0.8, True),
    ),
    Target(f"labelling, our bf16, by {BEST}", "inference", SPEED, "ours, bf16", BEST, 1.2, 1.5),
    Target(f"labelling, our fp32, by {BEST}, fp32", *INFERENCE, "ours, fp32", f"{BEST}, fp32"),
    Target(f"labelling, our bf16, by {ORT}", "inference", SPEED, "ours, bf16", ORT, 1.2, 1.5),
    Target(f"labelling, our fp32, by {ORT}", *INFERENCE, "ours, fp32", ORT),
    Target(f"labelling, our bf16, by {INT8}", *INFERENCE, "ours, bf16", INT8),
    Target(f"one text, our bf16, p50 by {BEST}", *P50, "ours, bf16", BEST, 0.6, 0.4, True),
    Target(f"one text, our bf16, p50 by {ORT}", *P50, "ours, bf16", ORT, 1.5, 1, True),
    Target(f"one text, our fp32, p50 by {ORT}", *P50, "ours, fp32", ORT),
    Target(f"one text, our bf16, p50 by {INT8}", *P50, "ours, bf16", INT8),
    Target(f"one text, as the page reads it, p50 by {BEST}", *P50, PAGE, BEST),
    Target(f"one text, as the page reads it, p50 by {ORT}", *P50, PAGE, ORT),
    Target(
        "training on two processes of one core each, speed by one process",
        *("ranks", SPEED, "ours, two processes, a core each", ONE, 1.7, 1.7),
    ),
    Target(f"training, peak memory by {BEST}", "memory", "peak_mib", "ours", BEST, 1.0, 0.8, True),
]


def targets_table(figures: dict[str, Rows]) -> str:
    """The targets with what was measured; `figures` are the rows of each benchmark."""
    lines = ["| what | measured | floor | goal | reached |", "| :-- | --: | --: | --: | :-- |"]
    for target in TARGETS:
        rows = figures.get(target.benchmark)
        value = target.measured(rows) if rows else None
        most = " at most" if target.at_most else ""
        bounds = ["-" if b is None else f"{b:.2f}{most}" for b in (target.floor, target.goal)]
        shown = "-" if value is None else f"{value:.2f}"
        lines.append(f"| {target.text} | {shown} | {' | '.join(bounds)} | {target.word(value)} |")
    return "\n".join(lines)


def page(benchmarks: list[dict[str, Any]]) -> str:
    """README.md: targets, then each benchmark's page and chart."""
    shape = benchmarks[0]["rows"][0]["shape"]
    figures = {benchmark["benchmark"]: benchmark["rows"] for benchmark in benchmarks}
    parts = [
        "# Performance",
        f"Ratios on {shape}, measured in one run with the peers in turn; the pages below say "
        "where and how, [the notes](NOTES.md) why, and what is missing (a GPU). Compare the rows "
        "of one page: the machine is not as fast at each.",
        targets_table(figures),
    ]
    for name in figures:
        parts += [f"## [{name}]({name}.md)", f"![{name}]({name}.png)"]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of python -m benchmarks")
    folder = parser.parse_args().folder
    files = sorted(folder.glob("*.json"))
    if not files:
        raise UsageError(f"no figures in {folder} (hint: python -m benchmarks --out {folder})")
    benchmarks = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    (folder / "README.md").write_text(page(benchmarks), encoding="utf-8")
    print(targets_table({b["benchmark"]: b["rows"] for b in benchmarks}))
    return 0


if __name__ == "__main__":
    run_command(main)
