"""Linear flows against dense matrices, against each other, and against closed forms."""

import mpmath
import numpy as np
import pytest
import scipy.fft
import scipy.linalg

import wignerlohe as wl
from tolerances import BESSEL, BRUTE_FORCE, COHERENT, DRIVEN, LINEAR_FLOW, NORM, ORDER, ROUNDING
from wignerlohe import fft, potentials
from wignerlohe.diagnostics import resolution
from wignerlohe.propagators import chebyshev, driven
from wignerlohe.propagators.chebyshev import Chebyshev, bessel
from wignerlohe.propagators.choice import linear_flow
from wignerlohe.propagators.driven import Driven
from wignerlohe.propagators.eigenbasis import Eigenbasis, split_over_axes

GRIDS = {
    1: wl.Grid(-7.0, 6.5, 53, hbar=0.8),
    2: wl.Grid([-5.0, -4.5], [5.5, 5.0], [19, 16], hbar=0.8),
    3: wl.Grid([-4.0, -4.5, -4.0], [4.0, 4.0, 4.5], [9, 8, 11], hbar=0.8),
}
MASS = 1.3


def sum_potential(grid):
    return sum(np.cos(axis - number) + 0.3 * (number + 1) * axis**2 for number, axis in enumerate(grid.mesh))


def mixed_potential(grid):
    mesh = grid.mesh
    return 0.2 * sum(axis**2 for axis in mesh) + np.sin(mesh[0] * mesh[-1]) * np.exp(-sum(axis**2 for axis in mesh) / 9)


def functions(rng, grid, r=3, m=2):
    """Unit functions without any smoothness: (r, m, *grid.shape)."""
    values = rng.normal(size=(r, m, *grid.shape)) + 1j * rng.normal(size=(r, m, *grid.shape))
    return values / grid.norm(values).reshape(r, m, *(1,) * grid.dimension)


def largest_norm(grid, difference):
    return grid.norm(difference).max()


def dense_hamiltonian(grid, potential):
    """H as a matrix, one column at a time, its kinetic part from the Fourier sum written out."""
    lines = []
    for n, k in zip(grid.points, grid.wavenumbers, strict=True):
        energies = grid.hbar**2 * k**2 / (2 * MASS)
        lines.append(np.array([sum(energies * np.exp(2j * np.pi * j * np.arange(n) / n)) / n for j in range(n)]))
    columns = []
    for place in np.ndindex(*grid.shape):
        column = np.zeros(grid.shape, dtype=complex)
        for axis, n in enumerate(grid.points):
            line = lines[axis][(np.arange(n) - place[axis]) % n]
            where = tuple(slice(None) if other == axis else place[other] for other in range(grid.dimension))
            column[where] += line
        column[place] += potential[place]
        columns.append(column.ravel())
    return np.array(columns).T


# ---- the definition -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", [1, 2])
@pytest.mark.parametrize("kind", [Eigenbasis, Chebyshev])
def test_a_flow_is_the_exponential_of_the_matrix_h(rng, dimension, kind):
    grid = GRIDS[dimension]
    potential = sum_potential(grid) if kind is Eigenbasis else mixed_potential(grid)
    flow = kind(grid, split_over_axes(potential) if kind is Eigenbasis else potential, MASS)
    basis, times = functions(rng, grid), np.array([0.0, 0.37, 1.4])
    found = flow.evolve(flow.prepare(basis), times)
    h = dense_hamiltonian(grid, potential)
    for k, time in enumerate(times):
        expected = basis.reshape(-1, grid.size) @ scipy.linalg.expm(-1j * time / grid.hbar * h).T
        assert largest_norm(grid, found[k] - expected.reshape(basis.shape)) < LINEAR_FLOW


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_both_static_flows_agree_over_a_long_time(rng, monkeypatch, dimension):
    monkeypatch.setattr(chebyshev, "LONGEST", 150.0)  # so that one expansion is not enough
    grid = GRIDS[dimension]
    potential = sum_potential(grid)
    exact, expansion = Eigenbasis(grid, split_over_axes(potential), MASS), Chebyshev(grid, potential, MASS)
    basis, times = functions(rng, grid), np.array([0.02, 0.3, 7.0, 18.0])
    assert expansion._exponential.rate * 18.0 > 300
    first, second = (flow.evolve(flow.prepare(basis), times) for flow in (exact, expansion))
    assert largest_norm(grid, first - second) < LINEAR_FLOW
    for flow in (exact, expansion):
        assert 0 < flow.phase_error(18.0) < LINEAR_FLOW


