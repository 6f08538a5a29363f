"""python -m benchmarks: FLOPs, fits and words are right, and each benchmark runs to its end.

How fast anything is stays untested: it depends on what else the machine does.
"""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.distributed as dist
from small import without_dropout
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import __main__ as command
from benchmarks import gpu, inference, output, ranks, report, same_numbers
from benchmarks.flops import flops_of
from benchmarks.inference import fastest
from benchmarks.labellers import LABELLERS, OURS_FP32, OURS_INT8
from benchmarks.material import Material, Sample, gather
from benchmarks.measure import (
    Report,
    Row,
    compare_with_best,
    fresh_process,
    in_turn,
    spread,
)
from benchmarks.operators import kind_of, operator_shares
from benchmarks.peers import CPU
from benchmarks.ranks import Averaged, costs_of, start
from benchmarks.report import TARGETS, readme_lines, targets_table
from benchmarks.scaling import attention_note, exponent, run_predict
from benchmarks.training import train_steps
from bert_min import BertForSequenceClassification, ModelError
from data import load_data
from distill import Batch, Task
from distill.loop import compute_gradients
from lora import add_lora
from speed.int8 import has_int8

BENCHMARKS = list(command.MODULES)
PERFORMANCE = Path(__file__).parent.parent / "docs" / "performance"


def products_only(model, ids, cls_only):
    """A model's matrix products in its order, without norms, biases of attention and dropout."""
    B, heads = len(ids), model.config.num_attention_heads
    x = model.bert.embeddings.word_embeddings(ids)
    for number, layer in enumerate(model.bert.encoder.layer, start=1):
        attention = layer.attention.self
        asking = x[:, :1] if cls_only and number == model.config.num_hidden_layers else x
        q, k, v = (
            projected.view(B, projected.shape[1], heads, -1).transpose(1, 2)
            for projected in (attention.query(asking), attention.key(x), attention.value(x))
        )
        y = (q @ k.transpose(-1, -2)) @ v
        x = asking + layer.attention.output.dense(y.transpose(1, 2).reshape(asking.shape))
        x = x + layer.output.dense(layer.intermediate.dense(x))
    return model.classifier(model.bert.pooler.dense(x[:, 0]))


@pytest.mark.parametrize("rank", [0, 3])
@pytest.mark.parametrize("cls_only", [False, True])
def test_flops_from_lengths_are_those_of_the_products(tiny, cls_only, rank):
    if rank:
        add_lora(tiny, ["query", "value"], rank, 2 * rank, 0.0)
    ids = torch.randint(1, 64, (5, 11))
    with FlopCounterMode(display=False) as forward:
        logits = products_only(tiny, ids, cls_only)
    with FlopCounterMode(display=False) as backward:
        logits.sum().backward()
    counted = forward.get_total_flops()
    lengths = np.array([11] * 5)
    assert flops_of(tiny, not cls_only, backwards=False)(lengths) == pytest.approx(counted)
    whole = counted + backward.get_total_flops()
    assert flops_of(tiny, not cls_only)(lengths) == pytest.approx(whole)
    if not rank:
        assert whole == 3 * counted


def test_flops_of_texts_of_several_lengths_by_hand(tiny):
    config, flops = tiny.config, 0
    C, wide, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    for n in (3, 20, 9):
        projections, attention, widening = 8 * n * C * C, 4 * n * n * C, 4 * n * C * wide
        flops += layers * (projections + attention + widening) + 2 * C * C + 2 * C * 2
    counted = flops_of(tiny, backwards=False)(np.array([3, 20, 9]))
    assert counted == pytest.approx(flops)


def test_flops_of_the_model_itself_with_all_hidden_states(tiny):
    ids = torch.randint(1, 64, (5, 11))
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        output = tiny(ids, torch.ones_like(ids), output_hidden_states=True)
        output.logits.sum().backward()
    assert flops_of(tiny)(np.array([11] * 5)) == pytest.approx(counter.get_total_flops())
    tiny.zero_grad()
    flops_of(tiny)
    assert all(p.grad is None for p in tiny.parameters())  # counting leaves no trace


