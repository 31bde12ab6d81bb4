"""Fields on phase space by splitting: its parts against loops, runs against closed forms and independent solvers."""

import tracemalloc

import array_api_strict
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import wignerlohe as wl
from tolerances import (
    BLOW_UP_TIME,
    DRIVEN_FIELDS,
    FIELD_LOOP,
    FIELDS_BLOCKS,
    FIELDS_PLAIN,
    FIELDS_QUARTIC,
    FIELDS_ROTATED,
    FIELDS_SAME,
    ORDER,
    ORDER_TWO,
    PLANE,
)
from wignerlohe import fft
from wignerlohe.coupling.base import Cost
from wignerlohe.coupling.step import NodeMap
from wignerlohe.coupling.system import System
from wignerlohe.operators.equations import derivative_general, derivative_identical
from wignerlohe.potentials import evaluate
from wignerlohe.splitting import phase_space_flow, phase_space_nodes
from wignerlohe.splitting.phase_space import FieldState, PhaseSpaceStep
from wignerlohe.splitting.phase_space_edges import shares
from wignerlohe.splitting.phase_space_flow import PhaseSpaceFlow
from wignerlohe.splitting.phase_space_nodes import Layout, PairMap, is_hermitian


def sampler(potential):
    """V at arrays of coordinates and a time."""
    return lambda coordinates, time: evaluate(potential, coordinates, time)


HARMONIC, QUARTIC, SOFT = map(sampler, ("0.5*x**2", "0.05*x**4 - 0.3*x**2", "cos(0.9*x) + 0.1*x**2"))


def wells(count):
    """Potentials of their own, not quadratic."""
    return [f"{0.4 + 0.3 * node}*cos(0.7*x + {0.5 * node}) + 0.1*x**2" for node in range(count)]


def run(step, *times, rtol=1e-10):
    states, event = step.evolve(step.start(), np.array(times), rtol, Cost())
    assert event is None
    return states


def matrix(step, state):
    """All fields of a state, (N, N, ...)."""
    nodes = range(step.count)
    return np.array([[step.w(state, i, j) for j in nodes] for i in nodes])


def box(nx=26, nv=27, size=5.5, hbar=1.0):
    return wl.PhaseSpace(-size, size, nx, -size, size, nv, hbar=hbar)


def bumps(rng, space, count, hermitian):
    """Gaussians with complex amplitudes, a centre for each pair, z_ii near 1."""
    x, p = space.x[0][:, None], space.p[0]
    w = np.empty((count, count, *space.shape), dtype=complex)
    for i, j in np.ndindex(count, count):
        q, v = rng.uniform(-0.5, 0.5, size=2)
        amplitude = 1.0 if i == j else rng.uniform(0.2, 0.8) * np.exp(1j * rng.uniform(0, 1))
        w[i, j] = amplitude * np.exp(-((x - q) ** 2) - (p - v) ** 2) / np.pi
    if hermitian:
        w = (w + w.swapaxes(0, 1).conj()) / 2
    return w


