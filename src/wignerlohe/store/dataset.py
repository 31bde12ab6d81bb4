"""The labelled data set: the way from a solution to it and back.

A data set holds derived variables for other tools (``correlation``, ``diameter``, ...) and the few state variables from
which `from_dataset` makes a `Solution` again, whose numbers are then the same to the last bit. Models and initial data
have files of their own, `models` and `fields`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from wignerlohe.checks import real_array, require
from wignerlohe.conventions import momentum_names, position_names
from wignerlohe.coupling.base import Coupling
from wignerlohe.coupling.pairs import MOST_NODES, check_pairs, exponential
from wignerlohe.coupling.scalars import ScalarForm
from wignerlohe.diagnostics.resolution import Unresolved
from wignerlohe.fields import Fields
from wignerlohe.labels import Entry, assemble
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.phase_space.selection import Selection, select
from wignerlohe.solution import Method, Solution
from wignerlohe.store.fields import field_attributes, field_entries, restore_fields
from wignerlohe.store.models import Forgotten, model_attributes, model_entries
from wignerlohe.store.provenance import provenance

if TYPE_CHECKING:  # a run writes through zarr alone; xarray is loaded when a data set is asked for
    import xarray as xr

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
    if "wigner" in data and solution.fields is not None:
        data["wigner"].attrs |= select(solution.fields.model.space).attributes
    return data


def attributes(solution: Solution) -> dict[str, Any]:
    """Conventions, settings, method and provenance: everything about a run that is not an array."""
    title = {"title": "Quantum synchronization by the Lohe coupling"}
    return title | provenance() | settings(solution) | outcome(solution)


def settings(solution: Solution) -> dict[str, Any]:
    """The attributes that say what is solved."""
    found = model_attributes(solution.model, solution.count)
    return found if solution.fields is None else found | field_attributes(solution.fields)


def outcome(solution: Solution) -> dict[str, Any]:
    """The attributes that are known only once a run has ended."""
    return {
        "method": json.dumps(asdict(solution.method)),
        "findings": json.dumps([{"kind_of": type(found).__name__} | vars(found) for found in solution.findings]),
        "blow_up_time": -1.0 if solution.blow_up_time is None else solution.blow_up_time,
        "drift": solution.drift,
    }


def needed(solution: Solution, static: dict[str, Entry]) -> dict[str, list[str]]:
    """Attributes that name the variables which a solution is made of again, over time and without."""
    without = [name for name, (dims, _) in static.items() if dims != (name,)]  # axes are known from the model
    return {"needed": without, "needed_over_time": ["time", *solution.coupling.entries(())]}


def read_outcome(attrs: dict[str, Any]) -> dict[str, Any]:
    """What `outcome` has written, as the attributes of a `Solution`."""
    return {
        "method": Method(**json.loads(attrs["method"])),
        "findings": tuple(map(_finding, json.loads(attrs["findings"]))),
        "blow_up_time": None if attrs["blow_up_time"] < 0 else float(attrs["blow_up_time"]),
        "drift": float(attrs["drift"]),
    }


def static_entries(solution: Solution) -> dict[str, Entry]:
    """Variables without a time axis."""
    if solution.fields is None:
        assert isinstance(solution.coupling, ScalarForm)
        return {"initial_deviation": (("i", "j"), solution.coupling.deviation)}
    return model_entries(solution.fields.model, solution.count) | field_entries(solution.fields)


def timed_entries(
    solution: Solution,
    pairs: Sequence[tuple[int, int]] | None = None,
    wavefunctions: bool | None = None,
) -> dict[str, Entry]:
    """Variables over the output times."""
    found: dict[str, Entry] = {"time": (("time",), solution.times)}
    if solution.coupled:
        found |= _pair_entries(solution, pairs)
    found |= solution.coupling.entries(solution.states)
    fields = solution.fields
    if fields is None:
        return found
    if fields.mixed:
        found["purity"] = (("time", "node"), solution.purity)
    if wavefunctions or (wavefunctions is None and keeps_wavefunctions(fields, len(solution.times))):
        names = position_names(fields.model.grid.dimension)
        inner = ("component", *names) if fields.mixed else names
        found["wavefunction"] = (("time", "node", *inner), fields.wavefunctions(solution.states))
        if not fields.unit:
            found["right_factor"] = (("time", "node", *inner), fields.right_factors(solution.states))
    return found


def _pair_entries(solution: Solution, pairs: Sequence[tuple[int, int]] | None) -> dict[str, Entry]:
    """Variables over pairs of nodes, and over nodes, that come from correlations."""
    found: dict[str, Entry] = {}
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
    return found | {"phase": (("time", "node"), solution.phase), "amplitude": (("time", "node"), solution.amplitude)}


def keeps_wavefunctions(fields: Fields, times: int) -> bool:
    """Whether wave functions at all output times can be made and are small enough to be kept unasked."""
    small = 0 < times * fields.numbers <= LARGEST_WAVEFUNCTION
    return bool(small and not isinstance(fields.model.drive, Forgotten))


def wigner_entries(solution: Solution, pairs: Sequence[tuple[int, int]], times: Sequence[float]) -> dict[str, Entry]:
    """``wigner (wigner_time, pair, x, p)`` with its axes."""
    require(
        solution.fields is not None, "wigner", "belong to a model with states", "there are only correlations", "none"
    )
    assert solution.fields is not None
    whole = select(solution.fields.model.space)
    values = np.stack([solution.wigner_functions(pairs, time) for time in times])
    found = wigner_axes(whole, pairs) | {"wigner": (wigner_dims(whole), values)}
    return found | {"wigner_time": (("wigner_time",), np.asarray(times, dtype=float))}


def wigner_dims(selection: Selection) -> tuple[str, ...]:
    """Dimension names of the variable ``wigner``."""
    return ("wigner_time", "pair", *selection.kept)


def wigner_axes(selection: Selection, pairs: Sequence[tuple[int, int]]) -> dict[str, Entry]:
    """Return the coordinates of the variable ``wigner`` that do not change in time, the position axes apart."""
    chosen = np.array(pairs, dtype=int).reshape(-1, 2)
    momenta = momentum_names(selection.space.dimension)
    found: dict[str, Entry] = {name: ((name,), axis) for name, axis in selection.coordinates.items() if name in momenta}
    return found | {"pair_i": (("pair",), chosen[:, 0]), "pair_j": (("pair",), chosen[:, 1])}


def from_dataset(data: xr.Dataset) -> Solution:
    """Make the solution again from its state variables."""
    attrs = data.attrs
    times = data["time"].values
    fields: Fields | None = None
    model: NodeModel | Correlations
    coupling: Coupling
    if attrs["model"] == "correlations":
        model = Correlations(float(attrs["coupling"]))
        coupling = ScalarForm(data["initial_deviation"].values, model.coupling)
    else:
        model, coupling, fields = restore_fields(data)
    names = coupling.entries(())
    return Solution(
        model=model,
        times=times,
        coupling=coupling,
        states=tuple(coupling.restore(times, {name: data[name].values for name in names})),
        fields=fields,
        **read_outcome(attrs),
    )


def _finding(words: dict[str, Any]) -> Any:
    """One finding about resolution."""
    kind = words.pop("kind_of")
    if kind == "Unresolved":
        return Unresolved(**words)
    from wignerlohe.splitting.phase_space_edges import UnresolvedField

    return UnresolvedField(**words | {"field": tuple(words["field"])})
