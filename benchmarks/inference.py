"""Labelling many texts, and one text at a time, tokenisation included, in turn with the peers."""

from collections.abc import Sequence

import numpy as np
import torch
from tqdm import tqdm

from benchmarks.labellers import LABELLERS, PLAIN, Contender, contenders
from benchmarks.material import MAX_LENGTH, Material, Shape
from benchmarks.measure import Report, Row, compare_with_best, in_turn, spread
from bert_min import BertTokenizer

PARTS = 3  # of the texts, everyone labels one before anyone the next
BLOCK = 10  # texts one after another, before it is another's turn
ONE_BY_ONE = 100  # texts
ROUNDS_ONE_BY_ONE = 3


def inference(material: Material) -> Report:
    """Labelling the test texts."""
    report = Report([], _notes(material))
    for shape in material.shapes:
        texts = material.test_texts[: shape.texts]
        with contenders(shape.folder, material.dtype, texts[:64]) as found:
            report.rows += label_all(shape, found, texts)
    report.notes.append(
        "Difference of P and other labels: against transformers as people run it, in fp32. "
        "A head that was never trained puts most P close to 0.5, where a label turns easily."
    )
    return report


def label_all(shape: Shape, found: dict[str, Contender], texts: Sequence[str]) -> list[Row]:
    tokenizer = BertTokenizer(shape.folder, MAX_LENGTH)
    cost: dict[str, list[float]] = {name: [] for name in found}  # seconds a token
    scores = {name: np.empty(len(texts)) for name in found}
    parts = min(PARTS, shape.rounds)
    for number in tqdm(range(parts), desc=shape.name, disable=None):
        part = texts[number::parts]
        tokens = sum(len(encoded.ids) for encoded in tokenizer.encode(part))
        for name in in_turn(list(found), number):
            seconds, scores[name][number::parts] = found[name].label(part)
            cost[name].append(seconds[0] / tokens)
    rows = []
    for name, costs in cost.items():
        speed = 1 / float(np.median(costs))
        row = Row(name, shape.name, tokens_per_s=speed, spread=spread(costs))
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
    times: dict[str, list[float]] = {name: [] for name in LABELLERS}
    blocks = [texts[i : i + BLOCK] for i in range(0, len(texts), BLOCK)]
    turns = [block for _ in range(min(ROUNDS_ONE_BY_ONE, shape.rounds)) for block in blocks]
    with contenders(shape.folder, material.dtype, texts[:20]) as found:
        for number, block in enumerate(tqdm(turns, desc=shape.name, disable=None)):
            for name in in_turn(list(found), number):
                times[name] += found[name].label(block, one_by_one=True)[0]
    rows = []
    for name, seconds in times.items():
        p50, p99 = np.percentile(seconds, [50, 99]) * 1000
        rows.append(Row(name, shape.name, ms_p50=p50, ms_p99=p99, spread=spread(seconds)))
    compare_with_best(rows, "ms_p50", higher_is_better=False)
    count = f"{len(texts)} texts of all lengths, one at a time. "
    return Report(rows, [count + "By best peer: lower is better.", *_notes(material)])


def _notes(material: Material) -> list[str]:
    if material.dtype == torch.bfloat16:
        return []
    return ["No native bf16 on this machine: the bf16 rows run in fp32."]
