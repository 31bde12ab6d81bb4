"""What each axis of the grid contributes to a Wigner function: a sum of products of one sample of either state.

The transform is a tensor product over the axes, and on each axis, whatever becomes of x and of p there,

``w[k] = transform_k sum_q left(psi)[q, k] conj(right(phi)[q, k])``

with few terms q for every sample k that is left. With s = 0 .. 2n - 1 counting half steps from the lower end:

============  ============  =====  =======  ==========================================================  =========
x             p             terms  samples  left and right                                              transform
============  ============  =====  =======  ==========================================================  =========
kept          integrated    1      n        ``psi(x)``
integrated    integrated    n      1        ``psi(x)``
sliced        integrated    1      1        ``psi(x0)``
integrated    kept          1      2n       ``psi_hat(p)``
integrated    sliced        1      1        ``psi_hat(p0)``
sliced        kept          1      2n       ``psi(x0 + y/2)``, ``phi(x0 - y/2)`` over y                 to p
sliced        sliced        < 2n   1        the same, with a phase
kept          sliced        4      n        the classes of s modulo 4, transformed: a convolution       back to x
kept          kept          1      2n       ``psi(s)``, ``phi(s)``, joined along ``s + s' = 4j``        to p
============  ============  =====  =======  ==========================================================  =========

The last row alone needs more than a product of samples: `reduction` joins them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wignerlohe.phase_space.interpolation import refined
from wignerlohe.phase_space.selection import Fate, Selection

ComplexArray = NDArray[np.complex128]
Map = Callable[[ComplexArray], ComplexArray]  # (..., n) -> (..., terms, samples)
Remains = Literal["x", "p", "both", "neither"]
Transform = Literal["to p", "to x", "none"]


@dataclass(frozen=True)
class AxisPart:
    """The contribution of one axis, and what is left of it: x, p, both, or neither."""

    left: Map
    right: Map
    terms: int
    samples: int
    scale: float
    remains: Remains
    transform: Transform = "none"


def axis_part(selection: Selection, axis: int) -> AxisPart:
    """What becomes of one axis, by the table above."""
    grid = selection.grid
    x, p = selection.of_axis(axis)
    line = _Line(grid.points[axis], grid.lower[axis], grid.spacing[axis], grid.hbar)
    if p == "integrated":
        return line.local(x)
    if x == "integrated":
        return line.in_momentum(p)
    if x == "kept":
        return line.whole() if p == "kept" else line.convolved(float(p))
    return line.around(float(x), p)


@dataclass(frozen=True)
class _Line:
    """One axis of the grid: n points from ``lower`` on, ``step`` apart."""

    n: int
    lower: float
    step: float
    hbar: float

    def whole(self) -> AxisPart:
        """``psi(s)`` and ``phi(s)``: both x and p are kept."""
        signs = self.signs
        return _same(lambda psi: (refined(psi) * signs)[..., None, :], 1, 2 * self.n, self.weight, "both", "to p")

    def local(self, x: Fate) -> AxisPart:
        """``psi(x) conj(phi(x))``: p is integrated over."""
        if x == "kept":
            return _same(lambda psi: psi[..., None, :], 1, self.n, 1.0, "x")
        if x == "integrated":
            return _same(lambda psi: psi[..., :, None], self.n, 1, self.step, "neither")
        s, shift = self.position(x)
        return _same(lambda psi: refined(psi, shift)[..., s, None, None], 1, 1, 1.0, "neither")

    def in_momentum(self, p: Fate) -> AxisPart:
        """``psi_hat(p) conj(phi_hat(p))``: x is integrated over; a phase that both share is left out."""
        scale = self.step * self.weight
        if p == "kept":
            signs = (-1.0) ** np.arange(self.n)
            return _same(lambda psi: np.fft.fft(psi * signs, 2 * self.n)[..., None, :], 1, 2 * self.n, scale, "p")
        wave = self.turn(float(p))[::2]
        return _same(lambda psi: (psi @ wave)[..., None, None], 1, 1, scale, "neither")

    def around(self, x: float, p: Fate) -> AxisPart:
        """``psi(x + y/2) conj(phi(x - y/2))`` for every y that keeps both in the box: x is sliced."""
        s, shift = self.position(x)
        reach = min(s, 2 * self.n - 1 - s)
        window = slice(s - reach, s + reach + 1)
        turn = (self.signs if p == "kept" else self.turn(float(p)))[window]

        def forth(psi: ComplexArray) -> ComplexArray:
            return refined(psi, shift)[..., window] * turn

        def back(phi: ComplexArray) -> ComplexArray:
            return forth(phi)[..., ::-1]

        if p != "kept":
            return AxisPart(_terms(forth), _terms(back), 2 * reach + 1, 1, self.weight, "neither")
        zeros = (self.n - reach, self.n - reach - 1)
        return AxisPart(_samples(forth, *zeros), _samples(back, *zeros), 1, 2 * self.n, self.weight, "p", "to p")

    def convolved(self, p: float) -> AxisPart:
        """Sums over ``s + s' = 4j`` for every j at once: x is kept and p sliced.

        With ``s = 4a + r`` and ``s' = 4b - r`` each class r is a convolution, for which n samples are enough.
        """
        n, turn = self.n, self.turn(p)

        def forth(psi: ComplexArray) -> ComplexArray:
            classes = _padded(refined(psi) * turn, 0, 2 * n).reshape(*psi.shape[:-1], n, 4)
            return np.fft.fft(classes, axis=-2).swapaxes(-1, -2)

        def back(phi: ComplexArray) -> ComplexArray:
            classes = _padded(refined(phi) * turn, 3, 2 * n - 3).reshape(*phi.shape[:-1], n, 4)[..., ::-1]
            return np.fft.ifft(classes, axis=-2, norm="forward").swapaxes(-1, -2)

        return AxisPart(forth, back, 4, n, self.weight, "x", "to x")

    @property
    def weight(self) -> float:
        """``dy / (2 pi hbar)``: the weight of each y."""
        return self.step / (2 * np.pi * self.hbar)

    @property
    def signs(self) -> ComplexArray:
        """The turn for the lowest momentum, the first sample of p: the product of both states has ``(-1)^m``."""
        return np.array([1, 1j, -1, -1j])[np.arange(2 * self.n) % 4]

    def turn(self, p: float) -> ComplexArray:
        """``e^{-i p s dx / (2 hbar)}``: on both states it makes the ``e^{-i p y / hbar}`` of the transform."""
        return np.asarray(np.exp(-0.5j * p * self.step / self.hbar * np.arange(2 * self.n)))

    def position(self, x: float) -> tuple[int, float]:
        """``(s, shift)`` with ``x = lower + (s + shift) dx / 2``; beside a sample the shift is tiny, of either sign."""
        steps = 2 * (x - self.lower) / self.step
        s = min(int(steps + 1e-9), 2 * self.n - 1)
        return s, steps - s


def _same(
    side: Map, terms: int, samples: int, scale: float, remains: Remains, transform: Transform = "none"
) -> AxisPart:
    """A part that treats both states alike."""
    return AxisPart(side, side, terms, samples, scale, remains, transform)


def _terms(side: Map) -> Map:
    """A map whose values are terms."""
    return lambda psi: side(psi)[..., :, None]


def _samples(side: Map, before: int, after: int) -> Map:
    """A map whose values are samples, between zeros."""
    return lambda psi: _padded(side(psi), before, after)[..., None, :]


def _padded(values: ComplexArray, before: int, after: int) -> ComplexArray:
    """Zeros on either end of the last axis."""
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(before, after)])
