"""Where training time goes, by kind of operator."""

from collections.abc import Callable
from typing import Any

import torch
from torch.profiler import ProfilerActivity, _ExperimentalConfig, profile

# The first kind with a word in the operator's name takes it.
KINDS = {
    "layer norm": ("layer_norm", "LayerNorm"),
    "optimizer": ("adam", "Optimizer", "_foreach", "linalg_vector_norm", "norm_"),
    "softmax and attention": ("softmax", "scaled_dot_product", "masked"),
    # The gradient of its rows is a sparse matrix: rows are taken, and those of a token summed.
    "embedding": ("embedding", "index", "scatter", "sparse", "coalesce"),
    "matrix multiply": ("mm", "linear", "matmul", "mkldnn", "onednn", "einsum"),
    "casts and copies": ("copy", "::to", "clone", "contiguous", "cat", "stack", "fill", "zero"),
    "element-wise": (
        *("gelu", "::add", "::mul", "::div", "::sub", "::sum", "tanh", "where", "::lt"),
        *("addcmul", "neg", "Backward"),
    ),
    "dropout masks": ("dropout", "bernoulli", "random_", "rand", "aten::ge"),
}


def kind_of(operator: str) -> str:
    """The kind of an operator of the profiler, such as aten::addmm."""
    found = (kind for kind, words in KINDS.items() if any(word in operator for word in words))
    return next(found, "other")


def operator_shares(work: Callable[[], Any]) -> dict[str, float]:
    """Each kind's share of the processor's time in operators, largest first; they sum to 1.

    `work` runs once before, so that what only the first step does is not counted.
    """
    work()
    every_thread = _ExperimentalConfig(profile_all_threads=True)
    with profile(activities=[ProfilerActivity.CPU], experimental_config=every_thread) as profiler:
        work()
    times: dict[str, float] = dict.fromkeys([*KINDS, "other"], 0.0)
    for event in profiler.key_averages():
        if event.device_type == torch.autograd.DeviceType.CPU:
            times[kind_of(event.key)] += event.self_cpu_time_total
    total = sum(times.values())
    return {kind: time / total for kind, time in sorted(times.items(), key=lambda kv: -kv[1])}
