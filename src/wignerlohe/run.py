"""One run, from a checked problem to a folder: data, figures and report."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from wignerlohe import memory
from wignerlohe.config.problem import Problem
from wignerlohe.errors import InvalidInputError
from wignerlohe.solution import Solution, join
from wignerlohe.solver import segments
from wignerlohe.store.dataset import (
    attributes,
    keeps_wavefunctions,
    outcome,
    static_entries,
    timed_entries,
    wigner_axes,
    wigner_dims,
)
from wignerlohe.store.observables import Entries, husimi_entries, observable_entries, stored_observables
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
    run = (folder / "config.toml").is_file() and (folder / "data.zarr").is_dir()
    if not run or (folder / "points").exists():
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
        return execute_in(problem, config, parts, folder, progress)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        solution = execute_in(problem, config, parts, fresh, progress)
        fresh.chmod(folder.stat().st_mode)
        shutil.rmtree(folder)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return solution


def execute_in(
    problem: Problem, config: str, parts: Iterator[Solution], folder: Path, progress: Progress, draw: bool = True
) -> Solution:
    """Fill an empty folder: config, data and, unless that is not wanted, figures and report."""
    (folder / "config.toml").write_text(config, encoding="utf-8")
    solution = _solve(problem, config, parts, folder / "data.zarr", progress)
    if draw:
        _draw(problem, config, folder, solution, progress)
    return solution


def _solve(problem: Problem, config: str, parts: Iterator[Solution], store: Path, progress: Progress) -> Solution:
    """Solve segment by segment, committing each; a segment cut off by a blow-up commits at least that."""
    writer: Writer | None = None
    pieces: list[Solution] = []
    keeps = problem.wavefunctions
    for part in parts:
        if part.fields is not None and keeps is None:
            keeps = keeps_wavefunctions(part.fields, problem.samples)
        entries = timed_entries(part, problem.pairs, keeps) if len(part.times) else {}
        measured = _measured(problem, part, entries)
        if writer is None:
            slab = max(len(part.times), 1)  # the first segment is as long as any
            wigner_times = 0 if problem.wigner is None else len(problem.wigner.times)
            writer = Writer(store, times=problem.samples, slab=slab, wigner_times=wigner_times)
            extra = {"title": problem.title, "config": config, "seed": problem.seed, "notes": list(problem.notes)}
            static = measured.static | static_entries(part)
            if problem.wigner is not None:
                static |= wigner_axes(problem.wigner.selection, problem.wigner.pairs)
            writer.begin(static, attributes(part) | extra)
        pieces.append(part)
        writer.commit(entries | measured.timed, outcome(part))
        _describe(writer, measured)
        progress("solving", writer.done["time"] / problem.samples)
    assert writer is not None
    solution = join(pieces)
    writer.commit({}, outcome(solution))
    if "husimi" in problem.observables and len(solution.times):
        husimi = husimi_entries(solution)
        writer.commit(husimi.static | husimi.timed, {})
        _describe(writer, husimi)
    _write_wigner(problem, solution, writer, progress)
    return solution


def _measured(problem: Problem, part: Solution, known: Iterable[str]) -> Entries:
    """The observables of a segment that a config asks for."""
    if not (problem.observables or problem.groups) or not len(part.times):
        return Entries({}, {}, {})
    return observable_entries(part, problem.observables, problem.groups, known)


def _describe(writer: Writer, entries: Entries) -> None:
    for name, further in entries.attributes.items():
        writer.describe(name, further)


def _write_wigner(problem: Problem, solution: Solution, writer: Writer, progress: Progress) -> None:
    """Commit the Wigner functions, one time after the other."""
    request = problem.wigner
    if request is None:
        return
    kept, at = request.selection.kept, request.selection.at
    for k, time in enumerate(request.times):
        values = solution.wigner_functions(request.pairs, time, kept, at)[None]
        axis = (("wigner_time",), np.array([time]))
        writer.commit({"wigner_time": axis, "wigner": (wigner_dims(request.selection), values)}, {})
        if k == 0:
            writer.describe("wigner", request.selection.attributes)
        progress("Wigner functions", (k + 1) / len(request.times))


def _draw(problem: Problem, config: str, folder: Path, solution: Solution, progress: Progress) -> None:
    """Draw the figures and write the report."""
    from wignerlohe.plot import report

    (folder / "figures").mkdir()
    pictures = []
    expected = 5 + len(problem.observables) + (0 if problem.wigner is None else len(problem.wigner.times))
    measured = stored_observables(folder, problem.observables) if problem.observables or problem.groups else None
    for picture in report.draw(solution, problem.wigner, measured):
        (folder / "figures" / f"{picture.name}.png").write_bytes(picture.png)
        pictures.append(picture)
        progress("drawing", min(len(pictures) / expected, 1.0))
    report.write(folder / "report.html", solution, pictures, problem, config, describe_need(problem))
    progress("drawing", 1.0)


def describe_need(problem: Problem) -> str:
    """Say how much memory a run needs and what takes most of it."""
    need = problem.need
    largest = max(need, key=lambda name: need[name])
    return (
        f"about {memory.readable(sum(need.values()))} predicted beyond Python itself, "
        f"most of it for {largest} ({memory.readable(need[largest])})"
    )
