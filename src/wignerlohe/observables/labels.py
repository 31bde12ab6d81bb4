"""Observables as labelled arrays: what each is, and its unit, stands in `wignerlohe.labels`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.labels import VARIABLES

if TYPE_CHECKING:
    import xarray as xr

Coordinates = dict[str, tuple[str, ArrayLike | Sequence[str]]]  # name: (dimension, points)


def array(
    name: str,
    dims: Sequence[str],
    values: NDArray[Any],
    coordinates: Coordinates,
    attrs: Mapping[str, Any] | None = None,
) -> xr.DataArray:
    """Label values."""
    import xarray as xr

    def described(name: str) -> dict[str, Any]:
        return dict(zip(("long_name", "units"), VARIABLES[name], strict=True))

    coords = {key: (dim, np.asarray(points), described(key)) for key, (dim, points) in coordinates.items()}
    return xr.DataArray(values, dims=dims, coords=coords, name=name, attrs=described(name) | dict(attrs or {}))


def momentum_axes(dimension: int) -> tuple[str, ...]:
    """Names of the momentum axes of a grid: ``p`` is the axis of Wigner functions, which have twice the samples.

    >>> momentum_axes(1), momentum_axes(2)
    (('momentum',), ('momentum_x', 'momentum_y'))
    """
    names = ("momentum_x", "momentum_y", "momentum_z")
    return ("momentum",) if dimension == 1 else names[:dimension]
