"""States, and functions on phase space, in files: arrays that are mapped or read in blocks, and nothing that runs."""

from __future__ import annotations

import math
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from wignerlohe import memory
from wignerlohe.checks import require
from wignerlohe.errors import InvalidInputError, TooLargeError
from wignerlohe.grid import Grid, PhaseSpace
from wignerlohe.states import stores
from wignerlohe.states.arguments import ComplexArray, blocks
from wignerlohe.text import printable

MOST_NAMES, LONGEST_PART = 10, 200  # of a message
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def from_file(grid: Grid | PhaseSpace, path: str | Path, variable: str | None = None) -> ComplexArray:
    """Read states, or functions on phase space, from a ``.npy``, ``.npz`` or ``.zarr`` file; nothing in it is executed.

    A ``.npy`` file of complex128 numbers is mapped, read-only, and never loaded as a whole; other numbers and ``.zarr``
    arrays are read in blocks into a new array, once their shape is known to fit. A ``.zarr`` store is a zarr 3 group
    without links, whose arrays are packed by zarr's own choice (zstd) or not at all.

    Parameters
    ----------
    grid : Grid or PhaseSpace
        What the samples were taken on: the grid of states, or of functions on its ``phase_space``; or another box.
    path : path
        ``.npy`` (one array), ``.npz`` or ``.zarr`` (``variable`` names the array, unless there is only one).
    variable : str, optional
        Name of the array.

    Returns
    -------
    complex128 array
        (N, *grid.shape), or (N, m, *grid.shape) for mixed nodes; on phase space (N, N, *space.shape) for `WignerLohe`,
        (M, *space.shape) for `WignerEquation`.

    Raises
    ------
    InvalidInputError
        If the file is missing, malformed, holds Python objects, or has another shape.
    TooLargeError
        If the states would not fit into the memory of the machine.

    Examples
    --------
    >>> import tempfile
    >>> import wignerlohe as wl
    >>> grid = wl.Grid(-10.0, 10.0, 64)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(Path(folder) / "psi.npy", wl.states.gaussian(grid, [-1.0, 1.0]))
    ...     from_file(grid, Path(folder) / "psi.npy").shape
    (2, 64)
    """
    path = Path(path)
    but = f"{str(path)!r} {'is none' if os.path.exists(path) else 'does not exist'}"
    there = os.path.isfile(path) or os.path.isdir(path)  # a pipe would wait for its writer
    require(there, "path", "name an existing file", but, "a path beside the config")
    formats = {".npy": _open_npy, ".npz": _open_npz, ".zarr": _open_zarr}
    require(path.suffix in formats, "path", "end in .npy, .npz or .zarr", f"it is {path.name!r}", "np.save")
    try:
        with np.errstate(over="raise"):  # of sizes that only a forged header states
            return formats[path.suffix](grid, path, variable)
    except (InvalidInputError, TooLargeError):
        raise
    except Exception as error:  # whatever a malformed file makes its reader raise
        raise InvalidInputError(
            f"`path` must be a readable array file without Python objects, but {printable(f'{path.name}: {error}')}; "
            "try numpy.save(path, array)"
        ) from error


def _open_npy(grid: Grid | PhaseSpace, path: Path, variable: str | None) -> ComplexArray:
    require(variable is None, "variable", "be left out for a .npy file", f"{variable!r} was given", "a .npz file")
    array = np.asarray(np.lib.format.open_memmap(path, mode="r"))
    _check(grid, array.shape, array.dtype, path)
    return array if array.dtype == np.complex128 else _load(array)


def _open_npz(grid: Grid | PhaseSpace, path: Path, variable: str | None) -> ComplexArray:
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
        name = f"{_choose(sorted(names), variable)}.npy"
        with archive.open(name) as stream:  # its shape comes first: a small archive may hold very many numbers
            shape, _, dtype = HEADERS[np.lib.format.read_magic(stream)](stream)
            if dtype.hasobject:
                raise ValueError("it holds some")
            _check(grid, shape, dtype, path)
        with archive.open(name) as stream:
            return np.asarray(np.lib.format.read_array(stream, allow_pickle=False), dtype=np.complex128)


def _open_zarr(grid: Grid | PhaseSpace, path: Path, variable: str | None) -> ComplexArray:
    array = stores.array(path, name := _choose(stores.names(path), variable))
    _check(grid, array.shape, array.dtype, path)
    stores.check_chunks(path, name, array)
    return _load(array, array.chunks[0])  # a chunk that is read twice is unpacked twice


def _check(grid: Grid | PhaseSpace, shape: tuple[int, ...], dtype: np.dtype[Any], path: Path) -> None:
    """Refuse an array, which may still be on disk, whose shape does not fit, or that would not fit into memory."""
    kinds = {"N, m": grid.shape, "N, N": grid.phase_space.shape} if isinstance(grid, Grid) else {"N, N": grid.shape}
    fits = any(len(shape) - len(inner) in (1, 2) and shape[-len(inner) :] == inner for inner in kinds.values())
    shapes = [
        f"({axes}, {str(inner)[1:].replace(',)', ')')}" for pair, inner in kinds.items() for axes in (pair[0], pair)
    ]
    require(
        fits and min(shape) > 0 and dtype.kind in "fciu",
        printable(str(path)),
        f"hold numbers of shape {', '.join(shapes[:-1])} or {shapes[-1]}",
        f"it holds {printable(str(dtype), LONGEST_PART)} of shape {printable(str(tuple(shape)), LONGEST_PART)}",
        "a matching [grid] points",
    )
    if path.suffix != ".npy" or dtype != np.complex128:  # such a file is mapped
        memory.require_room({"states in the file": math.prod(shape) * memory.COMPLEX})


def _load(array: Any, unit: int = 1) -> ComplexArray:
    """Read an array in blocks of a multiple of some number of rows."""
    result = np.empty(array.shape, dtype=np.complex128)
    for rows in blocks(array, unit):
        result[rows] = array[rows]
    return result


def _choose(names: list[str], variable: str | None) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    require(
        variable in names or (variable is None and len(names) == 1),
        "variable",
        f"be one of {printable(str(names[:MOST_NAMES]), LONGEST_PART)}{more}",
        f"{printable(repr(variable), LONGEST_PART)} was given",
        "one of those" if names else "another file",
    )
    return variable or names[0]
