"""From a config file to a checked `Problem`, or to a list of every fault found.

Each table is checked on its own, so that one run of the program names all faults at once; what needs several tables (a
potential needs a grid) is checked as soon as those are whole. Nothing in a config is executed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from wignerlohe import memory, methods, potentials, states
from wignerlohe.checks import require
from wignerlohe.config.faults import ConfigError, attempt, parse_table
from wignerlohe.config.needs import memory_of
from wignerlohe.config.requests import WignerRequest, check_output, chosen, count_of, wigner_request
from wignerlohe.config.tables import TABLES, FromFile, Matrix, OutputTable, Random, SolverTable, StateTable, to_complex
from wignerlohe.config.toml import read_file
from wignerlohe.conventions import POSITION_NAMES
from wignerlohe.coupling.pairs import MOST_ENTRIES
from wignerlohe.errors import TruncationWarning
from wignerlohe.expressions import parse
from wignerlohe.grid import Grid, PhaseSpace
from wignerlohe.initial import check_norms, node_norms
from wignerlohe.methods import check_matrix
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.models.wigner_equation import WignerEquation
from wignerlohe.models.wigner_lohe import WignerLohe
from wignerlohe.solver import OnViolation
from wignerlohe.states import Expansion
from wignerlohe.states.given import is_mixed
from wignerlohe.store.models import KINDS
from wignerlohe.summary import counted

LONGEST_TITLE = 200

T = TypeVar("T")
Initial = NDArray[np.complex128] | Expansion


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
    on_violation: OnViolation
    pairs: list[tuple[int, int]] | None
    wavefunctions: bool | None
    observables: list[str]
    groups: dict[str, list[int]]
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
    def counted(self) -> str:
        """How many nodes, or functions, there are."""
        return counted(self.count, "function" if isinstance(self.model, WignerEquation) else "node")

    @property
    def need(self) -> dict[str, int]:
        """Bytes of memory that the run will need, by contributor."""
        return memory_of(self).peak


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
    if not (isinstance(title, str) and title.isprintable() and len(title) <= LONGEST_TITLE):
        given = " ".join(repr(title).split())[:LONGEST_TITLE]
        faults.append(f"title: {given} was given; it must be text of one line, at most {LONGEST_TITLE} characters")
    parsed = {name: parse_table(name, tables, faults) for name in TABLES}
    builder = _Builder(faults, folder, parsed)
    problem = builder.problem(str(title))
    if faults or problem is None:
        raise ConfigError(faults)
    return problem


class _Announced(Expansion):
    """Very many states that are not drawn before all else is known to be right, and to fit: of their shape only."""

    def __post_init__(self) -> None:
        """Check nothing: there is nothing yet."""


class _Builder:
    """Makes objects from parsed tables; a fault is noted and the next object tried."""

    def __init__(self, faults: list[str], folder: Path, parsed: dict[str, Any]) -> None:
        self.faults, self.folder, self.tables = faults, folder, parsed
        self.notes: list[str] = []

    def attempt(self, key: str, make: Callable[[], T]) -> T | None:
        """Call, and note what goes wrong under the key."""
        return attempt(self.faults, key, make)

    def problem(self, title: str) -> Problem | None:
        """Put everything together, as far as it can be."""
        kind = getattr(self.tables["model"], "kind", None)
        if self.tables["wigner"] is not None and self.tables["time"] is not None:
            self.wigner_times(self.tables["wigner"].times, self.tables["time"].stop)
        model: NodeModel | Correlations | None
        if kind == "correlations":
            model, initial = self.correlations()
        elif kind is None:
            self.domain(None)
            return None
        else:
            model, initial = self.nodes(kind)
        if model is None or initial is None or self.tables["time"] is None:
            return None
        time, solver, output = self.tables["time"], self.tables["solver"] or SolverTable(), self.tables["output"]
        output, count, found = output or OutputTable(), count_of(initial), self.faults
        check_output(found, output, model, initial)
        problem = Problem(
            title=title,
            model=model,
            initial=initial,
            stop=time.stop,
            samples=time.samples,
            method=solver.method,
            rtol=solver.rtol,
            on_violation=solver.on_violation,
            pairs=chosen(found, "output.pairs", output.pairs, count),
            wavefunctions=output.wavefunctions,
            observables=output.observables,
            groups=output.groups,
            wigner=wigner_request(found, self.tables["wigner"], model, initial, time.stop)
            if isinstance(model, NodeModel)
            else None,
            seed=self.seeds(),
            notes=tuple(self.notes),
        )
        if isinstance(model, NodeModel) and self.attempt("model", lambda: model.system(count)) is None:
            return None
        if self.attempt("solver.method", lambda: methods.choose(model, initial, solver.method)) is None:
            return None
        if self.pairs_fit(count):
            self.attempt("memory", lambda: memory.require_room(problem.need))
        if isinstance(initial, _Announced) and isinstance(model, NodeModel) and not self.faults:
            drawn = self.tables["initial"].sample(model.grid, model.mass, self.folder)
            problem = replace(problem, initial=drawn)
        return problem

    def pairs_fit(self, count: int) -> bool:
        """Check that variables over all pairs can be kept, unless some pairs are named."""
        time, output = self.tables["time"], self.tables["output"]
        alone = getattr(self.tables["model"], "kind", None) == "wigner"
        if alone or time is None or (output is not None and output.pairs is not None):
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

    def domain(self, kind: str | None) -> Grid | PhaseSpace | None:
        """Build the grid, or a box in phase space of its own."""
        table, box = self.tables["grid"], self.tables["phase_space"]
        if box is not None:
            if kind == "schrodinger-lohe":
                self.faults.append("phase_space: was given; wave functions live on a [grid]")
            elif table is None:
                return self.attempt("phase_space", lambda: PhaseSpace(**box.model_dump()))
            else:
                self.faults.append("phase_space: was given; it takes the place of [grid], which is there, too")
                return None
        if table is None:
            return None

        def roomy(grid: Grid) -> Grid:  # nothing is sampled on a grid that could not hold a single state
            memory.require_room(memory.of_nodes(grid, 1, 1).peak)
            return grid

        grid = self.attempt("grid", lambda: Grid(table.lower, table.upper, table.points, table.hbar))
        return None if grid is None else self.attempt("grid.points", lambda: roomy(grid))

    def nodes(self, kind: str) -> tuple[NodeModel | None, Initial | None]:
        """Build a model of nodes on a grid, or of functions on phase space, and the initial data."""
        table, initial = self.tables["model"], self.tables["initial"]
        domain: Any = self.domain(kind)
        potential = table.potential
        if isinstance(potential, list):  # of numbers: of constants, not of values on the grid
            potential = [text if isinstance(text, str) else repr(text) for text in potential]
        if domain is None:
            self.potentials(potential, lambda text: isinstance(text, str) and parse(text, (*POSITION_NAMES, "r2", "t")))
            return None, None
        box, cls = isinstance(domain, PhaseSpace), cast(type[NodeModel], KINDS[kind])
        grid: Any = Grid(domain.x_lower, domain.x_upper, domain.x_points, domain.hbar) if box else domain
        given = table.model_dump(exclude={"kind", "potential"})
        network = given.get("network")
        if isinstance(network, dict) and isinstance(network.get("path"), str):
            given["network"] = network | {"path": str(self.folder / network["path"])}
        model, count = None, len(potential) if isinstance(potential, list) else 1
        room = self.attempt("model.potential", lambda: potentials.in_memory(grid, count))
        if room and self.potentials(potential, lambda one: potentials.sample(grid, one)):
            model = self.attempt("model", lambda: cls(domain, potential, **given))
        if isinstance(initial, Matrix):
            self.faults.append("initial.kind: 'matrix' was given; it needs model.kind = 'correlations'")
        elif box and initial is not None and not isinstance(initial, FromFile):
            self.faults.append(f"initial.kind: {initial.kind!r} was given; on a [phase_space] data come from a 'file'")
        elif initial is not None and (model is not None or not isinstance(initial, FromFile)):
            return model, self.attempt("initial", lambda: self.data(initial, domain, table.mass, model))
        return model, None

    def potentials(self, given: Any, judge: Callable[[Any], Any]) -> bool:
        """Judge one potential, or each of a list; its spelling can be judged without a grid."""
        if not isinstance(given, list):
            return self.attempt("model.potential", lambda: judge(given)) is not None
        keys = [f"model.potential[{k}]" for k in range(len(given))]
        found = [self.attempt(key, partial(judge, one)) is not None for key, one in zip(keys, given, strict=True)]
        return all(found)

    def data(self, table: StateTable, domain: Any, mass: float, model: NodeModel | None) -> Initial:
        """Sample the states, or read functions on phase space, and check their norms."""
        lists = [len(value) for value in table.model_dump().values() if isinstance(value, list)]
        if not isinstance(table, Random | FromFile):
            memory.require_room(memory.of_nodes(domain, max(lists, default=1), 1).peak)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", TruncationWarning)
            found = (
                table.drawn(domain, mass, 1) if isinstance(table, Random) else table.sample(domain, mass, self.folder)
            )
        self.notes += [f"initial: {entry.message}" for entry in caught]
        if isinstance(table, Random) and isinstance(found, Expansion):
            must, but = "be left out for random states", "they have unit norms by construction"
            require(not table.normalise, "normalise", must, but, "leaving it out")
            return _Announced(np.broadcast_to(found.coefficients, (table.count, table.modes)), found.of)
        functions = None if model is None else methods.array_on_phase_space(model, found)
        if model is not None and functions is not None:
            must, but = "be left out for functions on phase space", "their integrals are part of the data"
            require(not table.normalise, "normalise", must, but, "leaving it out")
            if isinstance(model, WignerLohe):
                integrals = [model.space.integral(row[j]) for j, row in enumerate(functions)]
                methods.check_diagonal(model, np.diag(integrals))
            return np.asarray(functions)
        psi = states.on_grid(domain, found)
        if table.normalise:
            return states.normalise(domain, psi, mixed=is_mixed(domain, psi))
        check_norms(node_norms(domain, psi), "normalise = true in [initial]")
        return psi

    def correlations(self) -> tuple[Correlations | None, Initial | None]:
        """Build the correlation dynamics and its starting matrix."""
        table, initial = self.tables["model"], self.tables["initial"]
        self.faults += [
            f"{name}: was given; the model 'correlations' has none"
            for name in ("grid", "phase_space", "wigner")
            if self.tables[name]
        ]
        model = self.attempt("model", lambda: Correlations(table.coupling))
        if initial is None:
            return model, None
        if not isinstance(initial, Matrix):
            self.faults.append(f"initial.kind: {initial.kind!r} was given; the model 'correlations' takes 'matrix'")
            return model, None
        return model, self.attempt("initial", lambda: check_matrix(to_complex(initial.real, initial.imaginary)))

    def wigner_times(self, times: list[float], stop: float) -> None:
        """Check that the times of Wigner functions lie within the run."""
        if not times or sorted(set(times)) != times or times[-1] > stop:
            self.faults.append(
                f"wigner.times: {times} was given; they must increase and not exceed time.stop = {stop:g}"
            )
