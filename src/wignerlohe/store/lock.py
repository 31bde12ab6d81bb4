"""One writer a folder: a lock that ends with its process, however that ends. Readers take none."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wignerlohe.checks import require
from wignerlohe.store.durable import named

LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process.

    Raises
    ------
    InvalidInputError
        If another process holds it.
    """
    path = folder / LOCK
    number = _open(path)
    try:
        while True:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                must, attempt = "be a folder that no other process writes to", "another folder, or wait"
                require(False, "output", must, f"{folder} is held by process {_holder(number)}", attempt)
            if _is_at(path, number):
                break
            os.close(number)  # its holder has just ended and taken the file away
            number = _open(path)
        with named(path):
            os.ftruncate(number, 0)
            os.pwrite(number, str(os.getpid()).encode(), 0)
        try:
            yield
        finally:
            if _is_at(path, number):
                path.unlink()
    finally:
        os.close(number)


def is_empty(folder: Path) -> bool:
    """Whether a folder holds nothing, but perhaps a lock."""
    return all(path.name == LOCK for path in folder.iterdir())


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)


def _holder(number: int) -> str:
    return os.pread(number, 20, 0).decode("ascii", "replace") or "unknown"


def _is_at(path: Path, number: int) -> bool:
    """Whether the file that was opened is still the one of that name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(number))
    except FileNotFoundError:
        return False
