"""Measure the linear flows against their Fourier transforms alone, in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import scipy.fft

import wignerlohe as wl
from table import Row
from wignerlohe import fft
from wignerlohe.propagators.chebyshev import Chebyshev, bessel

POINTS = 64
ARGUMENT = 8.0  # w t / hbar: 30 applications, short beside the quiet moments of a shared machine


@contextmanager
def scipy_transforms() -> Iterator[None]:
    """Let the package use SciPy's transforms, as it does where MKL's are not installed."""
    before = fft._mkl, fft._backend
    fft._mkl, fft._backend = None, scipy.fft
    try:
        yield
    finally:
        fft._mkl, fft._backend = before


def in_turn(works: list[Callable[[], object]], repeats: int) -> list[float]:
    """Smallest time of each of several works, in seconds, run in turn since the speed of the machine drifts."""
    found = [np.inf] * len(works)
    for _ in range(repeats):
        for number, work in enumerate(works):
            started = time.perf_counter()
            work()
            found[number] = min(found[number], time.perf_counter() - started)
    return found


def application(name: str) -> Row:
    """One application of H inside the expansion, everything included, against a transform and its inverse."""
    grid = wl.Grid([-10.0] * 3, [10.0] * 3, [POINTS] * 3)
    x, y, z = grid.mesh
    flow = Chebyshev(grid, 0.02 * (x**2 - y) ** 2 + 0.1 * (y * z) ** 2, mass=1.0)
    packet = np.exp(-(x**2 + y**2 + z**2) / 2 + 0.5j * x)[None, None] / np.pi**0.75
    times = np.array([ARGUMENT / flow._exponential.rate])
    applications = len(bessel(ARGUMENT)) - 1
    work, pairs = np.ascontiguousarray(packet[0]), applications

    def ours() -> None:
        flow.evolve(flow.prepare(packet), times)

    def transforms() -> None:
        for _ in range(pairs):
            fft.forward(work, work, (-3, -2, -1))
            fft.inverse(work, (-3, -2, -1))

    ours()
    spent, floor = in_turn([ours, transforms], 40)
    spent, floor = spent / applications, floor / pairs
    return Row(
        f"d = 3, {POINTS}^3, Chebyshev, per application of H, {name}",
        f"{1e3 * spent:.3g} ms",
        f"FFTs alone {1e3 * floor:.3g} ms",
        spent / floor,
        1.5,
        at_least=False,
    )


def rows() -> Iterator[Row]:
    """Rows for the table: with the transforms in use, and with SciPy's."""
    yield application(fft.name)
    if fft.name != scipy.fft.__name__:
        with scipy_transforms():
            yield application("scipy.fft")


if __name__ == "__main__":
    print(*rows(), sep="\n")
