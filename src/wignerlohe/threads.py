"""Threads that share one loop: how many, and one pool of them for the whole program.

Loops are cut into parts whose number depends on the problem alone, and sums go over parts in order: results have the
same bits on any number of threads. What threads call must let others run, as compiled loops and transforms do.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TypeVar

MOST = 8  # beyond, the memory is the limit
CHUNKS = 4  # of the parts for each thread: one that is held up leaves its later ones to others

T = TypeVar("T")


def count() -> int:
    """How many threads: ``OMP_NUM_THREADS``, or one for each processor of this process, and 8 at most."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(int(asked) if asked.isdecimal() and int(asked) else processors(), MOST)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(work: Callable[[T], object], tasks: Iterable[T]) -> None:
    """Call ``work``, which must not call `each` itself, on every task; what it raises is raised.

    This thread takes tasks, too: those that are short are not worth waiting for another to wake up.
    """
    left = deque(tasks)

    def take() -> None:
        while left:
            try:
                task = left.popleft()
            except IndexError:  # another thread was faster
                return
            work(task)

    others = [_pool(count() - 1).submit(take) for _ in range(min(count(), len(left)) - 1)]
    try:
        take()
    finally:
        left.clear()
        for other in others:
            if not other.cancel():
                other.result()


def share(kernel: Callable[..., object], parts: int, *arguments: object) -> None:
    """Call ``kernel(begin, before, *arguments)`` on ranges of parts, until all are done."""
    chunks = min(parts, CHUNKS * count()) if count() > 1 else 1
    bounds = [parts * chunk // chunks for chunk in range(chunks + 1)]
    each(lambda bound: kernel(*bound, *arguments), list(pairwise(bounds)))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "wignerlohe")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not live on in a child
