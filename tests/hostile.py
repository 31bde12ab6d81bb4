"""Hostile formulas, configs and files, written by hand: the tables of `test_hostile`."""

import json
import os
import pickle
import re
import struct
import zipfile
from pathlib import Path

import numpy as np

import wignerlohe as wl
from wignerlohe.config import toml

LINE = wl.Grid(-9.0, 8.0, 64)
PSI = wl.states.gaussian(LINE, [-1.0, 0.5])
NODES = 9  # of networks

FORMULAS = [
    "x.__class__.__mro__",
    "x.__array_interface__",
    "x.ctypes",
    "x.base",
    "sin.__reduce__()",
    "sin.reduce(x)",
    "sin.at(x, 0)",
    "maximum.outer(x, x)",
    "maximum.accumulate(x)",
    "sin(x).__class__",
    "(x)[0]",
    "x[__import__('os')]",
    "x@x",
    "x<<2",
    "x>>2",
    "x&1",
    "x is x",
    "x in x",
    "x if 1 else x",
    "[*x]",
    "{**x}",
    "sin(*[x])",
    "sin(x=x)",
    "sin(x, where=x)",
    "sin(x, dtype=x)",
    "sin(x, out=(x,))",
    "maximum(x, x, x)",
    "f'{x}'",
    "f'{x:{x}}'",
    "f'{(lambda: 1)()}'",
    "rf'{x}'",
    "b'' * 10**10",
    "'' % x",
    "''.join",
    "u'x'",
    "r'x'",
    "'\\d'",
    "x or 1",
    "1or x",
    "1if x else 1",
    "0x1for x in x",
    "0b2",
    "0o8",
    "0xg",
    "1_",
    "1__1",
    "1e",
    "1e+",
    "1.e.1",
    "1..real",
    "1 .real",
    "1j",
    "1J*x",
    "x*1e309",
    "1e301",
    "9" * 400,
    "0x" + "f" * 300,
    "-" * 50 + "1e301",
    "x**1e3",
    "x**-101",
    "x**+101",
    "x**--101",
    "x**101.5",
    "x**(50 + 52)",
    "x**x**x**x**x",
    "100**100**100",
    "(x**100)**100",
    "exp(100**100)",
    "2**-2**2**2**2",
    "-" * 39 + "x",
    "+" * 999,
    "~" * 999,
    "(" * 299 + "x" + ")" * 299,
    "sin(" * 41 + "x" + ")" * 41,
    "x" + "+x" * 149,
    "x" + "*x" * 499,
    "maximum(x," * 40 + "x" + ")" * 40,
    ",".join("x" * 300),
    "x;" * 400,
    "x:=1",
    "(x:=1)",
    "print(x)",
    "type(x)",
    "id(x)",
    "hash(x)",
    "help()",
    "help",
    "copyright()",
    "license()",
    "memoryview(x)",
    "super()",
    "object()",
    "__builtins__",
    "__debug__",
    "__file__",
    "__loader__",
    "__spec__",
    "wignerlohe",
    "np",
    "np.sin(x)",
    "math.sin(x)",
    "numpy",
    "self",
    "t.real",
    "t()",
    "r2.real",
    "x2",
    "rx",
    "X",
    "PI",
    "Pi",
    "ｓｉｎ(x)",
    "ﬁ(x)",
    "ｐｉ",
    "х",  # Cyrillic
    "ⅹ",
    "x\u0301",
    "x\u200b",
    "x\u00a0+ 1",
    "x\u2028+ 1",
    "x\v+ 1",
    "x\f+ 1",
    "x\x1b[2J",
    "\x1b]0;owned\x07x",
    "x\x7f",
    "x\x80",
    "\ud800",
    "x\r\n",
    "x\\\n",
    "x #\n",
    "# x",
    "x # no",
    "# -*- coding: utf-7 -*-",
    "\ufeff# coding: utf-16",
    "match x",
    "type X = int",
    "async x",
    "return x",
    "raise x",
    "assert x",
    "global x",
    "with x: x",
    "while x: x",
    "@x",
    "x!",
    "x -> x",
    "x ... x",
    "....",
    "%x",
    "{x}",
    "{x: x}",
    "(x, x)",
    "(x,)",
    "()",
    "(())",
    "((((((",
    "))))))",
    "'" * 999,
    '"""',
    "\\" * 999,
    "`touch stolen`",
    "$(touch stolen)",
    "!touch stolen",
    "%run stolen",
    "?x",
    "x;;x",
]


