"""Training and LoRA: seconds a useful token, ours and the peers' in turn."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from benchmarks import peers
from benchmarks.flops import Flops, flops_of
from benchmarks.material import Material, Sample, Shape
from benchmarks.measure import Report, Row, compare_with_best, in_turn, let_go, matmul_rate, spread
from benchmarks.operators import operator_shares
from benchmarks.peers import RANK, Step, timed
from bert_min import BertForSequenceClassification, load_model
from distill import Batch, Schedule, Task, make_optimizer, train_epoch
from lora import add_lora
from speed.replicas import Replicas

OURS, BEST, PLAIN = "ours", "transformers at its best", "transformers, as people run it"
LORA = "ours, LoRA"
FULL = "ours, full fine-tuning"
PEFT_BEST, PEFT_PLAIN = "PEFT at its best", "PEFT, as people run it"


def steps_of(
    model: BertForSequenceClassification,
    sample: Sample,
    dtype: torch.dtype,
    kind: Callable[..., Any] = Replicas,
    **teaching: Any,
) -> Iterator[np.ndarray]:
    """Our training, a step for each batch; yield which texts it had.

    `kind` leaves the gradients; `teaching` are the targets and the weights of a distillation's
    Task.
    """
    task = Task(sample.ids, torch.tensor(sample.labels), **teaching)
    batches = [Batch(step, index) for step, index in enumerate(sample.batches)]
    schedule = Schedule(5e-5, round(0.1 * len(batches)), len(batches))
    optimizer = make_optimizer(model, 0.01)
    with closing(kind(model, dtype, seed=0)) as gradients:
        epoch = train_epoch(model, task, batches, optimizer, schedule, gradients)
        for batch, _ in zip(batches, epoch, strict=True):
            yield batch.index


def train_steps(
    model: BertForSequenceClassification,
    sample: Sample,
    dtype: torch.dtype,
    kind: Callable[..., Any] = Replicas,
    **teaching: Any,
) -> list[Step]:
    """The same on a CPU, with the time of each step."""
    return timed(steps_of(model, sample, dtype, kind, **teaching), sample)


def load_lora(folder: Path) -> BertForSequenceClassification:
    model = load_model(folder)
    add_lora(model, ["query", "value"], RANK, 2 * RANK, 0.1)
    return model


# Each trains a step for each batch of a sample: model folder, sample, number format.
Train = Callable[[Path, Sample, torch.dtype], list[Step]]


def ours(load: Callable[[Path], BertForSequenceClassification]) -> Train:
    return lambda folder, sample, dtype: train_steps(load(folder), sample, dtype)


def theirs(load: Callable, best: bool) -> Train:
    return lambda folder, sample, dtype: timed(
        peers.steps_of(load(folder), sample, best, dtype), sample
    )


# Each loads its model and lets it go: one is in memory at a time.
TRAINERS: dict[str, Train] = {
    OURS: ours(load_model),
    BEST: theirs(peers.load_sdpa, True),
    PLAIN: theirs(peers.load_transformers, False),
    LORA: ours(load_lora),
    PEFT_BEST: theirs(peers.load_peft, True),
    PEFT_PLAIN: theirs(peers.load_peft, False),
}


class Contender(NamedTuple):
    """`run` trains on a sample; `flops` counts the matrix products of a step from its lengths."""

    run: Callable[[Sample], list[Step]]
    flops: Flops


def contender(name: str, shape: Shape, material: Material, lora: bool = False) -> Contender:
    """One of TRAINERS; with `lora` the products of frozen weights have no gradients."""
    train = partial(TRAINERS[name], shape.folder)
    model = (load_lora if lora else load_model)(shape.folder)
    flops = flops_of(model, every_token=not name.startswith("ours"))
    return Contender(lambda sample: train(sample, material.dtype), flops)


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
    for name, (_, flops) in contenders.items():
        cost = [step.seconds / step.lengths.sum() for step in steps[name]]
        rates = [flops(step.lengths) / step.seconds for step in steps[name]]
        row = Row(name, shape.name, tokens_per_s=1 / float(np.median(cost)), spread=spread(cost))
        row.share_of_limit = float(np.median(rates) / np.median(limits))
        rows.append(row)
    compare_with_best(rows, "tokens_per_s", higher_is_better=True)
    return rows


def training(material: Material) -> Report:
    """Full fine-tuning, and where our time goes."""
    report = Report([], [format_note(material)])
    for shape in material.shapes:
        names = (OURS, BEST, PLAIN)
        report.rows += compare(material, shape, {n: contender(n, shape, material) for n in names})
        sample, model = material.sample(shape.steps, seed=0), load_model(shape.folder)
        work = partial(train_steps, model, sample, material.dtype)
        report.extra[f"{shape.name}: share of our processor time"] = [
            {"operators": name, "share": share} for name, share in operator_shares(work).items()
        ]
        let_go()
    return report


def lora(material: Material) -> Report:
    """LoRA beside PEFT's and beside our full fine-tuning."""
    report = Report([], [format_note(material)])
    for shape in material.shapes:
        names = (LORA, PEFT_BEST, PEFT_PLAIN)
        contenders = {name: contender(name, shape, material, lora=True) for name in names}
        contenders[FULL] = contender(OURS, shape, material)
        rows = compare(material, shape, contenders)
        report.rows += rows
        speed = {row.name: row.tokens_per_s or 0 for row in rows}
        report.notes.append(
            f"{shape.name}: LoRA is {speed[LORA] / speed[FULL]:.2f} times as fast as our full "
            "fine-tuning."
        )
    return report


def format_note(material: Material) -> str:
    """Which number formats the contenders train in."""
    if material.dtype == torch.bfloat16:
        return "Ours and the peers at their best use bf16; as people run them, they use fp32."
    return "No native bf16 on this machine: everything runs in fp32."
