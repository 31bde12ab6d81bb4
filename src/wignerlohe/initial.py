"""Initial data: what users hand to `solve`, converted, checked, and written in an orthonormal basis.

Three levels (docs, "Conventions"): pure nodes, N functions; mixed nodes, N x m functions, ``w_ij = sum_m w[psi_i^m,
psi_j^m]``; and `Factors`, whose left and right functions differ. Very many nodes come as `wignerlohe.states.Expansion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import states
from wignerlohe.checks import require
from wignerlohe.coupling.span import BLOCK, Span
from wignerlohe.errors import InvalidInputError
from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]

NORM_LIMIT = 1e-8


@dataclass(frozen=True)
class Factors:
    """Data ``w_ij = sum_m w[phi_i^m, chi_j^m]`` with different left and right factors, for `WignerLohe`.

    Then ``z_ij = sum_m <phi_i^m, chi_j^m>`` is any complex matrix, and the solution of (2) may blow up; norms are not
    fixed, and the matrix is not divided by its diagonal.

    Parameters
    ----------
    left, right : array_like, shape (N, *grid.shape) or (N, m, *grid.shape)
        phi and chi, of one shape.

    Examples
    --------
    Three nodes with ``z_ij = -0.8`` blow up at ``ln(6) / kappa``:

    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-10.0, 10.0, 64)
    >>> phi = wl.states.fock(grid, level=[0, 1, 2])
    >>> start = np.full((3, 3), -0.8) + 1.8 * np.eye(3)
    >>> factors = wl.Factors(left=phi, right=start @ phi)
    >>> solution = wl.solve(wl.WignerLohe(grid, "0.5*x**2", coupling=1.0), factors, times=[0.0, 1.0, 2.0])
    >>> round(solution.blow_up_time, 8)
    1.79175947
    """

    left: ArrayLike
    right: ArrayLike


@dataclass(frozen=True)
class Prepared:
    """Initial data in an orthonormal basis.

    Attributes
    ----------
    basis : complex128 array, shape (r, m, *grid.shape)
    coordinates : complex128 array, shape (N, r)
        Unit rows of the nodes, or the left factors as they are.
    right : complex128 array, shape (N, r), or None
        The right factors, where they differ.
    norms : float64 array, shape (N,)
        What the coordinates are to be multiplied by.
    mixed : bool
        Whether nodes are shown with their components.
    """

    basis: ComplexArray
    coordinates: ComplexArray
    right: ComplexArray | None
    norms: NDArray[np.float64]
    mixed: bool


def prepare(grid: Grid, initial: Any) -> Prepared:
    """Convert and check initial data.

    Parameters
    ----------
    grid : Grid
    initial : array, callable, list of callables, Expansion or Factors
        See `wignerlohe.solve`.

    Raises
    ------
    InvalidInputError
        If shapes do not fit, a value is not finite, or a norm differs from 1 by more than 1e-8.
    """
    if isinstance(initial, Factors):
        left, right = states.on_grid(grid, initial.left), states.on_grid(grid, initial.right)
        but = f"the shapes are {left.shape} and {right.shape}"
        require(left.shape == right.shape, "Factors", "hold left and right factors of one shape", but, "as many")
        span = Span.of(grid, _with_components(grid, np.concatenate((left, right))))
        rows = span.coordinates * span.norms[:, None]
        count = len(left)
        return Prepared(span.basis, rows[:count], rows[count:], np.ones(count), mixed=left.ndim > grid.dimension + 1)
    if isinstance(initial, states.Expansion):
        of = states.on_grid(grid, initial.of)
        must, but = (
            f"be functions on the grid, of shape (r, {str(grid.shape)[1:]}",
            f"their shape is {initial.of.shape}",
        )
        require(of.shape == initial.of.shape, "of", must, but, "functions on the grid of the model")
        functions = _with_components(grid, of)
        span = Span.of_expansion(grid, initial.coefficients, functions)
        mixed = np.ndim(initial.of) > grid.dimension + 1
    else:
        psi = states.on_grid(grid, initial)
        mixed = psi.ndim > grid.dimension + 1
        span = Span.of(grid, _with_components(grid, psi))
    check_norms(span.norms)
    return Prepared(span.basis, span.coordinates, None, span.norms, mixed)


def sizes(grid: Grid, initial: Any) -> dict[str, int] | None:
    """How large initial data are, for `wignerlohe.memory.of_nodes`: None where that shows only once they are made."""
    if isinstance(initial, Factors):
        found = sizes(grid, initial.left)
        return None if found is None else found | {"count": 2 * found["count"]}
    if isinstance(initial, states.Expansion):
        return {"count": len(initial.coefficients), "modes": len(initial.of), "components": 1}
    shape: tuple[int, ...] = getattr(initial, "shape", ())
    if len(shape) < grid.dimension + 1 or shape[0] == 0:
        return None
    return {"count": int(shape[0]), "components": int(np.prod(shape[1 : -grid.dimension], dtype=int))}


def node_norms(grid: Grid, psi: ComplexArray) -> NDArray[np.float64]:
    """Norms of nodes (N, *grid.shape) or (N, m, *grid.shape), in blocks: the data may be memory-mapped."""
    rows = psi.reshape(len(psi), -1)
    height = max(1, BLOCK // rows.shape[1])
    parts = [np.linalg.norm(rows[first : first + height], axis=1) for first in range(0, len(rows), height)]
    return np.asarray(np.concatenate(parts) * np.sqrt(grid.cell))


def check_norms(norms: NDArray[np.float64]) -> None:
    """Refuse nodes whose norm differs from 1: the node and its norm are named, and nothing is adjusted."""
    bad = np.flatnonzero(~(np.abs(norms - 1) <= NORM_LIMIT)).tolist()
    if bad:
        others = f" ({len(bad)} nodes in all)" if len(bad) > 1 else ""
        raise InvalidInputError(
            f"`initial` must have unit norms (to {NORM_LIMIT:.0e}), but that of node {bad[0]} is "
            f"{norms[bad[0]]:.12g}{others}; "
            "try wignerlohe.normalise(grid, psi), or a wider box or finer grid if the state should have norm 1"
        )


def _with_components(grid: Grid, psi: ComplexArray) -> ComplexArray:
    """View nodes as (N, m, *grid.shape)."""
    return psi.reshape(len(psi), -1, *grid.shape)