GOOD = {
    "": {"title": '"A good run"'},
    "grid": {"lower": "[-9.0]", "upper": "[8.0]", "points": "[64]", "hbar": "1.0"},
    "model": {"kind": '"schrodinger-lohe"', "coupling": "0.7", "potential": '"0.5*x**2"', "mass": "1.0"},
    "initial": {"kind": '"gaussian"', "position": "[[-1.0], [0.5]]", "momentum": "0.0", "width": "1.0"},
    "time": {"stop": "2.0", "samples": "5"},
    "wigner": {"pairs": "[[0, 0], [0, 1]]", "times": "[0.0, 1.0]"},
    "solver": {"method": '"auto"', "rtol": "1e-8"},
    "output": {"observables": '["mean", "energy"]', "groups": "{left = [0], right = [1]}"},
}
FROM_FILE = {"kind": '"file"', "path": '"states.npy"', "position": "", "momentum": "", "width": ""}
LINES = (Path(__file__).parent / "data" / "hostile_configs.txt").read_text(encoding="utf-8").splitlines()
CHANGES = [line for line in LINES if line and not line.startswith("#")]


def written(tables):
    """The text of a config."""
    parts = []
    for name, keys in tables.items():
        parts += [f"[{name}]"] * bool(name) + [f"{key} = {value}" for key, value in keys.items() if value]
    return "\n".join([*parts, ""])


PLACE = re.compile(r"""("[^"]*"|\w+)(?:\.(.*?))? =(.*)""")  # table.key = value


def changed(line, folder):
    """The good config with a line of the data file applied."""
    tables = {name: dict(keys) for name, keys in GOOD.items()}
    for change in line.replace("{folder}", str(folder)).split(" ;; "):
        table, key, value = PLACE.fullmatch(change).groups()
        if key is None:  # a title, or a whole table
            tables.pop(table, None)
            table, key = "", table
        tables.setdefault(table, {})[key] = value.strip()
    return written(tables)


