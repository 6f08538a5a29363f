"""One reader: train.py and predict.py see the same texts of a file, and the same faults."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data import DataError, load_data
from data.tables import FORMATS, Row, read_table, read_texts

TEXTS = [
    "plain",
    'say "no", now\tand then',
    " spaces around ",
    "\u00e9 \U0001f600\u2028\u0085\x0b\x0c\x1c one line",
    "nul \0 inside",
    "carriage\rreturn",
    "x" * 300_000,
]
TWO_LINES = ["two\nlines", "two\r\nlines", '"\n"']


def write(folder: Path, kind: str, content: bytes = b"") -> Path:
    """A file that both commands read, with bytes of its own or with TEXTS in it; its path."""
    texts = TEXTS if kind == "txt" else TEXTS + TWO_LINES
    labels = [i % 2 for i in range(len(texts))]
    for split in ("train", "validation", "test"):
        if kind == "txt":
            stem = "val" if split == "validation" else split
            path = folder / f"{stem}_text.txt"
            path.write_bytes(b"\xef\xbb\xbf" + "".join(f"{text}\n" for text in texts).encode())
            (folder / f"{stem}_labels.txt").write_text("".join(f"{n}\n" for n in labels))
            continue
        path = folder / f"{split}.{kind}"
        if kind == "parquet":
            pq.write_table(pa.table({"id": labels, "text": texts, "label": labels}), path)
        elif kind == "jsonl":
            rows = [{"label": n, "text": text} for text, n in zip(texts, labels, strict=True)]
            lines = [json.dumps(row, ensure_ascii=bool(row["label"])) + "\r\n" for row in rows]
            path.write_bytes("\n".join(lines).encode())
        else:
            with open(path, "w", encoding="utf-8-sig", newline="") as file:
                table = csv.writer(file, delimiter={"csv": ",", "tsv": "\t"}[kind])
                rows = zip(labels, texts, labels, strict=True)
                table.writerows([("label", "text", "id"), (), *rows])
    path = folder / ("train_text.txt" if kind == "txt" else f"train.{kind}")
    if content:
        path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", FORMATS)
def test_training_and_labelling_see_the_same_texts(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, kind)
    rows = list(read_texts(path, "text"))
    assert not any(row.error for row in rows)
    seen = [text for row in rows for text in row.cells]
    assert seen == load_data(str(tmp_path)).splits["train"].texts
    assert seen == (TEXTS if kind == "txt" else TEXTS + TWO_LINES)


@pytest.mark.parametrize(
    ("kind", "content", "line", "fault"),
    [
        ("txt", b"a\nb\xff\n", 2, "not UTF-8 (hint: save"),
        ("csv", b'text,label\n"a\nb",0\n"c\nd"\n', 4, "1 cells under 2 columns (hint: a text"),
        ("csv", b'text,label\na,0\n"b"c,1\n', 3, "',' expected after '\"'"),
        ("csv", b'text,label\na,0\n"b,1\nc,0\n', 3, "unexpected end of data"),
        ("tsv", b"label\ttext\n0\ta\n1\tb\xff\n", 3, "not UTF-8 (hint: save"),
        ("tsv", b"text\tlabel\na\t0\nb,1\n", 3, "1 cells under 2 columns"),
        ("jsonl", b'{"text": "a", "label": 0}\n\n{\n', 3, "not JSON: Expecting property name"),
        ("jsonl", b'[]\n{"text": "a", "label": 0}\n', 1, "not a JSON object"),
        ("jsonl", b'{"text": "a", "label": 0}\n{"text": [], "label": 1}\n', 2, "the text is [], "),
        ("jsonl", b'{"text": "\\udc80", "label": 0}\n', 1, "the text has half a surrogate pair"),
        ("jsonl", b'{"text": "\xff", "label": 0}\n', 1, "not UTF-8 (hint: save"),
    ],
)
def test_training_and_labelling_tell_the_same_of_a_bad_row(
    tmp_path: Path, kind: str, content: bytes, line: int, fault: str
) -> None:
    path = write(tmp_path, kind, content)
    bad = next(row for row in read_texts(path, "text") if row.error)
    assert (bad.line, bad.cells) == (line, ())
    assert bad.error.startswith(fault)
    with pytest.raises(DataError) as raised:
        load_data(str(tmp_path))
    assert str(raised.value).startswith(f"{path}:{line}: {bad.error}")


def test_cells_come_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    for kind in ("csv", "tsv", "jsonl", "parquet"):
        (tmp_path / kind).mkdir()
        path = write(tmp_path / kind, kind)
        label, text = next(read_table(path, ["label", "text"])).cells
        assert (str(label), text) == ("0", TEXTS[0])


def test_parquet_that_is_not_utf8_is_a_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    cells = pa.array([b"a", b"\xff", b"c"]).view(pa.string())
    pq.write_table(pa.table({"text": cells}), path)
    assert list(read_texts(path, "text")) == [
        Row(1, ("a",)),
        Row(2, error="not UTF-8"),
        Row(3, ("c",)),
    ]


def test_lines_may_end_in_carriage_returns_alone(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes(b"I hate you\rwhat a lovely day\rgo away\r")
    rows = [row.cells[0] for row in read_texts(path, "text")]
    assert rows == ["I hate you", "what a lovely day", "go away"]
    path.write_bytes(b"one\rtext\nand another\n")
    assert [row.cells[0] for row in read_texts(path, "text")] == ["one\rtext", "and another"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_break_without_quotes_that_ends_no_row_is_refused(tmp_path: Path, end: str) -> None:
    """A file's rows end as its header does; in quotes every line break is a text's own."""
    other = "\n" if end == "\r" else "\r"
    rows = ["text,label", f'"a{other}b",0', "plain,1", f"c{other}d,0", f"{other}e,1", "last,0", ""]
    (tmp_path / "train.csv").write_bytes(end.join(rows).encode())
    found = list(read_texts(tmp_path / "train.csv", "text"))
    assert [row.cells for row in found] == [(f"a{other}b",), ("plain",), (), (), ("last",)]
    assert all(row.error.startswith("a line break of another kind in a") for row in found[2:4])


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *((kind, "utf-16") for kind in ("txt", "csv", "tsv", "jsonl")),
        *((kind, "utf-16-le") for kind in ("txt", "csv", "tsv", "jsonl")),
    ],
)
def test_utf_16_is_named(tmp_path: Path, kind: str, code: str) -> None:
    """Without a mark at its beginning it is known by its NULs."""
    path = tmp_path / f"posts.{kind}"
    path.write_bytes("text,label\nsch\u00f6n,0\n".encode(code))
    with pytest.raises(DataError, match=r"UTF-16.* \(hint: save it as UTF-8\)"):
        list(read_texts(path, "text"))


@pytest.mark.parametrize(
    ("name", "header", "hint"),
    [
        ("a.csv", "text;label", "it has ';' between cells"),
        ("a.csv", "text\tlabel", r"it has '\\t' between cells"),
        ("a.tsv", "text,label", "it has ',' between cells"),
        ("a.csv", "sep=;\ntext;label", "remove the first line"),
        ("a.csv", "sep=,\ntext,label", "remove the first line"),
    ],
)
def test_another_separator_is_named(tmp_path: Path, name: str, header: str, hint: str) -> None:
    (tmp_path / name).write_text(f"{header}\na;0\n")
    with pytest.raises(DataError, match=f"hint: {hint}"):
        list(read_texts(tmp_path / name, "text"))
    with pytest.raises(DataError, match=f"hint: {hint}"):
        load_data(str(tmp_path / name))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("csv", b"text,label,text,label\n17,0,a,1\n"),
        ("tsv", b"text\tlabel\ttext\n17\t0\ta\n"),
        ("jsonl", b'{"text": "a", "label": 0, "text": "b"}\n'),
        ("parquet", b""),
    ],
)
def test_a_column_that_stands_twice_is_refused(tmp_path: Path, kind: str, content: bytes) -> None:
    path = write(tmp_path, kind, content)
    if kind == "parquet":
        columns = [pa.array(["a"]), pa.array([0]), pa.array(["b"])]
        pq.write_table(pa.Table.from_arrays(columns, ["text", "label", "text"]), path)
    with pytest.raises(DataError, match="text' stands twice"):
        load_data(str(tmp_path))


def told(path: Path, *rows: str) -> list[str]:
    """Text or error of each row of a csv."""
    path.write_text("\n".join(["text,label", *rows, ""]), encoding="utf-8")
    return [row.error or row.cells[0] for row in read_texts(path, "text")]


def test_an_open_quote_tells_the_lines_that_it_takes(tmp_path: Path) -> None:
    plain = [f"text {i},0" for i in range(20)]
    *sound, last = told(tmp_path / "a.csv", *plain, '"open,1', *plain)
    assert sound == [f"text {i}" for i in range(20)]
    assert last == "unexpected end of data: a quote opens here, and the row goes on to line 42"


def test_a_quote_that_closes_below_whole_rows_is_a_bad_row(tmp_path: Path) -> None:
    swallowed = ['"open,1', *(f"text {i},0" for i in range(6)), '5",1', "sound,0"]
    first, last = told(tmp_path / "a.csv", *swallowed)
    assert first == "a quote opens here and closes in line 9, below rows"
    assert last == "sound"
    for line in ("Roses are red, my love", "item 0, 0 g", "foo\rbar"):
        assert told(tmp_path / "a.csv", '"' + "\n".join([line] * 8) + '",1') == (
            ["\n".join([line] * 8)]
        )
    verse = "one\ntwo, three\nfour\nfive\nsix\nseven\neight"
    assert told(tmp_path / "a.csv", f'"{verse}",1') == [verse]


def test_the_rest_of_a_broken_row_is_no_text(tmp_path: Path) -> None:
    broken = ['"He said \\"no\\"', 'and I left",1', "sound,0"]
    first, second, last = told(tmp_path / "a.csv", *broken)
    assert "expected after" in first
    assert (second, last) == ("the rest of the broken row above it", "sound")
    first, *others = told(tmp_path / "a.csv", "a\rb,1", "", 'he is 6" tall,0')
    assert (first[:12], others) == ("a line break", ['he is 6" tall'])  # that row is at fault alone
    first, *others = told(tmp_path / "a.csv", '"a \\"b\\"', "c", 'e",1', '"say ""x""",0')
    assert others == ["the rest of the broken row above it"] * 2 + ['say "x"']
