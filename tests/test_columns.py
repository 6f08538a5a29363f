"""Files as people have them: which columns are read, and what their labels mean."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data import Choice, Data, DataError, load_data

N = 40


def table(path: Path, header: str, *rows: str) -> str:
    """A csv of N rows, from patterns in which `#` is the number of the row."""
    lines = [rows[i % len(rows)].replace("#", str(i)) for i in range(N)]
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return str(path)


def read(source: str, **choice) -> Data:
    return load_data(source, choice=Choice(**choice))


def fails(source: str, **choice) -> str:
    with pytest.raises(DataError) as info:
        read(source, **choice)
    assert "\n" not in str(info.value)
    return str(info.value)


def pairs(data: Data) -> dict[str, str]:
    """The class name of each text, of all splits."""
    return {
        text: data.label_names[label]
        for split in data.splits.values()
        for text, label in zip(split.texts, split.labels, strict=True)
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "posts.csv"


# ---- which columns


def test_blanks_behind_the_commas_do_not_make_quotes_a_part_of_the_text(path: Path) -> None:
    told = f"{path}:2: a blank before a quote (hint: none behind the commas)"
    assert fails(table(path, "label, text", '0, "text #"', '1, "text #"')).startswith(told)
    source = table(path, "label,text", '0," ""text"" #"', "1,text #")  # here they are meant
    assert ' "text" 0' in pairs(read(source))


def test_blank_lines_may_stand_before_the_header(path: Path) -> None:
    source = table(path, "\n , \n\ntext,label", "text #,0", "text #,1")
    assert pairs(read(source))["text 1"] == "1"
    path.write_text("\n\n")
    assert "there is no header, and no row" in fails(source)


@pytest.mark.parametrize(
    ("header", "rows", "read_from"),
    [
        ("tweet,class", ("text #,0", "text #,1"), "from 'tweet', labels from 'class'"),
        (",tweet,class", ("#,text #,0", "#,text #,1"), "'tweet', labels from 'class'"),
        ("Unnamed: 0,Comment Text,is_toxic", ("#,text #,0", "#,text #,1"), "'Comment Text'"),
        ("id,comment_text,target", ("#,text #,0", "#,text #,1"), "'comment_text', labels "),
        ("text,title,label,target", ("text #,x,0,7", "text #,x,1,8"), ""),
        ("Text,text,label,Label", ("x,text #,0,7", "x,text #,1,8"), ""),
        ("Text,title,LABEL,target", ("text #,x,0,7", "text #,x,1,8"), "'Text', labels from"),
        ("sentence,hate", ("text #,0", "text #,1"), "'sentence', labels from 'hate'"),
    ],
)  # fmt: skip
def test_the_usual_columns_are_found_and_told(path: Path, header, rows, read_from) -> None:
    data = read(table(path, header, *rows))
    assert set(pairs(data)) == {f"text {i}" for i in range(N)}
    assert [note for note in data.notes if "read from" in note] == [
        note for note in data.notes if read_from and read_from in note
    ]
    assert len(data.notes) == 2 if read_from else 1
    odd = {label for text, label in pairs(data).items() if int(text[5:]) % 2}
    assert odd == {data.label_names[1]}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("tweet,body,label", "holds the texts, 'tweet', 'body'? (hint: --text-column NAME)"),
        ("text,toxic,hate", "holds the labels, 'toxic', 'hate'? (hint: --label-column NAME)"),
        ("words,place,label", "texts? (hint: --text-column with one of 'words', 'place', 'label')"),
        (",text,kind", "labels? (hint: --label-column with one of 'text', 'kind')"),
        ("tweet,label,tweet", "'tweet' stands twice (hint: rename or remove one of the two)"),
        ("text,label,label", "'label' stands twice"),
    ],
)  # fmt: skip
def test_where_two_columns_could_be_meant_it_is_asked(path: Path, header, message) -> None:
    source = table(path, header, "a #,b,0", "a #,b,1")
    assert fails(source).startswith(f"{path}:1: ")
    assert message in fails(source)


def test_the_columns_that_are_named_are_read(path: Path) -> None:
    source = table(path, "tweet,body,toxic,hate", "a #,b #,0,x", "a #,b #,1,y")
    data = read(source, text_column="body", label_column="toxic")
    assert pairs(data)["b 1"] == "toxic"
    assert len(data.notes) == 1  # of the splits alone
    assert (data.choice.text_column, data.choice.label_column) == ("body", "toxic")
    message = fails(source, text_column="bodies", label_column="toxic")
    assert message == f"{path}:1: no column 'bodies' (found: tweet, body, toxic, hate)"


@pytest.mark.parametrize("header", ["\ufefftext,label", '\ufeff"text","label"', '"label","text"'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_line_ends_and_quotes_are_no_part_of_a_text(path: Path, header, end) -> None:
    cells = [('"text #' + end + 'and more"', str(k)) for k in range(2)]
    rows = [f"{n},{t}" if "label" in header[:8] else f"{t},{n}" for t, n in cells]
    table(path, header, *rows)
    content = path.read_text(encoding="utf-8").replace("\r\n", "\n").replace("\n", end)
    path.write_bytes(content.encode())
    assert pairs(read(str(path)))[f"text 1{end}and more"] == "1"


def test_packed_files_are_read_and_broken_ones_told(tmp_path: Path, path: Path) -> None:
    content = Path(table(path, "text,label", "text #,0", "text #,1")).read_bytes()
    lines = [json.dumps({"text": f"text {i}", "label": i % 2}) for i in range(N)]
    files = {"a.csv.gz": content, "b.tsv.gz": content.replace(b",", b"\t")}
    files["c.jsonl.gz"] = "\n".join(lines).encode()
    for name, plain in files.items():
        (tmp_path / name).write_bytes(gzip.compress(plain))
        assert pairs(read(str(tmp_path / name))) == pairs(read(str(path)))
    packed = (tmp_path / "a.csv.gz").read_bytes()
    (tmp_path / "a.csv.gz").write_bytes(packed[:-12])
    assert fails(str(tmp_path / "a.csv.gz")).endswith("the .gz ends early or is damaged")
    (tmp_path / "a.csv.gz").write_bytes(content)
    assert "cannot read" in fails(str(tmp_path / "a.csv.gz"))
    (tmp_path / "d.parquet.gz").write_bytes(packed)
    assert "parquet is compressed inside" in fails(str(tmp_path / "d.parquet.gz"))


# ---- what labels mean


@pytest.mark.parametrize(
    ("zero", "one", "names"),
    [
        ("0", "1", ("0", "1")),
        ("0.0", "1.0", ("0", "1")),
        (" 0", "1 ", ("0", "1")),
        ("False", "True", ("False", "True")),
        ("false", "true", ("false", "true")),
        ("no", "yes", ("no", "yes")),
    ],
)
def test_two_classes_however_they_are_written(path: Path, zero, one, names) -> None:
    data = read(table(path, "text,label", f"text #,{zero}", f"text #,{one}"))
    assert data.label_names == names
    assert pairs(data)["text 1"] == names[1]


def test_columns_of_other_kinds_are_read_as_what_they_mean(tmp_path: Path) -> None:
    texts = [f"text {i}" for i in range(N)]
    ids = [i % 2 for i in range(N)]
    names = pa.array(["ok", "hate"] * (N // 2))
    path = tmp_path / "posts.parquet"
    for column, expected in (
        (pa.array(ids, pa.int8()), "1"),
        (pa.array(ids, pa.float64()), "1"),
        (pa.array([bool(i) for i in ids]), "1"),
        (names, "hate"),
        (names.cast(pa.large_string()), "hate"),
        (names.dictionary_encode(), "hate"),
    ):
        for text in (pa.array(texts), pa.array(texts, pa.large_string())):
            pq.write_table(pa.table({"text": text, "label": column}), path)
            assert pairs(read(str(path)))["text 1"] == expected
        pq.write_table(pa.table({"text": pa.array(texts).dictionary_encode(), "label": ids}), path)
        assert pairs(read(str(path)))["text 1"] == "1"


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (("2", "0", "1"), ("0", "1", "2")),
        (("10", "9", "11"), ("9", "10", "11")),
        (("2.0", "0.0", "1.0"), ("0", "1", "2")),
        (("-1", "0", "1"), ("-1", "0", "1")),
        (("hate", "noHate", "abuse"), ("noHate", "abuse", "hate")),
        (("joy", "anger", "sadness", "optimism"), ("anger", "joy", "optimism", "sadness")),
    ],
)
def test_more_classes_have_an_order(path: Path, labels, names) -> None:
    data = read(table(path, "text,label", *(f"text #,{label}" for label in labels)))
    assert data.label_names == names
    told = {text: labels[int(text[5:]) % len(labels)].removesuffix(".0") for text in pairs(data)}
    assert pairs(data) == told


def test_forum_sentences_have_four_classes(forum: Path) -> None:
    data = read(str(forum / "sentences.csv"))
    assert data.label_names == ("noHate", "hate", "idk/skip", "relation")
    assert data.notes[0] == "texts are read from 'sentence', labels from 'label'"
    labels = [label for split in data.splits.values() for label in split.labels]
    assert [labels.count(i) for i in range(4)] == [9507, 1196, 73, 168]
    for split in ("validation", "test"):
        sizes = [list(data.splits[split].labels).count(i) for i in range(4)]
        assert sizes == pytest.approx([951, 120, 7, 17], abs=2)
    folded = read(str(forum / "sentences.csv"), positive="hate")
    assert folded.label_names == ("not-hate", "hate")
    assert sum(sum(split.labels) for split in folded.splits.values()) == 1196


def test_classes_are_folded_into_two(path: Path) -> None:
    source = table(path, "text,label", "text #,hate", "text #,abuse", "text #,none")
    hate = read(source, positive="hate")
    assert hate.label_names == ("not-hate", "hate")
    assert [pairs(hate)[f"text {i}"] for i in range(3)] == ["hate", "not-hate", "not-hate"]
    assert "'hate' against 'none', 'abuse' together" in hate.notes
    both = read(source, positive="abuse, hate")
    assert both.label_names == ("other", "abuse+hate")
    assert [pairs(both)[f"text {i}"] for i in range(3)] == ["abuse+hate", "abuse+hate", "other"]
    message = fails(source, positive="hat")
    assert message == "--positive: no class 'hat' (hint: classes are none, abuse, hate)"
    assert "names all classes" in fails(source, positive="hate,abuse,none")


def test_of_two_classes_positive_names_the_one(path: Path) -> None:
    source = table(path, "text,label", "text #,a", "text #,b")
    assert "(hint: --positive NAME, or a mapping.txt" in fails(source)
    for positive, names in (("a", ("b", "a")), ("b", ("a", "b"))):
        data = read(source, positive=positive)
        assert data.label_names == names
        assert pairs(data)["text 1"] == "b"
    source = table(path, "text,label", "text #,-1", "text #,1")
    assert "which of the classes is the positive one, '-1' or '1'?" in fails(source)
    assert read(source, positive="1").label_names == ("-1", "1")
    source = table(path, "text,label", "text #,0", "text #,1")
    assert read(source, positive="0").label_names == ("1", "0")
    assert pairs(read(source, positive="0"))["text 1"] == "1"


@pytest.mark.parametrize("one", ["1", "1.0", "true", "0.7", "yes"])
def test_several_label_columns_mean_any_of_them(path: Path, one: str) -> None:
    rows = ("text #,0,0", f"text #,{one},0", f"text #,0,{one}", f"text #,{one},{one}")
    source = table(path, "comment,toxic,threat", *rows)
    data = read(source, label_column="toxic, threat")
    assert data.label_names == ("other", "toxic+threat")
    labels = [pairs(data)[f"text {i}"] == "toxic+threat" for i in range(4)]
    assert labels == [False, True, True, True]
    source = table(path, "comment,toxic,threat", "text #,0,", "text #,,1", "text #,0,0")
    data = read(source, label_column="toxic,threat", skip_bad=True)
    assert {int(text[5:]) % 3: label for text, label in pairs(data).items()} == {
        1: "toxic+threat",  # one that is positive is enough to know
        2: "other",
    }
    source = table(path, "comment,toxic,threat", "text #,0,1", "text #,0,-1")
    message = fails(source, label_column="toxic,threat")
    assert f"{path}:3: the label is '-1', no number from 0 to 1" in message


def test_a_score_becomes_two_classes(path: Path) -> None:
    source = table(path, "text,toxicity", "text #,0.0", "text #,0.49", "text #,0.5", "text #,1")
    data = read(source)
    assert data.label_names == ("not-toxicity", "toxicity")
    assert [pairs(data)[f"text {i}"] for i in range(4)] == ["not-toxicity"] * 2 + ["toxicity"] * 2
    assert "the labels are scores: from 0.5 on a text is 'toxicity' (--positive-from)" in data.notes
    assert data.choice.positive_from is None  # nobody has told it
    lower = read(source, positive_from=0.4)
    assert [pairs(lower)[f"text {i}"] for i in range(3)] == ["not-toxicity", "toxicity", "toxicity"]
    source = table(path, "text,label", "text #,-3.5", "text #,0.7", "text #,1")
    assert "labels such as -3.5 are neither classes nor from 0 to 1" in fails(source)
    data = read(source, positive_from=0.7)
    assert [pairs(data)[f"text {i}"] for i in range(3)] == ["0", "1", "1"]
    source = table(path, "text,label", "text #,a", "text #,0.7")
    assert "the labels are names and numbers, such as 'a'" in fails(source, positive_from=0.5)


@pytest.mark.parametrize(
    ("column", "names"),
    [
        ("toxic", ("not-toxic", "toxic")),
        ("is_toxic", ("not-toxic", "toxic")),
        ("isHate", ("not-Hate", "Hate")),
        ("issue", ("0", "1")),
        ("target", ("0", "1")),
        ("none", ("0", "1")),
        ("NONE", ("0", "1")),
        ("no", ("0", "1")),
        ("kind", ("0", "1")),
    ],
)
def test_a_column_of_0_and_1_may_name_its_class(path: Path, column: str, names) -> None:
    source = table(path, f"text,{column}", "text #,0", "text #,1")
    data = read(source, label_column=column)
    assert data.label_names == names
    assert pairs(data)["text 1"] == names[1]


@pytest.mark.parametrize(
    ("column", "well", "harm"),
    [
        ("is_safe", "safe", "not-safe"),
        ("not_toxic", "not_toxic", "toxic"),
        ("nonHateful", "nonHateful", "Hateful"),
        ("acceptable", "acceptable", "not-acceptable"),
        ("NORMAL", "NORMAL", "not-NORMAL"),
    ],
)
def test_a_column_may_say_that_1_is_well(path: Path, column: str, well: str, harm: str) -> None:
    data = read(table(path, f"text,{column}", "text #,0", "text #,1"), label_column=column)
    assert data.label_names == (well, harm)
    assert (pairs(data)["text 0"], pairs(data)["text 1"]) == (harm, well)
    data = read(table(path, f"text,{column}", "text #,0.1", "text #,0.9"), label_column=column)
    assert (pairs(data)["text 0"], pairs(data)["text 1"]) == (harm, well)
    assert f"from 0.5 on a text is {well!r} (--positive-from)" in data.notes[-2]


@pytest.mark.parametrize("pattern", ["text #,user #", "text #,#"])
def test_a_column_of_no_classes_is_told(path: Path, pattern: str) -> None:
    source = table(path, "text,label", pattern)
    assert fails(source).startswith("40 different labels of 40 texts, ")
    assert "(hint: --label-column with" in fails(source)


# ---- rows without a text or a label


BAD = ["a,", ",0", "  ,1", "b,nan", "c,NULL", "d"]


def test_bad_rows_are_told_with_their_places_or_left_out(path: Path) -> None:
    source = table(path, "text,label", "text #,0", "text #,1", *BAD)
    faults = ["the label is empty", "the text is empty", "the text is empty"]
    faults += ["the label is empty"] * 2
    places = "; ".join(f"{path}:{line}: {f}" for line, f in zip(range(4, 9), faults, strict=True))
    message = fails(source)
    assert message == f"{places}; 30 bad rows in all (hint: --skip-bad leaves such rows out)"
    data = read(source, skip_bad=True)
    assert len(pairs(data)) == 10
    assert data.skipped == 30
    told = f"30 bad rows are left out, the first of them {path}:4: the label is empty"
    assert told in data.notes


@pytest.mark.parametrize("missing", ["NaN", "null", "NA", "<NA>", " "])
def test_what_programs_write_for_a_missing_label_is_none(path: Path, missing: str) -> None:
    source = table(path, "text,label", "text #,0", "text #,1", f"text #,{missing}", "more #,1")
    assert "the label is empty" in fails(source)
    assert read(source, skip_bad=True).label_names == ("0", "1")


def test_the_header_of_a_table_that_was_joined_is_a_bad_row(path: Path) -> None:
    source = table(path, "text,label", "text #,0", "text #,1", "Text,Label ")
    assert fails(source).startswith(f"{path}:4: the header again (hint: remove this line)")
    data = read(source, skip_bad=True)
    assert data.label_names == ("0", "1")
    assert len(pairs(data)) == 27


def test_missing_cells_of_parquet_are_bad_rows(tmp_path: Path) -> None:
    texts = ["a", None, "b", *(f"text {i}" for i in range(20))]
    labels = [None, 1.0, float("nan"), *([0.0, 1.0] * 10)]
    path = tmp_path / "posts.parquet"
    pq.write_table(pa.table({"text": texts, "label": labels}), path)
    assert fails(str(path)).startswith(
        f"{path}:1: the label is empty; {path}:2: the text is None, not a string; "
        f"{path}:3: the label is empty (hint: "
    )
    assert len(pairs(read(str(path), skip_bad=True))) == 20


# ---- names by id


def class_label(path: Path, names: list[str], ids: list[int]) -> str:
    """Parquet as `datasets` writes it, with the names of its labels in the file's metadata."""
    from datasets import ClassLabel, Dataset, Features, Value

    features = Features({"text": Value("string"), "label": ClassLabel(names=names)})
    texts = [f"text {i}" for i in range(len(ids))]
    Dataset.from_dict({"text": texts, "label": ids}, features).to_parquet(path)
    return str(path)


