"""What can go wrong, by name: every error says what must hold, what was given, and what to try."""

from __future__ import annotations


class WignerLoheError(Exception):
    """Base of all errors raised on purpose by this package."""


class InvalidInputError(WignerLoheError, ValueError):
    """An argument, a config entry or a file is not what it must be. Nothing was computed or written."""


class DamagedError(InvalidInputError):
    """A file of a run is not what was written: the message says which, and what is still whole."""


class TooLargeError(WignerLoheError, MemoryError):
    """The answer would not fit: it is refused before anything is allocated."""


class SolverError(WignerLoheError, RuntimeError):
    """A computation that began could not be finished to the accuracy asked for."""


class UnresolvedWarning(UserWarning):
    """A state reaches the edge of the box, or momenta that the grid does not carry."""


class TruncationWarning(UserWarning):
    """A sum over levels leaves out more than rounding."""
