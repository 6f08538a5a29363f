"""The report's tables of what was tried and chosen before the arms were compared."""

from scoring.table import aligned
from study.data_report import SPLITS
from study.floors import FLOORS
from study.report.answers import MISSING, spread
from study.report.tables import SHORT, means, table
from study.summary import Arm, Summary

SHIFTS = ("immigrants", "women", "hashtags", "campaigns")  # of training tweets, in the log's order
RATES = {"teacher": "5e-05", "lora": "0.0005", "lora-all-linear": "0.0005"}  # the defaults


def grid_table(summary: Summary) -> str:
    """Validation scores of each temperature, alpha and beta that was tried."""
    rows = []
    for arm in summary.arms.values():
        if arm.name.startswith("grid-"):
            _, temperature, alpha, beta = arm.name.split("-")
            point = [temperature[1:], alpha[5:], beta[4:]]
            macro, loss = arm.mean("validation"), arm.mean("validation", "loss")
            rows.append([*point, f"{macro:.4f}", f"{loss:.4f}"])
    rows.sort(key=lambda row: tuple(map(float, (row[2], row[0], row[1]))))
    return aligned(["temperature", "alpha", "beta", "validation macro-F1", "loss"], rows)


def family(summary: Summary, name: str) -> dict[str, Arm]:
    """An arm at every learning rate that it was trained with."""
    found = {
        arm.name.partition("-lr")[2] or RATES[name]: arm
        for arm in summary.arms.values()
        if arm.name == name or arm.name.startswith(f"{name}-lr")
    }
    return dict(sorted(found.items(), key=lambda item: float(item[0])))


def tuning_table(summary: Summary) -> str:
    """Learning rates of full fine-tuning and of LoRA."""
    rows = {f"{n}, {rate}": arm for n in RATES for rate, arm in family(summary, n).items()}
    rows |= {arm.name: arm for arm in summary.present(("lora-odd", "lora-student"))}
    return table(SHORT, list(rows.values()), list(rows))


def floors_table(summary: Summary) -> str:
    arms = summary.present(tuple(FLOORS))
    return table(SHORT, arms, [FLOORS[arm.name] for arm in arms])


def reference_table(summary: Summary) -> str:
    """The reference recipe as we ran it: the last epoch, beside what was handed to us."""
    columns = {
        "test loss": "loss",
        "accuracy": "accuracy",
        "F1 (hate)": "f1",
        "macro-F1": "macro_f1",
        "predicted hate": "predicted_positive_rate",
    }
    handed = {
        "reference-odd": ("2.7225", "52.32 %", ".63"),
        "reference-even": ("2.2576", "51.14 %", ".63"),
        "lora-lr5e-05": (".8840", "53.77 %", ".63"),
    }
    rows = []
    for arm in summary.present(tuple(handed)):
        last = arm.last_epoch("test")
        cells = [spread([row[key] for row in last]) for key in columns.values()]
        rows.append([arm.name, str(len(arm.seeds)), *cells])
    for name, quoted in handed.items():
        rows.append([f"{name}, as handed to us (BERT-base)", "1", *quoted, "-", "-"])
    return aligned(["Last epoch", "seeds", *columns], rows)


def steps_table(summary: Summary) -> str:
    """The log of the choice of a recipe: loss and macro-F1 on each shift."""
    keys = ("loss", "macro_f1")

    def row(name: str, scores: dict[str, dict[str, float]], chosen: str = "") -> list[str]:
        """An entry's scores on each shift, and their mean where all are there."""
        cells = [" / ".join(means([scores[s]], *keys)) if s in scores else "-" for s in SHIFTS]
        whole = len(scores) == len(SHIFTS)
        mean = " / ".join(means(list(scores.values()), *keys)) if whole else "-"
        return [name, *cells, mean, chosen]

    rows = [
        row(f"{step['step']}: {entry}", scores, "chosen" * (entry == step["chosen"]))
        for step in summary.facts.get("recipe_log", [])
        for entry, scores in step["scores"].items()
        if scores
    ]
    for name, about in FLOORS.items():
        arms = {s: arm for s in SHIFTS for arm in summary.present([f"shift-{s}-{name}"])}
        scores = {
            s: {"loss": arm.decided("test")[0]["loss"], "macro_f1": arm.mean("test")}
            for s, arm in arms.items()
        }
        if scores:
            rows.append(row(about, scores))
    return aligned(["Loss / macro-F1", *SHIFTS, "mean", ""], rows)


def splits_table(summary: Summary) -> str:
    """Sizes, lengths and hashtags of each split."""
    data = summary.aside("data")
    if not data:
        return MISSING
    columns = {
        "texts": ("texts", ",d"),
        data["positive"]: ("positive_rate", ".1%"),
        "tokens, mean": ("tokens_mean", ".1f"),
        "median": ("tokens_p50", ".0f"),
        "95 %": ("tokens_p95", ".0f"),
        "most": ("tokens_max", "d"),
        "with a hashtag": ("with_hashtag", ".1%"),
    }
    rows = [
        [
            name,
            *(format(row[key], form) for key, form in columns.values()),
            f"{data['with_telltale_hashtag'][name]:.1%}",
        ]
        for name, row in data["splits"].items()
    ]
    return aligned(["Split", *columns, "with a telltale one"], rows)


def hashtags_table(summary: Summary, most: str = "12") -> str:
    """The commonest hashtags that nearly give the label away."""
    data = summary.aside("data")
    if not data:
        return MISSING
    rows = [
        [
            row["hashtag"],
            f"{row['training_positive_rate']:.0%}",
            *(f"{row[f'{name}_share']:.2%}" for name in SPLITS),
        ]
        for row in data["hashtags"][: int(most)]
    ]
    shares = [f"share of {name}" for name in SPLITS]
    return aligned(["Hashtag", f"{data['positive']} in training", *shares], rows)


def repeats_table(summary: Summary) -> str:
    """The texts of validation and test that stand in training, too."""
    data = summary.aside("data")
    if not data:
        return MISSING
    columns = {
        "texts": "texts",
        "same label": "same_label",
        f"{data['positive']} in training": "positive_in_training",
        f"{data['positive']} here": "positive_here",
    }
    rows = [
        [name, *(str(row[key]) for key in columns.values())]
        for name, row in data["repeats"].items()
    ]
    return aligned(["Texts that stand in training, too", *columns], rows)


FIELDS = (
    grid_table,
    tuning_table,
    floors_table,
    reference_table,
    steps_table,
    splits_table,
    hashtags_table,
    repeats_table,
)
