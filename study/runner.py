"""The runs of a study and their records: what is there, what is missing, and how it is made."""

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import save_file
from tqdm import tqdm

from bert_min import load_model, resolve_model
from data import Data, load_data
from experiment.cli import say
from experiment.encoding import fingerprint
from experiment.errors import EXIT_CODES, UsageError
from experiment.loading import load_classifier, load_tokenizer
from experiment.rundir import is_run, read_json
from scoring.hatecheck import read_cases, score_cases
from study.arms import MAIN, TARGETS, TEACHER, Arm
from study.floors import soft_targets
from study.record import SPLITS, make_record, write_record
from study.settings import StudySettings
from train import parse_args as parse_train

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

    kept: tuple[str, ...] = SPLITS  # whose margins a record has

    def __init__(self, settings: StudySettings, lock: int) -> None:
        self.settings, self.lock = settings, lock
        self.one_at_a_time = threading.RLock()
        self.known = {TEACHER.name: TEACHER}
        self.data = self.read_data()
        if len(self.data.label_names) > 2:
            classes = ", ".join(self.data.label_names)
            raise UsageError(f"{settings.data} has the classes {classes} (hint: --positive NAME)")
        self.sha256 = fingerprint(self.data)
        folder = resolve_model(settings.model)
        self.encoder = load_model(folder, self.data.label_names)
        home = folder.parent if folder.is_file() else folder
        self.tokenizer = load_tokenizer(home, 128, self.encoder)
        on_gpu = torch.cuda.is_available()
        cores = torch.get_num_threads()
        self.jobs = settings.jobs or (1 if on_gpu else cores)
        self.cores = max(1, cores // self.jobs)
        torch.set_num_threads(self.cores)

    def read_data(self) -> Data:
        return load_data(self.settings.data, self.settings.limit, choice=self.settings.choice)

    def texts(self, seed: int) -> list[str]:
        """The flags of `train.py` that name a run's texts."""
        asked = self.settings
        told = {"limit": asked.limit, **vars(asked.choice), "split": None, "skip_bad": None}
        flags = [f"--{n.replace('_', '-')}={v}" for n, v in told.items() if v is not None]
        return ["--data", asked.data, *flags, *["--skip-bad"] * asked.skip_bad]

    def facts(self) -> dict[str, Any]:
        """What holds for all records; empty before it is written."""
        return read_json(self.settings.records / "study.json")

    def record_path(self, arm: str, seed: int) -> Path:
        return self.settings.records / arm / f"seed-{seed}.json"

    def record(self, arm: str, seed: int = 0) -> dict[str, Any] | None:
        """A record, or None where there is none."""
        return read_json(self.record_path(arm, seed)) or None

    def run_path(self, arm: str, seed: int) -> Path:
        return self.settings.runs / arm / f"seed-{seed}"

    def recorded(self, arm: Arm, seed: int) -> bool:
        """Whether an arm's record is there. Raises UsageError for one that other flags made."""
        record = self.record(arm.name, seed)
        if record and record["flags"] != self.flags(arm):
            theirs, ours = shlex.join(record["flags"]), shlex.join(self.flags(arm))
            raise UsageError(
                f"{self.record_path(arm.name, seed)} is of a run with {theirs} and not {ours} "
                "(hint: another --results, or delete it)"
            )
        scored = not self.settings.hatecheck or (record and "hatecheck" in record)
        return bool(record and scored)

    def flags(self, arm: Arm) -> list[str]:
        """What makes an arm what it is, without places, model and data."""
        epochs = ["--epochs", str(self.settings.epochs)] if self.settings.epochs else []
        return [*arm.flags, *epochs]

    def targets(self) -> Path:
        """The file with a kernel head's logits for the training texts, made if need be."""
        path = self.settings.runs / "targets" / f"{self.sha256[:8]}.safetensors"
        with self.one_at_a_time:
            if not path.is_file():
                say(f"{path}: frozen encoder, kernel head")
                logits = soft_targets(self.data, "remove", self.encoder, self.tokenizer)
                path.parent.mkdir(parents=True, exist_ok=True)
                save_file({"logits": logits}, path.with_suffix(".partial"))
                os.replace(path.with_suffix(".partial"), path)
        return path

    def command(self, arm: Arm, seed: int, out: Path) -> list[str]:
        """The flags of `train.py` that make a run."""
        base = self.run_path(arm.base, seed) if arm.base else self.settings.model
        flags = ["--model", str(base), *self.texts(seed), *self.flags(arm)]
        if TARGETS in flags:
            flags[flags.index(TARGETS)] = str(self.targets())
        flags += ["--seed", str(seed), "--out", str(out)]
        if arm.teacher:
            flags += ["--teacher", str(self.run_path(arm.teacher, seed))]
        return flags

    def train(self, arm: Arm, seed: int) -> None:
        """Make a run and its record, or those of the two that are missing."""
        out = self.run_path(arm.name, seed)
        flags, cost = self.command(arm, seed, out), dict[str, Any]()
        if not is_run(out) or read_json(out / "train_args.json").get("interrupted"):
            log = out.parent / f"{out.name}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            environment = {**os.environ, "OMP_NUM_THREADS": str(self.cores)}
            with open(log, "w", encoding="utf-8") as file:
                process = subprocess.Popen(
                    [sys.executable, str(ROOT / "train.py"), *flags, "--resume"],
                    stdout=file,
                    stderr=file,
                    env=environment,
                    pass_fds=[self.lock],  # held until the last training ends, whoever started it
                )
                _, status, usage = os.wait4(process.pid, 0)
            cost["peak_mb"] = round(usage.ru_maxrss / 1000)  # of kB
            code = process.returncode = os.waitstatus_to_exitcode(status)
            if code:
                last = log.read_text(encoding="utf-8").strip().rpartition("\n")[2]
                kind = OSError if code == EXIT_CODES["OSError"] else StudyError
                raise kind(f"{arm.name}, seed {seed}, ended with {code}: {last} ({log})")
        check(out, flags)
        if self.recorded(arm, seed):
            return  # made again for those that are made from it
        write_record(self.record_path(arm.name, seed), self.make_record(out, arm, seed) | cost)

    def make_record(self, out: Path, arm: Arm, seed: int) -> dict[str, Any]:
        record = make_record(out, arm.name, seed, self.kept) | {"flags": self.flags(arm)}
        if folder := self.settings.hatecheck:
            cases, classifier = read_cases(folder), load_classifier(out)
            classifier.parallel = False
            classifier.pack()
            record["hatecheck"] = score_cases(cases, classifier.logits(cases.texts))
        return record

    def wanted(self, arm: str) -> bool:
        only = self.settings.only
        return not only or any(fnmatch(arm, pattern) for pattern in only)

    def gone(self, todo: Sequence[tuple[Arm, int]]) -> list[tuple[Arm, int]]:
        """Runs that these are made from, have a record, and no model any more."""
        found: dict[tuple[str, int], Arm] = {}
        for arm, seed in todo:
            for name in (arm.teacher, arm.base):
                made = name and is_run(self.run_path(name, seed))
                if name and not made and self.record(name, seed):
                    needed = self.known[name]
                    before = self.gone([(needed, seed)])
                    found |= {(a.name, s): a for a, s in before} | {(name, seed): needed}
        return [(arm, seed) for (_, seed), arm in found.items()]

    def run(self, arms: Sequence[Arm], seeds: int | None = None) -> None:
        """Train what is missing of these arms: seed 0 of each first, then seed 1, and so on.

        An arm waits for the run that it is made from. That is trained, too, where --only does not
        ask for it, and again where its record is there and its model is gone.
        """
        self.known |= {arm.name: arm for arm in arms}
        wanted = {arm.name for arm in arms if self.wanted(arm.name)}
        wanted |= {
            name for arm in arms if arm.name in wanted for name in (arm.teacher, arm.base) if name
        }
        limit = min(seeds or self.settings.seeds, self.settings.seeds)
        most = [limit if arm.seeds == MAIN else min(arm.seeds, limit) for arm in arms]
        todo = [
            (arm, seed)
            for seed in range(max(most, default=0))
            for arm, count in zip(arms, most, strict=True)
            if seed < count and arm.name in wanted and not self.recorded(arm, seed)
        ]
        todo = [*(pair for pair in self.gone(todo) if pair not in todo), *todo]
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
    record = read_json(run / "train_args.json")
    wanted, plain = vars(parse_train(list(flags))), vars(parse_train(["--mode", "teacher"]))
    differs = [
        name
        for name, value in wanted.items()
        if name not in (*PLACES, "layers", "dtype")
        and (value is not None or name in ("limit", "positive", "positive_from"))
        and record.get(name, plain[name]) != value
    ]
    if differs:
        name = differs[0]
        raise UsageError(
            f"{run} was made with {name} {record.get(name)} and not {wanted[name]} (hint: another "
            "--runs, or delete it)"
        )
