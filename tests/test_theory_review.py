"""Data on which checks of statements went wrong, or could: special, extreme, and many nodes."""

import warnings
from functools import cache

import numpy as np
import pytest

import wignerlohe as wl
from theory_runs import TIMES, line, packets, seen
from tolerances import BY_REDUCTION, SUMMED
from wignerlohe.theory import STATEMENTS, contraction, differences, terms
from wignerlohe.theory.evidence import Evidence
from wignerlohe.theory.hypotheses import bounded
from wignerlohe.theory.motion import fitted_rate
from wignerlohe.theory.statement import HOLDS, INCONCLUSIVE, VIOLATED, Accuracy, at_most, equal, statement, verdict
from wignerlohe.theory.text import distance

FINE = Accuracy(1e-6, "a guess")
WELL = "0.5*x**2"


def one_density():
    """Nodes of the same density operator that differ by their purifications."""
    grid = line()
    parts = np.array([[1, 0], [np.cos(0.6), np.sin(0.6)], [np.cos(0.4), -1j * np.sin(0.4)]])
    return wl.solve(wl.WignerLohe(grid, WELL, coupling=1.0), parts[:, :, None] * packets(grid, 1), TIMES)


def one_function():
    """Functions on phase space that differ by numbers alone."""
    grid = line(points=41, size=7.5)
    phase = np.exp(1j * np.array([0.0, 0.4, -0.3]))
    z = phase[:, None] * phase.conj()
    w = z[:, :, None, None] * wl.wigner(grid, packets(grid, 1)[0])
    return wl.solve(wl.WignerLohe(grid, WELL, coupling=1.0), w, TIMES)


def hardly_begun():
    """A strong potential and a weak coupling, far from any limit."""
    grid = line()
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=0.02), packets(grid, 3), TIMES)


def opposite():
    """A fixed point of (20)."""
    return wl.solve(wl.Correlations(1.0), [[1.0, -1.0], [-1.0, 1.0]], TIMES)


def opposite_states():
    ground = wl.states.fock(line(), level=[[0]])[0]
    return wl.solve(wl.SchrodingerLohe(line(), WELL, coupling=1.0), np.array([ground, -ground]), TIMES)


def almost_orthogonal():
    """D(0) = 0.999: constants such as e^{2 alpha} overflow."""
    grid, share = line(), 1e-3
    first, second = wl.states.fock(grid, level=[[0], [1]])
    psi = np.array([first, share * first + np.sqrt(1 - share**2) * second])
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0), psi, TIMES)


def almost_equal():
    """D(0) = 1e-8."""
    grid = line()
    psi = wl.states.gaussian(grid, [0.0, 1e-4, 2e-4])
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0), psi, TIMES)


def growing():
    """A bounded potential that grows with time."""
    grid = line(points=61)
    return wl.solve(wl.WignerLohe(grid, "(1 + 9*t)*tanh(x)/4", coupling=1.0), packets(grid, 2), [0.0, 0.3])


def many():
    grid, rng = line(points=33, size=7.0), np.random.default_rng(3)
    psi = wl.states.gaussian(grid, position=rng.normal(0, 0.2, 15), momentum=rng.normal(0, 0.2, 15))
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0), psi, TIMES)


@cache
def evidence(run):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.errors.UnresolvedWarning)  # what is not resolved is inconclusive
        return Evidence(run())


def row(run, name, **constants):
    return STATEMENTS[name].changed(**constants).check(evidence(run))


# ---- all statements on strange data ---------------------------------------------------------------------------------


DERIVATIVES = ("Lemma 4.3, derivative", "Lemma A.3, derivative, printed", "Lemma A.3, derivative, mended")
STRANGE = {
    opposite: tuple(STATEMENTS),
    opposite_states: (*DERIVATIVES, "(41)-(43), printed", "S4"),
    almost_orthogonal: ("S10", "Lemma 2.5 (1), as used in 3.2, mended", "(30), printed"),
    almost_equal: ("(39), mended", "S3", "S1, correlations", "S6"),
}


@pytest.mark.parametrize("run", STRANGE)
def test_nothing_true_is_violated_nothing_false_holds_and_margins_are_numbers(run):
    rows = [row(run, name) for name in STRANGE[run]]
    assert not [each.statement for each in rows if each.verdict == VIOLATED and not each.printed]
    assert not [each.statement for each in rows if each.verdict == HOLDS and each.printed]
    judged = [each for each in rows if each.verdict in (HOLDS, VIOLATED)]
    assert np.isfinite([(each.margin, each.accuracy) for each in judged]).all()


# ---- rates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [one_density, one_function])
@pytest.mark.parametrize("name", ["Theorem 3.1", "(28)"])
def test_distances_decay_twice_as_fast_where_leading_terms_vanish(run, name):
    found = row(run, name)
    assert found.verdict == HOLDS
    assert found.bound == 1.0
    assert {row(run, name, rate=0.5 * factor).verdict for factor in (0.98, 1.02)} == {VIOLATED}


def test_a_rate_is_not_told_before_it_is_reached():
    assert row(hardly_begun, "Theorem 3.1").verdict == INCONCLUSIVE


