"""The one way in which a model meets a data split, in training and ever after."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from analysis.metrics import compute_metrics
from bert_min import BertForSequenceClassification
from data.batches import evaluation_batches, pad
from parallel import Workers

CPU_BATCH = 16  # texts: their activations stay in the cache of a core


def predict_logits(
    model: BertForSequenceClassification,
    ids: Sequence[Sequence[int]],
    batch_size: int = 64,
    progress: Callable[[int], Any] = lambda n: None,
    parallel: bool = True,
) -> np.ndarray:
    """Logits (N, K) as float32 of N encoded texts, in their order, with dropout off.

    On a CPU batches of 16 texts at most are computed side by side, a core each (bert-base labels
    1.3 times as fast as in batches of 64, MiniLM 1.1 times); a caller that does so itself says
    `parallel=False`. `progress` is told the number of texts after each batch.
    """
    was_training = model.training
    if was_training:
        model.eval()
    device = next(model.parameters()).device
    logits = np.empty((len(ids), model.config.num_labels), np.float32)

    @torch.inference_mode()
    def compute(index: np.ndarray) -> int:
        batch = pad([ids[i] for i in index], model.config.pad_token_id, device)
        logits[index] = model(*batch).logits.float().cpu().numpy()
        return len(index)

    on_cpu = device.type == "cpu"
    most = min(batch_size, CPU_BATCH) if on_cpu else batch_size
    batches = evaluation_batches([len(row) for row in ids], most)
    workers = Workers() if parallel and on_cpu and len(batches) > 1 else None
    try:
        for done in workers.map(compute, batches) if workers else map(compute, batches):
            progress(done)
    finally:
        if workers:
            workers.close()
    if was_training:
        model.train()
    return logits


def evaluate(
    model: BertForSequenceClassification,
    ids: Sequence[Sequence[int]],
    labels: Sequence[int],
    batch_size: int = 64,
) -> dict[str, Any]:
    """Every metric of `compute_metrics` for a model on a split."""
    return compute_metrics(predict_logits(model, ids, batch_size), np.asarray(labels))
