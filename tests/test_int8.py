"""speed.int8: products in int8, how far they are from fp32, and how that is told."""

import json
import platform
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import eval as evaluate
import predict
from bert_min import BertTokenizer, load_model
from experiment import classifier, hardware
from experiment.agreement import check_int8, labels, read_validation
from experiment.classifier import Classifier
from experiment.errors import UsageError
from experiment.hardware import pick_dtype
from experiment.loading import load_classifier
from scoring import predict_logits
from speed import int8
from speed.int8 import Int8Linear, has_int8, quantized
from speed.threads import side_by_side
from speed.unpadded import MOST_TOKENS, Unpadded, rounded
from webapp.models import load_models

CPU = torch.device("cpu")
needs_int8 = pytest.mark.skipif(not has_int8(CPU), reason="this processor has no exact int8 (VNNI)")


def by_hand(linears, x):
    """The product of x and W as 255 and 256 steps of each leave them, in exact sums."""
    weight = torch.cat([linear.weight for linear in linears]).double()
    scale = weight.abs().amax(dim=1, keepdim=True) / 127
    low, high = x.double().amin(-1, keepdim=True), x.double().amax(-1, keepdim=True)
    step = (high - low) / 255
    steps = ((x.double() - low) / step).round()
    return (steps * step + low) @ ((weight / scale).round() * scale).T + torch.cat(
        [linear.bias for linear in linears]
    ).double()


@needs_int8
@pytest.mark.parametrize("shape", [(7, 24), (1, 24), (2, 5, 24)])
def test_a_layer_gives_what_its_steps_give_by_hand(shape):
    torch.manual_seed(0)
    linears, x = [nn.Linear(24, 16), nn.Linear(24, 8)], torch.randn(shape)
    with torch.inference_mode():
        found = Int8Linear(linears)(x)
        assert found.shape == (*shape[:-1], 24)
        assert (found - by_hand(linears, x)).abs().max() < 1e-4
        wide = Int8Linear(linears, "gelu")(x)
    assert (wide - nn.functional.gelu(found)).abs().max() < 1e-6


@needs_int8
def test_equal_values_zeros_and_large_ones_are_taken():
    linear = nn.Linear(24, 8)
    nn.init.zeros_(linear.weight[0])
    x = torch.stack([torch.zeros(24), torch.full((24,), 3.0), torch.randn(24) * 1e4])
    with torch.inference_mode():
        found, exact = Int8Linear([linear])(x), linear(x)
    assert torch.isfinite(found).all()
    assert (found[0] - exact[0]).abs().max() < 1e-6
    assert (found[1] - exact[1]).abs().max() < 0.05
    assert (found[2] - exact[2]).abs().max() < 0.02 * exact[2].abs().max()


@pytest.fixture(scope="module")
def model(minilm):
    torch.manual_seed(0)
    model = load_model(minilm, ("no", "yes"))
    nn.init.normal_(model.classifier.weight, std=0.5)
    return model.eval()


@pytest.fixture(scope="module")
def ids(texts, minilm):
    return [encoded.ids for encoded in BertTokenizer(minilm, 128).encode(texts[:64])]


@needs_int8
def test_a_model_in_int8_is_close_and_shares_what_it_does_not_round(model, ids):
    twin = quantized(model)
    kinds = [type(module) for module in twin.bert.encoder.modules()]
    assert kinds.count(Int8Linear) == 6 * 4
    assert nn.Linear not in kinds
    own, exact = predict_logits(twin, ids), predict_logits(model, ids)
    assert 1e-4 < np.abs(own - exact).mean() < 0.1 * exact.std()
    shared = dict(model.named_parameters())
    assert all(p is shared[name] for name, p in twin.named_parameters())


@needs_int8
def test_an_answer_in_int8_does_not_depend_on_the_neighbours(model, ids):
    twin = quantized(model)
    fast = Unpadded(twin)
    alone = np.concatenate([fast.logits([row]) for row in ids])
    assert np.abs(fast.logits(ids) - alone).max() < 1e-5
    assert np.abs(fast.logits(ids[::-1], side_by_side)[::-1] - alone).max() < 1e-5


