"""The terms of equation (2) on functions of a run, each by the operators of `wignerlohe.operators`, at a few times.

``T w = (p/m).grad_x w`` is transport, so that A = -T is the generator of section 4, and ``L = T + Theta[V]``. Where all
functions are many numbers, some pairs of nodes are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.errors import WignerLoheError
from wignerlohe.operators import theta, transport
from wignerlohe.phase_space.transform import wigner
from wignerlohe.phase_space.weyl import weyl_with_defect, wigner_of_kernel
from wignerlohe.propagators.chebyshev import kinetic_energies
from wignerlohe.solution import Solution
from wignerlohe.theory.differences import functions_in_turn
from wignerlohe.theory.evidence import COARSE, STENCIL, Evidence
from wignerlohe.theory.motion import kept, last_time
from wignerlohe.theory.sizes import pure
from wignerlohe.theory.statement import Accuracy, Hypothesis, Outcome, at_most

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]
Pairs = list[tuple[int, int]]

NUMBERS = 2**18  # of the functions that are looked at closely, at one time
LOOKS = 3  # times
FINE = 0.03  # of the time in which a function on phase space changes, for differences in time
EDGE, SPILL = 8, 10.0  # what is in the outermost 1/8 at either end of an axis, times this, may be wrong
SMOOTH = 1e-3  # of ||T w(0)||, the most that may come from the upper quarter of wavenumbers


def one_equation(seen: Evidence) -> Hypothesis:
    """One operator L for all functions: needed to have one at all."""
    value = "one for all nodes" if seen.shared else "they differ, or depend on the densities of nodes"
    return Hypothesis("one potential, up to constants", value, seen.shared, essential=True)


@kept
def smooth(seen: Evidence) -> Hypothesis:
    """The data lie in D(A), as far as the grid tells."""
    text = "w_ij(0) in D(A)"
    try:
        share = start(seen).tail
    except WignerLoheError as error:  # too many functions, or V is not known where it is needed
        return Hypothesis(text, f"not looked at: {error}", True)
    value = f"of ||p.grad_x w_ij(0)||, {share:.1e} is in the upper quarter of the wavenumbers"
    return Hypothesis(text, value, share <= SMOOTH)


def transported(seen: Evidence, w: ComplexArray) -> ComplexArray:
    """``T w`` for functions (..., *space.shape)."""
    return transport(seen.space, w, seen.model.mass)


def on_grid_only(seen: Evidence) -> bool:
    """Whether V is known on its grid alone: as an array, or from a store."""
    source = seen.model.sampled.sources[0]
    stored = isinstance(source, str) and source.startswith("given as ") and seen.model.drive is None
    return stored or isinstance(source, np.ndarray)


def turned(seen: Evidence, w: ComplexArray, time: float = 0.0) -> ComplexArray:
    """``Theta[V] w``, by operator kernels where V is not known between the points."""
    source, grid = seen.model.sampled.sources[0], seen.model.grid
    if not on_grid_only(seen):
        return theta(seen.space, source, source, w, time)
    kernels, V = weyl_with_defect(grid, w)[0], seen.model.potential.ravel()
    turning = (1j / seen.hbar * (V[:, None] - V)).reshape(*grid.shape, *grid.shape)
    return wigner_of_kernel(grid, turning * kernels)


def height(seen: Evidence, time: float = 0.0) -> float:
    """``sup V - inf V`` on the points of the grid."""
    return float(np.ptp(seen.model.potential_at(time)))


def edges(seen: Evidence) -> NDArray[np.bool_]:
    """Where the box ends, on phase space."""
    outside = np.ones(seen.space.shape, dtype=bool)
    outside[tuple(slice(n // EDGE, n - n // EDGE) for n in seen.space.shape)] = False
    return outside


def spilled(seen: Evidence, *w: ComplexArray) -> FloatArray:
    """Which errors functions may have in L^2 from what the box does not hold, as their edges tell."""
    return np.asarray(sum(SPILL * seen.space.norm(np.where(edges(seen), each, 0)) for each in w))


@dataclass(frozen=True)
class Start:
    """The largest ``||T w_ij||`` and ``||L w_ij||`` of all pairs at t = 0.

    ``tail`` is the share of the former in the upper quarter of the wavenumbers.
    """

    transported: float
    moved: float
    tail: float


@kept
def start(seen: Evidence) -> Start:
    """How far the linear terms move the data."""
    if pure(seen):
        return _start_of_pure(seen)
    largest = np.zeros(3)
    for i, row in enumerate(seen.functions(0.0)):
        w = row[i:] if seen.fields.unit else row  # w_ji = conj(w_ij) for wave functions, and L is real
        Tw = transported(seen, w)
        norms = [seen.space.norm(each).max() for each in (Tw, Tw + turned(seen, w), upper(seen, Tw))]
        largest = np.maximum(largest, norms)
    moving, moved, rough = largest.tolist()
    return Start(moving, moved, rough / moving if moving > 0 else 0.0)


def _start_of_pure(seen: Evidence) -> Start:
    """The same from ``i hbar L w[psi, phi] = w[H psi, phi] - w[psi, H phi]``; the tail is that of some pairs."""
    model, grid = seen.model, seen.model.grid
    psi = seen.fields.wavefunctions(seen.start.states)[0]
    axes = range(1, psi.ndim)
    free = np.fft.ifftn(kinetic_energies(grid, model.mass) * np.fft.fftn(psi, axes=axes), axes=axes)

    def largest(moved: ComplexArray) -> float:
        squares, means = ((moved * side.conj()).real.sum(axis=tuple(axes)) * grid.cell for side in (moved, psi))
        found = squares[:, None] + squares - 2 * means[:, None] * means
        return float(np.sqrt(max(found.max(), 0.0) / seen.cell) / seen.hbar)

    w = transported(seen, seen.solution.wigner_functions(choose(seen), 0.0))
    moving = float(seen.space.norm(w).max())
    tail = float(seen.space.norm(upper(seen, w)).max())
    return Start(largest(free), largest(free + model.potential_at(0.0) * psi), tail / moving if moving > 0 else 0.0)


def upper(seen: Evidence, w: ComplexArray) -> ComplexArray:
    """The part of functions in the upper quarter of the wavenumbers of some axis, up to a unitary transform."""
    d = seen.space.dimension
    spectrum = np.fft.fftn(w, axes=range(-2 * d, -d), norm="ortho")
    low = np.ones(1, dtype=bool)
    for axis, k in enumerate(seen.space.wavenumbers):
        inside = np.abs(k) < 0.75 * np.abs(k).max()
        low = low & np.expand_dims(inside, [other for other in range(2 * d) if other != axis])
    return np.asarray(np.where(low, 0, spectrum))


def choose(seen: Evidence, most: int = NUMBERS) -> Pairs:
    """Pairs of nodes that are looked at: all, or a fixed choice of some."""
    count = seen.count**2
    some = max(2, most // int(np.prod(seen.space.shape)))
    chosen = np.arange(count) if some >= count else np.sort(np.random.default_rng(0).permutation(count)[:some])
    return [(int(k) // seen.count, int(k) % seen.count) for k in chosen]


@dataclass(frozen=True)
class Look:
    """Some functions at one time, (pairs,) each unless another shape is said.

    Attributes
    ----------
    time : float
    terms : complex128 array, shape (pairs, 5, 5)
        Columns are d_t w, T w, Theta w, the gain ``(1/N) sum_k (w_ik + w_kj)`` and w, in an orthonormal basis.
    loss : complex128 array
        ``(1/N) sum_k (z_ik + z_kj)``, from integrals of the functions.
    error : float64 array
        Of d_t w in L^2, which is from differences in time.
    spilled : float64 array
        Errors of T w and Theta w in L^2 from what the box does not hold.
    commutator, product : float64 array
        ``||(Theta T - T Theta) w||`` and ``||Theta T w||``.
    slope, slope_error : float64 array
        ``d/dt ||T w||^2``, from differences in time.
    turning, gaining : float64 array
        ``Re <T Theta w, T w>``, and of ``T (w_ik + w_kj)`` with it, averaged over k.
    """

    time: float
    terms: ComplexArray
    loss: ComplexArray
    error: FloatArray
    spilled: FloatArray
    commutator: FloatArray
    product: FloatArray
    slope: FloatArray
    slope_error: FloatArray
    turning: FloatArray
    gaining: FloatArray

    def sizes(self, *factors: complex | ComplexArray) -> FloatArray:
        """Norms in L^2 of combinations of the terms, in their order, with factors for all pairs or for each."""
        each = np.stack([np.broadcast_to(factor, len(self.terms)) for factor in factors], axis=1)
        return np.asarray(np.linalg.norm(np.einsum("pab,pb->pa", self.terms, each), axis=1))

    @property
    def rate(self) -> FloatArray:
        """How fast functions change: ``||T w|| + ||Theta w||``."""
        return self.sizes(0, 1, 0, 0, 0) + self.sizes(0, 0, 1, 0, 0)


@kept
def looks(seen: Evidence) -> list[Look]:
    """The terms at a few times."""
    last_time(seen)
    places = np.linspace(0, len(seen.moments) - 1, min(LOOKS, len(seen.moments))).round().astype(int)
    return [_look(seen, float(time)) for time in seen.interior(seen.moments[np.unique(places)])]


def _look(seen: Evidence, time: float) -> Look:
    """The terms at one time."""
    chosen = choose(seen)
    w, gain, loss = with_others(seen, seen.solution, chosen, time)
    Tw, turn = transported(seen, w), turned(seen, w, time)
    moved_first, turned_first = turned(seen, Tw, time), transported(seen, turn)
    Tgain = transported(seen, gain)
    norm, inner = seen.space.norm, seen.space.inner
    rates = norm(Tw + turn) / np.maximum(norm(w), np.finfo(float).tiny)
    step = min(seen.step, FINE / (float(rates.max()) + seen.system.rate))
    moving, error, slope, slope_error = _differences(seen, time, chosen, step)
    rows = np.stack([each.reshape(len(w), -1) for each in (moving, Tw, turn, gain, w)], axis=2)
    return Look(
        time,
        np.array([np.asarray(np.linalg.qr(row, mode="r")) for row in rows]) * np.sqrt(seen.space.cell),
        loss,
        error,
        spilled(seen, Tw, turn),
        norm(moved_first - turned_first),
        norm(moved_first),
        slope,
        slope_error,
        inner(turned_first, Tw).real,
        inner(Tgain, Tw).real,
    )


def with_others(
    seen: Evidence, run: Solution, chosen: Pairs, time: float
) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """``w_ij``, ``(1/N) sum_k (w_ik + w_kj)``, and ``(1/N) sum_k (z_ik + z_kj)`` from integrals, of some pairs."""
    n = seen.count
    if seen.fields.numbers > 0:  # then sums over k are transforms with the mean of all nodes
        states = run.at([time]).states
        left, right = (factors(states)[0] for factors in (seen.fields.wavefunctions, seen.fields.right_factors))
        grid, phi, chi = seen.model.grid, left.mean(axis=0), right.mean(axis=0)
        rows: dict[int, ComplexArray] = {i: np.asarray(wigner(grid, left[i], chi)) for i, _ in chosen}
        columns: dict[int, ComplexArray] = {j: np.asarray(wigner(grid, phi, right[j])) for _, j in chosen}
        gain = np.array([rows[i] + columns[j] for i, j in chosen])
        return np.array([wigner(grid, left[i], right[j]) for i, j in chosen]), gain, seen.space.integral(gain)
    needed = sorted({pair for i, j in chosen for k in range(n) for pair in ((i, k), (k, j))})
    every = run.wigner_functions(needed, time)
    place = {pair: at for at, pair in enumerate(needed)}
    sums = [[place[pair] for k in range(n) for pair in ((i, k), (k, j))] for i, j in chosen]
    gain = np.array([sum(every[at] for at in each) / n for each in sums])
    return every[[place[pair] for pair in chosen]], gain, seen.space.integral(gain)


def _differences(
    seen: Evidence, time: float, chosen: Pairs, step: float
) -> tuple[ComplexArray, FloatArray, FloatArray, FloatArray]:
    """``d_t w`` and ``d/dt ||T w||^2`` with their errors, one instant at once; see `Evidence.derivative`."""
    offsets = np.concatenate([-np.arange(4, 0, -1), np.arange(1, 5)])
    run = seen.solution.at(time + step * offsets)
    fine = coarse = np.zeros((len(chosen), *seen.space.shape), dtype=np.complex128)
    sharp = rough = np.zeros(len(chosen))
    for offset, w in zip(offsets, functions_in_turn(seen, run, chosen), strict=True):
        squares = seen.space.norm(transported(seen, w)) ** 2
        first, second = (float(np.sign(offset) * each[abs(offset) - 1]) / step for each in (STENCIL, COARSE))
        fine, coarse = fine + first * w, coarse + second * w
        sharp, rough = sharp + first * squares, rough + second * squares
    noise = (seen.solution.method.rtol + 4 * float(np.finfo(float).eps)) / step
    error = seen.space.norm(fine - coarse) + noise * seen.space.norm(w)
    return fine, error, sharp, np.abs(sharp - rough) + 2 * noise * squares


def accuracy_of(seen: Evidence, error: FloatArray, scale: FloatArray) -> Accuracy:
    """Errors relative to a scale, and where they are from."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(scale > 0, error / scale, 0.0)
    origin = f"differences in time of order 8; edges of the box; {seen.function_accuracy.origin}"
    return Accuracy(relative, origin)


def below(seen: Evidence, sizes: ArrayLike, bound: ArrayLike, errors: ArrayLike) -> Outcome:
    """Compare sizes of terms at all looks with bounds, (looks, pairs) each; errors are those of the sizes."""
    limits, pairs = np.asarray(bound, dtype=float), [str(pair) for pair in choose(seen)]
    accuracy = accuracy_of(seen, np.asarray(errors), np.broadcast_to(np.abs(limits), np.shape(errors)))
    times = [look.time for look in looks(seen)]
    return at_most(sizes, limits, accuracy, t=times, pair=pairs).but(sampled_note(seen))


def box_errors(seen: Evidence) -> FloatArray:
    """Errors that T w, Theta w and their sums may have in L^2 at all looks, (looks, pairs)."""
    return np.array([seen.function_accuracy.value * look.rate + look.spilled for look in looks(seen)])


def sampled_note(seen: Evidence) -> str:
    """Which functions were looked at."""
    chosen, every = choose(seen), seen.count**2
    which = "all pairs" if len(chosen) == every else f"{len(chosen)} of {every} pairs"
    return f"with functions on phase space of {which}, at {len(looks(seen))} times"
