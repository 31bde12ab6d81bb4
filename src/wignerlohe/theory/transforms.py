"""Remark 1 of the paper: what Wigner transforms are, on wave functions of a run.

The transform is compared with its definition, summed up at some positions. Wave functions are those of the two nodes
that are furthest apart at t = 0.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.grid import Grid
from wignerlohe.operators.linear import apply_symbol
from wignerlohe.phase_space.transform import wigner
from wignerlohe.theory.evidence import ROUNDING, Evidence
from wignerlohe.theory.hypotheses import functions
from wignerlohe.theory.residuals import factors_looked_at, frequencies, function_at, furthest, resolved, some
from wignerlohe.theory.statement import Accuracy, Hypothesis, Outcome, Statement, equal, statement, unmeasured

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]

SECTION = "section 1, the models"
PLACES = 24  # positions at which transforms are summed up
DENSE = 1e-3  # of the largest density: where these positions are
BOOST = 0.5  # of the spread of momenta


def waves(seen: Evidence) -> Hypothesis:
    """Functions are Wigner transforms of the wave functions of nodes."""
    value = "given by wave functions" if seen.fields.unit else "functions of another kind were given"
    return Hypothesis("w_ij = w[psi_i, psi_j]", value, seen.fields.unit, essential=True)


def two_states(seen: Evidence) -> list[tuple[int, ComplexArray, ComplexArray]]:
    """Numbers of the moments, and wave functions (m, *grid.shape) of the two nodes there."""
    return [(k, psi, phi) for k, (psi, phi) in enumerate(factors_looked_at(seen)[0])]


def by_definition(
    grid: Grid, psi: ComplexArray, phi: ComplexArray, places: NDArray[np.int_], sign: float = -1.0
) -> ComplexArray:
    """``(2 pi hbar)^-d integral psi(x + y/2) conj(phi(x - y/2)) e^{sign i p.y/hbar} dy``, (places, *p points).

    Places are numbers of grid points; components of psi and phi (m, *grid.shape) are added up.
    """
    left, right, products = _refined(grid, psi), _refined(grid, phi), []
    for place in np.transpose(np.unravel_index(places, grid.shape)):
        window = (slice(None), *(slice(2 * x, 2 * x + 2 * n + 1) for x, n in zip(place, grid.points, strict=True)))
        opposite = np.flip(right[window], tuple(range(1, right.ndim)))
        products.append((left[window] * opposite.conj()).sum(axis=0))
    found = np.array(products)
    for axis in range(grid.dimension):
        found = np.tensordot(found, _kernel(grid, axis, sign), axes=(1, 0))
    return found


@lru_cache(maxsize=2)
def _kernel(grid: Grid, axis: int, sign: float) -> ComplexArray:
    """``e^{sign i p y/hbar} dy / (2 pi hbar)`` along one axis: (y, p)."""
    n, spacing, p = grid.points[axis], grid.spacing[axis], grid.phase_space.p[axis]
    y = spacing * np.arange(-n, n + 1)
    return np.asarray(spacing / (2 * np.pi * grid.hbar) * np.exp(1j * sign / grid.hbar * np.outer(y, p)))


def _refined(grid: Grid, states: ComplexArray) -> ComplexArray:
    """Trigonometric polynomials at half the spacing, and 0 beyond the box by half its length."""
    for axis, n in enumerate(grid.points, start=1):
        k = np.fft.fftfreq(n, 1 / n).reshape(-1, *(1,) * (grid.dimension - axis))
        between = np.fft.ifft(np.exp(1j * np.pi * k / n) * np.fft.fft(states, axis=axis), axis=axis)
        shape = [*states.shape[:axis], 2 * n, *states.shape[axis + 1 :]]
        states = np.stack([states, between], axis=axis + 1).reshape(shape)
    return np.pad(states, [(0, 0), *((n, n) for n in grid.points)])


def dense(psi: ComplexArray, phi: ComplexArray) -> NDArray[np.int_]:
    """Numbers of some grid points at which two states are."""
    size = np.sqrt((np.abs(psi) ** 2).sum(axis=0) + (np.abs(phi) ** 2).sum(axis=0)).ravel()
    found = np.flatnonzero(size > DENSE * size.max())
    return found[some(len(found), PLACES)]


def compared(grid: Grid, function: NDArray[Any], defined: ComplexArray, places: NDArray[np.int_]) -> float:
    """Distance of a function on phase space from its definition at some places, relatively."""
    measured = function.reshape(grid.size, *defined.shape[1:])[places]
    return float(np.linalg.norm(measured - defined) / np.linalg.norm(defined))


def _distances(seen: Evidence, found: list[float], errors: list[float]) -> Outcome:
    accuracy = Accuracy(np.array(errors), "what the grid does not hold; 10 rtol")
    outcome = equal(found, 0.0, accuracy, np.ones(len(found)), t=seen.moments)
    return outcome.but(f"distances in L^2 from the definition at up to {PLACES} positions, relatively")


@statement("Remark 1 (1)", "functions of exchanged states are conjugate, and w_jj is real", functions, waves,
           source=SECTION, sharp=True)  # fmt: skip
def conjugation(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``w[phi, psi] = conj(w[psi, phi])``."""
    found, errors, grid = [], [], seen.model.grid
    for _, psi, phi in two_states(seen):
        each = []
        for a, b in ((psi, phi), (psi, psi)):
            places, exchanged = dense(a, b), wigner(grid, b, a)
            each.append(compared(grid, exchanged, factor * by_definition(grid, a, b, places).conj(), places))
        found.append(max(each))
        errors.append(resolved(seen, exchanged))
    return _distances(seen, found, errors)


