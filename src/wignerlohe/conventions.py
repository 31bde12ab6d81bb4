"""The conventions of the package: their only home.

=================  =====================================================================================
inner product      ``<f, g> = integral f conj(g) dx``: linear in the FIRST slot
Wigner transform   ``w[psi, phi](x, p) = (2 pi hbar)^-d integral psi(x + y/2) conj(phi(x - y/2))
                   exp(-i p.y / hbar) dy``
nodes              ``w_ij = w[psi_i, psi_j]`` and ``z_ij = integral w_ij dx dp = <psi_i, psi_j>``
axis order         nodes first, then the x axes, then the p axes: ``w[i, j, x, p]``
units              ``hbar = mass = 1`` unless given; ``coupling`` is a rate, ``detuning`` an angular
                   frequency, and times are plain numbers in the unit that makes coupling a rate
=================  =====================================================================================

With the physicists' slot order, ``<f, g> = integral conj(f) g``, the coupling of the Schrodinger-Lohe model would
be a projection and its Kuramoto limit would vanish, so the order above is part of the model and not a taste.
"""

from typing import Any

import array_api_compat

MAXIMUM_DIMENSION = 3
POSITION_NAMES = ("x", "y", "z")

INNER_PRODUCT = "<f, g> = integral f conj(g) dx, linear in the first slot"
WIGNER_TRANSFORM = "w[psi, phi](x, p) = (2 pi hbar)^-d integral psi(x + y/2) conj(phi(x - y/2)) exp(-i p.y/hbar) dy"


def position_names(dimension: int) -> tuple[str, ...]:
    """Names of the position axes: ``x``, then ``y``, then ``z``.

    >>> position_names(2)
    ('x', 'y')
    """
    return POSITION_NAMES[:dimension]


def momentum_names(dimension: int) -> tuple[str, ...]:
    """Names of the momentum axes: ``p`` on a line, ``px``, ``py``, ``pz`` beyond.

    >>> momentum_names(1), momentum_names(2)
    (('p',), ('px', 'py'))
    """
    return ("p",) if dimension == 1 else tuple(f"p{name}" for name in POSITION_NAMES[:dimension])


def inner(f: Any, g: Any, cell: float, dimension: int) -> Any:
    """``<f, g> = integral f conj(g) dx`` over the last ``dimension`` axes, by the trapezoidal rule.

    Parameters
    ----------
    f, g : array, shape (..., *grid.shape)
        Values on the grid; NumPy, PyTorch or CuPy arrays that broadcast against each other.
    cell : float
        Volume of one grid cell.
    dimension : int
        Number of position axes, the last ones.

    Returns
    -------
    array, shape (...)
        The inner products, in the namespace of the input.
    """
    xp = array_api_compat.array_namespace(f, g)
    return cell * xp.sum(f * xp.conj(g), axis=tuple(range(-dimension, 0)))


def describe(hbar: float, mass: float) -> dict[str, str | float]:
    """Return the conventions as flat attributes, for data sets and figures."""
    return {
        "inner_product": INNER_PRODUCT,
        "wigner_transform": WIGNER_TRANSFORM,
        "axis_order": "nodes first, then x axes, then p axes",
        "correlation": "z_ij = <psi_i, psi_j> = integral w_ij dx dp",
        "units": "time in the unit that makes coupling a rate; hbar and mass as stated",
        "hbar": hbar,
        "mass": mass,
    }
