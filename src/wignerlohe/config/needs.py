"""How much memory a run from a config will need: what solves it, and what writes and draws."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wignerlohe import methods
from wignerlohe.coupling.pairs import BLOCK, MOST_NODES
from wignerlohe.initial import sizes
from wignerlohe.memory import COMPLEX, DRAWING, REAL, SINGLE, SOLVING, Need
from wignerlohe.models.base import NodeModel
from wignerlohe.models.correlations import Correlations
from wignerlohe.models.wigner_equation import WignerEquation
from wignerlohe.observables.sample import BLOCK as AT_ONCE
from wignerlohe.store.dataset import LARGEST_WAVEFUNCTION

if TYPE_CHECKING:
    from wignerlohe.config.problem import Problem

CANVAS = 90_000_000  # bytes that a figure of many panels takes while it is drawn, measured
PATHS, LINE = 500, 60_000  # pairs that are drawn, and bytes of each line, measured
LINES, VECTORS = 5, 4  # copies of their paths, and of the vectors of their nodes
ROWS, PANELS, MAPS, MATRIX = 361, 8, 4, 5  # times and nodes of figures of densities and Wigner functions
WORKED = 6  # arrays as large as the wave functions that observables work on at once


def memory_of(problem: Problem) -> Need:
    """Memory of a run from a config: solving, writing, drawing."""
    need = methods.need(problem.model, problem.initial, problem.method, problem.samples)
    if not need.held:
        return need
    writing = [phase | SOLVING for phase in _writing(problem, need)]
    drawing = [phase | DRAWING for phase in _drawing(problem, need)]
    return replace(need, phases=[*need.phases, *writing, *drawing])


def _writing(problem: Problem, need: Need) -> list[dict[str, int]]:
    """Phases in which variables are made and written."""
    slab, count, pairs, waves = need.slab, problem.count, _pairs(problem) * COMPLEX, _waves(problem)
    observables = _observables(problem)
    largest = max([pairs, need.state, waves, *observables.values()])
    diameters = 0
    if coupled := _coupled(problem):
        diameters = 4 * min(count**2, BLOCK) * COMPLEX if count <= MOST_NODES else 2 * need.coordinates
    logarithms = 4 * pairs if problem.pairs is None else 0
    segment = {
        "states on their way to the disk": slab * need.state,
        "correlations of all pairs": 3 * slab * pairs,
        "rows and factors of a segment": slab * (need.rows + 2 * count * COMPLEX * coupled),
        "wave functions of a segment": slab * (need.evolved + waves) if waves else 0,
        "observables of a segment": slab * sum(observables.values()) + (_blocks(problem, slab) if observables else 0),
        "what one variable is made of": max(slab * largest, logarithms, diameters),
    }
    found = [segment]
    if husimi := _husimi(problem):
        work = 4 * problem.model.grid.points[0] ** 2 * COMPLEX  # type: ignore[union-attr] # there is a grid
        found.append({"Husimi functions": 2 * husimi + work})
    if problem.wigner is not None:
        line = problem.wigner.selection.space.dimension == 1  # others are made block by block
        work = 4 * problem.wigner.selection.size * COMPLEX if line else 0
        found.append({"Wigner functions": 2 * _wigner(problem) + work})
    return found


def _drawing(problem: Problem, need: Need) -> list[dict[str, int]]:
    """Phases in which figures are drawn."""
    times, count = problem.samples, problem.count
    coupled = _coupled(problem)
    made = {"rows and factors of all times": times * (need.rows + 2 * count * COMPLEX) if coupled else 0}
    found = []
    if coupled:
        paths = min(PATHS, count * (count - 1) // 2)
        lines = paths * max(LINES * times * COMPLEX, VECTORS * (need.rows // count))
        rows = 2 * need.coordinates if count > MOST_NODES else 0
        found.append(made | {"paths of pairs": lines + rows + LINE * paths})
    model = problem.model
    fields = None if isinstance(model, Correlations) else sizes(model.grid, problem.initial)
    if fields is not None and isinstance(model, NodeModel) and not methods.on_phase_space(model, problem.initial):
        grid = model.grid
        drawn, shown = (ROWS, PANELS) if grid.dimension == 1 else (MAPS, MAPS)
        drawn, one = min(drawn, times), fields["components"] * grid.size * COMPLEX
        half = min(shown, count) * one // 2
        making = drawn * max(3 * need.evolved, need.evolved + 5 * half)
        found.append(made | {"densities to draw": making})
        found.append(made | {"densities to draw": drawn * (need.evolved + half), "a figure": CANVAS})
    if husimi := _husimi(problem):
        found.append(made | {"Husimi functions to draw": husimi, "a figure": CANVAS})
    observables = _observables(problem)
    if observables:
        found.append(made | {"observables to draw": 5 * times * max(observables.values()), "a figure": CANVAS})
    if problem.wigner is not None and len(problem.wigner.selection.kept) == 2:
        nodes, size = (
            min(len({j for pair in problem.wigner.pairs for j in pair}), MATRIX),
            problem.wigner.selection.size,
        )
        panels = len(problem.wigner.times) * (nodes**2 if coupled else 2 * nodes) * size * SINGLE
        functions = (nodes * (nodes + 1) // 2 if coupled else nodes) * size * COMPLEX
        if not coupled:
            functions += functions * 3 // 2  # their real and imaginary parts
        found.append(made | {"Wigner functions to draw": panels + max(functions, panels)})
    return found


def _coupled(problem: Problem) -> bool:
    return not isinstance(problem.model, WignerEquation)


def _pairs(problem: Problem) -> int:
    """Pairs whose correlations are kept."""
    if not _coupled(problem):
        return 0
    return problem.count**2 if problem.pairs is None else len(problem.pairs)


def _waves(problem: Problem) -> int:
    """Bytes of the wave functions at one time, if they are kept."""
    model = problem.model
    if isinstance(model, Correlations) or methods.on_phase_space(model, problem.initial):
        return 0
    known = sizes(model.grid, problem.initial)
    method, _ = methods.choose(model, problem.initial, problem.method)
    if known is None or method == "phase-space":
        return 0
    numbers = known["count"] * known["components"] * model.grid.size
    kept = problem.wavefunctions
    if kept is None:
        kept = problem.samples * numbers <= LARGEST_WAVEFUNCTION
    return numbers * COMPLEX if kept else 0


def _wigner(problem: Problem) -> int:
    """Bytes of the Wigner functions at one time."""
    assert problem.wigner is not None
    return len(problem.wigner.pairs) * problem.wigner.selection.size * COMPLEX


def _blocks(problem: Problem, slab: int) -> int:
    """Bytes of wave functions that observables work on at once."""
    model = problem.model
    known = None if isinstance(model, Correlations) else sizes(model.grid, problem.initial)
    if known is None or not isinstance(model, NodeModel):
        return 0
    return WORKED * min(AT_ONCE, slab * known["count"] * known["components"] * model.grid.size) * COMPLEX


def _husimi(problem: Problem) -> int:
    """Bytes of Husimi functions, of x and its momentum at the first and the last time."""
    if "husimi" not in problem.observables:
        return 0
    return 2 * problem.count * problem.model.grid.points[0] ** 2 * REAL  # type: ignore[union-attr] # there is a grid


def _observables(problem: Problem) -> dict[str, int]:
    """Bytes of observables at one time, but for those at the ends and those that are written anyway."""
    if isinstance(problem.model, Correlations):
        return {}
    count, grid = problem.count, problem.model.grid
    d = grid.dimension
    numbers = {
        "position_density": count * grid.size,
        "momentum_density": count * grid.size,
        "current": count * grid.size * d,
        "mean": 2 * d * count,
        "covariance": 4 * d**2 * count,
        "energy": 3 * count,
        "purity": count,
        "negativity": count,
        "largest_distance": 1,
    }
    found = {name.replace("_", " "): numbers[name] * REAL for name in problem.observables if name in numbers}
    groups = len(problem.groups)
    return found | ({"groups": groups * REAL + groups**2 * COMPLEX} if groups else {})
