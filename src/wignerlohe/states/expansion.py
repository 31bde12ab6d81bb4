"""States as coefficients of a few given functions: superpositions, random states, and very many nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import memory
from wignerlohe.checks import complex_array, positive_number, real_number, require, whole_number
from wignerlohe.grid import Grid
from wignerlohe.states.arguments import ComplexArray, blocks, numbers
from wignerlohe.states.given import normalise
from wignerlohe.states.oscillator import LARGEST_LEVEL, lowest_levels, oscillator_states


@dataclass(frozen=True, eq=False)
class Expansion:
    """N states as coefficients of r functions, ``psi_i = sum_a c_ia phi_a``, none of them formed.

    For very many nodes: a million of them with r = 32 take 512 MB, whatever the grid. `wignerlohe.solve` accepts it as
    initial data.

    Parameters
    ----------
    coefficients : array_like of complex, shape (N, r)
        The weights c_ia; a complex128 array is not copied.
    of : array_like of complex, shape (r, *grid.shape), or (r, m, *grid.shape) for mixed nodes
        The functions phi_a; they need not be orthonormal.

    Raises
    ------
    InvalidInputError
        If the shapes disagree or a value is not finite.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-10.0, 10.0, 64)
    >>> expansion = Expansion([[0.6, 0.8j], [1.0, 0.0], [0.0, 1.0]], of=wl.states.fock(grid, [0, 1]))
    >>> expansion.states([0, 2]).shape
    (2, 64)
    """

    coefficients: ComplexArray
    of: ComplexArray

    def __post_init__(self) -> None:
        coefficients = numbers("coefficients", self.coefficients, "an array of shape (N, r)")
        of = numbers("of", self.of, "wignerlohe.states.fock(grid, [0, 1])")
        require(of.ndim >= 2, "of", "have shape (r, *grid.shape)", f"its shape is {of.shape}", "one state per row")
        require(
            coefficients.ndim == 2 and len(coefficients) > 0 and coefficients.shape[1] == len(of) > 0,
            "coefficients",
            f"have shape (N, {len(of)}), one column per function in `of`",
            f"their shape is {coefficients.shape}",
            "[[1.0, 1.0]] for two functions",
        )
        object.__setattr__(self, "coefficients", coefficients)
        object.__setattr__(self, "of", of)

    def states(self, which: slice | Sequence[int] | NDArray[np.int_] = slice(None)) -> ComplexArray:
        """Form some nodes, or all of them: complex128 (nodes, *grid.shape), or (nodes, m, *grid.shape)."""
        chosen = self.coefficients[which]
        return np.asarray(chosen @ self.of.reshape(len(self.of), -1)).reshape(len(chosen), *self.of.shape[1:])


def random_expansion(
    grid: Grid,
    count: int,
    modes: int,
    seed: int,
    frequency: float = 1.0,
    coherence: float = 0.0,
    mass: float = 1.0,
) -> Expansion:
    """Random states as coefficients, for very many nodes: see `random`, whose states these are.

    Parameters
    ----------
    grid, count, modes, seed, frequency, coherence, mass
        As in `random`.

    Returns
    -------
    Expansion
        Coefficients (count, modes), rows of unit norm, of oscillator states (modes, *grid.shape).

    Raises
    ------
    InvalidInputError
        If an argument is not what it must be.
    TooLargeError
        If the coefficients would not fit into the memory of the machine.

    Examples
    --------
    >>> expansion = random_expansion(Grid(-9.0, 9.0, 64), count=1000, modes=8, seed=1)
    >>> expansion.coefficients.shape, expansion.of.shape
    ((1000, 8), (8, 64))
    """
    count, modes = whole_number("count", count, 1), whole_number("modes", modes, 1, LARGEST_LEVEL)
    generator = np.random.default_rng(whole_number("seed", seed, 0))
    omega = positive_number("frequency", frequency, "frequency=1.0")
    mass = positive_number("mass", mass, "mass=1.0")
    shift = np.sqrt(2) * real_number("coherence", coherence, "coherence=0.0")
    memory.require_room({"random coefficients": count * modes * memory.COMPLEX})
    coefficients = np.empty((count, modes), dtype=np.complex128)
    parts = coefficients.view(np.float64)
    for rows in blocks(parts):
        block = parts[rows]
        generator.standard_normal(out=block)
        block[:, 0] += shift
        block /= np.sqrt(np.einsum("ia,ia->i", block, block))[:, None]
    levels, zero = lowest_levels(grid.dimension, modes), np.zeros((1, grid.dimension))
    scale = np.array([np.sqrt(mass * omega / grid.hbar)])
    return Expansion(coefficients, oscillator_states(grid, levels, scale, zero, zero)[0])


def random(
    grid: Grid,
    count: int,
    modes: int,
    seed: int,
    frequency: float = 1.0,
    coherence: float = 0.0,
    mass: float = 1.0,
) -> ComplexArray:
    """Random superpositions of oscillator states, isotropic or leaning towards the ground state.

    ``psi_i = sum_a (xi_ia + c delta_a0) phi_a / ||...||``: the xi_ia are independent standard complex normal numbers
    (``E |xi|^2 = 1``), phi_a the r oscillator states of lowest energy (see `fock`), those of one energy ordered like
    tuples of their levels. Without coherence the states are uniform on the unit sphere of their span.

    Parameters
    ----------
    grid : Grid
        Where the states live.
    count, modes : int
        Number N of nodes, and number r of oscillator states.
    seed : int
        Names the states: the same seed gives the same states.
    frequency : float
        Angular frequency omega > 0 of the oscillator.
    coherence : float
        c, which is added to the ground state's coefficient.
    mass : float
        Mass m of the oscillator.

    Returns
    -------
    complex128 array, shape (N, *grid.shape)

    Raises
    ------
    InvalidInputError
        If an argument is not what it must be.
    TooLargeError
        If the coefficients would not fit into the memory of the machine.

    Examples
    --------
    >>> grid = Grid(-9.0, 9.0, 64)
    >>> psi = random(grid, count=3, modes=5, seed=1)
    >>> psi.shape, np.round(grid.norm(psi), 12)
    ((3, 64), array([1., 1., 1.]))
    """
    return random_expansion(grid, count, modes, seed, frequency, coherence, mass).states()


def superposition(grid: Grid, coefficients: ArrayLike, of: Sequence[ArrayLike]) -> ComplexArray:
    """Normalised superpositions ``psi_i = sum_a c_ia phi_a / ||...||`` of given pure states.

    Parameters
    ----------
    grid : Grid
        Where the states live.
    coefficients : array_like of complex, shape (N, r)
        The weights c_ia.
    of : sequence of r arrays, each of shape (1, *grid.shape) or (*grid.shape)
        The states phi_a.

    Returns
    -------
    complex128 array, shape (N, *grid.shape)

    Raises
    ------
    InvalidInputError
        If the shapes disagree, a state is mixed, or a superposition vanishes.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-10.0, 10.0, 64)
    >>> ground, excited = wl.states.fock(grid, 0), wl.states.fock(grid, 1)
    >>> psi = superposition(grid, [[1, 1j], [1, -1j]], of=[ground, excited])
    >>> bool(abs(grid.inner(psi[0], psi[1])) < 1e-14)
    True
    """
    weights = np.atleast_2d(complex_array("coefficients", coefficients, "[[1.0, 1.0]] for two states"))
    parts = [complex_array("of", part, "states on the same grid") for part in of]
    shapes = (grid.shape, (1, *grid.shape))
    others = [part.shape for part in parts if part.shape not in shapes]
    must, but = f"hold single pure states, of shape {shapes[0]} or {shapes[1]}", f"a shape is {others[:1]}"
    require(not others, "of", must, but, "one unmixed state of the same grid for each column")
    require(
        weights.ndim == 2 and weights.shape[1] == len(parts) > 0,
        "coefficients",
        f"have shape (N, {len(parts)}), one column per state in `of`",
        f"their shape is {weights.shape}",
        "[[1.0, 1.0]] for two states",
    )
    return normalise(grid, np.tensordot(weights, [part.reshape(grid.shape) for part in parts], axes=1))
