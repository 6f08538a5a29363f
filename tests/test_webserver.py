"""The page behind its real server: a process, sockets, signals, and models that are damaged."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
import torch
from bad_inputs import JSON, NAMES, ROWS, check_answer, check_row
from damages import flip_a_bit, write
from webserver import ROOT, Server, make_run, running

import webapp.__main__ as webapp_command
from bert_min.find import sha256
from experiment.errors import run_command
from experiment.rundir import find_runs
from webapp.gate import Gate
from webapp.server import listen, serve

CANARY = "CANARY5E7C"  # in capitals: it must pass for a method, too
HEAD = (
    b"POST /api/classify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " + JSON.encode()
)
BODY = b'{"text":"hi"}'
LENGTH = b"\r\nContent-Length: "
CHUNKED = b"\r\nTransfer-Encoding: chunked"
END = b"\r\n\r\n"


@pytest.fixture(scope="module")
def wild(minilm, tmp_path_factory) -> Path:
    """A run whose scores lie far apart."""
    return make_run(tmp_path_factory.mktemp("wild") / "wild", minilm)


@pytest.fixture(scope="module")
def server(wild, web_runs, tmp_path_factory) -> Iterator[Server]:
    """The server that most tests ask; unbuffered, as in a container."""
    flags = ("--run", wild, web_runs, "--threads", 16, "--max-running", 4)
    log = tmp_path_factory.mktemp("server") / "log"
    with running(log, *flags, env={"PYTHONUNBUFFERED": "1"}) as running_server:
        yield running_server


def receive(connection: socket.socket) -> bytes:
    """Everything until the server closes the connection."""
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while data := connection.recv(1 << 16):
            answer += data
    return answer


def raw(server: Server, *data: bytes, hang_up: bool = False) -> bytes:
    """Send bytes as they are; the answer, or nothing where the client hangs up at once."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for part in data:
                connection.sendall(part)
        return b"" if hang_up else receive(connection)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def check_alive(server: Server) -> None:
    assert server.request("GET", "/healthz")[0] == 200
    assert server.post("/api/classify", {"text": "hi"})[0] == 200


def log_lines(server: Server) -> list[dict[str, Any]]:
    """The log; a line that is not JSON is an error here."""
    return [json.loads(line) for line in server.log().splitlines()]


def ended(server: Server, number: int) -> int:
    """Send a signal and wait for the exit code."""
    server.process.send_signal(number)
    return server.process.wait(20)


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_every_bad_input_gets_its_answer(server, row):
    headers = {"Content-Type": row.kind} if row.kind else {}
    check_row(row, *server.request(row.method, row.path, row.body, headers))


@pytest.mark.parametrize("size", [2 << 20, 10 << 20, 20 << 20], ids=["2-MB", "10-MB", "20-MB"])
def test_a_huge_body_is_refused_by_the_server(server, size):
    """Its refusal is no JSON, and a client that is still sending may see a reset instead."""
    answer = raw(server, HEAD, LENGTH, str(size).encode(), END, b"a" * size)
    assert not answer or status(answer) == 413
    check_alive(server)


