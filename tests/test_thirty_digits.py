"""Deviations as small as 1e-87 through `solve`, from states on a grid, against thirty digits.

The numbers are in ``data/thirty_digits.json``; ``data/make_thirty_digits.py`` made them and says how.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import wignerlohe as wl
from tolerances import COUPLING, DEVIATION, LOGARITHM, THIRTY_DIGITS

DATA = json.loads((Path(__file__).parent / "data" / "thirty_digits.json").read_text(encoding="ascii"))
KAPPA = 0.8
GRID = wl.Grid(lower=-12.0, upper=12.5, points=113, hbar=DATA["hbar"])
RESULTS = {entry["kappa_t"]: entry for entry in DATA["results"]}


def packets(count=None):
    chosen = slice(count)
    return wl.states.gaussian(GRID, DATA["position"][chosen], DATA["momentum"][chosen], DATA["width"])


def run(psi, kappa_t, **options):
    model = wl.SchrodingerLohe(GRID, "0.5*x**2", coupling=KAPPA)
    return wl.solve(model, psi, np.array(kappa_t) / KAPPA, **options)


@pytest.fixture(scope="module")
def seven():
    return run(packets(), list(RESULTS), rtol=1e-12)


@pytest.mark.parametrize("kappa_t", [0.5, 5.0, 40.0, 200.0])
def test_deviations_of_seven_nodes_have_nine_digits_relatively(seven, kappa_t):
    k = list(RESULTS).index(kappa_t)
    for i, j, real, imag in RESULTS[kappa_t]["deviation"]:
        exact = complex(float(real), float(imag))
        assert abs(seven.deviation[k, i, j] / exact - 1) < THIRTY_DIGITS
        assert abs(seven.deviation[k, j, i] / exact.conjugate() - 1) < THIRTY_DIGITS
    assert abs(exact) < 2 * np.exp(-kappa_t)


@pytest.mark.parametrize("kappa_t", [0.5, 5.0, 40.0, 200.0])
def test_the_diameter_of_seven_nodes_has_nine_digits_relatively(seven, kappa_t):
    k = list(RESULTS).index(kappa_t)
    assert seven.diameter[k] == pytest.approx(float(RESULTS[kappa_t]["diameter"]), rel=THIRTY_DIGITS, abs=0)


def test_the_default_tolerance_gives_nine_digits_at_kappa_t_200_too():
    solution = run(packets(), [200.0])
    for i, j, real, imag in RESULTS[200.0]["deviation"]:
        assert abs(solution.deviation[0, i, j] / complex(float(real), float(imag)) - 1) < THIRTY_DIGITS
    assert solution.diameter[0] == pytest.approx(float(RESULTS[200.0]["diameter"]), rel=THIRTY_DIGITS, abs=0)


@pytest.mark.parametrize("kappa_t", list(RESULTS))
def test_logarithms_of_deviations_of_seven_nodes_are_right_at_any_time(seven, kappa_t):
    k = list(RESULTS).index(kappa_t)
    for i, j, log_modulus, angle in RESULTS[kappa_t]["log_deviation"]:
        found = seven.log_deviation[k, i, j]
        assert abs(found.real - float(log_modulus)) < LOGARITHM + COUPLING
        assert abs(np.exp(1j * (found.imag - float(angle))) - 1) < LOGARITHM + COUPLING
    assert seven.log_diameter[k] == pytest.approx(float(RESULTS[kappa_t]["log_diameter"]), abs=LOGARITHM + COUPLING)


def test_at_kappa_t_2000_deviations_are_zero_and_their_logarithms_are_not(seven):
    k = list(RESULTS).index(2000.0)
    assert np.all(seven.deviation[k] == 0)
    assert seven.diameter[k] == 0
    assert np.all(seven.correlation[k] == 1)
    off_diagonal = ~np.eye(7, dtype=bool)
    assert np.all(np.isfinite(seven.log_deviation[k][off_diagonal]))
    assert np.all(np.isfinite(seven.wavefunctions(2000.0 / KAPPA)))


def test_the_correlations_alone_give_the_same_digits():
    psi = packets()
    start = np.array([[GRID.inner(a, b) for b in psi] for a in psi])
    solution = wl.solve(wl.Correlations(coupling=KAPPA), start, np.array([5.0, 200.0]) / KAPPA, rtol=1e-12)
    for k, kappa_t in enumerate((5.0, 200.0)):
        for i, j, real, imag in RESULTS[kappa_t]["deviation"]:
            assert abs(solution.deviation[k, i, j] / complex(float(real), float(imag)) - 1) < THIRTY_DIGITS


def test_the_stored_numbers_solve_the_equation_stepped_plainly():
    count = 7
    psi = packets()
    start = np.array([[GRID.cell * np.sum(a * b.conj()) for b in psi] for a in psi])

    def derivative(_, y):
        z = y.reshape(count, count)
        result = np.zeros_like(z)
        for i in range(count):
            for j in range(count):
                for k in range(count):
                    result[i, j] += (z[i, k] + z[k, j]) * (1 - z[i, j]) / (2 * count)
        return result.ravel()

    found = solve_ivp(derivative, (0, 5.0), start.ravel(), method="DOP853", t_eval=[0.5, 5.0], rtol=1e-13, atol=1e-14)
    for k, kappa_t in enumerate((0.5, 5.0)):
        z = found.y[:, k].reshape(count, count)
        for i, j, real, imag in RESULTS[kappa_t]["deviation"]:
            assert abs(1 - z[i, j] - complex(float(real), float(imag))) < COUPLING


@pytest.mark.parametrize("kappa_t", [1.0, 40.0, 200.0, 600.0])
def test_two_nodes_have_the_deviation_and_diameter_of_equation_13(kappa_t):
    psi = packets(2)
    solution = run(psi, [kappa_t])
    q, p = np.array(DATA["position"][:2]), np.array(DATA["momentum"][:2])
    a, b = q[0] - q[1], p[0] - p[1]
    z0 = np.exp(-(a**2) / 4 - b**2 / 4 - 0.5j * a * p.sum())
    exact = complex(wl.two_nodes.deviation(z0, KAPPA, kappa_t / KAPPA))
    assert abs(solution.deviation[0, 0, 1] / exact - 1) < DEVIATION
    assert solution.diameter[0] == pytest.approx(abs(exact), rel=DEVIATION, abs=0)


def test_two_nodes_keep_their_logarithm_at_kappa_t_2000():
    psi = packets(2)
    solution = run(psi, [2000.0])
    z0 = complex(GRID.inner(psi[0], psi[1]))
    expected = np.log(2 * (1 - z0) / (1 + z0)) - 2000
    assert abs(solution.log_deviation[0, 0, 1].real - expected.real) < LOGARITHM + DEVIATION
    assert solution.deviation[0, 0, 1] == 0


def test_deviations_from_inner_products_have_lost_every_digit_by_then(seven):
    late = int(np.flatnonzero(seven.diameter > 0)[-1])
    psi = seven.wavefunctions(float(seven.times[late]))
    naive, truth = 1 - GRID.inner(psi[0], psi[1]), seven.deviation[late, 0, 1]
    assert abs(naive / truth - 1) > 0.5
