"""From a command's settings to a finished run directory: the teacher first, where one is needed."""

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from bert_min.find import sha256
from experiment import rundir
from experiment.build import build, check
from experiment.checkpoint import Checkpoints, Journal
from experiment.cli import keep_what_is_there, say
from experiment.errors import UsageError
from experiment.finish import make_record, save_run, score
from experiment.hardware import pick_device
from experiment.lock import locked
from experiment.material import Material, find_teacher, gather
from experiment.progress import State
from experiment.settings import Settings, digest
from experiment.signals import Stop
from experiment.staging import check_room, prepared
from experiment.training import train_epochs
from lora import count_parameters
from speed.ranks import agree, join_ranks, rank, wait_for_all


def train_command(settings: Settings) -> int:
    """Run one `train.py` command; returns its exit code."""
    device = join_ranks(pick_device(settings.device))
    for name in ("model", "teacher", "data", "unlabelled", "targets"):
        source = getattr(settings, name)
        if source and Path(source).resolve().is_relative_to(settings.out.resolve()):
            raise UsageError(f"--out would replace what --{name} names (hint: another --out)")
    with locked(settings.out):
        if not (settings.overwrite or settings.resume):
            keep_what_is_there(settings.out)
        material = gather(settings, device)
        check(settings, material)
        stop = Stop()
        teacher_dir = None
        if settings.is_student:
            teacher_dir = make_teacher(settings, material, stop)
            if teacher_dir is None:
                hint = "(hint: the same command with --resume goes on with the teacher first)"
                say(f"{settings.out} was not begun: stopped while its teacher was made {hint}")
                return stop.exit_code
            say(f"teacher: {teacher_dir}")
        train_one(settings, material, teacher_dir, stop)
    return stop.exit_code


def make_teacher(settings: Settings, material: Material, stop: Stop) -> Path | None:
    """The run of a student's teacher, trained first where there is none, or half of one.

    Where another process is training it, that is waited for. None where training was stopped.
    Raises UsageError where --out is the teacher's folder, and for half a teacher that nobody named.
    """
    while True:
        found = find_teacher(settings, material)
        if found.resolve() == settings.out.resolve():
            hint = "(hint: another --out, or --teacher DIR)"
            raise UsageError(f"--out {settings.out} is the place of the teacher {hint}")
        own = as_teacher(settings, material, found)
        if rundir.is_run(found) and not goes_on(own):
            check_whole(settings, found)
            return found
        try:
            with locked(found, wait=stop) as waited:
                if waited or (rundir.is_run(found) and not goes_on(own)):
                    continue  # it is there now, or its process ended without one
                if rundir.is_run(found):
                    say(f"{found} was interrupted: going on with it first")
                else:
                    say(f"no teacher yet for this model, data and length: training {found} first")
                train_one(own, replace(material, unlabelled=None), None, stop)
                return None if stop() else found
        except UsageError as error:
            if not stop():
                raise
            say(str(error))  # it was waited for, and that was stopped
            return None


def check_whole(settings: Settings, teacher: Path) -> None:
    """Raise UsageError for a teacher that was cut off, unless it was asked for by its name."""
    if not (settings.teacher or rundir.is_whole(teacher)):
        first = "" if settings.resume else "--resume goes on with it first, "
        hint = f"(hint: {first}--teacher {teacher} takes it as it is)"
        raise UsageError(f"{teacher} was interrupted {hint}")


def as_teacher(settings: Settings, material: Material, out: Path) -> Settings:
    """The settings of a student's teacher.

    What --overwrite replaces is the student: a teacher that was cut off goes on, if it is the one
    that this command would train.
    """
    own = replace(settings, mode="teacher", layers="all", out=out, lr=None, objective="kd")
    own = replace(own, targets=None, unlabelled=None, resume="auto" if settings.resume else None)
    identity = identity_of(own, replace(material, unlabelled=None))
    if settings.overwrite and Checkpoints(out, identity).fit():
        return replace(own, resume="auto", overwrite=False)
    return own


def goes_on(teacher: Settings) -> bool:
    """Whether a teacher that was cut off is to be trained to its end first."""
    cut_off = rundir.read_json(teacher.out / "train_args.json").get("interrupted")
    return bool(teacher.resume and cut_off and Checkpoints(teacher.out, {}))


