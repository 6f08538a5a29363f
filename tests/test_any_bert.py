"""Checkpoints of others: which are taken, what of them is kept, which are refused in one line."""

import json

import numpy as np
import peft
import pytest
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

import export
import predict
import train
from bert_min import BertConfig, BertForSequenceClassification, ModelError, load_model
from bert_min.head import POOLER
from data.names import negative_first
from experiment.loading import load_classifier, load_run_model

WORDS = [
    "i",
    "hate",
    "you",
    "love",
    "all",
    "people",
    "hello",
    "friend",
    "day",
    "the",
    "cafe",
    "##s",
]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
SIZES = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
}
NAMES = ("not-hate", "hate")
TEXTS = ["i hate you", "hello friend", "love all people", "cafes", ""]


def write(folder, kind="BertForSequenceClassification", **config):
    """A folder that transformers saved, with a vocabulary."""
    torch.manual_seed(0)
    model = getattr(transformers, kind)(transformers.BertConfig(**SIZES | config))
    with torch.no_grad():  # a new model's biases are zero: rows could be mixed up unseen
        for name, parameter in model.named_parameters():
            if name == "classifier.bias":
                parameter.copy_(torch.linspace(-1, 1, len(parameter)))
    transformers.utils.logging.disable_progress_bar()
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in VOCABULARY))
    return folder


def edit(folder, file="config.json", **values):
    path = folder / file
    found = json.loads(path.read_text()) if path.exists() else {}
    kept = {k: v for k, v in (found | values).items() if v is not ...}
    path.write_text(json.dumps(kept))
    return folder


def scores(folder):
    """P of each class by name, as transformers' pipeline gives them."""
    given = pipeline("text-classification", model=str(folder), top_k=None)(TEXTS)
    return [{answer["label"]: answer["score"] for answer in answers} for answers in given]