def test_class_names_of_parquet_are_read_and_the_negative_one_is_first(tmp_path: Path) -> None:
    path = tmp_path / "posts.parquet"
    data = read(class_label(path, ["hate", "noHate"], [0, 1] * 20))
    assert data.label_names == ("noHate", "hate")
    assert pairs(data)["text 0"] == "hate"
    data = read(class_label(path, ["b", "a", "no"], [0, 1, 2] * 20))
    assert data.label_names == ("b", "a", "no")  # of more than two the order is theirs
    data = read(class_label(path, ["b", "a"], [0, 1] * 20))
    assert data.label_names == ("b", "a")
    assert "of the classes 'b' and 'a' the second is the positive one" in data.notes
    assert "the label is empty" in fails(class_label(path, ["b", "a"], [0, 1, -1] * 20))


def test_a_mapping_names_the_ids_of_one_file_too(path: Path) -> None:
    source = table(path, "text,label", "text #,0", "text #,1", "text #,2")
    path.with_name("mapping.txt").write_text("2\tpraise\n0\thate\n1\tabuse\n")
    data = read(source)
    assert data.label_names == ("hate", "abuse", "praise")
    assert pairs(data)["text 2"] == "praise"
    path.with_name("mapping.txt").write_text("0\thate\n1\tnormal\n")
    data = read(table(path, "text,label", "text #,0", "text #,1"))
    assert data.label_names == ("normal", "hate")
    assert pairs(data)["text 0"] == "hate"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_names_that_are_numbers_do_not_hide_the_ids(tmp_path: Path, path: Path, kind: str) -> None:
    """Stars 1, 2, 3 with the ids 0, 1, 2: a label 1 is an id, two stars."""
    if kind == "csv":
        source = table(path, "text,label", "text #,0", "text #,1", "text #,2")
        path.with_name("mapping.txt").write_text("0\t1\n1\t2\n2\t3\n")
    else:
        source = class_label(tmp_path / "posts.parquet", ["1", "2", "3"], [0, 1, 2] * 20)
    data = read(source)
    assert data.label_names == ("1", "2", "3")
    assert [pairs(data)[f"text {i}"] for i in range(3)] == ["1", "2", "3"]
    if kind == "csv":
        table(path, "text,label", "text #,1", "text #,2", "text #,3")
        assert "unknown label '3'" in fails(source)  # and not three stars for some of the twos


