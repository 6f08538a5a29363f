"""Checkpoints of a run that is being trained: complete or not there, and never another run's."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from bert_min import ModelError, save_tensors
from experiment.cli import say
from experiment.errors import UsageError
from experiment.progress import State
from experiment.rundir import check_manifest, read_json, write_json, write_manifest
from experiment.staging import sync
from speed.ranks import rank

FILES = ("state.safetensors", "state.json", "metrics.jsonl")


class Checkpoints:
    """The checkpoints beside the run directory `out`, in `.NAME.checkpoints/step-00000000`.

    `identity` is all that decides how training goes: the checkpoint of another one is refused.
    The newest `keep` stay: where one is damaged, there is the one before.
    """

    def __init__(self, out: Path, identity: dict[str, Any], keep: int = 2) -> None:
        self.folder = out.parent / f".{out.name}.checkpoints"
        self.identity, self.keep = identity, keep

    def save(self, metrics: Path, state: State) -> None:
        """Write the state and the lines of metrics.jsonl until now, and let go of old ones.

        Of several processes rank 0 does.
        """
        if rank() > 0:
            return
        staging = self.folder / "partial"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        try:
            save_tensors(state.tensors, staging / "state.safetensors")
            write_json(staging / "state.json", {"identity": self.identity, **state.values})
            shutil.copy(metrics, staging / "metrics.jsonl")
            write_manifest(staging, FILES)
            sync(*staging.iterdir(), staging)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        final = self.folder / f"step-{state.values['steps']:08d}"
        found = self._newest_first()
        # Damaged ones that were passed over, and those after a step that --resume named.
        newer = [folder for folder in found if folder >= final]
        for folder in newer:
            shutil.rmtree(folder, ignore_errors=True)
        os.rename(staging, final)
        sync(self.folder)
        for folder in self._newest_first()[self.keep :]:
            shutil.rmtree(folder, ignore_errors=True)

    def read(self, folder: Path, metrics: Path) -> State:
        """The state of one checkpoint, whose lines are copied to `metrics`.

        Raises ModelError where it is not complete, UsageError where it is one of a training with
        other settings.
        """
        state = self._load(folder)
        shutil.copy(folder / "metrics.jsonl", metrics)
        return state

    def newest(self, metrics: Path) -> State | None:
        """The state of the newest complete checkpoint, as `read` gives it.

        None where there are no checkpoints. Raises ModelError where none of them is complete,
        and the UsageError of `read`.
        """
        found = self._newest_first()
        for folder in found:
            try:
                return self.read(folder, metrics)
            except ModelError as error:
                say(f"warning: passing over a checkpoint: {error}")
        if found:
            raise ModelError(f"no checkpoint in {self.folder} is complete (hint: --overwrite)")
        return None

    def _load(self, folder: Path) -> State:
        if not (folder / "MANIFEST.json").is_file():
            raise ModelError(f"{folder} has no MANIFEST.json")
        if not (folder / "state.json").is_file():
            raise ModelError(f"{folder} is no checkpoint (hint: one of {self.folder}/step-*)")
        check_manifest(folder)
        values = read_json(folder / "state.json")
        identity = values.pop("identity", {})
        # A setting that this program does not have must have been off.
        known = {**{name: None for name, value in identity.items() if value}, **self.identity}
        differs = [
            f"{name} {identity.get(name)} and not {value}"
            for name, value in known.items()
            if identity.get(name) != value
        ]
        if differs:
            raise UsageError(
                f"{folder} was trained with {', '.join(differs)} (hint: the flags of then, or "
                "--overwrite)"
            )
        try:
            tensors = load_file(folder / "state.safetensors")
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{folder}/state.safetensors cannot be read: {error}") from None
        return State(tensors, values)

    def fit(self) -> bool:
        """Whether one of them is complete, and of a training with these settings."""
        for folder in self._newest_first():
            with suppress(ModelError, UsageError):
                return bool(self._load(folder))
        return False

    def clear(self) -> None:
        """Remove all: the run is finished, or begins anew."""
        if rank() == 0:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"), reverse=True)

    def __bool__(self) -> bool:
        return bool(self._newest_first())


class Journal:
    """Where a training is written down: a line for each step and epoch, and checkpoints."""

    def __init__(self, metrics: Path, checkpoints: Checkpoints) -> None:
        self.metrics, self.checkpoints = metrics, checkpoints
        self.file = open(metrics, "a", buffering=1, encoding="utf-8")  # noqa: SIM115 (see close)

    def write(self, line: dict[str, Any]) -> None:
        self.file.write(json.dumps(line) + "\n")

    def save(self, state: State) -> None:
        """Write a checkpoint."""
        self.checkpoints.save(self.metrics, state)

    def close(self) -> None:
        self.file.close()
