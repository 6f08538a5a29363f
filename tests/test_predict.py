"""predict.py: one answer a row, from every kind of file, in order, and none lost to a stop."""

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import eval as eval_command
import predict as predict_command
import webapp.service
from bert_min import BertTokenizer, load_model
from data import DataError
from data.tables import Row, read_texts
from experiment import labelling
from experiment.adapted import files_read
from experiment.answers import AnswerFile
from experiment.classifier import Classifier, Decision
from experiment.loading import load_classifier
from experiment.readable import LONG, SHORT
from webapp.contract import Refused

ROOT = Path(__file__).parent.parent


@pytest.fixture
def predict(web_runs, command):
    return lambda *args: command(predict_command, "--run", web_runs / "odd", *args)


def answers(result):
    assert result.code == 0, result.err
    return [json.loads(line) for line in result.out.splitlines()]


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def test_one_json_line_a_text(predict, web_runs):
    threshold = read(web_runs / "odd/config.json")["decision"]["threshold"]
    texts = [
        "I hate you",
        "a " * 200,
        "a " * 2000,
        "caf\u00e9 \U0001f600",
        "two\nlines",
        "half \ud800",
    ]
    lines = answers(predict(*texts))
    assert [line["text"] for line in lines] == texts
    assert [line["truncated"] for line in lines] == [False, False, True, False, False, False]
    for line, reason in zip(lines, (None, None, LONG, SHORT, None, SHORT), strict=True):
        assert line["threshold"] == threshold
        assert line.get("reason") == reason
        told = None if reason else "hate" if line["score"] >= threshold else "not-hate"
        assert line["label"] == told
        fields = {"text", "label", "score", "threshold", "truncated"}
        assert set(line) == (fields | {"reason"} if reason else fields)


def test_a_score_that_is_the_threshold_is_positive(model_dir):
    model = load_model(model_dir, ("not-hate", "hate"))
    torch.nn.init.zeros_(model.classifier.weight)
    for threshold, label in ((0.5, "hate"), (0.5001, "not-hate")):
        decision = Decision(threshold=threshold)
        classifier = Classifier(model, BertTokenizer(model_dir, 128), decision=decision)
        [[line]] = labelling.labelled(iter([Row(1, ("a text",))]), classifier)
        assert (line["score"], line["threshold"], line["label"]) == (0.5, threshold, label)


def test_where_no_class_is_negative_the_beginning_answers_whatever_stands_beside_it(minilm):
    """The probabilities of all classes add up to 1 but for the last bit, which says nothing."""
    tokenizer = BertTokenizer(minilm, 16)
    torch.manual_seed(0)
    model = load_model(minilm, ("anger", "joy", "sadness"))
    classifier = Classifier(model, tokenizer)
    texts = [f"she died {i} . what a happy day with cake {i} . " * 4 for i in range(20)]
    assert {p.window for p in classifier.predict(texts)} == {0}
    assert classifier.predict(texts[:1])[0].windows > 1
    assert [p.label for p in classifier.predict(texts)] == [
        classifier.predict([text])[0].label for text in texts
    ]


def test_files_give_the_same_answers_as_arguments(predict):
    texts = ["one, two", 'say "no"', "three\u2028four", "last"]
    expected = predict(*texts).out
    Path("t.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    with open("t.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *([i, t] for i, t in enumerate(texts))])
    lines = [json.dumps({"body": text}) + "\n" for text in texts]
    Path("t.jsonl").write_text("".join(lines), encoding="utf-8")
    assert predict("--file", "t.txt").out == expected
    with open("t.tsv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t").writerows([["text", "id"], *([t, "a,b"] for t in texts)])
    assert predict("--file", "t.csv").out == expected
    assert predict("--file", "t.tsv").out == expected
    assert predict("--file", "t.jsonl").out == expected
    pq.write_table(pa.table({"id": [1, 2, 3, 4], "text": texts}), "t.parquet")
    assert predict("--file", "t.parquet").out == expected
    Path("t.dat").write_bytes(Path("t.jsonl").read_bytes())
    assert predict("--file", "t.dat", "--format", "jsonl", "--column", "body").out == expected
    assert predict("--file", "t.csv", "--out", "o.jsonl").out == ""
    assert Path("o.jsonl").read_text(encoding="utf-8") == expected


