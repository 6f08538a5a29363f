"""One process at a time writes a run, and what was finished outlives what was not."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple
from pathlib import Path

import pytest
from small import stop_after

import predict
from experiment import staging
from experiment.errors import UsageError
from experiment.lock import locked
from webapp.models import load_models

ROOT = Path(__file__).parent.parent
FLAGS = ["--data", "sample", "--limit", 32, "--batch-size", 8, "--epochs", 1, "--dtype", "fp32"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".odd.lock"


def hold(path, **about):
    about = {"pid": os.getpid(), "host": socket.gethostname(), "since": "noon", **about}
    path.write_text(json.dumps(about))


def test_a_held_output_is_refused_by_holder_and_time(tmp_path, path):
    with locked(tmp_path / "odd") as waited:
        assert not waited
        message = rf"odd is being written by process {os.getpid()} on \S+ since 20\d\d-.* \(hint: "
        with pytest.raises(UsageError, match=message), locked(tmp_path / "odd"):
            pass
        assert path.exists()
    assert not list(tmp_path.iterdir())
    with locked(tmp_path / "odd"):
        pass


def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    "stale",
    [
        lambda path: hold(path, pid=gone()),
        lambda path: hold(path, birth="1"),  # the number was given to another process since
        lambda path: path.write_text(""),  # killed before it was written
        lambda path: path.write_text("[1]"),
        lambda path: hold(path, pid="x"),
    ],
)
def test_a_lock_that_nobody_holds_is_taken_over(tmp_path, path, stale):
    stale(path)
    with locked(tmp_path / "odd"):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_a_lock_of_another_machine_stays(tmp_path, path):
    hold(path, host="elsewhere", pid=gone())
    with pytest.raises(UsageError, match=r"on elsewhere since noon .*rm .*\.odd\.lock"):
        locked(tmp_path / "odd").__enter__()
    assert path.exists()


@pytest.mark.parametrize("_", range(8))
def test_of_many_at_once_one_gets_a_stale_lock(tmp_path, path, _):
    hold(path, pid=gone())
    inside, most, refused = [0], [0], [0]
    together = threading.Barrier(8)

    def enter():
        together.wait()
        try:
            with locked(tmp_path / "odd"):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                until = time.monotonic() + 5
                while refused[0] < 7 and time.monotonic() < until:  # all others have come and gone
                    time.sleep(0.01)
                inside[0] -= 1
        except UsageError:
            refused[0] += 1

    every = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns often: what could overlap does
    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(every)
    assert (most[0], refused[0]) == (1, 7)


def test_who_waits_gets_its_turn_and_may_give_up(tmp_path, path, capsys):
    with locked(tmp_path / "odd"):
        with pytest.raises(UsageError), locked(tmp_path / "odd", wait=lambda: True):
            pass
        threading.Timer(0.5, path.unlink).start()
        with locked(tmp_path / "odd", wait=lambda: False) as waited:
            assert waited
    assert "waiting for" in capsys.readouterr().err


def test_two_trainings_into_one_output(model_dir, in_folder):
    Path("runs").mkdir()
    hold(Path("runs/.teacher.lock"))
    code, err = in_folder("--mode", "teacher", "--model", model_dir, *FLAGS)
    assert (code, "runs/teacher is being written by process" in err) == (2, True)
    assert [path.name for path in Path("runs").iterdir()] == [".teacher.lock"]


def test_a_student_waits_for_a_teacher_that_is_being_trained(model_dir, in_folder):
    """What another process would do meanwhile, a thread does here."""
    in_folder("--mode", "teacher", "--model", model_dir, *FLAGS)
    Path("runs/teacher").rename("elsewhere")
    hold(Path("runs/.teacher.lock"))

    def finish():
        Path("elsewhere").rename("runs/teacher")
        Path("runs/.teacher.lock").unlink()

    timer = threading.Timer(3, finish)
    timer.start()
    code, err = in_folder("--mode", "odd", "--model", model_dir, *FLAGS)
    timer.join()
    assert code == 0, err
    assert "waiting for runs/teacher, which is being written by process" in err
    assert "training runs/teacher first" not in err


def test_a_student_that_waits_for_its_teacher_can_be_stopped(model_dir, in_folder, monkeypatch):
    Path("runs").mkdir()
    hold(Path("runs/.teacher.lock"))
    monkeypatch.setattr("time.sleep", lambda seconds: signal.raise_signal(signal.SIGINT))
    code, err = in_folder("--mode", "odd", "--model", model_dir, *FLAGS)
    assert (code, "runs/odd was not begun: stopped while its teacher was made" in err) == (
        130,
        True,
    )
    assert [path.name for path in Path("runs").iterdir()] == [".teacher.lock"]


@pytest.mark.parametrize("mode", ["teacher", "odd"])
def test_what_was_finished_since_it_was_looked_for_stays(model_dir, in_folder, monkeypatch, mode):
    """Another process ends in the moment before the lock is ours: here, as it is asked for."""
    in_folder("--mode", "teacher", "--model", model_dir, *FLAGS)
    before = Path("runs/teacher/MANIFEST.json").read_text()
    Path("runs/teacher").rename("elsewhere")

    def late(out, **named):
        if out.name == "teacher":
            Path("elsewhere").rename(out)
        return locked(out, **named)

    monkeypatch.setattr("experiment.command.locked", late)
    code, err = in_folder("--mode", mode, "--model", model_dir, *FLAGS)
    assert code == (2 if mode == "teacher" else 0), err
    assert ("runs/teacher exists" if mode == "teacher" else "teacher: runs/teacher") in err
    assert "was interrupted" not in err
    assert Path("runs/teacher/MANIFEST.json").read_text() == before


def test_what_was_cut_off_never_replaces_what_was_finished(model_dir, in_folder, monkeypatch):
    flags = ["--mode", "teacher", "--model", model_dir, *FLAGS]
    in_folder(*flags)
    weights = Path("runs/teacher/model.safetensors").read_bytes()
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        _, err = in_folder(*flags, "--seed", 1, "--overwrite")
    assert "stopped after step 2: runs/teacher stays the finished run" in err
    assert Path("runs/teacher/model.safetensors").read_bytes() == weights
    code, err = in_folder(*flags, "--seed", 1, "--resume")
    assert (code, "going on after step 2" in err) == (0, True)
    assert json.loads(Path("runs/teacher/train_args.json").read_text())["seed"] == 1
    assert not Path("runs/.teacher.checkpoints").exists()


def test_a_teacher_that_was_killed_goes_on_in_its_place(model_dir, in_folder, monkeypatch):
    """The first place was another teacher's then, and is free by now."""
    in_folder("--mode", "teacher", "--model", model_dir, *FLAGS)
    student = ["--mode", "odd", "--model", model_dir, *FLAGS, "--limit", 24]
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        in_folder(*student)
    [own] = Path("runs").glob("teacher-*")
    for run in (own, Path("runs/teacher")):
        shutil.rmtree(run)  # what a SIGKILL leaves of the one are its checkpoints
    code, err = in_folder(*student, "--resume")
    assert code == 0, err
    assert f"{own}: going on after step 2" in err
    assert not Path("runs/teacher").exists()