@pytest.mark.parametrize("kind", ["sum", "mixed", "driven"])
def test_norms_and_overlaps_are_kept(rng, kind):
    grid = GRIDS[2]
    potential = sum_potential(grid) if kind == "sum" else mixed_potential(grid)
    drive = (lambda t: np.cos(2 * t) * potential) if kind == "driven" else None
    flow = linear_flow(grid, potential, drive, MASS, 1e-6)
    basis = functions(rng, grid, 4, 1)
    found = flow.evolve(flow.prepare(basis), np.array([0.9, 3.0]))[:, :, 0]
    before = grid.inner(basis, basis.swapaxes(0, 1))
    for moved in found:
        assert np.abs(grid.inner(moved[:, None], moved[None]) - before).max() < NORM


@pytest.mark.parametrize("argument", [0.0, 1e-18, 1e-9, 0.3, 3.7, 41.0, 150.25])
def test_bessel_functions_are_those_of_mpmath_and_the_rest_is_nothing(argument):
    found = bessel(argument)
    for k, value in enumerate(found):
        assert abs(value - float(mpmath.besselj(k, argument))) < BESSEL
    rest = [abs(float(mpmath.besselj(len(found) + k, argument))) for k in range(40)]
    assert 2 * sum(rest) < BESSEL
    assert abs(found[0] ** 2 + 2 * (found[1:] ** 2).sum() - 1) < BESSEL


# ---- a chain of times -----------------------------------------------------------------------------------------------


@pytest.fixture
def count(monkeypatch):
    """How many transforms were made, in a list of one number."""
    made, forward = [0], fft.forward

    def counted(*arguments):
        made[0] += 1
        forward(*arguments)

    monkeypatch.setattr(fft, "forward", counted)
    return made


def test_times_come_in_any_order_and_again(rng):
    grid = GRIDS[2]
    potential = sum_potential(grid)
    exact, flow = Eigenbasis(grid, split_over_axes(potential), MASS), Chebyshev(grid, potential, MASS)
    basis = functions(rng, grid)
    prepared = flow.prepare(basis)
    for times in ([2.0], [2.5, 2.5001, 3.0], [2.7], [0.1], [0.0], [6.0, 1.0, 4.0, 1.0]):
        expected = exact.evolve(exact.prepare(basis), np.array(times))
        found = flow.evolve(prepared, np.array(times))
        assert found.shape == (len(times), 3, 2, *grid.shape)
        assert largest_norm(grid, found - expected) < LINEAR_FLOW


def test_what_comes_back_may_be_overwritten(rng):
    grid = GRIDS[2]
    flow = Chebyshev(grid, mixed_potential(grid), MASS)
    basis = functions(rng, grid)
    prepared = flow.prepare(basis)
    flow.evolve(prepared, np.array([1.0]))[...] = 7.0
    alone = flow.evolve(flow.prepare(basis), np.array([2.0]))
    assert largest_norm(grid, flow.evolve(prepared, np.array([2.0])) - alone) < LINEAR_FLOW


def test_the_same_calls_give_the_same_bits(rng):
    grid = GRIDS[3]
    basis = functions(rng, grid)
    for drive in (None, lambda t: (1 + t) * mixed_potential(grid)):
        flow = linear_flow(grid, mixed_potential(grid), drive, MASS, 1e-5)
        runs = []
        for _ in range(2):
            prepared = flow.prepare(basis)
            runs.append([flow.evolve(prepared, np.array(times)) for times in ([0.2, 0.3], [0.9], [0.25])])
        for first, second in zip(*runs, strict=True):
            assert np.array_equal(first, second)


