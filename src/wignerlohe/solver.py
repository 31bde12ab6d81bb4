"""Choosing a method, and the loop over segments that every run goes through.

A segment is a fixed number of output times. Between segments the state is the time and the coupling's own state and
nothing else, and each segment starts afresh from it; where a segment may take long, the run also rests on the way and
starts afresh. Progress, output on disk, checkpoints and the numbers that are watched hang on the loop: a run that was
cut off goes on from where it rested, and ends with the same bits; one whose numbers leave their bounds stops there.
"""

from __future__ import annotations

import time as clock
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import watch
from wignerlohe.checks import real_array, real_number, require
from wignerlohe.coupling.base import BlowUp, Cost
from wignerlohe.errors import SolverError, UnresolvedWarning, ViolationError
from wignerlohe.fields import Finding
from wignerlohe.methods import METHODS, Plan, check_phases, plan
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.propagators.chain import Chain
from wignerlohe.segments import even_length, segment_length, steps_to_rest
from wignerlohe.solution import Method, Solution, join, lean

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

OnViolation = Literal["stop", "warn"]

LEAST_RTOL, LARGEST_RTOL = 1e-13, 1e-2
LARGEST_CLOCK = 1e9


def solve(
    model: NodeModel | Correlations,
    initial: Any,
    times: ArrayLike,
    *,
    method: str = "auto",
    rtol: float = 1e-10,
    on_violation: OnViolation = "stop",
    progress: Callable[[float], None] | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: float = 60.0,
) -> Solution:
    """Solve a model from initial data.

    For nodes that share a potential up to constants (detunings) the coupled problem separates, ``psi_i(t) = U(t) sum_k
    G_ik(t) psi_k(0)``, on any network: a small system for the coupling, which runs at ``rtol``, and a linear flow,
    which is exact (under a potential V(t, x), to ``rtol``). No coupled partial differential equation is stepped. Where
    potentials differ, or under a Gross-Pitaevskii term, it is, by splittings of order 6 with error control.

    Parameters
    ----------
    model : SchrodingerLohe, WignerLohe, WignerEquation or Correlations
        What to solve.
    initial : array, callable, list of callables, Expansion or Factors
        Unit states (N, *grid.shape), mixed nodes (N, m, *grid.shape) of unit trace, or functions of the coordinates
        that give them; very many nodes as `wignerlohe.states.Expansion`; left and right factors of a `WignerLohe` model
        as `wignerlohe.Factors`, or arrays (N, N, *space.shape) on its phase space; for a `WignerEquation` arrays
        (M, *space.shape), or states; for `Correlations` a matrix (N, N) of starting values ``z_ij(0)``.
    times : array_like of float, shape (T,)
        Output times, increasing, none negative. The initial data are those at t = 0, whatever the first of them is.
    method : {"auto", "separation", "per-node", "split-step", "phase-space"}
        The separation takes one map for all nodes where that holds; ``"per-node"`` moves each node by itself, which
        costs more and does not lose a node next to the antipode of the mean to rounding. The last two step wave
        functions, and functions on phase space. ``"auto"`` is the separation wherever it is valid, and else what steps
        the data; ``solution.method`` says what ran and why.
    rtol : float
        Local error bound of the coupling and of splittings, 1e-13 to 1e-2. Under the separation the error of every
        ``1 - z_ij`` is at most ``10 rtol`` times the condition number of the problem, relatively (with detunings or a
        network, absolutely); states have in addition ``eps ||H|| t / hbar``.
    on_violation : {"stop", "warn"}
        What happens where a number that is watched leaves its bounds (docs, "Numbers watched while running"): the run
        stops there, or goes on and warns at its end, for who wants to see what becomes of it.
    progress : callable, optional
        Called with the fraction of the run that is done, after each segment.
    checkpoint : path, optional
        A folder in which the run is kept as it goes, for `wignerlohe.load`. If it holds the beginning of the same run,
        this is what goes on: after any end of the process, on the same machine, to the same bits.
    checkpoint_every : float
        Seconds from one checkpoint to the next. There is another one when the run ends with an error or is interrupted.

    Returns
    -------
    Solution

    Raises
    ------
    InvalidInputError
        If shapes do not fit, a value is not finite, a norm differs from 1 by more than 1e-8 (the node and its norm
        are named), times do not increase, or the method is not valid for the problem; if the folder for checkpoints
        holds something else, or another process writes to it.
    DamagedError
        If what the folder holds is not as it was written.
    TooLargeError
        If the run would need more memory than the machine has.
    ViolationError
        If a number that is watched leaves its bounds: more than 0.01 of probability at the edge of the box or of the
        momentum band, say. Like any SolverError it has what was found before as its attribute ``solution``.
    SolverError
        If steps underflow, or a potential V(t, x) is not finite at some time.

    Warns
    -----
    UnresolvedWarning
        If a state reaches the edge of the box or of the momentum band, with numbers and what to change.

    Examples
    --------
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-10.0, 10.0, 128)
    >>> psi = wl.states.gaussian(grid, position=[-1.0, 1.0])
    >>> model = wl.SchrodingerLohe(grid, potential="0.5*x**2", coupling=1.0)
    >>> solution = wl.solve(model, psi, times=[0.0, 1.0, 200.0])
    >>> solution.diameter
    array([6.32120559e-01, 2.90603260e-01, 1.27904466e-87])
    """
    course = segments(model, initial, times, method=method, rtol=rtol, on_violation=on_violation)
    told = progress or (lambda _: None)
    if checkpoint is not None:
        from wignerlohe.store.record import recorded

        solution = recorded(course, Path(checkpoint), checkpoint_every, told)
    else:
        solution = collect(course.reported(course, told))
    for finding in solution.findings:
        warnings.warn(str(finding), UnresolvedWarning, stacklevel=2)
    return solution


