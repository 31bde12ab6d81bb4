"""Closed forms for states: shared by the tests, the documentation and users.

The closed forms for the correlations of two nodes are in `wignerlohe.two_nodes`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe import states
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
