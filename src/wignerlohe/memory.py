"""How much memory a run will need, before anything is allocated.

A run goes through phases: it prepares, solves segment by segment, writes each, makes Wigner functions, draws. What is
held all the way and what the largest phase takes beside it are its peak (`Need`). Each number is the size of arrays
that the code makes. Ranks are unknown before a decomposition: the largest that is possible stands for them.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass, field

from wignerlohe.errors import TooLargeError
from wignerlohe.grid import Grid
from wignerlohe.limits import tightest
from wignerlohe.segments import even_length, segment_length
from wignerlohe.text import readable

COMPLEX, REAL, SINGLE = 16, 8, 4
STATE = 600  # bytes of one small state as a Python object, beside its numbers
LONGEST_AXIS = 4096  # for an eigenbasis
TABLES, DRIFTS = 2**24, 8  # bytes of phases on phase space that are always kept, and tables for transport
LARGE = 200_000  # coordinates from which compiled boosts move nodes
CHEBYSHEV, SPLIT_STEP, PAIRS = 2**16, 2**18, 2**20  # numbers from which linear flows and steps are compiled
BLOCK = 4_000_000  # pairs in a block of rows
PROGRAM, COMPILER = 118_000_000, 90_000_000  # bytes of Python when a config is read, and of compiled loops, measured
LOADED = "libraries loaded by then"
SOLVING, DRAWING = (
    {LOADED: 47_000_000},
    {LOADED: 72_000_000},
)  # those that solve and write; with those that draw, measured


@dataclass(frozen=True)
class Need:
    """Bytes by contributor: what is held all the way, and what each phase takes beside it.

    Attributes
    ----------
    held : dict
    phases : list of dict
    slab : int
        Output times in a segment.
    state : int
        Bytes of one state.
    evolved : int
        Bytes of the functions that are moved to one time, before they are combined to wave functions.
    rows : int
        Bytes of copies that the correlations at one time are made of.
    coordinates : int
        Bytes of the vectors that pairs are made of, at one time.
    compiled : bool
        Whether compiled loops are loaded.
    """

    held: dict[str, int]
    phases: list[dict[str, int]] = field(default_factory=list)
    slab: int = 1
    state: int = 0
    evolved: int = 0
    rows: int = 0
    coordinates: int = 0
    compiled: bool = False

    @property
    def _largest(self) -> dict[str, int]:
        return max(self.phases, key=lambda phase: sum(phase.values()), default={})

    @property
    def peak(self) -> dict[str, int]:
        """The contributors at the peak, but for `program`."""
        found = summed(self.held, self._largest)
        found.pop(LOADED, None)
        return found

    @property
    def program(self) -> int:
        """Bytes of Python and its libraries at the peak."""
        return PROGRAM + self._largest.get(LOADED, 0) + (COMPILER if self.compiled else 0)


def of_nodes(
    grid: Grid,
    count: int,
    times: int,
    components: int = 1,
    modes: int | None = None,
    one_map: bool = True,
    factors: int = 0,
    eigenbasis: bool = True,
) -> Need:
    """Need of solving N nodes on a grid.

    Parameters
    ----------
    grid : Grid
    count, times : int
        N nodes, T output times.
    components : int
        m of mixed nodes.
    modes : int, optional
        Functions that the nodes are coefficients of, where they come as an `Expansion`.
    one_map : bool
        Whether one Mobius map carries all nodes; otherwise coordinates are kept at every output time.
    factors : int
        Number of pairs of left and right factors, where N counts both.
    eigenbasis : bool
        Whether V is a sum over the axes, whose eigenbasis then moves functions.
    """
    unknowns = components * grid.size
    rank = min(count, unknowns if modes is None else modes)
    slab = even_length(times, segment_length((factors or count) * unknowns))
    data = count * (unknowns if modes is None else rank) * COMPLEX
    coordinates, basis = count * rank * COMPLEX, rank * unknowns * COMPLEX
    state = (rank + 1) ** 2 * COMPLEX if one_map else coordinates
    squares = sum(n**2 for n in grid.points) * REAL if eigenbasis and max(grid.points) <= LONGEST_AXIS else 0
    many = coordinates >= LARGE * COMPLEX
    held = {
        "initial states": data,
        "their span": (2 if squares else 3) * basis + (coordinates if modes is None else 0),
        "linear flow": squares * 6 // 5 + (4 if squares else 12) * grid.size * COMPLEX,
        "states at the output times": times * (state + STATE),
        "mean fields over nodes and times": times * count * COMPLEX,
    }
    tall = count > unknowns and data > BLOCK * COMPLEX
    span = {"making the span": 0 if modes is not None else data if tall else 6 * data}
    flow = {"linear flow": 4 * squares}
    work = {"a step": (coordinates if many else 0) if one_map else (9 if many else 17) * coordinates}
    if factors:
        work["deviations of left and right factors"] = 5 * factors**2 * REAL
    compiled = many or (not eigenbasis and grid.size >= CHEBYSHEV)
    return Need(held, [span, flow, work | SOLVING], slab, state, basis, 0, coordinates, compiled)


def of_correlations(count: int, times: int) -> Need:
    """Need of solving for a matrix of correlations."""
    slab = even_length(times, segment_length(count**2))
    held = {"starting matrix": 5 * count**2 * COMPLEX}  # itself, 1 - z, and the numbers and the text of a config
    held["factors over nodes and times"] = times * (3 * count * COMPLEX + STATE)
    return Need(held, [{"a step": 2 * count**2 * COMPLEX} | SOLVING], slab, 2 * count * COMPLEX)


def of_waves(count: int, numbers: int, times: int, phases: int) -> Need:
    """Need of stepping N wave functions of so many numbers in all, by phases of so many numbers."""
    size = numbers * COMPLEX
    held = {
        "initial states": 2 * size,
        "wave functions at the output times": times * size,
        "phases of a step": 6 * phases * COMPLEX,
        "mean fields over nodes and times": times * count * COMPLEX,
    }
    slab, compiled = even_length(times, segment_length(numbers)), numbers >= SPLIT_STEP
    return Need(held, [{"a step": 6 * size} | SOLVING], slab, size, 0, size, size, compiled)


def of_phase_space(numbers: int, carried: int, times: int, one: int, coupled: bool) -> Need:
    """Need of stepping functions on phase space: numbers of all of them, and of those that are carried."""
    size = carried * COMPLEX
    phases = max(TABLES, size // 4) + DRIFTS * one * COMPLEX
    held = {"initial functions": size, "phases of a step": phases, "functions at the output times": times * size}
    return Need(
        held,
        [{"all functions at once": 2 * numbers * COMPLEX}, {"a step": 2 * size} | SOLVING],
        even_length(times, segment_length(numbers)),
        size,
        compiled=coupled and carried >= PAIRS,
    )


def of_kernels(blocks: tuple[int, ...], size: int) -> Need:
    """Need of operator kernels between ``size`` points, of their functions, and of what moves one of them."""
    kernels = math.prod(blocks) * size**2 * COMPLEX
    return Need({"functions on phase space": 2 * kernels, "kernels": kernels}, [{"a transform": 5 * kernels} | SOLVING])


def summed(*parts: dict[str, int]) -> dict[str, int]:
    """Contributors of the same name added up."""
    return {name: sum(part.get(name, 0) for part in parts) for name in dict.fromkeys(k for part in parts for k in part)}


def give_back() -> None:
    """Give the pages of freed arrays back to the machine, which the C library would keep for later ones."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc; others keep less
    if trim is not None:
        trim(0)


