"""Peak resident memory, each contender in a fresh interpreter of its own."""

import sys
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks.material import Material, Sample
from benchmarks.measure import Report, Row, fresh_process
from benchmarks.training import BEST, LORA, OURS, PEFT_BEST, PLAIN, TRAINERS


def memory(material: Material) -> Report:
    """Training steps, one of them on the batch of the longest texts."""
    report = Report([])
    for shape in material.shapes:
        steps, rows = min(3, shape.steps), []
        sample = material.longest_and_others(steps)
        for name in tqdm((OURS, BEST, PLAIN, LORA, PEFT_BEST), desc=shape.name, disable=None):
            with fresh_process() as alone:
                job = alone.submit(peak_of_training, name, shape.folder, sample, material.dtype)
                rows.append(Row(name, shape.name, peak_mib=job.result()))
        peaks = {row.name: row.peak_mib or 0 for row in rows}
        best = min(peaks[BEST], peaks[PLAIN])
        for row in rows:
            peer = peaks[PEFT_BEST] if row.name in (LORA, PEFT_BEST) else best
            row.ratio_vs_best_peer = peaks[row.name] / peer
        report.rows += rows
        report.notes.append(f"{shape.name}: {steps} steps; the interpreter and libraries included.")
    report.notes.append("By best peer: lower is better; LoRA is compared with PEFT.")
    return report


def peak_of_training(name: str, folder: Path, sample: Sample, dtype: torch.dtype) -> float:
    """Train one of TRAINERS; the peak memory of this process in MiB."""
    TRAINERS[name](folder, sample, dtype)
    return peak_mib()


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
