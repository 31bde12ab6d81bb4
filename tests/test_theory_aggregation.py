"""Section 3 of the paper as statements: verdicts, constants that matter, and pieces against their definitions."""

import numpy as np
import pytest

from theory_runs import RUNS, breaks, breaks_far_off, check, mistaken, packets, seen, sharp, verdicts
from tolerances import INNER_PRODUCTS, PANELS, ROUNDING, SIZES
from wignerlohe.blocks import Blocks
from wignerlohe.nodes import Nodes
from wignerlohe.phase_fields import PhaseFields
from wignerlohe.stepped import Stepped
from wignerlohe.theory import aggregation
from wignerlohe.theory.aggregation import _largest_of_functions, largest_row
from wignerlohe.theory.diameter import motion, passage
from wignerlohe.theory.evidence import Evidence
from wignerlohe.theory.motion import fitted_rate, integrals, runge_kutta
from wignerlohe.theory.sizes import products, row_squares
from wignerlohe.theory.statement import HOLDS, INCONCLUSIVE, NOT_MET, VIOLATED, named

STATEMENTS = named(aggregation.STATEMENTS)
PRINTED = [name for name in STATEMENTS if name.endswith(", printed")]
NORMS_MOVE = ["(25)-(26), printed", "(25)-(26), mended"]  # not those of pure nodes
FUNCTIONS = {
    "Corollary 1 (2)", *NORMS_MOVE, "(27)", "Theorem 3.1", "(28)", "(18)", "(29)", "(30), printed", "(30), mended",
    "(31)", "(32)", "(33)", "(34)", "(35)", "Lemma 2.5 (1), as used in 3.2, mended",
}  # fmt: skip
WITHOUT_3 = {"(20)", "(22)", "(23)", *NORMS_MOVE, "(29)", "(30), printed", "(30), mended", "(31)", "(34)"}


def expected(without=()):
    found = dict.fromkeys(STATEMENTS, HOLDS) | dict.fromkeys(PRINTED, VIOLATED)
    return found | dict.fromkeys(without, INCONCLUSIVE)


@pytest.mark.parametrize("run", ["four", "bounded", "two", "phases"])
def test_pure_nodes_within_3_obey_all_of_section_3(run):
    assert verdicts(STATEMENTS, seen(run)) == expected(without=NORMS_MOVE)


@pytest.mark.parametrize("run", ["mixed", "factors", "array"])
def test_other_data_within_3_do_too(run):
    assert verdicts(STATEMENTS, seen(run)) == expected()


def test_functions_that_are_stepped_do_too():
    few = ["Theorem 3.1", "(28)"]  # output times
    assert verdicts(STATEMENTS, seen("stepped")) == expected(without=[*NORMS_MOVE, *few])


def test_correlations_alone_obey_what_is_said_of_them():
    found = verdicts(STATEMENTS, seen("correlations"))
    assert found == expected() | dict.fromkeys(FUNCTIONS, NOT_MET)


@pytest.mark.parametrize("run", ["far", "repelled", "blow_up"])
def test_outside_of_3_nothing_that_needs_it_holds(run):
    found = verdicts(STATEMENTS, seen(run))
    assert all(found[name] == NOT_MET for name in set(STATEMENTS) - WITHOUT_3)
    assert {found[name] for name in ("(20)", "(22)", "(23)")} == {HOLDS}
    row = check(STATEMENTS["Corollary 1 (1), first"], seen(run))
    assert np.isfinite(row.measured)  # what was seen is shown


@pytest.mark.parametrize("run", ["detuned", "directed", "different"])
def test_other_equations_are_not_those_of_section_3(run):
    assert set(verdicts(STATEMENTS, seen(run)).values()) == {NOT_MET}


@pytest.mark.parametrize("run", RUNS)
def test_no_run_crashes_or_is_violated_by_mistake(run):
    assert not mistaken(STATEMENTS, seen(run))


@pytest.mark.parametrize(("name", "constant", "factor"), sharp(STATEMENTS))
def test_two_per_cent_violate_an_equality(name, constant, factor):
    assert breaks(STATEMENTS[name], seen("mixed" if name in NORMS_MOVE else "four"), constant, factor)


@pytest.mark.parametrize("name", [name for name, each in STATEMENTS.items() if not each.sharp])
def test_some_constant_far_off_violates_a_bound(name):
    assert breaks_far_off(STATEMENTS[name], seen("four"))


@pytest.mark.parametrize("name", PRINTED)
def test_a_printed_statement_says_by_how_much_it_is_violated(name):
    row = check(STATEMENTS[name], seen("mixed"))
    assert row.verdict == VIOLATED
    assert row.margin < -0.02


def test_the_exact_rate_is_that_of_the_data():
    words = {name: check(STATEMENTS["(28)"], seen(name)) for name in ("phases", "two", "mixed")}
    assert words["phases"].bound == pytest.approx(1.0)
    assert "phases only" in words["phases"].note
    assert words["mixed"].bound == pytest.approx(0.5)
    assert "for N = 2 no k differs" in words["two"].note


