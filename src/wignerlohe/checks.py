"""Converting and checking what users hand in: arrays of numbers, and nothing that merely looks like them.

A public call converts, checks, computes; kernels never check. Every refusal says what must hold, what was given, and
what to try.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.errors import InvalidInputError

LARGEST_NUMBER = 1e100  # squares of larger numbers overflow

MANY = 1000  # numbers that take long to show


def require(condition: object, name: str, must: str, but: str, attempt: str) -> None:
    """Raise `InvalidInputError` in the house form unless ``condition`` holds.

    >>> require(False, "points", "be at least 2", "1 was given", "points=128")
    Traceback (most recent call last):
    ...
    wignerlohe.errors.InvalidInputError: `points` must be at least 2, but 1 was given; try points=128
    """
    if not condition:
        raise InvalidInputError(f"`{name}` must {must}, but {but}; try {attempt}")


def real_array(name: str, value: Any, attempt: str, what: str = "finite real numbers") -> NDArray[np.float64]:
    """Convert to a finite float64 array of any shape; text, complex numbers and ragged lists are refused."""
    return np.asarray(_numbers(name, value, "biuf", what, attempt), dtype=np.float64)


def complex_array(name: str, value: Any, attempt: str, what: str = "finite numbers") -> NDArray[np.complex128]:
    """Convert to a finite complex128 array of any shape; text and ragged lists are refused."""
    return np.asarray(_numbers(name, value, "biufc", what, attempt), dtype=np.complex128)


def real_number(name: str, value: Any, attempt: str) -> float:
    """Convert to one finite float."""
    array = real_array(name, value, attempt, "a finite number")
    require(array.ndim == 0, name, "be a finite number", f"{_shown(value)} was given", attempt)
    return float(array)


def positive_number(name: str, value: Any, attempt: str) -> float:
    """Convert to one finite float above zero."""
    number = real_number(name, value, attempt)
    require(number > 0, name, "be positive", f"{_shown(value)} was given", attempt)
    return number


def positive_array(name: str, value: Any, attempt: str) -> NDArray[np.float64]:
    """Convert to a finite float64 array with entries above zero."""
    array = real_array(name, value, attempt)
    require(np.all(array > 0), name, "be positive", f"{_shown(value)} was given", attempt)
    return array


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Convert to an int between bounds."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    must = f"be a whole number, at least {least}" + ("" if most is None else f" and at most {most}")
    inside = whole and value >= least and (most is None or value <= most)
    require(inside, name, must, f"{_shown(value)} was given", f"{name}={least}")
    return int(value)


def _numbers(name: str, value: Any, kinds: str, what: str, attempt: str) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):  # a ragged list
        array = np.array(None)
    shown = "" if array.size > MANY and array.dtype.kind in kinds else f"{_shown(value)} was given"
    require(array.dtype.kind in kinds, name, f"be {what}", shown, attempt)
    if array.dtype.kind in "fc":  # the bound below is beyond what the short types hold
        array = array.astype(np.result_type(array.dtype, np.float64), copy=False)
    finite = np.isfinite(array)
    if not finite.all():
        place = tuple(np.argwhere(~finite)[0].tolist())
        require(False, name, f"be {what}", f"entry {place} is {array[place]}" if array.ndim else shown, attempt)
    small = bool(np.all(np.abs(array) < LARGEST_NUMBER))
    but = shown or f"entry {tuple(np.argwhere(np.abs(array) >= LARGEST_NUMBER)[:1].ravel().tolist())} does not"
    require(small, name, f"stay below {LARGEST_NUMBER:.0e} in modulus", but, attempt)
    return array


def _shown(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."