def csv(folder, names=NAMES):
    """A folder of splits with these classes."""
    folder.mkdir()
    for split in ("train", "validation", "test"):
        rows = [f"i {word} you {n},{name}" for n, word in enumerate(WORDS) for name in names]
        (folder / f"{split}.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    return folder


# --- config.json -------------------------------------------------------------------------------

FAMILIES = ("Roberta", "DistilBert", "Electra", "Albert", "XLMRoberta", "DebertaV2", "ModernBert")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("told_by", ["model_type", "architectures", "weights"])
def test_another_family_is_refused_in_a_line_that_names_it(tmp_path, family, told_by):
    small = {
        "vocab_size": 30, "hidden_size": 32, "dim": 32, "num_hidden_layers": 2, "n_layers": 2,
        "num_attention_heads": 4, "n_heads": 4, "intermediate_size": 64, "hidden_dim": 64,
        "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1,
        "sep_token_id": 2,
    }  # fmt: skip
    kind = getattr(transformers, f"{family}ForSequenceClassification")
    config = getattr(transformers, f"{family}Config")(**small)
    kind(config).save_pretrained(tmp_path)
    word = config.model_type
    if told_by != "model_type":
        edit(tmp_path, model_type=..., hidden_act="gelu", position_embedding_type="absolute")
        word = kind.__name__
    if told_by == "weights":
        edit(tmp_path, architectures=...)
        words = {"ModernBert": "model.*", "DebertaV2": "type_vocab_size", "XLMRoberta": "roberta.*"}
        word = words.get(family, f"{family.lower()}.*")
    for names in (None, NAMES):
        with pytest.raises(ModelError, match=r"not the config|holds no BERT") as said:
            load_model(tmp_path, names)
        assert word in str(said.value)
        assert "\n" not in str(said.value)


# Every other field of a BERT's config.json that transformers has or had, with another value.
FIELDS = {
    "hidden_act": "relu", "position_embedding_type": "relative_key", "is_decoder": True,
    "add_cross_attention": True, "pruned_heads": {"0": [1]}, "use_cache": False,
    "bos_token_id": 5, "eos_token_id": 6, "sep_token_id": 7, "tie_word_embeddings": False,
    "chunk_size_feed_forward": 2, "is_encoder_decoder": True, "output_attentions": True,
    "output_hidden_states": True, "return_dict": False, "dtype": "bfloat16",
    "problem_type": "regression", "torchscript": True, "use_bfloat16": True,
    "gradient_checkpointing": True, "finetuning_task": "sst2", "task_specific_params": {"a": 1},
    "tokenizer_class": "BertTokenizer", "cross_attention_hidden_size": 8, "temperature": 2.0,
    "torch_dtype": "float16", "tf_legacy_loss": True, "prefix": "x", "max_length": 3,
    "quantization_config": {"quant_method": "gptq"}, "classifier_dropout": 0.5,
    "hidden_dropout_prob": 0.3, "attention_probs_dropout_prob": 0.3, "initializer_range": 0.5,
    "pad_token_id": 1, "layer_norm_eps": 1e-3,
}  # fmt: skip
SHAPES = {*SIZES, "type_vocab_size", "model_type"} - {"initializer_range"}
ABOUT = {"_name_or_path", "architectures", "transformers_version", "id2label", "label2id"}


def test_every_field_of_a_config_is_decided():
    assert set(transformers.BertConfig().to_dict()) <= {*FIELDS, *SHAPES, *ABOUT}


@torch.inference_mode()
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_is_obeyed_or_refused_or_changes_nothing(tmp_path, field):
    """Of the fields that we take, transformers' answer with the other value is ours."""
    write(tmp_path)
    edit(tmp_path, **{field: FIELDS[field]})
    refused = ("hidden_act", "position_embedding_type", "is_decoder", "add_cross_attention",
               "pruned_heads", "problem_type", "quantization_config")  # fmt: skip
    if field in refused:
        with pytest.raises(ModelError, match=field):
            load_model(tmp_path)
        return
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path, dtype=torch.float32)
    ids = torch.tensor([[2, 5, 6, 7, 9, 3], [2, 8, 3, 0, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]])
    expected = model.eval()(ids, mask)
    expected = expected[0] if isinstance(expected, tuple) else expected.logits
    assert (load_model(tmp_path)(ids, mask).logits - expected).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"problem_type": "multi_label_classification"}, "problem_type 'multi_label_class"),
        ({"problem_type": "regression"}, "problem_type 'regression'"),
        ({"architectures": ["BertForTokenClassification"]}, "problem_type 'BertForTokenClass"),
        ({"is_decoder": True}, "is_decoder True is not BERT's False"),
        ({"id2label": {"0": "LABEL_0"}}, "a single class"),
        ({"id2label": {"0": "a", "1": "a"}}, "one name to two classes"),
        ({"id2label": ..., "num_labels": 10**12}, "num_labels cannot be"),
    ],
)
def test_what_would_be_scored_wrongly_is_refused(tmp_path, command, values, reason):
    run = edit(write(tmp_path / "run"), **values)
    said = command(predict, "--run", run, "i hate you")
    assert (said.code, said.out) == (4, "")
    assert reason in said.err
    assert str(run) in said.err
    assert said.err.count("\n") == 1


def test_the_number_of_classes_without_names_is_read():
    assert BertConfig.from_dict({"num_labels": 3}).label_names == ("LABEL_0", "LABEL_1", "LABEL_2")
    named = {"num_labels": 3, "id2label": {"0": "a", "1": "b"}}  # names win, as in transformers
    assert BertConfig.from_dict(named).label_names == ("a", "b")


# --- what a training begins with ---------------------------------------------------------------


def begun(folder, names, seed=3):
    """A model as a training begins with it, a new one of the same seed, and what is said."""
    said: list[str] = []
    torch.manual_seed(seed)
    model = load_model(folder, names, said.append)
    torch.manual_seed(seed)
    fresh = BertForSequenceClassification(model.config)
    assert all(line.startswith(f"{folder}: ") for line in said)
    return model, fresh, [line.removeprefix(f"{folder}: ") for line in said]


