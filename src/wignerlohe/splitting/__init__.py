"""Solvers that step the coupled equations, where the separation does not hold."""