def _standard(seen: Evidence, sign: float, factor: float) -> Outcome:
    """Compare ``w[e^{ikx} psi]`` with its definition."""
    found, errors, grid = [], [], seen.model.grid
    for _, state, _ in two_states(seen):
        psi = boosted(grid, state)
        places, w = dense(psi, psi), wigner(grid, psi)
        found.append(compared(grid, w, factor * by_definition(grid, psi, psi, places, sign), places))
        errors.append(resolved(seen, w))
    return _distances(seen, found, errors).but("psi_j is multiplied by e^{ikx}, so that the sign of p is seen")


def boosted(grid: Grid, psi: ComplexArray) -> ComplexArray:
    """``e^{ikx} psi``, with k of the order of the spread of momenta along the first axis."""
    density = (np.abs(np.fft.fft(psi, axis=1)) ** 2).sum(axis=(0, *range(2, psi.ndim)))
    k, unit = grid.wavenumbers[0], 2 * np.pi / (grid.upper[0] - grid.lower[0])
    width = np.sqrt((density * k**2).sum() / density.sum() - ((density * k).sum() / density.sum()) ** 2)
    wave = np.exp(1j * unit * max(1.0, np.round(BOOST * width / unit)) * grid.axes[0])
    return np.asarray(psi * wave.reshape(-1, *(1,) * (grid.dimension - 1)))


@statement("Remark 1 (2), printed", "w[psi] by (4), with e^{+ip.y}, is the standard Wigner function", functions, waves,
           source=SECTION, sharp=True)  # fmt: skip
def standard_printed(seen: Evidence, *, sign: float = 1.0, factor: float = 1.0) -> Outcome:
    """``w[psi](x, p) = (2 pi hbar)^-d integral psi(x + y/2) conj(psi(x - y/2)) e^{+ip.y/hbar} dy``."""
    return _standard(seen, sign, factor).but("as printed, momentum is reversed")


@statement("Remark 1 (2), mended", "w[psi] with e^{-ip.y} in (4) is the standard Wigner function", functions, waves,
           source=SECTION, sharp=True)  # fmt: skip
def standard_mended(seen: Evidence, *, sign: float = -1.0, factor: float = 1.0) -> Outcome:
    """``w[psi](x, p) = (2 pi hbar)^-d integral psi(x + y/2) conj(psi(x - y/2)) e^{-ip.y/hbar} dy``."""
    return _standard(seen, sign, factor)


