"""From a run directory to a classifier: weights, tokenizer and decision, all checked."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from bert_min import (
    BertConfig,
    BertForSequenceClassification,
    BertTokenizer,
    ModelError,
    load_model,
)
from data.names import negative_first
from experiment.adapted import adapter_classes, find_base, folder_of, load_adapted
from experiment.classifier import Classifier, read_decision
from experiment.cli import say
from experiment.rundir import (
    check_links,
    check_manifest,
    is_adapted,
    is_export,
    is_ours,
    is_run,
    no_run,
    read_json,
    read_record,
)
from hub import HubError
from lora import AdapterError


def load_tokenizer(
    folder: Path, max_length: int, model: BertForSequenceClassification
) -> BertTokenizer:
    """Read a tokenizer and check that it fits the model; raises ModelError.

    The positions of the model are the limit; that more tokens are read than its tokenizer's
    model_max_length is said.
    """
    config = model.config
    if max_length > config.max_position_embeddings:
        raise ModelError(
            f"max_length {max_length} exceeds max_position_embeddings "
            f"{config.max_position_embeddings} (hint: a smaller --max-length)"
        )
    tokenizer = BertTokenizer(folder, max_length, say)
    theirs = tokenizer.settings["model_max_length"]
    if theirs and theirs < max_length:
        say(f"{folder}: up to {max_length} tokens are read; its tokenizer asks for {theirs}")
    if read_json(folder / "tokenizer_config.json").get("truncation_side") == "left":
        say(f"{folder}: its tokenizer keeps the end of a long text; here the beginning is read")
    if tokenizer.vocab_size > config.vocab_size:
        raise ModelError(
            f"the tokenizer in {folder} has {tokenizer.vocab_size} entries, "
            f"the model's vocab_size is {config.vocab_size}"
        )
    return tokenizer


@contextmanager
def naming(run: Path) -> Iterator[None]:
    """Name the run in a ModelError, AdapterError or HubError that does not."""
    try:
        yield
    except (ModelError, AdapterError, HubError) as error:
        # A name of one word, such as "a", may stand in any sentence.
        if not (str(error).startswith(str(run)) or (os.sep in str(run) and str(run) in str(error))):
            error.args = (f"{run}: {error}",)
        raise


def trained_length(run: Path, config: BertConfig) -> int:
    """The `--max-length` that a run was trained with.

    Where it does not say: 128, or less where its tokenizer or its positions ask for less. Raises
    ModelError for what is no length.
    """
    length = read_record(run / "train_args.json").get("max_length")
    if length is None:
        limits: list[float] = [128, config.max_position_embeddings]
        asked = read_json(run / "tokenizer_config.json").get("model_max_length")
        if isinstance(asked, int | float) and asked >= 3:
            limits.append(asked)
        return int(min(limits))
    if length < 3:
        raise ModelError(f"{run}/train_args.json: max_length cannot be {length}")
    return int(length)


def load_run_model(
    run: Path, base: str | None = None
) -> tuple[BertForSequenceClassification, Path]:
    """The model of a run directory, an adapter merged into its base, and its tokenizer's folder.

    Takes this project's runs, and what transformers or PEFT saved; `base` says where the base of
    an adapter is. Raises ModelError, AdapterError, HubError.
    """
    if not is_run(run):
        raise no_run(run)
    if is_export(run):
        raise ModelError(f"{run} is for ONNX Runtime (hint: the run that it was exported from)")
    check_links(run)
    check_manifest(run)
    if is_adapted(run):
        model, folder = load_adapted(run, base)
    else:
        model, folder = load_model(run), run
    if not is_ours(run):
        if "decision" in read_json(run / "config.json"):
            say(f"{run}: saved by transformers since its temperature and threshold were fitted")
        put_positive_last(model, run)
    return model, folder


def classes_of(run: Path, base: str | None = None) -> tuple[str, ...]:
    """The classes of a run in the order that it is loaded with, the positive one of two last."""
    names = written_classes(run, base)
    reordered = None if is_ours(run) or len(names) != 2 else negative_first(*names)
    return reordered or names


def ids_of(run: Path, base: str | None = None) -> tuple[str, ...]:
    """The classes of a run in the order of the ids that the data it was trained on gave them.

    Nothing where they gave none, as a column of names does; of a model that is not ours the order
    in its config.
    """
    names, record = written_classes(run, base), read_record(run / "train_args.json")
    by_id = tuple(record.get("label_names_by_id", () if "label_names" in record else names))
    return by_id if set(by_id) == set(names) else ()


def written_classes(run: Path, base: str | None = None) -> tuple[str, ...]:
    """The classes of a run as its files have them."""
    with naming(run):
        if is_adapted(run):
            return adapter_classes(run, folder_of(find_base(run, base)))
        return BertConfig.from_file(run / "config.json").label_names


def put_positive_last(model: BertForSequenceClassification, run: Path) -> None:
    """Of two classes make the positive one the second, as it is in all of this project.

    Where the names do not settle which it is the second is taken, and that is said.
    """
    names = model.config.label_names
    if len(names) != 2:
        return
    order = negative_first(*names)
    if order is None:
        say(f"{run}: {names[1]} is taken for the positive class; {names[0]} could be it, too")
    elif order != names:
        with torch.no_grad():
            for parameter in model.classifier.parameters():
                parameter.copy_(parameter.flip(0))
        model.config = replace(model.config, label_names=order)


def load_classifier(
    run: Path,
    max_length: int | None = None,
    batch_size: int = 64,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    base: str | None = None,
) -> Classifier:
    """Load a run directory; `max_length` defaults to the one that it was trained with.

    `base` is the model that its adapter was trained on, where that is not where it was.
    Raises ModelError, AdapterError or HubError, which name the run.
    """
    with naming(run):
        model, folder = load_run_model(run, base)
        tokenizer = load_tokenizer(folder, max_length or trained_length(run, model.config), model)
        decision = read_decision(run)
        record = read_record(run / "train_args.json")
        if record.get("interrupted"):
            say(f"warning: {run} was interrupted after {record.get('steps')} steps")
        return Classifier(model.to(device), tokenizer, batch_size, dtype, decision=decision)
