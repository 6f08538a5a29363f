"""Linear layers in oneDNN's format: more speed for many texts, in fp32 on a CPU."""

import copy
from itertools import chain
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)


class PackedLinear(nn.Module):
    """x W + b, computed by oneDNN; (..., in_features) to (..., out_features), inference alone.

    PyTorch gives fp32 products to MKL, which uses half the width of an AMD processor's registers.
    oneDNN uses all of it, in fp32 too: its sums differ by their order alone.
    Source: the calls of `torch.utils.mkldnn.MkldnnLinear`, without its deprecated TorchScript.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = linear.weight.detach().to_mkldnn()
        self.bias = linear.bias.detach().to_mkldnn()

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.to_mkldnn(), self.weight, self.bias).to_dense()


def packed(model: Model) -> Model:
    """A twin of a model with packed linear layers, which shares all else; for inference.

    Where that gains nothing (other devices, other formats, no oneDNN) it is the model itself.
    """
    first = next(model.parameters())
    there = torch.backends.mkldnn.is_available()
    if not there or first.device.type != "cpu" or first.dtype != torch.float32:
        return model
    shared: dict[int, Tensor] = {id(t): t for t in chain(model.parameters(), model.buffers())}
    twin = copy.deepcopy(model, shared)
    for module in list(twin.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Linear:
                setattr(module, name, PackedLinear(child))
    return twin