def collect(parts: Iterable[Solution], before: Iterable[Solution] = ()) -> Solution:
    """Join the solutions of consecutive segments; what is there of a run that fails goes along with the error."""
    found = list(before)
    try:
        found.extend(map(lean, parts))  # as far as they come
    except SolverError as error:
        error.solution = join(found) if any(len(part.times) for part in found) else None
        raise
    return join(found)


@dataclass(frozen=True)
class Rest:
    """Where a run rests: all that it needs to go on.

    Attributes
    ----------
    first : int
        Output times of the segments that are done.
    state : state of the coupling
        Where it stands.
    found : tuple of states
        Those at the output times of the segment that is under way.
    cost : Cost
    seconds : float
    flow : dict of arrays
        Where a linear flow stands that goes along.
    over : bool
        Whether there is nothing beyond: a blow-up.
    """

    first: int
    state: Any
    found: tuple[Any, ...] = ()
    cost: Cost = field(default_factory=Cost)
    seconds: float = 0.0
    flow: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    over: bool = False


@dataclass(frozen=True)
class Course:
    """A checked problem and its method: iterating over it solves it, segment by segment.

    Attributes
    ----------
    model : NodeModel or Correlations
    plan : Plan
    times : float64 array, shape (T,)
        The output times.
    rtol : float
    on_violation : {"stop", "warn"}
    findings : tuple of Finding
        Where the grid does not hold the initial data.
    """

    model: NodeModel | Correlations
    plan: Plan
    times: FloatArray
    rtol: float
    on_violation: OnViolation
    findings: tuple[Finding, ...]

    @property
    def slab(self) -> int:
        """Output times in a segment."""
        return even_length(len(self.times), segment_length(self.plan.entries))

    def __iter__(self) -> Iterator[Solution]:
        return self.go(self.start())

    def start(self) -> Rest:
        """Where a run begins."""
        return Rest(0, self.plan.coupling.start())

    def go(self, here: Rest, rested: Callable[[Rest], object] = lambda _: None) -> Iterator[Solution]:
        """Solve from where a run rests; ``rested`` is called wherever it does.

        A solution is to be taken care of before the next is asked for: the run rests in between. A run that stops has
        given the good part of its segment before, and rests where it did last.
        """
        coupling, fields, begun = self.plan.coupling, self.plan.fields, clock.perf_counter() - here.seconds
        self._restore(here)
        findings = [] if here.first else list(self.findings)
        while here.first < len(self.times) and not here.over:
            slab, event, drift = self.times[here.first : here.first + self.slab], None, 0.0
            new: list[Finding] = []
            if len(here.found) == len(slab):  # the run was cut off when all that was left was to write it
                new, drift = self._unresolved(here.found), watch.drift(coupling, here.state)
            while len(here.found) < len(slab) and event is None:
                left = slab[len(here.found) :]
                cost = replace(here.cost, limit=here.cost.steps + steps_to_rest(self.plan.entries), rested=None)
                states, event = self._evolve(here.state, left, cost)
                resting = bool(states) and states[-1].time < left[len(states) - 1]
                after = replace(
                    here,
                    state=states[-1] if states else here.state,
                    found=(*here.found, *(states[:-1] if resting else states)),
                    cost=cost,
                    seconds=clock.perf_counter() - begun,
                )
                ended = event is not None or len(after.found) == len(slab)
                new = self._unresolved(after.found if ended else [after.state] if self._looks(here, after) else [])
                drift = watch.drift(coupling, after.state)
                if self.on_violation == "stop" and (stop := watch.violation(coupling, fields, after.state, new, drift)):
                    number, stop = self._first(here, [*here.found, *states], stop)
                    if good := [*here.found, *states][:number]:
                        drift = watch.drift(coupling, good[-1])
                        yield self._part(after, good, [*findings, *self._unresolved(good)], drift)
                    raise stop
                here = after
                if event is None:
                    rested(here)
            yield self._part(here, here.found, [*findings, *new], drift, event)
            chain = getattr(fields, "prepared", None)
            flow = chain.entries() if isinstance(chain, Chain) else {}
            here = replace(here, first=here.first + len(here.found), found=(), flow=flow, over=event is not None)
            rested(here)
            findings = []
        if self.on_violation == "warn" and here.state is not None:
            found = watch.violation(
                coupling, fields, here.state, (), watch.drift(coupling, here.state)
            )  # what is no finding
            if found is not None:
                warnings.warn(str(found), UnresolvedWarning, stacklevel=2)

    def empty(self) -> Solution:
        """A solution at no time."""
        return Solution(
            model=self.model,
            times=self.times[:0],
            coupling=self.plan.coupling,
            states=(),
            method=self._method(self.start()),
            fields=self.plan.fields,
        )

    def reported(
        self, parts: Iterable[Solution], progress: Callable[[float], None], done: int = 0
    ) -> Iterator[Solution]:
        """The same parts, with a call of the fraction that is done after each of them."""
        for part in parts:
            yield part
            done += len(part.times)
            progress(1.0 if part.blow_up_time is not None else done / len(self.times))

    def _evolve(self, state: Any, times: FloatArray, cost: Cost) -> tuple[list[Any], BlowUp | None]:
        """Let the coupling carry a state on."""
        try:
            return self.plan.coupling.evolve(state, times, self.rtol, cost)
        except np.linalg.LinAlgError as error:  # of matrices whose numbers are too large, or differ too much in size
            text = f"the coupling stops after t = {state.time:.6g}: {error}; try data of smaller size"
            raise SolverError(text) from error

    def _part(
        self,
        here: Rest,
        states: Sequence[Any],
        findings: Sequence[Finding],
        drift: float,
        event: BlowUp | None = None,
    ) -> Solution:
        """The solution on a segment, or its good part."""
        return replace(
            self.empty(),
            times=self.times[here.first : here.first + len(states)],
            states=tuple(states),
            method=self._method(here),
            findings=tuple(findings),
            blow_up_time=None if event is None else event.time,
            drift=drift,
        )

    def _unresolved(self, states: Sequence[Any]) -> list[Finding]:
        """Where the grid does not hold states."""
        return self.plan.fields.unresolved(states) if self.plan.fields is not None and states else []

    def _looks(self, before: Rest, after: Rest) -> bool:
        """Whether masses are looked at where a run rests between output times: where functions are stepped."""
        return hasattr(after.state, "error") and watch.looks_between(before.cost.steps, after.cost.steps)

    def _first(self, here: Rest, states: Sequence[Any], last: ViolationError) -> tuple[int, ViolationError]:
        """The number of good states before the first violation, and that; there is one at the last state."""
        coupling, fields = self.plan.coupling, self.plan.fields
        self._restore(here)  # so that a stepped flow goes through the states once more, and not from t = 0 each time
        looks = (watch.violation(coupling, fields, s, self._unresolved([s]), watch.drift(coupling, s)) for s in states)
        found = next(((number, stop) for number, stop in enumerate(looks) if stop), (len(states), last))
        self._restore(here)
        return found

    def _restore(self, here: Rest) -> None:
        """Let a stepped linear flow stand where it did where the segment began."""
        chain = getattr(self.plan.fields, "prepared", None)
        if isinstance(chain, Chain):
            chain.restore(here.flow)

    def _method(self, here: Rest) -> Method:
        """What ran, and what it cost so far."""
        found, fields = self.plan, self.plan.fields
        cost = {"steps": here.cost.steps, "evaluations": here.cost.evaluations, "seconds": here.seconds}
        error = getattr(here.state, "error", None)
        return Method(
            name=found.name,
            reason=found.reason,
            coupling=found.coupling.description,
            linear="none" if fields is None else fields.linear,
            rtol=self.rtol,
            cost=cost if error is None else cost | {"splitting_error": float(error)},
        )


