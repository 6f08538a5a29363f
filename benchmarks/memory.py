"""Peak resident memory, each contender in a fresh interpreter of its own."""

import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.material import Material, Sample
from benchmarks.measure import Report, Row

ROOT = Path(__file__).parent.parent


def memory(material: Material) -> Report:
    """Training steps, one of them on the batch of the longest texts."""
    from benchmarks.training import BEST, LORA, OURS, PEFT_BEST, PLAIN

    report = Report([])
    dtype = str(material.dtype).removeprefix("torch.")
    for shape in material.shapes:
        steps = min(3, shape.steps)
        rows = []
        sample = asdict(material.longest_and_others(steps))
        for name in tqdm((OURS, BEST, PLAIN, LORA, PEFT_BEST), desc=shape.name, disable=None):
            job = {"train": name, "folder": str(shape.folder), "dtype": dtype, "sample": sample}
            peak = run_child(job)["peak_mib"]
            rows.append(Row(name, shape.name, peak_mib=peak))
        peers = [row for row in rows if row.name in (BEST, PLAIN)]
        best = min(row.peak_mib or 0 for row in peers)
        best_lora = next(row.peak_mib or 0 for row in rows if row.name == PEFT_BEST)
        for row in rows:
            assert row.peak_mib
            lora = row.name in (LORA, PEFT_BEST)
            row.ratio_vs_best_peer = row.peak_mib / (best_lora if lora else best)
        report.rows += rows
        report.notes.append(f"{shape.name}: {steps} steps; the interpreter and libraries included.")
    report.notes.append("By best peer: lower is better; LoRA is compared with PEFT.")
    return report


def run_child(job: dict[str, Any]) -> dict[str, float]:
    """Do a job in a new interpreter; its peak memory in MiB and its seconds."""
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory"],
        input=json.dumps(job),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if child.returncode:
        raise RuntimeError(f"a benchmark's child process failed: {child.stderr[-2000:]}")
    return json.loads(child.stdout.splitlines()[-1])


def peak_mib() -> float:
    """The largest resident memory of this process since it began.

    Linux's own counter starts with the program; that of getrusage keeps what the parent had.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def do(job: dict[str, Any]) -> dict[str, float]:
    """Train on a sample, or label a file as predict.py does."""
    started = time.perf_counter()
    if "train" in job:
        import torch

        from benchmarks.training import TRAINERS

        sample, dtype = Sample(**job["sample"]), getattr(torch, job["dtype"])
        TRAINERS[job["train"]](Path(job["folder"]), sample, dtype)
    else:
        import predict

        sys.argv = ["predict.py", *job["predict"]]
        predict.main()
    return {"peak_mib": peak_mib(), "seconds": time.perf_counter() - started}


if __name__ == "__main__":
    print(json.dumps(do(json.load(sys.stdin))))
