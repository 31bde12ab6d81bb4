"""A statement as a value: what it assumes, what it predicts, and what measuring it on a run gives.

A statement is a function that measures, with its constants as keyword arguments, so that a test can change any of them:

    @statement("Lemma 3.2", "the diameter stays below 1", COUPLED, CLOSE)
    def lemma_3_2(seen: Evidence, *, limit: float = 1.0) -> Outcome:
        \"\"\"``D(0) < 1`` implies ``D(t) < 1`` for all t.\"\"\"
        return at_most(seen.diameter, limit, seen.deviation_accuracy, t=seen.times)

The docstring is what a report prints as the prediction. Every outcome says how far the measurement lies from the
prediction where it comes closest, relative to the prediction: its *margin*. Equalities have a margin of 0 at best,
bounds have room. The *accuracy* is the error that the numbers themselves may have, in the same units, and it comes with
where it is from. Order of a verdict: hypotheses first; *violated* if the margin is below zero by more than the
accuracy; *holds* if it is above zero by more, or if the accuracy is fine enough to see a constant change by 2 %; else
*inconclusive*. A statement as printed in the paper that is known to be false never *holds*: a run that does not show
that it is false is *inconclusive*.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wignerlohe.errors import WignerLoheError

if TYPE_CHECKING:
    from wignerlohe.theory.evidence import Evidence

FloatArray = NDArray[np.float64]

RESOLUTION = 0.01  # an accuracy that still tells a constant that is off by 2 %

PRINTED = ", printed"  # at the end of a name: known to be false

HOLDS, VIOLATED, NOT_MET, INCONCLUSIVE = "holds", "violated", "hypotheses not met", "inconclusive"


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis on one run: what it says, what the run has, and whether that is enough.

    Where an essential one is not met there is nothing to measure.
    """

    text: str
    value: str
    met: bool
    essential: bool = False

    def __str__(self) -> str:
        return f"{self.text}: {self.value}"


@dataclass(frozen=True)
class Accuracy:
    """The error that numbers may have relative to what they are compared with, and where it is from."""

    value: float | FloatArray
    origin: str

    def __mul__(self, factor: float | FloatArray) -> Accuracy:
        return Accuracy(np.asarray(self.value * factor), self.origin)

    def __add__(self, other: Accuracy) -> Accuracy:
        return Accuracy(np.asarray(self.value + other.value), f"{self.origin}; {other.origin}")


@dataclass(frozen=True)
class Curve:
    """What a figure draws: the measurement and its bound along one axis, both float64 (points,)."""

    axis: str
    along: FloatArray
    measured: FloatArray
    bound: FloatArray


@dataclass(frozen=True)
class Outcome:
    """What measuring gave, at the worst place."""

    measured: complex
    bound: complex
    margin: float
    accuracy: float
    origin: str
    where: str = ""
    note: str = ""
    curve: Curve | None = field(default=None, repr=False)

    def but(self, note: str) -> Outcome:
        """Return the same with a further sentence for the reader."""
        return replace(self, note=f"{self.note}; {note}" if self.note else note)


def at_most(measured: ArrayLike, bound: ArrayLike, accuracy: Accuracy, **axes: Any) -> Outcome:
    """Compare real numbers with upper bounds, entry by entry.

    Parameters
    ----------
    measured, bound : array_like of float
        Broadcast against each other, one axis for each of ``axes``.
    accuracy : Accuracy
        Relative to the bound.
    **axes : sequence
        Name and coordinates of each axis in order, such as ``t=times, i=range(N)``.

    Returns
    -------
    Outcome
        Its margin is the least ``(bound - measured) / |bound|``, where the accuracy is taken into account.
    """
    values, limits = (np.asarray(side, dtype=float) for side in np.broadcast_arrays(measured, bound))
    with np.errstate(divide="ignore", invalid="ignore"):
        margins = np.where(limits == values, 0.0, (limits - values) / np.abs(limits))
    margins = np.where(np.isposinf(limits) & np.isfinite(values), 1.0, margins)  # a bound that overflows
    return _worst(values, limits, margins, accuracy, axes)


