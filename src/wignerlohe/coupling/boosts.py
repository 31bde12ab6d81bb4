"""Nodes with detunings or a network, each moved by its own boosts: order 4 in compiled passes, for very many nodes.

In the frame that rotates with each node from t_0 on, ``D_i = e^{i Omega_i (t - t_0)} C_i``, the equation of `system`
reads

``D_i' = (kappa / 2) (eta_i - <D_i, eta_i> D_i)``, ``eta_i = e^{i Omega_i (t - t_0)} zeta_i``.

For eta_i held fixed over a time h it is solved by a boost (docs, "Derivations", S3): with ``v = (kappa h / 2) eta_i``
and ``s = |v|``,

``exp(v): D -> [D + v (rho sinh s / s + (cosh s - 1) / s^2 <D, v>)] / (cosh s + sinh s / s <D, v> / rho)``,

which keeps ``rho = |D|`` exactly, 1 or not. (With rho = 1 written out, defects of rounding would grow like
``exp(-kappa int Re <D_i, eta_i> dt)``, without bound where nodes repel each other.) It is added as an increment, and
detunings count from their centre, so that rounding has no part that repeats from step to step. Method: the
commutator-free Lie group method of order 4 of Celledoni, Marthinsen and Owren (2003). With ``F_k = (kappa h / 2) eta``
at the nodes Y_k, and ``Y_1 = D(t_0)``,

``Y_2 = exp(F_1 / 2) Y_1``, ``Y_3 = exp(F_2 / 2) Y_1``, ``Y_4 = exp(F_3 - F_1 / 2) exp(F_1 / 2) Y_1``,

``D(t_0 + h) = exp((-F_1 + 2 F_2 + 2 F_3 + 3 F_4) / 12) exp((3 F_1 + 2 F_2 + 2 F_3 - F_4) / 12) Y_1``.

Boosts of a node need no other node, so each of the four passes over the nodes makes its boosts from Y_1 while the node
is in cache, and on a complete graph sums the moved nodes for the next mean field and stores nothing but the end.

Each step is made twice, in two halves and in one: a fifteenth of the largest distance of a node between the two is the
error of the halves, which are kept. (Fields at the stages alone do not tell: where a node only listens to others that
turn by themselves, all stages agree on a field whose quadrature is wrong.) A step is accepted if its error per unit of
time is below half of rtol. Held at once, besides what is given and returned: 2 arrays of the size of C on a complete
graph, 7 on a network.
"""

from __future__ import annotations

import cmath
import math

import numba
import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.kernels import BLOCKS, FAST
from wignerlohe.coupling.system import System
from wignerlohe.errors import SolverError

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

GROUP = 16  # nodes whose coefficients are made together, in vector registers
TERMS = 9  # of power series
LONGEST_STEP = 1.0  # in units of 1 / rate; the power series of `_coefficients` need steps below 4/3
SAFETY, SMALLEST_CHANGE, LARGEST_CHANGE = 0.9, 0.2, 4.0
SHARE = 0.5  # of rtol: errors then stay within the promise with room
HALVES = 15  # 2^4 - 1: how often the error of two halves goes into their distance from the whole step

# The boosts of each pass, in turn: weights of the fields at the start of the step, half-way and at its end.
TO_2 = np.array([[1 / 2, 0, 0]])  # F_1
TO_3 = np.array([[0, 1 / 2, 0]])  # F_2
TO_4 = np.array([[1 / 2, 0, 0], [-1 / 2, 1, 0]])  # F_1, F_3
TO_END = np.array([[3, 2, -1], [-1, 2, 3]]) / 12  # F_1, F_2 + F_3, F_4


