"""speed.memory: what the allocator keeps for the next tensor, and what it gives back."""

import ctypes
import os
import subprocess
import sys

import pytest

import webapp.__main__ as webapp_command

needs_glibc = pytest.mark.skipif(
    os.name != "posix" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="no glibc"
)
BEGIN = """
import ctypes, resource, sys, threading
from pathlib import Path
import torch
from speed.memory import give_memory_back, keep_memory

def tensors():  # 10 of 3 MB, written to
    return [torch.ones(786_432) for _ in range(10)]

def mebibytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) / 256
"""


def said(body: str) -> list[float]:
    """The numbers that a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + body], capture_output=True, text=True, check=True
    )
    return [float(word) for word in done.stdout.split()]


@needs_glibc
def test_the_next_tensors_find_the_memory_of_those_before():
    faults = """
def faults(work, times=20):
    tensors(), tensors()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        work()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults(tensors))
keep_memory()
print(faults(tensors))
"""
    first, then = said(faults)
    assert first > 20 * 100  # pages, large ones among them, anew each time
    assert then < first / 20


@needs_glibc
def test_a_server_has_no_more_memory_after_a_wave_than_before():
    grown = """
give_memory_back()
before = mebibytes()
kept = [(tensors(), torch.ones(10)) for _ in range(10)]
high = mebibytes() - before
kept = [small for _, small in kept]
print(high, mebibytes() - before)
"""
    high, after = said(grown)
    assert high > 250
    assert after < 20


@needs_glibc
@pytest.mark.parametrize("limited", [True, False])
def test_a_server_has_two_heaps_however_many_threads(limited):
    heaps = """
gate = threading.Barrier(9)
def work():
    held = torch.ones(10_000)
    gate.wait()
for _ in range(8):
    threading.Thread(target=work).start()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
gate.wait()
libc.malloc_info(0, out)
libc.fflush(out)
"""
    begin = BEGIN + ("give_memory_back()" if limited else "")
    command = [sys.executable, "-c", begin + heaps]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    count = done.stdout.count("<heap nr=")
    assert count <= 2 if limited else count > 2  # else the first proves nothing


def test_the_server_asks_for_its_memory_to_be_given_back(monkeypatch):
    def asked() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("speed.memory.give_memory_back", asked)
    monkeypatch.setattr(sys, "argv", ["webapp"])
    with pytest.raises(KeyboardInterrupt):
        webapp_command.main()
