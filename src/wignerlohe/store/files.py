"""Run folders and stores: writing a whole solution, and opening the committed part of what is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wignerlohe.checks import require
from wignerlohe.errors import InvalidInputError
from wignerlohe.labels import COUNTERS
from wignerlohe.solution import Solution
from wignerlohe.store.dataset import attributes, from_dataset, outcome, static_entries, timed_entries
from wignerlohe.store.provenance import FORMAT
from wignerlohe.store.writer import Writer

if TYPE_CHECKING:
    import xarray as xr


def save(solution: Solution, path: Path, **choice: Any) -> None:
    """Write a whole solution at once, through the same writer as a run (``choice``: `pairs` and `wavefunctions`)."""
    require(not path.exists(), "path", "not exist yet", f"{str(path)!r} does", "another name")
    static, timed = static_entries(solution), timed_entries(solution, **choice)  # all refusals come before the file
    writer = Writer(path, times=len(solution.times), slab=max(1, len(solution.times)))
    writer.begin(static, attributes(solution))
    writer.commit(timed, outcome(solution))


def load(path: str | Path) -> Solution:
    """Open a run folder or a zarr store written by this package.

    Parameters
    ----------
    path : path
        A run folder that holds ``data.zarr``, or such a store itself. Nothing in it is executed.

    Returns
    -------
    Solution
        With the numbers of the run, to the last bit. Wave functions and Wigner functions are made anew: by the
        eigenbasis of H to the last bit, too; where the linear flow is stepped (large or long problems) to rounding,
        under a potential V(t, x) to ``rtol``. A callable V(t, x) is not kept: after t = 0 such states are refused.

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
    data = open_committed(Path(path))
    try:
        return from_dataset(data)
    except InvalidInputError:
        raise
    except Exception as error:  # whatever a damaged store makes its reader raise
        raise InvalidInputError(f"`path` must hold a whole run, but {type(error).__name__}: {error}") from error


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
        swept = data.attrs.get("format") == f"{FORMAT} sweep"
        require(not swept, "path", "be a run", "it is a sweep", f"one of its points, such as {path / 'points' / '000'}")
        committed = {axis: int(data.attrs[counter]) for axis, counter in COUNTERS.items()}
    except InvalidInputError:
        raise
    except Exception as error:  # whatever a malformed store makes its reader raise
        raise InvalidInputError(f"`path` must be a readable wignerlohe store, but {store.name}: {error}") from error
    require(
        committed["time"] > 0 or data.attrs.get("blow_up_time", -1.0) > 0,
        "path",
        "hold at least one committed time",
        "the run was cut off before",
        "running it again",
    )
    return data.isel({axis: slice(0, count) for axis, count in committed.items() if axis in data.dims})