def evolve(
    system: System, coordinates: ComplexArray, time: float, times: FloatArray, rtol: float, cost: Cost
) -> list[ComplexArray]:
    """Carry coordinates (N, r), unit rows, from ``time`` through increasing times.

    Parameters
    ----------
    system : System
        The equation.
    coordinates : complex128 array, shape (N, r)
        Read, never written.
    time : float
        Where they stand.
    times : float64 array
        Increasing, none before ``time``.
    rtol : float
        Bound on the error of each node per unit of time, in units of `System.rate`.
    cost : Cost
        Added to in place.

    Returns
    -------
    list of complex128 arrays, shape (N, r)
        One for each time.

    Raises
    ------
    SolverError
        If the step size underflows.

    Examples
    --------
    Two nodes without detuning approach each other as in closed form:

    >>> import numpy as np
    >>> from wignerlohe.coupling.base import Cost
    >>> from wignerlohe.coupling.system import System
    >>> nodes = np.array([[1.0, 0.0], [0.6, 0.8]], dtype=complex)
    >>> (end,) = evolve(System(2.0, None, 1.0), nodes, 0.0, np.array([1.5]), 1e-9, Cost())
    >>> growth = (1 + 0.6) * np.exp(2.0 * 1.5)
    >>> bool(abs(np.vdot(end[1], end[0]) - (growth - 0.4) / (growth + 0.4)) < 1e-8)
    True
    """
    nodes = _Nodes(system, coordinates, cost)
    rate, begin = system.rate, time
    step = min(rtol**0.25, LONGEST_STEP) / rate
    found: list[ComplexArray] = []
    for stop in times.tolist():
        while time < stop:
            parts = math.ceil((stop - time) / step)
            step = (stop - time) / parts
            if time + step == time:
                raise SolverError(f"the nodes stop at t = {time}: the step underflows. Try a larger rtol")
            error = nodes.step(step) / (SHARE * HALVES * rate * step)
            if error <= rtol:
                nodes.accept()
                cost.steps += 1
                time = stop if parts == 1 else time + step
            change = SAFETY * (rtol / error) ** 0.25 if error > 0 else LARGEST_CHANGE
            step = min(step * min(max(change, SMALLEST_CHANGE), LARGEST_CHANGE), LONGEST_STEP / rate)
        found.append(nodes.coordinates(time - begin))
    return found


class _Nodes:
    """The nodes at the start of a step, their field there, and room for one step: rows of real and imaginary parts."""

    def __init__(self, system: System, coordinates: ComplexArray, cost: Cost) -> None:
        self.system, self.cost = system, cost
        count, rank = coordinates.shape
        self.start, self.end = np.empty((count, 2, rank)), np.empty((count, 2, rank))
        self.start[:, 0], self.start[:, 1] = coordinates.real, coordinates.imag
        self.common = isinstance(system.weights, float)
        self.none = self.start[:0]
        self.stage = self.none if self.common else np.empty_like(self.start)
        shape = (1 if self.common else count, 2, rank)
        self.first, self.middle, self.last, self.next = (np.empty(shape) for _ in range(4))
        # rows cos and sin of Omega h / 2; the centre of the detunings turns all nodes alike, at output
        self.centre = 0.0 if system.detuning is None else (system.detuning.min() + system.detuning.max()) / 2
        self.half_turns = np.array([np.ones(count), np.zeros(count)])
        self.sums, self.distances = np.empty((BLOCKS, 2, rank)), np.empty(BLOCKS)
        self._move(np.empty((0, 3)), 0.0, True, self.start, (self.first,) * 3, self.none, self.none)
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
        if self.system.detuning is not None:
            angles = (self.system.detuning - self.centre) * (step / 2)
            np.cos(angles, out=self.half_turns[0])
            np.sin(angles, out=self.half_turns[1])
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
        _boosted(start, scaled, *fields, self.half_turns, whole, end, other, self.sums, self.distances)

    def _field(self, nodes: FloatArray, into: FloatArray) -> None:
        """``sum_k A_ik C_k``, for common weights over the nodes that were moved last."""
        self.cost.evaluations += 1
        weights = self.system.weights
        if isinstance(weights, float):
            into[0] = weights * self.sums.sum(axis=0)
        elif isinstance(weights, np.ndarray):
            np.matmul(weights, nodes.reshape(len(weights), -1), out=into.reshape(len(weights), -1))
        else:
            _sparse_product(weights.indptr, weights.indices, weights.data, nodes, into)