def test_classes_have_the_ids_of_the_source_whatever_their_order(path: Path) -> None:
    source = table(path, "text,label", "text #,0", "text #,1")
    path.with_name("mapping.txt").write_text("0\thate\n1\tnormal\n")
    data = read(source)
    assert (data.label_names, data.by_id) == (("normal", "hate"), ("hate", "normal"))


def test_classes_that_differ_in_case_alone_are_told(path: Path) -> None:
    data = read(table(path, "text,label", "text #,none", "text #,hate", "text #,Hate"))
    assert data.label_names == ("none", "Hate", "hate")
    assert "'Hate' and 'hate' are classes of their own (hint: --positive Hate,hate m" in str(data)


def test_a_label_column_may_have_commas_in_its_name(path: Path) -> None:
    source = table(path, 'text,"is this hate, or not"', "text #,no", "text #,yes")
    data = read(source, label_column="is this hate, or not")
    assert data.label_names == ("no", "yes")


def test_a_class_may_have_commas_in_its_name(path: Path) -> None:
    rows = ("text #,none", 'text #,"threats, plans"', "text #,slurs")
    data = read(table(path, "text,label", *rows), positive="slurs,threats, plans")
    assert data.label_names == ("other", "slurs+threats, plans")
    assert pairs(data)["text 1"] == "slurs+threats, plans"


