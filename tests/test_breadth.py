"""Mixed nodes, networks, detunings, left and right factors, two and three dimensions: `solve` against definitions."""

import itertools
import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from scipy.integrate import solve_ivp

import wignerlohe as wl
from tolerances import BLOW_UP_TIME, BRUTE_FORCE, COHERENT, COUPLING, EPS, NORM, PHASE_SPACE, ROUNDING, TWO_NODES
from wignerlohe import two_nodes

HBAR, MASS = 0.8, 1.3


def grid_hamiltonian(grid, psi, potential):
    """``H psi`` on the last axes, by FFT, one axis after the other."""
    result = potential * psi
    for axis, (n, length) in enumerate(zip(grid.points, grid.lengths, strict=True)):
        place = psi.ndim - grid.dimension + axis
        k = 2 * np.pi * np.fft.fftfreq(n, length / n)
        shape = [1] * psi.ndim
        shape[place] = n
        spectrum = np.fft.fft(psi, axis=place) * (HBAR**2 * k**2 / (2 * MASS)).reshape(shape)
        result = result + np.fft.ifft(spectrum, axis=place)
    return result


def right_hand_side(grid, psi, potential, kappa, detuning, weights):
    """``d_t psi_i^m`` of equation (1) with detunings, weights and components (N, m, *grid), pair by pair."""
    count = len(psi)
    result = grid_hamiltonian(grid, psi, potential) / (1j * HBAR)
    for i in range(count):
        result[i] -= 1j * detuning[i] * psi[i]
        for k in range(count):
            overlap = grid.cell * np.sum(psi[i] * psi[k].conj())
            result[i] += kappa * weights[i, k] / (2 * count) * (psi[k] - overlap * psi[i])
    return result


def brute_force(grid, psi, potential, kappa, detuning, weights, times):
    def derivative(_, y):
        return right_hand_side(grid, y.reshape(psi.shape), potential, kappa, detuning, weights).ravel()

    found = solve_ivp(derivative, (0.0, times[-1]), psi.ravel(), "DOP853", t_eval=times, rtol=1e-12, atol=1e-14)
    return found.y.T.reshape(len(times), *psi.shape)


def line():
    return wl.Grid(-8.0, 7.5, 47, hbar=HBAR)


def plane():
    return wl.Grid([-6.2, -6.4], [6.2, 6.2], [27, 30], hbar=HBAR)


def random_nodes(grid, rng, count, components):
    """Mixed nodes of unit trace from random superpositions of packets."""
    q = rng.uniform(-1.2, 1.2, (count * components, grid.dimension))
    p = rng.uniform(-0.8, 0.8, (count * components, grid.dimension))
    psi = wl.states.gaussian(grid, q, p, width=0.9).reshape(count, components, *grid.shape)
    psi = psi * rng.uniform(0.3, 1.0, (count, components, *(1,) * grid.dimension))
    norms = np.sqrt((np.abs(psi) ** 2).reshape(count, -1).sum(axis=1) * grid.cell)
    return psi / norms.reshape(-1, 1, *(1,) * grid.dimension)


# nodes, components, network, detuned, potential, kappa: sizes all different
CASES = {
    "mixed": (line, 3, 2, None, False, "0.4*x**2", 1.3),
    "directed, weighted": (line, 4, 1, "random", False, "0.02*x**4", 1.1),
    "detuned": (line, 3, 1, None, True, "0.3*x**2 + 0.1*x", 0.9),
    "mixed, directed, detuned": (line, 4, 2, "sparse", True, "exp(-x**2) + 0.3*x**2", 1.2),
    "repulsion": (line, 3, 1, None, False, "0.4*x**2", -0.7),
    "plane, a sum over the axes": (plane, 3, 1, None, False, "0.5*x**2 + 0.3*y**2", 1.2),
    "plane, not a sum": (plane, 2, 2, None, True, "0.4*r2 + 0.05*x*y", 1.0),
}


