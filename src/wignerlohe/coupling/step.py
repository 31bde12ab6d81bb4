"""The exact coupling over one step, from the correlations alone: the maps that splittings and outputs apply to nodes.

``w_ij <- sum_kl G_ik w_kl H_lj`` with (docs, "Derivations", S1)

``G' = [(kappa / 2) (A / N - diag a) - i Omega] G``, ``a_i = (1/N) sum_k A_ik z_ik / z_ii``, ``Z = G Z(0) H``,

``H' = H [(kappa / 2) (A^T / N - diag b) + i Omega]``, ``b_j = (1/N) sum_k A_jk z_kj / z_jj``

(without the divisions under (2)). All of this is polynomial, so that power series in time are made term by term, to
rounding, and a step longer than they reach is cut into pieces. On a complete graph without detuning and divisions
(S2, S11) N-vectors are enough: with ``u = 1 / g``, ``v = 1 / h`` and ``d = 1 - z(0)``

``u' = (kappa / 2) (u - d h / N)``, ``v' = (kappa / 2) (v - d^T g / N)``,

``G = diag(g) [1 + (kappa / 2N) int u q^T ds]``, ``q = g + (kappa / 2N) int q(s) (u(s).g) ds``,

a map of low rank: the columns of u at times of one step are nearly the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.system import System
from wignerlohe.errors import SolverError

ComplexArray = NDArray[np.complex128]

ORDER = 18  # terms of a power series
REACH = 0.4  # of a piece in units of 1 / rate, to begin with
TAIL = 4e-17  # the last two terms of a series that has converged, relative to the first
SHORTEST = 1e-9  # of a piece in units of 1 / rate: beyond, correlations grow without bound
LONG = 4  # pieces from which a map may be kept as a matrix
UNIT = 1e-12  # z_ii this near to 1 differ from it by rounding
EPS = float(np.finfo(float).eps)


class BlowUpError(SolverError):
    """Correlations become infinite within a step.

    Attributes
    ----------
    elapsed : float
        After which part of the step.
    """

    def __init__(self, elapsed: float) -> None:
        super().__init__(f"the correlations blow up {elapsed:.12g} after the last output; try an earlier end")
        self.elapsed = elapsed


@dataclass(frozen=True)
class NodeMap:
    """``psi_i <- g_i (psi_i + sum_a U_ia sum_k Q_ka psi_k)``.

    Attributes
    ----------
    g : complex128 array, shape (N,)
    U, Q : complex128 arrays, shape (N, s)
    """

    g: ComplexArray
    U: ComplexArray
    Q: ComplexArray

    def matrix(self) -> ComplexArray:
        """The map as a matrix (N, N)."""
        found = self.U @ self.Q.T
        found[np.diag_indices(len(found))] += 1
        found *= self.g[:, None]
        return np.asarray(found)

    def conj(self) -> NodeMap:
        """The complex conjugate map."""
        return NodeMap(self.g.conj(), self.U.conj(), self.Q.conj())

    def compressed(self, limit: float = EPS) -> NodeMap:
        """The same map with the fewest columns that give ``U Q^T`` to a limit relative to 1."""
        if self.U.shape[1] < 2:
            return self
        (q1, r1), (q2, r2) = np.linalg.qr(self.U), np.linalg.qr(self.Q)
        left, sizes, right = np.linalg.svd(r1 @ r2.T)
        rank = int(np.sum(sizes > limit))
        return NodeMap(self.g, q1 @ (left[:, :rank] * sizes[:rank]), q2 @ right[:rank].T)

    def gathered(self) -> NodeMap:
        """The same map with no more columns than nodes."""
        return _as_map(self.matrix()) if self.U.shape[1] > len(self.g) else self

    def after(self, first: NodeMap) -> NodeMap:
        """Apply a first map, and then this one."""
        moved, weights = self.U / first.g[:, None], self.Q * first.g[:, None]
        inner = first.U + moved @ (weights.T @ first.U)
        return NodeMap(self.g * first.g, np.hstack((inner, moved)), np.hstack((first.Q, weights)))


class CouplingStep:
    """The coupling of a system over steps of any length and sign.

    Parameters
    ----------
    system : System
        Coupling, detunings and weights.
    divide : bool
        Whether correlations are divided by ``z_ii``, as in (1) and (6), or not, as in (2).

    Examples
    --------
    Two nodes approach each other as in closed form:

    >>> step = CouplingStep(System(2.0, None, 1.0))
    >>> z = np.array([[1.0, 0.6], [0.6, 1.0]], dtype=complex)
    >>> left, right = step.step(z, 1.5)
    >>> growth = (1 + 0.6) * np.exp(2.0 * 1.5)
    >>> bool(np.isclose((left.matrix() @ z @ right.matrix().T)[0, 1], (growth - 0.4) / (growth + 0.4)))
    True
    """

    def __init__(self, system: System, divide: bool = True) -> None:
        self.system, self.divide = system, divide

    def step(self, z: ComplexArray, step: float) -> tuple[NodeMap, NodeMap]:
        """Maps of the first and of the second index: ``w_ij <- sum_kl left_ik right_jl w_kl``.

        Parameters
        ----------
        z : complex128 array, shape (N, N)
            Correlations at the start, of any data. If they are Hermitian, ``right`` is the conjugate of ``left``.
        step : float
            A time of either sign.

        Raises
        ------
        BlowUpError
            If correlations of general data become infinite on the way.
        """
        z = np.asarray(z, dtype=np.complex128)
        none = np.zeros((len(z), 0), dtype=np.complex128)
        left = right = NodeMap(np.ones(len(z), dtype=np.complex128), none, none)
        done, pieces = 0.0, 0
        piece = np.sign(step) * min(abs(step), REACH / self.system.rate)
        while done != step:
            last = abs(step - done) <= 1.001 * abs(piece)
            piece = step - done if last else piece
            found = self._piece(z, piece)
            if found is None:
                piece /= 2
                if abs(piece) * self.system.rate < SHORTEST:
                    raise BlowUpError(done)
                continue
            first, second = found
            done, pieces = step if last else done + piece, pieces + 1
            if not last:
                z = first.matrix() @ z @ second.matrix().T
            left, right = (first, second) if pieces == 1 else (first.after(left), second.after(right))
            if pieces > LONG:
                left, right = left.gathered(), right.gathered()
            piece *= 1.5
        return left, right

    def _piece(self, z: ComplexArray, step: float) -> tuple[NodeMap, NodeMap] | None:
        """Maps of one series in time, or None if it does not converge so far."""
        system, hermitian = self.system, bool(np.array_equal(z, z.conj().T))
        with np.errstate(over="ignore", invalid="ignore"):
            if isinstance(system.weights, float) and system.detuning is None and self._plain(z):
                strength = system.coupling * system.weights / 2 * step
                return _complete(z, strength, hermitian)
            return _general(z, system, step, self.divide, hermitian)

    def _plain(self, z: ComplexArray) -> bool:
        """Whether divisions do nothing: there are none, or z_ii = 1, and attraction keeps its rounding small."""
        if not self.divide:
            return True
        attracts = self.system.coupling * float(self.system.weights) >= 0  # type: ignore[arg-type] # of one number
        return attracts and bool(np.abs(np.diag(z) - 1).max() < UNIT)


def _complete(z: ComplexArray, strength: float, hermitian: bool) -> tuple[NodeMap, NodeMap] | None:
    """Maps on a complete graph; ``strength`` is ``kappa h / 2``, and series are in the fraction of the step."""
    count = len(z)
    d = 1 - z
    u, g, v, h = (np.zeros((ORDER + 1, count), dtype=np.complex128) for _ in range(4))
    u[0] = g[0] = v[0] = h[0] = 1
    for n in range(ORDER):
        u[n + 1] = strength / (n + 1) * (u[n] - d @ h[n] / count)
        g[n + 1] = -np.einsum("mi,mi->i", u[1 : n + 2], g[n::-1])
        if hermitian:
            v[n + 1], h[n + 1] = u[n + 1].conj(), g[n + 1].conj()
        else:
            v[n + 1] = strength / (n + 1) * (v[n] - d.T @ g[n] / count)
            h[n + 1] = -np.einsum("mi,mi->i", v[1 : n + 2], h[n::-1])
        if _converged(g, n) and _converged(h, n):
            left = _low_rank(u[: n + 2], g[: n + 2], strength)
            return left, left.conj() if hermitian else _low_rank(v[: n + 2], h[: n + 2], strength)
    return None


def _low_rank(u: ComplexArray, g: ComplexArray, strength: float) -> NodeMap:
    """``diag(g) [1 + (strength / N) int u q^T]`` from the series of u and g."""
    orders, count = g.shape
    number = np.arange(orders)
    integrals = strength / count / (number[:, None] + number + 1)  # of s^l s^m over the step
    products, place = u @ g.T, number[:, None] - number
    sums = np.where(place >= 0, products[number, place], 0)  # row s holds u_m.g_(s - m)
    q = g.copy()
    for n in range(1, orders):
        q[n] += (sums[n - 1 :: -1] * integrals[:n]).sum(axis=1) @ q[:n]
    return NodeMap(g.sum(axis=0), u.T @ integrals, np.ascontiguousarray(q.T))


def _general(
    z: ComplexArray, system: System, step: float, divide: bool, hermitian: bool
) -> tuple[NodeMap, NodeMap] | None:
    """Maps of any system, as matrices; series are in the fraction of the step."""
    count, scale = len(z), system.coupling * step / 2
    adjacency = system.weights if not isinstance(system.weights, float) else np.full((count, count), system.weights)
    detuning = np.zeros(count) if system.detuning is None else system.detuning * step
    norms = np.diag(z).copy() if divide else np.ones(count)
    shape = (ORDER + 1, count, count)
    zs, left, right = np.zeros(shape, complex), np.zeros(shape, complex), np.zeros(shape, complex)
    a, b = np.zeros((2, ORDER + 1, count), complex)
    zs[0], left[0], right[0] = z, np.eye(count), np.eye(count)
    for n in range(ORDER):
        seen, shown = (
            (adjacency @ zs[n]) / count,
            (adjacency @ zs[n].T).T / count,
        )  # sums over k of A_ik z_kj, A_jk z_ik
        a[n], b[n] = np.diag(shown) / norms, np.diag(seen) / norms
        rates = scale / (n + 1)
        decay = np.einsum("mi,mij->ij", a[: n + 1], zs[n::-1]) + np.einsum("mj,mij->ij", b[: n + 1], zs[n::-1])
        zs[n + 1] = rates * (seen + shown - decay) - 1j / (n + 1) * (detuning[:, None] - detuning) * zs[n]
        for side, field, sign in ((left, a, -1j), (right, b, 1j)):
            if side is right and hermitian:
                right[n + 1] = left[n + 1].conj()
                continue
            slow = np.einsum("mi,mij->ij", field[: n + 1], side[n::-1])
            side[n + 1] = rates * (adjacency @ side[n] / count - slow) + sign / (n + 1) * detuning[:, None] * side[n]
        if _converged(left, n) and _converged(right, n):
            return _as_map(left[: n + 2].sum(axis=0)), _as_map(right[: n + 2].sum(axis=0))
    return None


def _converged(series: ComplexArray, n: int) -> bool:
    """Whether terms n and n + 1 are rounding beside the first ones."""
    return bool(np.abs(series[n : n + 2]).max() <= TAIL * np.abs(series[:2]).max())


def _as_map(matrix: ComplexArray) -> NodeMap:
    """Write a matrix as a map whose low-rank part is of full rank."""
    count = len(matrix)
    return NodeMap(np.ones(count, dtype=np.complex128), matrix - np.eye(count), np.eye(count, dtype=np.complex128))
