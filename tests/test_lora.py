"""lora: the layer by its definition, and adapters against PEFT."""

import copy
import json

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoModelForSequenceClassification

from bert_min import BertConfig, BertForSequenceClassification, load_model, save_model
from lora import (
    AdapterError,
    LoRALinear,
    add_lora,
    count_parameters,
    head_rows,
    load_adapter,
    lora_layers,
    merge_lora,
    read_adapter_config,
    save_adapter,
    unload_lora,
    unmerge_lora,
)

SETTINGS = {"target_modules": ["query", "value"], "r": 4, "lora_alpha": 8, "lora_dropout": 0.1}
IDS, MASK = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0]]), torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])


def random_adapter(model: nn.Module) -> None:
    """Give B other values than zero, so that the adapter says something."""
    torch.manual_seed(3)
    with torch.no_grad():
        for _, layer in lora_layers(model):
            layer.lora_B.normal_()


@pytest.fixture
def adapted(tiny):
    add_lora(tiny, **SETTINGS)
    return tiny.eval()


# ---- the layer


def test_the_layer_by_hand():
    """x = (1, 2); A = (1, 1); B = (1, 0)^T; scaling = 6 / 1: update = 6 * 3 * (1, 0) = (18, 0)."""
    base = nn.Linear(2, 2)
    nn.init.eye_(base.weight)
    nn.init.zeros_(base.bias)
    layer = LoRALinear(base, r=1, lora_alpha=6, lora_dropout=0.0)
    with torch.no_grad():
        layer.lora_A.copy_(torch.tensor([[1.0, 1.0]]))
        layer.lora_B.copy_(torch.tensor([[1.0], [0.0]]))
    assert layer(torch.tensor([1.0, 2.0])).tolist() == [19.0, 2.0]


def test_dropout_comes_before_a():
    """Of 16 inputs some are dropped, so the sum takes values between nothing and everything."""
    layer = LoRALinear(nn.Linear(16, 1), r=1, lora_alpha=1, lora_dropout=0.5)
    with torch.no_grad():
        layer.lora_A.fill_(1.0)
        layer.lora_B.fill_(1.0)
    torch.manual_seed(0)
    x = torch.ones(64, 16)
    assert len((layer(x) - layer.base(x)).round().unique()) > 4


def test_the_base_is_frozen_and_the_adapter_is_not():
    layer = LoRALinear(nn.Linear(3, 2), r=1, lora_alpha=1, lora_dropout=0.0)
    trained = {name for name, p in layer.named_parameters() if p.requires_grad}
    assert trained == {"lora_A", "lora_B"}


def test_identical_to_the_base_at_step_zero(tiny):
    expected = tiny(IDS, MASK).logits
    add_lora(tiny, **SETTINGS)
    assert torch.equal(tiny.eval()(IDS, MASK).logits, expected)
    for _, layer in lora_layers(tiny):
        assert not layer.lora_B.any()
        bound = 1 / layer.base.in_features**0.5  # kaiming_uniform with a = sqrt(5)
        assert 0.5 * bound < layer.lora_A.abs().max() <= bound


def test_a_step_moves_adapter_and_head_and_nothing_else(adapted):
    before = {n: p.detach().clone() for n, p in adapted.named_parameters()}
    trainable = [p for p in adapted.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trainable, lr=1.0)
    random_adapter(adapted)  # while B is zero, A has no gradient
    before |= {n: p.detach().clone() for n, p in adapted.named_parameters() if "lora_B" in n}
    for _ in range(2):
        optimizer.zero_grad()
        nn.functional.cross_entropy(adapted(IDS, MASK).logits, torch.tensor([0, 1])).backward()
        optimizer.step()
    for name, parameter in adapted.named_parameters():
        moves = "lora_" in name or name.startswith("classifier")
        assert torch.equal(parameter, before[name]) != moves, name


def test_counts_for_bert_base():
    model = BertForSequenceClassification(BertConfig())
    add_lora(model, ["query", "value"], r=16, lora_alpha=32, lora_dropout=0.1)
    adapter = sum(m.lora_A.numel() + m.lora_B.numel() for _, m in lora_layers(model))
    assert adapter == 589_824
    assert count_parameters(model.parameters()) == (109_483_778 + 589_824, 589_824 + 1_538)


