"""Are a GPU's numbers the CPU's: losses of a training, of one that goes on, and scores."""

from collections.abc import Callable, Sequence
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from benchmarks.material import MAX_LENGTH, Material, Sample
from benchmarks.training import load_lora
from bert_min import BertForSequenceClassification, BertTokenizer, load_model
from distill import (
    Batch,
    LossWeights,
    Schedule,
    Task,
    TeacherTargets,
    make_optimizer,
    make_student,
    train_epoch,
)
from experiment.classifier import Classifier
from experiment.progress import Progress, capture, restore
from speed.replicas import Replicas

WEIGHTS = LossWeights(temperature=2.0, alpha=0.5, beta=1.0)


class Place(NamedTuple):
    """Where a model runs, and what it multiplies in."""

    device: torch.device
    dtype: torch.dtype = torch.float32


def job(
    kind: str, folder: Path, sample: Sample, device: torch.device
) -> tuple[BertForSequenceClassification, Task]:
    """A model and what it learns: all weights, LoRA, or a student of the odd layers.

    Without dropout: two devices draw other masks.
    """
    torch.manual_seed(0)
    model = (load_lora if kind == "LoRA" else load_model)(folder)
    task = Task(sample.ids, torch.tensor(sample.labels))
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    model.to(device)
    if kind == "distilled":
        odd = list(range(1, model.config.num_hidden_layers + 1, 2))
        targets = TeacherTargets(model, sample.ids, odd, place=device)
        return make_student(model, odd), Task(task.ids, task.labels, targets, WEIGHTS)
    return model, task


def losses(kind: str, folder: Path, sample: Sample, place: Place, stop_at: int = 0) -> np.ndarray:
    """The loss of each step; with `stop_at` it stops there and goes on from its state."""
    model, task = job(kind, folder, sample, place.device)
    batches = [Batch(step, index) for step, index in enumerate(sample.batches)]
    schedule, optimizer = Schedule(1e-4, 2, len(batches)), make_optimizer(model, 0.01)
    found: list[float] = []
    for part in (batches[:stop_at], batches[stop_at:]):
        if found:
            state = deepcopy(capture(model, optimizer, Progress(steps=stop_at)))
            model, task = job(kind, folder, sample, place.device)
            optimizer = make_optimizer(model, 0.01)
            restore(state, model, optimizer)
        with closing(Replicas(model, place.dtype, seed=0)) as gradients:
            steps = train_epoch(model, task, part, optimizer, schedule, gradients)
            found += [step["loss"] for step in steps]
    return np.array(found)


def labeller(folder: Path, place: Place) -> Callable[[Sequence[str]], np.ndarray]:
    """Our labelling: texts to P(positive)."""
    model, tokenizer = load_model(folder).to(place.device), BertTokenizer(folder, MAX_LENGTH)
    classifier = Classifier(model, tokenizer, 256, place.dtype)
    return lambda texts: np.array([answer.score for answer in classifier.predict(texts)])


def same_numbers(material: Material, fast: Place, steps: int) -> list[dict[str, Any]]:
    """What was compared, how far it is apart at most, and how far it may be."""
    folder, sample = material.shapes[0].folder, material.sample(steps, seed=0)
    exact, cpu = Place(fast.device), Place(torch.device("cpu"))
    name = str(fast.dtype).removeprefix("torch.")
    rows = []

    def compare(what: str, ours: np.ndarray, theirs: np.ndarray, limit: float) -> None:
        apart = float(np.abs(ours - theirs).max())
        verdict = "right" if apart <= limit else "WRONG"
        rows.append({"what": what, "apart": f"{apart:.1e}", "at most": limit, "so": verdict})

    found = {kind: losses(kind, folder, sample, exact) for kind in ("full", "LoRA", "distilled")}
    for kind, own in found.items():
        compare(
            f"{kind}, fp32: loss beside the CPU's", own, losses(kind, folder, sample, cpu), 1e-3
        )
    again = losses("full", folder, sample, exact, stop_at=steps // 2)
    compare("full, fp32: loss after a stop", again, found["full"], 1e-4)
    rounded = losses("full", folder, sample, fast)
    compare(f"full, {name}: loss beside fp32's", rounded, found["full"], 0.05)
    texts = list(material.test_texts[:200])
    own, theirs, rounded = (labeller(folder, place)(texts) for place in (exact, cpu, fast))
    compare("P of 200 texts, fp32: beside the CPU's", own, theirs, 1e-4)
    compare(f"P of 200 texts, {name}: beside fp32's", rounded, own, 0.05)
    return rows
