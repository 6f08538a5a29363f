"""What all contenders work on: the same weights in a folder that all can read, the same texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from bert_min import (
    BertConfig,
    BertForSequenceClassification,
    BertTokenizer,
    load_model,
    resolve_model,
    save_model,
)
from data import load_data
from data.batches import BLOCK, training_batches
from experiment.hardware import has_native_bf16

BATCH = 64  # texts in a training batch, for every contender
MAX_LENGTH = 128  # tokens of a text that are read


@dataclass(frozen=True)
class Shape:
    """A model's folder, and how much is done with it.

    A round is `steps` steps of every contender, `texts` the number of test texts to label.
    """

    name: str
    folder: Path
    rounds: int
    steps: int
    texts: int


@dataclass(frozen=True)
class Sample:
    """Encoded texts for a few training steps, and their labels."""

    ids: list[list[int]]
    labels: Sequence[int]
    batch_size: int = BATCH

    @cached_property
    def lengths(self) -> np.ndarray:
        return np.array([len(row) for row in self.ids])

    @cached_property
    def batches(self) -> list[np.ndarray]:
        """Texts of like length together, as in an epoch of train.py."""
        return training_batches(self.lengths, self.batch_size, seed=0, epoch=1)

    @cached_property
    def random_batches(self) -> list[np.ndarray]:
        """The same texts in random order."""
        order = np.random.default_rng(0).permutation(len(self.ids))
        size = self.batch_size
        return [order[i : i + size] for i in range(0, len(order), size)]


@dataclass(frozen=True)
class Material:
    """Shapes of models and texts; `dtype` is bf16 where the hardware has it, else fp32."""

    shapes: list[Shape]
    data: str
    ids: list[list[int]]
    labels: Sequence[int]
    test_texts: Sequence[str]
    dtype: torch.dtype
    folder: Path  # for what a benchmark writes
    quick: bool

    def sample(self, steps: int, seed: int) -> Sample:
        """Whole batches of one sorted block: sorted anew, they are nearly the same batches."""
        order = np.random.default_rng(seed).permutation(len(self.ids))[: BLOCK * BATCH]
        batches = training_batches([len(self.ids[i]) for i in order], BATCH, seed, 1)
        whole = [batch for batch in batches if len(batch) == BATCH] or batches
        return self.chosen(order[np.concatenate(whole[:steps])])

    def longest_and_others(self, steps: int) -> Sample:
        """The batch of the longest training texts, and others that fill the steps."""
        order = np.argsort([-len(row) for row in self.ids], kind="stable")
        others = np.random.default_rng(0).permutation(order[BATCH:])[: (steps - 1) * BATCH]
        return self.chosen(np.concatenate([order[:BATCH], others]))

    def chosen(self, index: Sequence[int] | np.ndarray) -> Sample:
        return Sample([self.ids[i] for i in index], [self.labels[i] for i in index])


def gather(model: str, data_source: str, folder: Path, quick: bool) -> Material:
    """Read weights and texts; write the models to `folder`, each with its tokenizer and a head.

    Raises ModelError, DataError.
    """
    data = load_data(data_source)
    source = resolve_model(model)
    tokenizer = BertTokenizer(source, MAX_LENGTH)
    torch.manual_seed(0)  # a head that pretraining did not give is random: the same for all
    name, own = Path(model).name, folder / "given"
    _save(load_model(source, data.label_names), tokenizer, own)
    if quick:
        shapes = [Shape(name, own, rounds=1, steps=2, texts=16)]
    else:
        base = Shape("bert-base", folder / "bert-base", rounds=2, steps=3, texts=256)
        shapes = [Shape(name, own, rounds=3, steps=6, texts=1200), base]
        random_model = BertForSequenceClassification(BertConfig(label_names=data.label_names))
        _save(random_model, tokenizer, base.folder)
    train = data.splits["train"]
    native = has_native_bf16(torch.device("cpu"))
    return Material(
        shapes=shapes,
        data=data.name,
        ids=[encoded.ids for encoded in tokenizer.encode(train.texts)],
        labels=train.labels,
        test_texts=data.splits["test"].texts,
        dtype=torch.bfloat16 if native else torch.float32,
        folder=folder,
        quick=quick,
    )


def _save(model: BertForSequenceClassification, tokenizer: BertTokenizer, folder: Path) -> None:
    save_model(model, folder)
    tokenizer.save(folder)
