"""How statements are judged and reported; what each of them says is tested in test_theory_*.py."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

import wignerlohe as wl
from commands import CONFIG, invoke
from tolerances import ROUNDING
from wignerlohe.errors import TooLargeError
from wignerlohe.plot import verdicts
from wignerlohe.theory import STATEMENTS
from wignerlohe.theory import verify as verification
from wignerlohe.theory.evidence import Evidence
from wignerlohe.theory.statement import Accuracy, Curve, Hypothesis, at_most, equal, statement, unmeasured, verdict

FINE, COARSE = Accuracy(1e-6, "a guess"), Accuracy(0.05, "a coarse guess")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (at_most(0.5, 1.0, FINE), "holds"),
        (at_most(1.0, 1.0, FINE), "holds"),  # attained
        (at_most(1.0 + 1e-7, 1.0, FINE), "holds"),  # as far as the numbers tell
        (at_most(1.0 + 1e-5, 1.0, FINE), "violated"),
        (at_most(0.9, 1.0, COARSE), "holds"),
        (at_most(0.97, 1.0, COARSE), "inconclusive"),  # the error exceeds the margin
        (at_most(1.02, 1.0, COARSE), "inconclusive"),
        (at_most(1.2, 1.0, COARSE), "violated"),
        (at_most(np.nan, 1.0, FINE), "violated"),
        (at_most([0.1, np.nan], 1.0, FINE, i=range(2)), "violated"),
        (at_most(0.0, 0.0, FINE), "holds"),
        (at_most(1e-9, 0.0, FINE), "violated"),
        (at_most(np.zeros((0, 2)), 1.0, FINE, t=[], i=range(2)), "inconclusive"),
        (at_most(-2.0, -1.0, FINE), "holds"),
        (at_most(-1.0, -2.0, FINE), "violated"),
        (equal(1 + 1j, 1 + 1j, FINE), "holds"),
        (equal(1.02, 1.0, FINE), "violated"),
        (equal(1j, 1.0, FINE), "violated"),  # moduli agree
        (equal(1.001, 1.0, COARSE), "inconclusive"),  # 2 % could not be seen
        (equal(1.1, 1.0, COARSE), "violated"),
        (equal(0.0, 0.0, FINE), "inconclusive"),
        (equal(1e-9, 0.0, FINE), "inconclusive"),  # relative to what?
        (equal(1e-9, 0.0, FINE, scale=1.0), "holds"),
        (equal(1e-3, 0.0, FINE, scale=1.0), "violated"),
        (unmeasured("too large"), "inconclusive"),
    ],
)
def test_verdicts(outcome, expected):
    assert verdict(outcome) == expected


def test_the_worst_place_is_where_the_bound_is_nearest():
    times, bound = np.array([0.0, 1.0, 2.0]), np.array([4.0, 2.0, 1.0])
    measured = np.array([[1.0, 3.0], [0.5, 1.0], [0.2, 0.9]])
    found = at_most(measured, bound[:, None], FINE, t=times, i=["a", "b"])
    assert (found.measured, found.bound, found.where) == (0.9, 1.0, "t = 2, i = b")
    assert abs(found.margin - 0.1) < ROUNDING
    np.testing.assert_array_equal(found.curve.measured, [3.0, 1.0, 0.9])
    np.testing.assert_array_equal(found.curve.bound, bound)
    np.testing.assert_array_equal(found.curve.along, times)
    rough = Accuracy(np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.5]]), "one entry is not known well")
    assert at_most(measured, bound[:, None], rough, t=times, i=["a", "b"]).where == "t = 0, i = b"


def test_a_report_is_a_table_for_a_terminal_and_for_a_notebook():
    report = wl.verify(wl.Correlations(coupling=1.0), [[1, 0.5], [0.5, 1]], statements=["Lemma 3.2"])
    assert repr(report) == str(report)
    assert re.search(r"<td>Lemma 3.2</td>.*holds</span><br>.*room", report._repr_html_())


def test_differences_of_complex_numbers_count_relative_to_the_largest():
    found = equal(np.array([1.0, 2j]), np.array([1.0, 1j + 0.2]), FINE, i=range(2))
    assert found.where == "i = 1"
    assert abs(found.margin + abs(1j - 0.2) / abs(1j + 0.2)) < ROUNDING


def test_a_statement_takes_other_constants_and_needs_its_hypotheses():
    @statement("Remark 9", "a test", lambda _: Hypothesis("a", "b", True), source="nowhere", sharp=True)
    def remark(seen, *, factor=2.0):
        """``2 = 2``."""
        return equal(seen.value, factor, FINE)

    seen = SimpleNamespace(value=2.0)
    assert remark.constants == {"factor": 2.0}
    assert remark.check(seen).verdict == "holds"
    assert remark.changed(factor=2.04).check(seen).verdict == "violated"
    assert remark.check(seen).prediction == "``2 = 2``."
    row = statement("Remark 9", "", lambda _: Hypothesis("a", "b", False), source="")(remark.measure).check(seen)
    assert (row.verdict, row.measured) == ("hypotheses not met", 2.0)  # still seen
    essential = statement("", "", lambda _: Hypothesis("a", "b", False, essential=True), source="")
    row = essential(remark.measure).check(SimpleNamespace())  # which has no value
    assert row.verdict == "hypotheses not met"
    assert '"a" is asked for, but b' in row.note


def test_what_cannot_be_measured_is_inconclusive_and_says_why():
    @statement("", "", source="")
    def large(_):
        """Nothing."""
        raise TooLargeError("functions have 1e12 numbers")

    row = large.check(None)
    assert row.verdict == "inconclusive"
    assert "1e12 numbers" in row.note


def test_names_are_found_by_their_beginnings():
    (lemma,) = verification.choose(["lemma 3.2"])
    assert lemma.name == "Lemma 3.2"
    assert verification.choose(None) == list(STATEMENTS.values())
    assert verification.choose("Corollary 1") == verification.choose(["Corollary 1", "corollary 1 (1)"])
    with pytest.raises(wl.InvalidInputError, match="none begins with 'Lemma 7'"):
        verification.choose(["Lemma 7"])


def test_a_model_is_solved_first(grid):
    psi = wl.states.gaussian(grid, [-0.3, 0.4])
    seen = []
    report = wl.verify(
        wl.SchrodingerLohe(grid, "0.5*x**2", coupling=2.0), psi, statements=["Lemma 3.2"], progress=seen.append
    )
    assert (len(report.solution.times), report.solution.times[-1]) == (101, 5.0)
    assert seen == [1.0]
    assert report["Lemma 3.2"] is report.rows[0]
    assert report.violated == ()
    with pytest.raises(wl.InvalidInputError, match="`initial` must be given with a model"):
        wl.verify(wl.SchrodingerLohe(grid, coupling=2.0))


def test_derivatives_come_with_an_honest_error(grid):
    """Those of correlations are known: (20)."""
    model = wl.WignerLohe(grid, "0.5*x**2", coupling=1.4)
    seen = Evidence(wl.solve(model, wl.states.gaussian(grid, [-0.6, 0.1, 0.5]), [0.0, 3.0], rtol=1e-12))
    times = seen.interior([0.0, 0.7, 3.0])
    found, error = seen.derivative(lambda solution: solution.correlation, times)
    expected = [wl.Correlations(coupling=1.4).derivative(z) for z in seen.solution.at(times).correlation]
    assert np.all(np.abs(found - expected) <= error)
    assert error.max() < 1e-8
    rough, larger = seen.derivative(lambda solution: solution.correlation, times[1:2], step=0.15)
    assert np.all(np.abs(rough - expected[1:2]) <= larger)


@pytest.mark.parametrize("potential", ["0.1*x**4", ["0.1*x**4", "0.2*x**2", "0"]])
def test_a_run_at_other_times_is_the_same_run(grid, potential):
    psi = wl.states.gaussian(grid, [-0.6, 0.1, 0.5])
    model = wl.SchrodingerLohe(grid, potential, coupling=1.4)
    solution = wl.solve(model, psi, [0.5, 1.0, 1.5], rtol=1e-7)
    other = solution.at([0.0, 0.2, 0.5, 1.1, 1.5])
    np.testing.assert_array_equal(other.correlation[[2, 4]], solution.correlation[[0, 2]])
    np.testing.assert_array_equal(other.wavefunctions(1.1), solution.at([1.1]).wavefunctions(1.1))
    fresh = wl.solve(model, psi, [0.0, 0.2, 0.5, 1.1, 1.5], rtol=1e-7)
    assert np.abs(other.correlation - fresh.correlation).max() < 100 * solution.method.rtol
    for times, message in (([1.0, 1.0], "increase"), ([2.0], "1.5 or earlier"), ([-0.1], "0 or later"), ([], "incr")):
        with pytest.raises(wl.InvalidInputError, match=message):
            solution.at(times)


# ---- the command line and the page ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("verify")
    config = CONFIG.replace('potential = "0.5*x**2"', "").replace("[[-1.0], [0.5], [0.9]]", "[[-0.3], [0.2], [0.5]]")
    (path / "a.toml").write_text(config)
    done = invoke("run", path / "a.toml", "--output", path / "run")
    assert done.exit_code == 0, done.output
    return path / "run"


def test_a_run_is_verified_with_a_page(folder):
    done = invoke("verify", folder, "--html")
    assert done.exit_code == 0, done.output
    assert all(name in done.output for name in STATEMENTS)
    page = (folder / "verify.html").read_text(encoding="utf-8")
    assert "://" not in page
    assert page.count("<section") == len(STATEMENTS)


def test_a_bound_beyond_all_numbers_is_drawn_as_far_as_it_goes():
    """Exponential bounds of long runs: the ticks of a logarithmic axis must not overflow."""
    along = np.linspace(0.0, 800.0, 9)
    with np.errstate(over="ignore"):
        curve = Curve("t", along, np.ones(9), np.exp(along))
    assert verdicts.png(verdicts.figure(curve)).startswith(b"\x89PNG")


def test_a_chosen_statement_is_shown_in_full(folder):
    done = invoke("verify", folder, "--statement", "lemma 3.2")
    assert done.exit_code == 0, done.output
    for part in ("``D(0) < 1`` implies", "met      kappa > 0: kappa = 0.7", "verdict: holds"):
        assert part in done.output


def test_a_violated_statement_is_exit_code_3_unless_it_is_one_printed_wrongly(folder, monkeypatch):
    @statement("Wrong", "a test", source="nowhere")
    def wrong(_):
        """``2 <= 1``."""
        return at_most(2.0, 1.0, FINE)

    monkeypatch.setattr(verification, "STATEMENTS", {"Wrong": wrong})
    done = invoke("verify", folder)
    assert done.exit_code == 3
    assert "violated: Wrong" in done.stderr
    printed = statement("Wrong, printed", "a test", source="nowhere")(wrong.measure)
    monkeypatch.setattr(verification, "STATEMENTS", {"Wrong, printed": printed})
    done = invoke("verify", folder)
    assert done.exit_code == 0
    assert "violated" in done.output


@pytest.mark.parametrize("arguments", [("nowhere",), (".", "--statement", "Lemma 7"), ("nowhere", "--html")])
def test_bad_arguments_are_one_line_and_exit_code_2(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    done = invoke("verify", *arguments)
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.output


def test_curves_are_drawn_on_a_logarithmic_axis_where_they_span_decades():
    times = np.linspace(0.0, 5.0, 6)
    steep = at_most(np.exp(-times), 2 * np.exp(-times), FINE, t=times).curve
    flat = equal(np.cos(times), np.cos(times), FINE, t=times).curve
    dying = at_most(np.zeros(6), np.exp(-times), FINE, t=times).curve
    scales = [verdicts.figure(curve).axes[0].get_yscale() for curve in (steep, flat, dying)]
    assert scales == ["log", "linear", "log"]
