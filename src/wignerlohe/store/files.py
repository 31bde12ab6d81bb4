"""Run folders and stores: writing a whole solution, and opening the committed part of what is there."""

from __future__ import annotations

import json
import math
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wignerlohe import memory
from wignerlohe.checks import require
from wignerlohe.errors import DamagedError, InvalidInputError
from wignerlohe.folders import require_plain
from wignerlohe.labels import COUNTERS
from wignerlohe.solution import Solution
from wignerlohe.store.dataset import attributes, from_dataset, needed, static_entries, timed_entries
from wignerlohe.store.manifest import COPY, ROOT, Committed, head, place, slabs
from wignerlohe.store.provenance import now
from wignerlohe.store.writer import Writer

if TYPE_CHECKING:
    import xarray as xr

Whole = slice | list[int]  # places on an axis: a list where some in between are lost, which reads what it takes at once

MISSING = 1_000_000  # numbers of a variable that may all be NaN
MOST_FAULTS = 3  # that a message names


def save(solution: Solution, path: Path, **choice: Any) -> None:
    """Write a whole solution at once, through the same writer as a run (``choice``: `pairs` and `wavefunctions`)."""
    require(not path.exists(), "path", "not exist yet", f"{str(path)!r} does", "another name")
    static, timed = static_entries(solution), timed_entries(solution, **choice)  # all refusals come before the file
    writer = Writer(path, times=len(solution.times), slab=max(1, len(solution.times)))
    ending = {"complete": True, "finished": now()}
    writer.commit(static | timed, attributes(solution) | needed(solution, static) | ending)


def load(path: str | Path, salvage: bool = False) -> Solution:
    """Open a run folder or a zarr store written by this package, and compare every file of it with its checksum.

    Parameters
    ----------
    path : path
        A run folder that holds ``data.zarr``, or such a store itself. Nothing in it is executed. Of a run that is
        under way, or was cut off, it is what has been committed.
    salvage : bool
        Leave out what is damaged: output times of which a chunk is, and variables of which the description is, or
        which do not go along the times.

    Returns
    -------
    Solution
        With the numbers of the run, to the last bit. Wave functions and Wigner functions are made anew: by the
        eigenbasis of H to the last bit, too; where the linear flow is stepped (large or long problems) to rounding,
        under a potential V(t, x) to ``rtol``. A callable V(t, x) is not kept: after t = 0 such states are refused.

    Raises
    ------
    DamagedError
        If a file is missing, cut or changed, or if nothing whole is left to salvage.
    InvalidInputError
        If it is not a store of this package and version.

    Warns
    -----
    UserWarning
        With ``salvage``, about what is left out.

    Examples
    --------
    >>> import tempfile, pathlib, wignerlohe as wl
    >>> solution = wl.solve(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], times=[0.0, 1.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     solution.save(pathlib.Path(folder) / "run.zarr")
    ...     bool((wl.load(pathlib.Path(folder) / "run.zarr").deviation == solution.deviation).all())
    True
    """
    data = open_committed(Path(path), salvage)
    try:
        return from_dataset(data)
    except (InvalidInputError, MemoryError):
        raise
    except Exception as error:  # what is left does not make a solution
        raise DamagedError(f"`path` must hold a whole run, but {type(error).__name__}: {error}") from error


def open_committed(path: Path, salvage: bool = False) -> xr.Dataset:
    """Open the committed part of a run folder or store, in memory as far as it is used. See `load`."""
    import xarray as xr
    from zarr.storage import MemoryStore

    files = _committed(path / "data.zarr" if (path / "data.zarr").is_dir() else path, salvage)
    counts = {axis: int(files.attributes.pop(counter)) for axis, counter in COUNTERS.items()}
    any_time = counts["time"] > 0 or files.attributes.get("blow_up_time", -1.0) > 0
    must, but = "hold at least one committed time", "the run was cut off before"
    require(any_time, "path", must, but, "going on with it")
    _require_chunks(files, counts)
    whole = _check(files, counts, salvage)
    try:
        data: xr.Dataset = xr.open_zarr(
            MemoryStore(files, read_only=True), zarr_format=3, consolidated=False, chunks=None
        )
    except Exception as error:  # whatever a malformed store makes its reader raise
        raise InvalidInputError(f"`path` must be a readable wignerlohe store, but {error}") from error
    data.attrs = files.attributes
    return data.isel({axis: places for axis, places in whole.items() if axis in data.dims})


