"""The LoRA layer: a frozen linear layer plus a trainable low-rank update beside it."""

import math
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LoRALinear(nn.Module):
    """y = base(x) + scaling * dropout(x) A^T B^T  with  scaling = lora_alpha / r.

    `base` is any nn.Linear from `in_features` to `out_features`; it is frozen, not copied.
    `lora_A` is (r, in_features), drawn Kaiming-uniform; `lora_B` is (out_features, r), zero: at
    step 0 the layer computes exactly what `base` computes. Raises ValueError for r below 1 and a
    `lora_dropout` that is no probability.
    Source: Hu et al. 2021, section 4.1, https://arxiv.org/abs/2106.09685 (which draws A from a
    Gaussian; Kaiming-uniform is the choice of microsoft/LoRA `loralib` and of PEFT).
    """

    def __init__(self, base: nn.Linear, r: int, lora_alpha: float, lora_dropout: float) -> None:
        super().__init__()
        if r < 1:
            raise ValueError(f"LoRA rank r must be at least 1, not {r}")
        self.dropout = nn.Dropout(lora_dropout)  # which refuses what is no probability
        self.base = base.requires_grad_(False)
        self.scaling = lora_alpha / r
        self.lora_A = nn.Parameter(base.weight.new_empty(r, base.in_features))
        self.lora_B = nn.Parameter(base.weight.new_zeros(base.out_features, r))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))  # within 1 / sqrt(in_features)
        self._unmerged_weight: Tensor | None = None

    @property
    def merged(self) -> bool:
        return self._unmerged_weight is not None

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., in_features) to (..., out_features)."""
        if self.merged:
            return self.base(x)
        update = F.linear(F.linear(self.dropout(x), self.lora_A), self.lora_B)
        return self.base(x) + self.scaling * update

    def train(self, mode: bool = True) -> Self:
        """As nn.Module.train; to be trained, a merged layer is unmerged first, as in loralib.

        Merged, the adapter has no part in y: it would get no gradient, and nobody would be told.
        """
        if mode:
            self.unmerge()
        return super().train(mode)

    @torch.no_grad()
    def merge(self) -> None:
        """W <- W + scaling * B A, once: merging a merged layer changes nothing.

        Dropout plays no part: it keeps the mean of x, and the update is linear in x.
        """
        if not self.merged:
            self._unmerged_weight = self.base.weight.clone()
            self.base.weight += self.scaling * (self.lora_B @ self.lora_A)

    @torch.no_grad()
    def unmerge(self) -> None:
        """Put back the weight from before the merge, bit for bit: a kept copy, no subtraction."""
        if self._unmerged_weight is not None:
            self.base.weight.copy_(self._unmerged_weight)
            self._unmerged_weight = None
