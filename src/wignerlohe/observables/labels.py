"""One table names every observable: its meaning and its unit; what `wignerlohe.labels` names is named there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import labels

if TYPE_CHECKING:
    import xarray as xr

# long name and units, as in `wignerlohe.labels`
VARIABLES: dict[str, tuple[str, str]] = labels.VARIABLES | {
    "node": ("node j", "1"),
    "a": ("component of (x, p)", "1"),
    "b": ("other component of (x, p)", "1"),
    "axis": ("direction", "1"),
    "part": ("part of the energy", "1"),
    "group": ("group of nodes", "1"),
    "other": ("other group of nodes", "1"),
    "momentum": ("momentum p", "action / length"),
    "momentum_x": ("momentum p_x", "action / length"),
    "momentum_y": ("momentum p_y", "action / length"),
    "momentum_z": ("momentum p_z", "action / length"),
    "position_density": ("position density sum_m |psi_j^m(x)|^2", "length^-d"),
    "momentum_density": ("momentum density sum_m |psi_j^m(p)|^2", "(action / length)^-d"),
    "cross_density": ("cross density sum_m phi_i^m(x) conj(chi_j^m(x))", "length^-d"),
    "current": ("probability current (hbar / m) sum_m Im conj(psi_j^m) grad psi_j^m", "length^(1-d) / time"),
    "mean": ("means of x and p", "length for x, action / length for p"),
    "covariance": ("covariances of x and p, symmetrised", "product of those of both components"),
    "energy": ("energy of each node by itself, V_j = V + hbar Omega_j", "energy"),
    "negativity": ("negativity volume (1/2) (integral |w_jj| - 1)", "1"),
    "husimi": ("Husimi function Q_j(x, p)", "action^-d"),
    "overlap": ("overlap <psi_j, phi> with the given state", "1"),
    "fidelity": ("fidelity <phi| rho_j |phi> with the given state", "1"),
    "largest_distance": ("largest distance max ||w_ij - w_lm|| over all pairs", "action^(-d/2)"),
    "group_density": ("mean position density of each group", "length^-d"),
    "group_order_parameter": ("order parameter |mean over the group of psi_j|", "1"),
    "group_correlation": ("mean of z_ij, i in the group, j in the other", "1"),
}


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