ABUSE = {
    "length-10-GB": (HEAD + LENGTH + b"10000000000" + END, 413),
    "length-negative": (HEAD + LENGTH + b"-1" + END, 400),
    "length-float": (HEAD + LENGTH + b"1e3" + END, 400),
    "length-plus": (HEAD + LENGTH + b"+13" + END + BODY, 400),
    "length-twice": (HEAD + LENGTH + b"13" + LENGTH + b"5" + END + BODY, 400),
    "encoding-gzip": (HEAD + b"\r\nTransfer-Encoding: gzip" + END, 501),
    "chunk-bad": (HEAD + CHUNKED + END + b"zz\r\n" + BODY, 400),
    "chunk-negative": (HEAD + CHUNKED + END + b"-1\r\n" + BODY, 400),
    "chunked": (HEAD + CHUNKED + END + b"d\r\n" + BODY + b"\r\n0\r\n\r\n", 200),
    "chunked-and-length": (
        HEAD + LENGTH + b"5" + CHUNKED + END + b"d\r\n" + BODY + b"\r\n0\r\n\r\n",
        200,
    ),
    "chunked-70-kB": (
        HEAD + CHUNKED + END + b"11170\r\n" + b"a" * 70_000 + b"\r\n0\r\n\r\n",
        413,
    ),
    "chunked-2-MB": (HEAD + CHUNKED + END + b"200000\r\n" + b"a" * (1 << 21), 413),
    "header-17-kB": (HEAD + b"\r\nX-A: " + b"a" * (17 << 10) + END, 431),
    "header-15-kB": (HEAD + b"\r\nX-A: " + b"a" * (15 << 10) + LENGTH + b"13" + END + BODY, 200),
    "header-300-kB": (HEAD + b"\r\nX-A: " + b"a" * 300_000 + END, 431),
    "no-length": (HEAD + END, 400),
    "no-host": (b"GET /healthz HTTP/1.1\r\nConnection: close" + END, 200),
    "http-1.0": (b"GET /healthz HTTP/1.0" + END, 200),
    "proxy-headers": (
        b"GET /healthz HTTP/1.0\r\nX-Forwarded-For: 1\r\nX-Forwarded-Proto: x\r\nForwarded: for=1"
        + END,
        200,
    ),
    "trace": (b"TRACE / HTTP/1.0" + END, 405),
    "unknown-method": (b"FOO / HTTP/1.0" + END, 405),
    "no-method": (b"\x00\x01\x02" + END, 400),
    "header-without-name": (b"GET / HTTP/1.0\r\nnonsense" + END, 400),
    "header-folded": (b"GET / HTTP/1.0\r\nA: b\r\n c: d" + END, 200),
    "absolute": (b"GET http://example.org/healthz HTTP/1.0" + END, 200),
    "long-path": (b"GET /" + b"a" * 8_000 + b" HTTP/1.0" + END, 404),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), ABUSE.values(), ids=ABUSE)
def test_abused_http_is_answered_and_the_server_goes_on(server, data, expected):
    answer = raw(server, data)
    assert status(answer) == expected
    assert b"Traceback" not in answer
    check_alive(server)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e%2fapp.py",
        "/static/..%5capp.py",
        "/static//etc/passwd",
        "//etc/passwd",
        "/static/app.js%00",
        "/static/%00",
        "/static/....//app.py",
        "/card/..%2f..%2fREADME.md",
        "/views/index.tpl",
    ],
)
def test_no_path_leads_out_of_what_is_served(server, path):
    answer = raw(server, f"GET {path} HTTP/1.0\r\n\r\n".encode())
    assert status(answer) == 404
    assert b'"not_found"' in answer


def test_tls_on_the_plain_port_does_no_harm(server):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = outgoing.read()
    raw(server, hello, hang_up=True)
    assert status(raw(server, hello, END)) == 400
    check_alive(server)