def identity_of(
    settings: Settings, material: Material, teacher_dir: Path | None = None
) -> dict[str, Any]:
    """All that decides how a training goes."""
    return settings.identity(
        teacher=rundir.weights_sha256(teacher_dir) if teacher_dir else None,
        targets=sha256([settings.targets]) if settings.targets else None,
        **material.identity(),
    )


def train_one(settings: Settings, material: Material, teacher_dir: Path | None, stop: Stop) -> None:
    """Train one model and leave its finished run directory at `settings.out`.

    Of several processes each trains its part of every batch, and rank 0 does all else.
    """
    started, out = time.perf_counter(), settings.out
    identity = identity_of(settings, material, teacher_dir)
    checkpoints = Checkpoints(out, identity, settings.keep)
    names = material.data.label_names
    if settings.resume and rundir.is_finished(out, digest(identity), names, bool(checkpoints)):
        checkpoints.clear()  # where it was killed on its last steps, some may be left
        say(f"{out} is finished: nothing to go on with")
        return
    if checkpoints and not (settings.resume or settings.overwrite):
        raise UsageError(
            f"{checkpoints.folder} holds a training that was cut off (hint: --resume goes on with "
            "it, --overwrite begins anew)"
        )
    with prepared(out) as folder:
        metrics = folder / "metrics.jsonl"
        start = find_start(settings, checkpoints, metrics, material.device)
        torch.manual_seed(settings.seed)  # a new head and the adapters are drawn here
        trainee = build(settings, material, teacher_dir, folder)
        parameters, trained = count_parameters(trainee.model.parameters())
        say(f"{out}: layers {trainee.layers}, {trained:,} of {parameters:,} values trained")
        # Weights, the best ones and AdamW's two moments; old ones go when the new one is whole.
        checkpoint = 4 * 4 * trained
        if rank() == 0:  # of several processes one writes
            check_room(out, 4 * parameters + (settings.keep + 1) * checkpoint)
        with closing(Journal(metrics, checkpoints)) as journal:
            done = train_epochs(trainee, material, settings, journal, start, stop)
        if done.interrupted and rundir.is_whole(out):
            say(
                f"stopped after step {done.steps}: {out} stays the finished run that it was "
                f"(hint: the same command with --resume for --overwrite goes on)"
            )
            return
        if rank() > 0:
            wait_for_all()  # the next model may be made from this one's files
            return
        say(f"scoring test with the weights of epoch {done.best_epoch}, of lowest validation loss")
        results = score(trainee.model, done, material, settings.batch_size, folder)
        results |= {"parameters": parameters, "trainable": trained}
        results["seconds"] = round(time.perf_counter() - started, 1)
        record = make_record(settings, material, trainee, done, digest(identity))
        save_run(folder, out, trainee, material, record, results)
    if done.interrupted:
        say(f"{out} was interrupted after step {done.steps} (hint: --resume goes on)")
    else:
        checkpoints.clear()
    wait_for_all()
    print(
        f"{out}: validation macro-F1 {results['validation']['macro_f1']:.4f}, "
        f"test macro-F1 {results['test']['macro_f1']:.4f} in {results['seconds']:.0f} s"
    )


def find_start(
    settings: Settings, checkpoints: Checkpoints, metrics: Path, device: torch.device
) -> State | None:
    """The state to go on with, whose lines are copied to `metrics`; None for the first step."""
    start = None
    if settings.resume and settings.resume != "auto":
        start = checkpoints.read(Path(settings.resume), metrics)
    elif settings.resume:
        start = checkpoints.newest(metrics)
    if not agree(start.values["steps"] if start else 0, device):
        raise UsageError(
            f"the processes do not see the same checkpoints in {checkpoints.folder} "
            "(hint: an --out in a folder that all share)"
        )
    if start:
        say(f"{settings.out}: going on after step {start.values['steps']}")
        return start
    if settings.resume and settings.out.exists():
        raise UsageError(
            f"there is no checkpoint in {checkpoints.folder}, so {settings.out} cannot go on "
            "(hint: --overwrite begins anew)"
        )
    if settings.resume:
        say(f"{settings.out}: there is no checkpoint, so it begins at the first step")
    checkpoints.clear()
    return None