def test_scores_beyond_0_and_1_are_refused_in_every_split(tmp_path: Path) -> None:
    table(tmp_path / "train.csv", "text,toxicity", "text #,0.1", "text #,0.9")
    table(tmp_path / "test.csv", "text,toxicity", "post #,10", "post #,90")
    assert "test.csv:2: unknown label '10'" in fails(str(tmp_path))


def test_several_columns_may_have_any_numbers_where_a_threshold_is_told(path: Path) -> None:
    source = table(path, "text,toxic,threat", "text #,0,4", "text #,1,2")
    data = read(source, label_column="toxic,threat", positive_from=3)
    assert (pairs(data)["text 0"], pairs(data)["text 1"]) == ("toxic+threat", "other")
    assert "'4', no number from 0 to 1" in fails(source, label_column="toxic,threat")


def test_files_that_are_not_read_are_told(tmp_path: Path) -> None:
    for name in ("train", "valid", "testing"):
        table(tmp_path / f"{name}.csv", "text,label", f"{name} #,0", f"{name} #,1")
    data = read(str(tmp_path))
    assert data.splits["validation"].texts[0] == "valid 0"
    assert f"of {tmp_path} only train.csv, valid.csv are read, not testing.csv" in data.notes


def test_a_class_without_a_text_is_told(path: Path) -> None:
    source = table(path, "text,label", "text #,0", "text #,1")
    path.with_name("mapping.txt").write_text("0\ta\n1\tb\n2\tc\n")
    assert "no text of train is 'c'" in read(source).notes


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_labels_that_are_floats_are_the_same_ids_in_every_format(tmp_path: Path, kind: str) -> None:
    path, columns = tmp_path / f"a.{kind}", {"text": [f"text {i}" for i in range(N)]}
    columns["label"] = [i % 2 / 1 for i in range(N)]
    rows = list(zip(*columns.values(), strict=True))
    if kind == "parquet":
        pq.write_table(pa.table(columns), path)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps({"text": t, "label": n}) + "\n" for t, n in rows))
    else:
        mark = "," if kind == "csv" else "\t"
        path.write_text("".join(f"{a}{mark}{b}\n" for a, b in [tuple(columns), *rows]))
    data = read(str(path))
    assert data.label_names == ("0", "1")
    assert pairs(data) == {text: str(int(label)) for text, label in rows}


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_a_score_is_what_was_written_however_few_bits_keep_it(path: Path, kind: str) -> None:
    """0.7 in 32 bits is 0.69999999; the texts are positive from 0.7 on."""
    scores = pa.array([0.1, 0.5, 0.7, 0.9] * 10).cast(getattr(pa, kind)())
    texts = [f"text {i}" for i in range(40)]
    pq.write_table(pa.table({"text": texts, "label": scores}), path.with_suffix(".parquet"))
    data = read(str(path.with_suffix(".parquet")), positive_from=0.7)
    assert sum(sum(split.labels) for split in data.splits.values()) == 20