def head(model):
    return torch.cat([model.classifier.weight.T, model.classifier.bias[None]]).T.detach()


def test_a_masked_language_model_gets_a_pooler_and_a_head(tmp_path):
    folder = write(tmp_path / "mlm", "BertForMaskedLM")
    model, fresh, said = begun(folder, NAMES)
    assert said == ["it has no pooler, as after masked language modelling: a new one is drawn"]
    assert set(model.drawn) == {*POOLER, "classifier.weight", "classifier.bias"}
    pooler, drawn = model.bert.pooler.dense, fresh.bert.pooler.dense
    assert torch.equal(pooler.weight, drawn.weight)
    assert torch.equal(head(model), head(fresh))
    assert 0.25 < pooler.weight.std() < 0.35  # initializer_range is 0.3
    assert pooler.bias.abs().max() == 0
    theirs = transformers.BertForMaskedLM.from_pretrained(folder).state_dict()
    ours = model.state_dict()
    for name in ours.keys() - set(model.drawn):
        assert torch.equal(ours[name], theirs[name])
    with pytest.raises(ModelError, match=r"lacks tensors of this model: bert\.pooler"):
        load_model(folder)


def test_a_head_of_another_size_makes_room_for_a_new_one(tmp_path):
    folder = write(tmp_path / "three", num_labels=3)
    model, fresh, said = begun(folder, NAMES)
    assert said == [
        "its head is for LABEL_0, LABEL_1, LABEL_2: a new one is drawn for not-hate, hate"
    ]
    assert torch.equal(head(model), head(fresh))
    assert not torch.equal(model.bert.pooler.dense.weight, fresh.bert.pooler.dense.weight)
    assert model.config.label_names == NAMES


@pytest.mark.parametrize(
    ("theirs", "ours", "rows"),
    [
        (("not-hate", "hate"), ("not-hate", "hate"), [0, 1]),
        (("hate", "not-hate"), ("not-hate", "hate"), [1, 0]),
        (("a", "b", "c"), ("c", "a", "b"), [2, 0, 1]),
    ],
)
def test_a_head_goes_on_with_the_classes_of_its_names(tmp_path, theirs, ours, rows):
    folder = write(tmp_path / "theirs", id2label=dict(enumerate(theirs)))
    model, _, said = begun(folder, ours)
    saved = load_file(folder / "model.safetensors")
    assert said == []
    assert torch.equal(model.classifier.weight, saved["classifier.weight"][rows])
    assert torch.equal(model.classifier.bias, saved["classifier.bias"][rows])
    assert model.config.label_names == ours


@pytest.mark.parametrize(
    ("config", "theirs"),
    [
        ({"id2label": {0: "civil", 1: "toxic"}}, "civil, toxic"),
        (
            {"id2label": dict(enumerate(NAMES)), "problem_type": "multi_label_classification"},
            "multi_label_classification",
        ),
    ],
)
def test_a_head_for_something_else_is_not_kept(tmp_path, config, theirs):
    model, fresh, said = begun(write(tmp_path / "theirs", **config), NAMES)
    assert said == [f"its head is for {theirs}: a new one is drawn for not-hate, hate"]
    assert torch.equal(head(model), head(fresh))


def test_two_classes_without_names_are_kept_in_their_order_and_more_are_not(tmp_path):
    folder = write(tmp_path / "two")
    model, _, said = begun(folder, NAMES)
    assert torch.equal(
        model.classifier.weight, load_file(folder / "model.safetensors")["classifier.weight"]
    )
    assert said == [
        "its head is for LABEL_0, LABEL_1, which are no names: it is kept for not-hate, hate"
    ]
    three, fresh, said = begun(write(tmp_path / "three", num_labels=3), ("a", "b", "c"))
    assert torch.equal(head(three), head(fresh))
    assert said == ["its head is for LABEL_0, LABEL_1, LABEL_2: a new one is drawn for a, b, c"]


