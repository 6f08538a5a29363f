"""Train every arm of the study that is not finished yet, and keep a small record of each run.

It can be stopped at any moment, and goes on where it was. `python -m analysis.report` turns the
records into docs/ANALYSIS.md, at any time: what is missing is left out.
"""

import argparse
import fcntl
import json
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

from analysis.arms import (
    ALPHAS,
    BETAS,
    DECIDING,
    MAIN,
    ROBUST,
    STEPS,
    TARGETS,
    TEACHER,
    TEMPERATURES,
    Arm,
    grid_arm,
    grid_arms,
    lora_arms,
    reference_arms,
    robust_arms,
    shift_arm,
    student_arms,
)
from experiment.cli import UsageError, number, run_command, say

ROOT = Path(__file__).parent.parent
EXAMPLES = """examples:
  python -m analysis.study --model minilm --data DIR --seeds 5        hours, on two cores
  python -m analysis.study --data DIR --only 'odd-*' 'even-*'         a part of it
"""
# Flags that may differ between a run and the arm it stands for: where things lie, and how fast.
PLACES = (
    "out",
    "teacher",
    "targets",
    "data",
    "model",
    "resume",
    "overwrite",
    "command",
    "save_every",
    "device",
)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m analysis.study",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--model",
        default="google-bert/bert-base-uncased",
        metavar="ID|DIR|minilm",
        help="pretrained weights (default: google-bert/bert-base-uncased)",
    )
    parser.add_argument(
        "--data",
        default="cardiffnlp/tweet_eval:hate",
        metavar="ID:CONFIG|DIR|sample",
        help="labelled texts (default: cardiffnlp/tweet_eval:hate)",
    )
    parser.add_argument(
        "--seeds",
        type=number(int, 1),
        default=5,
        metavar="N",
        help="seeds of the main arms; the others get 2 at most (default: 5)",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("runs/study"),
        metavar="DIR",
        help="where models are kept (default: runs/study)",
    )
    parser.add_argument(
        "--results",
        type=Path,
        metavar="DIR",
        help="where records are kept, for analysis.report (default: RUNS/results)",
    )
    parser.add_argument(
        "--hatecheck", type=Path, metavar="DIR", help="score each run on HateCheck, too"
    )
    parser.add_argument(
        "--jobs",
        type=number(int, 1),
        metavar="N",
        help="runs at a time, sharing the cores (default: one a core; one on a GPU)",
    )
    parser.add_argument(
        "--only", nargs="+", metavar="ARM", help="arms to train, by name or pattern (default: all)"
    )
    parser.add_argument(
        "--limit", type=number(int, 2), metavar="N", help="first N texts of a split"
    )
    parser.add_argument("--epochs", type=number(int, 1), metavar="N", help="of every arm (to try)")
    args = parser.parse_args(argv)
    args.results = args.results or args.runs / "results"
    return args


class Study:
    """The runs and records of one model and data set, and the way to add to them."""

    def __init__(self, args: argparse.Namespace, lock: int) -> None:
        import torch

        from analysis.shifts import usable_shifts
        from bert_min import load_model, resolve_model
        from data import load_data
        from experiment.classifier import load_tokenizer
        from experiment.material import fingerprint

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
        path = self.record_path(arm, seed)
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

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
        from analysis.shifts import shifted, write_folder

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

        from analysis.floors import soft_targets
        from data import load_data

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
        from analysis.record import make_record, write_record
        from experiment.rundir import is_run, read_json

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
                raise StudyError(f"{arm.name}, seed {seed}, ended with {code}: {last} ({log})")
        check(out, flags)
        if self.recorded(arm, seed):
            return  # made again for those that are made from it
        record = make_record(out, arm.name, seed) | {"flags": self.flags(arm)}
        if self.args.hatecheck and arm.shift is None:
            record["hatecheck"] = self.hatecheck(out)
        write_record(self.record_path(arm.name, seed), record)

    def hatecheck(self, run: Path) -> dict[str, Any]:
        from analysis import softmax
        from analysis.hatecheck import read_cases, score_cases
        from experiment.classifier import load_classifier

        cases = read_cases(self.args.hatecheck)
        classifier = load_classifier(run, parallel=False)
        classifier.pack()
        score = softmax(classifier.logits(cases.texts))[:, 1]
        return score_cases(cases, (score >= 0.5).astype(int))

    def floors(self) -> None:
        """The arms that need no training loop, on the data and on every shift."""
        from analysis.floors import FLOORS, floor_margins
        from analysis.record import SPLITS, by_label, write_record
        from analysis.shifts import shifted

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
        from analysis.afterwards import TEXTS, layer_maps, times
        from analysis.record import write_record
        from experiment.classifier import load_run_model
        from experiment.rundir import is_run

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


class StudyError(Exception):
    """A run of the study failed."""


def names(arms: Sequence[Arm]) -> list[str]:
    return [arm.name for arm in arms]


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


def macro_f1_of(record: dict[str, Any], split: str) -> float:
    """Macro-F1 of one record's margins on a split."""
    from analysis.metrics import macro_f1
    from analysis.record import scores_of

    scores = scores_of([record], split)
    return macro_f1(scores.predicted[0], scores.labels)