@needs_int8
def test_a_command_and_a_page_say_the_same_in_int8(model, minilm, texts):
    tokenizer = BertTokenizer(minilm, 128)
    one, page = (Classifier(model, tokenizer, dtype=torch.int8) for _ in range(2))
    one.pack()
    page.unpad()
    alone = [page.predict([text])[0] for text in texts[:40]]
    for a, b in zip(one.predict(texts[:40]), alone, strict=True):
        assert a.label == b.label
        assert a.logits == pytest.approx(b.logits, abs=1e-5)


@needs_int8
def test_commands_keep_memory_in_int8_and_a_page_does_not(model, minilm, monkeypatch):
    asked = []
    monkeypatch.setattr(classifier, "keep_memory", lambda: asked.append(True))
    tokenizer = BertTokenizer(minilm, 128)
    Classifier(model, tokenizer, dtype=torch.int8).unpad()
    assert not asked
    Classifier(model, tokenizer, dtype=torch.int8).pack()
    assert asked


def test_the_numbers_of_rows_are_few_and_hardly_more_than_asked():
    for count in range(1, MOST_TOKENS + 1):
        assert count <= rounded(count) < count + max(8, count / 4)
    assert len({rounded(count) for count in range(1, MOST_TOKENS + 1)}) == 20


@needs_int8
def test_rows_are_filled_up_where_code_is_kept_for_each_number_of_them(model, ids, monkeypatch):
    met = set()
    forward = Int8Linear.forward
    monkeypatch.setattr(Int8Linear, "forward", lambda self, x: met.add(len(x)) or forward(self, x))
    fast = Unpadded(quantized(model))
    for row in ids:
        fast.logits([row])
    assert len({len(row) for row in ids}) > len(met)
    assert all(rounded(count) == count for count in met)


@pytest.fixture
def run(web_runs, tmp_path):
    """A finished run that may be spoilt."""
    return shutil.copytree(web_runs / "odd", tmp_path / "odd")


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def spoil(run, found):
    """Note the other label of each that was found."""
    path = run / "predictions" / "validation.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row, label in zip(rows, found, strict=True):
        row["logits"] = [9, -9] if label else [-9, 9]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@needs_int8
def test_agreement_is_counted_and_too_little_of_it_refused(run, capsys, command):
    texts, logits = read_validation(run)
    assert len(texts) == len(logits) > 20
    classifier = load_classifier(run, dtype=torch.int8)
    check_int8(run, classifier, 0.5)
    assert f"of {len(texts)} validation texts have the label in int8" in capsys.readouterr().err
    spoil(run, labels(classifier.logits(texts), classifier))
    refused = command(predict, "--run", run, "--dtype", "int8", "I hate you")
    assert (refused.code, refused.out) == (4, "")
    assert "--dtype fp32, or --least-agreement 0." in refused.err
    flags = ("--dtype", "int8", "--least-agreement", "0")
    told = command(predict, "--run", run, *flags, "I hate you")
    assert told.code == 0
    assert json.loads(told.out)["label"]


@needs_int8
def test_the_values_of_another_programs_model_are_not_miscounted(run, command):
    """The matrices of its int8 twin are no parameters."""
    for name in ("results.json", "train_args.json", "MANIFEST.json"):
        (run / name).unlink()
    config = json.loads((run / "config.json").read_text())
    del config["decision"]
    (run / "config.json").write_text(json.dumps(config))
    flags = ("--data", "sample", "--json", "--split", "validation")
    fp32, int8 = (
        json.loads(command(evaluate, run, *flags, "--dtype", dtype).out)["runs"][0]["parameters"]
        for dtype in ("fp32", "int8")
    )
    assert fp32 == sum(p.numel() for p in load_classifier(run).model.parameters())
    assert int8 is None


