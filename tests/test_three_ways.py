"""The methods of `solve` against each other and brute force, closed forms, and what the equations conserve."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import wignerlohe as wl
from pages import run_cells
from tolerances import (
    BLOCKS_IN_CLOSED_FORM,
    DIAGONALISED,
    IDENTITY,
    ROTATED,
    THERE_AND_BACK,
    THREE_WAYS,
    TIME_INTEGRAL,
)
from wignerlohe import observables, operators

# ---- the table of the documentation ---------------------------------------------------------------------------------

PAGE = run_cells("three-ways.md", 0, 1, 2)


@pytest.mark.parametrize("title", PAGE.cases)
def test_every_way_that_applies_gives_the_same(title):
    case = PAGE.cases[title]
    found = PAGE.ways(**case)
    own, waves = isinstance(case["potential"], list), case["data"].ndim < 4
    assert len(found) >= 2
    assert ("separation" in found, "split-step" in found) == (not own, waves and "division" not in case)
    assert PAGE.difference(found) < THREE_WAYS


def test_states_in_the_plane():
    assert run_cells("three-ways.md", 0, 4).largest < THREE_WAYS


# ---- Gaussian blocks in a harmonic potential ------------------------------------------------------------------------


def maps_of_nodes(z, kappa, omega, time):
    """G and H of ``W(t) = e^{-tL} [G W(0) H]``, equation (2), from their equations written as loops."""
    count = len(z)

    def derivative(_, y):
        G, H = y.reshape(2, count, count)
        Z, dG, dH = G @ z @ H, np.zeros_like(G), np.zeros_like(H)
        for i, j, k in np.ndindex(count, count, count):
            dG[i, j] += kappa / (2 * count) * (G[k, j] - Z[i, k] * G[i, j])
            dH[i, j] += kappa / (2 * count) * (H[i, k] - Z[k, j] * H[i, j])
        dG -= 1j * omega[:, None] * G
        dH += 1j * omega * H
        return np.array([dG, dH]).ravel()

    start = np.array(2 * [np.eye(count)], dtype=complex).ravel()
    return solve_ivp(derivative, (0, time), start, "DOP853", rtol=1e-13, atol=1e-14).y[:, -1].reshape(2, count, count)


@pytest.mark.parametrize(
    ("method", "spread", "kind"),
    [("separation", 1.0, "Nodes"), ("separation", 1.3, "Blocks"), ("phase-space", 1.2, "PhaseFields")],
)
def test_gaussian_blocks_in_closed_form(rng, method, spread, kind):
    """Products of states, then blurred ones, which are full matrices of kernels; then as fields."""
    count, kappa, omega, time = 3, 0.9, np.array([0.4, -0.7, 0.1]), 1.7
    centres = rng.uniform(-0.7, 0.7, size=(2, count, count, 1, 1))
    amplitudes = rng.normal(size=(count, count)) + 1j * rng.normal(size=(count, count))

    def blocks(x, p):
        q, v = centres
        gaussians = np.exp(-((x - q) ** 2 + (p - v) ** 2) / spread) / (np.pi * spread)
        return amplitudes[..., None, None] * gaussians

    domain = wl.Grid(-9.0, 9.0, 73) if method == "separation" else wl.PhaseSpace(-8.0, 8.0, 54, -8.0, 8.0, 53)
    model = wl.WignerLohe(domain, "0.5*x**2", coupling=kappa, detuning=omega, division=False)
    x, p = model.space.x[0][:, None], model.space.p[0]
    solution = wl.solve(model, blocks(x, p), [0.6, time], method=method, rtol=1e-11)
    assert type(solution.fields).__name__ == kind
    c, s = np.cos(time), np.sin(time)
    G, H = maps_of_nodes(amplitudes, kappa, omega, time)
    expected = np.einsum("ik,klxp,lj->ijxp", G, blocks(c * x - s * p, c * p + s * x), H)
    pairs = list(np.ndindex(count, count))
    found = solution.wigner_functions(pairs, time).reshape(expected.shape)
    assert np.abs(found - expected).max() < BLOCKS_IN_CLOSED_FORM * np.abs(expected).max()
    assert np.abs(solution.correlation[-1] - G @ amplitudes @ H).max() < BLOCKS_IN_CLOSED_FORM


# ---- what the equations conserve, and how means move -----------------------------------------------------------------

METHODS = ["separation", "split-step", "phase-space"]
PACKETS = wl.states.gaussian(PAGE.grid, position=[-0.5, 0.4], momentum=[0.3, -0.5], width=[1.0, 0.9])
OWN = ["0.4*x**2", "0.02*x**4 + 0.3*x"]


def quadrature(end, count=14):
    """Times and weights of Gauss's rule on [0, end]; the end comes last, with weight 0."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return np.append((nodes + 1) * end / 2, end), np.append(weights * end / 2, 0.0)