def shift_scores(record: dict[str, Any]) -> dict[str, float]:
    """Loss and macro-F1 on the texts that a shift held out."""
    from analysis.metrics import compute_metrics
    from analysis.record import scores_of

    scores = scores_of([record], "test")
    found = compute_metrics(scores.logits[0], scores.labels)
    return {name: round(found[name], 4) for name in ("loss", "macro_f1")}


def choose_loss(study: Study) -> tuple[float, float, float]:
    """Temperature, alpha and beta, by macro-F1 on validation: of the grid's runs, made if need be.

    Of equals the first is taken.
    """

    def best(points: list[tuple[float, float, float]]) -> tuple[float, float, float]:
        study.run([TEACHER, *(grid_arm(*point) for point in points)], seeds=1, needed=True)
        records = {point: study.record(grid_arm(*point).name) for point in points}
        found = {p: macro_f1_of(r, "validation") for p, r in records.items() if r}
        if len(found) < len(points):
            raise UsageError(
                "a point of the grid has no run yet (hint: without --only, or 'grid-*')"
            )
        return max(points, key=lambda point: found[point])

    temperature, alpha, _ = best([(t, a, 0.0) for t in TEMPERATURES for a in ALPHAS])
    return best([(temperature, alpha, beta) for beta in BETAS])


def choose_recipe(study: Study) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The recipe against shortcuts, step by step, by the mean loss on shifts of training data.

    The loss, because it punishes a model that is sure and wrong; macro-F1 at a threshold of 1/2
    says most about which way a shift moves the scores. Returns the recipe and how it was chosen.
    """
    recipe: dict[str, str] = {}
    log: list[dict[str, Any]] = []
    if not study.shifts:
        say("no shift can be made of these texts: the recipe is the plain one")
        return recipe, log
    for step, entries in STEPS.items():
        deciding = DECIDING.get(step, study.shifts)
        shifts = [shift for shift in study.shifts if shift in deciding] or study.shifts
        tried = {entry: {**recipe, step: entry} for entry in entries}
        arms = [shift_arm(tried[entry], shift) for entry in entries for shift in shifts]
        study.run(arms, needed=True)
        scores: dict[str, dict[str, dict[str, float]]] = {}
        for entry in entries:
            records = {s: study.record(shift_arm(tried[entry], s).name) for s in shifts}
            if not all(records.values()):
                raise StudyError("a shift has no record")
            scores[entry] = {s: shift_scores(r) for s, r in records.items() if r}
        means = {e: sum(cell["loss"] for cell in row.values()) for e, row in scores.items()}
        recipe[step] = min(means, key=lambda entry: means[entry])
        log.append({"step": step, "scores": scores, "chosen": recipe[step]})
    return recipe, log


def describe(study: Study, **choices: Any) -> None:
    """Write what holds for all records: model, data, repeats, and the choices made so far."""
    from analysis.data_report import describe as data_figures
    from analysis.record import write_record
    from experiment.material import fingerprint

    path, sha256 = study.args.results / "study.json", fingerprint(study.data)
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    train, test = (study.data.splits[name] for name in ("train", "test"))
    known = set(train.texts)
    repeated = [int(text in known) for text in test.texts]
    for what, own in (("data_sha256", sha256), ("model", study.args.model)):
        if before.get(what, own) != own:
            kind = what.removesuffix("_sha256")
            raise UsageError(
                f"{path.parent} holds records of other {kind} (hint: another --results)"
            )
    facts = {
        "model": study.args.model,
        "data": study.data.name,
        "data_sha256": sha256,
        "label_names": list(study.data.label_names),
        "train_positive_rate": sum(train.labels) / len(train.labels),
        # In the order of the records: the positive texts first.
        "test_repeats_training": [
            place
            for place, flag in enumerate(
                flag
                for label in (1, 0)
                for flag, own in zip(repeated, test.labels, strict=True)
                if own == label
            )
            if flag
        ],
    }
    write_record(path, {**before, **facts, **choices})
    if not (path.parent / "data.json").is_file():
        figures = data_figures(study.data, study.tokenizer.encode)
        write_record(path.parent / "data.json", figures)


def main() -> int:
    args = parse_args()
    with locked(args.runs) as lock:
        study = Study(args, lock)
        describe(study)
        study.run([TEACHER], seeds=1)
        loss = (1.0, 0.0, 0.0)  # of students that nobody asked for
        taught = [arm for arm in student_arms(*loss) if not arm.name.endswith("-ce")]
        if any(map(study.wanted, [*names(taught), "lora-student", *ROBUST, *names(grid_arms())])):
            loss = choose_loss(study)
            describe(study, loss=dict(zip(("temperature", "alpha", "beta"), loss, strict=True)))
        arms = [TEACHER, *student_arms(*loss), *lora_arms(), *reference_arms()]
        main_arms = [arm for arm in arms if arm.seeds == MAIN]
        study.run(main_arms, seeds=2)
        robust: list[Arm] = []
        if any(map(study.wanted, ROBUST)):
            recipe, log = choose_recipe(study)
            describe(study, recipe=recipe, recipe_log=log)
            robust = robust_arms(recipe, *loss)
            study.run(robust, seeds=2)
        study.run([*main_arms, *robust])
        study.run([arm for arm in arms if arm.seeds < MAIN])
        study.floors()
        study.afterwards()
    say(f"records: {args.results} (hint: python -m analysis.report {args.results} --out DIR)")
    return 0


if __name__ == "__main__":
    run_command(main)
