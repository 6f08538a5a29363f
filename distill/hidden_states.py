"""Where a teacher's hidden states are kept while a student learns: in a file, or on its GPU.

Shapes:  N texts,  B batch,  T tokens,  C hidden size,  L layers that are kept.
"""

import tempfile
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from data.batches import send


class HiddenStates(Protocol):
    """The states of texts by their places `index` (B,), rounded to bf16."""

    def write(self, index: np.ndarray, states: list[Tensor]) -> None:
        """Keep L of (B, T, C)."""

    def read(self, index: np.ndarray) -> list[Tensor]:
        """L of (B, T, C), zero on padding."""


class FileStates:
    """In a file without a name in `folder`, so that only a batch of them is ever in memory.

    `shape` is (L, C), `lengths` (N,) are the tokens of each text. Several threads may read.
    """

    def __init__(self, lengths: np.ndarray, shape: tuple[int, int], folder: Path | None) -> None:
        self.lengths, self.shape = lengths, shape
        self.offsets = np.zeros(len(lengths), np.int64)  # where a text's states begin, in bytes
        self.lock = Lock()
        self.file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (open while we live)

    def write(self, index: np.ndarray, states: list[Tensor]) -> None:
        together = torch.stack([s.bfloat16() for s in states]).cpu().view(torch.int16).numpy()
        for row, i in enumerate(index):
            own = together[:, row, : self.lengths[i]]
            self.offsets[i] = self.file.tell()
            self.file.write(own.tobytes())  # (tofile would hide a full disk)
        self.file.flush()

    def read(self, index: np.ndarray) -> list[Tensor]:
        (L, C), B, T = self.shape, len(index), self.lengths[index].max()
        states = torch.zeros(L, B, T, C, dtype=torch.bfloat16)
        bits = states.view(torch.int16).numpy()  # numpy has no bf16
        for row, i in enumerate(index):
            own = bits[:, row, : self.lengths[i]]
            with self.lock:  # (Windows has no pread)
                self.file.seek(self.offsets[i])
                flat = self.file.read(own.nbytes)
            own[...] = np.frombuffer(flat, np.int16).reshape(own.shape)
        return list(states)


class DeviceStates:
    """In one tensor on a device: a row (L, C) for each token of all texts, and one of zeros.

    `shape` is (L, C), `lengths` (N,) are the tokens of each text.
    """

    def __init__(self, lengths: np.ndarray, shape: tuple[int, int], device: torch.device) -> None:
        self.lengths = lengths
        self.first = np.cumsum(lengths) - lengths
        total = int(lengths.sum())
        self.rows = torch.zeros(total + 1, *shape, dtype=torch.bfloat16, device=device)

    def _places(self, index: np.ndarray) -> Tensor:
        """The rows (B, T) of texts; padding is the last one."""
        steps = np.arange(self.lengths[index].max())
        rows = self.first[index][:, None] + steps
        rows[steps >= self.lengths[index][:, None]] = len(self.rows) - 1
        return send(torch.from_numpy(rows), self.rows.device)

    def write(self, index: np.ndarray, states: list[Tensor]) -> None:
        self.rows[self._places(index)] = torch.stack(states, dim=2).bfloat16()  # (B, T, L, C)
        self.rows[-1] = 0

    def read(self, index: np.ndarray) -> list[Tensor]:
        return list(self.rows[self._places(index)].unbind(2))
