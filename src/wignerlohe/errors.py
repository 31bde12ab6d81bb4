"""What can go wrong, by name: every error says what must hold, what was given, and what to try."""

from __future__ import annotations

from typing import Any


class WignerLoheError(Exception):
    """Base of all errors raised on purpose by this package."""


class InvalidInputError(WignerLoheError, ValueError):
    """An argument, a config entry or a file is not what it must be. Nothing was computed or written."""


class DamagedError(InvalidInputError):
    """A file of a run is not what was written: the message says which, and what is still whole."""


class TooLargeError(WignerLoheError, MemoryError):
    """The answer would not fit: it is refused before anything is allocated."""


class SolverError(WignerLoheError, RuntimeError):
    """A computation that began could not be finished to the accuracy asked for.

    Attributes
    ----------
    solution : Solution or None
        What `wignerlohe.solve` has found up to then; None if that is nothing.
    """

    solution: Any = None  # a Solution, which stands far above this file


class ViolationError(SolverError):
    """A number that is watched while a run goes on has left its bounds: what comes then is not worth computing.

    Attributes
    ----------
    quantity : str
        What was watched.
    value, allowed : float
        How large it is, and how large it may be.
    time : float
        When.
    remedy : str
        What to try.
    node : int, tuple of int or None
        Which node; for functions on phase space which pair, or the number of the function; None if it belongs to all.
    solution : Solution or None
        All up to the last good output time; None if there is none.

    Examples
    --------
    >>> print(ViolationError("probability at the edge", 0.021, 0.01, 4.2, "a wider box", node=3))
    node 3: probability at the edge is 0.021 at t = 4.2 (runs stop above 0.01); try a wider box
    """

    def __init__(
        self,
        quantity: str,
        value: float,
        allowed: float,
        time: float,
        remedy: str,
        node: int | tuple[int, ...] | None = None,
    ) -> None:
        super().__init__(quantity, value, allowed, time, remedy, node)
        self.quantity, self.value, self.allowed = quantity, value, allowed
        self.time, self.remedy, self.node = time, remedy, node

    def __str__(self) -> str:
        whose = f"field w{list(self.node)}: " if isinstance(self.node, tuple) else f"node {self.node}: "
        return (
            f"{'' if self.node is None else whose}{self.quantity} is {self.value:.2g} at t = {self.time:.6g} "
            f"(runs stop above {self.allowed:.2g}); try {self.remedy}"
        )


class UnresolvedWarning(UserWarning):
    """A state reaches the edge of the box, or momenta that the grid does not carry."""


class TruncationWarning(UserWarning):
    """A sum over levels leaves out more than rounding."""
