"""Runs that tests of statements share, and what these tests ask: each made when first asked for, and kept."""

from functools import cache

import numpy as np

import wignerlohe as wl
from wignerlohe.theory.evidence import Evidence
from wignerlohe.theory.statement import HOLDS, VIOLATED, Statement

WELL = "0.05*x**4 - 0.5*x**2"
BARRIER = "1.5*exp(-2*x**2) - 40*exp(-0.02*x**2)"  # bounded and smooth
TIMES = np.linspace(0.0, 10.0, 41)
CENTRES = {"position": [-0.5, 0.2, 0.6, 0.1], "momentum": [0.3, -0.2, 0.1, -0.4]}


def packets(grid, count):
    return wl.states.gaussian(grid, **{name: values[:count] for name, values in CENTRES.items()})


def line(points=81, size=9.0):
    return wl.Grid(-size, size + 0.5, points)


def mixtures(grid, count):
    """Nodes of two components each, near each other."""
    first = packets(grid, count)
    second = wl.states.gaussian(grid, position=[0.9, 1.2, 0.7][:count], momentum=[-0.5, 0.1, 0.3][:count], width=0.8)
    both = np.stack([np.sqrt(0.7) * first, np.sqrt(0.3) * second], axis=1)
    return both / np.sqrt((np.abs(both) ** 2).sum(axis=(1, 2)) * grid.cell)[:, None, None]


def unlike_factors(grid, count):
    """Left and right factors with z_ii = 1."""
    left = packets(grid, count)
    right = left + 0.2 * wl.states.gaussian(grid, position=[0.3, -0.1, 0.2][:count], momentum=[0.0, 0.4, -0.2][:count])
    own = (left * right.conj()).sum(axis=1) * grid.cell
    return wl.Factors(left, right / own.conj()[:, None])


def four():
    grid = line()
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.1), packets(grid, 4), TIMES)


def bounded():
    grid = line(points=97, size=11.0)
    return wl.solve(wl.WignerLohe(grid, BARRIER, coupling=0.9), packets(grid, 3), TIMES)


def two():
    grid = line()
    return wl.solve(wl.WignerLohe(grid, WELL, coupling=1.0), packets(grid, 2), TIMES)


def mixed():
    grid = line()
    return wl.solve(wl.WignerLohe(grid, WELL, coupling=1.0), mixtures(grid, 3), TIMES)


def factors():
    grid = line()
    return wl.solve(wl.WignerLohe(grid, WELL, coupling=1.0), unlike_factors(grid, 3), TIMES)


def far():
    grid = line(points=97, size=10.0)
    psi = wl.states.gaussian(grid, position=[-1.6, 0.2, 1.8, 0.7], momentum=[0.6, -0.2, -0.5, 1.0])
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0), psi, np.linspace(0.0, 16.0, 41))


def phases():
    grid = line()
    psi = np.exp(1j * np.array([0.0, 0.4, -0.3]))[:, None] * packets(grid, 1)
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0), psi, TIMES)


def detuned_phases():
    grid = line()
    psi = np.exp(1j * np.array([0.0, 0.4, -0.3]))[:, None] * packets(grid, 1)
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0, detuning=[0.1, -0.1, 0.05]), psi, TIMES)


def detuned():
    grid = line()
    model = wl.SchrodingerLohe(grid, WELL, coupling=1.0, detuning=[0.1, -0.1, 0.05])
    return wl.solve(model, packets(grid, 3), np.linspace(0.0, 20.0, 41))


def pair(detuning):
    grid = line()
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0, detuning=[detuning, 0.0]), packets(grid, 2), TIMES)


def locked():
    return pair(0.6)


def drifting():
    return pair(1.5)


def border():
    return pair(1.0)


def different():
    grid = line(points=49, size=8.0)
    potentials = [f"0.5*x**2 + {height}*exp(-x**2)" for height in (0.0, 0.1, -0.1)]
    model = wl.SchrodingerLohe(grid, potentials, coupling=1.5)
    return wl.solve(model, packets(grid, 3), np.linspace(0.0, 5.0, 6), rtol=1e-8)


def directed():
    grid = line()
    model = wl.SchrodingerLohe(grid, WELL, coupling=1.0, network=[[0, 1, -0.2], [0.3, 0, 1], [0, 0.5, 0]])
    return wl.solve(model, packets(grid, 3), TIMES)


