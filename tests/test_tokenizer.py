"""bert_min.tokenizer against transformers' tokenizer, and on texts that nobody should type."""

import json
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from bert_min import BertTokenizer, ModelError

CLS, SEP = 101, 102


@pytest.fixture(scope="module")
def tokenizer(minilm):
    return BertTokenizer(minilm, 128)


def test_ids_equal_transformers(tokenizer, minilm, texts):
    theirs = AutoTokenizer.from_pretrained(minilm)
    expected = theirs(texts, truncation=True, max_length=128, padding=False)["input_ids"]
    assert [e.ids for e in tokenizer.encode(texts)] == expected


def test_vocab_txt_alone_gives_the_same_ids(tokenizer, minilm, texts, tmp_path):
    shutil.copy(minilm / "vocab.txt", tmp_path)
    assert BertTokenizer(tmp_path, 128).encode(texts) == tokenizer.encode(texts)


def test_auto_tokenizer_reads_what_we_save(tokenizer, texts, tmp_path):
    tokenizer.save(tmp_path)
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert theirs.model_max_length == 128
    ours = [e.ids for e in tokenizer.encode(texts)]
    assert theirs(texts, truncation=True)["input_ids"] == ours
    assert BertTokenizer(tmp_path, 128).encode(texts) == tokenizer.encode(texts)


def test_what_is_saved_cuts_and_pads_nothing_by_itself(tokenizer, tmp_path):
    """The length stands in tokenizer_config.json: whoever reads the file may want another."""
    tokenizer.save(tmp_path)
    values = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    assert (values["truncation"], values["padding"]) == (None, None)
    assert len(Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode("a " * 300).ids) == 302


@pytest.mark.parametrize("length", [128, 512])
def test_truncation_is_told_at_the_first_token_too_many(minilm, length):
    fits, cut = BertTokenizer(minilm, length).encode(["a " * (length - 2), "a " * (length - 1)])
    assert (len(fits.ids), fits.truncated) == (length, False)
    assert (len(cut.ids), cut.truncated) == (length, True)
    assert cut.ids[-1] == SEP


@pytest.mark.parametrize("typed", ["[SEP]", "[CLS]", "[PAD]", "[MASK]", "[UNK]"])
def test_special_tokens_that_a_person_types_are_text(tokenizer, typed):
    (encoded,) = tokenizer.encode([f"so {typed} there"])
    assert not {CLS, SEP, 0, 103, 100} & set(encoded.ids[1:-1])


@pytest.mark.parametrize("text", ["", " \t\n", "\x00", "\ud800", "\u200b\ufeff"])
def test_a_text_of_nothing_is_cls_sep(tokenizer, text):
    assert tokenizer.encode([text])[0] == ([CLS, SEP], False)


def test_nul_and_lone_surrogates_are_dropped(tokenizer):
    assert tokenizer.encode(["go\x00od \udc00day"]) == tokenizer.encode(["good day"])


@settings(deadline=None, max_examples=200)
@given(text=st.text(st.characters(exclude_categories=()), max_size=300))
def test_every_string_has_an_answer(tokenizer, text):
    (encoded,) = tokenizer.encode([text])
    assert encoded.ids[0] == CLS
    assert encoded.ids[-1] == SEP
    assert SEP not in encoded.ids[1:-1]
    assert len(encoded.ids) <= 128


def test_a_folder_without_a_tokenizer_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"no tokenizer\.json and no vocab\.txt"):
        BertTokenizer(tmp_path, 128)
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\nhello\n")
    with pytest.raises(ModelError, match=r"lacks \[CLS\], \[SEP\], \[MASK\]"):
        BertTokenizer(tmp_path, 128)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be read"):
        BertTokenizer(tmp_path, 128)
