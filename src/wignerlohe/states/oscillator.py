"""Oscillator states: Hermite functions, displaced, alone or in thermal mixtures."""

from __future__ import annotations

import bisect
import math
import warnings
from collections.abc import Iterator
from itertools import chain, count, islice

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import memory
from wignerlohe.checks import positive_array, positive_number, require, whole_number
from wignerlohe.errors import TruncationWarning
from wignerlohe.grid import Grid
from wignerlohe.states.arguments import ComplexArray, column, per_node, product

LARGEST_LEVEL = 10_000
LARGEST_TAIL = 1e-10


def fock(
    grid: Grid,
    level: ArrayLike,
    frequency: ArrayLike = 1.0,
    position: ArrayLike = 0.0,
    momentum: ArrayLike = 0.0,
    mass: float = 1.0,
) -> ComplexArray:
    """Oscillator eigenstates (Fock states), displaced.

    The real Hermite function of each level, positive as x -> +infinity, centred at q and multiplied by
    ``exp(i p (x - q) / hbar)``; a product over the axes.

    Parameters
    ----------
    grid : Grid
        Where the states live.
    level : array_like of int, shape (d,) or (N, d); on a line also a number or (N,)
        Quantum numbers >= 0, one per axis.
    frequency : array_like, a number or shape (N,)
        Angular frequency omega > 0 of the oscillator.
    position, momentum : array_like
        As in `gaussian`.
    mass : float
        Mass m of the oscillator.

    Returns
    -------
    complex128 array, shape (N, *grid.shape)

    Raises
    ------
    InvalidInputError
        If a level is negative or not whole, or as in `gaussian`.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 128)
    >>> psi = fock(grid, level=[0, 1, 5])
    >>> bool(np.allclose(grid.inner(psi[:, None], psi[None]), np.eye(3)))
    True
    """
    n, q, p, omega = per_node(
        grid, {"level": level, "position": position, "momentum": momentum}, {"frequency": frequency}
    )
    positive_array("frequency", omega, "frequency=1.0")
    mass = positive_number("mass", mass, "mass=1.0")
    require(
        np.all((n >= 0) & (n == np.round(n)) & (n <= LARGEST_LEVEL)),
        "level",
        f"be a whole number from 0 to {LARGEST_LEVEL}",
        f"{np.asarray(level).tolist()} was given",
        "level=0",
    )
    scale = np.sqrt(mass * omega / grid.hbar)

    def hermite(offset: NDArray[np.float64], axis: int) -> ComplexArray:
        xi, levels = column(scale, grid) * offset, n[:, axis].astype(int)
        values = np.zeros_like(xi)
        for level, functions in zip(range(int(levels.max()) + 1), hermite_functions(xi), strict=False):
            values[levels == level] = functions[levels == level]
        return np.asarray(
            values * column(np.sqrt(scale), grid) * np.exp(1j * column(p[:, axis], grid) * offset / grid.hbar)
        )

    return product(grid, q, hermite, "frequency", "a smaller frequency")


def thermal(
    grid: Grid,
    occupation: ArrayLike | None = None,
    temperature: ArrayLike | None = None,
    frequency: ArrayLike = 1.0,
    position: ArrayLike = 0.0,
    momentum: ArrayLike = 0.0,
    components: int | None = None,
    mass: float = 1.0,
) -> ComplexArray:
    """Thermal states of an isotropic oscillator, displaced: mixed nodes of m components.

    ``psi^k = sqrt(p_k) phi_k``, k < m, where phi_k is the displaced oscillator state (see `fock`) of the k-th level
    ``n_k`` and ``p_k`` is ``x^{|n_k|}`` divided by its sum over the m levels. ``x = n / (1 + n) = e^{-hbar omega / T}``
    for the mean occupation n of an axis at the temperature T. Levels are ordered by ``|n| = n_1 + ... + n_d``, those
    of one energy like tuples: (0, 0), (0, 1), (1, 0), (0, 2), ...

    Parameters
    ----------
    grid : Grid
        Where the states live.
    occupation, temperature : array_like, a number or shape (N,)
        Mean occupation n >= 0 of each axis, or temperature T >= 0 in the unit of energy: exactly one of them.
    frequency : array_like, a number or shape (N,)
        Angular frequency omega > 0 of the oscillator.
    position, momentum : array_like
        As in `gaussian`.
    components : int, optional
        Number m of levels, the same for all nodes; by default enough to leave out a probability of 1e-10 at most.
    mass : float
        Mass m of the oscillator.

    Returns
    -------
    complex128 array, shape (N, m, *grid.shape)

    Raises
    ------
    InvalidInputError
        If not exactly one of occupation and temperature is given, or a value is not what it must be.
    TooLargeError
        If the states would not fit into the memory of the machine.

    Warns
    -----
    TruncationWarning
        If the levels left out have a probability above 1e-10, with the number and the m that would do.

    Examples
    --------
    >>> grid = Grid(-12.0, 12.0, 96)
    >>> psi = thermal(grid, occupation=0.5, position=[-1.0, 1.0])
    >>> psi.shape
    (2, 21, 96)
    >>> [round(float(p), 6) for p in grid.norm(psi[0, :3]) ** 2]
    [0.666667, 0.222222, 0.074074]
    """
    heats = {"occupation": occupation, "temperature": temperature}
    given = {name: value for name, value in heats.items() if value is not None}
    but = f"{'both' if given else 'neither'} were given"
    require(len(given) == 1, "occupation", "be given, or else `temperature`", but, "occupation=0.5")
    ((name, value),) = given.items()
    vectors = {"position": position, "momentum": momentum}
    q, p, heat, omega = per_node(grid, vectors, {name: value, "frequency": frequency})
    require(np.all(heat >= 0), name, "not be negative", f"{heat.min():g} was given", f"{name}=0.5")
    positive_array("frequency", omega, "frequency=1.0")
    mass = positive_number("mass", mass, "mass=1.0")
    with np.errstate(divide="ignore", over="ignore"):  # without heat x = 0, and e^-1000 is that
        log_x = -grid.hbar * omega / heat if name == "temperature" else -np.log1p(1 / heat)
    log_x = np.maximum(log_x, -1000.0)
    enough = _enough(float(log_x.max()), grid.dimension)
    if components is None:
        but = f"{enough} would be needed to leave out {LARGEST_TAIL:.0e}"
        require(enough <= LARGEST_LEVEL, "components", "be given for a state so hot", but, "components=1000")
        components = enough
    m = whole_number("components", components, 1, LARGEST_LEVEL)
    tail = _tail(float(log_x.max()), grid.dimension, m)
    if m < enough and tail > LARGEST_TAIL:
        warnings.warn(
            f"the {m} components of a thermal state leave out levels of probability {tail:.2g}, and the others are "
            f"scaled up to 1; components={enough} would leave out {LARGEST_TAIL:.0e} at most",
            TruncationWarning,
            stacklevel=2,
        )
    memory.require_room({"thermal states": len(q) * m * grid.size * memory.COMPLEX})
    levels = lowest_levels(grid.dimension, m)
    weights = np.exp(levels.sum(axis=1) * log_x[:, None])
    weights /= weights.sum(axis=1, keepdims=True)
    psi = oscillator_states(grid, levels, np.sqrt(mass * omega / grid.hbar), q, p)
    psi *= np.sqrt(weights).reshape(*weights.shape, *(1,) * grid.dimension)
    return psi


