"""What the models of N nodes on a grid share: grid, potential, coupling, detunings, network and mass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import network as networks
from wignerlohe import potentials
from wignerlohe.checks import real_array, real_number, require
from wignerlohe.coupling.system import System
from wignerlohe.grid import Grid


@dataclass(frozen=True, init=False, eq=False)
class NodeModel:
    """N nodes that share one potential on one grid; the two models of the paper derive from it."""

    grid: Grid
    coupling: float
    mass: float
    detuning: NDArray[np.float64] | None
    network: Any
    potential: NDArray[np.float64] = field(repr=False)
    drive: potentials.Drive | None = field(repr=False)
    potential_text: str

    def __init__(
        self,
        grid: Grid,
        potential: potentials.Potential = 0.0,
        *,
        coupling: float,
        mass: float = 1.0,
        detuning: ArrayLike | None = None,
        network: Any = None,
    ) -> None:
        require(isinstance(grid, Grid), "grid", "be a Grid", f"{grid!r} was given", "wignerlohe.Grid(-10.0, 10.0, 200)")
        number = real_number("mass", mass, "mass=1.0")
        require(number > 0, "mass", "be positive", f"{mass!r} was given", "mass=1.0")
        fields: dict[str, Any] = {"grid": grid, "coupling": real_number("coupling", coupling, "coupling=1.0")}
        fields |= {"mass": number, "network": network, "detuning": None}
        if detuning is not None:
            frequencies = real_array("detuning", detuning, "detuning=[0.1, -0.1]", "one finite number for each node")
            good = frequencies.ndim == 1 and frequencies.size > 0
            require(good, "detuning", "be a list", f"its shape is {frequencies.shape}", "detuning=[0.1, -0.1]")
            fields["detuning"] = np.array(frequencies)  # a copy: the model does not change any more
        text = potential if isinstance(potential, str) else f"given as {type(potential).__name__}"
        start, drive = potentials.sample(grid, potential)
        fields |= {"potential": start, "drive": drive, "potential_text": text, "_networks": {}}
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        if network is not None and not isinstance(network, str | dict):  # the kinds need the number of nodes
            object.__setattr__(self, "network", networks.build(network, None))

    def potential_at(self, time: float) -> NDArray[np.float64]:
        """V(t, x), an energy, float64 of shape grid.shape; `potential` is that at t = 0, `drive` None if it stays so.

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
            If there are not as many detunings as nodes, or the network does not fit.
        """
        if self.detuning is not None:
            but = f"there are {len(self.detuning)} for {count} nodes"
            require(len(self.detuning) == count, "detuning", "have one entry for each node", but, "as many")
        return System(self.coupling, self.detuning, self.network_of(count).weights)
