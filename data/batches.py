"""Texts of like length side by side: batches that hold almost no padding.

Tweets are short and uneven. Padding every batch of 64 to its longest text makes a model process
2.4 tokens for each real one; sorting within large shuffled blocks brings that below 1.05.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bert_min import BertForSequenceClassification, BertOutput

CPU_BATCH = 16  # texts to score at once: their activations stay in the cache of a core
BLOCK = 50  # batches in a sorted block: large enough to group lengths, small enough to mix texts


def training_batches(
    lengths: Sequence[int] | np.ndarray, batch_size: int, seed: int, epoch: int
) -> list[np.ndarray]:
    """Positions of the texts of each batch of an epoch: every text once, order from (seed, epoch).

    Shuffle all texts, sort each block of 50 batches by length, cut it, shuffle the batches.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(lengths))
    sizes = np.asarray(lengths)
    batches = []
    for start in range(0, len(order), BLOCK * batch_size):
        block = order[start : start + BLOCK * batch_size]
        block = block[np.argsort(sizes[block], kind="stable")]
        batches += [block[i : i + batch_size] for i in range(0, len(block), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def evaluation_batches(lengths: Sequence[int] | np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Positions of the texts of each batch, longest first: memory runs out at once or never."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the CPU on a device, without waiting for what a GPU computes at the moment."""
    return tensor.to(device, non_blocking=device.type == "cuda")


def pad(ids: Sequence[Sequence[int]], pad_id: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Stack B lists of ids: input_ids (B, T) and attention_mask (B, T), 1 = token, 0 = padding."""
    lengths = torch.tensor([len(row) for row in ids])
    T = int(lengths.max())
    input_ids = torch.full((len(ids), T), pad_id)  # (B, T)
    for own, row in zip(input_ids.numpy(), ids, strict=True):
        own[: len(row)] = row
    attention_mask = (torch.arange(T) < lengths[:, None]).long()  # (B, T)
    return send(input_ids, device), send(attention_mask, device)


def forward_batches(
    model: BertForSequenceClassification,
    ids: Sequence[Sequence[int]],
    batch_size: int = 64,
    hidden_states: bool = False,
    apply: Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]] = map,
) -> Iterator[tuple[np.ndarray, BertOutput]]:
    """Run a model over encoded texts, dropout off, without gradients: yield (index, output).

    `index` (B,) are the places of a batch's texts in `ids`; the longest come first. On a CPU a
    batch has 16 texts at most, whatever `batch_size`. `apply` calls a function on each batch, in
    order, as `map` does; `speed.threads.side_by_side` gives each core a batch of its own.
    """
    was_training = model.training
    if was_training:
        model.eval()
    device = next(model.parameters()).device
    most = min(batch_size, CPU_BATCH) if device.type == "cpu" else batch_size

    @torch.inference_mode()
    def forward(index: np.ndarray) -> tuple[np.ndarray, BertOutput]:
        batch = pad([ids[i] for i in index], model.config.pad_token_id, device)
        return index, model(*batch, output_hidden_states=hidden_states)

    try:
        yield from apply(forward, evaluation_batches([len(row) for row in ids], most))
    finally:
        if was_training:
            model.train()