@pytest.mark.parametrize("name", CASES)
def test_solutions_agree_with_brute_force_on_the_grid(rng, name):
    make, count, components, network, detuned, potential, kappa = CASES[name]
    grid = make()
    mixed = random_nodes(grid, rng, count, components)
    detuning = rng.normal(size=count) * detuned
    weights = np.ones((count, count)) if network is None else rng.normal(size=(count, count)) + 0.5
    given = {None: None, "random": weights, "sparse": sparse.csr_array(weights)}[network]
    times = np.array([0.0, 0.3, 0.8])
    options = {"coupling": kappa, "mass": MASS, "network": given, "detuning": detuning if detuned else None}
    model = wl.WignerLohe(grid, potential, **options)
    solution = wl.solve(model, mixed if components > 1 else mixed[:, 0], times, rtol=1e-12)
    expected = brute_force(grid, mixed, model.potential, kappa, detuning, weights, times)
    for k, time in enumerate(times):
        found = solution.wavefunctions(time).reshape(mixed.shape)
        assert np.abs(found - expected[k]).max() < BRUTE_FORCE
        overlaps = grid.cell * np.tensordot(expected[k], expected[k].conj(), (range(1, mixed.ndim),) * 2)
        assert np.abs(solution.correlation[k] - overlaps).max() < BRUTE_FORCE
        mean = grid.cell * np.tensordot(expected[k], expected[k].mean(axis=0).conj(), mixed.ndim - 1)
        assert np.abs(solution.mean_field[k] - mean).max() < BRUTE_FORCE
        norms = np.sqrt((np.abs(found) ** 2).reshape(count, -1).sum(axis=1) * grid.cell)
        assert np.abs(norms - 1).max() < NORM
    assert np.abs(model_derivative_error(grid, model, mixed, detuning, weights, kappa)) < ROUNDING * 100


def model_derivative_error(grid, model, psi, detuning, weights, kappa):
    """The right-hand side that the package offers, against the one above."""
    plain = wl.SchrodingerLohe(
        grid,
        model.potential,
        coupling=kappa,
        mass=MASS,
        detuning=detuning,
        network=None if np.all(weights == 1) else weights,
    )
    expected = right_hand_side(grid, psi, model.potential, kappa, detuning, weights)
    return np.abs(plain.derivative(psi) - expected).max() / np.abs(expected).max()


# ---- mixed nodes against the blocks of their density matrices -------------------------------------------------------


def density_right_hand_side(rho, hamiltonian, cell, kappa, detuning, weights):
    """``d_t rho_ij``, every one of the N^2 blocks by itself: no factors, no purifications."""
    count = len(rho)
    z = cell * np.trace(rho, axis1=2, axis2=3)
    result = np.empty_like(rho)
    for i, j in itertools.product(range(count), repeat=2):
        block = (hamiltonian @ rho[i, j] - rho[i, j] @ hamiltonian) / (1j * HBAR)
        block = block - 1j * (detuning[i] - detuning[j]) * rho[i, j]
        for k in range(count):
            a, b = weights[i, k], weights[j, k]
            gained = a * rho[k, j] + b * rho[i, k]
            block = block + kappa / (2 * count) * (gained - (a * z[i, k] + b * z[k, j]) * rho[i, j])
        result[i, j] = block
    return result


@pytest.mark.parametrize("plain", [True, False])
def test_mixed_nodes_agree_with_blocks_of_density_matrices_stepped_directly(rng, plain):
    grid = wl.Grid(-6.0, 6.0, 25, hbar=HBAR)
    psi = random_nodes(grid, rng, 3, 2)
    detuning = np.zeros(3) if plain else rng.normal(size=3)
    weights = np.ones((3, 3)) if plain else rng.normal(size=(3, 3))
    options = {} if plain else {"detuning": detuning, "network": weights}
    model = wl.WignerLohe(grid, "0.3*x**2 + 0.01*x**4", coupling=1.1, mass=MASS, **options)
    hamiltonian = grid_hamiltonian(grid, np.eye(25, dtype=complex), model.potential).T
    blocks = np.einsum("iax,jay->ijxy", psi, psi.conj())
    found = (
        solve_ivp(
            lambda _, y: density_right_hand_side(
                y.reshape(blocks.shape), hamiltonian, grid.cell, 1.1, detuning, weights
            ).ravel(),
            (0.0, 0.7),
            blocks.ravel(),
            "DOP853",
            rtol=1e-12,
            atol=1e-14,
        )
        .y[:, -1]
        .reshape(blocks.shape)
    )
    solution = wl.solve(model, psi, [0.7], rtol=1e-12)
    moved = solution.wavefunctions(0.7)
    assert np.abs(np.einsum("iax,jay->ijxy", moved, moved.conj()) - found).max() < BRUTE_FORCE
    purity = [(grid.cell**2 * np.sum(np.abs(found[i, i]) ** 2)) for i in range(3)]
    assert np.abs(solution.purity[0] - purity).max() < BRUTE_FORCE
    for first, second in [((0, 1), (2, 1)), ((0, 0), (1, 2)), ((2, 1), (2, 1))]:
        # the Wigner transform is (2 pi hbar)^(-1/2) times an isometry of kernels
        distance = grid.cell * np.linalg.norm(found[first] - found[second]) / np.sqrt(2 * np.pi * HBAR)
        assert abs(solution.distance(first, second)[0] - distance) < BRUTE_FORCE


