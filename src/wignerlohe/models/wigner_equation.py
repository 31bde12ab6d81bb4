"""The linear Wigner equation, (44) of the paper: nodes that do not see each other.

``d_t w + (p/m).grad_x w + Theta[V] w = 0``, ``Theta[V] w (x, p) = (i / hbar) (2 pi hbar)^-d iint [V(x + y/2) - V(x -
y/2)] w(x, p') e^{-i (p - p').y / hbar} dp' dy``

The quantum Liouville equation; for quadratic potentials it is the classical one.
"""

from __future__ import annotations

from typing import ClassVar

from wignerlohe.checks import require
from wignerlohe.grid import Grid, PhaseSpace
from wignerlohe.models.base import NodeModel
from wignerlohe.potentials import Potential


class WignerEquation(NodeModel):
    """Functions ``w_1 .. w_M`` of phase space, each by itself, in one potential.

    The initial data of `solve` are one function or many, arrays (*space.shape) or (M, *space.shape), real or complex;
    or states (M, *grid.shape), or (M, m, *grid.shape) for mixed ones, which stand for their Wigner functions.

    Parameters
    ----------
    grid : Grid or PhaseSpace
        The grid of states, whose Wigner functions live on ``grid.phase_space``; or any box in phase space.
    potential : str, number, callable or array
        V(x) or V(t, x), an energy; see `SchrodingerLohe`. On a `PhaseSpace` it is needed between the points: give a
        formula or a callable.
    mass : float
        m > 0.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> wl.WignerEquation(wl.Grid(-8.0, 8.0, 64), potential="0.25*x**4").coupling
    0.0
    """

    domains: ClassVar[tuple[type, ...]] = (Grid, PhaseSpace)

    def __init__(self, grid: Grid | PhaseSpace, potential: Potential = 0.0, *, mass: float = 1.0) -> None:
        super().__init__(grid, potential, coupling=0.0, mass=mass)
        but = f"{len(self.sampled.sources)} were given"
        require(len(self.sampled.sources) == 1, "potential", "be one for all functions", but, "several models")
