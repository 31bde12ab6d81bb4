"""One run, from a checked problem to a folder: data, figures and report."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from wignerlohe import memory
from wignerlohe.config.problem import Problem
from wignerlohe.errors import InvalidInputError
from wignerlohe.models.base import NodeModel
from wignerlohe.segments import segment_length
from wignerlohe.solution import Solution, join
from wignerlohe.solver import segments
from wignerlohe.store.dataset import (
    attributes,
    outcome,
    static_entries,
    timed_entries,
    wigner_axes,
    wigner_dims,
)
from wignerlohe.store.writer import Writer

Progress = Callable[[str, float], None]


def check_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a folder that is not empty, unless it holds a run and may be replaced."""
    for parent in folder.resolve().parents:
        if parent.exists() and not parent.is_dir():
            raise InvalidInputError(f"`output` must lie in a folder, but {parent} is a file; try another name")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InvalidInputError(f"`output` must be a folder, but {folder} is a file; try another name")
    if not any(folder.iterdir()):
        return
    if not overwrite:
        raise InvalidInputError(f"`output` must be empty, but {folder} is not; try another folder, or --overwrite")
    if not ((folder / "config.toml").is_file() and (folder / "data.zarr").is_dir()):
        raise InvalidInputError(f"`output` must hold a run to be replaced, but {folder} holds other files; try another")


def execute(problem: Problem, config: str, folder: Path, progress: Progress, overwrite: bool = False) -> Solution:
    """Solve, write and draw; return the solution.

    Parameters
    ----------
    problem : Problem
        From `wignerlohe.config.problem`.
    config : str
        The text it came from, kept beside the results and in them.
    folder : Path
        Where results go: ``config.toml``, ``data.zarr``, ``figures/*.png`` and ``report.html``.
    progress : callable
        Called with a stage and the fraction of it that is done.
    overwrite : bool
        Replace a run that the folder holds, once this one has succeeded.
    """
    check_folder(folder, overwrite)
    # every check of the solver comes before the first file
    parts = segments(problem.model, problem.initial, problem.times, method=problem.method, rtol=problem.rtol)
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not (folder.exists() and any(folder.iterdir())):
        folder.mkdir(exist_ok=True)
        return _execute_in(problem, config, parts, folder, progress)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        solution = _execute_in(problem, config, parts, fresh, progress)
        fresh.chmod(folder.stat().st_mode)
        shutil.rmtree(folder)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return solution


def _execute_in(problem: Problem, config: str, parts: Iterator[Solution], folder: Path, progress: Progress) -> Solution:
    (folder / "config.toml").write_text(config, encoding="utf-8")
    solution = _solve(problem, config, parts, folder / "data.zarr", progress)
    _draw(problem, config, folder, solution, progress)
    return solution


def _solve(problem: Problem, config: str, parts: Iterator[Solution], store: Path, progress: Progress) -> Solution:
    """Solve segment by segment, committing each; a segment cut off by a blow-up commits at least that."""
    slab = segment_length(problem.initial.size)
    writer = Writer(store, times=problem.samples, slab=slab, wigner_times=len(problem.wigner_times))
    pieces: list[Solution] = []
    for part in parts:
        if not pieces:
            extra = {"title": problem.title, "config": config, "seed": "none: nothing in this run is random"}
            static = static_entries(part)
            if problem.wigner_times and isinstance(part.model, NodeModel):
                axes = wigner_axes(part.model.grid, problem.wigner_pairs, problem.wigner_times)
                static |= {name: entry for name, entry in axes.items() if name != "wigner_time"}
            writer.begin(static, attributes(part) | extra)
        pieces.append(part)
        entries = timed_entries(part, problem.pairs, problem.wavefunctions) if len(part.times) else {}
        writer.commit(entries, outcome(part))
        progress("solving", writer.done["time"] / problem.samples)
    solution = join(pieces)
    writer.commit({}, outcome(solution))
    _write_wigner(problem, solution, writer, progress)
    return solution


def _write_wigner(problem: Problem, solution: Solution, writer: Writer, progress: Progress) -> None:
    """Commit the Wigner functions, one time after the other."""
    for k, time in enumerate(problem.wigner_times):
        assert isinstance(problem.model, NodeModel)
        values = solution.wigner_functions(problem.wigner_pairs, time)[None]
        axis = wigner_axes(problem.model.grid, problem.wigner_pairs, [time])["wigner_time"]
        writer.commit({"wigner_time": axis, "wigner": (wigner_dims(problem.model.grid), values)}, {})
        progress("Wigner functions", (k + 1) / len(problem.wigner_times))


def _draw(problem: Problem, config: str, folder: Path, solution: Solution, progress: Progress) -> None:
    """Draw the figures and write the report."""
    from wignerlohe.plot import report

    (folder / "figures").mkdir()
    nodes = sorted({node for pair in problem.wigner_pairs for node in pair})
    pictures = []
    expected = 4 + len(problem.wigner_times)
    for picture in report.draw(solution, nodes, problem.wigner_times):
        (folder / "figures" / f"{picture.name}.png").write_bytes(picture.png)
        pictures.append(picture)
        progress("drawing", min(len(pictures) / expected, 1.0))
    report.write(folder / "report.html", solution, pictures, problem.title, config, describe_need(problem))
    progress("drawing", 1.0)


def describe_need(problem: Problem) -> str:
    """Say how much memory a run needs and what takes most of it."""
    need = problem.need
    largest = max(need, key=lambda name: need[name])
    return (
        f"about {memory.readable(sum(need.values()))} predicted beyond Python itself, "
        f"most of it for {largest} ({memory.readable(need[largest])})"
    )
