"""Folders from elsewhere: what is written into one, or read from one, stays in it."""

from __future__ import annotations

import os
from pathlib import Path

from wignerlohe.checks import require


def require_plain(name: str, folder: Path, most: int | None = None) -> None:
    """Refuse a folder with anything but files and folders in it: a link leads elsewhere, a pipe or device has no end.

    Raises
    ------
    InvalidInputError
        If there is such a thing, or more than ``most`` files and folders.
    """
    count = 0
    for inner, _, _ in os.walk(folder):
        with os.scandir(inner) as entries:
            for entry in entries:
                plain = entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)
                must, attempt = "hold files and folders only", "a copy by `cp -rL`"
                require(plain, name, must, f"{entry.name!r} in it is a link or a device", attempt)
                count += 1
        must, attempt = f"hold at most {most} files", "a store in fewer chunks"
        require(most is None or count <= most, name, must, "it holds more", attempt)
