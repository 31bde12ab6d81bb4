"""Position grids and phase spaces: where functions live.

A `Grid` is a periodic Fourier grid on a box that stands for R^d, ``x_j = lower + j (upper - lower) / points`` with
``upper`` left out. A `PhaseSpace` is the product of such position axes with momentum axes of the same form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import real_array, require
from wignerlohe.conventions import MAXIMUM_DIMENSION, inner


def _per_axis(name: str, value: Any, dimension: int, attempt: str) -> tuple[float, ...]:
    """Convert a number or a sequence to one finite float per axis."""
    array = np.atleast_1d(real_array(name, value, attempt, "a finite number or one per axis"))
    require(
        array.ndim == 1 and array.size in (1, dimension),
        name,
        f"have 1 or {dimension} entries, one per axis",
        f"{value!r} was given",
        attempt,
    )
    return tuple(float(entry) for entry in np.broadcast_to(array, (dimension,)))


def _counts(name: str, value: Any, dimension: int) -> tuple[int, ...]:
    """Convert to one whole number of points per axis, at least 2 each."""
    floats = _per_axis(name, value, dimension, f"{name}=128")
    require(
        all(entry == int(entry) and entry >= 2 for entry in floats),
        name,
        "be whole and at least 2 on every axis",
        f"{value!r} was given",
        f"{name}=128",
    )
    return tuple(int(entry) for entry in floats)


def _dimension(**arguments: Any) -> int:
    """Count the axes that a set of per-axis arguments speaks of: the longest one decides."""
    sizes = {
        name: real_array(name, value, f"{name}=[1, 1]", "a finite number or one per axis").size
        for name, value in arguments.items()
    }
    for name, size in sizes.items():
        must = f"speak of 1 to {MAXIMUM_DIMENSION} axes"
        require(1 <= size <= MAXIMUM_DIMENSION, name, must, f"{size} were given", "one entry per axis")
    return max(sizes.values())


def _box(prefix: str, lower: Any, upper: Any, dimension: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Convert and check the two corners of a box."""
    lows = _per_axis(f"{prefix}lower", lower, dimension, f"{prefix}lower=-10.0")
    highs = _per_axis(f"{prefix}upper", upper, dimension, f"{prefix}upper=10.0")
    require(
        all(low < high for low, high in zip(lows, highs, strict=True)),
        f"{prefix}upper",
        f"exceed `{prefix}lower` on every axis",
        f"lower={list(lows)} and upper={list(highs)} were given",
        f"{prefix}lower=-10.0, {prefix}upper=10.0",
    )
    return lows, highs


def _axis(lower: float, upper: float, points: int) -> NDArray[np.float64]:
    found = np.asarray(lower + (upper - lower) / points * np.arange(points), dtype=np.float64)
    found.setflags(write=False)  # shared by all that is made on the grid
    return found


def _wavenumbers(points: int, spacing: float) -> NDArray[np.float64]:
    return np.asarray(2 * np.pi * np.fft.fftfreq(points, spacing), dtype=np.float64)


def _hbar(hbar: Any) -> float:
    (value,) = _per_axis("hbar", hbar, 1, "hbar=1.0")
    require(value > 0, "hbar", "be positive", f"{hbar!r} was given", "hbar=1.0")
    return value