def test_distances_are_those_of_wigner_functions(rng):
    grid = wl.Grid(-9.0, 9.0, 64, hbar=HBAR)
    model = wl.WignerLohe(grid, "0.4*x**2", coupling=1.0)
    for psi in (random_nodes(grid, rng, 3, 2), random_nodes(grid, rng, 3, 1)[:, 0]):
        solution = wl.solve(model, psi, [0.0, 0.6])
        for first, second in [((0, 1), (2, 1)), ((0, 0), (1, 2))]:
            difference = solution.wigner(*first, time=0.6) - solution.wigner(*second, time=0.6)
            norm = np.sqrt(float((np.abs(difference.values) ** 2).sum()) * grid.phase_space.cell)
            assert solution.distance(first, second)[1] == pytest.approx(norm, abs=PHASE_SPACE)


# ---- closed forms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", [2, 3])
def test_coherent_states_in_space_follow_the_closed_form(dimension):
    """``psi_i(t) = sum_k G_ik U(t) psi_k``: products of one-dimensional coherent flows, summed by the coupling."""
    points = [50, 47, 52][:dimension]
    grid = wl.Grid([-8.5] * dimension, [8.5] * dimension, points)
    rng = np.random.default_rng(5)
    q, p = rng.uniform(-0.8, 0.8, (2, 3, dimension))
    model = wl.SchrodingerLohe(grid, "0.5*r2", coupling=1.2)
    psi = wl.states.coherent(grid, q, p)
    solution = wl.solve(model, psi, [0.0, 0.9], rtol=1e-13)
    moved = np.ones((3, *grid.shape), dtype=complex)
    for axis in range(dimension):
        one = wl.Grid(-8.5, 8.5, points[axis])
        flows = np.array([wl.exact.coherent_flow(one, q[i, axis], p[i, axis], 0.9) for i in range(3)])
        moved *= flows.reshape(3, *(-1 if a == axis else 1 for a in range(dimension)))
    # the coupling from the Gram matrix of coherent states alone, in closed form and without a grid
    alpha = (q + 1j * p) / np.sqrt(2)
    exponents = alpha[:, None] * alpha[None].conj() - (np.abs(alpha[:, None]) ** 2 + np.abs(alpha[None]) ** 2) / 2
    phase = np.exp(0.5j * ((p * q).sum(axis=1)[None] - (p * q).sum(axis=1)[:, None]))
    gram = np.exp(exponents.sum(axis=2)) * phase
    g = node_matrix(gram, 1.2, 0.9)
    expected = np.tensordot(g, moved, 1)
    assert np.abs(solution.wavefunctions(0.9) - expected).max() < COHERENT
    assert np.abs(solution.correlation[1] - g @ gram @ g.conj().T).max() < COHERENT
    w = solution.wigner(
        0, 1, time=0.9, axes=("x", "px"), at=dict.fromkeys(("y", "py", "z", "pz")[: 2 * dimension - 2], 0.1)
    )
    assert w.dims == ("x", "px")


def node_matrix(gram, kappa, time):
    """``G' = (kappa / 2) (P - diag a) G`` with ``Z = G Z(0) G^dagger``, stepped plainly."""
    count = len(gram)
    mean = np.full((count, count), 1 / count)

    def derivative(_, y):
        g = y.reshape(count, count)
        a = (g @ gram @ g.conj().T).mean(axis=1)
        return (kappa / 2 * (mean - np.diag(a)) @ g).ravel()

    start = np.eye(count, dtype=complex).ravel()
    return solve_ivp(derivative, (0, time), start, "DOP853", rtol=1e-13, atol=1e-14).y[:, -1].reshape(count, count)


