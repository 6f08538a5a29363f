"""What bf16 costs: the sums are right, the documents show them."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import precision
from experiment.errors import UsageError

ROOT = Path(__file__).parent.parent
PERFORMANCE = ROOT / "docs" / "performance"


SCORES = [
    {"seed": 0, "bf16": 0.70, "fp32": 0.71},
    {"seed": 1, "bf16": 0.74, "fp32": 0.74},
    {"seed": 2, "bf16": 0.75, "fp32": 0.77},
]


def test_standard_errors_by_hand():
    lines = precision.table(SCORES).splitlines()
    assert lines[2] == "| seed 0 | 0.7000 | 0.7100 | -0.0100 |"
    assert lines[5] == "| mean | 0.7300 | 0.7400 | -0.0100 |"
    # fp32: deviations -.03, 0, .03, so s = .03 and the standard error .03 / sqrt(3).
    assert lines[6] == "| standard error | 0.0153 | 0.0173 | 0.0058 |"
    assert lines[-1] == "The mean difference is more than its own standard error."
    nearer = [{**scores, "bf16": scores["bf16"] + 0.008} for scores in SCORES]
    assert precision.table(nearer).endswith("is at most its own standard error.")


def test_a_run_for_each_seed_and_format(tmp_path, monkeypatch, capsys):
    started = []

    def run(command):
        flags = dict(zip(command[2::2], command[3::2], strict=True))
        started.append((flags["--dtype"], flags["--seed"]))
        assert (flags["--mode"], flags["--model"], flags["--data"]) == ("teacher", "minilm", "D")
        out = Path(flags["--out"])
        out.mkdir(parents=True)
        (out / "config.json").write_text("{}")
        score = int(flags["--seed"]) / 10 + (flags["--dtype"] == "fp32") / 100
        (out / "results.json").write_text(json.dumps({"validation": {"macro_f1": score}}))
        record = {"model": "minilm", "data": "D", "interrupted": False}
        record |= {"dtype": flags["--dtype"], "seed": int(flags["--seed"])}
        (out / "train_args.json").write_text(json.dumps(record))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr("subprocess.run", run)
    words = [str(tmp_path / "scores.json"), "--data", "D", "--seeds", "2"]
    monkeypatch.setattr("sys.argv", ["precision", *words, "--runs", str(tmp_path / "runs")])
    for _ in range(2):  # the second time all runs are there
        assert precision.main() == 0
        assert started == [("bf16", "0"), ("fp32", "0"), ("bf16", "1"), ("fp32", "1")]
    assert "| seed 1 | 0.1000 | 0.1100 | -0.0100 |" in capsys.readouterr().out
    (tmp_path / "runs" / "fp32-1" / "train_args.json").write_text('{"data": "other"}')
    with pytest.raises(UsageError, match="fp32-1 is a run of another kind"):
        precision.main()


@pytest.mark.parametrize("file", sorted((PERFORMANCE / "precision").iterdir()))
def test_the_notes_show_the_measured_precision(file):
    scores = json.loads(file.read_text(encoding="utf-8"))
    assert len(scores) >= 3
    pages = [PERFORMANCE / "NOTES.md", ROOT / "docs" / "DATA.md"]
    assert any(precision.table(scores) in page.read_text(encoding="utf-8") for page in pages)


def test_the_table_of_class_weights_is_that_of_its_runs():
    runs = json.loads((ROOT / "docs" / "study" / "class-weights.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "DATA.md").read_text(encoding="utf-8")
    for weights in ("none", "balanced"):
        own = [run for run in runs if run["weights"] == weights]
        means = [
            sum(run[part][key] for run in own) / len(own)
            for part in ("test", "decided")
            for key in ("recall", "precision", "macro_f1", "ece", "loss")
        ]
        cells = " | ".join(f"{mean:.3f}".removeprefix("0") for mean in means)
        assert f"| {weights} | {cells} |" in page