def test_a_thousand_requests_on_one_connection(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with contextlib.closing(connection):
        for _ in range(1_000):
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            assert answer.status == 200
            answer.read()


def test_pipelined_requests_are_answered_in_order(server):
    first = b"POST /api/explain HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
    first += LENGTH + str(len(BODY)).encode() + END + BODY
    answer = raw(server, first + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close" + END)
    one, two = answer.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert b'"leave-one-out"' in one
    assert two.endswith(b'{"status": "ok"}')


def test_clients_that_hang_up_do_no_harm(server):
    whole = HEAD + LENGTH + str(len(BODY)).encode() + END + BODY
    for data in (b"G", HEAD[:30], HEAD, whole[:-5], whole):
        for _ in range(5):
            raw(server, data, hang_up=True)
    check_alive(server)
    log_lines(server)


def test_bodies_half_sent_hold_no_thread(wild, tmp_path):
    with running(tmp_path / "log", "--run", wild, "--threads", 4) as server:
        with contextlib.ExitStack() as stack:
            for _ in range(8):
                client = socket.create_connection(("127.0.0.1", server.port), timeout=20)
                stack.enter_context(client).sendall(HEAD + LENGTH + b"13" + END + BODY[:5])
            started = time.perf_counter()
            for _ in range(20):
                check_alive(server)
            assert time.perf_counter() - started < 5
            client.sendall(BODY[5:])
            assert status(receive(client)) == 200
        check_alive(server)


@pytest.fixture(scope="module")
def sixty(server) -> tuple[list[str], list[float]]:
    """60 texts and their scores, asked for one by one."""
    words = ("I", "hate", "you", "and", "love", "this", "awful", "day", "with", "my", "friends")
    texts = [" ".join(words[i % 7 : i % 7 + 1 + i % 9]) + " ?" * (i // 2) for i in range(60)]
    answers = [server.post("/api/classify", {"text": text})[1] for text in texts]
    scores = [answer["score"] for answer in answers]
    assert max(scores) - min(scores) > 0.5, "these scores could not be told apart"
    return texts, scores


def test_concurrent_requests_get_their_own_scores(server, sixty):
    texts, scores = sixty

    def ask(text: str) -> float:
        code, answer = server.post("/api/classify", {"text": text})
        assert code == 200
        check_answer(answer)
        return answer["score"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, texts)) == pytest.approx(scores, abs=1e-5)


@pytest.mark.parametrize("size", [2, 32])
def test_batches_get_the_same_scores(server, sixty, size):
    texts, scores = sixty
    batched = []
    for start in range(0, len(texts), size):
        _, answer = server.post("/api/classify", {"texts": texts[start : start + size]})
        batched += [result["score"] for result in answer["results"]]
    assert batched == pytest.approx(scores, abs=1e-5)


def test_every_line_of_the_log_is_json(server):
    """From many threads at once, too."""

    def ask(number: int) -> None:
        server.request("GET", ("/healthz", "/nothing", "/static/app.js")[number % 3])

    before = len(log_lines(server))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(400)))
    lines = log_lines(server)
    assert len(lines) >= before + 400
    fields = ["time", "event", "id", "method", "route", "status", "ms", "bytes"]
    for line in lines:
        if line["event"] == "request":
            assert list(line) == fields
        else:
            assert line["event"] in ("server", "error")


def canary_requests(server: Server) -> None:
    """Put the canary wherever a visitor can write."""
    encoded = f"text={CANARY}&model={CANARY}&{CANARY}={CANARY}".encode()
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-Note": CANARY}
    for action in ("classify", "compare", "explain", CANARY):
        server.request("POST", "/", f"text={CANARY}&action={action}", form)
    server.request("POST", "/", encoded, form)
    server.request("POST", "/", b"text=" + CANARY.encode() * 9_000, form)
    for path in ("/api/classify", "/api/compare", "/api/explain", "/predict", f"/{CANARY}"):
        for value in ({"text": CANARY}, {"inputs": CANARY}, {CANARY: CANARY}, [CANARY], CANARY):
            server.post(path, value)
        server.post(path, {"texts": [CANARY] * 3, "model": CANARY})
        server.request("POST", path, f'{{"text":"{CANARY}', {"Content-Type": JSON})
        server.request("POST", path, CANARY, {"Content-Type": CANARY, CANARY: CANARY})
    for path in (f"/card/{CANARY}", f"/static/{CANARY}", f"/?{CANARY}={CANARY}", f"/%ff{CANARY}"):
        server.request("GET", path, None, {"Cookie": CANARY, "Authorization": CANARY})
    note = CANARY.encode()
    for data in (
        note + b" / HTTP/1.0",
        note,
        b"GET /" + note + b" HTTP/9.9",
        b"GET / HTTP/1.0\r\n" + note,
        b"GET / HTTP/1.0\r\nTransfer-Encoding: " + note,
        b"GET / HTTP/1.0\r\nContent-Length: " + note,
        b"GET / HTTP/1.0\r\nExpect: " + note + b"\r\nHost: " + note,
        b"GET /" + note * 2_000 + b" HTTP/1.0",
        HEAD + CHUNKED + END + note,
    ):
        raw(server, data + END)
    for _ in range(5):
        body = json.dumps({"text": CANARY * 900}).encode()
        raw(server, HEAD, LENGTH, str(len(body)).encode(), END, body, hang_up=True)


def test_waitress_keeps_every_body_in_memory():
    """It would put a larger one into a temporary file, which has no name to be found by."""
    server = listen(lambda environ, start_response: [], "127.0.0.1", 0, 1)
    with contextlib.closing(server):
        assert server.adj.inbuf_overflow > server.adj.max_request_body_size
        server.task_dispatcher.shutdown()


def test_what_a_proxy_might_say_is_not_passed_on():
    """No proxy is trusted, so that no visitor can write an address or a host of his own."""
    heard: dict[str, str] = {}

    def app(environ, start_response):
        heard.update(environ)
        start_response("200 OK", [])
        return []

    words = b"X-Forwarded-For: 1\r\nX-Forwarded-Host: x\r\nX-Forwarded-Proto: x\r\nForwarded: for=1"
    server = listen(app, "127.0.0.1", 0, 1)
    with contextlib.closing(server), socket.create_connection(server.socket.getsockname()) as asks:
        asks.sendall(b"GET / HTTP/1.0\r\nX-A: b\r\n" + words + END)
        for _ in range(100):
            server.asyncore.loop(0.1, map=server._map, count=1)
            if heard:
                break
        server.task_dispatcher.shutdown()
    assert heard["HTTP_X_A"] == "b"
    assert not [name for name in heard if "FORWARDED" in name]


def test_no_word_of_a_visitor_is_kept(wild, web_runs, tmp_path):
    """Neither in the log nor in any file of the runs, the working folder or the temporary one."""
    runs = shutil.copytree(web_runs, tmp_path / "runs")
    shutil.copytree(wild, runs / "wild")
    before = {path: sha256([path]) for path in runs.rglob("*") if path.is_file()}
    for folder in ("cwd", "tmp"):
        (tmp_path / folder).mkdir()
    env = {"TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path / "cwd")}
    log = tmp_path / "log"
    with running(log, "--run", runs, cwd=tmp_path / "cwd", env=env) as server:
        canary_requests(server)
        check_alive(server)
        assert ended(server, signal.SIGTERM) == 0
        assert CANARY not in server.process.stdout.read()
        assert len(log_lines(server)) > 50
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert log in files
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []
    assert {path for path in files if path != log} == set(before)
    assert {path: sha256([path]) for path in before} == before


@pytest.fixture(scope="module")
def slow(minilm, tmp_path_factory) -> Path:
    """A run that takes a good part of a second to explain a long text."""
    folder = tmp_path_factory.mktemp("slow") / "slow"
    return make_run(folder, minilm, max_length=512, layers=3, width=64)


def test_sigterm_waits_for_the_requests_that_are_running(slow, tmp_path):
    flags = ("--run", slow, "--max-running", 1, "--threads", 3)
    with running(tmp_path / "log", *flags) as server, ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(server.post, "/api/explain", {"text": "a " * 600}) for _ in range(3)]
        # One runs and one waits: the third is refused at once, and so both are known to be there.
        done, rest = wait(asked, 20, FIRST_COMPLETED)
        assert [future.result()[0] for future in done] == [503]
        assert ended(server, signal.SIGTERM) == 0
        assert [future.result(20)[0] for future in rest] == [200, 200]
        *_, last = log_lines(server)
        assert (last["event"], last["dropped"]) == ("stopped", 0)
        assert "Traceback" not in server.log()


def test_a_second_sigterm_drops_nothing(capsys):
    """An impatient supervisor may send one while the running requests are finished."""
    done = []

    class Server:
        def run(self):
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(10)
            except SystemExit:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(0.01)
                done.append("a request")

    before = signal.getsignal(signal.SIGTERM)
    try:
        serve(Server(), Gate(1, 1), "hello")
    except SystemExit:
        done.clear()
    signal.signal(signal.SIGTERM, before)
    assert done == ["a request"]
    assert json.loads(capsys.readouterr().err)["event"] == "stopped"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_server(wild, tmp_path, number):
    with running(tmp_path / "log", "--run", wild) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as idle:
            check_alive(server)
            assert ended(server, number) == 0
            assert receive(idle) == b""
        assert log_lines(server)[-1]["event"] == "stopped"


def test_a_running_server_keeps_the_model_that_it_loaded(wild, minilm, tmp_path):
    """Whatever happens to the files: a restart shows the new ones."""

    def ask(server: Server) -> list[tuple[float, str]]:
        texts = ["I hate you", "Thank you all", "go away"]
        _, answer = server.post("/api/classify", {"texts": texts})
        return [(r["score"], r["model"]["sha256"]) for r in answer["results"]]

    run = shutil.copytree(wild, tmp_path / "run")
    new = make_run(tmp_path / "new", minilm, layers=1)
    with running(tmp_path / "log", "--run", run) as server:
        old = ask(server)
        assert old[0][1] == sha256([run / "model.safetensors"])
        os.rename(run, tmp_path / "old")
        os.rename(new, run)
        assert ask(server) == old
        with open(tmp_path / "old" / "model.safetensors", "r+b") as file:
            file.truncate(100)
        assert ask(server) == old
        shutil.rmtree(tmp_path / "old")
        assert ask(server) == old
    with running(tmp_path / "log", "--run", run) as server:
        now = ask(server)
        assert {sha for _, sha in now} == {sha256([run / "model.safetensors"])} != {old[0][1]}
        assert now != old


def check_refusal(code: int, err: str, expected: int, word: str) -> None:
    """One line that says what is wrong, and the exit code that the README lists."""
    assert code == expected, err
    [line] = err.splitlines()
    assert line.startswith("error: ")
    assert word in line
    assert "Traceback" not in line


@pytest.fixture
def refusal(monkeypatch, capsys, tmp_path):
    """Run `python -m webapp` in this process where it must not come to serving."""
    threads = torch.get_num_threads()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webapp.server.serve", lambda server, gate: None)

    def run(*flags: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["webapp", *map(str, flags)])
        with pytest.raises(SystemExit) as stopped:
            run_command(webapp_command.main)
        out, err = capsys.readouterr()
        assert out == ""
        return stopped.value.code, err

    yield run
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("odd", "model.safetensors"),
        ("odd", "tokenizer.json"),
        ("odd", "config.json"),
        ("lora", "adapter_model.safetensors"),
    ],
)
def test_one_bit_is_noticed_by_the_manifest(refusal, web_runs, tmp_path, name, file):
    run = shutil.copytree(web_runs / name, tmp_path / name)
    write(run / file, flip_a_bit)
    check_refusal(*refusal("--run", run, "--port", 0), 4, f"{name}/{file} is not the file")
    (run / file).unlink()
    check_refusal(*refusal("--run", run, "--port", 0), 4, file if name == "lora" else name)


