"""Ctrl-C and SIGTERM: how a process ends soon, and never in the middle of what must be whole.

Python turns Ctrl-C into KeyboardInterrupt between two of its own instructions, wherever that is. `held_back` puts it
off while files are written. `ending` does the same for SIGTERM, and watches: a long call into a library, which hears of
no signal, is not waited for.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

PATIENCE = 1.2  # seconds from the first signal until the process is ended from outside of what it computes
SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 130  # what a process says that ends so

_writing = threading.RLock()
_heard = threading.Event()


class Interrupt(KeyboardInterrupt):
    """Ctrl-C or SIGTERM. Under its own name, since CPython ends a process that caught the plain one with a signal."""


def interrupt(*_: object) -> None:
    """Raise `Interrupt`: a handler of signals."""
    _heard.set()
    raise Interrupt


def heard() -> bool:
    """Whether `interrupt` was called: a library that is interrupted while it loads may raise something else instead."""
    return _heard.is_set()


def forget() -> None:
    """Begin anew."""
    _heard.clear()


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def held_back() -> Iterator[None]:
    """Put signals off until the end of a block, which is then whole."""
    if not _is_main():  # which no signal reaches
        yield
        return
    held: list[int] = []
    before = {number: signal.signal(number, lambda heard, _: held.append(heard)) for number in SIGNALS}
    try:
        with _writing:
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for heard in held[:1]:
            handler = before[signal.Signals(heard)]
            if callable(handler):
                handler(heard, None)
            else:
                signal.raise_signal(heard)


@contextmanager
def ending(code: int, last_words: Callable[[], None]) -> Iterator[None]:
    """End the process with ``code`` soon after Ctrl-C or SIGTERM.

    The first one raises KeyboardInterrupt. Where that is not heard within `PATIENCE`, ``last_words`` is called and the
    process ends, but not while files are written. A second one ends the process at once, also after the block.
    """
    if not _is_main():
        yield
        return
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    wake = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    first, over = threading.Event(), threading.Event()
    watch = threading.Thread(target=_watch, args=(ours, first, over, code, last_words), daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        for number, handler in before.items():
            again = partial(_exit, code) if first.is_set() else signal.SIG_DFL if handler is None else handler
            signal.signal(number, again)
        signal.set_wakeup_fd(wake)
        theirs.close()  # which ends the watch
        watch.join()
        ours.close()


def _exit(code: int, *_: object) -> None:
    os._exit(code)


def _watch(
    ours: socket.socket, first: threading.Event, over: threading.Event, code: int, last_words: Callable[[], None]
) -> None:
    """Read the numbers of signals as they come, whatever the main thread does."""

    def end() -> None:
        if over.wait(PATIENCE):
            return
        with _writing:
            pass
        if not over.wait(PATIENCE / 4):  # the main thread may have been writing, and be on its way now
            last_words()
            os._exit(code)

    while found := ours.recv(1):
        if found[0] not in SIGNALS:
            continue
        if first.is_set():
            os._exit(code)
        first.set()
        threading.Thread(target=end, daemon=True).start()
