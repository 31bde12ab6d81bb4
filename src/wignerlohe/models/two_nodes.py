"""Two nodes: closed forms for ``z(t) = z_12(t)``, equations (11)-(14) of the paper and its detuned form.

``d_t z = -i W z + (kappa / 2) (1 - z^2)``, with ``W = Omega_1 - Omega_2`` the relative detuning.

Write ``q = sqrt(kappa^2 - W^2)``, ``c = cosh(q t / 2)`` and ``S = sinh(q t / 2) / q``. Then

``z(t) = [z0 c + (kappa - i W z0) S] / [c + (kappa z0 + i W) S]``,

which for W = 0 is (13). ``|W| < kappa`` locks, ``|W| > kappa`` drifts with period ``2 pi / sqrt(W^2 - kappa^2)``, and
between them the approach is algebraic.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import real_array, require

ComplexArray = NDArray[np.complex128]


def correlation(z0: complex, coupling: float, times: ArrayLike, detuning: float = 0.0) -> ComplexArray:
    """``z_12(t)`` of two nodes, in closed form.

    Parameters
    ----------
    z0 : complex
        ``z_12(0)``, any number for which the solution exists at the times asked for.
    coupling, detuning : float
        kappa, a rate, and ``W = Omega_1 - Omega_2``, an angular frequency.
    times : array_like of float
        Times t, any shape.

    Returns
    -------
    complex128 array, shape of ``times``

    Examples
    --------
    >>> correlation(0.0, coupling=1.0, times=[0.0, 2.0]).real.round(6)       # tanh(t / 2)
    array([0.      , 0.761594])
    """
    t = real_array("times", times, "numpy.linspace(0.0, 10.0, 101)")
    if detuning == 0:
        rise, fall = _exponentials(coupling, t)
        return np.asarray(((1 + z0) * rise - (1 - z0) * fall) / ((1 + z0) * rise + (1 - z0) * fall))
    c, s = _cosh_and_sinh(coupling, detuning, t)
    return np.asarray((z0 * c + (coupling - 1j * detuning * z0) * s) / _denominator(z0, coupling, detuning, c, s))


def deviation(z0: complex, coupling: float, times: ArrayLike, detuning: float = 0.0) -> ComplexArray:
    """``1 - z_12(t)`` of two nodes, in closed form and, without detuning, to full relative accuracy.

    Arguments and result as in `correlation`. Without detuning it is ``2 (1 - z0) / ((1 + z0) e^{kappa t} + 1 - z0)``.

    Examples
    --------
    >>> deviation(0.0, coupling=1.0, times=200.0).real
    array(2.76...e-87)
    """
    t = real_array("times", times, "numpy.linspace(0.0, 10.0, 101)")
    if detuning == 0:
        rise, fall = _exponentials(coupling, t)
        return np.asarray(2 * (1 - z0) * fall / ((1 + z0) * rise + (1 - z0) * fall))
    c, s = _cosh_and_sinh(coupling, detuning, t)
    numerator = (1 - z0) * (c - coupling * s) + 1j * detuning * (1 + z0) * s
    return np.asarray(numerator / _denominator(z0, coupling, detuning, c, s))


def blow_up_time(z0: complex, coupling: float) -> float:
    """Time at which ``z_12`` of two equal nodes reaches -infinity, or ``inf``.

    Only real ``z0 < -1`` blow up, at ``ln((z0 - 1) / (z0 + 1)) / kappa``. (The paper's (14) and Theorem 2.4 print
    ``ln((1 - z0) / (1 + z0)) / kappa``, to +infinity, for ``z0 > 1`` too: there z falls to 1.)

    Examples
    --------
    >>> round(blow_up_time(-1.5, coupling=1.0), 12), blow_up_time(1.5, coupling=1.0)
    (1.609437912434, inf)
    """
    require(coupling > 0, "coupling", "be positive", f"{coupling!r} was given", "coupling=1.0")
    start = complex(z0)
    if start.imag != 0 or start.real >= -1:
        return math.inf
    return math.log1p(-2 / (start.real + 1)) / coupling


def locked_correlation(coupling: float, detuning: float) -> complex:
    """The stable fixed point ``-i W / kappa + sqrt(1 - W^2 / kappa^2)``, for ``|W| <= kappa``.

    >>> locked_correlation(coupling=1.0, detuning=0.6)
    (0.8-0.6j)
    """
    ratio = _ratio(coupling, detuning)
    require(abs(ratio) <= 1, "detuning", "not exceed the coupling", f"W / kappa = {ratio}", "period(...)")
    return complex(math.sqrt((1 - ratio) * (1 + ratio)), -ratio)


def locking_rate(coupling: float, detuning: float) -> float:
    """The rate ``sqrt(kappa^2 - W^2)`` at which z approaches `locked_correlation`; 0 at ``|W| = kappa``.

    >>> locking_rate(coupling=1.0, detuning=0.6)
    0.8
    """
    ratio = _ratio(coupling, detuning)
    require(abs(ratio) <= 1, "detuning", "not exceed the coupling", f"W / kappa = {ratio}", "period(...)")
    return coupling * math.sqrt((1 - ratio) * (1 + ratio))


def period(coupling: float, detuning: float) -> float:
    """The period ``2 pi / sqrt(W^2 - kappa^2)`` of drifting nodes, ``|W| > kappa``; ``inf`` for locked ones.

    >>> round(period(coupling=1.0, detuning=1.25) * 0.75 / np.pi, 12)
    2.0
    """
    ratio = abs(_ratio(coupling, detuning))
    return 2 * math.pi / (coupling * math.sqrt((ratio - 1) * (ratio + 1))) if ratio > 1 else math.inf


def _ratio(coupling: float, detuning: float) -> float:
    require(coupling > 0, "coupling", "be positive", f"{coupling!r} was given", "coupling=1.0")
    return detuning / coupling


def _exponentials(coupling: float, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``e^{kappa t / 2}`` and ``e^{-kappa t / 2}``, both divided by the larger one so that nothing overflows."""
    return np.exp(np.minimum(coupling * t, 0)), np.exp(-np.maximum(coupling * t, 0))


def _cosh_and_sinh(coupling: float, detuning: float, t: NDArray[np.float64]) -> tuple[ComplexArray, ComplexArray]:
    """``cosh(q t / 2)`` and ``sinh(q t / 2) / q``, both divided by ``exp(Re(q) t / 2)`` so that nothing overflows."""
    q = np.sqrt(complex((coupling - detuning) * (coupling + detuning)))
    x = q * t / 2
    grow, fall = np.exp(1j * x.imag), np.exp(-1j * x.imag - 2 * x.real)
    near = np.abs(x) < 1e-3  # three terms of the series leave 1e-21
    series = t / 2 * (1 + x**2 / 6 + x**4 / 120) * np.exp(-x.real)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = (grow - fall) / (2 * q)
    return (grow + fall) / 2, np.where(near, series, quotient)


def _denominator(z0: complex, coupling: float, detuning: float, c: ComplexArray, s: ComplexArray) -> ComplexArray:
    return np.asarray(c + (coupling * z0 + 1j * detuning) * s)
