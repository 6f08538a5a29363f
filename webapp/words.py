"""What is told of a model in words: how it was made, and of what it learnt."""

from collections.abc import Iterable

from webapp.models import Model


def in_words(model: Model) -> str:
    """How a model was made: half the layers, 1 3 5."""
    mode, layers = model.record.get("mode"), model.layers.replace(",", "")
    if mode == "teacher":
        return "all layers, fine-tuned"
    if mode == "lora":
        return f"LoRA on layers {layers}"
    if mode in ("odd", "even"):
        return f"half the layers, {layers}"
    return f"layers {layers}"


def about(model: Model) -> str:
    """Of what a model learnt, and whether to the end; empty where its run does not say."""
    record = model.record
    name, sizes = record.get("data_name"), record.get("split_sizes")
    count = sizes.get("train") if isinstance(sizes, dict) else None
    if not isinstance(name, str):
        return ""
    number = f"{count:,} " if type(count) is int else ""
    told = f"learnt from {number}texts of {name}"
    if name == "sample":
        told = f"learnt from {number}sentences made up for this project, in English"
    return told + ("; its training was interrupted" if record.get("interrupted") else "")


def by_data(models: Iterable[Model]) -> dict[str, list[Model]]:
    """Models by what they learnt and were tested on, sentences made up for a demo last."""
    found: dict[str, list[Model]] = {}
    for model in models:
        name = model.record.get("data_name")
        found.setdefault(name if isinstance(name, str) else "data not named", []).append(model)
    return dict(sorted(found.items(), key=lambda item: item[0] == "sample"))
