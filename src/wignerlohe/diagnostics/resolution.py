"""Does the grid hold the states? Probability near the edge of the box, and in the top of the momentum band.

The box stands for R^d and the grid for all momenta up to ``pi hbar / spacing``. A state with probability in the outer
twentieth of the box on either side, or above nine tenths of that momentum, is about to wrap around: more than 1e-8
there is reported, with the number and what to change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe import fft
from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]

BLOCK = 4096  # nodes whose coefficients are in cache together
LIMIT = 1e-8
EDGE = 0.05  # of the side length, at either end
BAND = 0.9  # of the largest momentum
KINDS = ("edge", "momentum")


@dataclass(frozen=True)
class Unresolved:
    """One finding: which mass, on which axis, how much, which node and when; `str` says what to change."""

    kind: str
    axis: int
    mass: float
    node: int
    time: float
    advice: str

    def __str__(self) -> str:
        place = "edge of the box" if self.kind == "edge" else "top of the momentum band"
        return (
            f"node {self.node} has probability {self.mass:.1e} at the {place} on axis {self.axis} at t = "
            f"{self.time:.6g} (allowed: {LIMIT:.0e}); {self.advice}"
        )


def probes(grid: Grid, axis: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrices along one axis whose products with a state have its two masses as squared norms.

    Returns
    -------
    two float64 arrays, shape (rows, points)
        That of the edge, then that of the momentum band. The latter holds cosines and sines: both signs of a momentum
        count, so that a real basis does.
    """
    n = grid.points[axis]
    outer = np.eye(n)[_at_edge(grid, axis)]
    number = np.flatnonzero(_in_band(n)[: n // 2 + 1])
    waves = np.exp(2j * np.pi / n * np.outer(number, np.arange(n))) * np.sqrt(2 / n)
    high = np.concatenate((waves.real, waves.imag))
    if n % 2 == 0:  # the highest wavenumber has no partner, and no sine
        high[len(waves) - 1] /= np.sqrt(2)
        high = high[:-1]
    return outer * np.sqrt(grid.cell), high * np.sqrt(grid.cell)


def grams(grid: Grid, states: ComplexArray) -> ComplexArray:
    """Gram matrices of the parts of functions that the grid is about to lose.

    ``G_ab = sum_m <P e_a^m, P e_b^m>``, where P keeps the edge of an axis, or the top of its momentum band. The mass
    of ``sum_a c_a e_a`` is then ``sum_ab c_a G_ab conj(c_b)``.

    Parameters
    ----------
    grid : Grid
    states : complex128 array, shape (T, r, m, *grid.shape)
        Functions ``e_a`` with m components at T times.

    Returns
    -------
    complex128 array, shape (2 d, T, r, r)
        For each axis that of the edge, then that of the band.

    Examples
    --------
    >>> grid = Grid(-8.0, 8.0, 64)
    >>> packet = np.exp(-((grid.axes[0] - 6.0) ** 2) / 2) / np.pi**0.25 + 0j       # too near to the edge
    >>> grams(grid, packet.reshape(1, 1, 1, 64))[:, 0, 0, 0].real.round(6)
    array([0.051028, 0.000111])
    """
    times, r, d = len(states), states.shape[1], grid.dimension
    found = np.empty((2 * d, times, r, r), dtype=np.complex128)
    for axis in range(d):
        edge, band = _at_edge(grid, axis), _in_band(grid.points[axis])
        for k in range(times):
            lines = np.moveaxis(states[k], 2 + axis, -1)
            # one function at a time, since its whole spectrum is in memory
            spectra = [fft.fft(line, axis=-1, workers=1)[..., band] for line in lines]
            weights = (grid.cell, grid.cell / grid.points[axis])
            for kind, part in enumerate((lines[..., edge], np.array(spectra))):
                rows = part.reshape(r, -1)
                found[2 * axis + kind, k] = weights[kind] * (rows @ rows.conj().T)
    return found


def node_masses(grid: Grid, nodes: ComplexArray) -> NDArray[np.float64]:
    """Probability of nodes (N, m, *grid.shape) where the grid is about to lose them: float64 (2 d, N).

    For each axis that at the edge, then that in the band; see `grams`, of which these are the diagonals.
    """
    found = np.empty((2 * grid.dimension, len(nodes)))
    for j, node in enumerate(nodes):
        for axis in range(grid.dimension):
            line = np.moveaxis(node, 1 + axis, -1)
            n = grid.points[axis]
            spectrum = fft.fft(line, axis=-1, workers=1)[..., _in_band(n)]
            found[2 * axis, j] = np.linalg.norm(line[..., _at_edge(grid, axis)]) ** 2 * grid.cell
            found[2 * axis + 1, j] = np.linalg.norm(spectrum) ** 2 * grid.cell / n
    return found


def masses(grams: ComplexArray, coefficients: Callable[[int], ComplexArray]) -> NDArray[np.float64]:
    """Probability of states where the grid is about to lose them, ``sum_ab C_ia G_ab conj(C_ib)``.

    A mass that is zero to rounding may come out below zero, and is then given as zero.

    Parameters
    ----------
    grams : complex128 array, shape (2 d, T, r, r)
        From `grams`.
    coefficients : callable
        Gives the states in terms of those functions, (N, r), at the time of an index.

    Returns
    -------
    float64 array, shape (2 d, T, N)

    Examples
    --------
    >>> masses(np.diag([0.5, 0.0]).reshape(1, 1, 2, 2) + 0j, lambda k: np.array([[1, 0], [0.6, 0.8j], [0, 1]]))
    array([[[0.5 , 0.18, 0.  ]]])
    """
    found = []
    for k in range(grams.shape[1]):
        rows = np.ascontiguousarray(coefficients(k), dtype=np.complex128)
        found.append(np.empty((len(grams), len(rows))))
        for first in range(0, len(rows), BLOCK):
            part = rows[first : first + BLOCK]
            for number, gram in enumerate(grams[:, k]):
                products = ((part @ gram).view(np.float64), part.view(np.float64))
                found[-1][number, first : first + BLOCK] = np.einsum("ia,ia->i", *products)
    return np.maximum(np.stack(found, axis=1), 0.0)


def survey(
    grid: Grid,
    grams: ComplexArray,
    coefficients: Callable[[int], ComplexArray],
    times: NDArray[np.float64],
    largest: float = 1.0,
) -> list[Unresolved]:
    """Report the worst states, and look at single ones only where the Gram matrices do not already clear them all.

    No state of squared norm n has a mass above n times the largest eigenvalue.

    Parameters
    ----------
    grid : Grid
    grams, coefficients
        As for `masses`.
    times : float64 array, shape (T,)
    largest : float
        Bound on the squared norms of the states.

    Returns
    -------
    list of Unresolved
        Empty if no mass exceeds 1e-8.

    Examples
    --------
    >>> grid = Grid(-8.0, 8.0, 64)
    >>> survey(grid, np.full((2, 1, 1, 1), 1e-12 + 0j), lambda k: 1 / 0, np.zeros(1))   # nobody asked for the states
    []
    """
    # the trace is above the largest eigenvalue, and found at once
    near = np.flatnonzero((largest * np.einsum("...aa->...", grams).real > LIMIT).any(axis=0))
    near = near[(largest * np.linalg.eigvalsh(grams[:, near])[..., -1] > LIMIT).any(axis=0)]
    if not len(near):
        return []
    return find_unresolved(grid, masses(grams[:, near], lambda k: coefficients(int(near[k]))), times[near])


def find_unresolved(grid: Grid, measured: NDArray[np.float64], times: NDArray[np.float64]) -> list[Unresolved]:
    """Report the worst state of each kind and axis, from masses (2 d, times, nodes)."""
    found = []
    for number, mass in enumerate(measured):
        axis, kind = divmod(number, 2)
        box = f"try a wider box than [{grid.lower[axis]:g}, {grid.upper[axis]:g})"
        advice = box if kind == 0 else f"try more points than {grid.points[axis]}"
        if mass.max() > LIMIT:
            when, node = np.unravel_index(int(np.argmax(mass)), mass.shape)
            largest = float(mass[when, node])
            found.append(Unresolved(KINDS[kind], axis, largest, int(node), float(times[when]), advice))
    return found


def _at_edge(grid: Grid, axis: int) -> NDArray[np.bool_]:
    """Points of an axis in the outer twentieth of the box."""
    x, margin = grid.axes[axis], EDGE * grid.lengths[axis]
    return np.asarray((x < grid.lower[axis] + margin) | (x >= grid.upper[axis] - margin))


def _in_band(n: int) -> NDArray[np.bool_]:
    """Wavenumbers in FFT order that lie above nine tenths of the largest, which always counts."""
    number = np.abs(np.fft.fftfreq(n, 1 / n)).round()
    return np.asarray((number > BAND * n / 2) | (number == n // 2))
