"""Boosts of very many nodes on a complete graph, where one mean field is common to all. The method stands in `boosts`.

Through a whole step each node stays in the span of itself and the mean fields of the stages, ``C_i -> alpha_i C_i +
sum_k beta_ik zeta_k``. So a stage is one read pass over the nodes: the inner products ``<C_i, zeta>`` with the newest
field, the boosts as arithmetic with a few numbers for each node, and the next mean field as ``sum_i alpha_i C_i + sum_k
(sum_i beta_ik) zeta_k``. Nodes are written once, at the end of a step. They are stored in tiles (see `kernels`): every
loop runs over nodes with unit stride.
"""

from __future__ import annotations

import cmath
import math

import numba
import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.boost import TO_2, TO_3, TO_4, TO_END, boost_factors
from wignerlohe.coupling.kernels import BLOCKS, FAST, LANES, tiled
from wignerlohe.coupling.system import System
from wignerlohe.phases import unit
from wignerlohe.threads import share

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

FIRST, MIDDLE, LAST = range(3)  # fields at the start of a step, half-way and at its end; see `boost`


class CommonField:
    """The nodes at the start of a step, their mean field there, and room for one step, all in tiles."""

    def __init__(self, system: System, coordinates: ComplexArray, cost: Cost) -> None:
        assert isinstance(system.weights, float)  # `boosts.evolve`
        self.coupling, self.cost = system.coupling * system.weights, cost
        self.count, rank = coordinates.shape
        self.start = tiled(coordinates)
        self.end, self.none = np.empty_like(self.start), self.start[:0]
        shape = (len(self.start), LANES)
        self.squares, self.end_squares = np.empty(shape), np.empty(shape)
        self.products = np.zeros((len(self.start), 3, 2, LANES))  # of each node with the three fields
        self.sums, self.distances = np.empty((BLOCKS, 2, rank + 3)), np.empty(BLOCKS)
        # the centre of the detunings turns all nodes alike, at output
        self.centre, detuning = system.centred()
        self.frequencies = np.zeros(shape)
        self.frequencies.ravel()[: self.count] = 0.0 if detuning is None else detuning
        self.turns = np.array([np.ones(shape), np.zeros(shape)])  # cos and sin of Omega h / 4
        share(_measure, BLOCKS, self.start, self.sums, self.squares)
        self.first = self.next = self._field(np.zeros((3, rank), dtype=np.complex128))

    def step(self, step: float) -> float:
        """Move the nodes, to be accepted or not, and return how far the whole step leads from its two halves."""
        turns = unit(self.frequencies * (step / 4))
        self.turns[0], self.turns[1] = turns.real, turns.imag
        half_way = self._carry(self.start, self.squares, self.first, step / 2, 1, self.end, self.none)
        self.next = self._carry(self.end, self.end_squares, half_way, step / 2, 1, self.end, self.none)
        self._carry(self.start, self.squares, self.first, step, 2, self.none, self.end)
        return math.sqrt(self.distances.max())

    def accept(self) -> None:
        """Take the moved nodes, and their field, as the start of the next step."""
        self.start, self.end = self.end, self.start
        self.squares, self.end_squares = self.end_squares, self.squares
        self.first = self.next

    def coordinates(self, elapsed: float) -> ComplexArray:
        """C at the start of the step: complex128 (N, r)."""
        rank = self.start.shape[2]
        found = np.empty((len(self.start), LANES, rank), dtype=np.complex128)
        found.real, found.imag = self.start[:, 0].swapaxes(1, 2), self.start[:, 1].swapaxes(1, 2)
        found = found.reshape(-1, rank)[: self.count]
        if self.centre:
            found *= cmath.exp(-1j * self.centre * elapsed)
        return found

    def _carry(
        self,
        start: FloatArray,
        squares: FloatArray,
        first: ComplexArray,
        step: float,
        halves: int,
        end: FloatArray,
        other: FloatArray,
    ) -> ComplexArray:
        """Make one step of two or of four quarters: into ``end``, which may be ``start``, or for its distance.

        Returns the field at its end.
        """
        scale = self.coupling * step / (2 * self.count)
        fields = np.zeros((3, len(first)), dtype=np.complex128)

        def move(weights: FloatArray, newest: int, whole: bool, ends: tuple[FloatArray, ...] = ()) -> ComplexArray:
            gram = fields @ fields.conj().T
            numbers, vectors, products = scale * weights, _parts(fields), _parts(gram)
            nodes = start, self.count, squares, self.products, self.turns, halves, whole
            share(_finish if ends else _stage, BLOCKS, numbers, vectors, products, newest, *nodes, self.sums, *ends)
            return self._field(fields)

        fields[FIRST] = first
        fields[MIDDLE] = second = move(TO_2, FIRST, False)
        fields[MIDDLE] = third = move(TO_3, MIDDLE, False)
        fields[LAST] = move(TO_4, MIDDLE, True)
        fields[MIDDLE] = second + third
        return move(TO_END, LAST, True, (end, other, self.end_squares, self.distances))

    def _field(self, fields: ComplexArray) -> ComplexArray:
        """``sum_k C_k`` of the nodes moved last: what a pass has summed, with the share of the fields."""
        self.cost.evaluations += 1
        real, imag = self.sums.sum(axis=0)
        total = real + 1j * imag
        return np.asarray(total[:-3] + total[-3:] @ fields)