def run(method, potential, psi, times, **terms):
    """Nodes by a method: as wave functions, or as fields on the box of the page."""
    if method == "phase-space":
        model, data = wl.WignerLohe(PAGE.box, potential, **terms), PAGE.all_pairs(psi)[PAGE.common]
    else:
        model, data = wl.SchrodingerLohe(PAGE.grid, potential, **terms), psi
    return wl.solve(model, data, times, method=method, rtol=1e-12)


def matrix(solution, time, **part):
    """All w_ij at a time."""
    nodes = range(solution.count)
    return np.array([[solution.wigner(i, j, time, **part).values for j in nodes] for i in nodes])


@pytest.mark.parametrize("method", METHODS)
def test_without_coupling_energy_stays_and_means_obey_ehrenfest(method):
    mass, (times, weights) = 1.2, quadrature(0.5)
    solution = run(method, "0.03*x**4 - 0.2*x", PACKETS, [0.0, *times], coupling=0.0, mass=mass)
    energy = observables.energy(solution).sel(part="total").values
    q, p = observables.mean(solution).values.T.swapaxes(1, 2)  # (T, N) each
    density = observables.position_density(solution).values
    x = solution.model.grid.axes[0]
    force = -(density @ (0.12 * x**3 - 0.2)) * solution.model.grid.cell
    assert np.abs(energy - energy[0]).max() < TIME_INTEGRAL
    assert np.abs(q[-1] - q[0] - weights @ p[1:] / mass).max() < TIME_INTEGRAL
    assert np.abs(p[-1] - p[0] - weights @ force[1:]).max() < TIME_INTEGRAL


@pytest.mark.parametrize("method", ["split-step", "phase-space"])
def test_correlations_change_as_lemma_2_3_says_when_mended(method):
    """``z_ij' = -(i/hbar) int (V_i - V_j) rho_ij dx + (kappa/2N) sum_k [..]``; with norms of their own as fields."""
    kappa, (times, weights) = 0.8, quadrature(0.6)
    norms = np.array([0.8, 1.2] if method == "phase-space" else [1.0, 1.0])
    terms = {"division": True} if method == "phase-space" else {}
    solution = run(method, OWN, norms[:, None] * PACKETS, times, coupling=kappa, **terms)
    grid = solution.model.grid
    x = grid.axes[0]
    V = [0.4 * x**2, 0.02 * x**4 + 0.3 * x]

    def derivative(time):
        z, rho, found = matrix(solution, time, axes=()), matrix(solution, time, axes=("x",)), np.zeros((2, 2), complex)
        for i, j in np.ndindex(2, 2):
            found[i, j] = -1j / grid.hbar * np.sum((V[i] - V[j]) * rho[i, j]) * grid.cell
            for k in (0, 1):
                lost = (z[i, k] / z[i, i] + z[k, j] / z[j, j]) * z[i, j]
                found[i, j] += kappa / 4 * (z[i, k] + z[k, j] - lost)
        return found

    change = matrix(solution, times[-1], axes=()) - matrix(solution, 0.0, axes=())
    assert np.abs(np.diag(change)).max() < TIME_INTEGRAL  # (i) of the lemma
    assert np.abs(change[0, 1]) > 0.05
    integral = sum(weight * derivative(time) for weight, time in zip(weights, times, strict=True))
    assert np.abs(change - integral).max() < TIME_INTEGRAL


