"""Does the grid hold the states? Probability near the edge of the box, and in the top of the momentum band.

The box stands for R^d and the grid for all momenta up to ``pi hbar / spacing``. A state with probability in the outer
twentieth of the box on either side, or above nine tenths of that momentum, is about to wrap around: more than 1e-8
there is reported, with the number and what to change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.grid import Grid

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


def probes(grid: Grid) -> list[NDArray[np.float64]]:
    """Matrices whose product with a state has the masses as its squared norms.

    Returns
    -------
    list of float64 arrays, shape (rows, grid.size)
        For each axis the one of the edge, then the one of the momentum band. The latter holds cosines and sines: both
        signs of a momentum count, so that a real basis does.
    """
    found = []
    for axis in range(grid.dimension):
        x, n = grid.axes[axis], grid.points[axis]
        margin = EDGE * grid.lengths[axis]
        outer = np.eye(n)[(x < grid.lower[axis] + margin) | (x >= grid.upper[axis] - margin)]
        number = np.arange(n // 2 + 1)
        waves = np.exp(
            2j * np.pi / n * np.outer(number[(number > BAND * n / 2) | (number == n // 2)], np.arange(n))
        ) * np.sqrt(2 / n)
        high = np.concatenate((waves.real, waves.imag))
        if n % 2 == 0:  # the highest wavenumber has no partner, and no sine
            high[len(waves) - 1] /= np.sqrt(2)
            high = high[:-1]
        before, after = np.prod(grid.points[:axis], dtype=int), np.prod(grid.points[axis + 1 :], dtype=int)
        found += [np.kron(np.kron(np.eye(before), rows), np.eye(after)) * np.sqrt(grid.cell) for rows in (outer, high)]
    return found


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
