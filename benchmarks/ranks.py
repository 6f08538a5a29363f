"""How much faster two processes with a core each train than one: `torchrun` on one machine.

Beside our sum of gradients stands PyTorch's DistributedDataParallel, on the same model and loop.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from benchmarks.material import Material, Sample
from benchmarks.measure import Report, Row, in_turn, spread
from benchmarks.training import format_note, train_steps
from bert_min import BertForSequenceClassification, load_model
from distill import Batch, Task
from distill.loop import batch_loss
from speed.ranks import join_ranks, rank, world
from speed.replicas import Replicas

ONE, TWO = "ours, one process, one core", "ours, two processes, a core each"
DDP_ONE = "DistributedDataParallel, one process, one core"
DDP = "DistributedDataParallel, two processes, a core each"
BESIDE = "ours, one process, beside another that trains on its own"


def ranks(material: Material) -> Report:
    """Steps of full fine-tuning; efficiency is the speed of two over twice the speed of one.

    Each is held against its own: DistributedDataParallel trains in autocast, ours in bf16 weights.
    Two jobs that have nothing to say to each other show what the machine itself allows.
    """
    shape = material.shapes[0]
    dtype = str(material.dtype).removeprefix("torch.")
    costs: dict[str, list[float]] = {ONE: [], TWO: [], DDP_ONE: [], DDP: [], BESIDE: []}
    for number in range(shape.rounds):
        sample = material.sample(shape.steps, seed=number)
        job = material.folder / "job.json"
        job.write_text(json.dumps({"folder": str(shape.folder), "dtype": dtype, **asdict(sample)}))
        for name in in_turn(list(costs), number):
            processes = 2 if name in (TWO, DDP) else 1
            words = ["ddp"] if name in (DDP_ONE, DDP) else []
            jobs = [start(processes, job, *words) for _ in range(1 + (name == BESIDE))]
            for child in jobs:
                costs[name] += costs_of(child)
    rows = [
        Row(name, shape.name, tokens_per_s=1 / float(np.median(cost)), spread=spread(cost))
        for name, cost in costs.items()
    ]
    one, two, ddp_one, ddp, beside = (np.median(cost) for cost in costs.values())
    note = (
        f"Efficiency of two processes: {one / two / 2:.0%}, by DistributedDataParallel "
        f"{ddp_one / ddp / 2:.0%}; of two jobs: {one / beside:.0%}."
    )
    return Report(rows, [note, format_note(material)])


class Averaged:
    """DistributedDataParallel in the place of Replicas: an even share of a batch a process."""

    def __init__(
        self, student: BertForSequenceClassification, dtype: torch.dtype, seed: int
    ) -> None:
        torch.manual_seed(seed)
        alone = not dist.is_initialized()  # then there is nobody to share with
        self.student = cast(Any, student if alone else DistributedDataParallel(student.train()))
        self.dtype = dtype
        self.student.config = student.config

    def __call__(
        self, student: BertForSequenceClassification, task: Task, batch: Batch
    ) -> dict[str, Tensor]:
        """Leave the mean of all processes' gradients; the terms of this one's loss."""
        share = np.array_split(batch.index, world())[rank()]
        with torch.autocast("cpu", self.dtype, enabled=self.dtype != torch.float32):
            terms = batch_loss(self.student, task, share)
        terms["loss"].backward()
        return {name: term.detach() for name, term in terms.items()}

    def close(self) -> None:
        """There is nothing to let go."""


def start(processes: int, job: Path, *words: str) -> subprocess.Popen[str]:
    """Begin a job on so many processes of one thread."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "benchmarks.ranks", str(job), *words],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def costs_of(child: subprocess.Popen[str]) -> list[float]:
    """Seconds a useful token of each step of a job, when it has ended."""
    output, errors = child.communicate()
    if child.returncode:
        raise RuntimeError(f"a benchmark's child process failed: {errors[-2000:]}")
    return json.loads(output.splitlines()[-1])


def main() -> None:
    join_ranks(torch.device("cpu"))
    job = json.loads(Path(sys.argv[1]).read_text())
    sample = Sample(job["ids"], job["labels"], job["batch_size"])
    kind = Averaged if "ddp" in sys.argv[2:] else Replicas
    model, dtype = load_model(Path(job["folder"])), getattr(torch, job["dtype"])
    steps = train_steps(model, sample, dtype, kind)
    print(json.dumps([step.seconds / int(step.lengths.sum()) for step in steps]))


if __name__ == "__main__":
    main()
