"""Clients of the web server: what they ask, what they get, and a server to ask."""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple


class Server(NamedTuple):
    pid: int
    port: int


class Reply(NamedTuple):
    """One request: HTTP status (0: no answer came), seconds on the client's clock, the JSON."""

    status: int
    seconds: float
    answer: dict[str, Any]
    retry_after: str | None


class Client:
    """A keep-alive connection that notes what it gets."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.replies: list[Reply] = []

    def ask(self, path: str, value: Any = None) -> Reply:
        body = None if value is None else json.dumps(value)
        headers = {"Content-Type": "application/json"}
        status, content, retry = 0, {}, None
        started = time.perf_counter()
        try:
            self.connection.request("GET" if body is None else "POST", path, body, headers)
            answer = self.connection.getresponse()
            content = json.loads(answer.read())
            status, retry = answer.status, answer.getheader("Retry-After")
        except (OSError, ValueError, http.client.HTTPException):
            self.connection.close()
        self.replies.append(Reply(status, time.perf_counter() - started, content, retry))
        return self.replies[-1]


@contextmanager
def serving(
    *runs: Path, max_running: int = 2, build: Path | None = None, dtype: str | None = None
) -> Iterator[Server]:
    """A server process on a free port, its log thrown away; `build` is another checkout's."""
    where = [str(run.absolute()) for run in runs]
    flags = ["--run", *where, "--port", "0", "--max-running", str(max_running)]
    flags += ["--dtype", dtype, "--least-agreement", "0"] if dtype else []
    process = subprocess.Popen(
        [sys.executable, "-m", "webapp", *flags],
        cwd=build,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        if "http://" not in line:
            raise OSError(f"no server (hint: python -m webapp --run {' '.join(where)})")
        yield Server(process.pid, int(line.split(":")[-1].split()[0]))
    finally:
        process.terminate()
        process.wait()


def run_clients(
    server: Server, count: int, seconds: float, work: Callable[[Client], Any]
) -> tuple[list[Reply], float]:
    """Let `count` clients repeat `work` for some seconds; all replies, and the seconds it took."""
    clients = [Client(server.port) for _ in range(count)]
    started = time.perf_counter()

    def loop(client: Client) -> None:
        with closing(client.connection):
            while time.perf_counter() < started + seconds:
                work(client)

    threads = [threading.Thread(target=loop, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    return [reply for client in clients for reply in client.replies], elapsed


def bad_replies(replies: Sequence[Reply]) -> list[Reply]:
    """Replies that break a promise: no answer, or an error other than a 503 with Retry-After."""
    return [r for r in replies if r.status != 200 and (r.status, r.retry_after) != (503, "1")]
