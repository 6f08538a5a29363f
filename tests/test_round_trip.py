"""What other libraries write is read back text for text, in training and in labelling."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from datasets import Dataset
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from data import DataError, load_data
from data.lines import BARE_END
from data.quotes import _rows_as_they_stand
from data.tables import read_texts

Table = dict[str, list[str]]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


def plain_csv(table: Table, path: Path) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([table, *zip(*table.values(), strict=True)])


def plain_jsonl(table: Table, path: Path) -> None:
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


WRITERS: dict[str, Callable[[Table, Path], object]] = {
    "csv by csv": plain_csv,
    "csv by pandas": lambda t, path: pd.DataFrame(t).to_csv(path),
    "csv by pyarrow": lambda t, path: pyarrow.csv.write_csv(pa.table(t), path),
    "csv by polars": lambda t, path: pl.DataFrame(t).write_csv(path),
    "csv by datasets": lambda t, path: Dataset.from_dict(t).to_csv(path),
    "tsv by pandas": lambda t, path: pd.DataFrame(t).to_csv(path, sep="\t", index=False),
    "tsv by polars": lambda t, path: pl.DataFrame(t).write_csv(path, separator="\t"),
    "csv.gz by pandas": lambda t, path: pd.DataFrame(t).to_csv(path),
    "jsonl by json": plain_jsonl,
    "jsonl by pandas": lambda t, path: pd.DataFrame(t).to_json(path, orient="records", lines=True),
    "jsonl by polars": lambda t, path: pl.DataFrame(t).write_ndjson(path),
    "jsonl by datasets": lambda t, path: Dataset.from_dict(t).to_json(path),
    "jsonl.gz by pandas": lambda t, p: pd.DataFrame(t).to_json(p, orient="records", lines=True),
    "parquet by pandas": lambda t, path: pd.DataFrame(t).astype("category").to_parquet(path),
    "parquet by pyarrow": lambda t, path: pq.write_table(pa.table(t), path),
    "parquet by polars": lambda t, path: pl.DataFrame(t).write_parquet(path),
    "parquet by datasets": lambda t, path: Dataset.from_dict(t).to_parquet(path),
}
# These write a carriage return without quotes.
BARE = (
    *("csv by pandas", "csv by datasets", "csv.gz by pandas", "csv by polars"),
    *("tsv by pandas", "tsv by polars"),
)


@pytest.mark.parametrize("writer", WRITERS)
@settings(max_examples=30, deadline=None)
@given(texts=st.lists(TEXTS, min_size=2, max_size=6))
@example(texts=["I hate\ryou", "\rall", 'of "you"\r', "two\nlines"])
def test_texts_come_back_as_they_went(tmp_path_factory, writer: str, texts: list[str]) -> None:
    folder, kind = tmp_path_factory.mktemp("table"), writer.split()[0]
    table = {"tweet": texts, "class": ["none" if i % 2 else "hate" for i in range(len(texts))]}
    WRITERS[writer](table, folder / f"train.{kind}")
    for split in ("validation", "test"):
        shutil.copy(folder / f"train.{kind}", folder / f"{split}.{kind}")
    if kind == "tsv":  # lines in quotes may be a table as they stand, too: nobody could tell
        assume(_rows_as_they_stand(folder / "train.tsv") in (None, len(texts) + 1))
    rows = list(read_texts(folder / f"train.{kind}", "tweet"))
    for row, text in zip(rows, texts, strict=True):
        refused = writer in BARE and "\r" in text and row.error.startswith(BARE_END)
        assert row.cells == (text,) or refused
    if any(row.error for row in rows):
        with pytest.raises(DataError, match=BARE_END[:30]):
            load_data(str(folder))
        return
    data = load_data(str(folder))
    assert data.splits["train"].texts == texts
    assert [data.label_names[i] for i in data.splits["train"].labels] == table["class"]
