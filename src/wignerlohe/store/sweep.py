"""The data set of a sweep: what the runs of its points say, side by side over the grid."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.config.sweep import Sweep, shown
from wignerlohe.conventions import INNER_PRODUCT, WIGNER_TRANSFORM
from wignerlohe.coupling.pairs import MOST_ENTRIES
from wignerlohe.errors import DamagedError, InvalidInputError, WignerLoheError
from wignerlohe.folders import require_plain
from wignerlohe.labels import VARIABLES
from wignerlohe.store.durable import put
from wignerlohe.store.files import open_committed, several
from wignerlohe.store.manifest import ROOT, Committed, fingerprint, head, seal
from wignerlohe.store.provenance import SWEEP, now, provenance
from wignerlohe.text import printable

if TYPE_CHECKING:
    import xarray as xr
    from zarr.core.buffer import Buffer

SERIES = ("order_parameter", "diameter", "diameter_lower", "diameter_upper")
LABELS: dict[str, tuple[str, str]] = {
    **{name: VARIABLES[name] for name in SERIES},
    **{f"final_{name}": (f"{VARIABLES[name][0]} at the last output time", "1") for name in SERIES},
    "blow_up_time": ("time at which the correlations become infinite, nan if they do not", "1"),
    "splitting_error": ("estimate of the error of the splitting, nan where nothing is stepped", "1"),
    "unresolved": ("number of findings of states that the grid does not hold", "1"),
    "failed": ("whether the run failed", "1"),
    "seconds": ("wall time of the run", "s"),
}
UNITS = {
    "model.coupling": "1 / time",
    "model.mass": "mass",
    "grid.hbar": "action",
    "initial.position": "length",
    "initial.momentum": "action / length",
    "initial.width": "length",
    "initial.frequency": "1 / time",
}


@dataclass(frozen=True)
class End:
    """How the run of a point ended: after how long, and why it failed, if it did."""

    seconds: float
    failure: str = ""


def collect(sweep: Sweep, folders: list[Path], ends: list[End]) -> xr.Dataset:
    """Put the results of all points side by side: one dimension per swept key, and ``time``.

    The series over ``time`` are left out where the points have different output times, and beyond 2e7 numbers.
    """
    import xarray as xr

    shape = tuple(len(values) for values in sweep.axes.values())
    times = sweep.times if sweep.times is not None and len(sweep.points) * len(sweep.times) <= MOST_ENTRIES else None
    found: dict[str, NDArray[Any]] = {
        "blow_up_time": np.full(shape, np.nan),
        "unresolved": np.zeros(shape, dtype=np.int64),
        "failed": np.array([bool(end.failure) for end in ends]).reshape(shape),
        "seconds": np.array([end.seconds for end in ends]).reshape(shape),
    }
    started = [now()]
    for index, folder, point, end in zip(np.ndindex(shape), folders, sweep.points, ends, strict=True):
        if end.failure:
            continue
        with open_committed(folder) as run:
            must, but = "be the folder of its own point", "it holds another run, or a part of one"
            require(_is_of(run.attrs, point.config), str(folder), must, but, "`wignerlohe sweep DIR --resume`")
            started.append(run.attrs["started"])
            found["unresolved"][index] = len(json.loads(run.attrs["findings"]))
            cost = json.loads(run.attrs["method"])["cost"]
            if "splitting_error" in cost:
                found.setdefault("splitting_error", np.full(shape, np.nan))[index] = cost["splitting_error"]
            blown = run.attrs["blow_up_time"] >= 0
            if blown:
                found["blow_up_time"][index] = run.attrs["blow_up_time"]
            for name in SERIES:
                if name not in run:
                    continue
                if times is not None:
                    series = run[name].values
                    found.setdefault(name, np.full((*shape, len(times)), np.nan))[index][: len(series)] = series
                final = found.setdefault(f"final_{name}", np.full(shape, np.nan))
                final[index] = np.nan if blown else run[name][-1]
    variables = {name: (_dims(sweep, values), values, _label(*LABELS[name])) for name, values in found.items()}
    messages = [f"{point.label}: {end.failure}" for point, end in zip(sweep.points, ends, strict=True) if end.failure]
    variables["failed"][2]["messages"] = messages
    coordinates: dict[str, Any] = {key: _coordinate(key, values) for key, values in sweep.axes.items()}
    if times is not None:
        coordinates["time"] = ("time", times, _label(*VARIABLES["time"]))
    attributes = {
        "title": sweep.title,
        **provenance(),
        "format": SWEEP,
        "started": min(started),
        "inner_product": INNER_PRODUCT,
        "wigner_transform": WIGNER_TRANSFORM,
        "units": "time in the unit that makes coupling a rate",
        "config": sweep.config,
    }
    return xr.Dataset(variables, coordinates, attributes)


def is_finished(folder: Path, config: str) -> bool:
    """Whether a folder says that it holds a finished run of a config."""
    try:
        attributes = Committed(folder / "data.zarr", head(folder / "data.zarr" / ROOT)).attributes
    except (OSError, WignerLoheError):
        return False
    return _is_of(attributes, config)


def _is_of(attributes: Mapping[Any, Any], config: str) -> bool:
    return bool(attributes.get("complete")) and attributes.get("config") == config


def replace(data: xr.Dataset, store: Path) -> None:
    """Write the data set, and seal it; whatever is there is replaced once the new one is whole."""
    from zarr.storage import MemoryStore

    fresh = store.with_name(f".{store.name}-new")
    shutil.rmtree(fresh, ignore_errors=True)
    made: dict[str, Buffer] = {}  # xarray writes here, with threads of its own, and the files are made of it
    data.to_zarr(MemoryStore(made), zarr_format=3, consolidated=False)
    files = {name: found.to_bytes() for name, found in made.items()}
    attributes = json.loads(files.pop(ROOT))["attributes"]
    sealed = seal(attributes, {name: fingerprint(found) for name, found in files.items()})
    try:
        for name, found in {**files, ROOT: sealed}.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            put(fresh / name, found)
    except OSError:
        shutil.rmtree(fresh)
        raise
    shutil.rmtree(store, ignore_errors=True)
    fresh.rename(store)


def load_sweep(path: str | Path) -> xr.Dataset:
    """Open the data set of a sweep, and compare every file of it with its checksum.

    Parameters
    ----------
    path : path
        The folder of a sweep, or the ``data.zarr`` in it. The runs of the points are not looked at; each opens by
        `wignerlohe.load`.

    Returns
    -------
    xarray.Dataset
        That of `wignerlohe.sweep`, in memory.

    Raises
    ------
    DamagedError
        If a file is missing, cut or changed. ``wignerlohe sweep DIR --resume`` makes the data set again from the runs.
    InvalidInputError
        If it is not a sweep of this package and version.

    Examples
    --------
    >>> import tempfile, wignerlohe as wl
    >>> config = {
    ...     "model": {"kind": "correlations"},
    ...     "initial": {"kind": "matrix", "real": [[1.0, 0.5], [0.5, 1.0]]},
    ...     "time": {"stop": 1.0, "samples": 3},
    ...     "sweep": {"model.coupling": [0.5, 1.0]},
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = wl.sweep(config, folder, workers=1)
    ...     wl.load_sweep(folder).identical(found)
    True
    """
    import xarray as xr
    from zarr.storage import MemoryStore

    store = _store(Path(path))
    require((store / ROOT).is_file(), "path", "be a sweep", f"{str(path)!r} is none", "wl.load_sweep(DIR)")
    require_plain("path", store)
    files = Committed(store, head(store / ROOT), SWEEP)
    faults = [fault for name in files.files if (fault := files.fault(name))]
    if faults:
        attempt = "`wignerlohe sweep DIR --resume`, which makes the data set again from the runs"
        raise DamagedError(f"`path` must be whole, but {several(faults)}; try {attempt}")
    try:
        data: xr.Dataset = xr.open_zarr(
            MemoryStore(files, read_only=True), zarr_format=3, consolidated=False, chunks=None
        ).load()
    except Exception as error:  # whatever a malformed store makes its reader raise
        raise InvalidInputError(f"`path` must be a readable sweep, but {error}") from error
    data.attrs = files.attributes
    return data


def is_sweep(path: Path) -> bool:
    """Whether a folder, or a store, says that it is a sweep."""
    root = _store(path) / ROOT
    try:
        return root.is_file() and bool(json.loads(head(root))["attributes"]["format"] == SWEEP)
    except Exception:  # whatever else it is
        return False


def summary(data: xr.Dataset) -> str:
    """A few lines about a sweep; what its config or a fault says is shown as a terminal only prints it."""
    axes = " x ".join(f"{name} ({size})" for name, size in data.sizes.items() if name != "time")
    failed, unresolved = int(data["failed"].sum()), int((data["unresolved"] > 0).sum())
    lines = [
        str(data.attrs["title"]),
        f"a sweep of {data['failed'].size} runs over {axes}",
        f"variables: {', '.join(map(str, data.data_vars))}",
        f"failed: {failed or 'none'}; not resolved by the grid: {unresolved or 'none'}",
        *map(str, data["failed"].attrs["messages"]),
    ]
    return "\n".join(map(printable, lines))


def _store(path: Path) -> Path:
    return path / "data.zarr" if (path / "data.zarr").is_dir() else path


def _dims(sweep: Sweep, values: NDArray[Any]) -> tuple[str, ...]:
    return (*sweep.axes, "time")[: values.ndim]


def _label(long_name: str, units: str) -> dict[str, Any]:
    return {"long_name": long_name, "units": units}


def _coordinate(key: str, values: list[Any]) -> tuple[str, NDArray[Any], dict[str, Any]]:
    """Numbers are their own coordinate; of anything else it is the place in the list, with the values as text."""
    label = _label(f"{key} of the config", UNITS.get(key, "as in the config"))
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        whole = all(isinstance(value, int) and abs(value) <= 2**53 for value in values)
        return key, np.array(values, dtype=np.int64 if whole else float), label
    texts = [value if isinstance(value, str) else shown(value) for value in values]
    return key, np.arange(len(values)), label | {"units": "1", "values": texts}
