"""parallel: every item once, in order, and the caller's threads as they were."""

import threading

import pytest
import torch

from speed.threads import Workers


@pytest.fixture
def workers():
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    made = Workers()
    yield made
    made.close()
    torch.set_num_threads(before)


@pytest.mark.parametrize(("items", "share"), [(1, 4), (2, 2), (3, 1), (9, 1)])
def test_items_share_the_cores(workers, items, share):
    meet = threading.Barrier(min(items, 4), timeout=20)

    def work(item):
        if item < 4 <= items or items < 4:
            meet.wait()  # passes only if the items run side by side
        return item, torch.get_num_threads()

    assert list(workers.map(work, range(items))) == [(i, share) for i in range(items)]
    assert torch.get_num_threads() == 4


def test_an_error_in_a_thread_reaches_the_caller(workers):
    with pytest.raises(ZeroDivisionError):
        list(workers.map(lambda item: 1 / item, [1, 0]))
    assert torch.get_num_threads() == 4
