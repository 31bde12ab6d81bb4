"""The linear terms of the equations: transport ``(p/m).grad_x``, and the pseudo-differential operator Theta.

Both are diagonal after a Fourier transform: transport in x -> k, Theta in p -> y. The samples stand for the
trigonometric polynomial through them, whose highest mode, for an even number of samples, is half of either sign.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import potentials
from wignerlohe.checks import positive_number
from wignerlohe.grid import PhaseSpace
from wignerlohe.operators.arguments import functions

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


def transport(space: PhaseSpace, w: ArrayLike, mass: float = 1.0) -> ComplexArray:
    """Transport ``(p/m).grad_x w``, the second term of (2) and (6), exact for what the samples represent.

    Parameters
    ----------
    space : PhaseSpace
    w : array_like, shape (..., *space.shape)
    mass : float
        m > 0.

    Returns
    -------
    complex128 array, shape (..., *space.shape)
        In units of w per time.

    Raises
    ------
    InvalidInputError
        If a shape does not fit, a value is not finite, or the mass not positive.

    Examples
    --------
    >>> space = PhaseSpace(x_lower=0, x_upper=2 * np.pi, x_points=9, p_lower=-3, p_upper=3, p_points=6)
    >>> x, p = space.x[0][:, None], space.p[0]
    >>> bool(np.allclose(transport(space, np.sin(x) * p**2), np.cos(x) * p**3))
    True
    """
    values, d = functions(space, w), space.dimension
    mass = positive_number("mass", mass, "mass=1.0")
    velocity = np.zeros(space.shape)
    for axis, (k, p) in enumerate(zip(space.wavenumbers, space.p, strict=True)):
        slopes = k.copy()
        if len(k) % 2 == 0:
            slopes[len(k) // 2] = 0  # the slopes of its two halves cancel
        velocity += _along(axis, 2 * d, slopes) * _along(d + axis, 2 * d, p / mass)
    x_axes = tuple(range(-2 * d, -d))
    return np.asarray(np.fft.ifftn(1j * velocity * np.fft.fftn(values, axes=x_axes), axes=x_axes))


def theta(
    space: PhaseSpace, V_i: potentials.Potential, V_j: potentials.Potential, w: ArrayLike, time: float = 0.0
) -> ComplexArray:
    """The operator ``Theta[V_i, V_j]`` of the potentials, the third term of (6), and of (2) with ``V_i = V_j``.

    ``Theta w (x, p) = (i / hbar) (2 pi hbar)^-d iint [V_i(x + y/2) - V_j(x - y/2)] w(x, p') e^{-i (p - p').y / hbar}
    dp' dy``

    Parameters
    ----------
    space : PhaseSpace
        y runs over ``|y| <= pi hbar / (p spacing)`` on each axis, so that potentials are asked for at ``x +- y/2``:
        between the points, and outside the box.
    V_i, V_j : str, number or callable
        Potentials, energies; see `wignerlohe.potentials.sample`.
    w : array_like, shape (..., *space.shape)
    time : float
        t, for potentials that depend on it.

    Returns
    -------
    complex128 array, shape (..., *space.shape)
        In units of w per time.

    Raises
    ------
    InvalidInputError
        If a shape does not fit, a value is not finite, or a potential is an array, cannot be read, or is not real and
        finite at ``x +- y/2``.

    Examples
    --------
    For a quadratic potential it is the classical force, ``-V'(x) d/dp``:

    >>> space = PhaseSpace(x_lower=-2, x_upper=2, x_points=4, p_lower=-8, p_upper=8, p_points=64)
    >>> x, p = space.x[0][:, None], space.p[0]
    >>> w = np.exp(-(x**2) - p**2)
    >>> bool(np.allclose(theta(space, "0.5*x**2", "0.5*x**2", w), 2 * x * p * w))
    True
    """
    values = functions(space, w)
    return apply_symbol(space, symbol(space, around(space, V_i, time), around(space, V_j, time)), values)


def around(space: PhaseSpace, potential: potentials.Potential, time: float = 0.0) -> FloatArray:
    """``V(x + y/2)`` for every x, and every y from the lowest to the highest: float64 (*x_points, *y), y odd in number.

    Reversed in y it is ``V(x - y/2)``.
    """
    d = space.dimension
    coordinates = []
    for axis, (x, n) in enumerate(zip(space.x, space.p_points, strict=True)):
        step = 2 * np.pi * space.hbar / (space.p_upper[axis] - space.p_lower[axis])
        half_y = step / 2 * np.arange(-(n // 2), n // 2 + 1)
        coordinates.append(np.asarray(_along(axis, 2 * d, x) + _along(d + axis, 2 * d, half_y)))
    return potentials.evaluate(potential, coordinates, time)


def symbol(space: PhaseSpace, left: FloatArray, right: FloatArray) -> FloatArray:
    """``[V_i(x + y/2) - V_j(x - y/2)] / hbar`` in FFT order of y, from `around` of both: float64 (*space.shape)."""
    d = space.dimension
    y_axes = tuple(range(d, 2 * d))
    table = (left - np.flip(right, y_axes)) / space.hbar
    for axis, n in zip(y_axes, space.p_points, strict=True):
        if n % 2 == 0:  # the highest mode is half of either sign
            slices = np.moveaxis(table, axis, 0)
            slices[0] = (slices[0] + slices[-1]) / 2
            table = np.moveaxis(slices[:-1], 0, axis)
    return np.fft.ifftshift(table, axes=y_axes)


def apply_symbol(space: PhaseSpace, values: FloatArray, w: ComplexArray) -> ComplexArray:
    """``Theta w`` for functions (..., *space.shape): multiply by i times the symbol in y."""
    axes = tuple(range(-space.dimension, 0))
    return np.asarray(np.fft.fftn(1j * values * np.fft.ifftn(w, axes=axes), axes=axes))


def _along(axis: int, dimension: int, values: NDArray[Any]) -> NDArray[Any]:
    """Values of one axis, to be broadcast against the others."""
    return np.expand_dims(values, [k for k in range(dimension) if k != axis])
