"""Wigner functions on any choice of axes, in any dimension, and of mixed nodes: never more than what is asked for.

Every axis turns the two states into matched samples (see `axes`), so that the function is a sum over terms of products
and a transform of what is left. Terms are worked through in pieces, which bounds the scratch space. Where a single
pair (x, p) is left, the sum over the terms is one matrix product: the kernel ``K(x, x') = sum psi(x) conj(phi(x'))``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe import fft
from wignerlohe.phase_space.axes import AxisPart, Map, axis_part
from wignerlohe.phase_space.selection import Selection

ComplexArray = NDArray[np.complex128]
Window = tuple[Any, ...]  # slices; the last entry is an ellipsis, so that no axes at all still give a view

PIECE = 2**20  # samples of either state in one piece: 16 MB, and its transforms a few times that


class Reduction:
    """The transform of one selection; it holds no scratch space, so that threads may share it."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.parts = {axis: axis_part(selection, axis) for axis in range(selection.grid.dimension)}
        self.scale = math.prod(part.scale for part in self.parts.values())
        self.pairs = [axis for axis, part in self.parts.items() if part.remains == "both"]
        # a block holds the function for one x of every pair: positions first, then momenta
        self.positions = [axis for axis, part in self.parts.items() if part.remains == "x"]
        self.momenta = [axis for axis, part in self.parts.items() if part.remains in ("p", "both")]
        self.block_axes = self.positions + self.momenta
        self.block_shape = tuple(self.parts[axis].samples for axis in self.block_axes)

    def into(self, out: NDArray[Any], psi: ComplexArray, phi: ComplexArray, threads: int = 1) -> None:
        """Write ``sum_m w[psi_m, phi_m]`` of states (m, *grid.shape) to ``out``, its real part if ``out`` is real."""
        if self.pairs and len(self.selection.kept) == 2:
            self._of_kernel(out, psi, phi)
        else:
            self._of_products(out, psi, phi, threads)

    def _of_kernel(self, out: NDArray[Any], psi: ComplexArray, phi: ComplexArray) -> None:
        """One pair (x, p): sum the kernel on the grid, refine it, and transform along ``(x + y/2, x - y/2)``."""
        (pair,) = self.pairs
        n, part = self.selection.grid.points[pair], self.parts[pair]
        plain = replace(part, left=_one_term, right=_one_term, samples=n)
        kernel = np.zeros((n, n), dtype=np.complex128)
        for left, right in _pieces(psi, phi, self.parts | {pair: plain}):
            kernel += left.reshape(-1, n).T @ right.reshape(-1, n).conj()
        kernel = part.left(kernel.T)[:, 0].T
        kernel = part.right(kernel.conj())[:, 0].conj()
        along, flat, row = np.zeros((n, 2 * n), dtype=np.complex128), kernel.ravel(), 2 * n
        for j in range(n):
            m = _reach(n, j)
            first, last = (2 * j - m) * row + 2 * j + m, (2 * j + m) * row + 2 * j - m
            along[j, n - m : n + m + 1] = flat[first : last + 1 : row - 1]
        _write(out, fft.fft(along, axis=-1, overwrite_x=True, workers=1), self._factor(), add=False)

    def _of_products(self, out: NDArray[Any], psi: ComplexArray, phi: ComplexArray, threads: int) -> None:
        """Any other choice: multiply samples and sum over the terms, block by block."""
        factor, add = self._factor(), False
        blocks = list(np.ndindex(*(self.selection.grid.points[axis] for axis in self.pairs)))
        shares = [blocks[first::threads] for first in range(min(threads, len(blocks)))]
        for left, right in _pieces(psi, phi, self.parts):
            left, right = self._arranged(left), self._mirrored(self._arranged(right)).conj()
            work = partial(self._blocks, out=out, left=left, right=right, factor=factor, add=add)
            with ThreadPoolExecutor(len(shares)) as pool:
                list(pool.map(work, shares))
            add = True

    def _blocks(
        self,
        numbers: list[tuple[int, ...]],
        out: NDArray[Any],
        left: ComplexArray,
        right: ComplexArray,
        factor: NDArray[np.float64],
        add: bool,
    ) -> None:
        """Compute the share of one thread."""
        block = np.empty(self.block_shape, dtype=np.complex128)
        for j in numbers:
            forth, back, centre = self._windows(j)
            block[...] = 0
            np.einsum("q...,q...->...", left[:, *forth], right[:, *back], out=block[centre])
            self._transform(block, centre)
            chosen = dict(zip(self.pairs, j, strict=True))
            target = (chosen.get(axis, slice(None)) for axis in sorted(self.positions + self.pairs))
            _write(out[*target, ...], block, factor, add)

    def _windows(self, j: tuple[int, ...]) -> tuple[Window, Window, Window]:
        """For the pairs at x_j: the samples ``2j + m``, ``2j - m`` of mirrored states, and the m themselves."""
        forth, back, centre = ([slice(None)] * len(self.block_axes) for _ in range(3))
        for axis, number in zip(self.pairs, j, strict=True):
            n, k = self.selection.grid.points[axis], self.block_axes.index(axis)
            m = _reach(n, number)
            for window, middle in ((forth, 2 * number), (back, 2 * n - 1 - 2 * number), (centre, n)):
                window[k] = slice(middle - m, middle + m + 1)
        return (*forth, ...), (*back, ...), (*centre, ...)

    def _transform(self, block: ComplexArray, centre: Window) -> None:
        """Transform each axis of a block that asks for it, in place; ahead of it, zeros stay zeros."""
        for k in reversed(range(block.ndim)):
            kind, rows = self.parts[self.block_axes[k]].transform, block[*centre[:k], ...]
            if kind == "to p":
                rows[...] = fft.fft(rows, axis=k, overwrite_x=True, workers=1)
            elif kind == "to x":
                rows[...] = np.fft.ifft(rows, axis=k)

    def _arranged(self, state: ComplexArray) -> ComplexArray:
        """Bring samples (terms, one axis each) into the order of a block; what does not remain has one sample."""
        front = [0, *(1 + axis for axis in self.block_axes)]
        rest = sorted(set(range(state.ndim)) - set(front))
        return np.ascontiguousarray(state.transpose(front + rest).reshape(len(state), *self.block_shape))

    def _mirrored(self, state: ComplexArray) -> ComplexArray:
        """Reverse the samples of every pair, so that both states run forwards in y."""
        return np.flip(state, tuple(1 + self.block_axes.index(axis) for axis in self.pairs))

    def _factor(self) -> NDArray[np.float64]:
        """The scale of a block, with ``(-1)^k`` for each transform to p, whose samples start at ``y = -n dx``."""
        factor = np.full((1,) * len(self.block_axes), self.scale)
        for k, axis in enumerate(self.block_axes):
            if self.parts[axis].transform == "to p":
                alternating = (-1.0) ** np.arange(self.block_shape[k])
                factor = factor * np.expand_dims(alternating, [i for i in range(factor.ndim) if i != k])
        return factor


