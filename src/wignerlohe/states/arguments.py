"""What the states share: arguments per node, products over the axes, and checks of large arrays in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import LARGEST_NUMBER, complex_array, real_array, require
from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]
Profile = Callable[[NDArray[np.float64], int], ComplexArray]

BLOCK = 100_000  # numbers handled at once where there are very many: a block stays in cache


def per_node(grid: Grid, vectors: dict[str, ArrayLike], scalars: dict[str, ArrayLike]) -> list[NDArray[np.float64]]:
    """Convert vector arguments to (N, d) and scalar ones to (N,), all finite, with one N."""
    d = grid.dimension
    arrays: dict[str, NDArray[np.float64]] = {}
    for name, value in (vectors | scalars).items():
        array = real_array(name, value, f"{name}=1.0")
        if name in vectors:
            if array.ndim <= 1:  # one vector for all nodes, or on a line one number per node
                array = (
                    array.reshape(-1, 1)
                    if d == 1
                    else np.broadcast_to(array, (1, d))
                    if array.size in (1, d)
                    else array
                )
            shape = "(), (N,) or (N, 1)" if d == 1 else f"(), ({d},) or (N, {d})"
            attempt = "one number for each node" if d == 1 else f"{d} numbers for each node"
            fits = array.ndim == 2 and array.shape[1] == d
        else:
            array, shape, attempt = np.atleast_1d(array), "() or (N,)", "one number, or one for each node"
            fits = array.ndim == 1
        require(fits and len(array) > 0, name, f"have shape {shape}", f"its shape is {np.shape(value)}", attempt)
        arrays[name] = array
    count = max(map(len, arrays.values()))
    for name, array in arrays.items():
        require(
            len(array) in (1, count),
            name,
            f"be one value or one for each of the {count} nodes",
            f"{len(array)} were given",
            "lists of equal length",
        )
        arrays[name] = np.broadcast_to(array, (count, *array.shape[1:]))
    return list(arrays.values())


def column(values: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """Reshape (N,) so that it multiplies (N, *grid.shape)."""
    return values.reshape(-1, *(1,) * grid.dimension)


def product(grid: Grid, centres: NDArray[np.float64], profile: Profile, name: str, attempt: str) -> ComplexArray:
    """Multiply a one-dimensional profile of ``x - q`` over the axes; an overflow is blamed on an argument."""
    psi: ComplexArray = np.ones((len(centres), *grid.shape), dtype=np.complex128)
    for axis, coordinate in enumerate(grid.mesh):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # checked below
            psi *= profile(coordinate[None] - column(centres[:, axis], grid), axis)
    require(np.isfinite(psi).all(), name, "give finite values on the grid", "they overflow", attempt)
    return psi


def blocks(array: Any, unit: int = 1) -> Iterator[slice]:
    """Slices of the first axis that hold about `BLOCK` numbers each, and a multiple of some unit of rows."""
    height = max(1, BLOCK // max(1, int(np.prod(array.shape[1:]))))
    height = -(-height // unit) * unit
    for first in range(0, array.shape[0], height):
        yield slice(first, first + height)


def numbers(name: str, value: Any, attempt: str, what: str = "finite numbers") -> ComplexArray:
    """Convert to a finite complex128 array; an array is read in blocks, and not copied if it is complex128."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biufc" or value.ndim == 0:
        return complex_array(name, value, attempt, what)
    for rows in blocks(value):
        block = np.asarray(value[rows], dtype=np.complex128)
        good = (np.abs(block.real) < LARGEST_NUMBER) & (np.abs(block.imag) < LARGEST_NUMBER)
        if not good.all():
            first, *others = np.argwhere(~good)[0].tolist()
            entry = (rows.start + first, *others)
            must = f"be {what}, below {LARGEST_NUMBER:.0e} in modulus"
            require(False, name, must, f"entry {entry} is {value[entry]}", attempt)
    return np.asarray(value, dtype=np.complex128)
