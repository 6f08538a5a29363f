"""The tables of the report, as Markdown."""

import math
from collections.abc import Callable

import numpy as np

from scoring.hatecheck import PUBLISHED
from scoring.metrics import compute_metrics
from scoring.table import aligned
from study.arms import RECIPE, ROBUST
from study.floors import FLOORS
from study.report.answers import INITS, MAIN, PLAIN, QUESTIONS, percent, spread
from study.report.choice_tables import ChoiceTables
from study.report.goal_tables import GoalTables

VERDICTS = (
    "Verdicts on validation, the first arm against the second. An interval is of one pair; the\n"
    "word comes after Holm's correction over all pairs that were asked about: it is harder to earn."
)


class Tables(ChoiceTables, GoalTables):
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
        for arm in self.present((*MAIN, *RECIPE)):
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
        lines = [self.results_table(), "", VERDICTS, ""]
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
        for arm in self.present((*PLAIN, *ROBUST, *RECIPE, *FLOORS)):
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

    def matched_table(self) -> str:
        """The last step for every arm: on test, scores matched to the prior."""
        keys = ("macro_f1", "accuracy", "loss", "predicted_positive_rate")
        rows = []
        for arm in self.present((*PLAIN, *ROBUST, *FLOORS)):
            found = [[row[key] for row in arm.matched("test")] for key in keys]
            cells = [spread(values, ".3f") for values in found[:3]]
            rows.append([arm.name, *cells, percent(float(np.mean(found[3])))])
        return aligned(["Matched", "macro-F1", "accuracy", "NLL", "predicted hate"], rows)

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

    def hatecheck_table(self) -> str:
        """Scores on HateCheck, means over seeds, above those of published systems."""
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
