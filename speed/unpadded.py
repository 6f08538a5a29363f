"""Few texts on a CPU as fast as they come: end to end in one row, with no padding between them.

Shapes as in model.py, and  N tokens of all texts together:  C hidden size,  H heads,  D = C // H.
Source: "unpadding", Portes et al. 2023, section 3.1, https://arxiv.org/abs/2312.17482.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bert_min.model import (
    BertEmbeddings,
    BertForSequenceClassification,
    BertLayer,
    BertSelfAttention,
)
from speed.int8 import Int8Linear
from speed.packing import PackedSelfAttention

MOST_TOKENS = 512  # at once: more are no faster, but take and leave more memory


class Unpadded:
    """The logits of a model, whose weights it lays out for products of few rows.

    MKL multiplies a short text by (in, out) matrices in two thirds of the time that it takes for
    PyTorch's (out, in). The values and shapes stay as they are, the strides are others.
    """

    def __init__(self, model: BertForSequenceClassification) -> None:
        self.model = model.eval()
        self.rounds = any(isinstance(module, Int8Linear) for module in model.modules())
        for module in model.modules():
            if isinstance(module, nn.Linear) and module.weight.is_contiguous():
                module.weight.data = module.weight.data.t().contiguous().t()

    def logits(
        self,
        ids: Sequence[Sequence[int]],
        apply: Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]] = map,
        progress: Callable[[int], Any] = lambda n: None,
    ) -> np.ndarray:
        """Logits (B, K) as float32 of B encoded texts, in their order.

        `apply` and `progress` are as in data.batches.forward_batches and scoring.predict_logits.
        """
        order = np.argsort([len(row) for row in ids], kind="stable")  # texts of one length meet
        found = np.empty((len(ids), self.model.config.num_labels), np.float32)
        done = 0
        for logits in apply(self._forward, list(parts_of([ids[i] for i in order], MOST_TOKENS))):
            found[order[done : done + len(logits)]] = logits
            done += len(logits)
            progress(len(logits))
        return found

    @torch.inference_mode()
    def _forward(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        bert, lengths, B = self.model.bert, [len(row) for row in ids], len(ids)
        tokens = torch.tensor(list(chain.from_iterable(ids)))  # (N,)
        places = torch.cat([torch.arange(length) for length in lengths])  # (N,)
        first = torch.tensor(lengths).cumsum(0) - torch.tensor(lengths)  # (B,), each text's [CLS]
        if self.rounds and (more := rounded(len(tokens)) - len(tokens)):
            tokens, places = F.pad(tokens, (0, more)), F.pad(places, (0, more))
            lengths = [*lengths, more]  # a text that nobody asks for
        if self.rounds:
            first = F.pad(first, (0, rounded(B) - B))
        *lower, last = cast(list[BertLayer], list(bert.encoder.layer))
        x = embed(bert.embeddings, tokens, places)
        for layer in lower:
            x = forward_layer(layer, x, lengths)
        x = forward_layer(last, x, lengths, first)[:B]  # (B, C)
        return self.model.classifier(torch.tanh(bert.pooler.dense(x))).numpy()


def embed(embeddings: BertEmbeddings, tokens: Tensor, places: Tensor) -> Tensor:
    """BertEmbeddings of tokens (N,) at places (N,) of their own texts: (N, C)."""
    x = embeddings.word_embeddings(tokens) + embeddings.token_type_embeddings.weight[0]
    return embeddings.LayerNorm(x + embeddings.position_embeddings(places))


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


def rounded(count: int) -> int:
    """A number of rows that is `count` or a little more, of few such numbers.

    oneDNN writes and keeps code for each number of rows that it meets: with these they are 20 up
    to MOST_TOKENS, and the memory of a server stays level.
    """
    step = max(8, 2 ** (count.bit_length() - 3))
    return -(-count // step) * step


def forward_layer(
    layer: BertLayer, x: Tensor, lengths: Sequence[int], first: Tensor | None = None
) -> Tensor:
    """BertLayer for tokens (N, C) of texts end to end: all of them, or those at `first` alone."""
    attended = attend(layer.attention.self, x, lengths, first is not None)
    if first is not None:
        x = x[first]
        attended = F.pad(attended, (0, 0, 0, len(x) - len(attended)))  # for rows that fill up
    x = layer.attention.output(attended, x)
    return layer.output(layer.intermediate(x), x)


def attend(
    attention: BertSelfAttention | PackedSelfAttention,
    x: Tensor,
    lengths: Sequence[int],
    first_only: bool,
) -> Tensor:
    """Attention in which a text sees itself alone: of all tokens, or of the first of each text."""
    if isinstance(attention, PackedSelfAttention):
        projected = attention.projection(x).chunk(3, dim=-1)
    else:
        projected = attention.query(x), attention.key(x), attention.value(x)
    H, alike = attention.num_heads, [(T, len(list(run))) for T, run in groupby(lengths)]
    rows = [T * count for T, count in alike]
    pieces = zip(*(each.split(rows) for each in projected), strict=True)
    queries, found = 1 if first_only else None, []
    for (T, _), piece in zip(alike, pieces, strict=True):  # texts of one length at once
        q, k, v = (each.view(-1, T, H, x.shape[1] // H).transpose(1, 2) for each in piece)
        found.append(F.scaled_dot_product_attention(q[:, :, :queries], k, v))
    return torch.cat([each.transpose(1, 2).flatten(2).flatten(0, 1) for each in found])
