"""Measure the web server with a real model: overhead, load, a full gate, agreement, a soak.

Exits with 1 where an answer is lost, a server error is not the gate's 503, scores differ, or
memory grows.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data import load_data
from experiment.cli import number, run_command, say

CLIENTS = (1, 2, 4, 8, 32)
EXAMPLES = """examples:
  python -m benchmarks.serving --run runs/demo/odd overhead load gate agree
  python -m benchmarks.serving --run runs/demo/odd soak --seconds 600
"""


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
        started = time.perf_counter()
        try:
            self.connection.request("GET" if body is None else "POST", path, body, headers)
            answer = self.connection.getresponse()
            content = json.loads(answer.read())
            reply = (answer.status, content, answer.getheader("Retry-After"))
        except (OSError, ValueError, http.client.HTTPException):
            self.connection.close()
            reply = (0, {}, None)
        status, content, retry = reply
        self.replies.append(Reply(status, time.perf_counter() - started, content, retry))
        return self.replies[-1]


@contextmanager
def serving(run: Path, flags: Sequence[str] = ()) -> Iterator[Server]:
    """A server process on a free port, its log thrown away."""
    command = [sys.executable, "-m", "webapp", "--run", str(run), "--port", "0", *flags]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    started = time.perf_counter()
    try:
        line = process.stdout.readline()
        if "http://" not in line:
            raise OSError(f"the server did not start (hint: python -m webapp --run {run})")
        print(f"listening after {time.perf_counter() - started:.1f} s")
        yield Server(process.pid, int(line.split(":")[-1].split()[0]))
    finally:
        process.terminate()
        process.wait()


def run_clients(
    server: Server, count: int, seconds: float, work: Callable[[Client], Any]
) -> tuple[list[Reply], float]:
    """Let `count` clients repeat `work` for some seconds; all replies, and the seconds it took."""
    clients = [Client(server.port) for _ in range(count)]
    end = time.perf_counter() + seconds

    def loop(client: Client) -> None:
        with closing(client.connection):
            while time.perf_counter() < end:
                work(client)

    started = time.perf_counter()
    threads = [threading.Thread(target=loop, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    return [reply for client in clients for reply in client.replies], elapsed


def percentiles(values: Sequence[float]) -> str:
    """p50, p95, p99 and maximum of seconds, as cells in milliseconds."""
    quantiles = np.quantile(values, (0.5, 0.95, 0.99, 1)) * 1000
    return " | ".join(f"{value:.1f}" for value in quantiles)


def bad_replies(replies: Sequence[Reply]) -> list[Reply]:
    """Replies that break a promise: no answer, or an error other than a 503 with Retry-After."""
    return [
        reply
        for reply in replies
        if reply.status not in (200, 503) or (reply.status == 503 and reply.retry_after != "1")
    ]


def measure_overhead(server: Server, texts: Sequence[str], seconds: float) -> bool:
    """What HTTP, JSON and validation add to the time that the answer itself reports."""
    client, feed = Client(server.port), cycle(texts)
    for _ in range(20):
        client.ask("/api/classify", {"text": next(feed)})
    client.replies.clear()
    for _ in range(300):
        client.ask("/api/classify", {"text": next(feed)})
    added = [reply.seconds - reply.answer.get("ms", 0) / 1000 for reply in client.replies]
    print("\n300 requests one after the other | p50 ms | p95 ms | p99 ms | max ms")
    print("--- | --: | --: | --: | --:")
    print(f"whole | {percentiles([reply.seconds for reply in client.replies])}")
    print(f"without the model | {percentiles(added)}")
    return not bad_replies(client.replies)


def measure_load(server: Server, texts: Sequence[str], seconds: float) -> bool:
    """Rising numbers of clients with texts of full length; a client told 503 waits as asked."""
    feed, fine = cycle(texts), True
    print("\nclients | texts/s | p50 ms | p95 ms | p99 ms | max ms | answered | 503 | lost")
    print("--: | --: | --: | --: | --: | --: | --: | --: | --:")

    def work(client: Client) -> None:
        if client.ask("/api/classify", {"text": next(feed)}).status == 503:
            time.sleep(1)

    for count in CLIENTS:
        replies, elapsed = run_clients(server, count, seconds, work)
        answered = [reply.seconds for reply in replies if reply.status == 200]
        refused = sum(reply.status == 503 for reply in replies)
        bad = len(bad_replies(replies))
        print(
            f"{count} | {len(answered) / elapsed:.1f} | {percentiles(answered)} "
            f"| {len(answered)} | {refused} | {bad}",
            flush=True,
        )
        fine = fine and not bad
    return fine


def insist(text: str, client: Client) -> None:
    """Ask, and after a 503 come back sooner than it says."""
    if client.ask("/api/classify", {"text": text}).status == 503:
        time.sleep(0.2)


def measure_gate(server: Server, texts: Sequence[str], seconds: float) -> bool:
    """50 clients against a full gate, and what /healthz does meanwhile."""
    health = Client(server.port)
    # In a process of their own: 50 threads here would delay the one that looks.
    with ProcessPoolExecutor(1) as pool:
        clients = pool.submit(run_clients, server, 50, seconds, partial(insist, texts[0]))
        while not clients.done():
            health.ask("/healthz")
            time.sleep(0.02)
        replies, _ = clients.result()
    refused = sum(reply.status == 503 for reply in replies)
    answered = sum(reply.status == 200 for reply in replies)
    print(f"\n50 clients that come back after 0.2 s: {answered} answered, {refused} told 503")
    print("meanwhile | p50 ms | p95 ms | p99 ms | max ms\n--- | --: | --: | --: | --:")
    print(f"/healthz | {percentiles([reply.seconds for reply in health.replies])}")
    return not bad_replies([*replies, *health.replies])


def measure_agreement(server: Server, texts: Sequence[str], seconds: float) -> bool:
    """The same 200 texts one by one, from 4 clients at once, and in batches of 32."""
    texts = texts[:200]

    def one(text: str) -> dict[str, Any]:
        client = Client(server.port)
        with closing(client.connection):
            return client.ask("/api/classify", {"text": text}).answer

    serial = [one(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        concurrent = list(pool.map(one, texts))
    client = Client(server.port)
    batched = [
        answer
        for i in range(0, len(texts), 32)
        for answer in client.ask("/api/classify", {"texts": texts[i : i + 32]}).answer["results"]
    ]
    print(f"\nagainst one by one, {len(texts)} texts | other labels | largest difference of scores")
    print("--- | --: | --:")
    fine = True
    for name, answers in (("4 at once", concurrent), ("batches of 32", batched)):
        labels = sum(a["label"] != b["label"] for a, b in zip(serial, answers, strict=True))
        largest = max(abs(a["score"] - b["score"]) for a, b in zip(serial, answers, strict=True))
        print(f"{name} | {labels} | {largest:.1e}")
        fine = fine and labels == 0 and largest <= 1e-5
    return fine


def read_process(pid: int) -> tuple[float, int, int]:
    """Resident memory in MB, threads and open files of a process, as Linux counts them."""
    status = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    files = len(os.listdir(f"/proc/{pid}/fd"))
    return int(fields["VmRSS"].split()[0]) / 1000, int(fields["Threads"]), files


def measure_soak(server: Server, texts: Sequence[str], seconds: float) -> bool:
    """Texts of mixed lengths at about half load; memory, threads and open files must stay.

    A twentieth of the time goes first to the largest requests, so that memory is at its height.
    """
    feed = cycle(texts)
    seen: list[tuple[float, int, int]] = []

    def look(done: threading.Event) -> None:
        while not done.wait(seconds / 200):
            seen.append(read_process(server.pid))

    def work(client: Client) -> None:
        reply = client.ask("/api/classify", {"text": next(feed)})
        if len(client.replies) % 50 == 0:
            client.ask("/api/explain", {"text": next(feed)[:300]})
        time.sleep(2 * reply.seconds)  # two clients, each a third of the time

    longest = max(texts, key=len)
    largest = partial(Client.ask, path="/api/explain", value={"text": longest})
    replies, _ = run_clients(server, 4, seconds / 20, largest)
    done = threading.Event()
    watcher = threading.Thread(target=look, args=(done,))
    watcher.start()
    replies += run_clients(server, 2, seconds, work)[0]
    done.set()
    watcher.join()
    tenth = max(1, len(seen) // 10)
    before, after = np.median(seen[:tenth], axis=0), np.median(seen[-tenth:], axis=0)
    drift = after[0] / before[0] - 1
    bad = bad_replies(replies)
    print(f"\nsoak of {seconds:.0f} s: {len(replies)} requests, {len(bad)} lost or in error")
    print("when | memory MB | threads | open files\n--- | --: | --: | --:")
    for name, (memory, tasks, files) in (("first tenth", before), ("last tenth", after)):
        print(f"{name} | {memory:.1f} | {tasks:.0f} | {files:.0f}")
    print(f"memory drift {drift:+.1%}")
    return not bad and bool(drift < 0.05 and all(after[1:] <= before[1:]))


MEASURES = {
    "overhead": measure_overhead,
    "load": measure_load,
    "gate": measure_gate,
    "agree": measure_agreement,
    "soak": measure_soak,
}


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="+", choices=MEASURES, help="what to measure")
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="run directory")
    parser.add_argument(
        "--seconds",
        type=number(float, 1),
        default=5,
        metavar="S",
        help="length of the soak, of the gate test and of each number of clients (default: 5)",
    )
    parser.add_argument(
        "--max-running", type=int, default=2, metavar="N", help="as in python -m webapp"
    )
    return parser.parse_args(argv)


def main() -> int:
    args = parse_args()
    short = load_data("sample").splits["test"].texts
    long = [" ".join(short[i : i + 20]) for i in range(0, 200, 20)]  # each over 128 tokens
    feeds = {"overhead": short, "load": long, "gate": long, "agree": [*short[:190], *long]}
    feeds["soak"] = [text for pair in zip(short, cycle(long), strict=False) for text in pair]
    broken = []
    with serving(args.run, ["--max-running", str(args.max_running)]) as server:
        for name in args.what:
            if not MEASURES[name](server, feeds[name], args.seconds):
                broken.append(name)
    if broken:
        say(f"error: broken promises in {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    run_command(main)
