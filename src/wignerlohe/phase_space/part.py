"""A part of a function that is known as an array on phase space: planes, slices and marginals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.phase_space.selection import Selection

ComplexArray = NDArray[np.complex128]


def part(selection: Selection, values: NDArray[Any]) -> NDArray[Any]:
    """Integrate, slice and keep axes of ``w(x, p)``, an array (..., *space.shape).

    Integrals are sums over the samples, which are exact for a function that lies within the box and its band; slices
    between samples are those of the trigonometric polynomial through them.

    Returns
    -------
    array (..., axes that are kept)

    Examples
    --------
    >>> from wignerlohe.grid import PhaseSpace
    >>> from wignerlohe.phase_space.selection import select
    >>> space = PhaseSpace(x_lower=-6, x_upper=6, x_points=40, p_lower=-6, p_upper=6, p_points=48)
    >>> w = np.exp(-space.x[0][:, None] ** 2 - space.p[0] ** 2) / np.pi
    >>> float(part(select(space, ("x",)), w)[20].round(12)), float(part(select(space, (), {"x": 0.1, "p": 0}), w).real)
    (0.564189583548, 0.315142...)
    """
    space = selection.space
    limits = zip((*space.x_lower, *space.p_lower), (*space.x_upper, *space.p_upper), strict=True)
    boxes = dict(zip(selection.fates, limits, strict=True))
    for k, (name, fate) in reversed(list(enumerate(selection.fates.items()))):
        axis = k - len(selection.fates) + sum(other != "kept" for other in list(selection.fates.values())[k + 1 :])
        low, high = boxes[name]
        if fate == "integrated":
            values = values.sum(axis=axis) * ((high - low) / values.shape[axis])
        elif isinstance(fate, float):
            values = np.moveaxis(values, axis, -1) @ _weights((fate - low) / (high - low), values.shape[axis])
    return values


def _weights(place: float, count: int) -> NDArray[np.float64]:
    """Weights of equidistant samples in the value of their trigonometric polynomial at a fraction of its period.

    >>> bool(np.allclose(_weights(0.25, 4), [0, 1, 0, 0], atol=1e-15))
    True
    """
    if (place * count).is_integer():
        return np.asarray(np.eye(count)[int(place * count)])
    waves = np.arange(-(count // 2), count // 2 + 1)
    factors = np.where((2 * np.abs(waves) == count), 0.5, 1.0)  # the highest wavenumber has no sign
    angles = 2 * np.pi * (place - np.arange(count)[:, None] / count)
    return np.asarray((factors * np.cos(waves * angles)).sum(axis=1) / count)
