"""How our time and memory grow with length, batch, depth, width and the number of texts."""

import contextlib
import io
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice

import numpy as np
import torch
from tqdm import tqdm

from benchmarks.material import MAX_LENGTH, Material, Sample
from benchmarks.measure import Report, Row, fresh_process, seconds_of, spread
from benchmarks.memory import peak_mib
from benchmarks.training import train_steps
from bert_min import (
    BertConfig,
    BertForSequenceClassification,
    BertTokenizer,
    load_model,
    save_model,
)
from scoring import predict_logits
from speed.packing import packed

Model = BertForSequenceClassification
Ids = list[list[int]]
REPEATS = 3
TOKENS = 4096  # of a batch in which length, depth or width grows
SMALL = BertConfig(  # so small that a million texts are minutes, not hours
    hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128
)


def scaling(material: Material) -> Report:
    """All curves, their exponents, and where attention begins to matter."""
    first, quick = material.shapes[0], material.quick
    given = load_model(first.folder)
    vocabulary = given.config.vocab_size
    tokens = 256 if quick else TOKENS
    lengths = (16, 32) if quick else (16, 32, 64, 128, 256, 512)
    batches = (1, 4) if quick else (1, 2, 4, 8, 16, 32, 64, 128, 256)
    depths, widths = ((1, 2), (64, 128)) if quick else ((2, 4, 6, 12, 24), (128, 256, 512, 1024))
    short = texts_of(tokens // 32, 32, 1000)
    jobs: list[tuple[str, str, Sequence[int], Callable[[int], tuple[Model, Ids]]]] = [
        ("length", first.name, lengths, lambda n: (given, texts_of(tokens // n, n, vocabulary))),
        ("batch", first.name, batches, lambda n: (given, texts_of(n, 32, vocabulary))),
        ("depth", "width 128", depths, lambda n: (model_of(n, 128, 2), short)),
        ("width", "depth 4", widths, lambda n: (model_of(4, n, n // 64), short)),
    ]
    rows: list[Row] = []
    for thing, shape, sizes, make in jobs:
        for size in tqdm(sizes, desc=thing, disable=None):
            rows += both_tasks(thing, size, shape, *make(size), material.dtype)
    files = label_files(material)
    return Report(
        [*rows, *files],
        [
            "Labelling computes 16 texts at once at most: above that, its batch is the texts at "
            "hand.",
            attention_note([row for row in rows if row.curve == "length, labelling fp32"]),
            f"predict.py: from {files[0].size:,.0f} to {files[-1].size:,.0f} texts, peak memory "
            f"goes from {files[0].peak_mib:,.0f} to {files[-1].peak_mib:,.0f} MiB; its speed "
            "includes reading the model.",
        ],
        {"exponents of seconds a token": exponents(rows)},
    )


def texts_of(count: int, length: int, vocabulary: int) -> Ids:
    """Random ids, none of them padding."""
    rng = np.random.default_rng(0)
    return rng.integers(1, vocabulary, (count, length)).tolist()


def model_of(depth: int, width: int, heads: int) -> Model:
    """A random model with a small vocabulary, so that its layers are most of it."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=1000,
        hidden_size=width,
        num_hidden_layers=depth,
        num_attention_heads=heads,
        intermediate_size=4 * width,
    )
    return Model(config)


def both_tasks(
    thing: str, size: int, shape: str, model: Model, ids: Ids, dtype: torch.dtype
) -> Iterator[Row]:
    """Seconds a token of labelling in fp32, and of training steps on the same batch."""
    reader, tokens = packed(model), sum(map(len, ids))

    def label() -> None:
        predict_logits(reader, ids, batch_size=len(ids))

    label()  # the first is not counted, in training neither
    labelling = [seconds_of(label) / tokens for _ in range(REPEATS)]
    many = REPEATS + 1
    sample = Sample(ids * many, [0] * len(ids) * many, batch_size=len(ids))
    training = [step.seconds / tokens for step in train_steps(model, sample, dtype)]
    bits = "bf16" if dtype == torch.bfloat16 else "fp32"
    for task, times in (("labelling fp32", labelling), (f"training {bits}", training)):
        row = Row(f"{thing} {size}, {task}", shape, 1 / float(np.median(times)))
        row.spread, row.curve, row.size = spread(times), f"{thing}, {task}", size
        yield row


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """n of value = c * size^n, by least squares on the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


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
    return (
        f"Attention's share of labelling (fit of a + b * length): {', '.join(shares)} tokens; "
        f"a tenth at {a / (9 * b):.0f} tokens, half at {a / b:.0f}."
    )


def label_files(material: Material) -> list[Row]:
    """predict.py on more and more texts: it reads in pieces, so its memory should not grow."""
    run = material.folder / "small"
    save_model(Model(SMALL), run)
    shutil.copy(material.shapes[0].folder / "tokenizer.json", run)
    lines = [" ".join(text.split()) for text in material.test_texts]
    lengths = [len(encoded.ids) for encoded in BertTokenizer(run, MAX_LENGTH).encode(lines)]
    counts = (20, 40) if material.quick else (1_000, 10_000, 100_000, 1_000_000)
    rows = []
    for count in tqdm(counts, desc="texts", disable=None):
        texts, out = material.folder / "texts.txt", material.folder / "labels.jsonl"
        with open(texts, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in islice(cycle(lines), count))
        flags = ["--run", str(run), "--file", str(texts), "--out", str(out), "--device", "cpu"]
        flags.append("--overwrite")  # the answers of the count before
        with fresh_process() as alone:
            seconds, peak = alone.submit(run_predict, flags).result()
        row = Row(f"texts {count}, predict.py", "2 layers, width 64", peak_mib=peak)
        row.tokens_per_s = sum(islice(cycle(lengths), count)) / seconds
        row.curve, row.size = "texts, predict.py", count
        rows.append(row)
    return rows


def run_predict(flags: list[str]) -> tuple[float, float]:
    """Seconds of predict.py with these flags, and the peak memory of this process in MiB."""
    import predict

    sys.argv = ["predict.py", *flags]
    with contextlib.redirect_stderr(io.StringIO()):  # its progress is not ours
        return seconds_of(predict.main), peak_mib()
