"""The library against published errors of another scheme, and against another program, QuTiP."""

import numpy as np
import pytest
import qutip
from scipy.integrate import solve_ivp

import wignerlohe as wl
from pages import run_cells
from tolerances import QUTIP

# ---- Thomann and Borzi (2017) ---------------------------------------------------------------------------------------


def test_errors_are_below_those_of_thomann_and_borzi():
    page = run_cells("three-ways.md", 0, 5)  # the packet, the box and the published figures stand there
    assert list(page.published) == [6, 8, 10, 12, 14, 16, 18, 20]
    errors = [page.error(points) for points in page.published]
    assert all(error < figure for error, figure in zip(errors, page.published.values(), strict=True))


# ---- QuTiP: the same dynamics on oscillator levels ------------------------------------------------------------------

PAGE = run_cells("three-ways.md", 0)
LEVELS, SHOWN, TIMES = 80, 46, [0.4, 0.7]  # those that are not shown have no part in these nodes
x, p = qutip.position(LEVELS), qutip.momentum(LEVELS)
POTENTIALS = {
    "0.5*x**2 + 0.3*x": x**2 / 2 + 0.3 * x,
    "0.6*x**2": 0.6 * x**2,
    "0.45*x**2 + 0.005*x**4": 0.45 * x**2 + 0.005 * x**4,
}
START = np.zeros((3, LEVELS), dtype=complex)
START[:, :3] = [[0.8, 0.36j, 0.48], [0.6, -0.48, 0.64j], [0.0, 0.6j, 0.8]]


def nodes_by_qutip(operators, kappa):
    """Equation (1) for the coefficients of nodes that each have a Hamiltonian: (times, N, levels)."""
    hamiltonians, count = [(p**2 / 2 + V).full() for V in operators], len(START)

    def derivative(_, y):
        c = y.reshape(START.shape)
        result = np.array([-1j * H @ own for H, own in zip(hamiltonians, c, strict=True)])
        for j in range(count):
            for k in range(count):
                overlap, norm = np.vdot(c[k], c[j]), np.vdot(c[j], c[j])  # <psi_j, psi_k>, linear in psi_j
                result[j] += kappa / (2 * count) * (c[k] - overlap / norm * c[j])
        return result.ravel()

    found = solve_ivp(derivative, (0, TIMES[-1]), START.ravel(), "DOP853", t_eval=TIMES, rtol=1e-12, atol=1e-14)
    coefficients = found.y.T.reshape(-1, *START.shape)
    assert np.abs(coefficients[..., SHOWN:]).max() < QUTIP / 10
    return coefficients[..., :SHOWN]


def wigner_by_qutip(left, right, x, p):
    """Wigner function of ``|left><right|``: QuTiP drops imaginary parts, and has the axes [p, x]."""
    whole = qutip.Qobj(left) * qutip.Qobj(right).dag()
    parts = (whole + whole.dag()) / 2, (whole - whole.dag()) / 2j
    real, imag = (qutip.wigner(part, x, p, g=np.sqrt(2)) for part in parts)  # this g is hbar = 1
    return (real + 1j * imag).T


@pytest.mark.parametrize("method", ["separation", "split-step", "phase-space"])
def test_nodes_and_wigner_functions_are_those_of_qutip(method):
    grid, kappa = PAGE.grid, 0.9
    names = list(POTENTIALS)
    if method == "separation":
        names = 3 * names[2:]
    coefficients = nodes_by_qutip([POTENTIALS[name] for name in names], kappa)
    oscillator = wl.states.fock(grid, level=range(SHOWN))
    psi = START[:, :SHOWN] @ oscillator
    if method == "phase-space":
        model, data = wl.WignerLohe(PAGE.box, names, coupling=kappa), PAGE.all_pairs(psi)[PAGE.common]
    else:
        model, data = wl.SchrodingerLohe(grid, names, coupling=kappa), psi
    solution = wl.solve(model, data, TIMES, method=method, rtol=1e-11)
    z = np.einsum("tia,tja->tij", coefficients, coefficients.conj())
    assert np.abs(solution.correlation - z).max() < QUTIP
    if method != "phase-space":
        for time, c in zip(TIMES, coefficients, strict=True):
            assert np.abs(solution.wavefunctions(time) - c @ oscillator).max() < QUTIP
    some = {"x": slice(None, None, 7), "p": slice(None, None, 9)}
    for i, j in [(0, 0), (0, 1), (2, 1)]:
        w = solution.wigner(i, j, TIMES[-1]).isel(some)
        expected = wigner_by_qutip(coefficients[-1, i], coefficients[-1, j], w.x.values, w.p.values)
        assert np.abs(w.values - expected).max() < QUTIP
        assert i == j or np.abs(expected.imag).max() > 0.01
