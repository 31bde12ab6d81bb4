"""Reading TOML files, with every way in which one may fail to be read as a fault of one line.

Python's reader takes any time and depth that a text asks for: long dotted keys cost the square of their length, say. So
what a config never needs is refused, most of it before the text is read.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from wignerlohe.config.faults import ConfigError, one_line

MAXIMUM_BYTES = 500_000
MAXIMUM_KEYS = 20_000
MAXIMUM_PARTS = 8  # of a dotted key
MAXIMUM_DEPTH = 12
LARGEST_WHOLE = 2**63 - 1  # that TOML promises

_PART = r"""(?:"(?:[^"\\\n]|\\[^\n])*+"?|'[^'\n]*+'?|[\w-]++)"""
# text of several lines and comments hold no keys
_DOTTED = re.compile(
    rf"""
    ""\"(?:[^\\]|\\.)*?(?:"{{3,5}}|\\?\Z) | '''.*?(?:'{{3,5}}|\Z) | \#[^\n]*+
    | (?P<long>{_PART}(?:[ \t]*\.[ \t]*{_PART}){{{MAXIMUM_PARTS}}}) | {_PART}
    """,
    re.VERBOSE | re.DOTALL,
)
_KEY = re.compile(r"=|^[ \t]*\[.*\][ \t]*(?:#.*)?$", re.MULTILINE)


def read_file(path: Path) -> tuple[dict[str, Any], str]:
    """Read a TOML file of moderate size: its tables and its text.

    Raises ConfigError, one line, if it cannot be read or is not TOML.
    """
    try:
        path.stat()
        if not os.path.isfile(path):  # others may have no end, or wait for a writer
            raise ConfigError([f"{path}: is no file; give the path of a TOML file"])
        with path.open("rb") as file:
            data = file.read(MAXIMUM_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError([f"{path}: cannot be read ({why}); give the path of a TOML file"]) from None
    if len(data) > MAXIMUM_BYTES:
        raise ConfigError([f"{path.name}: has {path.stat().st_size} bytes; at most {MAXIMUM_BYTES} are allowed"])
    try:
        text = data.decode("utf-8")
        return read_text(text, path.name), text
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path.name}: is not valid TOML ({one_line(error)}); see `wignerlohe init`"]) from None


def read_text(text: str, name: str) -> dict[str, Any]:
    """Read the text of a TOML file of some name.

    Raises ConfigError, one line, if it is not TOML, or such TOML as no config needs.
    """
    plain = text.replace("\r\n", "\n")
    if any(found["long"] for found in _DOTTED.finditer(plain)):
        raise ConfigError([f"{name}: has a key of very many parts; at most {MAXIMUM_PARTS} are allowed"])
    keys = sum(1 for _ in _KEY.finditer(plain))
    if keys > MAXIMUM_KEYS:
        raise ConfigError([f"{name}: has {keys} keys; at most {MAXIMUM_KEYS} are allowed"])
    try:
        tables = tomllib.loads(text)
        fault = _excess(tables, 0)
    except (ValueError, RecursionError) as error:
        raise ConfigError([f"{name}: is not valid TOML ({one_line(error)}); see `wignerlohe init`"]) from None
    if fault:
        raise ConfigError([f"{name}: {fault}"])
    return tables


def _excess(value: Any, depth: int) -> str:
    """What is beyond all measure in a value that was read; empty if nothing is."""
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        return "has a whole number of more than 64 bits; those that a float holds exactly are allowed"
    if not isinstance(value, dict | list):
        return ""
    if depth > MAXIMUM_DEPTH:
        return f"nests tables or lists more than {MAXIMUM_DEPTH} levels deep"
    inner = value.values() if isinstance(value, dict) else value
    return next((fault for entry in inner if (fault := _excess(entry, depth + 1))), "")
