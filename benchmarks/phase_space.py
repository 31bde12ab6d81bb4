"""Measure steps of fields on phase space against their Fourier transforms alone, in the same run.

python benchmarks/phase_space.py
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

import wignerlohe as wl
from flows import scipy_transforms
from table import Row
from wignerlohe import fft
from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.system import System
from wignerlohe.potentials import evaluate
from wignerlohe.splitting.phase_space import PhaseSpaceStep

NODES, POINTS = 16, 256
STEP = 0.01


def in_turn(*works: Callable[[], object], rounds: int = 30) -> list[float]:
    """Smallest time of each, in seconds, in turn, since the speed of the machine drifts; the first round warms up."""
    found = [np.inf] * len(works)
    for number in range(rounds):
        for k, work in enumerate(works):
            started = time.perf_counter()
            work()
            if number:
                found[k] = min(found[k], time.perf_counter() - started)
    return found


def solver(nodes: int, own: bool, space: wl.PhaseSpace) -> PhaseSpaceStep:
    """Hermitian data of some nodes in one quartic potential, or each in a potential of its own."""
    x, p = space.x[0][:, None], space.p[0]
    centres = np.linspace(-1.0, 1.0, nodes)
    w = np.empty((nodes, nodes, *space.shape), dtype=np.complex128)
    for i, j in np.ndindex(nodes, nodes):
        turn = np.exp(1j * (centres[i] - centres[j]) * p)
        w[i, j] = turn * np.exp(-((x - (centres[i] + centres[j]) / 2) ** 2) - p**2) / np.pi
    strengths = [0.05 + 0.001 * k for k in range(nodes if own else 1)]
    potentials = [partial(evaluate, f"{strength}*x**4") for strength in strengths]
    return PhaseSpaceStep(space, potentials, w, System(1.0, None, 1.0), order=2, step=STEP)


def steps(name: str) -> Iterator[Row]:
    """One drift and one kick of 136 fields: one potential, potentials of their own, and those with the coupling."""
    space = wl.PhaseSpace(-8, 8, POINTS, -8, 8, POINTS)
    for own, target in ((False, 1.3), (True, 1.8)):
        step = solver(NODES, own, space)
        fields, flow, z = step.start().fields, step.flow, step.correlation(step.start())
        maps = step._coupling.step(z, STEP)

        def ours(step=step, fields=fields, flow=flow, own=own, maps=maps) -> None:
            if own:
                step._map(fields, *maps)
            flow.carry(fields, [STEP], [STEP], 0.0)

        def transforms(fields=fields, flow=flow) -> None:
            def work(group: slice) -> None:
                fft.inverse(fields[group], (-2, -1))
                fft.forward(fields[group], fields[group], (-2, -1))

            flow._share(fields, work)

        spent, floor = in_turn(ours, transforms)
        rank = maps[0].compressed().U.shape[1]
        what = f"potentials of their own, coupling of rank {rank}" if own else "one potential"
        yield Row(
            f"{len(fields)} fields of {POINTS}^2, one step, {what}, {name}",
            f"{1e3 * spent:.3g} ms",
            f"FFTs alone {1e3 * floor:.3g} ms",
            spent / floor,
            target,
            at_least=False,
        )


def resident(kind: str) -> int:
    """Bytes that this process has in memory, or had at most, from /proc."""
    with open("/proc/self/status", encoding="ascii") as lines:
        (line,) = (line for line in lines if line.startswith(kind))
    return int(line.split()[1]) * 1024


def peak(own: bool) -> None:
    """Print the memory of a run with its data, measured and foretold, in units of the data; for a process alone."""
    small = solver(8, own, wl.PhaseSpace(-8, 8, POINTS, -8, 8, POINTS))  # loads what is compiled
    small.evolve(small.start(), np.array([STEP]), 1e-6, Cost())
    step = solver(NODES, own, wl.PhaseSpace(-8, 8, POINTS, -8, 8, POINTS))
    state = step.start()
    data = state.fields.nbytes
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # forgets the highest value
    before = resident("VmRSS")
    step.evolve(state, np.array([STEP]), 1e-6, Cost())
    print(1 + (resident("VmHWM") - before) / data, 1 + sum(step.memory.values()) / data)


def memory() -> Iterator[Row]:
    """Peak memory of a run, data included."""
    for own in (False, True):
        command = [sys.executable, __file__, "peak", "own" if own else "common"]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        measured, foretold = map(float, found.split())
        name = "potentials of their own" if own else "one potential"
        yield Row(
            f"memory of a run, data included, {name}",
            f"{measured:.3g} of the data",
            f"foretold {foretold:.3g}",
            measured,
            2.5,
            at_least=False,
        )


def two_paths(nodes: int = 16, points: int = 128, time_reached: float = 10.0) -> Row:
    """Arrays of all w_ij to t = 10: by separation, whose error is the smaller one, and by steps on phase space."""
    grid = wl.Grid(-8.0, 8.0, points)
    model, space = wl.WignerLohe(grid, "0.05*x**4", coupling=1.0), grid.phase_space
    centres = np.linspace(-1.0, 1.0, nodes)
    psi = wl.states.gaussian(grid, centres, centres[::-1] ** 2 / 2)
    pairs = list(np.ndindex(nodes, nodes))
    exact = wl.solve(model, psi, [time_reached], rtol=1e-13).wigner_functions(pairs, time_reached)
    start = wl.solve(model, psi, [0.0]).wigner_functions(pairs, 0.0).reshape(nodes, nodes, *space.shape)

    def run(method: str, rtol: float) -> tuple[float, float]:
        started = time.perf_counter()
        solution = wl.solve(model, start, [time_reached], method=method, rtol=rtol)
        found = solution.wigner_functions(pairs, time_reached)
        return time.perf_counter() - started, float(
            max(space.norm(one - other) for one, other in zip(found, exact, strict=True))
        )

    (ours, error), (steps, coarse) = run("separation", 1e-10), run("phase-space", 1e-8)
    return Row(
        f"path A, N = {nodes}, {points} x {2 * points}, to t = {time_reached:g}, error {error:.1e}",
        f"{ours:.3g} s",
        f"path B, error {coarse:.1e}: {steps:.3g} s",
        steps / ours,
        10,
        at_least=True,
    )


def rows() -> Iterator[Row]:
    """Rows for the table: with the transforms in use, and with SciPy's."""
    yield from memory()
    yield two_paths()
    yield from steps(fft.name)
    if fft.name != "scipy.fft":
        with scipy_transforms():
            yield from steps("scipy.fft")


if __name__ == "__main__":
    if sys.argv[1:2] == ["peak"]:
        peak(sys.argv[2] == "own")
    else:
        print(*rows(), sep="\n")
