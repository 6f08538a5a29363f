"""A trained run as one object: texts in, labels and scores out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from bert_min import BertForSequenceClassification, BertTokenizer, ModelError
from data.hashtags import READINGS
from experiment.rundir import read_json
from scoring import decide, predict_logits, score_of, softmax
from speed.packing import packed


class Prediction(NamedTuple):
    """`scores` are the probabilities of all classes, in the order of the label names.

    `score` is that of the positive class where there are two, whatever the label, and that of the
    label where there are more. `logits` are what the softmax makes them of, after the temperature.
    """

    label: str
    score: float
    truncated: bool
    n_tokens: int
    scores: tuple[float, ...]
    logits: tuple[float, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the model was given nothing to read but [CLS] and [SEP]: then this is no answer.

        So it is with blank texts, and with those of characters that the tokenizer drops.
        """
        return self.n_tokens == 2


@dataclass(frozen=True)
class Decision:
    """How a text becomes logits' input, and logits an answer; stored in a run's config.json.

    `hashtags` is one of data.hashtags.READINGS; `temperature` divides the logits, and of two
    classes a text is the positive one from a score of `threshold` on: both were fitted on the
    validation split. Of more classes it is the likeliest, and the threshold stays at 1/2, unused.
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
        """Logits (N, K) of N texts, as the model gives them: the temperature is not in them.

        An empty text has some like any other: eight of TweetEval's are part of its scores.
        """
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
        logits /= self.decision.temperature
        probabilities = softmax(logits)
        if len(self.label_names) == 2:
            probabilities[:, 0] = 1 - probabilities[:, 1]  # to the last bit, as answers say it
        predicted = decide(probabilities, self.decision.threshold)
        said = score_of(probabilities, predicted).tolist()
        rows = [map(tuple, table.tolist()) for table in (probabilities, logits)]
        return [
            Prediction(self.label_names[label], score, e.truncated, len(e.ids), scores, own)
            for e, label, score, scores, own in zip(encoded, predicted, said, *rows, strict=True)
        ]