def test_standard_input_is_read_as_lines_or_as_told(predict, web_runs):
    texts = ["one", "two, three"]
    expected = predict(*texts).out
    for content, more in (
        ("one\ntwo, three\n", []),
        ('text\none\n"two, three"\n', ["--format", "csv"]),
        ("id\ttext\n1\tone\n2\ttwo, three\n", ["--format", "tsv"]),
    ):
        done = subprocess.run(
            [sys.executable, ROOT / "predict.py", "--run", web_runs / "odd", "--file", "-", *more],
            input=content,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == expected


def test_answers_as_csv_say_what_those_as_json_say(predict):
    Path("t.jsonl").write_text(
        '{"text": "a, \\"b\\"\\nc\\rd"}\n[]\n{"text": "half \\ud83d"}\n{"text": "d"}\n'
    )
    lines = [json.loads(line) for line in predict("--file", "t.jsonl").out.splitlines()]
    assert predict("--file", "t.jsonl", "--out", "o.csv").code == 3
    with open("o.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [{k: v for k, v in row.items() if v} for row in rows] == [
        {k: str(v) for k, v in line.items() if v is not None} for line in lines
    ]
    assert [row["text"] for row in rows] == ['a, "b"\nc\rd', "", "", "d"]
    assert rows[2]["error"] == "the text has half a surrogate pair, which is no character"
    assert predict("half \ud83d", "--out", "o.csv", "--overwrite").code == 0


def test_every_line_of_a_file_has_its_answer(predict, monkeypatch):
    """Line ends of Windows, a byte order mark, and more lines than one chunk."""
    monkeypatch.setattr(labelling, "CHUNK", 2)
    Path("t.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\nthree\x0bthree\nfour\rfour\nfive")
    lines = answers(predict("--file", "t.txt"))
    assert [x["text"] for x in lines] == ["one", "two", "three\x0bthree", "four\rfour", "five"]
    Path("t.jsonl").write_text('{"text": "a"}\n\n{"text": "b"}\n', encoding="utf-8")
    assert [line["text"] for line in answers(predict("--file", "t.jsonl"))] == ["a", "b"]


def test_what_is_there_is_replaced_only_on_demand(predict):
    Path("o.jsonl").write_text("mine", encoding="utf-8")
    result = predict("a", "--out", "o.jsonl")
    assert (result.code, result.err) == (
        2,
        "error: o.jsonl exists (hint: --overwrite replaces it)\n",
    )
    assert Path("o.jsonl").read_text() == "mine"
    assert predict("a", "--out", "o.jsonl", "--overwrite").code == 0
    assert json.loads(Path("o.jsonl").read_text())["text"] == "a"


def test_answers_are_written_where_a_link_leads(predict):
    Path("real").mkdir()
    Path("o.jsonl").symlink_to("real/o.jsonl")
    assert predict("a", "--out", "o.jsonl").code == 0
    assert Path("o.jsonl").is_symlink()
    assert json.loads(Path("real/o.jsonl").read_text())["text"] == "a"
    assert predict("a", "--out", "o.jsonl").code == 2  # it exists, whatever it is called


def test_predict_does_not_write_over_what_it_reads(predict):
    Path("t.jsonl").write_text('{"text": "a"}\n', encoding="utf-8")
    result = predict("--file", "t.jsonl", "--out", "t.jsonl")
    assert result.code == 2
    assert "--out is the file that is read" in result.err


@pytest.mark.parametrize("closed", ["<", ">"])
def test_a_stream_that_is_closed_is_no_traceback(web_runs, closed):
    command = f'"{sys.executable}" predict.py --run "{web_runs / "odd"}" --file - {closed}&-'
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, stderr=subprocess.PIPE, input=b"hi\n")
    err = done.stderr.decode().splitlines()
    if closed == ">":
        assert done.returncode == 0, err
    else:
        assert (done.returncode, err) == (
            3,
            ["error: standard input is closed (hint: --file FILE)"],
        )


