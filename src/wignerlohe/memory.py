"""How much memory a run will need, before anything is allocated."""

from __future__ import annotations

import os

from wignerlohe.errors import TooLargeError
from wignerlohe.grid import Grid
from wignerlohe.segments import segment_length

COMPLEX, REAL = 16, 8


def of_nodes(grid: Grid, count: int, times: int) -> dict[str, int]:
    """Bytes that solving N nodes on a grid will need, by contributor."""
    rank = min(count, grid.size)
    held = min(times, segment_length(count * grid.size))
    return {
        "initial states and their span": 3 * count * grid.size * COMPLEX,
        "eigenbasis of H": 5 * grid.size**2 * REAL,
        "wave functions of one segment": 4 * held * count * grid.size * COMPLEX,
        "Mobius maps": times * (rank + 1) ** 2 * COMPLEX,
        "factors over nodes and times": 4 * times * count * COMPLEX,
    }


def of_correlations(count: int, times: int) -> dict[str, int]:
    """Bytes that solving for a matrix of correlations will need."""
    return {"starting matrix": 4 * count**2 * COMPLEX, "factors over nodes and times": 6 * times * count * COMPLEX}


def of_pairs(count: int, times: int) -> dict[str, int]:
    """Bytes of the variables over all pairs."""
    return {"correlations of all pairs": 4 * times * count**2 * COMPLEX}


def of_wigner(grid: Grid, functions: int) -> dict[str, int]:
    """Bytes of Wigner functions held at once."""
    return {"Wigner functions": 2 * functions * grid.size * 2**grid.dimension * grid.size * COMPLEX}


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
