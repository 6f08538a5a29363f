"""Few texts on a CPU as fast as they come: end to end in one row, with no padding between them.

Shapes as in model.py, and  N tokens of all texts together:  C hidden size,  H heads,  D = C // H.
Source: "unpadding", Portes et al. 2023, section 3.1, https://arxiv.org/abs/2312.17482.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bert_min.model import BertForSequenceClassification, BertLayer, BertSelfAttention

MOST_TOKENS = 1024  # at once: more are no faster, but take and leave more memory


class Unpadded:
    """The logits of a model, whose weights it lays out for products of few rows.

    MKL multiplies a short text by (in, out) matrices in two thirds of the time that it takes for
    PyTorch's (out, in). The values and shapes stay as they are, the strides are others.
    """

    def __init__(self, model: BertForSequenceClassification) -> None:
        self.model = model.eval()
        for module in model.modules():
            if isinstance(module, nn.Linear) and module.weight.is_contiguous():
                module.weight.data = module.weight.data.t().contiguous().t()

    def logits(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        """Logits (B, K) as float32 of B encoded texts, in their order."""
        parts = [self._forward(part) for part in parts_of(ids, MOST_TOKENS)]
        return np.concatenate(parts) if parts else np.empty((0, self.model.config.num_labels))

    @torch.inference_mode()
    def _forward(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        bert, lengths = self.model.bert, [len(row) for row in ids]
        tokens = torch.tensor(list(chain.from_iterable(ids)))  # (N,)
        places = torch.cat([torch.arange(length) for length in lengths])
        embeddings = bert.embeddings
        x = embeddings.word_embeddings(tokens) + embeddings.token_type_embeddings.weight[0]
        x = embeddings.LayerNorm(x + embeddings.position_embeddings(places))  # (N, C)
        *lower, last = cast(list[BertLayer], list(bert.encoder.layer))
        for layer in lower:
            x = forward_layer(layer, x, lengths)
        starts = torch.tensor(lengths).cumsum(0) - torch.tensor(lengths)
        x = forward_layer(last, x, lengths, starts)  # (B, C)
        return self.model.classifier(torch.tanh(bert.pooler.dense(x))).numpy()


def parts_of(ids: Sequence[Sequence[int]], most: int) -> Iterator[Sequence[Sequence[int]]]:
    """Texts one after another, of `most` tokens together or less, but one text at least."""
    part: list[Sequence[int]] = []
    tokens = 0
    for row in ids:
        if part and tokens + len(row) > most:
            yield part
            part, tokens = [], 0
        part.append(row)
        tokens += len(row)
    if part:
        yield part


def forward_layer(
    layer: BertLayer, x: Tensor, lengths: Sequence[int], queries: Tensor | None = None
) -> Tensor:
    """BertLayer for tokens (N, C) of texts end to end: all of them, or those at `queries`."""
    asking, counts = (x, lengths) if queries is None else (x[queries], [1] * len(lengths))
    attended = attend(layer.attention.self, asking, counts, x, lengths)
    x = layer.attention.output(attended, asking)
    return layer.output(layer.intermediate(x), x)


def attend(
    attention: BertSelfAttention,
    asking: Tensor,
    counts: Sequence[int],
    x: Tensor,
    lengths: Sequence[int],
) -> Tensor:
    """Attention of `asking` to `x`, of which each text has so many tokens, and sees no other."""

    def heads(projected: Tensor, sizes: Sequence[int]) -> Sequence[Tensor]:
        split = projected.unflatten(-1, (attention.num_heads, -1)).transpose(0, 1)  # (H, N, D)
        return split[None].split(list(sizes), dim=2)

    q = heads(attention.query(asking), counts)
    k, v = heads(attention.key(x), lengths), heads(attention.value(x), lengths)
    found = [F.scaled_dot_product_attention(*text) for text in zip(q, k, v, strict=True)]
    return torch.cat([text[0].transpose(0, 1).flatten(1) for text in found])  # (len(asking), C)
