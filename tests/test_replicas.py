"""speed.replicas: dropout at the paper's rate, gradients that add up, weights that are shared."""

import copy

import numpy as np
import pytest
import torch

from lora import add_lora
from speed.replicas import Dropout, Replicas

IDS = torch.randint(1, 64, (6, 9), generator=torch.Generator().manual_seed(3))
MASK = torch.ones(6, 9, dtype=torch.long)
PARTS = [slice(0, 2), slice(2, 4), slice(4, 6)]


def backward_of_part(replica, n):
    replica.seed_dropout(1, n)
    loss = replica.model(IDS[PARTS[n]], MASK[PARTS[n]]).logits.float().square().sum()
    loss.backward()
    return loss.item()


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


def test_gradients_are_the_sum_of_the_parts(tiny):
    for module in tiny.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    plain = copy.deepcopy(tiny)
    plain(IDS, MASK).logits.square().sum().backward()
    replicas = Replicas(tiny, torch.float32)
    for _ in range(2):  # the second time nothing of the first may be left
        losses = replicas.backward(backward_of_part, range(3))
    assert losses == [
        pytest.approx(plain(IDS[p], MASK[p]).logits.square().sum().item()) for p in PARTS
    ]
    for (name, a), b in zip(tiny.named_parameters(), plain.parameters(), strict=True):
        assert torch.allclose(a.grad, b.grad, atol=1e-6), name


def test_masks_depend_on_the_seed_alone(tiny):
    replicas = Replicas(tiny, torch.float32)
    first = replicas.backward(backward_of_part, range(3))
    assert replicas.backward(backward_of_part, range(3)) == first
    replica = replicas.replicas[0]

    def loss(*seed):
        replica.seed_dropout(*seed)
        return replica.model(IDS, MASK).logits.square().sum().item()

    assert loss(1, 0) == loss(1, 0)
    assert len({loss(0, 1), loss(1, 0), loss(1, 1)}) == 3


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_replicas_share_one_copy_that_follows_the_student(tiny, dtype):
    add_lora(tiny, ["query"], r=2)
    replicas = Replicas(tiny, dtype)
    with torch.no_grad():
        for parameter in tiny.parameters():
            parameter.add_(0.5 if parameter.requires_grad else 0.0)
    replicas.refresh()
    student = dict(tiny.named_parameters())
    pointers = set()
    for replica in replicas.replicas:
        for name, parameter in replica.model.named_parameters():
            assert torch.equal(parameter, student[name].to(dtype)), name
            assert parameter.requires_grad == student[name].requires_grad
            pointers.add(parameter.data_ptr())
    assert len(pointers) == len(student)
    own = {parameter.data_ptr() for parameter in student.values()}
    assert pointers == own if dtype == torch.float32 else pointers.isdisjoint(own)


def test_the_student_keeps_its_mode_and_its_modules(tiny):
    before = [type(module) for module in tiny.modules()]
    Replicas(tiny, torch.bfloat16).backward(backward_of_part, range(3))
    assert [type(module) for module in tiny.modules()] == before
    assert not tiny.training
    assert all(p.grad.dtype == torch.float32 for p in tiny.parameters() if p.grad is not None)
    assert np.isfinite(tiny.classifier.weight.grad.numpy()).all()
