"""The labelled data set: the way from a solution to it and back.

A data set holds derived variables for other tools (``correlation``, ``diameter``, ...) and the few state variables from
which `from_dataset` makes a `Solution` again, whose numbers are then the same to the last bit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from wignerlohe.checks import real_array, require
from wignerlohe.conventions import describe, momentum_names, position_names
from wignerlohe.coupling.base import Coupling
from wignerlohe.coupling.pairs import MOST_NODES, check_pairs, exponential
from wignerlohe.coupling.scalars import ScalarForm
from wignerlohe.diagnostics.resolution import Unresolved
from wignerlohe.grid import Grid
from wignerlohe.initial import Prepared
from wignerlohe.labels import Entry, assemble
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.models.schrodinger_lohe import SchrodingerLohe
from wignerlohe.models.wigner_lohe import WignerLohe
from wignerlohe.network import Network, Weights, complete, from_matrix
from wignerlohe.nodes import Nodes
from wignerlohe.phase_space.selection import Selection, select
from wignerlohe.potentials import Potential
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
    moments = np.atleast_1d(real_array("wigner_times", wigner_times, "wigner_times=[0.0]"))
    both = np.size(check_pairs(wigner_pairs, solution.count)) > 0, moments.size > 0
    must, but = "be given together with wigner_pairs", "only one of them was"
    require(both[0] == both[1], "wigner_times", must, but, "wigner_pairs=[(0, 1)], wigner_times=[0.0]")
    if all(both):
        entries |= wigner_entries(solution, wigner_pairs, moments.tolist())
    data = assemble(entries, attributes(solution))
    if "wigner" in data and solution.nodes is not None:
        data["wigner"].attrs |= select(solution.nodes.model.grid).attributes
    return data


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
        found |= {"potential": model.potential_text, "time_dependent": model.drive is not None}
        found["potential_is_formula"] = not model.potential_text.startswith("given as ")
        assert solution.nodes is not None
        found["mixed"] = solution.nodes.data.mixed
        weights = model.system(solution.count).weights
        found |= {"weight": weights} if isinstance(weights, float) else {}
        found["network"] = "" if model.network is None else model.network_of(solution.count).description
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
        assert isinstance(solution.coupling, ScalarForm)
        return {"initial_deviation": (("i", "j"), solution.coupling.deviation)}
    grid, data = nodes.model.grid, nodes.data
    names = position_names(grid.dimension)
    found: dict[str, Entry] = {name: ((name,), axis) for name, axis in zip(names, grid.axes, strict=True)}
    found["potential"] = (names, nodes.model.potential)
    found["coordinates"] = (("node", "mode"), data.coordinates)
    if data.right is not None and data.deviation is not None:
        found["right_coordinates"] = (("node", "mode"), data.right)
        found["initial_deviation"] = (("i", "j"), data.deviation)
    found["norm"] = (("node",), data.norms)
    found["basis"] = (("mode", "component", *names), data.basis)
    system = nodes.model.system(nodes.count)
    if system.detuning is not None:
        found["detuning"] = (("node",), system.detuning)
    return found | _network_entries(system.weights)


def _network_entries(weights: Weights) -> dict[str, Entry]:
    """The weights A_ik: one number, a matrix, or the rows, columns and values of a sparse matrix."""
    if isinstance(weights, float):
        return {}  # an attribute
    if isinstance(weights, np.ndarray):
        return {"network": (("i", "j"), weights)}
    edges = weights.tocoo()
    return {
        "edge_i": (("edge",), edges.row.astype(np.int64)),
        "edge_j": (("edge",), edges.col.astype(np.int64)),
        "edge_weight": (("edge",), edges.data),
    }


def _network(data: xr.Dataset, count: int) -> Network | None:
    """Take the network out of a data set again, under its own name."""
    words = data.attrs["network"]
    return replace(_weights(data, count), description=words) if words else None


def _weights(data: xr.Dataset, count: int) -> Network:
    if "network" in data:
        return from_matrix(data["network"].values)
    if "edge_weight" in data:
        places = (data["edge_i"].values, data["edge_j"].values)
        return from_matrix(scipy.sparse.csr_array((data["edge_weight"].values, places), shape=(count, count)))
    return complete(count, float(data.attrs["weight"]))


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
        logs, dims = solution.pairs.log_deviation_of(pairs), ("time", "chosen_pair")
        chosen = np.array(pairs, dtype=int).reshape(-1, 2)
        found |= {"chosen_i": (dims[1:], chosen[:, 0]), "chosen_j": (dims[1:], chosen[:, 1])}
    deviation = exponential(logs)
    found |= {"correlation": (dims, 1 - deviation), "deviation": (dims, deviation), "log_deviation": (dims, logs)}
    if solution.count <= MOST_NODES:
        found |= {"diameter": (("time",), solution.diameter), "log_diameter": (("time",), solution.log_diameter)}
    else:
        found["diameter_lower"] = (("time",), solution.diameter_lower)
        found["diameter_upper"] = (("time",), solution.diameter_upper)
    found["order_parameter"] = (("time",), solution.order_parameter)
    found |= {"phase": (("time", "node"), solution.phase), "amplitude": (("time", "node"), solution.amplitude)}
    found |= solution.coupling.entries(solution.states)
    if solution.nodes is None:
        return found
    if solution.nodes.data.mixed:
        found["purity"] = (("time", "node"), solution.purity)
    if wavefunctions or (wavefunctions is None and keeps_wavefunctions(solution.nodes, len(solution.times))):
        names = position_names(solution.nodes.model.grid.dimension)
        inner = ("component", *names) if solution.nodes.data.mixed else names
        found["wavefunction"] = (("time", "node", *inner), solution.nodes.wavefunctions(solution.states))
        if solution.nodes.data.right is not None:
            found["right_factor"] = (("time", "node", *inner), solution.nodes.right_factors(solution.states))
    return found


def keeps_wavefunctions(nodes: Nodes, times: int) -> bool:
    """Whether wave functions at all output times can be made and are small enough to be kept unasked."""
    small = times * nodes.count * nodes.data.basis[0].size <= LARGEST_WAVEFUNCTION
    return bool(small and not isinstance(nodes.model.drive, Forgotten))


def wigner_entries(solution: Solution, pairs: Sequence[tuple[int, int]], times: Sequence[float]) -> dict[str, Entry]:
    """``wigner (wigner_time, pair, x, p)`` with its axes."""
    require(
        solution.nodes is not None, "wigner", "belong to a model with states", "there are only correlations", "none"
    )
    assert solution.nodes is not None
    whole = select(solution.nodes.model.grid)
    values = np.stack([solution.wigner_functions(pairs, time) for time in times])
    found = wigner_axes(whole, pairs) | {"wigner": (wigner_dims(whole), values)}
    return found | {"wigner_time": (("wigner_time",), np.asarray(times, dtype=float))}


def wigner_dims(selection: Selection) -> tuple[str, ...]:
    """Dimension names of the variable ``wigner``."""
    return ("wigner_time", "pair", *selection.kept)


def wigner_axes(selection: Selection, pairs: Sequence[tuple[int, int]]) -> dict[str, Entry]:
    """Return the coordinates of the variable ``wigner`` that do not change in time, the position axes apart."""
    chosen = np.array(pairs, dtype=int).reshape(-1, 2)
    momenta = momentum_names(selection.grid.dimension)
    found: dict[str, Entry] = {name: ((name,), axis) for name, axis in selection.coordinates.items() if name in momenta}
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
    times = data["time"].values
    nodes: Nodes | None = None
    model: NodeModel | Correlations
    coupling: Coupling
    if attrs["model"] == "correlations":
        model = Correlations(float(attrs["coupling"]))
        coupling = ScalarForm(data["initial_deviation"].values, model.coupling)
    else:
        nodes = _nodes(data)
        model, coupling = nodes.model, nodes.coupling
    names = coupling.entries(())
    return Solution(
        model=model,
        times=times,
        coupling=coupling,
        states=tuple(coupling.restore(times, {name: data[name].values for name in names})),
        method=Method(**json.loads(attrs["method"])),
        nodes=nodes,
        findings=tuple(Unresolved(**finding) for finding in json.loads(attrs["findings"])),
        blow_up_time=None if attrs["blow_up_time"] < 0 else float(attrs["blow_up_time"]),
        drift=float(attrs["drift"]),
    )


def _nodes(data: xr.Dataset) -> Nodes:
    """Make the nodes again: model, initial data and what moves them."""
    attrs = data.attrs
    grid = Grid(attrs["lower"], attrs["upper"], attrs["points"], hbar=attrs["hbar"])
    kind = KINDS[attrs["model"]]
    assert issubclass(kind, NodeModel)
    coordinates = data["coordinates"].values
    model = kind(
        grid,
        _potential(data),
        coupling=attrs["coupling"],
        mass=attrs["mass"],
        detuning=data["detuning"].values if "detuning" in data else None,
        network=_network(data, len(coordinates)),
    )
    text, sampled = attrs["potential"], model.sampled
    lost = attrs["time_dependent"] and not attrs["potential_is_formula"]
    drive = Forgotten(sampled.values, text) if lost else sampled.drive
    object.__setattr__(model, "sampled", replace(sampled, sources=(text,), drive=drive))
    prepared = Prepared(
        basis=data["basis"].values,
        coordinates=coordinates,
        right=data["right_coordinates"].values if "right_coordinates" in data else None,
        norms=data["norm"].values,
        mixed=bool(attrs["mixed"]),
        deviation=data["initial_deviation"].values if "initial_deviation" in data else None,
    )
    method = json.loads(attrs["method"])
    return Nodes(model=model, data=prepared, rtol=method["rtol"], one_map=method["name"] != "per-node")


def _potential(data: xr.Dataset) -> Potential:
    """V as it was: its values, to the last bit, or the formula that gives them at later times."""
    formula = data.attrs["time_dependent"] and data.attrs["potential_is_formula"]
    return str(data.attrs["potential"]) if formula else np.asarray(data["potential"].values)


@dataclass(frozen=True)
class Forgotten:
    """A potential V(t, x) of which a store keeps V(0, x) alone, since it was a callable."""

    start: NDArray[np.float64]
    text: str

    def __call__(self, time: float) -> NDArray[np.float64]:
        """V at t = 0; what would need it later is refused."""
        must = "be a formula for states after t = 0 to be made from a store"
        attempt = "an expression in x and t, or what needs no such states: to_dataset(wavefunctions=False)"
        require(time == 0, "potential", must, f"this one was {self.text}", attempt)
        return self.start
