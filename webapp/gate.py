"""Who computes when: a few at once, some wait, and those that ask the same model share a pass."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch

from experiment.classifier import Prediction
from webapp.contract import Refused
from webapp.models import Model

TOGETHER = 8  # texts of several requests that a model reads at once


class Asked(NamedTuple):
    """The texts of one request, and the place for its predictions."""

    texts: Sequence[str]
    answer: Future


class Gate:
    """Compute for `running` requests at once, let `waiting` more wait, refuse the next one at once.

    Without it every thread of the server would wait for a model, and none could say so. The
    computing has threads of its own, because the C library keeps freed memory for each thread:
    with the server's threads that would be eight times the working memory of a model. One of them,
    `first`, has all `cores` while it computes alone. It is always the same: OpenMP's threads wait
    in earnest for one another only while all of its teams together have no more than the machine.
    """

    def __init__(self, running: int, waiting: int, cores: int = 1) -> None:
        self.running, self.places, self.cores = running, running + waiting, cores
        self.inside = 0  # requests that compute or wait
        self._places = threading.Semaphore(self.places)
        self._first = ThreadPoolExecutor(1, thread_name_prefix="model-first")
        self._others = ThreadPoolExecutor(max(1, running - 1), thread_name_prefix="model")
        self._lock = threading.Lock()
        self._first_has = 0  # jobs: the one that it does, and those that wait for it
        self._computing = 0
        self._asked: dict[str, deque[Asked]] = defaultdict(deque)
        self._works: deque[tuple[Callable[[], Any], Future]] = deque()

    def run(self, work: Callable[[], Any]) -> Any:
        """What `work()` returns or raises; raises Refused where there is no place."""
        found: Future = Future()
        with self._place():
            self._works.append((work, found))
            self._start(self._work)
            return found.result()

    def predict(self, model: Model, texts: Sequence[str]) -> list[Prediction]:
        """The predictions of a model, which reads what others ask it at the time along with them.

        A pass over several short texts takes little longer than over one. Raises Refused.
        """
        asked = Asked(texts, Future())
        with self._place():
            with self._lock:
                self._asked[model.name].append(asked)
            self._start(self._answer, model)
            return asked.answer.result()

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Refused(503, "busy", "Too many texts are being read; try again in a second.")
        try:
            with self._lock:
                self.inside += 1
            yield
        finally:
            with self._lock:
                self.inside -= 1
            self._places.release()

    def _start(self, job: Callable[..., None], *given: Any) -> None:
        """Have the first worker do a job that waits, or whoever is free before it.

        There may be more calls of a job than jobs: one that finds nothing does nothing.
        """
        with self._lock:
            busy = self._first_has > 0
            self._first_has += 1
        self._first.submit(self._in_first, job, *given)
        if busy and self.running > 1:
            self._others.submit(self._with_cores, max(1, self.cores // self.running), job, *given)

    def _in_first(self, job: Callable[..., None], *given: Any) -> None:
        alone = self._computing == 0
        cores = self.cores if alone else max(1, self.cores // self.running)
        try:
            self._with_cores(cores, job, *given)
        finally:
            with self._lock:
                self._first_has -= 1

    def _with_cores(self, cores: int, job: Callable[..., None], *given: Any) -> None:
        with self._lock:
            self._computing += 1
        torch.set_num_threads(cores)
        try:
            job(*given)
        finally:
            with self._lock:
                self._computing -= 1

    def _work(self) -> None:
        """Do the first work that waits."""
        try:
            work, found = self._works.popleft()
        except IndexError:
            return
        try:
            found.set_result(work())
        except BaseException as error:
            found.set_exception(error)

    def _answer(self, model: Model) -> None:
        """Answer the first request that waits for a model, and those that fit beside it."""
        with self._lock:
            queue, together, count = self._asked[model.name], list[Asked](), 0
            while queue and (not together or count + len(queue[0].texts) <= TOGETHER):
                together.append(queue.popleft())
                count += len(together[-1].texts)
        if not together:
            return
        try:
            texts = [text for asked in together for text in asked.texts]
            found = iter(model.classifier.predict(texts))
            for asked in together:
                asked.answer.set_result([next(found) for _ in asked.texts])
        except BaseException as error:
            for asked in together:
                if not asked.answer.done():
                    asked.answer.set_exception(error)
