"""One run, from a checked problem to a folder: data, figures and report."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from wignerlohe import disk, limits, memory, output
from wignerlohe.checks import require
from wignerlohe.config.files import naming
from wignerlohe.config.needs import memory_of
from wignerlohe.config.problem import Problem, build
from wignerlohe.config.toml import read_text
from wignerlohe.errors import InvalidInputError, SolverError
from wignerlohe.folders import require_plain
from wignerlohe.solution import Solution, lean
from wignerlohe.solver import Course, collect, segments
from wignerlohe.store import checkpoints
from wignerlohe.store.checkpoints import Checkpoint
from wignerlohe.store.dataset import wigner_axes, wigner_dims
from wignerlohe.store.durable import put, replacing
from wignerlohe.store.lock import LOCK, is_empty, locked
from wignerlohe.store.observables import husimi_entries, stored_observables
from wignerlohe.store.provenance import digest
from wignerlohe.store.record import CHECKPOINTS, Record, is_begun, is_complete, recording
from wignerlohe.store.revision import revision
from wignerlohe.text import command, readable

Progress = Callable[[str, float], None]

CONFIG = "config.toml"
ASKED = "asked.npz"  # among the checkpoints: the config, and where relative paths in it start
EVERY = 60.0  # seconds from one checkpoint to the next
LONGEST = 240  # bytes of the name of a folder: others beside it have longer names


@dataclass(frozen=True)
class Left:
    """A run that was cut off: its folder, what it computes, and the folder that it is to replace in the end, if any."""

    folder: Path
    problem: Problem
    config: str
    origin: Path
    replaces: Path | None


def check_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a folder that is not empty, unless it holds a run and may be replaced."""
    length = len(os.fsencode(folder.resolve().name))
    require(length <= LONGEST, "output", f"have a name of at most {LONGEST} bytes", f"it has {length}", "a shorter one")
    for parent in folder.resolve().parents:
        if parent.exists() and not parent.is_dir():
            raise InvalidInputError(f"`output` must lie in a folder, but {parent} is a file; try another name")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InvalidInputError(f"`output` must be a folder, but {folder} is a file; try another name")
    require_plain("output", folder)
    if is_empty(folder):
        return
    begun = (folder / CONFIG).is_file() and is_begun(folder)
    if not overwrite:
        attempt = "another folder, or --overwrite" + (", or --resume if it was cut off" if begun else "")
        raise InvalidInputError(f"`output` must be empty, but {folder} is not; try {attempt}")
    if not begun or (folder / "points").exists():
        raise InvalidInputError(f"`output` must hold a run to be replaced, but {folder} holds other files; try another")


