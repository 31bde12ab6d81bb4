"""Operators and norms of the paper on phase space, and the right-hand sides of its equations.

They act on functions w(x, p) on any `PhaseSpace`, stored as (..., x axes, p axes), and exploit no structure of the
data: what solvers do is tested against them. Inner products, norms in L^2 and integrals are methods of `PhaseSpace`.
The correlations alone, equation (20), are `wignerlohe.Correlations.derivative`.
"""

from wignerlohe.operators.equations import derivative_general, derivative_identical
from wignerlohe.operators.linear import theta, transport
from wignerlohe.operators.norms import norm_in_domain, norm_in_x

__all__ = ["derivative_general", "derivative_identical", "norm_in_domain", "norm_in_x", "theta", "transport"]
