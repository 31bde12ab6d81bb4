"""Measure splittings on a graphics card, where there is one, against the Fourier transforms alone there.

    python benchmarks/gpu.py

Wave functions and functions on phase space are stepped as PyTorch arrays; the results are compared with NumPy's.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

import wignerlohe as wl
from table import Row
from wignerlohe.coupling.base import Cost
from wignerlohe.methods import phase_space, split_step

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
NAME = torch.cuda.get_device_name() if DEVICE == "cuda" else "no graphics card: PyTorch on the processor"
STEPS, LENGTH = 4, 0.01
PARITY = 1e-12


def best(work: Callable[[], object], repeats: int = 5) -> float:
    """Smallest time of several runs after a warm-up, in seconds, with the card's queue empty at either end."""
    found = np.inf
    for _ in range(repeats + 1):
        if DEVICE == "cuda":
            torch.cuda.synchronize()
        started = time.perf_counter()
        work()
        if DEVICE == "cuda":
            torch.cuda.synchronize()
        found = min(found, time.perf_counter() - started)
    return found


def stage(name: str, make: Callable[[object], object], data: np.ndarray, transforms: Callable[[object], None]) -> Row:
    """One stage of a step of fixed length, everything included; and parity with the processor."""
    ends, spent = [], 0.0
    for values in (data, torch.asarray(data, device=DEVICE)):
        stepper = make(values)
        stepper.step = LENGTH
        cost = Cost()

        def run(stepper: object = stepper, cost: Cost = cost) -> object:
            return stepper.evolve(stepper.start(), np.array([STEPS * LENGTH]), 1e-9, cost)[0][0]

        state = run()
        stages = cost.evaluations
        moved = state.psi if hasattr(state, "psi") else state.fields
        ends.append(moved if isinstance(moved, np.ndarray) else moved.cpu().numpy())
        spent = best(run) / stages
    floor = best(lambda: transforms(torch.asarray(data, device=DEVICE)))
    difference = np.abs(ends[0] - ends[1]).max() / np.abs(ends[0]).max()
    assert difference < PARITY, difference
    return Row(
        f"{name}, parity {difference:.0e}, {NAME}",
        f"{1e3 * spent:.3g} ms",
        f"FFTs alone there {1e3 * floor:.3g} ms",
        spent / floor,
        2.0,
        at_least=False,
    )


def waves() -> Row:
    """N = 16 nodes in a plane of 128 x 128 points, each in a potential of its own."""
    grid = wl.Grid([-8.0, -8.0], [8.0, 8.0], [128, 128])
    psi = wl.states.gaussian(grid, np.random.default_rng(1).uniform(-1, 1, (16, 2)))
    model = wl.SchrodingerLohe(grid, [f"{0.4 + 0.02 * k}*r2" for k in range(16)], coupling=1.0)

    def transforms(values: torch.Tensor) -> None:
        torch.fft.ifftn(torch.fft.fftn(values, dim=(-2, -1)), dim=(-2, -1))

    return stage("split-step, 16 x 128^2", lambda values: split_step(model, values, False).coupling, psi, transforms)


def functions() -> Row:
    """N = 6 nodes, 21 functions on a phase space of 256 x 256 points, in different potentials."""
    space = wl.PhaseSpace(x_lower=-9, x_upper=9, x_points=256, p_lower=-9, p_upper=9, p_points=256)
    x, p = space.x[0][:, None], space.p[0]
    centres = np.linspace(-1, 1, 6)
    w = [[np.exp(-((x - (a + b) / 2) ** 2) - p**2 + 1j * p * (a - b)) / np.pi for b in centres] for a in centres]
    data = np.array(w) / np.array(w).sum(axis=(2, 3), keepdims=True) / space.cell
    data = (data + data.conj().swapaxes(0, 1)) / 2
    model = wl.WignerLohe(space, [f"{0.4 + 0.02 * k}*x**2" for k in range(6)], coupling=1.0)

    def transforms(values: torch.Tensor) -> None:
        some = values[torch.triu_indices(6, 6)[0], torch.triu_indices(6, 6)[1]]
        for axis in (-2, -1):
            some = torch.fft.ifft(torch.fft.fft(some, dim=axis), dim=axis)

    return stage("phase space, 21 x 256^2", lambda values: phase_space(model, values).coupling, data, transforms)


if __name__ == "__main__":
    print(waves(), functions(), sep="\n")
