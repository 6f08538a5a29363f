"""A trained run as one object: texts in, labels and scores out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from bert_min import (
    BertForSequenceClassification,
    BertTokenizer,
    ModelError,
)
from data.hashtags import READINGS
from experiment.rundir import (
    read_json,
)
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
