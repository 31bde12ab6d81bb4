"""How a run is cut into segments, and where it rests on the way: decided by sizes and by steps, never by the clock.

Results are committed, and runs are resumed, between segments and where a run rests; so a run that was cut off takes the
same steps as one that was not.
"""

from __future__ import annotations

MOST_TIMES = 64
MOST_ENTRIES = 4_000_000  # numbers held at once, 64 MB of complex128
LEAST_STEPS, MOST_STEPS = 2, 256  # from one rest to the next
MOST_WORK = 2**24  # numbers of a state times steps from one rest to the next


def segment_length(entries: int) -> int:
    """Output times in one segment, when each of them holds so many numbers.

    >>> segment_length(1000), segment_length(10**6), segment_length(10**9)
    (64, 4, 1)
    """
    return max(1, min(MOST_TIMES, MOST_ENTRIES // max(entries, 1)))


def even_length(times: int, longest: int) -> int:
    """Output times in one segment where all are about as long: the last chunk on disk is a whole one.

    >>> even_length(101, 64), even_length(64, 64), even_length(3, 64)
    (51, 64, 3)
    """
    return -(-times // -(-times // longest))


def steps_to_rest(entries: int) -> int:
    """Steps from one rest to the next, when a state holds so many numbers.

    >>> steps_to_rest(1000), steps_to_rest(2**20), steps_to_rest(10**9)
    (256, 16, 2)
    """
    return min(MOST_STEPS, max(LEAST_STEPS, MOST_WORK // max(entries, 1)))