TEXT = written(GOOD)
MANY = 60_000
SPACE = TEXT.replace("[-9.0]", "[-9.0, -9.0, -9.0]").replace("[64]", "[150, 150, 150]")
TEXTS = {
    "nothing": "",
    "no text": b"\xff\xfe\x00",
    "half a letter": TEXT.encode() + b"\xc3",
    "zeros": bytes(1000),
    "another encoding": TEXT.encode("utf-16"),
    "a mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "a pickle": pickle.dumps([1, 2]),
    "an archive": b"PK\x03\x04" + bytes(100),
    "too much": "#" * (toml.MAXIMUM_BYTES + 1),
    "a comment": TEXT + "#" * 100_000,
    "a control character in a comment": TEXT + "# \x1b[2J",
    "returns": TEXT.replace("\n", "\r"),
    "Windows": TEXT.replace("\n", "\r\n"),
    "twice": TEXT + TEXT,
    "a key twice": TEXT.replace("hbar = 1.0", "hbar = 1.0\nhbar = 2.0"),
    "a table twice": TEXT + "[grid]\nhbar = 2.0\n",
    "a table in a value": TEXT + "[grid.hbar]\nx = 1\n",
    "an array of tables": TEXT.replace("[grid]", "[[grid]]"),
    "dotted": TEXT.replace("[grid]\n", "").replace("lower", "grid.lower"),
    "a key of many parts": TEXT + "[sweep]\n" + "a." * MANY + "a = 1",
    "a quoted key of many parts": TEXT + "[sweep]\n" + "'a' . " * 20_000 + "a = 1",
    "a table of many parts": TEXT + "[" + "a." * MANY + "a]",
    "many parts behind text": TEXT + "x = {s = \"\"\"a\"\"\"\"\", " + '"a".' * 20_000 + "a = 1}",
    "many parts behind quotes": TEXT + "x = {'\"' = 1, " + '"a".' * 20_000 + "a = 1}",
    "many parts behind a comment": TEXT + "# ' \"\"\"\n" + "a." * MANY + "a = 1",
    "unfinished text": TEXT + 'x = """' + '\\""" ' * MANY,
    "unfinished line of text": TEXT + 'x = "' + '\\"' * MANY,
    "many lists": TEXT + "x = " + "[" * MANY,
    "closed lists": TEXT + "x = " + "[" * 300 + "]" * 300,
    "many tables in tables": TEXT + "x = " + "{a = " * MANY,
    "closed tables": TEXT + "x = " + "{a = " * 200 + "1" + "}" * 200,
    "lists in a value": TEXT.replace("0.7", "[" * 90 + "]" * 90),
    "deep tables": TEXT + "[a.a.a.a.a.a]\na.a.a.a.a.a = {a.a.a.a = 1}",
    "many keys": TEXT + "".join(f"k{k} = 1\n" for k in range(19_000)),
    "too many keys": TEXT + "".join(f"k{k} = 1\n" for k in range(21_000)),
    "too many tables": TEXT + "".join(f"[k{k}]\n" for k in range(21_000)),
    "too many tables of one name": TEXT + "[[k]]\n" * 21_000,
    "unknown keys": TEXT.replace("[grid]", "[grid]\n" + "".join(f"k{k} = 1\n" for k in range(5000))),
    "wrong values": TEXT.replace("[[-1.0], [0.5]]", "[" + '"a", ' * 20_000 + "]"),
    "wrong lists": TEXT.replace("[[-1.0], [0.5]]", "[" + '["a"], ' * 10_000 + "]"),
    "many values": TEXT.replace("momentum = 0.0", "momentum = [" + "1, " * MANY + "]"),
    "many nodes": TEXT.replace("[[-1.0], [0.5]]", "[" + "[1.0], " * 20_000 + "]"),
    "many potentials": TEXT.replace('"0.5*x**2"', "[" + '"x", ' * 20_000 + "]"),
    "some potentials": TEXT.replace('"0.5*x**2"', "[" + '"x", ' * 500 + "]"),
    "many bad potentials": TEXT.replace('"0.5*x**2"', "[" + '"open(1)", ' * 4000 + "]"),
    "large potentials": SPACE.replace('"0.5*x**2"', "[" + '"x", ' * 5000 + "]"),
    "many observables": TEXT.replace('["mean", "energy"]', "[" + '"mean", ' * 20_000 + "]"),
    "many groups": TEXT.replace("{left", "{" + ", ".join(f"g{k} = [9]" for k in range(5000)) + ", left"),
    "many pairs": TEXT.replace("[[0, 0], [0, 1]]", "[" + "[0, 1], " * 20_000 + "]"),
    "many times": TEXT.replace("[0.0, 1.0]", "[" + "0.0, " * MANY + "]"),
    "many detunings": TEXT.replace("mass = 1.0", "detuning = [" + "1.0, " * MANY + "]"),
    "a large matrix": TEXT.replace("mass = 1.0", "network = [" + "[1.0, 0.0], " * 20_000 + "]"),
    "a long number": TEXT.replace("0.7", "9" * MANY),
    "a long hexadecimal number": TEXT.replace("0.7", "0x" + "f" * MANY),
    "a long binary number": TEXT.replace("0.7", "0b" + "1" * MANY),
    "a long fraction": TEXT.replace("0.7", "0." + "7" * MANY),
    "a long exponent": TEXT.replace("0.7", "1e" + "9" * MANY),
    "a long title": TEXT.replace("A good run", "a" * MANY),
    "a long kind": TEXT.replace("schrodinger-lohe", "a" * MANY),
    "a long key": TEXT + "k" * MANY + " = 1",
    "a long formula": TEXT.replace("0.5*x**2", "x+" * MANY + "x"),
    "a long path": TEXT.replace("[initial]", "[initial]\npath = '" + "a" * MANY + ".npy'"),
    "a long network": TEXT.replace("mass = 1.0", "network = '" + "a" * MANY + "'"),
    "a long unknown key of a network": TEXT.replace("mass = 1.0", "network = {kind = 'ring', " + "k" * MANY + " = 1}"),
    "an escaped surrogate": TEXT.replace("A good run", "\\ud800"),
    "a large escape": TEXT.replace("A good run", "\\U00110000"),
    "a zero": TEXT.replace("A good run", "\\u0000"),
}  # fmt: skip


def npy(shape="(2, 64)", dtype="'<c16'", order="False", header=None, size=PSI.nbytes, version=1):
    """The bytes of a .npy file, with whatever in its header."""
    text = header or f"{{'descr': {dtype}, 'fortran_order': {order}, 'shape': {shape}, }}\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text) % (1 << 16 if version == 1 else 1 << 32))
    body = PSI.tobytes() if size == PSI.nbytes else bytes(size)
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode("latin1") + body


class Bomb:
    """Unpickling this leaves a mark."""

    def __reduce__(self):
        return (os.mkdir, ("stolen",))


