"""Distillation: stored teacher outputs beside loops that run the teacher in every step, in turn."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from benchmarks import peers
from benchmarks.flops import flops_of
from benchmarks.material import Material, Sample, Shape
from benchmarks.measure import Report, Row, seconds_of
from benchmarks.peers import Step, timed
from benchmarks.training import BEST, PLAIN, Contender, compare, format_note, train_steps
from bert_min import BertForSequenceClassification, BertOutput, load_model, save_model
from data.batches import forward_batches
from distill import LossWeights, TeacherTargets, choose_layers, make_student
from speed.packing import packed
from speed.threads import side_by_side


def distillation(material: Material) -> Report:
    """A student of the odd layers: stored targets, beside loops that run the teacher each step."""
    report = Report([], [format_note(material)])
    for number, shape in enumerate(material.shapes):
        report.rows += distil(material, shape, beta=0.0)
        if number == 0:
            report.rows += distil(material, shape, beta=1.0)
    return report


def on_every_core(
    teacher: BertForSequenceClassification, ids: Sequence[Sequence[int]], hidden_states: bool
) -> Iterator[tuple[np.ndarray, BertOutput]]:
    """The teacher's pass as train.py makes it."""
    return forward_batches(packed(teacher), ids, hidden_states=hidden_states, apply=side_by_side)


def distil(material: Material, shape: Shape, beta: float) -> list[Row]:
    """Rows of one model; with `beta` the hidden states are matched too."""
    teacher = load_model(shape.folder)
    layers = choose_layers("odd", teacher.config.num_hidden_layers)
    matched = layers if beta else []
    weights = LossWeights(temperature=2.0, alpha=0.5, beta=beta)
    folder = material.folder / f"{shape.name}-odd"
    student = make_student(teacher, layers)
    save_model(student, folder)
    passes: list[float] = []  # seconds of the teacher for a useful token

    def ours(sample: Sample) -> list[Step]:
        fresh, found = load_model(shape.folder).to(material.dtype), []
        seconds = seconds_of(
            lambda: found.append(TeacherTargets(fresh, sample.ids, matched, forward=on_every_core))
        )
        passes.append(seconds / sample.lengths.sum())
        own = load_model(folder)
        return train_steps(own, sample, material.dtype, targets=found[0], loss_weights=weights)

    def peer(best: bool, sample: Sample) -> list[Step]:
        kept = material.dtype if best else torch.float32  # of weights that nobody trains
        told = peers.load_sdpa(shape.folder, dtype=kept)
        loss = peers.live_teacher_loss(told, matched, weights)
        steps = peers.steps_of(peers.load_sdpa(folder), sample, best, material.dtype, loss)
        return timed(steps, sample)

    taught, told = flops_of(student), flops_of(teacher, backwards=False)

    def live(lengths: np.ndarray) -> float:
        return taught(lengths) + told(lengths)

    more = ", hidden states too" if beta else ""
    contenders = {
        # The loss of hidden states looks at every token, so the last layer then works for them all.
        f"ours, stored targets{more}": Contender(ours, flops_of(student, every_token=beta > 0)),
        f"{BEST}, live teacher{more}": Contender(partial(peer, True), live),
        f"{PLAIN}, live teacher{more}": Contender(partial(peer, False), live),
    }
    rows = compare(material, shape, contenders)
    return [rows[0], mean_of_epochs(rows[0], more, passes), *rows[1:]]


def mean_of_epochs(row: Row, more: str, passes: Sequence[float], epochs: int = 5) -> Row:
    """Our row with its part of the teacher's one pass over the texts added to each epoch."""
    assert row.tokens_per_s
    assert row.ratio_vs_best_peer
    speed = 1 / (1 / row.tokens_per_s + float(np.median(passes)) / epochs)
    return replace(
        row,
        name=f"ours, mean of {epochs} epochs with the teacher's pass{more}",
        tokens_per_s=speed,
        ratio_vs_best_peer=row.ratio_vs_best_peer * speed / row.tokens_per_s,
        share_of_limit=None,
    )
