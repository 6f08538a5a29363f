"""Hold measured figures against the targets: writes README.md into a folder of benchmark files."""

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

from experiment.errors import UsageError, run_command

Rows = list[dict[str, Any]]
BEST, PLAIN = "transformers at its best", "transformers, as people run it"
ORT, INT8 = "ONNX Runtime, fp32", "ONNX Runtime, int8"
LIVE = f"{BEST}, live teacher"
FIGURES = {"latency": "ms_p50", "memory": "peak_mib"}  # of all other benchmarks: tokens_per_s


class Target(NamedTuple):
    """How the row named `ours` compares with the row named `peer`, and what was asked of it.

    Of speeds and of times it is how many times as fast ours is, of memory its share of the peer's,
    and without a `peer` its share of the limit. Where no row has that very name, the best of those
    that begin with it counts. Of several models, the one measured first does, or the one named
    `shape`. Without `asked` it is shown, and not held against anything.
    """

    what: str
    benchmark: str
    ours: str
    peer: str | None
    at_least: float = 0
    asked: float | None = None
    shape: str | None = None

    def text(self) -> str:
        what = f"{self.what}, in the shape of {self.shape}" if self.shape else self.what
        if self.peer is None:
            return f"{what}: share of the bf16 matrix-multiply limit"
        kind = "share of the peak memory of" if self.benchmark == "memory" else "times as fast as"
        return f"{what}: {kind} {self.peer.replace('ours, ', 'our ')}"

    def measured(self, figures: dict[str, Rows]) -> float | None:
        """None where a row is missing."""
        rows = figures.get(self.benchmark, [])
        shape = self.shape or (rows[0]["shape"] if rows else None)
        figure = FIGURES.get(self.benchmark, "tokens_per_s") if self.peer else "share_of_limit"

        def best(start: str) -> float | None:
            alike = [r for r in rows if r["shape"] == shape and r["name"].startswith(start)]
            found = [row for row in alike if row["name"] == start] or alike
            values = [row[figure] for row in found if row[figure] is not None]
            return (min if figure in FIGURES.values() else max)(values, default=None)

        own, other = best(self.ours), best(self.peer) if self.peer else 1
        if own is None or other is None:
            return None
        return other / own if figure == "ms_p50" else own / other

    def row(self, value: float | None) -> str:
        """A line of the table, with the bound that is reached: asked, at least, or missed."""
        bounds, word = "- | -", "-"
        if self.asked is not None:
            most, sign = (" at most", -1) if self.benchmark == "memory" else ("", 1)
            bounds = f"{self.at_least:.2f}{most} | {self.asked:.2f}{most}"
            word = "at least" if sign * (value or 0) >= sign * self.at_least else "missed"
            word = "asked" if sign * (value or 0) >= sign * self.asked else word
        if value is None:
            return f"| {self.text()} | - | {bounds} | not measured |"
        return f"| {self.text()} | {value:.2f} | {bounds} | {word} |"


DISTILLATION = Target(
    "distillation, mean of 5 epochs with the teacher's pass",
    *("distillation", "ours, mean of 5 epochs with the teacher's pass", LIVE),
)
LORA = Target("LoRA", "lora", "ours, LoRA", "PEFT at its best", 1.2, 1.5)
LABELLING_INT8 = Target("labelling, our int8", "inference", "ours, int8", INT8, 1, 1.2)
INT8_PEERS = (INT8, "CTranslate2, int8", "OpenVINO, int8")
LABELLING = Target("labelling, our bf16", "inference", "ours, bf16", BEST, 1.2, 1.5)
ONE_TEXT = Target("one text, our fp32", "latency", "ours, fp32", ORT)
SHOWN = (DISTILLATION, LORA, LABELLING_INT8, ONE_TEXT)
TARGETS = [
    Target("training", "training", "ours", BEST, 1.2, 1.5),
    Target("training", "training", "ours", PLAIN, 4.5, 6),
    Target("training", "training", "ours", None, 0.55, 0.70),
    Target("training", "training", "ours", None, 0.6, 0.8, "bert-base"),
    Target("training", "training", "ours", BEST, 1.2, 1.6, "bert-base"),
    Target(
        "distillation, epochs after the first",
        *("distillation", "ours, stored targets", LIVE, 1.6, 2),
    ),
    DISTILLATION,
    DISTILLATION._replace(at_least=1.6, asked=2, shape="bert-base"),
    LORA,
    LORA._replace(at_least=1.5, asked=1.8, shape="bert-base"),
    Target("LoRA", "lora", "ours, LoRA", "ours, full fine-tuning", 1.25, 1.25),
    Target("LoRA", "lora", "ours, LoRA", "ours, full fine-tuning", 1.25, 1 / 0.6, "bert-base"),
    LABELLING,
    Target("labelling, our fp32", "inference", "ours, fp32", f"{BEST}, fp32"),
    Target("labelling, our bf16", "inference", "ours, bf16", ORT, 1.2, 1.5),
    Target("labelling, our fp32", "inference", "ours, fp32", ORT),
    Target("labelling, our bf16", "inference", "ours, bf16", INT8),
    *(
        LABELLING_INT8._replace(peer=peer, shape=shape)
        for shape in (None, "bert-base")
        for peer in INT8_PEERS
    ),
    Target("one text, our bf16", "latency", "ours, bf16", BEST, 1 / 0.6, 2.5),
    Target("one text, our bf16", "latency", "ours, bf16", ORT, 1 / 1.5, 1),
    ONE_TEXT,
    Target("one text, our int8", "latency", "ours, int8", INT8),
    Target(
        "training, two processes of one core each",
        *("ranks", "ours, two processes, a core each", "ours, one process, one core", 1.7, 1.75),
    ),
    Target("training", "memory", "ours", BEST, 1.0, 0.8),
    Target("training", "memory", "ours", BEST, 0.7, 0.5, "bert-base"),
]


def targets_table(figures: dict[str, Rows]) -> str:
    """The targets with what was measured; `figures` are the rows of each benchmark."""
    head = ["| what | measured | at least | asked | reached |", "| :-- | --: | --: | --: | :-- |"]
    return "\n".join([*head, *(target.row(target.measured(figures)) for target in TARGETS)])


def readme_lines(figures: dict[str, Rows]) -> str:
    """What a person waits for, as lines for the README."""
    found = {t: t.measured(figures) for t in SHOWN}
    shown = {t: "?" if value is None else f"{value:.2f}" for t, value in found.items()}
    return "\n".join(f"- {t.what}: {n} times as fast as {t.peer}" for t, n in shown.items())


def page(benchmarks: list[dict[str, Any]], figures: dict[str, Rows]) -> str:
    """README.md: targets, then each benchmark's page and chart."""
    shape = benchmarks[0]["rows"][0]["shape"]
    parts = [
        "# Performance",
        f"Ratios on {shape}, each page in one run with the peers in turn; more is faster, and of "
        "one text the median time counts. The pages below say where and how, [the notes](NOTES.md) "
        "why, and what is missing (a GPU). Compare the rows of one page, and mind the spread: the "
        "machine is not the same, nor as quiet, at each.",
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
    figures = {benchmark["benchmark"]: benchmark["rows"] for benchmark in benchmarks}
    (folder / "README.md").write_text(page(benchmarks, figures), encoding="utf-8")
    print(targets_table(figures), readme_lines(figures), sep="\n\n")
    return 0


if __name__ == "__main__":
    run_command(main)
