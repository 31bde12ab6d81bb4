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

from wignerlohe import memory, states
from wignerlohe.checks import complex_array, real_array, require
from wignerlohe.coupling import mobius, scalars
from wignerlohe.coupling.pairs import Pairs
from wignerlohe.coupling.span import Span
from wignerlohe.diagnostics.resolution import find_unresolved
from wignerlohe.errors import InvalidInputError, UnresolvedWarning
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.nodes import Nodes
from wignerlohe.segments import cut
from wignerlohe.solution import Method, Solution, join

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

METHODS = ("auto", "separation")
NORM_LIMIT = 1e-8
LARGEST_CLOCK = 1e9
LARGEST_PHASE_ERROR = 1e-6


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

    For nodes that share a potential the coupled problem separates,
    ``psi_i(t) = exp(-i t H / hbar) sum_k G_ik(t) psi_k(0)``: a small system for the coupling, which runs at ``rtol``,
    and a linear flow, which is exact. No coupled partial differential equation is stepped.

    Parameters
    ----------
    model : SchrodingerLohe, WignerLohe or Correlations
        What to solve.
    initial : array, callable or list of callables
        Unit states (N, *grid.shape), or functions of the coordinates that give them; for `Correlations` a matrix
        (N, N) of starting values ``z_ij(0)``.
    times : array_like of float, shape (T,)
        Output times, increasing, none negative. The initial data are those at t = 0, whatever the first of them is.
    method : {"auto", "separation"}
        Both take the separation, the only method of this version; ``solution.method`` says why it is valid.
    rtol : float
        Local error bound of the coupling, 1e-13 to 1e-2. The error of every ``1 - z_ij`` is at most ``10 rtol`` times
        the condition number of the problem, relatively; states have in addition ``eps ||H|| t / hbar``.
    progress : callable, optional
        Called with the fraction of the run that is done, after each segment.

    Returns
    -------
    Solution

    Raises
    ------
    InvalidInputError
        If shapes do not fit, a value is not finite, a norm differs from 1 by more than 1e-8 (the node and its norm
        are named), or times do not increase.
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
    require(
        isinstance(rtol, float) and 1e-13 <= rtol <= 1e-2,
        "rtol",
        "lie in [1e-13, 1e-2]",
        f"{rtol!r} was given",
        "1e-10",
    )
    require(
        isinstance(model, NodeModel | Correlations), "model", "be a model", f"{model!r} was given", "SchrodingerLohe"
    )
    clock_range = abs(model.coupling) * output_times[-1]
    require(
        clock_range <= LARGEST_CLOCK,
        "times",
        f"keep coupling x time below {LARGEST_CLOCK:.0e}, beyond which its rounding is no longer small",
        f"it reaches {clock_range:.3g}",
        "a smaller coupling or fewer times",
    )
    if isinstance(model, Correlations):
        return _correlations(model, check_matrix(initial), output_times, rtol)
    psi = states.on_grid(model.grid, initial)
    check_norms(model.grid.norm(psi))
    memory.require_room(memory.of_nodes(model.grid, len(psi), len(output_times)))
    nodes = Nodes(model=model, span=Span.of(model.grid, psi))
    check_phases(nodes.flow.phase_error(output_times[-1]))
    return _nodes(nodes, output_times, rtol)


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


def check_matrix(initial: Any) -> ComplexArray:
    """Convert starting correlations to a finite square matrix."""
    what = "a finite square matrix z_ij(0)"
    z = complex_array("initial", initial, "numpy.eye(3)", what)
    require(
        z.ndim == 2 and z.shape[0] == z.shape[1] > 0,
        "initial",
        f"be {what}",
        f"its shape is {z.shape}",
        "numpy.eye(3)",
    )
    return z


def check_norms(norms: FloatArray) -> None:
    """Refuse nodes whose norm differs from 1: the node and its norm are named, and nothing is adjusted."""
    bad = np.flatnonzero(~(np.abs(norms - 1) <= NORM_LIMIT)).tolist()
    if bad:
        others = f" ({len(bad)} nodes in all)" if len(bad) > 1 else ""
        raise InvalidInputError(
            f"`initial` must have unit norms (to {NORM_LIMIT:.0e}), but that of node {bad[0]} is "
            f"{norms[bad[0]]:.12g}{others}; "
            "try wignerlohe.normalise(grid, psi), or a wider box or finer grid if the state should have norm 1"
        )


def check_phases(error: float) -> None:
    """Refuse energies so large that the phases ``exp(-i E t / hbar)`` are rounding noise."""
    require(
        error < LARGEST_PHASE_ERROR,
        "potential",
        f"keep eps ||H|| t / hbar, the rounding of the phases, below {LARGEST_PHASE_ERROR:g}",
        f"it is {error:.2g} at the last time",
        "smaller values of V, a shorter run, or other units",
    )


def _nodes(nodes: Nodes, times: FloatArray, rtol: float) -> Iterator[Solution]:
    """The separation for wave functions: the Mobius map, then the linear flow."""
    started = clock.perf_counter()
    model = nodes.model
    coordinates = nodes.span.coordinates
    cost = mobius.Cost()
    state = mobius.MobiusState.identity(coordinates.shape[1])
    findings = find_unresolved(model.grid, nodes.masses([state]), np.zeros(1))
    for slab in cut(times, nodes.count * model.grid.size):
        found = mobius.evolve(coordinates, model.coupling, state, slab, rtol, cost)
        state = found[-1]
        log_g = np.stack([entry.log_g(coordinates) for entry in found])
        findings = findings + find_unresolved(model.grid, nodes.masses(found), slab)
        spent = {"steps": cost.steps, "read_passes": cost.passes, "seconds": clock.perf_counter() - started}
        yield Solution(
            model=model,
            times=slab,
            pairs=Pairs(log_g=log_g, log_h=log_g.conj(), initial=nodes.initial_deviation),
            method=Method(
                name="separation",
                reason="all nodes share one potential, so the coupling commutes with the linear flow (S1)",
                coupling=f"Mobius map on the span of the data, rank {coordinates.shape[1]} (S3), Lie group, order 8",
                linear=f"eigenbasis of H on {model.grid.size} points, exact at any time",
                rtol=rtol,
                cost=spent,
            ),
            nodes=nodes,
            states=tuple(found),
            findings=tuple(findings),
            drift=state.drift(),
        )
        findings = []


def _correlations(model: Correlations, z: ComplexArray, times: FloatArray, rtol: float) -> Iterator[Solution]:
    """The scalar form for a matrix of correlations, up to a blow-up."""
    started = clock.perf_counter()
    deviation = 1 - z
    steps: list[int] = []
    state = scalars.ScalarState.identity(len(z))
    for slab in cut(times, z.size):
        found, event = scalars.evolve(deviation, model.coupling, state, slab, rtol, steps.append)
        state = found[-1] if found else state
        logs = np.array([entry.logarithms(model.coupling) for entry in found]).reshape(len(found), 2, len(z))
        yield Solution(
            model=model,
            times=slab[: len(found)],
            pairs=Pairs(log_g=logs[:, 0], log_h=logs[:, 1], initial=lambda rows: deviation[rows]),
            method=Method(
                name="separation",
                reason="the correlations form a closed system, (20) of the paper, which factors over pairs (S2)",
                coupling="scalar form, 2N logarithms (S2), DOP853",
                linear="none",
                rtol=rtol,
                cost={"steps": len(steps), "evaluations": sum(steps), "seconds": clock.perf_counter() - started},
            ),
            states=tuple(found),
            blow_up_time=None if event is None else event.time,
        )
        if event is not None:
            return
