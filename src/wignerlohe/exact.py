"""Closed forms for states: shared by the tests, the documentation and users.

The closed forms for the correlations of two nodes are in `wignerlohe.two_nodes`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe import states
from wignerlohe.checks import require
from wignerlohe.grid import Grid, PhaseSpace

ComplexArray = NDArray[np.complex128]


def coherent_flow(
    grid: Grid, position: float, momentum: float, time: float, frequency: float = 1.0, mass: float = 1.0
) -> ComplexArray:
    """A coherent state in its oscillator after a time: ``U(t) psi_{q,p}``, kappa = 0.

    ``U(t) psi_{q,p} = exp(-i omega t / 2 + i (p_t q_t - p q) / (2 hbar)) psi_{q_t, p_t}``, where the centre moves
    classically, ``q_t = q cos(omega t) + p sin(omega t) / (m omega)``, and psi is `wignerlohe.states.coherent`.

    Parameters
    ----------
    grid : Grid
        A line.
    position, momentum : float
        Centre q, p at time 0.
    time : float
        t.
    frequency, mass : float
        omega and m of the oscillator ``m omega^2 x^2 / 2``.

    Returns
    -------
    complex128 array, shape grid.shape

    Examples
    --------
    >>> grid = Grid(-8.0, 8.0, 64)
    >>> half = coherent_flow(grid, position=1.0, momentum=0.0, time=np.pi)
    >>> bool(np.allclose(half, -1j * states.coherent(grid, position=-1.0)[0]))
    True
    """
    angle, impedance = frequency * time, mass * frequency
    q = position * np.cos(angle) + momentum / impedance * np.sin(angle)
    p = momentum * np.cos(angle) - impedance * position * np.sin(angle)
    phase = np.exp(-0.5j * angle + 0.5j * (p * q - momentum * position) / grid.hbar)
    return np.asarray(phase * states.coherent(grid, q, p, frequency, mass)[0])


def driven_coherent_flow(
    grid: Grid,
    position: float,
    momentum: float,
    time: float,
    force: float,
    drive_frequency: float,
    frequency: float = 1.0,
    mass: float = 1.0,
) -> ComplexArray:
    """A coherent state in an oscillator under a periodic force, ``V(t, x) = m omega^2 x^2 / 2 - x F sin(nu t)``.

    ``U(t, 0) psi_{q,p} = exp(-i omega t / 2 + i S / hbar) psi_{q_t, p_t}`` with psi of `wignerlohe.states.coherent`.
    The centre moves classically,

    ``q_t = q cos(omega t) + b sin(omega t) + c sin(nu t)``, ``c = (F/m) / (omega^2 - nu^2)``, ``b = (p/m - c nu) /
    omega``, ``p_t = m d_t q_t``,

    and S is its action ``int [p_s^2/2m - m omega^2 q_s^2/2 + q_s F sin(nu s)] ds``. Since ``d_s (p_s q_s) / 2`` is the
    bracket less half of its last term, ``S = (p_t q_t - p q) / 2 + (F/2) int_0^t q_s sin(nu s) ds``.

    Parameters
    ----------
    grid : Grid
        A line.
    position, momentum : float
        Centre q, p at time 0.
    time : float
        t.
    force, drive_frequency : float
        F and nu.
    frequency, mass : float
        omega and m of the oscillator.

    Returns
    -------
    complex128 array, shape grid.shape

    Raises
    ------
    InvalidInputError
        If nu is omega or -omega, where this form is 0/0.

    Examples
    --------
    >>> grid = Grid(-8.0, 8.0, 64)
    >>> still = driven_coherent_flow(grid, 1.0, 0.0, time=np.pi, force=0.0, drive_frequency=2.0)
    >>> bool(np.allclose(still, coherent_flow(grid, 1.0, 0.0, time=np.pi)))
    True
    """
    resonant, but = abs(drive_frequency) == abs(frequency), f"both are {frequency:g}"
    require(not resonant, "drive_frequency", "differ from `frequency`", but, "one that is slightly off")
    t, omega, nu = time, frequency, drive_frequency
    c = force / mass / (omega**2 - nu**2)
    b = (momentum / mass - c * nu) / omega
    q = position * np.cos(omega * t) + b * np.sin(omega * t) + c * np.sin(nu * t)
    p = mass * (omega * (b * np.cos(omega * t) - position * np.sin(omega * t)) + c * nu * np.cos(nu * t))
    plus, minus = nu + omega, nu - omega
    cosine = ((1 - np.cos(plus * t)) / plus + (1 - np.cos(minus * t)) / minus) / 2  # int cos(omega s) sin(nu s) ds
    sine = (np.sin(minus * t) / minus - np.sin(plus * t) / plus) / 2  # int sin(omega s) sin(nu s) ds
    square = t / 2 - np.sin(nu * t) * np.cos(nu * t) / (2 * nu) if nu else 0.0  # int sin(nu s)^2 ds
    action = (p * q - momentum * position) / 2 + force / 2 * (position * cosine + b * sine + c * square)
    phase = np.exp(-0.5j * omega * t + 1j * action / grid.hbar)
    return np.asarray(phase * states.coherent(grid, q, p, frequency, mass)[0])


def gaussian_wigner(
    space: PhaseSpace,
    left: tuple[float, float],
    right: tuple[float, float],
    width: float = 1.0,
) -> ComplexArray:
    """``w[g_1, g_2]`` of two Gaussian packets of equal width s, in closed form.

    With ``Q = (q_1 + q_2)/2``, ``P = (p_1 + p_2)/2``, ``a = q_1 - q_2``, ``b = p_1 - p_2``:

    ``w(x, p) = (pi hbar)^-1 exp(-(x - Q)^2/s^2 - s^2 (p - P)^2/hbar^2 + (i/hbar) [b (x - Q) - a (p - P) - a P])``

    for packets with the phases of `wignerlohe.states.gaussian`.

    Parameters
    ----------
    space : PhaseSpace
        Where to sample, d = 1.
    left, right : (position, momentum)
        Centres of the two packets.
    width : float
        s.

    Returns
    -------
    complex128 array, shape (x points, p points)

    Examples
    --------
    >>> space = Grid(-8.0, 8.0, 64).phase_space
    >>> w = gaussian_wigner(space, (1.0, 0.5), (1.0, 0.5))
    >>> round(float(w.real.sum() * space.cell), 12)
    1.0
    """
    (q1, p1), (q2, p2) = left, right
    x, p = space.x[0][:, None] - (q1 + q2) / 2, space.p[0][None, :] - (p1 + p2) / 2
    a, b, mean = q1 - q2, p1 - p2, (p1 + p2) / 2
    phase = (b * x - a * p - a * mean) / space.hbar
    return np.asarray(np.exp(-((x / width) ** 2) - (width * p / space.hbar) ** 2 + 1j * phase) / (np.pi * space.hbar))
