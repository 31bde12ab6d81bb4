"""The grid of a sweep: from a config with a table ``[sweep]`` to one config per point, or to every fault of them all.

``[sweep]`` gives lists or ranges of values for keys of the other tables. The points are the product, first key slowest.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from wignerlohe.checks import require
from wignerlohe.config.faults import ConfigError
from wignerlohe.config.files import naming
from wignerlohe.config.problem import build
from wignerlohe.config.tables import MOST_POINTS, TABLES, Range, SweepTable
from wignerlohe.config.toml import read_file
from wignerlohe.models.wigner_equation import WignerEquation

LONGEST_TEXT = 60  # of a value in a message
MOST_AXES = 32


@dataclass(frozen=True)
class Point:
    """One run of a sweep: where it lies in the grid, its config, and the bytes that it will need."""

    label: str
    config: str
    need: int


@dataclass(frozen=True)
class Sweep:
    """A checked sweep.

    Attributes
    ----------
    title, config : str
        Of the whole sweep, as given.
    axes : dict
        The values of each swept key.
    points : list of Point
        The product of the axes, first key slowest.
    times : float64 array or None
        The output times, where all points have the same.
    reports : bool
        Whether every point has figures and a report.
    """

    title: str
    config: str
    axes: dict[str, list[Any]]
    points: list[Point]
    times: NDArray[np.float64] | None
    reports: bool


def read_tables(config: Path | Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Take tables and their text from a file or from a dict; NumPy's numbers and arrays become plain ones."""
    if isinstance(config, Mapping):
        tables = _plain(config)
        return tables, tomli_w.dumps(tables)
    return read_file(config)


def pose(tables: dict[str, Any], text: str, folder: Path) -> Sweep:
    """Check every point of a sweep; relative paths in it start at ``folder``.

    Raises
    ------
    ConfigError
        With every fault of every point, one line each; a fault of several points is said once.
    """
    faults: list[str] = []
    axes, reports = _axes(tables, faults)
    faulty = [fault.split(":")[0].removeprefix("sweep.") for fault in faults]
    base = {name: table for name, table in tables.items() if name != "sweep"}
    points: list[Point] = []
    first: tuple[str, NDArray[np.float64]] | None = None
    same = True
    where: dict[str, list[str]] = {}
    for values in itertools.product(*axes.values()):
        label = ", ".join(f"{key} = {shown(value)}" for key, value in zip(axes, values, strict=True))
        try:
            point = _at(base, dict(zip(axes, values, strict=True)), folder)
            title, times, need = _judged(point, folder)
        except ConfigError as error:
            for fault in error.faults:
                where.setdefault(fault, []).append(label)
            continue
        first = first or (title, times)
        same = same and np.array_equal(times, first[1])
        points.append(Point(label=label, config=tomli_w.dumps(point), need=need))
    total = math.prod(map(len, axes.values()))
    # a key whose own values are at fault is not judged at the points, which lack it
    faults += [
        _placed(fault, at, total) for fault, at in _distinct(where).items() if not fault.startswith(tuple(faulty))
    ]
    if faults or first is None:
        raise ConfigError(faults)
    return Sweep(
        title=first[0],
        config=text,
        axes=axes,
        points=points,
        times=first[1] if same else None,
        reports=reports,
    )


def _judged(tables: dict[str, Any], folder: Path) -> tuple[str, NDArray[np.float64], int]:
    """Check one point: its title, output times and need of memory. Its states are gone before the next one's."""
    problem = build(tables, folder)
    if isinstance(problem.model, WignerEquation):
        raise ConfigError(["model.kind: 'wigner' has no correlations for a sweep to compare; try single runs"])
    return problem.title, problem.times, sum(problem.need.values())


def shown(value: Any) -> str:
    """Write a value in short."""
    text = f"{value:.12g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."