NPY = {
    "good": npy(),
    "Fortran order": npy(order="True"),
    "big endian": npy(dtype="'>c16'"),
    "nan": npy(dtype="'<c8'", size=0) + b"\xff" * 1024,
    "negative": npy("(-2, 64)"),
    "both negative": npy("(-2, -64)"),
    "minus one": npy("(2, -1)"),
    "nothing": npy("(0, 64)"),
    "no shape": npy("()"),
    "an open shape": npy("(2, 64"),
    "a list": npy("[2, 64]"),
    "fractions": npy("(2, 64.0)"),
    "truth": npy("(True, 64)"),
    "text for a shape": npy("'2'"),
    "overflow to nothing": npy("(4611686018427387904, 4, 64)"),
    "overflow": npy("(288230376151711745, 64)"),
    "beyond 64 bits": npy(f"({2**70}, 64)"),
    "very many digits": npy(f"({'9' * 5000}, 64)"),
    "more than there is": npy("(1000000000, 64)"),
    "less than there is": npy("(1, 64)"),
    "seventy axes": npy(f"({'1, ' * 69}64)"),
    "a sum": npy("(1 + 1, 64)"),
    "a power": npy("(9**9**9, 64)"),
    "a call": npy("__import__('os').mkdir('stolen')"),
    "a call for a dtype": npy(dtype="__import__('os').mkdir('stolen')"),
    "objects": npy(dtype="'|O'"),
    "objects in a structure": npy(dtype="[('a', '|O')]"),
    "a structure": npy(dtype="[('re', '<f8'), ('im', '<f8')]"),
    "a control character in a structure": npy(dtype="[('\\x1b[2J', '<c16')]"),
    "many fields": npy(dtype="[" + ", ".join(f"('a{k}', '<c16')" for k in range(400)) + "]"),
    "nested fields": npy(dtype="[('a', " * 90 + "'<c16'" + ")]" * 90),
    "a subarray": npy(dtype="('<f8', (2,))"),
    "a large subarray": npy(dtype="('<f8', (1000000000,))"),
    "a dtype of several": npy(dtype="'f8,f8'"),
    "a dtype of a module": npy(dtype="'os.system'"),
    "long text": npy(dtype="'<U1000000000'"),
    "void": npy(dtype="'|V16'"),
    "no size": npy(dtype="'|V0'"),
    "dates": npy(dtype="'<M8[s]'"),
    "strings": npy(dtype="'T'"),
    "truth values": npy(dtype="'?'"),
    "long doubles": npy(dtype="'<f16'"),
    "half": npy(dtype="'<f2'"),
    "an escape": npy(dtype="'\\d'"),
    "no order": npy(order="None"),
    "no key": npy(header="{'descr': '<c16', 'shape': (2, 64)}\n"),
    "one key more": npy(header="{'descr': '<c16', 'fortran_order': False, 'shape': (2, 64), 'run': 1}\n"),
    "brackets": npy(header="(" * 9000),
    "tables": npy(header="{'a': " * 1500),
    "minus signs": npy(header="-" * 9000 + "1\n"),
    "nothing in the header": npy(header="\n"),
    "zeros in the header": npy(header="\0" * 100),
    "a long header": npy(header=" " * 60_000 + "\n"),
    "a very long header": npy(header=" " * 3_000_000 + "\n", version=2),
    "a header that ends early": npy()[:40],
    "half of it": npy()[:1000],
    "no numbers": npy(size=0),
    "another version": npy(version=9),
    "version three": npy(version=3),
    "only magic": b"\x93NUMPY",
    "no magic": bytes(2000),
    "a pickle": pickle.dumps(Bomb()),
    "an archive": b"PK\x03\x04" + bytes(500),
    "text": b"1.0 2.0\n" * 64,
    "nothing at all": b"",
}  # fmt: skip


def archive(path, entries, method=zipfile.ZIP_DEFLATED):
    """A .npz file of whatever entries; a number stands for so many million zeros behind a good header."""
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as found:
        for name, content in entries:
            with found.open(name, "w", force_zip64=True) as file:
                if isinstance(content, int):
                    file.write(npy(f"({content * 1_000_000 // 1024}, 64)", size=0))
                    for _ in range(content):
                        file.write(bytes(1_000_000))
                else:
                    file.write(content)


NPZ = {
    "good": [("psi.npy", npy())],
    "two": [("psi.npy", npy()), ("phi.npy", npy())],
    "one name twice": [("psi.npy", npy()), ("psi.npy", npy("(1, 64)"))],
    "a path": [("../stolen.npy", npy())],
    "an absolute path": [("/tmp/stolen.npy", npy())],
    "a control character": [("\x1b[2J\n.npy", npy()), ("a.npy", npy())],
    "many names": [(f"{k}.npy", b"") for k in range(3000)],
    "a long name": [("a" * 60_000 + ".npy", npy()), ("b.npy", npy())],
    "no name": [(".npy", npy())],
    "not an array": [("psi.txt", npy())],
    "a bomb of another shape": [("psi.npy", npy("(100000000,)", size=0) + bytes(50_000_000))],
    "a bomb of many axes": [("psi.npy", npy("(1, 1, 1, 1, 100000000)", size=0) + bytes(50_000_000))],
    "larger than it is": [("psi.npy", npy("(4000000000, 64)"))],
    "a pickle": [("psi.npy", pickle.dumps(Bomb()))],
}


