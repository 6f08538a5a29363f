"""A trained run as one object: texts in, labels and scores out."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from analysis import predict_logits, softmax
from bert_min import (
    BertForSequenceClassification,
    BertTokenizer,
    ModelError,
    load_model,
    resolve_model,
)
from experiment.rundir import check_manifest, is_run, read_json
from lora import load_adapter, merge_lora, read_adapter_config


class Prediction(NamedTuple):
    """`score` is the probability of the positive class, whatever the label."""

    label: str
    score: float
    truncated: bool
    n_tokens: int


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
    ) -> None:
        self.model, self.tokenizer = model.eval(), tokenizer
        self.batch_size, self.dtype = batch_size, dtype
        self.label_names = model.config.label_names

    def logits(
        self, texts: Sequence[str], progress: Callable[[int], Any] = lambda n: None
    ) -> np.ndarray:
        """Logits (N, K) of N texts."""
        ids = [encoded.ids for encoded in self.tokenizer.encode(texts)]
        return predict_logits(self.model, ids, self.batch_size, self.dtype, progress)

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """One Prediction a text, in order."""
        encoded = self.tokenizer.encode(texts)
        ids = [e.ids for e in encoded]
        logits = predict_logits(self.model, ids, self.batch_size, self.dtype)
        return [
            Prediction(self.label_names[int(row.argmax())], float(p), e.truncated, len(e.ids))
            for e, row, p in zip(encoded, logits, softmax(logits)[:, 1], strict=True)
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


def load_run_model(run: Path) -> tuple[BertForSequenceClassification, Path]:
    """The model of a run directory, an adapter merged into its base, and its tokenizer's folder.

    Takes this project's runs, and what transformers or PEFT saved. Raises ModelError, AdapterError.
    """
    if not is_run(run):
        raise ModelError(
            f"no trained model in {run} (hint: python train.py --mode teacher makes one)"
        )
    check_manifest(run)
    if not (run / "adapter_config.json").is_file():
        return load_model(run), run
    own = run / "base"  # half-depth bases are not published anywhere, so the run carries its own
    base = (
        own if own.is_dir() else resolve_model(read_adapter_config(run)["base_model_name_or_path"])
    )
    names = read_json(run / "config.json").get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    model = load_model(base, label_names=tuple(names.values()))
    load_adapter(model, run)
    merge_lora(model)
    return model, run if (run / "tokenizer.json").is_file() else base


def load_classifier(
    run: Path,
    max_length: int | None = None,
    batch_size: int = 64,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Classifier:
    """Load a run directory; `max_length` defaults to the one that it was trained with."""
    model, folder = load_run_model(run)
    length = max_length or read_json(run / "train_args.json").get("max_length") or 128
    tokenizer = load_tokenizer(folder, length, model)
    return Classifier(model.to(device), tokenizer, batch_size, dtype)


def as_json(text: str, prediction: Prediction) -> str:
    """The line that `predict.py` writes for a text, in ASCII: any terminal and pipe takes it."""
    line = {
        "text": text,
        "label": prediction.label,
        "score": round(prediction.score, 6),
        "truncated": prediction.truncated,
    }
    return json.dumps(line)
