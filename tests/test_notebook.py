"""docs/tour.ipynb runs from top to bottom, and what it shows was made by its own cells."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

PATH = Path(__file__).parent.parent / "docs" / "tour.ipynb"


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(PATH, as_version=4)


def printed(cell) -> str:
    return "".join(o["text"] for o in cell.outputs if o.get("name") == "stdout")


def test_every_cell_was_run_in_order(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(printed(cell) for cell in code)


def test_it_names_no_machine(notebook):
    assert not re.search(r"/(home|root|work|tmp|usr)/", PATH.read_text(encoding="utf-8"))


def test_it_runs_and_says_what_it_said(notebook):
    """All that does not depend on rounding in training is the same to the letter."""
    again = nbformat.from_dict(notebook)
    before = [printed(cell) for cell in notebook.cells if cell.cell_type == "code"]
    client = NotebookClient(again, timeout=300, resources={"metadata": {"path": PATH.parent}})
    client.execute()
    after = [printed(cell) for cell in again.cells if cell.cell_type == "code"]
    for number in (0, 1, 3, -1):
        assert after[number] == before[number]
    macro = [float(x) for x in re.findall(r"macro-F1 ([\d.]+)", after[-2])]
    assert len(macro) == 4
    assert macro[0] > 0.7  # the teacher
    assert macro[3] > macro[1]  # distilled, against as copied
