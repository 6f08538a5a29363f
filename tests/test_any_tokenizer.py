"""bert_min.tokenizer on the tokenizers of all kinds of BERT: whatever a folder says, in which file.

The oracle is transformers: it must read the folder as we do, and what we save as we do.
"""

import json
import string
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import BPE, WordPiece
from tokenizers.normalizers import NFD, BertNormalizer, Lowercase, Sequence, StripAccents
from tokenizers.pre_tokenizers import BertPreTokenizer, Whitespace
from tokenizers.processors import BertProcessing, TemplateProcessing
from transformers import AutoTokenizer, BertTokenizerFast, PreTrainedTokenizerFast

from bert_min import BertConfig, BertTokenizer, ModelError
from experiment.loading import load_tokenizer

OWN = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = (
    string.ascii_letters + string.digits + "àÀéÉçÇñÑüÜßİıŞşąЯяЙйΩώ中国人日本한글あア[]@#<>_.,!'"
)
WORDS = ["hate", "Hate", "café", "Café", "cafe", "Cafe", "中国", "日本", "user", "USER"]
VOCABULARY = [*OWN, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
NUMBERS = {token: number for number, token in enumerate(VOCABULARY)}
# What tokenizer_config.json says, and how tokenizer.json says the same.
READINGS = {
    "uncased": ({}, {"lowercase": True}),
    "cased": ({"do_lower_case": False}, {"lowercase": False}),
    "accents": ({"strip_accents": False}, {"lowercase": True, "strip_accents": False}),
    "cased, no accents": (
        {"do_lower_case": False, "strip_accents": True},
        {"lowercase": False, "strip_accents": True},
    ),
    "multilingual": (
        {"do_lower_case": False, "tokenize_chinese_chars": False},
        {"lowercase": False, "handle_chinese_chars": False},
    ),
    "chinese words": (
        {"tokenize_chinese_chars": False},
        {"lowercase": True, "handle_chinese_chars": False},
    ),
}


def backend(**reading):
    """A tokenizer of BERT's kind, made by hand."""
    made = Tokenizer(WordPiece(NUMBERS, unk_token="[UNK]"))
    made.add_special_tokens(OWN)
    made.normalizer, made.pre_tokenizer = BertNormalizer(**reading), BertPreTokenizer()
    made.post_processor = BertProcessing(("[SEP]", NUMBERS["[SEP]"]), ("[CLS]", NUMBERS["[CLS]"]))
    return made


def write(folder, tokenizer=None, config=None, **files):
    """A folder of tokenizer files: tokenizer.json of a backend, or vocab.txt, and others."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    if tokenizer is None:
        (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in VOCABULARY))
    else:
        (folder / "tokenizer.json").write_text(tokenizer.to_str())
    if config is not None:
        files["tokenizer_config"] = config
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def saved(tokenizer, folder):
    """What transformers makes of the folder that we write."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    tokenizer.save(folder)
    assert [e.ids for e in BertTokenizer(folder, 64).encode(TEXTS)] == ids(tokenizer)
    return AutoTokenizer.from_pretrained(folder)


TEXTS = ["Café HATE 中国人 İı", "cafe\u0301 \u00ad[user]\u200b\x07 naïve", "", "日本 한글 ЙйЯ"]


def ids(tokenizer, texts=TEXTS):
    return [encoded.ids for encoded in tokenizer.encode(texts)]


def theirs(tokenizer, texts=TEXTS):
    return tokenizer(texts, truncation=True, max_length=64)["input_ids"]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Of every reading in every file: our tokenizer, transformers' of that folder, and of ours."""
    folder, found = tmp_path_factory.mktemp("tokenizers"), {}
    generic = {"tokenizer_class": "PreTrainedTokenizerFast"}
    for name, (config, reading) in READINGS.items():
        kinds = {
            "vocab.txt": write(folder / name / "vocab", config=config),
            "both agree": write(folder / name / "both", backend(**reading), config),
            "as it stands": write(folder / name / "stands", backend(**reading), generic),
            "they disagree": write(
                folder / name / "disagree",
                backend(lowercase=not reading["lowercase"]),
                {"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True}
                | config,
            ),
            "not heeded": write(
                folder / name / "heeded",
                backend(**reading),
                generic | {"do_lower_case": not reading["lowercase"]},
            ),
        }
        theirs = BertTokenizerFast(vocab=NUMBERS, **config)
        theirs.save_pretrained(folder / name / "theirs")
        (folder / name / "theirs" / "config.json").write_text('{"model_type": "bert"}')
        kinds["transformers'"] = folder / name / "theirs"
        for kind, source in kinds.items():
            ours = BertTokenizer(source, 64)
            written = saved(ours, folder / name / "saved" / kind)
            found[name, kind] = ours, AutoTokenizer.from_pretrained(source), written
    return found


def test_a_vocabulary_alone_is_read_in_small_letters(pairs, tmp_path):
    ours = BertTokenizer(write(tmp_path / "alone"), 64)
    assert ids(ours) == theirs(AutoTokenizer.from_pretrained(tmp_path / "alone"))
    assert ids(ours) == ids(pairs["uncased", "vocab.txt"][0])


@settings(deadline=None, max_examples=60)
@given(
    text=st.text(
        st.sampled_from(LETTERS + " \t\n\x00\x07\xad\u0301\u0308\u200b\u3000")
        | st.characters(exclude_categories=["Cs"]),
        max_size=60,
    )
)
def test_a_text_is_to_us_what_it_is_to_transformers(pairs, text):
    for (name, kind), (ours, source, written) in pairs.items():
        expected = theirs(source, [text])
        assert ids(ours, [text]) == expected, (name, kind)
        assert theirs(written, [text]) == expected, (name, kind, "as saved")


def test_a_tokenizer_json_alone_is_read_as_it_says(tmp_path):
    """AutoTokenizer would lower-case it, as it does where no file says anything."""
    for name, (_, reading) in READINGS.items():
        source = write(tmp_path / name, backend(**reading))
        ours = BertTokenizer(source, 64)
        file = PreTrainedTokenizerFast(tokenizer_file=str(source / "tokenizer.json"))
        assert ids(ours) == theirs(file)
        assert theirs(saved(ours, tmp_path / "saved" / name)) == theirs(file)


def test_two_files_that_disagree_are_told(tmp_path):
    told = []
    config = {"do_lower_case": True, "tokenize_chinese_chars": True, "strip_accents": None}
    BertTokenizer(write(tmp_path / "no", backend(lowercase=False), config), 64, told.append)
    assert told == [
        f"{tmp_path}/no: read with do_lower_case true, strip_accents null as tokenizer_config.json "
        "says, not as tokenizer.json"
    ]
    BertTokenizer(write(tmp_path / "yes", backend(lowercase=True), config), 64, told.append)
    BertTokenizer(write(tmp_path / "vocab", config={"do_lower_case": False}), 64, told.append)
    assert len(told) == 1


GIVEN = ["[USER]", "[ABUSER]", "<url>"]
LAST = len(VOCABULARY)
AT_THE_END = {str(LAST + i): {"content": t, "special": True} for i, t in enumerate(GIVEN)}
AS_OBJECTS = [{"content": token, "single_word": True, "normalized": False} for token in GIVEN]
# Where a folder may name tokens of its own.
PLACES = {
    "list": {"tokenizer_config": {"additional_special_tokens": GIVEN}},
    "objects": {
        "tokenizer_config": {
            "additional_special_tokens": [{"__type": "AddedToken", **t} for t in AS_OBJECTS]
        }
    },
    "new list": {"tokenizer_config": {"extra_special_tokens": GIVEN}},
    "named": {"tokenizer_config": {"extra_special_tokens": dict(zip("abc", GIVEN, strict=True))}},
    "own names": {"tokenizer_config": {f"{t.strip('<[]>').lower()}_token": t for t in GIVEN}},
    "decoder": {"tokenizer_config": {"added_tokens_decoder": AT_THE_END}},
    "map": {"special_tokens_map": {"additional_special_tokens": GIVEN}},
    "plain": {"added_tokens": {token: LAST + i for i, token in enumerate(GIVEN)}},
    "numbered": {
        "added_tokens": {token: LAST + 2 - i for i, token in enumerate(GIVEN)},
        "tokenizer_config": {"additional_special_tokens": GIVEN[:1]},
    },
}
SAID = ["so [USER] hates [ABUSER]<url>", "[USER]Café[user]", "<URL> <url>", "[ABUSER] [ABUSER]"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("file", ["vocab.txt", "tokenizer.json"])
def test_tokens_that_a_folder_names_are_tokens(tmp_path, file, place):
    made = None if file == "vocab.txt" else backend(lowercase=True)
    source = write(tmp_path / "source", made, **PLACES[place])
    ours, expected = BertTokenizer(source, 64), theirs(AutoTokenizer.from_pretrained(source), SAID)
    assert ids(ours, SAID) == expected
    assert ours.vocab_size == LAST + 3
    assert {LAST, LAST + 1, LAST + 2} <= {number for row in expected for number in row}
    assert theirs(saved(ours, tmp_path / "saved"), SAID) == expected


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_tokens_of_a_tokenizer_json_are_tokens(tmp_path, special, known):
    made = backend(lowercase=True)
    given = ["@", "user"] if known else GIVEN
    made.add_tokens([AddedToken(token, special=special) for token in given])
    source = write(tmp_path / "source", made, {"do_lower_case": True})
    ours, expected = BertTokenizer(source, 64), theirs(AutoTokenizer.from_pretrained(source), SAID)
    assert ids(ours, SAID) == expected
    written = saved(ours, tmp_path / "saved")
    assert theirs(written, SAID) == expected
    kept = [json.loads((p / "tokenizer.json").read_text()) for p in (source, tmp_path / "saved")]
    assert kept[0]["added_tokens"] == kept[1]["added_tokens"]


@settings(deadline=None, max_examples=100)
@given(
    text=st.lists(st.sampled_from([*GIVEN, *WORDS, " ", "[", "]", "é"]), max_size=12).map("".join)
)
def test_tokens_anywhere_in_a_text(tokens_everywhere, text):
    ours, source = tokens_everywhere
    assert ids(ours, [text]) == theirs(source, [text])


@pytest.fixture(scope="module")
def tokens_everywhere(tmp_path_factory):
    made = backend(lowercase=True)
    made.add_special_tokens(GIVEN)
    source = write(tmp_path_factory.mktemp("t") / "source", made, {})
    return BertTokenizer(source, 64), AutoTokenizer.from_pretrained(source)


@pytest.mark.parametrize("typed", OWN)
def test_the_five_that_a_person_types_stay_text(tokens_everywhere, typed):
    (encoded,) = tokens_everywhere[0].encode([f"so {typed} [USER]"])
    assert not {0, 2, 3, 4} & set(encoded.ids[1:-1])
    assert encoded.ids[-2] == LAST


def test_bert_s_own_tokens_may_have_other_names(tmp_path):
    names = dict(zip(OWN, ["<pad>", "<unk>", "<s>", "</s>", "<mask>"], strict=True))
    config = {f"{own[1:-1].lower()}_token": name for own, name in names.items()}
    source = write(
        tmp_path / "source",
        config=config | {"cls_token": {"__type": "AddedToken", "content": "<s>"}},
    )
    lines = "".join(f"{names.get(token, token)}\n" for token in VOCABULARY)
    (source / "vocab.txt").write_text(lines)
    ours, texts = BertTokenizer(source, 64), [*TEXTS, "\u2622"]
    assert ids(ours, texts) == theirs(AutoTokenizer.from_pretrained(source), texts)
    assert ids(ours, [""]) == [[2, 3]]
    written = saved(ours, tmp_path / "saved")
    assert theirs(written, texts) == ids(ours, texts)
    assert set(written.special_tokens_map.values()) == set(names.values())
    assert not {0, 2, 3, 4} & set(ids(ours, ["a </s> b"])[0][1:-1])


def test_a_normaliser_of_another_kind_stays_as_it_is(tmp_path):
    made = backend()
    made.normalizer = Sequence([NFD(), Lowercase(), StripAccents()])
    made.pre_tokenizer = Whitespace()
    config = {"tokenizer_class": "PreTrainedTokenizerFast"}
    source = write(tmp_path / "source", made, config)
    ours, expected = BertTokenizer(source, 64), theirs(AutoTokenizer.from_pretrained(source))
    assert ids(ours) == expected
    assert ids(ours) != ids(BertTokenizer(write(tmp_path / "bert", backend()), 64))
    assert theirs(saved(ours, tmp_path / "saved")) == expected


def without_ends():
    made = backend()
    made.post_processor = TemplateProcessing(single="$A", special_tokens=[])
    return made


def bpe():
    return Tokenizer(BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")]))


def unknowing():
    made = Tokenizer(
        WordPiece({t: n for t, n in NUMBERS.items() if t != "[UNK]"}, unk_token="[UNK]")
    )
    made.post_processor = BertProcessing(("[SEP]", NUMBERS["[SEP]"]), ("[CLS]", NUMBERS["[CLS]"]))
    return made


@pytest.mark.parametrize(
    ("made", "files", "reason"),
    [
        (without_ends, {}, r"a blank text is \[\] to it, not \['\[CLS\]', '\[SEP\]'\]"),
        (bpe, {}, "it is of kind BPE; only WordPiece, BERT's, is taken"),
        (unknowing, {}, r"its vocabulary lacks \[UNK\]"),
        (None, {"config": {"tokenizer_class": "BertJapaneseTokenizer"}}, "a BertJapaneseTokenizer"),
        (None, {"tokenizer_config": {"tokenizer_class": "BertweetTokenizer"}}, "Bertweet"),
        (None, {"tokenizer_config": {"do_lower_case": "no"}}, "do_lower_case cannot be 'no'"),
        (None, {"tokenizer_config": {"do_lower_case": None}}, "do_lower_case cannot be None"),
        (backend, {"tokenizer_config": {"strip_accents": 1}}, "strip_accents cannot be 1"),
        (backend, {"tokenizer_config": [1]}, r"tokenizer_config\.json is not a JSON object"),
        (backend, {"tokenizer_config": {"sep_token": 3}}, "3 is no token"),
        (backend, {"tokenizer_config": {"cls_token": "<s>"}}, "a blank text is"),
        (backend, {"tokenizer_config": {"additional_special_tokens": [3]}}, "3 is no token"),
        (backend, {"tokenizer_config": {"model_max_length": "64"}}, "model_max_length cannot be"),
        (
            backend,
            {"added_tokens": {"[USER]": 7}},
            rf"\[USER\] would be number {LAST}, a file says 7",
        ),
        (backend, {"added_tokens": {"[USER]": "x"}}, "cannot be read"),
    ],
)
def test_what_makes_no_tokenizer_of_a_bert_is_refused_in_a_line(tmp_path, made, files, reason):
    folder = write(tmp_path / "source", made and made(), **files)
    with pytest.raises(ModelError, match=reason) as refused:
        BertTokenizer(folder, 64)
    assert str(refused.value).startswith(f"the tokenizer in {folder} cannot be read: ")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_json_is_refused(tmp_path):
    for name in ("tokenizer_config", "special_tokens_map", "added_tokens"):
        folder = write(tmp_path / name, backend())
        for content in (b"{", b"\xff", b"[" * 100_000):
            (folder / f"{name}.json").write_bytes(content)
            with pytest.raises(ModelError, match="cannot be read"):
                BertTokenizer(folder, 64)


def test_what_stands_for_the_unknown_is_what_the_tokenizer_says(tmp_path):
    """No other file names it, and it is not [UNK]."""
    made = json.loads(backend(lowercase=True).to_str())
    made = json.loads(json.dumps(made).replace("[UNK]", "<unk>"))
    source = write(tmp_path / "source", Tokenizer.from_str(json.dumps(made)), {})
    ours = BertTokenizer(source, 64)
    assert ours.unknown == ours.backend.token_to_id("<unk>")
    assert ours.encode(["\u2603"])[0].ids[1] == ours.unknown
    ours.save(tmp_path)
    assert BertTokenizer(tmp_path, 64).unknown == ours.unknown


def test_alone_a_file_has_no_special_tokens_but_the_five(tmp_path):
    made = backend(lowercase=True)
    made.add_special_tokens(GIVEN)
    ours = BertTokenizer(write(tmp_path / "source", made, {}), 64)
    ours.save(tmp_path, alone=True)
    reader = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    reader.encode_special_tokens = True  # as the code on a card has it
    assert [reader.encode(text).ids for text in SAID] == ids(ours, SAID)


def test_a_tokenizer_that_keeps_the_end_is_told(tmp_path, capsys):
    config = {"truncation_side": "left", "tokenizer_class": "BertTokenizer"}
    source = write(tmp_path / "source", backend(lowercase=True), config)
    model = SimpleNamespace(config=BertConfig())
    for side, said in (("left", True), ("right", False)):
        config["truncation_side"] = side
        (source / "tokenizer_config.json").write_text(json.dumps(config))
        load_tokenizer(source, 5, model)
        assert ("keeps the end of a long text" in capsys.readouterr().err) == said
