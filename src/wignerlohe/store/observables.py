"""Observables in a store: of the axes that are words, such as the parts of an energy, the words are attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wignerlohe import observables
from wignerlohe.labels import Entry
from wignerlohe.solution import Solution
from wignerlohe.store.files import open_committed

if TYPE_CHECKING:  # a run without observables needs no xarray
    import xarray as xr

AT_ENDS = "husimi"  # as large as a Wigner function for each node: kept at the first and the last time alone
GROUPED = {
    "group_order_parameter": observables.group_order_parameter,
    "group_correlation": observables.group_correlation,
}


@dataclass(frozen=True)
class Entries:
    """What to write: coordinates, variables over time, and further attributes of these."""

    static: dict[str, Entry]
    timed: dict[str, Entry]
    attributes: dict[str, dict[str, Any]]


def observable_entries(
    solution: Solution, names: Iterable[str], groups: Mapping[str, Sequence[int]], known: Iterable[str] = ()
) -> Entries:
    """Observables at the output times, but those that are written anyway, under the names ``known``."""
    data = observables.compute(solution, [name for name in names if name not in (*known, AT_ENDS)])
    if groups:
        data = data.assign({name: of(solution, groups) for name, of in GROUPED.items()})
    return _entries(data)


def husimi_entries(solution: Solution) -> Entries:
    """Husimi functions at the first and the last output time, of x and its momentum, other axes traced out."""
    ends = np.unique(solution.times[[0, -1]])
    return _entries(observables.husimi(solution, times=ends, axes=("x",)).rename(time="husimi_time").to_dataset())


def stored_observables(path: Path, names: Iterable[str]) -> xr.Dataset:
    """Observables of a run folder, as `wignerlohe.observables` makes them, where they have been written."""
    data = open_committed(path)
    found = data[[name for name in (*names, *GROUPED) if name in data]]
    return found.assign_coords({axis: words for name in found for axis, words in _words(found[name]).items()})


def _entries(data: xr.Dataset) -> Entries:
    attributes: dict[str, dict[str, Any]] = {}
    for name, array in data.items():
        kept = {key: value for key, value in array.attrs.items() if key not in ("long_name", "units")}
        attributes[str(name)] = kept | {
            axis: data[axis].values.tolist() for axis in array.dims if _is_words(data[axis])
        }
    numbers = {str(axis): ((str(axis),), data[axis].values) for axis in data.coords if not _is_words(data[axis])}
    return Entries(
        static={axis: entry for axis, entry in numbers.items() if axis != "time"},
        timed={str(name): (tuple(map(str, array.dims)), array.values) for name, array in data.items()},
        attributes=attributes,
    )


def _words(array: xr.DataArray) -> dict[str, list[str]]:
    return {str(axis): array.attrs[axis] for axis in array.dims if axis in array.attrs}


def _is_words(axis: xr.DataArray) -> bool:
    return bool(axis.dtype.kind == "U")
