"""Training that was cut off goes on from a checkpoint and ends as if nothing had happened."""

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import small
import torch
from small import stop_after, train_small

from distill import TeacherTargets, make_student
from experiment.checkpoint import Checkpoints
from experiment.errors import UsageError
from experiment.progress import State
from experiment.rundir import write_manifest
from experiment.settings import Settings
from experiment.signals import Stop
from experiment.staging import prepared
from lora import add_lora

ROOT = Path(__file__).parent.parent
SETTINGS = replace(small.SETTINGS, beta=1.0)


def weights(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def equal(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("mode", ["full", "distilled", "lora"])
@pytest.mark.parametrize("cut", [2, 6, 13, 18])
def test_from_any_state_training_ends_with_the_same_bytes(tiny, tiny_ids, mode, cut, tmp_path):
    """6 steps an epoch: inside the first, at its end, inside the third, at the very end."""
    labels, targets = [int(row[0] > 32) for row in tiny_ids], None
    if mode == "distilled":
        targets = TeacherTargets(tiny, tiny_ids, [1, 3], place=tmp_path)
        tiny = make_student(tiny, [1, 3])
    if mode == "lora":
        add_lora(tiny, ["query", "value"], 2, 4, 0.1)

    def train(settings=SETTINGS, **more):
        model = copy.deepcopy(tiny)
        done, notes = train_small(model, (tiny_ids, labels), settings, targets, **more)
        return model, done, notes

    whole, done, notes = train(replace(SETTINGS, save_every=1))
    assert sorted(notes.states) == list(range(1, 19))
    again, resumed, rest = train(start=notes.states[cut])
    assert equal(weights(again), weights(whole))
    assert equal(resumed.best_state, done.best_state)
    assert vars(resumed) | {"best_state": None} == vars(done) | {"best_state": None}
    assert rest.lines == notes.lines[len(notes.lines) - len(rest.lines) :]
    assert [line["step"] for line in rest.steps] == list(range(cut + 1, 19))


def test_states_are_given_at_the_end_of_epochs_and_where_training_is_stopped(tiny, tiny_ids):
    labels = [int(row[0] > 32) for row in tiny_ids]

    def steps(save_every=None, stop=None):
        settings = replace(SETTINGS, save_every=save_every)
        _, notes = train_small(copy.deepcopy(tiny), (tiny_ids, labels), settings, stop=stop)
        return list(notes.states)

    assert steps() == [6, 12, 18]
    assert steps(save_every=4) == [4, 6, 8, 12, 16, 18]
    calls = iter([False] * 8)
    assert steps(stop=lambda: next(calls, True)) == [6, 9]


# ---- files


def checkpoint(folder, steps, identity=None):
    """Write a checkpoint of one number by hand."""
    (folder / "metrics").write_text(f"until {steps}\n")
    state = State({"x": torch.tensor([float(steps)])}, {"steps": steps})
    Checkpoints(folder / "odd", identity or {"lr": 1}).save(folder / "metrics", state)


def test_the_newest_two_are_kept_and_the_newest_is_read(tmp_path):
    for steps in (9, 10, 100):
        checkpoint(tmp_path, steps)
    checkpoints = Checkpoints(tmp_path / "odd", {"lr": 1})
    assert sorted(p.name for p in checkpoints.folder.iterdir()) == [
        "step-00000010",
        "step-00000100",
    ]
    state = checkpoints.newest(tmp_path / "lines")
    assert (state.values, state.tensors["x"].item()) == ({"steps": 100}, 100)
    assert (tmp_path / "lines").read_text() == "until 100\n"
    checkpoints.clear()
    assert not checkpoints
    assert checkpoints.newest(tmp_path / "lines") is None


def test_as_many_are_kept_as_asked_for(tmp_path):
    (tmp_path / "metrics").write_text("\n")
    for steps in range(1, 6):
        state = State({"x": torch.ones(1)}, {"steps": steps})
        Checkpoints(tmp_path / "odd", {}, keep=3).save(tmp_path / "metrics", state)
    names = sorted(p.name for p in (tmp_path / ".odd.checkpoints").iterdir())
    assert names == [f"step-0000000{n}" for n in (3, 4, 5)]


def test_a_named_checkpoint_is_gone_on_from(model_dir, in_folder, monkeypatch):
    flags = ["--mode", "teacher", "--model", model_dir, "--data", "sample", "--limit", 32]
    flags += ["--epochs", 2, "--batch-size", 8, "--save-every", 1, "--dtype", "fp32", "--keep", 4]
    code, err = in_folder(*flags, "--out", "whole")
    assert code == 0, err
    with monkeypatch.context() as patch:
        stop_after(patch, 6)
        in_folder(*flags, "--out", "cut")
    names = [path.name for path in sorted(Path(".cut.checkpoints").iterdir())]
    assert names == [f"step-0000000{n}" for n in (3, 4, 5, 6)]
    code, err = in_folder(*flags, "--out", "cut", "--resume", ".cut.checkpoints/step-00000009")
    assert code == 4
    assert ".cut.checkpoints/step-00000009 has no MANIFEST.json" in err
    code, err = in_folder(*flags, "--out", "cut", "--resume", ".cut.checkpoints/step-00000003")
    assert code == 0, err
    assert "cut: going on after step 3" in err
    for name in ("model.safetensors", "predictions/test.jsonl"):
        assert Path("whole", name).read_bytes() == Path("cut", name).read_bytes()
    assert without_times(Path("whole/metrics.jsonl")) == without_times(Path("cut/metrics.jsonl"))


def test_a_run_that_was_being_replaced_comes_back(tmp_path):
    """Killed between the two renames: the old run has gone aside, the new one is not there."""
    (tmp_path / ".odd.old").mkdir()
    (tmp_path / ".odd.old" / "train_args.json").write_text("{}")
    with pytest.raises(KeyError), prepared(tmp_path / "odd"):
        raise KeyError
    assert [p.name for p in tmp_path.iterdir()] == ["odd"]


@pytest.mark.parametrize(
    "damage", ["cut", "bit", "no manifest", "file gone", "no tensors", "other lines"]
)
def test_a_damaged_checkpoint_is_passed_over(tmp_path, damage, capsys):
    checkpoint(tmp_path, 1)
    checkpoint(tmp_path, 2)
    checkpoints = Checkpoints(tmp_path / "odd", {"lr": 1})
    newest = checkpoints.folder / "step-00000002"
    path = newest / "state.safetensors"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    if damage == "bit":
        path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    if damage == "no manifest":
        (newest / "MANIFEST.json").unlink()
    if damage == "file gone":
        path.unlink()
    if damage == "other lines":
        (newest / "metrics.jsonl").write_text("until 3\n")
    if damage == "no tensors":
        path.write_bytes(b"GIF89a")
        write_manifest(newest, ["state.safetensors", "state.json", "metrics.jsonl"])
    assert checkpoints.newest(tmp_path / "lines").values == {"steps": 1}
    assert "warning: passing over a checkpoint" in capsys.readouterr().err
    (checkpoints.folder / "step-00000001" / "MANIFEST.json").unlink()
    with pytest.raises(Exception, match=r"no checkpoint .* is complete"):
        checkpoints.newest(tmp_path / "lines")


def test_a_damaged_checkpoint_does_not_push_out_a_good_one(tmp_path):
    for steps in (42, 45):
        checkpoint(tmp_path, steps)
    checkpoints = Checkpoints(tmp_path / "odd", {"lr": 1})
    (checkpoints.folder / "step-00000045" / "MANIFEST.json").unlink()
    checkpoint(tmp_path, 43)  # going on from 42
    names = sorted(p.name for p in checkpoints.folder.iterdir())
    assert names == ["step-00000042", "step-00000043"]


def test_a_checkpoint_that_cannot_be_written_leaves_nothing_half_made(tmp_path):
    checkpoint(tmp_path, 1)
    checkpoints = Checkpoints(tmp_path / "odd", {"lr": 1})
    with pytest.raises(FileNotFoundError):
        checkpoints.save(tmp_path / "no such file", State({"x": torch.ones(1)}, {"steps": 2}))
    assert [p.name for p in checkpoints.folder.iterdir()] == ["step-00000001"]


def test_the_checkpoint_of_another_training_is_refused(tmp_path):
    checkpoint(tmp_path, 1, {"lr": 1, "mode": "odd", "seed": 0})
    other = Checkpoints(tmp_path / "odd", {"lr": 2, "mode": "odd", "seed": 1})
    with pytest.raises(UsageError, match="trained with lr 1 and not 2, seed 0 and not 1 "):
        other.newest(tmp_path / "lines")


@pytest.mark.parametrize(
    ("mode", "other"),
    [
        *(("teacher", {name: 7}) for name in ("epochs", "lr", "weight_decay", "warmup", "seed")),
        *(("teacher", {name: 7}) for name in ("max_steps", "batch_size", "max_length")),
        *(("odd", {name: 0.7}) for name in ("temperature", "alpha", "beta")),
        *(("lora", {name: 7}) for name in ("lora_r", "lora_alpha", "lora_dropout")),
        *(("lora", {name: "all"}) for name in ("lora_targets", "hashtags")),
        *(("odd", {name: "last"}) for name in ("layers", "objective", "hashtags")),
        ("teacher", {"hashtags": "remove"}),
        ("teacher", {"class_weights": "balanced"}),
    ],
)
def test_a_training_with_any_other_setting_that_counts_does_not_go_on(tmp_path, mode, other):
    settings = Settings(mode=mode)
    checkpoint(tmp_path, 1, settings.identity())
    changed = Checkpoints(tmp_path / "odd", replace(settings, **other).identity())
    with pytest.raises(UsageError, match=f"trained with .*{next(iter(other))} "):
        changed.newest(tmp_path / "lines")


def test_a_setting_that_is_not_known_any_more_must_have_been_off(tmp_path):
    """Checkpoints of format 1 name settings that are gone: they go on where these did nothing."""
    gone = {"label_smoothing": 0.0, "pooling": None, "probe_epochs": 0}
    checkpoint(tmp_path, 1, {"lr": 1, **gone})
    checkpoints = Checkpoints(tmp_path / "odd", {"lr": 1})
    assert checkpoints.newest(tmp_path / "lines").values == {"steps": 1}
    checkpoint(tmp_path, 1, {"lr": 1, **gone, "label_smoothing": 0.1})
    with pytest.raises(UsageError, match=r"was trained with label_smoothing 0\.1 and not None "):
        checkpoints.newest(tmp_path / "lines")


def test_a_training_on_states_of_another_format_does_not_go_on(tmp_path):
    """Once they were kept in fp32; a training of one half and the other would be neither."""
    settings = Settings(mode="odd")
    then = {n: v for n, v in settings.identity().items() if n != "teacher_states"}
    checkpoint(tmp_path, 1, then)
    with pytest.raises(UsageError, match=r"was trained with teacher_states None and not bf16 "):
        Checkpoints(tmp_path / "odd", settings.identity()).newest(tmp_path / "lines")
    for other in ({"mode": "teacher"}, {"beta": 0.0}, {"objective": "ce"}, {"targets": Path("x")}):
        assert "teacher_states" not in replace(settings, **other).identity()
    # Stored or live, they are rounded alike: a training may go on in less room.
    assert replace(settings, teacher_cache=0).identity() == settings.identity()


# ---- commands


def start(model_dir, folder, *more):
    flags = f"--model {model_dir} --data sample --limit 64 --epochs 4 --batch-size 8 --dtype fp32"
    return subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *flags.split(), "--save-every", "3", *more],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def finish(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def without_times(path):
    return [
        {k: v for k, v in json.loads(line).items() if k != "seconds"}
        for line in path.read_text().splitlines()
    ]


@pytest.mark.parametrize(("mode", "name"), [("odd", signal.SIGKILL), ("lora", signal.SIGINT)])
def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_happened(mode, name, model_dir, tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
    code, _, err = finish(start(model_dir, whole, "--mode", mode))
    assert code == 0, err
    assert sorted(p.name for p in (whole / "runs").iterdir()) == sorted({"teacher", mode} - {
        "teacher" if mode == "lora" else ""
    })  # fmt: skip

    process = start(model_dir, cut, "--mode", mode)
    checkpoints = cut / f"runs/.{mode}.checkpoints"
    for _ in range(1200):
        if sorted(checkpoints.glob("step-*"))[1:]:
            break
        time.sleep(0.05)
    process.send_signal(name)
    code, _, err = finish(process)
    assert code == (130 if name == signal.SIGINT else -signal.SIGKILL), err

    if name == signal.SIGKILL:
        code, _, err = finish(start(model_dir, cut, "--mode", mode))
        assert code == 2
        assert "(hint: --resume goes on with it, --overwrite begins anew)" in err
    code, _, err = finish(start(model_dir, cut, "--mode", mode, "--resume"))
    assert code == 0, err
    assert f"runs/{mode}: going on after step" in err
    runs = [folder / "runs" / mode for folder in (whole, cut)]
    weights = "adapter_model.safetensors" if mode == "lora" else "model.safetensors"
    for file in (weights, "predictions/test.jsonl"):
        assert (runs[0] / file).read_bytes() == (runs[1] / file).read_bytes()
    assert without_times(runs[0] / "metrics.jsonl") == without_times(runs[1] / "metrics.jsonl")
    assert not checkpoints.exists()


def test_resume_without_checkpoints_begins_and_a_finished_run_stays(model_dir, in_folder):
    flags = ["--mode", "teacher", "--model", model_dir, "--data", "sample", "--limit", 16]
    flags += ["--epochs", 1, "--resume"]
    code, err = in_folder(*flags)
    assert code == 0, err
    before = Path("runs/teacher/model.safetensors").stat().st_mtime_ns
    code, err = in_folder(*flags)
    assert code == 0
    assert "runs/teacher is finished: nothing to go on with" in err
    code, err = in_folder(*flags[:-1])
    assert code == 2
    assert "runs/teacher exists" in err
    code, err = in_folder(*flags, "--seed", 1)
    assert code == 2
    assert "runs/teacher is finished and was trained with other settings" in err
    assert Path("runs/teacher/model.safetensors").stat().st_mtime_ns == before


def test_an_interrupted_run_goes_on_from_its_checkpoint_alone(model_dir, in_folder, monkeypatch):
    flags = ["--mode", "lora", "--model", model_dir, "--data", "sample", "--limit", 32]
    flags += ["--epochs", 1, "--batch-size", 8]
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        in_folder(*flags)
    code, err = in_folder(*flags)
    assert code == 2
    assert "runs/lora was interrupted (hint: --resume goes on with it" in err
    weights = Path("runs/lora/adapter_model.safetensors").read_bytes()
    Path("runs/.lora.checkpoints").rename("elsewhere")
    code, err = in_folder(*flags, "--resume")
    assert code == 2
    assert "there is no checkpoint in runs/.lora.checkpoints, so runs/lora cannot go on" in err
    assert Path("runs/lora/adapter_model.safetensors").read_bytes() == weights
    Path("elsewhere").rename("runs/.lora.checkpoints")
    code, err = in_folder(*flags, "--resume")
    assert code == 0, err


@pytest.mark.parametrize("kept", [True, False])
def test_an_interrupted_teacher_goes_on_or_is_asked_for_by_name(
    model_dir, in_folder, monkeypatch, kept
):
    flags = ["--model", model_dir, "--data", "sample", "--limit", 32, "--batch-size", 8]
    flags += ["--epochs", 1]
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        in_folder("--mode", "teacher", *flags)
    before = Path("runs/teacher/model.safetensors").read_bytes()
    if not kept:
        shutil.rmtree("runs/.teacher.checkpoints")
    code, err = in_folder("--mode", "odd", *flags)
    both = "(hint: --resume goes on with it first, --teacher runs/teacher takes it as it is)"
    assert (code, f"error: runs/teacher was interrupted {both}" in err) == (2, True)
    code, err = in_folder("--mode", "odd", *flags, "--resume")
    assert code == (0 if kept else 2), err
    assert ("runs/teacher was interrupted: going on with it first" in err) is kept
    assert ("(hint: --teacher runs/teacher takes it as it is)" in err) is not kept
    assert (Path("runs/teacher/model.safetensors").read_bytes() != before) is kept
    assert in_folder("--mode", "even", *flags, "--teacher", "runs/teacher")[0] == 0


def test_other_settings_do_not_go_on(model_dir, in_folder, monkeypatch):
    def die(*_):
        raise RuntimeError

    flags = ["--mode", "lora", "--model", model_dir, "--data", "sample", "--limit", 16]
    flags += ["--epochs", 1]
    with monkeypatch.context() as patch:
        patch.setattr("experiment.command.score", die)
        with pytest.raises(RuntimeError):
            in_folder(*flags)
    code, err = in_folder(*flags, "--lora-r", 3, "--seed", 5, "--resume")
    assert code == 2
    assert "was trained with lora_r 16 and not 3, seed 0 and not 5 (hint" in err
    edited = Path(shutil.copytree(model_dir, "edited"))
    for name, before, after in (
        ("config.json", '"layer_norm_eps": 1e-12', '"layer_norm_eps": 1e-05'),
        ("tokenizer.json", '"lowercase":true', '"lowercase":false'),
    ):
        text = (edited / name).read_text()
        assert before in text
        (edited / name).write_text(text.replace(before, after))
        flags[3] = edited
        code, err = in_folder(*flags, "--resume")
        assert code == 2
        assert "was trained with config or tokenizer " in err
        (edited / name).write_text(text)
    code, err = in_folder(*flags, "--resume")
    assert code == 0, err


def test_a_clock_that_is_set_back_changes_nothing(model_dir, in_folder, monkeypatch):
    flags = ["--mode", "lora", "--model", model_dir, "--data", "sample", "--limit", 32]
    flags += ["--epochs", 2, "--batch-size", 8, "--save-every", 1, "--resume"]
    in_folder(*flags, "--out", "whole")
    with monkeypatch.context() as patch:
        stop_after(patch, 3)
        in_folder(*flags, "--out", "cut")
    newest = sorted(Path(".cut.checkpoints").iterdir())[-1]
    for path in [newest, *newest.iterdir()]:
        os.utime(path, (10**9, 10**9))  # the newest one seems to be the oldest
    hours = iter(range(10**6, 0, -1))
    for name in ("time.time", "tqdm.std.time"):
        monkeypatch.setattr(name, lambda: 3600.0 * next(hours))
    code, err = in_folder(*flags, "--out", "cut")
    assert code == 0, err
    assert "cut: going on after step 3" in err
    weights = [Path(run, "adapter_model.safetensors").read_bytes() for run in ("whole", "cut")]
    assert weights[0] == weights[1]
    assert without_times(Path("whole/metrics.jsonl")) == without_times(Path("cut/metrics.jsonl"))


def test_a_signal_while_the_finished_model_is_scored_loses_nothing(
    model_dir, in_folder, monkeypatch
):
    from experiment import command

    def interrupted(*args, score=command.score):
        os.kill(os.getpid(), signal.SIGINT)
        return score(*args)

    monkeypatch.setattr(command, "score", interrupted)
    flags = ["--mode", "teacher", "--model", model_dir, "--data", "sample", "--limit", 16]
    flags += ["--epochs", 1]
    code, err = in_folder(*flags)
    assert code == 130, err
    assert "interrupted" not in err
    code, err = in_folder(*flags, "--resume")
    assert (code, "runs/teacher is finished" in err) == (0, True)


@pytest.mark.parametrize("mode", ["teacher", "lora"])
def test_a_run_that_was_killed_while_it_was_scored_is_scored_as_if_it_had_not(
    model_dir, in_folder, monkeypatch, mode
):
    def die(*_):
        raise RuntimeError

    flags = ["--mode", mode, "--model", model_dir, "--data", "sample", "--limit", 32]
    flags += ["--epochs", 1, "--dtype", "fp32"]
    in_folder(*flags, "--out", "whole")
    with monkeypatch.context() as patch:
        patch.setattr("experiment.command.score", die)
        with pytest.raises(RuntimeError):
            in_folder(*flags, "--out", "cut")
    code, err = in_folder(*flags, "--out", "cut", "--resume")
    assert code == 0, err
    for split in ("validation", "test"):
        file = f"predictions/{split}.jsonl"
        assert Path("cut", file).read_bytes() == Path("whole", file).read_bytes()


@pytest.mark.parametrize("left", ["nothing in it", "half a checkpoint", "a checkpoint"])
def test_a_run_that_was_killed_while_it_swept_up_is_finished(
    model_dir, in_folder, monkeypatch, left
):
    flags = ["--mode", "teacher", "--model", model_dir, "--data", "sample", "--limit", 16]
    flags += ["--epochs", 1, "--resume"]
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "clear", lambda self: None)
        in_folder(*flags)
    [checkpoint] = Path("runs/.teacher.checkpoints").iterdir()
    if left == "half a checkpoint":
        (checkpoint / "state.safetensors").unlink()
    elif left == "nothing in it":
        shutil.rmtree(checkpoint)
    before = Path("runs/teacher/model.safetensors").stat().st_mtime_ns
    code, err = in_folder(*flags)
    assert code == 0, err
    assert "runs/teacher is finished: nothing to go on with" in err
    assert [path.name for path in Path("runs").iterdir()] == ["teacher"]
    assert Path("runs/teacher/model.safetensors").stat().st_mtime_ns == before


def test_a_run_that_is_being_replaced_goes_on(model_dir, in_folder, monkeypatch):
    flags = ["--mode", "teacher", "--model", model_dir, "--data", "sample", "--limit", 32]
    flags += ["--epochs", 1, "--batch-size", 8]
    in_folder(*flags)
    with monkeypatch.context() as patch:
        patch.setattr("experiment.command.score", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            in_folder(*flags, "--seed", 1, "--overwrite")
    code, err = in_folder(*flags, "--seed", 1, "--resume")
    assert code == 0, err
    assert "going on after step 4" in err
    assert json.loads(Path("runs/teacher/train_args.json").read_text())["seed"] == 1


def test_a_run_is_no_checkpoint(model_dir, in_folder):
    flags = ["--mode", "teacher", "--model", model_dir, "--data", "sample", "--limit", 16]
    flags += ["--epochs", 1]
    in_folder(*flags)
    Path("runs/.teacher.checkpoints/step-00000001").mkdir(parents=True)
    code, err = in_folder(*flags, "--seed", 1, "--resume", "runs/teacher")
    assert (code, "runs/teacher is no checkpoint (hint: one of" in err) == (4, True)


def test_a_second_signal_of_either_kind_ends_at_once():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        stop = Stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        assert {signal.getsignal(number) for number in before} == {signal.SIG_DFL}
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
