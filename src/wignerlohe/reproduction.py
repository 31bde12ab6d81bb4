"""Running a result's own config again, and comparing two results number by number.

Two runs of a config may differ: other libraries, another processor or number of threads round in another order, and a
step that is accepted here may be taken in two halves there. Each run still keeps its own bound, which is for states,
in norm::

    E = 10 rtol + splitting_error + eps ||H|| t / hbar,    ||H|| <= max |V| + sum_axes (pi hbar / dx)^2 / (2 m)

with 40 rtol more under a potential V(t, x) (see "Tolerance" in the conventions). A quantity ``<phi| A |psi>`` of unit
states is then wrong by at most ``2 E ||A||``, and two runs differ by at most ``4 E ||A||``. The norm of A, such as the
length of the box for a position, follows from the unit of the variable; that of others is the largest value that they
take. E counts the condition of the problem as 1: results of an ill-conditioned one may differ by more.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from wignerlohe import run as runs
from wignerlohe.checks import require
from wignerlohe.config.files import naming
from wignerlohe.config.problem import build
from wignerlohe.config.toml import read_text
from wignerlohe.errors import DamagedError
from wignerlohe.store.files import open_committed
from wignerlohe.store.provenance import changes, digest
from wignerlohe.text import printable

if TYPE_CHECKING:
    import xarray as xr

IDENTICAL, WITHIN, DIFFERS, FREE = "identical", "within the bound", "differs", "not judged"

# what a method chooses freely: a basis, and with it all coordinates; the length of its steps
CHOSEN = {
    *("basis", "coordinates", "right_coordinates", "node_coordinates"),
    *("mobius_matrix", "mobius_log_scale", "left_matrix", "left_log_scale", "right_matrix", "right_log_scale"),
    *("splitting_step", "splitting_error", "step", "error"),
}
SQUARED = {"order_parameter", "group_order_parameter", "largest_distance"}  # roots of what is bounded


@dataclass(frozen=True)
class Row:
    """One variable of two results: the largest difference, what is allowed, and what follows."""

    variable: str
    difference: float
    allowed: float
    verdict: str

    @property
    def share(self) -> float:
        """The difference over what is allowed."""
        return self.difference / self.allowed if self.allowed else math.inf


@dataclass(frozen=True)
class Reproduction:
    """Two results, compared.

    Attributes
    ----------
    rows : tuple of Row
        One for each variable of either.
    bound : float
        E, the error that a run may have by its own tolerance.
    software : tuple of str
        What differs between the programs and machines that made them.
    inputs : tuple of str
        Which files that the config names are not those of the result.
    """

    rows: tuple[Row, ...]
    bound: float
    software: tuple[str, ...]
    inputs: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether all variables agree to the last bit."""
        return all(row.verdict == IDENTICAL for row in self.rows)

    @property
    def different(self) -> tuple[Row, ...]:
        """The variables that differ by more than the bound allows."""
        return tuple(row for row in self.rows if row.verdict == DIFFERS)

    def __str__(self) -> str:
        width = max(len(row.variable) for row in self.rows)
        lines = [f"{'variable':{width}}  largest difference  allowed    of it  verdict"]
        for row in self.rows:
            numbers = f"{row.difference:18.2g}  {row.allowed:7.1g}  {row.share:7.1g}"
            lines.append(f"{row.variable:{width}}  {numbers if row.difference else '':36}  {row.verdict}".rstrip())
        lines.append(f"error bound of a run: {self.bound:.1e}")
        lines += [f"other software: {text}" for text in self.software] or ["software and machine: the same"]
        return "\n".join([*lines, *(f"other input: {text}" for text in self.inputs)])


