"""The model of a mode, ready to be trained: from the teacher, or from pretraining."""

import copy
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from bert_min import BertForSequenceClassification, BertOutput, load_model, save_model
from bert_min.head import POOLER
from data.batches import forward_batches
from distill import (
    LiveTeacher,
    StoredLogits,
    Targets,
    TeacherTargets,
    choose_layers,
    make_student,
    reinitialize_layers,
)
from distill.targets import Ids, stored_bytes
from experiment.cli import say
from experiment.errors import UsageError
from experiment.loading import load_classifier
from experiment.material import Material
from experiment.settings import Settings
from lora import add_lora
from speed.packing import packed
from speed.ranks import rank
from speed.threads import mapper


@dataclass(frozen=True)
class Trainee:
    """A model ready to be trained, its layers (from 1), and what its mode brings along."""

    model: BertForSequenceClassification
    layers: list[int]
    targets: Targets | None = None
    teacher: Path | None = None  # whose layers it was made of
    adapter: dict[str, Any] | None = None  # the arguments of add_lora


def build(
    settings: Settings, material: Material, teacher_dir: Path | None, folder: Path
) -> Trainee:
    """Make the model of a mode: from the teacher where there is one, else from pretraining.

    `folder` is the run that is being prepared. Raises UsageError for layers, targets and flags that
    the model does not have.
    """
    if teacher_dir:
        return distilled(settings, material, teacher_dir, folder)
    pretrained = load_model(material.folder, material.data.label_names)
    layers = choose(settings.layers, material.depth)
    model = make_student(pretrained, layers).to(material.device)
    targets = stored_targets(settings.targets, material) if settings.targets else None
    if settings.mode != "lora":
        return Trainee(model, layers, targets)
    if len(layers) < material.depth or {*POOLER} & {*model.drawn}:
        save_model(model, folder / "base")  # nobody else has this base, so the run carries it
    adapter: dict[str, Any] = {
        "target_modules": [
            name for name in map(str.strip, settings.lora_targets.split(",")) if name
        ],
        "r": settings.lora_r,
        "lora_alpha": settings.lora_alpha,
        "lora_dropout": settings.lora_dropout,
    }
    try:
        add_lora(model, **adapter)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return Trainee(model, layers, targets, adapter=adapter)


def distilled(settings: Settings, material: Material, teacher_dir: Path, folder: Path) -> Trainee:
    """A student of a fine-tuned teacher, and what the teacher says of the training texts."""
    teacher = load_classifier(
        teacher_dir, settings.max_length, settings.batch_size, material.device
    ).model
    layers = choose(settings.layers, teacher.config.num_hidden_layers)
    targets: Targets | None = None
    if settings.targets:
        targets = stored_targets(settings.targets, material)
    elif settings.objective == "kd":
        matched = layers if settings.matches_states else []
        cache, rounded = teacher_dir / "targets", teacher
        if material.dtype != torch.float32:  # the student's format; its layers start from fp32
            rounded = copy.deepcopy(teacher).to(material.dtype)
        targets = teach(settings, rounded, material.training_ids, matched, folder, cache)
    student = make_student(teacher, layers)
    if settings.mode == "random":
        reinitialize_layers(student)
    return Trainee(student, layers, targets, teacher_dir)


def teach(
    settings: Settings,
    teacher: BertForSequenceClassification,
    ids: Ids,
    layers: list[int],
    folder: Path,
    cache: Path,
) -> Targets:
    """What the teacher says: stored on the GPU or in `folder`, logits in `cache` too; else live.

    A training also writes checkpoints and keeps activations, so no more than half of the free disk
    or of the GPU's free memory is taken.
    """
    size, free = stored_bytes(teacher, ids, layers), shutil.disk_usage(folder).free
    device = next(teacher.parameters()).device
    on_gpu = device.type == "cuda" and size <= torch.cuda.mem_get_info(device)[0] / 2
    outputs = f"its outputs take {_mb(size)}"
    limit = f"--teacher-cache is {_mb(settings.teacher_cache)}"
    if size <= settings.teacher_cache and (on_gpu or size <= free / 2):
        say(f"the teacher runs once, before the first step: {outputs}, {limit}")
        forward = partial(fast_forward, batch_size=settings.batch_size)
        place = device if on_gpu else folder
        return TeacherTargets(teacher, ids, layers, place, cache, forward)
    if size <= settings.teacher_cache:
        limit = f"more than half of the {_mb(free)} free beside {settings.out}"
    say(f"the teacher runs in each step: {outputs}, {limit}")
    return LiveTeacher(packed(teacher), ids, layers)


def _mb(size: float) -> str:
    return f"{size / 1e6:,.1f} MB"


def fast_forward(
    teacher: BertForSequenceClassification, ids: Ids, batch_size: int, hidden_states: bool
) -> Iterator[tuple[np.ndarray, BertOutput]]:
    """forward_batches on every core, with packed weights and a progress bar."""
    apply = mapper(next(teacher.parameters()).device)
    batches = forward_batches(packed(teacher), ids, batch_size, hidden_states, apply)
    quiet = True if rank() > 0 else None
    with tqdm(total=len(ids), desc="teacher outputs", unit="text", disable=quiet) as bar:
        for index, output in batches:
            yield index, output
            bar.update(len(index))


def stored_targets(path: Path, material: Material) -> StoredLogits:
    return StoredLogits(path, len(material.ids["train"]), len(material.data.label_names))


def check(settings: Settings, material: Material) -> None:
    """Raise for layers or targets that cannot be, before hours go into a teacher."""
    choose(settings.layers, material.depth)
    if settings.targets:
        stored_targets(settings.targets, material)


def choose(spec: str, depth: int) -> list[int]:
    try:
        return choose_layers(spec, depth)
    except ValueError as error:
        raise UsageError(str(error)) from None
