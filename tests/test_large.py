"""Much data: what is kept of a million texts, and where a teacher's outputs would not fit."""

import hashlib
import json
import shutil
import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import numpy as np
import pytest
import torch
from giants import write_splits
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

import train
from bert_min import BertTokenizer
from data import Data, Split, load_data, repeats
from data.batches import pad
from data.flat import Flat, Texts, TokenIds
from experiment import encoding
from experiment.cli import size
from experiment.encoding import encode, fingerprint

ROOT = Path(__file__).parent.parent
LISTS = st.lists(st.lists(st.integers(0, 2**31 - 1)))


@given(LISTS)
def test_ids_come_out_as_they_went_in(lists):
    ids = TokenIds(lists)
    assert [list(row) for row in ids] == lists
    assert len(ids) == len(lists)


@given(st.lists(st.text()), st.data())
def test_texts_are_the_list_that_they_were_made_of(texts, data):
    flat = Texts(texts)
    assert flat == texts
    assert texts == flat
    assert flat != [*texts, ""]
    places = st.integers(-len(texts) - 2, len(texts) + 2) | st.none()
    start, stop = data.draw(places), data.draw(places)
    step = data.draw(st.sampled_from([None, 1, 2, -1]))
    assert flat[start:stop:step] == texts[start:stop:step]
    for place in range(-len(texts), len(texts)):
        assert flat[place] == flat[np.int64(place)] == texts[place]
    for place in (len(texts), -len(texts) - 1):
        with pytest.raises(IndexError):
            flat[place]


def test_half_a_surrogate_pair_stays_what_it_is():
    assert Texts(["\ud83d", "\ude00"])[1] == "\ude00"


@pytest.mark.parametrize("kind", [list, TokenIds, lambda rows: list(map(np.array, rows))])
def test_padding_takes_any_rows(kind):
    ids, mask = pad(kind([[5, 6, 7], [8]]), 3, torch.device("cpu"))
    assert ids.tolist() == [[5, 6, 7], [8, 3, 3]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert ids.dtype == mask.dtype == torch.int64


def few(*texts):
    """A data set of these texts, all of one class."""
    splits = dict(zip(("train", "validation", "test"), texts, strict=True))
    return Data("few", {n: Split(t, [0] * len(t)) for n, t in splits.items()}, ("no", "yes"))


TEXTS = st.lists(st.sampled_from(["", "a", "A", "ä", '"', "\n", "\U0001f600"]))


@given(TEXTS, TEXTS, TEXTS, st.integers(1, 3))
def test_a_data_set_keeps_its_name(first, second, third, block):
    """Runs of before know it by the SHA-256 of all of it as one JSON text."""
    data = few(first, Texts(second), third)
    content = [[list(split.texts), split.labels] for split in data.splits.values()]
    expected = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "BLOCK", block)
        assert fingerprint(data) == expected


@given(TEXTS, TEXTS, TEXTS)
def test_repeats_are_counted_character_by_character(first, second, third):
    assert repeats(few(first, Texts(second), third)) == {
        "train/validation": sum(text in first for text in second),
        "train/test": sum(text in first for text in third),
        "validation/test": sum(text in second for text in third),
    }


def test_texts_are_encoded_in_blocks_as_they_are_at_once(minilm, monkeypatch):
    tokenizer, texts = BertTokenizer(minilm, 12), load_data("sample").splits["train"].texts[:100]
    expected = tokenizer.encode([text.upper() + "?" for text in texts])
    monkeypatch.setattr(encoding, "BLOCK", 7)
    ids, cut = encode(tokenizer, texts, lambda text: text.upper() + "?")
    assert [list(row) for row in ids] == [e.ids for e in expected]
    assert cut == sum(e.truncated for e in expected) > 0
    assert isinstance(ids, Flat)


def test_memory_grows_by_little_more_than_the_texts(model_dir, tmp_path):
    """20,000 texts are 4.6 MB, their ids 3.2 MB; as lists and Encodings they took 154 MB."""
    code = """if True:
        import sys, torch
        from experiment.material import gather
        from experiment.settings import Settings
        from tests.giants import peak
        gather(Settings(model=sys.argv[1], data=sys.argv[2]), torch.device("cpu"))
        print(peak())
    """
    peaks = []
    for count in (500, 20_000):
        data = write_splits(tmp_path / str(count), count)
        command = [sys.executable, "-c", code, model_dir, data]
        peaks.append(
            float(subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout)
        )
    assert peaks[1] - peaks[0] < 60


@pytest.fixture
def distil(command, model_dir, web_runs, tmp_path):
    """Make a student of the runs' teacher, as it was made there; what was said, and its weights."""

    def run(*flags):
        few = ["--data", "sample", "--limit", 48, "--epochs", 2, "--batch-size", 16, "--seed", 3]
        of = ["--model", model_dir, "--teacher", web_runs / "teacher", "--out", tmp_path / "odd"]
        result = command(train, "--mode", "odd", "--dtype", "fp32", *few, *of, *flags)
        assert result.code == 0, result.err
        assert [path.name for path in tmp_path.iterdir()] == ["odd"]
        return result.err, load_file(tmp_path / "odd" / "model.safetensors")

    return run


@pytest.mark.parametrize(
    ("cache", "says"),
    [
        ("130kB", "the teacher runs once, before the first step: its outputs take 0.1 MB, "),
        ("80kB", "the teacher runs in each step: its outputs take 0.1 MB, --teacher-cache is 0.1"),
        ("0", "the teacher runs in each step: its outputs take 0.1 MB, --teacher-cache is 0.0 MB"),
    ],
)
def test_a_student_learns_the_same_of_a_live_teacher(distil, web_runs, cache, says):
    told, ours = distil("--teacher-cache", cache)
    assert says in told
    for name, stored in load_file(web_runs / "odd" / "model.safetensors").items():
        assert torch.allclose(ours[name], stored, atol=1e-5), name


def test_half_of_a_disk_is_left_for_checkpoints(distil, tmp_path, monkeypatch):
    real = shutil.disk_usage(tmp_path)
    sizes = iter([real._replace(free=160_000), real])  # the second for the checkpoints themselves
    monkeypatch.setattr(shutil, "disk_usage", lambda path: next(sizes))
    told, _ = distil()
    assert (
        "the teacher runs in each step: its outputs take 0.1 MB, more than half of the 0.2" in told
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("17", 17), ("1B", 1), ("2kB", 2000), ("1.5MB", 1_500_000), ("4gb", 4 * 10**9)],
)
def test_sizes(text, count):
    assert size(text) == count


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "4GiB", "4 GB", "nan", "inf", "1e9", "0x1"])
def test_no_sizes(text):
    with pytest.raises(ArgumentTypeError, match=r"is no size \(hint: 500MB"):
        size(text)