def test_an_out_that_is_a_folder_is_refused_before_the_work(predict):
    Path("t.txt").write_text("hi\n")
    Path("o.jsonl").mkdir()
    result = predict("--file", "t.txt", "--out", "o.jsonl")
    assert (result.code, "--out o.jsonl is a folder" in result.err) == (2, True)


def test_parquet_does_not_come_through_a_pipe(predict):
    result = predict("--file", "-", "--format", "parquet")
    assert (result.code, "parquet cannot come through a pipe" in result.err) == (3, True)


def test_max_length_is_heeded(predict, command, web_runs):
    long = "one two three four five six seven"
    assert (
        answers(predict(long))[0]["score"] != answers(predict(long, "--max-length", 5))[0]["score"]
    )
    assert not answers(predict(long, "--max-length", 5))[0]["truncated"]
    assert answers(predict(long * 9, "--max-length", 5))[0]["truncated"]
    full, cut = (
        json.loads(command(eval_command, web_runs / "odd", "--json", *more).out)["runs"][0]["loss"]
        for more in ([], ["--max-length", 4])
    )
    assert full != cut


def test_a_reader_that_has_seen_enough_ends_it_quietly(web_runs, command):
    Path("t.txt").write_text("text\n" * 20_000, encoding="utf-8")
    command = f"{sys.executable} {ROOT}/predict.py --run {web_runs}/odd --file t.txt | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 1
    assert "Error" not in done.stderr


def test_the_column_of_a_run_goes_before_the_usual_names(predict, web_runs, tmp_path):
    """As its training read it; a column that was told goes before both."""
    own = tmp_path / "own"
    shutil.copytree(web_runs / "odd", own)
    record = read(own / "train_args.json")
    (own / "train_args.json").write_text(json.dumps({**record, "text_column": "words"}))
    (own / "MANIFEST.json").unlink()
    Path("t.csv").write_text("post,words,text\none,two,three\n", encoding="utf-8")
    again = ("--run", own)
    assert [a["text"] for a in answers(predict("--file", "t.csv"))] == ["three"]
    assert [a["text"] for a in answers(predict("--file", "t.csv", *again))] == ["two"]
    told = predict("--file", "t.csv", *again, "--text-column", "post")
    assert [a["text"] for a in answers(told)] == ["one"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "id,words\n1,x\n", "t.csv: which column holds the texts? (hint: --text-column w"),
        ("t.csv", "body,post\nx,y\n", "t.csv: which column holds the texts, 'body', 'post'? (hint"),
        ("t.csv", '"text\n', "t.csv:1: unexpected end of data"),
        ("t.pdf", "", "t.pdf is not a .txt, .csv, .tsv, .jsonl or .parquet file"),
        ("t.parquet", "PAR1 not really", "t.parquet: not a sound parquet file: "),
        ("folder.txt", None, "cannot read folder.txt: Is a directory"),
        ("missing.txt", "", "no file missing.txt"),
        ("missing.parquet", "", "no file missing.parquet"),
    ],
)
def test_a_file_without_rows_exits_3_and_nothing_is_written(predict, name, content, message):
    if content is None:
        Path(name).mkdir()
    elif "missing" not in name:
        Path(name).write_text(content)
    Path("o.jsonl").write_text("old")
    result = predict("--file", name, "--out", "o.jsonl", "--overwrite")
    assert result.code == 3
    assert message in result.err.splitlines()[-1]
    assert list(Path().glob("*o.jsonl*")) == [Path("o.jsonl")]
    assert Path("o.jsonl").read_text() == "old"


