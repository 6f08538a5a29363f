"""The README.md of a run, which the Hub reads as its model card."""

import json
from pathlib import Path
from typing import Any

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
    rows = "\n".join(
        f"| {split} | {m['loss']:.4f} | {m['accuracy']:.4f} | {m['f1']:.4f} | "
        f"{m['macro_f1']:.4f} | {m['predicted_positive_rate']:.4f} | {m['n']} |"
        for split, m in scored.items()
    )
    adapted = record["mode"] == "lora" and "merged_from" not in record
    head: dict[str, Any] = {
        "language": "en",
        "pipeline_tag": "text-classification",
        "library_name": "peft" if adapted else "transformers",
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
    trained_on = record["data_name"]
    trained_on += f" (commit {record['data_revision']})" if record.get("data_revision") else ""
    return f"""---
{lines}
---
# {record["mode"]}: layers {", ".join(map(str, record["layers"]))} of {record["model"]}{at}

Classifies a text as {" or ".join(record["label_names"])}; trained on {trained_on} by
`{record["command"]}`.

| split | loss | accuracy | F1 ({record["label_names"][1]}) | macro-F1 | predicted positive | n |
|---|---|---|---|---|---|---|
{rows}
{training_notes(record)}
Scores on texts unlike the training data are much lower. The label is a guess about a sentence,
not a judgement of a person: do not let it decide anything about anyone without a human reader.
"""


def training_notes(record: dict[str, Any]) -> str:
    """What of its training a user of the model should know, a paragraph each."""
    notes = []
    if record.get("class_weights") == "balanced":
        notes.append(f"\nClass weights: {BALANCED}.\nThe temperature does not change that.\n")
    if count := record.get("unlabelled_texts"):
        notes.append(f"\nIt heard its teacher on {count} more texts without labels.\n")
    return "".join(notes)


def evaluation(record: dict[str, Any], split: str, metrics: dict[str, Any]) -> dict[str, Any]:
    """The scores on a split, as a model card's `model-index` lists them."""
    source, _, config = str(record["data"]).partition(":")
    on_hub = bool(record.get("data_revision"))
    kind = {"config": config, "revision": record["data_revision"]} if on_hub and config else {}
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