@numba.njit(parallel=True, cache=True, fastmath=FAST, error_model="numpy")
def _boosted(
    start: FloatArray,
    weights: FloatArray,
    first: FloatArray,
    middle: FloatArray,
    last: FloatArray,
    half_turns: FloatArray,
    whole: bool,
    end: FloatArray,
    other: FloatArray,
    sums: FloatArray,
    distances: FloatArray,
) -> None:
    """Boost all nodes by fields of their own, or by common ones, and sum them.

    They are kept if ``end`` has room, and their squared distances from other nodes are kept if there are others.
    """
    count, _, rank = start.shape
    own = len(first) == count
    for block in numba.prange(BLOCKS):
        total, farthest = np.zeros((2, rank)), 0.0
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
                    j = group + k if own else 0
                    _set_turned(v, k, weights[boost, 0], first, j)
                    _add_turned(v, k, weights[boost, 1] * half, middle, j)
                    _add_turned(v, k, weights[boost, 2] * full, last, j)
                    p[k], q[k], x[k], y[k] = _products(node, v, k)
                    turn[0, k], turn[1, k] = 0.0, 0.0  # the phase back from the rotating frame, less 1
                    if boost == len(weights) - 1 and whole:
                        turn[0, k], turn[1, k] = -2 * half.imag**2, -full.imag
                    elif boost == len(weights) - 1:
                        turn[0, k], turn[1, k] = half.real - 1.0, -half.imag
                _coefficients(p, q, x, y, turn, series)
                for k in range(size):
                    _combine(node, v, k, turn[0, k], turn[1, k], x[k], y[k])
            for k in range(size):
                for a in range(rank):
                    total[0, a] += node[k, 0, a]
                    total[1, a] += node[k, 1, a]
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
        for a in range(rank):
            sums[block, 0, a], sums[block, 1, a] = total[0, a], total[1, a]


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
def _coefficients(
    p: FloatArray, q: FloatArray, x: FloatArray, y: FloatArray, turn: FloatArray, series: FloatArray
) -> None:
    """Turn ``|D|^2, |v|^2, <D, v>`` and a phase less 1 into factors of D less 1, in ``turn``, and of v, in ``x, y``."""
    # sinh s / s and 2 (cosh s - 1) / s^2 as power series in q = s^2 < 1, in full accuracy at q = 0 too
    series[:] = 1.0
    for n in range(TERMS, 0, -1):
        left, right = 1.0 / (2 * n * (2 * n + 1)), 1.0 / ((2 * n + 1) * (2 * n + 2))
        for k in range(GROUP):
            series[0, k] = 1.0 + q[k] * left * series[0, k]
            series[1, k] = 1.0 + q[k] * right * series[1, k]
    for k in range(GROUP):
        sinh, cosh = series[0, k], series[1, k] / 2
        rho, over_rho = (1.0 + p[k]) / 2, (3.0 - p[k]) / 2  # of p = rho^2, which is 1 to rounding
        more, im = q[k] * cosh + sinh * over_rho * x[k], sinh * over_rho * y[k]
        re = 1.0 + more  # the denominator
        square = re * re + im * im
        c, s = turn[0, k] - more, turn[1, k] - im
        f, g = sinh * rho + cosh * x[k], cosh * y[k]
        f, g = f + (turn[0, k] * f - turn[1, k] * g), g + (turn[0, k] * g + turn[1, k] * f)
        turn[0, k], turn[1, k] = (c * re + s * im) / square, (s * re - c * im) / square
        x[k], y[k] = (f * re + g * im) / square, (g * re - f * im) / square


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _combine(node: FloatArray, v: FloatArray, k: int, c: float, s: float, f: float, g: float) -> None:
    """Add ``(c + i s) D + (f + i g) v`` to D."""
    for a in range(v.shape[2]):
        re, im = node[k, 0, a], node[k, 1, a]
        node[k, 0, a] = re + ((c * re - s * im) + (f * v[k, 0, a] - g * v[k, 1, a]))
        node[k, 1, a] = im + ((c * im + s * re) + (f * v[k, 1, a] + g * v[k, 0, a]))


@numba.njit(parallel=True, cache=True, fastmath=FAST, error_model="numpy")
def _sparse_product(
    starts: NDArray[np.integer],
    columns: NDArray[np.integer],
    weights: FloatArray,
    nodes: FloatArray,
    into: FloatArray,
) -> None:
    """Multiply a sparse matrix by nodes, row by row."""
    count, _, rank = nodes.shape
    for block in numba.prange(BLOCKS):
        for i in range(block * count // BLOCKS, (block + 1) * count // BLOCKS):
            row = into[i]
            row[:] = 0.0
            for k in range(starts[i], starts[i + 1]):
                other, weight = nodes[columns[k]], weights[k]
                for a in range(rank):
                    row[0, a] += weight * other[0, a]
                    row[1, a] += weight * other[1, a]
