"""Loss scaling: what fp16 needs so that small gradients do not become zero."""

from collections.abc import Iterable

import torch
from torch import Tensor

START, PATIENCE = 2.0**16, 2000


class LossScale:
    """A factor on the loss that keeps gradients in the range of a number format.

    fp16 ends at 6e-8 and 65504. The loss times `factor` moves its gradients up; where one of them
    becomes infinite the factor is halved and the batch is computed again, and after 2000 batches
    without that it doubles. bf16 and fp32 reach to 1e-38: their factor is 1.
    Source: Micikevicius et al. 2018, section 3.2, https://arxiv.org/abs/1710.03740
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self.needed = dtype == torch.float16
        self.factor = START if self.needed else 1.0
        self.batches = 0  # since the factor changed

    @torch.no_grad()
    def unscale(self, gradients: Iterable[Tensor]) -> bool:
        """Divide gradients by the factor; whether they are finite, else the factor is halved.

        At a factor of 1 they are taken as they are: what is not finite then is the loss's own.
        """
        if not self.needed:
            return True
        gradients = list(gradients)
        finite = torch.stack([gradient.isfinite().all() for gradient in gradients]).all()
        if self.factor > 1 and not finite:
            self.factor, self.batches = self.factor / 2, 0
            return False
        for gradient in gradients:
            gradient /= self.factor
        self.batches += 1
        if self.batches == PATIENCE:
            self.factor, self.batches = self.factor * 2, 0
        return True
