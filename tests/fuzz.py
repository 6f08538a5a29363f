"""Feed damaged files to every reader: each is refused in one of our own errors, or read whole.

    python -m tests.fuzz --seconds 600          10 minutes a target: weights, adapter, data, rows

hypothesis draws the damage: bits flipped, pieces cut out, doubled or overwritten, and headers with
other numbers, names and types in them. Prints one JSON object a target; the first input that a
reader does not survive ends it with a traceback and the smallest such damage.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bert_min import BertConfig, BertForSequenceClassification, ModelError, load_model, save_model
from data import DataError, load_data
from data.tables import FORMATS, read_texts
from lora import AdapterError, add_lora, load_adapter, save_adapter

SMALL = BertConfig(
    vocab_size=16,
    hidden_size=4,
    num_hidden_layers=1,
    num_attention_heads=1,
    intermediate_size=4,
    max_position_embeddings=8,
)
SETTINGS = {"target_modules": ["query", "value"], "r": 1, "lora_alpha": 2, "lora_dropout": 0.0}

# ---- damage

EDIT = st.tuples(
    st.sampled_from(["flip", "overwrite", "cut", "double", "insert", "truncate"]),
    st.floats(0, 1),
    st.binary(min_size=1, max_size=9),
)
NUMBER = st.one_of(
    st.integers(-2, 40), st.sampled_from([2**31, 2**53, 2**62, 2**63, 2**64, -(2**63)])
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBER, st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def damaged(content: bytes, edits: list[tuple[str, float, bytes]]) -> bytes:
    for kind, where, value in edits:
        at = int(where * len(content))
        end = at + len(value)
        match kind:
            case "flip" if at < len(content):
                flipped = content[at] ^ (1 << value[0] % 8)
                content = content[:at] + bytes([flipped]) + content[at + 1 :]
            case "overwrite":
                content = content[:at] + value + content[end:]
            case "cut":
                content = content[:at] + content[end:]
            case "double":
                content = content[:at] + content[at : at + 64] + content[at:]
            case "insert":
                content = content[:at] + value + content[at:]
            case "truncate":
                content = content[:at]
    return content


def other_header(content: bytes, key: int, field: str, value: Any) -> bytes:
    """A safetensors file whose header says something else of one of its tensors."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    names = [name for name in header if name != "__metadata__"]
    name = names[key % len(names)]
    if field == "name":
        header[str(value)[:20]] = header.pop(name)
    elif field == "gone":
        del header[name]
    else:
        header[name][field] = value
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + size :]


HEADER_EDIT = st.tuples(
    st.integers(0, 50), st.sampled_from(["dtype", "shape", "data_offsets", "name", "gone"]), JSON
)
SAFETENSORS = st.tuples(st.lists(EDIT, max_size=4), st.lists(HEADER_EDIT, max_size=2))


def lie(content: bytes, edits: list[Any], header_edits: list[Any]) -> bytes:
    for edit in header_edits:
        content = other_header(content, *edit)
    return damaged(content, edits)


# ---- targets: what is drawn, and what reads it; each returns a word for what came of it


def weights(folder: Path) -> tuple[st.SearchStrategy, Callable[[Any], str]]:
    save_model(BertForSequenceClassification(SMALL), folder)
    return lying(folder / "model.safetensors", folder / "config.json", load_model)


def adapter(folder: Path) -> tuple[st.SearchStrategy, Callable[[Any], str]]:
    model = BertForSequenceClassification(SMALL)
    add_lora(model, **SETTINGS)
    save_adapter(model, folder, SETTINGS, "base")

    def load(folder: Path) -> torch.nn.Module:
        model = BertForSequenceClassification(SMALL)
        load_adapter(model, folder)
        return model

    return lying(folder / "adapter_model.safetensors", folder / "adapter_config.json", load)


def lying(
    tensors: Path, config: Path, load: Callable[[Path], torch.nn.Module]
) -> tuple[st.SearchStrategy, Callable[[Any], str]]:
    """Damage a file of tensors and one entry of the configuration beside it."""
    good, good_config = tensors.read_bytes(), json.loads(config.read_text())

    def read(drawn: Any) -> str:
        (edits, header_edits), entries = drawn
        tensors.write_bytes(lie(good, edits, header_edits))
        config.write_text(json.dumps(good_config | entries))
        try:
            model = load(tensors.parent)
        except (ModelError, AdapterError):
            return "refused"
        assert all(bool(p.isfinite().all()) for p in model.parameters())
        return "read"

    entries = st.dictionaries(st.sampled_from(sorted(good_config)), JSON, max_size=1)
    return st.tuples(SAFETENSORS, st.one_of(st.just({}), entries)), read


