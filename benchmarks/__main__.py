"""Compare this project's speed and memory with its peers, in turn and on the same texts."""

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

# Every contender at its best on an idle machine: threads that wait for each other spin for some
# milliseconds, as is GNU's default. Set before our own milder one, and before torch reads it.
os.environ.setdefault("GOMP_SPINCOUNT", "300000")

from experiment.cli import say
from experiment.errors import UsageError, run_command

MODULES = {
    "training": "training",
    "ablation": "ablation",
    "distillation": "distillation",
    "lora": "training",
    "inference": "inference",
    "latency": "inference",
    "memory": "memory",
    "scaling": "scaling",
    "ranks": "ranks",
}
EXAMPLES = """examples:
  python -m benchmarks --quick training
  python -m benchmarks --data ~/tweeteval --out docs/performance
  python -m benchmarks.report docs/performance
"""


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help=f"{', '.join(MODULES)} (default: all)")
    add("--data", default="sample", metavar="DIR|sample", help="texts (default: sample)")
    add("--model", default="minilm", metavar="M", help="smaller of the models (default: minilm)")
    add("--json", type=Path, metavar="F.json", help="write all figures here")
    add("--out", type=Path, metavar="DIR", help="write NAME.json, NAME.md and NAME.png here")
    few = "a few steps of one model: does it run, not how fast"
    add("--quick", action="store_true", help=few)
    return parser.parse_args()


def command_of(names: Sequence[str], data: str, model: str, quick: bool) -> str:
    """The command as a reader may give it, without the folders of this machine."""
    words = ["python -m benchmarks", *names, "--data", data]
    if model != "minilm":
        words += ["--model", Path(model).name]
    return " ".join([*words, *["--quick"] * quick])


def main() -> int:
    args = parse_args()
    unknown = [name for name in args.names if name not in MODULES]
    if unknown:
        raise UsageError(f"no benchmark {unknown[0]!r} (hint: {', '.join(MODULES)})")
    from benchmarks.material import gather
    from benchmarks.measure import machine
    from benchmarks.output import as_json, facts, tables, write

    everything = []
    with tempfile.TemporaryDirectory() as folder:
        material = gather(args.model, args.data, Path(folder), args.quick)
        command = command_of(args.names, material.data, args.model, args.quick)
        about = machine()
        for name in args.names or MODULES:
            say(f"{name} ...")
            report = getattr(import_module(f"benchmarks.{MODULES[name]}"), name)(material)
            print(f"\n## {name}\n\n{tables(report)}", flush=True)
            content = as_json(name, report, about, material.data, command)
            everything.append(content)
            if args.out:
                write(args.out, report, content)
        print(f"\n{facts(about, material.data)}")
    if args.json:
        args.json.write_text(json.dumps(everything, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    run_command(main)
