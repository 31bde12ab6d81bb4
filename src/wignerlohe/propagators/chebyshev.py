"""The linear flow by Chebyshev expansion: any static potential in any dimension, exact to 1e-14 at any time.

With the spectrum of H in ``[c - w, c + w]`` and ``G = (H - c) / w``,

``exp(-i H t / hbar) = exp(-i c t / hbar) sum_k (2 - delta_k0) (-i)^k J_k(w t / hbar) T_k(G)``

(H. Tal-Ezer and R. Kosloff, J. Chem. Phys. 81, 3967 (1984)). H is applied by FFT, and ``T_{k+1} = 2 G T_k - T_{k-1}``.
Beyond ``k = w t / hbar`` the Bessel functions fall faster than exponentially: about ``w t / hbar + 11 (w t /
hbar)^(1/3)`` terms reach 1e-15, with an error from rounding of about ``eps ||H|| t / hbar``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wignerlohe import fft
from wignerlohe.checks import require
from wignerlohe.grid import Grid
from wignerlohe.propagators.chain import Chain, Link

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

EPS = float(np.finfo(float).eps)
TAIL = 1e-15  # sum of all terms left out
LONGEST = 1000.0  # w t / hbar of one expansion: the terms beyond w t / hbar are then a tenth of all
RING = 8  # Chebyshev vectors held at once, an even number; the sum takes them in together
CACHED = 2**14  # complex numbers that make up a block, 256 kB
COMPILED = 2**16  # grid points from which compiled passes save more than their compilation costs


def bessel(argument: float) -> FloatArray:
    """``J_0(z) .. J_n(z)`` for z >= 0, all that exceed the tail: float64.

    By Miller's backward recurrence, normalised with ``J_0 + 2 sum J_2k = 1``: right to a few roundings, where
    scipy.special.jv is off by 1e-14 at z = 1000. For k > z the ratio of successive J_k is at most
    ``z / (k + sqrt(k^2 - z^2))`` and falls with k, so a geometric series bounds the tail.

    >>> bessel(0.0), bessel(1.0)[:2].round(12)
    (array([1.]), array([0.76519769, 0.44005059]))
    """
    if argument < EPS / 4:  # J_1 = z / 2 is below the tail
        return np.ones(1)
    count = int(argument + 16 * argument ** (1 / 3) + 24)
    found = np.zeros(count)
    here, above = 1.0, 0.0
    for k in range(count - 1, -1, -1):
        found[k] = here
        here, above = 2 * k / argument * here - above, here
        if abs(here) > 1e250:  # a small argument: the first values are nothing beside the last
            here, above, found[k:] = here * 1e-250, above * 1e-250, found[k:] * 1e-250
    found /= found[0] + 2 * found[2::2].sum()
    order = np.arange(int(argument) + 1, count)
    ratio = argument / (order + np.sqrt(order**2 - argument**2))
    tails = 2 * found[order] / (1 - ratio)
    return found[: order[int(np.argmax(tails < TAIL))]]


def kinetic_energies(grid: Grid, mass: float) -> FloatArray:
    """``hbar^2 k^2 / 2m`` in FFT order, shape grid.shape."""
    axes = np.meshgrid(*grid.wavenumbers, indexing="ij", sparse=True)
    return np.asarray(grid.hbar**2 / (2 * mass) * sum(k**2 for k in axes))


class Exponential:
    """``exp(-i H t / hbar)`` for one ``H = T + V``, with all scalings folded into two real factors.

    Parameters
    ----------
    kinetic : float64 array, shape grid.shape
        T in FFT order, from `kinetic_energies`.
    potential : float64 array, shape grid.shape
        V.
    hbar : float
    """

    def __init__(self, kinetic: FloatArray, potential: FloatArray, hbar: float) -> None:
        self.shape = kinetic.shape
        self.axes = tuple(range(-kinetic.ndim, 0))
        lowest, highest = float(potential.min()), float(potential.max() + kinetic.max())
        self.size = max(abs(lowest), abs(highest)) / hbar  # ||H|| / hbar
        self.centre, self.rate = (highest + lowest) / 2 / hbar, (highest - lowest) / 2 / hbar  # c / hbar and w / hbar
        scale = 2 / (self.rate * hbar)
        self._compiled = kinetic.size >= COMPILED
        pair = 1 if self._compiled else 2  # NumPy multiplies fastest with one real factor for each real number
        self._kinetic = np.repeat((scale * kinetic).ravel(), pair)
        self._potential = np.repeat((scale * (potential - self.centre * hbar)).ravel(), pair)

    def __call__(self, states: ComplexArray, times: FloatArray, out: ComplexArray) -> None:
        """Write ``exp(-i H t / hbar) f`` for functions (..., *grid.shape) at increasing times t >= 0 to (T, ...).

        All times share one expansion, as long as that of the last of them.
        """
        terms = [bessel(self.rate * time) for time in times]
        weights = np.zeros((len(times), max(map(len, terms))))
        for row, values in zip(weights, terms, strict=True):
            row[: len(values)] = 2 * values
        weights[:, 0] /= 2
        weights[:, 2::4] *= -1  # with the -i of odd terms, which is left to the sum: (-i)^k
        weights[:, 3::4] *= -1
        functions = states.reshape(-1, *self.shape)
        results = out.reshape(len(times), *functions.shape)
        block = max(1, CACHED // functions[0].size)
        ring = np.empty((RING, min(block, len(functions)), *self.shape), dtype=np.complex128)
        for first in range(0, len(functions), block):
            some = functions[first : first + block]
            self._sum(some, weights, ring[:, : len(some)], results[:, first : first + block])
        for result, time in zip(results, times, strict=True):
            result *= np.exp(-1j * self.centre * time)

    def _sum(self, functions: ComplexArray, weights: FloatArray, ring: ComplexArray, out: ComplexArray) -> None:
        """``sum_k weights_k T_k(G) f`` for a few functions, by the three-term recurrence on a ring of vectors."""
        count = weights.shape[1]
        ring[0], ring[-1] = functions, 0
        out[...] = 0
        for k in range(count):
            slot = k % RING
            if k:
                self._next(ring[slot], ring[slot - 1], ring[slot - 2])
            if k == 1:  # T_1 = G T_0
                ring[1] *= 0.5
            if slot == RING - 1 or k == count - 1:
                self._add(ring[: slot + 1], weights[:, k - slot : k + 1], out)

    def _next(self, new: ComplexArray, old: ComplexArray, older: ComplexArray) -> None:
        """``new = 2 G old - older``."""
        values, last, last_but_one = (array.view(np.float64).reshape(len(array), -1) for array in (new, old, older))
        fft.forward(old, new, self.axes)
        if self._compiled:
            from wignerlohe.propagators import kernels

            kernels.multiply(values[0], self._kinetic)
            fft.inverse(new, self.axes)
            kernels.recur(values[0], self._potential, last[0], last_but_one[0])
        else:
            values *= self._kinetic
            fft.inverse(new, self.axes)
            values += self._potential * last
            values -= last_but_one

    def _add(self, vectors: ComplexArray, weights: FloatArray, out: ComplexArray) -> None:
        """``out += sum_k (-i)^(k mod 2) weights_k vectors_k`` for the times that still have weights."""
        first = int(np.argmax((weights != 0).any(axis=1)))
        vectors, sums = vectors.reshape(len(vectors), -1), out.reshape(len(out), -1)[first:]
        if self._compiled:
            from wignerlohe.propagators import kernels

            kernels.add(vectors.view(np.float64), weights[first:], sums.view(np.float64))
        else:
            # not as a matrix product: its threads and those of the transforms, in turn, slow small work down
            reals = vectors.view(np.float64)
            even, odd = (np.einsum("tk,kn->tn", weights[first:, k::2], reals[k::2]) for k in (0, 1))
            sums += even.view(np.complex128)
            sums -= 1j * odd.view(np.complex128)


class Chebyshev:
    """The linear flow by Chebyshev expansion.

    Parameters
    ----------
    grid : Grid
    potential : float64 array, shape grid.shape
        V, an energy.
    mass : float
        m.

    Raises
    ------
    InvalidInputError
        If H overflows.

    Examples
    --------
    >>> grid = Grid([-8.0, -8.0], [8.0, 8.0], [48, 48])
    >>> x, y = grid.mesh
    >>> flow = Chebyshev(grid, x**2 / 2 + y**2 / 2, mass=1.0)
    >>> ground = np.exp(-(x**2 + y**2) / 2)[None, None] / np.pi**0.5 + 0j
    >>> moved = flow.evolve(flow.prepare(ground), np.array([np.pi]))             # energy 1: a phase exp(-i t)
    >>> bool(np.abs(moved[0] + ground).max() < 1e-12)
    True
    """

    description = "Chebyshev expansion of exp(-i H t / hbar), exact to 1e-14 at any time"

    def __init__(self, grid: Grid, potential: FloatArray, mass: float) -> None:
        self.grid = grid
        with np.errstate(over="ignore", invalid="ignore"):
            self._exponential = Exponential(kinetic_energies(grid, mass), potential, grid.hbar)
        finite = np.isfinite(self._exponential.rate) and np.isfinite(self._exponential.size)
        require(finite, "hbar", "give a finite Hamiltonian", "it overflows", "other units")

    def prepare(self, basis: ComplexArray) -> Chain:
        """Start a chain of states at time 0."""
        return Chain(Link(0.0, basis))

    def evolve(self, prepared: Chain, times: FloatArray) -> ComplexArray:
        """``U(t) e_a``, complex128 (T, r, m, *grid.shape); times near to each other share an expansion."""
        return prepared.carry(times, self._advance)

    def phase_error(self, time: float) -> float:
        """``eps ||H|| t / hbar``."""
        return EPS * self._exponential.size * time

    def _advance(self, link: Link, times: FloatArray, out: ComplexArray) -> Link:
        """Go from a link to increasing times, by expansions of at most the longest span."""
        time, states, done = link.time, link.states, 0
        span = LONGEST / self._exponential.rate
        while done < len(times):
            near = int(np.searchsorted(times, time + span, side="right"))
            if near > done:
                self._exponential(states, times[done:near] - time, out[done:near])
                time, states, done = float(times[near - 1]), out[near - 1], near
            else:
                on_the_way = np.empty((1, *states.shape), dtype=np.complex128)
                self._exponential(states, np.array([span]), on_the_way)
                time, states = time + span, on_the_way[0]
        return Link(time, states.copy())