def _parts(values: ComplexArray) -> FloatArray:
    return np.array([values.real, values.imag])


@numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
def _measure(begin: int, before: int, tiles: FloatArray, sums: FloatArray, squares: FloatArray) -> None:
    """Sum the nodes, and their entries squared."""
    rank = tiles.shape[2]
    for block in range(begin, before):
        total = np.zeros((2, rank + 3))
        for tile in range(block * len(tiles) // BLOCKS, (block + 1) * len(tiles) // BLOCKS):
            square = squares[tile]
            square[:] = 0.0
            for a in range(rank):
                re, im = tiles[tile, 0, a], tiles[tile, 1, a]
                u, v = 0.0, 0.0
                for k in range(LANES):
                    u += re[k]
                    v += im[k]
                    square[k] += re[k] * re[k] + im[k] * im[k]
                total[0, a] += u
                total[1, a] += v
        sums[block] = total


@numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
def _stage(
    begin: int,
    before: int,
    weights: FloatArray,
    fields: FloatArray,
    gram: FloatArray,
    newest: int,
    tiles: FloatArray,
    count: int,
    squares: FloatArray,
    products: FloatArray,
    turns: FloatArray,
    halves: int,
    whole: bool,
    sums: FloatArray,
) -> None:
    """Sum the boosted nodes; nothing is written but their products with the newest field."""
    rank = tiles.shape[2]
    for block in range(begin, before):
        total = np.zeros((2, rank + 3))
        own, others, room = np.empty((2, LANES)), np.empty((3, 2, LANES)), np.empty((17, LANES))
        for tile in range(block * len(tiles) // BLOCKS, (block + 1) * len(tiles) // BLOCKS):
            _project(tiles[tile], fields, newest, whole, products[tile], room)
            _factors(weights, gram, squares[tile], turns[:, tile], halves, whole, room, own, others)
            _add_shares(others, count - tile * LANES, total)
            x, y = own[0], own[1]
            for a in range(rank):
                re, im = tiles[tile, 0, a], tiles[tile, 1, a]
                u, v = 0.0, 0.0
                for k in range(LANES):
                    u += re[k] + (x[k] * re[k] - y[k] * im[k])
                    v += im[k] + (x[k] * im[k] + y[k] * re[k])
                total[0, a] += u
                total[1, a] += v
        sums[block] = total


@numba.njit(nogil=True, cache=True, fastmath=FAST, error_model="numpy")
def _finish(
    begin: int,
    before: int,
    weights: FloatArray,
    fields: FloatArray,
    gram: FloatArray,
    newest: int,
    tiles: FloatArray,
    count: int,
    squares: FloatArray,
    products: FloatArray,
    turns: FloatArray,
    halves: int,
    whole: bool,
    sums: FloatArray,
    end: FloatArray,
    compared: FloatArray,
    end_squares: FloatArray,
    distances: FloatArray,
) -> None:
    """Boost the nodes to the end of a step, where they are kept and summed, or compared with others."""
    rank = tiles.shape[2]
    for block in range(begin, before):
        total, farthest = np.zeros((2, rank + 3)), 0.0
        own, others, room = np.empty((2, LANES)), np.empty((3, 2, LANES)), np.empty((17, LANES))
        square = np.empty(LANES)
        re, im = np.empty(LANES), np.empty(LANES)
        for tile in range(block * len(tiles) // BLOCKS, (block + 1) * len(tiles) // BLOCKS):
            _project(tiles[tile], fields, newest, whole, products[tile], room)
            _factors(weights, gram, squares[tile], turns[:, tile], halves, whole, room, own, others)
            others[:, :, max(0, count - tile * LANES) :] = 0.0
            square[:] = 0.0
            for a in range(rank):
                _move(tiles[tile, 0, a], tiles[tile, 1, a], fields[:, :, a], own, others, re, im)
                if len(end):
                    u, v = 0.0, 0.0
                    for k in range(LANES):
                        u += re[k]
                        v += im[k]
                        square[k] += re[k] * re[k] + im[k] * im[k]
                    total[0, a] += u
                    total[1, a] += v
                    end[tile, 0, a] = re
                    end[tile, 1, a] = im
                else:
                    p, q = compared[tile, 0, a], compared[tile, 1, a]
                    for k in range(LANES):
                        square[k] += (re[k] - p[k]) ** 2 + (im[k] - q[k]) ** 2
            if len(end):
                end_squares[tile] = square
            else:
                farthest = max(farthest, square.max())
        distances[block] = farthest
        sums[block] = total


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _project(
    nodes: FloatArray, fields: FloatArray, newest: int, more: bool, products: FloatArray, room: FloatArray
) -> None:
    """``<C_i, zeta>`` with the newest field: kept, and all three put into ``room``.

    The method uses the fields of two stages half-way: one after the other, and then their sum.
    """
    x, y = room[6], room[7]
    x[:], y[:] = 0.0, 0.0
    for a in range(nodes.shape[1]):
        c, s, re, im = fields[0, newest, a], fields[1, newest, a], nodes[0, a], nodes[1, a]
        for k in range(LANES):
            x[k] += re[k] * c + im[k] * s
            y[k] += im[k] * c - re[k] * s
    for field in range(3):
        for k in range(LANES):
            room[2 * field, k], room[2 * field + 1, k] = products[field, 0, k], products[field, 1, k]
    for k in range(LANES):
        room[2 * newest, k], room[2 * newest + 1, k] = x[k], y[k]
    if newest == MIDDLE and more:
        for k in range(LANES):
            products[MIDDLE, 0, k] += x[k]
            products[MIDDLE, 1, k] += y[k]
    else:
        products[newest, 0], products[newest, 1] = x, y


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _factors(
    weights: FloatArray,
    gram: FloatArray,
    squares: FloatArray,
    turns: FloatArray,
    halves: int,
    whole: bool,
    room: FloatArray,
    own: FloatArray,
    others: FloatArray,
) -> None:
    """Boost nodes in turn as ``D -> D + own D + sum_c others_c zeta_c``, and turn them back from their frames.

    With ``v = sum_c w_c u_c zeta_c``, where u is 1, ``e^{i Omega h / 2}`` and ``e^{i Omega h}`` for a step h.
    """
    s, x, y, q = room[:6], room[6], room[7], room[8]
    turn, series, hx, hy, fx, fy = room[9:11], room[11:13], room[13], room[14], room[15], room[16]
    for k in range(LANES):
        c, d = turns[0, k], turns[1, k]
        if halves == 2:
            c, d = c * c - d * d, 2 * c * d
        hx[k], hy[k], fx[k], fy[k] = c, d, c * c - d * d, 2 * c * d
    own[:], others[:] = 0.0, 0.0
    for boost in range(len(weights)):
        w0, w1, w2 = weights[boost]
        even = w0 * w0 * gram[0, 0, 0] + w1 * w1 * gram[0, 1, 1] + w2 * w2 * gram[0, 2, 2]
        once = 2 * w1 * (w0 * gram[0, 1, 0] + w2 * gram[0, 2, 1]), 2 * w1 * (w0 * gram[1, 1, 0] + w2 * gram[1, 2, 1])
        twice = 2 * w2 * w0 * gram[0, 2, 0], 2 * w2 * w0 * gram[1, 2, 0]
        for k in range(LANES):
            q[k] = even + hx[k] * once[0] - hy[k] * once[1] + fx[k] * twice[0] - fy[k] * twice[1]
            x[k] = w0 * s[0, k] + w1 * (hx[k] * s[2, k] + hy[k] * s[3, k]) + w2 * (fx[k] * s[4, k] + fy[k] * s[5, k])
            y[k] = w0 * s[1, k] + w1 * (hx[k] * s[3, k] - hy[k] * s[2, k]) + w2 * (fx[k] * s[5, k] - fy[k] * s[4, k])
        if boost:
            for k in range(LANES):
                x[k], y[k] = x[k] + (own[0, k] * x[k] - own[1, k] * y[k]), y[k] + (own[0, k] * y[k] + own[1, k] * x[k])
            for c in range(3):
                for k in range(LANES):
                    u = w0 * gram[0, c, 0] + w1 * (hx[k] * gram[0, c, 1] + hy[k] * gram[1, c, 1])
                    v = w0 * gram[1, c, 0] + w1 * (hx[k] * gram[1, c, 1] - hy[k] * gram[0, c, 1])
                    u += w2 * (fx[k] * gram[0, c, 2] + fy[k] * gram[1, c, 2])
                    v += w2 * (fx[k] * gram[1, c, 2] - fy[k] * gram[0, c, 2])
                    x[k] += others[c, 0, k] * u - others[c, 1, k] * v
                    y[k] += others[c, 0, k] * v + others[c, 1, k] * u
        for k in range(LANES):
            turn[0, k], turn[1, k] = 0.0, 0.0  # the phase back from the rotating frame, less 1
            if boost == len(weights) - 1 and whole:
                turn[0, k], turn[1, k] = -2 * hy[k] * hy[k], -fy[k]
            elif boost == len(weights) - 1:
                turn[0, k], turn[1, k] = hx[k] - 1.0, -hy[k]
        boost_factors(squares, q, x, y, turn, series)
        for k in range(LANES):
            a, b = turn[0, k], turn[1, k]
            c, d = own[0, k], own[1, k]
            own[0, k], own[1, k] = c + a + (a * c - b * d), d + b + (a * d + b * c)
            for field in range(3):
                c, d = others[field, 0, k], others[field, 1, k]
                others[field, 0, k], others[field, 1, k] = c + (a * c - b * d), d + (a * d + b * c)
            others[0, 0, k] += w0 * x[k]
            others[0, 1, k] += w0 * y[k]
            others[1, 0, k] += w1 * (hx[k] * x[k] - hy[k] * y[k])
            others[1, 1, k] += w1 * (hx[k] * y[k] + hy[k] * x[k])
            others[2, 0, k] += w2 * (fx[k] * x[k] - fy[k] * y[k])
            others[2, 1, k] += w2 * (fx[k] * y[k] + fy[k] * x[k])


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _add_shares(others: FloatArray, nodes: int, total: FloatArray) -> None:
    """Add how much of each field the nodes of a tile hold; a tile may hold fewer than it has room for."""
    rank = total.shape[1] - 3
    for field in range(3):
        others[field, :, max(0, nodes) :] = 0.0
        u, v = 0.0, 0.0
        for k in range(LANES):
            u += others[field, 0, k]
            v += others[field, 1, k]
        total[0, rank + field] += u
        total[1, rank + field] += v


@numba.njit(forceinline=True, cache=True, fastmath=FAST, error_model="numpy")
def _move(
    p: FloatArray,
    q: FloatArray,
    fields: FloatArray,
    own: FloatArray,
    others: FloatArray,
    re: FloatArray,
    im: FloatArray,
) -> None:
    """``D + own D + sum_c others_c zeta_c`` for one entry of the nodes of a tile."""
    (a, b, c), (d, e, f) = fields[0], fields[1]
    x, y, z = others[0], others[1], others[2]
    for k in range(LANES):
        u = (x[0, k] * a - x[1, k] * d) + (y[0, k] * b - y[1, k] * e) + (z[0, k] * c - z[1, k] * f)
        v = (x[0, k] * d + x[1, k] * a) + (y[0, k] * e + y[1, k] * b) + (z[0, k] * f + z[1, k] * c)
        re[k] = p[k] + (own[0, k] * p[k] - own[1, k] * q[k] + u)
        im[k] = q[k] + (own[0, k] * q[k] + own[1, k] * p[k] + v)
