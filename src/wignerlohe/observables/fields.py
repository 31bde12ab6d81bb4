"""Observables of Wigner functions on a phase space, for data and solvers without wave functions.

``w`` is real, of shape (..., *space.shape), the ``w_jj`` of one node or of many. Each is the integral that stands with
it, a sum over the cells of the space; it agrees with its namesake of states where the space holds the function.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import positive_number, real_array, require
from wignerlohe.grid import PhaseSpace

FloatArray = NDArray[np.float64]


def position_density_of(space: PhaseSpace, w: ArrayLike) -> FloatArray:
    """``integral w dp``, float64 (..., *space.x_points).

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> (psi,) = wl.states.cat(grid, 2.0)
    >>> bool(np.allclose(position_density_of(grid.phase_space, wl.wigner(grid, psi)), abs(psi) ** 2, atol=1e-13))
    True
    """
    d = space.dimension
    return np.asarray(_function(space, w).sum(axis=tuple(range(-d, 0))) * math.prod(spacings(space)[d:]))


def momentum_density_of(space: PhaseSpace, w: ArrayLike) -> FloatArray:
    """``integral w dx``, float64 (..., *space.p_points).

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> (psi,) = wl.states.gaussian(grid, 0.0, momentum=1.0)
    >>> density, (p,) = momentum_density_of(grid.phase_space, wl.wigner(grid, psi)), grid.phase_space.p
    >>> bool(np.allclose(density, np.exp(-((p - 1) ** 2)) / np.sqrt(np.pi), atol=1e-13))
    True
    """
    d = space.dimension
    return np.asarray(_function(space, w).sum(axis=tuple(range(-2 * d, -d))) * math.prod(spacings(space)[:d]))


def current_of(space: PhaseSpace, w: ArrayLike, mass: float = 1.0) -> FloatArray:
    """``integral (p / m) w dp``, float64 (..., d, *space.x_points).

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> (psi,) = wl.states.gaussian(grid, 0.0, momentum=1.0)
    >>> flow = current_of(grid.phase_space, wl.wigner(grid, psi), mass=2.0)
    >>> bool(np.allclose(flow, 0.5 * abs(psi) ** 2, atol=1e-13))
    True
    """
    d, m = space.dimension, positive_number("mass", mass, "mass=1.0")
    w, cell = _function(space, w), math.prod(spacings(space)[d:]) / m
    parts = [
        cell * (w * p.reshape([-1 if k == axis else 1 for k in range(d)])).sum(axis=tuple(range(-d, 0)))
        for axis, p in enumerate(space.p)
    ]
    return np.stack(parts, axis=-1 - d)


def mean_of(space: PhaseSpace, w: ArrayLike) -> FloatArray:
    """``integral x w``, ``integral p w``, float64 (..., 2 d), x axes first.

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> mean_of(grid.phase_space, wl.wigner(grid, wl.states.gaussian(grid, 0.5, momentum=-1.0)[0])).round(12)
    array([ 0.5, -1. ])
    """
    w, axes = _function(space, w), (*space.x, *space.p)
    return np.stack([_marginal(space, w, [k]) @ axis for k, axis in enumerate(axes)], axis=-1)


def covariance_of(space: PhaseSpace, w: ArrayLike) -> FloatArray:
    """``integral (a - <a>) (b - <b>) w`` for a, b of x and p, float64 (..., 2 d, 2 d): of symmetrised operators.

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> w = wl.wigner(grid, wl.states.gaussian(grid, 0.5, width=0.8)[0])
    >>> covariance_of(grid.phase_space, w).round(9) + 0.0
    array([[0.32   , 0.     ],
           [0.     , 0.78125]])
    """
    w, centre = _function(space, w), mean_of(space, w)
    points = [axis - centre[..., k, None] for k, axis in enumerate((*space.x, *space.p))]
    found = np.empty((*centre.shape, 2 * space.dimension))
    for a in range(2 * space.dimension):
        for b in range(a + 1):
            joint = _marginal(space, w, sorted({a, b}))
            letters = "...a,...a,...a->..." if a == b else "...ba,...a,...b->..."
            found[..., a, b] = found[..., b, a] = np.einsum(letters, joint, points[a], points[b])
    return found


def energy_of(space: PhaseSpace, w: ArrayLike, potential: ArrayLike, mass: float = 1.0) -> FloatArray:
    """``integral (p^2 / 2m) w``, ``integral V w`` and their sum, float64 (..., 3).

    ``potential`` holds V on the x axes, shape (..., *space.x_points), an energy, with ``hbar Omega_j`` if there is one.

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> energy_of(grid.phase_space, wl.wigner(grid, wl.states.fock(grid, 1)[0]), grid.axes[0] ** 2 / 2).round(12)
    array([0.75, 0.75, 1.5 ])
    """
    d, m = space.dimension, positive_number("mass", mass, "mass=1.0")
    w, v = _function(space, w), real_array("potential", potential, "0.5 * x**2 on the x axes of the space")
    must, but = f"have shape {space.x_points}, or one such array for each function", f"its shape is {v.shape}"
    require(v.shape[-d:] == space.x_points, "potential", must, but, "0.5 * x**2 on the x axes of the space")
    kinetic = sum(_marginal(space, w, [d + axis]) @ p**2 for axis, p in enumerate(space.p)) / (2 * m)
    potentials = (position_density_of(space, w) * v).sum(axis=tuple(range(-d, 0))) * math.prod(spacings(space)[:d])
    return np.stack([kinetic, potentials, kinetic + potentials], axis=-1)


def purity_of(space: PhaseSpace, w: ArrayLike) -> FloatArray:
    """``(2 pi hbar)^d integral w^2 = Tr rho^2``, float64 (...).

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-8.0, 8.0, 64)
    >>> round(float(purity_of(grid.phase_space, wl.wigner(grid, wl.states.cat(grid, 2.0)[0]))), 12)
    1.0
    """
    w, d = _function(space, w), space.dimension
    return np.asarray((w**2).sum(axis=tuple(range(-2 * d, 0))) * space.cell * (2 * np.pi * space.hbar) ** d)


def negativity_of(space: PhaseSpace, w: ArrayLike) -> FloatArray:
    """``(1/2) integral (|w| - w) = integral max(-w, 0)``, float64 (...); on its accuracy see `negativity`.

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-12.0, 12.0, 256)
    >>> w = wl.wigner(grid, wl.states.fock(grid, 1)[0])
    >>> bool(np.isclose(negativity_of(grid.phase_space, w), 2 / np.sqrt(np.e) - 1, atol=1e-4))
    True
    """
    w = _function(space, w)
    return np.asarray(-np.minimum(w, 0).sum(axis=tuple(range(-2 * space.dimension, 0))) * space.cell)


def _function(space: PhaseSpace, w: ArrayLike) -> FloatArray:
    """Convert and check."""
    found = real_array("w", w, "real values on the phase space", "finite real numbers")
    must, but = f"have shape (..., {str(space.shape)[1:]}", f"its shape is {found.shape}"
    require(found.shape[-2 * space.dimension :] == space.shape, "w", must, but, "wignerlohe.wigner(grid, psi)")
    return found


def spacings(space: PhaseSpace) -> list[float]:
    """Spacings of all axes, x first."""
    return [float(axis[1] - axis[0]) for axis in (*space.x, *space.p)]


def _marginal(space: PhaseSpace, w: FloatArray, kept: list[int]) -> FloatArray:
    """What each point of the axes kept holds: a sum over all others, times the cell."""
    others = tuple(k - 2 * space.dimension for k in range(2 * space.dimension) if k not in kept)
    return np.asarray(w.sum(axis=others) * space.cell)
