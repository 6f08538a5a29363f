"""What a GPU is asked to do, where there is none: on the device `meta`, which has no values.

On it a step that mixed devices, or asked for a value, would fail: a GPU would make the program wait
for all that it has yet to compute.
"""

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small import SETTINGS, without_dropout

from distill import (
    Batch,
    LiveTeacher,
    LossWeights,
    Schedule,
    Task,
    TeacherTargets,
    make_optimizer,
    make_student,
    train_epoch,
)
from distill.loop import to_floats
from experiment import hardware
from experiment.errors import UsageError
from experiment.hardware import pick_dtype
from lora import add_lora
from speed.loss_scale import PATIENCE, START, LossScale
from speed.replicas import Replicas
from speed.threads import Workers

ROOT = Path(__file__).parent.parent
META, CPU = torch.device("meta"), torch.device("cpu")
STEPS = [Batch(step, np.arange(step, step + 24)) for step in range(3)]


@pytest.fixture
def task(tiny_ids):
    return Task(tiny_ids, torch.tensor([int(row[0] > 32) for row in tiny_ids]))


def job(kind, model, task, place):
    """A model and what it learns, as each mode of train.py has them; not on a device yet."""
    if kind == "full":
        return model, replace(task, text_weights=torch.ones(len(task.ids)))
    if kind == "lora":
        add_lora(model, ["query", "value"], 2, 4, 0.1)
        return model, task
    weights = LossWeights(5.0, 0.5, 1.0)
    student = make_student(model, [1, 3])
    if kind == "live teacher":
        return student, replace(
            task, targets=LiveTeacher(model, task.ids, [1, 3]), loss_weights=weights
        )
    targets = TeacherTargets(model, task.ids, [1, 3], place=place)
    return student, replace(task, targets=targets, loss_weights=weights)


@pytest.fixture
def reads(monkeypatch):
    """How often the loop asks for values; it gets ones."""
    asked = []

    def ones(tensors):
        assert all(tensor.device == META and tensor.shape == () for tensor in tensors.values())
        asked.append(list(tensors))
        return dict.fromkeys(tensors, 1.0)

    monkeypatch.setattr("distill.loop.to_floats", ones)
    return asked


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", ["full", "lora", "file", "device", "live teacher"])
def test_a_step_asks_a_gpu_for_values_once(kind, dtype, tiny, task, tmp_path, reads):
    student, task = job(kind, tiny, task, CPU if kind == "device" else tmp_path)
    if kind == "device":
        task.targets.states.rows = task.targets.states.rows.to(META)
    if kind == "live teacher":
        task.targets.teacher.to(META)
    student.to(META)
    optimizer = make_optimizer(student, 0.01)
    for group in optimizer.param_groups:
        group["fused"] = False  # a kernel that `meta` has not
    with closing(Replicas(student, dtype, seed=0, accumulate=2)) as gradients:
        steps = train_epoch(student, task, STEPS, optimizer, Schedule(1e-3, 1, 3), gradients)
        assert len(list(steps)) == 3
    taught = kind not in ("full", "lora")
    names = ["grad_norm", "loss", "hard_loss", *["soft_loss", "hidden_loss"] * taught]
    assert reads == [names] * 3


def test_the_device_without_values_notices_who_asks():
    for asks in (
        lambda x: x.all().item(),
        lambda x: bool(x.any()),
        lambda x: to_floats({"x": x[0]}),
    ):
        with pytest.raises((NotImplementedError, RuntimeError)):
            asks(torch.ones(2, device=META))


def test_a_gpu_computes_a_batch_in_the_parts_that_are_asked_for(tiny, task, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "speed.replicas.batch_loss",
        lambda model, task, index: (
            seen.append(len(index)) or {"loss": next(model.parameters()).sum(), "hard_loss": ZERO}
        ),
    )
    tiny.to(META)
    for accumulate, sizes in ((1, [24]), (3, [8, 8, 8]), (100, [1] * 24)):
        with closing(Replicas(tiny, torch.float32, seed=0, accumulate=accumulate)) as gradients:
            gradients(tiny, task, STEPS[0])
        assert seen == sizes
        seen.clear()


ZERO = torch.zeros((), device=META)


def test_parts_give_the_gradients_of_the_batch(tiny, task):
    model, ends = without_dropout(tiny), []
    for parts in (1, 5):
        with closing(Replicas(model, torch.float32, seed=0, accumulate=parts)) as gradients:
            assert len(gradients._split(task, STEPS[0].index)) == max(2, parts)
            terms = to_floats(gradients(model, task, STEPS[0]))
        ends.append((terms, torch.cat([p.grad.flatten() for p in model.parameters()])))
    (terms, whole), (own, parts) = ends
    assert own == pytest.approx(terms, rel=1e-5)
    assert (parts - whole).norm() <= 1e-5 * whole.norm()


