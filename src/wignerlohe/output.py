"""What a run writes of its solution, segment by segment."""

from __future__ import annotations

from wignerlohe.config.problem import Problem
from wignerlohe.solution import Solution
from wignerlohe.store.dataset import keeps_wavefunctions, timed_entries
from wignerlohe.store.observables import Entries, observable_entries


def entries(problem: Problem, part: Solution) -> Entries:
    """Everything over the output times of a part of the solution that the config asks for."""
    if not len(part.times):
        return Entries({}, {}, {})
    keeps = problem.wavefunctions
    if part.fields is not None and keeps is None:
        keeps = keeps_wavefunctions(part.fields, problem.samples)
    timed = timed_entries(part, problem.pairs, keeps)
    if not (problem.observables or problem.groups):
        return Entries({}, timed, {})
    measured = observable_entries(part, problem.observables, problem.groups, timed)
    return Entries(measured.static, timed | measured.timed, measured.attributes)