def test_an_encoder_alone_gets_its_head_as_ever(tmp_path):
    model, fresh, said = begun(write(tmp_path / "encoder", "BertModel"), NAMES)
    assert said == []
    assert torch.equal(head(model), head(fresh))


@pytest.mark.parametrize("mode", ["teacher", "lora"])
def test_a_masked_language_model_is_trained_and_its_run_answers(tmp_path, command, mode):
    source, data = write(tmp_path / "mlm", "BertForMaskedLM"), csv(tmp_path / "data")
    flags = f"--epochs 1 --batch-size 8 --max-length 16 --out run --mode {mode}"
    said = command(train, "--model", source, "--data", data, *flags.split())
    assert said.code == 0, said.err
    assert said.err.count("a new one is drawn") == 1
    found = load_classifier(tmp_path / "run").logits([f"i {WORDS[0]} you 0"])
    line = json.loads((tmp_path / "run/predictions/test.jsonl").read_text().split("\n")[0])
    assert np.abs(found[0] - line["logits"]).max() < 1e-4


# --- two classes of others ---------------------------------------------------------------------

REVERSED = {0: "hate", 1: "normal"}
SETTLED = [
    ("hate", "normal"),
    ("normal", "hate"),
    ("toxic", "civil"),
    ("no", "yes"),
    ("b", "not b"),
]


@pytest.mark.parametrize("names", SETTLED)
def test_the_second_class_is_the_positive_one_whatever_the_order(tmp_path, capsys, names):
    run = write(tmp_path / "run", id2label=dict(enumerate(names)))
    classifier = load_classifier(run)
    negative, positive = negative_first(*names)
    assert classifier.label_names == (negative, positive)
    for ours, theirs in zip(classifier.predict(TEXTS), scores(run), strict=True):
        assert ours.score == pytest.approx(theirs[positive], abs=1e-5)
        assert ours.label == max(theirs, key=theirs.get)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("names", [("LABEL_0", "LABEL_1"), ("a", "b"), ("hate", "toxic")])
def test_names_that_settle_nothing_are_taken_in_their_order_and_that_is_said(
    tmp_path, capsys, names
):
    run = write(tmp_path / "run", id2label=dict(enumerate(names)))
    classifier = load_classifier(run)
    assert classifier.label_names == names
    first, second = names
    said = f"{run}: {second} is taken for the positive class; {first} could be it, too\n"
    assert capsys.readouterr().err == said
    expected = [theirs[second] for theirs in scores(run)]
    assert [p.score for p in classifier.predict(TEXTS)] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("file", ["config.json", "train_args.json"])
def test_a_run_of_ours_keeps_the_order_it_was_trained_in(tmp_path, capsys, file):
    """Its threshold and temperature were fitted to it."""
    ours = {"config.json": {"decision": {"threshold": 0.5}, "transformers_version": ...}}
    run = edit(
        write(tmp_path / "run", id2label=REVERSED),
        file,
        **ours.get(file, {"label_names": ["hate", "normal"]}),
    )
    classifier = load_classifier(run)
    assert classifier.label_names == ("hate", "normal")
    expected = [theirs["normal"] for theirs in scores(run)]
    assert [p.score for p in classifier.predict(TEXTS)] == pytest.approx(expected, abs=1e-5)
    assert capsys.readouterr().err == ""


def test_more_classes_stay_in_their_order(tmp_path):
    run = write(tmp_path / "run", id2label={0: "hate", 1: "normal", 2: "offensive"})
    model, _ = load_run_model(run)
    assert model.config.label_names == ("hate", "normal", "offensive")
    assert torch.equal(model.classifier.bias, load_model(run).classifier.bias)


