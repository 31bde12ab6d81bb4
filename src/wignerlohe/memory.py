"""How much memory a run will need, before anything is allocated."""

from __future__ import annotations

import math
import os

from wignerlohe.errors import TooLargeError
from wignerlohe.grid import Grid
from wignerlohe.segments import segment_length

COMPLEX, REAL = 16, 8


def of_nodes(
    grid: Grid,
    count: int,
    times: int,
    components: int = 1,
    modes: int | None = None,
    one_map: bool = True,
    factors: int = 0,
) -> dict[str, int]:
    """Bytes that solving N nodes on a grid will need, by contributor.

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
    """
    unknowns = components * grid.size
    rank = min(count, unknowns if modes is None else modes)
    held = min(times, segment_length(count * unknowns))
    states = (
        (3 * count * unknowns if count <= unknowns else count * (unknowns + rank)) if modes is None else count * rank
    )
    return {
        "initial states and their span": (states + 3 * rank * unknowns) * COMPLEX,
        "linear flow": 5 * sum(n**2 for n in grid.points) * REAL + 8 * grid.size * COMPLEX,
        "wave functions of one segment": (held * (2 * count + 2 * rank) * unknowns if modes is None else 0) * COMPLEX,
        "coupling": (times * (rank + 1) ** 2 + 2 * count * rank if one_map else (times + 17) * count * rank) * COMPLEX,
        "factors over nodes and times": 4 * times * count * COMPLEX,
        "deviations of left and right factors": 5 * factors**2 * REAL,
    }


def of_correlations(count: int, times: int) -> dict[str, int]:
    """Bytes that solving for a matrix of correlations will need."""
    return {"starting matrix": 4 * count**2 * COMPLEX, "factors over nodes and times": 6 * times * count * COMPLEX}


def of_waves(numbers: int, times: int) -> dict[str, int]:
    """Bytes that stepping wave functions, of so many numbers in all, will need."""
    return {"wave functions at the output times": times * numbers * COMPLEX, "a step": 16 * numbers * COMPLEX}


def of_phase_space(numbers: int, times: int) -> dict[str, int]:
    """Bytes that stepping functions on phase space, of so many numbers in all, will need."""
    return {"functions at the output times": times * numbers * COMPLEX, "a step": 2 * numbers * COMPLEX}


def of_kernels(blocks: tuple[int, ...], size: int) -> dict[str, int]:
    """Bytes of operator kernels between ``size`` points, of their functions, and of what moves one of them."""
    number = math.prod(blocks)
    return {"functions on phase space": 6 * number * size**2 * COMPLEX, "kernels": 2 * number * size**2 * COMPLEX}


def of_pairs(count: int, times: int) -> dict[str, int]:
    """Bytes of the variables over all pairs."""
    return {"correlations of all pairs": 4 * times * count**2 * COMPLEX}


def of_wigner(samples: int) -> dict[str, int]:
    """Bytes of Wigner functions held at once, of so many samples in all."""
    return {"Wigner functions": 2 * samples * COMPLEX}


def available() -> int:
    """Bytes of memory that the machine can still give, or its physical size where that is not told."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            values = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
        return values["MemAvailable"]
    except (OSError, KeyError, ValueError, IndexError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def readable(size: float) -> str:
    """Bytes in the unit people read.

    >>> readable(3_200_000)
    '3.2 MB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def require_room(need: dict[str, int]) -> None:
    """Raise TooLargeError, with the largest contributor named, if the need exceeds what the machine has."""
    total, room = sum(need.values()), available()
    if total > room:
        largest = max(need, key=lambda name: need[name])
        raise TooLargeError(
            f"this run needs about {readable(total)} of memory, but the machine has {readable(room)} free; the largest "
            f"part is {largest!r} with {readable(need[largest])}: try fewer points, nodes or times"
        )
