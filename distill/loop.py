"""One training step after the other, in plain sight: for the teacher, its students, and LoRA.

From `batch_loss` down, a batch goes through: pad, teacher targets, forward, loss; backward
(`compute_gradients`); clip, optimiser step, zero the gradients (`train_epoch`). `model` is what
learns. `train.py` puts speed.replicas.Replicas in the place of `compute_gradients`: each core takes
a part of the batch, in bf16 where there is hardware; in fp32, without dropout, it leaves the same.

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

    `loss_weights` say how much each of these counts, `text_weights` (N,) each text's label: 0
    where nobody labelled it.
    """

    ids: Ids
    labels: Tensor
    targets: Targets | None = None
    loss_weights: LossWeights = field(default_factory=LossWeights)
    text_weights: Tensor | None = None


@dataclass(frozen=True)
class Batch:
    """Which texts of a task: their places `index` (B,); and the number of the step, from 0."""

    step: int
    index: np.ndarray


def batch_loss(
    model: BertForSequenceClassification, task: Task, index: np.ndarray
) -> dict[str, Tensor]:
    """The loss of the texts at `index` and its terms: teacher's targets, forward pass."""
    device = next(model.parameters()).device
    input_ids, mask = pad([task.ids[i] for i in index], model.config.pad_token_id, device)

    # The teacher is frozen and has its dropout off: its words are stored, or found anew.
    teacher_logits, teacher_states = None, None
    if task.targets is not None:
        teacher_logits, teacher_states = task.targets.batch(index, device)  # (B, K), L of (B, T, C)

    logits, states = model(input_ids, mask, output_hidden_states=bool(teacher_states))

    # states[0] are the embeddings; states[n] is what student layer n gives. It is held against the
    # teacher layer that it was copied from: the n-th of task.targets.layers.
    hidden = (states[1:], teacher_states, mask) if states and teacher_states else None
    labels = send(task.labels[index], device)
    text_weights = None if task.text_weights is None else send(task.text_weights[index], device)
    weights = task.loss_weights, text_weights
    return distillation_loss(logits, labels, teacher_logits, hidden, *weights)


Gradients = Callable[[BertForSequenceClassification, Task, Batch], dict[str, Tensor]]


def compute_gradients(
    model: BertForSequenceClassification, task: Task, batch: Batch
) -> dict[str, Tensor]:
    """Leave a batch's gradients in the model's `.grad`; the terms of its loss."""
    terms = batch_loss(model, task, batch.index)
    terms["loss"].backward()
    return {name: term.detach() for name, term in terms.items()}


def to_floats(tensors: dict[str, Tensor]) -> dict[str, float]:
    """Scalars as floats, all at once: here a program waits for what its GPU has yet to do."""
    return dict(zip(tensors, torch.stack([*tensors.values()]).tolist(), strict=True))


def train_epoch(
    model: BertForSequenceClassification,
    task: Task,
    batches: Sequence[Batch],
    optimizer: torch.optim.Optimizer,
    schedule: Schedule,
    gradients: Gradients = compute_gradients,
) -> Iterator[dict[str, float]]:
    """Train on each batch in turn; yield a step's number from 1, rate, gradient norm and losses.

    A generator: a step is made when the next one is asked for, and whoever iterates may stop
    after any. The norm is that before clipping. Raises TrainingError at one not finite, or a loss.
    """
    parameters = list(trainable(model).values())
    model.train()  # dropout on
    for batch in batches:
        terms = gradients(model, task, batch)  # pad, teacher targets, forward, loss, backward

        # One odd batch may not throw the weights far; BERT's own fine-tuning clips at 1 as well.
        norm = nn.utils.clip_grad_norm_(parameters, 1.0)
        values = to_floats({"grad_norm": norm, **terms})  # a step waits for its GPU here alone
        if not all(map(math.isfinite, values.values())):
            found = f"loss {values['loss']}, gradient norm {values['grad_norm']}"
            raise TrainingError(f"{found} at step {batch.step + 1} {HINT}")

        lr = schedule.rate(batch.step)
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
        optimizer.zero_grad()  # gradients add up: the next batch begins without this one's
        yield {"step": batch.step + 1, "lr": lr, **values}
