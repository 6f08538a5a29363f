"""Training and LoRA: seconds a useful token, ours and the peers' in turn."""

import contextlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from benchmarks import peers
from benchmarks.flops import is_cls_only, training_flops
from benchmarks.material import Material, Sample, Shape
from benchmarks.measure import (
    Report,
    Row,
    compare_with_best,
    in_turn,
    let_go,
    matmul_rate,
    spread,
)
from benchmarks.operators import operator_shares
from benchmarks.peers import RANK, Step
from bert_min import BertForSequenceClassification, load_model
from distill import Recipe, TeacherTargets, fit
from lora import add_lora

OURS, BEST, PLAIN = "ours", "transformers at its best", "transformers, as people run it"
LORA = "ours, LoRA"
FULL = "ours, full fine-tuning"
PEFT_BEST, PEFT_PLAIN = "PEFT at its best", "PEFT, as people run it"


@dataclass(frozen=True)
class Contender:
    """`run` trains on a sample; `flops` counts the matrix products of a step from its lengths."""

    run: Callable[[Sample], list[Step]]
    flops: Callable[[np.ndarray], float]


def fit_steps(
    model: BertForSequenceClassification,
    sample: Sample,
    dtype: torch.dtype,
    targets: TeacherTargets | None = None,
    **recipe: Any,
) -> list[Step]:
    """The real training loop, a step for each batch; the first, a warm-up, is not answered."""
    stamps = [time.perf_counter()]

    def log(line: dict[str, Any]) -> None:
        if "lr" in line:  # a step's line, not an epoch's
            stamps.append(time.perf_counter())

    plan = Recipe(epochs=1, batch_size=sample.batch_size, dtype=dtype, **recipe)
    with contextlib.redirect_stderr(io.StringIO()):  # its progress is not ours
        fit(
            model,
            sample.ids,
            sample.labels,
            plan,
            validate=lambda: {"loss": 0.0, "macro_f1": 0.0},
            targets=targets,
            log=log,
        )
    seconds = np.diff(stamps)
    lengths = [sample.lengths[index] for index in sample.batches]
    return [Step(float(s), n) for s, n in zip(seconds, lengths, strict=True)][1:]


def with_lora(folder: Path) -> BertForSequenceClassification:
    model = load_model(folder)
    add_lora(model, ["query", "value"], RANK, 2 * RANK, 0.1)
    return model


# Each loads its model, trains a step for each batch and lets go: one is in memory at a time.
TRAINERS: dict[str, Callable[[Path, Sample, torch.dtype], list[Step]]] = {
    OURS: lambda folder, sample, dtype: fit_steps(load_model(folder), sample, dtype),
    BEST: lambda folder, sample, dtype: peers.train(
        peers.load_transformers(folder, attn_implementation="sdpa"), sample, True, dtype
    ),
    PLAIN: lambda folder, sample, dtype: peers.train(
        peers.load_transformers(folder), sample, False, dtype
    ),
    LORA: lambda folder, sample, dtype: fit_steps(with_lora(folder), sample, dtype),
    PEFT_BEST: lambda folder, sample, dtype: peers.train(
        peers.load_peft(folder), sample, True, dtype
    ),
    PEFT_PLAIN: lambda folder, sample, dtype: peers.train(
        peers.load_peft(folder), sample, False, dtype
    ),
}


def compare(material: Material, shape: Shape, contenders: dict[str, Contender]) -> list[Row]:
    """Rounds of a few steps of each, in turn, beside the matrix-multiply limit of that moment."""
    steps: dict[str, list[Step]] = {name: [] for name in contenders}
    limits = []
    turns = tqdm(range(shape.rounds), desc=f"{shape.name}: rounds", disable=None)
    for number in turns:
        sample = material.sample(shape.steps, seed=number)
        limits.append(matmul_rate(material.dtype))
        for name in in_turn(list(contenders), number):
            turns.set_postfix_str(name)
            steps[name] += contenders[name].run(sample)
            let_go()
    rows = []
    for name, contender in contenders.items():
        cost = [step.seconds / step.lengths.sum() for step in steps[name]]
        rates = [contender.flops(step.lengths) / step.seconds for step in steps[name]]
        row = Row(name, shape.name, tokens_per_s=1 / float(np.median(cost)), spread=spread(cost))
        row.share_of_limit = float(np.median(rates) / np.median(limits))
        rows.append(row)
    compare_with_best(rows, "tokens_per_s", higher_is_better=True)
    return rows


def counted(folder: Path, ours: bool, rank: int = 0) -> Callable[[np.ndarray], float]:
    """A step's FLOPs from its lengths, forwards and backwards, as this program computes them."""
    model = load_model(folder)
    cls_only = ours and is_cls_only(model)
    return partial(_training, model.config, cls_only, rank)


def _training(config: Any, cls_only: bool, rank: int, lengths: np.ndarray) -> float:
    return training_flops(config, lengths, cls_only, rank)


def trainer(name: str, shape: Shape, material: Material, rank: int = 0) -> Contender:
    """A contender of TRAINERS."""
    run = TRAINERS[name]
    flops = counted(shape.folder, name.startswith("ours"), rank)
    return Contender(lambda sample: run(shape.folder, sample, material.dtype), flops)


def training(material: Material) -> Report:
    """Full fine-tuning, and where our time goes."""
    report = Report([], [format_note(material)])
    for shape in material.shapes:
        names = (OURS, BEST, PLAIN)
        report.rows += compare(material, shape, {n: trainer(n, shape, material) for n in names})
    first = material.shapes[0]
    sample, model = material.sample(first.steps, seed=0), load_model(first.folder)
    shares = operator_shares(lambda: fit_steps(model, sample, material.dtype))
    report.extra[f"{first.name}: share of our processor time"] = [
        {"operators": name, "share": share} for name, share in shares.items()
    ]
    return report


def lora(material: Material) -> Report:
    """LoRA beside PEFT's and beside our full fine-tuning."""
    report = Report([], [format_note(material)])
    for shape in material.shapes:
        names = (LORA, PEFT_BEST, PEFT_PLAIN)
        contenders = {name: trainer(name, shape, material, RANK) for name in names}
        contenders[FULL] = trainer(OURS, shape, material)
        rows = compare(material, shape, contenders)
        report.rows += rows
        speed = {row.name: row.tokens_per_s or 0 for row in rows}
        report.notes.append(
            f"{shape.name}: LoRA takes {speed[FULL] / speed[LORA]:.2f} of the time of our full "
            "fine-tuning."
        )
    return report


def format_note(material: Material) -> str:
    """Which number formats the contenders train in."""
    if material.dtype == torch.bfloat16:
        return "Ours and the peers at their best use bf16; as people run them, they use fp32."
    return "No native bf16 on this machine: everything runs in fp32."
