"""States, and functions on phase space, in files: arrays that are mapped or read in blocks, and nothing that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe import memory
from wignerlohe.checks import require
from wignerlohe.errors import InvalidInputError, TooLargeError
from wignerlohe.grid import Grid, PhaseSpace
from wignerlohe.states.arguments import ComplexArray, blocks


def from_file(grid: Grid | PhaseSpace, path: str | Path, variable: str | None = None) -> ComplexArray:
    """Read states, or functions on phase space, from a ``.npy``, ``.npz`` or ``.zarr`` file; nothing in it is executed.

    A ``.npy`` file of complex128 numbers is mapped, read-only, and never loaded as a whole; other numbers and ``.zarr``
    arrays are read in blocks into a new array, once their shape is known to fit.

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
    require(path.exists(), "path", "name an existing file", f"{str(path)!r} does not exist", "a path beside the config")
    formats = {".npy": _open_npy, ".npz": _open_npz, ".zarr": _open_zarr}
    require(path.suffix in formats, "path", "end in .npy, .npz or .zarr", f"it is {path.name!r}", "np.save")
    try:
        return _read(grid, formats[path.suffix](path, variable), str(path))
    except (InvalidInputError, TooLargeError):
        raise
    except Exception as error:  # whatever a malformed file makes its reader raise
        raise InvalidInputError(
            f"`path` must be a readable array file without Python objects, but {path.name}: {error}; "
            "try numpy.save(path, array)"
        ) from error


def _read(grid: Grid | PhaseSpace, array: Any, name: str) -> ComplexArray:
    """Check the shape of an array that may still be on disk, and load it in blocks unless it can stay there."""
    kinds = {"N, m": grid.shape, "N, N": grid.phase_space.shape} if isinstance(grid, Grid) else {"N, N": grid.shape}
    fits = any(array.ndim - len(shape) in (1, 2) and array.shape[-len(shape) :] == shape for shape in kinds.values())
    shapes = [
        f"({axes}, {str(shape)[1:].replace(',)', ')')}" for pair, shape in kinds.items() for axes in (pair[0], pair)
    ]
    require(
        fits and array.size > 0 and array.dtype.kind in "fciu",
        name,
        f"hold numbers of shape {', '.join(shapes[:-1])} or {shapes[-1]}",
        f"it holds {array.dtype} of shape {tuple(array.shape)}",
        "a matching [grid] points",
    )
    if isinstance(array, np.ndarray) and array.dtype == np.complex128:
        return array
    memory.require_room({"states in the file": array.size * memory.COMPLEX})
    result = np.empty(array.shape, dtype=np.complex128)
    chunk = getattr(array, "chunks", None) or (1,)  # a chunk that is read twice is unpacked twice
    for rows in blocks(array, chunk[0]):
        result[rows] = array[rows]
    return result


def _open_npy(path: Path, variable: str | None) -> NDArray[Any]:
    require(variable is None, "variable", "be left out for a .npy file", f"{variable!r} was given", "a .npz file")
    return np.asarray(np.lib.format.open_memmap(path, mode="r"))


def _open_npz(path: Path, variable: str | None) -> NDArray[Any]:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as loaded:
        return np.asarray(loaded[_choose(sorted(loaded.files), variable)])


def _open_zarr(path: Path, variable: str | None) -> Any:
    import zarr

    group = zarr.open_group(path, mode="r", zarr_format=3)
    return group[_choose(sorted(group.array_keys()), variable)]


def _choose(names: list[str], variable: str | None) -> str:
    require(
        variable in names or (variable is None and len(names) == 1),
        "variable",
        f"be one of {names}",
        f"{variable!r} was given",
        f"variable={names[0]!r}" if names else "another file",
    )
    return variable or names[0]