SPARSE = {
    "good": {},
    "another form": {"format": b"dia"},
    "an attribute": {"format": b"__class__"},
    "a control character": {"format": np.array("csr\x1b[2J")},
    "objects for a form": {"format": np.array([None], dtype=object)},
    "many forms": {"format": np.array([b"csr"] * 3)},
    "another shape": {"shape": np.array([2**40, 2**40])},
    "one axis": {"shape": np.array([NODES])},
    "a negative shape": {"shape": np.array([-NODES, NODES])},
    "fractions": {"shape": np.array([9.5, 9.5])},
    "text for a shape": {"shape": np.array(["9", "9"])},
    "no shape": {"shape": None},
    "beyond": {"indices": np.array([0, 1, 99])},
    "before": {"indices": np.array([0, 1, -1])},
    "indices of a short type": {"indices": np.array([0, 1, 2], dtype=np.int8)},
    "indices that are none": {"indices": np.array([0.5, 1.5, np.nan])},
    "fewer indices": {"indices": np.array([0])},
    "pointers beyond": {"indptr": np.array([0] * NODES + [1000])},
    "pointers back": {"indptr": np.array([0, 3] * 5)},
    "negative pointers": {"indptr": np.array([-5] * NODES + [3])},
    "too few pointers": {"indptr": np.array([0, 3])},
    "no pointers": {"indptr": None},
    "objects": {"data": np.array([Bomb(), 1, 2], dtype=object)},
    "complex": {"data": np.ones(3, dtype=complex)},
    "nan": {"data": np.full(3, np.nan)},
    "text": {"data": np.array(["a", "b", "c"])},
    "two axes": {"data": np.ones((3, 3))},
    "very many": {"data": np.zeros(20_000_000, dtype=np.int8)},
}


EDGES = [
    "0 1 1\n", "0 1 nan\n", "0 1 inf\n", "0 1 1e400\n", "0 1\n", "0 1 1 1\n", "0 1 1\n0 1\n", "-1 1 1\n", "9 1 1\n",
    "0.5 1 1\n", "1e300 1 1\n", "nan 1 1\n", "9223372036854775807 1 1\n", "0 1 1\n0 1 1\n", "", "\n\n", "# nothing\n",
    "\0", "0,1,1\n", "0 1 0x10\n", "0 1 1j\n", "0 1 True\n", "0 1 '1'\n", "0 1 \u0661\n", "\uff10 1 1\n", "a b c\n",
    "0 1 " + "9" * 5000 + "\n", "0 1 1 # \x1b[2J\n", "0 1 \x1b[2J\n", "0 1 __import__('os')\n", "0 1 1\n" * 20_000,
    "#" * 900_000, "0 1 1\r0 2 1\r", "0 1 1\x1a", "\ufeff0 1 1\n", "0 1 1\x0c2 3 1",
]  # fmt: skip


ARRAY = {
    "zarr_format": 3,
    "node_type": "array",
    "shape": [2, 64],
    "data_type": "complex128",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 64]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "fill_value": [0.0, 0.0],
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
    "attributes": {},
}
GROUP = {"zarr_format": 3, "node_type": "group", "attributes": {}}
BYTES, CHUNK = ARRAY["codecs"], {"psi/c/0/0": PSI.tobytes()}


def by(name, **configuration):
    return {"codecs": [*BYTES, {"name": name, "configuration": configuration}]}


def chunks(*shape):
    return {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(shape)}}}


def frame(blocks, size=None):
    """A zstd frame that unpacks to so many times 128 kB of zeros; its header states a size, or none."""
    head = b"\x28\xb5\x2f\xfd" + (b"\0\x58" if size is None else b"\xe0" + struct.pack("<Q", size))
    run = [(131072 << 3 | 2 | (k == blocks - 1)).to_bytes(3, "little") + b"\0" for k in range(blocks)]
    return head + b"".join(run)


