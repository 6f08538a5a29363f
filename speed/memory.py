"""How glibc, the C library of most Linux systems, deals with the memory of freed tensors.

Each function sets limits of its allocator, and does nothing where the C library is another.
Source: mallopt(3), M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_ARENA_MAX.
"""

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # numbers of malloc.h


def keep_memory() -> None:
    """Keep what is freed for the next tensor: faster where products are quick, as in int8.

    Else each layer of a thread gives a few megabytes back, and the system hands them out again
    page by page, in zeros.
    """
    _set(_MMAP_THRESHOLD, 32 << 20)
    _set(_TRIM_THRESHOLD, 64 << 20)


def give_memory_back() -> None:
    """Return large freed blocks to the system, so that a server's memory stays level.

    The allocator raises its threshold for that with every large block that is freed, up to 32 MB,
    and the tensors of texts of many lengths then leave holes: in a heap for each thread, were they
    not two.
    """
    _set(_MMAP_THRESHOLD, 1 << 20)
    _set(_TRIM_THRESHOLD, 1 << 20)
    _set(_ARENA_MAX, 2)


def _set(limit: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt:
        mallopt(limit, value)
