"""What every benchmark shares: rows, the machine, its matrix-multiply limit, a fresh process."""

import ctypes
import gc
import multiprocessing
import os
import platform
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import numpy as np
import torch

SIDE = 2048  # of the square matrices whose product gives the limit
PEERS = ("transformers", "peft", "onnxruntime", "ctranslate2", "openvino", "nncf")
PACKAGES = ("torch", *PEERS, "tokenizers")


@dataclass
class Row:
    """One contender's figures; None where a figure does not apply.

    Tokens are useful ones, without padding. `spread` is the interquartile range over the median of
    what was timed. `ratio_vs_best_peer` is speed over the best peer's speed, or for times of one
    text and for memory this row's over the best peer's. `difference` and `other_labels` compare
    P(positive) and the labels with transformers in fp32.
    """

    name: str
    shape: str
    tokens_per_s: float | None = None
    ms_p50: float | None = None
    ms_p99: float | None = None
    spread: float | None = None
    peak_mib: float | None = None
    ratio_vs_best_peer: float | None = None
    share_of_limit: float | None = None
    difference: float | None = None
    other_labels: int | None = None
    curve: str | None = None  # scaling: what grows, and in which task
    size: float | None = None  # scaling: how large it is


@dataclass
class Report:
    """A benchmark's outcome; `extra` holds lists of dicts that are shown as further tables."""

    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    extra: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def machine() -> dict[str, Any]:
    """The processor, the cores, the threads in use, and the versions of all that is compared."""
    there = {str(package.name).lower(): package.version for package in distributions()}
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "versions": {name: there.get(name) for name in PACKAGES},
    }


def processor() -> str:
    """Its name, where Linux tells it."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text(errors="replace").splitlines() if about.is_file() else []
    found = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.processor() or platform.machine()


def matmul_rate(dtype: torch.dtype, side: int = SIDE, device: str = "cpu") -> float:
    """FLOP/s of a product of square matrices, the best that a model's products could reach.

    The fastest of 8: a limit is what the machine can do when nothing disturbs it.
    """
    a, b, c = torch.randn(3, side, side, device=device).to(dtype)

    def product() -> None:
        torch.mm(a, b, out=c)
        wait(device)

    return 2 * side**3 / min(seconds_of(product) for _ in range(8))


def wait(device: str) -> None:
    """Go on when a GPU has done all that it was given."""
    if device == "cuda":
        torch.cuda.synchronize()


def in_turn(names: Sequence[str], number: int) -> list[str]:
    """The order of round `number`: each begins once, so that none always comes after another."""
    start = number % len(names)
    return [*names[start:], *names[:start]]


def spread(values: Sequence[float]) -> float:
    """Interquartile range over median."""
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float((high - low) / middle)


def seconds_of(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def fresh_process() -> ProcessPoolExecutor:
    """A new interpreter that does what it is given, one thing after another; errors come back.

    Threads of one program that wait for work spin for some milliseconds, and would take a core
    from the next; and what one program has kept in memory is not the next one's.
    """
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


def let_go() -> None:
    """Give freed memory back to the system, so that the next contender finds it free.

    Without this a run keeps the most that any of them took, and 24 GB do not suffice.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim:  # glibc's
        trim(0)


def compare_with_best(rows: Sequence[Row], key: str, higher_is_better: bool) -> None:
    """Fill `ratio_vs_best_peer` of rows of one shape; rows named "ours..." are not peers."""
    peers = [getattr(row, key) for row in rows if not row.name.startswith("ours")]
    if not peers:
        return
    best = max(peers) if higher_is_better else min(peers)
    for row in rows:
        row.ratio_vs_best_peer = getattr(row, key) / best
