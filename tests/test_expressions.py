"""Formulas: good ones as NumPy computes them, hostile ones refused, nothing ever executed."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wignerlohe as wl
from tolerances import EPS
from wignerlohe import expressions, potentials

X = np.linspace(-2.0, 3.0, 7)
LINE = wl.Grid(-2.0, 3.0, 7)

GOOD = {
    "x": lambda x: x,
    "2": lambda _: 2.0,
    "-x": lambda x: -x,
    "+x": lambda x: x,
    "--x": lambda x: x,
    "-x**2": lambda x: -(x**2),
    "2**3**2": lambda _: 512.0,
    "x - 1 - 1": lambda x: x - 2,
    "8/4/2": lambda _: 1.0,
    "1/3": lambda _: 1 / 3,
    "x*x/4 - 1e-3": lambda x: x * x / 4 - 1e-3,
    "0.05*x**4 - 0.5*x**2": lambda x: 0.05 * x**4 - 0.5 * x**2,
    "(x + 1)*(x - 1)": lambda x: x**2 - 1,
    "x**-2": lambda x: x**-2.0,
    "2*pi": lambda _: 2 * np.pi,
    "abs(x)": np.abs,
    "arctan(x)": np.arctan,
    "cos(pi*x)": lambda x: np.cos(np.pi * x),
    "cosh(x)": np.cosh,
    "exp(-x**2/2)": lambda x: np.exp(-(x**2) / 2),
    "log(x + 3)": lambda x: np.log(x + 3),
    "maximum(x, 0)": lambda x: np.maximum(x, 0),
    "minimum(x, x**2)": lambda x: np.minimum(x, x**2),
    "sin(x)": np.sin,
    "sinh(x)": np.sinh,
    "sqrt(x**2 + 1)": lambda x: np.sqrt(x**2 + 1),
    "tan(x)": np.tan,
    "tanh(x)": np.tanh,
    "  x  ": lambda x: x,
    "1_000*x": lambda x: 1000 * x,
    "0x10": lambda _: 16.0,
}

HOSTILE = [
    # reaching for objects
    "x.real",
    "x.__class__",
    "x.__class__.__mro__[1].__subclasses__()",
    "().__class__.__bases__[0].__subclasses__()",
    "(1).__class__",
    "''.__class__",
    "pi.__class__",
    "sin.__self__",
    "x.tofile('stolen')",
    "x.dump('stolen')",
    "np.load('x')",
    "numpy.fromfile('x')",
    "os.system('true')",
    # calling
    "__import__('os')",
    "__import__('os').system('touch stolen')",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "open('/etc/passwd')",
    "open('stolen', 'w')",
    "input()",
    "print(x)",
    "exit()",
    "quit()",
    "breakpoint()",
    "getattr(x, 'real')",
    "setattr(x, 'real', 1)",
    "globals()",
    "locals()",
    "vars()",
    "dir()",
    "type(x)",
    "sum(x)",
    "max(x, 1)",
    "x(1)",
    "pi(1)",
    "1(2)",
    "sin(x)(x)",
    "(sin)(x)(1)",
    "sin()",
    "sin(x, x)",
    "sin(x, out=x)",
    "sin(*x)",
    "sin(**x)",
    "maximum(x)",
    "(lambda: 1)()",
    "lambda: 1",
    "lambda x: x",
    # building and binding
    "[x for x in x]",
    "{x for x in x}",
    "{x: x for x in x}",
    "(x for x in x)",
    "[y := 1]",
    "(y := x)",
    "x = 1",
    "x == 1",
    "x < 1",
    "x if x else 1",
    "x and 1",
    "not x",
    "~x",
    "x ^ 2",
    "x | 1",
    "x << 100000",
    "1 << 9999999999",
    "x % 2",
    "x // 2",
    "x @ x",
    "x[0]",
    "x[...]",
    "[1, 2]",
    "(1, 2)",
    "{1}",
    "{}",
    "()",
    "...",
    "*x",
    "await x",
    "yield x",
    "x; x",
    "import os",
    "pass",
    "del x",
    "x # a comment with\nmore",
    # strings and odd constants
    "'x'",
    '"x"',
    "b'x'",
    "'x' * 999999999",
    "f'{x}'",
    "f'{__import__(\"os\")}'",
    "f'{x!r:>{999999999}}'",
    "'{0.__class__}'.format(x)",
    "True",
    "None",
    "False + x",
    "1j",
    "x + 2j",
    "1e999",
    "-1e999",
    "nan",
    "inf",
    "1" + "0" * 400,
    # exhausting time or memory
    "9**9**9**9",
    "9**9**9**9**9**9",
    "x**1000000",
    "x**-1000000",
    "2**101",
    "9**99**99",
    "(9**99)**99",
    "1e300*1e300",
    "exp(exp(exp(x + 9)))",
    "9" * 990,
    "x" * 1001,
    "x+" * 600 + "x",
    "x+" * 200 + "x",
    "(" * 500 + "x" + ")" * 500,
    "(" * 250 + "x" + ")" * 250,
    "[" * 250 + "]" * 250,
    "[" * 140 + "]" * 140,
    "{" * 301,
    "-" * 999,
    "-" * 120 + "x",
    "~" * 140 + "x",
    "not " * 140 + "x",
    "lambda:" * 140 + "x",
    "sin(" * 100 + "x" + ")" * 100,
    "x" + ".a" * 140,
    "x" + "[0]" * 90,
    "x" + "()" * 140,
    "x" + "**x" * 60,
    "x if x else " * 60 + "x",
    # text that is no formula
    "",
    " ",
    "\n",
    "x\n",
    "x\nx",
    "\tx",
    "x\x00",
    "\x00",
    "x\r+1",
    "x \\\n + 1",
    "x + é",
    "×",
    "ｘ",
    "π",
    "x²",
    "𝒙",
    "\u202ex",
    "\ufeffx",
    "x +",
    "* x",
    "x x",
    "2x",
    "2 x",
    "1if x else 2",
    "0777",
    "1__0",
    "x)",
    "(x",
    "$x",
    "x?",
    "`x`",
    "x!",
    "!x",
    "\\",
    "'",
    "'''",
    "0.5·x",
    "x,",
    "q",
    "X",
    "y",
    "T",
    "__builtins__",
    "__name__",
    "_",
    "e",
    "i",
]


@pytest.mark.parametrize("text", GOOD)
def test_a_good_formula_is_what_numpy_computes(text):
    found = np.broadcast_to(expressions.parse(text, ("x",))(x=X), X.shape)
    assert found == pytest.approx(np.broadcast_to(GOOD[text](X), X.shape), rel=4 * EPS, abs=4 * EPS)
    assert expressions.parse(text, ("x",))(x=X).dtype == np.float64


def test_a_formula_knows_which_of_its_variables_it_uses():
    assert expressions.parse("x*pi + r2", ("x", "y", "r2")).names == {"x", "r2"}
    assert expressions.parse("1", ("x",)).names == frozenset()


class Watch:
    """An audit hook that remembers what a formula would have done to the machine."""

    dangerous = ("open", "exec", "import", "os.", "subprocess.", "socket.", "code.", "marshal.", "pickle.", "ctypes.")

    def __init__(self):
        self.on = False
        self.seen = []

    def __call__(self, event, arguments):
        if self.on and event.startswith(self.dangerous):
            self.seen.append((event, arguments))


WATCH = Watch()
sys.addaudithook(WATCH)


def refused(text):
    """Whether a text is refused as a potential, with nothing executed, opened or imported on the way."""
    WATCH.seen.clear()
    WATCH.on = True
    try:
        potentials.on_grid(LINE, text)
    except wl.InvalidInputError as error:
        message = str(error)
    else:
        message = ""
    finally:
        WATCH.on = False
    assert WATCH.seen == []
    assert len(message) < 500
    assert "\n" not in message
    return bool(message)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:40])
def test_a_hostile_text_is_refused_and_nothing_is_executed(text):
    assert refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "x.real",
        "__import__('os')",
        "9**999",
        "x^2",
        "f'{x}'",
        "[" * 140 + "]" * 140,
        "'a'*99",
        "sin(x, x)",
        "q + 1",
        "x²",
    ],
)
def test_the_message_shows_the_text_and_says_what_is_wrong(text):
    with pytest.raises(wl.InvalidInputError) as caught:
        expressions.parse(text, ("x",))
    assert str(caught.value).startswith("expression ")
    assert repr(text)[1:8] in str(caught.value)


def test_the_message_for_a_power_written_with_a_caret_says_how_to_write_it():
    with pytest.raises(wl.InvalidInputError, match=r"powers are written \*\*"):
        expressions.parse("0.5*x^2", ("x",))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("x" * 1001, "at most 1000"),
        ("x+" * 300 + "x", "at most 300"),
        ("-" * 60 + "x", "more than 40"),
        ("x**101", "at most 100"),
    ],
    ids=lambda value: value[:12],
)
def test_every_limit_is_told(text, limit):
    with pytest.raises(wl.InvalidInputError, match=limit):
        expressions.parse(text, ("x",))


def test_long_sums_within_the_limits_are_read():
    text = "+".join(["x"] * 35)
    assert expressions.parse(text, ("x",))(x=2.0) == 70


def test_undefined_values_come_out_as_nan_or_infinity_without_a_warning():
    found = expressions.parse("1/x + 0*log(x)", ("x",))(x=np.array([0.0, -1.0, 1.0]))
    assert not np.isfinite(found[0])
    assert np.isnan(found[1])
    assert found[2] == 1


def test_nested_text_is_refused_from_deep_within_a_program_too():
    def deep(levels):
        return deep(levels - 1) if levels else refused("[" * 140 + "]" * 140)

    assert deep(sys.getrecursionlimit() // 4)


def succeeds_or_is_refused(text):
    WATCH.seen.clear()
    WATCH.on = True
    try:
        values = potentials.on_grid(LINE, text)
    except wl.InvalidInputError:
        return
    finally:
        WATCH.on = False
    assert WATCH.seen == []
    assert values.shape == (7,)
    assert np.isfinite(values).all()


@given(st.text(max_size=60))
def test_any_text_is_a_potential_or_refused(text):
    succeeds_or_is_refused(text)


@given(st.text(alphabet="x0123456789.+-*/() eE,_pisncoxqrtlgabh[]{}'\"=:<>!@#%&|~^;\\", max_size=40))
def test_any_text_of_formula_characters_is_a_potential_or_refused(text):
    succeeds_or_is_refused(text)


TOKENS = ["x", "pi", "2", "0.5", "1e300", "+", "-", "*", "/", "**", "(", ")", ",", "sin", "exp", "log", "maximum", "."]


@given(
    st.lists(st.sampled_from([*TOKENS, "lambda", "for", "in", "if", "else", "__class__", "[", "]", "f''"]), max_size=25)
)
def test_any_sequence_of_tokens_is_a_potential_or_refused(tokens):
    succeeds_or_is_refused(" ".join(tokens))


FORMULAS = st.recursive(
    st.sampled_from(["x", "pi", "2", "0.5", "3.0"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["sin", "cos", "tanh", "arctan", "abs"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
        inner.map(lambda t: f"-{t}"),
    ),
    max_leaves=12,
)


@given(FORMULAS)
def test_any_formula_is_what_python_computes(text):
    names = {"sin": np.sin, "cos": np.cos, "tanh": np.tanh, "arctan": np.arctan, "abs": np.abs, "pi": np.pi, "x": X}
    expected = eval(text, {"__builtins__": {}}, names)  # a text made above, never one from outside
    assert np.array_equal(expressions.parse(text, ("x",))(x=X), expected)