def test_increasing_times_cost_what_the_whole_time_costs(rng, count):
    grid = GRIDS[2]
    flow = Chebyshev(grid, mixed_potential(grid), MASS)
    basis, times = functions(rng, grid, 1, 1), np.linspace(6.0, 60.0, 10)
    flow.evolve(flow.prepare(basis), times[-1:])
    whole = count[0]
    for calls in ([times], times[:, None]):
        count[0], prepared = 0, flow.prepare(basis)
        for call in calls:
            flow.evolve(prepared, call)
        assert count[0] < 1.6 * whole


def test_what_was_just_passed_is_near_and_the_last_state_is_kept(rng, count):
    grid = GRIDS[2]
    flow = Chebyshev(grid, mixed_potential(grid), MASS)
    prepared = flow.prepare(functions(rng, grid, 1, 1))
    for time in (40.0, 41.0):
        flow.evolve(prepared, np.array([time]))
    count[0] = 0
    flow.evolve(prepared, np.array([40.5]))
    flow.evolve(prepared, np.array([41.5]))
    assert count[0] < 4 * flow._exponential.rate


def test_close_times_share_one_expansion(rng, count):
    grid = GRIDS[2]
    flow = Chebyshev(grid, mixed_potential(grid), MASS)
    basis = functions(rng, grid, 1, 1)
    flow.evolve(flow.prepare(basis), np.array([1.0]))
    once, count[0] = count[0], 0
    flow.evolve(flow.prepare(basis), np.linspace(0.0, 1.0, 100))
    assert count[0] == once


# ---- two ways through the same recurrence ---------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_the_compiled_passes_do_what_numpy_does(rng, monkeypatch, dimension):
    grid = GRIDS[dimension]
    basis, times = functions(rng, grid), np.array([0.0, 0.4, 0.5, 2.0])
    found = []
    for limit in (1, 10**9):
        monkeypatch.setattr(chebyshev, "COMPILED", limit)
        monkeypatch.setattr(chebyshev, "CACHED", 4 * grid.size if limit > 1 else 1)
        flow = Chebyshev(grid, mixed_potential(grid), MASS)
        found.append(flow.evolve(flow.prepare(basis), times))
    assert largest_norm(grid, found[0] - found[1]) < LINEAR_FLOW


@pytest.mark.parametrize("threaded", [1, 10**9])
@pytest.mark.parametrize("shape", [(31,), (3, 16), (2, 7, 12), (3, 4, 6, 5)])
def test_transforms_in_place_are_those_of_numpy(rng, monkeypatch, shape, threaded):
    monkeypatch.setattr(fft, "THREADED", threaded)
    axes = tuple(range(-max(1, len(shape) - 1), 0))
    values = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    expected = np.fft.fftn(values, axes=axes)
    for scipys in (False, True):
        if scipys:
            monkeypatch.setattr(fft, "_mkl", None)
            monkeypatch.setattr(fft, "_backend", scipy.fft)
        out = np.empty_like(values)
        fft.forward(values, out, axes)
        assert np.abs(out - expected).max() < ROUNDING
        fft.inverse(out, axes)
        assert np.abs(out - values).max() < ROUNDING


# ---- which potential goes where -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_sum_over_the_axes_is_found_and_nothing_else(dimension):
    grid = GRIDS[dimension]
    potential = sum_potential(grid) * 1e3 - 77.0
    parts = split_over_axes(potential)
    total = sum(np.ix_(*parts))
    assert np.abs(total - potential).max() < ROUNDING * np.abs(potential).max()
    assert [part.shape for part in parts] == [(n,) for n in grid.points]
    mesh = grid.mesh
    assert split_over_axes(potential + 1e-9 * mesh[0] * mesh[-1]) is None
    assert [part.tolist() for part in split_over_axes(np.zeros(grid.shape))] == [[0.0] * n for n in grid.points]


def test_the_flow_is_chosen_by_the_potential():
    grid = GRIDS[2]
    kinds = [
        (sum_potential(grid), None, Eigenbasis),
        (mixed_potential(grid), None, Chebyshev),
        (sum_potential(grid), lambda t: t * sum_potential(grid), Driven),
    ]
    for potential, drive, kind in kinds:
        assert type(linear_flow(grid, potential, drive, MASS, 1e-8)) is kind
    long = wl.Grid(0.0, 1.0, 4097)
    assert type(linear_flow(long, np.zeros(4097), None, MASS, 1e-8)) is Chebyshev
    with pytest.raises(wl.InvalidInputError, match="at most 4096 grid points on an axis"):
        Eigenbasis(long, [np.zeros(4097)], MASS)


