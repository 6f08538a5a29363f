"""speed.unpadded: texts end to end, and each has the logits that it has alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bert_min import BertForSequenceClassification, BertTokenizer, load_model
from experiment.classifier import Classifier
from scoring import predict_logits
from speed import unpadded
from speed.unpadded import Unpadded, parts_of


@pytest.fixture
def model(minilm):
    """MiniLM with a head that tells texts apart."""
    model = load_model(minilm, ("no", "yes"))
    torch.nn.init.normal_(model.classifier.weight, std=0.5)
    return model.eval()


@pytest.fixture(scope="module")
def text_ids(texts, minilm):
    """96 texts in no order of length."""
    return [encoded.ids for encoded in BertTokenizer(minilm, 128).encode(texts[:96])]


def test_texts_of_many_lengths_have_the_logits_that_the_padded_model_gives(model, text_ids):
    alone = predict_logits(model, text_ids, 1)
    assert alone.std(axis=0).min() > 0.1
    assert np.abs(Unpadded(model).logits(text_ids) - alone).max() < 1e-5


def test_no_text_sees_its_neighbours(tiny, tiny_ids):
    fast = Unpadded(tiny)
    alone = np.concatenate([fast.logits([row]) for row in tiny_ids])
    assert np.abs(fast.logits(tiny_ids) - alone).max() < 1e-6
    assert np.abs(fast.logits(tiny_ids[::-1])[::-1] - alone).max() < 1e-6


def test_many_tokens_are_read_in_parts(tiny, tiny_ids, monkeypatch):
    whole = Unpadded(tiny).logits(tiny_ids)
    monkeypatch.setattr(unpadded, "MOST_TOKENS", 20)
    assert np.abs(Unpadded(tiny).logits(tiny_ids) - whole).max() < 1e-6


def test_a_part_has_one_text_or_no_more_tokens_than_it_may():
    rows = [[0] * n for n in (3, 3, 9, 4, 1, 12, 2)]
    assert [[len(row) for row in part] for part in parts_of(rows, 8)] == [
        [3, 3],
        [9],
        [4, 1],
        [12],
        [2],
    ]
    assert list(parts_of([], 8)) == []


def test_more_classes_and_no_text(tiny_config):
    model = BertForSequenceClassification(replace(tiny_config, label_names=("a", "b", "c")))
    fast = Unpadded(model)
    assert fast.logits([]).shape == (0, 3)
    assert fast.logits([[1, 2], [3, 4, 5]]).shape == (2, 3)


def test_the_weights_keep_their_values_and_their_place_in_the_model(tiny, tiny_ids):
    before = {name: (p, p.detach().clone()) for name, p in tiny.named_parameters()}
    padded = predict_logits(tiny, tiny_ids)
    Unpadded(tiny)
    Unpadded(tiny)  # a second time changes nothing
    weight = tiny.bert.encoder.layer[0].intermediate.dense.weight
    assert weight.t().is_contiguous()
    assert not weight.is_contiguous()
    for name, parameter in tiny.named_parameters():
        assert parameter is before[name][0]
        assert torch.equal(parameter, before[name][1])
    assert np.abs(predict_logits(tiny, tiny_ids) - padded).max() < 1e-6


def test_a_classifier_says_the_same_unpadded(model, minilm):
    long = " ".join(f"day {n} was fine," for n in range(200))  # no two windows are the same
    texts = ["I hate you", long, "", "Good morning everyone"]
    tokenizer = BertTokenizer(minilm, 128)
    plain = Classifier(model, tokenizer).predict(texts)
    fast = Classifier(model, tokenizer)
    fast.unpad()
    for a, b in zip(plain, fast.predict(texts), strict=True):
        numbers = {"score": 0, "scores": (), "logits": (), "every": ()}
        assert a._replace(**numbers) == b._replace(**numbers)
        for one, other in zip(a.every, b.every, strict=True):
            assert one[1] == pytest.approx(other[1], abs=1e-5)
        assert a.logits == pytest.approx(b.logits, abs=1e-5)
