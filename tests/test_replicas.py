"""speed.replicas: the reference path's gradients, dropout at its rate, weights that are shared."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from small import without_dropout

from data.batches import training_batches
from distill import (
    Batch,
    LossWeights,
    Schedule,
    Task,
    TeacherTargets,
    batch_loss,
    make_optimizer,
    make_student,
    train_epoch,
)
from distill.loop import compute_gradients, to_floats
from lora import add_lora
from speed.replicas import Dropout, Replicas, split_batch


@pytest.fixture
def task(tiny_ids):
    return Task(tiny_ids, torch.tensor([int(row[0] > 32) for row in tiny_ids]))


@pytest.fixture(params=["full", "weighted", "distilled", "lora"])
def job(request, tiny, task, tmp_path):
    """A model without dropout, what it learns, and its layers of interest moved off their start."""
    model = without_dropout(tiny)
    if request.param == "distilled":
        targets = TeacherTargets(tiny, task.ids, [1, 3], place=tmp_path)
        task = Task(task.ids, task.labels, targets, LossWeights(5.0, 0.5, 1.0))
        model = make_student(model, [1, 3])
    if request.param == "weighted":
        text_weights = torch.tensor([[0.0, 0.5, 3.0][i % 3] for i in range(len(task.ids))])
        task = replace(task, text_weights=text_weights)
    if request.param == "lora":
        add_lora(model, ["query", "value"], 2, 4, 0.0)
    torch.manual_seed(4)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn_like(parameter))
    return model, task


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of few tokens, so that a batch of tiny texts has several, on three cores."""
    monkeypatch.setattr("speed.replicas.TOKENS_PER_PART", 60)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def batches_of(task, size=16):
    order = training_batches([len(row) for row in task.ids], size, seed=1, epoch=1)
    return [Batch(step, index) for step, index in enumerate(order)]


def gradient_of(model):
    """All gradients in one vector, float64."""
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.requires_grad]).double()


def test_gradients_are_those_of_the_reference_path(job, small_parts):
    model, task = job
    reference = copy.deepcopy(model).train()
    fast = Replicas(model, torch.float32, seed=0)
    assert len(fast.replicas) == 3
    assert len({len(part) for part in split_batch(np.arange(13), 12)}) == 2
    for batch in batches_of(task, 13)[:2]:  # the second time nothing of the first may be left
        terms, expected = fast(model, task, batch), compute_gradients(reference, task, batch)
        assert to_floats(terms) == pytest.approx(to_floats(expected), rel=1e-6, abs=1e-7)
        ours, theirs = gradient_of(model), gradient_of(reference)
        assert (ours - theirs).norm() <= 1e-6 * theirs.norm()
        frozen = [p.grad for p in model.parameters() if not p.requires_grad]
        assert all(gradient is None for gradient in frozen)
        reference.zero_grad()
    fast.close()


def test_an_epoch_is_that_of_the_reference_path(job, small_parts):
    model, task = job
    ends = []
    for kind in ("plain", "fast"):
        student = copy.deepcopy(model)
        gradients = (
            compute_gradients if kind == "plain" else Replicas(student, torch.float32, seed=0)
        )
        optimizer, schedule = make_optimizer(student, 0.01), Schedule(1e-3, 1, 3)
        steps = train_epoch(student, task, batches_of(task), optimizer, schedule, gradients)
        ends.append(([list(line.values()) for line in steps], student.state_dict()))
    (lines, expected), (own_lines, own) = ends
    assert len(lines) == 3
    for line, own_line in zip(lines, own_lines, strict=True):
        assert own_line == pytest.approx(line, rel=1e-5, abs=1e-6)
    for name, tensor in expected.items():
        assert torch.allclose(own[name], tensor, rtol=1e-5, atol=1e-6), name


