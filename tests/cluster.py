"""deploy/label.py: the answers of predict.py, each row once, whichever worker is killed.

    python -m pytest tests/cluster.py

It is not among the tests of `make test`: on two cores that do other work, too, the processes of a
local cluster of three sometimes do not find each other in time, and Ray then ends its driver.
"""

import csv
import json
import os
import re
import signal
import threading
import time
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

import predict as predict_command
from deploy import label
from experiment import cluster as code

ROOT = Path(__file__).parent.parent
ANSWER = ["label", "score", "threshold", "truncated", "reason", "error"]
TEXTS = ["I hate you", 'two\nlines, a "quote"', "", "NA", "007", "2020-01-01 00:00:00", "a " * 2000]


@pytest.fixture(scope="module")
def address():
    """A cluster of three: the one that is joined, and two of a core each that work."""
    before = {process.pid for process in psutil.process_iter()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # loopback, see experiment/cluster
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setattr(code, "leave", lambda: None)  # the tests share it
        import ray
        from ray.cluster_utils import Cluster

        found = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
        try:
            for _ in range(2):
                found.add_node(num_cpus=1)
            yield found.address
        finally:
            ray.shutdown()
            found.shutdown()
            _, left = psutil.wait_procs(ours(before), timeout=5)
            for process in left:
                process.kill()
    assert not left


def ours(before) -> list[psutil.Process]:
    """The processes of Ray that have begun since, and have not ended."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = " ".join((process.info["cmdline"] or [])[:2])
        ended = process.info["status"] == psutil.STATUS_ZOMBIE
        if process.pid not in before and not ended and re.search("raylet|gcs_server|^ray::", words):
            found.append(process)
    return found


@pytest.fixture
def run(address, command, web_runs):
    def run(*words, name="odd", out="out"):
        flags = ("--address", address, "--run", web_runs / name, "--out", out)
        return command(label, *flags, *words)

    return run


def rows_of(folder="out"):
    """All rows, in the order of the files' names."""
    return pa.dataset.dataset(folder, format="parquet").to_table().to_pylist()


def write_csv(path, texts):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["id", "text"])
        writer.writerows([f"{i:05}", text] for i, text in enumerate(texts))


def answers_of(command, run, *words):
    """What predict.py says of each row."""
    result = command(predict_command, "--run", run, *words)
    return [json.loads(line) for line in result.out.splitlines()]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_answers_are_those_of_predict(run, command, web_runs, kind):
    texts = [*TEXTS, *(f"text number {i} {'is kind ' * (i % 9)}" for i in range(60))]
    file = Path(f"in.{kind}")
    if kind == "csv":
        write_csv(file, texts)
    elif kind == "jsonl":
        texts[3] = None
        file.write_text(
            "".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in enumerate(texts))
        )
    else:
        texts[3] = None
        pq.write_table(pa.table({"id": range(len(texts)), "text": texts}), file)
    remote = kind == "parquet"  # an --out that is no path is written in place
    result = run("--files", file, out=Path("out").absolute().as_uri() if remote else "out")
    assert Path("out/_SUCCESS").exists() == remote
    wanted = answers_of(command, web_runs / "odd", "--file", file)
    bad = sum("error" in answer for answer in wanted)
    assert bad
    assert result.err == f"error: {bad} rows could not be read; their answers say why\n"
    found = rows_of()
    ids = [f"{i:05}" if kind == "csv" else i for i in range(len(texts))]
    assert [(row["id"], row["text"]) for row in found] == list(zip(ids, texts, strict=True))
    assert list(found[0]) == ["id", "text", *ANSWER]
    for row, answer in zip(found, wanted, strict=True):
        told = {name: answer.get(name) for name in ANSWER}
        if answer.get("score") is not None:
            told["score"] = pytest.approx(answer["score"], abs=2e-6)
        assert {name: row[name] for name in ANSWER} == told
    assert sorted(path.name for path in Path().iterdir()) == [file.name, "out"]


LINES = 400


@pytest.fixture
def held(monkeypatch, tmp_path):
    """Workers that are slow, and of which one stops for ever after it has labelled row 200."""
    monkeypatch.setattr(code, "ROWS", 20)
    note = tmp_path.parent / f"{tmp_path.name}.held"

    class Held(code.Labeller):
        def __call__(self, table):
            answers = super().__call__(table)
            time.sleep(0.05)
            if "00200" in table["id"].to_pylist() and not note.exists():
                import ray

                assert ray.get_runtime_context().get_node_id() in self.flags["nodes"]
                files = len(list(self.flags["staging"].iterdir()))
                Path(f"{note}.new").write_text(f"{os.getpid()} {files}")
                os.rename(f"{note}.new", note)
                time.sleep(300)
            return answers

    monkeypatch.setattr(code, "Labeller", Held)
    return note


def killer(note, victim):
    """A thread that kills the held worker, or its machine, with SIGKILL; and what was killed."""
    killed = []

    def wait():
        while not note.exists():
            time.sleep(0.05)
        pid, files = map(int, note.read_text().split())
        process = psutil.Process(pid)
        process = process if victim == "worker" else process.parent()
        killed.extend([" ".join(process.cmdline()), files])
        os.kill(process.pid, signal.SIGKILL)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread, killed


