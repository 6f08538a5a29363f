"""The runs of a study and their records: what is there, what is missing, and how it is made."""

import argparse
import fcntl
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from experiment.cli import EXIT_CODES, UsageError, say
from study.arms import MAIN, TARGETS, TEACHER, Arm

ROOT = Path(__file__).parent.parent
# Flags that may differ between a run and the arm it stands for: where things lie, and how fast.
PLACES = (
    "out",
    "teacher",
    "targets",
    "data",
    "model",
    "resume",
    "keep",
    "overwrite",
    "command",
    "revision",
    "data_revision",
    "save_every",
    "device",
)


class StudyError(Exception):
    """A run of the study failed."""


class Study:
    """The runs and records of one model and data set, and the way to add to them."""

    def __init__(self, args: argparse.Namespace, lock: int) -> None:
        import torch

        from bert_min import load_model, resolve_model
        from data import load_data
        from experiment.classifier import load_tokenizer
        from experiment.material import fingerprint
        from study.shifts import usable_shifts

        self.args, self.lock = args, lock
        self.one_at_a_time = threading.RLock()
        self.known = {TEACHER.name: TEACHER}
        self.data = load_data(args.data, args.limit)
        self.sha256 = fingerprint(self.data)
        self.shifts = usable_shifts(self.data)
        folder = resolve_model(args.model)
        self.encoder = load_model(folder, self.data.label_names)
        home = folder.parent if folder.is_file() else folder
        self.tokenizer = load_tokenizer(home, 128, self.encoder)
        on_gpu = torch.cuda.is_available()
        cores = torch.get_num_threads()
        self.jobs = args.jobs or (1 if on_gpu else cores)
        self.cores = max(1, cores // self.jobs)
        torch.set_num_threads(self.cores)

    def record_path(self, arm: str, seed: int) -> Path:
        return self.args.results / arm / f"seed-{seed}.json"

    def record(self, arm: str, seed: int = 0) -> dict[str, Any] | None:
        """A record, or None where there is none."""
        from experiment.rundir import read_json

        return read_json(self.record_path(arm, seed)) or None

    def recorded(self, arm: Arm, seed: int) -> bool:
        """Whether an arm's record is there. Raises UsageError for one that other flags made."""
        record = self.record(arm.name, seed)
        if record and record["flags"] != self.flags(arm):
            theirs, ours = shlex.join(record["flags"]), shlex.join(self.flags(arm))
            raise UsageError(
                f"{self.record_path(arm.name, seed)} is of a run with {theirs} and not {ours} "
                "(hint: another --results, or delete it)"
            )
        scored = arm.shift or not self.args.hatecheck or (record and "hatecheck" in record)
        return bool(record and scored)

    def flags(self, arm: Arm) -> list[str]:
        """What makes an arm what it is, without places, model and data."""
        epochs = ["--epochs", str(self.args.epochs)] if self.args.epochs else []
        return [*arm.flags, *epochs]

    def source(self, shift: str | None) -> str:
        """What `--data` is for an arm; a shift's folder is written where it is not there."""
        from study.shifts import shifted, write_folder

        if shift is None:
            return self.args.data
        folder = self.args.runs / "shifts" / f"{shift}-{self.sha256[:8]}"
        with self.one_at_a_time:
            if not folder.is_dir():  # it is named once all of it is written
                partial = folder.with_name(f".{folder.name}.partial")
                write_folder(shifted(self.data, shift), partial)
                os.replace(partial, folder)
        return str(folder)

    def targets(self, arm: Arm) -> Path:
        """The file with a kernel head's logits for an arm's training texts, made if need be."""
        from safetensors.numpy import save_file

        from data import load_data
        from study.floors import soft_targets

        reading = "remove" if "remove" in arm.flags else "keep"
        path = (
            self.args.runs
            / "targets"
            / f"{arm.shift or 'data'}-{reading}-{self.sha256[:8]}.safetensors"
        )
        with self.one_at_a_time:
            if not path.is_file():
                say(f"{path}: frozen encoder, kernel head")
                data = load_data(self.source(arm.shift)) if arm.shift else self.data
                logits = soft_targets(data, reading, self.encoder, self.tokenizer)
                path.parent.mkdir(parents=True, exist_ok=True)
                save_file({"logits": logits}, path.with_suffix(".partial"))
                os.replace(path.with_suffix(".partial"), path)
        return path

    def command(self, arm: Arm, seed: int, out: Path) -> list[str]:
        """The flags of `train.py` that make a run."""
        base = str(self.args.runs / arm.base / f"seed-{seed}") if arm.base else self.args.model
        flags = ["--model", base, "--data", self.source(arm.shift), *self.flags(arm)]
        if TARGETS in flags:
            flags[flags.index(TARGETS)] = str(self.targets(arm))
        flags += ["--seed", str(seed), "--out", str(out)]
        if arm.teacher:
            flags += ["--teacher", str(self.args.runs / arm.teacher / f"seed-{seed}")]
        if self.args.limit and arm.shift is None:
            flags += ["--limit", str(self.args.limit)]
        return flags

    def train(self, arm: Arm, seed: int) -> None:
        """Make a run and its record, or those of the two that are missing."""
        from experiment.rundir import is_run, read_json
        from study.record import make_record, write_record

        out = self.args.runs / arm.name / f"seed-{seed}"
        flags = self.command(arm, seed, out)
        if not is_run(out) or read_json(out / "train_args.json").get("interrupted"):
            log = out.parent / f"{out.name}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            environment = {**os.environ, "OMP_NUM_THREADS": str(self.cores)}
            with open(log, "w", encoding="utf-8") as file:
                code = subprocess.run(
                    [sys.executable, str(ROOT / "train.py"), *flags, "--resume"],
                    stdout=file,
                    stderr=file,
                    env=environment,
                    pass_fds=[self.lock],  # held until the last training ends, whoever started it
                ).returncode
            if code:
                last = log.read_text(encoding="utf-8").strip().rpartition("\n")[2]
                kind = OSError if code == EXIT_CODES["OSError"] else StudyError
                raise kind(f"{arm.name}, seed {seed}, ended with {code}: {last} ({log})")
        check(out, flags)
        if self.recorded(arm, seed):
            return  # made again for those that are made from it
        record = make_record(out, arm.name, seed) | {"flags": self.flags(arm)}
        if self.args.hatecheck and arm.shift is None:
            record["hatecheck"] = self.hatecheck(out)
        write_record(self.record_path(arm.name, seed), record)

    def hatecheck(self, run: Path) -> dict[str, Any]:
        """The scores of a run on the HateCheck cases."""
        from experiment.classifier import load_classifier
        from scoring.hatecheck import read_cases, score_cases

        cases = read_cases(self.args.hatecheck)
        classifier = load_classifier(run, parallel=False)
        classifier.pack()
        return score_cases(cases, classifier.logits(cases.texts))

    def floors(self) -> None:
        """The arms that need no training loop, on the data and on every shift."""
        from study.floors import FLOORS, floor_margins
        from study.record import SPLITS, by_label, write_record
        from study.shifts import shifted

        for shift in (None, *self.shifts):
            data = shifted(self.data, shift) if shift else self.data
            for name in FLOORS:
                arm = f"shift-{shift}-{name}" if shift else name
                if self.record(arm) or not self.wanted(arm):
                    continue
                say(f"{arm}: {FLOORS[name]}")
                margins = floor_margins(name, data, self.encoder, self.tokenizer)
                kept = {s: by_label(margins[s], data.splits[s].labels) for s in SPLITS}
                write_record(self.record_path(arm, 0), {"arm": arm, "seed": 0, "margins": kept})

    def afterwards(self) -> None:
        """Layer similarity and times of the finished models that are there."""
        from experiment.classifier import load_run_model
        from experiment.rundir import is_run
        from study.afterwards import TEXTS, layer_maps, times
        from study.record import write_record

        texts = self.data.splits["validation"].texts[:TEXTS]
        ids = [encoded.ids for encoded in self.tokenizer.encode(texts)]
        run = self.args.runs / "teacher" / "seed-0"
        if is_run(run):
            say("comparing layers, timing models")
            teacher, _ = load_run_model(run)
            maps = layer_maps(self.args.runs, teacher, ids)
            write_record(self.args.results / "similarity.json", maps)
            timed = times(self.args.runs, texts)
            write_record(self.args.results / "latency.json", timed)

    def wanted(self, arm: str) -> bool:
        return not self.args.only or any(fnmatch(arm, pattern) for pattern in self.args.only)

    def gone(self, todo: Sequence[tuple[Arm, int]]) -> list[tuple[Arm, int]]:
        """Runs that these are made from, have a record, and no model any more."""
        from experiment.rundir import is_run

        found: dict[tuple[str, int], Arm] = {}
        for arm, seed in todo:
            for name in (arm.teacher, arm.base):
                made = name and is_run(self.args.runs / name / f"seed-{seed}")
                if name and not made and self.record(name, seed):
                    needed = self.known[name]
                    before = self.gone([(needed, seed)])
                    found |= {(a.name, s): a for a, s in before} | {(name, seed): needed}
        return [(arm, seed) for (_, seed), arm in found.items()]

    def run(self, arms: Sequence[Arm], seeds: int | None = None, needed: bool = False) -> None:
        """Train what is missing of these arms: seed 0 of each first, then seed 1, and so on.

        An arm waits for the run that it is made from. That is trained, too, where --only does not
        ask for it, and again where its record is there and its model is gone.
        """
        self.known |= {arm.name: arm for arm in arms}
        wanted = {arm.name for arm in arms if needed or self.wanted(arm.name)}
        wanted |= {
            name for arm in arms if arm.name in wanted for name in (arm.teacher, arm.base) if name
        }
        limit = min(seeds or self.args.seeds, self.args.seeds)
        most = [limit if arm.seeds == MAIN else min(arm.seeds, limit) for arm in arms]
        todo = [
            (arm, seed)
            for seed in range(max(most, default=0))
            for arm, count in zip(arms, most, strict=True)
            if seed < count and arm.name in wanted and not self.recorded(arm, seed)
        ]
        todo = [*self.gone(todo), *todo]
        from tqdm import tqdm

        pool, running = ThreadPoolExecutor(self.jobs), dict[Future[None], tuple[Arm, int]]()
        try:
            with tqdm(total=len(todo), desc="study", unit="run", disable=None) as bar:
                while todo or running:
                    unmade = {(arm.name, seed) for arm, seed in (*todo, *running.values())}
                    ready = [
                        (arm, seed)
                        for arm, seed in todo
                        if unmade.isdisjoint({(arm.teacher, seed), (arm.base, seed)})
                    ]
                    for arm, seed in ready[: self.jobs - len(running)]:
                        todo.remove((arm, seed))
                        running[pool.submit(self.train, arm, seed)] = arm, seed
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        arm, seed = running.pop(future)
                        future.result()
                        bar.update()
                        bar.write(f"{arm.name}, seed {seed}: done", file=sys.stderr)
        finally:
            pool.shutdown(cancel_futures=True)


def check(run: Path, flags: Sequence[str]) -> None:
    """Raise UsageError where a finished run was made by other flags than these."""
    from experiment.rundir import read_json
    from train import parse_args as parse_train

    record = read_json(run / "train_args.json")
    wanted, plain = vars(parse_train(list(flags))), vars(parse_train(["--mode", "teacher"]))
    differs = [
        name
        for name, value in wanted.items()
        if name not in (*PLACES, "layers", "dtype")
        and value is not None
        and record.get(name, plain[name]) != value
    ]
    if differs:
        name = differs[0]
        raise UsageError(
            f"{run} was made with {name} {record.get(name)} and not {wanted[name]} (hint: another "
            "--runs, or delete it)"
        )


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold a folder's lock; its trainings inherit it, and so one study waits for another's."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another study, or for trainings that it left, in {folder}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
