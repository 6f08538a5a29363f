"""The short forms of tests/giants.py and tests/million.py."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("size", [("giants", "--megabytes", "2"), ("million", "--lines", "30000")])
def test_many_rows_are_read_whole_and_in_little_memory(size):
    name, *flags = size
    command = [sys.executable, "-m", f"tests.{name}", *flags]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
