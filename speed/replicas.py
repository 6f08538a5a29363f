"""Replicas of a model that share its weights: the parts of a batch are trained side by side.

`Replicas` stands in for `distill.loop.compute_gradients`, and leaves the same gradients in less
time. What each trick here gains was measured (docs/performance, `ablation`). Numbers stay on the
device: the loop reads them, once a step.
"""

import copy
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from bert_min import BertForSequenceClassification
from distill.loop import Batch, Task, batch_loss
from distill.losses import TERMS
from distill.optimizer import trainable
from speed.loss_scale import LossScale
from speed.ranks import add_up, add_up_rows, rank, world
from speed.threads import Workers

TOKENS_PER_PART = 1536  # bounds memory, whatever the batch size and the longest text


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
    """A model that computes with given weights and has gradients and dropout of its own."""

    def __init__(self, model: BertForSequenceClassification, weights: dict[str, Tensor]) -> None:
        shared = {
            id(p): nn.Parameter(weights[name], requires_grad=p.requires_grad)
            for name, p in model.named_parameters()
        }
        self.model = copy.deepcopy(model, shared).train()  # what is in `shared` is not copied
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
    """Mixed precision and data parallelism: replicas compute, the model keeps fp32 weights.

    In fp32 the replicas use the model's own weights; in bf16 and fp16 they share one rounded
    copy, made anew before each batch (Micikevicius et al. 2018, section 3.1,
    https://arxiv.org/abs/1710.03740). bf16 has the range of fp32; with fp16 the loss is scaled.
    Dropout masks follow from `seed`, the number of the step and the part of the batch. A batch is
    computed in `accumulate` parts or more.
    """

    def __init__(
        self,
        model: BertForSequenceClassification,
        dtype: torch.dtype,
        seed: int,
        accumulate: int = 1,
    ) -> None:
        self.model, self.seed, self.accumulate = model, seed, accumulate
        self.scale = LossScale(dtype)
        self.masters = dict(model.named_parameters())
        # In fp32 `to` copies nothing: these are the model's own weights.
        self.weights = {name: p.detach().to(dtype) for name, p in self.masters.items()}
        self.workers = Workers()
        self.on_cpu = next(model.parameters()).device.type == "cpu"
        count = self.workers.cores if self.on_cpu else 1
        self.replicas = [Replica(model, self.weights) for _ in range(count)]
        self.sparse = {
            f"{name}.weight"
            for name, module in self.replicas[0].model.named_modules()
            if isinstance(module, nn.Embedding) and module.sparse
        }
        trained = trainable(model)
        dense = [name for name in trained if name not in self.sparse]
        sizes = [trained[name].numel() for name in dense]
        # The dense gradients lie in one tensor: processes add them up without copying them.
        self.flat = next(iter(trained.values())).new_zeros(sum(sizes))
        pieces = dict(zip(dense, self.flat.split(sizes), strict=True))
        self.sums = {
            name: pieces[name].view_as(p) if name in pieces else torch.zeros_like(p)
            for name, p in trained.items()
        }

    def __call__(
        self, model: BertForSequenceClassification, task: Task, batch: Batch
    ) -> dict[str, Tensor]:
        """Leave a batch's gradients in the model's `.grad`; the terms of its loss.

        The parts share out among the processes, and there among the replicas, and add up.
        """
        assert model is self.model
        parts = self._split(task, batch.index)

        def train_part(replica: Replica, n: int) -> dict[str, Tensor]:
            replica.seed_dropout(self.seed, batch.step, n)
            terms = batch_loss(replica.model, task, parts[n])
            share = len(parts[n]) / len(batch.index)  # every term is a mean over texts
            (self.scale.factor * share * terms["loss"]).backward()
            return {name: share * term.detach() for name, term in terms.items()}

        self._round()
        while True:
            terms = self._side_by_side(train_part, range(rank(), len(parts), world()))
            self._collect()
            if self.scale.unscale(self.sums.values()):
                return add_up_terms(terms, task, self.flat.device)

    def _split(self, task: Task, index: np.ndarray) -> list[np.ndarray]:
        """The parts of a batch: those asked for, a part for each process, small ones on a CPU."""
        if not self.on_cpu:
            return np.array_split(index, min(len(index), self.accumulate * world()))
        return split_batch(index, max(len(task.ids[i]) for i in index), self.accumulate)

    @torch.no_grad()
    def _round(self) -> None:
        """Round the model's weights, which a step of the optimiser has changed."""
        for name, master in self.masters.items():
            if master.requires_grad and self.weights[name].dtype != master.dtype:
                self.weights[name].copy_(master)

    def _side_by_side(
        self, train_part: Callable[[Replica, int], dict[str, Tensor]], parts: Sequence[int]
    ) -> list[dict[str, Tensor]]:
        """Each replica trains its share of the parts, in turn; what `train_part` gave for each."""
        count = min(len(self.replicas), len(parts))

        def work(number: int) -> list[dict[str, Tensor]]:
            return [train_part(self.replicas[number], part) for part in parts[number::count]]

        results = list(self.workers.map(work, range(count)))
        return [results[i % count][i // count] for i in range(len(parts))]

    @torch.no_grad()
    def _collect(self) -> None:
        """Add up the gradients of all replicas, and of the replicas of all processes."""
        parameters = [dict(replica.model.named_parameters()) for replica in self.replicas]
        for name, total in self.sums.items():
            found = [gradient for own in parameters if (gradient := own[name].grad) is not None]
            for own in parameters:
                own[name].grad = None
            if name in self.sparse:
                total.zero_()
                rows = [gradient._indices()[0] for gradient in found]  # a row for each token
                for gradient, row in zip(found, rows, strict=True):
                    total.index_add_(0, row, gradient._values().to(total.dtype))
                add_up_rows(total, torch.cat(rows) if rows else total.new_empty(0).long())
            else:
                total.copy_(found[0]) if found else total.zero_()
                for gradient in found[1:]:
                    total += gradient
            self.masters[name].grad = total
        add_up(self.flat)

    def close(self) -> None:
        """Let the threads go."""
        self.workers.close()


def split_batch(index: np.ndarray, longest: int, least: int = 1) -> list[np.ndarray]:
    """Cut a batch into 2, 4, 8... even parts of about TOKENS_PER_PART tokens, padding included.

    Gradients of the parts add up to the batch's. A power of two shares out evenly among cores,
    and it does not depend on their number: neither do the dropout masks, drawn part by part.
    (`least` parts, or more than two processes, make a multiple of their number.)
    """
    tokens = len(index) * longest
    ways = max(2, world(), least)  # each process needs a part
    parts = ways * 2 ** max(0, math.ceil(math.log2(tokens / TOKENS_PER_PART / ways)))
    return np.array_split(index, min(len(index), parts))


def add_up_terms(
    parts: list[dict[str, Tensor]], task: Task, device: torch.device
) -> dict[str, Tensor]:
    """The loss terms of a batch from those of its parts, in this and in all other processes."""
    targets = task.targets  # the names follow from the task: a process may have no part
    has = (True, True, targets is not None, targets is not None and bool(targets.layers))
    names = [name for name, there in zip(TERMS, has, strict=True) if there]
    totals = torch.zeros(len(names), device=device)
    for part in parts:
        totals += torch.stack([part[name] for name in names])
    add_up(totals)
    return dict(zip(names, totals, strict=True))
