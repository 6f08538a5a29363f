"""From a fine-tuned teacher to a student of some of its layers."""

from distill.loop import Recipe, TrainingError, fit
from distill.losses import distillation_loss, hidden_loss, soft_loss
from distill.progress import Fit, State
from distill.student import LAYER_SETS, choose_layers, draw_layers, make_student
from distill.targets import StoredLogits, TeacherTargets

__all__ = [
    "LAYER_SETS",
    "Fit",
    "Recipe",
    "State",
    "StoredLogits",
    "TeacherTargets",
    "TrainingError",
    "choose_layers",
    "distillation_loss",
    "draw_layers",
    "fit",
    "hidden_loss",
    "make_student",
    "soft_loss",
]
