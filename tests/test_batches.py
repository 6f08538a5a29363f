"""data.batches: every text once, little padding, reproducible."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from bert_min import BertTokenizer
from data import load_data
from data.batches import evaluation_batches, pad, training_batches


@given(st.lists(st.integers(2, 128), min_size=1, max_size=400), st.integers(1, 70))
def test_every_text_once(lengths, batch_size):
    for batches in (
        training_batches(lengths, batch_size, seed=0, epoch=1),
        evaluation_batches(lengths, batch_size),
    ):
        assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
        assert all(1 <= len(batch) <= batch_size for batch in batches)


def test_the_order_comes_from_seed_and_epoch():
    lengths = np.random.default_rng(0).integers(3, 60, 1000).tolist()

    def order(seed, epoch):
        return np.concatenate(training_batches(lengths, 64, seed, epoch)).tolist()

    assert order(1, 1) == order(1, 1)
    assert order(1, 1) != order(1, 2)
    assert order(1, 1) != order(2, 1)


def test_at_most_5_percent_padding_on_tweeteval(minilm, tweeteval):
    texts = load_data(str(tweeteval)).splits["train"].texts
    lengths = np.array([len(e.ids) for e in BertTokenizer(minilm, 128).encode(texts)])
    for epoch in range(1, 6):
        batches = training_batches(lengths, 64, seed=0, epoch=epoch)
        processed = sum(len(batch) * lengths[batch].max() for batch in batches)
        assert processed / lengths.sum() <= 1.05


def test_evaluation_starts_with_the_longest():
    batches = evaluation_batches([3, 9, 5, 9], 2)
    assert [batch.tolist() for batch in batches] == [[1, 3], [2, 0]]


def test_pad_by_hand():
    ids, mask = pad([[7, 8, 9], [5]], 0, torch.device("cpu"))
    assert ids.tolist() == [[7, 8, 9], [5, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_padding_is_the_models_own():
    assert pad([[7], [5, 6]], 9, torch.device("cpu"))[0].tolist() == [[7, 9], [5, 6]]


def test_texts_and_batches_are_shuffled():
    """Texts of one length: neither their order nor that of the batches may be the file's."""
    batches = training_batches([5] * 1000, 10, seed=0, epoch=1)
    assert sorted(batches[0].tolist()) != list(range(10))
    lengths = np.arange(1000)
    firsts = [lengths[b].min() for b in training_batches(lengths, 10, seed=0, epoch=1)[:50]]
    assert firsts != sorted(firsts)


def test_a_real_token_with_the_padding_id_is_not_masked():
    _, mask = pad([[7, 0, 9], [5]], 0, torch.device("cpu"))
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
