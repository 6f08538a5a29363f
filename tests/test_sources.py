"""The rules by which `data.sources` reads folders, and what it says about damaged ones."""

import csv
import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import Choice, Data, DataError, Split, load_data, repeats
from data.labels import find_classes

TABLE = "text,label\ngood day,0\nbad day,1\n"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


def write(folder: Path, **files: str | bytes) -> str:
    """Write files whose names have a double underscore in place of the dot."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        content = content.encode() if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(content)
    return str(folder)


def table(folder: Path, train: str | bytes = TABLE, suffix: str = "csv", **more: str) -> str:
    """Write a folder of which only the training file matters."""
    rest = {f"{split}__csv": TABLE for split in ("validation", "test")}
    return write(folder, **{f"train__{suffix}": train}, **rest, **more)


def tweeteval(folder: Path, text: str = "a\nb\n", labels: str = "0\n1\n", **more: str) -> str:
    """Write a TweetEval folder of which only the training files matter."""
    rest = {f"{stem}_text__txt": "a\nb\n" for stem in ("val", "test")}
    rest |= {f"{stem}_labels__txt": "0\n1\n" for stem in ("val", "test")}
    return write(folder, train_text__txt=text, train_labels__txt=labels, **{**rest, **more})


def fails(source: str) -> str:
    with pytest.raises(DataError) as info:
        load_data(source)
    assert "\n" not in str(info.value)
    return str(info.value)


def test_tables_of_a_folder_go_before_a_task_of_tweeteval_within(tmp_path: Path) -> None:
    tweeteval(tmp_path / "hate")
    assert load_data(str(tmp_path)).splits["train"].texts[0] == "a"
    with pytest.raises(DataError, match="is a folder of TweetEval, which has no columns"):
        load_data(str(tmp_path), choice=Choice(text_column="tweet"))
    table(tmp_path, "text,label\nmine,0\nyours,1\n")
    assert load_data(str(tmp_path)).splits["train"].texts[0] == "mine"


# ---- the embedded sample, and no folder at all


def test_sample_has_three_splits_of_both_classes() -> None:
    sample = load_data("sample")
    assert list(sample.splits) == ["train", "validation", "test"]
    assert sample.label_names == ("not-hate", "hate")
    assert (sample.name, sample.revision) == ("sample", None)
    assert all(len(s.texts) == len(s.labels) > 50 for s in sample.splits.values())
    assert all(set(s.labels) == {0, 1} for s in sample.splits.values())


@pytest.mark.parametrize("source", ["nowhere", "", "../nowhere", "a/b/c", "/a/b", "a b/c", "a\0/b"])
def test_neither_a_file_nor_a_hub_id_is_no_such_file(source: str) -> None:
    assert fails(source).startswith("no such file or folder: ")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    write(tmp_path, posts__txt="a\nb\n")
    assert fails(f"{tmp_path}/posts.txt").startswith(f"{tmp_path}/posts.txt is not one of .csv, ")


# ---- TweetEval folders


@pytest.mark.parametrize("folder", [".", "hate"])
def test_tweeteval_hate_has_the_sizes_and_rates_of_the_benchmark(request, folder: str) -> None:
    hate = load_data(str(request.getfixturevalue("tweeteval") / folder))
    assert [len(split.texts) for split in hate.splits.values()] == [9000, 1000, 2970]
    assert [sum(split.labels) for split in hate.splits.values()] == [3783, 427, 1252]
    assert hate.label_names == ("not-hate", "hate")
    assert repeats(hate)["train/test"] == 231


def test_tweets_end_at_line_feeds_only(tmp_path: Path) -> None:
    tweets = ["a\u2028b", "c\u0085d\x0b\x0c\x1c", 'e\rf "g', "\0"]
    folder = tweeteval(tmp_path, "\n".join(tweets) + "\n", "0\n1\n1\n0\n")
    assert load_data(folder).splits["train"] == Split(tweets, [0, 1, 1, 0])


def test_the_last_tweet_needs_no_line_feed(tmp_path: Path) -> None:
    assert load_data(tweeteval(tmp_path, "a\nb", "0\n1")).splits["train"].texts == ["a", "b"]


def test_tweeteval_may_have_empty_tweets(tmp_path: Path) -> None:
    assert load_data(tweeteval(tmp_path, "a\n\n", "0\n1\n")).splits["train"].texts == ["a", ""]


def test_mapping_names_the_ids(tmp_path: Path) -> None:
    folder = tweeteval(tmp_path, mapping__txt="1\tbad\n0\tgood\n")
    assert load_data(folder).label_names == ("good", "bad")


def test_text_and_label_counts_that_differ_are_both_named(tmp_path: Path) -> None:
    message = fails(tweeteval(tmp_path, "a\nb\nc\n", "0\n1\n"))
    assert "train_text.txt has 3 lines" in message
    assert "train_labels.txt 2" in message


def test_a_missing_tweeteval_file_is_named(tmp_path: Path) -> None:
    folder = tweeteval(tmp_path)
    (tmp_path / "val_labels.txt").unlink()
    assert fails(folder) == f"no file {folder}/val_labels.txt"


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("0\ta\n\n1\tb\n", ":2: '' is not a label id, a tab and a name"),
        ("0 a\n1 b\n", ":1: '0 a' is not a label id, a tab and a name"),
        ("0\ta\n0\tb\n", ":2: '0\\tb' is not a label id"),
        ("0\ta\n1\tb\n3\tc\n", ": not a name for each of the ids 0, 1 and so on"),
        ("0\ta\n1\ta\n", ": not a name for each of the ids 0, 1 and so on"),
        ("0\ta\n", ": not a name for each of the ids 0, 1 and so on"),
        ("", ": not a name for each of the ids 0, 1 and so on"),
    ],
)
def test_a_damaged_mapping_is_an_error(tmp_path: Path, mapping: str, message: str) -> None:
    folder = tweeteval(tmp_path, mapping__txt=mapping)
    assert fails(folder).startswith(f"{folder}/mapping.txt{message}")


# ---- folders of csv, tsv, jsonl and parquet files


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        ("csv", TABLE),
        ("csv", "\ufeff" + TABLE),
        ("csv", TABLE.replace("\n", "\r\n")),
        ("csv", "id,label,text\n\n7,0,good day\n8,1,bad day"),
        ("tsv", TABLE.replace(",", "\t")),
        ("jsonl", '{"text": "good day", "label": 0}\r\n\n{"label": true, "text": "bad day"}\n'),
    ],
)
def test_tables_are_read(tmp_path: Path, suffix: str, content: str) -> None:
    loaded = load_data(table(tmp_path, content, suffix))
    assert loaded.splits["train"] == Split(["good day", "bad day"], [0, 1])
    assert loaded.label_names == ("0", "1")


def test_parquet_is_read_and_its_faults_are_told(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    folder, path = table(tmp_path), tmp_path / "train.parquet"
    (tmp_path / "train.csv").unlink()
    pq.write_table(pa.table({"text": ["x", "y\0"], "label": [1, 0], "id": [1, 2]}), path)
    assert load_data(folder).splits["train"] == Split(["x", "y\0"], [1, 0])
    pq.write_table(pa.table({"text": ["x", None], "label": [1, 0]}), path)
    assert fails(folder).startswith(f"{path}:2: the text is None, not a string (hint: --skip-bad ")
    pq.write_table(pa.table({"text": ["x", "y"], "label": [1.0, 0.0]}), path)
    assert load_data(folder).splits["train"] == Split(["x", "y"], [1, 0])
    pq.write_table(pa.table({"words": ["x", "y"]}), path)
    assert fails(folder).startswith(f"{path}: which column holds the texts? (hint: --text-column ")
    path.write_bytes(path.read_bytes()[:-20])
    assert fails(folder).startswith(f"{path}: not a sound parquet file: ")


@pytest.mark.parametrize("stem", ["val", "dev", "validation"])
def test_the_validation_file_has_three_possible_names(tmp_path: Path, stem: str) -> None:
    files = {f"{stem}__csv": "text,label\nhere,1\nthere,0\n"}
    loaded = load_data(write(tmp_path, train__csv=TABLE, test__csv=TABLE, **files))
    assert loaded.splits["validation"].texts == ["here", "there"]


def test_a_missing_train_file_is_named_with_what_was_looked_for(tmp_path: Path) -> None:
    message = fails(write(tmp_path, validation__csv=TABLE, test__csv=TABLE))
    assert "has no train file (hint: train with one of .csv, " in message


def test_two_files_for_one_split_are_an_error(tmp_path: Path) -> None:
    folder = table(tmp_path, val__jsonl="")
    assert fails(folder).endswith("val.jsonl are both the validation split")


@given(texts=st.lists(TEXTS, min_size=2, max_size=6))
@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_any_text_survives_csv(tmp_path_factory, suffix: str, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("csv")
    rows = [(text, i % 2) for i, text in enumerate(texts)]
    table(folder)
    (folder / "train.csv").unlink()
    with open(folder / f"train.{suffix}", "w", newline="", encoding="utf-8") as file:
        separator = "," if suffix == "csv" else "\t"
        csv.writer(file, delimiter=separator).writerows([("text", "label"), *rows])
    assert load_data(str(folder)).splits["train"].texts == texts


@given(texts=st.lists(TEXTS, min_size=2, max_size=6), ascii_only=st.booleans())
def test_any_text_survives_jsonl(tmp_path_factory, texts: list[str], ascii_only: bool) -> None:
    rows = [{"text": text, "label": i % 2} for i, text in enumerate(texts)]
    lines = [json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows]
    folder = table(tmp_path_factory.mktemp("jsonl"), "".join(lines), "jsonl")
    assert load_data(folder).splits["train"].texts == texts


# ---- labels


@pytest.mark.parametrize(
    ("negative", "positive"),
    [
        ("not-hate", "hate"),
        ("non-toxic", "abuse"),
        ("No-Hate", "Hate"),
        ("normal", "attack"),
        ("neutral", "bad"),
        ("none", "bad"),
        ("negative", "bad"),
        ("ok", "bad"),
        ("clean", "bad"),
        ("benign", "bad"),
        ("other", "bad"),
        ("ham", "spam"),
        ("noHate", "hate"),
        ("NOT_HATE", "HATE"),
        ("nothateful", "hateful"),
        ("Nontoxic", "Toxic"),
        ("civil", "toxic"),
        ("safe", "unsafe"),
        ("civil", "uncivil"),
        ("neither", "offensive_language"),
        ("acceptable", "abusive"),
        ("false", "true"),
        ("calm", "hate speech"),
        ("allowed", "not allowed"),
        ("respectful", "disrespectful"),
        ("compliant", "non-compliant"),
        ("safe", "not safe"),
        ("not_bullying", "other_cyberbullying"),
        ("friendly", "kind of toxic"),
        ("not-sarcastic", "sarcastic"),
    ],
)
def test_the_positive_class_has_index_1(tmp_path: Path, negative: str, positive: str) -> None:
    content = f"text,label\nx,{positive}\ny, {negative} \n"
    names = {f"{split}__csv": content for split in ("train", "validation", "test")}
    loaded = load_data(write(tmp_path, **names))
    assert loaded.label_names == (negative, positive)
    assert loaded.splits["test"].labels == [1, 0]


@pytest.mark.parametrize(
    "pair",
    [("a", "b"), ("label 1", "label 2"), ("hate", "toxic"), ("no", "none"), ("m-word", "n-word")],
)
def test_where_the_names_do_not_settle_it_it_is_asked(tmp_path: Path, pair) -> None:
    folder = table(tmp_path, f"text,label\nx,{pair[0]}\ny,{pair[1]}\n")
    assert "which of the classes is the positive one" in fails(folder)
    (tmp_path / "mapping.txt").write_text(f"0\t{pair[0]}\n1\t{pair[1]}\n")
    assert load_data(folder).label_names == pair


def test_with_a_mapping_labels_may_be_ids_or_names(tmp_path: Path) -> None:
    content = "text,label\nw,1\nx,other\ny,0\nz,abuse\n"
    folder = table(tmp_path, content, mapping__txt="0\tabuse\n1\tother\n")
    assert load_data(folder).label_names == ("other", "abuse")  # by their words, not by their ids
    assert load_data(folder).splits["train"].labels == [0, 0, 1, 1]


def test_a_number_is_one_label_however_it_is_written_beside_names(tmp_path: Path) -> None:
    written = ("0", "0.0", "1", "1.0", "unsure")
    content = "text,label\n" + "".join(f"text {i},{written[i % 5]}\n" for i in range(100))
    data = load_data(table(tmp_path, content))
    assert data.label_names == ("0", "1", "unsure")
    assert Counter(data.splits["train"].labels) == {0: 40, 1: 40, 2: 20}
    found = find_classes(["007", "abc", "x"] * 9, None, ("label",), "007", None)
    assert (found.names, found.id_of("007")) == (("not-7", "7"), 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,label\nx,a\ny,b\nz,c\n", "3 different labels of 3 texts, 'a', 'b', 'c' (hint: "),
        ("text,label\nx,1\ny,1\n", "all 2 texts of train are '1': that is one class, not two"),
        ("text,label\nx,1\ny,2\n", "which of the classes is the positive one, '1' or '2'? "),
        ("text,label\nx,0\ny,-1\n", "which of the classes is the positive one, '-1' or '0'? "),
        ("text,label\nx,0.5\ny,1.5\n", "labels such as 1.5 are neither classes nor from 0 to 1"),
        ("text,label\nx,0\ny,\n", "train.csv:3: the label is empty"),
        ("text,label\nx,0\n ,1\n", "train.csv:3: the text is empty"),
        ("text,label\n", ": the train split is empty"),
        ("", "train.csv: there is no header, and no row"),
        ('text,label\nx,"0,1"\ny,"0,9"\n', "such as 0,1 have decimal commas (hint: 0.5, not 0,5)"),
        ('text,label\nx,0\ny,1\nz,"0,5"\n', "such as 0,5 have decimal commas (hint: 0.5, not"),
        ("text,kind\nx,1\n", "train.csv:1: which column holds the labels? (hint: --label-column "),
        ('text,label\n"x\n\ny",0\nz\n', "train.csv:5: 1 cells under 2 columns"),
        (
            "text,label\nx,y,0\n",
            "3 cells under 2 columns (hint: a text with a separator in it needs quotes; R: row",
        ),
        ('text,label\nx,0\n"y,1\nz,0\n', "train.csv:3: unexpected end of data"),
        ('text,label\nx,0\n"y"z,1\n', "train.csv:3: ',' expected after '\"'"),
        (b"text,label\nx,0\ny,1\n\xe9t\xe9,0\n", "train.csv:4: not UTF-8 (hint: "),
    ],
)
def test_a_damaged_csv_is_told_with_its_line(tmp_path: Path, content, message: str) -> None:
    assert message in fails(table(tmp_path, content))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1, 2]", "train.jsonl:2: not a JSON object"),
        ("{", "train.jsonl:2: not JSON: "),
        ("[" * 100_000, "train.jsonl:2: not JSON: "),
        ('{"text": "x"}', "train.jsonl:2: no column 'label' (found: text)"),
        ('{"text": 7, "label": 0}', "train.jsonl:2: the text is 7, not a string"),
        ('{"text": "", "label": 0}', "train.jsonl:2: the text is empty"),
        ('{"text": "\\ud83d", "label": 0}', "train.jsonl:2: the text has half a surrogate pair"),
        ('{"text": "x", "label": [1]}', "train.jsonl:2: the label is [1], neither an id nor"),
        ('{"text": "x", "label": null}', "train.jsonl:2: the label is empty"),
    ],
)
def test_a_damaged_jsonl_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    good = '{"text": "good", "label": 0}\n{"text": "bad", "label": 1}\n'
    lines = good.replace("\n", f"\n{line}\n", 1)
    assert message in fails(table(tmp_path, lines, "jsonl"))


def test_a_label_that_train_does_not_have_is_unknown(tmp_path: Path) -> None:
    folder = table(tmp_path)
    write(tmp_path, test__csv="text,label\nx,0\ny,1\nz,maybe\n")
    assert f"{folder}/test.csv:4: unknown label 'maybe' (hint: known are '0'" in fails(folder)


def test_a_test_jsonl_without_labels_is_left_out_and_made(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"text": f"text {i}", "label": i % 2}) + "\n" for i in range(40))
    write(tmp_path, train__jsonl=rows, test__jsonl='{"id": 1, "text": "x"}\n')
    data = load_data(str(tmp_path))
    assert data.made == ("validation", "test")
    assert f"{tmp_path}/test.jsonl has no labels: it is left out" in data.notes
    some = (
        '{"id": 1, "text": "x"}\n' * 150 + '{"text": "y", "label": 1}\n{"text": "z", "label": 0}\n'
    )
    write(tmp_path, test__jsonl=some)
    assert "test.jsonl:1: no column 'label'" in fails(str(tmp_path))
    kept = load_data(str(tmp_path), choice=Choice(skip_bad=True))
    assert kept.splits["test"].labels == [1, 0]
    write(tmp_path, test__jsonl='{"text": "x", "Label": 1}\n')  # misread, and not without labels
    assert "test.jsonl:1: no column 'label'" in fails(str(tmp_path))


@pytest.mark.parametrize(
    "test", ["id,text\n1,x\n", "text,target\nx,\ny,\n", "text,target\nx,null\ny,\n"]
)
def test_a_test_split_without_labels_is_left_out_and_made(tmp_path: Path, test) -> None:
    rows = "".join(f"text {i},{i % 2}\n" for i in range(40))
    write(tmp_path, train__csv=f"text,target\n{rows}", test__csv=test)
    data = load_data(str(tmp_path))
    assert data.made == ("validation", "test")
    assert len(data.splits["test"].texts) == 4
    assert f"{tmp_path}/test.csv has no labels: it is left out" in data.notes


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("text,target\nx,\ny,0\nz,1\n", "test.csv:2: the label is empty"),
        ("text,target\nx,\n ,0\n", "test.csv:2: the label is empty"),
        ("text,label\nx,0\ny,1\n", "test.csv:1: no column 'target' (found: text, label)"),
        ("text,Target\nx,0\ny,1\n", "test.csv:1: no column 'target' (found: text, Target)"),
        ("text;target\nx;0\ny;1\n", "it has ';' between"),
        ("x,0\ny,1\n", "test.csv:1: no column 'text' (found: x, 0)"),
        ("", "test.csv: there is no header, and no row"),
    ],
)
def test_a_test_split_that_lacks_some_labels_or_calls_them_otherwise_is_bad(
    tmp_path: Path, test, told
) -> None:
    rows = "".join(f"text {i},{i % 2}\n" for i in range(40))
    write(tmp_path, train__csv=f"text,target\n{rows}", test__csv=test)
    assert told in fails(str(tmp_path))


@pytest.mark.parametrize("name", ["POSTS.CSV", "Posts.csv.GZ"])
def test_a_name_in_capitals_says_the_same(tmp_path: Path, name: str) -> None:
    rows = "".join(f"text {i},{i % 2}\n" for i in range(40)).encode()
    content = b"text,label\n" + rows
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("GZ") else content)
    assert sum(len(s.texts) for s in load_data(str(tmp_path / name)).splits.values()) == 40
    (tmp_path / name).rename(tmp_path / f"TRAIN.{name[6:]}")
    assert sum(len(s.texts) for s in load_data(str(tmp_path)).splits.values()) == 40


def test_each_split_needs_both_classes(tmp_path: Path) -> None:
    folder = table(tmp_path)
    write(tmp_path, test__csv="text,label\nx,1\ny,1\n")
    assert fails(folder) == f"{folder}: all 2 texts of test are '1'"


def test_a_cell_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = table(tmp_path, f"text,label\n{'x' * 200_000},0\ny,1\n")
    assert len(load_data(folder).splits["train"].texts[0]) == 200_000
    monkeypatch.setattr("data.lines.MAX_LINE", 199_999)
    assert "train.csv:2: field larger than field limit (199999)" in fails(folder)


# ---- limit and repeats


def test_limit_keeps_the_first_texts(tmp_path: Path) -> None:
    rows = [f"t{i},{i % 2}\n" for i in range(10)]
    loaded = load_data(table(tmp_path, "text,label\n" + "".join(rows)), limit=3)
    assert loaded.splits["train"] == Split(["t0", "t1", "t2"], [0, 1, 0])
    assert len(loaded.splits["test"].texts) == 2


@pytest.mark.parametrize(
    ("labels", "limit", "kept"),
    [
        ("000000001111", 2, [0, 8]),
        ("000000001111", 4, [0, 1, 2, 8]),
        ("000000001111", 8, [0, 1, 2, 3, 4, 8, 9, 10]),
        ("0" * 29 + "1", 4, [0, 1, 2, 29]),
        ("1" * 29 + "0", 4, [0, 1, 2, 29]),
    ],
)
def test_limit_keeps_both_classes_in_their_shares(tmp_path, labels: str, limit, kept) -> None:
    rows = [f"t{i},{label}\n" for i, label in enumerate(labels)]
    train = load_data(table(tmp_path, "text,label\n" + "".join(rows)), limit=limit).splits["train"]
    assert train == Split([f"t{i}" for i in kept], [int(labels[i]) for i in kept])


def test_limit_comes_after_the_checks(tmp_path: Path) -> None:
    folder = table(tmp_path, TABLE + "z,oops\n")
    with pytest.raises(DataError, match="3 different labels of 3 texts"):
        load_data(folder, limit=2)
    with pytest.raises(DataError, match="limit 1 is less than 2"):
        load_data("sample", limit=1)


def test_repeats_counts_texts_of_the_later_split() -> None:
    train = Split(["a", "a", "b"], [0, 1, 0])
    validation, test = Split(["a", "c"], [0, 1]), Split(["b", "b", "c", "A"], [0, 1, 0, 1])
    splits = {"train": train, "validation": validation, "test": test}
    expected = {"train/validation": 1, "train/test": 2, "validation/test": 1}
    assert repeats(Data("x", splits, ("0", "1"))) == expected


# ---- files that lie


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = write(tmp_path, validation__csv=TABLE, test__csv=TABLE)
    os.mkfifo(Path(folder) / "train.csv")
    assert fails(folder).endswith("train.csv is not a file")


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    folder = write(tmp_path, validation__csv=TABLE, test__csv=TABLE)
    (Path(folder) / "train.csv").mkdir()
    assert fails(folder).endswith("train.csv is not a file")


def test_ten_thousand_classes_are_told_in_a_line(tmp_path: Path) -> None:
    rows = "".join(f"text {i},class {i}\n" for i in range(10_000))
    message = fails(table(tmp_path, "text,label\n" + rows))
    assert "10000 different labels of 10000 texts, 'class 0'" in message
    assert len(message) < 400


def test_a_table_is_read_as_it_comes(tmp_path: Path) -> None:
    """The whole file as bytes, as text and as rows would be three times its size in memory."""
    import tracemalloc

    row = "x" * 20_000
    content = "text,label\n" + "".join(f"{row},{i % 2}\n" for i in range(1_000))
    folder = table(tmp_path, content)
    tracemalloc.start()
    load_data(folder)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.6 * len(content)


def test_mixed_encodings_are_told_with_their_line(tmp_path: Path) -> None:
    content = "text,label\ncaf\u00e9,0\n".encode() + "caf\u00e9,1\n".encode("latin-1")
    folder = write(tmp_path, validation__csv=TABLE, test__csv=TABLE)
    (Path(folder) / "train.csv").write_bytes(content)
    assert "train.csv:3: not UTF-8" in fails(folder)
