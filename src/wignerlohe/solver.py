"""Choosing a method, and the loop over segments that every run goes through.

A segment is a fixed number of output times. Between segments the state is the time and the coupling's own state and
nothing else, and each segment starts afresh from it: progress, output on disk and (later) checkpoints hang on the
loop, and a run cut off and resumed between two segments gives the same bits.
"""

from __future__ import annotations

import time as clock
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.checks import real_array, real_number, require
from wignerlohe.coupling.base import Cost
from wignerlohe.errors import UnresolvedWarning
from wignerlohe.methods import METHODS, Plan, check_phases, plan
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.segments import cut
from wignerlohe.solution import Method, Solution, join

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

LEAST_RTOL, LARGEST_RTOL = 1e-13, 1e-2
LARGEST_CLOCK = 1e9


def solve(
    model: NodeModel | Correlations,
    initial: Any,
    times: ArrayLike,
    *,
    method: str = "auto",
    rtol: float = 1e-10,
    progress: Callable[[float], None] | None = None,
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
    progress : callable, optional
        Called with the fraction of the run that is done, after each segment.

    Returns
    -------
    Solution

    Raises
    ------
    InvalidInputError
        If shapes do not fit, a value is not finite, a norm differs from 1 by more than 1e-8 (the node and its norm
        are named), times do not increase, or the method is not valid for the problem.
    TooLargeError
        If the run would need more memory than the machine has.

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
    parts: list[Solution] = []
    done, total = 0, np.size(times)
    for part in segments(model, initial, times, method=method, rtol=rtol):
        parts.append(part)
        done += len(part.times)
        if progress is not None:
            progress(1.0 if part.blow_up_time is not None else done / total)
    solution = join(parts)
    for finding in solution.findings:
        warnings.warn(str(finding), UnresolvedWarning, stacklevel=2)
    return solution


def segments(
    model: NodeModel | Correlations, initial: Any, times: ArrayLike, *, method: str = "auto", rtol: float = 1e-10
) -> Iterator[Solution]:
    """Check everything, then return an iterator over the solutions on consecutive output times. See `solve`."""
    output_times = check_times(times)
    require(method in METHODS, "method", f"be one of {METHODS}", f"{method!r} was given", 'method="auto"')
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
    return _run(model, found, cut(output_times, found.entries), rtol)


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


def _run(model: NodeModel | Correlations, found: Plan, slabs: Iterator[FloatArray], rtol: float) -> Iterator[Solution]:
    """The loop: the coupling first, then what the fields say about its states, one segment at a time."""
    started = clock.perf_counter()
    coupling, fields, cost = found.coupling, found.fields, Cost()
    state = coupling.start()
    findings = [] if fields is None else fields.unresolved([state])
    for slab in slabs:
        states, event = coupling.evolve(state, slab, rtol, cost)
        state = states[-1] if states else state
        if fields is not None and states:
            findings = findings + fields.unresolved(states)
        spent = {"steps": cost.steps, "evaluations": cost.evaluations, "seconds": clock.perf_counter() - started}
        error = getattr(state, "error", None)
        yield Solution(
            model=model,
            times=slab[: len(states)],
            coupling=coupling,
            states=tuple(states),
            method=Method(
                name=found.name,
                reason=found.reason,
                coupling=coupling.description,
                linear="none" if fields is None else fields.linear,
                rtol=rtol,
                cost=spent if error is None else spent | {"splitting_error": float(error)},
            ),
            fields=fields,
            findings=tuple(findings),
            blow_up_time=None if event is None else event.time,
            drift=coupling.drift(state),
        )
        if event is not None:
            return
        findings = []
