"""What the models of N nodes on a grid share: grid, potentials, coupling, detunings, network and mass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import network as networks
from wignerlohe import potentials
from wignerlohe.checks import positive_number, real_array, real_number, require
from wignerlohe.coupling.system import System
from wignerlohe.grid import Grid, PhaseSpace


@dataclass(frozen=True, init=False, eq=False)
class NodeModel:
    """N nodes on one grid, each in a potential of its own or all in one; the models of the paper derive from it.

    Attributes
    ----------
    grid : Grid
        Where wave functions live.
    space : PhaseSpace
        Where Wigner functions live: ``grid.phase_space``, or what was given.
    """

    grid: Grid
    space: PhaseSpace
    coupling: float
    mass: float
    detuning: NDArray[np.float64] | None
    network: Any
    sampled: potentials.Sampled = field(repr=False)

    domains: ClassVar[tuple[type, ...]] = (Grid,)  # what `grid` may be
    division: bool | None = field(default=None, init=False)

    def __init__(
        self,
        grid: Grid | PhaseSpace,
        potential: potentials.Potentials = 0.0,
        *,
        coupling: float,
        mass: float = 1.0,
        detuning: ArrayLike | None = None,
        network: Any = None,
    ) -> None:
        attempt = "wignerlohe.Grid(-10.0, 10.0, 200)"
        must = f"be a {' or a '.join(kind.__name__ for kind in self.domains)}"
        require(isinstance(grid, self.domains), "grid", must, f"{grid!r} was given", attempt)
        space = grid.phase_space if isinstance(grid, Grid) else grid
        if isinstance(grid, PhaseSpace):
            grid = Grid(space.x_lower, space.x_upper, space.x_points, space.hbar)
        fields: dict[str, Any] = {"grid": grid, "space": space}
        fields["coupling"] = real_number("coupling", coupling, "coupling=1.0")
        fields |= {"mass": positive_number("mass", mass, "mass=1.0"), "network": network, "detuning": None}
        if detuning is not None:
            frequencies = real_array("detuning", detuning, "detuning=[0.1, -0.1]", "one finite number for each node")
            good = frequencies.ndim == 1 and frequencies.size > 0
            require(good, "detuning", "be a list", f"its shape is {frequencies.shape}", "detuning=[0.1, -0.1]")
            fields["detuning"] = np.array(frequencies)  # a copy: the model does not change any more
        fields |= {"sampled": potentials.sample_all(grid, potential), "_networks": {}}
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        if isinstance(network, str | dict):
            networks.specified(network)  # it is built once the number of nodes is known
        elif network is not None:
            object.__setattr__(self, "network", networks.build(network, None))

    @property
    def shared(self) -> bool:
        """Whether one potential holds for all nodes, up to constants."""
        return self.sampled.values.ndim == self.grid.dimension

    @property
    def potential(self) -> NDArray[np.float64]:
        """V at t = 0, an energy: float64 of shape grid.shape, or (N, *grid.shape) where potentials differ."""
        return self.sampled.values

    @property
    def drive(self) -> potentials.Drive | None:
        """V at a time, as such an array; None if it does not depend on time."""
        return self.sampled.drive

    @property
    def potential_text(self) -> str:
        """The potentials in words."""
        texts = self.sampled.texts
        return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"

    def potential_at(self, time: float) -> NDArray[np.float64]:
        """V(t, x), as `potential`.

        Raises
        ------
        SolverError
            If V is not finite somewhere on the grid; the first such point is named.
        """
        return self.potential if self.drive is None else self.drive(time)

    def network_of(self, count: int) -> networks.Network:
        """The network of N nodes.

        Raises
        ------
        InvalidInputError
            If it does not fit.
        """
        known: dict[int, networks.Network] = self.__dict__["_networks"]
        if count not in known:
            known[count] = networks.build(self.network, count)
        return known[count]

    def system(self, count: int) -> System:
        """The equation of the coupling for N nodes.

        Raises
        ------
        InvalidInputError
            If there are not as many detunings, or potentials, as nodes, or the network does not fit.
        """
        given = {
            "detuning": self.detuning,
            "potential": self.sampled.sources if len(self.sampled.sources) > 1 else None,
        }
        for name, values in given.items():
            if values is not None:
                but = f"there are {len(values)} for {count} nodes"
                require(len(values) == count, name, "have one entry for each node", but, "as many")
        detuning, offsets = self.detuning, self.sampled.offsets
        if offsets is not None:  # potentials that differ by constants
            detuning = offsets / self.grid.hbar + (0.0 if detuning is None else detuning)
        return System(self.coupling, detuning, self.network_of(count).weights)