def execute(
    problem: Problem,
    config: str,
    folder: Path,
    progress: Progress,
    overwrite: bool = False,
    origin: Path | None = None,
    every: float = EVERY,
) -> Solution:
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
    origin : Path, optional
        Where relative paths in the config start, for `left` to find them.
    every : float
        Seconds from one checkpoint to the next.
    """
    check_folder(folder, overwrite)
    course = course_of(problem)  # every check of the solver comes before the first file
    disk.require_room(disk.foresee(problem, course), folder := folder.resolve())
    folder.mkdir(parents=True, exist_ok=True)
    with _going_on(folder), locked(folder):
        if is_empty(folder):
            return _begin(problem, config, course, folder, progress, origin, every)
        fresh = _beside(folder)
        fresh.mkdir(exist_ok=True)
        with locked(fresh):
            for path in fresh.iterdir():  # of a run that was to replace this one, and is given up
                if path.name != LOCK:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            try:
                solution = _begin(problem, config, course, fresh, progress, origin, every)
            except Exception as error:
                begun = disk.is_full(error) and (fresh / CONFIG).is_file()
                if getattr(error, "solution", None) is None and not begun:  # the good part of a run that stops is kept
                    shutil.rmtree(fresh)
                raise
            _take_place(fresh, folder)
    return solution


def left(folder: Path) -> Left | None:
    """What is left to do of the run in a folder; None if it is finished.

    Raises
    ------
    InvalidInputError
        If the folder does not hold a run.
    DamagedError
        If what it holds is not as it was written.
    """
    target, replaces = folder.resolve(), None
    if (_beside(target) / CONFIG).is_file():
        target, replaces = _beside(target), target
    require_plain("DIR", target)
    begun = (target / CONFIG).is_file() and is_begun(target) and not (target / "points").exists()
    require(begun, "DIR", "hold a run that was begun", f"{folder} does not", "wignerlohe run CONFIG.toml --output DIR")
    if is_complete(target):
        if replaces is not None:
            _take_place(target, replaces)
        return None
    asked = checkpoints.read(target / CHECKPOINTS / ASKED).words
    origin = Path(asked["origin"])
    problem = build(read_text(asked["config"], CONFIG), origin)
    return Left(target, problem, asked["config"], origin, replaces)


def go_on(run: Left, progress: Progress, every: float = EVERY) -> Solution:
    """Do what is left of a run, and return the solution: to the last bit that of a run that was never cut off."""
    with _going_on(run.replaces or run.folder), locked(run.folder):
        course = course_of(run.problem)
        solution = execute_in(run.problem, run.config, course, run.folder, run.origin, progress, every=every)
        if run.replaces is not None:
            _take_place(run.folder, run.replaces)
    return solution


def execute_in(
    problem: Problem,
    config: str,
    course: Course,
    folder: Path,
    origin: Path,
    progress: Progress,
    draw: bool = True,
    every: float | None = None,
) -> Solution:
    """Fill a folder, or what is left of it: data and config, and unless that is not wanted, figures and report."""
    with replacing(folder / CONFIG) as file:
        file.write(config.encode())
    facts = {"title": problem.title, "config": config, "seed": problem.seed, "notes": list(problem.notes)}
    wigner_times = 0 if problem.wigner is None else len(problem.wigner.times)
    try:
        with recording(folder, course, every, facts, wigner_times, _source(config, origin)) as record:
            solution = _solve(problem, course, record, progress)
            record.save()
            if draw:
                _draw(problem, config, folder, solution, progress)
            record.finish()
    except SolverError as error:
        if error.solution is not None:
            last = error.solution.times[-1]
            error.add_note(f"results up to t = {last:.6g} are kept, see `{command('show', folder)}`")
        raise
    return solution


def course_of(problem: Problem) -> Course:
    """What solves a problem, after every check of the solver."""
    course = segments(
        problem.model,
        problem.initial,
        problem.times,
        method=problem.method,
        rtol=problem.rtol,
        on_violation=problem.on_violation,
    )
    memory.give_back()
    return course


def _begin(
    problem: Problem,
    config: str,
    course: Course,
    folder: Path,
    progress: Progress,
    origin: Path | None,
    every: float,
) -> Solution:
    """Fill an empty folder that can be gone on with from its first file on."""
    origin = (origin or Path.cwd()).resolve()
    asked = {"config": config, "origin": str(origin)}
    try:
        (folder / CHECKPOINTS).mkdir()
        checkpoints.put(folder / CHECKPOINTS / ASKED, Checkpoint(asked, {}))
        return execute_in(problem, config, course, folder, origin, progress, every=every)
    except OSError:
        if not (folder / CONFIG).is_file():  # nothing to go on with: the folder is left as empty as it was
            shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
        raise


def _going_on(folder: Path) -> AbstractContextManager[None]:
    """Say, where the disk is full, what goes on with the run in a folder."""

    def remedy() -> str:
        begun = any((place / CONFIG).is_file() and not is_complete(place) for place in (folder, _beside(folder)))
        return command("run", folder, "--resume") if begun else "the same run again"

    return disk.going_on(remedy)


def _source(config: str, origin: Path) -> dict[str, str]:
    """Where a config lies, the commit of that place, and the files that it names with their SHA-256."""
    named = {key: table["path"] for key, table in naming(read_text(config, CONFIG))}
    inputs = {key: {"path": path, "sha256": digest(origin / path)} for key, path in named.items()}
    return {"origin": str(origin), "config_revision": revision(origin), "inputs": json.dumps(inputs)}


def _beside(folder: Path) -> Path:
    """Where a run is made that is to replace the one in a folder."""
    return folder.with_name(f".{folder.name}.new")


def _take_place(fresh: Path, folder: Path) -> None:
    """Let a finished run replace another one."""
    (fresh / LOCK).unlink(missing_ok=True)
    if folder.exists():
        fresh.chmod(folder.stat().st_mode)
        shutil.rmtree(folder)
    fresh.rename(folder)


def _solve(problem: Problem, course: Course, record: Record, progress: Progress) -> Solution:
    """Solve segment by segment, writing each, and then what needs the whole solution."""
    if problem.wigner is not None:
        record.write(wigner_axes(problem.wigner.selection, problem.wigner.pairs))

    def written() -> Iterator[Solution]:
        for part in course.reported(record.parts(), partial(progress, "solving"), record.done):
            made = lean(part)  # the pairs of it go before the next segment is solved
            found = output.entries(problem, made)
            record.write(found.static | found.timed, part, found.attributes)
            made = lean(made)
            del found
            memory.give_back()
            yield made

    solution = collect(written(), record.before)
    if "husimi" in problem.observables and len(solution.times):
        husimi = husimi_entries(solution)
        record.write(husimi.static | husimi.timed, described=husimi.attributes)
    _write_wigner(problem, solution, record, progress)
    return solution


def _write_wigner(problem: Problem, solution: Solution, record: Record, progress: Progress) -> None:
    """Write the Wigner functions, one time after the other."""
    request = problem.wigner
    if request is None:
        return
    kept, at, dims = request.selection.kept, request.selection.at, wigner_dims(request.selection)
    for k in range(record.wigner_done, len(request.times)):
        values = solution.wigner_functions(request.pairs, request.times[k], kept, at)[None]
        entries = {"wigner_time": (("wigner_time",), np.array([request.times[k]])), "wigner": (dims, values)}
        record.write(entries, described={"wigner": request.selection.attributes})
        del values, entries
        memory.give_back()
        record.tick()
        progress("Wigner functions", (k + 1) / len(request.times))


def _draw(problem: Problem, config: str, folder: Path, solution: Solution, progress: Progress) -> None:
    """Draw the figures and write the report."""
    from wignerlohe.plot import report

    (folder / "figures").mkdir(exist_ok=True)
    pictures = []
    expected = 5 + len(problem.observables) + (0 if problem.wigner is None else len(problem.wigner.times))
    measured = stored_observables(folder, problem.observables) if problem.observables or problem.groups else None
    for picture in report.draw(solution, problem.wigner, measured):
        put(folder / "figures" / f"{picture.name}.png", picture.png)
        pictures.append(picture)
        memory.give_back()
        progress("drawing", min(len(pictures) / expected, 1.0))
    report.write(folder / "report.html", solution, pictures, problem, config, describe_need(problem))
    progress("drawing", 1.0)


def foresee(problem: Problem, folder: Path) -> str:
    """Say what a run would do and need, and write nothing.

    Raises
    ------
    TooLargeError
        If there is not as much room on the disk of the folder.
    """
    course = course_of(problem)
    need, kept = memory_of(problem), disk.foresee(problem, course)
    disk.require_room(kept, folder)
    needed = need.peak | {"Python and its libraries": need.program}
    segments = -(-len(course.times) // course.slab)
    return "\n".join(
        [
            f"method: {course.plan.name}; {course.plan.reason}",
            f"segments: {segments}, of {course.slab} output times each" if segments > 1 else "segments: 1",
            *memory.table("memory", needed, limits.available()),
            *memory.table("disk", kept, disk.free(folder)),
        ]
    )


def describe_need(problem: Problem) -> str:
    """Say how much memory a run needs and what takes most of it."""
    need = problem.need
    largest = max(need, key=lambda name: need[name])
    return (
        f"about {readable(sum(need.values()))} predicted beyond Python itself, "
        f"most of it for {largest} ({readable(need[largest])})"
    )