def test_theta_on_fields_of_a_run_is_skew_and_has_no_integral():
    """Lemma 2.2, and Remark 2 with the conjugate that it lacks in print."""
    space, potential = PAGE.box, OWN[1]
    w = matrix(run("phase-space", OWN, PACKETS, [0.4], coupling=0.8), 0.4)
    f, g = w[0, 1], w[0, 0]
    theta_f, theta_g = (operators.theta(space, potential, potential, one) for one in (f, g))
    assert abs(space.integral(theta_f * g) + space.integral(theta_g * f)) < IDENTITY
    assert abs(space.integral(theta_f)) < IDENTITY
    assert abs(space.integral(theta_f * f.conj()).real) < IDENTITY
    assert abs(space.integral(theta_f * g)) > 1e-3


@pytest.mark.parametrize("method", METHODS)
def test_time_runs_backwards_without_coupling(method):
    """The conjugate state, or w(x, -p), moves back: the run is undone by itself."""
    potential = OWN[1] if method == "separation" else OWN
    there = run(method, potential, PACKETS, [0.5], coupling=0.0)
    if method != "phase-space":
        psi = there.wavefunctions(0.5)
        back = run(method, potential, psi.conj(), [0.5], coupling=0.0).wavefunctions(0.5).conj()
        assert np.abs(psi - PACKETS).max() > 0.1
        assert np.abs(back - PACKETS).max() < THERE_AND_BACK
        return

    def turned(w):  # samples at p = -P, ..., P - dp: the one at -P has no partner, and nothing to show
        return np.roll(w[..., ::-1], 1, axis=-1).conj()

    start, w = matrix(there, 0.0), matrix(there, 0.5)
    back = matrix(wl.solve(there.model, turned(w), [0.5], rtol=1e-12), 0.5)
    assert np.abs(w - start).max() > 0.1
    assert np.abs(turned(back) - start).max() < THERE_AND_BACK


@pytest.mark.parametrize("method", METHODS)
def test_a_quartic_potential_against_diagonalisation_in_oscillator_states(method):
    levels, shown, time = 120, 50, 0.7  # those that are not shown have no part in these nodes
    lowering = np.diag(np.sqrt(np.arange(1.0, levels)), 1)
    q, p = (lowering + lowering.T) / np.sqrt(2), (lowering - lowering.T) / (1j * np.sqrt(2))
    energies, vectors = np.linalg.eigh(p @ p / 2 + 0.45 * q @ q + 0.01 * q @ q @ q @ q)
    start = np.zeros((2, levels), dtype=complex)
    start[:, :3] = [[0.8, 0.36j, 0.48], [0.6, -0.48, 0.64j]]
    moved = (start @ vectors.conj()) * np.exp(-1j * energies * time) @ vectors.T
    assert np.abs(moved[:, shown:]).max() < DIAGONALISED / 10
    oscillator = wl.states.fock(PAGE.grid, level=range(shown))
    psi, expected = start[:, :shown] @ oscillator, moved[:, :shown] @ oscillator
    solution = run(method, "0.45*x**2 + 0.01*x**4", psi, [time], coupling=0.0)
    if method == "phase-space":
        assert np.abs(matrix(solution, time) - PAGE.all_pairs(expected)[PAGE.common]).max() < DIAGONALISED
    else:
        assert np.abs(solution.wavefunctions(time) - expected).max() < DIAGONALISED


@pytest.mark.parametrize("method", ["separation", "phase-space"])
def test_quantum_is_classical_in_a_harmonic_potential(method):
    """Functions of phase space turn as a whole; these belong to no state."""
    domain = wl.Grid(-9.0, 9.0, 82) if method == "separation" else wl.PhaseSpace(-8.0, 7.5, 63, -7.5, 8.0, 64)
    model = wl.WignerEquation(domain, "0.72*x**2", mass=1.44)  # omega = 1, lengths shorter by 1.2 than momenta
    x, p = 1.2 * model.space.x[0][:, None], model.space.p[0] / 1.2

    def data(x, p):
        return np.array([np.exp(-((x - 0.6) ** 2) - (p + 0.4) ** 2), (x + 2j * p) * np.exp(-(x**2) - p**2 + 0.5j * x)])

    solution = wl.solve(model, data(x, p), [0.9, 2.3], method=method, rtol=1e-12)
    for time in (0.9, 2.3):
        c, s = np.cos(time), np.sin(time)
        found = solution.wigner_functions([(0, 0), (1, 1)], time)
        assert np.abs(found - data(c * x - s * p, c * p + s * x)).max() < ROTATED
