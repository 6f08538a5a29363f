"""Measure the web server with a real model: overhead, load, a full gate, agreement, a soak.

Exits with 1 where an answer is lost, a server error is not the gate's 503, scores differ, or
memory grows.
"""

import argparse
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import cycle
from operator import le
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clients import Client, Reply, Server, bad_replies, run_clients, serving
from data import load_data
from experiment.cli import number, say
from experiment.errors import run_command

CLIENTS = (1, 2, 4, 8, 32)
CLASSIFY, EXPLAIN = "/api/classify", "/api/explain"
EXAMPLES = """examples:
  python -m benchmarks.serving --run runs/demo/odd overhead load gate agree
  python -m benchmarks.serving --run runs/demo/odd soak --seconds 600
"""


def measure_overhead(server: Server, texts: Sequence[str], seconds: float) -> bool:
    """What HTTP, JSON and validation add to the time that the answer itself reports."""
    client, feed = Client(server.port), cycle(texts)
    replies = [client.ask(CLASSIFY, {"text": next(feed)}) for _ in range(320)][20:]
    added = [reply.seconds - reply.answer.get("ms", 0) / 1000 for reply in replies]
    print("\n300 requests one after the other | p50 ms | p95 ms | p99 ms | max ms")
    print("--- | --: | --: | --: | --:")
    print(f"whole | {percentiles([reply.seconds for reply in replies])}")
    print(f"without the model | {percentiles(added)}")
    return not bad_replies(replies)


def percentiles(values: Sequence[float]) -> str:
    """p50, p95, p99 and maximum of seconds, as cells in milliseconds."""
    quantiles = np.quantile(values, (0.5, 0.95, 0.99, 1)) * 1000
    return " | ".join(f"{value:.1f}" for value in quantiles)


def measure_load(server: Server, texts: Sequence[str], seconds: float) -> bool:
    """Rising numbers of clients with texts of full length; a client told 503 waits as asked."""
    feed, broken = cycle(texts), 0
    print("\nclients | texts/s | p50 ms | p95 ms | p99 ms | max ms | answered | 503 | lost")
    print("--: | --: | --: | --: | --: | --: | --: | --: | --:")

    def work(client: Client) -> None:
        if client.ask(CLASSIFY, {"text": next(feed)}).status == 503:
            time.sleep(1)

    for count in CLIENTS:
        replies, elapsed = run_clients(server, count, seconds, work)
        answered = [reply.seconds for reply in replies if reply.status == 200]
        bad = len(bad_replies(replies))
        cells = (percentiles(answered), len(answered), with_status(503, replies), bad)
        print(count, f"{len(answered) / elapsed:.1f}", *cells, sep=" | ", flush=True)
        broken += bad
    return not broken


def with_status(status: int, replies: Sequence[Reply]) -> int:
    return sum(reply.status == status for reply in replies)


def insist(text: str, client: Client) -> None:
    """Ask, and after a 503 come back sooner than it says."""
    if client.ask(CLASSIFY, {"text": text}).status == 503:
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
    refused, answered = with_status(503, replies), with_status(200, replies)
    print(f"\n50 clients that come back after 0.2 s: {answered} answered, {refused} told 503")
    print("meanwhile | p50 ms | p95 ms | p99 ms | max ms\n--- | --: | --: | --: | --:")
    print(f"/healthz | {percentiles([reply.seconds for reply in health.replies])}")
    return not bad_replies([*replies, *health.replies])


def measure_agreement(server: Server, texts: Sequence[str], seconds: float) -> bool:
    """The same 200 texts one by one, from 4 clients at once, and in batches of 32."""
    texts = texts[:200]

    def ask(value: dict[str, Any]) -> dict[str, Any]:
        client = Client(server.port)
        with closing(client.connection):
            return client.ask(CLASSIFY, value).answer

    questions = [{"text": text} for text in texts]
    serial = list(map(ask, questions))
    with ThreadPoolExecutor(4) as pool:
        concurrent = list(pool.map(ask, questions))
    parts = [{"texts": texts[i : i + 32]} for i in range(0, len(texts), 32)]
    batched = [answer for part in parts for answer in ask(part)["results"]]
    print(f"\nagainst one by one, {len(texts)} texts | other labels | largest difference of scores")
    print("--- | --: | --:")
    fine = True
    for name, answers in (("4 at once", concurrent), ("batches of 32", batched)):
        pairs = list(zip(serial, answers, strict=True))
        labels = sum(a["label"] != b["label"] for a, b in pairs)
        largest = max(abs(a["score"] - b["score"]) for a, b in pairs)
        print(f"{name} | {labels} | {largest:.1e}")
        fine = fine and labels == 0 and largest <= 1e-5
    return fine


