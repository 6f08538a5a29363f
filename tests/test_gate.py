"""webapp.gate: who computes, who waits, and what those that ask the same model share."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from webapp.contract import Refused
from webapp.gate import TOGETHER, Gate
from webapp.models import Model


class Slow:
    """A classifier that notes the texts of each pass, and waits for `go`."""

    def __init__(self):
        self.passes, self.go = [], threading.Event()

    def predict(self, texts):
        self.passes.append(list(texts))
        assert self.go.wait(20)
        if "bad" in texts:
            raise ValueError("a bad text")
        return [text.upper() for text in texts]


def model_of(classifier, name="m"):
    return Model(name, "0" * 64, classifier, "", {}, {}, [], None)


def wait_until(condition):
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("it did not happen")


class Crowd:
    """Requests that come one after the other, each in a thread of its own, to a slow model."""

    def __init__(self, running=1, waiting=20):
        self.gate, self.slow = Gate(running, waiting), Slow()
        self.model, self.pool = model_of(self.slow), ThreadPoolExecutor(30)

    def ask(self, *texts, model=None):
        before = self.gate.inside
        found = self.pool.submit(self.gate.predict, model or self.model, texts)
        wait_until(lambda: self.gate.inside == before + 1)
        return found

    def first(self, *texts):
        """A request that computes, and goes on doing so."""
        count = len(self.slow.passes)
        found = self.ask(*texts)
        wait_until(lambda: len(self.slow.passes) == count + 1)
        return found


@pytest.fixture
def crowd():
    crowd = Crowd()
    yield crowd
    crowd.slow.go.set()
    crowd.pool.shutdown()


def test_those_that_wait_for_a_model_share_a_pass_and_each_gets_its_own(crowd):
    asked = [crowd.first("a"), crowd.ask("b", "c"), crowd.ask("d"), crowd.ask("e")]
    crowd.slow.go.set()
    assert [found.result(20) for found in asked] == [["A"], ["B", "C"], ["D"], ["E"]]
    assert crowd.slow.passes == [["a"], ["b", "c", "d", "e"]]
    assert crowd.gate.inside == 0


def test_a_large_request_is_read_alone_and_all_in_their_order(crowd):
    large = [f"t{i}" for i in range(TOGETHER)]
    asked = [crowd.first("a"), crowd.ask("b"), crowd.ask(*large), crowd.ask("c"), crowd.ask("d")]
    crowd.slow.go.set()
    for found in asked:
        found.result(20)
    assert crowd.slow.passes == [["a"], ["b"], large, ["c", "d"]]


def test_who_asks_another_model_is_not_read_along(crowd):
    other = Slow()
    other.go.set()
    asked = [crowd.first("a"), crowd.ask("b"), crowd.ask("x", model=model_of(other, "n"))]
    asked.append(crowd.ask("c"))
    crowd.slow.go.set()
    assert [found.result(20) for found in asked] == [["A"], ["B"], ["X"], ["C"]]
    assert crowd.slow.passes == [["a"], ["b", "c"]]
    assert other.passes == [["x"]]


def test_a_failure_is_told_to_all_that_shared_it_and_ends_nothing(crowd):
    asked = [crowd.first("a"), crowd.ask("b"), crowd.ask("bad")]
    crowd.slow.go.set()
    assert asked[0].result(20) == ["A"]
    for found in asked[1:]:
        with pytest.raises(ValueError, match="a bad text"):
            found.result(20)
    assert crowd.gate.predict(crowd.model, ["later"]) == ["LATER"]


def test_a_full_gate_refuses_at_once(crowd):
    crowd.gate = Gate(1, 1)
    asked = [crowd.first("a"), crowd.ask("b")]
    for refused in (
        lambda: crowd.gate.predict(crowd.model, ["c"]),
        lambda: crowd.gate.run(lambda: None),
    ):
        with pytest.raises(Refused) as error:
            refused()
        assert error.value.status == 503
    crowd.slow.go.set()
    assert [found.result(20) for found in asked] == [["A"], ["B"]]
    assert crowd.gate.run(lambda: "free") == "free"
