"""Deviations of seven Gaussian packets at kappa t = 200, to thirty digits.

The correlations obey a closed system,

``z_ij' = (1/2N) sum_k (z_ik + z_kj) (1 - z_ij)``,  ``' = d / d(kappa t)``,

and ``1 - z_ij = (1 - z_ij(0)) u_i conj(u_j) e^{-kappa t}`` solves it when, in the variable ``s = 1 - e^{-kappa t}``,

``du_i/ds = (u_i^2 / 2N) sum_k (1 - z_ik(0)) conj(u_k)``,  ``u_i(0) = 1``.

(Insert: both sides are ``(1 - z_ij)[-1 + (1/2N) sum_k ((1 - z_ik) + (1 - z_kj))]``.) The interval of s is no longer
than 1 whatever t is, and nothing is lost to rounding. The right-hand side is a polynomial, so the coefficients of the
Taylor series of u follow from each other; the series is summed over short pieces at 60 digits. The starting values
are the overlaps of the packets, which are known in closed form. All inputs are binary fractions: exact as floats too.

Run ``python tests/data/make_thirty_digits.py`` to write ``thirty_digits.json`` beside this file. It runs twice, the
second time with shorter pieces and a longer series, and stops unless 40 digits agree.
"""

import json
from pathlib import Path

import mpmath
from mpmath import mpc, mpf

POSITIONS = [-1.75, -1.125, -0.5, 0.0, 0.375, 1.0, 1.625]
MOMENTA = [0.5, -0.25, 0.75, -0.625, 0.125, 0.375, -0.875]
WIDTH = 1.0
HBAR = 1.0
TIMES = [0.5, 5.0, 40.0, 200.0, 2000.0]
DIGITS = 30


def overlap(i: int, j: int) -> mpc:
    """``<g_i, g_j> = exp(-a^2/4s^2 - s^2 b^2/4 - i a (p_i + p_j)/2)``, a = q_i - q_j, b = p_i - p_j, hbar = 1."""
    s, a, b = mpf(WIDTH), mpf(POSITIONS[i]) - mpf(POSITIONS[j]), mpf(MOMENTA[i]) - mpf(MOMENTA[j])
    mean = (mpf(MOMENTA[i]) + mpf(MOMENTA[j])) / 2
    return mpmath.exp(mpc(-(a**2) / (4 * s**2) - (s * b) ** 2 / 4, -a * mean))


def series(deviation: list[list[mpc]], start: list[mpc], order: int) -> list[list[mpc]]:
    """Taylor coefficients ``[i][n]`` of u_i around a point where u = start."""
    count = len(start)
    u = [[value] for value in start]
    squares: list[list[mpc]] = [[] for _ in start]
    sums: list[list[mpc]] = [[] for _ in start]
    for n in range(order):
        for i in range(count):
            squares[i].append(sum((u[i][m] * u[i][n - m] for m in range(n + 1)), mpc(0)))
            sums[i].append(sum((deviation[i][k] * mpmath.conj(u[k][n]) for k in range(count)), mpc(0)))
        for i in range(count):
            product = sum((squares[i][m] * sums[i][n - m] for m in range(n + 1)), mpc(0))
            u[i].append(product / (2 * count * (n + 1)))
    return u


def factors(deviation: list[list[mpc]], kappa_t: float, segments: int, order: int) -> list[mpc]:
    """``u_i`` at kappa t."""
    length = -mpmath.expm1(-mpf(kappa_t)) / segments
    u = [mpc(1) for _ in deviation]
    for _ in range(segments):
        u = [mpmath.polyval(row[::-1], length) for row in series(deviation, u, order)]
    return u


def deviations(kappa_t: float, segments: int, order: int) -> list[list[mpc]]:
    """``1 - z_ij`` at kappa t."""
    count = len(POSITIONS)
    start = [[1 - overlap(i, j) for j in range(count)] for i in range(count)]
    u = factors(start, kappa_t, segments, order)
    fall = mpmath.exp(-mpf(kappa_t))
    return [[start[i][j] * u[i] * mpmath.conj(u[j]) * fall for j in range(count)] for i in range(count)]


def text(number: mpf) -> str:
    """A real number as a string of thirty digits."""
    return mpmath.nstr(number, DIGITS, min_fixed=0, max_fixed=0)


def main() -> None:
    """Compute twice, compare, and write."""
    mpmath.mp.dps = 60
    pairs = [(i, j) for i in range(len(POSITIONS)) for j in range(i + 1, len(POSITIONS))]
    results = []
    for kappa_t in TIMES:
        values, check = deviations(kappa_t, 24, 60), deviations(kappa_t, 32, 70)
        worst = max(abs(values[i][j] / check[i][j] - 1) for i, j in pairs)
        if worst > mpf(10) ** -40:
            raise SystemExit(f"the two runs differ by {mpmath.nstr(worst, 3)} at kappa t = {kappa_t}")
        results.append(
            {
                "kappa_t": kappa_t,
                "deviation": [[i, j, text(values[i][j].real), text(values[i][j].imag)] for i, j in pairs],
                "log_deviation": [
                    [i, j, text(mpmath.log(abs(values[i][j]))), text(mpmath.arg(values[i][j]))] for i, j in pairs
                ],
                "diameter": text(max(abs(values[i][j]) for i, j in pairs)),
                "log_diameter": text(max(mpmath.log(abs(values[i][j])) for i, j in pairs)),
            }
        )
    data = {
        "made_by": "make_thirty_digits.py",
        "position": POSITIONS,
        "momentum": MOMENTA,
        "width": WIDTH,
        "hbar": HBAR,
        "results": results,
    }
    Path(__file__).with_name("thirty_digits.json").write_text(json.dumps(data, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