@pytest.mark.parametrize("cls_only", [False, True])
def test_a_last_layer_for_cls_alone_is_noticed(tiny, cls_only):
    class Model(BertForSequenceClassification):
        def forward(self, input_ids, attention_mask, output_hidden_states):
            few = cls_only and not output_hidden_states
            return SimpleNamespace(logits=products_only(self, input_ids, few))

    model, lengths = Model(tiny.config), np.array([16])
    assert (flops_of(model, every_token=False)(lengths) < flops_of(model)(lengths)) == cls_only


def test_exponent_of_made_data():
    sizes = [16, 32, 64, 128]
    assert exponent(sizes, [3 * n**1.5 for n in sizes]) == pytest.approx(1.5)
    assert exponent(sizes, [7.0] * 4) == pytest.approx(0, abs=1e-9)


def test_attention_has_half_of_the_time_where_the_line_says():
    rows = [Row("", "", tokens_per_s=1 / (2e-4 + 1e-6 * n), size=n) for n in (16, 64, 256, 512)]
    assert "half at 200." in attention_note(rows)
    assert "a tenth at 22 tokens" in attention_note(rows)
    assert "14% at 32" in attention_note(rows)
    level = [Row("", "", tokens_per_s=5, size=n) for n in (16, 64)]
    assert "do not grow" in attention_note(level)


def test_spread_is_interquartile_range_over_median():
    assert spread([1, 2, 3, 4, 5]) == pytest.approx(2 / 3)


def test_each_begins_a_round_in_turn():
    assert [in_turn(["a", "b", "c"], n)[0] for n in range(4)] == ["a", "b", "c", "a"]
    assert sorted(in_turn(["a", "b", "c"], 1)) == ["a", "b", "c"]


def test_best_peer_is_the_fastest_that_is_not_ours():
    rows = [Row("ours", "", 300, 2), Row("x", "", 100, 4), Row("y", "", 200, 8)]
    compare_with_best(rows, "tokens_per_s", higher_is_better=True)
    assert [row.ratio_vs_best_peer for row in rows] == [1.5, 0.5, 1]
    compare_with_best(rows, "ms_p50", higher_is_better=False)
    assert [row.ratio_vs_best_peer for row in rows] == [0.5, 1, 2]


@pytest.mark.parametrize(
    ("operator", "kind"),
    [
        ("aten::addmm", "matrix multiply"),
        ("aten::_softmax_backward_data", "softmax and attention"),
        ("aten::bernoulli_", "dropout masks"),
        ("aten::native_dropout_backward", "dropout masks"),
        ("aten::native_layer_norm_backward", "layer norm"),
        ("aten::linalg_vector_norm", "optimizer"),
        ("aten::scatter_add_", "embedding"),
        ("aten::index_add_", "embedding"),
        ("aten::_fused_adamw_", "optimizer"),
        ("aten::copy_", "casts and copies"),
        ("aten::gelu_backward", "element-wise"),
        ("aten::embedding_dense_backward", "embedding"),
        ("something new", "other"),
    ],
)
def test_operators_have_their_kind(operator, kind):
    assert kind_of(operator) == kind


def test_shares_of_operators_sum_to_one():
    square = torch.randn(256, 256)
    shares = operator_shares(lambda: square @ square)
    assert sum(shares.values()) == pytest.approx(1)
    assert next(iter(shares)) == "matrix multiply"


@pytest.fixture
def material(tiny_ids):
    ids = [row for row in tiny_ids for _ in range(9)]
    return Material([], "", ids, [0] * len(ids), [], torch.float32, None, True)


def test_ours_and_peers_train_on_the_same_texts(material):
    sample = material.sample(steps=2, seed=3)
    assert len(sample.ids) == 128
    both = [np.concatenate(b) for b in (sample.batches, sample.random_batches)]
    assert sorted(both[0]) == sorted(both[1]) == list(range(128))
    assert material.sample(2, seed=3) == sample
    assert material.sample(2, seed=4) != sample


def test_memory_is_measured_on_the_longest_texts(material):
    sample = material.longest_and_others(steps=2)
    assert len(sample.ids) == 128
    assert sample.lengths[:64].min() == sorted(map(len, material.ids))[-64]


def test_the_first_step_is_not_timed(tiny, tiny_ids):
    sample = Sample(tiny_ids, [0, 1] * 24, batch_size=16)
    steps = train_steps(tiny, sample, torch.float32)
    assert [list(s.lengths) for s in steps] == [list(sample.lengths[b]) for b in sample.batches[1:]]
    assert all(step.seconds > 0 for step in steps)


