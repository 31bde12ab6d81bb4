"""Measure the coupling of very many nodes against floors of memory traffic in the same run.

python benchmarks/coupling.py
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numba
import numpy as np
from scipy.sparse import csr_array

from table import Row
from wignerlohe import threads
from wignerlohe.coupling import mobius
from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.common_field import CommonField
from wignerlohe.coupling.kernels import tiled, weighted_sums
from wignerlohe.coupling.mobius import MobiusState
from wignerlohe.coupling.own_fields import OwnFields
from wignerlohe.coupling.system import System

RANK, BLOCK = 32, 10_000


def nodes(count: int) -> np.ndarray:
    """Unit rows of order parameter 0.42, made in blocks: nothing else of their size is held."""
    rng = np.random.default_rng(7)
    coordinates = np.empty((count, RANK), dtype=np.complex128)
    for first in range(0, count, BLOCK):
        rows = rng.normal(size=(min(BLOCK, count - first), RANK, 2)).view(np.complex128)[..., 0]
        rows[:, 0] += 3.6
        coordinates[first : first + BLOCK] = rows / np.linalg.norm(rows, axis=1)[:, None]
    return coordinates


def in_turn(*works: Callable[[], object], rounds: int = 8, repeats: int = 6) -> list[float]:
    """Smallest time of each, in seconds, measured in turn, since the speed of the machine drifts.

    Each is repeated before the next one: threads of the one before wait busily for a while.
    """
    found = [np.inf] * len(works)
    for _ in range(rounds):
        for k, work in enumerate(works):
            for _ in range(repeats):
                started = time.perf_counter()
                work()
                found[k] = min(found[k], time.perf_counter() - started)
    return found


def whole_run(coordinates: np.ndarray, cost: Cost) -> None:
    """To kappa t = 40 at rtol = 1e-8."""
    mobius.evolve(coordinates, 1.0, MobiusState.identity(RANK), np.array([40.0]), 1e-8, cost)


def peak() -> float:
    """Peak memory of a whole run beyond its C(0), in units of C(0); for a process of its own."""
    whole_run(nodes(BLOCK), Cost())  # loads what is compiled
    coordinates = nodes(1_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole_run(coordinates, Cost())
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / coordinates.nbytes


def one_map() -> list[Row]:
    """The map for all nodes: its right-hand side, a whole run, its memory and its growth."""
    # a child's peak counts what its parent holds when it starts: first of all, then
    command = [sys.executable, __file__, "peak"]
    memory = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    many, few = nodes(1_000_000), nodes(100_000)
    tiles, flat = tiled(many), many.view(np.float64).ravel()
    row = np.append(0.1 * np.exp(1j * np.arange(RANK)), 1.3)
    floor, sums = in_turn(lambda: np.dot(flat, flat), lambda: weighted_sums(tiles, len(many), row))
    cost = Cost()
    whole_run(many, cost)
    long, short = in_turn(lambda: whole_run(many, Cost()), lambda: whole_run(few, Cost()), rounds=3, repeats=1)
    (again,) = in_turn(lambda: np.dot(flat, flat))
    floor = min(floor, again)
    dot = f"dot product {1e3 * floor:.3g} ms"
    return [
        Row("S3 right-hand side, N = 1e6, r = 32", f"{1e3 * sums:.3g} ms", dot, sums / floor, 1.6, at_least=False),
        Row(
            f"to kappa t = 40, rtol 1e-8, N = 1e6, r = 32, {cost.evaluations} evaluations",
            f"{long:.3g} s",
            dot,
            long / floor,
            300,
            at_least=False,
        ),
        Row("its memory beyond C(0)", f"{memory:.3g} of C(0)", "C(0) 512 MB", memory, 1.3, at_least=False),
        Row("its growth from N = 1e5", f"{long:.3g} s", f"{short:.3g} s", long / short, 12, at_least=False),
    ]


@numba.njit(parallel=True)
def scale(flat: np.ndarray) -> None:
    """Read and write an array once."""
    for i in numba.prange(len(flat)):
        flat[i] *= 1.0000001


def each_node() -> list[Row]:
    """Detuned nodes and a network: what a step takes for each of 3 x 5 boosts, and for each of 3 x 4 stages."""
    count, neighbours = 100_000, 10
    coordinates, rng = nodes(count), np.random.default_rng(3)
    detuning = rng.standard_cauchy(count).clip(-5, 5)
    columns = rng.integers(0, count, size=(count, neighbours))
    starts = neighbours * np.arange(count + 1)
    network = csr_array((np.full(columns.size, count / neighbours), columns.ravel(), starts), shape=(count, count))
    # as many numbers as a step goes through, nodes before and after it: half of C alone may stay in cache
    flat = np.tile(coordinates.view(np.float64).ravel(), 2)
    alike = CommonField(System(1.0, detuning, 1.0), coordinates, Cost())
    floor, step = in_turn(lambda: scale(flat), lambda: alike.step(0.05))
    floor /= 2
    joined = OwnFields(System(1.0, detuning, network), coordinates, Cost())
    product, stages = in_turn(lambda: network @ coordinates, lambda: joined.step(0.05), rounds=3)
    return [
        Row(
            "detuned nodes, N = 1e5, r = 32: each of the 15 boosts of a step",
            f"{1e3 * step / 15:.3g} ms",
            f"read and write of C {1e3 * floor:.3g} ms",
            step / 15 / floor,
            3,
            at_least=False,
        ),
        Row(
            "sparse network, N = 1e5, 10 neighbours, r = 32: each of the 12 stages of a step",
            f"{1e3 * stages / 12:.3g} ms",
            f"SciPy's sparse product {1e3 * product:.3g} ms",
            stages / 12 / product,
            3,
            at_least=False,
        ),
    ]


def rows() -> list[Row]:
    """Return all rows."""
    numba.set_num_threads(threads.count())
    return one_map() + each_node()


if __name__ == "__main__":
    if sys.argv[1:] == ["peak"]:
        print(peak())
    else:
        print(*rows(), sep="\n")
