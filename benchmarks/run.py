"""Measure speeds, each against a floor or a peer in the same run.

    make bench

Each row prints what was measured, what it was measured against, their ratio, and the target. Machines differ and are
shared: trust the ratios. Times are the smallest of several runs, so that other work on the machine counts least.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import qutip
import scipy.fft
from scipy.integrate import solve_ivp

import coupling
import flows
import phase_space
import splitting
import wignerlohe as wl
from table import Row
from wignerlohe import fft
from wignerlohe.phase_space.transform import wigner_matrix

DOUBLE_WELL = "0.05*x**4 - 0.5*x**2"


def best(work: Callable[[], object], repeats: int = 7) -> float:
    """Smallest time of several runs, in seconds, after one warm-up."""
    work()
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)


def problem(count: int, points: int, coupling: float) -> tuple[wl.SchrodingerLohe, np.ndarray]:
    """Packets spread over a double well."""
    grid = wl.Grid(-10.0, 10.0, points)
    psi = wl.states.gaussian(grid, np.linspace(-2.0, 2.0, count), np.linspace(0.6, -0.9, count) ** 3)
    return wl.SchrodingerLohe(grid, DOUBLE_WELL, coupling=coupling), psi


def against_grid_equations() -> Row:
    """N = 64, n = 256, T = 1, both to an error of 1e-9: the separation against SciPy's DOP853 on the equations."""
    model, psi = problem(64, 256, 1.0)
    reference = wl.solve(model, psi, [1.0], rtol=1e-13).wavefunctions(1.0)

    def ours() -> np.ndarray:
        return wl.solve(model, psi, [1.0], rtol=1e-9).wavefunctions(1.0)

    def theirs() -> np.ndarray:
        def derivative(_: float, y: np.ndarray) -> np.ndarray:
            return model.derivative(y.reshape(psi.shape)).ravel()

        # the loosest tolerances, found by trial, whose error is below 1e-9
        return solve_ivp(derivative, (0, 1), psi.ravel(), "DOP853", rtol=1e-9, atol=1e-10).y[:, -1].reshape(psi.shape)

    started = time.perf_counter()
    peer = theirs()
    slow = time.perf_counter() - started
    fast = best(ours, 5)
    errors = [np.abs(value - reference).max() for value in (ours(), peer)]
    return Row(
        f"SL, N = 64, n = 256, T = 1, errors {errors[0]:.0e} and {errors[1]:.0e}",
        f"{1e3 * fast:.3g} ms",
        f"SciPy DOP853 {1e3 * slow:.4g} ms",
        slow / fast,
        50,
        at_least=True,
    )


def correlations_of_sixteen() -> list[Row]:
    """N = 16, n = 256, kappa T = 10, z at 101 times, against 20 ms and against one diagonalisation of H.

    The 20 ms were set on a machine that diagonalises a complex matrix of this size in 7 ms: 3 of those.
    """
    model, psi = problem(16, 256, 1.0)
    times = np.linspace(0.0, 10.0, 101)
    fast = best(lambda: wl.solve(model, psi, times).correlation)
    from wignerlohe.propagators.eigenbasis import kinetic_matrix

    hamiltonian = kinetic_matrix(model.grid, 1.0) + np.diag(model.potential) + 0j
    floor = best(lambda: np.linalg.eigh(hamiltonian))
    name, measured = "N = 16, n = 256, kappa T = 10, z at 101 times", f"{1e3 * fast:.3g} ms"
    return [
        Row(name, measured, "limit 20 ms", fast / 0.02, 1, at_least=False),
        Row(name, measured, f"eigh(256), complex {1e3 * floor:.3g} ms", fast / floor, 3, at_least=False),
    ]


def wigner_functions(backend: Any) -> list[Row]:
    """All 136 w_ij of 16 nodes on 256 x 512 points, per function, against QuTiP's fastest method.

    QuTiP chooses its own momenta: from 256 positions it makes half of the band, from 512 all of it. It is given a
    state in a space of the same dimension, 256.
    """
    fft.fft, fft.irfft = backend.fft, backend.irfft
    _, psi = problem(16, 256, 1.0)
    grid = wl.Grid(-10.0, 10.0, 256)
    pairs = [(i, j) for i in range(16) for j in range(i, 16)]
    state = qutip.coherent(256, 1.0)
    axes = {points: np.linspace(-10.0, 10.0, points) for points in (256, 512)}
    out = wigner_matrix(grid, psi, pairs)
    spent = dict.fromkeys(("ours", 256, 512), np.inf)
    for _ in range(8):  # in turn, since the speed of the machine drifts
        spent["ours"] = min(spent["ours"], best(lambda: wigner_matrix(grid, psi, pairs, out), 1) / len(pairs))
        for points, axis in axes.items():
            work = lambda axis=axis: qutip.wigner(state, axis, axis, method="fft")  # noqa: E731
            spent[points] = min(spent[points], best(work, 3))
    return [
        Row(
            f"Wigner function, 256 x 512 points, each of 136, {backend.__name__}",
            f"{1e3 * spent['ours']:.3g} ms",
            f"QuTiP fft, {note}, {1e3 * spent[points]:.3g} ms",
            spent[points] / spent["ours"],
            1 if backend is scipy.fft else 10,
            at_least=True,
        )
        for points, note in ((512, "512 x 512, the same band"), (256, "256 x 256, half the band"))
    ]


def command(name: str, arguments: list[str], limit: float, repeats: int = 5) -> Row:
    """Wall time of a whole command."""

    def work() -> None:
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

    spent = best(work, repeats)
    return Row(name, f"{spent:.3g} s", f"limit {limit:g} s", spent / limit, 1, at_least=False)


def demo() -> Row:
    """The whole demo run, from process start to the report."""
    config = Path(__file__).parents[1] / "examples" / "double_well.toml"
    with tempfile.TemporaryDirectory() as folder:
        output = str(Path(folder) / "demo")
        arguments = ["-m", "wignerlohe", "run", str(config), "--output", output, "--overwrite"]
        return command("demo run, from start to report", arguments, 5.0, 3)


def main() -> None:
    """Print the table."""
    large = [*coupling.rows(), *phase_space.rows()]  # first: a child counts the peak memory of its parent as its own
    print("| work | measured | against | ratio | target | |")
    print("|---|---|---|---|---|---|")
    print(against_grid_equations(), flush=True)
    print(*correlations_of_sixteen(), sep="\n", flush=True)
    print(*wigner_functions(importlib.import_module(fft.name)), sep="\n", flush=True)
    print(*wigner_functions(scipy.fft), sep="\n", flush=True)
    print(command("wignerlohe --help", ["-m", "wignerlohe", "--help"], 0.3), flush=True)
    print(command("import wignerlohe", ["-c", "import wignerlohe"], 0.1), flush=True)
    print(demo(), flush=True)
    print(*large, *flows.rows(), *splitting.rows(), sep="\n", flush=True)


if __name__ == "__main__":
    main()
