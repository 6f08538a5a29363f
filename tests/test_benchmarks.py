"""benchmarks: that a broken promise is seen, and that a short run on a real server ends well."""

import random
from itertools import chain, cycle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import attribution, page, serving
from benchmarks.serving import Reply, bad_replies


@pytest.mark.parametrize(
    ("reply", "bad"),
    [
        (Reply(200, 0.1, {}, None), False),
        (Reply(503, 0.1, {}, "1"), False),
        (Reply(503, 0.1, {}, None), True),
        (Reply(500, 0.1, {}, None), True),
        (Reply(422, 0.1, {}, None), True),
        (Reply(0, 0.1, {}, None), True),
    ],
)
def test_bad_replies_are_all_but_answers_and_the_gates_refusals(reply, bad):
    assert bad_replies([reply]) == [reply] * bad


def test_an_answer_that_never_comes_is_noted():
    client = serving.Client(port=1)
    assert client.ask("/healthz").status == 0
    assert bad_replies(client.replies)


def test_answers_that_differ_are_a_broken_promise(monkeypatch, capsys):
    scores = iter(np.linspace(0, 1, 100))

    def ask(self, path, value):
        answers = [{"label": "toxic", "score": next(scores)} for _ in value.get("texts", "x")]
        return Reply(200, 0.1, {"results": answers} if "texts" in value else answers[0], None)

    monkeypatch.setattr(serving.Client, "ask", ask)
    assert not serving.measure_agreement(serving.Server(1, 1), ["a", "b"], 1)
    monkeypatch.setattr(serving, "Client", lambda port: SimpleNamespace(
        connection=SimpleNamespace(close=lambda: None),
        ask=lambda path, value: Reply(200, 0.1, same(value), None),
    ))  # fmt: skip

    def same(value):
        answer = {"label": "toxic", "score": 0.5}
        return {"results": [answer] * len(value["texts"])} if "texts" in value else answer

    assert serving.measure_agreement(serving.Server(1, 1), ["a", "b"], 1)
    assert "batches of 32 | 0 | 0.0e+00" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("memory", "files", "fine"),
    [
        ([100] * 40, [9] * 40, True),
        ([100] * 37 + [130, 130, 100], [9] * 40, True),  # of requests that run then
        (range(100, 140), [9] * 40, False),
        ([100] * 40, range(40), False),
    ],
)
def test_soak_sees_memory_and_files_that_grow(memory, files, fine, monkeypatch, capsys):
    first = list(zip(memory, [11] * 40, files, strict=True))
    seen = chain(first, cycle(first[-3:]))
    monkeypatch.setattr(serving, "read_process", lambda pid: next(seen))
    monkeypatch.setattr(serving, "run_clients", lambda *args: (clock.wait(1), ([], 1))[1])
    clock = serving.threading.Event()
    assert bool(serving.measure_soak(serving.Server(1, 1), ["a"], 4)) == fine


def test_a_real_server_keeps_its_promises(web_runs, capsys, monkeypatch):
    flags = ["--run", web_runs / "odd", "--seconds", 1, "overhead", "agree"]
    monkeypatch.setattr("sys.argv", ["serving", *map(str, flags)])
    assert serving.main() == 0
    out = capsys.readouterr().out
    assert "without the model | " in out
    assert "4 at once | 0 | " in out


def test_the_page_is_measured_beside_its_peer_and_another_build(web_runs, capsys, monkeypatch):
    for name, value in (("TEXTS", 3), ("WARM", 1), ("ROUNDS", 1)):
        monkeypatch.setattr(page, name, value)
    flags = ["--run", web_runs, "--build", Path.cwd(), "--seconds", 1, "one", "clients", "ready"]
    monkeypatch.setattr("sys.argv", ["page", *map(str, flags)])
    assert page.main() == 0
    out = capsys.readouterr().out
    assert "ready with 4 models" in out
    rows = [line.split(" | ") for line in out.splitlines() if line.startswith("two sentences")]
    one, load = [[float(cell) for cell in row[1:]] for row in rows]
    assert one[-1] < 1e-4  # scores beside ONNX Runtime's
    assert all(value > 0 for value in (*one[:-1], *load))


def test_the_word_that_counts_moves_the_score_more_than_others():
    def predict(texts):
        return [SimpleNamespace(score=0.9 if "bad" in text.split() else 0.1) for text in texts]

    classifier = SimpleNamespace(predict=predict, spans=lambda text: [(0, len(text))])
    draw = random.Random(0)
    one, three = attribution.moves(classifier, "this is a bad day", draw)
    assert one[0] == pytest.approx(0.8)
    assert three[0] == pytest.approx(0.8)
    assert np.isnan(attribution.moves(classifier, "bad day", draw)[1]).all()
    drawn = [attribution.moves(classifier, "this is a bad day", draw)[0][1] for _ in range(200)]
    assert np.mean(drawn) == pytest.approx(0.8 / 5, abs=0.08)