def _pieces(
    left: ComplexArray, right: ComplexArray, parts: Mapping[int, AxisPart]
) -> Iterator[tuple[ComplexArray, ComplexArray]]:
    """Apply the parts of all axes to states (terms, *shape), in pieces of the terms that stay below `PIECE`."""
    growth = {axis: part.terms * part.samples / left.shape[1 + axis] for axis, part in parts.items()}
    pieces = min(len(left), math.ceil(left.size * math.prod(growth.values()) / PIECE))
    for psi, phi in zip(np.array_split(left, pieces), np.array_split(right, pieces), strict=True):
        if not parts:
            yield psi, phi
            continue
        axis = min(growth, key=lambda axis: growth[axis])  # what shrinks comes first
        rest = {other: part for other, part in parts.items() if other != axis}
        yield from _pieces(_mapped(psi, axis, parts[axis].left), _mapped(phi, axis, parts[axis].right), rest)


def _mapped(state: ComplexArray, axis: int, side: Map) -> ComplexArray:
    """Apply one side of a part to its axis; the new terms join the old ones on the first axis."""
    samples = side(np.moveaxis(state, 1 + axis, -1))  # (terms, the other axes, new terms, samples)
    terms_first = np.moveaxis(np.moveaxis(samples, -1, 1 + axis), -1, 0)
    return terms_first.reshape(-1, *terms_first.shape[2:])


def _one_term(psi: ComplexArray) -> ComplexArray:
    """Leave samples as they are."""
    return psi[..., None, :]


def _reach(n: int, j: int) -> int:
    """How far ``2j + m`` and ``2j - m`` both stay among the 2n refined samples."""
    return min(2 * j, 2 * n - 1 - 2 * j)


def _write(out: NDArray[Any], block: ComplexArray, factor: NDArray[np.float64], add: bool) -> None:
    """Write a block times its factor, or add it."""
    values = block if np.iscomplexobj(out) else block.real
    if add:
        out += values * factor
    else:
        np.multiply(values, factor, out=out)