@needs_int8
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("other texts", {"data_sha256": "0" * 64}),
        ("gone", {"data": "no/such/file.csv"}),
    ],
)
def test_texts_that_are_gone_are_told_and_stop_nothing(run, capsys, name, values):
    classifier = load_classifier(run, dtype=torch.int8)
    change(run / "train_args.json", **values)
    check_int8(run, classifier)
    assert "how int8 agrees with fp32 is not known" in capsys.readouterr().err


@needs_int8
def test_agreement_at_another_length_is_not_known(run, capsys):
    check_int8(run, load_classifier(run, 5, dtype=torch.int8), 1)
    assert "is not known: it was trained on 128 tokens, and --max-length is 5" in (
        capsys.readouterr().err
    )


@needs_int8
@pytest.mark.parametrize("row", ["", "[]\n", '{"logits": [1]}\n'])
def test_predictions_that_are_cut_or_damaged_are_told_and_stop_nothing(run, capsys, row):
    (run / "predictions" / "validation.jsonl").write_text(row)
    check_int8(run, load_classifier(run, dtype=torch.int8))
    assert "not known" in capsys.readouterr().err


@needs_int8
def test_a_run_without_predictions_is_told_and_stops_nothing(run, capsys):
    (run / "predictions" / "validation.jsonl").unlink()
    check_int8(run, load_classifier(run, dtype=torch.int8))
    assert "not known" in capsys.readouterr().err


def test_int8_is_refused_where_there_is_none(monkeypatch):
    monkeypatch.setattr(hardware, "has_int8", lambda device: device.type == "cpu")
    assert pick_dtype("int8", CPU, training=False) == torch.int8
    with pytest.raises(UsageError, match="no int8 on cuda"):
        pick_dtype("int8", torch.device("cuda"), training=False)
    monkeypatch.setattr(hardware, "has_int8", lambda device: False)
    with pytest.raises(UsageError, match="no int8 on cpu"):
        pick_dtype("int8", CPU, training=False)


@needs_int8
def test_a_processor_that_cuts_sums_has_no_int8(monkeypatch):
    assert int8.sums_are_whole.__wrapped__()
    whole = int8.multiply

    def cut(*arguments):
        return whole(*arguments).clamp(max=2**15 - 1)

    monkeypatch.setattr(int8, "multiply", cut)
    assert not int8.sums_are_whole.__wrapped__()


@pytest.mark.parametrize("whole", [False, True])
def test_int8_is_there_where_sums_are_whole(whole, monkeypatch):
    monkeypatch.setattr(int8, "sums_are_whole", lambda: whole)
    assert has_int8(CPU) == whole
    assert not has_int8(torch.device("meta"))


@pytest.mark.skipif(platform.machine() != "x86_64", reason="VNNI is a word of x86 processors")
def test_sums_are_whole_where_the_processor_has_vnni():
    about = Path("/proc/cpuinfo")
    if not about.is_file():
        pytest.skip("this system does not say what its processor has")
    words = set(about.read_text(errors="replace").split())
    assert int8.sums_are_whole() == bool({"avx512_vnni", "avx_vnni"} & words)


def test_a_processor_without_the_product_has_no_int8(monkeypatch):
    def missing(*_):
        raise NotImplementedError

    monkeypatch.setattr(int8, "multiply", missing)
    assert not int8.sums_are_whole.__wrapped__()


@needs_int8
def test_the_page_answers_in_fp32_where_int8_disagrees(web_runs, run, capsys):
    texts, _ = read_validation(run)
    classifier = load_classifier(run, dtype=torch.int8)
    spoil(run, labels(classifier.logits(texts), classifier))
    models = load_models([run, web_runs / "teacher"], dtype=torch.int8, least_agreement=0.5)
    assert [model.dtype for model in models.values()] == ["float32", "int8"]
    err = capsys.readouterr().err
    assert "--least-agreement 0.0): it answers in fp32" in err
    [exact] = load_models([run]).values()
    [own] = exact.classifier.predict(texts[:1])
    assert models["odd"].classifier.predict(texts[:1])[0].logits == pytest.approx(own.logits)
