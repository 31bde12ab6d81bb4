"""What all tests share: how hypothesis behaves, and one grid."""

import importlib.util

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import wignerlohe as wl

settings.register_profile(
    "suite",
    derandomize=True,  # the same examples on every machine
    deadline=None,  # no test depends on the clock
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


@pytest.fixture
def grid():
    """A line on which packets within |x| < 3 and |p| < 3 are resolved; 97 points, so that n is odd."""
    return wl.Grid(lower=-11.0, upper=10.0, points=97, hbar=1.0)


@pytest.fixture
def rng():
    """Random numbers, the same in every run."""
    return np.random.default_rng(20220601)


def pytest_report_header() -> str:
    """Say it where arrays of a library are not tested, for want of the library."""
    installed = importlib.util.find_spec("torch") is not None
    return "array libraries: the strict standard" + (" and PyTorch" if installed else "; for PyTorch: make test-torch")