def test_merge_adds_scaled_b_a_once_and_unmerge_restores_every_bit(adapted):
    random_adapter(adapted)
    _, layer = next(lora_layers(adapted))
    weight, expected = layer.base.weight.clone(), adapted(IDS, MASK).logits
    merge_lora(adapted)
    merged = layer.base.weight.clone()
    assert torch.allclose(merged, weight + 8 / 4 * layer.lora_B @ layer.lora_A, atol=1e-6)
    assert not torch.equal(merged, weight)
    assert (adapted(IDS, MASK).logits - expected).abs().max() <= 1e-5
    merge_lora(adapted)
    assert torch.equal(layer.base.weight, merged)
    unmerge_lora(adapted)
    assert torch.equal(layer.base.weight, weight)
    assert torch.equal(adapted(IDS, MASK).logits, expected)
    unmerge_lora(adapted)
    assert torch.equal(layer.base.weight, weight)


def test_a_merged_adapter_is_unmerged_where_it_is_trained(adapted):
    layer = next(layer for _, layer in lora_layers(adapted))
    weight = layer.base.weight.clone()
    merge_lora(adapted)
    adapted.eval()
    assert layer.merged
    adapted.train()
    assert not layer.merged
    assert torch.equal(layer.base.weight, weight)
    layer(torch.randn(3, layer.base.in_features)).sum().backward()
    assert layer.lora_A.grad is not None


def test_unload_leaves_the_merged_model_and_nothing_of_the_adapter(adapted):
    names = [name.replace(".base.", ".") for name in adapted.state_dict() if "lora_" not in name]
    random_adapter(adapted)
    layers = [layer for _, layer in lora_layers(adapted)]
    layers[0].merge()
    with pytest.raises(ValueError, match="is not merged"):
        unload_lora(adapted)
    assert [layer for _, layer in lora_layers(adapted)] == layers  # the merged one too
    merge_lora(adapted)
    expected = adapted(IDS, MASK).logits
    unload_lora(adapted)
    assert list(adapted.state_dict()) == names
    assert not list(lora_layers(adapted))
    assert torch.equal(adapted(IDS, MASK).logits, expected)


def test_merging_in_training_mode_does_not_bake_in_dropout(adapted):
    random_adapter(adapted)
    _, layer = next(lora_layers(adapted))
    exact = layer.base.weight + 2 * layer.lora_B @ layer.lora_A
    adapted.train()
    merge_lora(adapted)
    assert torch.allclose(layer.base.weight, exact, atol=1e-6)


def test_dropout_touches_the_adapter_path_alone(adapted):
    _, layer = next(lora_layers(adapted))
    layer.train()
    x = torch.randn(3, 16)
    assert torch.equal(layer(x), layer.base(x))  # B is zero: whatever is dropped, nothing is added
    random_adapter(adapted)
    assert not torch.equal(layer(x), layer(x))


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (["kwery"], "no module of the model is called 'kwery'"),
        (["attention"], "is bert.encoder.layer.0.attention, a BertAttention"),
        (["classifier"], "which is trained in full"),
        (["uery"], "no module of the model is called 'uery'"),
    ],
)
def test_targets_that_are_no_linear_layers_are_refused(tiny, targets, message):
    with pytest.raises(ValueError, match=message):
        add_lora(tiny, targets)


def test_targets_match_ends_of_paths_as_in_peft(tiny):
    add_lora(tiny, ["attention.output.dense"])
    names = [name for name, _ in lora_layers(tiny)]
    assert names == [f"bert.encoder.layer.{i}.attention.output.dense" for i in range(4)]
    assert not tiny.bert.pooler.dense.weight.requires_grad


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"r": 0}, "rank r must be at least 1, not 0"),
        ({"lora_dropout": 1.5}, "between 0 and 1"),
        ({"modules_to_save": ["head"]}, "no module of the model is called 'head'"),
    ],
)
def test_a_refused_adapter_leaves_the_model_as_it_was(tiny, settings, message):
    with pytest.raises(ValueError, match=message):
        add_lora(tiny, ["query"], **settings)
    assert all(parameter.requires_grad for parameter in tiny.parameters())
    assert not list(lora_layers(tiny))


# ---- adapter files


def peft_config(**more):
    settings = {"task_type": "SEQ_CLS", "r": 4, "lora_alpha": 8, "lora_dropout": 0.1}
    return peft.LoraConfig(**settings | {"target_modules": ["query", "value"]} | more)


@pytest.fixture
def base(tiny, tmp_path):
    """A saved base model, and a fresh copy of it in memory."""
    save_model(tiny, tmp_path / "base")
    return tmp_path / "base"


