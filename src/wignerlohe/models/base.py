"""What the models of N nodes on a grid share: the grid, one real potential, a coupling and a mass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe import potentials
from wignerlohe.checks import real_number, require
from wignerlohe.grid import Grid


@dataclass(frozen=True, init=False, eq=False)
class NodeModel:
    """N nodes that share one potential on one grid; the two models of the paper derive from it."""

    grid: Grid
    coupling: float
    mass: float
    potential: NDArray[np.float64] = field(repr=False)
    potential_text: str

    def __init__(
        self, grid: Grid, potential: potentials.Potential = 0.0, *, coupling: float, mass: float = 1.0
    ) -> None:
        require(isinstance(grid, Grid), "grid", "be a Grid", f"{grid!r} was given", "wignerlohe.Grid(-10.0, 10.0, 200)")
        number = real_number("mass", mass, "mass=1.0")
        require(number > 0, "mass", "be positive", f"{mass!r} was given", "mass=1.0")
        strength = real_number("coupling", coupling, "coupling=1.0")
        must = "not be negative, since repulsion is not solved"
        require(strength >= 0, "coupling", must, f"{coupling!r} was given", "coupling=1.0")
        text = potential if isinstance(potential, str) else f"given as {type(potential).__name__}"
        fields: dict[str, Any] = {"grid": grid, "coupling": strength, "mass": number}
        fields |= {"potential": potentials.on_grid(grid, potential), "potential_text": text}
        for name, value in fields.items():
            object.__setattr__(self, name, value)