@pytest.mark.parametrize(
    ("column", "yes", "no", "means"),
    [
        ("is_safe", "True", "False", "safe"),
        ("is_safe", "yes", "no", "safe"),
        ("not_toxic", "TRUE", "FALSE", "not_toxic"),
        ("is_toxic", "True", "False", "True"),
        ("label", "yes", "no", "yes"),
    ],
)
def test_true_means_what_the_column_says(path: Path, column, yes, no, means) -> None:
    data = read(table(path, f"text,{column}", f"text #,{yes}", f"text #,{no}"), label_column=column)
    assert pairs(data)["text 0"] == means
    assert data.label_names.index(means) == (means in (yes, no))  # what is well is not positive


def test_positive_may_be_named_as_it_is_written(path: Path) -> None:
    source = table(path, "text,is_safe", "text #,True", "text #,False")
    data = read(source, label_column="is_safe", positive="True")
    assert (data.label_names, pairs(data)["text 0"]) == (("not-safe", "safe"), "safe")


def test_the_rest_is_not_called_as_one_of_the_positive_classes(path: Path) -> None:
    rows = ("text #,hate", "text #,other", "text #,none")
    data = read(table(path, "text,label", *rows), positive="hate,other")
    assert data.label_names == ("rest", "hate+other")


def test_a_key_may_be_missing_in_the_first_object(path: Path) -> None:
    rows = [{"text": f"text {i}", "label": i % 2} for i in range(N)]
    lines = [json.dumps(row) for row in ({"text": "failed"}, *rows)]
    path.with_suffix(".jsonl").write_text("\n".join(lines))
    assert "no column 'label'" in fails(str(path.with_suffix(".jsonl")))
    assert read(str(path.with_suffix(".jsonl")), skip_bad=True).skipped == 1


def test_a_few_texts_may_have_three_classes(path: Path) -> None:
    path.write_text("text,label\na,hate\nb,offensive\nc,neither\nd,hate\ne,hate\n")
    assert "3 different labels of 5 texts" in fails(str(path))
    found = load_data(str(path), complete=False).label_names
    assert found == ("neither", "hate", "offensive")
