"""How a run moves in time: the derivatives, integrals and rates that several statements measure.

Where functions are stepped, every instant costs steps and holds functions: then few instants are looked at, and few of
them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from wignerlohe.checks import require
from wignerlohe.errors import TooLargeError
from wignerlohe.solution import Solution
from wignerlohe.theory.evidence import Evidence

FloatArray = NDArray[np.float64]
Array = NDArray[Any]
Found = TypeVar("Found")

POINTS = 8  # panels of Clenshaw and Curtis have so many intervals, and half as many for the error
PANEL = 0.5  # of the time in which nodes move: length of a panel
MOST_NUMBERS = 4e7  # that are formed for an integral
AT_ONCE = 2e6  # numbers held at once
LEAST_POINTS = 8  # from which a rate is fitted
RESOLVED = 1e-3  # relative errors up to which numbers take part in a fit


def kept(make: Callable[[Evidence], Found]) -> Callable[[Evidence], Found]:
    """Compute once for each run, and forget with it."""
    memory: WeakKeyDictionary[Evidence, Found] = WeakKeyDictionary()

    @wraps(make)
    def found(seen: Evidence) -> Found:
        if seen not in memory:
            memory[seen] = make(seen)
        return memory[seen]

    return found


def last_time(seen: Evidence) -> float:
    """The last output time, which has to be later than 0."""
    last = float(seen.times[-1]) if len(seen.times) else 0.0
    require(last > 0, "times", "reach beyond t = 0", "no output is later", "numpy.linspace(0.0, 4.0, 41)")
    return last


def early(seen: Evidence) -> float:
    """A time at which nodes have moved, and that is not long to integrate to."""
    return min(last_time(seen) / 2, 1 / seen.system.rate)


def spread(times: FloatArray, most: int) -> FloatArray:
    """At most so many of the times, the first and the last among them.

    >>> spread(np.arange(10.0), 4)
    array([0., 3., 6., 9.])
    """
    chosen = np.linspace(0, len(times) - 1, min(most, len(times))).round().astype(int)
    return np.asarray(times[np.unique(chosen)])


def along(seen: Evidence, measured: Callable[[Solution], Array], times: FloatArray) -> Array:
    """What is measured of a run at many times, (T, ...), some of them at once."""
    size = max(1, int(AT_ONCE // _numbers(seen)))
    parts = [measured(seen.solution.at(times[k : k + size])) for k in range(0, len(times), size)]
    return np.concatenate(parts)


def _numbers(seen: Evidence) -> int:
    """Numbers that are held for one time."""
    if not seen.stepped:
        return seen.count**2
    return max(seen.fields.numbers or seen.count**2 * int(np.prod(seen.space.shape)), seen.count**2)


def looks(seen: Evidence) -> FloatArray:
    """Times at which functions on phase space are looked at: early, half way and at the end."""
    last = last_time(seen)
    return seen.interior([early(seen), last / 2, last])


def instants(seen: Evidence) -> FloatArray:
    """Output times at which derivatives are taken, away from the ends; those of `looks` where functions are stepped."""
    last_time(seen)
    most = max(5, int(AT_ONCE // (8 * seen.count**2)))
    return looks(seen) if seen.stepped else seen.interior(spread(seen.times, most))


def slopes(seen: Evidence, measured: Callable[[Solution], Array], times: FloatArray) -> tuple[Array, FloatArray]:
    """``d/dt`` of what is measured, and its error, (T, ...) each; see `Evidence.derivative`."""
    size = max(1, int(AT_ONCE // (8 * _numbers(seen))))
    parts = [seen.derivative(measured, times[k : k + size]) for k in range(0, len(times), size)]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def integrals(seen: Evidence, measured: Callable[[Solution], Array], times: FloatArray) -> tuple[Array, FloatArray]:
    """``int_0^t`` of what is measured up to each of some times, and its error, (T, ...) each.

    By the rule of Clenshaw and Curtis on panels; the error is the distance from the rule on half of the points.
    """
    ends = np.union1d([0.0], times)
    length = PANEL / seen.system.rate * (4 if seen.stepped else 1)
    panels = np.ceil(np.diff(ends) / length).clip(1).astype(int)
    numbers = panels.sum() * POINTS * seen.count**2
    if numbers > MOST_NUMBERS:
        raise TooLargeError(f"an integral over the run takes {numbers:.1e} correlations; try a shorter run")
    steps = np.repeat(np.diff(ends) / panels, panels)
    each = zip(ends[:-1], ends[1:], panels, strict=True)
    begins = np.concatenate([np.linspace(a, b, n, endpoint=False) for a, b, n in each])
    nodes, weights, coarse = rule(POINTS)
    inside = begins[:, None] + steps[:, None] * nodes[:-1]
    values = along(seen, measured, np.append(inside.ravel(), ends[-1]))
    first = np.arange(len(begins))[:, None] * POINTS
    by_panel = values[first + np.arange(POINTS + 1)]
    fine = np.einsum("p,k,pk...->p...", steps, weights, by_panel)
    rough = np.einsum("p,k,pk...->p...", steps, coarse, by_panel[:, ::2])
    sums = [np.concatenate([np.zeros_like(part[:1]), part.cumsum(axis=0)]) for part in (fine, np.abs(fine - rough))]
    places = np.concatenate([[0], np.cumsum(panels)])[np.searchsorted(ends, times)]
    return sums[0][places], sums[1][places]


@cache
def rule(points: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Nodes of Clenshaw and Curtis on [0, 1], their weights, and those of every other node.

    >>> nodes, weights, coarse = rule(4)
    >>> round(float(weights @ nodes**4), 12), (6 * coarse).round(12)
    (0.2, array([1., 4., 1.]))
    """
    nodes = (1 - np.cos(np.pi * np.arange(points + 1) / points)) / 2
    return nodes, _weights(points), _weights(points // 2)


def _weights(points: int) -> FloatArray:
    """Weights on [0, 1] that integrate the polynomials of Chebyshev up to this degree."""
    degrees = np.arange(points + 1)
    moments = np.where(degrees % 2 == 0, 1 / np.where(degrees % 2 == 0, 1 - degrees**2, 1.0), 0.0)
    return np.asarray(np.linalg.solve(np.cos(np.pi * np.outer(degrees, degrees) / points), moments))


@dataclass(frozen=True)
class Rate:
    """A fitted rate of decay, with its errors, and the times between which it was fitted."""

    value: float
    noise: float
    transient: float
    begin: float
    end: float

    @property
    def error(self) -> float:
        """Both errors."""
        return self.noise + self.transient

    def __str__(self) -> str:
        return f"{self.value:.6g} +- {self.error:.1g}, fitted over t = {self.begin:.4g} to {self.end:.4g}"


def fitted_rate(times: FloatArray, sizes: FloatArray, errors: FloatArray) -> Rate:
    """The rate of exponential decay over the later half of those times at which sizes are resolved.

    By least squares on logarithms. Errors are two standard errors, and what the rates of both parts of that half, which
    differ by transients, are yet from their limit: transients decay by half of the rate at least.
    """
    resolved = np.flatnonzero((sizes > 0) & (errors <= RESOLVED))
    chosen = resolved[times[resolved] >= (times[resolved[-1]] + times[resolved[0]]) / 2] if len(resolved) else resolved
    but = f"{len(chosen)} are in the later half of the run and resolved"
    require(len(chosen) >= LEAST_POINTS, "times", f"be {LEAST_POINTS} or more for a fit", but, "more output times")
    t, logs, middle = times[chosen], np.log(sizes[chosen]), len(chosen) // 2
    slope, error = _line(t, logs)
    halves = [_line(t[part], logs[part])[0] for part in (slice(None, middle), slice(middle, None))]
    decayed = -np.expm1(min(slope, 0.0) / 2 * (t[-1] - t[0]) / 2)
    transient = abs(halves[0] - halves[1]) / decayed if decayed > 0 else np.inf
    return Rate(-slope, 2 * error, float(transient), float(t[0]), float(t[-1]))


def _line(t: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Slope of the line of least squares, and its standard error."""
    away = t - t.mean()
    slope = float(away @ y / (away @ away))
    rest = y - y.mean() - slope * away
    return slope, float(np.sqrt(rest @ rest / max(len(t) - 2, 1) / (away @ away)))


def runge_kutta(derivative: Callable[[int, Array], Array], start: Array, length: float, steps: int) -> Array:
    """Classical steps of order 4; ``derivative(k, y)`` is asked for at multiples k of half a step."""
    y, h = start, length / steps
    for k in range(0, 2 * steps, 2):
        a = derivative(k, y)
        b = derivative(k + 1, y + h / 2 * a)
        c = derivative(k + 1, y + h / 2 * b)
        y = y + h / 6 * (a + 2 * b + 2 * c + derivative(k + 2, y + h * c))
    return y
