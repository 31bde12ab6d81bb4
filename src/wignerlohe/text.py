"""Text as it is shown: from elsewhere, on one line, in characters that a terminal only prints; sizes; what to type."""

from __future__ import annotations

import shlex

LONGEST = 1000  # characters of a line


def printable(text: str, most: int = LONGEST) -> str:
    r"""Fold text into one line; characters that could steer a terminal come out as their escapes.

    >>> print(printable("a.npy\x1b[2J:\n  cannot be read"))
    a.npy\x1b[2J: cannot be read
    >>> printable("0123456789", most=8)
    '01234...'
    """
    folded = " ".join(text[: 4 * most].split())
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in folded)
    return shown if len(shown) <= most and len(text) <= 4 * most else shown[: most - 3] + "..."


def command(name: str, path: object, *options: str) -> str:
    """Say what to type for a command on a file or folder, whatever its name is.

    >>> print(command("run", "my runs/a", "--resume"))
    wignerlohe run 'my runs/a' --resume
    """
    return " ".join(["wignerlohe", name, shlex.quote(str(path)), *options])


def readable(size: float) -> str:
    """Bytes in the unit people read.

    >>> readable(3_200_000)
    '3.2 MB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
