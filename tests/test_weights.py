"""bert_min.weights: which files are read, which are refused, and what is written."""

import json
import stat
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification
from transformers import BertConfig as HFConfig
from transformers import BertForSequenceClassification as HFBert

from bert_min import BertConfig, BertForSequenceClassification, ModelError, load_model, save_model
from bert_min.weights import canonical_names, read_tensors
from distill import choose_layers, make_student

NAMES = ("not-hate", "hate")


def write(folder, config, tensors):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    save_file({n: t.contiguous() for n, t in tensors.items()}, folder / "model.safetensors")
    return folder


def published(model: BertForSequenceClassification, prefix="bert.") -> dict[str, torch.Tensor]:
    """An encoder in the names of the first BERT checkpoints: gamma, beta, no classifier."""
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name.startswith("bert."):
            name = name.replace("LayerNorm.weight", "LayerNorm.gamma")
            name = name.replace("LayerNorm.bias", "LayerNorm.beta")
            tensors[prefix + name.removeprefix("bert.")] = tensor
    return tensors


def same_encoder(a, b) -> bool:
    other = b.state_dict()
    return all(torch.equal(t, other[n]) for n, t in a.state_dict().items() if n.startswith("bert."))


@pytest.mark.parametrize("prefix", ["bert.", ""])
def test_prefix_gamma_beta_and_ignored_tensors(tmp_path, tiny, prefix):
    extra = {
        "cls.predictions.bias": torch.zeros(64),
        "cls.seq_relationship.weight": torch.zeros(2, 16),
        f"{prefix}embeddings.position_ids": torch.arange(24)[None],
    }
    folder = write(tmp_path, tiny.config, published(tiny, prefix) | extra)
    assert same_encoder(tiny, load_model(folder, NAMES))
    assert same_encoder(tiny, load_model(folder / "model.safetensors", NAMES))


def test_loading_draws_nothing_that_a_file_has(tmp_path, tiny):
    save_model(tiny, tmp_path)
    before = torch.get_rng_state()
    assert same_encoder(tiny, load_model(tmp_path))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_training_begins_with_the_same_drawn_head_whatever_else_is_loaded(tmp_path, tiny):
    folder = write(tmp_path, tiny.config, published(tiny))
    torch.manual_seed(7)
    model = load_model(folder, NAMES)
    torch.manual_seed(7)
    own = BertForSequenceClassification(tiny.config)
    assert torch.equal(model.classifier.weight, own.classifier.weight)


def test_values_so_large_that_their_sum_is_infinite_are_taken(tmp_path, tiny):
    tensors = tiny.state_dict()
    name = "bert.encoder.layer.0.output.dense.weight"
    tensors[name] = torch.full_like(tensors[name], 3e38)
    assert not tensors[name].sum().isfinite()
    read = load_model(write(tmp_path, tiny.config, tensors))
    assert torch.equal(read.state_dict()[name], tensors[name])


def test_a_model_keeps_its_values_when_its_file_changes(tmp_path, tiny):
    save_model(tiny, tmp_path)
    model = load_model(tmp_path)
    with open(tmp_path / "model.safetensors", "r+b") as file:
        file.seek(-4096, 2)
        file.write(bytes(4096))
    assert all(torch.equal(t, model.state_dict()[n]) for n, t in tiny.state_dict().items())


def test_a_sharded_checkpoint(tmp_path, tiny):
    tensors = {n: t.contiguous() for n, t in tiny.state_dict().items()}
    names = list(tensors)
    (tmp_path / "config.json").write_text(json.dumps(tiny.config.to_dict()))
    weight_map = {}
    for part in (0, 1):
        shard = f"model-0000{part + 1}-of-00002.safetensors"
        save_file({n: tensors[n] for n in names[part::2]}, tmp_path / shard)
        weight_map |= dict.fromkeys(names[part::2], shard)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    loaded = load_model(tmp_path)
    assert all(torch.equal(t, tensors[n]) for n, t in loaded.state_dict().items())
    single = {n: t + 1 for n, t in tensors.items()}  # a single file goes first, as in transformers
    save_file(single, tmp_path / "model.safetensors")
    assert all(torch.equal(t, single[n]) for n, t in load_model(tmp_path).state_dict().items())
    theirs = HFBert.from_pretrained(tmp_path)
    assert all(torch.equal(t, single[n]) for n, t in theirs.state_dict().items())
    (tmp_path / "model.safetensors").unlink()
    index.write_text(json.dumps({"weight_map": {names[0]: "../elsewhere.safetensors"}}))
    with pytest.raises(ModelError, match="not a file beside it"):
        load_model(tmp_path)


