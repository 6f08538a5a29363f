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

ROOT = Path(__file__).parent.parent
ONE, TWO = "ours, one process, one core", "ours, two processes, a core each"


def ranks(material: Material) -> Report:
    """Steps of full fine-tuning; efficiency is the speed of two over twice the speed of one."""
    shape = material.shapes[0]
    dtype = str(material.dtype).removeprefix("torch.")
    costs: dict[str, list[float]] = {ONE: [], TWO: []}
    for number in range(shape.rounds):
        sample = material.sample(shape.steps, seed=number)
        job = material.folder / "job.json"
        job.write_text(json.dumps({"folder": str(shape.folder), "dtype": dtype, **asdict(sample)}))
        for name in in_turn(list(costs), number):
            costs[name] += costs_of(1 if name == ONE else 2, job)
    rows = [
        Row(name, shape.name, tokens_per_s=1 / float(np.median(cost)), spread=spread(cost))
        for name, cost in costs.items()
    ]
    efficiency = np.median(costs[ONE]) / np.median(costs[TWO]) / 2
    return Report(rows, [f"Efficiency of two processes: {efficiency:.0%}."])


def costs_of(processes: int, job: Path) -> list[float]:
    """Seconds a useful token of each step of a job, on so many processes of one thread."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    child = subprocess.run(
        [sys.executable, *launcher, "-m", "benchmarks.ranks", str(job)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    if child.returncode:
        raise RuntimeError(f"a benchmark's child process failed: {child.stderr[-2000:]}")
    return json.loads(child.stdout.splitlines()[-1])


def main() -> None:
    import torch

    from benchmarks.training import fit_steps
    from bert_min import load_model
    from parallel import join_ranks

    join_ranks(torch.device("cpu"))
    job = json.loads(Path(sys.argv[1]).read_text())
    sample = Sample(job["ids"], job["labels"], job["batch_size"])
    steps = fit_steps(load_model(Path(job["folder"])), sample, getattr(torch, job["dtype"]))
    print(json.dumps([step.seconds / int(step.lengths.sum()) for step in steps]))


if __name__ == "__main__":
    main()
