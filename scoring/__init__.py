"""From logits to conclusions."""

from scoring.calibration import choose_threshold, fit_temperature
from scoring.evaluate import evaluate, predict_logits
from scoring.metrics import compute_metrics, constants, softmax

__all__ = [
    "choose_threshold",
    "compute_metrics",
    "constants",
    "evaluate",
    "fit_temperature",
    "predict_logits",
    "softmax",
]