@pytest.mark.parametrize("length", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("share", [-0.5, 0.5])
def test_the_error_of_a_rate_has_room_for_transients(length, share):
    times = np.linspace(0, length, 41)
    found = fitted_rate(times, np.exp(-times / 2) * (1 + share * np.exp(-times / 2)), np.zeros(41))
    assert abs(found.value - 0.5) <= found.error


# ---- verdicts -------------------------------------------------------------------------------------------------------


def test_entries_without_a_scale_tell_nothing():
    assert verdict(equal([1e-17, 1.0], [0.0, 1.0], FINE, [0.0, 1.0], i=range(2))) == HOLDS
    assert verdict(equal([1e-17, 1.1], [0.0, 1.0], FINE, [0.0, 1.0], i=range(2))) == VIOLATED
    assert verdict(equal([1e-17, np.nan], [0.0, 1.0], FINE, [0.0, 1.0], i=range(2))) == VIOLATED
    rough = Accuracy(np.array([1e-6, np.inf]), "the second is not known")
    assert verdict(equal([1e-17, 1.0], [0.0, 1.0], rough, [0.0, 1.0], i=range(2))) == INCONCLUSIVE


def test_a_bound_that_overflows_is_a_bound():
    found = at_most([0.5, 1.0], [np.inf, 4.0], FINE, i=range(2))
    assert (verdict(found), found.margin) == (HOLDS, 0.75)
    assert verdict(at_most(np.nan, np.inf, FINE)) == VIOLATED


def test_what_is_false_does_not_hold():
    @statement("Remark 9, printed", "a test", source="nowhere")
    def remark(_):
        """``1 <= 2``."""
        return at_most(1.0, 2.0, FINE)

    found = remark.check(None)
    assert found.verdict == INCONCLUSIVE
    assert "false in general" in found.note


def test_room_is_told_from_rounding():
    @statement("Remark 9", "a test", source="nowhere")
    def remark(_, *, measured=1.0):
        """``measured <= 1``."""
        return at_most(measured, 1.0, FINE)

    assert distance(remark.changed(measured=1 - 1e-9).check(None)) == "equal to 1.0e-09"
    assert distance(remark.changed(measured=1e-5).check(None)) == "room 100 %"


def test_where_each_statement_stands_names_its_section_once():
    sources = [each.source for each in STATEMENTS.values()]
    begins = [source for before, source in zip(["", *sources], sources, strict=False) if source != before]
    assert len(begins) == len(set(begins))
    assert all(source.startswith(("section ", "appendix", "beyond the paper", "the open problem")) for source in begins)


# ---- potentials that depend on time ---------------------------------------------------------------------------------


def test_a_potential_is_bounded_at_all_times_or_not_at_all():
    assert row(growing, "Theorem A.1, B on functions").verdict == HOLDS
    assert bounded(evidence(growing)).met
    grid = line(points=41)
    escaping = wl.solve(wl.WignerLohe(grid, "0.1*t*x**2", coupling=1.0), packets(grid, 2), [0.0, 0.5])
    assert not bounded(Evidence(escaping)).met  # flat at t = 0


# ---- many nodes, against definitions --------------------------------------------------------------------------------


@pytest.mark.parametrize("run", ["four", "mixed", "factors", "stepped"])
def test_sums_over_all_nodes_by_transforms_of_their_means(run):
    about, chosen = seen(run), [(0, 1), (1, 0), (1, 1)]
    n, time = about.count, 0.7
    w, gain, loss = terms.with_others(about, about.solution, chosen, time)
    every = about.functions(time)
    z = about.space.integral(every)
    for k, (i, j) in enumerate(chosen):
        expected = sum(every[i, m] + every[m, j] for m in range(n)) / n
        assert about.space.norm(w[k] - every[i, j]) < SUMMED
        assert about.space.norm(gain[k] - expected) < SUMMED
        assert abs(loss[k] - sum(z[i, m] + z[m, j] for m in range(n)) / n) < SUMMED


@pytest.mark.parametrize("run", ["four", "bounded"])
def test_what_moves_pure_nodes_at_first_is_known_from_their_energies(run, monkeypatch):
    found = terms.start(seen(run))
    monkeypatch.setattr(terms, "pure", lambda _: False)
    expected = terms.start.__wrapped__(seen(run))
    assert abs(found.transported / expected.transported - 1) < BY_REDUCTION
    assert abs(found.moved / expected.moved - 1) < BY_REDUCTION


def test_distances_of_all_pairs_of_functions_are_looked_at():
    assert row(many, "S6").verdict == HOLDS
    assert row(many, "S6", product=1.02).verdict == VIOLATED
    assert "4 of 15 nodes" in row(many, "S6").note


def test_some_pairs_and_the_furthest_stand_for_many(monkeypatch):
    monkeypatch.setattr(differences, "MOST_TRIPLES", 1500)
    about = Evidence(evidence(many).solution)
    found, d = differences.rows(about), about.start.deviation[0]
    assert len(found.i) < 210
    assert np.abs(d[found.i, found.j]).max() == np.abs(d).max()
    for name in ("(18)", "(31)", "(35)", "S10"):
        checked = STATEMENTS[name].check(about)
        assert checked.verdict == HOLDS
    assert "of 210 pairs" in STATEMENTS["(18)"].check(about).note


def test_data_of_some_nodes_stand_for_many(monkeypatch):
    monkeypatch.setattr(contraction, "MOST_NODES", 4)
    for name in ("Theorem 4.1 (1), uniqueness", "(41), mended", "(43), mended", "Theorem A.2 (1)"):
        assert row(many, name).verdict == HOLDS
        assert "4 of 15 nodes" in row(many, name).note
