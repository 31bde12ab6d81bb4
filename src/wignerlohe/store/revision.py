"""The commit that a folder is checked out at, read from the files of git.

Git itself is not asked: in a folder of someone else's its configuration can name programs to run.
"""

from __future__ import annotations

import re
from pathlib import Path

NAME = re.compile(r"refs/\w[\w+@=,-]*(?:[./]\w[\w+@=,-]*)*", re.ASCII)  # a path that stays below its folder
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
LONGEST = 20_000_000  # bytes of a list of references


def revision(folder: Path) -> str:
    """The commit of the checkout that a folder lies in; empty where there is none, or none that can be read.

    Changes that are not committed do not show in it.
    """
    folder = folder.resolve()
    root = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)
    return "" if root is None else _head(_git_folder(root / ".git"))


def _git_folder(path: Path) -> Path:
    """Where git keeps what belongs to a checkout; of a further one (worktree) or a part (submodule) a file says it."""
    words = _text(path) if path.is_file() else ""
    return path.parent / words.removeprefix("gitdir:").strip() if words.startswith("gitdir:") else path


def _head(git: Path) -> str:
    head = _text(git / "HEAD").strip()
    if COMMIT.fullmatch(head):
        return head
    name = head.removeprefix("ref:").strip()
    if not NAME.fullmatch(name):
        return ""
    common = git / (_text(git / "commondir").strip() or ".")
    for place in (git, common):
        found = _text(place / name).strip()
        if COMMIT.fullmatch(found):
            return found
    lines = (line.split(" ") for line in _text(common / "packed-refs").splitlines())
    return next((words[0] for words in lines if words[1:] == [name] and COMMIT.fullmatch(words[0])), "")


def _text(path: Path) -> str:
    """The text of a file, empty if it is none of moderate size: a pipe would be waited for."""
    try:
        return path.read_text("utf-8", "replace") if path.is_file() and path.stat().st_size <= LONGEST else ""
    except (OSError, ValueError):
        return ""