@dataclass(frozen=True, init=False)
class PhaseSpace:
    """A box in phase space with its sample points, for functions ``w(x, p)`` stored as (..., x axes, p axes).

    The points are ``x_j = x_lower + j (x_upper - x_lower) / x_points`` and the same for p.

    Parameters
    ----------
    x_lower, x_upper, p_lower, p_upper : float or sequence of d floats
        Corners of the box, in the units of position and of momentum.
    x_points, p_points : int or sequence of d ints
        Samples per axis.
    hbar : float
        Planck's constant over 2 pi.

    Raises
    ------
    InvalidInputError
        If a box is empty, a count below 2, or any entry not finite.

    Examples
    --------
    >>> space = PhaseSpace(x_lower=-4, x_upper=4, x_points=16, p_lower=-3, p_upper=3, p_points=12)
    >>> space.shape, space.cell
    ((16, 12), 0.25)
    """

    x_lower: tuple[float, ...]
    x_upper: tuple[float, ...]
    x_points: tuple[int, ...]
    p_lower: tuple[float, ...]
    p_upper: tuple[float, ...]
    p_points: tuple[int, ...]
    hbar: float

    def __init__(
        self,
        x_lower: float | Sequence[float],
        x_upper: float | Sequence[float],
        x_points: int | Sequence[int],
        p_lower: float | Sequence[float],
        p_upper: float | Sequence[float],
        p_points: int | Sequence[int],
        hbar: float = 1.0,
    ) -> None:
        dimension = _dimension(
            x_lower=x_lower, x_upper=x_upper, x_points=x_points, p_lower=p_lower, p_upper=p_upper, p_points=p_points
        )
        xs, ps = _box("x_", x_lower, x_upper, dimension), _box("p_", p_lower, p_upper, dimension)
        fields = {"x_lower": xs[0], "x_upper": xs[1], "x_points": _counts("x_points", x_points, dimension)}
        fields |= {"p_lower": ps[0], "p_upper": ps[1], "p_points": _counts("p_points", p_points, dimension)}
        for name, value in (fields | {"hbar": _hbar(hbar)}).items():
            object.__setattr__(self, name, value)

    @property
    def dimension(self) -> int:
        """Number d of position axes."""
        return len(self.x_points)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a function on phase space: x axes, then p axes."""
        return self.x_points + self.p_points

    @cached_property
    def x(self) -> tuple[NDArray[np.float64], ...]:
        """The d position axes, each a float64 array."""
        return tuple(map(_axis, self.x_lower, self.x_upper, self.x_points))

    @cached_property
    def p(self) -> tuple[NDArray[np.float64], ...]:
        """The d momentum axes, each a float64 array."""
        return tuple(map(_axis, self.p_lower, self.p_upper, self.p_points))

    @property
    def cell(self) -> float:
        """Volume ``dx dp`` of one cell: ``cell * w.sum()`` is the integral of w."""
        lengths = np.subtract(self.x_upper + self.p_upper, self.x_lower + self.p_lower)
        return float(np.prod(lengths / np.array(self.shape)))

    @cached_property
    def wavenumbers(self) -> tuple[NDArray[np.float64], ...]:
        """The d wavenumber axes that belong to x, in FFT order."""
        lengths = np.subtract(self.x_upper, self.x_lower)
        return tuple(_wavenumbers(n, length / n) for n, length in zip(self.x_points, lengths, strict=True))

    def integral(self, w: Any) -> Any:
        """``integral w dx dp`` over the last 2d axes: ``z_ij`` of ``w_ij``.

        >>> space = PhaseSpace(x_lower=0, x_upper=1, x_points=4, p_lower=0, p_upper=2, p_points=6)
        >>> float(space.integral(np.ones((4, 6))))
        2.0
        """
        return w.sum(axis=tuple(range(-2 * self.dimension, 0))) * self.cell

    def inner(self, f: Any, g: Any) -> Any:
        """``<f, g> = integral f conj(g) dx dp``, linear in the first slot, over the last 2d axes."""
        return inner(f, g, self.cell, 2 * self.dimension)

    def norm(self, w: Any) -> Any:
        """``||w|| = <w, w>^(1/2)`` in L^2(R^2d) over the last 2d axes, real, shape (...)."""
        return (self.inner(w, w).real) ** 0.5


@dataclass(frozen=True, init=False)
class Grid:
    """A periodic Fourier grid on a box standing for R^d, d = 1, 2 or 3.

    The points are ``x_j = lower + j (upper - lower) / points``, ``upper`` left out. The box stands for the whole
    space: a state that reaches its edge is not represented, and `solve` says so.

    Parameters
    ----------
    lower, upper : float or sequence of d floats
        Corners of the box, in the unit of length.
    points : int or sequence of d ints
        Samples per axis, at least 2.
    hbar : float
        Planck's constant over 2 pi.

    Raises
    ------
    InvalidInputError
        If ``lower >= upper``, a count is below 2, or any entry is not finite.

    Examples
    --------
    >>> grid = Grid(lower=-10.0, upper=10.0, points=200)
    >>> grid.shape, grid.spacing
    ((200,), (0.1,))
    >>> grid.phase_space.shape
    (200, 400)
    """

    lower: tuple[float, ...]
    upper: tuple[float, ...]
    points: tuple[int, ...]
    hbar: float

    def __init__(
        self,
        lower: float | Sequence[float],
        upper: float | Sequence[float],
        points: int | Sequence[int],
        hbar: float = 1.0,
    ) -> None:
        dimension = _dimension(lower=lower, upper=upper, points=points)
        lows, highs = _box("", lower, upper, dimension)
        object.__setattr__(self, "lower", lows)
        object.__setattr__(self, "upper", highs)
        object.__setattr__(self, "points", _counts("points", points, dimension))
        object.__setattr__(self, "hbar", _hbar(hbar))

    @property
    def dimension(self) -> int:
        """Number d of axes."""
        return len(self.points)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a function on the grid."""
        return self.points

    @property
    def size(self) -> int:
        """Number of grid points."""
        return math.prod(self.points)

    @property
    def lengths(self) -> tuple[float, ...]:
        """Side lengths of the box."""
        return tuple(high - low for low, high in zip(self.lower, self.upper, strict=True))

    @property
    def spacing(self) -> tuple[float, ...]:
        """Distance between neighbouring points on each axis."""
        return tuple(length / n for length, n in zip(self.lengths, self.points, strict=True))

    @property
    def cell(self) -> float:
        """Volume of one cell."""
        return math.prod(self.spacing)

    @cached_property
    def axes(self) -> tuple[NDArray[np.float64], ...]:
        """The d coordinate axes, each a float64 array."""
        return tuple(map(_axis, self.lower, self.upper, self.points))

    @cached_property
    def mesh(self) -> tuple[NDArray[np.float64], ...]:
        """The coordinates as d arrays that broadcast to the shape of the grid."""
        mesh = np.meshgrid(*self.axes, indexing="ij", sparse=True)
        for coordinates in mesh:
            coordinates.setflags(write=False)
        return tuple(mesh)

    @cached_property
    def wavenumbers(self) -> tuple[NDArray[np.float64], ...]:
        """The d wavenumber axes in FFT order; momentum is hbar times these."""
        return tuple(map(_wavenumbers, self.points, self.spacing))

    @cached_property
    def phase_space(self) -> PhaseSpace:
        """The phase space that holds every Wigner function of states on this grid without aliasing.

        Each p axis has ``2 points`` samples ``p_k = (k - points) pi hbar / (upper - lower)``: the whole momentum
        band of the grid at half its spacing.
        """
        limits = tuple(n * np.pi * self.hbar / length for n, length in zip(self.points, self.lengths, strict=True))
        return PhaseSpace(
            x_lower=self.lower,
            x_upper=self.upper,
            x_points=self.points,
            p_lower=tuple(-limit for limit in limits),
            p_upper=limits,
            p_points=tuple(2 * n for n in self.points),
            hbar=self.hbar,
        )

    def inner(self, f: Any, g: Any) -> Any:
        """``<f, g> = integral f conj(g) dx``, linear in the first slot, over the last d axes.

        >>> grid = Grid(0.0, 1.0, 4)
        >>> complex(grid.inner(np.full(4, 1j), np.ones(4)))
        1j
        """
        return inner(f, g, self.cell, self.dimension)

    def norm(self, psi: Any) -> Any:
        """``||psi|| = <psi, psi>^(1/2)`` over the last d axes, real, shape (...)."""
        return (self.inner(psi, psi).real) ** 0.5
