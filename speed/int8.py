"""Products in int8: a quarter of the memory, and on a CPU with VNNI a third of the time.

Weights are rounded to 255 steps an output, once; tokens to 256 steps each, as they come. A scale
of its own for each token keeps large values of one from costing another its digits, and makes a
text's answer independent of its neighbours. Sums are kept whole in int32, all else stays fp32.
Source: LLM.int8(), Dettmers et al. 2022, section 3.1, https://arxiv.org/abs/2208.07339.
"""

import copy
from collections.abc import Sequence
from functools import cache
from itertools import chain

import torch
from torch import Tensor, nn

from bert_min.model import BertForSequenceClassification
from speed.packing import pack_children


def has_int8(device: torch.device) -> bool:
    """Whether this PyTorch and the device multiply in int8 by oneDNN, and exactly."""
    there = torch.backends.mkldnn.is_available() and hasattr(torch.ops.onednn, "qlinear_pointwise")
    return device.type == "cpu" and there and sums_are_whole()


@cache
def sums_are_whole() -> bool:
    """Whether the largest products add up: a CPU without VNNI cuts the sum of two at 16 bits."""
    steps, rounded = torch.full((16, 64), 255).byte(), torch.full((16, 64), 127).char()
    try:
        weight = torch.ops.onednn.qlinear_prepack(rounded, None)
        found = multiply(steps, weight, torch.ones(16), torch.zeros(16, dtype=torch.long))
    except RuntimeError:  # a processor that oneDNN has no int8 for
        return False
    return bool((found == 64 * 255 * 127).all())


def multiply(steps: Tensor, weight: Tensor, scale: Tensor, zeros: Tensor) -> Tensor:
    """(u v) w in fp32, for the names of Int8Linear; zeros (out_features,)."""
    return torch.ops.onednn.qlinear_pointwise(
        steps, 1.0, 0, weight, scale, zeros, None, 1.0, 0, torch.float32, "none", [], ""
    )


class Int8Linear(nn.Module):
    """x W + b for linear layers side by side, then an activation ("none" or "gelu"); no gradients.

    Maps (..., in_features) to (..., the sum of their out_features). With W = w · v (v in int8, w
    of each output) and x = s · u + m (u in uint8, s and m of each token):
    x W + b = s · (u v) w + m · sum(v) w + b. The operators are those that torch.compile writes
    for int8; PyTorch has no public name for them.
    Source: torch/_inductor/fx_passes/quantization.py.
    """

    def __init__(self, linears: Sequence[nn.Linear], activation: str = "none") -> None:
        super().__init__()
        weight = torch.cat([linear.weight.detach().float() for linear in linears])
        self.bias = torch.cat([linear.bias.detach().float() for linear in linears])
        self.scale = (weight.abs().amax(dim=1) / 127).clamp_min(1e-12)  # w: (out_features,)
        rounded = (weight / self.scale[:, None]).round().to(torch.int8)  # v
        self.sums = rounded.float().sum(dim=1) * self.scale  # sum(v) w
        self.weight = torch.ops.onednn.qlinear_prepack(rounded, None)
        self.zeros = torch.zeros(len(weight), dtype=torch.long)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        low = x.amin(dim=-1, keepdim=True)
        step = (x.amax(dim=-1, keepdim=True) - low).mul_(1 / 255)
        places = (x * (1 / step)).add_(0.5 - low / step)  # of equal values any: s is 0
        # By way of int16: PyTorch turns floats into bytes one by one, all else many at a time.
        y = multiply(places.short().byte(), self.weight, self.scale, self.zeros)
        torch.addcmul(self.bias, y, step, out=y).addcmul_(low, self.sums)
        return torch.ops.aten.gelu_(y) if self.activation == "gelu" else y


def quantized(model: BertForSequenceClassification) -> BertForSequenceClassification:
    """A twin of a model whose layers multiply in int8, which shares all else."""
    shared: dict[int, Tensor] = {id(t): t for t in chain(model.parameters(), model.buffers())}
    twin = copy.deepcopy(model, shared)
    pack_children(twin.bert.encoder, Int8Linear)
    return twin