@torch.inference_mode()
def test_peft_loads_our_adapter(base, tmp_path):
    model = load_model(base)
    add_lora(model, **SETTINGS)
    random_adapter(model)
    model.classifier.weight.add_(1.0)  # a trained head, unlike the base's
    save_adapter(model.eval(), tmp_path / "ours", SETTINGS, str(base))
    theirs = AutoModelForSequenceClassification.from_pretrained(base)
    theirs = peft.PeftModel.from_pretrained(theirs, tmp_path / "ours").eval()
    assert (theirs(IDS, MASK).logits - model(IDS, MASK).logits).abs().max() <= 1e-5
    auto = peft.AutoPeftModelForSequenceClassification.from_pretrained(tmp_path / "ours").eval()
    assert torch.equal(auto(IDS, MASK).logits, theirs(IDS, MASK).logits)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"modules_to_save": ["classifier", "pooler"]},
        {"target_modules": r".*layer\.[13]\..*(query|dense)"},
        {"exclude_modules": ["layer.0.attention.self.query"]},
        {"exclude_modules": r".*layer\.[01]\..*"},
        {"target_modules": ["query", "self.query"]},
        {"init_lora_weights": False},
        {"init_lora_weights": "gaussian"},
        {"init_lora_weights": "orthogonal"},
    ],
    ids=str,
)
@torch.inference_mode()
def test_we_load_pefts_adapter(base, tmp_path, settings):
    theirs = AutoModelForSequenceClassification.from_pretrained(base)
    theirs = peft.get_peft_model(theirs, peft_config(**settings)).eval()
    torch.manual_seed(4)
    for name, parameter in theirs.named_parameters():
        if "lora_B" in name or "modules_to_save" in name:
            parameter.normal_()
    theirs.save_pretrained(tmp_path / "peft")
    ours = load_model(base)
    load_adapter(ours, tmp_path / "peft")
    expected = theirs(IDS, MASK).logits
    assert (ours.eval()(IDS, MASK).logits - expected).abs().max() <= 1e-5
    merge_lora(ours)
    assert (ours(IDS, MASK).logits - expected).abs().max() <= 1e-5


def test_without_a_list_the_tasks_head_is_taken(saved):
    """As PEFT does: files that name no modules_to_save hold the head of SEQ_CLS all the same."""
    folder, model = saved
    change_config(folder, {"modules_to_save": None})
    head = load_file(folder / "adapter_model.safetensors")["base_model.model.classifier.weight"]
    load_adapter(model, folder)
    assert torch.equal(model.classifier.weight, head)


def change_config(folder, change):
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def test_our_files_have_pefts_keys(base, tmp_path, adapted):
    save_adapter(adapted, tmp_path / "ours", SETTINGS, str(base))
    theirs = AutoModelForSequenceClassification.from_pretrained(base)
    peft.get_peft_model(theirs, peft_config()).save_pretrained(tmp_path / "peft")
    files = [load_file(tmp_path / who / "adapter_model.safetensors") for who in ("ours", "peft")]
    shapes = [{name: tuple(t.shape) for name, t in file.items()} for file in files]
    assert shapes[0] == shapes[1]
    assert (tmp_path / "ours" / "adapter_model.safetensors").stat().st_mode & 0o777 == 0o644


def test_a_head_without_rows_has_no_classes(tmp_path):
    """load_adapter then says what is wrong with the file."""
    path = tmp_path / "adapter_model.safetensors"
    save_file({"base_model.model.classifier.weight": torch.tensor(1.0)}, path)
    assert head_rows(tmp_path) is None


def test_what_an_adapter_was_trained_with_comes_back(adapted, tmp_path, tiny_config):
    """PEFT goes on with these, and asks the Hub for this commit of the base."""
    save_adapter(adapted, tmp_path, SETTINGS, "org/base", "c0ffee")
    theirs = peft.PeftConfig.from_pretrained(tmp_path)
    assert (theirs.base_model_name_or_path, theirs.revision) == ("org/base", "c0ffee")
    assert (theirs.r, theirs.lora_alpha, theirs.lora_dropout) == (4, 8, 0.1)
    model = BertForSequenceClassification(tiny_config)
    load_adapter(model, tmp_path)
    assert {(m.scaling, m.dropout.p) for _, m in lora_layers(model)} == {(2.0, 0.1)}


@pytest.fixture
def saved(adapted, tmp_path, tiny_config):
    save_adapter(adapted, tmp_path / "a", SETTINGS, "base")
    torch.manual_seed(0)
    return tmp_path / "a", BertForSequenceClassification(tiny_config)