LINK, PIPE = "link", "pipe"
OTHER = {"psi": ARRAY | {"shape": [9, 64]}, "../../etc": GROUP}
ELSEWHERE = {"consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": OTHER}}
ZARR = {
    "good": ({}, CHUNK),
    "no chunk": ({}, {}),
    "a chunk that is too short": ({}, {"psi/c/0/0": bytes(7)}),
    "a chunk that is too long": ({}, {"psi/c/0/0": bytes(1_000_000)}),
    "an empty chunk": ({}, {"psi/c/0/0": b""}),
    "a link without end": ({}, {"psi/c/0/0": (LINK, "/dev/zero")}),
    "a link elsewhere": ({}, {"psi/c/0/0": (LINK, "/etc/passwd")}),
    "a link to itself": ({}, {"psi/c/0/0": (LINK, "0")}),
    "a link to a folder": ({}, {"psi/c": (LINK, "/")}),
    "a link upwards": ({}, CHUNK | {"psi/up": (LINK, "..")}),
    "a pipe": ({}, {"psi/c/0/0": PIPE}),
    "a pipe for a group": ({}, CHUNK | {"zarr.json": PIPE}),
    "a pipe for an array": ({}, CHUNK | {"psi/zarr.json": PIPE}),
    "a link for a group": ({}, CHUNK | {"zarr.json": (LINK, "/dev/zero")}),
    "a folder for a chunk": ({}, {"psi/c/0/0/0": b"x"}),
    "gzip": (by("gzip", level=1), CHUNK),
    "blosc": (by("blosc", cname="lz4", clevel=1, shuffle="noshuffle", typesize=16, blocksize=0), CHUNK),
    "pickle": (by("numcodecs.pickle"), CHUNK),
    "lzma": (by("numcodecs.lzma"), CHUNK),
    "json": (by("numcodecs.json2"), CHUNK),
    "text": (by("vlen-utf8"), CHUNK),
    "shards": (by("sharding_indexed", chunk_shape=[1, 64], codecs=BYTES), CHUNK),
    "transposed": ({"codecs": [{"name": "transpose", "configuration": {"order": [1, 0]}}, *BYTES]}, CHUNK),
    "a module": (by("os.system"), CHUNK),
    "a path": (by("../../x"), CHUNK),
    "a control character": (by("\x1b[2J"), CHUNK),
    "no name": ({"codecs": [{"configuration": {}}]}, CHUNK),
    "a table of codecs": ({"codecs": {"name": "bytes"}}, CHUNK),
    "no codec": ({"codecs": []}, CHUNK),
    "bytes twice": ({"codecs": BYTES * 2}, CHUNK),
    "zstd that is none": (by("zstd", level=0, checksum=False), CHUNK),
    "a bomb": (by("zstd", level=0, checksum=False), {"psi/c/0/0": frame(1000, 1000 * 131072)}),
    "a bomb that hides its size": (by("zstd", level=0, checksum=False), {"psi/c/0/0": frame(1000)}),
    "a bomb that lies": (by("zstd", level=0, checksum=False), {"psi/c/0/0": frame(1000, 2048)}),
    "two bombs": (by("zstd", level=0, checksum=False), {"psi/c/0/0": frame(1, 2048) + frame(1000, 2048)}),
    "a small frame": (by("zstd", level=0, checksum=False), {"psi/c/0/0": b"\x28\xb5\x2f\xfd"}),
    "a skipped frame": (by("zstd", level=0, checksum=False), {"psi/c/0/0": b"\x50\x2a\x4d\x18\xff\xff\xff\x7f"}),
    "a wrong sum": ({"codecs": [*BYTES, {"name": "crc32c"}]}, {"psi/c/0/0": PSI.tobytes() + b"1234"}),
    "large chunks": (chunks(10_000_000, 64), {"psi/c/0/0": b"x"}),
    "very large chunks": (chunks(2**40, 2**40), {}),
    "chunks beyond 64 bits": (chunks(2**70, 64), {}),
    "no chunks": (chunks(0, 64), CHUNK),
    "negative chunks": (chunks(-2, 64), CHUNK),
    "chunks of one axis": (chunks(2), CHUNK),
    "chunks of many axes": (chunks(*[1] * 70), CHUNK),
    "other chunks": ({"chunk_grid": {"name": "os.system", "configuration": {}}}, CHUNK),
    "very many chunks": ({"shape": [1_000_000, 64]} | chunks(1, 1), {}),
    "many chunks": ({"shape": [100_000, 64]} | chunks(1, 64), {}),
    "a negative shape": ({"shape": [-2, 64]}, CHUNK),
    "a large shape": ({"shape": [2**60, 64]}, CHUNK),
    "a shape beyond 64 bits": ({"shape": [2**70, 64]}, CHUNK),
    "no shape": ({"shape": []}, CHUNK),
    "seventy axes": ({"shape": [1] * 70} | chunks(*[1] * 70), CHUNK),
    "fractions": ({"shape": [2.5, 64]}, CHUNK),
    "text for a shape": ({"shape": "2"}, CHUNK),
    "objects": ({"data_type": "object", "fill_value": 0}, CHUNK),
    "strings": ({"data_type": "string", "fill_value": ""}, CHUNK),
    "a structure": ({"data_type": {"name": "structured", "configuration": {"fields": [["a", "float64"]]}}}, CHUNK),
    "long text": ({"data_type": {"name": "fixed_length_utf32", "configuration": {"length_bytes": 2**40}}}, CHUNK),
    "raw bytes": ({"data_type": "r1024", "fill_value": 0}, CHUNK),
    "truth": ({"data_type": "bool", "fill_value": False}, CHUNK),
    "short numbers": ({"data_type": "int8", "fill_value": 0}, {"psi/c/0/0": bytes(128)}),
    "another fill value": ({"fill_value": "x"}, {}),
    "nan": ({"fill_value": ["NaN", "Infinity"]}, {}),
    "other keys": ({"chunk_key_encoding": {"name": "v2"}}, {"psi/0.0": PSI.tobytes()}),
    "keys upwards": ({"chunk_key_encoding": {"name": "default", "configuration": {"separator": "/../"}}}, CHUNK),
    "transformers": ({"storage_transformers": [{"name": "x"}]}, CHUNK),
    "more than zarr knows": ({"must_understand": 1}, CHUNK),
    "names upwards": ({"dimension_names": ["../x", "\x1b[2J"]}, CHUNK),
    "zarr 2": ({"zarr_format": 2}, CHUNK),
    "zarr 4": ({"zarr_format": 4}, CHUNK),
    "a group for an array": ({"node_type": "group"}, CHUNK),
    "lists": ({}, CHUNK | {"psi/zarr.json": b"[" * 100_000}),
    "a list": ({}, CHUNK | {"psi/zarr.json": b"[]"}),
    "half of it": ({}, CHUNK | {"psi/zarr.json": json.dumps(ARRAY).encode()[:100]}),
    "no text": ({}, CHUNK | {"psi/zarr.json": b"\xff\xfe"}),
    "a long text": ({}, CHUNK | {"psi/zarr.json": b'{"a": "' + b"x" * 3_000_000 + b'"}'}),
    "a long number": ({"shape": [2, int("9" * 4000)]}, CHUNK),
    "many arrays": ({}, CHUNK | {f"a{k}/zarr.json": json.dumps(ARRAY).encode() for k in range(300)}),
    "two with odd names": ({}, CHUNK | {"\x1b[2J\n/zarr.json": json.dumps(ARRAY).encode()}),
    "consolidated elsewhere": ({}, CHUNK | {"zarr.json": json.dumps(GROUP | ELSEWHERE).encode()}),
}  # fmt: skip


