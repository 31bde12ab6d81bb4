"""A small config, and the command line called from a test."""

from typer.testing import CliRunner

from wignerlohe.cli import app

CONFIG = """
title = "A test"
[grid]
lower = [-9.0]
upper = [8.0]
points = [65]
[model]
kind = "wigner-lohe"
coupling = 0.7
potential = "0.5*x**2"
[initial]
kind = "gaussian"
position = [[-1.0], [0.5], [0.9]]
[time]
stop = 2.0
samples = 5
[wigner]
pairs = [[0, 0], [1, 2]]
times = [0.0, 1.7]
"""


def invoke(*arguments):
    """Call ``wignerlohe`` with these arguments."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])