def test_a_bad_row_has_an_answer_that_says_why(predict, monkeypatch):
    monkeypatch.setattr("data.lines.MAX_LINE", 50)
    Path("t.txt").write_bytes(b"good\n\xff\xfe\n" + b"x" * 200 + b"\nlast")
    Path("t.csv").write_bytes(
        b'id,text\n1,good\n2\n3,"a"b\n4,'
        + b"x" * 120
        + b'\n5,\xe9\n6,"two\nlines"\n7,"'
        + b"x" * 120
        + b'"\n8,after\n9,last\n'
    )
    Path("t.jsonl").write_bytes(
        b'{"text": "good"}\n{\n3\n{"text": 3}\n' + b"[" * 200 + b'\n{"text": "last"}\n'
    )
    cells = pa.array([b"good", None, b"\xff", b"last"]).view(pa.string())
    pq.write_table(pa.table({"text": cells}), "t.parquet")
    bad = {
        "t.txt": {2: "not UTF-8", 3: "more than 50 characters"},
        "t.csv": {
            3: "1 cells under 2 columns",
            4: "',' expected after '\"'",
            5: "more than 50 characters",
            6: "not UTF-8",
            9: "more than 50 characters",
        },
        "t.jsonl": {
            2: "not JSON: Expecting property name enclosed in double quotes",
            3: "not a JSON object",
            4: "the text is 3, not a string",
            5: "more than 50 characters",
        },
        "t.parquet": {2: "the text is None, not a string", 3: "not UTF-8"},
    }
    for name, errors in bad.items():
        result = predict("--file", name)
        assert result.code == 3, result.err
        lines = [json.loads(line) for line in result.out.splitlines()]
        found = {line["line"]: line["error"] for line in lines if "error" in line}
        assert found.keys() == errors.keys()
        for number, error in errors.items():
            assert found[number].startswith(error)
            assert f"warning: {name}:{number}: {error}" in result.err
        texts = [line["text"] for line in lines if "error" not in line]
        assert (texts[0], texts[-1]) == ("good", "last")
        count = f"error: {len(errors)} of {len(lines)} rows could not be read"
        assert count in result.err.splitlines()[-1]


# Nothing, spaces of all kinds, and characters that the tokenizer drops.
EMPTY = ("", "   ", "\t\u00a0\u2003\u2028", "\u200b\ufeff", "\0", "\u0301\u0301", "\x1b")