def test_the_parts_of_a_batch_hold_few_tokens_and_every_text_once(monkeypatch):
    monkeypatch.setattr("speed.replicas.TOKENS_PER_PART", 100)
    lengths = np.array([40, 9, 30, 40, 7, 40])

    def split(*index):
        parts = split_batch(np.array(index), int(lengths[list(index)].max()))
        return [part.tolist() for part in parts]

    assert split(0, 2, 3, 1) == [[0, 2], [3, 1]]
    assert split(1, 4) == [[1], [4]]  # two at least, for two cores
    # 4 x 30 real tokens would fit into two parts; padded to 6 x 40 they need three, so four.
    assert split(0, 1, 2, 3, 4, 5) == [[0, 1], [2, 3], [4], [5]]
    assert split(0) == [[0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("p", [0.1, 0.5])
def test_dropout_keeps_its_rate_at_every_position(p, dtype):
    """65,536 draws for each of 7 values: the four lanes of a 64-bit number all drop alike."""
    dropout = Dropout(p, torch.Generator().manual_seed(0))
    dropped = dropout(torch.ones(2**16, 7, dtype=dtype)) == 0
    rates = dropped.flatten()[: 2**18 * (dropped.numel() // 2**18)].view(-1, 4).double().mean(0)
    spread = (p * (1 - p) / (dropped.numel() / 4)) ** 0.5
    assert (rates - p).abs().max() < 5 * spread
    per_value = dropped.double().mean(0)
    assert (per_value - p).abs().max() < 5 * (p * (1 - p) / 2**16) ** 0.5


def test_dropout_scales_what_it_keeps_and_its_gradient_alike():
    x = torch.randn(64, 33, requires_grad=True)
    y = Dropout(0.25, torch.Generator().manual_seed(0))(x)
    kept = y != 0
    assert torch.allclose(y[kept], x[kept] / 0.75)
    y.sum().backward()
    assert torch.allclose(x.grad, kept / 0.75)
    assert Dropout(0.0, torch.Generator())(x) is x


def test_masks_depend_on_the_seed_the_step_and_the_part_alone(tiny, task):
    first, second = batches_of(task)[:2]
    fast = Replicas(tiny, torch.float32, seed=1)
    losses = [fast(tiny, task, batch)["loss"] for batch in (first, second, first)]
    assert losses[0] == losses[2]
    moved = fast(tiny, task, Batch(second.step, first.index))["loss"]
    other = Replicas(tiny, torch.float32, seed=2)(tiny, task, first)["loss"]
    assert len({losses[0], moved, other}) == 3
    replica, mask = fast.replicas[0], torch.ones(6, 9, dtype=torch.long)
    ids = torch.randint(1, 64, (6, 9), generator=torch.Generator().manual_seed(3))

    def loss(*seed):
        replica.seed_dropout(*seed)
        return replica.model(ids, mask).logits.square().sum().item()

    assert loss(1, 0) == loss(1, 0)
    assert len({loss(0, 1), loss(1, 0), loss(1, 1)}) == 3


def test_no_two_parts_and_no_two_steps_share_their_masks(tiny, monkeypatch):
    """The same text in each of two parts of each of two steps: four losses."""
    losses = []

    def noted(*given):
        terms = batch_loss(*given)
        losses.append(terms["loss"].item())
        return terms

    monkeypatch.setattr("speed.replicas.batch_loss", noted)
    task = Task([[1, 5, 9, 2]] * 2, torch.zeros(2, dtype=torch.long))
    fast = Replicas(without_dropout(tiny), torch.float32, seed=1)
    fast(fast.model, task, Batch(0, np.arange(2)))
    assert len(set(losses)) == 1
    fast = Replicas(tiny, torch.float32, seed=1)
    for step in (0, 1):
        fast(tiny, task, Batch(step, np.arange(2)))
    assert len(set(losses)) == 1 + 4


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_replicas_share_one_copy_that_follows_the_student(tiny, task, dtype):
    add_lora(tiny, ["query"], r=2)
    fast = Replicas(tiny, dtype, seed=0)
    with torch.no_grad():
        for parameter in tiny.parameters():
            parameter.add_(0.5 if parameter.requires_grad else 0.0)
    fast(tiny, task, batches_of(task)[0])
    student = dict(tiny.named_parameters())
    pointers = set()
    for replica in fast.replicas:
        for name, parameter in replica.model.named_parameters():
            assert torch.equal(parameter, student[name].to(dtype)), name
            assert parameter.requires_grad == student[name].requires_grad
            pointers.add(parameter.data_ptr())
    assert len(pointers) == len(student)
    own = {parameter.data_ptr() for parameter in student.values()}
    assert pointers == own if dtype == torch.float32 else pointers.isdisjoint(own)


def test_the_student_keeps_its_mode_and_its_modules(tiny, task):
    before = [type(module) for module in tiny.modules()]
    Replicas(tiny, torch.bfloat16, seed=0)(tiny, task, batches_of(task)[0])
    assert [type(module) for module in tiny.modules()] == before
    assert not tiny.training
    assert all(p.grad.dtype == torch.float32 for p in tiny.parameters() if p.grad is not None)
    assert np.isfinite(tiny.classifier.weight.grad.numpy()).all()
