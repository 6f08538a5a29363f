"""Every damage of tests/damages.py through every command that reads a run."""

import shutil

import pytest
import torch
from damages import DAMAGES

import eval as eval_command
import predict as predict_command
import webapp.__main__ as webapp_command

COMMANDS = {  # what a command is called with before the run
    "webapp": (webapp_command, ["--port", 0, "--run"]),
    "predict": (predict_command, ["hi", "--run"]),
    "eval": (eval_command, ["--data", "sample"]),
}


CASES = [
    (which, case)
    for which in COMMANDS
    for case in DAMAGES
    if (which, case) != ("predict", "results-not-json")  # it does not read the scores of a run
]


@pytest.mark.parametrize(("which", "case"), CASES)
def test_a_damaged_model_is_refused(command, monkeypatch, web_runs, tmp_path, which, case):
    """Without its manifest: the files themselves are checked."""
    (module, flags), (name, damage, word) = COMMANDS[which], DAMAGES[case]
    monkeypatch.setattr("webapp.server.serve", lambda server, gate: None)
    threads = torch.get_num_threads()
    run = shutil.copytree(web_runs / name, tmp_path / "runs" / name)
    (run / "MANIFEST.json").unlink()
    damage(run)
    result = command(module, *flags, run)
    torch.set_num_threads(threads)
    [line] = result.err.splitlines()
    assert line.startswith("error: ")
    assert word in line
    assert str(run) in line
    assert (result.code, result.out) == (4, "")
