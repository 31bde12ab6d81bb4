"""Initial states: unit vectors of L^2, sampled on a grid.

Every function returns a complex128 array of shape ``(N, *grid.shape)``. An argument is one value for all nodes or
one value per node; N is the longest of them. Positions and momenta are vectors: shape ``(d,)`` for all nodes or
``(N, d)`` per node, and on a line plain numbers or ``(N,)`` do. Scalars such as ``width`` are a number or ``(N,)``.

The formulas have unit norm in L^2(R^d) and are not adjusted to the grid: what a box cuts off shows in the norm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import complex_array, positive_array, real_array, require
from wignerlohe.errors import InvalidInputError
from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]
Profile = Callable[[NDArray[np.float64], int], ComplexArray]


def gaussian(grid: Grid, position: ArrayLike, momentum: ArrayLike = 0.0, width: ArrayLike = 1.0) -> ComplexArray:
    """Gaussian wave packets of centre q, momentum p and width s.

    ``psi(x) = (pi s^2)^(-1/4) exp(-(x - q)^2 / (2 s^2) + i p (x - q) / hbar)`` per dimension.

    Parameters
    ----------
    grid : Grid
        Where the states live.
    position, momentum : array_like, shape (d,) or (N, d); on a line also a number or (N,)
        Centres q and momenta p.
    width : array_like, a number or shape (N,)
        Widths s > 0, in the unit of length; the position spread is ``s / sqrt(2)``.

    Returns
    -------
    complex128 array, shape (N, *grid.shape)

    Raises
    ------
    InvalidInputError
        If shapes disagree, a width is not positive, or a value is not finite.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 64)
    >>> psi = gaussian(grid, position=[-1.0, 0.5], momentum=0.3)
    >>> psi.shape, np.round(grid.norm(psi), 12)
    ((2, 64), array([1., 1.]))
    """
    q, p, s = _per_node(grid, {"position": position, "momentum": momentum}, {"width": width})
    positive_array("width", s, "width=1.0")

    def packet(offset: NDArray[np.float64], axis: int) -> ComplexArray:
        wide = _column(s, grid)
        exponent = -(offset**2) / (2 * wide**2) + 1j * _column(p[:, axis], grid) * offset / grid.hbar
        return np.asarray((np.pi * wide**2) ** -0.25 * np.exp(exponent))

    return _product(grid, q, packet)


def coherent(
    grid: Grid, position: ArrayLike, momentum: ArrayLike = 0.0, frequency: ArrayLike = 1.0, mass: float = 1.0
) -> ComplexArray:
    """Coherent states of the harmonic oscillator ``m omega^2 x^2 / 2``.

    The `gaussian` of width ``s = sqrt(hbar / (m omega))``, with the same phase. Arguments and result as there;
    ``frequency`` is the angular frequency omega > 0, a number or shape (N,).

    Examples
    --------
    >>> grid = Grid(-8.0, 8.0, 64, hbar=0.5)
    >>> np.allclose(coherent(grid, 1.0, frequency=2.0), gaussian(grid, 1.0, width=0.5))
    True
    """
    omega = positive_array("frequency", frequency, "frequency=1.0")
    positive_array("mass", mass, "mass=1.0")
    return gaussian(grid, position, momentum, width=np.sqrt(grid.hbar / (mass * omega)))


def cat(
    grid: Grid,
    position: ArrayLike,
    momentum: ArrayLike = 0.0,
    width: ArrayLike = 1.0,
    phase: ArrayLike = 0.0,
) -> ComplexArray:
    """Cat states: two opposite Gaussian packets in superposition.

    ``psi = (g(q, p) + e^{i phase} g(-q, -p)) / sqrt(2 + 2 cos(phase) exp(-q^2/s^2 - p^2 s^2/hbar^2))``, with the
    squares summed over the axes: g as in `gaussian`, the normalisation exact.

    Parameters
    ----------
    grid, position, momentum, width
        As in `gaussian`.
    phase : array_like, a number or shape (N,)
        Relative phase in radians: 0 is the even cat, pi the odd one.

    Returns
    -------
    complex128 array, shape (N, *grid.shape)

    Raises
    ------
    InvalidInputError
        As `gaussian`, and if an odd cat has q = p = 0, where both packets cancel.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 64)
    >>> bool(abs(cat(grid, 2.0, phase=np.pi)[0, 32]) < 1e-15)      # an odd cat vanishes at x = 0
    True
    """
    q, p, s, angle = _per_node(grid, {"position": position, "momentum": momentum}, {"width": width, "phase": phase})
    positive_array("width", s, "width=1.0")
    # 2 + 2 cos(phase) e^{-a}, without cancellation where the packets nearly do: both terms are >= 0
    exponent = (q**2).sum(axis=1) / s**2 + (p**2).sum(axis=1) * s**2 / grid.hbar**2
    square = 2 * (-np.expm1(-exponent)) + 4 * np.cos(angle / 2) ** 2 * np.exp(-exponent)
    require(
        np.all(square > 1e-24),
        "phase",
        "leave a state that does not vanish",
        "the two packets cancel",
        "a larger position or momentum",
    )
    both = gaussian(grid, q, p, s) + _column(np.exp(1j * angle), grid) * gaussian(grid, -q, -p, s)
    return np.asarray(both / _column(np.sqrt(square), grid))


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
    n, q, p, omega = _per_node(
        grid, {"level": level, "position": position, "momentum": momentum}, {"frequency": frequency}
    )
    positive_array("frequency", omega, "frequency=1.0")
    positive_array("mass", mass, "mass=1.0")
    require(
        np.all((n >= 0) & (n == np.round(n)) & (n <= 10_000)),
        "level",
        "be a whole number from 0 to 10000",
        f"{np.asarray(level).tolist()} was given",
        "level=0",
    )
    scale = np.sqrt(mass * omega / grid.hbar)

    def hermite(offset: NDArray[np.float64], axis: int) -> ComplexArray:
        xi = _column(scale, grid) * offset
        values = _hermite_function(n[:, axis].astype(int), xi) * _column(np.sqrt(scale), grid)
        return np.asarray(values * np.exp(1j * _column(p[:, axis], grid) * offset / grid.hbar))

    return _product(grid, q, hermite)


def superposition(grid: Grid, coefficients: ArrayLike, of: Sequence[ArrayLike]) -> ComplexArray:
    """Normalised superpositions ``psi_i = sum_a c_ia phi_a / ||...||`` of given states.

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
        If the shapes disagree or a superposition vanishes.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 64)
    >>> ground, excited = fock(grid, 0), fock(grid, 1)
    >>> psi = superposition(grid, [[1, 1j], [1, -1j]], of=[ground, excited])
    >>> bool(abs(grid.inner(psi[0], psi[1])) < 1e-14)
    True
    """
    weights = np.atleast_2d(complex_array("coefficients", coefficients, "[[1.0, 1.0]] for two states"))
    parts = [complex_array("of", part, "states on the same grid") for part in of]
    fits = all(part.shape in (grid.shape, (1, *grid.shape)) for part in parts)
    require(fits, "of", f"hold states of shape {grid.shape}", "another shape was given", "states on the same grid")
    require(
        weights.ndim == 2 and weights.shape[1] == len(parts) > 0,
        "coefficients",
        f"have shape (N, {len(parts)}), one column per state in `of`",
        f"their shape is {weights.shape}",
        "[[1.0, 1.0]] for two states",
    )
    return normalise(grid, np.tensordot(weights, [part.reshape(grid.shape) for part in parts], axes=1))


def normalise(grid: Grid, psi: ArrayLike) -> ComplexArray:
    """Divide each state by its norm: the explicit step that nothing in this package takes unasked.

    Parameters
    ----------
    grid : Grid
        Where the states live.
    psi : array_like, shape (..., *grid.shape)
        States, none of them zero.

    Returns
    -------
    complex128 array, shape (..., *grid.shape)

    Raises
    ------
    InvalidInputError
        If a state is zero or not finite; the node is named.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 64)
    >>> float(grid.norm(normalise(grid, np.exp(-grid.axes[0] ** 2))))
    1.0
    """
    array = complex_array("psi", psi, "finite data")
    norms = np.asarray(grid.norm(array))
    zero = np.flatnonzero(norms == 0).tolist()
    require(not zero, "psi", "have norms above zero", f"that of node {zero[:1]} is 0", "other coefficients or data")
    return np.asarray(array / norms.reshape(norms.shape + (1,) * grid.dimension))


def from_file(grid: Grid, path: str | Path, variable: str | None = None) -> ComplexArray:
    """Read states from a ``.npy``, ``.npz`` or ``.zarr`` file; nothing in it is executed.

    Parameters
    ----------
    grid : Grid
        The grid that the samples were taken on.
    path : path
        ``.npy`` (one array), ``.npz`` or ``.zarr`` (``variable`` names the array, unless there is only one).
    variable : str, optional
        Name of the array.

    Returns
    -------
    complex128 array, shape (N, *grid.shape)

    Raises
    ------
    InvalidInputError
        If the file is missing, malformed, holds Python objects, or has another shape.

    Examples
    --------
    >>> import tempfile
    >>> grid = Grid(-10.0, 10.0, 64)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(Path(folder) / "psi.npy", gaussian(grid, [-1.0, 1.0]))
    ...     from_file(grid, Path(folder) / "psi.npy").shape
    (2, 64)
    """
    array = _read_array(Path(path), variable)
    require(
        array.ndim == grid.dimension + 1 and array.shape[1:] == grid.shape and array.dtype.kind in "fciu",
        str(path),
        f"hold numbers of shape (N, {', '.join(map(str, grid.shape))})",
        f"it holds {array.dtype} of shape {array.shape}",
        "a matching [grid] points",
    )
    return array.astype(np.complex128)


def on_grid(grid: Grid, initial: Any) -> ComplexArray:
    """Convert what users hand to `solve` into states: an array, a callable of the coordinates, or a list of them.

    Returns a complex128 array of shape ``(N, *grid.shape)``; raises InvalidInputError where values are not finite or
    shapes do not fit. A callable gets the d coordinate arrays and returns one state or N of them.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 64)
    >>> on_grid(grid, [lambda x: np.exp(-x**2), lambda x: np.exp(-(x - 1)**2)]).shape
    (2, 64)
    """
    items = initial if isinstance(initial, list | tuple) and any(map(callable, initial)) else [initial]
    shape = f"(N, {', '.join(map(str, grid.shape))})"
    attempt = "states from wignerlohe.states on the same grid"
    values = [item(*grid.mesh) if callable(item) else item for item in items]
    parts = [complex_array("initial", value, attempt, f"finite numbers of shape {shape}") for value in values]
    parts = [part[None] if part.shape == grid.shape else part for part in parts]
    for part in parts:
        fits = part.shape[1:] == grid.shape and len(part) > 0
        require(fits, "initial", f"have shape {shape}", f"its shape is {part.shape}", attempt)
    return np.concatenate(parts)


def _read_array(path: Path, variable: str | None) -> NDArray[np.generic]:
    """One array from a file, by name where it holds several."""
    require(path.exists(), "path", "name an existing file", f"{str(path)!r} does not exist", "a path beside the config")
    require(
        path.suffix in {".npy", ".npz", ".zarr"},
        "path",
        "end in .npy, .npz or .zarr",
        f"it is {path.name!r}",
        "np.save",
    )
    try:
        if path.suffix in {".npy", ".npz"}:
            with path.open("rb") as stream:  # opened here: the reader leaves a malformed file open
                loaded = np.load(stream, allow_pickle=False)
                if isinstance(loaded, np.lib.npyio.NpzFile):
                    return np.asarray(loaded[_choose(sorted(loaded.files), variable)])
                return np.asarray(loaded)
        import zarr

        group = zarr.open_group(path, mode="r", zarr_format=3)
        return np.asarray(group[_choose(sorted(group.array_keys()), variable)])
    except InvalidInputError:
        raise
    except Exception as error:  # whatever a malformed file makes its reader raise
        raise InvalidInputError(
            f"`path` must be a readable array file without Python objects, but {path.name}: {error}; "
            "try numpy.save(path, array)"
        ) from error


def _choose(names: list[str], variable: str | None) -> str:
    require(
        variable in names or (variable is None and len(names) == 1),
        "variable",
        f"be one of {names}",
        f"{variable!r} was given",
        f"variable={names[0]!r}" if names else "another file",
    )
    return variable or names[0]


def _per_node(grid: Grid, vectors: dict[str, ArrayLike], scalars: dict[str, ArrayLike]) -> list[NDArray[np.float64]]:
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
            shape = f"({d},) or (N, {d})"
            fits = array.ndim == 2 and array.shape[1] == d
        else:
            array, shape = np.atleast_1d(array), "() or (N,)"
            fits = array.ndim == 1
        require(fits and len(array) > 0, name, f"have shape {shape}", f"its shape is {np.shape(value)}", "one value")
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


def _column(values: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """Reshape (N,) so that it multiplies (N, *grid.shape)."""
    return values.reshape(-1, *(1,) * grid.dimension)


def _product(grid: Grid, centres: NDArray[np.float64], profile: Profile) -> ComplexArray:
    """Multiply a one-dimensional profile of ``x - q`` over the axes."""
    psi: ComplexArray = np.ones((len(centres), *grid.shape), dtype=np.complex128)
    for axis, coordinate in enumerate(grid.mesh):
        with np.errstate(over="ignore", invalid="ignore"):  # checked below
            psi *= profile(coordinate[None] - _column(centres[:, axis], grid), axis)
    require(np.isfinite(psi).all(), "width", "give finite values on the grid", "they overflow", "a larger width")
    return psi


def _hermite_function(levels: NDArray[np.int_], xi: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normalised Hermite functions ``h_n(xi)``, by the upward recurrence, which is stable.

    ``h_0 = pi^(-1/4) e^{-xi^2/2}``, ``h_{n+1} = sqrt(2/(n+1)) xi h_n - sqrt(n/(n+1)) h_{n-1}``. The Gaussian is kept
    apart as a logarithm: far out it is below the smallest float while ``h_n`` is not.
    """
    previous, current = np.zeros_like(xi), np.full_like(xi, np.pi**-0.25)
    log_scale = -(xi**2) / 2
    result = np.zeros_like(xi)
    for n in range(int(levels.max()) + 1):
        chosen = levels == n
        result[chosen] = current[chosen] * np.exp(log_scale[chosen])
        previous, current = current, np.sqrt(2 / (n + 1)) * xi * current - np.sqrt(n / (n + 1)) * previous
        large = np.abs(current) > 1e100
        for values in (previous, current):
            values[large] *= 1e-100
        log_scale[large] += np.log(1e100)
    return result
