"""A trained run as one object: texts in, labels and scores out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from bert_min import BertForSequenceClassification, BertTokenizer, ModelError
from data.hashtags import READINGS
from data.names import positive_of
from experiment.readable import script, scripts_of, why_not
from experiment.rundir import decision_of
from scoring import decide, predict_logits, score_of, softmax
from speed.int8 import quantized
from speed.memory import keep_memory
from speed.packing import packed
from speed.threads import side_by_side
from speed.unpadded import Unpadded

MOST_WINDOWS = 8  # of a text that are read: about 600 English words


class Prediction(NamedTuple):
    """`scores` are the probabilities of all classes, in the order of the label names.

    `score` is that of the positive class where there are two, whatever the label, and that of the
    label where there are more. `logits` are what the softmax makes them of, after the temperature.
    A text that is longer than the model reads at once is read in `windows`; the scores are those
    of the `window` (from 0) in which the positive classes have the highest. `reason` is a sentence
    where nothing can be told of the text, and the label is a guess.
    """

    label: str
    score: float
    truncated: bool  # whether there is more than MOST_WINDOWS
    n_tokens: int  # that were read, [CLS] and [SEP] included
    scores: tuple[float, ...]
    logits: tuple[float, ...]
    reason: str = ""
    window: int = 0
    windows: int = 1
    every: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = ()  # window's scores, logits

    def by_class(self, label: int) -> "Prediction":
        """With the scores of the window in which this class is the likeliest."""
        if not self.every:
            return self
        window = max(range(len(self.every)), key=lambda i: self.every[i][0][label])
        scores, logits = self.every[window]
        return self._replace(scores=scores, logits=logits, window=window)

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
    """The decision of a run, the plain one where it has none. Raises ModelError for a bad one."""
    found = decision_of(run) or {}
    if not set(found) <= set(Decision.__dataclass_fields__):
        raise ModelError(f"the decision in {run}/config.json is not one of ours: {found}")
    return Decision(**found)


class Classifier:
    """A model with its tokenizer; adapters are merged, dropout is off.

    `predict` answers texts, for predict.py and the web page; `logits` is for scores. With
    torch.int8 for `dtype` its layers multiply in int8, and all else is done in fp32.
    """

    def __init__(
        self,
        model: BertForSequenceClassification,
        tokenizer: BertTokenizer,
        batch_size: int = 64,
        dtype: torch.dtype = torch.float32,
        decision: Decision = Decision(),
    ) -> None:
        self.model = quantized(model.eval()) if dtype == torch.int8 else model.eval().to(dtype)
        self.tokenizer, self.dtype = tokenizer, dtype
        self.decision, self.read = decision, READINGS[decision.hashtags]
        self.batch_size, self.parallel = batch_size, True
        # int8 rounds what padding or another batch changes in the last digit: no text has either.
        self.unpadded = Unpadded(self.model) if dtype == torch.int8 else None
        self.label_names = model.config.label_names
        self.positive = positive_of(self.label_names)

    def pack(self) -> None:
        """Make labelling of many texts faster; the model can then do nothing else: speed.packing.

        Not for a server: oneDNN keeps code for each shape that it meets, and memory grows.
        """
        if self.dtype == torch.int8:
            keep_memory()
        else:
            self.model = packed(self.model)

    def unpad(self) -> None:
        """Make few texts at a time faster, on a CPU: for a server. See speed.unpadded."""
        self.unpadded, self.parallel = Unpadded(self.model), False

    def logits(
        self, texts: Sequence[str], progress: Callable[[int], Any] = lambda n: None
    ) -> np.ndarray:
        """Logits (N, K) of the first window of N texts, as they are trained on and tested.

        The temperature is not in them. An empty text has some like any other: eight of TweetEval's
        are part of its scores.
        """
        ids = [encoded.ids for encoded in self.tokenizer.encode(list(map(self.read, texts)))]
        return self.forward(ids, progress)

    def forward(
        self, ids: Sequence[Sequence[int]], progress: Callable[[int], Any] = lambda n: None
    ) -> np.ndarray:
        """Logits (N, K) of N encoded texts."""
        if self.unpadded:
            apply = side_by_side if self.parallel else map
            return self.unpadded.logits(ids, apply, progress)
        return predict_logits(self.model, ids, self.batch_size, progress, self.parallel)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each window of a text that is read begins and ends in it."""
        if self.read(text) != text:  # hashtags are taken apart: the places are of another text
            return [(0, len(text))] * MOST_WINDOWS
        return self.tokenizer.spans(text)[:MOST_WINDOWS]

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """One Prediction a text, in order."""
        found = self.tokenizer.windows(list(map(self.read, texts)))
        read = [windows[:MOST_WINDOWS] for windows in found]
        ids = [window for windows in read for window in windows]
        logits = self.forward(ids)
        logits /= self.decision.temperature
        probabilities = softmax(logits)
        if len(self.label_names) == 2:
            probabilities[:, 0] = 1 - probabilities[:, 1]  # to the last bit, as answers say it
        counts = np.array([len(windows) for windows in read], dtype=int)
        starts = np.cumsum(counts) - counts
        worst = probabilities[:, self.positive].sum(axis=1)
        chosen = np.array(
            [worst[i : i + n].argmax() for i, n in zip(starts, counts, strict=True)], dtype=int
        )
        said = probabilities[starts + chosen]
        predicted = decide(said, self.decision.threshold)
        said = score_of(said, predicted).tolist()
        rows = [list(map(tuple, table.tolist())) for table in (probabilities, logits)]
        pairs = list(zip(*rows, strict=True))
        own = [tuple(pairs[i : i + n]) for i, n in zip(starts, counts, strict=True)]
        answers = zip(texts, found, read, chosen.tolist(), predicted, said, own, strict=True)
        return [
            Prediction(
                label=self.label_names[label],
                score=score,
                truncated=len(all_windows) > MOST_WINDOWS,
                n_tokens=self.count(windows),
                scores=every[window][0],
                logits=every[window][1],
                reason=self.why_not(text, all_windows),
                window=window,
                windows=len(windows),
                every=every,
            )
            for text, all_windows, windows, window, label, score, every in answers
        ]

    def count(self, windows: Sequence[Sequence[int]]) -> int:
        """The ids in the windows of a text, those that two share counted once, and the two ends."""
        again = (len(windows) - 1) * (2 + self.tokenizer.overlap)
        return sum(map(len, windows)) - again

    def why_not(self, text: str, windows: list[list[int]]) -> str:
        """Why nothing can be told of a text, see experiment/readable.py."""
        first = windows[:MOST_WINDOWS]
        share = self.count(first) / self.count(windows)
        return why_not(text, first, share, self.unknown, self.knows)

    def knows(self, letter: str) -> bool:
        """Whether a letter is of a script that the model has pieces of."""
        return letter.isascii() or script(letter) in self.scripts

    @cached_property
    def scripts(self) -> frozenset[str]:
        return scripts_of(self.tokenizer.backend.get_vocab())

    @cached_property
    def unknown(self) -> int:
        return self.tokenizer.unknown
