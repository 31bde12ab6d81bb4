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


@dataclass(frozen=True)
class Masses:
    """Probability outside of what a grid holds safely: real arrays (axis, ...), one entry per state."""

    edge: NDArray[np.float64]
    momentum: NDArray[np.float64]


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


def masses(grid: Grid, psi: NDArray[np.complex128]) -> Masses:
    """Measure states (..., *grid.shape); the result's arrays have shape (d, ...)."""
    d = grid.dimension
    density = psi.real**2 + psi.imag**2
    spectrum = np.fft.fftn(psi, axes=tuple(range(-d, 0)))
    power = spectrum.real**2 + spectrum.imag**2
    edge, momentum = [], []
    for axis in range(d):
        others = tuple(-d + other for other in range(d) if other != axis)
        x, k = grid.axes[axis], np.abs(grid.wavenumbers[axis])
        margin = EDGE * grid.lengths[axis]
        outer = (x < grid.lower[axis] + margin) | (x >= grid.upper[axis] - margin)
        high = k > BAND * np.pi / grid.spacing[axis]
        edge.append(density.sum(axis=others)[..., outer].sum(axis=-1) * grid.cell)
        momentum.append(power.sum(axis=others)[..., high].sum(axis=-1) * grid.cell / grid.size)
    return Masses(edge=np.array(edge), momentum=np.array(momentum))


def find_unresolved(grid: Grid, psi: NDArray[np.complex128], times: NDArray[np.float64]) -> list[Unresolved]:
    """Report the worst state of each kind and axis, for states (times, nodes, *grid.shape)."""
    found = []
    measured = masses(grid, psi)
    for axis in range(grid.dimension):
        span = f"[{grid.lower[axis]:g}, {grid.upper[axis]:g})"
        for kind, mass, advice in (
            ("edge", measured.edge[axis], f"try a wider box than {span}"),
            ("momentum", measured.momentum[axis], f"try more points than {grid.points[axis]}"),
        ):
            if mass.max() > LIMIT:
                when, node = np.unravel_index(int(np.argmax(mass)), mass.shape)
                found.append(Unresolved(kind, axis, float(mass[when, node]), int(node), float(times[when]), advice))
    return found