def lowest_levels(dimension: int, number: int) -> NDArray[np.int_]:
    """The levels (n_1, ..., n_d) of lowest energy, by ``n_1 + ... + n_d`` and then like tuples: int (number, d).

    >>> lowest_levels(2, 5).tolist()
    [[0, 0], [0, 1], [1, 0], [0, 2], [1, 1]]
    """
    shells = chain.from_iterable(_shell(dimension, total) for total in count())
    return np.array(list(islice(shells, number)))


def _shell(dimension: int, total: int) -> Iterator[tuple[int, ...]]:
    """All levels of one energy."""
    if dimension == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for others in _shell(dimension - 1, total - first):
            yield (first, *others)


def _beyond(log_x: float, dimension: int, shell: int) -> float:
    """Probability of the shell and all above it, shell >= 1: ``x^s sum_{j < d} binom(s + j - 1, j) (1 - x)^j``."""
    cold = -math.expm1(log_x)
    return math.exp(shell * log_x) * sum(math.comb(shell + j - 1, j) * cold**j for j in range(dimension))


def _tail(log_x: float, dimension: int, number: int) -> float:
    """Probability of all levels but the lowest ones: the rest of their last shell, and the shells above it."""
    shell = int(lowest_levels(dimension, number + 1)[-1].sum())
    left = math.comb(shell + dimension, dimension) - number
    here = left * (-math.expm1(log_x)) ** dimension * math.exp(shell * log_x)
    return here + _beyond(log_x, dimension, shell + 1)


def _enough(log_x: float, dimension: int) -> int:
    """How many levels, in whole shells, leave out a probability of at most `LARGEST_TAIL`."""
    shells = range(1, 2**60)
    below = bisect.bisect_left(shells, True, key=lambda shell: _beyond(log_x, dimension, shell) <= LARGEST_TAIL)
    return math.comb(below + dimension, dimension)


def oscillator_states(
    grid: Grid,
    levels: NDArray[np.int_],
    scale: NDArray[np.float64],
    q: NDArray[np.float64],
    p: NDArray[np.float64],
) -> ComplexArray:
    """The same levels (m, d) for N nodes of inverse length (N,), centre and momentum (N, d): (N, m, *grid.shape)."""
    psi: ComplexArray = np.ones((len(q), len(levels), *grid.shape), dtype=np.complex128)
    for axis, coordinate in enumerate(grid.axes):
        offset = coordinate - q[:, axis, None]
        with np.errstate(over="ignore", invalid="ignore"):  # checked below
            functions = np.array(
                list(islice(hermite_functions(scale[:, None] * offset), int(levels[:, axis].max()) + 1))
            )
        turn = np.sqrt(scale)[:, None] * np.exp(1j * p[:, axis, None] * offset / grid.hbar)
        factor = np.moveaxis(functions[levels[:, axis]], 0, 1) * turn[:, None]
        psi *= factor.reshape(*factor.shape[:2], *(-1 if other == axis else 1 for other in range(grid.dimension)))
    require(
        np.isfinite(psi).all(), "frequency", "give finite values on the grid", "they overflow", "a smaller frequency"
    )
    return psi


def hermite_functions(xi: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Yield the normalised Hermite functions ``h_0(xi), h_1(xi), ...`` by the upward recurrence, which is stable.

    ``h_0 = pi^(-1/4) e^{-xi^2/2}``, ``h_{n+1} = sqrt(2/(n+1)) xi h_n - sqrt(n/(n+1)) h_{n-1}``. The Gaussian is kept
    apart as a logarithm: far out it is below the smallest float while ``h_n`` is not.
    """
    previous, current = np.zeros_like(xi), np.full_like(xi, np.pi**-0.25)
    log_scale = -(xi**2) / 2
    for n in count():
        yield current * np.exp(log_scale)
        previous, current = current, np.sqrt(2 / (n + 1)) * xi * current - np.sqrt(n / (n + 1)) * previous
        large = np.abs(current) > 1e100
        for values in (previous, current):
            values[large] *= 1e-100
        log_scale[large] += np.log(1e100)
