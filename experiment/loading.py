"""From a run directory to a classifier: weights, tokenizer and decision, all checked."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
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
from experiment.classifier import Classifier, read_decision
from experiment.rundir import (
    check_links,
    check_manifest,
    is_run,
    read_json,
    read_record,
    weights_sha256,
)
from hub import HubError
from lora import AdapterError, load_adapter, merge_lora, read_adapter_config


def load_tokenizer(
    folder: Path, max_length: int, model: BertForSequenceClassification
) -> BertTokenizer:
    """Read a tokenizer and check that it fits the model; raises ModelError."""
    config = model.config
    if max_length > config.max_position_embeddings:
        raise ModelError(
            f"max_length {max_length} exceeds max_position_embeddings "
            f"{config.max_position_embeddings} (hint: a smaller --max-length)"
        )
    tokenizer = BertTokenizer(folder, max_length)
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


def trained_length(run: Path) -> int:
    """The `--max-length` that a run was trained with; 128 where it does not say."""
    length = read_record(run / "train_args.json").get("max_length", 128)
    if length < 3:
        raise ModelError(f"{run}/train_args.json: max_length cannot be {length}")
    return length


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
    if not (run / "adapter_config.json").is_file():
        return load_model(run), run
    base = find_base(run)
    folder = base.parent if base.is_file() else base
    named = run if (run / "config.json").is_file() else folder  # PEFT saves no config.json
    config = BertConfig.from_file(named / "config.json")
    model = load_model(base, config.label_names)
    load_adapter(model, run)
    merge_lora(model)
    return model, run if (run / "tokenizer.json").is_file() else folder


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
        tokenizer = load_tokenizer(folder, max_length or trained_length(run), model)
        decision = read_decision(run)
        return Classifier(model.to(device), tokenizer, batch_size, dtype, parallel, decision)
