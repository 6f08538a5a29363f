"""How many floating-point operations the matrix products of a model take, from shapes alone.

A product of (m, k) and (k, n) takes 2 m n k forwards. Backwards, each of its two factors that
wants a gradient costs as much again. Embeddings are look-ups and count nothing, nor does
element-wise work.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from bert_min import BertConfig, BertForSequenceClassification


class Product(NamedTuple):
    """FLOPs of a product forwards, and how many of its factors get a gradient (0, 1 or 2)."""

    flops: float
    gradients: int


def products(
    config: BertConfig, lengths: Sequence[int] | np.ndarray, cls_only_last_layer: bool, rank: int
) -> Iterator[Product]:
    """The products over texts of `lengths` tokens without padding, in training.

    `cls_only_last_layer`: past keys and values, the last layer works for [CLS] alone.
    `rank` > 0: LoRA on query and value, all else frozen but the classifier.
    """
    sizes = np.asarray(lengths, dtype=float)
    C, wide, texts = config.hidden_size, config.intermediate_size, len(sizes)
    tokens = sizes.sum()
    for number in range(config.num_hidden_layers):
        cls_only = cls_only_last_layer and number == config.num_hidden_layers - 1
        queries = texts if cls_only else tokens
        pairs = tokens if cls_only else (sizes**2).sum()  # of a query and a key
        # Nothing below the first layer trains under LoRA, so its input wants no gradient.
        inner = 0 if rank and number == 0 else 1
        weight = 0 if rank else 1
        yield Product(2 * queries * C * C, inner + weight)  # query
        yield Product(2 * tokens * C * C, inner + weight)  # key
        yield Product(2 * tokens * C * C, inner + weight)  # value
        if rank:
            for rows in (queries, tokens):
                yield Product(2 * rows * C * rank, inner + 1)  # A
                yield Product(2 * rows * rank * C, 2)  # B
        yield Product(2 * pairs * C, 1 + inner)  # scores: the first layer's keys are frozen
        yield Product(2 * pairs * C, 2)  # values
        yield Product(2 * queries * C * C, 1 + weight)
        yield Product(2 * queries * C * wide, 1 + weight)
        yield Product(2 * queries * wide * C, 1 + weight)
    yield Product(2 * texts * C * C, 1 if rank else 2)  # pooler
    yield Product(2 * texts * C * config.num_labels, 2)  # classifier


def forward_flops(
    config: BertConfig,
    lengths: Sequence[int] | np.ndarray,
    cls_only_last_layer: bool,
    rank: int = 0,
) -> float:
    return sum(p.flops for p in products(config, lengths, cls_only_last_layer, rank))


def training_flops(
    config: BertConfig,
    lengths: Sequence[int] | np.ndarray,
    cls_only_last_layer: bool,
    rank: int = 0,
) -> float:
    """Forwards and backwards."""
    found = products(config, lengths, cls_only_last_layer, rank)
    return sum(p.flops * (1 + p.gradients) for p in found)


def is_cls_only(model: BertForSequenceClassification) -> bool:
    """Whether the last layer works for [CLS] alone where no hidden states are asked for: counted.

    So the share of the limit stays honest, whichever way the model goes.
    """
    text = torch.ones(1, 16, dtype=torch.long)
    counts = []
    for all_states in (True, False):
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(text, text, output_hidden_states=all_states)
        counts.append(counter.get_total_flops())
    return counts[1] < counts[0]
