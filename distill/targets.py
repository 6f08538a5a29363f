"""The teacher's outputs on the training texts, computed once and read back every epoch.

A frozen teacher with dropout off says the same of a text each time, so running it anew in each
epoch is waste. Logits (N, K) are small and kept in memory. Hidden states hold C values for each
token and layer (1.3 GB for MiniLM and 9,000 tweets, 5 GB for BERT-base), so they lie in a file
without a name on disk and only a batch of them is ever in memory.
"""

import contextlib
import hashlib
import os
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from tqdm import tqdm

from bert_min import BertForSequenceClassification, ModelError, save_tensors
from data.batches import CPU_BATCH, evaluation_batches, pad
from speed.packing import packed
from speed.ranks import rank
from speed.threads import side_by_side


def targets_key(teacher: BertForSequenceClassification, ids: Sequence[Sequence[int]]) -> str:
    """A name for what the targets depend on: teacher weights, texts and tokenisation."""
    digest = hashlib.sha256()
    for name, tensor in teacher.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    for row in ids:
        digest.update(np.asarray([len(row), *row], np.int64).tobytes())
    return digest.hexdigest()[:32]


class Targets(Protocol):
    """What the loop asks of a teacher: logits and hidden states of the texts at some places."""

    layers: list[int]

    def batch(self, index: np.ndarray, device: torch.device) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, K), and one (B, T, C) for each of `layers`."""


class StoredLogits:
    """The logits (N, K) of any teacher, from a safetensors file with one tensor `logits`.

    Raises ModelError where the file is none, or is not of `count` texts and `classes`.
    """

    def __init__(self, path: Path, count: int, classes: int) -> None:
        self.layers: list[int] = []
        try:
            self.logits = load_file(path)["logits"].float()
        except (OSError, SafetensorError, KeyError) as error:
            raise ModelError(f"{path} holds no tensor `logits`: {error}") from None
        if self.logits.shape != (count, classes) or not self.logits.isfinite().all():
            shape = tuple(self.logits.shape)
            raise ModelError(f"{path} holds logits {shape}, not finite ones ({count}, {classes})")

    def batch(self, index: np.ndarray, device: torch.device) -> tuple[Tensor, list[Tensor]]:
        return self.logits[index].to(device), []


class TeacherTargets:
    """Teacher logits, and the hidden states of `layers` (from 1), for every encoded text.

    `folder` holds the hidden states while this object lives; `cache` holds logits for later runs.
    """

    def __init__(
        self,
        teacher: BertForSequenceClassification,
        ids: Sequence[Sequence[int]],
        layers: Sequence[int] = (),
        folder: Path | None = None,
        cache: Path | None = None,
        batch_size: int = 64,
    ) -> None:
        self.layers = list(layers)
        self.pad_id = teacher.config.pad_token_id
        self.hidden_size = teacher.config.hidden_size
        self.lengths = np.array([len(row) for row in ids])
        self.offsets = np.zeros(len(ids), np.int64)  # where a text's states begin, in bytes
        self.file: BinaryIO | None = None
        self.lock = threading.Lock()  # the file has one position, several threads use it
        stored = cache / f"{targets_key(teacher, ids)}.safetensors" if cache else None
        if stored and stored.is_file() and not self.layers:
            with contextlib.suppress(SafetensorError, KeyError):  # a damaged cache is made anew
                self.logits = load_file(stored)["logits"]
                return
        if self.layers:
            self.file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (open while we live)
        self.logits = self._compute(teacher, ids, batch_size)
        if stored:
            partial = stored.with_suffix(".partial")
            with contextlib.suppress(OSError):  # a teacher that is read-only
                stored.parent.mkdir(parents=True, exist_ok=True)
                save_tensors({"logits": self.logits}, partial)
                os.replace(partial, stored)
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)

    def _compute(
        self, teacher: BertForSequenceClassification, ids: Sequence, batch_size: int
    ) -> Tensor:
        teacher.eval()  # dropout off: targets are the teacher's opinion, not a draw from it
        device = next(teacher.parameters()).device
        logits = torch.empty(len(ids), teacher.config.num_labels)
        reader = packed(teacher)

        @torch.inference_mode()
        def compute(index: np.ndarray) -> int:
            batch = pad([ids[i] for i in index], self.pad_id, device)
            output = reader(*batch, output_hidden_states=bool(self.layers))
            logits[index] = output.logits.float().cpu()
            if self.layers:
                states = torch.stack([output.hidden_states[n] for n in self.layers])  # (L, B, T, C)
                self._write(index, states.float().cpu())
            return len(index)

        on_cpu = device.type == "cpu"
        most = min(batch_size, CPU_BATCH) if on_cpu else batch_size
        quiet = True if rank() > 0 else None
        with tqdm(total=len(ids), desc="teacher outputs", unit="text", disable=quiet) as bar:
            for done in side_by_side(compute, evaluation_batches(self.lengths, most), on_cpu):
                bar.update(done)
        if self.file:
            self.file.flush()
        return logits

    def _write(self, index: np.ndarray, states: Tensor) -> None:
        assert self.file
        for row, i in enumerate(index):
            own = states[:, row, : self.lengths[i]].contiguous().numpy()
            with self.lock:
                self.offsets[i] = self.file.tell()
                self.file.write(own.tobytes())  # (tofile would hide a full disk)

    def batch(self, index: np.ndarray, device: torch.device) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, K) and one (B, T, C) a layer, zero on padding, of the texts at `index`."""
        logits = self.logits[index].to(device)
        if self.file is None:
            return logits, []
        L, B, T, C = len(self.layers), len(index), self.lengths[index].max(), self.hidden_size
        states = np.zeros((L, B, T, C), np.float32)
        for row, i in enumerate(index):
            length = self.lengths[i]
            with self.lock:
                self.file.seek(self.offsets[i])
                flat = np.fromfile(self.file, np.float32, L * length * C)
            states[:, row, :length] = flat.reshape(L, length, C)
        return logits, list(torch.from_numpy(states).to(device))