# -- parts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("nx", "nv"), [(5, 7), (6, 8), (7, 6)])
@pytest.mark.parametrize("budget", [2**26, 0])
def test_both_parts_are_their_definitions(rng, monkeypatch, nx, nv, budget):
    monkeypatch.setattr(phase_space_flow, "TABLES", budget)  # 0: phases in slabs, as for very large fields
    space = wl.PhaseSpace(-1.1, 2.0, nx, -1.7, 1.9, nv, hbar=0.8)
    potentials = [sampler("x**3 + t*x"), sampler("sin(x)")]
    left, right, mass, h, s = np.array([0, 0, 1]), np.array([0, 1, 0]), 1.3, 0.21, 0.17
    w = rng.normal(size=(3, nx, nv)) + 1j * rng.normal(size=(3, nx, nv))
    fields = w.copy()
    flow = PhaseSpaceFlow(space, potentials, True, mass, left, right, w)
    flow.enter(fields)
    flow.carry(fields, [h], [s], 0.4)
    flow.leave(fields)

    def numbers(n):  # of modes; the one without a partner counts as 0 in phases
        found = np.fft.fftfreq(n, 1 / n).round()
        return found, np.where((n % 2 == 0) & (found == -n // 2), 0, found)

    (x,), (p,) = space.x, space.p
    for m in range(3):
        moved = np.zeros((nx, nv), dtype=complex)
        for mode, counted in zip(*numbers(nx), strict=True):
            for b in range(nv):
                wave = np.exp(2j * np.pi * mode * np.arange(nx) / nx)
                k = 2 * np.pi * counted / (space.x_upper[0] - space.x_lower[0])
                moved[:, b] += wave * (w[m, :, b] @ wave.conj()) / nx * np.exp(-1j * k * p[b] * h / mass)
        turned = np.zeros((nx, nv), dtype=complex)
        for mode, counted in zip(*numbers(nv), strict=True):
            for a in range(nx):
                wave = np.exp(-2j * np.pi * mode * np.arange(nv) / nv)  # e^{-i p y / hbar}, but for a constant phase
                y = 2 * np.pi * space.hbar * counted / (space.p_upper[0] - space.p_lower[0])
                ahead, behind = (
                    potentials[node]([x[a] + z], 0.4 + h) for node, z in ((left[m], y / 2), (right[m], -y / 2))
                )
                phase = np.exp(-1j / space.hbar * (ahead - behind) * s)
                turned[a] += wave * (moved[a] @ wave.conj()) / nv * phase
        assert np.abs(fields[m] - turned).max() < FIELD_LOOP


@pytest.mark.parametrize("hermitian", [True, False])
@pytest.mark.parametrize(("x_points", "rest"), [((6,), (5,)), ((5, 4), (3, 7)), ((7,), (130,))])
@pytest.mark.parametrize("smallest", [0, 2**60])
def test_maps_of_pairs(rng, monkeypatch, hermitian, x_points, rest, smallest):
    monkeypatch.setattr(phase_space_nodes, "COMPILED", smallest)
    count, x_axes = 4, tuple(range(2, 2 + len(x_points)))

    def some(*shape):
        return rng.normal(size=shape) + 1j * rng.normal(size=shape)

    w = some(count, count, *x_points, *rest)
    left = right = NodeMap(some(count), some(count, 2), some(count, 3)[:, :2])
    if hermitian:
        w, right = w + w.swapaxes(0, 1).conj(), left.conj()
    layout = Layout(count, is_hermitian(w))
    assert layout.hermitian == hermitian
    fields = np.fft.fftn(layout.pack(w), axes=tuple(axis - 1 for axis in x_axes))
    PairMap(layout, x_points, fields)(fields, left, right)
    expected = np.zeros_like(w)
    G, H = left.matrix(), right.matrix()
    for i, j, k, m in np.ndindex(count, count, count, count):
        expected[i, j] += G[i, k] * H[j, m] * w[k, m]
    found = np.fft.ifftn(fields, axes=tuple(axis - 1 for axis in x_axes))
    assert np.abs(found - layout.pack(expected)).max() < FIELD_LOOP * np.abs(expected).max()


def test_layout_names_every_pair(rng):
    w = rng.normal(size=(5, 5, 2)) + 1j * rng.normal(size=(5, 5, 2))
    for values in (w, w + w.swapaxes(0, 1).conj()):
        layout = Layout(5, is_hermitian(values))
        packed = layout.pack(values)
        assert len(packed) == layout.fields == (15 if layout.hermitian else 25)
        for i, j in np.ndindex(5, 5):
            number, conjugate = layout.number(i, j)
            assert np.array_equal(packed[number].conj() if conjugate else packed[number], values[i, j])
        assert np.array_equal(layout.matrix(packed[:, 0]), values[:, :, 0])


# -- the linear equation --------------------------------------------------------------------------------------------


def test_harmonic_flow_is_the_classical_rotation():
    space = wl.PhaseSpace(-7.5, 7.5, 62, -7.0, 8.0, 63, hbar=0.7)
    x, p = space.x[0][:, None], space.p[0]

    def data(x, p):
        return np.array([np.exp(-((x - 1) ** 2) - (p + 0.4) ** 2), (x + 1j * p) * np.exp(-(x**2) - p**2 + 0.5j * x)])

    for state in run(PhaseSpaceStep(space, [HARMONIC], data(x, p) + 0j), 0.9, 2.3, rtol=1e-12):
        c, s = np.cos(state.time), np.sin(state.time)
        assert np.abs(state.fields - data(c * x - s * p, c * p + s * x)).max() < FIELDS_ROTATED


@pytest.mark.parametrize("rtol", [1e-6, 1e-10])
def test_quartic_flow_is_that_of_wave_functions_to_the_tolerance(rtol):
    grid = wl.Grid(-8.0, 8.0, 120, hbar=0.9)
    psi = wl.states.gaussian(grid, [-0.7, 0.5], [0.3, -0.4]).astype(complex)
    exact = wl.solve(wl.SchrodingerLohe(grid, "0.05*x**4 - 0.3*x**2", coupling=0.0, mass=1.2), psi, [0.0, 0.8])
    expected = wl.wigner(grid, *exact.wavefunctions(0.8))
    step = PhaseSpaceStep(grid.phase_space, [QUARTIC], wl.wigner(grid, *psi)[None], mass=1.2)
    (state,) = run(step, 0.8, rtol=rtol)
    error = np.linalg.norm(state.fields[0] - expected) / np.linalg.norm(expected)
    assert error < (FIELDS_QUARTIC if rtol == 1e-10 else 10 * rtol)
    assert step.drift(state) < FIELDS_SAME


def test_a_coupled_quartic_in_the_plane():
    """Wave functions need a wide box for ten digits; their Wigner functions a part of its phase space, coarser in p."""
    grid = wl.Grid([-9.6, -9.6], [9.6, 9.6], [60, 62])
    psi = wl.states.gaussian(grid, [[0.2, -0.1]], [[0.1, 0.2]]).astype(complex)
    potential = "0.3*r2 + 0.05*x**2*y**2 + 0.1*x*y**2"
    exact = wl.solve(wl.SchrodingerLohe(grid, potential, coupling=0.0), psi, [0.2])
    half_x, half_p = (16, 17), (17, 16)
    parts = [slice(n // 2 - h, n // 2 + h) for n, h in zip(grid.points, half_x, strict=True)]
    parts += [slice(n - 2 * h, n + 2 * h, 2) for n, h in zip(grid.points, half_p, strict=True)]
    start, expected = (wl.wigner(grid, *nodes)[tuple(parts)].copy() for nodes in (psi, exact.wavefunctions(0.2)))
    axes = [axis[part] for axis, part in zip((*grid.phase_space.x, *grid.phase_space.p), parts, strict=True)]
    lower, upper = zip(*((axis[0], 2 * axis[-1] - axis[-2]) for axis in axes), strict=True)
    space = wl.PhaseSpace(lower[:2], upper[:2], start.shape[:2], lower[2:], upper[2:], start.shape[2:])
    step = PhaseSpaceStep(space, [sampler(potential)], start[None].astype(complex), order=6, step=0.1)
    (state,) = run(step, 0.2)
    assert np.abs(state.fields[0] - expected).max() < PLANE * np.abs(expected).max()


def test_a_driven_oscillator_moves_along_its_path():
    space = box(54, 57, 8.0)
    x, p = space.x[0][:, None], space.p[0]
    step = PhaseSpaceStep(space, [sampler("0.5*x**2 - x*sin(2*t)")], np.exp(-(x**2) - p**2)[None], driven=True)
    for state in run(step, 0.5, 1.4, rtol=1e-11):
        t = state.time  # q'' = -q + sin 2t from rest
        q, v = (2 * np.sin(t) - np.sin(2 * t)) / 3, (2 * np.cos(t) - 2 * np.cos(2 * t)) / 3
        assert np.abs(state.fields[0] - np.exp(-((x - q) ** 2) - (p - v) ** 2)).max() < DRIVEN_FIELDS


def test_a_step_back_undoes_a_step_forth(rng):
    space = box()
    w = rng.normal(size=(2, *space.shape)) + 1j * rng.normal(size=(2, *space.shape))
    for order in (2, 4, 6):
        step = PhaseSpaceStep(space, [QUARTIC], w, order=order)
        fields = w.copy()
        step._advance(fields, 0.0, [(0.31, 2)], Cost())
        assert np.abs(fields - w).max() > 0.1
        step._advance(fields, 0.62, [(-0.31, 2)], Cost())
        assert np.abs(fields - w).max() < FIELDS_ROTATED


# -- with the coupling ------------------------------------------------------------------------------------------------


def maps_by_steps(z, kappa, weights, detuning, divide, time):
    """G and H of S1, from their equations."""
    count = len(z)

    def derivative(_, y):
        G, H = y.reshape(2, count, count)
        Z = G @ z @ H
        norms = np.diag(Z) if divide else np.ones(count)
        a, b = (weights * Z).sum(axis=1) / count / norms, (weights * Z.T).sum(axis=1) / count / norms
        left = kappa / 2 * (weights / count - np.diag(a)) - 1j * np.diag(detuning)
        right = kappa / 2 * (weights.T / count - np.diag(b)) + 1j * np.diag(detuning)
        return np.array([left @ G, H @ right]).ravel()

    start = np.array([np.eye(count)] * 2, dtype=complex).ravel()
    return solve_ivp(derivative, (0, time), start, "DOP853", rtol=1e-13, atol=1e-14).y[:, -1].reshape(2, count, count)


@pytest.mark.parametrize("divide", [True, False])
def test_gaussian_blocks_of_any_amplitude_in_closed_form(rng, divide):
    count, time, kappa = 3, 1.1, 0.9
    space = box(46, 49, 7.0)
    x, p = space.x[0][:, None], space.p[0]
    centres, amplitudes = rng.uniform(-0.8, 0.8, size=(2, count, count)), rng.normal(size=(count, count)) + 1j

    def blocks(x, p):
        q, v = centres[:, :, :, None, None]
        return amplitudes[:, :, None, None] * np.exp(-((x - q) ** 2) - 0.8 * (p - v) ** 2)

    weights = rng.uniform(-0.5, 1.0, size=(count, count))
    detuning = rng.normal(size=count)
    step = PhaseSpaceStep(space, [HARMONIC], blocks(x, p), System(kappa, detuning, weights), divide=divide)
    c, s = np.cos(time), np.sin(time)
    z = step.correlation(step.start())
    G, H = maps_by_steps(z, kappa, weights, detuning, divide, time)
    expected = np.einsum("ik,klxp,lj->ijxp", G, blocks(c * x - s * p, c * p + s * x), H)
    (state,) = run(step, time, rtol=1e-11)
    assert np.abs(matrix(step, state) - expected).max() < FIELDS_BLOCKS * np.abs(expected).max()
    assert step.drift(state) < FIELDS_SAME if divide else True


@pytest.mark.parametrize(("count", "hermitian", "networked"), [(2, True, False), (3, False, True), (3, True, True)])
def test_different_potentials_against_the_equations_as_they_stand(rng, count, hermitian, networked):
    space, kappa, mass, time = box(hbar=0.8), 0.8, 1.1, 0.4
    potentials = wells(count)
    detuning = rng.normal(size=count) if networked else None
    network = rng.uniform(-0.4, 1.0, size=(count, count)) * (1 - np.eye(count)) if networked else None
    w = bumps(rng, space, count, hermitian)

    def derivative(_, y):
        fields = y.reshape(w.shape)
        return derivative_general(
            space, fields, potentials, coupling=kappa, mass=mass, detuning=detuning, network=network
        ).ravel()

    expected = solve_ivp(derivative, (0, time), w.ravel(), "DOP853", rtol=1e-12, atol=1e-13).y[:, -1].reshape(w.shape)
    system = System(kappa, detuning, 1.0 if network is None else network)
    step = PhaseSpaceStep(space, [sampler(own) for own in potentials], w, system, mass=mass)
    states = run(step, time / 3, time, rtol=1e-10)
    assert np.abs(matrix(step, states[-1]) - expected).max() < FIELDS_PLAIN
    z = step.correlation(states[-1])
    assert np.abs(np.exp(step.pairs(states).log_deviation()[-1]) - (1 - z)).max() < FIELDS_SAME
    assert np.abs(step.mean_field(states)[-1] - z.mean(axis=1)).max() < FIELDS_SAME
    assert step.drift(states[-1]) < FIELDS_SAME


def test_a_driven_potential_without_division_against_the_equations_as_they_stand(rng):
    space = box()
    w = bumps(rng, space, 2, hermitian=False)

    def derivative(t, y):
        fields = y.reshape(w.shape)
        return derivative_identical(space, fields, "cos(0.7*x + t)", coupling=0.9, time=t).ravel()

    expected = solve_ivp(derivative, (0, 0.5), w.ravel(), "DOP853", rtol=1e-12, atol=1e-13).y[:, -1].reshape(w.shape)
    moving = [sampler("cos(0.7*x + t)")]
    for potentials in (moving, 2 * moving):
        step = PhaseSpaceStep(space, potentials, w, System(0.9, None, 1.0), divide=False, driven=True)
        assert np.abs(matrix(step, run(step, 0.5)[0]) - expected).max() < FIELDS_PLAIN


def test_pure_nodes_are_those_of_the_separation():
    grid = wl.Grid(-8.0, 8.0, 110)
    psi = wl.states.gaussian(grid, [-0.8, 0.5, 0.1], [0.3, -0.4, 0.2]).astype(complex)
    solution = wl.solve(wl.SchrodingerLohe(grid, "0.05*x**4 - 0.3*x**2", coupling=1.3), psi, [0.4, 0.9], rtol=1e-12)
    pairs = [(i, j) for i in range(3) for j in range(3)]

    def all_pairs(functions):
        return np.array([wl.wigner(grid, functions[i], functions[j]) for i, j in pairs]).reshape(
            3, 3, *grid.phase_space.shape
        )

    step = PhaseSpaceStep(grid.phase_space, [QUARTIC], all_pairs(psi), System(1.3, None, 1.0))
    states = run(step, 0.4, 0.9, rtol=1e-11)
    for state in states:
        assert np.abs(matrix(step, state) - all_pairs(solution.wavefunctions(state.time))).max() < FIELDS_QUARTIC
    assert np.abs(np.exp(step.pairs(states).log_deviation()) - solution.deviation).max() < FIELDS_QUARTIC


@pytest.mark.parametrize("common", [True, False])
@pytest.mark.parametrize("order", [2, 4])
def test_orders(rng, common, order):
    space = box(36, 35, 6.0)
    w = bumps(rng, space, 2, hermitian=True)
    potentials = [SOFT] if common else list(map(sampler, wells(2)))
    counts = np.array([10, 18, 32, 56, 100]) // (order // 2)

    def final(**how):
        step = PhaseSpaceStep(space, potentials, w, System(1.5, None, 1.0), **how)
        return run(step, 1.0)[0].fields

    exact = final(order=6, step=1 / 60)
    errors = [np.linalg.norm(final(order=order, step=1 / count) - exact) for count in counts]
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert abs(slope - order) < (ORDER if order == 4 else ORDER_TWO)


def test_many_fields_follow_one_combination_of_them(rng, monkeypatch):
    monkeypatch.setattr(phase_space_flow, "CACHED", 1)  # one field at a time, in threads, as for large ones
    monkeypatch.setattr(fft, "THREADED", 2000)
    space = box(36, 35, 6.0)
    w = bumps(rng, space, 4, hermitian=True)  # ten fields
    system = System(0.7, None, 1.0)
    state = run(PhaseSpaceStep(space, [SOFT], w, system), 0.7, rtol=1e-8)[0]
    exact = run(PhaseSpaceStep(space, [SOFT], w, system, step=1 / 60), 0.7)[0]
    error = np.linalg.norm(state.fields - exact.fields) / np.linalg.norm(exact.fields)
    assert error < 10 * 1e-8
    assert error < 10 * state.error


@pytest.mark.parametrize("common", [True, False])
def test_a_run_cut_and_resumed_has_the_same_bits(rng, common):
    space = box(24, 23)
    w = bumps(rng, space, 3, hermitian=not common)
    potentials = [QUARTIC] if common else list(map(sampler, wells(3)))
    step = PhaseSpaceStep(space, potentials, w, System(0.7, None, 1.0))
    whole = run(step, 0.2, 0.5, 0.6, rtol=1e-8)
    arrays = {name: values for name, (_, values) in step.entries(whole).items()}
    middle = step.restore(np.array([0.2, 0.5, 0.6]), arrays)[1]
    (last,), _ = step.evolve(middle, np.array([0.6]), 1e-8, Cost())
    assert np.array_equal(last.fields, whole[-1].fields)
    assert (last.step, last.error) == (whole[-1].step, whole[-1].error)
    assert np.array_equal(
        step.start().fields,
        step.restore(np.zeros(1), {k: v[1] for k, v in step.entries([step.start()]).items()})[0].fields,
    )


@pytest.mark.parametrize("common", [True, False])
def test_blow_up_times(common):
    space = box(12, 13, 4.0)
    x, p = space.x[0][:, None], space.p[0]
    z = np.full((3, 3), -0.8) + 1.8 * np.eye(3)
    gaussian = np.exp(-(x**2) - p**2)
    w = z[:, :, None, None] * gaussian / (space.cell * gaussian.sum())
    step = PhaseSpaceStep(space, [HARMONIC] * (1 if common else 3), w, System(1.0, None, 1.0))
    states, event = step.evolve(step.start(), np.array([0.5, 2.5]), 1e-8, Cost())
    assert len(states) == 1
    assert abs(event.time - np.log(6)) < BLOW_UP_TIME


@pytest.mark.parametrize(("own", "hermitian"), [(False, True), (True, False)])
def test_arrays_of_another_library(rng, own, hermitian):
    space = box(20, 21)
    w = bumps(rng, space, 2, hermitian)
    potentials, system = list(map(sampler, wells(2))) if own else [QUARTIC], System(0.7, None, 1.0)
    here = PhaseSpaceStep(space, potentials, w, system)
    there = PhaseSpaceStep(space, potentials, array_api_strict.asarray(w), system)
    expected, found = run(here, 0.1, 0.2), run(there, 0.1, 0.2)
    assert type(found[-1].fields) is type(there.w(found[-1], 1, 0)) is type(array_api_strict.asarray(w))
    assert np.abs(np.asarray(found[-1].fields) - expected[-1].fields).max() < FIELDS_SAME
    assert np.abs(there.correlation(found[-1]) - here.correlation(expected[-1])).max() < FIELDS_SAME
    arrays = {name: values for name, (_, values) in there.entries(found).items()}
    again = there.restore(np.array([0.1, 0.2]), arrays)[1]
    assert np.array_equal(np.asarray(again.fields), np.asarray(found[-1].fields))
    assert len(there.unresolved(found[-1])) == len(here.unresolved(expected[-1]))


# -- what else is promised -------------------------------------------------------------------------------------------


def test_every_end_of_every_axis_is_watched():
    space = wl.PhaseSpace(-6.0, 6.0, 48, -6.0, 6.0, 52)
    x, p = space.x[0][:, None], space.p[0]
    inside = np.exp(-(x**2) - p**2)
    cases = {
        ("edge", "x"): np.exp(-((x - 4.8) ** 2) - p**2),
        ("edge", "p"): np.exp(-(x**2) - (p + 4.8) ** 2),
        ("band", "x"): inside * np.cos(11.5 * x),
        ("band", "p"): inside * np.cos(12.0 * p),
    }
    for (kind, axis), field in cases.items():
        step = PhaseSpaceStep(space, [HARMONIC], np.array([inside, field]))
        found = step.unresolved(step.start())
        worst = max(found, key=lambda finding: finding.share)
        assert (worst.kind, worst.axis, worst.field) == (kind, axis, (1,))
        assert axis in worst.advice
    assert PhaseSpaceStep(space, [HARMONIC], inside[None]).unresolved(FieldState(0.0, inside[None])) == []
    assert shares(space, inside[None]).max() < 1e-10


@pytest.mark.parametrize("kind", ["one potential", "slabs", "own potentials"])
def test_memory_is_as_foretold(kind):
    space, how = wl.PhaseSpace(-8, 8, 256, -8, 8, 300), {"order": 2, "step": 0.1}
    packet = np.exp(-(space.x[0][:, None] ** 2) - space.p[0] ** 2) + 0j
    if kind == "own potentials":
        w = np.ones((8, 8, 1, 1)) * packet
        step, first = (
            PhaseSpaceStep(space, list(map(sampler, wells(8))), w, System(1.0, None, 1.0), **how) for _ in "ab"
        )
        first.evolve(first.start(), np.array([0.1]), 1e-4, Cost())  # loads what is compiled
    elif kind == "one potential":
        step = PhaseSpaceStep(space, [QUARTIC], np.ones((40, 1, 1)) * packet, **how)
    else:
        plane = wl.PhaseSpace([-8] * 2, [8] * 2, [40] * 2, [-8] * 2, [8] * 2, [40, 42])
        step = PhaseSpaceStep(plane, [sampler("x**2*y")], np.ones((1, *plane.shape), dtype=complex), **how)
        assert not step.flow.tabled
    state = step.start()
    tracemalloc.start()
    step.evolve(state, np.array([0.1]), 1e-4, Cost())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    foretold, data = sum(step.memory.values()), state.fields.nbytes
    assert abs(peak - foretold) < 0.1 * foretold
    assert peak + data < 2.5 * data