GOOD_ZARR = ["good", "no chunk", "short numbers", "nan", "other keys", "consolidated elsewhere", "names upwards"]
GOOD_ZARR += ["a folder for a chunk"]


def store(folder, change, files):
    """A folder a.zarr with a group and an array in it, changed."""
    found = folder / "a.zarr"
    whole = {"zarr.json": json.dumps(GROUP).encode(), "psi/zarr.json": json.dumps(ARRAY | change).encode()} | files
    for name, content in whole.items():
        path = found / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content == PIPE:
            os.mkfifo(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.symlink_to(content[1])
    return found


# ---- sweeps and results ---------------------------------------------------------------------------------------------

SWEEPS = [
    "",
    '"model.coupling" = []\n',
    '"model.coupling" = 1\n',
    '"model.coupling" = [nan, 1.0]\n',
    '"model.coupling" = [1.0, 1.0]\n',
    '"model.coupling" = ["\\u001b[2J", 1.0]\n',
    '"model.coupling" = {start = 0, stop = 1, count = 10000000000}\n',
    '"model.coupling" = {start = -1e308, stop = 1e308, count = 3}\n',
    '"model.coupling" = {start = 1, stop = 1, count = 2}\n',
    '"model.\\u001b[2J" = [1, 2]\n',
    '"\\u001b[2J" = [1, 2]\n',
    '"../../stolen" = [1, 2]\n',
    '"title" = ["a", "b"]\n',
    '"model" = [1, 2]\n',
    '"model." = [1, 2]\n',
    '".coupling" = [1, 2]\n',
    '"model.coupling.x" = [1, 2]\n',
    '"model.__class__" = [1, 2]\n',
    '"model.potential" = ["__import__(\'os\').mkdir(\'stolen\')", "x"]\n',
    '"initial.path" = ["/dev/zero", "../stolen"]\n',
    '"output.path" = ["../stolen", "/tmp/stolen"]\n',
    "sweep.sweep.sweep = [1, 2]\n",
    "reports = 3\n",
    "a = {b = {c = {d = {e = {f = {g = 1}}}}}}\n",
    "".join(f'"model.k{k}" = [1, 2]\n' for k in range(30)),
    "".join(f'"model.k{k}" = [1]\n' for k in range(5000)),
    "".join(f'"model.k{k}" = {{start = 0, stop = 1, count = 10000}}\n' for k in range(5000)),
    '"model.coupling" = [' + "0.1, " * 50_000 + "]\n",
    '"model.coupling" = [' + ", ".join(map(str, range(20_000))) + "]\n",
]


def journal(*lines):
    """Write a journal after a good first line."""
    return lambda folder: (folder / "sweep.jsonl").write_bytes(b"\n".join((b'{"origin": "/nowhere"}', *lines, b"")))


def beside(make):
    """Put something next to a good journal."""

    def act(folder):
        journal()(folder)
        make(folder)

    return act


JOURNALS = {
    "good": journal(),
    "good and cut off": journal(b'{"point": 0, "sec'),
    "good with a failure": journal(b'{"point": 0, "seconds": 1.0, "failure": "\x1b[2J"}'),
    "good with odd lines": journal(
        b"[]", b"3", b"null", b'{"point": "0"}', b'{"seconds": 1}', b"\xff\xfe", b"[" * 100_000
    ),
    "good with long numbers": journal(b'{"point": ' + b"9" * 5000 + b"}"),
    "good with points that are none": journal(b'{"point": null, "seconds": 1.0, "failure": ""}'),
    "a point that is not there": journal(b'{"point": 7, "seconds": 1.0, "failure": ""}'),
    "a negative point": journal(b'{"point": -1, "seconds": 1.0, "failure": ""}'),
    "a point without its config": journal(b'{"point": 0, "seconds": 1.0, "failure": ""}'),
    "no origin": lambda folder: (folder / "sweep.jsonl").write_text('{"point": 0}\n'),
    "an origin that is none": lambda folder: (folder / "sweep.jsonl").write_text('{"origin": 3}\n'),
    "an empty journal": lambda folder: (folder / "sweep.jsonl").touch(),
    "no journal": lambda _: None,
    "a pipe for a journal": lambda folder: os.mkfifo(folder / "sweep.jsonl"),
    "a link for a journal": lambda folder: (folder / "sweep.jsonl").symlink_to("/dev/zero"),
    "a link for the points": beside(lambda folder: (folder / "points" / "001").symlink_to(folder.parent)),
    "a link for the figures": beside(lambda folder: (folder / "figures").symlink_to(folder.parent)),
    "a link for the data": beside(lambda folder: (folder / "data.zarr").symlink_to("/etc")),
    "a link that leads nowhere": beside(lambda folder: (folder / "figures").symlink_to("stolen")),
    "a pipe": beside(lambda folder: os.mkfifo(folder / "points" / "000" / "config.toml")),
}


def told(**others):
    """Attributes that say something else; what they are checked by is made anew."""
    return lambda attributes, _: attributes.update(others)


def listed(name, *entry):
    """A manifest with one file more."""
    return lambda _, files: files.update({name: list(entry)})


STORES = {
    "the same": told(),
    "a file upwards": listed("../../../../../../etc/passwd", 0, "x"),
    "a file upwards within": listed("time/../../x", 0, "x"),
    "a file anywhere": listed("/etc/passwd", 0, "x"),
    "a file without end": listed("/dev/zero", 0, "x"),
    "a file without a name": listed("", 0, "x"),
    "a file of a control character": listed("\x1b[2J/c.0", 0, "x"),
    "a file that is not there": listed("x/c.0", 0, "x"),
    "a file of no size": listed("x/c.0", None, None),
    "a file of one word": lambda _, files: files.update({"x/c.0": 3}),
    "no files": lambda _, files: files.clear(),
    "a file less": lambda _, files: files.pop("time/zarr.json"),
    "another class": told(model="os.system"),
    "a list of classes": told(model=["SchrodingerLohe"]),
    "other states": told(states=["../../x"]),
    "states that are a number": told(states=7),
    "a formula": told(potential_sources=json.dumps(["__import__('os').mkdir('stolen')"]), time_dependent=True),
    "a long formula": told(potential_sources=json.dumps(["x+" * 100_000]), time_dependent=True),
    "no formulas": told(potential_sources="[]"),
    "a finding of another kind": told(findings=json.dumps([{"kind_of": "os.system", "x": 1}])),
    "findings that are nested": told(findings="[" * 100_000),
    "findings that are none": told(findings="3"),
    "another method": told(method=json.dumps({"name": "os.system"})),
    "a method that is none": told(method="\x1b[2J"),
    "no time": told(committed_times=0),
    "a negative time": told(committed_times=-5),
    "very many times": told(committed_times=10**12),
    "times that are text": told(committed_times="x"),
    "a blow-up that is text": told(blow_up_time="x"),
    "very many points": told(points=[10**13]),
    "a negative number of points": told(points=[-4]),
    "very many nodes": told(nodes=10**13),
    "another box": told(lower=[float("nan")], upper=["x"]),
    "no hbar": told(hbar=None),
    "another format": told(format="os.system"),
    "another version": told(format_version=10**6),
    "a version with a control character": told(format_version="\x1b[2J"),
}