def test_a_hamiltonian_that_overflows_is_refused():
    grid = GRIDS[2]
    with pytest.raises(wl.InvalidInputError, match="finite Hamiltonian"):
        Chebyshev(grid, 1.7e308 * np.sign(mixed_potential(grid)), MASS)


# ---- what the grid does not hold ------------------------------------------------------------------------------------


def slow_masses(grid, state):
    """Probability of one state (m, *grid.shape) in the outer twentieths and above nine tenths of the momenta."""
    found = []
    for axis in range(grid.dimension):
        x, n = grid.axes[axis], grid.points[axis]
        margin = grid.lengths[axis] / 20
        edge, band = 0.0, 0.0
        spectra = np.fft.fft(state, axis=1 + axis)
        for j in range(n):
            line = grid.cell * (np.abs(np.take(state, j, 1 + axis)) ** 2).sum()
            edge += line if x[j] < grid.lower[axis] + margin or x[j] >= grid.upper[axis] - margin else 0.0
            k = min(j, n - j)
            line = grid.cell * (np.abs(np.take(spectra, j, 1 + axis)) ** 2).sum() / n
            band += line if k > 0.9 * n / 2 or k == n // 2 else 0.0
        found += [edge, band]
    return found


@pytest.mark.parametrize("kind", [Eigenbasis, Chebyshev])
@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_masses_are_those_of_the_states_themselves(rng, dimension, kind):
    grid = GRIDS[dimension]
    potential = sum_potential(grid)
    flow = kind(grid, split_over_axes(potential) if kind is Eigenbasis else potential, MASS)
    prepared, times = flow.prepare(functions(rng, grid)), np.array([0.3, 1.1])
    coefficients = rng.normal(size=(2, 5, 3)) + 1j * rng.normal(size=(2, 5, 3))
    known = kind is Eigenbasis
    grams = flow.grams(prepared, times) if known else resolution.grams(grid, flow.evolve(prepared, times))
    found = resolution.masses(grams, lambda k: coefficients[k])
    states = flow.evolve(prepared, times)
    for k in range(2):
        for i in range(5):
            state = sum(coefficients[k, i, a] * states[k, a] for a in range(3))
            assert found[:, k, i] == pytest.approx(slow_masses(grid, state), rel=LINEAR_FLOW)


def test_masses_of_many_nodes_go_in_blocks(rng, monkeypatch):
    grams = rng.normal(size=(2, 1, 3, 3)) + 1j * rng.normal(size=(2, 1, 3, 3))
    grams = grams @ grams.conj().swapaxes(-1, -2)
    coefficients = rng.normal(size=(23, 3)) + 1j * rng.normal(size=(23, 3))
    monkeypatch.setattr(resolution, "BLOCK", 5)
    found = resolution.masses(grams, lambda _: coefficients)
    for i, row in enumerate(coefficients):
        for number in range(2):
            expected = sum(row[a] * grams[number, 0, a, b] * row[b].conj() for a in range(3) for b in range(3)).real
            assert found[number, 0, i] == pytest.approx(expected, rel=ROUNDING)


def test_only_times_that_may_be_unresolved_are_looked_at(rng):
    grid, looked = GRIDS[1], []
    times, unitary = np.array([0.5, 1.5, 2.5]), np.linalg.qr(rng.normal(size=(3, 3)))[0]
    grams = np.stack([np.diag([size, 1e-13, 0.0]) for size in (0.9e-8, 1.1e-8, 0.0)])[None].repeat(2, axis=0) + 0j
    grams[1] *= 0.5

    def coefficients(k):
        looked.append(k)
        return unitary

    grams = unitary.T @ grams @ unitary  # node 0 is the one with the largest mass
    findings = resolution.survey(grid, grams, coefficients, times)
    assert looked == [1]
    assert [(each.kind, each.axis, each.node, each.time) for each in findings] == [("edge", 0, 0, 1.5)]
    assert findings[0].mass == pytest.approx(1.1e-8, rel=LINEAR_FLOW)
    assert resolution.survey(grid, grams, coefficients, times, largest=0.9) == []
    assert looked == [1]


