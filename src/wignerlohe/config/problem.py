"""From a config file to a checked `Problem`, or to a list of every fault found.

Each table is checked on its own, so that one run of the program names all faults at once; what needs several tables (a
potential needs a grid) is checked as soon as those are whole. Nothing in a config is executed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wignerlohe import memory, potentials, states
from wignerlohe.checks import require
from wignerlohe.config.faults import ConfigError, one_line, parse_table
from wignerlohe.config.tables import (
    TABLES,
    Matrix,
    OutputTable,
    Random,
    SolverTable,
    StateTable,
    WignerTable,
    to_complex,
)
from wignerlohe.config.toml import read_file
from wignerlohe.conventions import POSITION_NAMES
from wignerlohe.coupling.pairs import MOST_ENTRIES
from wignerlohe.errors import TruncationWarning, WignerLoheError
from wignerlohe.expressions import parse
from wignerlohe.grid import Grid
from wignerlohe.initial import check_norms, node_norms, sizes
from wignerlohe.methods import check_matrix
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.models.schrodinger_lohe import SchrodingerLohe
from wignerlohe.models.wigner_lohe import WignerLohe
from wignerlohe.phase_space.selection import Selection, select
from wignerlohe.states import Expansion
from wignerlohe.states.given import is_mixed

DEFAULT_WIGNER_NODES = 4  # drawn when a config has no [wigner] table

T = TypeVar("T")
Initial = NDArray[np.complex128] | Expansion


@dataclass(frozen=True)
class WignerRequest:
    """Which Wigner functions a run makes: of which pairs of nodes, when, and which part of phase space."""

    pairs: list[tuple[int, int]]
    times: list[float]
    selection: Selection


@dataclass(frozen=True)
class Problem:
    """A checked config: everything that a run needs."""

    title: str
    model: NodeModel | Correlations
    initial: Initial
    stop: float
    samples: int
    method: str
    rtol: float
    pairs: list[tuple[int, int]] | None
    wavefunctions: bool | None
    wigner: WignerRequest | None
    seed: str
    notes: tuple[str, ...]

    @property
    def times(self) -> NDArray[np.float64]:
        """The output times."""
        return np.linspace(0.0, self.stop, self.samples)

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return count_of(self.initial)

    @property
    def need(self) -> dict[str, int]:
        """Bytes of memory that the run will need, by contributor."""
        count = self.count
        found = memory.of_pairs(count, self.samples) if self.pairs is None else {}
        if isinstance(self.model, NodeModel):
            size = sizes(self.model.grid, self.initial)
            assert size is not None
            one_map = self.method != "per-node" and self.model.system(count).one_map
            found |= memory.of_nodes(self.model.grid, times=self.samples, one_map=one_map, **size)
            if self.wigner is not None:
                found |= memory.of_wigner(len(self.wigner.pairs) * self.wigner.selection.size)
        else:
            found |= memory.of_correlations(count, self.samples)
        return found


def read(path: Path) -> Problem:
    """Read and check a config file.

    Raises
    ------
    ConfigError
        With every fault found, one line each: the key, what was given, what is allowed.
    """
    tables, _ = read_file(path)
    return build(tables, path.parent)


def build(tables: dict[str, Any], folder: Path) -> Problem:
    """Check parsed tables and make the problem they pose; relative paths start at ``folder``. See `read`."""
    faults = [
        f"{name}: is unknown; allowed are title, {', '.join(TABLES)}"
        for name in tables
        if name not in {*TABLES, "title", "sweep"}
    ]
    if "sweep" in tables:
        faults.append("sweep: was given; a grid of runs is for `wignerlohe sweep`")
    title = tables.get("title", "A wignerlohe run")
    if not isinstance(title, str):
        faults.append(f"title: {title!r} was given; it must be text")
    parsed = {name: parse_table(name, tables, faults) for name in TABLES}
    builder = _Builder(faults, folder, parsed)
    problem = builder.problem(str(title))
    if faults or problem is None:
        raise ConfigError(faults)
    return problem


class _Builder:
    """Makes objects from parsed tables; a fault is noted and the next object tried."""

    def __init__(self, faults: list[str], folder: Path, parsed: dict[str, Any]) -> None:
        self.faults, self.folder, self.tables = faults, folder, parsed
        self.notes: list[str] = []

    def attempt(self, key: str, make: Callable[[], T]) -> T | None:
        """Call, and note what goes wrong under the key."""
        try:
            return make()
        except (WignerLoheError, ValueError, TypeError, OverflowError, MemoryError) as error:
            self.faults.append(f"{key}: {one_line(error)}")
            return None

    def problem(self, title: str) -> Problem | None:
        """Put everything together, as far as it can be."""
        kind = getattr(self.tables["model"], "kind", None)
        if self.tables["wigner"] is not None and self.tables["time"] is not None:
            self.wigner_times(self.tables["wigner"].times, self.tables["time"].stop)
        model: NodeModel | Correlations | None
        if kind == "correlations":
            model, initial = self.correlations()
        elif kind is None:
            self.grid()
            return None
        else:
            model, initial = self.nodes(kind)
        if model is None or initial is None or self.tables["time"] is None:
            return None
        time, solver, output = self.tables["time"], self.tables["solver"] or SolverTable(), self.tables["output"]
        output = output or OutputTable()
        count = count_of(initial)
        problem = Problem(
            title=title,
            model=model,
            initial=initial,
            stop=time.stop,
            samples=time.samples,
            method=solver.method,
            rtol=solver.rtol,
            pairs=self.chosen("output.pairs", output.pairs, count),
            wavefunctions=output.wavefunctions,
            wigner=self.wigner(model, count, time.stop),
            seed=self.seeds(),
            notes=tuple(self.notes),
        )
        if isinstance(model, NodeModel) and self.attempt("model", lambda: model.system(count)) is None:
            return None
        if isinstance(initial, Expansion) or self.pairs_fit(count):
            self.attempt("memory", lambda: memory.require_room(problem.need))
        return problem

    def pairs_fit(self, count: int) -> bool:
        """Check that variables over all pairs can be kept, unless some pairs are named."""
        time, output = self.tables["time"], self.tables["output"]
        if time is None or (output is not None and output.pairs is not None):
            return True
        fits = bool(time.samples * count**2 <= MOST_ENTRIES)
        if not fits:
            self.faults.append(
                f"output.pairs: is missing; {time.samples} samples of {count}^2 pairs are over {MOST_ENTRIES:.0e} "
                "numbers, name the pairs to keep, or none: pairs = []"
            )
        return fits

    def seeds(self) -> str:
        """Say which random numbers went in."""
        network = getattr(self.tables["model"], "network", None)
        found = {
            "initial": getattr(self.tables["initial"], "seed", None),
            "network": network.get("seed") if isinstance(network, dict) else None,
        }
        parts = [f"{name} {seed}" for name, seed in found.items() if seed is not None]
        return ", ".join(parts) or "none: nothing in this run is random"

    def grid(self) -> Grid | None:
        """Build the grid."""
        table = self.tables["grid"]
        if table is None:
            return None

        def roomy(grid: Grid) -> Grid:  # nothing is sampled on a grid that could not hold a single state
            memory.require_room(memory.of_nodes(grid, 1, 1))
            return grid

        grid = self.attempt("grid", lambda: Grid(table.lower, table.upper, table.points, table.hbar))
        return None if grid is None else self.attempt("grid.points", lambda: roomy(grid))

    def nodes(self, kind: str) -> tuple[NodeModel | None, Initial | None]:
        """Build a model of nodes on a grid, and their states."""
        table, initial = self.tables["model"], self.tables["initial"]
        grid = self.grid()
        if grid is None:
            if isinstance(table.potential, str):  # its spelling can be judged without a grid
                self.attempt("model.potential", lambda: parse(table.potential, (*POSITION_NAMES, "r2", "t")))
            return None, None
        cls = SchrodingerLohe if kind == "schrodinger-lohe" else WignerLohe
        network = table.network
        if isinstance(network, dict) and isinstance(network.get("path"), str):
            network = network | {"path": str(self.folder / network["path"])}
        model = None
        if self.attempt("model.potential", lambda: potentials.sample(grid, table.potential)) is not None:
            model = self.attempt(
                "model",
                lambda: cls(
                    grid,
                    table.potential,
                    coupling=table.coupling,
                    mass=table.mass,
                    detuning=table.detuning,
                    network=network,
                ),
            )
        if isinstance(initial, Matrix):
            self.faults.append("initial.kind: 'matrix' was given; it needs model.kind = 'correlations'")
            return model, None
        if initial is None or (isinstance(initial, Random) and not self.pairs_fit(initial.count)):
            return model, None  # very many states are not drawn in vain
        return model, self.attempt("initial", lambda: self.states(initial, grid, table.mass))

    def states(self, table: StateTable, grid: Grid, mass: float) -> Initial:
        """Sample the states and check their norms."""
        lists = [len(value) for value in table.model_dump().values() if isinstance(value, list)]
        if not isinstance(table, Random):
            memory.require_room(memory.of_nodes(grid, max(lists, default=1), 1))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", TruncationWarning)
            found = table.sample(grid, mass, self.folder)
        self.notes += [f"initial: {entry.message}" for entry in caught]
        if isinstance(found, Expansion):
            must, but = "be left out for random states", "they have unit norms by construction"
            require(not table.normalise, "normalise", must, but, "leaving it out")
            return found
        psi = states.on_grid(grid, found)
        if table.normalise:
            return states.normalise(grid, psi, mixed=is_mixed(grid, psi))
        check_norms(node_norms(grid, psi), "normalise = true in [initial]")
        return psi

    def correlations(self) -> tuple[Correlations | None, Initial | None]:
        """Build the correlation dynamics and its starting matrix."""
        table, initial = self.tables["model"], self.tables["initial"]
        extra = {"potential", "mass", "detuning", "network"} & table.model_fields_set
        self.faults += [f"model.{key}: was given; the model 'correlations' has none" for key in sorted(extra)]
        self.faults += [
            f"{name}: was given; the model 'correlations' has none" for name in ("grid", "wigner") if self.tables[name]
        ]
        model = self.attempt("model", lambda: Correlations(table.coupling))
        if initial is None:
            return model, None
        if not isinstance(initial, Matrix):
            self.faults.append(f"initial.kind: {initial.kind!r} was given; the model 'correlations' takes 'matrix'")
            return model, None
        return model, self.attempt("initial", lambda: check_matrix(to_complex(initial.real, initial.imaginary)))

    def chosen(self, key: str, pairs: list[list[int]] | None, count: int) -> list[tuple[int, int]] | None:
        """Check that pairs name nodes that exist."""
        if pairs is None:
            return None
        bad = [pair for pair in pairs if max(pair) >= count]
        if bad:
            self.faults.append(f"{key}: {bad[0]} was given; pairs name nodes 0 to {count - 1}")
        return [(pair[0], pair[1]) for pair in pairs]

    def wigner_times(self, times: list[float], stop: float) -> None:
        """Check that the times of Wigner functions lie within the run."""
        if not times or sorted(set(times)) != times or times[-1] > stop:
            self.faults.append(
                f"wigner.times: {times} was given; they must increase and not exceed time.stop = {stop:g}"
            )

    def wigner(self, model: NodeModel | Correlations, count: int, stop: float) -> WignerRequest | None:
        """Which Wigner functions to make: as asked for, or those of the first nodes at four times.

        Beyond one dimension the whole function is large; unless asked for otherwise it is the reduced one of x and px.
        """
        table = self.tables["wigner"]
        if not isinstance(model, NodeModel):
            return None
        if table is None:
            table = WignerTable(pairs="all", times=[stop * k / 3 for k in range(4)])
            count = min(count, DEFAULT_WIGNER_NODES)
        plain = table.axes is None and not table.at
        axes = ("x", "px") if plain and model.grid.dimension > 1 else table.axes
        selection = self.attempt("wigner.axes", lambda: select(model.grid, axes, table.at))
        if table.pairs == "all":
            pairs = [(i, j) for i in range(count) for j in range(i, count)]
        else:
            pairs = self.chosen("wigner.pairs", table.pairs, count) or []
        return None if selection is None or not pairs else WignerRequest(pairs, table.times, selection)


def count_of(initial: Initial) -> int:
    """Number of nodes N."""
    return len(initial.coefficients if isinstance(initial, Expansion) else initial)
