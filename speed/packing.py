"""A model's products as oneDNN likes them: the same numbers, with AVX-512 in half the time.

PyTorch gives an fp32 product to MKL, which uses half the width of such registers on an AMD
processor, and both MKL and oneDNN read weights in an order that is not theirs. Here oneDNN puts
the weights into its own order, once. The gains are in docs/performance/NOTES.md.

Shapes as in model.py:  B batch,  T tokens,  C hidden size,  H heads,  D = C // H.
"""

import copy
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bert_min.model import BertIntermediate, BertSelfAttention

Model = TypeVar("Model", bound=nn.Module)


class PackedLinear(nn.Module):
    """x W + b for linear layers side by side, then an activation ("none" or "gelu"); no gradients.

    Maps (..., in_features) to (..., the sum of their out_features). The two operators are those
    that torch.compile writes for a linear layer on a CPU; PyTorch has no public name for them.
    Source: torch/_inductor/fx_passes/mkldnn_fusion.py.
    """

    def __init__(self, linears: Sequence[nn.Linear], activation: str = "none") -> None:
        super().__init__()
        weight = torch.cat([linear.weight.detach() for linear in linears])
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight)
        self.bias = torch.cat([linear.bias.detach() for linear in linears])
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise(
            x, self.weight, self.bias, self.activation, [], "none"
        )


class PackedSelfAttention(nn.Module):
    """BertSelfAttention with one product for queries, keys and values."""

    def __init__(self, projection: nn.Module, num_heads: int) -> None:
        super().__init__()
        self.projection, self.num_heads = projection, num_heads

    def forward(self, x: Tensor, mask: Tensor | None, queries: int | None = None) -> Tensor:
        qkv = self.projection(x).unflatten(-1, (3, self.num_heads, -1))  # (B, T, 3, H, D)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (B, H, T, D)
        attended = F.scaled_dot_product_attention(q[:, :, :queries], k, v, attn_mask=mask)
        return attended.transpose(1, 2).flatten(2)  # (B, queries, C)


def packed(model: Model) -> Model:
    """A twin of a model with packed products, which shares all else.

    Where they cannot be packed (not on a CPU, no oneDNN) or are already, the model itself.
    """
    plain = any(type(module) is nn.Linear for module in model.modules())
    if not (plain and can_pack(next(model.parameters()))):
        return model
    shared: dict[int, Tensor] = {id(t): t for t in chain(model.parameters(), model.buffers())}
    twin = copy.deepcopy(model, shared)
    pack_children(twin, PackedLinear)
    return twin


def can_pack(weight: Tensor) -> bool:
    """Whether oneDNN is there and multiplies the weight's format on its device, faster than MKL.

    Without AVX-512 it does not, and its code takes megabytes for each number of rows.
    """
    there = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    if weight.device.type != "cpu" or not there:
        return False
    if weight.dtype == torch.bfloat16:  # which older processors have not
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    wide = "AVX512" in torch.backends.cpu.get_cpu_capability()
    return weight.dtype == torch.float32 and wide


def pack_children(module: nn.Module, kind: Callable[..., nn.Module]) -> None:
    """Put layers of a kind into a module where plain ones were."""

    def plain(*layers: nn.Module) -> bool:  # not wrapped by LoRA
        return all(type(layer) is nn.Linear for layer in layers)

    for name, child in module.named_children():
        if isinstance(child, BertSelfAttention) and plain(child.query, child.key, child.value):
            projection = kind([child.query, child.key, child.value])
            setattr(module, name, PackedSelfAttention(projection, child.num_heads))
        elif isinstance(child, BertIntermediate) and plain(child.dense):
            setattr(module, name, kind([child.dense], "gelu"))
        elif isinstance(child, nn.Linear) and plain(child):
            setattr(module, name, kind([child]))
        else:
            pack_children(child, kind)
