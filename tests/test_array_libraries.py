"""Splittings on arrays of other libraries, by `solve`: the strict standard always, PyTorch where it is installed."""

import importlib
import importlib.util

import numpy as np
import pytest

import wignerlohe as wl
from tolerances import SAME_SPLITTING

LIBRARIES = ["array_api_strict", *(["torch"] if importlib.util.find_spec("torch") else [])]
WELLS = ["0.5*x**2", "0.7*x**2", "0.5*x**2 + 0.4*cos(x)"]


@pytest.fixture(scope="module")
def line():
    return wl.Grid(lower=-8.0, upper=8.0, points=64)


@pytest.fixture(scope="module")
def packets(line):
    return wl.states.gaussian(line, position=[-0.8, 0.1, 0.7], momentum=[0.3, 0.0, -0.4])


@pytest.fixture(params=LIBRARIES)
def library(request):
    return importlib.import_module(request.param)


def test_wave_functions_are_stepped_in_the_library_that_they_come_in(line, packets, library):
    model = wl.SchrodingerLohe(line, WELLS, coupling=1.0, nonlinearity=0.3)
    known = wl.solve(model, packets, [0.3], rtol=1e-8)
    found = wl.solve(model, library.asarray(packets), [0.3], rtol=1e-8)
    assert found.method.name == "split-step"
    assert type(found.states[-1].psi) is type(library.asarray(packets))
    assert type(found.wavefunctions(0.3)) is type(library.asarray(packets))
    assert np.abs(np.asarray(found.wavefunctions(0.3)) - known.wavefunctions(0.3)).max() < SAME_SPLITTING
    assert np.abs(found.deviation - known.deviation).max() < SAME_SPLITTING


def test_equal_potentials_are_stepped_too_where_the_separation_has_no_such_arrays(line, packets, library):
    model = wl.SchrodingerLohe(line, "0.5*x**2", coupling=1.0)
    found = wl.solve(model, library.asarray(packets), [0.3], rtol=1e-10)
    assert library.__name__ in found.method.reason
    exact = wl.solve(model, packets, [0.3]).wavefunctions(0.3)
    assert np.abs(np.asarray(found.wavefunctions(0.3)) - exact).max() < 1e-8  # rtol, with room


def test_functions_on_phase_space_are_stepped_in_the_library_that_they_come_in(line, packets, library):
    w = np.array([[wl.wigner(line, psi, phi) for phi in packets[:2]] for psi in packets[:2]])
    model = wl.WignerLohe(line, WELLS[:2], coupling=1.0)
    known = wl.solve(model, w, [0.2], method="phase-space", rtol=1e-6)
    found = wl.solve(model, library.asarray(w), [0.2], rtol=1e-6)
    assert found.method.name == "phase-space"
    assert type(found.states[-1].fields) is type(library.asarray(w))
    assert np.abs(found.wigner(0, 1, 0.2).values - known.wigner(0, 1, 0.2).values).max() < SAME_SPLITTING
