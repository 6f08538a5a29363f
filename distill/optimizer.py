"""What is trained, how fast, and with how much decay."""

from dataclasses import dataclass

import torch
from torch import nn


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that training changes: all, or with LoRA the adapters and the head."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def make_optimizer(model: nn.Module, weight_decay: float) -> torch.optim.AdamW:
    """AdamW with bias correction; no decay on biases and LayerNorm, as BERT was trained.

    Source: Mosbach et al. 2021, https://arxiv.org/abs/2006.04884 (bias correction and warm-up
    are what makes fine-tuning BERT stable); epsilon 1e-6 is that of google-research/bert.
    """
    parameters = trainable(model).items()
    exempt = [p for n, p in parameters if n.endswith("bias") or "LayerNorm" in n]
    decayed = [p for n, p in parameters if not (n.endswith("bias") or "LayerNorm" in n)]
    groups = [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": exempt, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, eps=1e-6, fused=True)  # fused: one pass over the weights


@dataclass(frozen=True)
class Schedule:
    """A learning rate that rises to `lr` over the warm-up and falls to 0 at the end, linearly."""

    lr: float
    warmup_steps: int
    total_steps: int

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if step < self.warmup_steps:
            return self.lr * ((step + 1) / (self.warmup_steps + 1))
        falling = max(1, self.total_steps - self.warmup_steps)
        return self.lr * ((self.total_steps - step) / falling)