def test_a_config_that_asks_for_far_more_than_its_file_holds_is_refused(tmp_path, tiny):
    """Before a model of its size is built: of a typing error, that may be more than memory."""
    folder = write(tmp_path, replace(tiny.config, vocab_size=100_000), tiny.state_dict())
    with pytest.raises(ModelError, match=r"config beside .* asks for 1,6\d\d,\d{3} values"):
        load_model(folder)


def test_a_padding_row_that_is_not_zero_is_kept(tmp_path, tiny):
    """bert-base-uncased has one."""
    with torch.no_grad():
        tiny.bert.embeddings.word_embeddings.weight[0] = 1
    loaded = load_model(write(tmp_path, tiny.config, tiny.state_dict()))
    assert (loaded.bert.embeddings.word_embeddings.weight[0] == 1).all()
    student = make_student(loaded, [1, 3])
    assert (student.bert.embeddings.word_embeddings.weight[0] == 1).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_cast_to_fp32(tmp_path, tiny, dtype):
    halves = {n: t.to(dtype) for n, t in tiny.state_dict().items()}
    loaded = load_model(write(tmp_path, tiny.config, halves))
    for name, tensor in loaded.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, halves[name].float())


def test_the_layout_of_bert_base_uncased(tmp_path):
    """110,106,428 values in the file; 109,483,778 with a head; 66,956,546 in six layers."""
    model = BertForSequenceClassification(BertConfig())
    C, V = 768, 30522
    cls = {
        "cls.predictions.bias": (V,),
        "cls.predictions.transform.dense.weight": (C, C),
        "cls.predictions.transform.dense.bias": (C,),
        "cls.predictions.transform.LayerNorm.gamma": (C,),
        "cls.predictions.transform.LayerNorm.beta": (C,),
        "cls.seq_relationship.weight": (2, C),
        "cls.seq_relationship.bias": (2,),
    }
    tensors = {name: tensor.half() for name, tensor in published(model).items()}
    tensors |= {name: torch.zeros(shape, dtype=torch.half) for name, shape in cls.items()}
    assert sum(t.numel() for t in tensors.values()) == 110_106_428
    teacher = load_model(write(tmp_path, model.config, tensors), NAMES)
    assert sum(p.numel() for p in teacher.parameters()) == 109_483_778
    key = "bert.encoder.layer.11.output.LayerNorm.weight"
    assert torch.equal(teacher.state_dict()[key], model.state_dict()[key].half().float())
    student = make_student(teacher, choose_layers("odd", 12))
    assert sum(p.numel() for p in student.parameters()) == 66_956_546


LAYER = "bert.encoder.layer.0.intermediate.dense.weight"


def without(tensors, *names):
    return {n: t for n, t in tensors.items() if n not in names}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: without(t, LAYER), f"lacks tensors of this model: {LAYER}"),
        (lambda t: without(t, "classifier.bias"), "lacks tensors of this model: classifier.bias"),
        (lambda t: t | {"bert.extra": torch.ones(1)}, "has tensors that this model does not"),
        (lambda t: t | {LAYER: torch.ones(3, 3)}, r"is \(3, 3\), the config asks for \(32, 16\)"),
        (lambda t: t | {LAYER: t[LAYER] * torch.nan}, f"values that are not finite: {LAYER}"),
        (lambda t: t | {LAYER: t[LAYER] + torch.inf}, "values that are not finite"),
        (lambda t: t | {LAYER: t[LAYER].int()}, r"not floating point: .* is torch.int32"),
        (lambda t: without(t, *[n for n in t if "layer.1" in n]), r"and 11 more"),
    ],
)
def test_anything_else_is_an_error_and_names_the_first_offenders(tmp_path, tiny, change, message):
    folder = write(tmp_path, tiny.config, change(dict(tiny.state_dict())))
    for names in (None, NAMES):
        with pytest.raises(ModelError, match=message):
            load_model(folder, names)


