"""A trained run as one object: texts in, labels and scores out."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from bert_min import (
    BertConfig,
    BertForSequenceClassification,
    BertTokenizer,
    ModelError,
    load_model,
    resolve_model,
)
from data.hashtags import READINGS
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
from scoring import predict_logits, softmax
from speed.packing import packed


class Prediction(NamedTuple):
    """`score` is the probability of the positive class, whatever the label."""

    label: str
    score: float
    truncated: bool
    n_tokens: int


@dataclass(frozen=True)
class Decision:
    """How a text becomes logits' input, and logits an answer; stored in a run's config.json.

    `hashtags` is one of data.hashtags.READINGS; `temperature` divides the logits, and a text is
    positive from a score of `threshold` on: both were fitted on the validation split.
    Raises ModelError for anything that cannot be meant.
    """

    hashtags: str = "keep"
    temperature: float = 1.0
    threshold: float = 0.5

    def __post_init__(self) -> None:
        numbers = (self.temperature, self.threshold)
        if (
            not isinstance(self.hashtags, str)
            or self.hashtags not in READINGS
            or not all(type(n) in (int, float) and abs(n) < 1e6 for n in numbers)
            or self.temperature <= 0
            or not 0 <= self.threshold <= 1
        ):
            raise ModelError(f"the decision in config.json makes no sense: {self}")


def read_decision(run: Path) -> Decision:
    """The decision of a run; the plain one where its config.json has none."""
    found = read_json(run / "config.json").get("decision", {})
    if not isinstance(found, dict) or not set(found) <= set(Decision.__dataclass_fields__):
        raise ModelError(f"the decision in {run}/config.json is not one of ours: {found}")
    return Decision(**found)


class Classifier:
    """A model with its tokenizer; adapters are merged, dropout is off.

    `predict` is the whole interface: what the commands and the web page know of a model.
    """

    def __init__(
        self,
        model: BertForSequenceClassification,
        tokenizer: BertTokenizer,
        batch_size: int = 64,
        dtype: torch.dtype = torch.float32,
        parallel: bool = True,
        decision: Decision = Decision(),
    ) -> None:
        self.model, self.tokenizer = model.eval().to(dtype), tokenizer
        self.decision, self.read = decision, READINGS[decision.hashtags]
        self.batch_size, self.parallel = batch_size, parallel
        self.label_names = model.config.label_names

    def pack(self) -> None:
        """Make labelling faster; the model can then do nothing else. See speed.packing.

        Not for a server: oneDNN keeps code for each shape that it meets, and memory grows.
        """
        self.model = packed(self.model)

    def logits(
        self, texts: Sequence[str], progress: Callable[[int], Any] = lambda n: None
    ) -> np.ndarray:
        """Logits (N, K) of N texts, as the model gives them: the temperature is not in them."""
        ids = [encoded.ids for encoded in self.tokenizer.encode(list(map(self.read, texts)))]
        return predict_logits(self.model, ids, self.batch_size, progress, self.parallel)

    def cut(self, text: str) -> str:
        """The part of a text that is read: all of it, where nothing is truncated or removed."""
        return self.tokenizer.cut(self.read(text))

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """One Prediction a text, in order."""
        encoded = self.tokenizer.encode(list(map(self.read, texts)))
        ids = [e.ids for e in encoded]
        logits = predict_logits(self.model, ids, self.batch_size, parallel=self.parallel)
        scores = softmax(logits / self.decision.temperature)[:, 1].tolist()
        positive = [score >= self.decision.threshold for score in scores]
        return [
            Prediction(self.label_names[int(yes)], score, e.truncated, len(e.ids))
            for e, yes, score in zip(encoded, positive, scores, strict=True)
        ]


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
        if model.config.num_labels != 2:
            raise ModelError(f"{run} has {model.config.num_labels} classes; only two can be scored")
        tokenizer = load_tokenizer(folder, max_length or trained_length(run), model)
        decision = read_decision(run)
        return Classifier(model.to(device), tokenizer, batch_size, dtype, parallel, decision)
