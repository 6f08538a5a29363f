"""The README.md of a run, which the Hub reads as its model card."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scoring.table import class_table

# What class weights do to the scores, for whoever trains and whoever uses the model.
BALANCED = (
    "every class weighed alike in training, so scores are those of classes that are equally "
    "frequent: too high for a rare one"
)


def model_card(record: dict[str, Any], results: dict[str, Any]) -> str:
    """The README.md of a run: what it is, how it scores, how to use it, what it is not for.

    Its head is what the Hub reads: https://huggingface.co/docs/hub/model-cards#model-card-metadata
    """
    scored = {split: results[split] for split in ("validation", "test") if results.get(split)}
    head: dict[str, Any] = {
        "language": "en",
        "pipeline_tag": "text-classification",
        "library_name": library_of(record),
    }
    if not Path(record["base_model"]).is_absolute():
        head["base_model"] = record["base_model"]
    head["model-index"] = [
        {
            "name": Path(record["out"]).name,
            "results": [evaluation(record, *s) for s in scored.items()],
        }
    ]
    # A JSON value is a YAML value.
    lines = "\n".join(f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in head.items())
    at = f" (commit {record['revision']})" if record.get("revision") else ""
    names, trained_on = record["label_names"], record["data_name"]
    trained_on += f" (commit {record['data_revision']})" if record.get("data_revision") else ""
    return f"""---
{lines}
---
# {record["mode"]}: layers {", ".join(map(str, record["layers"]))} of {record["model"]}{at}

Classifies a text as {", ".join(names[:-1])} or {names[-1]}; trained on {trained_on} by
`{record["command"]}`.

{score_tables(names, scored)}
{training_notes(record)}
Scores on texts unlike the training data are much lower. The label is a guess about a sentence,
not a judgement of a person: do not let it decide anything about anyone without a human reader.
"""


def library_of(record: dict[str, Any]) -> str:
    """What other programs load a folder with this record by."""
    if "exported_from" in record:
        return "transformers.js"
    return "peft" if record["mode"] == "lora" and "merged_from" not in record else "transformers"


def score_tables(names: Sequence[str], scored: dict[str, dict[str, Any]]) -> str:
    """A line of scores for each split; of more classes than two, one for each class of a split."""
    columns = {"loss": "loss", "accuracy": "accuracy", "f1": f"F1 ({names[1]})"}
    columns |= {"macro_f1": "macro-F1", "predicted_positive_rate": "predicted positive"}
    if len(names) > 2:
        columns = {key: key for key in ("loss", "accuracy")}
        columns |= {"macro_f1": "macro-F1", "weighted_f1": "weighted F1"}
    lines = [
        ["split", *columns.values(), "n"],
        *([s, *(f"{m[key]:.4f}" for key in columns), str(m["n"])] for s, m in scored.items()),
    ]
    tables = [lines] + [class_table(names, m, s) for s, m in scored.items() if len(names) > 2]
    return "\n\n".join(map(markdown, tables))


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """A table of a header and more lines."""
    header, *rows = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([header, f"|{'---|' * len(lines[0])}", *rows])


def training_notes(record: dict[str, Any]) -> str:
    """What of its training a user of the model should know, a paragraph each."""
    notes = []
    if record.get("interrupted"):
        notes.append(f"\nIts training was interrupted after {record.get('steps')} steps.\n")
    if record.get("class_weights") == "balanced":
        notes.append(f"\nClass weights: {BALANCED}.\nThe temperature does not change that.\n")
    if count := record.get("unlabelled_texts"):
        notes.append(f"\nIt heard its teacher on {count} more texts without labels.\n")
    return "".join(notes)


def evaluation(record: dict[str, Any], split: str, metrics: dict[str, Any]) -> dict[str, Any]:
    """The scores on a split, as a model card's `model-index` lists them."""
    source, _, config = str(record["data"]).partition(":")
    on_hub = bool(record.get("data_revision"))
    kind = {"revision": record["data_revision"]} if on_hub else {}
    kind |= {"config": config} if on_hub and config else {}
    names = {"accuracy": "accuracy", "macro_f1": "macro F1", "loss": "cross-entropy"}
    return {
        "task": {"type": "text-classification"},
        "dataset": {
            "type": source if on_hub else record["data_name"],
            "name": record["data_name"],
            "split": split,
            **kind,
        },
        "metrics": [
            {"type": key.removeprefix("macro_"), "name": name, "value": round(metrics[key], 4)}
            for key, name in names.items()
        ],
    }