CHANGED_BASES = ("pissa", "pissa_niter_16", "olora", "corda", "loftq", "lora_ga", "of tomorrow")
KEY = "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: {n: v for n, v in t.items() if n != KEY}, f"{KEY} is missing"),
        (lambda t: t | {"base_model.model.x": torch.ones(1)}, "base_model.model.x has no place"),
        (lambda t: t | {KEY: torch.ones(2, 16)}, r"is \(2, 16\), the model asks for \(4, 16\)"),
        (lambda t: t | {KEY: torch.full((4, 16), torch.nan)}, "is not finite"),
        (lambda t: t | {KEY: t[KEY].to(torch.float8_e4m3fn)}, r"is torch\.float8_e4m3fn"),
    ],
)
def test_adapters_that_do_not_fit_are_refused(saved, change, message):
    folder, model = saved
    path = folder / "adapter_model.safetensors"
    save_file(change(load_file(path)), path)
    before = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    with pytest.raises(AdapterError, match=message):
        load_adapter(model, folder)
    assert {n: p.requires_grad for n, p in model.named_parameters()} == before  # and no LoRA layer


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"peft_type": "LOHA"}, "of type 'LOHA'"),
        ({"task_type": "TOKEN_CLS"}, "task 'TOKEN_CLS', not 'SEQ_CLS'"),
        ({"use_dora": True}, "use_dora = True"),
        ({"use_rslora": True}, "use_rslora = True"),
        ({"bias": "all"}, "bias = 'all'"),
        ({"rank_pattern": {"query": 2}}, "rank_pattern"),
        ({"r": "4"}, "r = '4'"),
        ({"r": 0}, "r = 0"),
        ({"r": -4}, "r = -4"),
        ({"r": True}, "r = True"),
        ({"lora_alpha": -1}, "lora_alpha = -1"),
        ({"lora_alpha": 2e6}, "lora_alpha = 2000000"),
        ({"lora_alpha": float("nan")}, "lora_alpha = nan"),
        ({"lora_dropout": 1.0}, r"lora_dropout = 1\.0"),
        ({"lora_alpha": "4"}, "lora_alpha = '4'"),
        ({"fan_in_fan_out": True}, "fan_in_fan_out = True"),
        ({"alpha_pattern": {"query": 2}}, "alpha_pattern"),
        ({"layers_to_transform": [1]}, "layers_to_transform"),
        ({"lora_bias": True}, "lora_bias = True"),
        ({"target_modules": 3}, "target_modules is not a list"),
        ({"target_modules": "query("}, "target_modules is no pattern"),
        ({"target_modules": "query"}, "fits no layer"),
        ({"target_modules": ["q_proj"]}, "does not fit this model"),
        ({"modules_to_save": "classifier"}, "modules_to_save is not a list"),
        ({"exclude_modules": ["layer.0.attention.self.query"]}, "has no place"),
        *(({"init_lora_weights": name}, f"begun with '{name}'") for name in CHANGED_BASES),
        ({"alora_invocation_tokens": [1, 2]}, "alora_invocation_tokens = "),
        ({"layer_replication": [[0, 2], [1, 2]]}, "layer_replication = "),
        ({"target_parameters": ["experts.weight"]}, "target_parameters = "),
        ({"trainable_token_indices": [5]}, "trainable_token_indices = "),
        ({"use_something_of_tomorrow": True}, "use_something_of_tomorrow = True"),
    ],
)
def test_adapters_of_another_kind_are_refused(saved, change, message):
    folder, model = saved
    change_config(folder, change)
    with pytest.raises(AdapterError, match=message):
        load_adapter(model, folder)


def test_fields_that_are_off_are_taken(saved):
    folder, model = saved
    known = peft_config(target_modules="a pattern").to_dict()
    others = {name: value for name, value in known.items() if value in (None, False, {}, [])}
    assert len(others) > 20
    change_config(folder, others | {"modules_to_save": ["classifier"], "later": None})
    load_adapter(model, folder)


def test_missing_or_damaged_adapter_files_are_refused(saved, tmp_path):
    folder, model = saved
    with pytest.raises(AdapterError, match=r"no adapter_config\.json"):
        read_adapter_config(tmp_path)
    (folder / "adapter_model.safetensors").write_bytes(b"garbage")
    with pytest.raises(AdapterError, match="not a readable safetensors file"):
        load_adapter(copy.deepcopy(model), folder)
    (folder / "adapter_model.safetensors").unlink()
    with pytest.raises(AdapterError, match=r"no adapter_model\.safetensors"):
        load_adapter(model, folder)


def test_adapters_of_a_model_at_rest_are_at_rest():
    """Else its dropout would be in every score until training begins."""
    for mode in (True, False):
        model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)).train(mode)
        add_lora(model, ["0"], modules_to_save=["1"])
        assert {module.training for module in model.modules()} == {mode}
