"""Measure the page beside ONNX Runtime on the same model, and beside another build of itself.

All in one run, in turn: one text, four clients at once, and what it takes to be ready.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cache, partial
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.clients import Client, Server, bad_replies, run_clients, serving
from benchmarks.measure import fresh_process, in_turn, processor
from benchmarks.peers import CPU
from data import load_data
from experiment.cli import number
from experiment.errors import run_command
from experiment.rundir import find_runs, is_run, read_json
from speed.int8 import has_int8

CLASSIFY = "/api/classify"
CLIENTS = 4
TEXTS = 60  # one after another, of each length
WARM = 10  # texts before them
ROUNDS = 6  # of load, and of starts
QUIET = 0.02  # seconds before a turn, in which the threads of the one before come to rest
OURS = "this build"
EXAMPLES = """examples:
  python -m benchmarks.page --run runs/demo/odd one
  python -m benchmarks.page --run runs/demo --build ../older one clients ready
"""


def feeds() -> dict[str, Sequence[str]]:
    """Texts of the sample's test split: one sentence, two, and as many as a model reads at once."""
    short = load_data("sample").splits["test"].texts
    two = [f"{a} {b}" for a, b in pairwise(short)]
    long = [" ".join(short[i : i + 9]) for i in range(0, len(short) - 9, 2)]
    return {"one sentence": short, "two sentences": two, "nine sentences": long}


@cache
def onnx_session(folder: Path, threads: int) -> Any:
    """ONNX Runtime on a copy of a run, into which the model is written for it."""
    from benchmarks.labellers import onnx_runtime

    torch.set_num_threads(threads)
    return onnx_runtime(folder, "fp32")[0]


def ask_onnx(folder: Path, threads: int, text: str) -> tuple[float, float]:
    """Milliseconds for one text, tokenisation included, and P(positive) before the temperature."""
    label = onnx_session(folder, threads)
    started = time.perf_counter()
    [score] = label([text])
    return 1000 * (time.perf_counter() - started), float(score)


def measure_one(servers: dict[str, Server], run: Path) -> bool:
    """One text after another through HTTP, less what is not the model's; everyone in turn."""
    temperature = read_json(run / "config.json").get("decision", {}).get("temperature", 1.0)
    threads = {f"ONNX Runtime, {n} thr.": n for n in sorted({1, torch.get_num_threads()})}
    names = [*servers, *threads]
    head = [*(f"{name}, ms" for name in names), *(f"{name}, by the better" for name in servers)]
    print("\none text | tokens", *head, "largest difference of scores", sep=" | ")
    print("--- |" + " --: |" * (len(head) + 2))
    fine = True
    with ExitStack() as stack:
        copy = Path(stack.enter_context(tempfile.TemporaryDirectory())) / run.name
        shutil.copytree(run, copy)
        peers = {name: stack.enter_context(fresh_process()) for name in threads}
        for name, process in peers.items():  # exporting takes longer than a connection is held
            process.submit(ask_onnx, copy, threads[name], "Good morning").result()
        clients = {name: Client(server.port) for name, server in servers.items()}
        for kind, texts in feeds().items():
            ms: dict[str, list[float]] = {name: [] for name in names}
            tokens, apart = [], 0.0
            for i, text in enumerate([*texts[:WARM], *texts[:TEXTS]]):
                scores, answer = {}, {}
                for name in in_turn(names, i):
                    time.sleep(QUIET)
                    if name in clients:
                        reply = clients[name].ask(CLASSIFY, {"text": text})
                        answer = reply.answer
                        if reply.status != 200:
                            raise OSError(f"{name} answers {reply.status}: {answer}")
                        found, scores[name] = answer["ms"], answer["score"]
                    else:
                        job = peers[name].submit(ask_onnx, copy, threads[name], text)
                        found, scores[name] = job.result()
                    if i >= WARM:
                        ms[name].append(found)
                tokens.append(answer["n_tokens"])
                if answer["windows"] == 1:
                    odds = np.log(1 / scores[names[-1]] - 1) / temperature
                    apart = max(apart, abs(scores[OURS] - 1 / (1 + np.exp(odds))))
            p50 = {name: float(np.median(values)) for name, values in ms.items()}
            best = min(p50[name] for name in threads)
            cells = [*(f"{p50[name]:.2f}" for name in names)]
            cells += [f"{p50[name] / best:.2f}" for name in clients]
            print(kind, f"{np.median(tokens):.0f}", *cells, f"{apart:.1e}", sep=" | ", flush=True)
            fine = fine and apart < 1e-4
    return fine


