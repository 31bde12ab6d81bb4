"""The files that a config names: those of ``[initial]`` and of the network, by their key ``path``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

OWNERS = ("initial", "model.network")


def naming(tables: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tables that name a file under ``path``, with the full key.

    >>> [(key, table["path"]) for key, table in naming({"initial": {"kind": "file", "path": "psi.npy"}})]
    [('initial.path', 'psi.npy')]
    """
    for owner in OWNERS:
        table: Any = tables
        for step in owner.split("."):
            table = table.get(step) if isinstance(table, dict) else None
        if isinstance(table, dict) and isinstance(table.get("path"), str):
            yield f"{owner}.path", table
