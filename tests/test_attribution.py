"""Leave-one-out on score functions that can be worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.attribution import Piece, leave_one_out

WEIGHTS = {"hate": 0.5, "love": -0.25, "you": 0.125}


def additive(texts):
    """The sum of the weights of a text's words: a word changes it by its own weight."""
    return [sum(WEIGHTS.get(word, 0.0) for word in text.split()) for text in texts]


def test_the_change_of_an_additive_score_is_the_weight():
    assert leave_one_out(additive, "I hate  you") == [
        Piece("I", 0.0),
        Piece(" ", None),
        Piece("hate", 0.5),
        Piece("  ", None),
        Piece("you", 0.125),
    ]


def test_space_at_both_ends_is_kept():
    pieces = leave_one_out(additive, "\n love\t")
    assert pieces == [Piece("\n ", None), Piece("love", -0.25), Piece("\t", None)]


def test_words_that_say_the_same_hide_each_other():
    """The limit of the method, by its definition: one of two is enough for this score."""
    pieces = leave_one_out(lambda texts: [float("hate" in text) for text in texts], "hate hate")
    assert [piece.change for piece in pieces] == [0.0, None, 0.0]


def test_a_word_is_cut_out_where_it_stands():
    asked = []

    def score(texts):
        asked.extend(texts)
        return [0.0] * len(texts)

    leave_one_out(score, "a bb a.")
    assert asked == ["a bb a.", " bb a.", "a  a.", "a bb "]


@pytest.mark.parametrize(("words", "size"), [(40, 1), (41, 2), (80, 2), (81, 3), (1000, 25)])
def test_many_words_are_taken_apart_in_runs(words, size):
    text = " ".join(["hate"] * words)
    runs = [piece for piece in leave_one_out(additive, text) if piece.change is not None]
    assert len(runs) == -(-words // size) <= 40
    assert [len(run.text.split()) for run in runs[:-1]] == [size] * (len(runs) - 1)
    assert sum(run.change for run in runs) == pytest.approx(0.5 * words)


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_text_of_no_words_has_no_changes(text):
    assert [piece.change for piece in leave_one_out(additive, text)] == [None] * bool(text)


@given(text=st.text(), most=st.integers(1, 5))
def test_the_pieces_joined_are_the_text(text, most):
    pieces = leave_one_out(lambda texts: [float(len(t)) for t in texts], text, most)
    assert "".join(piece.text for piece in pieces) == text
    changes = [piece for piece in pieces if piece.change is not None]
    assert len(changes) <= most
    assert all(piece.change == len(piece.text) > 0 for piece in changes)
    assert all(not piece.text.strip() for piece in pieces if piece.change is None)