def test_a_training_goes_on_in_other_parts():
    assert replace(SETTINGS, accumulate=2).identity() == SETTINGS.identity()
    assert replace(SETTINGS, batch_size=2).identity() != SETTINGS.identity()


# ---- fp16


def test_fp16_follows_fp32_and_loses_no_step(tiny, task, monkeypatch):
    """At a scale that is too high at first: what overflows is computed again, not left out."""
    monkeypatch.setattr(Workers, "__init__", two_cores)
    monkeypatch.setattr("speed.loss_scale.START", 2.0**30)
    model, ends = without_dropout(tiny), []
    for dtype in (torch.float32, torch.float16):
        with closing(Replicas(model, dtype, seed=0)) as gradients:
            terms = to_floats(gradients(model, task, STEPS[0]))
            ends.append((terms["loss"], [p.grad.clone() for p in model.parameters()]))
    (loss, exact), (own_loss, own) = ends
    assert gradients.scale.factor < 2.0**30
    assert own_loss == pytest.approx(loss, rel=1e-2)
    for a, b in zip(own, exact, strict=True):
        assert torch.isfinite(a).all()
        assert (a - b).norm() <= 0.02 * b.norm() + 1e-6


def two_cores(self):
    from concurrent.futures import ThreadPoolExecutor

    self.cores, self.pool = 2, ThreadPoolExecutor(2)


def test_a_scale_falls_where_gradients_overflow_and_rises_again():
    scale, fine = LossScale(torch.float16), [torch.full((2,), START), torch.ones(1)]
    overflown = [torch.ones(3), torch.tensor([1.0, torch.inf])]
    assert not scale.unscale(overflown)
    assert scale.factor == START / 2
    assert scale.unscale(fine)
    assert fine[0].tolist() == [2.0, 2.0]
    for _ in range(PATIENCE - 1):
        assert scale.factor == START / 2
        scale.unscale([torch.ones(1)])
    assert scale.factor == START


def test_gradients_that_are_not_finite_at_any_scale_end_in_an_error():
    scale, gradient = LossScale(torch.float16), torch.tensor([torch.nan])
    for _ in range(16):
        assert not scale.unscale([gradient])
    assert scale.factor == 1
    assert scale.unscale([gradient])  # the loop sees the NaN and raises TrainingError
    assert gradient.isnan().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_other_formats_need_no_scale(dtype):
    scale, gradient = LossScale(dtype), torch.tensor([torch.inf, 3.0])
    assert scale.unscale([gradient])
    assert (scale.factor, gradient.tolist()) == (1.0, [torch.inf, 3.0])


@pytest.mark.parametrize(
    ("native", "capability", "expected"),
    [
        (True, (9, 0), torch.bfloat16),
        (False, (7, 5), torch.float16),
        (False, (6, 1), torch.float32),
    ],
)
def test_a_gpu_trains_in_what_it_is_fast_in(monkeypatch, native, capability, expected):
    monkeypatch.setattr(hardware, "has_native_bf16", lambda device: native)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert pick_dtype("auto", torch.device("cuda"), training=True) == expected
    assert pick_dtype("auto", torch.device("cuda"), training=False) == torch.float32
    assert pick_dtype("fp16", torch.device("cuda"), training=False) == torch.float16
    with pytest.raises(UsageError, match="fp16 is for GPUs"):
        pick_dtype("fp16", CPU, training=True)


# ---- memory


@pytest.mark.parametrize(
    "error",
    [
        "MemoryError()",
        "torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB.\\nGPU 0 has ...')",
        "RuntimeError('MPS backend out of memory (MPS allocated: 8 GB)')",
    ],
)
def test_memory_that_ends_is_one_line(error):
    done = ended(f"import torch\ndef main():\n raise {error}\n")
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("error: there is not enough memory (hint: ")
    assert "--batch-size" in done.stderr
    assert "--accumulate 2" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_machines_own_memory_is_told_alike_and_other_errors_are_not():
    done = ended("import torch\ndef main():\n torch.empty(2**60)\n")
    assert (done.returncode, done.stderr.count("\n")) == (5, 1)
    other = ended("def main():\n raise RuntimeError('shapes differ')\n")
    assert other.returncode == 1
    assert "RuntimeError: shapes differ" in other.stderr


def ended(source):
    code = f"from experiment.errors import run_command\n{source}\nrun_command(main)"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