def equal(
    measured: ArrayLike, predicted: ArrayLike, accuracy: Accuracy, scale: ArrayLike | None = None, **axes: Any
) -> Outcome:
    """Compare real or complex numbers with what they should be, entry by entry.

    Parameters
    ----------
    measured, predicted : array_like of complex
        Broadcast against each other, one axis for each of ``axes``.
    accuracy : Accuracy
        Relative to the scale.
    scale : array_like of float, optional
        What differences count relative to; by default the largest modulus predicted. Entries where it is zero tell
        nothing.
    **axes : sequence
        As for `at_most`.

    Returns
    -------
    Outcome
        Its margin is minus the largest ``|measured - predicted| / scale``.
    """
    values, limits = np.broadcast_arrays(measured, predicted)
    size = np.abs(limits).max(initial=0.0) if scale is None else np.asarray(scale, dtype=float)
    if not np.any(size > 0):
        return unmeasured("both sides vanish on this run")
    with np.errstate(divide="ignore", invalid="ignore"):
        margins = np.where((values == limits) | (size == 0), 0.0, -np.abs(values - limits) / size)
    known = Accuracy(np.where(size == 0, np.inf, accuracy.value), accuracy.origin)
    return _worst(values, limits, margins, known, axes)


def unmeasured(reason: str) -> Outcome:
    """Return an outcome that says why there is none: no verdict comes from it but *inconclusive*."""
    return Outcome(np.nan, np.nan, np.nan, np.nan, "not measured", note=reason)


def _worst(
    values: NDArray[Any], limits: NDArray[Any], margins: FloatArray, accuracy: Accuracy, axes: dict[str, Any]
) -> Outcome:
    """Pick the entry of the least margin, each with its accuracy allowed for; NaN is worst of all."""
    if values.size == 0:
        return unmeasured("there is nothing to compare: one node, or one time")
    allowed = np.broadcast_to(accuracy.value, values.shape)
    slack = margins + allowed
    place = np.unravel_index(int(np.argmin(np.where(np.isnan(slack), -np.inf, slack))), values.shape)
    if np.isposinf(allowed[place]):
        return unmeasured("numbers this small tell nothing: their errors are larger")
    named = [f"{name} = {_text(coordinates[k])}" for (name, coordinates), k in zip(axes.items(), place, strict=True)]
    curve = None
    if "t" in axes and len(axes["t"]) > 1:
        first = list(axes).index("t")
        others = tuple(k for k in range(values.ndim) if k != first)
        worst = [np.moveaxis(array, first, 0).reshape(len(axes["t"]), -1) for array in (values, limits, slack)]
        rows, columns = np.arange(len(axes["t"])), np.nanargmin(np.nan_to_num(worst[2], nan=-np.inf), axis=1)
        along = np.asarray(axes["t"], dtype=float)
        curve = Curve("t", along, *(_real(side[rows, columns]) for side in worst[:2])) if others else None
        curve = curve or Curve("t", along, _real(values), _real(limits))
    return Outcome(
        measured=_number(values[place]),
        bound=_number(limits[place]),
        margin=float(margins[place]),
        accuracy=float(allowed[place]),
        origin=accuracy.origin,
        where=", ".join(named),
        curve=curve,
    )


def _number(value: Any) -> complex:
    return complex(value) if np.iscomplexobj(value) else float(value)


def _real(values: NDArray[Any]) -> FloatArray:
    """What is drawn of complex numbers: their moduli."""
    return np.asarray(np.abs(values) if np.iscomplexobj(values) else values, dtype=float)


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