@pytest.fixture
def adapter(tmp_path):
    """What PEFT saved on a base whose first class is the positive one, and its scores."""

    def make(targets=("query", "value"), kind="BertForSequenceClassification", **more):
        base = write(tmp_path / "base", kind, id2label=REVERSED)
        model = AutoModelForSequenceClassification.from_pretrained(base)
        config = peft.LoraConfig(target_modules=list(targets), init_lora_weights=False, **more)
        adapted = peft.get_peft_model(model, config)
        with torch.no_grad():
            for name, parameter in adapted.named_parameters():
                if "modules_to_save" in name:
                    parameter.copy_(torch.linspace(-1, 1, parameter.numel()).view_as(parameter))
        adapted.save_pretrained(tmp_path / "adapter")
        tokens = AutoTokenizer.from_pretrained(base)(TEXTS, padding=True, return_tensors="pt")
        with torch.inference_mode():
            return tmp_path / "adapter", adapted.eval()(**tokens).logits.softmax(1)[:, 0].tolist()

    return make


def test_an_adapter_of_others_is_turned_round_with_its_head(tmp_path, command, adapter, capsys):
    run, hate = adapter(task_type="SEQ_CLS")
    capsys.readouterr()
    classifier = load_classifier(run)
    told = f"{run} names no classes: those of its base are taken, hate, normal\n"
    assert capsys.readouterr().err == told
    assert classifier.label_names == ("normal", "hate")
    assert [p.score for p in classifier.predict(TEXTS)] == pytest.approx(hate, abs=1e-5)
    assert command(export, run, tmp_path / "merged").code == 0
    merged = load_classifier(tmp_path / "merged")
    assert merged.label_names == ("normal", "hate")
    assert [p.score for p in merged.predict(TEXTS)] == pytest.approx(hate, abs=1e-5)
    theirs = [answer["hate"] for answer in scores(tmp_path / "merged")]
    assert theirs == pytest.approx(hate, abs=1e-5)


def test_an_adapter_on_the_head_itself_is_turned_round(adapter):
    run, hate = adapter(targets=("query", "classifier"))
    assert [p.score for p in load_classifier(run).predict(TEXTS)] == pytest.approx(hate, abs=1e-5)


@torch.inference_mode()
def test_an_adapter_brings_the_number_of_its_classes(tmp_path):
    base = write(tmp_path / "base", "BertModel")
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=3)
    config = peft.LoraConfig(task_type="SEQ_CLS", target_modules=["query"], init_lora_weights=False)
    adapted = peft.get_peft_model(model, config).eval()
    adapted.save_pretrained(tmp_path / "adapter")
    ours, _ = load_run_model(tmp_path / "adapter")
    assert ours.config.label_names == ("LABEL_0", "LABEL_1", "LABEL_2")
    ids, mask = torch.tensor([[2, 5, 6, 3]]), torch.ones(1, 4, dtype=torch.long)
    assert (ours(ids, mask).logits - adapted(ids, mask).logits).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("kind", "more", "lost"),
    [
        ("BertModel", {}, "classifier.weight"),
        ("BertForMaskedLM", {"task_type": "SEQ_CLS"}, "bert.pooler.dense.weight"),
    ],
)
def test_an_adapter_whose_head_is_nowhere_is_refused(adapter, kind, more, lost):
    run, _ = adapter(kind=kind, **more)
    with pytest.raises(ModelError, match=rf"^neither {run} nor its base .* has a {lost} "):
        load_classifier(run)


def test_predict_answers_as_the_pipeline_for_a_model_turned_round(tmp_path, command):
    run = write(tmp_path / "run", id2label=REVERSED)
    said = command(predict, "--run", run, *TEXTS[:4])
    assert said.code == 0, said.err
    for line, theirs in zip(said.out.splitlines(), scores(run), strict=False):
        answer = json.loads(line)
        assert answer["score"] == pytest.approx(theirs["hate"], abs=1e-5)
        assert answer["label"] == (None if "reason" in answer else max(theirs, key=theirs.get))


