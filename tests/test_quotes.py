"""What a quote in a .tsv is: decided for the whole file, the same for every reader of it."""

import csv
import os
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from data import load_data
from data.quotes import _rows_as_they_stand, quotes_are_edges
from data.tables import read_table, read_texts

CELLS = st.text(st.sampled_from('ab"\t\n\r ,')).filter(str.strip)


def rows(path: Path, *columns: str) -> list[tuple[str, ...]]:
    found = list(read_table(path, columns))
    assert not any(row.error for row in found)
    return [row.cells for row in found]


def write(path: Path, content: str) -> Path:
    path.write_bytes(content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        # characters
        ('text\tlabel\n"I hate\t1\nlovely\t0\nyou"\t1\n', ['"I hate', "lovely", 'you"']),
        ('text\tlabel\n"hello"\t1\nno quotes here\t0\n', ['"hello"', "no quotes here"]),
        ('text\tlabel\n"hello"\t1\nsay "no" now\t0\n', ['"hello"', 'say "no" now']),
        ('text\tlabel\n"\t1\n""\t0\n', ['"', '""']),
        ('text\tlabel\n"one" and "two"\t1\n', ['"one" and "two"']),
        ('text\tlabel\n"hi, you"\t1\nsay "no" now\t0\n', ['"hi, you"', 'say "no" now']),
        # edges of cells
        ('text\tlabel\n"say ""no"""\t1\nplain\t0\n', ['say "no"', "plain"]),
        ('text\tlabel\n"hello"\t1\n"all are quoted"\t0\n', ["hello", "all are quoted"]),
        ('"text"\t"label"\n"hello"\t"1"\n"bye"\t"0"\n', ["hello", "bye"]),
        ('"text"\t"label"\nplain\t1\n"say ""no"""\t0\n', ["plain", 'say "no"']),
        ('text\tlabel\n"two\nlines"\t1\nplain\t0\n', ["two\nlines", "plain"]),
        ('text\tlabel\n"a tab\there"\t1\nplain\t0\n', ["a tab\there", "plain"]),
        ('text\tlabel\n"yes, a comma"\t1\nplain\t0\n', ["yes, a comma", "plain"]),
        ('text\tlabel\r\n"\t2\n"\t1\r\nplain\t0\r\n', ["\t2\n", "plain"]),
        ('text\n"two\nlines"\nplain\n', ["two\nlines", "plain"]),
        ('"text"\t"label"\n"hello"\t"a"\nNA\t"b"\n', ["hello", "NA"]),  # R
        ('"text"\t"label"\n"hello"\t1\n2020\t0\n', ["hello", "2020"]),  # spreadsheets
    ],
)  # fmt: skip
def test_a_quote_is_what_the_whole_file_says(tmp_path: Path, content: str, texts: list[str]):
    path = write(tmp_path / "posts.tsv", content)
    assert [row[0] for row in rows(path, "text")] == texts


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, st.sampled_from("01")), min_size=2, max_size=6))
@example([("\t2\n", "0"), ("x", "1")])
@example([('"', "0"), ("x", "1")])
def test_what_csv_writers_quote_is_read_back(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("tsv") / "posts.tsv"
    for style in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC):
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter="\t", quoting=style)
            writer.writerows([("text", "label"), *table])
        os.utime(path, ns=(style, style))  # files of one size, written in one tick of the clock
        # Lines in quotes may be a table as they stand, too: nobody could tell.
        assume(_rows_as_they_stand(path) in (None, len(table) + 1))
        assert rows(path, "text", "label") == table


@settings(deadline=None)
@given(st.lists(CELLS.filter(lambda text: not set(text) & set("\t\n")), min_size=20, max_size=30))
def test_what_quotes_no_cell_is_read_as_it_stands(tmp_path_factory, texts):
    texts = [*texts, 'say "no" to that', "it's 5\" long"]
    path = tmp_path_factory.mktemp("tsv") / "posts.tsv"
    write(path, "text\tlabel\n" + "".join(f"{text}\t{i % 2}\n" for i, text in enumerate(texts)))
    assert [row[0] for row in rows(path, "text")] == texts


def test_other_writers_quotes_are_known(tmp_path: Path) -> None:
    table = [('say "no"', "a"), ("two\nlines", "b"), ("plain", "a"), ("tab\tinside", "b")]
    columns = {"text": [text for text, _ in table], "label": [label for _, label in table]}
    for header in (True, False):
        path = tmp_path / f"arrow-{header}.tsv"
        style = "needed" if header else "all_valid"
        options = pyarrow.csv.WriteOptions(delimiter="\t", quoting_style=style)
        pyarrow.csv.write_csv(pa.table(columns), path, options)
        assert rows(path, "text", "label") == table
    for style in ("necessary", "always", "non_numeric"):
        path = tmp_path / f"polars-{style}.tsv"
        pl.DataFrame(columns).write_csv(path, separator="\t", quote_style=style)
        assert rows(path, "text", "label") == table


def test_tweets_as_plain_tsv_are_read_as_they_are(tweeteval: Path, tmp_path: Path) -> None:
    for task in ("hate", "offensive"):
        data = load_data(str(tweeteval / task))
        for name, split in data.splits.items():
            lines = [f"{i}\t{t}\n" for i, t in zip(split.labels, split.texts, strict=True)]
            write(tmp_path / f"{name}.tsv", "label\ttext\n" + "".join(lines))
            texts = [row.cells[0] for row in read_texts(tmp_path / f"{name}.tsv", "text")]
            assert texts == [text.removesuffix("\r") for text in split.texts]


def test_a_pipe_is_read_once_and_its_quotes_are_characters(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "posts.tsv")
    assert not quotes_are_edges(tmp_path / "posts.tsv")
    assert not quotes_are_edges(Path("-"))
