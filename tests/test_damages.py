"""Every damage of tests/damages.py through every command that reads a run."""

import shutil

import pytest
import torch
from damages import DAMAGES

import eval as eval_command
import export
import predict as predict_command
import webapp.__main__ as webapp_command

COMMANDS = {
    "webapp": (webapp_command, lambda run: ["--port", 0, "--run", run]),
    "predict": (predict_command, lambda run: ["hi", "--run", run]),
    "eval": (eval_command, lambda run: ["--data", "sample", run]),
    "merge": (export, lambda run: [run, "merged"]),
}


CASES = [
    (which, case)
    for which in COMMANDS
    for case in DAMAGES
    # It does not read the scores of a run.
    if not (which == "predict" and DAMAGES[case][2] == "results.json")
    if not (which == "merge" and DAMAGES[case][0] == "odd")
]


@pytest.mark.parametrize(("which", "case"), CASES)
def test_a_damaged_model_is_refused(command, monkeypatch, web_runs, tmp_path, which, case):
    """Without its manifest: the files themselves are checked."""
    (module, words), (name, damage, word) = COMMANDS[which], DAMAGES[case]
    monkeypatch.setattr("webapp.server.serve", lambda server, gate: None)
    threads = torch.get_num_threads()
    run = shutil.copytree(web_runs / name, tmp_path / "runs" / name)
    (run / "MANIFEST.json").unlink()
    damage(run)
    result = command(module, *words(run))
    torch.set_num_threads(threads)
    [line] = result.err.splitlines()
    assert line.startswith("error: ")
    assert word in line
    assert str(run) in line
    assert (result.code, result.out) == (4, "")
