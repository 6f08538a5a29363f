"""Threads that compute side by side, each on its own part of the data and its own core.

Several threads inside every operation wait for each other after each of thousands of small
operations. Threads that take a part of the batch each, and one core (or an equal share of them)
to themselves, meet once a batch.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch


class Workers:
    """As many threads as torch may use cores."""

    def __init__(self) -> None:
        self.cores = torch.get_num_threads()
        self.pool = ThreadPoolExecutor(self.cores)

    def map(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """Yield function(item) for each item, in order; the items share the cores evenly.

        No more than a few results wait to be taken. Until the last one is yielded, operations of
        the calling thread have one share of the cores as well.
        """
        share = max(1, self.cores // max(1, min(len(items), self.cores)))

        def work(item: Any) -> Any:
            if torch.get_num_threads() != share:
                torch.set_num_threads(share)
            return function(item)

        torch.set_num_threads(share)  # some libraries below torch know one number for all threads
        begun: deque[Future] = deque()
        try:
            for item in items:
                begun.append(self.pool.submit(work, item))
                if len(begun) > 2 * self.cores:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()
            torch.set_num_threads(self.cores)

    def close(self) -> None:
        """Let the threads go, without the work that has not begun."""
        self.pool.shutdown(cancel_futures=True)


def side_by_side(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """Yield function(item) for each item, in order, computed on all cores."""
    if len(items) < 2:
        yield from map(function, items)
        return
    workers = Workers()
    try:
        yield from workers.map(function, items)
    finally:
        workers.close()


def mapper(device: torch.device) -> Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]:
    """What calls a function on each batch soonest: the cores side by side, a GPU in turn."""
    return side_by_side if device.type == "cpu" else map
