"""Parts of a data set: shares, seeds, and copies of a text on one side."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.splitting import divide, normalised


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Go HOME", "go home"),
        ("go  home\n", "go home"),
        ("RT @bob: go home https://t.co/Xy", "go home"),
        ("@ann @bob go home", "@cy go home"),
        ("rt @bob go home www.a.example/b", "@user go home"),
    ],
)
def test_copies_of_a_text_are_known(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"), [("go home", "go"), ("start now", "st now"), ("a@b", "a@c d"), ("@a", "@b")]
)
def test_other_texts_are_others(one, other):
    assert normalised(one) != normalised(other)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2)), min_size=1, max_size=200),
    st.integers(0, 5),
)
def test_copies_are_never_parted(rows, seed):
    texts = [f"RT @name{i}: text {n} https://t.co/{i}" for i, (n, _) in enumerate(rows)]
    parts = divide(texts, [label for _, label in rows], (0.8, 0.1, 0.1), seed)
    of_text = {}
    for (n, _), part in zip(rows, parts, strict=True):
        assert of_text.setdefault(n, part) == part


@pytest.mark.parametrize("shares", [(0.8, 0.1, 0.1), (0.1,) * 10])
def test_each_class_has_its_share_in_every_part(shares):
    labels = [0] * 700 + [1] * 250 + [2] * 50
    parts = divide([f"text {i}" for i in range(1000)], labels, shares, seed=0)
    counts = Counter(zip(labels, parts.tolist(), strict=True))
    for label, size in enumerate((700, 250, 50)):
        assert [counts[label, p] for p in range(len(shares))] == [round(s * size) for s in shares]


def test_a_class_of_three_texts_is_in_each_of_three_parts():
    labels = [0] * 97 + [1] * 3
    parts = divide([f"text {i}" for i in range(100)], labels, (0.8, 0.1, 0.1), seed=0)
    assert sorted(parts[97:]) == [0, 1, 2]


def test_the_seed_decides():
    texts, labels = [f"text {i}" for i in range(100)], [i % 2 for i in range(100)]
    one, again, other = (divide(texts, labels, (0.5, 0.5), seed) for seed in (0, 0, 1))
    assert (one == again).all()
    assert (one != other).any()
    assert not np.array_equal(one, np.arange(100) >= 50)
