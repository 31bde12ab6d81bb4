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
from wignerlohe.states.given import is_mixed

ComplexArray = NDArray[np.complex128]

NORM_LIMIT = 1e-8


@dataclass(frozen=True)
class Factors:
    """Data ``w_ij = sum_m w[phi_i^m, chi_j^m]`` with different left and right factors, for `WignerLohe`.

    Then ``z_ij = sum_m <phi_i^m, chi_j^m>`` is any complex matrix, and the solution of (2) may blow up; norms are not
    fixed, and the matrix is not divided by its diagonal. Only products count: phi s and chi / s are the same data.
    ``1 - z_ij(0)`` is as accurate as the data, to their rounding absolutely; what it becomes, relatively to that.

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
        Unit rows of the nodes, or the left factors, balanced.
    right : complex128 array, shape (N, r), or None
        The right factors, where they differ, balanced: on the whole as large as the left ones.
    norms : float64 array, shape (N,)
        What the coordinates are to be multiplied by, and right ones divided by.
    mixed : bool
        Whether nodes are shown with their components.
    deviation : complex128 array, shape (N, N), or None
        ``1 - z_ij(0)`` of left and right factors, from the data themselves: coordinates in a basis are less accurate.
    """

    basis: ComplexArray
    coordinates: ComplexArray
    right: ComplexArray | None
    norms: NDArray[np.float64]
    mixed: bool
    deviation: ComplexArray | None = None


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
        # phi s, chi / s have the same w_ij: by a power of two both become equally large, without rounding
        ratio = np.linalg.norm(right) / max(float(np.linalg.norm(left)), np.finfo(float).tiny)
        scale = 2.0 ** round(np.log2(ratio) / 2) if 0 < ratio < np.inf else 1.0
        left, right, count = left * scale, right / scale, len(left)
        span = Span.of(grid, _with_components(grid, np.concatenate((left, right))))
        rows = span.coordinates * span.norms[:, None]
        deviation = 1 - grid.cell * (left.reshape(count, -1) @ right.reshape(count, -1).conj().T)
        norms, mixed = np.full(count, 1 / scale), is_mixed(grid, left)
        return Prepared(span.basis, rows[:count], rows[count:], norms, mixed, deviation)
    if isinstance(initial, states.Expansion):
        of = states.on_grid(grid, initial.of)
        must, but = (
            f"be functions on the grid, of shape (r, {str(grid.shape)[1:]}",
            f"their shape is {initial.of.shape}",
        )
        require(of.shape == initial.of.shape, "of", must, but, "functions on the grid of the model")
        functions = _with_components(grid, of)
        span = Span.of_expansion(grid, initial.coefficients, functions)
        mixed = is_mixed(grid, of)
    else:
        psi = states.on_grid(grid, initial)
        mixed = is_mixed(grid, psi)
        span = Span.of(grid, _with_components(grid, psi))
    check_norms(span.norms)
    return Prepared(span.basis, span.coordinates, None, span.norms, mixed)


def sizes(grid: Grid, initial: Any) -> dict[str, int] | None:
    """How large initial data are, for `wignerlohe.memory.of_nodes`: None where that shows only once they are made."""
    if isinstance(initial, Factors):
        found = sizes(grid, initial.left)
        return None if found is None else found | {"factors": found["count"], "count": 2 * found["count"]}
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


def check_norms(norms: NDArray[np.float64], attempt: str = "wignerlohe.normalise(grid, psi)") -> None:
    """Refuse nodes whose norm differs from 1: the node and its norm are named, and nothing is adjusted."""
    bad = np.flatnonzero(~(np.abs(norms - 1) <= NORM_LIMIT)).tolist()
    if bad:
        others = f" ({len(bad)} nodes in all)" if len(bad) > 1 else ""
        raise InvalidInputError(
            f"`initial` must have unit norms (to {NORM_LIMIT:.0e}), but that of node {bad[0]} is "
            f"{norms[bad[0]]:.12g}{others}; "
            f"try {attempt}, or a wider box or finer grid if the state should have norm 1"
        )


def _with_components(grid: Grid, psi: ComplexArray) -> ComplexArray:
    """View nodes as (N, m, *grid.shape)."""
    return psi.reshape(len(psi), -1, *grid.shape)
