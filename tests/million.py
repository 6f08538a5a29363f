"""Label a million lines with predict.py: one answer each, in order, and memory that does not grow.

    python -m tests.million                     100,000 and 1,000,000 lines; some minutes

The second job is killed with SIGKILL at half of its lines, and started again. Every line holds its
number, so that none can be lost, doubled or moved unnoticed. Prints one JSON object a job; the exit
code is 1 where an answer is missing or wrong, or where ten times the lines take 50 MB more. (The
first few thousand lines take memory of their own: batches of every shape.)
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from itertools import zip_longest
from pathlib import Path
from typing import Any

from data import load_data
from tests.chaos import write_model

ROOT = Path(__file__).parent.parent
LIMIT = 50  # MB


def write_lines(path: Path, count: int) -> None:
    texts = [" ".join(text.split()) for text in load_data("sample").splits["train"].texts]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{number} {texts[number % len(texts)]}\n" for number in range(count))


def answered(out: Path) -> int:
    """How many rows the unfinished job has answered."""
    try:
        return json.loads((out.parent / f".{out.name}.partial.json").read_text())["counts"]["rows"]
    except (OSError, ValueError):
        return 0


def label(run: Path, lines: Path, out: Path, kill_at: int | None = None) -> dict[str, Any]:
    """Run predict.py, to its end or until `kill_at` rows are answered; its seconds and memory."""
    command = [sys.executable, "predict.py", "--run", str(run), "--file", str(lines)]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--out", str(out)], cwd=ROOT, stderr=subprocess.DEVNULL, stdout=sys.stderr
    )
    while kill_at is not None and answered(out) < kill_at and process.poll() is None:
        time.sleep(0.05)
    if process.returncode is not None:
        raise AssertionError(f"predict.py ended with {process.returncode} before it was killed")
    if kill_at is not None:
        process.send_signal(signal.SIGKILL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != (0 if kill_at is None else -signal.SIGKILL):
        raise AssertionError(f"predict.py ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "seconds": round(time.perf_counter() - started),
        "MB": round(usage.ru_maxrss / 1000),
    }


def wrong(lines: Path, out: Path) -> int:
    """How many lines have no answer, or another line's; answers too many count as well."""
    count = 0
    with open(lines, encoding="utf-8") as texts, open(out, encoding="utf-8") as answers:
        for text, answer in zip_longest(texts, answers, fillvalue=""):
            found = json.loads(answer or '{"text": null}')
            count += found["text"] != text.rstrip("\n") or not 0 <= found.get("score", -1) <= 1
    return count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000, metavar="N", help="of the last job")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, run = Path(name), Path(name) / "run"
        write_model(run)
        seen = []
        for count in (args.lines // 10, args.lines):
            lines, out = folder / f"{count}.txt", folder / f"{count}.jsonl"
            write_lines(lines, count)
            job: dict[str, Any] = {"lines": count}
            if count == args.lines:
                label(run, lines, out, kill_at=count // 2)
                job["answered before the kill"] = answered(out)
            job |= label(run, lines, out) | {"wrong or missing": wrong(lines, out)}
            seen.append(job)
            print(json.dumps(job), flush=True)
    grown = seen[-1]["MB"] - seen[0]["MB"]
    return int(grown > LIMIT or any(job["wrong or missing"] for job in seen))


if __name__ == "__main__":
    sys.exit(main())
