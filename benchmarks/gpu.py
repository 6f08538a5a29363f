"""One GPU: are its numbers right, and how fast are training and labelling beside transformers.

Losses and scores beside the CPU's come first. Then bert-base with random weights, beside
transformers at its best: bf16 by autocast (fp16 where the GPU has none), PyTorch's attention
kernel, texts of like length together, fused AdamW; in training as it is and compiled, and the
faster counts. The exit code is 1 where a number is wrong.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import peers
from benchmarks.flops import Flops, flops_of
from benchmarks.labellers import transformers_best
from benchmarks.material import Material, gather
from benchmarks.measure import (
    Report,
    Row,
    compare_with_best,
    machine,
    matmul_rate,
    seconds_of,
    wait,
)
from benchmarks.output import as_json, tables, write
from benchmarks.same_numbers import WEIGHTS, Place, labeller, same_numbers
from benchmarks.training import load_lora, steps_of
from benchmarks.ways import own_encode
from bert_min import load_model, save_model
from distill import TeacherTargets, choose_layers, make_student
from experiment.cli import say
from experiment.errors import run_command
from experiment.hardware import fastest, pick_device

EPOCHS = 5  # that the teacher's one pass is for
Speeds = dict[str, Callable[[], float]]  # useful tokens a second of each program


class Speed:
    """Programs at work on the last shape of the material, on one device."""

    def __init__(self, material: Material, place: Place, warm: int, steps: int, side: int) -> None:
        self.place, self.warm, self.quick = place, warm, material.quick
        self.shape = material.shapes[-1]
        self.sample, self.texts = material.sample(warm + steps, seed=1), material.test_texts
        self.limit = matmul_rate(place.dtype, side, place.device.type)

    def rate(self, steps: Iterator[np.ndarray]) -> float:
        """Useful tokens a second after the first steps, until the GPU has done all it was given.

        Not step by step: a peer that reads nothing runs ahead of its GPU, and may.
        """
        for _ in islice(steps, self.warm):
            pass
        device, tokens = self.place.device.type, list[int]()
        wait(device)

        def work() -> None:
            tokens.extend(self.sample.lengths[index].sum() for index in steps)
            wait(device)

        seconds = seconds_of(work)
        return sum(tokens) / seconds

    def ours(self, load: Callable[[Path], Any]) -> float:
        model = load(self.shape.folder).to(self.place.device)
        return self.rate(steps_of(model, self.sample, self.place.dtype))

    def peers(self, load: Callable[[], Any], loss: Callable[[], peers.Loss]) -> Speeds:
        def run(compiled: bool) -> float:
            model = load().to(self.place.device)
            if compiled:
                model.compile(dynamic=True)
            return self.rate(peers.steps_of(model, self.sample, True, self.place.dtype, loss()))

        ways: Speeds = {"transformers at its best": partial(run, False)}
        if not self.quick:
            ways["transformers at its best, compiled"] = partial(run, True)
        return ways

    def distilled(self, folder: Path) -> Speeds:
        """A student of the odd layers, hidden states too; ours with its part of the one pass."""
        teacher = load_model(self.shape.folder)
        odd = choose_layers("odd", teacher.config.num_hidden_layers)
        save_model(make_student(teacher, odd), folder)

        def ours() -> float:
            teacher.to(self.place.device, self.place.dtype)  # as train.py has it
            found: list[TeacherTargets] = []

            def teach() -> None:
                found.append(TeacherTargets(teacher, self.sample.ids, odd, place=self.place.device))
                wait(self.place.device.type)

            once = seconds_of(teach) / self.sample.lengths.sum()
            student = load_model(folder).to(self.place.device)
            teaching: dict[str, Any] = {"targets": found[0], "loss_weights": WEIGHTS}
            epoch = self.rate(steps_of(student, self.sample, self.place.dtype, **teaching))
            return 1 / (1 / epoch + once / EPOCHS)

        def live() -> peers.Loss:
            told = peers.load_sdpa(self.shape.folder).to(self.place.device)
            return peers.live_teacher_loss(told, odd, WEIGHTS)

        return {"ours": ours, **self.peers(partial(peers.load_sdpa, folder), live)}

    def labelling(self) -> Speeds:
        folder, (device, dtype) = self.shape.folder, self.place
        texts = list(self.texts[: self.shape.texts]) * (1 if self.quick else 16)
        tokens = sum(map(len, own_encode(folder)(texts)))

        def run(label: Callable) -> float:
            label(texts)
            return tokens / seconds_of(lambda: label(texts))

        def theirs() -> float:
            ways = transformers_best(folder, dtype, torch.float32, device, (64, 256))
            return max(run(label) for label in ways)

        ours = partial(run, labeller(folder, self.place))
        return {"ours": ours, "transformers at its best": theirs}


def speeds(material: Material, speed: Speed) -> Iterator[Row]:
    """Rows of each task; of ours the share of the limit, where all of its products are counted."""
    folder = speed.shape.folder
    own, best = partial(partial, speed.ours), peers.own_loss
    tasks: dict[str, tuple[Flops | None, Speeds]] = {
        "training": (
            flops_of(load_model(folder), every_token=False),
            {"ours": own(load_model)} | speed.peers(partial(peers.load_sdpa, folder), lambda: best),
        ),
        "LoRA": (
            flops_of(load_lora(folder), every_token=False),
            {"ours": own(load_lora)} | speed.peers(partial(peers.load_peft, folder), lambda: best),
        ),
        "distillation": (None, speed.distilled(material.folder / "student")),
        "labelling": (None, speed.labelling()),
    }
    for task, (flops, programs) in tasks.items():
        say(f"{task} ...")
        rows = rows_of(task, speed.shape.name, programs)
        if flops and rows[0].tokens_per_s:
            work = flops(speed.sample.lengths) / speed.sample.lengths.sum()
            rows[0].share_of_limit = rows[0].tokens_per_s * work / speed.limit
        yield from rows


def rows_of(task: str, shape: str, programs: Speeds) -> list[Row]:
    """A row for each program; a peer that fails, as where nothing compiles, has none."""
    rows = []
    for name, run in programs.items():
        try:
            rows.append(Row(f"{name}, {task}", shape, run()))
        except Exception as error:
            if name.startswith("ours"):
                raise
            say(f"{name}, {task}: {type(error).__name__}: {error}")
    compare_with_best(rows, "tokens_per_s", higher_is_better=True)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    add = parser.add_argument
    add("--data", default="sample", metavar="DIR|sample", help="texts (default: sample)")
    add("--model", default="minilm", metavar="M", help="whose numbers are compared")
    add("--device", choices=("cuda", "cpu"), default="cuda", help="(default: cuda)")
    add("--out", type=Path, metavar="DIR", help="write gpu.json, gpu.md and gpu.png here")
    add("--quick", action="store_true", help="a few steps of the small model: does it run")
    args = parser.parse_args()
    device = pick_device(args.device)
    dtype = getattr(torch, {"bf16": "bfloat16", "fp16": "float16"}.get(fastest(device), "float32"))
    with tempfile.TemporaryDirectory() as folder:
        material = gather(args.model, args.data, Path(folder), args.quick)
        place, few = Place(device, dtype), args.quick
        numbers = same_numbers(material, place, steps=4 if few else 20)
        report = Report([], extra={"are the numbers right": numbers})
        print(tables(report), flush=True)
        speed = Speed(material, place, *((1, 2, 256) if few else (5, 30, 8192)))
        report.rows += speeds(material, speed)
        print(f"\n{tables(Report(report.rows))}")
        if args.out:
            about, command = machine(), f"python -m benchmarks.gpu --data {material.data}"
            if device.type == "cuda":
                about["processor"] = f"{torch.cuda.get_device_name(device)}, {about['processor']}"
            write(args.out, report, as_json("gpu", report, about, material.data, command))
    return int(any(row["so"] == "WRONG" for row in numbers))


if __name__ == "__main__":
    run_command(main)