def measure_soak(server: Server, texts: Sequence[str], seconds: float) -> bool:
    """Texts of mixed lengths at about half load; memory, threads and open files must stay.

    First come the largest requests, for a twentieth of the time, and mixed ones for a fifth, so
    that memory is at its height. Of a tenth the lowest counts: what runs is no growth.
    """
    feed, done = cycle(texts), threading.Event()
    seen: list[tuple[float, int, int]] = []

    def look() -> None:
        while not done.wait(seconds / 200):
            seen.append(read_process(server.pid))

    def work(client: Client) -> None:
        reply = client.ask(CLASSIFY, {"text": next(feed)})
        if len(client.replies) % 50 == 0:
            client.ask(EXPLAIN, {"text": next(feed)[:300]})
        time.sleep(2 * reply.seconds)  # two clients, each a third of the time

    largest = partial(Client.ask, path=EXPLAIN, value={"text": max(texts, key=len)})
    replies, _ = run_clients(server, 4, seconds / 20, largest)
    replies += run_clients(server, 2, seconds / 5, work)[0]
    watcher = threading.Thread(target=look)
    watcher.start()
    replies += run_clients(server, 2, seconds, work)[0]
    done.set()
    watcher.join()
    tenth, bad = max(1, len(seen) // 10), bad_replies(replies)
    before, after = (
        (min(memory for memory, _, _ in part), *np.median(part, axis=0)[1:])
        for part in (seen[:tenth], seen[-tenth:])
    )
    drift = after[0] / before[0] - 1
    print(f"\nsoak of {seconds:.0f} s: {len(replies)} requests, {len(bad)} lost or in error")
    print("when | memory MB | threads | open files\n--- | --: | --: | --:")
    for name, (memory, tasks, files) in (("first tenth", before), ("last tenth", after)):
        print(f"{name} | {memory:.1f} | {tasks:.0f} | {files:.0f}")
    print(f"memory drift {drift:+.1%}")
    return not bad and bool(drift < 0.05 and all(map(le, after[1:], before[1:])))


def read_process(pid: int) -> tuple[float, int, int]:
    """Resident memory in MB, threads and open files of a process, as Linux counts them."""
    status = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    files = len(os.listdir(f"/proc/{pid}/fd"))
    return int(fields["VmRSS"].split()[0]) / 1000, int(fields["Threads"]), files


MEASURES = {
    "overhead": measure_overhead,
    "load": measure_load,
    "gate": measure_gate,
    "agree": measure_agreement,
    "soak": measure_soak,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("what", nargs="+", choices=MEASURES, help="what to measure")
    add("--run", type=Path, required=True, metavar="DIR", help="run directory")
    length = "length of the soak, of the gate test and of each number of clients (default: 5)"
    add("--seconds", type=number(float, 1), default=5, metavar="S", help=length)
    add("--max-running", type=int, default=2, metavar="N", help="as in python -m webapp")
    add("--dtype", choices=("fp32", "int8"), help="as in python -m webapp")
    args = parser.parse_args()
    short = load_data("sample").splits["test"].texts
    long = [" ".join(short[i : i + 20]) for i in range(0, 200, 20)]  # each over 128 tokens
    feeds = {"overhead": short, "load": long, "gate": long, "agree": [*short[:190], *long]}
    feeds["soak"] = [text for pair in zip(short, cycle(long), strict=False) for text in pair]
    with serving(args.run, max_running=args.max_running, dtype=args.dtype) as server:
        broken = [n for n in args.what if not MEASURES[n](server, feeds[n], args.seconds)]
    if broken:
        say(f"error: broken promises in {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    run_command(main)