def test_one_damaged_model_among_good_ones_is_refused(refusal, web_runs, tmp_path):
    runs = shutil.copytree(web_runs, tmp_path / "runs")
    write(runs / "lora-2" / "adapter_model.safetensors", lambda data: data[:-1])
    check_refusal(*refusal("--run", runs, "--port", 0), 4, "lora-2")


@pytest.mark.parametrize("flags", [(), ("--run", "."), ("--run", "nothing")])
def test_no_runs_is_one_line_that_names_the_command(refusal, flags):
    check_refusal(*refusal(*flags), 4, "make demo")


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (("--port", "70000"), "--port"),
        (("--port", "-1"), "--port"),
        (("--port", "http"), "--port"),
        (("--threshold", "1.5"), "--threshold"),
        (("--threshold", "nan"), "--threshold"),
        (("--threads", "0"), "--threads"),
        (("--threads", "3"), "--max-running 2 needs --threads 4"),
        (("--max-running", "7"), "--max-running 7 needs --threads 9"),
        (("--max-running", "0"), "--max-running"),
        (("--device", "tpu"), "--device"),
        (("--verbose",), "--verbose"),
        (("--run",), "--run"),
    ],
    ids=" ".join,
)
def test_flags_that_cannot_be_are_refused(refusal, flags, word):
    code, err = refusal(*flags)
    assert code == 2
    assert err.splitlines()[-1].startswith("python -m webapp: error: ")
    assert word in err.splitlines()[-1]


