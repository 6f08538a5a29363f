"""Shifts are made of training texts alone, and are what they say."""

import numpy as np
import pytest

from data import Data, Split, load_data
from data.hashtags import HASHTAG
from study.shifts import (
    HELD_OUT,
    SHIFTS,
    campaigns,
    shifted,
    telltale_hashtags,
    write_folder,
)


def make_data() -> Data:
    """Training texts with hashtags that nearly give the label away, and others."""
    texts, labels = [], []
    for number in range(400):
        label = number % 2
        tag = ("#peace", "#wall")[label] if number % 5 else ("#peace", "#wall")[1 - label]
        texts.append(f"text {number} {tag}" if number < 200 else f"women and refugee {number}")
        labels.append(label)
    never = Split(["never to be seen"] * 4, [0, 1, 0, 1])
    return Data(
        "made",
        {"train": Split(texts, labels), "validation": never, "test": never},
        ("not-hate", "hate"),
    )


@pytest.mark.parametrize("name", SHIFTS)
def test_every_text_is_a_training_text_and_in_one_place(name):
    data = make_data()
    splits = shifted(data, name).splits
    seen = [text for split in splits.values() for text in split.texts]
    assert len(seen) == len(set(seen))
    assert set(seen) <= set(data.splits["train"].texts)
    assert "never to be seen" not in seen
    labels = dict(zip(data.splits["train"].texts, data.splits["train"].labels, strict=True))
    for split in splits.values():
        assert split.labels == [labels[text] for text in split.texts]


@pytest.mark.parametrize("name", HELD_OUT)
def test_what_is_held_out_is_not_trained_on(name):
    splits = shifted(make_data(), name).splits
    assert splits["test"].texts
    assert all(HELD_OUT[name](text) for text in splits["test"].texts)
    for split in ("train", "validation"):
        assert not any(HELD_OUT[name](text) for text in splits[split].texts)


def test_a_telltale_hashtag_by_hand():
    texts = ["#wall"] * 10 + ["#peace"] * 10 + ["#news"] * 10 + ["#rare"]
    labels = np.array([1] * 8 + [0] * 2 + [1] + [0] * 9 + [1] * 5 + [0] * 5 + [1])
    assert telltale_hashtags(texts, labels) == {"wall": 0.8, "peace": 0.1}


def test_campaigns_mislead_in_half_of_the_test_and_never_in_training():
    data = make_data()
    splits = shifted(data, "campaigns").splits
    says = {"peace": 0, "wall": 1}

    def agree(split: Split) -> list[bool]:
        return [
            says[tags[0]] == label
            for text, label in zip(split.texts, split.labels, strict=True)
            if (tags := HASHTAG.findall(text))
        ]

    assert np.mean(agree(splits["test"])) == 0.5
    assert np.mean(splits["test"].labels) == 0.5
    assert all(agree(splits["train"]))
    assert all(agree(splits["validation"]))


def test_a_shift_is_the_same_each_time():
    data = make_data()
    assert shifted(data, "campaigns").splits == shifted(data, "campaigns").splits


def test_no_hashtag_no_campaign():
    texts = ["a", "b"] * 10
    assert not campaigns(texts, np.array([0, 1] * 10), np.random.default_rng(0)).any()


def test_a_folder_reads_back(tmp_path):
    made = shifted(make_data(), "women")
    write_folder(made, tmp_path)
    again = load_data(str(tmp_path))
    assert again.splits == made.splits
    assert again.label_names == ("not-hate", "hate")
