"""The logits of a model for a data split, and every metric of them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bert_min import BertForSequenceClassification
from data.batches import forward_batches
from scoring.metrics import compute_metrics
from speed.packing import packed
from speed.threads import mapper


def predict_logits(
    model: BertForSequenceClassification,
    ids: Sequence[Sequence[int]],
    batch_size: int = 64,
    progress: Callable[[int], Any] = lambda n: None,
    parallel: bool = True,
) -> np.ndarray:
    """Logits (N, K) as float32 of N encoded texts, in their order, with dropout off.

    On a CPU batches are computed side by side, a core each; a caller that does so itself says
    `parallel=False`. `progress` is told the number of texts after each batch.
    """
    apply = mapper(next(model.parameters()).device) if parallel else map
    logits = np.empty((len(ids), model.config.num_labels), np.float32)
    for index, output in forward_batches(model, ids, batch_size, apply=apply):
        logits[index] = output.logits.float().cpu().numpy()
        progress(len(index))
    return logits


def evaluate(
    model: BertForSequenceClassification,
    ids: Sequence[Sequence[int]],
    labels: Sequence[int],
    batch_size: int = 64,
) -> dict[str, Any]:
    """Every metric of `compute_metrics` for a model on a split."""
    return compute_metrics(predict_logits(packed(model), ids, batch_size), np.asarray(labels))
