"""torchrun: several processes give the run that one process gives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import predict
from speed.ranks import TOLD

ROOT = Path(__file__).parent.parent


def train(folder, model_dir, processes, *more, script=ROOT / "train.py"):
    """Run train.py in `folder`, under torchrun where there is more than one process."""
    launcher = [sys.executable]
    if processes > 1:
        ranks = f"--nproc-per-node={processes}"
        launcher += ["-m", "torch.distributed.run", "--standalone", ranks]
    flags = f"--model {model_dir} --data sample --limit 48 --epochs 2 --batch-size 16 --dtype fp32"
    return subprocess.run(
        [*launcher, str(script), *flags.split(), *more],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def losses(run):
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return [line["loss"] for line in lines if "lr" in line]


@pytest.mark.parametrize("mode", ["odd", "lora"])
def test_two_processes_give_the_loss_curve_of_one(mode, model_dir, tmp_path):
    curves = []
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        folder.mkdir()
        done = train(folder, model_dir, processes, "--mode", mode)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(f"runs/{mode}: validation macro-F1") == 1  # rank 0 alone speaks
        assert done.stderr.count("epoch 2: training loss") == (2 if mode == "odd" else 1)
        runs = sorted(path.name for path in (folder / "runs").iterdir())
        assert runs == (["odd", "teacher"] if mode == "odd" else ["lora"])  # and writes
        curves.append(losses(folder / "runs" / mode))
    assert len(curves[0]) == 6
    assert curves[1] == pytest.approx(curves[0], rel=1e-4)
    assert curves[0][0] != curves[0][-1]


def test_a_rank_that_is_lost_ends_the_job_and_its_checkpoint_goes_on(model_dir, tmp_path):
    """No process waits for ever, no half-written run is left, and no finished step is lost."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
    flags = ("--mode", "teacher", "--save-every", "1")
    assert train(whole, model_dir, 2, *flags).returncode == 0

    script = tmp_path / "lose.py"
    script.write_text(
        "import os, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from speed.replicas import Replicas\n"
        "real = Replicas.__call__\n"
        "def lose(self, student, task, batch):\n"
        "    if os.environ['RANK'] == '1' and batch.step == 4:\n"
        "        os._exit(9)\n"
        "    return real(self, student, task, batch)\n"
        "Replicas.__call__ = lose\n"
        "from experiment.errors import run_command\n"
        "from train import main\n"
        "run_command(main)\n"
    )
    lost = train(cut, model_dir, 2, *flags, script=script)
    assert lost.returncode != 0
    assert not (cut / "runs" / "teacher").exists()
    resumed = train(cut, model_dir, 2, *flags, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "runs/teacher: going on after step 4\n" in resumed.stderr
    assert losses(cut / "runs" / "teacher") == losses(whole / "runs" / "teacher")
    assert [path.name for path in (cut / "runs").iterdir()] == ["teacher"]


def test_processes_that_see_other_checkpoints_do_not_go_on(tmp_path):
    script = tmp_path / "ask.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "import torch\n"
        "from speed.ranks import agree, join_ranks, rank\n"
        "cpu = join_ranks(torch.device('cpu'))\n"
        "print(agree(7, cpu), agree(rank(), cpu), agree(-rank(), cpu))\n"
    )
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*launcher, "--nproc-per-node=2", str(script)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == ["True", "False", "False"], done.stderr


def test_labelling_is_one_process(web_runs, tmp_path):
    """Two would answer the same rows, and write the same file."""
    (tmp_path / "in.txt").write_text("I hate you\n")
    flags = ["--run", str(web_runs / "odd"), "--file", "in.txt", "--out", "out.jsonl"]
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--"]
    done = subprocess.run(
        [sys.executable, *launcher, str(ROOT / "predict.py"), *flags],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert set(told) == {
        "error: predict.py is one process, and WORLD_SIZE says 2 "
        "(hint: python -m deploy.label has many; for one, unset WORLD_SIZE)"
    }
    assert [path.name for path in tmp_path.iterdir()] == ["in.txt"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"WORLD_SIZE": "2"}, "set to 2, and RANK, MASTER_ADDR, MASTER_PORT not (hint: unset it"),
        ({"WORLD_SIZE": "2", "RANK": "0"}, "set to 2, and MASTER_ADDR, MASTER_PORT not (hint: "),
        ({"WORLD_SIZE": "two", **dict.fromkeys(TOLD, "1")}, "two, which is no number of processes"),
        ({"WORLD_SIZE": "0", **dict.fromkeys(TOLD, "1")}, "0, which is no number of processes"),
    ],
)
def test_processes_that_nobody_started_are_one_line(
    web_runs, in_folder, command, monkeypatch, variables, message
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    code, err = in_folder("--mode", "teacher", "--data", "sample")
    assert (code, err.count("\n"), message in err) == (2, 1, True), err
    result = command(predict, "--run", web_runs / "odd", "hi")
    assert (result.code, "predict.py is one process" in result.err) == (2, True)
