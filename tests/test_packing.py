"""speed.packing: the same numbers from other kernels, and nothing of the model is touched."""

import importlib
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from bert_min import load_model
from data.batches import forward_batches
from distill import TeacherTargets
from experiment.build import fast_forward
from lora import add_lora, lora_layers, merge_lora
from scoring import evaluate, predict_logits
from speed.packing import PackedLinear, can_pack, packed


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """Packed products are tested on every processor, whether they are the faster ones or not."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")


def inside(model, kind):
    return [name for name, module in model.named_modules() if type(module) is kind]


@pytest.mark.parametrize("shape", [(7,), (3, 7), (2, 5, 7)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_packed_layer_computes_as_exactly_as_its_format_allows(shape, dtype):
    torch.manual_seed(0)
    linear, x = nn.Linear(7, 4).to(dtype), torch.randn(shape).to(dtype)
    if not can_pack(linear.weight):
        pytest.skip("oneDNN has no bf16 on this processor")
    exact = nn.functional.linear(x.double(), linear.weight.double(), linear.bias.double())
    close = 1e-6 if dtype == torch.float32 else 2e-2
    with torch.inference_mode():
        assert (PackedLinear([linear])(x) - exact).abs().max() < close


def test_a_packed_model_gives_the_logits_and_hidden_states_of_the_model(minilm, text_batches):
    model = load_model(minilm, ("no", "yes")).eval()
    twin = packed(model)
    assert len(inside(twin, PackedLinear)) == 6 * 4 + 2
    assert not inside(twin, nn.Linear)
    with torch.inference_mode():
        for ids, mask in text_batches[:2]:
            ours, theirs = twin(ids, mask, None, True), model(ids, mask, None, True)
            assert (ours.logits - theirs.logits).abs().max() < 1e-5
            for a, b in zip(ours.hidden_states, theirs.hidden_states, strict=True):
                assert ((a - b) * mask[..., None]).abs().max() < 2e-5


def test_a_packed_last_layer_computes_cls_alone(tiny):
    attention = packed(tiny).bert.encoder.layer[-1].attention.self
    assert attention(torch.randn(2, 5, 16), None, queries=1).shape == (2, 1, 16)


def test_the_model_stays_as_it_is_and_shares_what_is_not_packed(tiny):
    before = {name: (p, p.detach().clone()) for name, p in tiny.named_parameters()}
    twin = packed(tiny)
    assert inside(tiny, PackedLinear) == []
    for name, p in tiny.named_parameters():
        assert p is before[name][0]
        assert torch.equal(p, before[name][1])
    shared = dict(twin.named_parameters())
    assert shared
    assert all(p is before[name][0] for name, p in shared.items())


@pytest.mark.parametrize("merged", [False, True])
def test_lora_layers_keep_their_update(tiny, tiny_ids, merged):
    add_lora(tiny, ["query", "value"], 2, 4, 0.1)
    for _, layer in lora_layers(tiny):
        nn.init.normal_(layer.lora_B)
    expected = predict_logits(tiny.eval(), tiny_ids)
    if merged:
        merge_lora(tiny)
    assert len(inside(packed(tiny), PackedLinear)) == 4 * 6 + 2
    assert np.abs(predict_logits(packed(tiny), tiny_ids) - expected).max() < 1e-6


def test_a_model_is_packed_once_and_only_where_it_can_be(tiny, monkeypatch):
    twin = packed(tiny)
    assert twin is not tiny
    assert packed(twin) is twin
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert packed(tiny) is tiny


@pytest.mark.parametrize("there", [False, True])
def test_the_processor_says_whether_bf16_is_packed(there, monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: there)
    assert can_pack(torch.ones(2).bfloat16()) == there
    assert can_pack(torch.ones(2))
    assert not can_pack(torch.ones(2, device="meta"))


@pytest.mark.parametrize("name", ["AVX2", "DEFAULT", "SVE256"])
def test_nothing_is_packed_where_onednn_is_slower(name, tiny, monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: name)
    assert packed(tiny) is tiny


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_format_that_the_processor_has_not_is_not_packed(tiny, tiny_ids, dtype, monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    exact = predict_logits(tiny.eval(), tiny_ids)
    tiny = tiny.to(dtype)
    assert packed(tiny) is tiny
    assert np.abs(predict_logits(packed(tiny), tiny_ids) - exact).max() < 0.05


@pytest.fixture
def made(monkeypatch):
    """The models that were packed."""
    models = []
    for name in ("scoring.evaluate", "experiment.build"):
        module = importlib.import_module(name)
        monkeypatch.setattr(module, "packed", lambda model: models.append(model) or packed(model))
    return models


def test_scores_come_from_packed_products(tiny, tiny_ids, made):
    tiny.train()
    evaluate(tiny, tiny_ids, [0, 1] * 24)
    assert made == [tiny]
    assert tiny.training


@pytest.mark.parametrize("fast", [False, True])
def test_the_teachers_outputs_are_those_of_the_teacher(tiny, tiny_ids, tmp_path, made, fast):
    forward = partial(fast_forward, batch_size=64) if fast else forward_batches
    targets = TeacherTargets(tiny, tiny_ids, [2, 4], place=tmp_path, forward=forward)
    assert made == [tiny] * fast
    index = np.arange(len(tiny_ids))
    logits, states = targets.batch(index, torch.device("cpu"))
    assert np.abs(logits.numpy() - predict_logits(tiny, tiny_ids)).max() < 1e-6
    for i, row in enumerate(tiny_ids):
        with torch.inference_mode():
            text = torch.tensor([row])
            alone = tiny(text, torch.ones_like(text), None, True).hidden_states
        for got, layer in zip(states, (2, 4), strict=True):
            own = alone[layer][0]
            assert ((got[i, : len(row)] - own).abs() - 2**-8 * own.abs()).max() < 1e-5  # bf16
            assert (got[i, len(row) :] == 0).all()


def test_training_scores_the_weights_of_the_moment(tiny, tiny_ids):
    """Packed weights are a copy: each evaluation must take a new one."""
    labels = [int(row[0] > 32) for row in tiny_ids]
    before = evaluate(tiny, tiny_ids, labels)["loss"]
    with torch.no_grad():
        tiny.classifier.bias += torch.tensor([1.0, -1.0])
    assert abs(evaluate(tiny, tiny_ids, labels)["loss"] - before) > 0.01
