"""The labelled data set: the way from a solution to it and back.

A data set holds derived variables for other tools (``correlation``, ``diameter``, ...) and the few state variables from
which `from_dataset` makes a `Solution` again, whose numbers are then the same to the last bit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from wignerlohe.checks import require
from wignerlohe.conventions import describe, momentum_names, position_names
from wignerlohe.coupling.mobius import MobiusState
from wignerlohe.coupling.pairs import Pairs, exponential
from wignerlohe.coupling.scalars import ScalarState
from wignerlohe.coupling.span import Span
from wignerlohe.diagnostics.resolution import Unresolved
from wignerlohe.grid import Grid
from wignerlohe.labels import Entry, assemble
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.models.schrodinger_lohe import SchrodingerLohe
from wignerlohe.models.wigner_lohe import WignerLohe
from wignerlohe.nodes import Nodes
from wignerlohe.solution import Method, Solution
from wignerlohe.store.provenance import FORMAT, FORMAT_VERSION, provenance

if TYPE_CHECKING:  # a run writes through zarr alone; xarray is loaded when a data set is asked for
    import xarray as xr

KINDS: dict[str, type[NodeModel] | type[Correlations]] = {
    "schrodinger-lohe": SchrodingerLohe,
    "wigner-lohe": WignerLohe,
    "correlations": Correlations,
}
LARGEST_WAVEFUNCTION = 4_000_000  # entries that to_dataset adds unasked


def to_dataset(
    solution: Solution,
    pairs: Sequence[tuple[int, int]] | None = None,
    wavefunctions: bool | None = None,
    wigner_pairs: Sequence[tuple[int, int]] = (),
    wigner_times: Sequence[float] = (),
) -> xr.Dataset:
    """Turn a solution into a data set. See `Solution.to_dataset`."""
    entries: dict[str, Entry] = static_entries(solution)
    entries |= timed_entries(solution, pairs=pairs, wavefunctions=wavefunctions)
    if len(wigner_pairs) and len(wigner_times):
        entries |= wigner_entries(solution, wigner_pairs, wigner_times)
    return assemble(entries, attributes(solution))


def attributes(solution: Solution) -> dict[str, Any]:
    """Conventions, settings, method and provenance: everything about a run that is not an array."""
    model = solution.model
    found: dict[str, Any] = {"title": "Quantum synchronization by the Lohe coupling", **provenance()}
    found["model"] = next(kind for kind, cls in KINDS.items() if type(model) is cls)
    found["coupling"] = model.coupling
    if isinstance(model, NodeModel):
        grid = model.grid
        found |= describe(grid.hbar, model.mass)
        found |= {"lower": list(grid.lower), "upper": list(grid.upper), "points": list(grid.points)}
        found["potential"] = model.potential_text
    return found | outcome(solution)


def outcome(solution: Solution) -> dict[str, Any]:
    """The attributes that are known only once a run has ended."""
    return {
        "method": json.dumps(asdict(solution.method)),
        "findings": json.dumps([asdict(finding) for finding in solution.findings]),
        "blow_up_time": -1.0 if solution.blow_up_time is None else solution.blow_up_time,
        "drift": solution.drift,
    }


def static_entries(solution: Solution) -> dict[str, Entry]:
    """Variables without a time axis."""
    nodes = solution.nodes
    if nodes is None:
        return {"initial_deviation": (("i", "j"), solution.pairs.initial(slice(None)))}
    grid = nodes.model.grid
    names = position_names(grid.dimension)
    found: dict[str, Entry] = {name: ((name,), axis) for name, axis in zip(names, grid.axes, strict=True)}
    found["potential"] = (names, nodes.model.potential)
    found["coordinates"] = (("node", "mode"), nodes.span.coordinates)
    found["norm"] = (("node",), nodes.span.norms)
    found["basis"] = (("mode", *names), nodes.span.basis)
    return found


def timed_entries(
    solution: Solution,
    pairs: Sequence[tuple[int, int]] | None = None,
    wavefunctions: bool | None = None,
) -> dict[str, Entry]:
    """Variables over the output times."""
    found: dict[str, Entry] = {"time": (("time",), solution.times)}
    dims: tuple[str, ...]
    if pairs is None:
        logs, dims = solution.log_deviation, ("time", "i", "j")
    else:
        logs, dims = solution.pairs.log_deviation_of(pairs), ("time", "pair")
        chosen = np.array(pairs, dtype=int).reshape(-1, 2)
        found |= {"pair_i": (("pair",), chosen[:, 0]), "pair_j": (("pair",), chosen[:, 1])}
    deviation = exponential(logs)
    found |= {"correlation": (dims, 1 - deviation), "deviation": (dims, deviation), "log_deviation": (dims, logs)}
    found |= {"diameter": (("time",), solution.diameter), "log_diameter": (("time",), solution.log_diameter)}
    found["order_parameter"] = (("time",), solution.order_parameter)
    found |= {"phase": (("time", "node"), solution.phase), "amplitude": (("time", "node"), solution.amplitude)}
    if solution.nodes is None:
        scalar_states = [state for state in solution.states if isinstance(state, ScalarState)]
        count = solution.count
        for name, values in (
            ("row_logarithm", [state.lam for state in scalar_states]),
            ("column_logarithm", [state.mu for state in scalar_states]),
        ):
            found[name] = (("time", "node"), np.array(values, dtype=np.complex128).reshape(-1, count))
        return found
    states = [state for state in solution.states if isinstance(state, MobiusState)]
    found["mobius_matrix"] = (("time", "row", "column"), np.stack([state.matrix for state in states]))
    found["mobius_log_scale"] = (("time",), np.array([state.log_scale for state in states]))
    grid = solution.nodes.model.grid
    if wavefunctions or (wavefunctions is None and keeps_wavefunctions(grid, solution.count, len(solution.times))):
        names = position_names(grid.dimension)
        found["wavefunction"] = (("time", "node", *names), solution.nodes.wavefunctions(states))
    return found


def keeps_wavefunctions(grid: Grid, count: int, times: int) -> bool:
    """Whether wave functions at all output times are small enough to be kept unasked."""
    return times * count * grid.size <= LARGEST_WAVEFUNCTION


def wigner_entries(solution: Solution, pairs: Sequence[tuple[int, int]], times: Sequence[float]) -> dict[str, Entry]:
    """``wigner (wigner_time, pair, x, p)`` with its axes."""
    require(
        solution.nodes is not None, "wigner", "belong to a model with states", "there are only correlations", "none"
    )
    assert solution.nodes is not None
    grid = solution.nodes.model.grid
    values = np.stack([solution.wigner_functions(pairs, time) for time in times])
    return wigner_axes(grid, pairs, times) | {"wigner": (wigner_dims(grid), values)}


def wigner_dims(grid: Grid) -> tuple[str, ...]:
    """Dimension names of the variable ``wigner``."""
    return ("wigner_time", "pair", *position_names(grid.dimension), *momentum_names(grid.dimension))


def wigner_axes(grid: Grid, pairs: Sequence[tuple[int, int]], times: Sequence[float]) -> dict[str, Entry]:
    """Return the coordinates of the variable ``wigner``, the position axes apart."""
    chosen = np.array(pairs, dtype=int).reshape(-1, 2)
    momenta = zip(momentum_names(grid.dimension), grid.phase_space.p, strict=True)
    found: dict[str, Entry] = {name: ((name,), axis) for name, axis in momenta}
    found["wigner_time"] = (("wigner_time",), np.asarray(times, dtype=float))
    return found | {"pair_i": (("pair",), chosen[:, 0]), "pair_j": (("pair",), chosen[:, 1])}


def from_dataset(data: xr.Dataset) -> Solution:
    """Make the solution again from its state variables."""
    attrs = data.attrs
    require(attrs.get("format") == FORMAT, "path", "hold a wignerlohe data set", "it does not say so", "another path")
    require(
        attrs.get("format_version") == FORMAT_VERSION,
        "path",
        f"have format version {FORMAT_VERSION}",
        f"it has {attrs.get('format_version')!r}",
        "the version of wignerlohe that wrote it",
    )
    method = Method(**json.loads(attrs["method"]))
    blow_up = None if attrs["blow_up_time"] < 0 else float(attrs["blow_up_time"])
    times = data["time"].values
    if attrs["model"] == "correlations":
        initial = data["initial_deviation"].values
        coupling = float(attrs["coupling"])
        columns = zip(times.tolist(), data["row_logarithm"].values, data["column_logarithm"].values, strict=True)
        scalar_states = tuple(ScalarState(*column) for column in columns)
        logs = np.array([state.logarithms(coupling) for state in scalar_states]).reshape(len(times), 2, len(initial))
        return Solution(
            model=Correlations(coupling),
            times=times,
            pairs=Pairs(log_g=logs[:, 0], log_h=logs[:, 1], initial=lambda rows: initial[rows]),
            method=method,
            states=scalar_states,
            blow_up_time=blow_up,
        )
    grid = Grid(attrs["lower"], attrs["upper"], attrs["points"], hbar=attrs["hbar"])
    kind = KINDS[attrs["model"]]
    assert issubclass(kind, NodeModel)
    model = kind(grid, data["potential"].values, coupling=attrs["coupling"], mass=attrs["mass"])
    object.__setattr__(model, "potential_text", attrs["potential"])
    span = Span(data["coordinates"].values, data["norm"].values, data["basis"].values)
    nodes = Nodes(model=model, span=span)
    rows = zip(times.tolist(), data["mobius_matrix"].values, data["mobius_log_scale"].values.tolist(), strict=True)
    states = tuple(MobiusState(*row) for row in rows)
    log_g = np.stack([state.log_g(span.coordinates) for state in states])
    return Solution(
        model=model,
        times=times,
        pairs=Pairs(log_g=log_g, log_h=log_g.conj(), initial=nodes.initial_deviation),
        method=method,
        nodes=nodes,
        states=states,
        findings=tuple(Unresolved(**finding) for finding in json.loads(attrs["findings"])),
        drift=float(attrs["drift"]),
    )
