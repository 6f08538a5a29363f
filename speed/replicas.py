"""Replicas of a student that share its weights: the parts of a batch are trained side by side.

What each of them does was measured on two cores with MiniLM, TweetEval and bf16; the figures and
the command behind them are in docs/performance.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bert_min import BertForSequenceClassification
from speed.ranks import add_up, add_up_rows
from speed.threads import Workers


class Dropout(nn.Module):
    """x * keep / (1 - p), where each value of `keep` is 0 with probability p, else 1.

    nn.Dropout draws one random number for a value; here one 64-bit number gives four of 16 bits,
    which makes dropout four times as fast on a CPU. p is rounded to a multiple of 2^-16.
    """

    def __init__(self, p: float, generator: torch.Generator) -> None:
        super().__init__()
        self.p, self.generator = p, generator

    def forward(self, x: Tensor) -> Tensor:
        if self.p == 0:
            return x
        # From -2^63 with no upper end: all 64 bits are drawn. The default of `random_` leaves the
        # sign bit 0, and then every fourth value could never be dropped.
        words = torch.empty((x.numel() + 3) // 4, dtype=torch.int64)
        words.random_(-(2**63), None, generator=self.generator)
        draws = words.view(torch.int16)[: x.numel()].view(x.shape)  # uniform in [-2^15, 2^15)
        keep = torch.empty_like(x, requires_grad=False, memory_format=torch.contiguous_format)
        torch.ge(draws, round(self.p * 2**16) - 2**15, out=keep)
        return x * keep.mul_(1 / (1 - self.p))


class Replica:
    """A student that computes with given weights and has gradients and dropout of its own."""

    def __init__(self, student: BertForSequenceClassification, weights: dict[str, Tensor]) -> None:
        shared = {
            id(p): nn.Parameter(weights[name], requires_grad=p.requires_grad)
            for name, p in student.named_parameters()
        }
        self.model = copy.deepcopy(student, shared).train()
        self.device = next(iter(weights.values())).device
        self.generator = torch.Generator()
        if self.device.type == "cpu":
            for module in list(self.model.modules()):
                for name, child in module.named_children():
                    if isinstance(child, nn.Dropout):
                        setattr(module, name, Dropout(child.p, self.generator))
                    elif isinstance(child, nn.Embedding):
                        child.sparse = True  # else a part zeroes a gradient for every known token

    def seed_dropout(self, *numbers: int) -> None:
        """Make the masks that are drawn next depend on these numbers alone."""
        seed = int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])
        if self.device.type == "cpu":
            self.generator.manual_seed(seed)
        else:
            torch.manual_seed(seed)


class Replicas:
    """Mixed precision and data parallelism: replicas compute, the student keeps fp32 weights.

    In fp32 the replicas use the student's own weights; in bf16 they share one rounded copy, made
    anew after each step (Micikevicius et al. 2018, section 3.1, https://arxiv.org/abs/1710.03740;
    bf16 has the range of fp32, so the loss needs no scaling).
    """

    def __init__(self, student: BertForSequenceClassification, dtype: torch.dtype) -> None:
        self.masters = dict(student.named_parameters())
        self.weights = {name: p.detach().to(dtype) for name, p in self.masters.items()}
        self.workers = Workers()
        on_cpu = next(student.parameters()).device.type == "cpu"
        count = self.workers.cores if on_cpu else 1
        self.replicas = [Replica(student, self.weights) for _ in range(count)]
        self.sparse = {
            f"{name}.weight"
            for name, module in self.replicas[0].model.named_modules()
            if isinstance(module, nn.Embedding) and module.sparse
        }
        trained = {name: p for name, p in self.masters.items() if p.requires_grad}
        dense = [name for name in trained if name not in self.sparse]
        sizes = [trained[name].numel() for name in dense]
        # The dense gradients lie in one tensor: processes add them up without copying them.
        self.flat = next(iter(trained.values())).new_zeros(sum(sizes))
        parts = dict(zip(dense, self.flat.split(sizes), strict=True))
        self.gradients = {
            name: parts[name].view_as(p) if name in parts else torch.zeros_like(p)
            for name, p in trained.items()
        }
        for name, p in trained.items():
            p.grad = self.gradients[name]

    def backward(self, function: Callable[[Replica, int], Any], parts: Sequence[int]) -> list[Any]:
        """Leave in the student's `.grad` the sum of the gradients of all parts.

        `function` is given a replica and a part, calls backward, and returns what it likes.
        """
        count = min(len(self.replicas), len(parts))

        def work(number: int) -> list[Any]:
            return [function(self.replicas[number], part) for part in parts[number::count]]

        results = list(self.workers.map(work, range(count)))
        self._collect()
        return [results[i % count][i // count] for i in range(len(parts))]

    @torch.no_grad()
    def _collect(self) -> None:
        """Add up the gradients of all replicas, and of the replicas of all processes."""
        parameters = [dict(replica.model.named_parameters()) for replica in self.replicas]
        for name, gradient in self.gradients.items():
            parts = [part for own in parameters if (part := own[name].grad) is not None]
            for own in parameters:
                own[name].grad = None
            if name in self.sparse:
                gradient.zero_()
                rows = [part._indices()[0] for part in parts]  # a row for each token
                for part, row in zip(parts, rows, strict=True):
                    gradient.index_add_(0, row, part._values().to(gradient.dtype))
                add_up_rows(gradient, torch.cat(rows) if rows else gradient.new_empty(0).long())
            else:
                gradient.copy_(parts[0]) if parts else gradient.zero_()
                for part in parts[1:]:
                    gradient += part
        add_up(self.flat)

    @torch.no_grad()
    def refresh(self) -> None:
        """Round the student's weights again, after a step of the optimiser."""
        for name, master in self.masters.items():
            if master.requires_grad and self.weights[name].dtype != master.dtype:
                self.weights[name].copy_(master)
