"""Faults of a config: one line each, naming the key, what was given and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from wignerlohe.config.tables import KINDS, TABLES
from wignerlohe.errors import WignerLoheError
from wignerlohe.text import printable

T = TypeVar("T")

MOST_FAULTS = 100  # that are listed
MOST_ENTRIES = 2000  # of a table that are looked at: a list of wrong values has several for each


class ConfigError(WignerLoheError):
    """Everything that is wrong with a config, one line each."""

    def __init__(self, faults: list[str]) -> None:
        rest = len(faults) - MOST_FAULTS
        listed = [*faults[:MOST_FAULTS], f"config: has {rest} faults more"] if rest > 0 else faults
        self.faults = [printable(fault) for fault in listed]
        super().__init__("\n".join(self.faults))


def parse_table(name: str, tables: dict[str, Any], faults: list[str]) -> Any:
    """Check one table; None if it is absent or faulty."""
    kind = tables.get("model", {}).get("kind") if isinstance(tables.get("model"), dict) else None
    if name not in tables:
        needed = name == "grid" and kind != "correlations" and "phase_space" not in tables
        if name in ("model", "initial", "time") or needed:
            faults.append(f"{name}: is missing; a config needs a table [{name}]")
        return None
    try:
        return TypeAdapter(TABLES[name]).validate_python(tables[name])
    except ValidationError as error:
        messages: dict[str, list[str]] = {}
        for entry in error.errors(include_url=False, include_context=False)[:MOST_ENTRIES]:
            key, table = _place(name, tables[name], entry["loc"], entry["type"])
            key += ".kind" if entry["type"].startswith("union_tag") else ""
            messages.setdefault(key, []).append(_message(entry, name, table))
        # a value that may be a number or a list fails as both: keep the place that is nearest to the mistake
        around = {key[:place] for key in messages for place, letter in enumerate(key) if letter == "["}
        nearest = {key: found for key, found in messages.items() if key not in around}
        faults.extend(f"{key}: {_joined(list(dict.fromkeys(found)))}" for key, found in nearest.items())
        return None


def attempt(faults: list[str], key: str, make: Callable[[], T]) -> T | None:
    """Call, and note what goes wrong under the key."""
    try:
        return make()
    except (WignerLoheError, ValueError, TypeError, OverflowError, MemoryError) as error:
        faults.append(f"{key}: {one_line(error)}")
        return None


def _place(name: str, table: Any, loc: tuple[int | str, ...], kind: str) -> tuple[str, Any]:
    """Name the faulty key, by the steps of ``loc`` that lead into the data, and the innermost table around it."""
    path, data = name, table
    for step in loc:
        inside = step in data if isinstance(data, dict) else isinstance(data, list) and isinstance(step, int)
        if inside:
            table = data if isinstance(data, dict) else table
            data = data[step]
        elif kind != "missing" or step != loc[-1]:
            continue
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path, table


def _allowed(name: str, table: dict[str, Any]) -> str:
    """List the keys of a table, which may depend on its kind."""
    if name not in KINDS:
        return f"; allowed are {', '.join(TABLES[name].model_fields)}"
    keys = sorted(KINDS[name][table["kind"]].model_fields, key=lambda key: key != "kind")
    return f" for kind {table['kind']!r}; allowed are {', '.join(keys)}"


def _message(entry: Any, name: str, table: Any) -> str:
    """Say what was given and what is allowed."""
    if entry["type"] == "missing":
        return f"is missing; [{name}] needs it"
    if entry["type"].startswith("union_tag"):
        kind = entry["input"].get("kind")
        given = "is missing" if kind is None else f"{_shown(kind)} was given"
        return f"{given}; allowed are {', '.join(KINDS[name])}"
    if entry["type"] in ("model_type", "dict_type", "model_attributes_type"):
        return f"{_shown(entry['input'])} was given; it must be a table [{name}]"
    if entry["type"] == "extra_forbidden":
        return f"is unknown{_allowed(name, table)}"
    return f"{_shown(entry['input'])} was given; {entry['msg'][0].lower()}{entry['msg'][1:]}"


def _joined(messages: list[str]) -> str:
    """Join what is allowed; what was given is said once."""
    again = messages[0].split("input should be ")[0] + "input should be "
    return " or ".join([messages[0], *(message.removeprefix(again) for message in messages[1:])])


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 50 else text[:47] + "..."


def one_line(error: BaseException) -> str:
    """Fold a message into one line."""
    return printable(str(error)) or type(error).__name__
