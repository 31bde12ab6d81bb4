"""Sweeps: a grid of parameters, one run each, in several processes.

A sweep has a folder: ``config.toml`` as given, a run folder ``points/000``, ... for each point, ``data.zarr`` over the
grid, ``figures/sweep.png``, and ``sweep.jsonl``: first the folder at which relative paths start, then a line for every
point that has ended. A point counts once it has its line, so that an interrupted sweep goes on from there.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import time as clock
import tomllib
import warnings
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wignerlohe import disk, limits
from wignerlohe import run as runs
from wignerlohe.checks import require
from wignerlohe.config.faults import one_line
from wignerlohe.config.problem import build
from wignerlohe.config.sweep import Sweep, pose, read_tables
from wignerlohe.errors import WignerLoheError
from wignerlohe.folders import require_plain
from wignerlohe.store.beside import beside
from wignerlohe.store.durable import named, put
from wignerlohe.store.provenance import now
from wignerlohe.store.revision import revision
from wignerlohe.store.sweep import End, collect, is_finished, replace
from wignerlohe.text import command, printable, readable
from wignerlohe.threads import processors
from wignerlohe.workers import work

if TYPE_CHECKING:
    import xarray as xr

JOURNAL = "sweep.jsonl"
PROCESS = 200_000_000  # bytes of a worker before it computes: Python and the libraries


def sweep(
    config: str | Path | Mapping[str, Any],
    output: str | Path,
    workers: int | None = None,
    resume: bool = False,
    progress: runs.Progress | None = None,
) -> xr.Dataset:
    """Run a model at every point of a grid of parameters.

    The table ``[sweep]`` of the config gives lists of values, or ranges ``{start = 1, stop = 5, count = 5}``, for keys
    of other tables, by their dotted names. The grid is the product ``K_1 x K_2 x ...``, first key slowest. Each point
    is what ``wignerlohe run`` makes of its config on one numeric thread, to the last bit, whatever ``workers`` is.

    Parameters
    ----------
    config : path or dict
        A TOML file, or its tables; relative paths in it start at the file's folder, or at the working directory.
    output : path
        Folder for the results, new or empty: ``points/000``, ... for `wignerlohe.load`, ``data.zarr`` with the data
        set, and ``figures/sweep.png``.
    workers : int, optional
        Number of processes; by default one per core. There are fewer of them where memory would not suffice.
    resume : bool
        Go on with the sweep of the same config that ``output`` holds. Points that are done are left as they are; those
        that failed or were cut off are run anew.
    progress : callable, optional
        Called with ``"sweep"`` and the fraction of points that have ended, after each.

    Returns
    -------
    xarray.Dataset
        One dimension per swept key, named like it, with its values as coordinates (of values that are not numbers,
        their places in the list), and ``time``, float64 (T,). Over all of them ``order_parameter`` and ``diameter``
        (beyond 20 000 nodes ``diameter_lower`` and ``diameter_upper``), float64, nan after a blow-up; they are left out
        where points have different output times, or beyond 2e7 numbers. Over the swept keys ``final_order_parameter``,
        ``final_diameter``, ..., ``blow_up_time``, ``seconds``, and ``splitting_error`` where runs are stepped, float64,
        ``unresolved``, int64, and ``failed``, bool.
        The attribute ``messages`` of ``failed`` says why, a line each.

    Raises
    ------
    ConfigError
        With every fault of every point, before anything is written.
    InvalidInputError
        If ``output`` is not empty, or does not hold the sweep that is to go on.

    Warns
    -----
    UserWarning
        If there are fewer workers than asked for, and why.

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
    ...     wl.sweep(config, folder, workers=1)["final_diameter"].round(6).values
    array([0.336351, 0.218464])
    """
    plan = prepare(config, Path(output), resume)
    count, note = choose_workers(plan, workers)
    if note:
        warnings.warn(note, UserWarning, stacklevel=2)
    return carry_out(plan, count, progress or (lambda _, __: None))


@dataclass(frozen=True)
class Plan:
    """A checked sweep, its folder, where relative paths start, and how points have ended already."""

    sweep: Sweep
    output: Path
    origin: Path
    ended: dict[int, End]

    @property
    def folders(self) -> list[Path]:
        """The run folders of the points."""
        width = max(3, len(str(len(self.sweep.points) - 1)))
        return [self.output / "points" / f"{k:0{width}}" for k in range(len(self.sweep.points))]

    @property
    def missing(self) -> list[int]:
        """The points to run."""
        return [k for k in range(len(self.sweep.points)) if k not in self.ended]


def prepare(config: str | Path | Mapping[str, Any], output: Path, resume: bool) -> Plan:
    """Check everything about a sweep; nothing is written."""
    output = output.resolve()
    config = config if isinstance(config, Mapping) else Path(config)
    tables, text = read_tables(config)
    begun = output.is_dir() and any(output.iterdir())
    if not (resume and begun):
        runs.check_folder(output, overwrite=False)
        origin = Path.cwd() if isinstance(config, Mapping) else config.resolve().parent
        return Plan(pose(tables, text, origin), output, origin, {})
    require_plain("output", output)
    origin, ended = _read_journal(output)
    known, text = read_tables(output / "config.toml")
    attempt = "another folder for another sweep"
    require(tables == known, "config", f"be the one that {output} was begun with", "it differs", attempt)
    plan = Plan(pose(known, text, origin), output, origin, {})
    finished: dict[int, End] = {}
    for index, end in ended.items():
        if end.failure:
            continue
        is_one = 0 <= index < len(plan.folders)
        folder, wanted = (plan.folders[index], plan.sweep.points[index].config) if is_one else (output, "")
        same = is_one and (folder / "config.toml").is_file() and (folder / "config.toml").read_text("utf-8") == wanted
        require(same, "output", "hold points of its config.toml", f"point {index} is another one", attempt)
        if is_finished(folder, wanted):
            finished[index] = end
    return Plan(plan.sweep, output, origin, finished)


def choose_workers(plan: Plan, asked: int | None = None) -> tuple[int, str]:
    """Return how many workers fit into memory, and a sentence if they are fewer than wanted."""
    whole = asked is None or (isinstance(asked, int) and asked > 0)
    require(whole, "workers", "be a number of processes above 0", f"{asked!r} was given", "workers=2")
    needs = sorted((plan.sweep.points[k].need + PROCESS for k in plan.missing), reverse=True)
    wanted = count = max(1, min(asked or processors(), len(needs)))
    room = limits.available()
    while count > 1 and sum(needs[:count]) > room:
        count -= 1
    if count == wanted:
        return count, ""
    need, free = readable(sum(needs[:wanted])), readable(room)
    return count, f"{count} of {wanted} workers: all of them may need {need} of memory at once, and {free} are free"


def carry_out(plan: Plan, count: int, progress: runs.Progress) -> xr.Dataset:
    """Run the points that are missing, in ``count`` processes, then write and draw what the whole sweep says."""
    sweep, folders, ended = plan.sweep, plan.folders, dict(plan.ended)
    path = plan.output / JOURNAL

    def remedy() -> str:
        return command("sweep", plan.output, "--resume") if path.is_file() else "the same sweep again"

    plan.output.mkdir(parents=True, exist_ok=True)
    with disk.going_on(remedy), named(path), path.open("a+", encoding="utf-8") as journal:
        _begin(plan, journal)
        tasks = [_Task(k, sweep.points[k].config, folders[k], plan.origin, sweep.reports) for k in plan.missing]
        with closing(work(_run_point, tasks, count)) as results:
            for task, end in results:
                ended[task.index] = end = end or End(float("nan"), "its process died; it may have been out of memory")
                print(json.dumps({"point": task.index, **asdict(end)}), file=journal, flush=True)
                progress("sweep", len(ended) / len(sweep.points))
        data = collect(sweep, folders, [ended[k] for k in range(len(folders))])
        from wignerlohe.plot.page import png
        from wignerlohe.plot.sweep import draw

        (plan.output / "figures").mkdir(exist_ok=True)
        put(plan.output / "figures" / "sweep.png", png(draw(data)))
        source = {"origin": str(plan.origin), "config_revision": revision(plan.origin), "finished": now()}
        data.attrs |= source | beside(plan.output)
        replace(data, plan.output / "data.zarr")
    return data


@dataclass(frozen=True)
class _Task:
    index: int
    config: str
    folder: Path
    origin: Path
    reports: bool


def _run_point(task: _Task) -> End:
    """In a worker: run one point from the start."""
    started, failure = clock.perf_counter(), ""
    shutil.rmtree(task.folder, ignore_errors=True)
    task.folder.mkdir(parents=True)
    try:
        problem = build(tomllib.loads(task.config), task.origin)
        course = runs.course_of(problem)
        runs.execute_in(problem, task.config, course, task.folder, task.origin, _silent, draw=task.reports)
    except OSError as error:
        failure = printable(disk.words(error))
    except WignerLoheError as error:
        failure = one_line(error)
    except MemoryError:
        failure = "out of memory"
    except Exception as error:  # a fault of this program costs its point only
        failure = f"{type(error).__name__}: {one_line(error)}; please report this"
    return End(clock.perf_counter() - started, failure)


def _silent(stage: str, fraction: float) -> None:
    """Points say nothing while they run."""


def _begin(plan: Plan, journal: IO[str]) -> None:
    """Take the folder for this process, and write what resuming needs, unless it is there."""
    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        require(False, "output", "be free", f"another process works on {plan.output}", "again when that has ended")
    journal.seek(0)
    before = journal.read()
    if not before:
        try:
            print(json.dumps({"origin": str(plan.origin)}), file=journal, flush=True)
            put(plan.output / "config.toml", plan.sweep.config.encode())
        except OSError:  # nothing to go on with: the folder is left as empty as it was
            (plan.output / JOURNAL).unlink()
            raise
    elif not before.endswith("\n"):  # a line that was cut off
        print(file=journal, flush=True)


def _read_journal(output: Path) -> tuple[Path, dict[int, End]]:
    """Return where relative paths start, and the last word on each point that has ended."""
    must = "hold a sweep that was begun"
    attempt = "`wignerlohe sweep CONFIG.toml --output DIR`"
    require((output / JOURNAL).is_file(), "output", must, f"{output} has no {JOURNAL}", attempt)
    entries = []
    for line in (output / JOURNAL).read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entries.append(json.loads(line))
        except (ValueError, RecursionError):  # a line that was cut off, as its point
            continue
    begun = bool(entries) and isinstance(entries[0], dict) and isinstance(entries[0].get("origin"), str)
    require(begun, "output", must, f"{JOURNAL} in {output} is not one", attempt)
    ended = (_end(entry) for entry in entries[1:])
    return Path(entries[0]["origin"]), dict(found for found in ended if found is not None)


def _end(entry: Any) -> tuple[int, End] | None:
    """Read a line of the journal; None if it is not about a point."""
    match entry:
        case {"point": int(point), "seconds": int() | float() as seconds, "failure": str(failure)}:
            return point, End(seconds, failure)
    return None