def test_a_stop_before_the_student_began_says_so(model_dir, in_folder, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        _, err = in_folder("--mode", "odd", "--model", model_dir, *FLAGS)
    assert "runs/teacher was interrupted after step 2" in err
    assert err.endswith(
        "runs/odd was not begun: stopped while its teacher was made (hint: the same command with "
        "--resume goes on with the teacher first)\n"
    )
    assert not Path("runs/odd").exists()


WINDOWS = """
import fcntl, os, shutil, sys

def opened(path, flags, *rest, _open=os.open, **named):
    if isinstance(path, (str, os.PathLike)) and os.path.isdir(path):
        raise PermissionError(13, "a folder", str(path))
    return _open(path, flags, *rest, **named)

def synced(descriptor, _fsync=os.fsync, _fcntl=fcntl):
    if _fcntl.fcntl(descriptor, _fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(9, "open for reading alone")
    _fsync(descriptor)

os.open, os.fsync, shutil._use_fd_functions = opened, synced, False
del os.pread
sys.modules["fcntl"] = None
import eval, predict, train
from pathlib import Path
from experiment.errors import run_command
from study import __main__ as study
from webapp.models import load_models

def run(module, *words):
    sys.argv = ["x", *words]
    try:
        run_command(module.main)
    except SystemExit as stopped:
        print("exit", stopped.code, file=sys.stderr)

model, teacher = sys.argv[1:]
small = ["--data", "sample", "--limit", "16"]
run(train, "--mode", "odd", "--model", model, *small, "--max-steps", "1", "--out", "odd")
run(eval, teacher, *small)
run(predict, "--run", teacher, "hi", "--out", "o.jsonl")
print("page", *load_models([Path(teacher)]), file=sys.stderr)
run(study, "--model", model, "--data", "sample")
"""


def test_without_fcntl_all_but_the_study_works(web_runs, model_dir, tmp_path):
    command = [sys.executable, "-c", WINDOWS, str(model_dir), str(web_runs / "teacher")]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith(("exit", "error", "page"))]
    lines = ["exit 0"] * 3 + ["page teacher"]
    lines += ["error: fcntl is not in this Python (hint: on Linux and macOS it is, and in WSL)"]
    assert told == [*lines, "exit 4"]
    assert Path(tmp_path / "o.jsonl").exists()


