"""How much faster two processes with a core each train than one: `torchrun` on one machine."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.material import Material, Sample
from benchmarks.measure import Report, Row, in_turn, spread

ONE, TWO = "ours, one process, one core", "ours, two processes, a core each"
BESIDE = "ours, one process, beside another that trains on its own"


def ranks(material: Material) -> Report:
    """Steps of full fine-tuning; efficiency is the speed of two over twice the speed of one.

    Two jobs that have nothing to say to each other show what the machine itself allows.
    """
    shape = material.shapes[0]
    dtype = str(material.dtype).removeprefix("torch.")
    costs: dict[str, list[float]] = {ONE: [], TWO: [], BESIDE: []}
    for number in range(shape.rounds):
        sample = material.sample(shape.steps, seed=number)
        job = material.folder / "job.json"
        job.write_text(json.dumps({"folder": str(shape.folder), "dtype": dtype, **asdict(sample)}))
        for name in in_turn(list(costs), number):
            jobs = [start(2 if name == TWO else 1, job) for _ in range(1 + (name == BESIDE))]
            for child in jobs:
                costs[name] += costs_of(child)
    rows = [
        Row(name, shape.name, tokens_per_s=1 / float(np.median(cost)), spread=spread(cost))
        for name, cost in costs.items()
    ]
    one, two, beside = (np.median(cost) for cost in costs.values())
    note = f"Efficiency of two processes: {one / two / 2:.0%}; of two jobs: {one / beside:.0%}."
    return Report(rows, [note])


def start(processes: int, job: Path) -> subprocess.Popen[str]:
    """Begin a job on so many processes of one thread."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "benchmarks.ranks", str(job)],
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
    import torch

    from benchmarks.training import train_steps
    from bert_min import load_model
    from speed.ranks import join_ranks

    join_ranks(torch.device("cpu"))
    job = json.loads(Path(sys.argv[1]).read_text())
    sample = Sample(job["ids"], job["labels"], job["batch_size"])
    steps = train_steps(load_model(Path(job["folder"])), sample, getattr(torch, job["dtype"]))
    print(json.dumps([step.seconds / int(step.lengths.sum()) for step in steps]))


if __name__ == "__main__":
    main()