def figures(ours: float, peer: float, **more: float) -> dict:
    row = dict.fromkeys((field.name for field in fields(Row)), None) | {"shape": "minilm"}
    rows = [
        {**row, "name": "ours", "tokens_per_s": ours, "peak_mib": ours},
        {**row, "name": "ours, LoRA", "tokens_per_s": 99, "peak_mib": 0.1},
        {**row, "name": report.BEST, "tokens_per_s": peer, "peak_mib": peer},
        {**row, "name": report.BEST, "tokens_per_s": 1e9, "peak_mib": 1e-9, "shape": "bert-base"},
    ]
    return {"training": rows, "memory": rows}


@pytest.mark.parametrize(
    ("ours", "speed", "memory"),
    [
        (1.1, "missed", "missed"),
        (1.2, "at least", "missed"),
        (1.5, "asked", "missed"),
        (1.0, "missed", "at least"),
        (0.8, "missed", "asked"),
    ],
)
def test_report_says_what_a_ratio_reaches(ours, speed, memory):
    lines = targets_table(figures(ours, 1.0)).splitlines()
    start = f"| training: times as fast as {report.BEST} "
    (line,) = (line for line in lines if line.startswith(start))
    assert line.split(" | ")[1:] == [f"{ours:.2f}", "1.20", "1.50", f"{speed} |"]
    (line,) = (line for line in lines if line.startswith("| training: share of the peak memory"))
    assert line.split(" | ")[1:] == [f"{ours:.2f}", "1.00 at most", "0.80 at most", f"{memory} |"]
    (line,) = (line for line in lines if line.startswith("| LoRA: times as fast as our full"))
    assert line.endswith("| not measured |")


def test_of_times_the_report_says_how_many_times_as_fast():
    row = {"shape": "minilm", "tokens_per_s": None}
    rows = [
        {**row, "name": "ours, bf16", "ms_p50": 2.0},
        {**row, "name": "ours, fp32", "ms_p50": 6.0},
        {**row, "name": report.ORT, "ms_p50": 3.0},
        {**row, "name": f"{report.BEST}, bf16", "ms_p50": 3.0},
        {**row, "name": f"{report.BEST}, fp32", "ms_p50": 4.0},
    ]
    table = targets_table({"latency": rows})
    assert f"| one text, our bf16: times as fast as {report.BEST} | 1.50 | 1.67 | 2.50 |" in table
    lines = readme_lines({"latency": rows}).splitlines()
    assert lines[-1] == f"- one text, our fp32: 0.50 times as fast as {report.ORT}"
    assert len(lines) == 4
    assert ": ? times as fast as" in lines[0]  # not measured


def test_help_needs_no_torch():
    code = "import sys, benchmarks.__main__, benchmarks.report; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_unknown_benchmark_is_a_usage_error(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmarks", "speed"])
    with pytest.raises(SystemExit) as error:
        command.run_command(command.main)
    assert error.value.code == 2
    assert "no benchmark 'speed'" in capsys.readouterr().err


def test_a_child_that_fails_is_heard(tmp_path):
    with fresh_process() as alone:
        with pytest.raises(ModelError, match="no trained model in"):
            alone.submit(run_predict, ["--run", str(tmp_path), "text"]).result()
        way = ("ours, fp32", tmp_path, torch.float32, (("text",),))
        with pytest.raises(ModelError, match=r"no config\.json"):
            alone.submit(fastest, *way).result()
    with pytest.raises(RuntimeError, match=r"(?s)child process failed.*no-such-job"):
        costs_of(start(1, tmp_path / "no-such-job"))


def test_a_peer_chooses_its_way_on_what_it_is_asked(tmp_path, monkeypatch):
    def sleeper(of_call, of_text):
        return lambda texts: time.sleep(of_call + of_text * len(texts))

    ways = [sleeper(0.02, 0.0), sleeper(0.0, 0.004)]
    monkeypatch.setitem(inference.LABELLERS, "a peer", lambda folder, dtype: ways)
    many, one_by_one = (("text",) * 20,), (("text",),) * 8
    for pieces, best in ((many, ways[0]), (one_by_one, ways[1])):
        assert fastest("a peer", tmp_path, torch.float32, pieces) is best


