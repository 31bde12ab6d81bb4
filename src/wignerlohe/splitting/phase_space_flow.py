"""The two parts of the linear flow on phase space, each exact: transport, and what the potentials do.

``d_t w + (p/m).grad_x w = 0`` turns the spectrum in x by ``exp(-i k.p t / m)``. ``d_t w_ij + Theta[V_i, V_j] w_ij = 0``
turns the spectrum in p, which is the density kernel at ``x + y/2`` and ``x - y/2``, by ``exp(-(i/hbar) [V_i(x + y/2) -
V_j(x - y/2)] t)``. Between steps fields are kept over (k, p): one transform of all axes then leads to (x, y), and one
leads back. Each field takes both turns and both transforms while it is in cache.

On an even axis the highest k, or y, has no partner of the other sign. It counts as 0 in both phases, so that real
functions stay real and conjugate pairs stay conjugate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from wignerlohe import fft, threads
from wignerlohe.grid import PhaseSpace
from wignerlohe.memory import COMPLEX
from wignerlohe.phases import unit

Array = Any  # of NumPy, PyTorch or CuPy
Sampler = Callable[[Sequence[NDArray[np.float64]], float], Any]
Indices = NDArray[np.int_]

CACHED = 2**16  # numbers of the fields that one thread works on at a time
SLAB = 2**15  # numbers of a slab of phases that are made at a time
TABLES = 2**24  # bytes that tables of phases may always take; beyond, a quarter of the fields


class PhaseSpaceFlow:
    """Transport and potentials on a phase space, in place on stacks of fields (M, *space.shape).

    Parameters
    ----------
    space : PhaseSpace
    potentials : sequence of callables
        ``V(coordinates, time)``, energies, at d coordinate arrays that broadcast against each other: one for all
        fields, or one for each node.
    driven : bool
        Whether they depend on time.
    mass : float
        m.
    left, right : int arrays, shape (M,)
        The nodes i and j of every field.
    like : array
        An array of the library and device that the fields live in.
    kinds : int
        Potentials for so many lengths of time are asked for again and again.
    """

    def __init__(
        self,
        space: PhaseSpace,
        potentials: Sequence[Sampler],
        driven: bool,
        mass: float,
        left: Indices,
        right: Indices,
        like: Array,
        kinds: int = 1,
    ) -> None:
        self.space, self.potentials, self.driven, self.mass = space, potentials, driven, mass
        common = len(potentials) == 1
        self.left, self.right = (np.zeros_like(left), np.zeros_like(right)) if common else (left, right)
        self._xp, self._device = array_api_compat.array_namespace(like), array_api_compat.device(like)
        self._plain = array_api_compat.is_numpy_array(like)
        d = space.dimension
        self._x_axes, self._p_axes = tuple(range(-2 * d, -d)), tuple(range(-d, 0))
        self.fields, self.size = len(left), int(np.prod(space.shape))
        self._group = max(1, CACHED // self.size) if self._plain else self.fields
        self._budget = max(TABLES, self.fields * self.size * COMPLEX // 4)
        self._k = [_dual(n, a, b) for n, a, b in zip(space.x_points, space.x_lower, space.x_upper, strict=True)]
        shifts = zip(space.p_points, space.p_lower, space.p_upper, strict=True)
        self._y = [space.hbar * _dual(n, a, b) for n, a, b in shifts]
        self._kinds = max(1, min(kinds, self._budget // self._table_bytes))
        self._turns: dict[float, list[Array]] = {}
        self._tables: dict[float, tuple[list[Array], list[Array]]] = {}

    @property
    def common(self) -> bool:
        """Whether one potential serves all fields."""
        return len(self.potentials) == 1

    @property
    def tabled(self) -> bool:
        """Whether the phases of a sub-step have room as a whole; otherwise they are made in slabs, field by field."""
        return self._table_bytes <= self._budget

    @property
    def scratch(self) -> int:
        """Bytes of phases that are held beside the fields, at most, without those of transport."""
        tables = self._kinds * self._table_bytes if self.tabled else 0
        spectrum = 0 if self._plain else self.fields * self.size * COMPLEX  # other libraries transform to a new array
        return tables + 8 * min(SLAB, self.size) * COMPLEX + spectrum

    @property
    def transport_bytes(self) -> int:
        """Of the phases of one drift."""
        return COMPLEX * sum(len(k) * len(p) for k, p in zip(self._k, self.space.p, strict=True))

    def enter(self, fields: Array) -> None:
        """From (x, p) to (k, p)."""
        self._share(fields, lambda group: self._transform("forward", fields[group, ...], self._x_axes))

    def leave(self, fields: Array) -> None:
        """From (k, p) to (x, p)."""
        self._share(fields, lambda group: self._transform("inverse", fields[group, ...], self._x_axes))

    def carry(self, fields: Array, drifts: Sequence[float], kicks: Sequence[float], time: float) -> None:
        """Transport for ``drifts[0]``, potentials for ``kicks[0]``, and so on, over (k, p).

        A last drift may follow the last kick. Potentials are those at ``time`` plus the drifts so far.
        """
        times = time + np.cumsum(drifts)
        # tables are made before the threads share them; where there are many kinds, one after the other
        if self.driven or len(set(kicks)) > self._kinds:
            for drift, kick, now in zip(drifts, kicks, times, strict=False):
                self._carry(fields, [drift], [kick], [now])
            self._carry(fields, drifts[len(kicks) :], [], [])
        else:
            self._carry(fields, drifts, kicks, times.tolist())

    def _carry(self, fields: Array, drifts: Sequence[float], kicks: Sequence[float], times: Sequence[float]) -> None:
        self._turns = {drift: self._turns.get(drift) or self._transport(drift) for drift in set(drifts) - {0.0}}
        tables = self._phases(set(kicks), times[0]) if self.tabled and kicks else {}

        def work(group: slice) -> None:
            part = fields[group, ...]
            for number, drift in enumerate(drifts):
                for turn in self._turns.get(drift, ()):
                    part *= turn
                if number < len(kicks):
                    self._transform("inverse", part, self._x_axes + self._p_axes)
                    if self.tabled:
                        self._turn(part, group, *tables[kicks[number]])
                    else:
                        self._turn_in_slabs(part, group, kicks[number], times[number])
                    self._transform("forward", part, self._x_axes + self._p_axes)

        self._share(fields, work)

    # -- phases -------------------------------------------------------------------------------------------------------

    @property
    def _table_bytes(self) -> int:
        """Of the phases of one sub-step."""
        return (1 if self.common else 2 * len(self.potentials)) * self.size * COMPLEX

    def _transport(self, drift: float) -> list[Array]:
        """``exp(-i k p t / m)`` for each axis."""
        d, found = self.space.dimension, []
        for axis, (k, p) in enumerate(zip(self._k, self.space.p, strict=True)):
            others = tuple(a for a in range(2 * d) if a not in (axis, d + axis))
            found.append(unit(self._array(np.expand_dims(np.multiply.outer(k * (-drift / self.mass), p), others))))
        return found

    def _phases(self, kicks: set[float], time: float) -> dict[float, tuple[list[Array], list[Array]]]:
        """Tables for left and right nodes, or one for both, for sub-steps of some lengths."""
        known = {} if self.driven else self._tables
        if len(known.keys() | kicks) > self._kinds:
            known = {kick: known[kick] for kick in known.keys() & kicks}
        for kick in sorted(kicks - known.keys()):
            tables: tuple[list[Array], list[Array]] = [], []
            for number in range(len(self.potentials)):
                left = self._xp.empty(self.space.shape, dtype=self._xp.complex128, device=self._device)
                right = left if self.common else self._xp.empty_like(left)
                for rows in self._slabs():
                    left[rows, ...], turned = self._sides(number, kick, time, rows)
                    if self.common:
                        left[rows, ...] *= turned
                    else:
                        right[rows, ...] = turned
                tables[0].append(left)
                tables[1].append(right)
            known[kick] = tables
        self._tables = known
        return known

    def _turn(self, part: Array, group: slice, lefts: list[Array], rights: list[Array]) -> None:
        if self.common:
            part *= lefts[0]
            return
        for number, (i, j) in enumerate(zip(self.left[group].tolist(), self.right[group].tolist(), strict=True)):
            field = part[number, ...]
            field *= lefts[i]
            field *= rights[j]

    def _turn_in_slabs(self, part: Array, group: slice, kick: float, time: float) -> None:
        pairs = list(zip(self.left[group].tolist(), self.right[group].tolist(), strict=True))
        for rows in self._slabs():
            for number, (i, j) in enumerate(pairs):
                left, right = self._sides(i, kick, time, rows)
                slab = part[number, rows, ...]
                slab *= left
                slab *= right if i == j else self._sides(j, kick, time, rows)[1]

    def _slabs(self) -> Iterator[slice]:
        """Rows of the first axis, so many that their phases are in cache."""
        height = max(1, SLAB * self.space.x_points[0] // self.size)
        for first in range(0, self.space.x_points[0], height):
            yield slice(first, min(first + height, self.space.x_points[0]))

    def _sides(self, number: int, kick: float, time: float, rows: slice) -> tuple[Array, Array]:
        """``exp(-i V(x + y/2) t / hbar)`` and ``exp(i V(x - y/2) t / hbar)`` for a slab of the first axis."""
        d, coordinates = self.space.dimension, []
        for axis, (x, y) in enumerate(zip(self.space.x, self._y, strict=True)):
            points = np.add.outer(x[rows] if axis == 0 else x, y / 2)
            coordinates.append(np.expand_dims(points, tuple(a for a in range(2 * d) if a not in (axis, d + axis))))
        angle = self.potentials[number](coordinates, time) * (-kick / self.space.hbar)
        shape = (len(self.space.x[0][rows]), *self.space.shape[1:])
        left = unit(self._array(np.broadcast_to(angle, shape)))
        return left, self._xp.conj(reverse(left, self._p_axes))

    def _array(self, values: NDArray[Any]) -> Array:
        return values if self._plain else self._xp.asarray(np.array(values), device=self._device)

    # -- transforms, and threads --------------------------------------------------------------------------------------

    def _transform(self, which: str, part: Array, axes: tuple[int, ...]) -> None:
        if not self._plain:
            part[...] = (self._xp.fft.fftn if which == "forward" else self._xp.fft.ifftn)(part, axes=axes)
        elif which == "forward":
            fft.forward(part, part, axes)
        else:
            fft.inverse(part, axes)

    def _share(self, fields: Array, work: Callable[[slice], None]) -> None:
        """Do a work on all fields, some at a time; large ones have threads inside each transform instead."""
        count = fields.shape[0]
        groups = [slice(first, min(first + self._group, count)) for first in range(0, count, self._group)]
        if self._plain and self.size < fft.THREADED <= count * self.size and len(groups) > 1:
            threads.each(work, groups)
        else:
            for group in groups:
                work(group)


def reverse(values: Array, axes: tuple[int, ...]) -> Array:
    """Values at the negative index, in the order of a discrete Fourier transform."""
    xp = array_api_compat.array_namespace(values)
    for axis in axes:
        values = xp.roll(xp.flip(values, axis=axis), 1, axis=axis)
    return values


def _dual(points: int, lower: float, upper: float) -> NDArray[np.float64]:
    """Angular wavenumbers of an axis in the order of the transform, with 0 for one that has no partner."""
    found = 2 * np.pi / (upper - lower) * np.fft.fftfreq(points, 1 / points)
    if points % 2 == 0:
        found[points // 2] = 0.0
    return np.asarray(found, dtype=np.float64)
