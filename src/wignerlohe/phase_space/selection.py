"""Which part of a function on phase space is asked for: axes to keep, to slice, to integrate over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import real_number, require
from wignerlohe.conventions import momentum_names, position_names
from wignerlohe.grid import Grid, PhaseSpace

Fate = float | Literal["kept", "integrated"]  # a number is where the axis is sliced


@dataclass(frozen=True)
class Selection:
    """The fate of each of the 2d axes of phase space, by name and in canonical order."""

    space: PhaseSpace
    fates: dict[str, Fate]
    states_grid: Grid | None = None

    @property
    def grid(self) -> Grid:
        """The grid of the states whose Wigner functions are asked for."""
        assert self.states_grid is not None
        return self.states_grid

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the axes that are left, in canonical order."""
        return tuple(name for name, fate in self.fates.items() if fate == "kept")

    @property
    def integrated(self) -> tuple[str, ...]:
        """Names of the axes that are integrated over."""
        return tuple(name for name, fate in self.fates.items() if fate == "integrated")

    @property
    def at(self) -> dict[str, float]:
        """Where the sliced axes are cut."""
        return {name: fate for name, fate in self.fates.items() if isinstance(fate, float)}

    @property
    def whole(self) -> bool:
        """Whether every axis is kept."""
        return len(self.kept) == len(self.fates)

    @property
    def coordinates(self) -> dict[str, NDArray[np.float64]]:
        """Samples of the axes that are left."""
        axes = dict(zip(self.fates, (*self.space.x, *self.space.p), strict=True))
        return {name: axes[name] for name in self.kept}

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what is left."""
        sizes = dict(zip(self.fates, self.space.shape, strict=True))
        return tuple(sizes[name] for name in self.kept)

    @property
    def size(self) -> int:
        """Number of samples that are left."""
        return math.prod(self.shape)

    @property
    def units(self) -> str:
        """``action^-d`` times the unit of every axis integrated over: length for x, action / length for p."""
        momenta = sum(name.startswith("p") for name in self.integrated)
        positions = len(self.integrated) - momenta
        powers = {"length": positions - momenta, "action": momenta - self.space.dimension}
        return " ".join(f"{unit}^{power}" for unit, power in powers.items() if power) or "1"

    @property
    def attributes(self) -> dict[str, str | float]:
        """What a reader of the values has to know: units, where axes are cut, which are integrated over."""
        found: dict[str, str | float] = {"units": self.units}
        found |= {f"at_{name}": value for name, value in self.at.items()}
        return found | ({"integrated_over": ", ".join(self.integrated)} if self.integrated else {})

    def of_axis(self, axis: int) -> tuple[Fate, Fate]:
        """The fates of x and p on one axis of the grid."""
        fates = list(self.fates.values())
        return fates[axis], fates[axis + self.space.dimension]


def select(
    domain: Grid | PhaseSpace, axes: Sequence[str] | None = None, at: Mapping[str, float] | None = None
) -> Selection:
    """Convert and check ``axes`` and ``at``: without ``axes``, all are kept that ``at`` does not fix.

    >>> grid = Grid([-4.0, -4.0], [4.0, 4.0], [8, 10])
    >>> plane = select(grid, ("px", "x"), {"y": 0.5})
    >>> plane.kept, plane.at, plane.integrated
    (('x', 'px'), {'y': 0.5}, ('py',))
    """
    space = domain.phase_space if isinstance(domain, Grid) else domain
    d = space.dimension
    names = (*position_names(d), *momentum_names(d))
    known = f"name axes of this phase space, {', '.join(names)}"
    example = f"axes={(names[0], names[d])!r}"
    fixed = {} if at is None else at
    require(
        isinstance(fixed, Mapping), "at", "give a number per axis", f"{at!r} was given", f"at={{'{names[0]}': 0.0}}"
    )
    require(not isinstance(axes, str), "axes", "be a sequence of names", f"{axes!r} was given", f"axes=({axes!r},)")
    kept = tuple(name for name in names if name not in fixed) if axes is None else tuple(axes)
    for name in kept:
        require(name in names, "axes", known, f"{name!r} was given", example)
    require(len(set(kept)) == len(kept), "axes", "name each axis once", f"{kept!r} was given", example)
    values: dict[str, float] = {}
    limits = zip((*space.x_lower, *space.p_lower), (*space.x_upper, *space.p_upper), strict=True)
    box = dict(zip(names, limits, strict=True))
    for name, value in fixed.items():
        require(name in names, "at", known, f"{name!r} was given", f"at={{'{names[0]}': 0.0}}")
        require(name not in kept, "at", "fix axes that are not kept", f"{name!r} is in `axes`", "leaving it out of one")
        values[name] = real_number(f"at[{name!r}]", value, f"at={{'{name}': 0.0}}")
        low, high = box[name]
        must = f"lie in [{low:.6g}, {high:.6g}), the range of this axis"
        require(low <= values[name] < high, f"at[{name!r}]", must, f"{value!r} was given", f"{(low + high) / 2:.6g}")
    rest: dict[str, Fate] = {name: "kept" if name in kept else "integrated" for name in names}
    return Selection(space, rest | values, domain if isinstance(domain, Grid) else None)
