"""From a fine-tuned teacher to a student of some of its layers."""

from distill.loop import Batch, Task, TrainingError, batch_loss, train_epoch
from distill.losses import LossWeights, distillation_loss, hard_loss, hidden_loss, soft_loss
from distill.optimizer import Schedule, make_optimizer, trainable
from distill.student import choose_layers, make_student, reinitialize_layers
from distill.targets import LiveTeacher, StoredLogits, Targets, TeacherTargets

__all__ = [
    "Batch",
    "LiveTeacher",
    "LossWeights",
    "Schedule",
    "StoredLogits",
    "Targets",
    "Task",
    "TeacherTargets",
    "TrainingError",
    "batch_loss",
    "choose_layers",
    "distillation_loss",
    "hard_loss",
    "hidden_loss",
    "make_optimizer",
    "make_student",
    "reinitialize_layers",
    "soft_loss",
    "train_epoch",
    "trainable",
]