def _committed(store: Path, salvage: bool) -> Committed:
    """What a store has committed; to salvage it, from the copy of the file that says so if that is damaged."""
    is_one = (store / ROOT).is_file() or (salvage and (store / COPY).is_file())
    require(is_one, "path", "be a run folder or a zarr 3 store", f"{str(store)!r} is none", "wl.load(DIR)")
    require_plain("path", store)
    try:
        return Committed(store, head(store / ROOT))
    except (DamagedError, FileNotFoundError):
        if not salvage or not (store / COPY).is_file():
            raise
    found = Committed(store, head(store / COPY))
    warnings.warn(f"{ROOT} is damaged; its copy is taken", UserWarning, stacklevel=4)
    return found


def _require_chunks(files: Committed, counts: dict[str, int]) -> None:
    """Refuse variables that say to be far larger than what is there of them, or than memory.

    Raises
    ------
    DamagedError
        If there is such a one; chunks that are nothing but NaN are not kept, so that some may be missing.
    TooLargeError
        If a chunk does not fit into memory.
    """
    chunks = Counter(name.partition("/c")[0] for name in files.files if not name.endswith(ROOT))
    for name in files.files:
        variable, _, rest = name.partition("/")
        if rest != ROOT or files.fault(name):
            continue
        try:
            found = json.loads(files.read(name))
            numbers = math.prod(found["shape"])
            chunk = math.prod(found["chunk_grid"]["configuration"]["chunk_shape"])
            if found["shape"] and (axis := found["dimension_names"][0]) in counts:
                numbers = numbers // max(1, found["shape"][0]) * min(found["shape"][0], counts[axis])
        except Exception:  # the reader of the store will say what is wrong
            continue
        there = chunks[variable] * chunk
        if numbers > MISSING + 100 * there:
            raise DamagedError(f"`path` must be whole, but {variable} lacks {numbers - there} of {numbers} numbers")
        if there:
            memory.require_room({f"a chunk of {variable}": chunk * memory.COMPLEX})


def _check(files: Committed, counts: dict[str, int], salvage: bool) -> dict[str, Whole]:
    """Compare all files with the manifest; return what is whole of the axes that grow.

    Raises
    ------
    DamagedError
        If a file is damaged, unless the rest is to be salvaged, and is enough.
    """
    faults = {name: fault for name in files.files if (fault := files.fault(name))}
    if not faults:
        return {axis: slice(0, count) for axis, count in counts.items()}
    lost, whole = _take_out(files, faults, counts)
    damage = f"{several(list(faults.values()))}; whole are {_words(whole, lost)}"
    essential = {*files.attributes["needed"], *files.attributes["needed_over_time"]} & {*lost}
    attempt = "salvage=True, or `wignerlohe show --salvage`"
    if essential or whole["time"] == []:
        attempt = "a copy, or the run again: no solution can be made of the rest"
    elif salvage:
        warnings.warn(f"{damage}; the rest is left out", UserWarning, stacklevel=4)
        return whole
    raise DamagedError(f"`path` must be whole, but {damage}; try {attempt}")


def _take_out(files: Committed, faults: dict[str, str], counts: dict[str, int]) -> tuple[list[str], dict[str, Whole]]:
    """Leave damaged files out; return the variables that are lost, and what is whole of the axes that grow.

    Times are lost with the states of the coupling there, which make everything else anew, and with Wigner functions.
    """
    needed = {*files.attributes["needed_over_time"], "wigner_time", "wigner"}
    heads = [name for name in files.files if name.endswith(ROOT) and name not in faults]
    axes = {name.removesuffix(f"/{ROOT}"): slabs(files.read(name)) for name in heads}
    gone: dict[str, set[int]] = {axis: set() for axis in counts}
    lost = set()
    for name in faults:
        variable, at = name.split("/")[0], place(name, axes)
        if at is not None and at[0] in gone and variable in needed:
            gone[at[0]] |= set(at[1])
        else:
            lost.add(variable)
    for name in list(files.files):
        if name in faults or name.split("/")[0] in lost:
            del files.files[name]
    whole: dict[str, Whole] = {}
    for axis, count in counts.items():
        left = [k for k in range(count) if k not in gone[axis]]
        whole[axis] = left if len(left) < count else slice(0, count)
    return sorted(lost), whole


def several(faults: list[str]) -> str:
    """A few faults by name.

    >>> several(["x/c.0 is missing", "y/c.0 has changed"])
    'x/c.0 is missing, y/c.0 has changed'
    """
    rest = len(faults) - MOST_FAULTS
    return ", ".join(faults[:MOST_FAULTS]) + (f", and {rest} more" if rest > 0 else "")


def _words(whole: dict[str, Whole], lost: list[str]) -> str:
    """Say what is whole."""
    found = []
    for axis, places in whole.items():
        count = places.stop if isinstance(places, slice) else len(places)
        if count:
            found.append(f"{count} {'output times' if axis == 'time' else 'times of Wigner functions'}")
    text = " and ".join(found) or "no times"
    return text + (f", without {', '.join(lost)}" if lost else "")