def test_a_run_that_was_cut_off_says_so_wherever_it_answers(
    model_dir, in_folder, monkeypatch, command, capsys
):
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        in_folder("--mode", "teacher", "--model", model_dir, *FLAGS)
    result = command(predict, "--run", "runs/teacher", "hello")
    assert "warning: runs/teacher was interrupted after 2 steps" in result.err
    assert (
        "\nIts training was interrupted after 2 steps.\n"
        in Path("runs/teacher/README.md").read_text()
    )
    load_models([Path("runs/teacher")])
    assert "warning: runs/teacher was interrupted after 2 steps" in capsys.readouterr().err


@pytest.mark.parametrize("made", [True, False])
def test_an_output_that_is_a_link_is_written_where_it_leads(model_dir, in_folder, made):
    Path("runs").mkdir()
    Path("big").mkdir()
    if made:
        in_folder("--mode", "teacher", "--model", model_dir, *FLAGS, "--out", "big/x")
    Path("runs/x").symlink_to("../big/x")
    flags = ["--mode", "teacher", "--model", model_dir, *FLAGS, "--out", "runs/x", "--seed", 1]
    code, err = in_folder(*flags, "--overwrite")
    assert code == 0, err
    assert Path("runs/x").is_symlink()
    assert json.loads(Path("big/x/train_args.json").read_text())["seed"] == 1


@pytest.mark.parametrize("flag", ["--out", "--data", "--model", "--teacher"])
def test_a_name_that_no_record_can_hold_is_refused_at_once(model_dir, in_folder, flag):
    """Latin-1 from an old archive: half a character to Python, and to JSON nothing at all."""
    code, err = in_folder("--mode", "odd", "--model", model_dir, *FLAGS, flag, "caf\udce9")
    assert code == 2
    assert f"{flag} 'caf\\udce9' is not UTF-8 (hint: rename it)" in err
    assert not list(Path().iterdir())


def test_a_disk_without_room_is_seen_before_training(model_dir, in_folder, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10**6))
    code, err = in_folder("--mode", "teacher", "--model", model_dir, *FLAGS)
    assert code == 5
    assert "checkpoints need 0.1 GB, and 0.0 GB are free (hint: make room" in err
    assert not list(Path("runs").iterdir())


def test_nothing_is_renamed_that_the_disk_may_not_hold(model_dir, in_folder, monkeypatch):
    """Every file of the run was synced when it got its name, and the name after it."""
    synced, renamed = set(), []
    real = os.rename

    def rename(source, target):
        renamed.append({path.name for path in Path(source).iterdir()} <= synced)
        real(source, target)

    def sync(*paths, real=staging.sync):
        synced.update(path.name for path in paths)
        real(*paths)

    for module in ("experiment.staging", "experiment.checkpoint"):
        monkeypatch.setattr(f"{module}.sync", sync)
    monkeypatch.setattr(os, "rename", rename)
    in_folder("--mode", "teacher", "--model", model_dir, *FLAGS)
    assert renamed == [True, True]  # a checkpoint and the run
    assert {"runs", "teacher", ".teacher.checkpoints"} & synced
