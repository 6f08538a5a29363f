"""benchmarks.rounding: which labels count as changed, by rounding and by neighbours."""

import numpy as np
import torch

from benchmarks import rounding
from benchmarks.labellers import OURS_FP32


def test_changed_labels_are_counted_together_and_alone(monkeypatch, tmp_path, capsys):
    texts = ["a" * n for n in range(1, 5)]
    exact = {text: score for text, score in zip(texts, (0.1, 0.4, 0.6, 0.9), strict=True)}

    def exactly(given):
        return np.array([exact[text] for text in given])

    def by_neighbours(given):  # in company the second text's label turns
        return exactly(given) + 0.2 * (len(given) > 1) * np.array([text == "aa" for text in given])

    def always(given):  # two labels turn wherever they stand: 0.6 falls below the run's 0.55
        return exactly(given) - np.array([{3: 0.08, 4: 0.5}.get(len(text), 0) for text in given])

    labels = {OURS_FP32: exactly, "first": by_neighbours, "second": always}
    monkeypatch.setattr(rounding, "LABELLERS", {k: lambda *_, f=f: [f] for k, f in labels.items()})
    monkeypatch.setattr(rounding, "PEERS", ["first", "second"])
    monkeypatch.setattr(rounding, "has_native_bf16", lambda device: False)
    monkeypatch.setattr(rounding, "has_int8", lambda device: False)
    monkeypatch.setattr(rounding, "read_validation", lambda run: (texts, torch.empty(0)))
    (tmp_path / "odd").mkdir()
    decision = '{"decision": {"threshold": 0.6, "temperature": 0.5}}'  # odds of 1.5 ** 0.5
    (tmp_path / "odd" / "config.json").write_text(decision)
    monkeypatch.setattr("sys.argv", ["rounding", "--run", str(tmp_path / "odd")])
    assert rounding.main() == 0
    head, _, first, second = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in capsys.readouterr().out.splitlines()
    )
    assert head[0] == "odd: 4 texts"
    assert first == ["first", "75.0%", "1", "1", "2.0e-01"]
    assert second == ["second", "50.0%", "2", "0", "0.0e+00"]