def segments(
    model: NodeModel | Correlations,
    initial: Any,
    times: ArrayLike,
    *,
    method: str = "auto",
    rtol: float = 1e-10,
    on_violation: OnViolation = "stop",
) -> Course:
    """Check everything, then return an iterator over the solutions on consecutive output times. See `solve`."""
    output_times = check_times(times)
    require(method in METHODS, "method", f"be one of {METHODS}", f"{method!r} was given", 'method="auto"')
    known = get_args(OnViolation)
    require(on_violation in known, "on_violation", f"be one of {known}", f"{on_violation!r} was given", '"stop"')
    rtol = real_number("rtol", rtol, "rtol=1e-10")
    must = f"lie in [{LEAST_RTOL:g}, {LARGEST_RTOL:g}]"
    require(LEAST_RTOL <= rtol <= LARGEST_RTOL, "rtol", must, f"{rtol!r} was given", "rtol=1e-10")
    require(
        isinstance(model, NodeModel | Correlations), "model", "be a model", f"{model!r} was given", "SchrodingerLohe"
    )
    last = float(output_times[-1])
    found = plan(model, initial, method, rtol, len(output_times))
    if isinstance(model, Correlations):
        check_clock(abs(model.coupling) * last)
    else:
        check_clock(model.system(found.coupling.count).rate * last)
        check_phases(found.fields, last)
    start = found.coupling.start()
    findings = [] if found.fields is None else found.fields.unresolved([start])
    if on_violation == "stop" and (stop := watch.violation(found.coupling, found.fields, start, findings, drift=0.0)):
        raise stop
    return Course(model, found, output_times, rtol, on_violation, tuple(findings))


def check_times(times: ArrayLike) -> FloatArray:
    """Convert to increasing, finite times, none negative."""
    increasing = "finite, increasing numbers, none negative"
    array = np.atleast_1d(real_array("times", times, "numpy.linspace(0.0, 4.0, 41)", increasing))
    good = array.ndim == 1 and array.size > 0 and array[0] >= 0
    require(
        good and np.all(np.diff(array) > 0),
        "times",
        f"be {increasing}",
        f"{times!r} was given",
        "numpy.linspace(0.0, 4.0, 41)",
    )
    return array


def check_clock(largest: float) -> None:
    """Refuse runs so long that the rounding of the clock is no longer small."""
    require(
        largest <= LARGEST_CLOCK,
        "times",
        f"keep coupling (and detuning) x time below {LARGEST_CLOCK:.0e}, beyond which its rounding is no longer small",
        f"it reaches {largest:.3g}",
        "a smaller coupling or a shorter run",
    )