# ---- a potential that depends on time -------------------------------------------------------------------------------

OMEGA, NU, FORCE = 0.9, 1.7, 0.6
CENTRES = [(-1.0, 0.3), (0.4, 0.5)]
LINE = wl.Grid(-8.0, 8.0, 80, hbar=0.8)


def driven_oscillator():
    _, drive = potentials.sample(LINE, f"{MASS * OMEGA**2 / 2!r}*x**2 - x*{FORCE}*sin({NU}*t)")
    start = np.array([wl.states.coherent(LINE, q, p, OMEGA, MASS) for q, p in CENTRES])
    return drive, start


def closed_form(time):
    flow = wl.exact.driven_coherent_flow
    return np.array([flow(LINE, q, p, time, FORCE, NU, OMEGA, MASS) for q, p in CENTRES])[:, None]


@pytest.mark.parametrize("time", [0.0, 0.8, 4.0])
def test_the_closed_form_of_the_driven_oscillator_solves_the_equation(time):
    model = wl.SchrodingerLohe(
        LINE, lambda x, t: MASS * OMEGA**2 / 2 * x**2 - x * FORCE * np.sin(NU * t), coupling=0.0, mass=MASS
    )
    h = 1e-3
    slope = sum(
        weight * closed_form(time + k * h) for k, weight in ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
    )
    expected = np.array([model.derivative(psi, time) for psi in closed_form(time)])
    assert np.abs(slope / h - expected).max() < BRUTE_FORCE
    assert np.abs(closed_form(0.0) - driven_oscillator()[1]).max() < ROUNDING


def test_the_closed_form_has_no_resonance():
    with pytest.raises(wl.InvalidInputError, match="`drive_frequency` must differ from `frequency`"):
        wl.exact.driven_coherent_flow(LINE, 0.0, 0.0, 1.0, force=1.0, drive_frequency=-0.7, frequency=0.7)


def test_steps_are_of_order_four():
    drive, start = driven_oscillator()
    flow = Driven(LINE, drive, MASS, 1e-10)
    errors = []
    for count in (5, 10, 20):
        states = start
        for k in range(count):
            states = flow.step(states, flow.gauss(2.0 * k / count, 2.0 / count), 2.0 / count)
        errors.append(largest_norm(LINE, states - closed_form(2.0)))
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert slopes[-1] == pytest.approx(4.0, abs=ORDER)


@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-7])
def test_the_error_of_a_run_stays_within_ten_tolerances(rtol):
    drive, start = driven_oscillator()
    flow = Driven(LINE, drive, MASS, rtol)
    times = np.array([0.3, 2.0, 9.0])
    found = flow.evolve(flow.prepare(start), times)
    errors = [largest_norm(LINE, states - closed_form(time)) for states, time in zip(found, times, strict=True)]
    assert max(errors) < 10 * rtol
    assert errors[-1] > rtol / 100  # and no work is wasted on more


def test_the_error_is_seen_where_integrals_of_the_potential_are_exact():
    """V linear in t: every quadrature agrees, and only the comparison of states tells the error."""
    (x,) = LINE.axes
    rtol = 1e-7
    flow = Driven(LINE, lambda t: MASS * OMEGA**2 / 2 * x**2 * (1 + 2 * t), MASS, rtol)
    _, start = driven_oscillator()
    expected = start
    for k in range(100):
        expected = flow.step(expected, flow.gauss(k * 0.02, 0.02), 0.02)
    error = largest_norm(LINE, flow.evolve(flow.prepare(start), np.array([2.0]))[0] - expected)
    assert rtol / 100 < error < 10 * rtol


def test_a_flow_that_creeps_towards_a_pole_of_the_potential_ends(monkeypatch):
    (x,) = LINE.axes
    monkeypatch.setattr(driven, "MANY", 200)
    flow = Driven(LINE, lambda t: x**2 / 2 / (0.5 - t), 1.0, 1e-5)
    with pytest.raises(wl.SolverError, match=r"changes too fast at t = 0.4999\d*; try one that is smoother there"):
        flow.evolve(flow.prepare(driven_oscillator()[1]), np.array([0.2, 1.0]))