def reproduce(
    path: str | Path,
    output: str | Path | None = None,
    inputs: str | Path | None = None,
    against: str | Path | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Reproduction:
    """Run the config that a result holds once more, and compare every variable.

    Two results of one config differ by at most ``4 E ||A||`` with ``E = 10 rtol + splitting_error + eps ||H|| t /
    hbar`` ("Reliability", Provenance and reproduction).

    Parameters
    ----------
    path : path
        A finished run folder, such as a point of a sweep, or its ``data.zarr``.
    output : path, optional
        A new or empty folder in which the second run is kept; by default it is removed.
    inputs : path, optional
        A folder to look for the files that the config names before the place where they were.
    against : path, optional
        Another result to compare with, in place of a second run.
    progress : callable, optional
        Called with a stage of the run and the fraction of it that is done.

    Returns
    -------
    Reproduction
        ``identical``, ``different`` and ``rows``; as text a table.

    Raises
    ------
    InvalidInputError
        If the result is not finished, holds no config, or a file that the config names is not found.
    DamagedError
        If a file of the result is not as it was written.

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
    ...     len(wl.reproduce(folder + "/points/000").different)
    0
    """
    path = Path(path)
    before = open_committed(path)
    require(before.attrs.get("complete") is True, "path", "be finished", "it is not", "wignerlohe run DIR --resume")
    if against is not None:
        alone = output is None and inputs is None
        require(alone, "against", "stand alone", "output or inputs was given, too", "one of them")
        after = open_committed(Path(against))
        same = before.attrs.get("config") == after.attrs.get("config")
        return compare(before, after, () if same else ("the config",))
    config = before.attrs.get("config")
    attempt = "the script that made it, and then against="
    require(isinstance(config, str), "path", "hold the config that it comes from", "it was made in Python", attempt)
    tables = read_text(str(config), "config.toml")
    changed = _find(tables, before, None if inputs is None else Path(inputs).resolve())
    text = tomli_w.dumps(tables) if changed is not None else str(config)
    problem, told = build(tables, path.resolve()), progress or (lambda _, __: None)
    if output is not None:
        runs.execute(problem, text, Path(output), told)
        return compare(before, open_committed(Path(output)), changed or ())
    with tempfile.TemporaryDirectory(prefix="wignerlohe-") as folder:
        again = Path(folder)
        runs.execute_in(problem, text, runs.course_of(problem), again, again, told, draw=False)
        return compare(before, open_committed(again), changed or ())


def compare(before: xr.Dataset, after: xr.Dataset, inputs: tuple[str, ...] = ()) -> Reproduction:
    """Compare every variable of two data sets of runs. See `reproduce`."""
    try:
        bound = max(_bound(before), _bound(after))
        names = sorted(map(str, {*before.variables, *after.variables}))
        rows = [_row(name, before, after, bound) for name in names]
    except (KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"`path` must hold a whole run, but {type(error).__name__}: {error}") from error
    order = (DIFFERS, WITHIN, FREE, IDENTICAL)
    rows.sort(key=lambda row: order.index(row.verdict))
    texts = [*changes(before.attrs, after.attrs), *before.attrs.get("continued", [])]
    return Reproduction(tuple(rows), bound, tuple(map(printable, texts)), inputs)


def _find(tables: dict[str, Any], data: xr.Dataset, inputs: Path | None) -> tuple[str, ...] | None:
    """Let the tables name files where they are now, and say which have changed; None if they name none."""
    try:
        recorded = {key: str(entry["sha256"]) for key, entry in json.loads(data.attrs["inputs"]).items()}
        origin = Path(data.attrs["origin"])
    except Exception as error:  # whatever texts that are not of this package make their reader raise
        raise DamagedError(f"`path` must say where its files were, but {type(error).__name__}: {error}") from error
    found, changed = False, []
    for key, table in naming(tables):
        named = Path(table["path"])
        places = [] if inputs is None else [inputs / named.name if named.is_absolute() else inputs / named]
        places.append(origin / named)
        place = next((place for place in places if place.exists()), None)
        text, must, attempt = f"{key} = {printable(str(named))}", "lead to the files of the config", "their folder"
        if place is None:
            require(False, "inputs", must, f"{text} is not there", attempt)
        elif digest(place) != recorded.get(key):
            changed.append(f"{text} has another SHA-256 than when the result was made")
        table["path"], found = str(place), True
    return tuple(changed) if found else None


def _bound(data: xr.Dataset) -> float:
    """E."""
    attrs, method = data.attrs, json.loads(data.attrs["method"])
    moving = 40.0 if attrs.get("time_dependent") else 0.0  # 1 + ln(t / h) of the first step h
    bound = (10 + moving) * float(method["rtol"]) + float(method["cost"].get("splitting_error", 0.0))
    if "hbar" in attrs and data.sizes["time"]:
        time = float(data["time"].values[-1])
        bound += np.finfo(float).eps * _energy(data) * time / attrs["hbar"]
    return bound


def _energy(data: xr.Dataset) -> float:
    """A bound of ||H||."""
    momenta = math.pi * data.attrs["hbar"] / _spacing(data)
    return float(np.abs(data["potential"].values).max() + np.sum(momenta**2) / (2 * data.attrs["mass"]))


def _spacing(data: xr.Dataset) -> NDArray[np.float64]:
    lengths = np.subtract(data.attrs["upper"], data.attrs["lower"])
    return np.asarray(lengths / np.array(data.attrs["points"]), dtype=np.float64)


def _norm(units: str, data: xr.Dataset) -> float:
    """The norm of the operator whose means have a unit; 0 where it is not known."""
    if units in ("1", "rad"):
        return 1.0
    if "hbar" not in data.attrs:
        return 0.0
    hbar, spacing = data.attrs["hbar"], _spacing(data)
    lengths = spacing * np.array(data.attrs["points"])
    length, momentum = float(lengths.max()), float((math.pi * hbar / spacing).max())
    known = {
        "length": length,
        "action / length": momentum,
        "length for x, action / length for p": max(length, momentum),
        "product of those of both components": max(length, momentum) ** 2,
        "energy": _energy(data),
        "length^(-d/2)": float(np.prod(spacing)) ** -0.5,
        "length^-d": 1 / float(np.prod(spacing)),
        "length^(1-d) / time": momentum / data.attrs["mass"] / float(np.prod(spacing)),
        "(action / length)^-d": float(np.prod(lengths / (2 * math.pi * hbar))),
        "action^-d": (math.pi * hbar) ** -len(spacing),
        "action^(-d/2)": (math.pi * hbar) ** (-len(spacing) / 2),
    }
    return float(known.get(units, 0.0))


def _row(name: str, before: xr.Dataset, after: xr.Dataset, bound: float) -> Row:
    """Compare one variable."""
    if name not in before.variables or name not in after.variables:
        return Row(name, math.inf, 0.0, DIFFERS)
    first, second = before[name].values, after[name].values
    if first.shape != second.shape or first.dtype != second.dtype:
        return Row(name, math.inf, 0.0, DIFFERS)
    if first.tobytes() == second.tobytes():
        return Row(name, 0.0, 0.0, IDENTICAL)
    if name.startswith("log_"):
        difference, allowed = _of_logarithms(first, second, before, bound)
    else:
        norm = _norm(str(before[name].attrs["units"]), before)
        if name in SQUARED:
            first, second, norm = first**2, second**2, norm**2
        elif name == "phase":  # which nothing determines where the amplitude is 0
            first, second = (np.exp(1j * data["phase"].values) * data["amplitude"].values for data in (before, after))
        elif name == "negativity":  # an integral of moduli
            norm = math.sqrt(np.prod(before.attrs["points"]))
        difference = float(np.max(_apart(first, second)))
        allowed = 4 * bound * max(norm, float(np.abs(first).max(initial=0.0, where=np.isfinite(first))))
    if name in CHOSEN:
        return Row(name, difference, math.inf, FREE)
    return Row(name, difference, allowed, WITHIN if difference <= allowed else DIFFERS)


def _of_logarithms(first: NDArray[Any], second: NDArray[Any], data: xr.Dataset, bound: float) -> tuple[float, float]:
    """Difference and bound of logarithms of deviations, where the two are closest or furthest beyond each other.

    Where the model keeps deviations to relative accuracy the logarithms are wrong by E, and by the rounding of nearly
    equal states at the start; elsewhere the deviations themselves are.
    """
    turned = (np.imag(first) - np.imag(second) + np.pi) % (2 * np.pi) - np.pi
    apart = np.hypot(_apart(np.real(first), np.real(second)), np.where(np.isfinite(first), turned, 0.0))
    size = np.exp(np.minimum(np.real(first), 0.0))
    with np.errstate(divide="ignore"):
        if _is_relative(data):
            allowed = 4 * bound + np.broadcast_to(8 * np.finfo(float).eps / np.sqrt(2 * size[:1]), size.shape)
        else:
            allowed = 4 * bound / size
    worst = np.unravel_index(np.argmax(np.where(apart > 0, apart / allowed, 0.0)), apart.shape)
    return float(apart[worst]), float(allowed[worst])


def _is_relative(data: xr.Dataset) -> bool:
    """Whether deviations are kept to relative accuracy: on the complete graph, without detunings and repulsion."""
    attrs = data.attrs
    plain = attrs.get("network", "") == "" and "detuning" not in data and attrs["coupling"] >= 0
    separated = attrs.get("fields") == "Nodes" and json.loads(attrs["method"])["name"] == "separation"
    return bool(plain and (separated or attrs["model"] == "correlations"))


def _apart(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """The moduli of differences; what is not finite must be the same."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.asarray(first - second, dtype=np.result_type(first, float)))
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    return np.where(same, 0.0, np.where(np.isfinite(apart), apart, np.inf))