@pytest.mark.parametrize(("victim", "name"), [("worker", "ray::MapWorker"), ("machine", "raylet")])
def test_what_is_killed_loses_and_doubles_nothing(run, held, web_runs, command, victim, name):
    texts = [f"text number {i} {'is kind ' * (i % 9)}" for i in range(LINES)]
    write_csv(Path("in.csv"), texts)
    thread, killed = killer(held, victim)
    result = run("--files", "in.csv", "--workers", 2)
    assert result.code == 0, result.err
    thread.join()
    assert name in killed[0]
    assert 0 < killed[1] < len(list(Path("out").iterdir()))
    found = rows_of()
    assert [(row["id"], row["text"]) for row in found] == [
        (f"{i:05}", text) for i, text in enumerate(texts)
    ]
    wanted = answers_of(command, web_runs / "odd", "--file", "in.csv")
    for row, answer in zip(found, wanted, strict=True):
        assert row["label"] == answer["label"]
        assert row["score"] == pytest.approx(answer["score"], abs=2e-6)
    assert sorted(path.name for path in Path().iterdir()) == ["in.csv", "out"]


def test_what_cannot_be_meant_is_one_line(run):
    write_csv(Path("in.csv"), ["hi"])
    Path("named.csv").write_text("text,label\nhi,hate\n")
    Path("bad.csv").write_text("id,text\n1,hi\n2,hi,there\n")
    Path("bad.jsonl").write_text('{"text": "hi"}\n{"text": \n')
    Path("there").mkdir()
    broken = "error: the cluster could not read or label a file: "
    for words, code_, message in (
        (("in.csv", "--out", "there"), 2, "error: there exists (hint: another folder)"),
        (("gone.csv",), 3, "error: no file: "),
        (("in.csv", "in.csv"), 2, "error: a file is named twice"),
        (("in.txt",), 2, "in.txt is no .csv, .jsonl or .parquet (hint: --format)"),
        (
            ("in.csv", "--text-column", "body"),
            3,
            "in.csv: no column 'body' (hint: --text-column",
        ),
        (("named.csv",), 2, "error: there is a column 'label' already (hint: --prefix model_)"),
        (("bad.csv",), 3, f"{broken}ValueError: Failed to read CSV file: "),
        (("bad.jsonl",), 3, f"{broken}JSONDecodeError: "),
        (("in.csv", "named.csv"), 3, "error: not every file has the columns of the first: 'id'"),
    ):
        result = run("--files", *words)
        assert (result.code, message in result.err) == (code_, True), (words, result.err)
        assert "Traceback" not in result.err
        assert result.err.count("error: ") == 1
    assert {path.name for path in Path().iterdir()} == {
        *("in.csv", "named.csv", "bad.csv", "bad.jsonl", "there")
    }


def test_answers_stay_where_their_name_was_taken_meanwhile(run, monkeypatch):
    """By a second job of one name, which ended first."""

    def late(flags, real=code.label):
        bad = real(flags)
        Path("out").mkdir()
        Path("out/theirs").touch()
        return bad

    monkeypatch.setattr(code, "label", late)
    write_csv(Path("in.csv"), ["hi"])
    result = run("--files", "in.csv", "--workers", 1)
    assert result.code == 5, result.err
    (kept,) = Path().glob(".out.*.partial")
    assert str(kept) in result.err
    assert list(kept.glob("*.parquet"))


def test_a_row_that_kills_each_worker_ends_the_job(run, monkeypatch):
    class Fragile(code.Labeller):
        def __call__(self, table):
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(code, "Labeller", Fragile)
    monkeypatch.setattr(code, "RETRIES", 1)
    write_csv(Path("in.csv"), ["hi"])
    result = run("--files", "in.csv", "--workers", 1)
    assert (result.code, "could not read or label a file: Actor" in result.err) == (3, True)
    assert [path.name for path in Path().iterdir()] == ["in.csv"]


def test_a_worker_that_sees_another_run_ends_the_job(run, monkeypatch):
    monkeypatch.setattr(code, "identity", lambda run, base: {"another": "file"})
    write_csv(Path("in.csv"), ["hi"])
    result = run("--files", "in.csv", "--workers", 1)
    assert (result.code, "does not see this" in result.err) == (2, True), result.err
    assert [path.name for path in Path().iterdir()] == ["in.csv"]


def test_a_line_end_in_a_text_cuts_no_row(address, tmp_path):
    """Arrow reads a megabyte at a time, and by default ends it at a line."""
    code.join({"address": address, "device": "auto", "workers": None})
    texts = [f"{i}\n" * 700 for i in range(1500)]
    write_csv(tmp_path / "in.csv", texts)
    schema = pa.schema({"id": pa.string(), "text": pa.string()})
    found = code.read_tables([str(tmp_path / "in.csv")], "csv", schema).take_all()
    assert [row["text"] for row in found] == texts