def _axes(tables: dict[str, Any], faults: list[str]) -> tuple[dict[str, list[Any]], bool]:
    """Take the values of each swept key out of ``[sweep]``; faults are noted and their keys left out."""
    table = tables.get("sweep")
    if table is None:
        raise ConfigError(["sweep: is missing; a config without a table [sweep] is one run: try `wignerlohe run`"])
    if not isinstance(table, dict):
        raise ConfigError([f"sweep: {shown(table)} was given; it must be a table [sweep]"])
    flat = _flat(table)
    try:
        checked = TypeAdapter(SweepTable).validate_python(flat)
    except ValidationError as error:
        wrong = {str(entry["loc"][0]) for entry in error.errors(include_url=False)}
        for key in sorted(wrong):
            allowed = (
                "true or false" if key == "reports" else "a list of values, or {start = 1.0, stop = 2.0, count = 5}"
            )
            faults.append(f"sweep.{key}: {shown(flat[key])} was given; it must be {allowed}")
        checked = SweepTable.model_validate({key: value for key, value in flat.items() if key not in wrong})
    swept = checked.__pydantic_extra__ or {}
    if len(swept) > MOST_AXES:  # before their values are spelled out
        raise ConfigError([*faults, f"sweep: names {len(swept)} keys; at most {MOST_AXES} are allowed"])
    axes = {key: _values(given) for key, given in swept.items()}
    for key, values in list(axes.items()):
        fault = _fault(key, values, axes)
        if fault:
            faults.append(f"sweep.{key}: {fault}")
            del axes[key]
    if not axes and not faults:
        faults.append('sweep: names no key; give values for one, such as "model.coupling" = [0.5, 1.0]')
    if math.prod(map(len, axes.values())) > MOST_POINTS:
        sizes = " x ".join(str(len(values)) for values in axes.values())
        raise ConfigError([*faults, f"sweep: has {sizes} points; at most {MOST_POINTS} are allowed"])
    return axes, checked.reports


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Join nested keys with dots: TOML reads an unquoted ``model.coupling`` as a table in a table."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        nested = isinstance(value, dict) and "start" not in value
        found |= _flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value}
    return found


def _values(given: list[Any] | Range) -> list[Any]:
    """Spell out a range; whole numbers stay whole where all of them are."""
    if isinstance(given, list):
        return given
    steps = given.count - 1
    if isinstance(given.start, int) and isinstance(given.stop, int) and (given.stop - given.start) % steps == 0:
        return [given.start + (given.stop - given.start) // steps * k for k in range(given.count)]
    with np.errstate(over="ignore", invalid="ignore"):  # infinite values are faults of the points
        found: list[float] = np.linspace(given.start, given.stop, given.count).tolist()
    return found


def _fault(key: str, values: list[Any], axes: dict[str, list[Any]]) -> str:
    """Say what is wrong with a swept key, if anything."""
    name, _, rest = key.partition(".")
    if name not in TABLES or not all(rest.split(".")):
        return f"is unknown; a swept key is table.key, with a table of {', '.join(TABLES)}"
    outer = [other for other in axes if key.startswith(f"{other}.")]
    if outer:
        return f"lies within {outer[0]}, which is swept, too; sweep one of the two"
    if None in values or len({_exactly(value) for value in values}) < len(values):
        return f"{shown(values)} was given; the values must differ from each other"
    return ""


def _exactly(value: Any) -> str:
    """Write a value so that equal ones look the same: a whole number is also a float."""
    return repr(float(value)) if isinstance(value, int) and not isinstance(value, bool) else repr(value)


def _at(base: dict[str, Any], values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Put values into a copy of the tables; paths become absolute, for the config will lie elsewhere."""
    tables = copy.deepcopy(base)
    for key, value in values.items():
        *outer, last = key.split(".")
        inner: Any = tables
        for step in outer:
            inner = inner.setdefault(step, {}) if isinstance(inner, dict) else None
        if not isinstance(inner, dict):
            raise ConfigError([f"sweep.{key}: is unknown; {'.'.join(outer)} is no table"])
        inner[last] = copy.deepcopy(value)
    for _, table in naming(tables):
        table["path"] = str(folder / table["path"])
    return tables


def _distinct(where: dict[str, list[str]]) -> dict[str, list[str]]:
    """Keep one line a key about lack of memory: what is free changes while points are checked, and with it the text."""
    found: dict[str, tuple[str, list[str]]] = {}
    for fault, at in where.items():
        same = fault.split(":")[0] if "this run needs about" in fault else fault
        found.setdefault(same, (fault, []))[1].extend(at)
    return dict(found.values())


def _placed(fault: str, at: list[str], total: int) -> str:
    """Say where a fault is, unless it is everywhere."""
    if len(at) == total:
        return fault
    return f"{fault} (at {at[0]})" if len(at) == 1 else f"{fault} (at {len(at)} of {total} points, first {at[0]})"


def _plain(value: Any) -> Any:
    """Turn what Python users write into what TOML knows; a key without a value is left out."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    known = isinstance(value, str | int | float)
    require(known, "config", "hold numbers, text, lists and tables", f"{value!r} was given", "what TOML can write")
    return value
