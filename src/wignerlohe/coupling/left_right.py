"""Two Mobius maps for left and right factors: the coupling of arbitrary data ``w_ij = w[phi_i, chi_j]``.

On a complete graph without detuning (docs, "Derivations", S3)

``phi_i' = (1/2) (phibar - <phi_i, chibar> phi_i)``, ``chi_j' = (1/2) (chibar - <chi_j, phibar> chi_j)``,

``' = d/d tau``, ``tau = kappa t``, in coordinates of one orthonormal basis for both. Each family moves by one map,

``phi_i(t) = (A phi_i + b) / (c.phi_i + d)``, ``M_L' = (1/2) X M_L``, ``X = [[0, phibar], [chibar^dagger, 0]]``, and
``M_R = J M_L^{-dagger} J`` for chi, ``J = diag(1, .., 1, -1)``, ``M_R' = (1/2) Y M_R``, ``Y = [[0, chibar],
[phibar^dagger, 0]]``.

M_L lies in SL(r + 1, C), no longer in U(r, 1): nothing bounds the denominators, and where one vanishes the solution
blows up. The method is that of `mobius`: a frozen exponential times the Cayley transform of Omega, which obeys the same
exact equation; ``Omega_R = -J Omega^dagger J`` makes M_R from the same numbers, without an inverse. DOP853.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853

from wignerlohe.coupling.base import SEPARATES, BlowUp, Cost, Entry, FloatArray, Which
from wignerlohe.coupling.pairs import FactoredPairs
from wignerlohe.coupling.scalars import is_blow_up
from wignerlohe.errors import SolverError

ComplexArray = NDArray[np.complex128]

FIRST_STEP = 0.1  # in units of 1 / coupling
LONGEST_STEP = 3.0


@dataclass(frozen=True)
class LeftRightState:
    """Where the maps stand: ``M_L = exp(left_log_scale) left_matrix`` at a time, and M_R likewise."""

    time: float
    left_matrix: ComplexArray
    left_log_scale: float
    right_matrix: ComplexArray
    right_log_scale: float


@dataclass(frozen=True)
class LeftRight:
    """The coupling of left and right factors; see `wignerlohe.coupling.base`.

    Attributes
    ----------
    left, right : complex128 arrays, shape (N, r)
        Coordinates of phi_i(0) and chi_j(0).
    deviation : complex128 array, shape (N, N)
        ``1 - z_ij(0) = 1 - <phi_i, chi_j>``, as accurately as the data tell it.
    coupling : float
        kappa, a rate of either sign.
    """

    left: ComplexArray
    right: ComplexArray
    deviation: ComplexArray
    coupling: float

    reason = SEPARATES

    @property
    def description(self) -> str:
        """The algorithm, for a report."""
        return f"two Mobius maps for left and right factors, rank {self.left.shape[1]} (S3), Lie group, order 8"

    @property
    def count(self) -> int:
        """Number of nodes N."""
        return len(self.left)

    def start(self) -> LeftRightState:
        """Return the maps at time 0."""
        one = np.eye(self.left.shape[1] + 1, dtype=np.complex128)
        return LeftRightState(0.0, one, 0.0, one, 0.0)

    def coordinates(self, state: LeftRightState, which: Which = slice(None)) -> ComplexArray:
        """``phi_i(t)`` of some nodes: complex128 (nodes, r)."""
        return _moved(state.left_matrix, self.left[which])

    def right_coordinates(self, state: LeftRightState, which: Which = slice(None)) -> ComplexArray:
        """``chi_j(t)`` of some nodes: complex128 (nodes, r)."""
        return _moved(state.right_matrix, self.right[which])

    def pairs(self, states: Sequence[LeftRightState]) -> FactoredPairs:
        """Return the deviations at the times of the states."""
        shape = (-1, self.count)
        log_g = [-np.log(_denominators(s.left_matrix, self.left)) - s.left_log_scale for s in states]
        log_h = [-np.log(_denominators(s.right_matrix, self.right)) - s.right_log_scale for s in states]
        return FactoredPairs(
            np.array(log_g, dtype=np.complex128).reshape(shape),
            np.array(log_h, dtype=np.complex128).reshape(shape).conj(),
            initial=lambda rows: self.deviation[rows],
            chosen=lambda rows, columns: self.deviation[rows, columns],
        )

    def mean_field(self, states: Sequence[LeftRightState]) -> ComplexArray:
        """``mean_k z_jk``, complex128 (T, N)."""
        found = [self.coordinates(s) @ self.right_coordinates(s).mean(axis=0).conj() for s in states]
        return np.array(found, dtype=np.complex128).reshape(-1, self.count)

    def drift(self, state: LeftRightState) -> float:
        """``max |M_R^dagger J M_L - J| / (|M_L| |M_R|)``, zero in exact arithmetic."""
        signs = _signs(len(state.left_matrix))
        product = (state.right_matrix.conj().T * signs) @ state.left_matrix
        defect = product - np.diag(signs) * np.exp(-state.left_log_scale - state.right_log_scale)
        sizes = np.linalg.norm(state.left_matrix, 2) * np.linalg.norm(state.right_matrix, 2)
        return float(np.abs(defect).max() / sizes)

    def entries(self, states: Sequence[LeftRightState]) -> dict[str, Entry]:
        """Return the maps as arrays over time."""
        size = self.left.shape[1] + 1
        found: dict[str, Entry] = {}
        dims = ("time", "row", "column")
        for side in ("left", "right"):
            matrices = np.array([getattr(s, f"{side}_matrix") for s in states], dtype=np.complex128)
            found[f"{side}_matrix"] = (dims, matrices.reshape(-1, size, size))
            scales = np.array([getattr(s, f"{side}_log_scale") for s in states], dtype=float)
            found[f"{side}_log_scale"] = (("time",), scales)
        return found

    def restore(self, times: FloatArray, arrays: dict[str, NDArray[Any]]) -> list[LeftRightState]:
        """Make maps again from such arrays."""
        left = zip(arrays["left_matrix"], arrays["left_log_scale"].tolist(), strict=True)
        right = zip(arrays["right_matrix"], arrays["right_log_scale"].tolist(), strict=True)
        return [LeftRightState(t, *a, *b) for t, a, b in zip(times.tolist(), left, right, strict=True)]

    def evolve(
        self, state: LeftRightState, times: FloatArray, rtol: float, cost: Cost
    ) -> tuple[list[LeftRightState], BlowUp | None]:
        """Carry the maps through increasing times, or up to a blow-up.

        Raises
        ------
        SolverError
            If the step size underflows away from a blow-up.
        """
        clocks = self.coupling * times
        tau, last, step = self.coupling * state.time, float(clocks[-1]), FIRST_STEP
        forward = 1.0 if last >= tau else -1.0
        states: list[LeftRightState] = []
        with np.errstate(divide="ignore"):
            sizes = np.log(np.abs(self.deviation))
        while len(states) < len(times):
            chart = _Chart(self, state, tau)
            if tau == last:
                return states + [chart.state(t, tau, np.zeros(chart.one.size)) for t in times[len(states) :]], None
            solver = DOP853(
                chart,
                tau,
                np.zeros(chart.one.size, dtype=np.complex128),
                last,
                rtol=1e-13,
                atol=rtol / len(chart.one),  # SciPy's norm is the root mean square: this bounds Frobenius'
                first_step=min(step, abs(last - tau)),
                max_step=LONGEST_STEP,
            )
            with np.errstate(all="ignore"):  # a step into a blow-up, which is then shortened
                message = solver.step()
            cost.steps += 1
            cost.evaluations += solver.nfev
            if solver.status != "failed":
                inside = np.abs(clocks - tau) <= abs(solver.t - tau)
                inside[: len(states)] = False
                after = chart.state(solver.t / self.coupling, solver.t, solver.y)
                if inside.any():
                    values = solver.dense_output()(clocks[inside]).T
                    states += [
                        after if clock == solver.t else chart.state(time, clock, omega)
                        for time, clock, omega in zip(times[inside].tolist(), clocks[inside], values, strict=True)
                    ]
                state, tau, step = after, float(solver.t), float(solver.h_abs)
            size, rate = self._growth(sizes, state)
            if is_blow_up(forward * rate, size - sizes.max(), stuck=solver.status == "failed"):
                # nothing beyond the event counts, and the last step may have come close to it
                event = BlowUp(time=float(tau + 1 / rate) / self.coupling)
                return [found for found in states if found.time < event.time], event
            if solver.status == "failed":
                raise SolverError(f"the maps stop at t = {tau / self.coupling}: {message} Try a larger rtol")
        return states, None

    def _growth(self, sizes: FloatArray, state: LeftRightState) -> tuple[float, float]:
        """``log max |1 - z|`` and its rate in tau, ``-Re(a_i + b_j) / 2``."""
        pairs = self.pairs([state])
        logs = sizes + pairs.log_g[0].real[:, None] + pairs.log_h[0].real
        i, j = np.unravel_index(int(np.argmax(logs)), logs.shape)
        left, right = self.coordinates(state), self.right_coordinates(state)
        a = left[i] @ right.mean(axis=0).conj()
        b = left.mean(axis=0) @ right[j].conj()
        return float(logs[i, j]), float(-(a + b).real / 2)


class _Chart:
    """Coordinates Omega around the exponential of the mean fields at ``tau_0``, held fixed."""

    def __init__(self, coupling: LeftRight, start: LeftRightState, tau_0: float) -> None:
        self.coupling, self.start, self.tau_0 = coupling, start, tau_0
        self.one = np.eye(len(start.left_matrix), dtype=np.complex128)
        phi, chi = self._means(start.left_matrix, start.right_matrix)
        self.frozen, self.mirrored = _generator(phi, chi), _generator(chi, phi)

    def __call__(self, tau: float, omega: ComplexArray) -> ComplexArray:
        """``d Omega / d tau``."""
        half = omega.reshape(self.one.shape) / 2
        x = _generator(*self._means(*self._matrices(tau, omega)))
        minus, plus = self.one - half, self.one + half
        return np.asarray((minus @ x @ plus - plus @ self.frozen @ minus).ravel() / 2)

    def state(self, time: float, tau: float, omega: NDArray[Any]) -> LeftRightState:
        """The maps at Omega; dividing by a power of two is exact, and the scale is kept apart."""
        found: list[Any] = []
        scales = self.start.left_log_scale, self.start.right_log_scale
        for matrix, scale in zip(self._matrices(tau, omega), scales, strict=True):
            _, exponent = np.frexp(np.abs(matrix).max())
            found += [matrix * np.ldexp(1.0, -int(exponent)), scale + float(exponent * np.log(2.0))]
        return LeftRightState(float(time), *found)

    def _matrices(self, tau: float, omega: NDArray[Any]) -> tuple[ComplexArray, ComplexArray]:
        """``cay(Omega) exp(s X_0) M_L`` and ``cay(-J Omega^dagger J) exp(s Y_0) M_R``, ``s = (tau - tau_0) / 2``."""
        half, signs, s = omega.reshape(self.one.shape) / 2, _signs(len(self.one)), (tau - self.tau_0) / 2
        mirror = -half.conj().T * signs[:, None] * signs
        left = _cayley(half) @ (_exponential(self.frozen, s) @ self.start.left_matrix)
        right = _cayley(mirror) @ (_exponential(self.mirrored, s) @ self.start.right_matrix)
        return left, right

    def _means(self, left: ComplexArray, right: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
        """``phibar`` and ``chibar``."""
        return _moved(left, self.coupling.left).mean(axis=0), _moved(right, self.coupling.right).mean(axis=0)


def _signs(size: int) -> FloatArray:
    """The diagonal of J."""
    signs = np.ones(size)
    signs[-1] = -1
    return signs


def _generator(phi: ComplexArray, chi: ComplexArray) -> ComplexArray:
    """``[[0, phi], [chi^dagger, 0]]``."""
    matrix = np.zeros((len(phi) + 1, len(phi) + 1), dtype=np.complex128)
    matrix[:-1, -1], matrix[-1, :-1] = phi, chi.conj()
    return matrix


def _exponential(generator: ComplexArray, s: float) -> ComplexArray:
    """``exp(s X) = 1 + s sinhc(s w) X + (s^2 / 2) sinhc(s w / 2)^2 X^2``, ``w^2 = chi^dagger phi``, for such an X."""
    w = np.sqrt(generator[-1, :-1] @ generator[:-1, -1])
    return np.asarray(
        np.eye(len(generator))
        + s * _sinhc(s * w) * generator
        + s**2 / 2 * _sinhc(s * w / 2) ** 2 * generator @ generator
    )


def _sinhc(x: Any) -> Any:
    """``sinh(x) / x`` for a complex number."""
    return np.sinh(x) / x if abs(x) > 1e-3 else 1 + x**2 / 6 + x**4 / 120


def _cayley(half: NDArray[Any]) -> ComplexArray:
    """``(1 - Omega/2)^-1 (1 + Omega/2)`` for Omega/2."""
    one = np.eye(len(half))
    return np.asarray(np.linalg.solve(one - half, one + half))


def _denominators(matrix: ComplexArray, coordinates: ComplexArray) -> ComplexArray:
    """``c.C_i + d``, up to the scale of the matrix."""
    return np.asarray(coordinates @ matrix[-1, :-1] + matrix[-1, -1])


def _moved(matrix: ComplexArray, coordinates: ComplexArray) -> ComplexArray:
    """``(A C_i + b) / (c.C_i + d)``."""
    numerators = coordinates @ matrix[:-1, :-1].T + matrix[:-1, -1]
    return np.asarray(numerators / _denominators(matrix, coordinates)[:, None])