# --- lengths, special tokens -------------------------------------------------------------------


def test_a_run_that_names_no_length_is_read_as_far_as_its_tokenizer_and_positions_go(
    tmp_path, capsys
):
    run, named = write(tmp_path / "run"), {"id2label": {"0": "not-hate", "1": "hate"}}
    edit(run, **named)
    assert load_classifier(run).tokenizer.max_length == 64  # max_position_embeddings
    edit(run, "tokenizer_config.json", model_max_length=8)
    assert load_classifier(run).tokenizer.max_length == 8
    assert capsys.readouterr().err == ""
    longer = load_classifier(run, 16)
    assert longer.predict(["you " * 14])[0].windows == 1
    assert longer.predict(["you " * 15])[0].windows == 2
    assert capsys.readouterr().err == f"{run}: up to 16 tokens are read; its tokenizer asks for 8\n"
    edit(run, "train_args.json", max_length=32)
    assert load_classifier(run).tokenizer.max_length == 32
    edit(run, "tokenizer_config.json", model_max_length=10**30)
    edit(run, "train_args.json", max_length=...)
    assert load_classifier(run).tokenizer.max_length == 64


def test_tokens_that_a_model_was_given_reach_its_scores(tmp_path):
    run = write(tmp_path / "run", vocab_size=len(VOCABULARY) + 2, id2label=dict(enumerate(NAMES)))
    edit(run, "tokenizer_config.json", additional_special_tokens=["[USER]", "[ABUSER]"])
    texts = ["meet [USER]", "meet [ABUSER]", "[USER] hates all [ABUSER]"]
    given = pipeline("text-classification", model=str(run), top_k=None)(texts)
    expected = [{a["label"]: a["score"] for a in answers}["hate"] for answers in given]
    assert [p.score for p in load_classifier(run).predict(texts)] == pytest.approx(
        expected, abs=1e-5
    )
    assert max(expected) - min(expected) > 0.01


def test_tokens_that_the_model_has_no_room_for_are_refused(tmp_path):
    run = write(tmp_path / "run", id2label=dict(enumerate(NAMES)))
    edit(run, "tokenizer_config.json", additional_special_tokens=["[USER]"])
    with pytest.raises(ModelError, match=f"has {len(VOCABULARY) + 1} entries, .*vocab_size is "):
        load_classifier(run)


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("mode", ["teacher", "lora"])
def test_a_run_is_read_as_its_model_was_by_us_and_by_transformers(tmp_path, command, lower, mode):
    source, data = write(tmp_path / "source", "BertModel"), csv(tmp_path / "data")
    (source / "vocab.txt").write_text("".join(f"{w}\n" for w in [*VOCABULARY[:-1], "Hate"]))
    edit(source, "tokenizer_config.json", do_lower_case=lower)
    flags = f"--epochs 1 --batch-size 8 --max-length 16 --out run --mode {mode}"
    assert command(train, "--model", source, "--data", data, *flags.split()).code == 0
    run = tmp_path / "run"
    if mode == "lora":
        assert command(export, run, tmp_path / "merged").code == 0
        run = tmp_path / "merged"
    texts = ["i Hate you", "i hate you", "HELLO"]
    kept = [AutoTokenizer.from_pretrained(folder)(texts)["input_ids"] for folder in (source, run)]
    ours = [e.ids for e in load_classifier(run).tokenizer.encode(texts)]
    assert ours == kept[0] == kept[1]
    assert (ours[0] == ours[1]) is lower
    theirs = pipeline("text-classification", model=str(run), top_k=None)(texts)
    logits = load_classifier(run).logits(texts)
    expected = torch.tensor(logits).softmax(1)[:, 1].tolist()
    found = [{a["label"]: a["score"] for a in answers}["hate"] for answers in theirs]
    assert found == pytest.approx(expected, abs=1e-5)
