"""What the models of N nodes on a grid share: the grid, one real potential, a coupling and a mass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe import potentials
from wignerlohe.errors import require
from wignerlohe.grid import Grid


def finite_number(name: str, value: Any) -> float:
    """Convert to a finite float or raise InvalidInputError."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    require(np.isfinite(number), name, "be a finite number", f"{value!r} was given", f"{name}=1.0")
    return number


@dataclass(frozen=True, init=False)
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
        number = finite_number("mass", mass)
        require(number > 0, "mass", "be positive", f"{mass!r} was given", "mass=1.0")
        text = potential if isinstance(potential, str) else f"given as {type(potential).__name__}"
        fields: dict[str, Any] = {"grid": grid, "coupling": finite_number("coupling", coupling), "mass": number}
        fields |= {"potential": potentials.on_grid(grid, potential), "potential_text": text}
        for name, value in fields.items():
            object.__setattr__(self, name, value)
