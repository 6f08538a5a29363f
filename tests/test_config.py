"""bert_min.config: what a config.json may say."""

import json

import pytest

from bert_min import BertConfig, ModelError


def test_defaults_are_bert_base_uncased(minilm):
    config = BertConfig()
    assert (config.vocab_size, config.hidden_size, config.num_hidden_layers) == (30522, 768, 12)
    assert (config.num_attention_heads, config.intermediate_size) == (12, 3072)
    assert (config.layer_norm_eps, config.attention_probs_dropout_prob) == (1e-12, 0.1)
    small = BertConfig.from_file(minilm / "config.json")
    assert (small.num_hidden_layers, small.hidden_size, small.num_labels) == (6, 384, 2)


def test_to_dict_and_from_dict_are_inverse(tiny_config):
    assert BertConfig.from_dict(json.loads(json.dumps(tiny_config.to_dict()))) == tiny_config


def test_both_label_tables_are_written(tiny_config):
    values = tiny_config.to_dict()
    assert values["architectures"] == ["BertForSequenceClassification"]
    assert values["id2label"] == {"0": "not-hate", "1": "hate"}
    assert values["label2id"] == {"not-hate": 0, "hate": 1}


def test_label_names_are_read_in_the_order_of_their_ids():
    config = BertConfig.from_dict({"id2label": {"1": "hate", "0": "not-hate"}})
    assert config.label_names == ("not-hate", "hate")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden_size": 770}, "hidden_size 770 is not a multiple of num_attention_heads 12"),
        ({"model_type": "roberta"}, "model_type 'roberta'"),
        ({"hidden_act": "gelu_new"}, "hidden_act 'gelu_new' is not BERT's 'gelu'"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"num_hidden_layers": 0}, "num_hidden_layers must be a positive whole number"),
        ({"num_hidden_layers": 2.5}, "num_hidden_layers must be a positive whole number"),
        ({"hidden_dropout_prob": 1.5}, r"hidden_dropout_prob must lie in \[0, 1\)"),
        ({"classifier_dropout": 1}, "classifier_dropout must lie in"),
        ({"pad_token_id": 30522}, "pad_token_id 30522 is no id below vocab_size 30522"),
        ({"pad_token_id": None}, "pad_token_id None"),
        ({"layer_norm_eps": 0}, "layer_norm_eps must be a positive number"),
        ({"id2label": {"0": "a", "2": "b"}}, "id2label has the ids"),
    ],
)
def test_what_is_no_bert_is_refused(values, message):
    with pytest.raises(ModelError, match=message):
        BertConfig.from_dict(values)


def test_null_stands_for_what_we_compute():
    found = BertConfig.from_dict({"hidden_act": None, "position_embedding_type": None})
    assert found == BertConfig()


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"id2label": 3}', '{"id2label": {"a": "b"}}'])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"config\.json is not the config\.json of a BERT"):
        BertConfig.from_file(tmp_path / "config.json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"no config\.json in"):
        BertConfig.from_file(tmp_path / "config.json")