@pytest.mark.parametrize("detuning", [0.4, 1.0, 1.7])
def test_two_detuned_nodes_in_the_three_regimes(detuning):
    kappa = 1.0
    grid = wl.Grid(-9.0, 9.0, 48)
    psi = wl.states.gaussian(grid, [-0.7, 0.6], [0.3, -0.2])
    z0 = complex(grid.inner(psi[0], psi[1]))
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=kappa, detuning=[2.0 + detuning, 2.0])
    times = np.linspace(0.0, 20.0, 41)
    solution = wl.solve(model, psi, times, rtol=1e-12)
    expected = two_nodes.correlation(z0, kappa, times, detuning)
    assert np.abs(solution.correlation[:, 0, 1] - expected).max() < 1e-10
    # a Riccati equation keeps cross-ratios, so that rates and periods show in two samples already
    first, second = solution.correlation[4, 0, 1], solution.correlation[9, 0, 1]
    elapsed = times[9] - times[4]
    if detuning < kappa:  # (z - z_stable) / (z - z_unstable) decays at the rate
        stable = two_nodes.locked_correlation(kappa, detuning)
        ratios = [abs((z - stable) / (z + stable.conjugate())) for z in (first, second)]
        rate = np.log(ratios[0] / ratios[1]) / elapsed
        assert rate == pytest.approx(two_nodes.locking_rate(kappa, detuning), abs=1e-10)
    if detuning > kappa:
        period = two_nodes.period(kappa, detuning)
        later = wl.solve(model, psi, [0.3, 0.3 + period], rtol=1e-12).correlation[:, 0, 1]
        assert abs(later[1] - later[0]) < 1e-10
    if detuning == kappa:  # 1 / (z + i) grows by kappa / 2 per unit of time, so that t |z + i| -> 2 / kappa
        growth = (1 / (second + 1j) - 1 / (first + 1j)) / elapsed
        assert abs(growth - kappa / 2) < 1e-10


def test_phases_of_one_function_are_the_kuramoto_model():
    """S5: ``theta_j' = -Omega_j + (kappa / N) sum_k A_jk sin(theta_k - theta_j)``."""
    rng = np.random.default_rng(3)
    grid = wl.Grid(-8.0, 8.0, 40)
    theta, detuning, weights = rng.uniform(0, 2 * np.pi, 7), rng.normal(size=7), rng.uniform(0, 2, (7, 7))
    psi = np.exp(1j * theta)[:, None] * wl.states.coherent(grid, 0.3)
    model = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.6, detuning=detuning, network=weights)
    solution = wl.solve(model, psi, [3.0], rtol=1e-12)

    def derivative(_, angles):
        pulls = [sum(weights[j, k] * np.sin(angles[k] - angles[j]) for k in range(7)) for j in range(7)]
        return -detuning + 1.6 / 7 * np.array(pulls)

    end = solve_ivp(derivative, (0, 3.0), theta, "DOP853", rtol=1e-13, atol=1e-13).y[:, -1]
    assert np.abs(solution.correlation[0] - np.exp(1j * (end[:, None] - end))).max() < COUPLING
    assert solution.order_parameter[0] == pytest.approx(abs(np.exp(1j * end).mean()), abs=COUPLING)


# ---- left and right factors -----------------------------------------------------------------------------------------


def test_left_and_right_factors_solve_the_wigner_lohe_model(rng):
    """``W(t) = e^{-tL} [G W(0) H]`` (S1), where G and H come from the N x N equations stepped plainly."""
    grid, kappa, time = wl.Grid(-9.0, 9.0, 60), 1.1, 0.8
    phi, chi = random_nodes(grid, rng, 3, 2), random_nodes(grid, rng, 3, 2)
    solution = wl.solve(wl.WignerLohe(grid, "0.5*x**2", coupling=kappa), wl.Factors(phi, chi), [0.0, time], rtol=1e-12)
    z = grid.cell * np.tensordot(phi, chi.conj(), ([1, 2], [1, 2]))
    mean = np.full((3, 3), 1 / 3)

    def derivative(_, y):
        g, h = y.reshape(2, 3, 3)
        now = g @ z @ h
        changes = (mean - np.diag(now.mean(axis=1))) @ g, h @ (mean - np.diag(now.mean(axis=0)))
        return kappa / 2 * np.array(changes).ravel()

    start = np.array([np.eye(3), np.eye(3)], dtype=complex).ravel()
    g, h = solve_ivp(derivative, (0, time), start, "DOP853", rtol=1e-13, atol=1e-14).y[:, -1].reshape(2, 3, 3)
    assert np.abs(solution.correlation[1] - g @ z @ h).max() < COUPLING
    free = wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.0)
    flow = [
        wl.solve(free, wl.normalise(grid, parts.reshape(6, -1)), [time]).wavefunctions(time) for parts in (phi, chi)
    ]
    sizes = [grid.norm(parts.reshape(6, -1))[:, None] for parts in (phi, chi)]
    left, right = ((size * moved).reshape(3, 2, 60) for size, moved in zip(sizes, flow, strict=True))
    for i, j in [(0, 0), (0, 2), (2, 1)]:
        expected = sum(
            g[i, k] * h[m, j] * wl.wigner(grid, left[k, a], right[m, a])
            for k in range(3)
            for m in range(3)
            for a in range(2)
        )
        assert np.abs(solution.wigner(i, j, time) - expected).max() < COUPLING
    loaded_left, loaded_right = solution.factors(time)
    overlaps = grid.cell * np.tensordot(loaded_left, loaded_right.conj(), ([1, 2], [1, 2]))
    assert np.abs(overlaps - solution.correlation[1]).max() < COUPLING


