"""The exact coupling over one step, from the correlations alone: the maps that splittings and outputs apply to nodes.

``w_ij <- sum_kl G_ik w_kl H_lj`` with (docs, "Derivations", S1)

``G' = [(kappa / 2) (A / N - diag a) - i Omega] G``, ``a_i = (1/N) sum_k A_ik z_ik / z_ii``, ``Z = G Z(0) H``,

``H' = H [(kappa / 2) (A^T / N - diag b) + i Omega]``, ``b_j = (1/N) sum_k A_jk z_kj / z_jj``

(without the divisions under (2)). All of this is polynomial, so that power series in time are made term by term, to
rounding, and a step longer than they reach is cut into pieces. On a complete graph without detuning and divisions
(S2, S11) N-vectors are enough: with ``u = 1 / g``, ``v = 1 / h`` and ``d = 1 - z(0)``

``u' = (kappa / 2) (u - d h / N)``, ``v' = (kappa / 2) (v - d^T g / N)``,

``G = diag(g) [1 + (kappa / 2N) int u q^T ds]``, ``q = g + (kappa / 2N) int q(s) (u(s).g) ds``,

a map of low rank: the columns of u at times of one step are nearly the same, so that in Legendre polynomials of time,
``int u q^T ds = sum_l u_l q_l^T / (2l + 1)``, a few terms are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wignerlohe.coupling.system import System
from wignerlohe.errors import SolverError

ComplexArray = NDArray[np.complex128]
FloatArray = NDArray[np.float64]
Indices = NDArray[np.int_]

ORDER = 18  # terms of a power series
REACH = 0.4  # of a piece in units of 1 / rate, to begin with
TAIL = 4e-17  # the last two terms of a series that has converged
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
        self.system, self.divide, self._rate = system, divide, system.rate

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
        hermitian = bool((z == z.conj().T).all())
        none = np.zeros((len(z), 0), dtype=np.complex128)
        left = right = NodeMap(np.ones(len(z), dtype=np.complex128), none, none)
        start, done, pieces = z, 0.0, 0
        piece = np.sign(step) * min(abs(step), REACH / self._rate)
        while done != step:
            last = abs(step - done) <= 1.001 * abs(piece)
            piece = step - done if last else piece
            found = self._piece(z, piece, hermitian)
            if found is None:
                piece /= 2
                if abs(piece) * self._rate * max(1.0, float(np.abs(start).max())) < SHORTEST:
                    raise BlowUpError(done + self._remaining(z))
                continue
            first, second = found
            done, pieces = step if last else done + piece, pieces + 1
            if not last:
                z = first.matrix() @ z @ second.matrix().T
                z = (z + z.conj().T) / 2 if hermitian else z
            left, right = (first, second) if pieces == 1 else (first.after(left), second.after(right))
            if pieces > LONG:
                left, right = left.gathered(), right.gathered()
            piece *= 1.5
        return left, right

    def _piece(self, z: ComplexArray, step: float, hermitian: bool) -> tuple[NodeMap, NodeMap] | None:
        """Maps of one series in time, or None if it does not converge so far."""
        system = self.system
        with np.errstate(over="ignore", invalid="ignore"):
            if isinstance(system.weights, float) and system.detuning is None and self._plain(z):
                return _complete(z, system.coupling * system.weights / 2 * step, hermitian)
            return _general(z, system, step, self.divide, hermitian)

    def _plain(self, z: ComplexArray) -> bool:
        """Whether divisions do nothing: there are none, or ``z_ii = 1`` and attraction keeps its rounding small."""
        if not self.divide:
            return True
        attracts = self.system.coupling * float(self.system.weights) >= 0  # type: ignore[arg-type] # of one number
        return attracts and bool(np.abs(np.diag(z) - 1).max() < UNIT)

    def _remaining(self, z: ComplexArray) -> float:
        """``Re(z / z')`` of the largest correlation: the time to an event that it nears like ``1 / (t* - t)``."""
        norms = np.diag(z) if self.divide else np.ones(len(z))
        seen, shown = _means(self.system, z), _means(self.system, z.T).T
        decay = (np.diag(shown) / norms)[:, None] + np.diag(seen) / norms
        largest = np.unravel_index(int(np.argmax(np.abs(z))), z.shape)
        rate = self.system.coupling / 2 * (seen + shown - decay * z)[largest]
        return float((z[largest] / rate).real)


def _complete(z: ComplexArray, strength: float, hermitian: bool) -> tuple[NodeMap, NodeMap] | None:
    """Maps on a complete graph; ``strength`` is ``kappa h / 2``, and series are in the fraction of the step."""
    count = len(z)
    d = (1 - z) / count
    u, g, v, h = np.zeros((4, ORDER + 1, count), dtype=np.complex128)
    u[0] = g[0] = v[0] = h[0] = 1
    before = 1.0
    for n in range(ORDER):
        u[n + 1] = (u[n] - d @ h[n]) * (strength / (n + 1))
        g[n + 1] = -np.einsum("mi,mi->i", u[1 : n + 2], g[n::-1])
        size = float(np.abs(g[n + 1]).max())
        if hermitian:
            h[n + 1] = g[n + 1].conj()
        else:
            v[n + 1] = (v[n] - d.T @ g[n]) * (strength / (n + 1))
            h[n + 1] = -np.einsum("mi,mi->i", v[1 : n + 2], h[n::-1])
            size = max(size, float(np.abs(h[n + 1]).max()))
        if size <= TAIL and before <= TAIL:  # beside the first term, which is 1
            left = _low_rank(u[: n + 2], g[: n + 2], strength)
            return left, left.conj() if hermitian else _low_rank(v[: n + 2], h[: n + 2], strength)
        before = size
    return None


def _low_rank(u: ComplexArray, g: ComplexArray, strength: float) -> NodeMap:
    """``diag(g) [1 + (strength / N) int u q^T]`` from the series of u and g; that of q solves a triangular system."""
    orders, count = g.shape
    number, after, integrals, legendre = _tables(orders)
    scale = strength / count
    sums = np.where(after >= 0, (u @ g.T)[number, after], 0)  # row s holds u_m.g_(s - m)
    lower = np.where(after > 0, (scale * sums @ integrals)[after - 1, number], 0)
    q = legendre @ np.linalg.solve(np.eye(orders) - lower, g)
    u = (scale / (2 * number + 1))[:, None] * (legendre @ u)
    sizes = np.linalg.norm(u, axis=1) * np.linalg.norm(q, axis=1)
    kept = orders - int(np.argmax(sizes[::-1] > EPS / 4))
    return NodeMap(g.sum(axis=0), np.ascontiguousarray(u[:kept].T), np.ascontiguousarray(q[:kept].T))


@cache
def _tables(orders: int) -> tuple[Indices, Indices, FloatArray, FloatArray]:
    """What low-rank maps need of powers ``s^n`` on [0, 1], n < orders.

    Numbers n, their differences, ``int s^l s^m ds``, and the coefficients (l, n) in ``s^n = sum_l c_ln P_l(2 s - 1)``.
    """
    number = np.arange(orders)
    integrals = 1 / (number[:, None] + number + 1)
    legendre = np.zeros((orders, orders))
    legendre[0] = integrals[0]
    for order in range(1, orders):  # c_ln = (2l + 1) n!^2 / ((n - l)! (n + l + 1)!)
        ratio = (2 * order + 1) / (2 * order - 1) * (number - order + 1) / (number + order + 1)
        legendre[order] = legendre[order - 1] * np.maximum(ratio, 0)
    return number, number[:, None] - number, integrals, legendre


def _general(
    z: ComplexArray, system: System, step: float, divide: bool, hermitian: bool
) -> tuple[NodeMap, NodeMap] | None:
    """Maps of any system, as matrices; series are in the fraction of the step."""
    count, scale = len(z), system.coupling * step / 2
    turns = np.zeros((count, 1)) if system.detuning is None else -1j * step * system.detuning[:, None]
    norms = np.diag(z).copy() if divide else np.ones(count)
    # terms stand in the middle: sums over products of two series are then products of matrices, row by row
    zs, ws, left, right = np.zeros((4, count, ORDER + 1, count), dtype=np.complex128)  # ws holds Z^T
    a, b = np.zeros((2, count, ORDER + 1), dtype=np.complex128)
    zs[:, 0], ws[:, 0], left[:, 0], right[:, 0] = z, z.T, np.eye(count), np.eye(count)
    for n in range(ORDER):
        # sums over k of A_jk z_ik and A_ik z_kj: of their diagonals a and b are made
        shown = _means(system, ws[:, n]).T
        seen = shown.conj().T if hermitian else _means(system, zs[:, n])
        a[:, n], b[:, n] = np.diag(shown) / norms, np.diag(seen) / norms
        change, decay = seen + shown, _product(a, zs, n)
        decay += decay.conj().T if hermitian else _product(b, ws, n).T
        zs[:, n + 1] = (scale * (change - decay) + (turns - turns.T) * zs[:, n]) / (n + 1)
        ws[:, n + 1] = zs[:, n + 1].T
        moved = scale * (_means(system, left[:, n]) - _product(a, left, n))
        left[:, n + 1] = (moved + turns * left[:, n]) / (n + 1)
        if not hermitian:
            moved = scale * (_means(system, right[:, n]) - _product(b, right, n))
            right[:, n + 1] = (moved - turns * right[:, n]) / (n + 1)
        if _converged(left.swapaxes(0, 1), n) and (hermitian or _converged(right.swapaxes(0, 1), n)):
            first = _as_map(left[:, : n + 2].sum(axis=1))
            return first, first.conj() if hermitian else _as_map(right[:, : n + 2].sum(axis=1))
    return None


def _means(system: System, values: ComplexArray) -> ComplexArray:
    """``(1/N) sum_k A_ik v_kj``, as a matrix."""
    return np.broadcast_to(system.mean_fields(values), values.shape)


def _product(fields: ComplexArray, series: ComplexArray, n: int) -> ComplexArray:
    """Term n of the product of numbers (N, terms) and rows (N, terms, N)."""
    weights = np.ascontiguousarray(fields[:, n::-1])
    return np.asarray((weights[:, None] @ series[:, : n + 1])[:, 0])


def _converged(series: ComplexArray, n: int) -> bool:
    """Whether terms n and n + 1 are rounding beside the first one, which is 1."""
    return bool(np.abs(series[n : n + 2]).max() <= TAIL)


def _as_map(matrix: ComplexArray) -> NodeMap:
    """Write a matrix as a map whose low-rank part is of full rank."""
    count = len(matrix)
    return NodeMap(np.ones(count, dtype=np.complex128), matrix - np.eye(count), np.eye(count, dtype=np.complex128))
