"""The one way in which a model meets a data split, in training and ever after."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from bert_min import BertForSequenceClassification
from data.batches import CPU_BATCH, evaluation_batches, pad
from scoring.metrics import compute_metrics
from speed.packing import packed
from speed.threads import side_by_side


def predict_logits(
    model: BertForSequenceClassification,
    ids: Sequence[Sequence[int]],
    batch_size: int = 64,
    progress: Callable[[int], Any] = lambda n: None,
    parallel: bool = True,
) -> np.ndarray:
    """Logits (N, K) as float32 of N encoded texts, in their order, with dropout off.

    On a CPU batches of 16 texts at most are computed side by side, a core each; a caller that does
    so itself says `parallel=False`. `progress` is told the number of texts after each batch.
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
    for done in side_by_side(compute, batches, parallel and on_cpu):
        progress(done)
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
    return compute_metrics(predict_logits(packed(model), ids, batch_size), np.asarray(labels))
