"""The labelled data set: what each variable means, and the way from a solution to it and back.

A data set holds derived variables for other tools (``correlation``, ``diameter``, ...) and the few state variables from
which `from_dataset` makes a `Solution` again, whose numbers are then the same to the last bit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.conventions import describe, momentum_names, position_names
from wignerlohe.coupling.mobius import MobiusState
from wignerlohe.coupling.pairs import Pairs, exponential
from wignerlohe.coupling.scalars import ScalarState
from wignerlohe.coupling.span import Span
from wignerlohe.diagnostics.resolution import Unresolved
from wignerlohe.errors import InvalidInputError, require
from wignerlohe.grid import Grid
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

# long name and units of every variable; times are in the unit that makes coupling a rate
VARIABLES: dict[str, tuple[str, str]] = {
    "time": ("time t", "1"),
    "correlation": ("correlation z_ij(t) = <psi_i, psi_j>", "1"),
    "deviation": ("deviation 1 - z_ij(t), to full relative accuracy", "1"),
    "log_deviation": ("log(1 - z_ij(t)), right also where the deviation underflows", "1"),
    "diameter": ("diameter D(Z(t)) = max_ij |1 - z_ij(t)|", "1"),
    "log_diameter": ("log D(Z(t)), right also where the diameter underflows", "1"),
    "order_parameter": ("order parameter |mean_j psi_j|", "1"),
    "phase": ("phase arg <psi_j, mean>", "rad"),
    "amplitude": ("amplitude |<psi_j, mean>|", "1"),
    "wavefunction": ("wave function psi_j(t, x)", "length^(-d/2)"),
    "wigner": ("Wigner function w_ij(t, x, p)", "action^-d"),
    "wigner_time": ("time t of the Wigner functions", "1"),
    "x": ("position x", "length"),
    "y": ("position y", "length"),
    "z": ("position z", "length"),
    "p": ("momentum p", "action / length"),
    "px": ("momentum p_x", "action / length"),
    "py": ("momentum p_y", "action / length"),
    "pz": ("momentum p_z", "action / length"),
    "potential": ("potential V(x)", "energy"),
    "coordinates": ("coordinates C_ia of the initial states in the basis", "1"),
    "basis": ("orthonormal basis e_a(x) of the initial states", "length^(-d/2)"),
    "mobius_matrix": ("matrix of the Mobius map, divided by exp(mobius_log_scale)", "1"),
    "mobius_log_scale": ("logarithm of the scale of the Mobius map", "1"),
    "row_logarithm": ("lambda_i of the scalar form", "1"),
    "column_logarithm": ("mu_j of the scalar form", "1"),
    "initial_deviation": ("1 - z_ij(0)", "1"),
    "pair_i": ("first node i of the pair", "1"),
    "pair_j": ("second node j of the pair", "1"),
}

# axes that grow, and the attributes that count how much of them is committed
COUNTERS = {"time": "committed_times", "wigner_time": "committed_wigner_times"}

Entry = tuple[tuple[str, ...], NDArray[Any]]


def labelled(name: str, dims: tuple[str, ...], values: NDArray[Any]) -> xr.Variable:
    """Make a variable with its long name and units."""
    import xarray as xr

    long_name, units = VARIABLES[name]
    return xr.Variable(dims, values, attrs={"long_name": long_name, "units": units})


def to_dataset(
    solution: Solution,
    pairs: Sequence[tuple[int, int]] | None = None,
    wavefunctions: bool | None = None,
    wigner: tuple[Sequence[tuple[int, int]], Sequence[float]] | None = None,
) -> xr.Dataset:
    """Turn a solution into a data set; ``wigner`` names the pairs and times of Wigner functions to add."""
    entries: dict[str, Entry] = static_entries(solution)
    entries |= timed_entries(solution, pairs=pairs, wavefunctions=wavefunctions)
    if wigner is not None:
        entries |= wigner_entries(solution, *wigner)
    return assemble(entries, attributes(solution))


def assemble(entries: dict[str, Entry], attrs: dict[str, Any]) -> xr.Dataset:
    """Label entries; those named like their only dimension become coordinates."""
    import xarray as xr

    data = {name: labelled(name, dims, values) for name, (dims, values) in entries.items()}
    coordinates = {name for name, (dims, _) in entries.items() if dims == (name,) or name in ("pair_i", "pair_j")}
    return xr.Dataset(
        {name: variable for name, variable in data.items() if name not in coordinates},
        coords={name: data[name] for name in sorted(coordinates)},
        attrs=attrs,
    )


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
        chosen = np.array(pairs, dtype=int).reshape(-1, 2)
        logs, dims = solution.pairs.log_deviation_of(chosen), ("time", "pair")
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


def wigner_array(model: NodeModel, values: NDArray[Any], i: int, j: int, time: float) -> xr.DataArray:
    """Label one Wigner function."""
    import xarray as xr

    space, d = model.grid.phase_space, model.grid.dimension
    names = (*position_names(d), *momentum_names(d))
    axes = {name: labelled(name, (name,), axis) for name, axis in zip(names, (*space.x, *space.p), strict=True)}
    long_name, units = VARIABLES["wigner"]
    attrs = {"long_name": long_name, "units": units, "i": i, "j": j, "time": time, "hbar": model.grid.hbar}
    return xr.DataArray(values, dims=names, coords=axes, name="wigner", attrs=attrs)


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
    span = Span(coordinates=data["coordinates"].values, basis=data["basis"].values)
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


def save(solution: Solution, path: Path) -> None:
    """Write a whole solution at once, through the same writer as a run."""
    from wignerlohe.store.writer import Writer

    require(not path.exists(), "path", "not exist yet", f"{str(path)!r} does", "another name")
    writer = Writer(path, times=len(solution.times), slab=max(1, len(solution.times)))
    writer.begin(static_entries(solution), attributes(solution))
    writer.commit(timed_entries(solution), outcome(solution))


def load(path: str | Path) -> Solution:
    """Open a run folder or a zarr store written by this package.

    Parameters
    ----------
    path : path
        A run folder that holds ``data.zarr``, or such a store itself. Nothing in it is executed.

    Returns
    -------
    Solution
        With the numbers of the run, to the last bit.

    Raises
    ------
    InvalidInputError
        If it is not a store of this package and version, or not whole.

    Examples
    --------
    >>> import tempfile, pathlib, wignerlohe as wl
    >>> solution = wl.solve(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], times=[0.0, 1.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     solution.save(pathlib.Path(folder) / "run.zarr")
    ...     bool((wl.load(pathlib.Path(folder) / "run.zarr").deviation == solution.deviation).all())
    True
    """
    return from_dataset(open_committed(Path(path)))


def open_committed(path: Path) -> xr.Dataset:
    """Open the committed part of a run folder or store, in memory as far as it is used."""
    import xarray as xr

    store = path / "data.zarr" if (path / "data.zarr").is_dir() else path
    require(
        (store / "zarr.json").is_file(),
        "path",
        "be a run folder or a zarr 3 store",
        f"{str(path)!r} is none",
        "wl.load(DIR)",
    )
    try:
        data: xr.Dataset = xr.open_zarr(store, zarr_format=3, consolidated=False, chunks=None)
        committed = {axis: int(data.attrs[counter]) for axis, counter in COUNTERS.items()}
    except Exception as error:  # whatever a malformed store makes its reader raise
        raise InvalidInputError(f"`path` must be a readable wignerlohe store, but {store.name}: {error}") from error
    require(
        committed["time"] > 0,
        "path",
        "hold at least one committed time",
        "the run was cut off before",
        "running it again",
    )
    return data.isel({axis: slice(0, count) for axis, count in committed.items() if axis in data.dims})
