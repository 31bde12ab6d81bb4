"""Does the box hold the fields? What they have near its edges, in x and p, and near the ends of their spectra.

A field is about to wrap around if it reaches the outer twentieth of an axis at either end, and its samples are too far
apart if the spectrum along an axis reaches the top tenth of its band: that in x is made of wavenumbers k, that in p of
the distances y between the two arguments of a density kernel. The share of a field there is the square root of its
part in ``integral |w|^2``, relative to the largest field; above 1e-8 it is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from wignerlohe import fft
from wignerlohe.conventions import momentum_names, position_names
from wignerlohe.diagnostics.resolution import EDGE, LIMIT
from wignerlohe.grid import PhaseSpace

Array = Any  # of NumPy, PyTorch or CuPy
KINDS = ("edge", "band")
TINY = float(np.finfo(float).tiny)


@dataclass(frozen=True)
class UnresolvedField:
    """One finding: which end of which axis, how much, which field and when; `str` says what to change.

    Attributes
    ----------
    kind : {"edge", "band"}
        The ends of the axis, or of the spectrum along it.
    axis : str
        Its name, x or p on a line.
    share : float
        Norm of the part there, relative to the largest field.
    field : tuple of int
        The nodes i and j, or the number of a field without nodes.
    time : float
    advice : str
    """

    kind: str
    axis: str
    share: float
    field: tuple[int, ...]
    time: float
    advice: str

    @property
    def mass(self) -> float:
        """The share, by the name that all findings have for their size."""
        return self.share

    def __str__(self) -> str:
        place = "edge" if self.kind == "edge" else "top of the spectrum"
        return (
            f"field w{list(self.field)} has a share {self.share:.1e} at the {place} of {self.axis} at t = "
            f"{self.time:.6g} (allowed: {LIMIT:.0e}); {self.advice}"
        )


def shares(space: PhaseSpace, fields: Array, width: float = EDGE) -> NDArray[np.float64]:
    """Share of each field at both ends of each axis, and of the spectrum along it: float64 (2, 2 d, M).

    The ends are as wide as said, in parts of an axis, but at least one sample, or mode.

    Examples
    --------
    >>> space = PhaseSpace(-8.0, 8.0, 64, -8.0, 8.0, 64)
    >>> x, p = space.x[0][:, None], space.p[0]
    >>> packet = np.exp(-((x - 5) ** 2) - p**2)                                     # too near to the edge in x
    >>> shares(space, packet[None])[:, :, 0].round(6)
    array([[8.701e-03, 0.000e+00],
           [1.500e-05, 0.000e+00]])
    """
    xp = array_api_compat.array_namespace(fields)
    plain, device = array_api_compat.is_numpy_array(fields), array_api_compat.device(fields)
    count = fields.shape[0]
    found = np.empty((2, 2 * space.dimension, count))
    norms = [float(xp.linalg.vector_norm(fields[number, ...])) for number in range(count)]
    for axis, n in enumerate(space.shape):
        edge, band = (xp.asarray(places, device=device) for places in _ends(n, width))
        for number in range(count):
            field = fields[number, ...]
            found[0, axis, number] = float(xp.linalg.vector_norm(xp.take(field, edge, axis=axis)))
            spectrum = fft.fft(field, axis=axis, workers=1) if plain else xp.fft.fft(field, axis=axis)
            found[1, axis, number] = float(xp.linalg.vector_norm(xp.take(spectrum, band, axis=axis))) / np.sqrt(n)
    return found / max(max(norms), TINY)


def find_unresolved(
    space: PhaseSpace, fields: Array, time: float, nodes: tuple[NDArray[np.int_], NDArray[np.int_]] | None
) -> list[UnresolvedField]:
    """Report the worst field at each end of each axis and of its spectrum; see `shares`.

    Examples
    --------
    >>> space = PhaseSpace(-8.0, 8.0, 64, -8.0, 8.0, 64)
    >>> x, p = space.x[0][:, None], space.p[0]
    >>> print(find_unresolved(space, np.exp(-((x - 5) ** 2) - p**2)[None], 0.0, None)[0])
    field w[0] has a share 8.7e-03 at the edge of x at t = 0 (allowed: 1e-08); try a wider box than [-8, 8) in x
    """
    found, d = [], space.dimension
    names = position_names(d) + momentum_names(d)
    boxes = list(zip(space.x_lower + space.p_lower, space.x_upper + space.p_upper, space.shape, strict=True))
    for (kind, axis), values in zip(np.ndindex(2, 2 * d), shares(space, fields).reshape(4 * d, -1), strict=True):
        worst = int(np.argmax(values))
        if values[worst] > LIMIT:
            lower, upper, points = boxes[axis]
            box, finer = f"a wider box than [{lower:g}, {upper:g})", f"more points than {points}"
            field = (worst,) if nodes is None else (int(nodes[0][worst]), int(nodes[1][worst]))
            advice = f"try {finer if kind else box} in {names[axis]}"
            found.append(UnresolvedField(KINDS[kind], names[axis], float(values[worst]), field, time, advice))
    return found


def _ends(n: int, width: float) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Indices near both ends of an axis, and near those of its spectrum."""
    from_ends = np.minimum(np.arange(n), np.arange(n)[::-1])
    mode = np.abs(np.fft.fftfreq(n, 1 / n)).round()
    return np.flatnonzero(from_ends < max(width * n, 1)), np.flatnonzero(n // 2 - mode < max(width * n, 1))
