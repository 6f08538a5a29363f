"""The one way in which a model meets a data split, in training and ever after."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from analysis.metrics import compute_metrics
from bert_min import BertForSequenceClassification
from data.batches import evaluation_batches, pad


@torch.inference_mode()
def predict_logits(
    model: BertForSequenceClassification,
    ids: Sequence[Sequence[int]],
    batch_size: int = 64,
    dtype: torch.dtype = torch.float32,
    progress: Callable[[int], Any] = lambda n: None,
) -> np.ndarray:
    """Logits (N, K) as float32 of N encoded texts, in their order, with dropout off.

    `progress` is told the number of texts after each batch.
    """
    was_training = model.training
    model.eval()
    parameter = next(model.parameters())
    logits = np.empty((len(ids), model.config.num_labels), np.float32)
    for index in evaluation_batches([len(row) for row in ids], batch_size):
        batch = pad([ids[i] for i in index], model.config.pad_token_id, parameter.device)
        with torch.autocast(parameter.device.type, dtype, enabled=dtype != torch.float32):
            logits[index] = model(*batch).logits.float().cpu().numpy()
        progress(len(index))
    model.train(was_training)
    return logits


def evaluate(
    model: BertForSequenceClassification,
    ids: Sequence[Sequence[int]],
    labels: Sequence[int],
    batch_size: int = 64,
    dtype: torch.dtype = torch.float32,
) -> dict[str, Any]:
    """Every metric of `compute_metrics` for a model on a split."""
    return compute_metrics(predict_logits(model, ids, batch_size, dtype), np.asarray(labels))