def table(title: str, need: dict[str, int], room: int) -> list[str]:
    """Lines of a table: what takes more than one part in a hundred, the largest first, and the sum.

    >>> for line in table("disk", {"wigner": 2_000_000, "time": 800, "correlation": 48_000}, 3_000_000_000):
    ...     print(line)
    disk
      wigner                                   2 MB
      correlation                             48 kB
      everything else                         800 B
      total                                 2.05 MB, and 3 GB are free
    """
    total = sum(need.values())
    rows = sorted(((size, name) for name, size in need.items() if size > total / 100), reverse=True)
    rest = total - sum(size for size, _ in rows)
    rows += [(rest, "everything else")] if rest else []
    rows += [(total, "total")]
    lines = [f"  {name:<34}{readable(size):>10}" for size, name in rows]
    return [title, *lines[:-1], f"{lines[-1]}, and {readable(room)} are free"]


def require_room(need: dict[str, int]) -> None:
    """Raise TooLargeError, with the largest contributor named, if the need exceeds what there is."""
    total, (room, giver) = sum(need.values()), tightest()
    if total > room:
        largest = max(need, key=lambda name: need[name])
        raise TooLargeError(
            f"this run needs about {readable(total)} of memory, but {giver} {readable(room)} free; the largest "
            f"part is {largest!r} with {readable(need[largest])}: try fewer points, nodes or times"
        )