ROWS = [("I hate you, all", 1), ('say "no"\nmore', 0), ("\u00e9\U0001f600", 1), ("d", 0)]


def tables(folder: Path) -> dict[str, bytes]:
    """The same few rows in every format that is read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = ROWS
    pq.write_table(
        pa.table({"text": [t for t, _ in rows], "label": [n for _, n in rows]}), folder / "t"
    )
    quoted = [(t.replace('"', '""'), n) for t, n in rows]
    return {
        "csv": ("text,label\r\n" + "".join(f'"{t}",{n}\r\n' for t, n in quoted)).encode(),
        "tsv": ("text\tlabel\n" + "".join(f'"{t}"\t{n}\n' for t, n in quoted)).encode(),
        "jsonl": "".join(json.dumps({"text": t, "label": n}) + "\n" for t, n in rows).encode(),
        "parquet": (folder / "t").read_bytes(),
        "txt": "".join(f"{t!r}\n" for t, _ in rows).encode(),
    }


CONTENT = st.one_of(st.none(), st.binary(max_size=200))  # None: the good rows


def data(folder: Path) -> tuple[st.SearchStrategy, Callable[[Any], str]]:
    good = tables(folder)
    (folder / "t").unlink()
    kinds = ["csv", "tsv", "jsonl", "parquet", "tweeteval"]

    def read(drawn: Any) -> str:
        kind, content, edits, split = drawn
        for path in folder.iterdir():
            path.unlink()
        if kind == "tweeteval":
            for stem in ("train", "val", "test"):
                (folder / f"{stem}_text.txt").write_bytes(good["txt"])
                (folder / f"{stem}_labels.txt").write_bytes(b"1\n0\n1\n0\n")
            names = ["train_text.txt", "train_labels.txt", "test_labels.txt", "mapping.txt"]
            victim = folder / names[split]
            before = b"0\tno\n1\tyes\n" if split == 3 else victim.read_bytes()
        else:
            for stem in ("train", "validation", "test"):
                (folder / f"{stem}.{kind}").write_bytes(good[kind])
            victim = folder / f"{('train', 'validation', 'test', 'train')[split]}.{kind}"
            before = good[kind]
        victim.write_bytes(damaged(before if content is None else content, edits))
        try:
            found = load_data(str(folder))
        except DataError:
            return "refused"
        for part in found.splits.values():
            assert len(part.texts) == len(part.labels)
            assert set(part.labels) <= set(range(len(found.label_names)))
            assert len(set(part.labels)) > 1
        return "read"

    drawn = st.tuples(
        st.sampled_from(kinds), CONTENT, st.lists(EDIT, max_size=4), st.integers(0, 3)
    )
    return drawn, read


def rows(folder: Path) -> tuple[st.SearchStrategy, Callable[[Any], str]]:
    good, path = tables(folder), folder / "rows"

    def read(drawn: Any) -> str:
        kind, content, edits = drawn
        path.write_bytes(damaged(good[kind] if content is None else content, edits))
        try:
            found = list(read_texts(path, "text", kind))
        except DataError:
            return "refused"
        for row in found:
            assert bool(row.cells) != bool(row.error)
            "".join(row.cells).encode()
        lines = [row.line for row in found]
        assert lines == sorted(set(lines))
        if kind == "txt":
            assert lines == list(range(1, len(lines) + 1))
        if content is None and not edits:
            assert [row.cells[0] for row in found if not row.error] == [
                f"{text!r}" if kind == "txt" else text for text, _ in ROWS
            ]
        return "read, with bad rows" if any(row.error for row in found) else "read"

    return st.tuples(st.sampled_from(FORMATS), CONTENT, st.lists(EDIT, max_size=4)), read


TARGETS = {"weights": weights, "adapter": adapter, "data": data, "rows": rows}


def fuzz(name: str, seconds: float, folder: Path, examples: int = 1000) -> dict[str, Any]:
    """Draw inputs for a target until the time is over; raises what a reader should not raise."""
    drawn, read = TARGETS[name](folder)
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn)
    def attempt(value: Any) -> None:
        outcomes[read(value)] += 1

    started = time.monotonic()
    while not outcomes or time.monotonic() - started < seconds:
        attempt()
    spent = round(time.monotonic() - started)
    return {"target": name, "seconds": spent, "inputs": outcomes.total(), **outcomes}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=600, help="a target (default: 600)")
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    args = parser.parse_args()
    torch.set_num_threads(1)
    for name in args.targets:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(fuzz(name, args.seconds, Path(folder))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
