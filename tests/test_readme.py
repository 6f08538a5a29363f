"""The README is the front door: its tables, commands and file names must be true."""

import json
import re
import shlex
from pathlib import Path

import pytest

import eval as eval_command
import predict as predict_command
import train as train_command
from analysis.table import results_table
from benchmarks.report import targets_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = sorted((ROOT / "docs" / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_tables_are_what_eval_printed(path):
    table, foot = results_table(json.loads(path.read_text(encoding="utf-8"))).split("\n\n")
    assert table in README
    assert "tweeteval" in foot


def test_the_speed_table_is_what_the_benchmarks_measured():
    files = (ROOT / "docs" / "performance").glob("*.json")
    figures = {
        benchmark["benchmark"]: benchmark["rows"]
        for benchmark in (json.loads(file.read_text(encoding="utf-8")) for file in files)
    }
    assert targets_table(figures) in README


def test_there_are_results():
    assert [path.stem for path in RESULTS] == [
        "minilm-tweeteval-test",
        "minilm-tweeteval-validation",
    ]


def test_each_command_is_one_that_the_scripts_take():
    commands = re.findall(r"python (train|eval|predict)\.py ([^`#\n]*)", README)
    assert len(commands) >= 12
    parsers = {
        "train": train_command.parse_args,
        "eval": eval_command.parse_args,
        "predict": predict_command.parse_args,
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
    rows = json.loads(RESULTS[0].read_text(encoding="utf-8"))["runs"]
    for number, row in enumerate(rows, start=1):
        (line,) = re.findall(rf"^{number}\. `(.*?)`", README, flags=re.MULTILINE)
        args = train_command.parse_args(shlex.split(line)[2:])
        assert str(args.out) == row["run"]
