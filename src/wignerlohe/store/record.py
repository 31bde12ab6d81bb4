"""A run on disk as it goes: its results, slab by slab, and where it rests.

A folder holds ``data.zarr`` with what has been committed, and while the run is under way ``checkpoints``. To save means
to commit the results first, and then to write the checkpoint: any whole checkpoint has its results on the disk, and
what was committed beyond it is computed again, to the same bits.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time as clock
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.storage import MemoryStore

from wignerlohe.checks import real_number, require
from wignerlohe.coupling.base import Cost
from wignerlohe.errors import DamagedError, SolverError, WignerLoheError
from wignerlohe.labels import Entry
from wignerlohe.signals import held_back
from wignerlohe.solution import Solution, join
from wignerlohe.solver import Course, Rest, collect
from wignerlohe.store import checkpoints
from wignerlohe.store.beside import beside
from wignerlohe.store.checkpoints import Checkpoint
from wignerlohe.store.dataset import attributes, needed, outcome, read_outcome, settings, static_entries
from wignerlohe.store.lock import is_empty, locked
from wignerlohe.store.manifest import ROOT, Committed, head
from wignerlohe.store.provenance import changes, now, provenance
from wignerlohe.store.writer import Attributes, Writer
from wignerlohe.text import command

STORE, CHECKPOINTS = "data.zarr", "checkpoints"
LOOKS, GOLDEN = 16, (5**0.5 - 1) / 2  # times at which callables are compared, spread over a run


class Record:
    """A run in a folder; see `recording`.

    Parameters
    ----------
    folder : Path
    course : Course
        The run.
    every : float or None
        Seconds from one checkpoint to the next; None for a run that is not gone on with.
    facts : dict
        Further attributes of the results, which tell runs apart.
    wigner_times : int
        Length of the axis ``wigner_time``.
    source : dict
        Attributes that say where the run comes from; those of its beginning count.
    """

    def __init__(
        self,
        folder: Path,
        course: Course,
        every: float | None,
        facts: Attributes,
        wigner_times: int = 0,
        source: Attributes | None = None,
    ) -> None:
        self.folder, self.course, self.every = folder, course, every
        self._facts, self._source = facts, source or {}
        self._sizes = {"times": len(course.times), "slab": course.slab, "wigner_times": wigner_times}
        self.here = course.start()
        self.before: list[Solution] = []  # what has been solved by processes before this one
        self._outcome = course.empty()  # without times: findings and drift of all segments so far
        self._saved = clock.monotonic()
        if every is not None:
            (folder / CHECKPOINTS).mkdir(exist_ok=True)
        if (folder / STORE / ROOT).is_file():
            self._go_on()
        else:
            self._begin()
        # results never count before there is one
        if every is not None and not self.here.over and not checkpoints.any_in(folder / CHECKPOINTS):
            checkpoints.write(folder / CHECKPOINTS, self._packed())

    @property
    def done(self) -> int:
        """Output times that are solved."""
        return self.writer.done["time"]

    @property
    def wigner_done(self) -> int:
        """Times of Wigner functions that are written."""
        return self.writer.done["wigner_time"]

    def parts(self) -> Iterator[Solution]:
        """What is left to solve, segment by segment. Each is to be written before the next is asked for."""
        return self.course.go(self.here, self._rested)

    def write(
        self, entries: dict[str, Entry], part: Solution | None = None, described: dict[str, Attributes] | None = None
    ) -> None:
        """Write variables; those of a solved part come with it. They count from the next checkpoint on."""
        with held_back():
            self.writer.write(entries, described)
            if part is not None:
                self._outcome = join([self._outcome, replace(part, times=part.times[:0], states=())])

    def tick(self) -> None:
        """Save if it is time to."""
        if self.every is not None and clock.monotonic() - self._saved >= self.every:
            self.save()

    def save(self) -> None:
        """Make all that is written count, and write where the run rests."""
        with held_back():
            self.writer.commit({}, outcome(self._outcome))
            if self.every is not None:
                checkpoints.write(self.folder / CHECKPOINTS, self._packed())
        self._saved = clock.monotonic()

    def finish(self) -> None:
        """Say that the run is complete, with all that lies beside; it will not be gone on with."""
        with held_back():
            if not self.writer.attributes["complete"]:
                last = {"complete": True, "finished": now()} | beside(self.folder)
                self.writer.commit({}, outcome(self._outcome) | last)
            shutil.rmtree(self.folder / CHECKPOINTS, ignore_errors=True)

    def stopped(self, error: WignerLoheError) -> None:
        """Keep why the run cannot go on, for whoever looks at its folder later."""
        self.writer.attributes["stopped"] = str(error)

    def _rested(self, here: Rest) -> None:
        self.here = here
        self.tick()

    def _packed(self) -> Checkpoint:
        found = _packed(self.course, self.here)
        return replace(found, words=found.words | {"problem": self._problem})

    def _begin(self) -> None:
        shutil.rmtree(self.folder / STORE, ignore_errors=True)  # cut off before anything was committed
        empty = self.course.empty()
        static = static_entries(empty)
        self._problem = _problem(self.course, static)
        self.writer = Writer(self.folder / STORE, **self._sizes)
        known = (
            attributes(empty)
            | needed(empty, static)
            | self._facts
            | self._source
            | {"complete": False, "problem": self._problem, "started": now()}
        )
        self.writer.commit(static, known)

    def _go_on(self) -> None:
        """Take up what is there."""
        committed = Committed(self.folder / STORE, head(self.folder / STORE / ROOT))
        found, course = committed.attributes, self.course
        self._problem = _problem(course, static_entries(course.empty()))
        same = found.get("problem") == self._problem
        same = same and all(found.get(name) == value for name, value in self._facts.items())
        require(same, "checkpoint", "be a folder for this run", f"{self.folder} holds another", "another folder")
        other = changes(found, provenance())
        if other:
            text = f"the run goes on with other software, so that its last bits may differ: {'; '.join(other)}"
            warnings.warn(text, UserWarning, stacklevel=4)
        self.here = _rest(course, self.folder / CHECKPOINTS, found)
        self._outcome = replace(course.empty(), **read_outcome(found))
        if self.here.first or self.here.over:
            names, times = course.plan.coupling.entries(()), course.times[: self.here.first]
            stored: Any = zarr.open_group(MemoryStore(committed, read_only=True), mode="r")
            arrays = {name: np.asarray(stored[name][: len(times)]) for name in names}
            states = course.plan.coupling.restore(times, arrays)
            if self.here.state is None and states:
                self.here = replace(self.here, state=states[-1])
            self.before = [replace(self._outcome, times=times, states=tuple(states))]
        self.writer = Writer.resume(self.folder / STORE, **self._sizes, first=self.here.first)
        self.writer.attributes.pop("stopped", None)  # it may get further now, with other bounds
        if other:
            self.writer.attributes["continued"] = [*found.get("continued", []), f"{now()}: {'; '.join(other)}"]


@contextmanager
def recording(
    folder: Path,
    course: Course,
    every: float | None,
    facts: Attributes,
    wigner_times: int = 0,
    source: Attributes | None = None,
) -> Iterator[Record]:
    """Keep a run in a folder that this process holds: a new one, or what is left of the one that is there.

    Whatever ends the run before its time, what it has reached is saved, if there is room. Nothing stays that does
    not count.

    Raises
    ------
    InvalidInputError
        If the folder holds another run.
    DamagedError
        If what it holds is not as it was written.
    """
    record = Record(folder, course, every, facts, wigner_times, source)
    try:
        yield record
    except BaseException as error:
        if isinstance(error, WignerLoheError):
            record.stopped(error)
        for what in (record.save, record.writer.give_up):
            with suppress(OSError):  # such as a full disk, which is then what ended the run
                what()
        raise


def recorded(course: Course, folder: Path, every: float, progress: Callable[[float], None]) -> Solution:
    """Solve in a folder. See `wignerlohe.solve`."""
    seconds = real_number("checkpoint_every", every, "checkpoint_every=60.0")
    require(seconds >= 0, "checkpoint_every", "be a time in seconds", f"{every!r} was given", "checkpoint_every=60.0")
    must, attempt = "be a new or empty folder, or that of a run", "another name"
    fits = not folder.exists() or (folder.is_dir() and (is_begun(folder) or is_empty(folder)))
    require(fits, "checkpoint", must, f"{folder} is another", attempt)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder), recording(folder, course, seconds, {}) as record:

        def written() -> Iterator[Solution]:
            for part in course.reported(record.parts(), progress, record.done):
                record.write({"time": (("time",), part.times), **course.plan.coupling.entries(part.states)}, part)
                yield part

        solution = collect(written(), record.before)
        record.finish()
    return solution


def is_begun(folder: Path) -> bool:
    """Whether a folder holds a run, or at least a place for its checkpoints."""
    return (folder / STORE).is_dir() or (folder / CHECKPOINTS).is_dir()


def is_complete(folder: Path) -> bool:
    """Whether nothing is left to do for the run in a folder."""
    root = folder / STORE / ROOT
    return root.is_file() and bool(Committed(folder / STORE, head(root)).attributes["complete"])


def why_unfinished(folder: Path) -> str:
    """Say of the run in a folder, or of a store alone, that it is not finished, and why if that is known."""
    store = folder / STORE if (folder / STORE).is_dir() else folder
    found = Committed(store, head(store / ROOT)).attributes
    if found.get("complete"):
        return ""
    if "stopped" in found:
        return f"the run is not finished; it was stopped: {found['stopped']}"
    begun = (store.parent / "config.toml").is_file()
    remedy = command("run", store.parent, "--resume") if begun else "wl.solve(..., checkpoint=...) again"
    return f"the run is not finished; if nobody is at it: {remedy}"


def _problem(course: Course, static: dict[str, Entry]) -> str:
    """What tells runs apart: the SHA-256 of all that goes into one."""
    words = settings(course.empty()) | {"method": course.plan.name, "rtol": course.rtol, "slab": course.slab}
    found = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    for name, (_, values) in sorted({**static, "time": (("time",), course.times)}.items()):
        found.update(f"{name} {values.dtype.str} {values.shape} ".encode())
        found.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    drive = None if words.get("potential_is_formula", True) else getattr(course.empty().model, "drive", None)
    if drive is not None:  # all that can be known of a callable
        for k in range(1, LOOKS + 1):
            try:
                values = drive(k * GOLDEN % 1 * float(course.times[-1]))
                found.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
            except SolverError as error:
                found.update(str(error).encode())
    return found.hexdigest()


def _packed(course: Course, here: Rest) -> Checkpoint:
    """Where a run rests, without what the results hold: the state at the end of the last segment."""
    boundary = float(course.times[here.first - 1]) if here.first else 0.0
    inside = bool(here.found) or here.state.time != boundary
    states = [*here.found, here.state] if inside else []
    entries = course.plan.coupling.entries(states) if states else {}
    words = {
        "first": here.first,
        "found": len(here.found),
        "inside": inside,
        "steps": here.cost.steps,
        "evaluations": here.cost.evaluations,
        "seconds": here.seconds,
        "over": here.over,
    }
    arrays = {f"state/{name}": values for name, (_, values) in entries.items()}
    arrays |= {f"flow/{name}": values for name, values in here.flow.items()}
    return Checkpoint(words, arrays | {"times": np.array([state.time for state in states])})


def _rest(course: Course, folder: Path, found: Attributes) -> Rest:
    """Where a run rests, but for the state at the end of a segment; at its beginning where nothing was saved yet."""
    if found["complete"]:
        return replace(course.start(), first=found["committed_times"], state=None, over=True)
    if not found["committed_times"] and not checkpoints.any_in(folder):
        return course.start()
    checkpoint = checkpoints.newest(folder)
    words, arrays = checkpoint.words, checkpoint.arrays
    if words.get("problem") != found["problem"] or words["first"] > found["committed_times"]:
        raise DamagedError(
            f"`DIR` must hold checkpoints of its own run, but those in {CHECKPOINTS} are of another; try the run again"
        )
    states: list[Any] = []
    if words["inside"]:
        mine = {name.removeprefix("state/"): values for name, values in arrays.items() if name.startswith("state/")}
        states = course.plan.coupling.restore(arrays["times"], mine)
    elif not words["first"]:
        states = [course.plan.coupling.start()]
    return Rest(
        first=words["first"],
        state=states[-1] if states else None,
        found=tuple(states[: words["found"]]),
        cost=Cost(words["steps"], words["evaluations"]),
        seconds=words["seconds"],
        flow={name.removeprefix("flow/"): values for name, values in arrays.items() if name.startswith("flow/")},
        over=words["over"],
    )
