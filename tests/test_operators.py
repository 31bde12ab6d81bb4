"""The operators and right-hand sides of the paper against their defining integrals, and against wave functions."""

import numpy as np
import pytest

import wignerlohe as wl
from tolerances import EQUATION, OPERATOR, PHASE_SPACE, ROUNDING
from wignerlohe import potentials
from wignerlohe.operators import (
    derivative_general,
    derivative_identical,
    norm_in_domain,
    norm_in_x,
    theta,
    transport,
)


def complex_normal(rng, *shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def line_space(nx, n_p, hbar=0.7):
    return wl.PhaseSpace(x_lower=-1.3, x_upper=2.1, x_points=nx, p_lower=-2.0, p_upper=1.4, p_points=n_p, hbar=hbar)


def plane_space(hbar=0.7):
    return wl.PhaseSpace([-1.0, -2.0], [1.5, 1.0], [3, 4], [-1.0, -1.5], [2.0, 1.0], [5, 6], hbar=hbar)


# ---- the definitions ------------------------------------------------------------------------------------------------


def shifts(count, length, hbar):
    """y and its weight in the trapezoidal rule: all that fit between the lowest and the highest, which count half."""
    step, half = 2 * np.pi * hbar / length, count // 2
    ends = 0.5 if count % 2 == 0 else 1.0
    return [(m * step, step * (ends if abs(m) == half else 1.0)) for m in range(-half, half + 1)]


def theta_by_loops(space, left, right, w):
    """``(i / hbar) (2 pi hbar)^-d iint [V_i(x + y/2) - V_j(x - y/2)] w(x, p') e^{-i (p - p').y / hbar} dp' dy``."""
    d, hbar = space.dimension, space.hbar
    lengths = [high - low for low, high in zip(space.p_lower, space.p_upper, strict=True)]
    dp = np.prod([length / n for length, n in zip(lengths, space.p_points, strict=True)])
    axes = [shifts(n, length, hbar) for n, length in zip(space.p_points, lengths, strict=True)]
    result = np.zeros(space.shape, dtype=complex)
    for at in np.ndindex(space.x_points):
        x = np.array([space.x[a][at[a]] for a in range(d)])
        for number in np.ndindex(*map(len, axes)):
            y = np.array([axes[a][number[a]][0] for a in range(d)])
            dy = np.prod([axes[a][number[a]][1] for a in range(d)])
            difference = left(*(x + y / 2)) - right(*(x - y / 2))
            for here in np.ndindex(space.p_points):
                for there in np.ndindex(space.p_points):
                    turn = sum((space.p[a][here[a]] - space.p[a][there[a]]) * y[a] for a in range(d))
                    term = difference * w[at + there] * np.exp(-1j * turn / hbar) * dp * dy
                    result[at + here] += 1j / hbar * term / (2 * np.pi * hbar) ** d
    return result


def transport_by_loops(space, w, mass):
    """``(p/m).grad_x`` of the trigonometric polynomial through the samples, axis by axis."""
    d = space.dimension
    result = np.zeros(space.shape, dtype=complex)
    for at in np.ndindex(space.shape):
        for a in range(d):
            n, length = space.x_points[a], space.x_upper[a] - space.x_lower[a]
            for m in range(-(n // 2), n // 2 + 1):
                weight = 0.5 if n % 2 == 0 and abs(m) == n // 2 else 1.0
                for there in range(n):
                    other = (*at[:a], there, *at[a + 1 :])
                    wave = np.exp(2j * np.pi * m * (at[a] - there) / n) / n
                    slope = 2j * np.pi * m / length * weight * wave * w[other]
                    result[at] += space.p[a][at[d + a]] / mass * slope
    return result


def first(x):
    return 0.05 * x**4 - 0.3 * x**3 + x


def second(x):
    return np.cos(2 * x) + 0.1 * x**5


@pytest.mark.parametrize(("nx", "n_p"), [(3, 4), (4, 5), (2, 7), (5, 8), (3, 2)])
def test_theta_is_its_defining_integral(rng, nx, n_p):
    space = line_space(nx, n_p)
    w = complex_normal(rng, 2, 3, nx, n_p)
    found = theta(space, "0.05*x**4 - 0.3*x**3 + x", second, w)
    assert found.shape == w.shape
    for k in np.ndindex(2, 3):
        expected = theta_by_loops(space, first, second, w[k])
        assert np.abs(found[k] - expected).max() < ROUNDING * np.abs(expected).max()


def test_theta_on_a_plane_is_its_defining_integral(rng):
    space = plane_space()
    w = complex_normal(rng, *space.shape)

    def coupled(x, y):
        return x**2 * y**2 - 0.4 * x**3 * y + y

    found = theta(space, "x**2*y**2 - 0.4*x**3*y + y", lambda x, y: np.sin(x) * y**3, w)
    expected = theta_by_loops(space, coupled, lambda x, y: np.sin(x) * y**3, w)
    assert np.abs(found - expected).max() < ROUNDING * np.abs(expected).max()


@pytest.mark.parametrize(("nx", "n_p"), [(4, 3), (5, 4), (2, 5)])
def test_transport_is_its_defining_sum(rng, nx, n_p):
    space = line_space(nx, n_p)
    w = complex_normal(rng, 2, nx, n_p)
    found = transport(space, w, mass=1.7)
    for k in range(2):
        expected = transport_by_loops(space, w[k], 1.7)
        assert np.abs(found[k] - expected).max() < ROUNDING * max(1, np.abs(expected).max())


def test_transport_on_a_plane_is_its_defining_sum(rng):
    space = plane_space()
    w = complex_normal(rng, *space.shape)
    expected = transport_by_loops(space, w, 0.6)
    assert np.abs(transport(space, w, mass=0.6) - expected).max() < ROUNDING * np.abs(expected).max()


def test_real_functions_stay_real(rng):
    space = line_space(6, 8)
    w = rng.normal(size=space.shape)
    for found in (transport(space, w), theta(space, second, second, w)):
        assert np.abs(found.imag).max() < ROUNDING * np.abs(found).max()
    assert np.abs(theta(space, first, second, w).imag).max() > 0.1


# ---- closed forms ---------------------------------------------------------------------------------------------------


def test_theta_of_a_quartic_potential_has_one_term_beyond_the_force():
    """``Theta[V] w = -V' dw/dp + (hbar^2 / 24) V''' d^3 w/dp^3``, exact up to the fourth power."""
    space = wl.PhaseSpace(x_lower=-2, x_upper=1.5, x_points=5, p_lower=-7.5, p_upper=8, p_points=65, hbar=0.7)
    x, p = space.x[0][:, None], space.p[0]
    w = np.exp(-(x**2) - p**2)
    slope, third = -2 * p * w, (12 * p - 8 * p**3) * w
    expected = -(1.2 * x**3 - 1.5 * x**2) * slope + 0.49 / 24 * (7.2 * x - 3.0) * third
    assert np.abs(theta(space, "0.3*x**4 - 0.5*x**3", "0.3*x**4 - 0.5*x**3", w) - expected).max() < OPERATOR


def test_theta_of_a_coupled_quartic_potential_has_one_term_beyond_the_force():
    """``-grad V . grad_p w + (hbar^2 / 24) sum_abc V_abc w_abc``; of ``x^2 y^2``: ``V_xxy = 4 y``, ``V_xyy = 4 x``."""
    space = wl.PhaseSpace([-1.0, -0.5], [1.5, 2.0], [2, 3], [-7.0, -7.5], [7.5, 7.0], [48, 51], hbar=0.7)
    x, y = space.x[0][:, None, None, None], space.x[1][:, None, None]
    p, q = space.p[0][:, None], space.p[1]
    w = np.exp(-(p**2) - q**2) * (1 + x - 0.3 * y)
    w_p, w_q = -2 * p * w, -2 * q * w
    w_ppq, w_pqq = (4 * p**2 - 2) * w_q, (4 * q**2 - 2) * w_p
    expected = -(2 * x * y**2 * w_p + 2 * x**2 * y * w_q) + 0.49 / 24 * 3 * (4 * y * w_ppq + 4 * x * w_pqq)
    assert np.abs(theta(space, "x**2*y**2", "x**2*y**2", w) - expected).max() < OPERATOR


def test_constants_turn_and_nothing_else(rng):
    space = line_space(4, 6)
    w = complex_normal(rng, *space.shape)
    assert np.abs(theta(space, 1.9, "0.5", w) - 1j / 0.7 * 1.4 * w).max() < ROUNDING


def test_time_reaches_the_potentials(rng):
    space = line_space(4, 6)
    w = complex_normal(rng, *space.shape)
    expected = theta(space, "x**3 + 0.4*x", lambda x: 1.6 * x**4, w)
    assert np.array_equal(theta(space, "x**3 + t*x", lambda x, t: 4 * t * x**4, w, time=0.4), expected)


# ---- identities of the paper ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("nx", "n_p"), [(4, 6), (5, 7)])
def test_lemma_2_2_and_remarks_1_and_2(rng, nx, n_p):
    space = line_space(nx, n_p)
    f, g = complex_normal(rng, 2, nx, n_p)
    force = theta(space, second, second, np.array([f, g]))
    assert abs(space.integral(force[0] * g) + space.integral(force[1] * f)) < ROUNDING * space.norm(force[0])
    assert abs(space.integral(force[0])) < ROUNDING * space.norm(force[0])
    assert abs(space.inner(force[0], f).real) < ROUNDING * space.norm(force[0])
    assert abs(space.inner(force[0], f).imag) > 1e-3  # the conjugate matters
    assert np.abs(theta(space, second, second, f.conj()) - force[0].conj()).max() < ROUNDING * np.abs(force).max()
    assert abs(space.integral(transport(space, f))) < ROUNDING * space.norm(f)


def test_norms_are_their_formulas(rng):
    space = plane_space()
    w = complex_normal(rng, 2, 3, *space.shape)
    cell = 2.5 / 3 * 3.0 / 4 * 3.0 / 5 * 2.5 / 6
    for k in np.ndindex(2, 3):
        own = w[k].ravel()
        norm = np.sqrt(sum(abs(value) ** 2 for value in own) * cell)
        integral = sum(own) * cell
        moved = transport_by_loops(space, w[k], 1.7).ravel() if k == (1, 2) else None
        assert abs(space.norm(w)[k] - norm) < ROUNDING * norm
        assert abs(space.integral(w)[k] - integral) < ROUNDING * norm
        assert abs(norm_in_x(space, w)[k] - norm - abs(integral)) < ROUNDING * norm
        if moved is not None:
            graph = norm + abs(integral) + np.sqrt(sum(abs(value) ** 2 for value in moved) * cell)
            assert abs(norm_in_domain(space, w, mass=1.7)[k] - graph) < ROUNDING * graph
    inner = sum(a * np.conj(b) for a, b in zip(w[0, 0].ravel(), w[0, 1].ravel(), strict=True)) * cell
    assert abs(space.inner(w[0, 0], w[0, 1]) - inner) < ROUNDING * norm**2


# ---- against wave functions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("points", [110, 111])
def test_the_commutator_with_the_hamiltonian_is_transport_and_theta(points):
    """``-(i / hbar) (H_i rho - rho H_j)`` maps to ``-(p/m).grad_x w - Theta[V_i, V_j] w``."""
    grid = wl.Grid(-9.0, 9.5, points, hbar=0.8)
    own = ["0.05*x**4 - 0.5*x**2", "0.04*x**4 + 0.1*x**3 - t*x"]
    psi, phi = wl.states.gaussian(grid, [-0.8, 0.5], [0.4, -0.6], [0.9, 1.0])
    w = wl.wigner(grid, psi, phi)
    h_psi, h_phi = (
        wl.SchrodingerLohe(grid, text, coupling=0.0, mass=1.3).hamiltonian(state, 0.6)
        for text, state in zip(own, (psi, phi), strict=True)
    )
    expected = (wl.wigner(grid, h_psi, phi) - wl.wigner(grid, psi, h_phi)) / (0.8j)
    space = grid.phase_space
    found = -transport(space, w, mass=1.3) - theta(space, *own, w, time=0.6)
    assert np.abs(expected).max() > 0.3
    assert np.abs(found - expected).max() < OPERATOR


def test_on_a_plane_the_commutator_is_transport_and_theta():
    """Transport acts at each p by itself and Theta at each x, so that slices tell all."""
    grid = wl.Grid([-7.5, -8.0], [8.0, 7.5], [54, 57], hbar=0.8)
    (psi,) = wl.states.gaussian(grid, position=[[0.3, -0.4]], momentum=[[0.5, 0.2]])
    (phi,) = wl.states.gaussian(grid, position=[[-0.2, 0.1]], momentum=[[-0.3, 0.6]], width=0.95)
    quartic = "0.1*x**2*y**2 - 0.2*x*y"
    free = wl.SchrodingerLohe(grid, coupling=0.0, mass=1.3)
    values = potentials.on_grid(grid, quartic)
    full = grid.phase_space

    def commutator(h_psi, h_phi, at):
        return (wl.wigner(grid, h_psi, phi, at=at) - wl.wigner(grid, psi, h_phi, at=at)) / 0.8j

    p = float(full.p[0][60]), float(full.p[1][55])
    few = wl.PhaseSpace(full.x_lower, full.x_upper, full.x_points, p, [p[0] + 1, p[1] + 1], [2, 2], hbar=0.8)
    slice_at = {"px": p[0], "py": p[1]}
    w = wl.wigner(grid, psi, phi, at=slice_at)
    expected = commutator(free.hamiltonian(psi), free.hamiltonian(phi), slice_at)
    found = -transport(few, np.broadcast_to(w[..., None, None], few.shape), mass=1.3)[..., 0, 0]
    assert np.abs(expected).max() > 0.01
    assert np.abs(found - expected).max() < OPERATOR
    x = float(full.x[0][28]), float(full.x[1][27])
    few = wl.PhaseSpace(x, [x[0] + 1, x[1] + 1], [2, 2], full.p_lower, full.p_upper, full.p_points, hbar=0.8)
    slice_at = {"x": x[0], "y": x[1]}
    w = wl.wigner(grid, psi, phi, at=slice_at)
    expected = commutator(values * psi, values * phi, slice_at)
    found = -theta(few, quartic, quartic, np.broadcast_to(w, few.shape))[0, 0]
    assert np.abs(expected).max() > 0.01
    assert np.abs(found - expected).max() < OPERATOR


NETWORK = [[0.0, 1.3, -0.4], [0.2, 0.0, 0.9], [1.1, 0.5, 0.0]]


def of_wave_functions(grid, psi, derivative):
    """``d/dt w[psi_i, psi_j]`` by the product rule."""
    pairs = [[(i, j) for j in range(len(psi))] for i in range(len(psi))]
    return np.array(
        [
            [wl.wigner(grid, derivative[i], psi[j]) + wl.wigner(grid, psi[i], derivative[j]) for i, j in row]
            for row in pairs
        ]
    )


def three_packets(grid):
    psi = wl.states.gaussian(grid, [-0.8, 0.5, 0.2], [0.4, -0.6, 0.1], [0.9, 1.0, 0.95])
    return psi, np.array([[wl.wigner(grid, a, b) for b in psi] for a in psi])


@pytest.mark.parametrize("options", [{}, {"network": NETWORK, "detuning": [0.3, -0.5, 0.9]}])
def test_equation_2_is_equation_1_on_phase_space(options):
    grid = wl.Grid(-9.0, 9.5, 111, hbar=0.8)
    psi, w = three_packets(grid)
    quartic = "0.05*x**4 - 0.5*x**2 + x*t"
    model = wl.SchrodingerLohe(grid, quartic, coupling=0.7, mass=1.3, **options)
    expected = of_wave_functions(grid, psi, model.derivative(psi, 0.6))
    found = derivative_identical(grid.phase_space, w, quartic, coupling=0.7, mass=1.3, time=0.6, **options)
    assert np.abs(found - expected).max() < EQUATION


@pytest.mark.parametrize("options", [{}, {"network": NETWORK, "detuning": [0.3, -0.5, 0.9]}])
def test_equation_6_is_equation_1_on_phase_space_for_any_norms(options):
    grid = wl.Grid(-9.0, 9.5, 110, hbar=0.8)
    psi, _ = three_packets(grid)
    psi = psi * np.array([0.7, 1.0, 1.2])[:, None]
    w = np.array([[wl.wigner(grid, a, b) for b in psi] for a in psi])
    own = ["0.05*x**4 - 0.5*x**2", "0.03*x**4 + x*t", "0.4*x**2"]
    moved = [
        wl.SchrodingerLohe(grid, text, coupling=0.7, mass=1.3, **options).derivative(psi, 0.6)[i]
        for i, text in enumerate(own)
    ]
    found = derivative_general(grid.phase_space, w, own, coupling=0.7, mass=1.3, time=0.6, **options)
    assert np.abs(found - of_wave_functions(grid, psi, moved)).max() < EQUATION


# ---- any data -------------------------------------------------------------------------------------------------------


def coupling_by_loops(space, w, kappa, A, omega, divide):
    """``(kappa / 2N) sum_k [A_ik w_kj + A_jk w_ik - (A_ik z_ik + A_jk z_kj) w_ij] - i (Omega_i - Omega_j) w_ij``."""
    count = len(w)
    z = [[w[i, j].sum() * space.cell for j in range(count)] for i in range(count)]
    result = np.zeros_like(w)
    for i in range(count):
        for j in range(count):
            result[i, j] -= 1j * (omega[i] - omega[j]) * w[i, j]
            for k in range(count):
                left, right = (z[i][k] / z[i][i], z[k][j] / z[j][j]) if divide else (z[i][k], z[k][j])
                gain = A[i][k] * w[k, j] + A[j][k] * w[i, k]
                result[i, j] += kappa / (2 * count) * (gain - (A[i][k] * left + A[j][k] * right) * w[i, j])
    return result


@pytest.mark.parametrize("network", [None, NETWORK])
def test_equations_hold_for_data_that_come_from_no_state(rng, network):
    space = line_space(4, 5)
    w = complex_normal(rng, 3, 3, *space.shape)
    A = np.ones((3, 3)) if network is None else np.array(network)
    omega, own = [0.3, -0.5, 0.9], [first, second, "0.3*x**3"]
    options = {"coupling": -0.7, "network": network, "detuning": omega, "mass": 1.3}
    for divide in (False, True):
        if divide:
            found = derivative_general(space, w, own, **options)
        else:
            found = derivative_identical(space, w, first, **options)
        expected = coupling_by_loops(space, w, -0.7, A, omega, divide)
        for i, j in np.ndindex(3, 3):
            left, right = (own[i], own[j]) if divide else (first, first)
            expected[i, j] -= transport(space, w[i, j], 1.3) + theta(space, left, right, w[i, j])
        assert np.abs(found - expected).max() < ROUNDING * np.abs(expected).max()


def test_integrals_obey_equation_20(rng):
    space = line_space(4, 5)
    w = complex_normal(rng, 3, 3, *space.shape)
    found = space.integral(derivative_identical(space, w, first, coupling=0.7))
    assert np.abs(found - wl.Correlations(0.7).derivative(space.integral(w))).max() < PHASE_SPACE


def test_equation_6_keeps_the_integrals_of_nodes(rng):
    space = line_space(4, 5)
    w = complex_normal(rng, 3, 3, *space.shape)
    found = space.integral(derivative_general(space, w, [first, second, 0.3], coupling=0.7))
    assert np.abs(np.diagonal(found)).max() < PHASE_SPACE
    assert np.abs(found).max() > 0.1


# ---- potentials between points, and bad input -----------------------------------------------------------------------


def test_potentials_are_evaluated_anywhere(rng):
    x, y = rng.normal(size=(4, 1)), rng.normal(size=5)
    for potential in ("x**2*y - t*r2", lambda x, y, t: x**2 * y - t * (x**2 + y**2)):
        found = potentials.evaluate(potential, (x, y), time=0.3)
        assert found.shape == (4, 5)
        for i, j in np.ndindex(4, 5):
            expected = x[i, 0] ** 2 * y[j] - 0.3 * (x[i, 0] ** 2 + y[j] ** 2)
            assert found[i, j] == pytest.approx(expected, rel=ROUNDING, abs=ROUNDING)
    for constant in (2, 2.0, np.float64(2.0), "2", lambda _: 2):
        assert np.array_equal(potentials.evaluate(constant, (np.zeros(3),)), [2.0, 2.0, 2.0])


@pytest.mark.parametrize("potential", [np.zeros(8), [0.0, 1.0], None], ids=["array", "list", "None"])
def test_potentials_known_on_a_grid_alone_are_refused(potential):
    space = line_space(4, 8)
    with pytest.raises(wl.InvalidInputError, match="`potential` must be"):
        theta(space, potential, 0.0, np.zeros(space.shape))


def test_a_potential_that_is_not_finite_between_points_is_refused():
    space = wl.PhaseSpace(x_lower=0.5, x_upper=4.5, x_points=4, p_lower=-np.pi, p_upper=np.pi, p_points=8)
    with pytest.raises(wl.InvalidInputError, match=r"must be finite at each point, but it is inf at \[0\.0\]"):
        theta(space, "1/x", 0.0, np.zeros(space.shape))


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda s: theta(s, 0.0, 0.0, np.zeros((4, 5))), r"`w` must have shape \(\.\.\., 4, 6\)"),
        (lambda s: transport(s, np.zeros(6)), r"`w` must have shape \(\.\.\., 4, 6\)"),
        (lambda s: transport(s, np.zeros((4, 6)), mass=0.0), "`mass` must be positive"),
        (lambda s: transport(s, np.full((4, 6), np.inf)), "`w` must be finite numbers"),
        (
            lambda s: derivative_identical(s, np.zeros((2, 3, 4, 6)), coupling=1.0),
            r"`w` must have shape \(N, N, 4, 6\)",
        ),
        (lambda s: derivative_identical(s, np.zeros((4, 6)), coupling=1.0), r"`w` must have shape \(N, N, 4, 6\)"),
        (
            lambda s: derivative_identical(s, np.zeros((2, 2, 4, 6)), coupling=1.0, detuning=[1.0]),
            "`detuning` must have one entry for each node",
        ),
        (
            lambda s: derivative_general(s, np.ones((2, 2, 4, 6)), ["x"], coupling=1.0),
            "`potential` must be a list of one for each node",
        ),
        (
            lambda s: derivative_general(s, np.ones((1, 1, 4, 6)), "x", coupling=1.0),
            "`potential` must be a list of one for each node",
        ),
        (
            lambda s: derivative_general(s, np.zeros((1, 1, 4, 6)), ["x"], coupling=1.0),
            "`w` must have nonzero integrals",
        ),
    ],
)
def test_anything_else_is_refused(call, match):
    with pytest.raises(wl.InvalidInputError, match=match):
        call(line_space(4, 6))
