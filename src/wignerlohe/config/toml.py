"""Writing TOML, which the standard library only reads."""

from __future__ import annotations

import json
import re
from typing import Any


def dumps(tables: dict[str, Any]) -> str:
    """Write a config so that `tomllib.loads` gives it back: plain keys first, then one section per table.

    >>> print(dumps({"title": "A test", "model": {"coupling": 0.5, "network": {"kind": "ring"}}}), end="")
    title = "A test"
    <BLANKLINE>
    [model]
    coupling = 0.5
    network = {kind = "ring"}
    """
    lines = [f"{_key(name)} = {_value(value)}" for name, value in tables.items() if not isinstance(value, dict)]
    for name, table in tables.items():
        if isinstance(table, dict):
            lines += ["", f"[{_key(name)}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines).lstrip("\n") + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(text: str) -> str:
    # JSON escapes what TOML must have escaped, but for the delete character
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return float.__repr__(value) if isinstance(value, float) else int.__repr__(value)
