"""Operators and their functions on phase space: the Wigner transform of a kernel, and the Weyl transform back.

``w(x, p) = (2 pi hbar)^-d integral rho(x + y/2, x - y/2) e^{-i p.y / hbar} dy``

``rho(x, x') = integral w((x + x')/2, p) e^{i p.(x - x') / hbar} dp``

Both are tensor products over the axes. On each axis y = m dx, and m even asks for kernel values on the grid, m odd for
those between grid points in both arguments: the states' own Fourier interpolation, and zero outside the box, as in
`transform`. Back, m even gives the entries whose midpoint lies on the grid, and m odd the others, by Fourier
interpolation of w in x.

Functions on phase space have 2^d times more samples than kernels have entries. What they hold beyond kernels (values at
shifts y that leave the box, pairs of momenta outside the band of the grid) is measured and never dropped in silence.
Conversely, n positions tell the difference of two momenta up to a multiple of the band, 2 pi hbar / dx: coherences of
momenta more than half a band apart look like those of nearer ones, and come back as such.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe import fft, memory
from wignerlohe.checks import complex_array, require
from wignerlohe.errors import UnresolvedWarning
from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]

LIMIT = 1e-8  # a larger defect is reported, as is a larger probability at the edge of the box
SCRATCH = 5  # arrays of the size of one w, besides the result


def weyl(grid: Grid, w: ArrayLike) -> ComplexArray:
    """The operator kernel of a function on phase space, the inverse of the Wigner transform.

    ``rho(x, x') = integral w((x + x')/2, p) e^{i p.(x - x') / hbar} dp`` (H. Weyl, 1927), so that ``w[psi, phi]``
    gives ``psi(x) conj(phi(x'))``. Samples on n positions show differences of momenta up to ``pi hbar / spacing``, half
    of those between momenta of the grid: w is taken to have no larger ones.

    Parameters
    ----------
    grid : Grid
        The grid of x and of x'.
    w : array_like, shape (..., *grid.phase_space.shape)
        Functions on ``grid.phase_space``, real or complex, in units of 1 / action^d.

    Returns
    -------
    complex128 array, shape (..., *grid.shape, *grid.shape)
        The kernels, in units of 1 / length^d.

    Raises
    ------
    InvalidInputError
        If a shape does not fit, or a value is not finite.
    TooLargeError
        If the work would not fit into memory.

    Warns
    -----
    UnresolvedWarning
        If more than 1e-8 of w, in L^2, belongs to no kernel on this grid; see `weyl_with_defect`.

    Examples
    --------
    >>> from wignerlohe import states
    >>> from wignerlohe.phase_space.transform import wigner
    >>> grid = Grid(-10.0, 10.0, 100)
    >>> psi, phi = states.gaussian(grid, position=[1.0, -0.5], momentum=[0.3, 2.0])
    >>> rho = weyl(grid, wigner(grid, psi, phi))
    >>> bool(np.allclose(rho, np.outer(psi, phi.conj()), atol=1e-13))
    True
    """
    kernel, defect = weyl_with_defect(grid, w)
    if defect > LIMIT:
        warnings.warn(
            f"{defect:.1e} of w (in L^2, allowed: {LIMIT:.0e}) belongs to no operator kernel on this grid; "
            "try a wider box or more points",
            UnresolvedWarning,
            stacklevel=2,
        )
    return kernel


def weyl_with_defect(grid: Grid, w: ArrayLike) -> tuple[ComplexArray, float]:
    """The kernels of `weyl`, and which part of w they leave out: ``||w - W[rho]|| / ||w||`` in L^2.

    Parameters
    ----------
    grid : Grid
    w : array_like, shape (..., *grid.phase_space.shape)
        Functions on ``grid.phase_space``.

    Returns
    -------
    kernel : complex128 array, shape (..., *grid.shape, *grid.shape)
    defect : float
        Of all functions together, by transforming the kernels forth; 0 for ``w = 0``.

    Raises
    ------
    InvalidInputError
        If a shape does not fit, or a value is not finite.
    TooLargeError
        If the work would not fit into memory.

    Examples
    --------
    A peak of one sample is no Wigner function on any grid:

    >>> grid = Grid(-4.0, 4.0, 8)
    >>> w = np.zeros(grid.phase_space.shape)
    >>> w[4, 8] = 1.0
    >>> kernel, defect = weyl_with_defect(grid, w)
    >>> round(defect, 2)
    0.32
    """
    functions, leading = _checked("w", grid, w, grid.phase_space.shape)
    kernels = np.empty((*leading, *grid.shape, *grid.shape), dtype=np.complex128)
    missed = np.zeros(leading)
    for index in np.ndindex(leading):
        kernels[index] = _on_each_axis(grid, functions[index], _to_kernel)
        missed[index] = _norm(functions[index] - _on_each_axis(grid, kernels[index], _to_phase_space))
    total = _norm(functions)
    return kernels, float(np.linalg.norm(missed)) / total if total else 0.0


def wigner_of_kernel(grid: Grid, kernel: ArrayLike) -> ComplexArray:
    """The Wigner transform of an operator, given by its kernel.

    ``w(x, p) = (2 pi hbar)^-d integral rho(x + y/2, x - y/2) e^{-i p.y / hbar} dy`` (E. Wigner, 1932), free of aliasing
    and of ghosts as `wigner` is, which is this of ``rho = psi(x) conj(phi(x'))``.

    Parameters
    ----------
    grid : Grid
        The grid of x and of x'.
    kernel : array_like, shape (..., *grid.shape, *grid.shape)
        Kernels ``rho(x, x')`` of operators ``f -> integral rho(x, x') f(x') dx'``, Hermitian or not.

    Returns
    -------
    complex128 array, shape (..., *grid.phase_space.shape)
        Their functions on ``grid.phase_space``; the integral of each is the trace of its operator.

    Raises
    ------
    InvalidInputError
        If a shape does not fit, or a value is not finite.
    TooLargeError
        If the work would not fit into memory.

    Examples
    --------
    An equal mixture of two oscillator states:

    >>> from wignerlohe import states
    >>> grid = Grid(-8.0, 8.0, 64)
    >>> h = states.fock(grid, level=[0, 1])
    >>> w = wigner_of_kernel(grid, h.T @ h.conj() / 2)
    >>> round(float(w.sum().real) * grid.phase_space.cell, 12), bool(abs(w.imag).max() < 1e-14)
    (1.0, True)
    """
    kernels, leading = _checked("kernel", grid, kernel, (*grid.shape, *grid.shape))
    functions = np.empty((*leading, *grid.phase_space.shape), dtype=np.complex128)
    for index in np.ndindex(leading):
        functions[index] = _on_each_axis(grid, kernels[index], _to_phase_space)
    return functions


Line = Callable[[ComplexArray, float], ComplexArray]


def _norm(values: ComplexArray) -> float:
    """``(sum |v|^2)^(1/2)``; NumPy's own takes real and imaginary parts apart, with a stride."""
    return float(np.sqrt(np.vdot(values, values).real))


def _on_each_axis(grid: Grid, values: ComplexArray, line: Line) -> ComplexArray:
    """Apply a transform on a line to each axis: to its x and x', or its x and p."""
    for axis in range(grid.dimension):
        pair = axis, axis + grid.dimension
        weight = grid.spacing[axis] / (2 * np.pi * grid.hbar)  # dy / (2 pi hbar)
        values = np.moveaxis(line(np.moveaxis(values, pair, (-2, -1)), weight), (-2, -1), pair)
    return values


def _to_phase_space(kernel: ComplexArray, weight: float) -> ComplexArray:
    """``rho(x_j + y/2, x_j - y/2)`` over y = m dx, transformed to p: (..., n, n) -> (..., n, 2n)."""
    n = kernel.shape[-1]
    source = np.empty((*kernel.shape[:-2], 2, n, n), dtype=np.complex128)
    source[..., 0, :, :] = kernel
    source[..., 1, :, :] = _half_a_step(kernel, (-2, -1))
    j, m = np.arange(n)[:, None], np.r_[0:n, -n:0]
    left, right = j + m // 2, j - (m + 1) // 2  # for m odd both are half a step further on
    inside = (left >= 0) & (left < n) & (right >= 0) & (right < n)
    entries = np.where(inside, (m % 2 * n + left) * n + right, 0)
    w = source.reshape(*kernel.shape[:-2], -1).take(entries, axis=-1)
    w *= np.where(inside, weight * _signs(n), 0)
    return np.asarray(fft.fft(w, axis=-1, overwrite_x=True, workers=1))


def _to_kernel(w: ComplexArray, weight: float) -> ComplexArray:
    """``rho(x, x')`` at ``y = x - x' = m dx``: m odd is half-way between two positions; (..., n, 2n) -> (..., n, n)."""
    n = w.shape[-2]
    along = np.array(w, order="C")
    along = np.asarray(fft.fft(along, axis=-1, overwrite_x=True, workers=1))  # over -m
    along *= _signs(n) / (2 * n * weight)  # dp = 1 / (2 n weight)
    along[..., 1::2] = _half_a_step(along[..., 1::2], (-2,))
    left, right = np.arange(n)[:, None], np.arange(n)
    entries = (left + right) // 2 * 2 * n + (right - left) % (2 * n)
    return np.asarray(along.reshape(*w.shape[:-2], -1).take(entries, axis=-1))


def _half_a_step(values: ComplexArray, axes: tuple[int, ...]) -> ComplexArray:
    """The trigonometric polynomial through samples, half a step further on along each of the axes."""
    n = values.shape[-2]
    turn = np.exp(1j * np.pi * np.fft.fftfreq(n))
    if n % 2 == 0:
        turn[n // 2] = 0  # the highest wavenumber has no sign, and its cosine vanishes there
    for axis in axes:
        spectrum = np.fft.fft(values, axis=axis)
        spectrum *= np.expand_dims(turn, [k for k in (-2, -1) if k != axis])
        values = np.fft.ifft(spectrum, axis=axis)
    return values


def _signs(n: int) -> NDArray[np.float64]:
    """``e^{-i p y / hbar}`` at the lowest momentum, the first sample of p, is ``(-1)^m``."""
    return np.asarray((-1.0) ** np.arange(2 * n))


def _checked(name: str, grid: Grid, values: ArrayLike, shape: tuple[int, ...]) -> tuple[ComplexArray, tuple[int, ...]]:
    """Convert to complex128 (..., *shape), with its leading axes, and refuse what would not fit into memory."""
    array = complex_array(name, values, f"numpy.zeros({shape})")
    leading, given = array.shape[: -len(shape)], f"its shape is {array.shape}"
    fits = array.size and array.shape[len(leading) :] == shape
    require(fits, name, f"have shape (..., {str(shape)[1:]}", given, "values on the grid it comes with")
    one = math.prod(grid.phase_space.shape) * memory.COMPLEX
    memory.require_room({"all functions": math.prod(leading) * one, "scratch space for one": SCRATCH * one})
    return array, leading