def test_who_has_one_way_alone_warms_up_like_the_others(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setitem(inference.LABELLERS, "one way", lambda folder, dtype: [seen.extend])
    assert fastest("one way", tmp_path, torch.float32, (("a",), ("b",))) == seen.extend
    assert set(seen) == {"a", "b"}


@pytest.mark.parametrize("peer", [report.BEST, "ONNX Runtime", "OpenVINO", "CTranslate2"])
def test_every_way_of_a_peer_gives_the_same_answers(model_dir, tmp_path, peer):
    folder = shutil.copytree(model_dir, tmp_path / "given")
    texts = [text[: 7 * n] for n, text in enumerate(load_data("sample").splits["test"].texts[:40])]
    ways = LABELLERS[f"{peer}, fp32"](folder, torch.float32)
    assert len(ways) >= 4  # batches of 16 and 64, in turn and dealt to the cores
    [ours] = LABELLERS[OURS_FP32](folder, torch.float32)
    for label in ways:
        np.testing.assert_allclose(label(texts), ours(texts), atol=1e-5)


def test_distributed_data_parallel_has_its_share_of_a_batch(tiny, tiny_ids, tmp_path, monkeypatch):
    model = without_dropout(tiny)
    task = Task(tiny_ids, torch.tensor([int(row[0] > 32) for row in tiny_ids]))
    compute_gradients(model, task, Batch(0, np.arange(4, 8)))
    wanted = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    dist.init_process_group("gloo", f"file://{tmp_path / 'meet'}", rank=0, world_size=1)
    try:
        monkeypatch.setattr(ranks, "world", lambda: 2)
        monkeypatch.setattr(ranks, "rank", lambda: 1)
        Averaged(model, torch.float32, 0)(model, task, Batch(0, np.arange(8)))
    finally:
        dist.destroy_process_group()
    for name, p in model.named_parameters():
        torch.testing.assert_close(p.grad, wanted[name])


@pytest.mark.parametrize(("curve", "chart"), [(None, "draw_bars"), ("length", "draw_curves")])
def test_what_grows_is_drawn_as_a_curve(curve, chart, tmp_path, monkeypatch):
    drawn = []
    for name in ("draw_bars", "draw_curves"):
        monkeypatch.setattr(output, name, lambda rows, path, name=name: drawn.append(name))
    found = Report([Row("a", "b", tokens_per_s=1, curve=curve, size=1)])
    about = {"processor": "", "cores": 1, "threads": 1, "python": "", "versions": {}}
    output.write(tmp_path, found, output.as_json("x", found, about, "sample", ""))
    assert drawn == [chart]


KEY = {"latency": "ms_p50", "memory": "peak_mib"}


def check_files(folder, content):
    """The three files of a benchmark, and a figure in every row."""
    name = content["benchmark"]
    assert json.loads((folder / f"{name}.json").read_text()) == content
    assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    page = (folder / f"{name}.md").read_text()
    assert all(f"| {row['name']} |" in page for row in content["rows"])
    assert f"{content['machine']['threads']} threads" in page
    assert "python -m benchmarks --data sample" in page
    assert str(folder.parent) not in page
    for row in content["rows"]:
        assert set(row) == {field.name for field in fields(Row)}
        assert row[KEY.get(name, "tokens_per_s")] > 0
        alone = row["curve"] or name in ("ablation", "ranks")  # no peers
        assert row["ratio_vs_best_peer"] is None if alone else row["ratio_vs_best_peer"] > 0


def check_agreement(rows):
    """Peers label as ours do: they have the same weights and the same texts."""
    found = {row["name"]: row for row in rows}
    for name in ("ours, fp32", "ONNX Runtime, fp32", "CTranslate2, fp32"):
        assert found[name]["difference"] < 1e-5
        assert found[name]["other_labels"] == 0


def test_every_benchmark_runs_and_every_target_finds_its_rows(
    model_dir, tmp_path, monkeypatch, capsys
):
    folder, everything = tmp_path / "out", tmp_path / "all.json"
    words = ["--quick", "--model", model_dir, "--out", folder, "--json", everything]
    monkeypatch.setattr("sys.argv", ["benchmarks", *map(str, words)])
    assert command.main() == 0
    assert capsys.readouterr().out.count("\n## ") == len(BENCHMARKS)
    contents = json.loads(everything.read_text())
    assert [content["benchmark"] for content in contents] == BENCHMARKS
    for content in contents:
        check_files(folder, content)
    check_agreement(contents[BENCHMARKS.index("inference")]["rows"])

    monkeypatch.setattr("sys.argv", ["report", str(folder)])
    assert report.main() == 0
    page = (folder / "README.md").read_text()
    table, lines = capsys.readouterr().out.strip().split("\n\n")
    assert table in page
    assert lines.count("\n") == 4 - 1
    assert lines.count(" ? times") == lines.count("?") == (0 if has_int8(CPU) else 1)
    # A quick run has one model: rows of the other one are missing, and no more; but for our int8
    # where the processor has none.
    missing = [t for t in TARGETS if t.shape or (t.ours == OURS_INT8 and not has_int8(CPU))]
    assert page.count("| not measured |") == len(missing)
    assert page.count("\n| ") == 2 + len(TARGETS)
    assert all(f"[{name}]({name}.md)" in page for name in BENCHMARKS)


def test_the_script_for_a_gpu_runs_where_there_is_none(model_dir, tmp_path, monkeypatch, capsys):
    words = ["--quick", "--device", "cpu", "--model", model_dir, "--out", tmp_path]
    monkeypatch.setattr("sys.argv", ["gpu", *map(str, words)])
    assert gpu.main() == 0
    out = capsys.readouterr().out
    assert out.count("| right |") == 7
    rows = json.loads((tmp_path / "gpu.json").read_text())["rows"]
    tasks = ["training", "LoRA", "distillation", "labelling"]
    assert [row["name"] for row in rows if row["name"].startswith("ours")] == [
        f"ours, {task}" for task in tasks
    ]
    assert all(row["tokens_per_s"] > 0 and row["ratio_vs_best_peer"] > 0 for row in rows)


def test_a_peer_that_fails_takes_no_other_row_along(capsys):
    def fail():
        raise RuntimeError("no compiler here")

    tasks = {"ours": lambda: 2.0, "a peer": lambda: 1.0, "a peer, compiled": fail}
    rows = gpu.rows_of("training", "tiny", tasks)
    assert [(row.name, row.ratio_vs_best_peer) for row in rows] == [
        ("ours, training", 2.0),
        ("a peer, training", 1.0),
    ]
    assert "a peer, compiled, training: RuntimeError: no compiler here" in capsys.readouterr().err
    with pytest.raises(RuntimeError):
        gpu.rows_of("training", "tiny", {"ours": fail})


def test_a_number_that_is_wrong_is_seen(model_dir, tmp_path, monkeypatch):
    drift = iter([0.0, 0.0, 0.0, 0.0, 0.1])  # the second LoRA is the CPU's
    monkeypatch.setattr(same_numbers, "losses", lambda *_, **__: np.ones(4) + next(drift, 0.0))
    material = gather(str(model_dir), "sample", tmp_path, quick=True)
    found = same_numbers.same_numbers(material, same_numbers.Place(torch.device("cpu")), 4)
    assert {row["what"] for row in found if row["so"] == "WRONG"} == {
        "LoRA, fp32: loss beside the CPU's"
    }


def test_the_committed_pages_are_those_of_the_committed_figures(tmp_path, monkeypatch):
    for name in ("draw_bars", "draw_curves"):
        monkeypatch.setattr(output, name, lambda rows, path: None)
    contents = [json.loads(file.read_text("utf-8")) for file in sorted(PERFORMANCE.glob("*.json"))]
    assert sorted(content["benchmark"] for content in contents) == sorted(BENCHMARKS)
    for content in contents:
        rows = [Row(**row) for row in content["rows"]]
        output.write(tmp_path, Report(rows, content["notes"], content["extra"]), content)
    rows = {content["benchmark"]: content["rows"] for content in contents}
    (tmp_path / "README.md").write_text(report.page(contents, rows), encoding="utf-8")
    for page in tmp_path.glob("*.md"):
        assert page.read_text("utf-8") == (PERFORMANCE / page.name).read_text("utf-8")


def test_no_figures_is_a_usage_error(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["report", str(tmp_path)])
    with pytest.raises(report.UsageError, match="no figures"):
        report.main()