@dataclass(frozen=True)
class Row:
    """A statement on a run: what `wignerlohe.verify` reports of it.

    Attributes
    ----------
    statement, title, source : str
        Its name, what it is about, and where it stands.
    prediction : str
        The statement itself.
    hypotheses : tuple of Hypothesis
        Each with its value on this run.
    measured, bound : complex
        What was measured and what was predicted, at the worst place.
    margin : float
        ``(bound - measured) / |bound|`` there; for equalities ``-|measured - predicted| / scale``.
    accuracy, origin : float, str
        How far off the numbers may be, relative in the same way, and where that is from.
    where : str
        The worst place: time and indices.
    verdict : str
        "holds", "violated", "hypotheses not met" or "inconclusive".
    note : str
        A sentence for the reader.
    curve : Curve or None
        Measurement and bound over time.
    """

    statement: str
    title: str
    source: str
    prediction: str
    hypotheses: tuple[Hypothesis, ...]
    measured: complex
    bound: complex
    margin: float
    accuracy: float
    origin: str
    where: str
    verdict: str
    note: str
    curve: Curve | None = field(default=None, repr=False)

    def __str__(self) -> str:
        from wignerlohe.theory.text import details

        return details(self)

    @property
    def printed(self) -> bool:
        """Whether it is a statement as printed in the paper that is known to be false."""
        return self.statement.endswith(PRINTED)


Assumption = Callable[["Evidence"], Hypothesis]


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes
    ----------
    name, title, source : str
        Such as "Lemma 3.2", what it is about, and where it stands.
    prediction : str
        What it says.
    assumptions : tuple of callables
        Each gives the `Hypothesis` of a run.
    measure : callable
        Gives the `Outcome` of a run; its keyword arguments are the constants of the statement.
    sharp : bool
        Whether it is an equality, or a bound that is attained: then a constant changed by 2 % is seen.
    """

    name: str
    title: str
    source: str
    prediction: str
    assumptions: tuple[Assumption, ...]
    measure: Callable[..., Outcome]
    sharp: bool = False

    @property
    def constants(self) -> dict[str, float]:
        """The constants by name."""
        return {
            name: parameter.default
            for name, parameter in inspect.signature(self.measure).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY
        }

    def changed(self, **constants: float) -> Statement:
        """Return the same statement with other constants."""
        return replace(self, measure=partial(self.measure, **constants))

    def check(self, seen: Evidence) -> Row:
        """Measure it on a run, and judge."""
        hypotheses: list[Hypothesis] = []
        for assumption in self.assumptions:
            hypotheses.append(assumption(seen))
            if hypotheses[-1].essential and not hypotheses[-1].met:  # then others may have no meaning
                outcome = unmeasured(f'not measured: "{hypotheses[-1].text}" is asked for, but {hypotheses[-1].value}')
                break
        else:
            try:
                with np.errstate(all="ignore"):  # bounds outside of their hypotheses may be infinite; NaN never holds
                    outcome = self.measure(seen)
            except WignerLoheError as error:  # too large, or not known for this kind of run
                outcome = unmeasured(f"not measured: {error}")
        judged = verdict(outcome) if all(hypothesis.met for hypothesis in hypotheses) else NOT_MET
        if judged == HOLDS and self.name.endswith(PRINTED):
            judged, outcome = INCONCLUSIVE, outcome.but("it is false in general, and this run does not show it")
        return Row(
            statement=self.name,
            title=self.title,
            source=self.source,
            prediction=self.prediction,
            hypotheses=tuple(hypotheses),
            verdict=judged,
            **{name: getattr(outcome, name) for name in Outcome.__dataclass_fields__},
        )


def verdict(outcome: Outcome) -> str:
    """Judge an outcome whose hypotheses are met."""
    if np.isnan(outcome.margin) and outcome.origin == "not measured":
        return INCONCLUSIVE
    if not outcome.margin >= -outcome.accuracy:  # NaN too
        return VIOLATED
    return HOLDS if outcome.margin > outcome.accuracy or outcome.accuracy <= RESOLUTION else INCONCLUSIVE


def statement(
    name: str, title: str, *assumptions: Assumption, source: str, sharp: bool = False
) -> Callable[[Callable[..., Outcome]], Statement]:
    """Make a statement of the function that measures it; its docstring is the prediction."""

    def made(measure: Callable[..., Outcome]) -> Statement:
        return Statement(name, title, source, inspect.cleandoc(measure.__doc__ or ""), assumptions, measure, sharp)

    return made


def named(statements: Sequence[Statement]) -> dict[str, Statement]:
    """Statements by name, each name once."""
    found = {each.name: each for each in statements}
    assert len(found) == len(statements)
    return found
