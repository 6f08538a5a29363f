"""Linear CKA: what it must not see, and a case by hand."""

import numpy as np
import pytest
import torch

from distill import make_student
from study.similarity import layer_states, linear_cka, similarity


def test_cka_does_not_see_rotation_scale_and_shift():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 8))
    rotation, _ = np.linalg.qr(rng.standard_normal((8, 8)))
    assert linear_cka(x, 3 * x @ rotation + 5) == pytest.approx(1)
    assert linear_cka(x, rng.standard_normal((200, 8))) < 0.2


def test_cka_by_hand():
    """For one column each it is the squared correlation."""
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((2, 50, 1))
    expected = np.corrcoef(x[:, 0], y[:, 0])[0, 1] ** 2
    assert linear_cka(x, y) == pytest.approx(expected)


def test_states_are_of_real_tokens_in_one_order(tiny, tiny_ids):
    states = layer_states(tiny, tiny_ids)
    assert [s.shape for s in states] == [(sum(map(len, tiny_ids)), 16)] * 5


def test_a_copied_first_layer_is_the_teachers(tiny, tiny_ids):
    with torch.no_grad():
        table = np.array(similarity(make_student(tiny, [1, 3]), tiny, tiny_ids))
    assert table.shape == (3, 5)
    assert table[0, 0] == pytest.approx(1)
    assert table[1, 1] == pytest.approx(1)
