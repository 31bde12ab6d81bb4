"""Initial states: unit vectors of L^2, sampled on a grid.

Every function returns a complex128 array of shape ``(N, *grid.shape)``, mixed states ``(N, m, *grid.shape)`` with m
components of each node. An argument is one value for all nodes or one value per node; N is the longest of them.
Positions and momenta are vectors: shape ``(d,)`` for all nodes or ``(N, d)`` per node, and on a line plain numbers or
``(N,)`` do. Scalars such as ``width`` are a number or ``(N,)``.

The formulas have unit norm in L^2(R^d) and are not adjusted to the grid: what a box cuts off shows in the norm.

One family per file: `packets`, `oscillator`, `expansion` (very many nodes as coefficients), `files`, and `given` (what
users hand over, and its norms).
"""

from wignerlohe.states.arguments import ComplexArray
from wignerlohe.states.expansion import Expansion, random, random_expansion, superposition
from wignerlohe.states.files import from_file
from wignerlohe.states.given import normalise, on_grid
from wignerlohe.states.oscillator import fock, thermal
from wignerlohe.states.packets import cat, coherent, gaussian, squeezed

__all__ = [
    "ComplexArray",
    "Expansion",
    "cat",
    "coherent",
    "fock",
    "from_file",
    "gaussian",
    "normalise",
    "on_grid",
    "random",
    "random_expansion",
    "squeezed",
    "superposition",
    "thermal",
]
