"""distill.loop: one step is the textbook's, and what cannot be trained names the step."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from small import without_dropout

from data.batches import pad, training_batches
from distill import (
    Batch,
    LossWeights,
    Schedule,
    Task,
    TeacherTargets,
    TrainingError,
    batch_loss,
    make_optimizer,
    make_student,
    train_epoch,
)

SCHEDULE = Schedule(lr=5e-3, warmup_steps=1, total_steps=6)


@pytest.fixture
def task(tiny_ids):
    """Texts that can be learned: class 1 where the first token is above 32."""
    return Task(tiny_ids, torch.tensor([int(row[0] > 32) for row in tiny_ids]))


def batches_of(task, size=8):
    order = training_batches([len(row) for row in task.ids], size, seed=1, epoch=1)
    return [Batch(step, index) for step, index in enumerate(order)]


def run(model, task, schedule=SCHEDULE, batches=None):
    """An epoch of the reference path; what each step told."""
    optimizer = make_optimizer(model, 0.01)
    return list(train_epoch(model, task, batches or batches_of(task), optimizer, schedule))


def test_an_epoch_is_the_loop_of_the_textbook(tiny, task):
    """The same batches and rates in ten plain lines must give the same weights."""
    ours, plain = without_dropout(tiny), without_dropout(tiny).train()
    lines = run(ours, task)
    optimizer = make_optimizer(plain, 0.01)
    for step, batch in enumerate(batches_of(task)):
        ids, mask = pad([task.ids[i] for i in batch.index], 0, torch.device("cpu"))
        loss = F.cross_entropy(plain(ids, mask).logits, task.labels[batch.index])
        plain.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = 5e-3 * min((step + 1) / 2, (6 - step) / 5)
        optimizer.step()
        line = {"step": step + 1, "lr": optimizer.param_groups[0]["lr"], "grad_norm": norm.item()}
        assert lines[step] == pytest.approx({**line, "loss": loss.item(), "hard_loss": loss.item()})
    for (name, a), b in zip(ours.named_parameters(), plain.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6), name


def test_a_student_comes_nearer_to_its_teacher(tiny, task, tmp_path):
    teacher = {name: tensor.clone() for name, tensor in tiny.state_dict().items()}
    torch.manual_seed(2)
    student = make_student(tiny, [1, 3])
    with torch.no_grad():
        for parameter in student.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    targets = TeacherTargets(tiny, task.ids, [1, 3], place=tmp_path)
    taught = Task(task.ids, task.labels, targets, LossWeights(5.0, 0.5, 10.0))
    first, last = (run(student, taught) for _ in range(2))
    for name in ("loss", "hard_loss", "soft_loss", "hidden_loss"):
        assert all(math.isfinite(line[name]) for line in [*first, *last])
    assert np.mean([line["hidden_loss"] for line in last]) < 0.9 * first[0]["hidden_loss"]
    assert all(torch.equal(t, teacher[n]) for n, t in tiny.state_dict().items())


def test_each_layer_is_matched_with_its_own_teacher_layer(tiny, task, tmp_path):
    """A student that is the teacher has nothing to learn from it, layer by layer."""
    targets = TeacherTargets(tiny, task.ids, [1, 2, 3, 4], place=tmp_path)
    taught = Task(task.ids, task.labels, targets, LossWeights(beta=1.0))
    terms = batch_loss(tiny.eval(), taught, np.arange(8))
    assert terms["hidden_loss"].item() == pytest.approx(0, abs=2**-17)  # bf16
    assert terms["soft_loss"].item() == pytest.approx(0, abs=1e-6)


def test_a_large_gradient_is_cut_to_norm_1(tiny, task):
    """A plain step of rate 1 then moves the weights by 1, however long the gradient was."""
    with torch.no_grad():
        tiny.classifier.weight *= 300
    before = torch.cat([p.detach().flatten() for p in tiny.parameters()])
    optimizer, schedule = torch.optim.SGD(tiny.parameters(), lr=1.0), Schedule(1.0, 0, 1)
    [line] = train_epoch(tiny, task, batches_of(task)[:1], optimizer, schedule)
    moved = torch.cat([p.detach().flatten() for p in tiny.parameters()]) - before
    assert line["grad_norm"] > 2
    assert moved.norm().item() == pytest.approx(1, abs=1e-3)


def test_dropout_is_on_and_no_gradient_is_left_behind(tiny, task):
    twice = [run(copy.deepcopy(tiny), task, batches=batches_of(task)[:1]) for _ in range(2)]
    assert twice[0][0]["loss"] != twice[1][0]["loss"]
    run(tiny, task)
    assert all(p.grad is None for p in tiny.parameters())


def test_who_iterates_may_stop_after_any_step(tiny, task):
    whole, part = copy.deepcopy(tiny), copy.deepcopy(tiny)
    torch.manual_seed(0)
    run(whole, task, batches=batches_of(task)[:2])
    torch.manual_seed(0)
    optimizer = make_optimizer(part, 0.01)
    steps = train_epoch(part, task, batches_of(task), optimizer, SCHEDULE)
    assert [line["step"] for line in itertools.islice(steps, 2)] == [1, 2]
    for a, b in zip(whole.parameters(), part.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_loss_that_is_not_finite_names_the_step(tiny, task):
    with torch.no_grad():
        tiny.classifier.bias[0] = math.nan
    with pytest.raises(TrainingError, match=r"loss nan, .* at step 1 \(hint: a lower --lr"):
        run(tiny, task)


def test_a_gradient_that_is_not_finite_stops_too(tiny, task, monkeypatch):
    nan = torch.tensor(math.nan)
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda *_: nan)
    with pytest.raises(TrainingError, match="gradient norm nan at step 1"):
        run(tiny, task)


def test_parts_add_up_to_the_batch(tiny, task, tmp_path):
    """Loss terms and gradients of a batch are those of its parts, weighted by their sizes."""
    student = make_student(tiny, [1, 3])
    with torch.no_grad():
        student.bert.encoder.layer[0].output.dense.weight.add_(0.1)
    targets = TeacherTargets(tiny, task.ids, [1, 3], place=tmp_path)
    taught, index = Task(task.ids, task.labels, targets, LossWeights(5, 0.5, 1)), np.arange(10)

    def gradients(parts):
        student.zero_grad()
        total = 0.0
        for part in parts:
            loss = batch_loss(student, taught, part)["loss"]
            (loss * len(part) / 10).backward()
            total += loss.item() * len(part) / 10
        return total, [p.grad.clone() for p in student.parameters()]

    whole, split = gradients([index]), gradients([index[:3], index[3:]])
    assert split[0] == pytest.approx(whole[0], rel=1e-6)
    for a, b in zip(whole[1], split[1], strict=True):
        assert (a - b).abs().max() <= 1e-6


def test_no_decay_on_biases_and_layer_norms(tiny):
    optimizer = make_optimizer(tiny, 0.01)
    assert {(g["eps"], g["betas"]) for g in optimizer.param_groups} == {(1e-6, (0.9, 0.999))}
    rates = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    for name, parameter in tiny.named_parameters():
        exempt = name.endswith("bias") or "LayerNorm" in name
        assert rates[id(parameter)] == (0.0 if exempt else 0.01), name


def test_the_learning_rate_rises_then_falls_to_zero():
    schedule = Schedule(lr=2.0, warmup_steps=2, total_steps=10)
    rates = [schedule.rate(step) for step in range(10)]
    assert rates[:3] == pytest.approx([2 / 3, 4 / 3, 2])
    assert rates[-1] == pytest.approx(2 / 8)
    assert schedule.rate(10) == 0
    assert all(a > b for a, b in itertools.pairwise(rates[2:]))
