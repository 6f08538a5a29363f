"""How our time and memory grow with length, batch, depth, width and the number of texts."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from tqdm import tqdm

from benchmarks.material import Material, Sample
from benchmarks.measure import Report, Row, exponent, seconds_of, spread
from benchmarks.streaming import growth_note, label_files
from benchmarks.training import fit_steps
from bert_min import BertConfig, BertForSequenceClassification, load_model
from scoring import predict_logits
from speed.packing import packed

Ids = list[list[int]]
REPEATS = 3
TOKENS = 4096  # of a batch in which length, depth or width grows


def texts_of(count: int, length: int, vocabulary: int) -> Ids:
    """Random ids, none of them padding."""
    rng = np.random.default_rng(0)
    return rng.integers(1, vocabulary, (count, length)).tolist()


def model_of(depth: int, width: int, heads: int) -> BertForSequenceClassification:
    """A random model with a small vocabulary, so that its layers are most of it."""
    torch.manual_seed(0)
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=1000,
            hidden_size=width,
            num_hidden_layers=depth,
            num_attention_heads=heads,
            intermediate_size=4 * width,
        )
    )


def inference_seconds(model: BertForSequenceClassification, ids: Ids) -> list[float]:
    """Seconds a token, fp32, a few times over, the first not counted."""
    reader = packed(model)

    def work() -> None:
        predict_logits(reader, ids, batch_size=len(ids))

    work()
    return [seconds_of(work) / sum(map(len, ids)) for _ in range(REPEATS)]


def training_seconds(
    model: BertForSequenceClassification, ids: Ids, dtype: torch.dtype
) -> list[float]:
    """Seconds a token of steps on the same batch, the first not counted."""
    sample = Sample(ids * REPEATS, [0] * len(ids) * REPEATS, batch_size=len(ids))
    return [s.seconds / s.lengths.sum() for s in fit_steps(model, sample, dtype)]


def curve(
    thing: str,
    sizes: Sequence[int],
    make: Callable[[int], tuple[BertForSequenceClassification, Ids]],
    material: Material,
    shape: str,
) -> Iterator[Row]:
    """Rows of both tasks for each size."""
    for size in tqdm(sizes, desc=thing, disable=None):
        model, ids = make(size)
        yield _row(thing, size, "labelling fp32", inference_seconds(model, ids), shape)
        bits = "bf16" if material.dtype == torch.bfloat16 else "fp32"
        times = training_seconds(model, ids, material.dtype)
        yield _row(thing, size, f"training {bits}", times, shape)


def _row(thing: str, size: int, task: str, times: Sequence[float], shape: str) -> Row:
    row = Row(f"{thing} {size}, {task}", shape, spread=spread(times))
    row.tokens_per_s, row.curve, row.size = 1 / float(np.median(times)), f"{thing}, {task}", size
    return row


def scaling(material: Material) -> Report:
    """All curves, their exponents, and where attention begins to matter."""
    first, quick = material.shapes[0], material.quick
    given = load_model(first.folder)
    vocabulary = given.config.vocab_size
    tokens = 256 if quick else TOKENS
    lengths = (16, 32) if quick else (16, 32, 64, 128, 256, 512)
    batches = (1, 4) if quick else (1, 2, 4, 8, 16, 32, 64, 128, 256)
    depths, widths = ((1, 2), (64, 128)) if quick else ((2, 4, 6, 12, 24), (128, 256, 512, 1024))
    jobs: list[tuple[str, Sequence[int], Callable, str]] = [
        ("length", lengths, lambda n: (given, texts_of(tokens // n, n, vocabulary)), first.name),
        ("batch", batches, lambda n: (given, texts_of(n, 32, vocabulary)), first.name),
        ("depth", depths, lambda n: (model_of(n, 128, 2), _thirty_two(tokens)), "width 128"),
        ("width", widths, lambda n: (model_of(4, n, n // 64), _thirty_two(tokens)), "depth 4"),
    ]
    rows: list[Row] = []
    for thing, sizes, make, shape in jobs:
        rows += curve(thing, sizes, make, material, shape)
    report = Report(rows)
    report.extra["exponents of seconds a token"] = exponents(rows)
    report.notes.append(
        "Labelling computes 16 texts at once at most: above that, its batch is the texts at hand."
    )
    report.notes.append(attention_note([r for r in rows if r.curve == "length, labelling fp32"]))
    files = label_files(material)
    report.rows += files
    report.notes.append(growth_note(files))
    return report


def _thirty_two(tokens: int) -> Ids:
    return texts_of(tokens // 32, 32, 1000)


def exponents(rows: Sequence[Row]) -> list[dict]:
    """n of seconds a token = c * size^n for each curve."""
    found = []
    for name in dict.fromkeys(row.curve for row in rows):
        points = [row for row in rows if row.curve == name]
        sizes = [row.size or 0 for row in points]
        cost = [1 / (row.tokens_per_s or 0) for row in points]
        found.append({"curve": name, "exponent": round(exponent(sizes, cost), 3)})
    return found


def attention_note(rows: Sequence[Row]) -> str:
    """Fit seconds a token = a + b * length: b is attention's part, which grows with length."""
    lengths = [row.size or 0 for row in rows]
    b, a = np.polyfit(lengths, [1 / (row.tokens_per_s or 0) for row in rows], 1)
    if b <= 0 or a / (9 * b) > 10 * max(lengths):
        return "Seconds a token do not grow with length here: no point where attention matters."
    shares = [f"{b * n / (a + b * n):.0%} at {n}" for n in (32, 128, 512)]
    tenth = a / (9 * b)
    return (
        f"Attention's share of labelling (fit of a + b * length): {', '.join(shares)} tokens; "
        f"a tenth at {tenth:.0f} tokens, half at {a / b:.0f}."
    )
