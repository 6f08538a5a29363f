"""Who computes when: a few at once, some wait, and those that ask the same model share a pass."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

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
    with the server's threads that would be eight times the working memory of a model.
    """

    def __init__(self, running: int, waiting: int) -> None:
        self.running, self.places = running, running + waiting
        self.inside = 0  # requests that compute or wait
        self._places = threading.Semaphore(self.places)
        self._workers = ThreadPoolExecutor(running, thread_name_prefix="model")
        self._lock = threading.Lock()
        self._asked: dict[str, deque[Asked]] = defaultdict(deque)

    def run(self, work: Callable[[], Any]) -> Any:
        """What `work()` returns or raises; raises Refused where there is no place."""
        with self._place():
            return self._workers.submit(work).result()

    def predict(self, model: Model, texts: Sequence[str]) -> list[Prediction]:
        """The predictions of a model, which reads what others ask it at the time along with them.

        A pass over several short texts takes little longer than over one. Raises Refused.
        """
        asked = Asked(texts, Future())
        with self._place():
            with self._lock:
                self._asked[model.name].append(asked)
            self._workers.submit(self._answer, model)
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

    def _answer(self, model: Model) -> None:
        """Answer the first request that waits for a model, and those that fit beside it.

        There is a call for each request: where another has answered it there may be none left.
        """
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
