"""Observables of wave functions on a grid: the formulas, for arrays (..., m, *grid.shape) of m components.

Components are summed, ``rho = sum_m |psi^m><psi^m|``, and nothing is divided by a norm. Integrals over x are sums over
the grid, and those over p sums over its n momenta ``hbar k``, with ``integral |psi(p)|^2 dp = integral |psi(x)|^2 dx``
to rounding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe import fft
from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]


def density(grid: Grid, psi: ComplexArray) -> FloatArray:
    """``sum_m |psi^m(x)|^2``, (..., *grid.shape)."""
    return np.asarray((psi.real**2 + psi.imag**2).sum(axis=-1 - grid.dimension))


def momenta(grid: Grid) -> tuple[FloatArray, ...]:
    """The d momentum axes of the grid in increasing order, n samples each, ``2 pi hbar / length`` apart."""
    return tuple(grid.hbar * np.fft.fftshift(k) for k in grid.wavenumbers)


def momentum_density(grid: Grid, psi: ComplexArray) -> FloatArray:
    """``sum_m |psi^m(p)|^2``, ``psi(p) = (2 pi hbar)^(-d/2) integral psi(x) e^{-i p.x/hbar} dx``, on `momenta`."""
    unit = grid.cell**2 / (2 * np.pi * grid.hbar) ** grid.dimension
    return np.fft.fftshift(unit * density(grid, _spectrum(grid, psi)), axes=_axes(grid))


def momentum_flow(grid: Grid, psi: ComplexArray) -> FloatArray:
    """``hbar sum_m Im conj(psi^m) grad psi^m``, the mass times the current: (..., d, *grid.shape)."""
    spectrum = _spectrum(grid, psi)
    parts = []
    for axis in range(grid.dimension):
        moved = spectrum * (grid.hbar * _along(grid, axis, grid.wavenumbers[axis]))
        fft.inverse(moved, _axes(grid))
        products = psi.real * moved.real + psi.imag * moved.imag
        parts.append(products.sum(axis=-1 - grid.dimension))
    return np.stack(parts, axis=-1 - grid.dimension)


def mean(grid: Grid, psi: ComplexArray) -> FloatArray:
    """``<x_1>, .., <x_d>, <p_1>, .., <p_d>``, (..., 2 d)."""
    parts = (_weights(grid, psi), grid.axes), (_momentum_weights(grid, psi), _fft_momenta(grid))
    return np.stack(
        [
            np.einsum("...a,a->...", _marginal(grid, weights, [axis]), points[axis])
            for weights, points in parts
            for axis in range(grid.dimension)
        ],
        axis=-1,
    )


def covariance(grid: Grid, psi: ComplexArray) -> FloatArray:
    """``Re tr rho (a - <a>) (b - <b>)`` for a, b of x_1, .., p_d: symmetrised, (..., 2 d, 2 d)."""
    d, centre = grid.dimension, mean(grid, psi)
    found = np.empty((*centre.shape, 2 * d))
    weights = _weights(grid, psi), _momentum_weights(grid, psi)
    points = [
        axis - centre[..., k, None] for k, axis in enumerate((*grid.axes, *_fft_momenta(grid)))
    ]  # about the mean, so that packets far out lose no digits
    for first in (0, d):
        for a in range(d):
            for b in range(a + 1):
                joint = _marginal(grid, weights[first > 0], sorted({a, b}))
                letters = "...a,...a,...a->..." if a == b else "...ba,...a,...b->..."
                value = np.einsum(letters, joint, points[first + a], points[first + b])
                found[..., first + a, first + b] = found[..., first + b, first + a] = value
    flow = np.moveaxis(grid.cell * momentum_flow(grid, psi), -1 - d, 0)
    for b in range(d):
        rest = flow[b] - weights[0] * np.expand_dims(centre[..., d + b], _axes(grid))
        for a in range(d):
            value = np.einsum("...a,...a->...", _marginal(grid, rest, [a]), points[a])
            found[..., a, d + b] = found[..., d + b, a] = value
    return found


def energy(grid: Grid, psi: ComplexArray, potential: FloatArray, mass: float) -> FloatArray:
    """Kinetic, potential and total energy, (..., 3); V broadcasts against (..., *grid.shape)."""
    weights = _momentum_weights(grid, psi)
    kinetic = sum(
        np.einsum("...a,a->...", _marginal(grid, weights, [axis]), points**2) / (2 * mass)
        for axis, points in enumerate(_fft_momenta(grid))
    )
    potentials = (_weights(grid, psi) * potential).sum(axis=_axes(grid))
    return np.stack([kinetic, potentials, kinetic + potentials], axis=-1)


def _axes(grid: Grid) -> tuple[int, ...]:
    return tuple(range(-grid.dimension, 0))


def _along(grid: Grid, axis: int, values: FloatArray) -> FloatArray:
    """Values on one axis, to broadcast against the grid."""
    return values.reshape([-1 if k == axis else 1 for k in range(grid.dimension)])


def _fft_momenta(grid: Grid) -> tuple[FloatArray, ...]:
    """Momenta in FFT order."""
    return tuple(grid.hbar * k for k in grid.wavenumbers)


def _spectrum(grid: Grid, psi: ComplexArray) -> ComplexArray:
    found = np.empty(psi.shape, dtype=np.complex128)
    fft.forward(np.ascontiguousarray(psi), found, _axes(grid))
    return found


def _weights(grid: Grid, psi: ComplexArray) -> FloatArray:
    """What each grid point holds, summing to the squared norm."""
    return grid.cell * density(grid, psi)


def _momentum_weights(grid: Grid, psi: ComplexArray) -> FloatArray:
    """What each momentum holds, in FFT order, summing to the squared norm."""
    return grid.cell / grid.size * density(grid, _spectrum(grid, psi))


def _marginal(grid: Grid, weights: FloatArray, kept: list[int]) -> FloatArray:
    """Sum over all axes of the grid but those kept."""
    return np.asarray(weights.sum(axis=tuple(k - grid.dimension for k in range(grid.dimension) if k not in kept)))
