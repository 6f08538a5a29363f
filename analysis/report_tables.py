"""The tables of the report, as Markdown."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from analysis.answers import (
    INITS,
    MAIN,
    MISSING,
    PLAIN,
    QUESTIONS,
    ROBUST,
    Answers,
    percent,
    spread,
)
from analysis.data_report import tables as data_tables
from analysis.floors import FLOORS
from analysis.hatecheck import PUBLISHED
from analysis.metrics import compute_metrics
from analysis.shifts import SHIFTS
from analysis.summary import Arm
from analysis.table import aligned

SHORT_HEADER = (
    "Model",
    "seeds",
    "validation macro-F1",
    "validation loss",
    "test macro-F1",
    "test loss",
    "predicted hate",
    "trainable",
)


class Tables(Answers):
    """A table for each field of the template whose name ends in `_table`."""

    def fields(self) -> dict[str, Callable[..., str]]:
        tables = {name: getattr(self, name) for name in dir(self) if name.endswith("_table")}
        return super().fields() | tables

    def results_table(self) -> str:
        """Every main arm on validation and on test."""
        header = (
            "Model",
            "seeds",
            "validation macro-F1",
            "validation loss",
            "test macro-F1",
            "test loss",
            "test accuracy",
            "test F1 (hate)",
            "test AUROC",
            "predicted hate",
            "parameters",
            "trainable",
        )
        rows = []
        for arm in self.present((*MAIN, *ROBUST)):
            record = arm.records[0]
            rows.append(
                [
                    arm.name,
                    str(len(arm.seeds)),
                    spread(arm.values("validation", "macro_f1"), ".3f"),
                    f"{arm.mean('validation', 'loss'):.3f}",
                    spread(arm.values("test", "macro_f1"), ".3f"),
                    f"{arm.mean('test', 'loss'):.3f}",
                    f"{arm.mean('test', 'accuracy'):.3f}",
                    f"{arm.mean('test', 'f1'):.3f}",
                    f"{arm.mean('test', 'auroc'):.3f}",
                    percent(arm.mean("test", "predicted_positive_rate")),
                    f"{record['parameters']:,}",
                    f"{record['trainable']:,}",
                ]
            )
        return aligned(header, rows + self._constant_rows(len(header)))

    def _constant_rows(self, width: int) -> list[list[str]]:
        found = {split: self.constants(split) for split in ("validation", "test")}
        return [
            [
                name,
                "-",
                f"{found['validation'][name]['macro_f1']:.3f}",
                f"{found['validation'][name]['loss']:.3f}",
                f"{row['macro_f1']:.3f}",
                f"{row['loss']:.3f}",
                f"{row['accuracy']:.3f}",
                f"{row['f1']:.3f}",
                f"{row['auroc']:.3f}",
                percent(row["predicted_positive_rate"]),
                *["-"] * (width - 10),
            ]
            for name, row in found["test"].items()
        ]

    def readme(self) -> str:
        """The results table, and a line of verdicts."""
        lines = [self.results_table(), "", "Verdicts on validation (first arm against second):", ""]
        for first, second in (
            ("odd-kd-hidden", "even-kd-hidden"),
            ("odd-kd-hidden", "odd-ce"),
            ("even-kd-hidden", "even-ce"),
            ("lora", "teacher"),
            ("lora", "odd-kd-hidden"),
        ):
            if self.pair(first, second, "validation"):
                word = self.verdict(first, second, "validation")
                lines.append(
                    f"- `{first}` against `{second}`: **{word}**, "
                    f"{self.gap(first, second, 'validation')}"
                )
        return "\n".join(lines)

    def verdicts_table(self, split: str) -> str:
        """All questions on one split."""
        header = (
            "First against second",
            "seeds",
            "macro-F1, points",
            "95 %",
            "p, Holm",
            "McNemar p",
            "detectable",
            "verdict on the first",
        )
        rows = []
        for pairs in QUESTIONS.values():
            for first, second in pairs:
                found = self.pair(first, second, split)
                if found:
                    c, p, word = found
                    d = c.difference
                    rows.append(
                        [
                            f"{first} : {second}",
                            str(c.seeds),
                            f"{100 * d.estimate:+.1f}",
                            f"{100 * d.low:+.1f} to {100 * d.high:+.1f}",
                            "-" if math.isnan(p) else f"{p:.3f}",
                            f"{c.mcnemar_p:.3f}",
                            f"{100 * d.detectable:.1f}",
                            word,
                        ]
                    )
        return aligned(header, rows)

    def pairs_table(self, split: str) -> str:
        """Difference in points of every pair of main arms, row minus column; * where Holm says."""
        arms = [arm.name for arm in self.present(MAIN)]
        pairs = [(a, b) for i, a in enumerate(arms) for b in arms[i + 1 :]]
        rows = self.summary.compare_all(pairs, split)
        cells = {}
        for c, _, word in rows:
            star = "*" if word in ("BETTER", "WORSE") else ""
            cells[c.first, c.second] = f"{100 * c.difference.estimate:+.1f}{star}"
            cells[c.second, c.first] = f"{-100 * c.difference.estimate:+.1f}{star}"
        return aligned(["", *arms], [[a, *(cells.get((a, b), "") for b in arms)] for a in arms])

    def inits_table(self, split: str) -> str:
        """Macro-F1 of each initialisation with each objective."""
        objectives = ("ce", "kd", "kd-hidden")
        arms = self.summary.arms
        rows = []
        for init in INITS:
            names = [f"{init}-{objective}" for objective in objectives]
            cells = [
                f"{spread(arms[n].values(split, 'macro_f1'), '.3f')} ({len(arms[n].seeds)})"
                if n in arms
                else "-"
                for n in names
            ]
            rows.append([init, *cells])
        return aligned(["Layers", *(f"{o} (seeds)" for o in objectives)], rows)

    def grid_table(self) -> str:
        rows = []
        for name, arm in self.summary.arms.items():
            if name.startswith("grid-"):
                _, temperature, alpha, beta = name.split("-")
                rows.append(
                    [
                        temperature[1:],
                        alpha[5:],
                        beta[4:],
                        f"{arm.mean('validation'):.4f}",
                        f"{arm.mean('validation', 'loss'):.4f}",
                    ]
                )
        rows.sort(key=lambda row: tuple(map(float, (row[2], row[0], row[1]))))
        return aligned(["temperature", "alpha", "beta", "validation macro-F1", "loss"], rows)

    def tuning_table(self) -> str:
        """Learning rates of full fine-tuning and of LoRA."""
        default = {"teacher": "5e-05", "lora": "0.0005", "lora-all-linear": "0.0005"}
        rows = []
        for family, rate in default.items():
            found = [
                arm
                for name, arm in self.summary.arms.items()
                if name == family or name.startswith(f"{family}-lr")
            ]
            found.sort(key=lambda arm: float(arm.name.partition("-lr")[2] or rate))
            rows += [
                self._arm_row(arm, f"{family}, {arm.name.partition('-lr')[2] or rate}")
                for arm in found
            ]
        rows += [self._arm_row(arm) for arm in self.present(("lora-odd", "lora-student"))]
        return aligned(SHORT_HEADER, rows)

    def _arm_row(self, arm: Arm, name: str | None = None) -> list[str]:
        trainable = arm.records[0].get("trainable")
        return [
            name or arm.name,
            str(len(arm.seeds)),
            spread(arm.values("validation", "macro_f1"), ".3f"),
            f"{arm.mean('validation', 'loss'):.3f}",
            spread(arm.values("test", "macro_f1"), ".3f"),
            f"{arm.mean('test', 'loss'):.3f}",
            percent(arm.mean("test", "predicted_positive_rate")),
            f"{trainable:,}" if trainable else "-",
        ]

    def floors_table(self) -> str:
        rows = [self._arm_row(arm, FLOORS[arm.name]) for arm in self.present(tuple(FLOORS))]
        return aligned(SHORT_HEADER, rows)

    def reference_table(self) -> str:
        """The reference recipe as we ran it: the last epoch, beside what was handed to us."""
        handed = {
            "reference-odd": ("2.7225", "52.32 %", ".63"),
            "reference-even": ("2.2576", "51.14 %", ".63"),
            "lora-lr5e-05": (".8840", "53.77 %", ".63"),
        }
        rows = []
        for arm in self.present(tuple(handed)):
            cells = [
                spread(arm.last_epoch("test", m), ".3f")
                for m in ("loss", "accuracy", "f1", "macro_f1", "predicted_positive_rate")
            ]
            rows.append([arm.name, str(len(arm.seeds)), *cells])
        for name, quoted in handed.items():
            rows.append([f"{name}, as handed to us (BERT-base)", "1", *quoted, "-", "-"])
        return aligned(
            [
                "Last epoch",
                "seeds",
                "test loss",
                "accuracy",
                "F1 (hate)",
                "macro-F1",
                "predicted hate",
            ],
            rows,
        )

    def calibration_table(self) -> str:
        """As trained, and with the temperature and threshold fitted on validation."""
        header = (
            "Model",
            "temperature",
            "threshold",
            "split",
            "NLL",
            "Brier",
            "ECE",
            "macro-F1",
            "NLL, fitted",
            "Brier, fitted",
            "ECE, fitted",
            "macro-F1, fitted",
        )
        rows = []
        for arm in self.present((*MAIN, *ROBUST)):
            for split in ("validation", "test"):
                fitted = arm.decided(split)
                rows.append(
                    [
                        arm.name,
                        f"{np.mean([t for t, _ in arm.decisions]):.2f}",
                        f"{np.mean([t for _, t in arm.decisions]):.2f}",
                        split,
                        *(
                            f"{arm.mean(split, m):.3f}"
                            for m in ("loss", "brier", "ece", "macro_f1")
                        ),
                        *(
                            f"{np.mean([row[m] for row in fitted]):.3f}"
                            for m in ("loss", "brier", "ece", "macro_f1")
                        ),
                    ]
                )
        return aligned(header, rows)

    def steps_table(self) -> str:
        """The log of the choice of a recipe: loss and macro-F1 on each shift."""

        def cells(scores: dict[str, dict[str, float]]) -> list[str]:
            def pair(loss: float, macro: float) -> str:
                return f"{loss:.3f} / {macro:.3f}"

            means = [
                float(np.mean([cell[m] for cell in scores.values()])) for m in ("loss", "macro_f1")
            ]
            shown = [pair(*scores[s].values()) if s in scores else "-" for s in SHIFTS]
            return [*shown, pair(*means) if len(scores) == len(SHIFTS) else "-"]

        rows = [
            [f"{step['step']}: {entry}", *cells(scores), "chosen" * (entry == step["chosen"])]
            for step in self.summary.facts.get("recipe_log", [])
            for entry, scores in step["scores"].items()
        ]
        arms = self.summary.arms
        for name, about in FLOORS.items():
            scores = {
                s: {
                    "loss": arms[f"shift-{s}-{name}"].decided("test")[0]["loss"],
                    "macro_f1": arms[f"shift-{s}-{name}"].mean("test"),
                }
                for s in SHIFTS
                if f"shift-{s}-{name}" in arms
            }
            if scores:
                rows.append([about, *cells(scores), ""])
        return aligned(["Loss / macro-F1", *SHIFTS, "mean", ""], rows)

    def robust_table(self) -> str:
        """On test: seeds alone, and the ensemble of their calibrated probabilities."""
        header = (
            "Model",
            "macro-F1",
            "accuracy",
            "NLL",
            "NLL, fitted",
            "AUROC",
            "predicted hate",
            "macro-F1, ensemble",
            "NLL, ensemble",
            "macro-F1, no repeats",
        )
        rows = []
        drop = self.summary.facts.get("test_repeats_training", [])
        for arm in self.present((*PLAIN, *ROBUST, *FLOORS)):
            scores = arm.scores("test")
            together = compute_metrics(arm.ensemble("test"), scores.labels)
            kept = np.setdiff1d(np.arange(len(scores.labels)), drop)
            without = [
                compute_metrics(row[kept], scores.labels[kept])["macro_f1"] for row in scores.logits
            ]
            rows.append(
                [
                    arm.name,
                    spread(arm.values("test", "macro_f1"), ".3f"),
                    f"{arm.mean('test', 'accuracy'):.3f}",
                    f"{arm.mean('test', 'loss'):.3f}",
                    f"{np.mean([row['loss'] for row in arm.decided('test')]):.3f}",
                    f"{arm.mean('test', 'auroc'):.3f}",
                    percent(arm.mean("test", "predicted_positive_rate")),
                    f"{together['macro_f1']:.3f}" if len(arm.seeds) > 1 else "-",
                    f"{together['loss']:.3f}" if len(arm.seeds) > 1 else "-",
                    f"{np.mean(without):.3f}",
                ]
            )
        return aligned(header, rows)

    def epochs_table(self) -> str:
        """Early stopping on the validation loss against the last epoch."""
        rows = [
            [
                arm.name,
                f"{np.mean([r['best_epoch'] for r in arm.records]):.1f}",
                *(
                    f"{arm.mean(s, m):.3f}"
                    for s in ("validation", "test")
                    for m in ("loss", "macro_f1")
                ),
                *(
                    f"{np.mean(arm.last_epoch(s, m)):.3f}"
                    for s in ("validation", "test")
                    for m in ("loss", "macro_f1")
                ),
            ]
            for arm in self.present(MAIN)
        ]
        columns = [f"{s} {m}" for s in ("validation", "test") for m in ("loss", "macro-F1")]
        return aligned(["Model", "best epoch", *columns, *(f"last: {c}" for c in columns)], rows)

    def data_table(self, number: str) -> str:
        figures = self.summary.aside("data")
        return data_tables(figures)[int(number)] if figures else MISSING

    def hatecheck_table(self) -> str:
        keys = (
            "accuracy",
            "hateful",
            "non_hateful",
            "macro_f1",
            "false_positive_rate_gap",
            "false_negative_rate_gap",
        )
        rows = [
            [name, *(spread([100 * r[k] for r in found], ".1f") for k in keys)]
            for name, found in self.hatecheck().items()
        ]
        rows += [
            [name, *(f"{v:.1f}" for v in values), "-", "-"] for name, values in PUBLISHED.items()
        ]
        return aligned(
            [
                "Percent",
                "accuracy",
                "hateful",
                "non-hateful",
                "macro-F1",
                "gap of false positives",
                "gap of false negatives",
            ],
            rows,
        )

    def targets_table(self) -> str:
        """What was asked for, what was measured, and whether it was reached."""
        arms = self.summary.arms
        rows: list[list[str]] = []

        def add(
            what: str,
            asked: str,
            values: Sequence[float],
            form: str,
            reached: Callable[[float], str],
        ) -> None:
            mean = float(np.mean(values))
            rows.append([what, asked, spread(values, form), reached(mean)])

        def level(floor: float, goal: float) -> Callable[[float], str]:
            return lambda x: "goal" if x > goal else "floor" if x >= floor else "MISSED"

        def yes(test: Callable[[float], bool]) -> Callable[[float], str]:
            return lambda x: "reached" if test(x) else "MISSED"

        for arm in self.present(ROBUST):
            t = arm.values
            add(
                f"{arm.name}: test macro-F1",
                "0.60, goal > 0.651",
                t("test", "macro_f1"),
                ".3f",
                level(0.60, 0.651),
            )
            add(
                f"{arm.name}: test accuracy",
                "> 0.5785",
                t("test", "accuracy"),
                ".3f",
                yes(lambda x: x > 0.5785),
            )
            add(
                f"{arm.name}: test NLL, temperature fitted on validation",
                "< 0.681",
                [row["loss"] for row in arm.decided("test")],
                ".3f",
                yes(lambda x: x < 0.681),
            )
            add(
                f"{arm.name}: predicted hate on test",
                "0.40 to 0.60",
                t("test", "predicted_positive_rate"),
                ".3f",
                yes(lambda x: 0.4 <= x <= 0.6),
            )
        for name in ("odd-kd", "odd-kd-hidden", "even-kd", "even-kd-hidden"):
            if name in arms and "teacher" in arms:
                add(
                    f"{name}: share of the teacher's validation macro-F1",
                    "0.983, goal 0.995",
                    list(self.ratios(name).values()),
                    ".4f",
                    level(0.983, 0.995),
                )
        for init in ("odd", "even"):
            names = [f"{init}-ce", f"{init}-kd-hidden"]
            if set(names) <= set(arms):
                plain, taught = (self.ratios(name) for name in names)
                gains = [taught[seed] - plain[seed] for seed in plain if seed in taught]
                add(
                    f"{init}: gain of kd-hidden over ce, share of the teacher's",
                    "> 0.01",
                    gains,
                    ".4f",
                    yes(lambda x: x > 0.01),
                )
        full = self.best("teacher")
        for family, margin in (("lora", 0.01), ("lora-all-linear", 0.0)):
            best = self.best(family)
            if best and full:
                rows.append(
                    [
                        f"{best.name}: validation macro-F1 minus full fine-tuning's ({full.name})",
                        f">= {-margin:.2f}" if margin else ">= 0",
                        f"{best.mean('validation') - full.mean('validation'):+.4f}",
                        "reached"
                        if best.mean("validation") - full.mean("validation") >= -margin
                        else "MISSED",
                    ]
                )
        return aligned(["Target", "asked", "measured", ""], rows)
