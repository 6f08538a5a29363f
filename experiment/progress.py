"""How far training has come, and all of it as named tensors and JSON values: a checkpoint."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import AdamW

from distill import trainable

MOMENTS = ("exp_avg", "exp_avg_sq")  # AdamW's running means of a gradient and of its square


@dataclass
class Progress:
    """What training has come to: the best epoch's weights and scores, and the last epoch's scores.

    A training loss is the mean over an epoch's steps of the cross-entropy with the labels, in nats,
    as it was trained on: dropout on, classes weighed. An epoch of 0 stands for none yet.
    """

    steps: int = 0
    hard_losses: list[float] = field(default_factory=list)  # of the steps of an unfinished epoch
    best_epoch: int = 0
    best_state: dict[str, Tensor] = field(default_factory=dict, repr=False)
    best_train_loss: float = 0.0
    best_validation: dict[str, Any] = field(default_factory=dict)
    last_epoch: int = 0
    last_train_loss: float = 0.0
    last_validation: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False

    def note(
        self, epoch: int, train_loss: float, validation: dict[str, Any], model: nn.Module
    ) -> None:
        """Take down an epoch, and keep its weights where no other has a lower validation loss."""
        if not self.best_epoch or validation["loss"] < self.best_validation["loss"]:
            self.best_state = {n: p.detach().clone() for n, p in trainable(model).items()}
            self.best_epoch, self.best_train_loss = epoch, train_loss
            self.best_validation = validation
        self.last_epoch, self.last_train_loss = epoch, train_loss
        self.last_validation = validation


class State(NamedTuple):
    """A moment of training. Nothing else is needed: order of texts and learning rate follow from
    the seed and the number of the step, and dropout masks from these and the part of the batch.
    Only fp16's loss scale begins anew: such a training goes on nearly as it would have."""

    tensors: dict[str, Tensor]
    values: dict[str, Any]  # what JSON can hold


def capture(model: nn.Module, optimizer: AdamW, done: Progress) -> State:
    """The state after a step; its tensors are the live ones, not copies."""
    tensors = {f"best.{name}": tensor for name, tensor in done.best_state.items()}
    for name, p in trainable(model).items():
        tensors[f"weight.{name}"] = p.detach()
        tensors |= {f"{moment}.{name}": optimizer.state[p][moment] for moment in MOMENTS}
    values = {k: v for k, v in vars(done).items() if k != "best_state"}
    return State(tensors, values)


@torch.no_grad()
def restore(state: State, model: nn.Module, optimizer: AdamW) -> Progress:
    """Put a state into a model and a fresh optimiser. Raises KeyError where a tensor is missing."""
    for name, p in trainable(model).items():
        p.copy_(state.tensors[f"weight.{name}"])
        moments = {m: state.tensors[f"{m}.{name}"].to(p.device).clone() for m in MOMENTS}
        count = torch.tensor(float(state.values["steps"]), device=p.device)
        optimizer.state[p] = {"step": count, **moments}
    best = {n.removeprefix("best."): t for n, t in state.tensors.items() if n.startswith("best.")}
    return Progress(**state.values, best_state=best)
