"""Labelling many texts, and one text at a time, tokenisation included, in turn with the peers."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from benchmarks.labellers import LABELLERS, OURS_INT8, PLAIN, Labeller
from benchmarks.material import MAX_LENGTH, Material, Shape
from benchmarks.measure import (
    Report,
    Row,
    compare_with_best,
    fresh_process,
    in_turn,
    seconds_of,
    spread,
)
from benchmarks.peers import CPU
from bert_min import BertTokenizer
from speed.int8 import has_int8

PARTS = 3  # of the texts, everyone labels one before anyone the next
BLOCK = 10  # texts one after another, before it is another's turn
ONE_BY_ONE = 100  # texts
ROUNDS_ONE_BY_ONE = 3
QUIET = 0.05  # seconds before a turn, in which the threads of the one before come to rest

# Texts in pieces: seconds of each piece, and P(positive) of all texts.
Label = Callable[[list[list[str]]], tuple[list[float], np.ndarray]]


@contextmanager
def contenders(
    material: Material, shape: Shape, pieces: Sequence[Sequence[str]]
) -> Iterator[dict[str, Label]]:
    """Everyone, by name, in a process of its own; each has chosen its fastest way on `pieces`.

    In a quick run, which is not about speed, one process is everyone's.
    """
    folder, dtype = shape.folder, material.dtype
    names = [name for name in LABELLERS if name != OURS_INT8 or has_int8(CPU)]
    chosen_on = tuple(map(tuple, pieces))
    with ExitStack() as stack:
        if material.quick:
            alone = dict.fromkeys(names, stack.enter_context(fresh_process()))
        else:
            alone = {name: stack.enter_context(fresh_process()) for name in names}
        for job in [process.submit(import_libraries) for process in alone.values()]:
            job.result()  # at the same time, unlike all that follows

        def label(name: str, pieces: list[list[str]]) -> tuple[list[float], np.ndarray]:
            way = (name, folder, dtype, chosen_on)
            return alone[name].submit(timed, way, pieces).result()

        for name in alone:
            label(name, [list(pieces[0])])
        yield {name: partial(label, name) for name in alone}


def import_libraries() -> None:
    """Nothing else: this module's imports are what takes time."""


@cache
def fastest(
    name: str, folder: Path, dtype: torch.dtype, pieces: Sequence[Sequence[str]]
) -> Labeller:
    """The way of LABELLERS that labels `pieces` soonest, after a first time that warms it up."""

    def label_each(label: Labeller) -> None:
        for piece in pieces:
            label(piece)

    with redirect_stdout(sys.stderr):  # libraries may print; stdout is for results
        ways = LABELLERS[name](folder, dtype)
        for label in ways:
            label_each(label)
        times = [min(seconds_of(partial(label_each, label)) for _ in range(2)) for label in ways]
        return ways[int(np.argmin(times))]


def timed(way: tuple, pieces: list[list[str]]) -> tuple[list[float], np.ndarray]:
    """Label with the arguments of `fastest`: seconds of each piece, P(positive) of all texts."""
    label = fastest(*way)
    label(pieces[0][:16])  # warm-up: its threads wake
    seconds, scores = [], []
    for piece in pieces:
        started = time.perf_counter()
        scores.append(label(piece))
        seconds.append(time.perf_counter() - started)
    return seconds, np.concatenate(scores)


def inference(material: Material) -> Report:
    """Labelling the test texts."""
    report = Report([], format_notes(material))
    for shape in material.shapes:
        texts = material.test_texts[: shape.texts]
        with contenders(material, shape, [texts[::4]]) as found:
            report.rows += label_all(shape, found, texts)
    report.notes.append(
        "Difference of P and other labels: against transformers as people run it, in fp32. "
        "A head that was never trained puts most P close to 0.5, where a label turns easily."
    )
    return report


def label_all(shape: Shape, found: dict[str, Label], texts: Sequence[str]) -> list[Row]:
    """A row for each program, which labels one part of the texts after the other."""
    tokenizer = BertTokenizer(shape.folder, MAX_LENGTH)
    cost: dict[str, list[float]] = {name: [] for name in found}  # seconds a token
    scores = {name: np.empty(len(texts)) for name in found}
    parts = min(PARTS, shape.rounds)
    for number in tqdm(range(parts), desc=shape.name, disable=None):
        part = list(texts[number::parts])
        tokens = sum(len(encoded.ids) for encoded in tokenizer.encode(part))
        for name in in_turn(list(found), number):
            time.sleep(QUIET)
            (seconds,), scores[name][number::parts] = found[name]([part])
            cost[name].append(seconds / tokens)
    rows = []
    for name, costs in cost.items():
        row = Row(name, shape.name, 1 / float(np.median(costs)), spread=spread(costs))
        if name != PLAIN:
            row.difference = float(np.abs(scores[name] - scores[PLAIN]).max())
            row.other_labels = int(((scores[name] > 0.5) != (scores[PLAIN] > 0.5)).sum())
        rows.append(row)
    compare_with_best(rows, "tokens_per_s", higher_is_better=True)
    return rows


def latency(material: Material) -> Report:
    """One text at a time; texts from the shortest to the longest, evenly."""
    shape = material.shapes[0]
    order = sorted(material.test_texts, key=len)
    texts = order[:: max(1, len(order) // ONE_BY_ONE)][: min(ONE_BY_ONE, shape.texts)]
    blocks = [texts[i : i + BLOCK] for i in range(0, len(texts), BLOCK)]
    turns = blocks * min(ROUNDS_ONE_BY_ONE, shape.rounds)
    with contenders(material, shape, [[text] for text in texts[::5]]) as found:
        times: dict[str, list[float]] = {name: [] for name in found}
        for number, block in enumerate(tqdm(turns, desc=shape.name, disable=None)):
            for name in in_turn(list(found), number):
                time.sleep(QUIET)
                times[name] += found[name]([[text] for text in block])[0]
    rows = []
    for name, seconds in times.items():
        p50, p99 = np.percentile(seconds, [50, 99]) * 1000
        rows.append(Row(name, shape.name, ms_p50=p50, ms_p99=p99, spread=spread(seconds)))
    compare_with_best(rows, "ms_p50", higher_is_better=False)
    count = f"{len(texts)} texts of all lengths, one at a time. "
    return Report(rows, [count + "By best peer: lower is better.", *format_notes(material)])


def format_notes(material: Material) -> list[str]:
    notes = []
    if material.dtype != torch.bfloat16:
        notes.append("No native bf16 on this machine: the bf16 rows run in fp32.")
    if not has_int8(CPU):
        notes.append("No exact int8 on this machine (no VNNI): ours has no row of it.")
    return notes
