"""Wave packets: Gaussians of any width, squeezing and phase, and pairs of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import positive_array, positive_number, require
from wignerlohe.grid import Grid
from wignerlohe.states.arguments import ComplexArray, column, per_node, product


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
    q, p, s = per_node(grid, {"position": position, "momentum": momentum}, {"width": width})
    positive_array("width", s, "width=1.0")

    def packet(offset: NDArray[np.float64], axis: int) -> ComplexArray:
        wide = column(s, grid)
        exponent = -(offset**2) / (2 * wide**2) + 1j * column(p[:, axis], grid) * offset / grid.hbar
        return np.asarray((np.pi * wide**2) ** -0.25 * np.exp(exponent))

    return product(grid, q, packet, "width", "a larger width")


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
    mass = positive_number("mass", mass, "mass=1.0")
    return gaussian(grid, position, momentum, width=np.sqrt(grid.hbar / (mass * omega)))


def squeezed(
    grid: Grid,
    position: ArrayLike,
    momentum: ArrayLike = 0.0,
    squeezing: ArrayLike = 0.0,
    angle: ArrayLike = 0.0,
    frequency: ArrayLike = 1.0,
    mass: float = 1.0,
) -> ComplexArray:
    """Squeezed ground states of an oscillator, displaced.

    ``psi(x) = (m omega / (pi hbar))^(1/4) c^(-1/2) exp(-alpha (x - q)^2 / 2 + i p (x - q) / hbar)`` per dimension, with
    ``c = cosh r - e^{i phi} sinh r`` (real part above zero, principal root) and
    ``alpha = (m omega / hbar) (1 + i sin(phi) sinh(2 r)) / |c|^2``.

    At q = p = 0 this is ``S |0>``, phase included, for ``S = exp((conj(xi) a^2 - xi a^dagger^2) / 2)`` and
    ``xi = r e^{i phi}``, so that ``<0, S 0> = (cosh r)^(-1/2)``. At phi = 0 the spread of x is ``e^{-r}`` times that of
    the ground state.

    Parameters
    ----------
    grid, position, momentum
        As in `gaussian`.
    squeezing, angle : array_like, shape (d,) or (N, d), or a number for all axes; on a line also (N,)
        r, and phi in radians, for each axis.
    frequency : array_like, a number or shape (N,)
        Angular frequency omega > 0 of the oscillator.
    mass : float
        Mass m of the oscillator.

    Returns
    -------
    complex128 array, shape (N, *grid.shape)

    Raises
    ------
    InvalidInputError
        As `gaussian`, and if the squeezing overflows.

    Examples
    --------
    >>> grid = Grid(-10.0, 10.0, 64)
    >>> np.allclose(squeezed(grid, 1.0, squeezing=np.log(1.25)), gaussian(grid, 1.0, width=0.8))
    True
    """
    vectors = {"position": position, "momentum": momentum, "squeezing": squeezing, "angle": angle}
    q, p, r, phi, omega = per_node(grid, vectors, {"frequency": frequency})
    positive_array("frequency", omega, "frequency=1.0")
    mass = positive_number("mass", mass, "mass=1.0")
    scale = column(mass * omega / grid.hbar, grid)

    def packet(offset: NDArray[np.float64], axis: int) -> ComplexArray:
        size, turn = column(r[:, axis], grid), column(phi[:, axis], grid)
        # cosh r - e^{i phi} sinh r, without cancellation at phi = 0 and r of either sign
        c = np.exp(-np.abs(size)) + np.sinh(np.abs(size)) * (1 - np.sign(size) * np.exp(1j * turn))
        alpha = scale * (1 + 1j * np.sin(turn) * np.sinh(2 * size)) / np.abs(c) ** 2
        exponent = -alpha * offset**2 / 2 + 1j * column(p[:, axis], grid) * offset / grid.hbar
        return np.asarray((scale / np.pi) ** 0.25 / np.sqrt(c) * np.exp(exponent))

    return product(grid, q, packet, "squeezing", "a smaller squeezing")


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
    q, p, s, angle = per_node(grid, {"position": position, "momentum": momentum}, {"width": width, "phase": phase})
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
    both = gaussian(grid, q, p, s) + column(np.exp(1j * angle), grid) * gaussian(grid, -q, -p, s)
    return np.asarray(both / column(np.sqrt(square), grid))
