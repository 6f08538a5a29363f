"""From logits to conclusions."""

from analysis.calibration import choose_threshold, fit_temperature
from analysis.evaluate import evaluate, predict_logits
from analysis.metrics import compute_metrics, constants, softmax

__all__ = [
    "choose_threshold",
    "compute_metrics",
    "constants",
    "evaluate",
    "fit_temperature",
    "predict_logits",
    "softmax",
]
