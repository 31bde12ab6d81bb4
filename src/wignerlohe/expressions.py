"""Formulas typed by users, such as ``0.05*x**4 - 0.5*x**2``: read by a whitelist and never executed.

The text becomes a tree by `ast.parse`, which runs nothing. Every node of the tree must be on the whitelist below,
and the tree is then walked with NumPy. Text that could exhaust time or memory (long, deep, huge powers) is refused
before and after parsing. There is no ``eval`` and no attribute access, so a formula from a stranger is safe.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.errors import InvalidInputError

MAXIMUM_LENGTH = 1000
MAXIMUM_NODES = 300
MAXIMUM_DEPTH = 40
MAXIMUM_EXPONENT = 100

CONSTANTS: Mapping[str, float] = {"pi": math.pi}

OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.Pow: np.power,
    ast.UAdd: np.positive,
    ast.USub: np.negative,
}

FUNCTIONS: Mapping[str, np.ufunc] = {
    "abs": np.absolute,
    "arctan": np.arctan,
    "cos": np.cos,
    "cosh": np.cosh,
    "exp": np.exp,
    "log": np.log,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}


def _refuse(text: str, why: str) -> InvalidInputError:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return InvalidInputError(f"expression {shown!r} {why}")


@dataclass(frozen=True)
class Expression:
    """A checked formula; call it with the values of its names.

    Build one with `parse`. Values are float64 arrays or numbers that broadcast.
    """

    text: str
    tree: ast.expr
    names: frozenset[str]

    def __call__(self, **values: Any) -> NDArray[np.float64]:
        """Evaluate to a float64 array; entries that overflow or are undefined come out as inf or nan."""
        with np.errstate(all="ignore"):
            return np.asarray(_evaluate(self.tree, values), dtype=np.float64)


def parse(text: str, variables: tuple[str, ...]) -> Expression:
    """Read a formula in the given variables.

    Allowed are numbers, ``+ - * / **``, parentheses, ``pi``, the variables, and the functions abs, arctan, cos, cosh,
    exp, log, maximum, minimum, sin, sinh, sqrt, tan and tanh.

    Parameters
    ----------
    text : str
        The formula, at most 1000 ASCII characters.
    variables : tuple of str
        Names that may occur in it.

    Returns
    -------
    Expression
        To be called with ``name=value`` for each variable.

    Raises
    ------
    InvalidInputError
        If the text is not such a formula; the message names the offending part and what is allowed.

    Examples
    --------
    >>> parse("0.5*x**2 - 1", ("x",))(x=np.array([0.0, 2.0]))
    array([-1.,  1.])
    >>> parse("__import__('os')", ("x",))
    Traceback (most recent call last):
    ...
    wignerlohe.errors.InvalidInputError: expression "__import__('os')" calls '__import__', which is unknown; ...
    """
    if not text.strip():
        raise _refuse(text, "is empty; give a formula such as 0.5*x**2")
    if len(text) > MAXIMUM_LENGTH:
        raise _refuse(text, f"has {len(text)} characters; at most {MAXIMUM_LENGTH} are allowed")
    if not (text.isascii() and text.isprintable()):
        raise _refuse(text, "must consist of printable ASCII characters on one line")
    if max(text.count("("), text.count("["), text.count("{")) > MAXIMUM_NODES:
        raise _refuse(text, "has too many brackets")
    try:
        with warnings.catch_warnings(action="error"):  # about what is no formula either, such as 1or x
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _refuse(text, "cannot be read as a formula; an example is 0.05*x**4 - 0.5*x**2") from None
    count = sum(1 for _ in ast.walk(tree))
    if count > MAXIMUM_NODES:
        raise _refuse(text, f"has {count} parts; at most {MAXIMUM_NODES} are allowed")
    names: set[str] = set()
    _check(tree, text, variables, names, depth=0)
    return Expression(text=text.strip(), tree=tree, names=frozenset(names))


def _check(node: ast.AST, text: str, variables: tuple[str, ...], names: set[str], depth: int) -> None:
    """Refuse every node that is not on the whitelist; collect the variables used."""
    if depth > MAXIMUM_DEPTH:
        raise _refuse(text, f"is nested more than {MAXIMUM_DEPTH} levels deep")
    match node:
        case ast.Constant(value=bool()):
            raise _refuse(text, f"holds {node.value!r}; only real numbers are allowed")
        case ast.Constant(value=int() | float() as number):
            if not abs(number) <= 1e300:
                raise _refuse(text, "holds a number beyond 1e300")
            return
        case ast.Name(id=name):
            if name not in variables and name not in CONSTANTS:
                raise _refuse(text, f"uses {name!r}, which is unknown; allowed are {', '.join(variables)} and pi")
            names.update({name} & set(variables))
            return
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
            if isinstance(operator, ast.Pow):
                _check_exponent(right, text)
            children = [left, right]
        case ast.BinOp(op=ast.BitXor()):
            raise _refuse(text, "uses ^; powers are written **")
        case ast.UnaryOp(op=operator, operand=operand) if type(operator) in OPERATORS:
            children = [operand]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            if name not in FUNCTIONS:
                raise _refuse(text, f"calls {name!r}, which is unknown; allowed are {', '.join(FUNCTIONS)}")
            if len(arguments) != FUNCTIONS[name].nin:
                raise _refuse(text, f"calls {name} with {len(arguments)} arguments; it takes {FUNCTIONS[name].nin}")
            children = arguments
        case _:
            part = text.strip()[getattr(node, "col_offset", 0) : getattr(node, "end_col_offset", None)]
            raise _refuse(text, f"holds {part[:40]!r}; only numbers, names, + - * / ** and functions are allowed")
    for child in children:
        _check(child, text, variables, names, depth + 1)


def _check_exponent(node: ast.expr, text: str) -> None:
    """Refuse literal exponents that can only be a mistake or an attack."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not node.value <= MAXIMUM_EXPONENT:
        raise _refuse(text, f"has the exponent {node.value!r:.20}; at most {MAXIMUM_EXPONENT} is allowed")


def _evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """Walk a checked tree. Numbers become float64 first, so no power can build a huge integer."""
    match node:
        case ast.Constant(value=value):
            return np.float64(value)  # type: ignore[arg-type] # _check lets only real numbers through
        case ast.Name(id=name):
            return CONSTANTS[name] if name in CONSTANTS else values[name]
        case ast.BinOp(left=left, op=operator, right=right):
            return OPERATORS[type(operator)](_evaluate(left, values), _evaluate(right, values))
        case ast.UnaryOp(op=operator, operand=operand):
            return OPERATORS[type(operator)](_evaluate(operand, values))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name](*(_evaluate(argument, values) for argument in arguments))
    raise AssertionError(f"unchecked node {ast.dump(node)}")
