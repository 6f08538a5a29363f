"""Splits that a source lacks are made of its training texts, the same ones each time."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import Choice, DataError, load_data
from data.splitting import normalised

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


def write(path: Path, rows: list[tuple[str, str]]) -> str:
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return str(path)


def rows(n: int, prefix: str = "text") -> list[tuple[str, str]]:
    return [(f"{prefix} {i}", "hate" if i % 4 == 0 else "none") for i in range(n)]


def sizes(source: str, **choice) -> list[int]:
    splits = load_data(source, choice=Choice(**choice)).splits
    assert list(splits) == ["train", "validation", "test"]
    return [len(split.texts) for split in splits.values()]


def test_one_file_becomes_three_splits_of_each_class_its_share(tmp_path: Path) -> None:
    source = write(tmp_path / "posts.csv", rows(1000))
    data = load_data(source)
    assert sizes(source) == [800, 100, 100]
    assert [sum(split.labels) for split in data.splits.values()] == [200, 25, 25]
    assert data.made == ("validation", "test")
    assert data.notes == (
        "validation and test made of train: train 800, validation 100, test 100 texts "
        "(--split 80,10,10, seed 0)",
    )
    assert sizes(source, split="50,20,30") == [500, 200, 300]
    for split in data.splits.values():  # in the order of the file
        assert sorted(split.texts, key=lambda text: int(text[5:])) == split.texts


def test_a_split_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", rows(1000))
    write(tmp_path / "test.csv", rows(300, "test"))
    assert sizes(str(tmp_path)) == [900, 100, 300]
    assert load_data(str(tmp_path)).made == ("validation",)
    (tmp_path / "test.csv").rename(tmp_path / "dev.csv")
    assert sizes(str(tmp_path)) == [900, 300, 100]
    assert load_data(str(tmp_path)).splits["validation"].texts[0] == "test 0"
    (tmp_path / "dev.csv").unlink()
    assert sizes(str(tmp_path)) == [800, 100, 100]


def test_tweeteval_may_lack_a_split_but_not_half_of_one(tmp_path: Path) -> None:
    (tmp_path / "train_text.txt").write_text("".join(f"tweet {i}\n" for i in range(100)))
    (tmp_path / "train_labels.txt").write_text("0\n1\n" * 50)
    assert sizes(str(tmp_path)) == [80, 10, 10]
    (tmp_path / "val_text.txt").write_text("a\nb\n")
    with pytest.raises(DataError, match=r"no file .*val_labels\.txt"):
        load_data(str(tmp_path))


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS.filter(str.strip), st.integers(0, 2)), min_size=30, max_size=60))
def test_no_text_is_lost_and_copies_stay_on_one_side(tmp_path_factory, drawn) -> None:
    table = [(text, f"class {label}") for text, label in drawn]
    table += [(f"RT @you: {text.upper()}", label) for text, label in table[:10]]
    table += [(f"more {i}", f"class {i % 3}") for i in range(60)]
    data = load_data(write(tmp_path_factory.mktemp("made") / "posts.csv", table))
    found = Counter(
        (text, data.label_names[label])
        for split in data.splits.values()
        for text, label in zip(split.texts, split.labels, strict=True)
    )
    assert found == Counter(table)
    side: dict[str, str] = {}
    for name, split in data.splits.items():
        for text in split.texts:
            assert side.setdefault(normalised(text), name) == name


@pytest.mark.parametrize("split", ["80,20", "80,10,20", "100,0,0", "a,b,c", "", "90,20,-10"])
def test_a_split_that_is_no_split_is_refused(tmp_path: Path, split: str) -> None:
    source = write(tmp_path / "posts.csv", rows(100))
    with pytest.raises(DataError, match="is not three percentages that add up to 100"):
        load_data(source, choice=Choice(split=split))


def test_too_few_texts_are_told(tmp_path: Path) -> None:
    source = write(tmp_path / "posts.csv", rows(2))
    with pytest.raises(DataError, match="2 texts of train leave none for validation "):
        load_data(source)


def test_limit_comes_after_the_splits_are_made(tmp_path: Path) -> None:
    source = write(tmp_path / "posts.csv", rows(1000))
    whole, part = load_data(source), load_data(source, limit=20)
    for name, split in part.splits.items():
        assert list(split.texts) == list(whole.splits[name].texts[:20])


@pytest.mark.parametrize(
    ("labels", "limit", "kept"),
    [
        ("aaaaaaaabbbbc", 6, {"a": 3, "b": 2, "c": 1}),
        ("aaaabbbbcccc", 3, {"a": 1, "b": 1, "c": 1}),
        ("abcaaaaaaaaa", 4, {"a": 2, "b": 1, "c": 1}),
        ("aaaaaaaabbbbc", 2, {"a": 1, "b": 1}),
        ("aaaaaabbcde", 2, {"a": 1, "b": 1}),
    ],
)
def test_limit_keeps_every_class_where_it_can(tmp_path: Path, labels, limit, kept) -> None:
    table = [(f"text {i}", label) for i, label in enumerate(labels)]
    for name in ("train", "validation", "test"):
        write(tmp_path / f"{name}.csv", table)
    data = load_data(str(tmp_path), limit=limit)
    assert Counter(data.label_names[i] for i in data.splits["train"].labels) == kept