def test_a_driven_oscillator_follows_its_closed_form():
    drive, start = driven_oscillator()
    flow = Driven(LINE, drive, MASS, 1e-11)
    prepared = flow.prepare(start)
    for time in (0.0, 0.5, 1.0, 0.7):
        found = flow.evolve(prepared, np.array([time]))[0]
        assert largest_norm(LINE, found - closed_form(time)) < DRIVEN


def test_tolerances_do_not_depend_on_the_unit_of_time(count):
    """The same problem with all times a billion times shorter: the same transforms, and the same states."""
    drive, start = driven_oscillator()
    found, made = [], []
    for unit in (1.0, 2.0**-30):
        grid = wl.Grid(LINE.lower, LINE.upper, LINE.points, hbar=LINE.hbar / unit)
        flow = Driven(grid, lambda t, unit=unit: drive(t / unit) / unit**2, MASS, 1e-6)
        count[0] = 0
        found.append(flow.evolve(flow.prepare(start), np.array([1.0 * unit])))
        made.append(count[0])
    assert made[0] == made[1]
    assert largest_norm(LINE, found[0] - found[1]) < LINEAR_FLOW


@pytest.mark.parametrize("jump", [0.11, 0.301, 0.3, 0.4321])
def test_a_potential_that_jumps_is_carried_through(jump):
    """V = m omega^2 x^2 / 2 with a constant more until some time: a phase."""
    (x,) = LINE.axes
    flow = Driven(LINE, lambda t: MASS * OMEGA**2 / 2 * x**2 + 2.0 * (t < jump), MASS, 1e-6)
    _, start = driven_oscillator()
    found = flow.evolve(flow.prepare(start), np.array([0.6]))[0]
    exact = [wl.exact.coherent_flow(LINE, q, p, 0.6, OMEGA, MASS) for q, p in CENTRES]
    expected = np.exp(-2j * jump / LINE.hbar) * np.array(exact)[:, None]
    assert largest_norm(LINE, found - expected) < 10 * 1e-6


def test_a_drive_that_stands_still_is_the_static_flow(rng):
    grid = GRIDS[3]
    potential = mixed_potential(grid)
    still, flow = Driven(grid, lambda _: potential, MASS, 1e-6), Chebyshev(grid, potential, MASS)
    basis, times = functions(rng, grid), np.array([0.4, 3.0])
    found = still.evolve(still.prepare(basis), times)
    assert largest_norm(grid, found - flow.evolve(flow.prepare(basis), times)) < LINEAR_FLOW


def test_a_run_to_where_the_potential_ends_says_so():
    start, drive = potentials.sample(LINE, "0.5*x**2*sqrt(1 - t)")
    flow = linear_flow(LINE, start, drive, MASS, 1e-3)
    prepared = flow.prepare(driven_oscillator()[1])
    with pytest.raises(
        wl.SolverError, match=r"at t = 1\.[0-9]*, `potential` must be finite on the grid, but it is nan"
    ):
        flow.evolve(prepared, np.array([1.5]))


def test_coherent_states_keep_their_closed_form_in_three_dimensions():
    grid = wl.Grid([-9.0] * 3, [9.0] * 3, [54, 57, 55])
    psi = wl.states.coherent(grid, [[0.3, -0.2, 0.1]], [[0.2, 0.1, -0.3]])[:, None]
    lines = [wl.Grid(low, high, n) for low, high, n in zip(grid.lower, grid.upper, grid.points, strict=True)]
    sides = [(0.3, 0.2), (-0.2, 0.1), (0.1, -0.3)]
    factors = [wl.exact.coherent_flow(line, q, p, 1.7) for line, (q, p) in zip(lines, sides, strict=True)]
    flow = linear_flow(grid, sum(axis**2 for axis in grid.mesh) / 2, None, 1.0, 1e-10)
    found = flow.evolve(flow.prepare(psi), np.array([1.7]))[0, 0, 0]
    assert np.abs(found - np.einsum("i,j,k->ijk", *factors)).max() < COHERENT