def test_an_empty_text_is_answered_by_an_error(predict, monkeypatch):
    monkeypatch.setattr(labelling, "CHUNK", 2)
    texts = ["I hate you", *EMPTY, "hello"]
    Path("t.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    result = predict("--file", "t.jsonl")
    assert result.code == 3
    error = "There is nothing to read in this text."
    lines = [json.loads(line) for line in result.out.splitlines()]
    numbers = range(2, len(texts))
    assert lines[1:-1] == [{"line": number, "error": error} for number in numbers]
    assert [line["text"] for line in (lines[0], lines[-1])] == ["I hate you", "hello"]
    assert result.err.splitlines() == [
        *(f"warning: t.jsonl:{number}: {error}" for number in numbers),
        "error: 7 of 9 rows could not be read; their answers say why",
    ]
    result = predict(*texts)
    assert result.code == 3
    assert [json.loads(line) for line in result.out.splitlines()] == lines
    assert f"warning: text 2: {error}" in result.err


@pytest.fixture(scope="module")
def classifier(web_runs):
    return load_classifier(web_runs / "odd")


@settings(deadline=None, max_examples=40)
@given(st.text(st.sampled_from(["a", "#", ".", *"".join(EMPTY)]), max_size=3))
def test_what_is_empty_here_is_empty_on_the_page(classifier, text):
    [[line]] = labelling.labelled(iter([Row(1, (text,))]), classifier)
    model = SimpleNamespace(classifier=classifier)
    try:
        page = bool(webapp.service.predict(model, text))  # type: ignore[arg-type]
    except Refused:
        page = False
    expected = any(character in "a#." for character in text)
    assert (page, "error" not in line) == (expected, expected)


def test_the_first_bad_rows_are_told_and_all_are_counted(predict):
    Path("t.jsonl").write_text("0\n" * 30)
    result = predict("--file", "t.jsonl", "--out", "o.jsonl")
    assert result.code == 3
    assert result.err.count("warning") == predict_command.REPORTED
    assert "30 of 30 rows" in result.err
    assert len(Path("o.jsonl").read_text().splitlines()) == 30


# ---- stopped, and gone on with


@pytest.mark.parametrize("out", ["o.jsonl", "o.csv"])
@pytest.mark.parametrize("torn", [True, False])
def test_a_job_that_was_stopped_goes_on_and_ends_with_the_same_bytes(
    predict, monkeypatch, out, torn
):
    monkeypatch.setattr(labelling, "CHUNK", 4)
    rows = [{"text": f"text {'very ' * (i % 7)}long\n{i}"} if i % 5 else {} for i in range(23)]
    Path("t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert predict("--file", "t.jsonl", "--out", f"whole-{out}").code == 3

    writes, write = [], AnswerFile.write

    def dying(self, *args):
        if len(writes) == 3:
            raise KeyboardInterrupt
        writes.append(args)
        write(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(AnswerFile, "write", dying)
        assert predict("--file", "t.jsonl", "--out", out).code == 130
    assert not Path(out).exists()
    if torn:
        with open(f".{out}.partial", "a") as file:
            file.write('{"text": "half an answ')
    result = predict("--file", "t.jsonl", "--out", out)
    assert f"{out}: going on after 12 rows" in result.err
    assert "5 of 23 rows" in result.err
    assert Path(out).read_bytes() == Path(f"whole-{out}").read_bytes()
    assert not list(Path().glob(".o.*"))


@pytest.fixture
def opened():
    """The files that Python opens to read them, the libraries' own openings apart."""
    seen: set[Path] = set()
    on = [False]

    def note(event, args):
        if (
            on[0]
            and event == "open"
            and isinstance(args[0], str)
            and args[0].endswith(("json", "txt"))
        ):
            seen.add(Path(args[0]).resolve())

    class Opened:
        def __enter__(self):
            seen.clear()
            on[0] = True
            return seen

        def __exit__(self, *error):
            on[0] = False

    sys.addaudithook(note)
    return Opened()


@pytest.fixture
def stopped(predict, monkeypatch):
    """A job on t.csv, of two columns, that was stopped when two of its three rows were answered."""
    monkeypatch.setattr(labelling, "CHUNK", 2)
    Path("t.csv").write_text("text,body\na,x\nb,y\nc,z\n")

    def run(*flags):
        with monkeypatch.context() as patch:
            patch.setattr(AnswerFile, "finish", AnswerFile.close)
            predict("--file", "t.csv", "--out", "o.jsonl", *flags)
        note = read(".o.jsonl.partial.json")
        lines = Path(".o.jsonl.partial").read_text().splitlines(keepends=True)
        note["counts"]["rows"], note["bytes"] = 2, len("".join(lines[:2]))
        Path(".o.jsonl.partial.json").write_text(json.dumps(note))
        return "".join(lines)

    return run


def test_what_changes_no_answer_loses_none(predict, stopped):
    for flags, change in (
        (["--batch-size", 3], lambda: None),
        (["--device", "cpu"], lambda: os.utime("t.csv", (1, 1))),
        (["--max-length", 128, "--dtype", "fp32"], lambda: shutil.copy("t.csv", "new.csv")),
        (["--format", "csv"], lambda: os.replace("new.csv", "t.csv")),
    ):
        whole = stopped()
        change()
        result = predict("--file", "t.csv", "--out", "o.jsonl", *flags)
        assert (result.code, result.err) == (0, "o.jsonl: going on after 2 rows\n")
        assert Path("o.jsonl").read_text() == whole
        Path("o.jsonl").unlink()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--max-length", 7], "--max-length 7 and not 128"),
        (["--dtype", "bf16"], "--dtype bfloat16 and not float32"),
        (["--text-column", "body"], "--text-column body and not text"),
        (["--format", "tsv", "--column", "text,body"], "--format tsv and not csv, --text-colu"),
    ],
)
def test_another_commands_answers_are_refused_by_what_differs(predict, stopped, flags, message):
    whole = stopped(*flags)
    result = predict("--file", "t.csv", "--out", "o.jsonl")
    assert result.code == 2
    start = f"error: o.jsonl: 2 rows are answered already, with {message}"
    assert result.err.startswith(start)
    assert result.err.endswith("goes on with them, --overwrite begins anew)\n")
    assert Path(".o.jsonl.partial").read_text() == whole
    assert "going on" in predict("--file", "t.csv", "--out", "o.jsonl", *flags).err
    assert Path("o.jsonl").read_text() == whole


def test_answers_to_no_row_are_a_table_with_a_header(predict):
    Path("none.csv").write_text("text,label\n")
    assert predict("--file", "none.csv", "--out", "o.csv").code == 0
    with open("o.csv", encoding="utf-8") as file:
        assert next(csv.reader(file))[:3] == ["text", "label", "score"]
    assert predict("--file", "none.csv", "--out", "o.jsonl").code == 0
    assert Path("o.jsonl").read_bytes() == b""


def test_answers_that_another_process_has_just_finished_stay(predict, monkeypatch):
    """It ends in the moment before the lock is ours: here, as it is asked for."""
    from experiment import lock

    held = lock.locked

    def late(out):
        out.write_text("theirs")
        return held(out)

    monkeypatch.setattr(lock, "locked", late)
    result = predict("hi", "--out", "o.jsonl")
    assert (result.code, "o.jsonl exists (hint: --overwrite" in result.err) == (2, True)
    assert Path("o.jsonl").read_text() == "theirs"


def test_overwrite_drops_no_answers_of_the_same_job(predict, stopped):
    whole = stopped()
    Path("o.jsonl").write_text("of before")
    assert predict("--file", "t.csv", "--out", "o.jsonl").code == 2
    result = predict("--file", "t.csv", "--out", "o.jsonl", "--overwrite")
    assert (result.code, "going on after 2 rows" in result.err) == (0, True)
    assert Path("o.jsonl").read_text() == whole


def test_another_files_answers_are_refused_and_dropped_when_told(predict, stopped):
    whole = stopped()
    Path("t.csv").write_text("text,body\na,x\nb,y\nd,z\n")
    result = predict("--file", "t.csv", "--out", "o.jsonl")
    assert (result.code, "with another content of --file (hint: " in result.err) == (2, True)
    result = predict("a", "b", "--out", "o.jsonl")
    assert (result.code, "another texts" in result.err) == (2, True)
    assert Path(".o.jsonl.partial").read_text() == whole
    result = predict("--file", "t.csv", "--out", "o.jsonl", "--overwrite")
    assert (result.code, result.err) == (0, "")
    assert Path("o.jsonl").read_text().count("text") == 3
    assert '"text": "d"' in Path("o.jsonl").read_text()
    assert not list(Path().glob(".o.*"))


def test_another_models_answers_are_refused(web_runs, stopped, command):
    stopped()
    odd = web_runs / "odd"
    other = Path(shutil.copytree(odd, "odd"))
    again = [predict_command, "--file", "t.csv", "--out", "o.jsonl", "--run"]
    config = read(other / "config.json")
    config["decision"]["threshold"] = 0.001
    (other / "config.json").write_text(json.dumps(config))
    (other / "MANIFEST.json").unlink()
    result = command(*again, other)
    assert (result.code, "with another config.json of --run (hint" in result.err) == (2, True)
    shutil.copy(odd / "config.json", other)
    assert command(*again, other).code == 0  # it is the same model, in another place


def test_what_comes_through_a_pipe_is_never_gone_on_with(tmp_path):
    seen = [labelling.job({}, Path("-"), {}) for _ in range(2)]
    assert seen[0] != seen[1]
    assert labelling.job({}, ["a"], {}) == labelling.job({}, ["a"], {}) != labelling.job({}, [], {})


def test_of_a_stopped_pipe_no_command_is_said_to_go_on(predict, stopped):
    stopped()
    note = read(".o.jsonl.partial.json")
    note["identity"] = labelling.job({}, Path("-"), {})
    Path(".o.jsonl.partial.json").write_text(json.dumps(note))
    result = predict("--file", "t.csv", "--out", "o.jsonl")
    assert result.code == 2
    assert "(hint: nothing goes on with what came through a pipe, --overwrite" in result.err


@pytest.mark.parametrize("damage", ["{", "[]", "", '{"identity": {}}', None])
def test_answers_that_are_fewer_than_noted_are_not_cut_off(predict, stopped, damage):
    whole = stopped()
    kept = whole if damage is not None else whole[:20]
    Path(".o.jsonl.partial").write_text(kept)
    if damage is not None:
        Path(".o.jsonl.partial.json").write_text(damage)
    result = predict("--file", "t.csv", "--out", "o.jsonl")
    message = (
        "o.jsonl: what .o.jsonl.partial.json says of .o.jsonl.partial is not there, or damaged"
    )
    assert (result.code, result.err) == (2, f"error: {message} (hint: --overwrite begins anew)\n")
    assert Path(".o.jsonl.partial").read_text() == kept


def test_only_what_a_stopped_job_left_is_dropped(tmp_path):
    for name in (".o.jsonl.partial", ".o.jsonl.partial.json", ".o.jsonl.partial.new"):
        (tmp_path / name).write_text("ours")
    (tmp_path / ".o.jsonl.old.csv.partial").write_text("somebody else's")
    labelling.begin(tmp_path / "o.jsonl", {}, anew=True).close()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {".o.jsonl.partial", ".o.jsonl.old.csv.partial"}


def test_whatever_is_read_of_a_run_decides_its_answers(web_runs, model_dir, tmp_path):
    """Files of run and base, one after the other, each with a space more."""
    run = shutil.copytree(web_runs / "lora", tmp_path / "lora")
    base = shutil.copytree(model_dir, tmp_path / "model")
    (run / "train_args.json").unlink()  # as PEFT saves a folder: nothing notes the base
    (run / "tokenizer.json").unlink()
    config = read(run / "config.json")
    (run / "config.json").write_text(json.dumps({k: config[k] for k in config if k != "decision"}))
    for name in ("pytorch_model.bin", "other.safetensors", "vocab.txt"):
        (base / name).write_text("")  # nobody reads them
    found = [labelling.job(files_read(run, str(base)), [], {})]
    read_files = {
        *(run / name for name in ("adapter_config.json", "adapter_model.safetensors")),
        *(base / name for name in ("config.json", "model.safetensors", "tokenizer.json")),
        run / "config.json",
    }
    for path in [*run.iterdir(), *base.iterdir()]:
        if path.is_file():
            with open(path, "ab") as file:
                file.write(b" ")
            found.append(labelling.job(files_read(run, str(base)), [], {}))
            assert (found[-1] != found[-2]) == (path in read_files), path


def test_every_file_that_is_opened_is_among_those_that_decide(web_runs, opened):
    for name in ("odd", "lora"):
        run = web_runs / name
        with opened as seen:
            load_classifier(run)
        told = {path.resolve() for path in files_read(run).values()}
        told |= {run / "MANIFEST.json"}  # it has hashes of the others
        assert {path.suffix for path in told} == {".json", ".safetensors"}
        assert seen
        assert not seen - told


def test_an_output_is_written_by_one_process(predict):
    Path("t.txt").write_text("a\n")
    about = {"pid": os.getppid(), "host": socket.gethostname(), "since": "noon"}
    Path(".o.jsonl.lock").write_text(json.dumps(about))
    result = predict("--file", "t.txt", "--out", "o.jsonl")
    message = f"error: o.jsonl is being written by process {os.getppid()} on "
    assert (result.code, result.err.startswith(message)) == (2, True)
    Path(".o.jsonl.lock").write_text(json.dumps(about | {"birth": "1"}))  # that process is gone
    assert predict("--file", "t.txt", "--out", "o.jsonl").code == 0
    assert not Path(".o.jsonl.lock").exists()


@pytest.mark.parametrize(("name", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_killed_job_goes_on(web_runs, tmp_path, name, code):
    texts = tmp_path / "t.txt"
    texts.write_text("".join(f"text number {i} of many\n" for i in range(40_000)))
    flags = ["--run", web_runs / "odd", "--file", texts, "--out", tmp_path / "o.jsonl"]
    command = [sys.executable, ROOT / "predict.py", *map(str, flags)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
    note = tmp_path / ".o.jsonl.partial.json"
    for _ in range(6000):
        if note.exists():
            break
        time.sleep(0.01)
    process.send_signal(name)
    process.communicate()
    assert process.returncode == code
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    assert "going on after" in done.stderr
    lines = (tmp_path / "o.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == texts.read_text().splitlines()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_without_a_traceback(web_runs, tmp_path, name):
    texts, note = tmp_path / "t.txt", tmp_path / ".o.jsonl.partial.json"
    texts.write_text("".join(f"text number {i} of many\n" for i in range(40_000)))
    flags = ["--run", web_runs / "odd", "--file", texts, "--out", tmp_path / "o.jsonl"]
    command = [sys.executable, ROOT / "predict.py", *map(str, flags)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for _ in range(6000):
        if note.exists():
            break
        time.sleep(0.01)
    process.send_signal(name)
    time.sleep(0.02)
    process.send_signal(name)
    _, err = process.communicate()
    assert process.returncode in (128 + name, -name)
    assert "Traceback" not in err
    assert "terminate called" not in err


# ---- files that lie


def test_of_a_line_without_an_end_no_more_than_the_limit_is_in_memory(tmp_path, monkeypatch):
    import tracemalloc

    monkeypatch.setattr("data.lines.MAX_LINE", 1_000_000)

    path = tmp_path / "t.txt"
    with open(path, "wb") as file:
        for _ in range(60):
            file.write(b"x" * 1_000_000)
        file.write(b"\nlast\n")
    for kind, last in (("txt", True), ("jsonl", False), ("csv", True)):
        if kind == "csv":
            path.write_bytes(b"text\n" + path.read_bytes())
        tracemalloc.start()
        rows = list(read_texts(path, "text", kind))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(rows) == 2
        assert rows[0].error
        assert rows[1].cells == (("last",) if last else ())
        assert peak < 20e6


@pytest.mark.parametrize("group", [1_000, 200_000], ids=["many row groups", "one"])
def test_of_a_parquet_file_only_a_part_is_in_memory(tmp_path, group):
    texts = [f"text {number} " + 100 * "x" for number in range(200_000)]  # 22 MB
    path = tmp_path / "t.parquet"
    table = pa.table({"text": texts})
    pq.write_table(table, path, row_group_size=group, compression="none", use_dictionary=False)
    del table
    before, most = pa.total_allocated_bytes(), 0
    for row, text in zip(read_texts(path, "text"), texts, strict=True):
        assert row.cells == (text,)
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < 5_000_000


def test_a_pipe_is_read_to_its_end(tmp_path, predict):
    os.mkfifo("pipe.txt")
    writer = subprocess.Popen(["bash", "-c", "printf 'a\\nb\\n' > pipe.txt"])
    assert [x["text"] for x in answers(predict("--file", "pipe.txt"))] == ["a", "b"]
    writer.wait()


def test_predict_wants_texts_or_a_file(predict, command):
    assert predict().code == 2
    assert predict("x", "--file", "t.txt").code == 2
    assert predict("x", "--out", "t.txt").code == 2
    missing = command(predict_command, "--run", "nowhere", "x")
    assert missing.code == 4
    assert "no trained model in nowhere" in missing.err


def test_a_column_is_named_by_its_file(tmp_path):
    with pytest.raises(DataError, match="no column"):
        list(read_texts(ROOT / "data/sample/test.csv", "body"))
