"""Wigner functions against their defining integral, closed forms, and the identities of phase space."""

import math

import numpy as np
import pytest

import wignerlohe as wl
from tolerances import MARGINAL, PHASE_SPACE, ROUNDING, WIGNER
from wignerlohe.phase_space.transform import WignerTransform

# n odd and even, hbar other than 1, boxes that are not symmetric
LINES = [
    {"lower": -10.5, "upper": 10.0, "points": 81, "hbar": 0.7},
    {"lower": -10.5, "upper": 10.0, "points": 84, "hbar": 0.7},
    {"lower": -12.0, "upper": 13.0, "points": 97, "hbar": 1.9},
    {"lower": -11.0, "upper": 11.0, "points": 102, "hbar": 1.0},
]


@pytest.fixture(params=LINES, ids=lambda line: f"n={line['points']}, hbar={line['hbar']}")
def line(request):
    return wl.Grid(**request.param)


def phase_space(grid):
    """x as a column, p as a row, from the definition of the grid."""
    n, length = grid.points[0], grid.upper[0] - grid.lower[0]
    x = np.array([grid.lower[0] + j * length / n for j in range(n)])
    p = np.array([(k - n) * np.pi * grid.hbar / length for k in range(2 * n)])
    return x[:, None], p[None, :]


def peak(grid):
    """The largest value that a Wigner function of unit states can have."""
    return 1 / (np.pi * grid.hbar)


# ---- the definition -------------------------------------------------------------------------------------------------


