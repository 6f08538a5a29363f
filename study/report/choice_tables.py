"""The report's tables of what was tried and chosen before the arms were compared."""

import numpy as np

from scoring.table import aligned
from study.data_report import tables as data_tables
from study.floors import FLOORS
from study.report.answers import MISSING, Answers, percent, spread
from study.shifts import SHIFTS
from study.summary import Arm

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


class ChoiceTables(Answers):
    """Learning rates, the grid of the loss, the recipe against shortcuts, floors, the data."""

    def grid_table(self) -> str:
        """Validation scores of each temperature, alpha and beta that was tried."""
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

    def steps_table(self) -> str:
        """The log of the choice of a recipe: loss and macro-F1 on each shift."""

        def cells(scores: dict[str, dict[str, float]]) -> list[str]:
            """A step's scores on each shift, and their mean where all are there."""

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
            if scores
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

    def data_table(self, number: str) -> str:
        figures = self.summary.aside("data")
        return data_tables(figures)[int(number)] if figures else MISSING
