"""Files that are whole or not there, whatever ends the process, and also after a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

AT_ONCE = 16  # waits of a disk that cost about as much as one


@contextmanager
def replacing(path: Path, temporary: Path | None = None) -> Iterator[IO[bytes]]:
    """Write a file that takes its place only once it is on the disk: fsync, rename, fsync of the folder.

    The temporary file lies beside it unless another place in the same file system is given.
    """
    temporary = temporary or path.with_name(f".{path.name}.new")
    with whole(temporary, path):
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    sync([path.parent])


@contextmanager
def whole(path: Path, name: Path | None = None) -> Iterator[None]:
    """Take away what is left of a file that could not be written, and name it, or what it stands for, in the error."""
    try:
        with named(name or path):
            yield
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Say in an error which file it is about: the system says so of names only, not of open files."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def put(path: Path, data: bytes | memoryview) -> None:
    """Write a file of which nothing stays if the disk is full."""
    with whole(path):
        path.write_bytes(data)


def sync(paths: Iterable[Path]) -> None:
    """Wait until files and folders are on the disk."""
    several = list(paths)
    if len(several) < 2:
        list(map(_sync, several))
        return
    with ThreadPoolExecutor(min(AT_ONCE, len(several))) as pool:
        list(pool.map(_sync, several))


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        with named(path):
            os.fsync(number)
    finally:
        os.close(number)
