"""What statements may measure of a run: made when first asked for, and kept.

Evidence is a reader of a `Solution`. It changes nothing, and holds no more than one matrix of functions at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import memory
from wignerlohe.coupling.pairs import MOST_ENTRIES, FactoredPairs
from wignerlohe.coupling.system import System
from wignerlohe.errors import InvalidInputError, TooLargeError
from wignerlohe.fields import Fields
from wignerlohe.grid import PhaseSpace
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.solution import Solution
from wignerlohe.theory.statement import Accuracy

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

ROUNDING = 1e-13  # of a sum over a grid, relative to the size of its terms
MOMENTS = 5  # times at which functions on phase space are looked at
MOST_FUNCTIONS = 2**27  # numbers in all functions w_ij at one time, 2 GB
STENCIL = np.array([672, -168, 32, -3]) / 840  # of the derivative by central differences, of order 8
COARSE = np.array([45, -9, 1, 0]) / 60  # and of order 6, on the same points


class Evidence:
    """A run, and what is derived from it.

    Parameters
    ----------
    solution : Solution

    Examples
    --------
    >>> import wignerlohe as wl
    >>> solution = wl.solve(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], times=[0.0, 1.0])
    >>> seen = Evidence(solution)
    >>> seen.diameter.round(6), seen.complete
    (array([0.5     , 0.218464]), True)
    """

    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self.times: FloatArray = solution.times
        self.count = solution.count

    # the model

    @property
    def model(self) -> NodeModel:
        """The model of nodes on a grid; a run of correlations alone has none."""
        if isinstance(self.solution.model, Correlations):
            raise InvalidInputError("`solution` must have functions on phase space, but it has correlations only")
        return self.solution.model

    @property
    def has_functions(self) -> bool:
        """Whether there are functions w_ij, beyond correlations."""
        return self.solution.fields is not None

    @property
    def fields(self) -> Fields:
        """What makes functions of states; a run of correlations alone has none."""
        if self.solution.fields is None:
            raise InvalidInputError("`solution` must have functions on phase space, but it has correlations only")
        return self.solution.fields

    @cached_property
    def system(self) -> System:
        """Coupling, detunings and weights; those between potentials that differ by constants are among them."""
        model = self.solution.model
        return System(model.coupling, None, 1.0) if isinstance(model, Correlations) else model.system(self.count)

    @property
    def kappa(self) -> float:
        """The coupling, times the weight that all edges of a complete graph have."""
        weights = self.system.weights
        return self.system.coupling * (weights if isinstance(weights, float) else 1.0)

    @property
    def complete(self) -> bool:
        """Whether all weights are equal, on a complete graph."""
        return isinstance(self.system.weights, float)

    @property
    def detuned(self) -> bool:
        """Whether detunings differ."""
        return self.system.detuning is not None and bool(np.ptp(self.system.detuning) > 0)

    @property
    def shared(self) -> bool:
        """Whether all nodes have one potential, up to constants, and no term of their own."""
        model = self.solution.model
        return isinstance(model, Correlations) or (model.shared and getattr(model, "nonlinearity", 0.0) == 0)

    @property
    def stepped(self) -> bool:
        """Whether functions were stepped by splitting, with errors of its tolerance rather than of rounding."""
        return self.solution.method.name in ("split-step", "phase-space")

    @property
    def hbar(self) -> float:
        """The constant of Planck."""
        return self.model.grid.hbar

    @property
    def space(self) -> PhaseSpace:
        """Where functions live."""
        return self.model.space

    @property
    def cell(self) -> float:
        """``(2 pi hbar)^d``."""
        return float((2 * np.pi * self.hbar) ** self.space.dimension)

    # correlations

    @cached_property
    def deviation(self) -> ComplexArray:
        """``1 - z_ij(t)``, complex128 (T, N, N); see `Solution.deviation`."""
        return self.solution.deviation

    @cached_property
    def z(self) -> ComplexArray:
        """``z_ij(t)``, complex128 (T, N, N)."""
        return np.asarray(1 - self.deviation)

    @cached_property
    def diameter(self) -> FloatArray:
        """``D(t)``, float64 (T,)."""
        return self.solution.diameter

    @cached_property
    def start(self) -> Solution:
        """The run at t = 0, whether that is an output time or not."""
        return self.solution.at([0.0])

    @cached_property
    def initial_diameter(self) -> float:
        """``D(0)``."""
        return float(self.start.diameter[0])

    @cached_property
    def dense(self) -> Solution:
        """The run at the output times and at 3 times between each two of them, from t = 0 on."""
        ends = np.union1d([0.0], self.times)
        between = ends[:-1, None] + np.diff(ends)[:, None] * np.array([0.25, 0.5, 0.75])
        return self.solution.at(np.sort(np.append(ends, between.ravel())))

    @cached_property
    def sizes(self) -> FloatArray:
        """``||w_ij(t)||`` in L^2 of phase space, float64 (T, N, N)."""
        return self.sizes_of(self.solution)

    def sizes_of(self, solution: Solution) -> FloatArray:
        """The same of this run at other times.

        Raises
        ------
        TooLargeError
            If that does not fit.
        """
        if len(solution.times) * self.count**2 > MOST_ENTRIES:
            raise TooLargeError(
                f"norms of {self.count}^2 functions at {len(solution.times)} times are more than {MOST_ENTRIES:.0e} "
                "numbers; try fewer nodes or times"
            )
        return self.fields.sizes(solution.states)

    def deviation_accuracy(self, size: FloatArray) -> Accuracy:
        """Relative accuracy of deviations ``|1 - z_ij|`` of some sizes: that of their logarithms, or of z itself."""
        rtol = self.solution.method.rtol
        if isinstance(self.solution.pairs, FactoredPairs):
            return Accuracy(10 * rtol + ROUNDING, "10 rtol, relatively: 1 - z is carried by its logarithm")
        with np.errstate(divide="ignore"):
            relative = np.where(size == 0, 0.0, (10 * rtol + ROUNDING) / size)
        return Accuracy(relative, "10 rtol, absolutely: z itself is carried")

    # functions on phase space

    @cached_property
    def moments(self) -> FloatArray:
        """A few of the output times, the first and the last among them, at which whole functions are looked at."""
        chosen = np.unique(np.linspace(0, len(self.times) - 1, min(MOMENTS, len(self.times))).round().astype(int))
        return np.asarray(self.times[chosen])

    def functions(self, time: float) -> ComplexArray:
        """All ``w_ij`` at a time, complex128 (N, N, *space.shape); of a `WignerEquation` the ``w_j`` (N, *space.shape).

        Raises
        ------
        TooLargeError
            If that does not fit.
        """
        shape = self.space.shape
        pairs = [(i, j) for i in range(self.count) for j in range(self.count)]
        if not self.solution.coupled:
            pairs = [(j, j) for j in range(self.count)]
        numbers = len(pairs) * int(np.prod(shape))
        if numbers > MOST_FUNCTIONS:
            raise TooLargeError(
                f"functions w_ij at one time have {numbers:.2g} numbers, more than {MOST_FUNCTIONS:.2g}; try fewer "
                "nodes or points"
            )
        memory.require_room({"functions w_ij at one time": 2 * numbers * memory.COMPLEX})
        found = self.solution.wigner_functions(pairs, time)
        return np.asarray(found.reshape(*(self.count, self.count)[: 2 if self.solution.coupled else 1], *shape))

    @cached_property
    def function_accuracy(self) -> Accuracy:
        """Accuracy of functions on phase space, relative to their norms in L^2: solver, rounding and resolution."""
        rtol = self.solution.method.rtol
        flow = getattr(self.solution.fields, "flow", None)
        last = float(self.times[-1]) if len(self.times) else 0.0
        rounding = 0.0 if flow is None else flow.phase_error(last)
        lost = max((finding.mass for finding in self.solution.findings), default=0.0)
        share = ROUNDING + rounding + 10 * rtol + np.sqrt(lost)
        return Accuracy(float(share), "10 rtol, rounding of phases, and the square root of mass at an edge")

    # derivatives

    def derivative(
        self, measured: Callable[[Solution], NDArray[np.generic]], times: ArrayLike, step: float | None = None
    ) -> tuple[NDArray[np.generic], FloatArray]:
        """``d/dt`` of what ``measured`` gives, (T, ...), at some times, and its error as an estimate of the same shape.

        By central differences of order 8; the error is the distance from those of order 6, and the noise of the
        solver. Times nearer
        to an end of the run than 4 steps are moved inwards by the caller: see `interior`.
        """
        instants = np.atleast_1d(np.asarray(times, dtype=float))
        h = self.step if step is None else step
        offsets = h * np.concatenate([-np.arange(4, 0, -1), np.arange(1, 5)])
        every = (instants[:, None] + offsets).ravel()
        distinct, places = np.unique(every, return_inverse=True)
        values = np.asarray(measured(self.solution.at(distinct)))[places.ravel()]
        values = values.reshape(len(instants), 8, *values.shape[1:])
        after, before = values[:, 4:], values[:, 3::-1]
        change = after - before
        fine, coarse = (np.einsum("k,tk...->t...", weights, change) / h for weights in (STENCIL, COARSE))
        size = np.abs(values).max(axis=1)
        noise = self.solution.method.rtol + 4 * float(np.finfo(float).eps)
        return np.asarray(fine), np.asarray(np.abs(fine - coarse) + noise * size / h)

    @property
    def step(self) -> float:
        """A step for differences in time that rates of the order of the coupling are smooth over."""
        last = float(self.times[-1]) if len(self.times) else 0.0
        return min(0.02 / self.system.rate, last / 16)

    def interior(self, times: ArrayLike) -> FloatArray:
        """Times moved inwards by 4 steps from the ends of the run, each once."""
        last = float(self.times[-1])
        return np.unique(np.clip(np.asarray(times, dtype=float), 4 * self.step, last - 4 * self.step))