@pytest.mark.parametrize("scale", [1e-12, 1e-4, 3.0, 1e4, 1e12])
def test_the_size_of_factors_is_shared_out_in_any_way(rng, scale):
    """``w[phi s, chi / s] = w[phi, chi]``: deviations keep their relative accuracy, factors their size."""
    grid = wl.Grid(-9.0, 9.0, 60)
    phi, chi = random_nodes(grid, rng, 3, 2), random_nodes(grid, rng, 3, 2)
    z = grid.cell * np.tensordot(phi, chi.conj(), ([1, 2], [1, 2]))
    times, model = [0.0, 0.7, 30.0], wl.WignerLohe(grid, "0.5*x**2", coupling=1.0)
    solution = wl.solve(model, wl.Factors(phi * scale, chi / scale), times, rtol=1e-12)
    numbers = wl.solve(wl.Correlations(coupling=1.0), z, times, rtol=1e-12)
    assert np.abs(solution.deviation / numbers.deviation - 1).max() < COUPLING
    plain = wl.solve(model, wl.Factors(phi, chi), times, rtol=1e-12)
    for found, expected, factor in zip(solution.factors(0.7), plain.factors(0.7), (scale, 1 / scale), strict=True):
        assert np.abs(found / factor - expected).max() < COUPLING
    assert np.abs(solution.wigner(0, 1, 0.7) - plain.wigner(0, 1, 0.7)).max() < COUPLING
    assert np.abs(solution.purity / plain.purity - 1).max() < COUPLING
    assert solution.warnings == plain.warnings


def test_deviations_of_factors_are_as_accurate_as_the_data(rng):
    """Next to agreement ``1 - z(0)`` of the data in extended precision, and from there on relatively."""
    grid = wl.Grid(-9.0, 9.0, 60)
    common, parts = random_nodes(grid, rng, 1, 1)[:, 0], random_nodes(grid, rng, 4, 1)[:, 0]
    phi, chi = common + 1e-6 * parts, common - 2e-6j * parts[::-1]
    exact = 1 - grid.cell * (phi[:, None] * chi.conj().astype(np.clongdouble)).sum(axis=-1)
    solution = wl.solve(wl.WignerLohe(grid, "0.5*x**2", coupling=1.0), wl.Factors(phi, chi), [0.0, 40.0], rtol=1e-12)
    assert np.abs(solution.deviation[0] - exact).max() < 10 * EPS
    numbers = wl.solve(wl.Correlations(coupling=1.0), (1 - exact).astype(complex), [0.0, 40.0], rtol=1e-12)
    growth = [run.log_deviation[1] - run.log_deviation[0] for run in (solution, numbers)]
    assert np.abs(np.exp(growth[0] - growth[1]) - 1).max() < COUPLING


def test_pairs_of_factors_are_in_the_prediction_of_memory(monkeypatch):
    grid = wl.Grid(-9.0, 9.0, 32)
    model, factors = (
        wl.WignerLohe(grid, coupling=1.0),
        wl.Factors(*wl.states.random(grid, 800, 3, 1).reshape(2, 400, -1)),
    )
    need: list[dict[str, int]] = []
    monkeypatch.setattr("wignerlohe.memory.require_room", need.append)
    tracemalloc.start()
    wl.solve(model, factors, [0.5])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert need[0]["deviations of left and right factors"] > peak / 2
    assert peak < sum(need[0].values()) < 2 * peak


