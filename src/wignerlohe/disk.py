"""A disk that is full, in words; and how much room a run will need on it, before anything is written."""

from __future__ import annotations

import errno
import math
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from wignerlohe import output
from wignerlohe.config.problem import Problem
from wignerlohe.errors import TooLargeError
from wignerlohe.memory import COMPLEX, REAL
from wignerlohe.models.correlations import Correlations
from wignerlohe.propagators.chain import Chain
from wignerlohe.solver import Course
from wignerlohe.store.checkpoints import KEPT
from wignerlohe.store.dataset import static_entries, wigner_axes
from wignerlohe.store.observables import AT_ENDS
from wignerlohe.text import readable

FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota on this disk is used up",
    errno.EFBIG: "the limit on the size of a file is reached",
}
# bytes of figures, half as many or twice as many: of one with lines, of densities with each output time, of Wigner
# functions with each panel
PICTURE, DENSITY, ROW, ROWS, WIGNER, PANEL = 60_000, 40_000, 500, 1000, 30_000, 4_000
IN_PAGE = 1.34  # in the report a figure stands as text
DESCRIPTION, NAMED, ROOTS = 1300, 220, 4_000  # of a variable; of a file, in both manifests; of everything else
REMEDIES = {
    "wavefunction": "wavefunctions = false in [output]",
    "right_factor": "wavefunctions = false in [output]",
    **dict.fromkeys(("correlation", "deviation", "log_deviation"), "fewer pairs in [output], or fewer samples"),
    "wigner": "fewer pairs or times in [wigner], or axes to keep",
    "husimi": "observables in [output] without husimi",
    "checkpoints": "fewer points or nodes",
}


def is_full(error: BaseException) -> bool:
    """Whether an error says that there is no more room."""
    return isinstance(error, OSError) and error.errno in FULL


def words(error: OSError) -> str:
    """What an error of the system says, in words where there is no more room.

    >>> words(OSError(errno.ENOSPC, "No space left on device", "run/config.toml"))
    'cannot write run/config.toml: the disk is full'
    """
    if error.errno not in FULL:
        return str(error)
    return f"cannot write {error.filename or 'a file'}: {FULL[error.errno]}"


@contextmanager
def going_on(remedy: Callable[[], str]) -> Iterator[None]:
    """Note in an error that there is no more room what is to be done once there is."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            error.add_note(f"once there is room: {remedy()}")
        raise


def foresee(problem: Problem, course: Course) -> dict[str, int]:
    """Bytes that a run will need on the disk, by what takes them: variables of ``data.zarr``, and what lies beside.

    Numbers are not packed, and the variables at t = 0 are made to have their shapes: the sum is that of the folder,
    but for pictures, of which nobody knows how well they can be packed. Checkpoints are taken away in the end.
    """
    times, slab, coupling = len(course.times), course.slab, course.plan.coupling
    start = replace(course.empty(), times=np.zeros(1), states=(coupling.start(),))
    vars(start)["log_diameter"] = np.zeros(1)  # only its shape counts, and to find it takes long
    entries = output.entries(problem, start)
    once = static_entries(start) | entries.static
    if problem.wigner is not None:
        once |= wigner_axes(problem.wigner.selection, problem.wigner.pairs)
    found = {name: values.nbytes for name, (_, values) in once.items()}
    slabs = math.ceil(times / slab)
    for name, (dims, values) in entries.timed.items():
        found[name] = values.nbytes * (slabs * slab if dims[0] == "time" else 1)  # the last chunk is a whole one
    files = len(once) + slabs * len(entries.timed)
    if problem.wigner is not None:
        moments = len(problem.wigner.times)
        found["wigner"] = moments * len(problem.wigner.pairs) * problem.wigner.selection.size * COMPLEX
        files += 2 * moments
    if AT_ENDS in problem.observables and start.fields is not None:
        n = start.fields.model.grid.points[0]
        found[AT_ENDS] = min(times, 2) * problem.count * n**2 * REAL
    found["descriptions and checksums"] = ROOTS + DESCRIPTION * len(found) + NAMED * files
    state = sum(values.nbytes for _, values in coupling.entries([coupling.start()]).values())
    flow = 2 * once["basis"][1].nbytes if "basis" in once else 0
    flow = flow if isinstance(getattr(start.fields, "prepared", None), Chain) else 0
    found["checkpoints"] = (KEPT + 1) * ((slab + 1) * state + flow)  # and the one that is being written
    found["figures and report"] = int((1 + IN_PAGE) * _pictures(problem, found))
    return found


def free(folder: Path) -> int:
    """Bytes that are free on the disk of a folder, which need not exist."""
    return shutil.disk_usage(_there(folder)).free


def require_room(need: dict[str, int], folder: Path) -> None:
    """Refuse a run that needs more room than the disk of a folder has.

    Raises
    ------
    TooLargeError
        With the largest part named, and what makes it smaller.
    """
    total, room = sum(need.values()), free(folder)
    if total > room:
        largest = max(need, key=lambda name: need[name])
        remedy = REMEDIES.get(largest, "fewer samples")
        raise TooLargeError(
            f"this run needs about {readable(total)} on the disk, but {_there(folder)} has {readable(room)} free; "
            f"the largest part is {largest!r} with {readable(need[largest])}: try {remedy}"
        )


def _there(folder: Path) -> Path:
    """A folder, or the nearest one around it that exists."""
    return next(place for place in (folder, *folder.resolve().parents) if place.exists())


def _pictures(problem: Problem, variables: Iterable[str]) -> int:
    """Bytes of the figures that there will be."""
    from wignerlohe.plot.figures import MOST_WIGNER_NODES
    from wignerlohe.plot.observables import FIGURES

    drawn = dict.fromkeys(FIGURES, 1) | {"order_parameter": 3}  # with the diameter and the correlations
    found = PICTURE * sum(drawn.get(name, 0) for name in variables)
    if not isinstance(problem.model, Correlations):
        found += DENSITY + ROW * min(problem.samples, ROWS)
    wigner = problem.wigner
    if wigner is not None and len(wigner.selection.kept) == 2:
        shown = min(MOST_WIGNER_NODES, len({node for pair in wigner.pairs for node in pair}))
        found += (WIGNER + PANEL * shown**2) * len(wigner.times)
    return found
