"""The models that the page offers: found, loaded and checked before anything is served."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bert_min import ModelError
from experiment.classifier import Classifier
from experiment.cli import UsageError
from experiment.loading import load_classifier
from experiment.rundir import find_runs, is_run, read_json, read_record, weights_sha256
from lora import unload_lora
from scoring import compute_metrics

# Texts that a model reads at once: more are no faster on a CPU, but take and leave more memory.
BATCH_SIZE = 8
HINT = "(hint: make demo makes some under runs/demo, python train.py --mode odd makes one)"


@dataclass(frozen=True)
class Model:
    """A classifier under its name, and what its run directory says of it."""

    name: str
    sha256: str  # of its safetensors file: for LoRA, of the adapter
    classifier: Classifier
    card: str
    record: dict[str, Any]  # train_args.json
    results: dict[str, Any]  # results.json
    epochs: list[dict[str, Any]]  # the end of every epoch, from metrics.jsonl
    always_positive: float | None  # macro-F1 on the test set of calling every text toxic

    @property
    def max_tokens(self) -> int:
        return self.classifier.tokenizer.max_length

    @property
    def threshold(self) -> float:
        return self.classifier.decision.threshold

    @property
    def layers(self) -> str:
        depth = self.classifier.model.config.num_hidden_layers
        return ", ".join(map(str, self.record.get("layers", range(1, depth + 1))))


def choose_runs(paths: Sequence[Path] | None) -> list[Path]:
    """The runs that `paths` name, each a run or a folder of runs; raises ModelError if none.

    Without `paths` these are the runs under runs/, or else those under runs/demo/.
    """
    if not paths:
        paths = [Path("runs")] if find_runs(Path("runs")) else [Path("runs/demo")]
    runs = [
        run.resolve() for path in paths for run in ([path] if is_run(path) else find_runs(path))
    ]
    for path in paths:
        if not is_run(path) and not find_runs(path):
            raise ModelError(f"no trained model in {path} {HINT}")
    names = [run.name for run in runs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"two runs are called {twice[0]} (hint: rename the folder of one)")
    return runs


def load_models(runs: Sequence[Path], device: torch.device | str = "cpu") -> dict[str, Model]:
    """Load every run and score one text with it. Raises ModelError, AdapterError."""
    models: dict[str, Model] = {}
    pool: dict[str, list[torch.nn.Parameter]] = {}
    for run in runs:
        classifier = load_classifier(run, None, BATCH_SIZE, device, parallel=False)
        if not np.isfinite(classifier.predict(["I hate you"])[0].score):
            raise ModelError(f"{run} gives a score that is no number")
        unload_lora(classifier.model)
        share_weights(classifier.model, pool)
        models[run.name] = Model(
            name=run.name,
            sha256=weights_sha256(run),
            classifier=classifier,
            card=read_text(run / "README.md") or f"{run.name} has no model card.",
            record=read_json(run / "train_args.json"),
            results=read_record(run / "results.json"),
            epochs=read_epochs(run / "metrics.jsonl"),
            always_positive=score_always_positive(run, classifier.label_names[1]),
        )
    return models


def share_weights(model: torch.nn.Module, pool: dict[str, list[torch.nn.Parameter]]) -> None:
    """Replace parameters that equal one in `pool` by it, and add the others to the pool.

    Adapters that were trained on one base differ in few matrices: the rest is kept once.
    """
    for module_name, module in model.named_modules():
        for name, own in list(module.named_parameters(recurse=False)):
            held = pool.setdefault(f"{module_name}.{name}", [])
            equal = next((parameter for parameter in held if torch.equal(parameter, own)), None)
            if equal is None:
                held.append(own)
            else:
                setattr(module, name, equal)


def read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a .jsonl file; a line that is none (cut off, say) is left out."""
    lines = []
    for line in read_text(path).split("\n"):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            lines.append(value)
    return lines


def read_epochs(path: Path) -> list[dict[str, Any]]:
    return [line for line in read_lines(path) if "validation" in line]


def score_always_positive(run: Path, positive: str) -> float | None:
    """Macro-F1 of calling every text of the test set toxic, by the labels noted in the run."""
    gold = [line.get("gold") for line in read_lines(run / "predictions" / "test.jsonl")]
    if not gold:
        return None
    labels = np.array([name == positive for name in gold], dtype=int)
    return compute_metrics(np.tile([0.0, 1.0], (len(labels), 1)), labels)["macro_f1"]