def test_factors_blow_up_when_their_correlations_do():
    grid = wl.Grid(-10.0, 10.0, 64)
    phi = wl.states.fock(grid, level=np.arange(4))
    z = np.full((4, 4), -0.4) + 1.4 * np.eye(4)
    model = wl.WignerLohe(grid, "0.5*x**2", coupling=2.0)
    solution = wl.solve(model, wl.Factors(left=phi, right=z @ phi), [0.0, 1.0, 2.0])
    assert solution.blow_up_time == pytest.approx(np.log(21) / 2, rel=BLOW_UP_TIME)
    assert len(solution.times) == 2
    with pytest.raises(wl.InvalidInputError, match="time"):
        solution.wavefunctions(1.9)


def test_factors_are_data_of_the_wigner_lohe_model_alone():
    psi = wl.states.gaussian(line(), np.linspace(-1, 1, 4))
    with pytest.raises(wl.InvalidInputError, match="`model` must be WignerLohe"):
        wl.solve(wl.SchrodingerLohe(line(), coupling=1.0), wl.Factors(psi, psi), [1.0])


# ---- symmetries and refusals ----------------------------------------------------------------------------------------


def test_a_purification_may_be_turned_without_changing_anything(rng):
    """One unitary on the components of all nodes changes no Wigner function."""
    grid = line()
    psi = random_nodes(grid, rng, 3, 2)
    turn, _ = np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))
    model = wl.WignerLohe(grid, "0.4*x**2", coupling=1.0)
    one = wl.solve(model, psi, [0.9], rtol=1e-12)
    other = wl.solve(model, np.einsum("ab,ibx->iax", turn, psi), [0.9], rtol=1e-12)
    assert np.abs(one.correlation - other.correlation).max() < COUPLING
    assert np.abs(one.wigner(0, 2, time=0.9) - other.wigner(0, 2, time=0.9)).max() < COUPLING


def test_nodes_of_one_component_are_pure_nodes(rng):
    grid = line()
    psi = random_nodes(grid, rng, 4, 1)
    model = wl.WignerLohe(grid, "0.4*x**2", coupling=1.0)
    mixed, pure = wl.solve(model, psi, [0.0, 0.9]), wl.solve(model, psi[:, 0], [0.0, 0.9])
    assert np.array_equal(mixed.deviation, pure.deviation)
    assert mixed.wavefunctions(0.9).shape == (4, 1, 47)
    assert np.abs(mixed.purity - 1).max() < TWO_NODES


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"detuning": [1.0, 2.0]}, "`detuning` must have one entry for each node, but there are 2 for 4 nodes"),
        ({"network": np.ones((3, 3))}, "`network` must"),
        ({"network": "circle"}, "`network` must"),
        ({"network": {"kind": "ring", "neighbors": 2}}, "`network` must"),
    ],
)
def test_what_does_not_fit_the_nodes_is_refused(options, complaint):
    grid = line()
    psi = wl.states.gaussian(grid, np.linspace(-1, 1, 4))
    with pytest.raises(wl.InvalidInputError, match=complaint):
        wl.solve(wl.SchrodingerLohe(grid, coupling=1.0, **options), psi, [1.0])


@pytest.mark.parametrize("potential", [[1.0, 2.0], [[1.0], [2.0, 3.0]], None, {}])
def test_a_potential_that_is_none_is_refused(potential):
    with pytest.raises(wl.InvalidInputError, match="`potential` must be"):
        wl.SchrodingerLohe(line(), potential, coupling=1.0)


@pytest.mark.parametrize("network", ["rng", {"kind": 3}, {"kind": "ring", "neighbors": 2}, {"kind": "file"}])
def test_a_network_of_no_known_kind_is_refused_with_the_model(network):
    with pytest.raises(wl.InvalidInputError, match="`network` must"):
        wl.SchrodingerLohe(line(), coupling=1.0, network=network)


def test_a_mixed_node_of_the_wrong_trace_is_named(rng):
    psi = random_nodes(line(), rng, 3, 2)
    psi[1] *= 1.01
    with pytest.raises(wl.InvalidInputError, match=r"node 1 is 1\.01"):
        wl.solve(wl.WignerLohe(line(), coupling=1.0), psi, [1.0])
