"""The teacher's outputs on the training texts: computed once and read back, or anew in each step.

A frozen teacher with dropout off says the same of a text each time, so running it anew in each
epoch is waste. Logits (N, K) are small and kept in memory. Hidden states hold C values for each
token and layer, so they are rounded to bf16 (0.65 GB for MiniLM and 9,000 tweets), lie on the GPU
or in a file, and only a batch of them is ever in memory. Where there is no room for them the
teacher runs live, and what it says is rounded alike: a student learns the same.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from bert_min import BertForSequenceClassification, BertOutput, ModelError, save_tensors
from data.batches import forward_batches, pad, send
from distill.hidden_states import DeviceStates, FileStates, HiddenStates

Ids = Sequence[Sequence[int]]
Forward = Callable[..., Iterator[tuple[np.ndarray, BertOutput]]]  # forward_batches, or a faster one


class Targets(Protocol):
    """What the loop asks of a teacher: logits and hidden states of the texts at some places."""

    layers: list[int]

    def batch(self, index: np.ndarray, device: torch.device) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, K), and one (B, T, C) in bf16 for each of `layers`."""


class StoredLogits:
    """The logits (N, K) of any teacher, from a safetensors file with one tensor `logits`.

    Raises ModelError where the file is none, is not of `count` texts and `classes`, or not finite.
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
        return send(self.logits[index], device), []


class TeacherTargets:
    """Teacher logits, and the hidden states of `layers` (from 1), for every encoded text.

    `place` is where the hidden states lie while this object lives: a folder, or a device that has
    room for them; `cache` holds logits for later runs. `forward` runs the teacher over the texts,
    as forward_batches does.
    """

    def __init__(
        self,
        teacher: BertForSequenceClassification,
        ids: Ids,
        layers: Sequence[int] = (),
        place: Path | torch.device | None = None,
        cache: Path | None = None,
        forward: Forward = forward_batches,
    ) -> None:
        self.layers = list(layers)
        self.states: HiddenStates | None = None
        stored = cache / f"{targets_key(teacher, ids)}.safetensors" if cache else None
        if stored and stored.is_file() and not self.layers:
            with contextlib.suppress(SafetensorError, KeyError):  # a damaged cache is made anew
                self.logits = load_file(stored)["logits"]
                return
        if self.layers:
            lengths = np.array([len(row) for row in ids])
            shape = (len(self.layers), teacher.config.hidden_size)
            if isinstance(place, torch.device):
                self.states = DeviceStates(lengths, shape, place)
            else:
                self.states = FileStates(lengths, shape, place)
        self.logits = torch.empty(len(ids), teacher.config.num_labels)
        for index, output in forward(teacher, ids, hidden_states=bool(self.layers)):
            self.logits[index] = output.logits.float().cpu()
            if self.states and output.hidden_states:
                self.states.write(index, [output.hidden_states[n] for n in self.layers])
        if stored:
            _keep(self.logits, stored)

    def batch(self, index: np.ndarray, device: torch.device) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, K), and one (B, T, C) in bf16 for each of `layers`, zero on padding."""
        states = self.states.read(index) if self.states else []
        return send(self.logits[index], device), [send(state, device) for state in states]


def stored_bytes(
    teacher: BertForSequenceClassification, ids: Ids, layers: Sequence[int] = ()
) -> int:
    """What TeacherTargets keeps: 4 bytes a logit, 2 a value of a hidden state."""
    config, tokens = teacher.config, sum(map(len, ids))
    return 4 * len(ids) * config.num_labels + 2 * tokens * len(layers) * config.hidden_size


class LiveTeacher:
    """The teacher itself, run on each batch that is asked for: the same as TeacherTargets says.

    Several threads may ask at once. Its dropout is off from now on.
    """

    def __init__(
        self, teacher: BertForSequenceClassification, ids: Ids, layers: Sequence[int] = ()
    ) -> None:
        self.teacher, self.ids, self.layers = teacher.eval(), ids, list(layers)

    @torch.no_grad()
    def batch(self, index: np.ndarray, device: torch.device) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, K), and one (B, T, C) in bf16 for each of `layers`."""
        texts = pad([self.ids[i] for i in index], self.teacher.config.pad_token_id, device)
        output = self.teacher(*texts, output_hidden_states=bool(self.layers))
        states = output.hidden_states or ()
        return output.logits.float(), [states[n].bfloat16() for n in self.layers]


def targets_key(teacher: BertForSequenceClassification, ids: Ids) -> str:
    """A name for what the targets depend on: teacher weights, texts and tokenisation."""
    digest = hashlib.sha256()
    for name, tensor in teacher.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    for row in ids:
        digest.update(np.asarray([len(row), *row], np.int64).tobytes())
    return digest.hexdigest()[:32]


def _keep(logits: Tensor, path: Path) -> None:
    """Write the cache file whole or not at all: a teacher may be read-only, a disk full."""
    partial = path.with_suffix(".partial")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_tensors({"logits": logits}, partial)
        os.replace(partial, path)
    with contextlib.suppress(OSError):
        partial.unlink(missing_ok=True)
