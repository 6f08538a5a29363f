"""From logits to conclusions."""

from analysis.evaluate import evaluate, predict_logits
from analysis.metrics import compute_metrics, constants, softmax
from analysis.report import results_table

__all__ = [
    "compute_metrics",
    "constants",
    "evaluate",
    "predict_logits",
    "results_table",
    "softmax",
]
