"""Functions on phase space: the Wigner transform."""
