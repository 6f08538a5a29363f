"""From logits to conclusions."""

from scoring.calibration import choose_threshold, fit_temperature
from scoring.evaluate import evaluate, predict_logits
from scoring.metrics import compute_metrics, constants, decide, score_of, softmax

__all__ = [
    "choose_threshold",
    "compute_metrics",
    "constants",
    "decide",
    "evaluate",
    "fit_temperature",
    "predict_logits",
    "score_of",
    "softmax",
]