def wigner_by_loops(psi, phi, lower, upper, hbar):
    """``(2 pi hbar)^-1 integral psi(x + y/2) conj(phi(x - y/2)) e^{-i p y / hbar} dy`` as a triple loop.

    The samples stand for the trigonometric polynomial through them inside the box, and for zero outside.
    """
    n, length = len(psi), upper - lower

    def value(samples, half_steps):
        if not 0 <= half_steps < 2 * n:
            return 0.0
        result = 0.0
        for m in range(-(n // 2), n // 2 + 1):
            weight = 0.5 if n % 2 == 0 and abs(m) == n // 2 else 1.0
            amplitude = sum(samples[j] * np.exp(-2j * np.pi * m * j / n) for j in range(n)) / n
            result += weight * amplitude * np.exp(2j * np.pi * m * half_steps / (2 * n))
        return result

    left = [value(psi, s) for s in range(2 * n)]
    right = [value(phi, s) for s in range(2 * n)]
    dx = length / n
    w = np.zeros((n, 2 * n), dtype=complex)
    for j in range(n):
        for k in range(2 * n):
            p = (k - n) * np.pi * hbar / length
            for m in range(-n, n):
                if 0 <= 2 * j + m < 2 * n and 0 <= 2 * j - m < 2 * n:
                    term = left[2 * j + m] * np.conj(right[2 * j - m])
                    w[j, k] += term * np.exp(-1j * p * m * dx / hbar) * dx / (2 * np.pi * hbar)
    return w


@pytest.mark.parametrize("n", [2, 3, 7, 10, 13])
def test_any_samples_transform_as_the_defining_integral_says(rng, n):
    grid = wl.Grid(lower=-1.3, upper=2.9, points=n, hbar=0.6)
    psi, phi = rng.normal(size=(2, n)) + 1j * rng.normal(size=(2, n))
    assert np.abs(wl.wigner(grid, psi, phi) - wigner_by_loops(psi, phi, -1.3, 2.9, 0.6)).max() < ROUNDING
    assert np.abs(wl.wigner(grid, psi) - wigner_by_loops(psi, psi, -1.3, 2.9, 0.6)).max() < ROUNDING


def test_smooth_states_transform_as_the_integral_over_the_whole_line_says():
    grid = wl.Grid(lower=-8.0, upper=8.5, points=55, hbar=0.8)

    def psi(x):
        return (x - 0.3) * np.exp(-((x - 0.5) ** 2) / 2 + 0.4j * x)

    def phi(x):
        return np.exp(-((x + 0.7) ** 2) / 1.7 - 0.9j * x)

    (x,) = grid.axes
    found = wl.wigner(grid, psi(x), phi(x))
    y = np.linspace(-20, 20, 401)  # the trapezoidal rule is exact to rounding
    for j in range(0, 55, 7):
        for k in range(0, 110, 9):
            p = (k - 55) * np.pi * 0.8 / 16.5
            integrand = psi(x[j] + y / 2) * np.conj(phi(x[j] - y / 2)) * np.exp(-1j * p * y / 0.8)
            assert abs(found[j, k] - integrand.sum() * 0.1 / (2 * np.pi * 0.8)) < WIGNER


# ---- closed forms ---------------------------------------------------------------------------------------------------


def gaussian_pair(x, p, hbar, left, right, s):
    """``w[g_1, g_2]`` of packets of equal width, by completing the square."""
    (q1, p1), (q2, p2) = left, right
    dx, dp = x - (q1 + q2) / 2, p - (p1 + p2) / 2
    envelope = np.exp(-((dx / s) ** 2) - (s * dp / hbar) ** 2) / (np.pi * hbar)
    # psi_1(x + y/2) conj(psi_2(x - y/2)) has the phase [p_1 (x - q_1) - p_2 (x - q_2) + (p_1 + p_2) y/2] / hbar
    shift = (q1 - q2) / 2  # the envelope in y is centred at y = 2 shift
    phase = p1 * (x - q1) - p2 * (x - q2) + (p1 + p2) * shift - 2 * p * shift
    return envelope * np.exp(1j * phase / hbar)


def laguerre(n, alpha, x):
    """Associated Laguerre polynomial by its sum."""
    return sum((-1) ** k * math.comb(n + alpha, n - k) * x**k / math.factorial(k) for k in range(n + 1))


def fock_pair(x, p, hbar, m, n, s, q=0.0, p0=0.0):
    """``w[h_m, h_n]`` of oscillator states of length s, displaced to (q, p0)."""
    if m < n:
        return fock_pair(x, p, hbar, n, m, s, q, p0).conj()
    xi, eta = (x - q) / s, (p - p0) * s / hbar
    rho = xi**2 + eta**2
    factor = (-1) ** n * math.sqrt(math.factorial(n) / math.factorial(m)) * (math.sqrt(2) * (xi - 1j * eta)) ** (m - n)
    return factor * np.exp(-rho) * laguerre(n, m - n, 2 * rho) / (np.pi * hbar)


PACKETS = [(-1.1, 0.8), (0.6, -1.3), (1.7, 1.0)]


@pytest.mark.parametrize("i", range(3))
@pytest.mark.parametrize("j", range(3))
def test_wigner_functions_of_moving_gaussians_are_the_closed_form(line, i, j):
    x, p = phase_space(line)
    q0, p0 = zip(*PACKETS, strict=True)
    psi = wl.states.gaussian(line, q0, p0, width=0.9)
    expected = gaussian_pair(x, p, line.hbar, PACKETS[i], PACKETS[j], 0.9)
    assert np.abs(wl.wigner(line, psi[i], psi[j]) - expected).max() < WIGNER * peak(line)
    assert np.abs(wl.exact.gaussian_wigner(line.phase_space, PACKETS[i], PACKETS[j], 0.9) - expected).max() < ROUNDING


def test_wigner_functions_of_gaussians_of_other_widths_are_positive_ellipses(line):
    x, p = phase_space(line)
    for s in (0.75, 1.0, 1.2):
        (psi,) = wl.states.gaussian(line, 0.4, -0.7, s)
        expected = np.exp(-(((x - 0.4) / s) ** 2) - ((p + 0.7) * s / line.hbar) ** 2) / (np.pi * line.hbar)
        assert np.abs(wl.wigner(line, psi) - expected).max() < WIGNER * peak(line)


@pytest.mark.parametrize("phase", [0.0, np.pi, 0.9])
@pytest.mark.parametrize("centre", [(1.6, 0.0), (1.2, 0.7), (0.0, 1.1)])
def test_wigner_functions_of_cats_are_the_closed_form(line, phase, centre):
    x, p = phase_space(line)
    (q, k), s = centre, 0.9
    (psi,) = wl.states.cat(line, q, k, s, phase)
    ends, weights = [(q, k), (-q, -k)], [1.0, np.exp(1j * phase)]
    expected = sum(
        a * np.conj(b) * gaussian_pair(x, p, line.hbar, end, other, s)
        for end, a in zip(ends, weights, strict=True)
        for other, b in zip(ends, weights, strict=True)
    ) / (2 + 2 * np.cos(phase) * np.exp(-((q / s) ** 2) - (k * s / line.hbar) ** 2))
    assert np.abs(wl.wigner(line, psi) - expected).max() < WIGNER * peak(line)


@pytest.mark.parametrize(("m", "n"), [(0, 0), (1, 1), (2, 2), (5, 5), (1, 0), (0, 1), (2, 5), (4, 1)])
def test_wigner_functions_of_fock_states_are_laguerre_functions(m, n):
    grid = wl.Grid(lower=-11.0, upper=11.5, points=97, hbar=0.8)
    x, p = phase_space(grid)
    mass, frequency = 1.4, 0.7
    s = np.sqrt(0.8 / (mass * frequency))
    psi = wl.states.fock(grid, [m, n], frequency, mass=mass)
    assert np.abs(wl.wigner(grid, *psi) - fock_pair(x, p, 0.8, m, n, s)).max() < WIGNER * peak(grid)


@pytest.mark.parametrize("level", [0, 1, 4])
def test_wigner_functions_of_displaced_fock_states_move_with_them(level):
    grid = wl.Grid(lower=-11.0, upper=11.5, points=98, hbar=0.8)
    x, p = phase_space(grid)
    s = np.sqrt(0.8 / (1.4 * 0.7))
    (psi,) = wl.states.fock(grid, level, 0.7, position=-0.8, momentum=1.2, mass=1.4)
    expected = fock_pair(x, p, 0.8, level, level, s, -0.8, 1.2)
    assert np.abs(wl.wigner(grid, psi) - expected).max() < WIGNER * peak(grid)


@pytest.mark.parametrize("momentum", [2.1, -2.1])
def test_a_packet_that_moves_to_the_right_has_positive_momentum(grid, momentum):
    (psi,) = wl.states.gaussian(grid, position=-1.0, momentum=momentum)
    x, p = phase_space(grid)
    now = wl.wigner(grid, psi)
    later = wl.wigner(grid, wl.solve(wl.SchrodingerLohe(grid, coupling=0.0), psi[None], [0.5]).wavefunctions(0.5)[0])
    cell = grid.phase_space.cell
    assert np.sum(p * now) * cell == pytest.approx(momentum, abs=PHASE_SPACE)
    assert (np.sum(x * later) - np.sum(x * now)) * cell == pytest.approx(0.5 * momentum, abs=PHASE_SPACE)


# ---- identities -----------------------------------------------------------------------------------------------------


def several_states(grid):
    """Four unequal states, none real, none even."""
    packets = wl.states.gaussian(grid, [-1.2, 0.3], [0.6, -0.9], [0.9, 1.1])
    (cat,) = wl.states.cat(grid, 1.3, 0.5, 0.9, 0.7)
    (fock,) = wl.states.fock(grid, 2, position=0.4, momentum=-0.3, frequency=grid.hbar)
    return [*packets, cat, fock]


def inner_by_loops(f, g, cell):
    return cell * sum(a * np.conj(b) for a, b in zip(f.ravel(), g.ravel(), strict=True))


def test_exchanging_the_states_conjugates(line):
    psi = several_states(line)
    for a in psi:
        for b in psi:
            forth, back = wl.wigner(line, a, b), wl.wigner(line, b, a)
            assert np.abs(forth - back.conj()).max() < ROUNDING * peak(line)


def test_one_state_is_a_pair_of_itself_and_real(line):
    for psi in several_states(line):
        auto, cross = wl.wigner(line, psi), wl.wigner(line, psi, psi)
        assert auto.dtype == np.float64
        assert cross.dtype == np.complex128
        assert np.abs(auto - cross).max() < ROUNDING * peak(line)


def test_the_sum_over_p_is_the_density_in_x(line):
    psi = several_states(line)
    dp = np.pi * line.hbar / (line.upper[0] - line.lower[0])
    for a in psi:
        assert np.abs(wl.wigner(line, a).sum(axis=1) * dp - np.abs(a) ** 2).max() < MARGINAL
        for b in psi:
            assert np.abs(wl.wigner(line, a, b).sum(axis=1) * dp - a * b.conj()).max() < MARGINAL


def test_the_sum_over_x_is_the_density_in_p(line):
    (x,), p = line.axes, phase_space(line)[1][0]
    dx = (line.upper[0] - line.lower[0]) / line.points[0]

    def in_momentum(psi):
        """``(2 pi hbar)^(-1/2) integral psi e^{-i p x / hbar} dx`` at each p, one by one."""
        return np.array([np.sum(psi * np.exp(-1j * k * x / line.hbar)) * dx for k in p]) / np.sqrt(
            2 * np.pi * line.hbar
        )

    psi = several_states(line)
    for a in psi:
        for b in psi:
            found = wl.wigner(line, a, b).sum(axis=0) * dx
            assert np.abs(found - in_momentum(a) * in_momentum(b).conj()).max() < PHASE_SPACE


def test_the_integral_is_the_inner_product(line):
    psi = several_states(line)
    dx = (line.upper[0] - line.lower[0]) / line.points[0]
    for a in psi:
        for b in psi:
            integral = wl.wigner(line, a, b).sum() * line.phase_space.cell
            assert abs(integral - inner_by_loops(a, b, dx)) < PHASE_SPACE


def test_moyals_identity_holds_with_its_conjugate(line):
    psi = several_states(line)
    w = [[wl.wigner(line, a, b) for b in psi] for a in psi]
    z = [[inner_by_loops(a, b, line.cell) for b in psi] for a in psi]
    cell = line.cell * np.pi * line.hbar / (line.upper[0] - line.lower[0])
    largest = 0.0
    for a, b, c, d in [(0, 1, 2, 3), (1, 0, 3, 2), (0, 2, 1, 1), (3, 3, 0, 2), (2, 1, 2, 1), (0, 0, 0, 0)]:
        found = np.sum(w[a][b] * w[c][d].conj()) * cell
        expected = z[a][c] * np.conj(z[b][d]) / (2 * np.pi * line.hbar)
        assert abs(found - expected) < PHASE_SPACE
        largest = max(largest, abs(expected.imag))
    assert largest > 1e-3  # the conjugate matters


@pytest.mark.parametrize("n", [96, 97])
@pytest.mark.parametrize("centre", [-4.0, 3.0, 4.0])
def test_there_is_no_ghost_half_a_box_away(n, centre):
    grid = wl.Grid(lower=-10.0, upper=10.0, points=n)
    (psi,) = wl.states.gaussian(grid, centre, momentum=0.8, width=0.8)
    w = wl.wigner(grid, psi)
    far = np.abs(phase_space(grid)[0][:, 0] - centre) > 7
    assert far.any()
    assert np.abs(w[far]).max() < WIGNER * peak(grid)


def test_there_is_no_ghost_between_momenta(line):
    (psi,) = wl.states.gaussian(line, 0.0, momentum=1.5, width=0.9)
    far = np.abs(phase_space(line)[1][0] - 1.5) > 7 * line.hbar / 0.9
    assert far.any()
    assert np.abs(wl.wigner(line, psi)[:, far]).max() < WIGNER * peak(line)


def test_a_momentum_near_the_end_of_the_band_is_where_it_should_be():
    grid = wl.Grid(lower=-9.0, upper=9.0, points=90)  # momenta up to 15.7
    x, p = phase_space(grid)
    (psi,) = wl.states.gaussian(grid, 0.3, momentum=8.0)
    expected = np.exp(-((x - 0.3) ** 2) - (p - 8.0) ** 2) / np.pi
    assert np.abs(wl.wigner(grid, psi) - expected).max() < WIGNER


def test_many_refined_states_are_refined_one_by_one(line):
    transform, psi = WignerTransform(line), np.array(several_states(line))
    together = transform.refine(psi)
    for k in range(len(psi)):
        assert np.abs(together[k] - transform.refine(psi[k])).max() < ROUNDING


# ---- from a solution ------------------------------------------------------------------------------------------------


def test_wigner_functions_of_a_solution_are_those_of_its_states(grid):
    psi = wl.states.gaussian(grid, [-1.0, 0.5, 1.2], [0.3, -0.8, 0.1])
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.9), psi, [0.0, 2.0])
    states = solution.wavefunctions(1.3)
    pairs = [(2, 0), (1, 1), (0, 2)]
    found = solution.wigner_functions(pairs, 1.3)
    assert found.shape == (3, 97, 194)
    for (i, j), w in zip(pairs, found, strict=True):
        assert np.abs(w - wl.wigner(grid, states[i], states[j])).max() < ROUNDING
    assert np.all(found[1].imag == 0)


def test_integrals_of_wigner_functions_of_a_solution_are_its_correlations(grid):
    psi = wl.states.gaussian(grid, [-1.0, 0.5, 1.2], [0.3, -0.8, 0.1])
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=0.9), psi, [2.0], rtol=1e-13)
    pairs = [(i, j) for i in range(3) for j in range(3)]
    for (i, j), w in zip(pairs, solution.wigner_functions(pairs, 2.0), strict=True):
        assert abs(w.sum() * grid.phase_space.cell - solution.correlation[0, i, j]) < PHASE_SPACE


# ---- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "name"), [((96,), "psi"), ((1, 96), "psi"), ((1, 1, 97), "psi"), ((98,), "phi")])
def test_states_of_another_shape_are_refused(grid, shape, name):
    states = {"psi": np.ones(97), "phi": np.ones(97), name: np.ones(shape)}
    with pytest.raises(wl.InvalidInputError, match=rf"`{name}` must have shape \(97,\), or \(m, 97\)"):
        wl.wigner(grid, **states)
