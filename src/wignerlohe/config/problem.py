"""From a config file to a checked `Problem`, or to a list of every fault found.

Each table is checked on its own, so that one run of the program names all faults at once; what needs several tables (a
potential needs a grid) is checked as soon as those are whole. Nothing in a config is executed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wignerlohe import memory, potentials, states
from wignerlohe.config.faults import ConfigError, one_line, parse_table
from wignerlohe.config.tables import TABLES, Matrix, OutputTable, SolverTable, StateTable, WignerTable, to_complex
from wignerlohe.conventions import POSITION_NAMES
from wignerlohe.coupling.pairs import LARGEST
from wignerlohe.errors import WignerLoheError
from wignerlohe.expressions import parse
from wignerlohe.grid import Grid
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.models.schrodinger_lohe import SchrodingerLohe
from wignerlohe.models.wigner_lohe import WignerLohe
from wignerlohe.propagators.eigenbasis import LARGEST as LARGEST_GRID
from wignerlohe.solver import check_matrix, check_norms
from wignerlohe.store.dataset import keeps_wavefunctions

MAXIMUM_BYTES = 1_000_000
DEFAULT_WIGNER_NODES = 4  # drawn when a config has no [wigner] table

T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
    """A checked config: everything that a run needs."""

    title: str
    model: NodeModel | Correlations
    initial: NDArray[np.complex128]
    stop: float
    samples: int
    method: str
    rtol: float
    pairs: list[tuple[int, int]] | None
    wavefunctions: bool
    wigner_pairs: list[tuple[int, int]]
    wigner_times: list[float]

    @property
    def times(self) -> NDArray[np.float64]:
        """The output times."""
        return np.linspace(0.0, self.stop, self.samples)

    @property
    def need(self) -> dict[str, int]:
        """Bytes of memory that the run will need, by contributor."""
        count = len(self.initial)
        found = memory.of_pairs(count, self.samples) if self.pairs is None else {}
        if isinstance(self.model, NodeModel):
            found |= memory.of_nodes(self.model.grid, count, self.samples)
            found |= memory.of_wigner(self.model.grid, len(self.wigner_pairs))
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
    try:
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise ConfigError([f"{path.name}: has {size} bytes; at most {MAXIMUM_BYTES} are allowed"])
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read ({error.strerror}); give the path of a TOML file"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError([f"{path.name}: is not valid TOML ({one_line(error)}); see `wignerlohe init`"]) from None
    return build(tables, path.parent)


def build(tables: dict[str, Any], folder: Path) -> Problem:
    """Check parsed tables and make the problem they pose; relative paths start at ``folder``. See `read`."""
    faults = [
        f"{name}: is unknown; allowed are title, {', '.join(TABLES)}"
        for name in tables
        if name not in {*TABLES, "title"}
    ]
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
        pairs = self.chosen("output.pairs", output.pairs, len(initial))
        keeps = isinstance(model, NodeModel) and (
            keeps_wavefunctions(model.grid, len(initial), time.samples)
            if output.wavefunctions is None
            else output.wavefunctions
        )
        wigner_pairs, wigner_times = self.wigner(model, len(initial), time.stop)
        problem = Problem(
            title=title,
            model=model,
            initial=initial,
            stop=time.stop,
            samples=time.samples,
            method=solver.method,
            rtol=solver.rtol,
            pairs=pairs,
            wavefunctions=keeps,
            wigner_pairs=wigner_pairs,
            wigner_times=wigner_times,
        )
        if pairs is None and time.samples * len(initial) ** 2 > LARGEST:
            self.faults.append(
                f"output.pairs: is missing; {time.samples} samples of {len(initial)}^2 pairs are over {LARGEST:.0e} "
                "numbers, name the pairs to keep"
            )
        else:
            self.attempt("memory", lambda: memory.require_room(problem.need))
        return problem

    def grid(self) -> Grid | None:
        """Build the grid, and refuse one whose run could not fit before anything is sampled on it."""
        table = self.tables["grid"]
        if table is None:
            return None
        grid = self.attempt("grid", lambda: Grid(table.lower, table.upper, table.points, table.hbar))
        if grid is not None and grid.size > LARGEST_GRID:
            self.faults.append(f"grid.points: give {grid.size} points in all; at most {LARGEST_GRID} are allowed")
            return None
        return grid

    def nodes(self, kind: str) -> tuple[NodeModel | None, NDArray[np.complex128] | None]:
        """Build a model of nodes on a grid, and their states."""
        table, initial = self.tables["model"], self.tables["initial"]
        grid = self.grid()
        if grid is None:
            if isinstance(table.potential, str):  # its spelling can be judged without a grid
                self.attempt("model.potential", lambda: parse(table.potential, (*POSITION_NAMES, "r2")))
            return None, None
        cls = SchrodingerLohe if kind == "schrodinger-lohe" else WignerLohe
        model = None
        if self.attempt("model.potential", lambda: potentials.on_grid(grid, table.potential)) is not None:
            model = self.attempt("model", lambda: cls(grid, table.potential, coupling=table.coupling, mass=table.mass))
        if isinstance(initial, Matrix):
            self.faults.append("initial.kind: 'matrix' was given; it needs model.kind = 'correlations'")
            return model, None
        if initial is None:
            return model, None
        psi = self.attempt("initial", lambda: self.states(initial, grid, table.mass))
        return model, psi

    def states(self, table: StateTable, grid: Grid, mass: float) -> NDArray[np.complex128]:
        """Sample the states and check their norms."""
        count = max((len(value) for value in table.model_dump().values() if isinstance(value, list)), default=1)
        memory.require_room(memory.of_nodes(grid, count, 1))
        psi = states.on_grid(grid, table.sample(grid, mass, self.folder))
        if table.normalise:
            return states.normalise(grid, psi)
        check_norms(grid.norm(psi))
        return psi

    def correlations(self) -> tuple[Correlations | None, NDArray[np.complex128] | None]:
        """Build the correlation dynamics and its starting matrix."""
        table, initial = self.tables["model"], self.tables["initial"]
        extra = {"potential", "mass"} & table.model_fields_set
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
        if bad or not pairs:
            self.faults.append(f"{key}: {bad[0] if bad else pairs} was given; pairs name nodes 0 to {count - 1}")
        return [(pair[0], pair[1]) for pair in pairs]

    def wigner_times(self, times: list[float], stop: float) -> None:
        """Check that the times of Wigner functions lie within the run."""
        if not times or sorted(set(times)) != times or times[-1] > stop:
            self.faults.append(
                f"wigner.times: {times} was given; they must increase and not exceed time.stop = {stop:g}"
            )

    def wigner(
        self, model: NodeModel | Correlations, count: int, stop: float
    ) -> tuple[list[tuple[int, int]], list[float]]:
        """Which Wigner functions to make: as asked for, or those of the first nodes at four times."""
        table = self.tables["wigner"]
        if not isinstance(model, NodeModel) or model.grid.dimension != 1:
            if table is not None and isinstance(model, NodeModel):
                self.faults.append(f"wigner: was given; it needs a grid of one dimension, not {model.grid.dimension}")
            return [], []
        if table is None:
            table = WignerTable(pairs="all", times=[stop * k / 3 for k in range(4)])
            count = min(count, DEFAULT_WIGNER_NODES)
        if table.pairs == "all":
            return [(i, j) for i in range(count) for j in range(i, count)], table.times
        return self.chosen("wigner.pairs", table.pairs, count) or [], table.times