@pytest.mark.parametrize(
    ("run", "kind"), [("mixed", Nodes), ("factors", Nodes), ("array", Blocks), ("stepped", PhaseFields)]
)
def test_sizes_and_distances_are_those_of_functions(run, kind):
    evidence = seen(run)
    assert isinstance(evidence.solution.fields, kind)
    time = float(evidence.times[1])
    there = evidence.solution.at([time])
    w, norm = evidence.functions(time), evidence.space.norm
    sizes, rows = evidence.sizes_of(there)[0], row_squares(evidence, there)[0]
    for i in range(evidence.count):
        for j in range(evidence.count):
            assert abs(sizes[i, j] - norm(w[i, j])) < SIZES
            for k in range(evidence.count):
                assert abs(rows[i, j, k] - norm(w[i, k] - w[j, k]) ** 2) < SIZES
    assert np.allclose(evidence.sizes[1], sizes, rtol=ROUNDING)


def test_sizes_of_wave_functions_that_are_stepped():
    evidence = seen("different")
    assert isinstance(evidence.solution.fields, Stepped)
    w = evidence.functions(float(evidence.times[1]))
    assert np.abs(evidence.sizes[1] - evidence.space.norm(w)).max() < SIZES


def test_inner_products_are_sums_over_phase_space():
    evidence = seen("array")
    n, w = 3, evidence.functions(0.7)
    found = products(evidence, w)
    for a in range(n):
        for i in range(n):
            for k in range(n):
                own = evidence.space.inner(w[a, k], w[i, k])
                row = np.mean([evidence.space.inner(w[a, m], w[i, k]) for m in range(n)])
                column = np.mean([evidence.space.inner(w[m, a], w[i, k]) for m in range(n)])
                assert abs(found.own[a, i, k] - own) < INNER_PRODUCTS
                assert abs(found.row[a, i, k] - row) < INNER_PRODUCTS
                assert abs(found.column[a, i, k] - column) < INNER_PRODUCTS


def test_the_largest_distance_is_over_all_pairs_of_pairs():
    evidence = seen("array")
    run = evidence.solution.at([0.7, 2.1])
    found = _largest_of_functions(evidence, run)
    for time, value in zip(run.times, found, strict=True):
        w = evidence.functions(float(time)).reshape(9, *evidence.space.shape)
        assert abs(value - max(evidence.space.norm(a - b) for a in w for b in w)) < SIZES


def test_integrals_over_a_run_are_those_of_the_closed_form():
    evidence = seen("two")
    z0, kappa, t = complex(evidence.z[0, 0, 1]), 1.0, evidence.times
    primitive = 2 / kappa * np.log(((1 + z0) * np.exp(kappa * t / 2) + (1 - z0) * np.exp(-kappa * t / 2)) / 2)
    assert np.abs(2 * passage(evidence).rows[:, 0] - t - primitive).max() < PANELS  # mean_k z_1k = (1 + z) / 2
    found, error = integrals(evidence, lambda run: np.cos(3 * run.times), t)
    assert np.abs(found - np.sin(3 * t) / 3).max() < error.max() < 1e-3


def test_motion_is_the_equation_of_correlations():
    evidence = seen("four")
    found = motion(evidence)
    for k in (0, 20, 40):
        z = found.z[k]
        for i in range(4):
            for j in range(4):
                rate = sum(z[i, m] + z[m, j] for m in range(4)) * (1 - z[i, j])
                assert abs(-found.slope[k, i, j] - 1.1 / 8 * rate) <= found.error[k, i, j] + ROUNDING


def test_a_rate_is_fitted_with_an_error_that_covers_transients():
    t = np.linspace(0.0, 10.0, 41)
    plain = fitted_rate(t, 3 * np.exp(-0.7 * t), np.zeros(41))
    assert abs(plain.value - 0.7) < ROUNDING
    assert (plain.begin, plain.end) == (5.0, 10.0)
    mixed = fitted_rate(t, np.exp(-0.7 * t) + 5 * np.exp(-1.4 * t), np.zeros(41))
    assert 1e-3 < abs(mixed.value - 0.7) < mixed.error
    noise = np.exp(np.random.default_rng(1).normal(size=41) * 0.01)
    noisy = fitted_rate(t, np.exp(-0.7 * t) * noise, np.zeros(41))
    assert abs(noisy.value - 0.7) < noisy.error
    cut = fitted_rate(t, np.exp(-0.7 * t), np.where(t > 6, 1.0, 0.0))
    assert cut.end == 6.0


def test_rows_of_pure_nodes_do_not_depend_on_k():
    evidence = seen("four")
    w = evidence.functions(1.3)
    found = row_squares(evidence, evidence.solution.at([1.3]))[0]
    for k in range(4):
        assert abs(found[0, 2, k] - evidence.space.norm(w[0, k] - w[2, k]) ** 2) < SIZES
    assert largest_row(evidence).sizes[0] == pytest.approx(np.sqrt(row_squares(evidence, evidence.start).max()))


def test_steps_of_runge_and_kutta_are_of_order_4():
    errors = [abs(runge_kutta(lambda k, y, n=n: y * k / (2 * n), np.ones(1), 1.0, n)[0] - np.exp(0.5)) for n in (8, 16)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=0.15)


def test_evidence_is_forgotten_with_its_run():
    import gc
    import weakref

    import wignerlohe as wl

    grid = wl.Grid(-9.0, 9.5, 81)
    evidence = Evidence(wl.solve(wl.SchrodingerLohe(grid, "0.5*x**2", coupling=1.0), packets(grid, 2), [0.0, 1.0]))
    assert passage(evidence) is passage(evidence)
    gone = weakref.ref(evidence)
    del evidence
    gc.collect()
    assert gone() is None
