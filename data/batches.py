"""Texts of like length side by side: batches that hold almost no padding.

Tweets are short and uneven. Padding every batch of 64 to its longest text makes a model process
2.4 tokens for each real one; sorting within large shuffled blocks brings that below 1.05.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

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


def pad(ids: Sequence[Sequence[int]], pad_id: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Stack B lists of ids: input_ids (B, T) and attention_mask (B, T), 1 = token, 0 = padding."""
    T = max(len(row) for row in ids)
    input_ids = torch.tensor([[*row, *[pad_id] * (T - len(row))] for row in ids])  # (B, T)
    lengths = torch.tensor([len(row) for row in ids])
    attention_mask = (torch.arange(T) < lengths[:, None]).long()  # (B, T)
    return input_ids.to(device), attention_mask.to(device)
