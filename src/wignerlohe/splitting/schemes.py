"""Symmetric splittings of a flow into two parts A and B, each of which is exact: how long each acts, in turn.

A step h is ``A(a_1 h) B(b_1 h) A(a_2 h) .. B(b_1 h) A(a_1 h)``, palindromic, so that a step back undoes a step forth.

Order 2 is that of Strang (1968). Orders 4 and 6 are S_6 and S_10 of S. Blanes and P. C. Moan, J. Comput. Appl. Math.
142 (2002), 313, which hold for any two parts: six and ten pairs with errors far below those of compositions of order 2.
"""

from __future__ import annotations

Coefficients = tuple[tuple[float, ...], tuple[float, ...]]


def _palindrome(a: tuple[float, ...], b: tuple[float, ...], twice: str) -> Coefficients:
    """Complete the first halves; the middle of the longer one follows from its sum, which is 1.

    ``twice`` names the part that acts in the middle; the other has its last coefficient twice in a row.
    """
    if twice == "a":
        b = (*b, 0.5 - sum(b))
        return (*a, 1 - 2 * sum(a), *a[::-1]), (*b, *b[::-1])
    a = (*a, 0.5 - sum(a))
    return (*a, *a[::-1]), (*b, 1 - 2 * sum(b), *b[::-1])


SCHEMES: dict[int, Coefficients] = {
    2: _palindrome((), (), "b"),
    4: _palindrome(
        (0.0792036964311957, 0.353172906049774, -0.0420650803577195),
        (0.209515106613362, -0.143851773179818),
        "a",
    ),
    6: _palindrome(
        (0.0502627644003922, 0.413514300428344, 0.0450798897943977, -0.188054853819569, 0.541960678450780),
        (0.148816447901042, -0.132385865767784, 0.067307604692185, 0.432666402578175),
        "a",
    ),
}