def array():
    """Functions that are not Hermitian: their kernels are of low rank no more."""
    grid, rng = line(points=41, size=7.5), np.random.default_rng(5)
    psi = packets(grid, 3)
    w = np.array([[wl.wigner(grid, a, b) for b in psi] for a in psi])
    w = w + 0.03 * rng.normal(size=(3, 3, 1, 1)) * w[0, 1]
    z = grid.phase_space.integral(w)
    w = w / np.where(np.eye(3), z, 1.0)[:, :, None, None]
    return wl.solve(wl.WignerLohe(grid, "0.5*x**2", coupling=1.0), w, TIMES[::2])


def stepped():
    """The harmonic oscillator on a box of its own, stepped."""
    space = wl.PhaseSpace(x_lower=-7, x_upper=7, x_points=48, p_lower=-7, p_upper=7.5, p_points=50)
    centres = ((-0.4, 0.1), (0.3, -0.2))
    w = np.array([[wl.exact.gaussian_wigner(space, a, b) for b in centres] for a in centres])
    return wl.solve(wl.WignerLohe(space, "0.5*x**2", coupling=1.0), w, np.linspace(0.0, 3.0, 7), rtol=1e-8)


def correlations():
    start = [[1.0, 0.5 + 0.1j, 0.7], [0.5 - 0.1j, 1.0, 0.6], [0.8, 0.6, 1.0]]
    return wl.solve(wl.Correlations(1.0), start, TIMES)


def blow_up():
    return wl.solve(wl.Correlations(1.0), np.full((3, 3), -0.8) + 1.8 * np.eye(3), TIMES)


def linear():
    grid = line()
    return wl.solve(wl.WignerEquation(grid, WELL), packets(grid, 2), TIMES)


def equal():
    grid = line()
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0), np.repeat(packets(grid, 1), 3, axis=0), TIMES)


def alone():
    grid = line()
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0), packets(grid, 1), TIMES)


def at_once():
    grid = line()
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0), packets(grid, 3), [0.0])


def uncoupled():
    grid = line()
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=0.0), packets(grid, 3), TIMES)


def repelled():
    grid = line()
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=-1.0), packets(grid, 3), TIMES)


def long():
    grid = line()
    return wl.solve(wl.SchrodingerLohe(grid, WELL, coupling=1.0), packets(grid, 3), np.linspace(0.0, 900.0, 31))


RUNS = {
    run.__name__: run
    for run in (
        four, bounded, two, mixed, factors, far, phases, detuned_phases, detuned, locked, drifting, border, different,
        directed, array, stepped, correlations, blow_up, linear, equal, alone, at_once, uncoupled, repelled, long,
    )
}  # fmt: skip


@cache
def seen(name):
    """The evidence of a run."""
    return Evidence(RUNS[name]())


# ---- what is asked of statements ------------------------------------------------------------------------------------

FAR = 100.0

check = cache(Statement.check)  # however many tests look at a row, it is measured once


def verdicts(statements, evidence):
    """What each statement, by its name, says of a run."""
    return {name: check(each, evidence).verdict for name, each in statements.items()}


def mistaken(statements, evidence):
    """Names of those that are violated and should not be, or hold and should not, or hold without a number."""
    rows = [check(each, evidence) for each in statements.values()]
    violated = [row.statement for row in rows if row.verdict == VIOLATED and not row.printed]
    return violated + [row.statement for row in rows if row.verdict == HOLDS and (row.printed or np.isnan(row.margin))]


def sharp(statements):
    """The constants of equalities, each 2 % lower and higher: (name, constant, factor)."""
    return [
        (name, constant, factor)
        for name, each in statements.items() if each.sharp and not name.endswith(", printed")
        for constant in each.constants
        for factor in (0.98, 1.02)
    ]  # fmt: skip


def breaks(each, evidence, constant, factor):
    """Whether a statement holds as it stands, and is violated with one constant off by a factor."""
    changed = each.changed(**{constant: factor * each.constants[constant]})
    return (check(each, evidence).verdict, changed.check(evidence).verdict) == (HOLDS, VIOLATED)


def breaks_far_off(each, evidence):
    """Whether a statement is violated with one of its constants far too large or far too small."""
    changed = [{name: value * factor} for name, value in each.constants.items() for factor in (FAR, 1 / FAR)]
    return any(each.changed(**constants).check(evidence).verdict == VIOLATED for constants in changed)
