"""The (cross-)Wigner transform of states on a grid, free of aliasing and of ghosts.

``w[psi, phi](x, p) = (2 pi hbar)^-d integral psi(x + y/2) conj(phi(x - y/2)) e^{-i p.y / hbar} dy``

On a grid of spacing dx the shift y runs over multiples of dx, so the arguments ``x +- y/2`` fall on the grid refined
by two, where the states are known exactly by Fourier interpolation. Then every momentum of the grid's band is
resolved: ``p_k = (k - n) pi hbar / L`` for k < 2n. Outside the box the states are zero, not periodic: a periodic
continuation would show a ghost half a box away from each packet.

On these samples three identities hold to rounding: the sum over p gives ``psi(x) conj(phi(x))``, the integral gives
``<psi, phi>``, and exchanging the states conjugates.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from wignerlohe import fft
from wignerlohe.checks import require
from wignerlohe.grid import Grid

ComplexArray = NDArray[np.complex128]

MOST_THREADS = 8  # beyond, the memory is the limit


def wigner(grid: Grid, psi: ComplexArray, phi: ComplexArray | None = None) -> NDArray[np.generic]:
    """The Wigner function ``w[psi, phi]`` of two states, or ``w[psi] = w[psi, psi]`` of one.

    ``w[psi, phi](x, p) = (2 pi hbar)^-d integral psi(x + y/2) conj(phi(x - y/2)) e^{-i p.y / hbar} dy``, sampled on
    ``grid.phase_space``.

    Parameters
    ----------
    grid : Grid
        The grid of the states, d = 1.
    psi, phi : complex128 arrays, shape (*grid.shape)
        The states, in units of length^(-d/2). Without ``phi`` the result is real.

    Returns
    -------
    array, shape (n, 2n), dims (x, p)
        complex128, or float64 without ``phi``, in units of 1 / action^d.

    Raises
    ------
    InvalidInputError
        If a shape does not fit.

    Examples
    --------
    >>> from wignerlohe import states
    >>> grid = Grid(-10.0, 10.0, 80)
    >>> (psi,) = states.gaussian(grid, position=1.0, momentum=2.0)
    >>> w = wigner(grid, psi)
    >>> x, p = grid.phase_space.x[0], grid.phase_space.p[0]
    >>> exact = np.exp(-((x[:, None] - 1) ** 2) - (p - 2) ** 2) / np.pi
    >>> bool(np.allclose(w, exact, atol=1e-13))
    True
    """
    transform = WignerTransform(grid)
    left = transform.refine(_state("psi", grid, psi))
    if phi is None:
        return transform.auto(left)
    return transform.cross(left, transform.refine(_state("phi", grid, phi)))


def wigner_matrix(
    grid: Grid, psi: ComplexArray, pairs: Sequence[tuple[int, int]], out: ComplexArray | None = None
) -> ComplexArray:
    """``w[psi_i, psi_j]`` for many pairs of states: complex128 (pairs, n, 2n).

    One thread per processor takes its share of the pairs; each function is the work of one thread.

    Parameters
    ----------
    grid : Grid
        The grid of the states, d = 1.
    psi : complex128 array, shape (N, *grid.shape)
    pairs : sequence of (i, j)
        Which functions.
    out : complex128 array, optional
        Where to put them; fresh memory takes as long as the transform.
    """
    used = sorted({node for pair in pairs for node in pair})
    refined = dict(zip(used, WignerTransform(grid).refine(psi[used]), strict=True))
    result = np.empty((len(pairs), *grid.phase_space.shape), dtype=np.complex128) if out is None else out

    def share(numbers: range) -> None:
        transform = WignerTransform(grid)
        for k in numbers:
            i, j = pairs[k]
            result[k] = transform.auto(refined[i]) if i == j else transform.cross(refined[i], refined[j])

    threads = min(os.cpu_count() or 1, len(pairs), MOST_THREADS)
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        list(pool.map(share, (range(first, len(pairs), threads) for first in range(threads))))
    return result


class WignerTransform:
    """The transform on one grid, in two steps: `refine` each state once, then `auto` or `cross` for each pair.

    It owns scratch space, so that threads need one each.
    """

    def __init__(self, grid: Grid) -> None:
        require(
            grid.dimension == 1, "grid", "have one dimension for Wigner functions", f"it has {grid.dimension}", "d = 1"
        )
        self.points = grid.points[0]
        # the (-1)^m that puts p in increasing order is i^(s + m) conj(i^(s - m)): one factor on each state
        self.signs = np.array([1, 1j, -1, -1j])[np.arange(2 * self.points) % 4]
        self.scale = grid.spacing[0] / (2 * np.pi * grid.hbar)
        self.scratch = np.empty((self.points, 2 * self.points), dtype=np.complex128)

    def refine(self, psi: ComplexArray) -> ComplexArray:
        """Interpolate states (..., n) to half the spacing; zeros outside the box, factors ``i^s`` included."""
        n = self.points
        spectrum = np.fft.fft(psi)
        wide = np.zeros((*psi.shape[:-1], 2 * n), dtype=np.complex128)
        wide[..., : (n + 1) // 2] = spectrum[..., : (n + 1) // 2]
        wide[..., -(n // 2) :] = spectrum[..., -(n // 2) :]
        if n % 2 == 0:  # the highest wavenumber has no sign: half of it goes to either side
            wide[..., n // 2] = wide[..., -(n // 2)] = spectrum[..., n // 2] / 2
        padded = np.zeros((*psi.shape[:-1], 4 * n), dtype=np.complex128)
        padded[..., n : 3 * n] = 2 * np.fft.ifft(wide) * self.signs
        return padded

    def cross(self, left: ComplexArray, right: ComplexArray) -> ComplexArray:
        """``w[psi, phi]``, complex128 (n, 2n), from two refined states."""
        n, product = self.points, self.scratch
        other = right.conj() * self.scale
        self._products(left, other, 0, product[:, :n])
        self._products(left, other, -n, product[:, n:])
        return np.asarray(fft.fft(product, axis=-1, overwrite_x=True, workers=1))

    def auto(self, left: ComplexArray) -> NDArray[np.float64]:
        """``w[psi, psi]``, float64 (n, 2n), from a refined state: half the work, and real by construction."""
        n, half = self.points, self.scratch[:, : self.points + 1]
        # the products are Hermitian in m, so the transform is real: that of the conjugate with the other sign
        self._products(left.conj(), left * self.scale, 0, half[:, :n])
        half[:, n] = 0  # at m = n one factor always lies outside the box
        return np.asarray(fft.irfft(half, 2 * n, axis=-1, norm="forward", workers=1))

    def _products(self, left: ComplexArray, right: ComplexArray, first: int, out: ComplexArray) -> None:
        """``left[2j + m] right[2j - m]`` for j < n and m = first .. first + n - 1.

        Both factors are views without a copy; the second one is reversed once, so that both run forwards in m.
        """
        n, backwards = self.points, np.ascontiguousarray(right[::-1])
        step = left.itemsize
        forth = as_strided(left[n + first :], shape=(n, n), strides=(2 * step, step), writeable=False)
        back = as_strided(backwards[3 * n - 1 + first :], shape=(n, n), strides=(-2 * step, step), writeable=False)
        np.multiply(forth, back, out=out)


def _state(name: str, grid: Grid, psi: ComplexArray) -> ComplexArray:
    array = np.asarray(psi, dtype=np.complex128)
    require(array.shape == grid.shape, name, f"have shape {grid.shape}", f"its shape is {array.shape}", "one state")
    return array
