"""Writing results in whole time slabs. A slab counts once it is committed, and `Writer._commit` is the one place.

Every variable over ``time`` is created at its full length with chunks of one slab. A slab is written chunk by chunk,
and then a counter in the attributes of the store is raised in a single file replacement: readers (`store.files`)
look at committed times only, so a run that is cut off leaves a readable result.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr

from wignerlohe.labels import COUNTERS, PAIRS, VARIABLES, Entry


class Writer:
    """Writes one store.

    Parameters
    ----------
    path : Path
        Of the store, which must not exist.
    times : int
        Length of the axis ``time`` when the run is complete.
    slab : int
        Times in a slab.
    wigner_times : int
        Length of the axis ``wigner_time``.
    """

    def __init__(self, path: Path, times: int, slab: int, wigner_times: int = 0) -> None:
        self.lengths = {"time": times, "wigner_time": wigner_times}
        self.chunks = {"time": slab, "wigner_time": 1}
        self.done = {"time": 0, "wigner_time": 0}
        self.group = zarr.open_group(path, mode="w-", zarr_format=3)

    def begin(self, static: dict[str, Entry], attributes: dict[str, Any]) -> None:
        """Write what does not change in time."""
        for name, (dims, values) in static.items():
            self._create(name, dims, values)[...] = values
        self.group.update_attributes(attributes | dict.fromkeys(COUNTERS.values(), 0))

    def describe(self, name: str, attributes: dict[str, Any]) -> None:
        """Say more about a variable than the table of all variables does."""
        self.group[name].update_attributes(attributes)

    def commit(self, entries: dict[str, Entry], attributes: dict[str, Any]) -> None:
        """Write one slab, whose variables all start with ``time`` or ``wigner_time``, and commit it."""
        for name, (dims, values) in entries.items():
            array = self.group[name] if name in self.group else self._create(name, dims, values)
            assert isinstance(array, zarr.Array)
            if dims[0] in self.done:
                first = self.done[dims[0]]
                array[first : first + len(values)] = values
            else:
                array[...] = values
        for axis in self.done:
            self.done[axis] += len(entries[axis][1]) if axis in entries else 0
        self._commit(attributes)

    def _create(self, name: str, dims: tuple[str, ...], values: Any) -> Any:
        """Create a variable at its full length; what is not yet written reads as NaN."""
        shape = (self.lengths.get(dims[0], len(values)), *values.shape[1:])
        chunks = (min(self.chunks.get(dims[0], len(values)), shape[0]), *values.shape[1:])
        long_name, units = VARIABLES[name]
        attributes: dict[str, Any] = {"long_name": long_name, "units": units}
        for axis in PAIRS.keys() & set(dims if len(dims) > 1 else ()):
            attributes["coordinates"] = " ".join(PAIRS[axis])  # by this xarray knows them as coordinates
        return self.group.create_array(
            name,
            shape=shape,
            chunks=chunks,
            dtype=values.dtype,
            dimension_names=dims,
            fill_value=values.dtype.type(np.nan) if values.dtype.kind in "fc" else 0,
            attributes=attributes,
        )

    def _commit(self, attributes: dict[str, Any]) -> None:
        """Make the slab count: one replacement of the file that holds the attributes."""
        self.group.update_attributes(attributes | {COUNTERS[axis]: count for axis, count in self.done.items()})
