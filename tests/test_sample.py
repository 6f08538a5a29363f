"""Check the teaching sample: its files, its balance and the separation of its splits."""

import re
from collections import Counter

import pytest

from data.sample.bag_of_words import bag_of_words_f1, load_split
from data.sample.make_sample import FOLDER, HATE, LABELS, NOT_HATE, make_split
from data.sample.templates import FILLERS

SPLITS = ["train", "validation", "test"]
PAIRS = [("train", "validation"), ("train", "test"), ("validation", "test")]
TERMS = re.compile(rf"\b({'|'.join(FILLERS['group'])})\b", re.IGNORECASE)


def all_rows() -> list[dict[str, str]]:
    """Return the rows of the three splits together."""
    return [row for split in SPLITS for row in load_split(split)]


def frame_words(template: str) -> list[str]:
    """Return the words of a template with every slot replaced by the word `slot`."""
    return re.findall(r"\w+", re.sub(r"\{.+?\}", "slot", template).lower())


def frames(split: str) -> list[list[str]]:
    """Return the templates of one split as lists of words."""
    phenomena = [*HATE.values(), *NOT_HATE.values()]
    return [frame_words(text) for splits in phenomena for text in splits[split]]


def phrases(split: str) -> set[tuple[str, ...]]:
    """Return every run of five words in the templates of one split."""
    return {tuple(words[i : i + 5]) for words in frames(split) for i in range(len(words) - 4)}


@pytest.mark.parametrize("split", SPLITS)
def test_csv_is_what_the_generator_makes(split):
    assert load_split(split) == make_split(split)
    content = (FOLDER / f"{split}.csv").read_bytes()
    assert content.startswith(b"text,label,phenomenon\n")
    assert b"\r" not in content


def test_mapping_lists_the_two_labels():
    assert (FOLDER / "mapping.txt").read_text(encoding="utf-8") == "0\tnot-hate\n1\thate\n"
    assert LABELS == ["not-hate", "hate"]


def test_texts_are_many_distinct_and_short():
    texts = [row["text"] for row in all_rows()]
    assert len(texts) >= 3500
    assert len({text.lower() for text in texts}) == len(texts)
    assert all(len(text.split()) <= 45 for text in texts)
    assert not [text for text in texts if re.search(r"[{}\[\]|]", text)]


@pytest.mark.parametrize("split", SPLITS)
def test_labels_are_balanced(split):
    labels = Counter(row["label"] for row in load_split(split))
    assert set(labels) == set(LABELS)
    assert 0.48 <= labels["hate"] / labels.total() <= 0.52


@pytest.mark.parametrize("split", SPLITS)
def test_every_phenomenon_is_in_each_split_with_one_label(split):
    found = {(row["phenomenon"], row["label"]) for row in load_split(split)}
    expected = {(name, "hate") for name in HATE} | {(name, "not-hate") for name in NOT_HATE}
    assert len(expected) == 36
    assert found == expected


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_no_text_is_another_split_with_a_new_noun(first, second):
    masked = [
        {TERMS.sub("slot", row["text"].lower()) for row in load_split(split)}
        for split in (first, second)
    ]
    assert not masked[0] & masked[1]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_no_five_words_in_a_row_are_shared(first, second):
    """Four common words can meet by chance; five in a row would be a borrowed phrase."""
    assert not phrases(first) & phrases(second)
    short = [words for words in frames(second) if len(words) < 5]
    assert not [words for words in short if words in frames(first)]


def test_identity_terms_are_balanced_over_the_labels():
    counts = {label: Counter() for label in LABELS}
    for row in all_rows():
        counts[row["label"]].update({term.lower() for term in TERMS.findall(row["text"])})
    for term in map(str.lower, FILLERS["group"]):
        hate, other = counts["hate"][term], counts["not-hate"][term]
        assert hate + other >= 40
        assert 0.42 <= hate / (hate + other) <= 0.58, term


@pytest.mark.parametrize(
    "words",
    [
        "hate love disgusting stupid damn bloody shit vermin",
        "idiot moron clown coward pathetic joke genius ugly trash shut die kill",
        "vote minister government team match referee school boss phone shop",
    ],
    ids=["strong", "rude", "topics"],
)
def test_telling_words_stand_in_both_labels(words):
    for word in words.split():
        pattern = re.compile(rf"\b{word}\b", re.IGNORECASE)
        labels = Counter(row["label"] for row in all_rows() if pattern.search(row["text"]))
        assert min(labels[label] for label in LABELS) >= 3, word


@pytest.mark.parametrize("label", LABELS)
def test_disguised_spelling_stands_in_both_labels(label):
    pattern = r"[a-z][0-9*][a-z]|\b[a-z] [a-z] [a-z]\b"
    texts = [row["text"] for row in all_rows() if row["label"] == label]
    assert sum(bool(re.search(pattern, text)) for text in texts) >= 50


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_bag_of_words_does_not_solve_it(split):
    pytest.importorskip("sklearn")
    assert 0.5 < bag_of_words_f1(split) < 0.75
