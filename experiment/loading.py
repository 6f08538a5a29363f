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
    resolve_model,
)
from data.names import negative_first
from experiment.classifier import Classifier, read_decision
from experiment.cli import say
from experiment.rundir import (
    check_links,
    check_manifest,
    is_run,
    read_json,
    read_record,
    weights_sha256,
)
from hub import HubError
from lora import AdapterError, head_rows, load_adapter, merge_lora, read_adapter_config


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

    Where it does not say: 128, or less where its tokenizer or its positions ask for less.
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


def load_run_model(run: Path) -> tuple[BertForSequenceClassification, Path]:
    """The model of a run directory, an adapter merged into its base, and its tokenizer's folder.

    Takes this project's runs, and what transformers or PEFT saved. Raises ModelError, AdapterError.
    """
    if not is_run(run):
        raise ModelError(
            f"no trained model in {run} (hint: python train.py --mode teacher makes one)"
        )
    check_links(run)
    check_manifest(run)
    if (run / "adapter_config.json").is_file():
        model, folder = load_adapted(run)
    else:
        model, folder = load_model(run), run
    if not is_ours(run):
        put_positive_last(model, run)
    return model, folder


def load_adapted(run: Path) -> tuple[BertForSequenceClassification, Path]:
    """The base of an adapter with the adapter merged into it, and the folder of its tokenizer."""
    base = find_base(run)
    folder = base.parent if base.is_file() else base
    model = load_model(base, adapter_classes(run, folder))
    load_adapter(model, run)
    trained = {name for name, own in model.named_parameters() if own.requires_grad}
    if lost := [name for name in model.drawn if name not in trained]:
        raise ModelError(f"neither {run} nor its base {base} has a {lost[0]} for its classes")
    merge_lora(model)
    own_tokenizer = any((run / name).is_file() for name in ("tokenizer.json", "vocab.txt"))
    return model, run if own_tokenizer else folder


def adapter_classes(run: Path, base: Path) -> tuple[str, ...]:
    """The classes of an adapter on a model in the folder `base`, in the order of its head."""
    named = run if (run / "config.json").is_file() else base  # PEFT saves no config.json
    config = BertConfig.from_file(named / "config.json")
    config.check_head()
    names, rows = config.label_names, head_rows(run)
    if rows and rows != len(names) and named == base:  # the base's names are not the adapter's
        names = tuple(f"LABEL_{index}" for index in range(rows))
    return names


def classes_of(run: Path) -> tuple[str, ...]:
    """The classes of a run in the order that it is loaded with, the positive one of two last."""
    with naming(run):
        if (run / "adapter_config.json").is_file():
            base = find_base(run)
            names = adapter_classes(run, base.parent if base.is_file() else base)
        else:
            names = BertConfig.from_file(run / "config.json").label_names
    reordered = None if is_ours(run) or len(names) != 2 else negative_first(*names)
    return reordered or names


def is_ours(run: Path) -> bool:
    """Whether this project trained a run: its second class of two is then the positive one."""
    record, config = (read_json(run / f"{name}.json") for name in ("train_args", "config"))
    return "label_names" in record or "decision" in config


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
        # An adapter on the head itself is merged into the linear layer within.
        head = getattr(model.classifier, "base", model.classifier)
        with torch.no_grad():
            for parameter in (head.weight, head.bias):
                parameter.copy_(parameter.flip(0))
        model.config = replace(model.config, label_names=order)


def find_base(run: Path) -> Path:
    """The weights that a run's adapter was trained on; raises ModelError where they changed."""
    own = run / "base"  # half-depth bases are not published anywhere, so the run carries its own
    if own.is_dir():
        return own
    config = read_adapter_config(run)
    source = config.get("base_model_name_or_path")
    if not source:
        raise ModelError(f"{run}/adapter_config.json does not name its base model")
    base = resolve_model(source, config.get("revision"))
    trained_on = read_json(run / "train_args.json").get("model_sha256")
    if trained_on and weights_sha256(base) != trained_on:
        raise ModelError(f"{source} is not the model that the adapter in {run} was trained on")
    return base


def load_classifier(
    run: Path,
    max_length: int | None = None,
    batch_size: int = 64,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    parallel: bool = True,
) -> Classifier:
    """Load a run directory; `max_length` defaults to the one that it was trained with.

    Raises ModelError, AdapterError or HubError, which name the run.
    """
    with naming(run):
        model, folder = load_run_model(run)
        tokenizer = load_tokenizer(folder, max_length or trained_length(run, model.config), model)
        decision = read_decision(run)
        record = read_record(run / "train_args.json")
        if record.get("interrupted"):
            say(f"warning: {run} was interrupted after {record.get('steps')} steps")
        return Classifier(model.to(device), tokenizer, batch_size, dtype, parallel, decision)
