"""States that users hand over, and their norms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wignerlohe.checks import complex_array, require
from wignerlohe.grid import Grid
from wignerlohe.states.arguments import ComplexArray, numbers


def normalise(grid: Grid, psi: ArrayLike, mixed: bool = False) -> ComplexArray:
    """Divide each state by its norm: the explicit step that nothing in this package takes unasked.

    Parameters
    ----------
    grid : Grid
        Where the states live.
    psi : array_like, shape (..., *grid.shape), or (..., m, *grid.shape) if mixed
        States, none of them zero.
    mixed : bool
        Whether the axis before the grid's counts the m components of a mixed state, which is one vector of norm
        ``(sum_k ||psi^k||^2)^(1/2)``. A shape alone cannot tell nodes from components.

    Returns
    -------
    complex128 array, of the shape of psi

    Raises
    ------
    InvalidInputError
        If a state is zero or not finite, the node named, or a mixed one has no axis of components.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 64)
    >>> float(grid.norm(normalise(grid, np.exp(-grid.axes[0] ** 2))))
    1.0
    >>> psi = normalise(grid, np.ones((3, 2, 64)), mixed=True)
    >>> np.round(grid.norm(psi) ** 2, 12).tolist()
    [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]
    """
    array = complex_array("psi", psi, "finite data")
    norms = np.asarray(grid.norm(array))
    if mixed:
        require(norms.ndim > 0, "psi", "have an axis of components", f"its shape is {array.shape}", "mixed=False")
        norms = np.linalg.norm(norms, axis=-1)
    zero = np.flatnonzero(norms == 0).tolist()
    require(not zero, "psi", "have norms above zero", f"that of node {zero[:1]} is 0", "other coefficients or data")
    return np.asarray(array / norms.reshape(norms.shape + (1,) * (grid.dimension + mixed)))


def is_mixed(grid: Grid, psi: ComplexArray) -> bool:
    """Whether nodes have components: (N, m, *grid.shape), not (N, *grid.shape)."""
    return psi.ndim > grid.dimension + 1


def on_grid(grid: Grid, initial: Any) -> ComplexArray:
    """Convert what users hand to `solve` into states: an array, a callable of the coordinates, or a list of them.

    Returns a complex128 array of shape ``(N, *grid.shape)``, or ``(N, m, *grid.shape)`` for mixed nodes; one that is
    already such an array, in memory or mapped from a file, is not copied. Raises InvalidInputError where values are not
    finite or shapes do not fit. A callable gets the d coordinate arrays and returns one state or N of them.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 64)
    >>> on_grid(grid, [lambda x: np.exp(-x**2), lambda x: np.exp(-(x - 1)**2)]).shape
    (2, 64)
    """
    items = initial if isinstance(initial, list | tuple) and any(map(callable, initial)) else [initial]
    inner = ", ".join(map(str, grid.shape))
    shape = f"shape (N, {inner}), or (N, m, {inner}) for mixed nodes"
    attempt = "states from wignerlohe.states on the same grid"
    values = [item(*grid.mesh) if callable(item) else item for item in items]
    parts = [numbers("initial", value, attempt, f"finite numbers of {shape}") for value in values]
    parts = [part[None] if part.shape == grid.shape else part for part in parts]
    for part in parts:
        fits = part.ndim - grid.dimension in (1, 2) and part.shape[-grid.dimension :] == grid.shape and part.size > 0
        fits = fits and part.shape[1:] == parts[0].shape[1:]
        require(fits, "initial", f"have {shape}", f"its shape is {part.shape}", attempt)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
