"""What a store has committed: one file says it, ``zarr.json``, which is replaced as a whole.

It is the file of the zarr group, so that zarr and xarray open the store as it stands. Among the attributes are the
counters of committed times, ``manifest``, which has the size and the SHA-256 of every file that counts, and
``checksum``, the SHA-256 of all attributes but itself. A reader takes what is named there, and nothing else. A copy of
the file is replaced after it.

The store of a sweep is sealed in the same way, but nothing in it grows.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

from zarr.core.buffer import Buffer, default_buffer_prototype

from wignerlohe.errors import DamagedError, InvalidInputError
from wignerlohe.labels import COUNTERS
from wignerlohe.store.provenance import FORMAT, FORMAT_VERSION, SWEEP

ROOT = "zarr.json"
COPY = "time/zarr.json.copy"  # where zarr does not look; what can still be read if the other is damaged
MOST = 2**27  # bytes of such a file: of a million chunks
NAME = re.compile(r"\w+(\.\w+)*/(zarr\.json|c([./]\d+)*)", re.ASCII)  # nothing outside of the store
Manifest = dict[str, list[Any]]  # of each file its size and its SHA-256


def seal(attributes: dict[str, Any], files: Manifest) -> bytes:
    """The text of ``zarr.json``."""
    sealed = attributes | {"manifest": json.dumps(files, sort_keys=True)}
    sealed["checksum"] = _checksum(sealed)
    return json.dumps({"attributes": sealed, "zarr_format": 3, "node_type": "group"}, indent=2).encode()


def unseal(text: bytes, kind: str = FORMAT) -> tuple[dict[str, Any], Manifest]:
    """Attributes and manifest, of a text that is as it was written: of a run, or of a sweep.

    Raises
    ------
    InvalidInputError
        If it is of another format, or of another version of it.
    DamagedError
        If it is not what `seal` made.
    """
    try:
        found = json.loads(text)
        attributes = dict(found["attributes"])
    except Exception as error:  # whatever bytes that are no such text make their reader raise
        raise DamagedError(f"`path` must be a readable store, but {ROOT} is not: {error}") from error
    _check_format(attributes, kind)
    checksum = attributes.pop("checksum", None)
    plain = (found.get("zarr_format"), found.get("node_type")) == (3, "group")
    if not plain or checksum != _checksum(attributes):
        raise DamagedError(f"`path` must be whole, but {ROOT}, which says what counts, is not as it was written")
    counters = COUNTERS.values() if kind == FORMAT else ()
    try:
        return attributes, named(attributes.pop("manifest"), NAME, all(type(attributes[of]) is int for of in counters))
    except KeyError as error:
        raise DamagedError(f"`path` must be a store of this package, but {ROOT} has no {error}") from error


def named(text: Any, pattern: re.Pattern[str], sound: bool = True) -> Manifest:
    """Sizes and checksums by name; the checksum of all can be right, and the rest be written by anyone."""
    try:
        files = dict(json.loads(text))
        sound = sound and all(pattern.fullmatch(k) and list(map(type, v)) == [int, str] for k, v in files.items())
    except Exception as error:  # as above
        raise DamagedError(f"`path` must be a store of this package, but {ROOT} is none: {error!r}") from error
    if not sound:
        raise DamagedError(f"`path` must be a store of this package, but {ROOT} names other files, or no counts")
    return files


def _check_format(attributes: dict[str, Any], wanted: str) -> None:
    kind, version = attributes.get("format"), attributes.get("format_version")
    if kind == SWEEP != wanted:
        raise InvalidInputError(
            "`path` must be a run, but it is a sweep; try one of its points, such as points/000, or wl.load_sweep"
        )
    if kind == FORMAT != wanted:
        raise InvalidInputError("`path` must be a sweep, but it is a run; try wl.load")
    if kind != wanted:
        raise InvalidInputError("`path` must hold a wignerlohe data set, but it does not say so; try another path")
    if version != FORMAT_VERSION:
        raise InvalidInputError(
            f"`path` must have format version {FORMAT_VERSION}, but it has {version!r}; try the version of wignerlohe "
            "that wrote it"
        )


def fingerprint(data: bytes | memoryview) -> list[Any]:
    """Size and SHA-256."""
    return [len(data), hashlib.sha256(data).hexdigest()]


def fault(folder: Path, name: str, entry: list[Any]) -> str:
    """What is wrong with a file; empty if it is as it was written."""
    try:
        read(folder, name, entry)
    except DamagedError as error:
        return str(error)
    return ""


def read(folder: Path, name: str, entry: list[Any]) -> bytes:
    """The bytes of a file that is as it was written."""
    path = folder / name
    try:
        found = path.stat()
        if found.st_size != entry[0] or not stat.S_ISREG(found.st_mode):  # nothing endless is read
            raise DamagedError(f"{name} has {found.st_size} bytes instead of {entry[0]}")
        data = path.read_bytes()
    except FileNotFoundError:
        raise DamagedError(f"{name} is missing") from None
    except OSError as error:
        raise DamagedError(f"{name} cannot be read ({error.strerror})") from error
    if fingerprint(data) != entry:
        raise DamagedError(f"{name} has changed")
    return data


def head(path: Path) -> bytes:
    """The bytes of a file that says what counts, if it can be one.

    Raises
    ------
    DamagedError
        If it is larger than any, or cannot be read.
    """
    try:
        found = path.stat()
        if found.st_size > MOST or not stat.S_ISREG(found.st_mode):
            raise DamagedError(f"`path` must be a readable store, but {path.name} is no file of at most {MOST} bytes")
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedError(
            f"`path` must be a readable store, but {path.name} cannot be read ({error.strerror})"
        ) from error


def _checksum(attributes: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(attributes, sort_keys=True).encode()).hexdigest()


def slabs(text: bytes) -> tuple[str, int]:
    """The first axis of a variable, and how much of it is a chunk, from the ``zarr.json`` of the variable."""
    found = json.loads(text)
    return found["dimension_names"][0], found["chunk_grid"]["configuration"]["chunk_shape"][0]


def place(name: str, known: dict[str, tuple[str, int]]) -> tuple[str, range] | None:
    """Where a chunk lies on the first axis of its variable; None for files that are no chunk.

    >>> place("diameter/c.2", {"diameter": ("time", 64)}), place("diameter/zarr.json", {})
    (('time', range(128, 192)), None)
    """
    variable, _, chunk = name.partition("/c.")
    if not chunk or variable not in known:
        return None
    axis, length = known[variable]
    first = int(chunk.split(".")[0]) * length
    return axis, range(first, first + length)


class Committed(MutableMapping[str, Buffer]):
    """The committed files of a store as zarr wants them, each compared with the manifest whenever it is read."""

    def __init__(self, store: Path, text: bytes, kind: str = FORMAT) -> None:
        self.store, self.text = store, text
        self.attributes, self.files = unseal(text, kind)

    def fault(self, name: str) -> str:
        """What is wrong with a file; empty if nothing is."""
        return fault(self.store, name, self.files[name])

    def read(self, name: str) -> bytes:
        """The bytes of a file that is as it was written."""
        return read(self.store, name, self.files[name])

    def __getitem__(self, name: str) -> Buffer:
        found = self.text if name == ROOT else self.read(name)
        return default_buffer_prototype().buffer.from_bytes(found)

    def __iter__(self) -> Iterator[str]:
        yield from (ROOT, *self.files)

    def __len__(self) -> int:
        return 1 + len(self.files)

    def __setitem__(self, name: str, value: Buffer) -> None:
        raise TypeError("what is committed does not change")

    def __delitem__(self, name: str) -> None:
        raise TypeError("what is committed does not change")
