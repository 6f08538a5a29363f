"""From logits to conclusions."""

from analysis.evaluate import evaluate, predict_logits
from analysis.metrics import compute_metrics, constant_metrics, softmax
from analysis.report import markdown_table, table_row

__all__ = [
    "compute_metrics",
    "constant_metrics",
    "evaluate",
    "markdown_table",
    "predict_logits",
    "softmax",
    "table_row",
]
