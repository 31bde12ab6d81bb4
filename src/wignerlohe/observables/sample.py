"""Which nodes at which times: what observables of single nodes run over, in blocks.

Wave functions of all nodes at all times never exist together: a block holds some times, or some nodes of one time. Data
that were given on phase space have no wave functions; their blocks hold one Wigner function w_jj each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import memory
from wignerlohe.checks import real_array, require
from wignerlohe.fields import WithoutWaveFunctions
from wignerlohe.grid import Grid
from wignerlohe.labels import VARIABLES
from wignerlohe.models.base import NodeModel
from wignerlohe.nodes import Nodes
from wignerlohe.observables.labels import Coordinates, array
from wignerlohe.solution import Solution

if TYPE_CHECKING:
    import xarray as xr

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

BLOCK = 2**20  # amplitudes held at once, 16 MB; transforms and products take a few times that
IMAGINARY = 1e-8  # share of a Wigner function of a node that may be imaginary, as norms may be off


@dataclass(frozen=True)
class Block:
    """Some nodes at some times."""

    place: tuple[slice, slice]  # among the times and the nodes of the sample
    times: FloatArray
    nodes: list[int]
    values: NDArray[Any]  # wave functions (times, nodes, m, *grid.shape), or (1, 1, *space.shape)


Kernel = Callable[[Block], NDArray[Any]]


@dataclass(frozen=True)
class Sample:
    """Nodes of a solution at times of it.

    Parameters
    ----------
    solution : Solution
    states : sequence
        Of the coupling, one for each time.
    nodes : list of int
    """

    solution: Solution
    states: Sequence[Any]
    nodes: list[int]

    @classmethod
    def of(cls, solution: Solution, nodes: Sequence[int] | None = None, times: ArrayLike | None = None) -> Sample:
        """Convert and check; without ``nodes`` all are taken, without ``times`` the output times."""
        must, but = "have states", "it has correlations only"
        require(solution.fields is not None, "solution", must, but, "SchrodingerLohe or WignerLohe")
        if nodes is None:
            chosen = list(range(solution.count))
        else:
            chosen = [int(node) for node in nodes if isinstance(node, int | np.integer) and 0 <= node < solution.count]
            must = f"be a list of nodes, 0 to {solution.count - 1}"
            require(len(chosen) == len(nodes) > 0, "nodes", must, f"{nodes!r} was given", "nodes=[0]")
        if times is None:
            return cls(solution, solution.states, chosen)
        moments = np.atleast_1d(real_array("times", times, "times=[0.0]"))
        require(moments.ndim == 1, "times", "be a list of times", f"{times!r} was given", "times=[0.0]")
        return cls(solution, [solution._state_at(float(time)) for time in moments], chosen)

    @property
    def model(self) -> NodeModel:
        """The model of the nodes."""
        assert self.solution.fields is not None
        return self.solution.fields.model

    @property
    def grid(self) -> Grid:
        """The grid of the states."""
        return self.model.grid

    @property
    def times(self) -> FloatArray:
        """The times, (T,)."""
        return np.array([state.time for state in self.states], dtype=float)

    @property
    def coordinates(self) -> Coordinates:
        """Times and nodes as coordinates."""
        return {"time": ("time", self.times), "node": ("node", self.nodes)}

    @property
    def waves(self) -> bool:
        """Whether there are wave functions, or factors that were given as such."""
        fields = self.solution.fields
        return not isinstance(fields, WithoutWaveFunctions) and not (isinstance(fields, Nodes) and fields.factors)

    @property
    def factored(self) -> bool:
        """Whether right factors differ from the wave functions, the left ones."""
        return self.waves and self.solution.fields is not None and not self.solution.fields.unit

    @cached_property
    def components(self) -> int:
        """Number m of wave functions of a node."""
        return self._functions(self.states[:1], self.nodes[:1], right=False).size // self.grid.size

    def require_nodes(self) -> None:
        """Refuse data with right factors, whose w_jj need not be those of nodes."""
        must, but = "have nodes", "its data have right factors of their own"
        require(not self.factored, "solution", must, but, "wignerlohe.observables.cross_density")

    def require_waves(self) -> None:
        """Refuse data without wave functions."""
        must, but = "have wave functions", "its data were given on phase space"
        require(self.waves, "solution", must, but, "solution.wigner(i, j, time)")

    def blocks(self, right: bool = False) -> Iterator[Block]:
        """Go through all times and nodes; the right factors take the place of wave functions if asked for."""
        times = self.times
        for place in self._places():
            states, nodes = self.states[place[0]], self.nodes[place[1]]
            if self.waves:
                psi = self._functions(states, nodes, right)
                yield Block(place, times[place[0]], nodes, psi.reshape(*psi.shape[:2], -1, *self.grid.shape))
            else:
                yield Block(place, times[place[0]], nodes, self._wigner(states[0].time, nodes[0])[None, None])

    def measure(
        self,
        name: str,
        of_states: Kernel,
        of_functions: Kernel,
        inner: Coordinates | None = None,
    ) -> xr.DataArray:
        """Apply one of two kernels to every block; real values with dims (time, node) and those of ``inner``."""
        self.require_nodes()
        coordinates = self.coordinates | ({} if inner is None else inner)
        kernel = of_states if self.waves else of_functions
        return array(name, [dim for dim, _ in coordinates.values()], self.fill(name, kernel, coordinates), coordinates)

    def fill(self, name: str, kernel: Kernel, coordinates: Coordinates, dtype: type = np.float64) -> NDArray[Any]:
        """Return the values of a kernel over all blocks, on the axes of the coordinates."""
        shape = [np.size(np.asarray(points)) for _, points in coordinates.values()]
        memory.require_room({VARIABLES[name][0]: int(np.prod(shape, dtype=float)) * np.dtype(dtype).itemsize})
        values: NDArray[Any] = np.empty(shape, dtype=dtype)
        for block in self.blocks():
            values[block.place] = kernel(block)
        return values

    def _places(self) -> Iterator[tuple[slice, slice]]:
        """Slices of times and nodes, none larger than a block."""
        if not self.states:  # a blow-up before the first output time
            return
        size = self.components * self.grid.size if self.waves else BLOCK
        together = max(1, BLOCK // (len(self.nodes) * size))
        height = max(1, BLOCK // size)
        for first in range(0, len(self.states), together):
            for lowest in range(0, len(self.nodes), height):
                yield slice(first, first + together), slice(lowest, lowest + height)

    def _functions(self, states: Sequence[Any], nodes: list[int], right: bool) -> ComplexArray:
        assert self.solution.fields is not None
        source = self.solution.fields.right_factors if right else self.solution.fields.wavefunctions
        return np.asarray(source(states, nodes))

    def _wigner(self, time: float, node: int) -> FloatArray:
        (w,) = self.solution.wigner_functions([(node, node)], time)
        must, but = "have real Wigner functions w_jj", f"Im w_jj is not small for node {node}"
        small = np.abs(w.imag).max() <= IMAGINARY * np.abs(w.real).max()
        require(small, "solution", must, but, "solution.wigner(j, j, time)")
        return np.asarray(w.real)
