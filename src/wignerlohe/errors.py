"""What can go wrong, by name: every error says what must hold, what was given, and what to try."""

from __future__ import annotations


class WignerLoheError(Exception):
    """Base of all errors raised on purpose by this package."""


class InvalidInputError(WignerLoheError, ValueError):
    """An argument, a config entry or a file is not what it must be. Nothing was computed or written."""


class TooLargeError(WignerLoheError, MemoryError):
    """The answer would not fit: it is refused before anything is allocated."""


class SolverError(WignerLoheError, RuntimeError):
    """A computation that began could not be finished to the accuracy asked for."""


class UnresolvedWarning(UserWarning):
    """A state reaches the edge of the box, or momenta that the grid does not carry."""


def require(condition: object, name: str, must: str, but: str, attempt: str) -> None:
    """Raise `InvalidInputError` in the house form unless ``condition`` holds.

    >>> require(False, "points", "be at least 2", "1 was given", "points=128")
    Traceback (most recent call last):
    ...
    wignerlohe.errors.InvalidInputError: `points` must be at least 2, but 1 was given; try points=128
    """
    if not condition:
        raise InvalidInputError(f"`{name}` must {must}, but {but}; try {attempt}")
