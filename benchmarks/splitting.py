"""Measure the splitting of wave functions against its own transforms, and against SciPy, in the same run.

python benchmarks/splitting.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import scipy.fft
from scipy.integrate import solve_ivp

import wignerlohe as wl
from coupling import in_turn
from flows import scipy_transforms
from table import Row
from wignerlohe import fft
from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.system import System
from wignerlohe.splitting.wave_functions import SplitStep

STEP, STEPS = 0.02, 2


def stage(points: int, dimension: int, count: int, name: str) -> Row:
    """One kinetic flow with coupling and one set of phases, beside a transform forth and back."""
    grid = wl.Grid([-8.0] * dimension, [8.0] * dimension, [points] * dimension)
    rng = np.random.default_rng(5)
    centres, momenta = rng.uniform(-1.0, 1.0, (2, count, dimension))
    psi = wl.states.gaussian(grid, position=centres, momentum=momenta)[:, None]
    wells = np.array([(0.5 + 0.02 * j) * sum(x**2 for x in grid.mesh) for j in range(count)])
    stepper = SplitStep(grid, lambda _: wells, psi, System(1.3, None, 1.0), step=STEP)
    work, axes = psi.copy(), tuple(range(2, psi.ndim))
    cost = Cost()

    def transforms() -> None:
        with fft.alone(work.size):
            for _ in range(10 * STEPS):
                fft.forward(work, work, axes)
                fft.inverse(work, axes)

    def steps() -> None:
        stepper.evolve(stepper.start(), np.array([STEP * STEPS]), 1e-8, cost)

    steps()  # loads what is compiled
    floor, measured = (seconds / (10 * STEPS) for seconds in in_turn(transforms, steps, rounds=8, repeats=1))
    return Row(
        f"splitting, {points}^{dimension}, N = {count}: one stage, {name}",
        f"{1e3 * measured:.3g} ms",
        f"FFTs alone {1e3 * floor:.3g} ms",
        measured / floor,
        1.6 if name == scipy.fft.__name__ else 2.0,
        at_least=False,
    )


def whole_run() -> Row:
    """Different potentials, N = 64, n = 256, error 1e-8 at T = 1, beside DOP853 on the plain equation."""
    count, points = 64, 256
    grid, rng = wl.Grid(-10.0, 10.0, points), np.random.default_rng(0)
    centres, momenta = rng.uniform(-1.5, 1.5, count), rng.uniform(-0.5, 0.5, count)
    psi = wl.states.gaussian(grid, position=centres, momentum=momenta)
    wells = [f"{0.5 + 0.2 * j / count}*x**2" for j in range(count)]
    model = wl.SchrodingerLohe(grid, wells, coupling=1.3)
    potential, system = model.potential_at(0.0), model.system(count)

    def plain(rtol: float) -> np.ndarray:
        def derivative(_: float, values: np.ndarray) -> np.ndarray:
            return model.derivative(values.reshape(count, points)).ravel()

        found = solve_ivp(derivative, (0.0, 1.0), psi.ravel(), method="DOP853", rtol=rtol, atol=rtol / 10)
        return found.y[:, -1].reshape(count, points)

    def split(rtol: float) -> np.ndarray:
        stepper = SplitStep(grid, lambda _: potential, psi[:, None], system)
        (state,), _ = stepper.evolve(stepper.start(), np.array([1.0]), rtol, Cost())
        return state.psi[:, 0]

    exact = split(1e-12)

    def needed(method: Callable[[float], np.ndarray], first: float) -> tuple[float, float]:
        """The largest tolerance of a few with an error below 1e-8, and that error."""
        for rtol in first * 10.0 ** np.arange(0.0, -4.0, -0.5):
            error = np.linalg.norm(method(rtol) - exact, axis=1).max() * np.sqrt(grid.cell)
            if error <= 1e-8:
                return float(rtol), float(error)
        raise AssertionError("no tolerance gives an error of 1e-8")

    (coarse, one), (fine, other) = needed(split, 1e-5), needed(plain, 1e-7)
    ours, theirs = in_turn(lambda: split(coarse), lambda: plain(fine), rounds=3, repeats=1)
    return Row(
        f"different potentials, N = 64, n = 256, T = 1, error {one:.1e}",
        f"{1e3 * ours:.3g} ms",
        f"SciPy's DOP853, error {other:.1e}: {theirs:.3g} s",
        theirs / ours,
        20,
        at_least=True,
    )


def rows() -> list[Row]:
    """Rows for the table: with the transforms in use, and with SciPy's."""
    found = [stage(128, 2, 16, fft.name), stage(64, 3, 4, fft.name), whole_run()]
    if fft.name != scipy.fft.__name__:
        with scipy_transforms():
            found += [stage(128, 2, 16, "scipy.fft"), stage(64, 3, 4, "scipy.fft")]
    return found


if __name__ == "__main__":
    started = time.perf_counter()
    print(*rows(), sep="\n")
    print(f"in {time.perf_counter() - started:.0f} s")