def ask_next(client: Client, feed: Iterator[str]) -> None:
    client.ask(CLASSIFY, {"text": next(feed)})


def measure_clients(servers: dict[str, Server], seconds: float) -> bool:
    """Texts a second that four clients get answered, the builds in turn."""
    head = [f"{name}, texts/s" for name in servers]
    head += [f"{name}, by the last" for name in list(servers)[:-1]]
    print(f"\n{CLIENTS} clients", *head, sep=" | ")
    print("--- |" + " --: |" * len(head))
    fine = True
    for kind, texts in feeds().items():
        rates: dict[str, list[float]] = {name: [] for name in servers}
        for i in range(ROUNDS):
            for name in in_turn(list(servers), i):
                work = partial(ask_next, feed=cycle(texts))
                replies, elapsed = run_clients(servers[name], CLIENTS, seconds / 3, work)
                rates[name].append(len(replies) / elapsed)
                fine = fine and not bad_replies(replies)
        mean = [float(np.median(found)) for found in rates.values()]
        cells = [*(f"{rate:.0f}" for rate in mean), *(f"{r / mean[-1]:.2f}" for r in mean[:-1])]
        print(kind, *cells, sep=" | ", flush=True)
    return fine


def measure_ready(builds: dict[str, Path], runs: Sequence[Path]) -> None:
    """Processor seconds from the command to the first answer, the builds in turn."""
    spent: dict[str, list[float]] = {name: [] for name in builds}
    for i in range(ROUNDS):
        for name in in_turn(list(builds), i):
            with serving(*runs, build=builds[name]) as server:
                Client(server.port).ask(CLASSIFY, {"text": "Good morning"})
                spent[name].append(processor_seconds(server.pid))
    print(f"\nready with {len(runs)} models | processor s | by the last\n--- | --: | --: ")
    last = float(np.median(spent[list(builds)[-1]]))
    for name, found in spent.items():
        print(f"{name} | {np.median(found):.2f} | {np.median(found) / last:.2f}")


def processor_seconds(pid: int) -> float:
    """What a process has used so far, as Linux counts it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.page",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("what", nargs="+", choices=("one", "clients", "ready"), help="what to measure")
    add("--run", type=Path, required=True, metavar="DIR", help="a run, or a folder of runs")
    add("--build", type=Path, metavar="DIR", help="a checkout of another commit, to compare with")
    add("--seconds", type=number(float, 1), default=6, metavar="S", help="of each load (default 6)")
    args = parser.parse_args()
    runs = [args.run] if is_run(args.run) else find_runs(args.run)
    builds = {OURS: Path.cwd()} | ({"the other build": args.build} if args.build else {})
    print(f"{processor()}, {os.cpu_count()} cores")
    if "ready" in args.what:
        measure_ready(builds, runs)
    fine = True
    if {"one", "clients"} & set(args.what):
        first = next((run for run in runs if run.name.startswith("odd")), runs[0])
        with ExitStack() as stack:
            start = partial(serving, first)
            servers = {OURS: stack.enter_context(start())}
            if has_int8(CPU):
                servers[f"{OURS}, int8"] = stack.enter_context(start(dtype="int8"))
            if args.build:
                servers["the other build"] = stack.enter_context(start(build=args.build))
            fine = "one" not in args.what or measure_one(servers, first)
            fine = ("clients" not in args.what or measure_clients(servers, args.seconds)) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    run_command(main)
