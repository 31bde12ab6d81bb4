"""How a run is cut into segments: a fixed number of output times each, decided by sizes alone.

Results are committed, and (later) runs resumed, between segments; so the cut must never depend on the clock.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MOST_TIMES = 64
MOST_ENTRIES = 4_000_000  # numbers held at once, 64 MB of complex128


def segment_length(entries: int) -> int:
    """Output times in one segment, when each of them holds so many numbers.

    >>> segment_length(1000), segment_length(10**6), segment_length(10**9)
    (64, 4, 1)
    """
    return max(1, min(MOST_TIMES, MOST_ENTRIES // max(entries, 1)))


def cut(times: NDArray[np.float64], entries: int) -> Iterator[NDArray[np.float64]]:
    """Cut the output times into segments."""
    length = segment_length(entries)
    for first in range(0, len(times), length):
        yield times[first : first + length]
