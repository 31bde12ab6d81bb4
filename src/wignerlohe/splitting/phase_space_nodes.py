"""How fields on phase space belong to pairs of nodes, and the coupling as a map between them.

Hermitian data, ``w_ji = conj(w_ij)``, are kept as their upper triangle, N (N + 1) / 2 fields; other data as all N^2.
The coupling over a step is ``w_ij <- sum_kl G_ik w_kl H_lj``, point by point. It acts on fields over (k, p), where the
conjugate of a function is the conjugate of its values at -k: each such pair of points is one whole matrix.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from wignerlohe.splitting.phase_space_flow import reverse
from wignerlohe.threads import share

Array = Any  # of NumPy, PyTorch or CuPy
ComplexArray = NDArray[np.complex128]
Indices = NDArray[np.int_]

CACHED, BLOCK = 2**14, 2**22  # numbers of a block of matrices, in cache or on a device
HERMITIAN = 1e-14  # relative to the largest value
COMPILED = 2**20  # numbers of all fields from which a compiled loop pays


@dataclass(frozen=True)
class Layout:
    """Which pairs (i, j) of N nodes the fields are.

    Attributes
    ----------
    count : int
        N.
    hermitian : bool
        Whether only i <= j are kept.
    """

    count: int
    hermitian: bool

    @cached_property
    def left(self) -> Indices:
        """The node i of each field."""
        return self._nodes[0]

    @cached_property
    def right(self) -> Indices:
        """The node j of each field."""
        return self._nodes[1]

    @property
    def _nodes(self) -> tuple[Indices, Indices]:
        if self.hermitian:
            return np.triu_indices(self.count)
        i, j = np.divmod(np.arange(self.count**2), self.count)
        return i, j

    @property
    def fields(self) -> int:
        """Number of fields M."""
        return len(self.left)

    def number(self, i: int, j: int) -> tuple[int, bool]:
        """The field of a pair, and whether it is the conjugate."""
        if not self.hermitian:
            return i * self.count + j, False
        low, high = min(i, j), max(i, j)
        return low * self.count - low * (low - 1) // 2 + high - low, i > j

    def pack(self, w: Array) -> Array:
        """Fields (M, ...) of a matrix of functions (N, N, ...)."""
        xp = array_api_compat.array_namespace(w)
        flat = xp.reshape(w, (self.count**2, *w.shape[2:]))
        return xp.take(flat, _indices(self.left * self.count + self.right, w), axis=0)

    def matrix(self, numbers: ComplexArray) -> ComplexArray:
        """A matrix (N, N) of one number for each field (M,)."""
        found = np.empty((self.count, self.count), dtype=np.complex128)
        found[self.left, self.right] = numbers
        if self.hermitian:
            found[self.right, self.left] = numbers.conj()
            found[np.diag_indices(self.count)] = found.diagonal().real  # what else is there is rounding
        return found


def is_hermitian(w: Array) -> bool:
    """Whether ``w_ji = conj(w_ij)`` to rounding."""
    xp, count = array_api_compat.array_namespace(w), w.shape[0]
    largest = float(xp.max(xp.abs(w)))
    pairs = ((i, j) for i in range(count) for j in range(i, count))
    return all(float(xp.max(xp.abs(w[j, i, ...] - xp.conj(w[i, j, ...])))) <= HERMITIAN * largest for i, j in pairs)


class PairMap:
    """``w_ij <- sum_kl G_ik w_kl H_lj`` in place, on fields over (k, p).

    Parameters
    ----------
    layout : Layout
    x_points : tuple of int
        Of the phase space.
    like : array
        An array of the library and device that the fields live in.
    """

    def __init__(self, layout: Layout, x_points: tuple[int, ...], like: Array) -> None:
        self.layout, self._xp = layout, array_api_compat.array_namespace(like)
        self._plain = array_api_compat.is_numpy_array(like)
        self._x_points, everywhere = x_points, np.arange(math.prod(x_points))
        self._minus = reverse(everywhere.reshape(x_points), tuple(range(len(x_points)))).ravel()
        self._rows = everywhere[everywhere <= self._minus] if layout.hermitian else everywhere
        i, j, n = layout.left, layout.right, layout.count
        self._upper, self._lower = i * n + j, j * n + i
        self._strict = np.flatnonzero(i != j)
        order = np.empty(n**2, dtype=int)
        order[self._upper] = np.arange(layout.fields)
        if layout.hermitian:
            order[self._lower[self._strict]] = layout.fields + np.arange(len(self._strict))
        self._order = order

    @property
    def block(self) -> int:
        """Numbers of the matrices that are made at a time."""
        return CACHED if self._plain else BLOCK

    def __call__(self, fields: Array, left: Any, right: Any) -> None:
        """Apply the maps of the left and of the right nodes to fields (M, *space.shape)."""
        if self._plain and fields.size >= COMPILED:
            from wignerlohe.splitting.phase_space_kernels import pair_map

            sides = left.compressed(), right.compressed()
            maps = [np.ascontiguousarray(part, dtype=np.complex128) for m in sides for part in (m.g, m.U, m.Q)]
            flat = fields.reshape(self.layout.fields, len(self._minus), -1)
            share(pair_map, len(self._rows), flat, self._rows, self._minus, self.layout.hermitian, *maps)
        else:
            self._in_blocks(fields, left.matrix(), right.matrix())

    def _in_blocks(self, fields: Array, left: ComplexArray, right: ComplexArray) -> None:
        """Some k of the first axis at a time, with all of the others, and the opposite ones."""
        xp, n, first, layout = self._xp, self.layout.count, self._x_points[0], self.layout
        g, h = (xp.asarray(matrix, device=_device(fields)) for matrix in (left, right))
        order, upper, lower, strict = (
            _indices(a, fields) for a in (self._order, self._upper, self._lower, self._strict)
        )
        x_axes = tuple(range(1, 1 + len(self._x_points)))

        def opposite(values: Array) -> Array:
            return xp.conj(xp.flip(reverse(values, x_axes[1:]), axis=1))

        height = max(1, self.block * first // (n**2 * math.prod(fields.shape[1:])))
        for low, high in _cut(first, height) if layout.hermitian else pairwise([*range(0, first, height), first]):
            here = slice(low, high)
            there = here if low == 0 else slice(first - high + 1, first - low + 1)
            known = fields[:, here, ...]
            if layout.hermitian:
                known = xp.concat((known, xp.take(opposite(fields[:, there, ...]), strict, axis=0)))
            shape = known.shape[1:]
            whole = xp.reshape(xp.take(known, order, axis=0), (n, -1))
            whole = xp.matmul(h, xp.reshape(xp.matmul(g, whole), (n, n, -1)))
            whole = xp.reshape(whole, (n**2, *shape))
            fields[:, here, ...] = xp.take(whole, upper, axis=0)
            if layout.hermitian and here != there:
                fields[:, there, ...] = opposite(xp.take(whole, lower, axis=0))


def _cut(points: int, height: int) -> Iterator[tuple[int, int]]:
    """Slices of half of the k of an axis; 0 and the highest of an even number, their own opposites, are alone."""
    middle = (points + 1) // 2
    yield 0, 1
    yield from pairwise([*range(1, middle, height), middle])
    if points % 2 == 0:
        yield middle, middle + 1


def _indices(values: Indices, like: Array) -> Array:
    if array_api_compat.is_numpy_array(like):
        return values
    return array_api_compat.array_namespace(like).asarray(values, device=_device(like))


def _device(like: Array) -> Any:
    return array_api_compat.device(like)
