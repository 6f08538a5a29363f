"""predict.py on files of more and more texts: it reads in pieces, so its memory should not grow."""

import shutil
from collections.abc import Sequence
from itertools import cycle, islice

from tqdm import tqdm

from benchmarks.material import MAX_LENGTH, Material
from benchmarks.measure import Row
from benchmarks.memory import run_child
from bert_min import BertConfig, BertForSequenceClassification, BertTokenizer, save_model

COUNTS = (1_000, 10_000, 100_000, 1_000_000)
SMALL = BertConfig(  # so small that a million texts are minutes, not hours
    hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128
)


def label_files(material: Material) -> list[Row]:
    """A row for each number of texts, each in a process of its own; test texts over and over."""
    run = material.folder / "small"
    save_model(BertForSequenceClassification(SMALL), run)
    shutil.copy(material.shapes[0].folder / "tokenizer.json", run)
    lines = [" ".join(text.split()) for text in material.test_texts]
    lengths = [len(encoded.ids) for encoded in BertTokenizer(run, MAX_LENGTH).encode(lines)]
    counts = (20, 40) if material.quick else COUNTS
    rows = []
    for count in tqdm(counts, desc="texts", disable=None):
        texts, out = material.folder / "texts.txt", material.folder / "labels.jsonl"
        with open(texts, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in islice(cycle(lines), count))
        flags = ["--run", run, "--file", texts, "--out", out, "--device", "cpu"]
        used = run_child({"predict": [str(flag) for flag in flags]})
        row = Row(f"texts {count}, predict.py", "2 layers, width 64", peak_mib=used["peak_mib"])
        row.tokens_per_s = sum(islice(cycle(lengths), count)) / used["seconds"]
        row.curve, row.size = "texts, predict.py", count
        rows.append(row)
    return rows


def growth_note(rows: Sequence[Row]) -> str:
    """How much more memory the most texts take than the fewest."""
    first, last = rows[0], rows[-1]
    assert first.peak_mib
    assert last.peak_mib
    return (
        f"predict.py: from {first.size:,.0f} to {last.size:,.0f} texts, peak memory goes from "
        f"{first.peak_mib:,.0f} to {last.peak_mib:,.0f} MiB; its speed includes reading the model."
    )
