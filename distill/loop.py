"""One training step after the other, in plain sight: for the teacher, its students, and LoRA.

Read from `batch_loss` down, a batch goes through: pad, teacher targets, student forward, loss
(`batch_loss`); backward (`plain`); clip, optimiser step, zero the gradients (`train_epoch`).
`train.py` puts speed.replicas.Replicas in the place of `plain`: each core takes a part of the
batch, in bf16 where the hardware has it; in fp32 and without dropout the gradients are the same.

Shapes:  N texts,  B batch,  T tokens,  C hidden size,  K classes,  L student layers.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from bert_min import BertForSequenceClassification
from data.batches import pad, send
from distill.losses import LossWeights, distillation_loss
from distill.optimizer import Schedule, trainable
from distill.targets import Ids, Targets

HINT = "(hint: a lower --lr, or --dtype fp32)"


class TrainingError(Exception):
    """Training cannot go on."""


@dataclass(frozen=True)
class Task:
    """What is learned: N encoded texts, their labels (N,), and what a teacher says of them.

    `weights` say how much each of these counts, `text_weights` (N,) how much each text's label:
    0 where nobody labelled it.
    """

    ids: Ids
    labels: Tensor
    targets: Targets | None = None
    weights: LossWeights = field(default_factory=LossWeights)
    text_weights: Tensor | None = None


@dataclass(frozen=True)
class Batch:
    """Which texts of a task: their places `index` (B,); and the number of the step, from 0."""

    step: int
    index: np.ndarray


def batch_loss(
    student: BertForSequenceClassification, task: Task, index: np.ndarray
) -> dict[str, Tensor]:
    """The loss of the texts at `index` and its terms: student forward, teacher's targets."""
    device = next(student.parameters()).device
    input_ids, mask = pad([task.ids[i] for i in index], student.config.pad_token_id, device)

    # The teacher is frozen and has its dropout off: its words are stored, or found anew.
    teacher_logits, teacher_states = None, None
    if task.targets is not None:
        teacher_logits, teacher_states = task.targets.batch(index, device)  # (B, K), L of (B, T, C)

    logits, states = student(input_ids, mask, output_hidden_states=bool(teacher_states))

    # states[0] are the embeddings; states[n] is what student layer n gives. It is held against the
    # teacher layer that it was copied from: the n-th of task.targets.layers.
    hidden = (states[1:], teacher_states, mask) if states and teacher_states else None
    labels = send(task.labels[index], device)
    text_weights = None if task.text_weights is None else send(task.text_weights[index], device)
    return distillation_loss(logits, labels, teacher_logits, hidden, task.weights, text_weights)


Gradients = Callable[[BertForSequenceClassification, Task, Batch], dict[str, Tensor]]


def plain(student: BertForSequenceClassification, task: Task, batch: Batch) -> dict[str, Tensor]:
    """Leave a batch's gradients in the student's `.grad`; the terms of its loss."""
    terms = batch_loss(student, task, batch.index)
    terms["loss"].backward()
    return {name: term.detach() for name, term in terms.items()}


def numbers(tensors: dict[str, Tensor]) -> dict[str, float]:
    """Scalars as numbers, together: a program waits here for all that its GPU has yet to do."""
    return dict(zip(tensors, torch.stack([*tensors.values()]).tolist(), strict=True))


def train_epoch(
    student: BertForSequenceClassification,
    task: Task,
    batches: Sequence[Batch],
    optimizer: torch.optim.Optimizer,
    schedule: Schedule,
    gradients: Gradients = plain,
) -> Iterator[dict[str, float]]:
    """Train on each batch in turn; yield a step's number from 1, rate, gradient norm and losses.

    A generator: a step is made when the next one is asked for, and whoever iterates may stop
    after any. The norm is that before clipping. `gradients` makes the forward and backward pass.
    Raises TrainingError at a loss or a gradient that is not finite.
    """
    parameters = list(trainable(student).values())
    student.train()  # dropout on
    for batch in batches:
        terms = gradients(student, task, batch)  # pad, teacher targets, forward, loss, backward

        # One odd batch may not throw the weights far; BERT's own fine-tuning clips at 1 as well.
        norm = nn.utils.clip_grad_norm_(parameters, 1.0)
        values = numbers({"grad_norm": norm, **terms})  # of a step, a GPU is waited for here alone
        if not all(map(math.isfinite, values.values())):
            found = f"loss {values['loss']}, gradient norm {values['grad_norm']}"
            raise TrainingError(f"{found} at step {batch.step + 1} {HINT}")

        lr = schedule.rate(batch.step)
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
        optimizer.zero_grad()  # gradients add up: the next batch begins without this one's
        yield {"step": batch.step + 1, "lr": lr, **values}
