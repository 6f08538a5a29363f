"""The short form of tests/fuzz.py, which feeds damaged files to every reader."""

import pytest
from fuzz import TARGETS, fuzz


@pytest.mark.parametrize("target", TARGETS)
def test_damaged_files_are_refused_or_read_whole(target, tmp_path):
    seen = fuzz(target, 0, tmp_path, examples=300)
    assert seen["inputs"] >= 300
    assert seen["refused"] > 30
    assert seen["read"] > 0
