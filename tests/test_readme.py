"""The README is the front door: its tables, commands and file names must be true."""

import json
import re
import shlex
from pathlib import Path

import eval as eval_command
import export as export_command
import predict as predict_command
import train as train_command
from benchmarks.report import readme_lines
from study.arms import all_arms
from study.report.__main__ import marks

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
STUDY = ROOT / "docs" / "study"


def test_it_is_short():
    assert len(README.splitlines()) <= 130
    for word in ("recipe", "matched", "decided", "packed", "kernel head", "floor"):
        assert not re.search(rf"\b{word}\b", README, re.IGNORECASE), (
            f"{word} is not said what it is"
        )


def test_the_speed_lines_are_what_the_benchmarks_measured():
    files = (ROOT / "docs" / "performance").glob("*.json")
    figures = {
        benchmark["benchmark"]: benchmark["rows"]
        for benchmark in (json.loads(file.read_text(encoding="utf-8")) for file in files)
    }
    assert readme_lines(figures) in README


def test_each_command_is_one_that_the_scripts_take():
    commands = re.findall(r"python (train|eval|predict|export)\.py ([^`#\n]*)", README)
    assert len(commands) >= 12
    parsers = {
        "train": train_command.parse_args,
        "eval": eval_command.parse_args,
        "predict": predict_command.parse_args,
        "export": export_command.parse_args,
    }
    for script, arguments in commands:
        words = shlex.split(arguments)
        if "--help" not in words:
            parsers[script](words)


def test_each_file_named_is_there():
    names = re.findall(r"`([\w/-]+\.(?:py|md|txt))`", README)
    assert len(names) >= 10
    missing = [name for name in names if not (ROOT / name).is_file()]
    assert not missing


def test_every_table_row_has_its_command():
    arms = {arm.name: arm for arm in all_arms()}
    begin, end = marks("results")
    block = README.partition(begin)[2].partition(end)[0]
    rows = [row for row in re.findall(r"^\| ([\w-]+) +\|", block, re.MULTILINE) if row in arms]
    assert len(rows) == 5
    for number, row in enumerate(rows, start=1):
        (line,) = re.findall(rf"^{number}\. `(.*?)`", README, flags=re.MULTILINE)
        args = vars(train_command.parse_args(shlex.split(line)[2:]))
        wanted = vars(train_command.parse_args(list(arms[row].flags)))
        for places in (args, wanted):
            del places["command"], places["out"]
        assert args == wanted


def test_shares_of_telltale_hashtags_are_those_of_the_data_report():
    figures = json.loads((STUDY / "data.json").read_text(encoding="utf-8"))
    shares = figures["with_telltale_hashtag"]
    text = " ".join(README.split())
    assert f"{100 * shares['test']:.0f} % of the test tweets, " in text
    assert f"{100 * shares['train']:.0f} % of the training tweets" in text
