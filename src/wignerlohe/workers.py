"""Processes that work on one task at a time, on one numeric thread each; one that dies takes only its task along.

Each worker is a pool of one process, so that a death is known to belong to one task. One thread, whatever the number of
workers: a sum over two threads is rounded in another order, and results must not depend on how many work beside.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for_exit
from typing import TypeVar

from wignerlohe.errors import SolverError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

T = TypeVar("T")
R = TypeVar("R")


def work(function: Callable[[T], R], tasks: Sequence[T], count: int) -> Generator[tuple[T, R | None]]:
    """Call ``function`` on every task in ``count`` processes; yield tasks with results as they end, None for a death.

    Leaving the loop early ends the processes at once.
    """
    begun: list[_Worker] = []
    idle: list[_Worker] = []
    busy: dict[Future[R], tuple[_Worker, T]] = {}
    waiting = list(reversed(tasks))
    try:
        while waiting or busy:
            while waiting and len(busy) < count:
                if not idle:
                    begun.append(_Worker())
                    idle.append(begun[-1])
                worker, task = idle.pop(), waiting.pop()
                busy[worker.pool.submit(function, task)] = worker, task
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                worker, task = busy.pop(future)
                try:
                    result: R | None = future.result()
                    idle.append(worker)
                except BrokenProcessPool:
                    worker.check_started()
                    result = None
                yield task, result
    finally:
        with _uninterrupted():
            for worker in begun:
                worker.end()


class _Worker:
    """One process, begun at once."""

    def __init__(self) -> None:
        self.pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _end_with_parent)
        with _one_thread(), _uninterrupted():
            self.pid = self.pool.submit(os.getpid)  # this begins the process

    def check_started(self) -> None:
        """Raise if the process did not even begin, for then no other one will."""
        if self.pid.exception() is not None:
            raise SolverError(
                "worker processes do not start; a script that calls `wl.sweep` must be a file, and call it under `if "
                '__name__ == "__main__":`, for every worker reads that file'
            )

    def end(self) -> None:
        """End the process, whatever it is doing."""
        with contextlib.suppress(BrokenProcessPool, ProcessLookupError):
            os.kill(self.pid.result(), signal.SIGTERM)
        self.pool.shutdown()


def _end_with_parent() -> None:
    """In a worker: leave when the parent is gone, be it killed; nobody would take the result."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait_for_exit([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Limit the numeric threads of processes begun inside; libraries read this when they are loaded."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off, which would leave a process half begun or half ended; those begun inside never see it."""
    pressed: list[int] = []
    main = threading.current_thread() is threading.main_thread()  # the only one that signals interrupt
    handler = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number)) if main else None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # processes inherit it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if main:
            signal.signal(signal.SIGINT, handler or signal.SIG_DFL)
    if pressed:
        raise KeyboardInterrupt
