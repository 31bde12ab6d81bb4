"""Boosts of very many nodes on a network, where each has a mean field of its own. The method stands in `boosts`."""

from __future__ import annotations

import cmath
import math

import numba
import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.boost import TO_2, TO_3, TO_4, TO_END, boost_factors
from wignerlohe.coupling.kernels import BLOCKS, FAST
from wignerlohe.coupling.system import System
from wignerlohe.phases import unit
from wignerlohe.threads import share

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

GROUP = 16  # nodes whose coefficients are made together, in vector registers


class OwnFields:
    """The nodes at the start of a step, their fields there, and room for one step: rows of real and imaginary parts."""

    def __init__(self, system: System, coordinates: ComplexArray, cost: Cost) -> None:
        self.system, self.cost = system, cost
        count, rank = coordinates.shape
        self.start, self.end = np.empty((count, 2, rank)), np.empty((count, 2, rank))
        self.start[:, 0], self.start[:, 1] = coordinates.real, coordinates.imag
        self.none = self.start[:0]
        self.stage = np.empty_like(self.start)
        self.first, self.middle, self.last, self.next = (np.empty_like(self.start) for _ in range(4))
        # rows cos and sin of Omega h / 2; the centre of the detunings turns all nodes alike, at output
        self.centre, self.detuning = system.centred()
        self.half_turns = np.array([np.ones(count), np.zeros(count)])
        self.distances = np.empty(BLOCKS)
        self._field(self.start, self.first)

    def step(self, step: float) -> float:
        """Move the nodes, to be accepted or not, and return how far the whole step leads from its two halves."""
        self._carry(self.start, self.first, step / 2, self.end, self.none)
        self._field(self.end, self.next)
        self._carry(self.end, self.next, step / 2, self.end, self.none)
        self._field(self.end, self.next)
        self._carry(self.start, self.first, step, self.none, self.end)
        return math.sqrt(self.distances.max())

    def accept(self) -> None:
        """Take the moved nodes, and their field, as the start of the next step."""
        self.start, self.end = self.end, self.start
        self.first, self.next = self.next, self.first

    def coordinates(self, elapsed: float) -> ComplexArray:
        """C at the start of the step: complex128 (N, r)."""
        found = np.empty((len(self.start), self.start.shape[2]), dtype=np.complex128)
        found.real, found.imag = self.start[:, 0], self.start[:, 1]
        if self.centre:
            found *= cmath.exp(-1j * self.centre * elapsed)
        return found

    def _carry(self, start: FloatArray, first: FloatArray, step: float, end: FloatArray, other: FloatArray) -> None:
        """Make one step: into ``end``, which may be ``start``, or for its distance from other nodes."""
        if self.detuning is not None:
            turns = unit(self.detuning * (step / 2))
            self.half_turns[0], self.half_turns[1] = turns.real, turns.imag
        middle, last = self.middle, self.last
        self._move(TO_2, step, False, start, (first, first, first), self.stage, self.none)
        self._field(self.stage, middle)
        self._move(TO_3, step, False, start, (first, middle, first), self.stage, self.none)
        self._field(self.stage, last)
        self._move(TO_4, step, True, start, (first, last, first), self.stage, self.none)
        middle += last
        self._field(self.stage, last)
        self._move(TO_END, step, True, start, (first, middle, last), end, other)

    def _move(
        self,
        weights: FloatArray,
        step: float,
        whole: bool,
        start: FloatArray,
        fields: tuple[FloatArray, FloatArray, FloatArray],
        end: FloatArray,
        other: FloatArray,
    ) -> None:
        """Boost nodes by weighted fields, half of the step on or the whole of it."""
        scaled = weights * (self.system.coupling * step / (2 * len(start)))
        share(_boosted, BLOCKS, start, scaled, *fields, self.half_turns, whole, end, other, self.distances)

    def _field(self, nodes: FloatArray, into: FloatArray) -> None:
        """``sum_k A_ik C_k``."""
        self.cost.evaluations += 1
        weights = self.system.weights
        assert not isinstance(weights, float)  # `boosts.evolve`
        if isinstance(weights, np.ndarray):
            np.matmul(weights, nodes.reshape(len(weights), -1), out=into.reshape(len(weights), -1))
        else:
            share(_sparse_product, BLOCKS, weights.indptr, weights.indices, weights.data, nodes, into)


@numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
def _boosted(
    begin: int,
    before: int,
    start: FloatArray,
    weights: FloatArray,
    first: FloatArray,
    middle: FloatArray,
    last: FloatArray,
    half_turns: FloatArray,
    whole: bool,
    end: FloatArray,
    other: FloatArray,
    distances: FloatArray,
) -> None:
    """Boost all nodes by weighted fields.

    They are kept if ``end`` has room, and their squared distances from other nodes are kept if there are others.
    """
    count, _, rank = start.shape
    for block in range(begin, before):
        farthest = 0.0
        node, v = np.empty((GROUP, 2, rank)), np.empty((GROUP, 2, rank))
        p, q, x, y = np.ones(GROUP), np.zeros(GROUP), np.zeros(GROUP), np.zeros(GROUP)
        turn = np.ones((2, GROUP))
        series = np.empty((2, GROUP))
        stop = (block + 1) * count // BLOCKS
        for group in range(block * count // BLOCKS, stop, GROUP):
            size = min(GROUP, stop - group)
            for k in range(size):
                for a in range(rank):
                    node[k, 0, a], node[k, 1, a] = start[group + k, 0, a], start[group + k, 1, a]
            for boost in range(len(weights)):
                for k in range(size):
                    half = complex(half_turns[0, group + k], half_turns[1, group + k])
                    full = half * half
                    j = group + k
                    _set_turned(v, k, weights[boost, 0], first, j)
                    _add_turned(v, k, weights[boost, 1] * half, middle, j)
                    _add_turned(v, k, weights[boost, 2] * full, last, j)
                    p[k], q[k], x[k], y[k] = _products(node, v, k)
                    turn[0, k], turn[1, k] = 0.0, 0.0  # the phase back from the rotating frame, less 1
                    if boost == len(weights) - 1 and whole:
                        turn[0, k], turn[1, k] = -2 * half.imag**2, -full.imag
                    elif boost == len(weights) - 1:
                        turn[0, k], turn[1, k] = half.real - 1.0, -half.imag
                boost_factors(p, q, x, y, turn, series)
                for k in range(size):
                    _combine(node, v, k, turn[0, k], turn[1, k], x[k], y[k])
            if len(end):
                for k in range(size):
                    for a in range(rank):
                        end[group + k, 0, a], end[group + k, 1, a] = node[k, 0, a], node[k, 1, a]
            if len(other):
                for k in range(size):
                    square = 0.0
                    for a in range(rank):
                        re, im = node[k, 0, a] - other[group + k, 0, a], node[k, 1, a] - other[group + k, 1, a]
                        square += re * re + im * im
                    farthest = max(farthest, square)
        distances[block] = farthest


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _set_turned(v: FloatArray, k: int, factor: float, field: FloatArray, j: int) -> None:
    """Set to a field times a factor."""
    for a in range(v.shape[2]):
        v[k, 0, a] = factor * field[j, 0, a]
        v[k, 1, a] = factor * field[j, 1, a]


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _add_turned(v: FloatArray, k: int, factor: complex, field: FloatArray, j: int) -> None:
    """Add a field times a complex factor."""
    x, y = factor.real, factor.imag
    if x == 0.0 and y == 0.0:
        return
    for a in range(v.shape[2]):
        v[k, 0, a] += x * field[j, 0, a] - y * field[j, 1, a]
        v[k, 1, a] += x * field[j, 1, a] + y * field[j, 0, a]


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _products(node: FloatArray, v: FloatArray, k: int) -> tuple[float, float, float, float]:
    """``|D|^2``, ``|v|^2`` and ``<D, v>``."""
    p, q, x, y = 0.0, 0.0, 0.0, 0.0
    for a in range(v.shape[2]):
        p += node[k, 0, a] * node[k, 0, a] + node[k, 1, a] * node[k, 1, a]
        q += v[k, 0, a] * v[k, 0, a] + v[k, 1, a] * v[k, 1, a]
        x += node[k, 0, a] * v[k, 0, a] + node[k, 1, a] * v[k, 1, a]
        y += node[k, 1, a] * v[k, 0, a] - node[k, 0, a] * v[k, 1, a]
    return p, q, x, y


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _combine(node: FloatArray, v: FloatArray, k: int, c: float, s: float, f: float, g: float) -> None:
    """Add ``(c + i s) D + (f + i g) v`` to D."""
    for a in range(v.shape[2]):
        re, im = node[k, 0, a], node[k, 1, a]
        node[k, 0, a] = re + ((c * re - s * im) + (f * v[k, 0, a] - g * v[k, 1, a]))
        node[k, 1, a] = im + ((c * im + s * re) + (f * v[k, 1, a] + g * v[k, 0, a]))


@numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
def _sparse_product(
    begin: int,
    before: int,
    starts: NDArray[np.integer],
    columns: NDArray[np.integer],
    weights: FloatArray,
    nodes: FloatArray,
    into: FloatArray,
) -> None:
    """Multiply a sparse matrix by nodes, row by row."""
    count, _, rank = nodes.shape
    for block in range(begin, before):
        for i in range(block * count // BLOCKS, (block + 1) * count // BLOCKS):
            row = into[i]
            row[:] = 0.0
            for k in range(starts[i], starts[i + 1]):
                other, weight = nodes[columns[k]], weights[k]
                for a in range(rank):
                    row[0, a] += weight * other[0, a]
                    row[1, a] += weight * other[1, a]
