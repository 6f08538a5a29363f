"""From logits to conclusions."""

from analysis.evaluate import evaluate, predict_logits
from analysis.metrics import compute_metrics, constants, softmax

__all__ = [
    "compute_metrics",
    "constants",
    "evaluate",
    "predict_logits",
    "softmax",
]
