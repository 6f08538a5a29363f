"""Do two layers say the same? Linear CKA, which rotations and scales do not change."""

import numpy as np

from bert_min import BertForSequenceClassification
from data.batches import forward_batches


def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    """||Y^T X||^2 / (||X^T X|| ||Y^T Y||) of centred X (N, C) and Y (N, D), Frobenius norms.

    1 where one is the other rotated and scaled, 0 where they have nothing in common.
    Source: Kornblith et al. 2019, section 3, https://arxiv.org/abs/1905.00414
    """
    x, y = (m.astype(np.float64) - m.mean(axis=0, dtype=np.float64) for m in (x, y))
    shared = np.linalg.norm(y.T @ x) ** 2
    return float(shared / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)))


def layer_states(model: BertForSequenceClassification, ids: list[list[int]]) -> list[np.ndarray]:
    """What the embeddings and each layer give for every token of the texts: arrays (N, C)."""
    lengths, parts = np.array([len(row) for row in ids]), []
    for index, output in forward_batches(model, ids, hidden_states=True):
        layers = [layer.float().cpu().numpy() for layer in output.hidden_states or []]
        tokens = np.arange(layers[0].shape[1]) < lengths[index, None]  # (B, T), padding is False
        parts.append([layer[tokens] for layer in layers])
    return [np.concatenate(layer) for layer in zip(*parts, strict=True)]


def similarity(
    student: BertForSequenceClassification,
    teacher: BertForSequenceClassification,
    ids: list[list[int]],
) -> list[list[float]]:
    """Linear CKA of each student layer (rows) with each teacher layer (columns); 0: embeddings."""
    theirs = layer_states(teacher, ids)
    return [
        [round(linear_cka(own, other), 4) for other in theirs] for own in layer_states(student, ids)
    ]