@statement("Remark 1 (3), densities", "integrals over p are densities", functions, waves, source=SECTION, sharp=True)
def densities(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``integral w_jj dp = |psi_j|^2`` at every point x."""
    grid, space, measured, predicted, error = seen.model.grid, seen.space, [], [], 0.0
    for k, psi, _ in two_states(seen):
        w = function_at(seen, k, own=True)
        measured.append(w.reshape(grid.size, -1).sum(axis=1) * space.cell / grid.cell)
        predicted.append((np.abs(psi) ** 2).sum(axis=0).ravel())
        error = max(error, resolved(seen, w))
    points = np.stack(np.broadcast_arrays(*grid.mesh), axis=-1).reshape(-1, space.dimension)
    accuracy = Accuracy(error, "what the grid does not hold; 10 rtol")
    outcome = equal(measured, factor * np.array(predicted), accuracy, t=seen.moments, x=points)
    return outcome.but(f"j = {furthest(seen)[0]}, with functions on phase space at {len(seen.moments)} times")


def _products(seen: Evidence, factor: float, exchanged: bool) -> Outcome:
    """Compare integrals of functions with inner products, in the order of the slots or exchanged."""
    grid, measured, predicted, error = seen.model.grid, [], [], 0.0
    for _, psi, phi in two_states(seen):
        pairs = ((psi, phi), (psi, 1j * phi), (psi, 1j * psi))
        each = [wigner(grid, a, b) for a, b in pairs]
        measured.append([seen.space.integral(w) for w in each])
        predicted.append([grid.cell * (a * b.conj()).sum() for a, b in pairs])
        error = max(error, resolved(seen, each[0]))
    sides = np.conj(predicted) if exchanged else np.array(predicted)
    names = ["psi_i, psi_j", "psi_i, i psi_j", "psi_i, i psi_i"]
    accuracy = Accuracy(error, "what the grid does not hold; 10 rtol")
    outcome = equal(measured, factor * sides, accuracy, t=seen.moments, states=names)
    return outcome.but("i, j = {}, {}".format(*furthest(seen)))


@statement("Remark 1 (3), printed", "integrals are inner products, with the slots exchanged", functions, waves,
           source=SECTION, sharp=True)  # fmt: skip
def products_printed(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``integral w[psi, phi] dx dp = <phi, psi>``, where ``<f, g> = integral f conj(g) dx``."""
    return _products(seen, factor, exchanged=True)


@statement("Remark 1 (3), mended", "integrals are inner products", functions, waves, source=SECTION, sharp=True)
def products_mended(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``integral w[psi, phi] dx dp = <psi, phi>``, where ``<f, g> = integral f conj(g) dx``."""
    return _products(seen, factor, exchanged=False)


@statement("Remark 1 (4)", "Theta[V] is real", functions, source=SECTION, sharp=True)
def reality(seen: Evidence, *, factor: float = 1.0) -> Outcome:
    """``conj(Theta[V] w) = Theta[V] conj(w)``, for one of the functions of the run."""
    (i, j), found, errors = furthest(seen), [], []
    for k, time in enumerate(seen.moments):
        w = function_at(seen, k, own=False)
        table = frequencies(seen, i, i, float(time))
        turned, conjugate = apply_symbol(seen.space, table, w), apply_symbol(seen.space, table, w.conj())
        size = float(seen.space.norm(turned))
        rounding = ROUNDING * float(np.abs(table).max() * seen.space.norm(w))
        if size <= rounding:
            return unmeasured("Theta[V] vanishes: V is constant where the functions are")
        found.append(float(seen.space.norm(turned.conj() - factor * conjugate)) / size)
        errors.append(rounding / size)
    accuracy = Accuracy(np.array(errors), "rounding")
    outcome = equal(found, 0.0, accuracy, np.ones(len(found)), t=seen.moments)
    return outcome.but(f"w = w_ij for i, j = {i}, {j}; both sides' distance in L^2, relatively")


STATEMENTS: tuple[Statement, ...] = (
    conjugation,
    standard_printed,
    standard_mended,
    densities,
    products_printed,
    products_mended,
    reality,
)
