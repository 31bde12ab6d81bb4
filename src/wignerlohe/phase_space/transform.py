"""The (cross-)Wigner transform of states on a grid, free of aliasing and of ghosts.

``w[psi, phi](x, p) = (2 pi hbar)^-d integral psi(x + y/2) conj(phi(x - y/2)) e^{-i p.y / hbar} dy``

On a grid of spacing dx the shift y runs over multiples of dx, so the arguments ``x +- y/2`` fall on the grid refined
by two, where the states are known exactly by Fourier interpolation. Then every momentum of the grid's band is
resolved: ``p_k = (k - n) pi hbar / L`` for k < 2n. Outside the box the states are zero, not periodic: a periodic
continuation would show a ghost half a box away from each packet.

On these samples three identities hold to rounding: the sum over p gives ``psi(x) conj(phi(x))``, the integral gives
``<psi, phi>``, and exchanging the states conjugates.

Whole functions on a line are computed here, two states at a time; `reduction` does all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from wignerlohe import fft, threads
from wignerlohe.checks import require
from wignerlohe.errors import TooLargeError
from wignerlohe.grid import Grid
from wignerlohe.limits import tightest
from wignerlohe.memory import COMPLEX
from wignerlohe.phase_space.axes import axis_part
from wignerlohe.phase_space.reduction import Reduction
from wignerlohe.phase_space.selection import Selection, select
from wignerlohe.text import readable

ComplexArray = NDArray[np.complex128]

SMALL = 2**27  # bytes that any machine has: asking it would take a tenth of a transform
SCRATCH = 8  # states of one node: both of a pair, their spectra, and samples at half the spacing


def wigner(
    grid: Grid,
    psi: ComplexArray,
    phi: ComplexArray | None = None,
    axes: Sequence[str] | None = None,
    at: Mapping[str, float] | None = None,
) -> NDArray[np.generic]:
    """The Wigner function ``w[psi, phi]`` of two states, or ``w[psi] = w[psi, psi]`` of one, whole or in part.

    ``w[psi, phi](x, p) = (2 pi hbar)^-d integral psi(x + y/2) conj(phi(x - y/2)) e^{-i p.y / hbar} dy``, sampled on
    ``grid.phase_space``. Axes that are neither kept nor in ``at`` are integrated over: ``("x", "px")`` alone is the
    reduced Wigner function, a partial trace, and ``("x", "y")`` the density.

    Parameters
    ----------
    grid : Grid
        The grid of the states.
    psi, phi : complex128 arrays, shape (*grid.shape) or (m, *grid.shape)
        The states, in units of length^(-d/2); with m components, their functions ``w[psi_k, phi_k]`` are summed.
        Without ``phi`` the result is real.
    axes : sequence of str, optional
        The axes to keep, of x, y, z, px, py, pz, on a line of x, p. Without it all are kept that ``at`` does not fix.
    at : mapping of str to float, optional
        Where the function is sliced: any value in the range of an axis, on a grid point or not.

    Returns
    -------
    array, one axis for each that is kept, in canonical order: x, y, z, px, py, pz
        complex128, or float64 without ``phi``, in units of 1 / action^d times those of the axes integrated over. Each
        x axis has n samples, each p axis 2n.

    Raises
    ------
    InvalidInputError
        If a shape does not fit, or ``axes`` and ``at`` do not name different axes of this phase space.
    TooLargeError
        If the result would not fit into memory.

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

    In the plane, a slice and a density:

    >>> plane = Grid([-7.0, -7.0], [7.0, 7.0], [40, 48])
    >>> (psi,) = states.gaussian(plane, position=[1.0, 0.5])
    >>> wigner(plane, psi, axes=("x", "px"), at={"y": 0.1, "py": 0.0}).shape
    (40, 80)
    >>> bool(np.allclose(wigner(plane, psi, axes=("x", "y")), np.abs(psi) ** 2, atol=1e-13))
    True
    """
    selection = select(grid, axes, at)
    left = _components("psi", grid, psi)
    right = left if phi is None else _components("phi", grid, phi)
    require(
        right.shape == left.shape, "phi", f"have {len(left)} components as `psi`", f"it has {len(right)}", "as many"
    )
    dtype = np.float64 if phi is None else np.complex128
    _require_room(selection, selection.size * np.dtype(dtype).itemsize, left)
    if _is_line(selection):
        transform = WignerTransform(grid)
        first = transform.refine(left)
        return transform.auto(first) if phi is None else transform.cross(first, transform.refine(right))
    result = np.empty(selection.shape, dtype=dtype)
    Reduction(selection).into(result, left, right, threads.count())
    return result


def wigner_matrix(
    grid: Grid,
    psi: ComplexArray,
    pairs: Sequence[tuple[int, int]],
    out: ComplexArray | None = None,
    axes: Sequence[str] | None = None,
    at: Mapping[str, float] | None = None,
) -> ComplexArray:
    """``w[psi_i, psi_j]`` for many pairs of states, whole or in part: complex128 (pairs, *axes that are kept).

    One thread per processor takes its share of the pairs; each function is the work of one thread, unless there are
    fewer functions than threads.

    Parameters
    ----------
    grid : Grid
        The grid of the states.
    psi : complex128 array, shape (N, *grid.shape) or (N, m, *grid.shape)
    pairs : sequence of (i, j)
        Which functions.
    out : complex128 array, optional
        Where to put them; fresh memory takes as long as the transform.
    axes, at : optional
        Which part of each function; see `wigner`.

    Raises
    ------
    InvalidInputError
        If ``axes`` and ``at`` do not name different axes of this phase space.
    TooLargeError
        If the result would not fit into memory.
    """
    selection = select(grid, axes, at)
    states = psi if psi.ndim == 2 + grid.dimension else psi[:, None]
    if out is None:
        _require_room(selection, len(pairs) * selection.size * COMPLEX, states[:1])
        out = np.empty((len(pairs), *selection.shape), dtype=np.complex128)
    own = max(1, min(threads.count(), len(pairs)))
    work = _line_work if _is_line(selection) else _work
    with ThreadPoolExecutor(own) as pool:
        shares = (range(first, len(pairs), own) for first in range(own))
        list(pool.map(work(selection, states, pairs, out, threads.count() // own), shares))
    return out


Work = Callable[[range], None]


def _line_work(
    selection: Selection, states: ComplexArray, pairs: Sequence[tuple[int, int]], out: ComplexArray, _: int
) -> Work:
    """Whole functions on a line: each node is refined once."""
    grid, used = selection.grid, sorted({node for pair in pairs for node in pair})
    nodes = dict(zip(used, WignerTransform(grid).refine(states[used]), strict=True))

    def work(numbers: range) -> None:
        transform = WignerTransform(grid)
        for k in numbers:
            i, j = pairs[k]
            out[k] = transform.auto(nodes[i]) if i == j else transform.cross(nodes[i], nodes[j])

    return work


def _work(
    selection: Selection, states: ComplexArray, pairs: Sequence[tuple[int, int]], out: ComplexArray, threads: int
) -> Work:
    """Any other part of any other function; each is the work of so many threads."""
    reduction = Reduction(selection)

    def work(numbers: range) -> None:
        for k in numbers:
            i, j = pairs[k]
            if i == j:
                out[k, ...].imag = 0
            reduction.into(out[k, ...].real if i == j else out[k, ...], states[i], states[j], threads)

    return work


class WignerTransform:
    """Whole functions on a line: `refine` each state once, then `auto` or `cross` for each pair.

    It owns scratch space, so that threads need one each.
    """

    def __init__(self, grid: Grid) -> None:
        self.points, self.part = grid.points[0], axis_part(select(grid), 0)
        self.scratch = np.empty((self.points, 2 * self.points), dtype=np.complex128)

    def refine(self, psi: ComplexArray) -> ComplexArray:
        """States (..., n) at half the spacing with their turn (see `axes`), between zeros: (..., 4n)."""
        n = self.points
        padded = np.zeros((*psi.shape[:-1], 4 * n), dtype=np.complex128)
        padded[..., n : 3 * n] = self.part.left(psi)[..., 0, :]
        return padded

    def cross(self, left: ComplexArray, right: ComplexArray) -> ComplexArray:
        """``w[psi, phi]``, complex128 (n, 2n), from two refined states (m, 4n)."""
        n, product = self.points, self.scratch
        other = right.conj() * self.part.scale
        self._products(left, other, 0, product[:, :n])
        self._products(left, other, -n, product[:, n:])
        return np.asarray(fft.fft(product, axis=-1, overwrite_x=True, workers=1))

    def auto(self, left: ComplexArray) -> NDArray[np.float64]:
        """``w[psi, psi]``, float64 (n, 2n), from a refined state (m, 4n): half the work, and real by construction."""
        n, half = self.points, self.scratch[:, : self.points + 1]
        # the products are Hermitian in m, so the transform is real: that of the conjugate with the other sign
        self._products(left.conj(), left * self.part.scale, 0, half[:, :n])
        half[:, n] = 0  # at m = n one factor always lies outside the box
        return np.asarray(fft.irfft(half, 2 * n, axis=-1, norm="forward", workers=1))

    def _products(self, left: ComplexArray, right: ComplexArray, first: int, out: ComplexArray) -> None:
        """``left[2j + m] right[2j - m]``, summed over components, for j < n and m = first .. first + n - 1.

        Both factors are views without a copy; the second one is reversed once, so that both run forwards in m.
        """
        n, step = self.points, left.itemsize
        for k, (forwards, backwards) in enumerate(zip(left, np.ascontiguousarray(right[:, ::-1]), strict=True)):
            forth = as_strided(forwards[n + first :], shape=(n, n), strides=(2 * step, step), writeable=False)
            back = as_strided(backwards[3 * n - 1 + first :], shape=(n, n), strides=(-2 * step, step), writeable=False)
            if k == 0:
                np.multiply(forth, back, out=out)
            else:
                out += forth * back


def _components(name: str, grid: Grid, psi: ComplexArray) -> ComplexArray:
    """Convert a state, or the components of a mixed one, to shape (m, *grid.shape)."""
    array = np.asarray(psi, dtype=np.complex128)
    must = f"have shape {grid.shape}, or {('m', *grid.shape)} with m components".replace("'m'", "m")
    fits = array.ndim - grid.dimension in (0, 1) and array.shape[array.ndim - grid.dimension :] == grid.shape
    require(fits and array.size, name, must, f"its shape is {array.shape}", "one state")
    return array.reshape(-1, *grid.shape)


def _is_line(selection: Selection) -> bool:
    """Whether this is a whole function on a line."""
    return selection.grid.dimension == 1 and selection.whole


def _require_room(selection: Selection, result: int, state: ComplexArray) -> None:
    """Raise TooLargeError unless the result and the scratch space fit into memory."""
    need = result + SCRATCH * state.nbytes
    if need <= SMALL:
        return
    room, giver = tightest()
    if need > room:
        names = list(selection.fates)
        plane = (names[0], names[selection.space.dimension])
        raise TooLargeError(
            f"Wigner functions on {' x '.join(map(str, selection.shape))} points need about {readable(need)} of "
            f"memory, but {giver} {readable(room)} free: try a part of them, axes={plane!r} with the other "
            "axes integrated over or sliced by at={...}"
        )