def test_two_names_for_one_parameter_are_refused():
    with pytest.raises(ModelError, match="two tensors"):
        canonical_names({"x.LayerNorm.gamma": torch.ones(1), "x.LayerNorm.weight": torch.ones(1)})


def test_a_failed_load_changes_nothing(tmp_path, tiny):
    from bert_min.weights import fill

    before = {n: t.clone() for n, t in tiny.state_dict().items()}
    tensors = {n: t + 1 for n, t in before.items()} | {LAYER: torch.full((32, 16), torch.nan)}
    with pytest.raises(ModelError):
        fill(tiny, tensors, "here")
    assert all(torch.equal(t, before[n]) for n, t in tiny.state_dict().items())


def test_the_head_is_new_only_where_the_checkpoint_has_none(tmp_path, tiny):
    folder = write(tmp_path, tiny.config, tiny.state_dict())
    assert torch.equal(load_model(folder, NAMES).classifier.weight, tiny.classifier.weight)
    assert load_model(folder, ("no", "yes")).config.label_names == ("no", "yes")
    bare = write(tmp_path / "bare", tiny.config, published(tiny))
    with pytest.raises(ModelError, match=r"lacks tensors of this model: classifier\.weight"):
        load_model(bare)
    torch.manual_seed(5)
    first = load_model(bare, NAMES).classifier.weight
    torch.manual_seed(5)
    assert torch.equal(first, load_model(bare, NAMES).classifier.weight)
    assert 0.01 < first.std() < 0.03  # initializer_range is 0.02


@pytest.mark.parametrize("content", [b"", b"\x80\x02}q\x00.", b"<html>", b"\0" * 64])
def test_what_is_no_safetensors_file_is_refused(tmp_path, tiny_config, content):
    (tmp_path / "config.json").write_text(json.dumps(tiny_config.to_dict()))
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors is not a readable safetensors file"):
        load_model(tmp_path)


def test_a_pickle_beside_nothing_is_named_and_not_opened(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin is a pickle"):
        read_tensors(tmp_path)


@torch.inference_mode()
def test_transformers_loads_what_we_save(tmp_path, tiny):
    save_model(tiny, tmp_path)
    theirs, info = AutoModelForSequenceClassification.from_pretrained(
        tmp_path, output_loading_info=True
    )
    assert not any(info.values())
    assert theirs.config.id2label == {0: "not-hate", 1: "hate"}
    ids, mask = torch.tensor([[1, 2, 3]]), torch.ones(1, 3, dtype=torch.long)
    difference = theirs.eval()(ids, mask).logits - tiny(ids, mask).logits
    assert difference.abs().max() <= 1e-6


@torch.inference_mode()
def test_we_load_what_transformers_saves(tmp_path, tiny_config):
    values = {k: v for k, v in tiny_config.to_dict().items() if k != "dtype"}
    theirs = HFBert(HFConfig(**values)).eval()
    theirs.save_pretrained(tmp_path)
    ours = load_model(tmp_path)
    assert ours.config.label_names == NAMES
    ids, mask = torch.tensor([[1, 2, 3]]), torch.ones(1, 3, dtype=torch.long)
    assert (theirs(ids, mask).logits - ours(ids, mask).logits).abs().max() <= 1e-6


def test_saved_files_may_be_read_by_others(tmp_path, tiny):
    save_model(tiny, tmp_path)
    assert stat.S_IMODE((tmp_path / "model.safetensors").stat().st_mode) == 0o644
    assert set(load_file(tmp_path / "model.safetensors")) == set(tiny.state_dict())