def test_two_runs_of_one_name_are_a_mistake_in_the_flags(refusal, wild, tmp_path):
    shutil.copytree(wild, tmp_path / "wild")
    check_refusal(*refusal("--run", wild, tmp_path / "wild"), 2, "two runs are called wild")


@pytest.mark.parametrize(
    ("host", "word"),
    [("nowhere.invalid", "nowhere.invalid"), ("192.0.2.1", "192.0.2.1"), ("a b", "a b")],
)
def test_an_address_that_is_not_ours_is_refused(refusal, wild, host, word):
    check_refusal(*refusal("--run", wild, "--host", host, "--port", 0), 5, word)


def processed(cwd: Path, *flags: object) -> tuple[int, str]:
    """Exit code and stderr of a server process that must not come to serving."""
    command = [sys.executable, "-m", "webapp", *map(str, flags)]
    result = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert result.stdout == ""
    return result.returncode, result.stderr


def test_a_port_in_use_is_one_line(wild, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, err = processed(tmp_path, "--run", wild, "--port", port)
    check_refusal(code, err, 5, f"cannot listen on 127.0.0.1 port {port}")


def test_a_process_refuses_as_the_command_does(web_runs, tmp_path):
    check_refusal(*processed(tmp_path), 4, "make demo")
    run = shutil.copytree(web_runs / "odd", tmp_path / "odd")
    write(run / "model.safetensors", flip_a_bit)
    check_refusal(*processed(tmp_path, "--run", run), 4, "odd/model.safetensors")


def test_runs_of_a_folder_are_served_in_their_order(server, web_runs):
    _, _, body = server.request("GET", "/api/info")
    served = [model["name"] for model in json.loads(body)["models"]]
    assert served == ["wild", *(run.name for run in find_runs(web_runs))]


def documented_commands() -> list[tuple[int, str]]:
    """Status and curl command of every row of the table of errors in docs/WEBAPP.md."""
    rows = [
        line.strip("| ").replace("\\|", "\0").split("|")
        for line in (ROOT / "docs" / "WEBAPP.md").read_text(encoding="utf-8").split("\n")
        if line.startswith(("| 4", "| 5"))
    ]
    return [
        (int(cells[0]), command.replace("\0", "|"))
        for cells in rows
        if "curl" in (command := cells[-1].strip(" `")) and int(cells[0]) != 503
    ]


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
@pytest.mark.parametrize(("expected", "command"), documented_commands())
def test_the_documented_command_gives_its_status(server, expected, command):
    """The 503 needs a slower model: `python -m benchmarks.serving gate` shows it."""
    command = command.replace("localhost:5000", f"127.0.0.1:{server.port}")
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout.split("\n")[-1])["error"]["status"] == expected


def test_the_document_shows_every_client_error():
    assert [status for status, _ in documented_commands()] == [400, 404, 405, 413, 415, 422]


def test_the_unit_tells_programs_the_address_of_the_proxy():
    [line] = re.findall(r"^ExecStart=\S+ -m webapp (.*)$", read_deployed("webapp.service"), re.M)
    [name] = re.findall(r"server_name (\S+);", read_deployed("nginx.conf"))
    assert webapp_command.parse_args(line.split()).prefix == f"https://{name}"


def read_deployed(name):
    return (ROOT / "deploy" / name).read_text()
