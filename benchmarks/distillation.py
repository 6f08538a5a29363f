"""Distillation: stored teacher outputs beside loops that run the teacher in every step, in turn."""

import contextlib
import io
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks import peers
from benchmarks.flops import forward_flops, is_cls_only, training_flops
from benchmarks.material import Material, Sample, Shape
from benchmarks.measure import Report, Row
from benchmarks.peers import Step
from benchmarks.training import BEST, PLAIN, Contender, compare, fit_steps, format_note
from bert_min import load_model, save_model
from distill import TeacherTargets, choose_layers, make_student


def distillation(material: Material) -> Report:
    """A student of the odd layers: stored targets, beside loops that run the teacher each step."""
    report = Report([], [format_note(material)])
    for number, shape in enumerate(material.shapes):
        report.rows += distil(material, shape, beta=0.0)
        if number == 0:
            report.rows += distil(material, shape, beta=1.0)
    return report


def distil(material: Material, shape: Shape, beta: float) -> list[Row]:
    teacher = load_model(shape.folder)
    layers = choose_layers("odd", teacher.config.num_hidden_layers)
    matched = layers if beta else []
    student = material.folder / f"{shape.name}-odd"
    save_model(make_student(teacher, layers), student)
    passes: list[float] = []  # seconds of the teacher for a useful token
    recipe = {"temperature": 2.0, "alpha": 0.5, "beta": beta}

    def ours(sample: Sample) -> list[Step]:
        fresh = load_model(shape.folder)
        with contextlib.redirect_stderr(io.StringIO()):
            started = time.perf_counter()
            targets = TeacherTargets(fresh, sample.ids, matched)
            passes.append((time.perf_counter() - started) / sample.lengths.sum())
        return fit_steps(load_model(student), sample, material.dtype, targets, **recipe)

    def peer(best: bool, sample: Sample) -> list[Step]:
        told = peers.load_transformers(shape.folder, attn_implementation="sdpa")
        loss = peers.live_teacher_loss(told, matched, beta)
        own = peers.load_transformers(student, attn_implementation="sdpa")
        return peers.train(own, sample, best, material.dtype, loss)

    config = load_model(student).config
    # The hidden-state loss looks at every token, so the last layer then works for every token.
    cls_only = is_cls_only(teacher) and not beta

    def live(lengths: np.ndarray) -> float:
        told = forward_flops(teacher.config, lengths, False)
        return training_flops(config, lengths, False) + told

    more = ", hidden states too" if beta else ""
    contenders = {
        f"ours, stored targets{more}": Contender(
            ours, lambda lengths: training_flops(config, lengths, cls_only)
        ),
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
