"""Arrays in zarr stores from elsewhere: what a store says of itself is checked before zarr reads it.

A store is a folder. A link in it could lead anywhere, a file in it could have no end, and a chunk of a few bytes could
unpack to any size; so only plain files count, of sizes that fit the array, packed by codecs that tell how large their
result is.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

from wignerlohe.checks import require
from wignerlohe.folders import require_plain

METADATA = "zarr.json"
MOST_FILES, MOST_CHUNKS = 20_000, 10_000
MOST_METADATA = 1_000_000  # bytes of one zarr.json
LARGEST_PADDING = 1e8  # bytes that chunks may hold beyond the array, which is little where the array is small
CHECKSUM = 4  # bytes of a crc32c
LONGEST_HEADER = 18  # of a zstd frame
CODECS = ("bytes", "zstd", "crc32c")  # those of numbers in zarr 3 unless asked for others
ZSTD = b"\x28\xb5\x2f\xfd"


def names(store: Path) -> list[str]:
    """The arrays of a store, by its own metadata; nothing of them is read.

    Raises
    ------
    InvalidInputError
        If the folder is no zarr 3 store, or holds links or very many files.
    """
    require_plain("path", store, MOST_FILES)
    must, attempt = "be a readable array file or zarr 3 group", 'zarr.open_group(path, mode="w", zarr_format=3)'
    require((store / METADATA).is_file(), "path", must, f"{store.name!r} has no {METADATA}", attempt)
    inner = sorted(path.parent.name for path in store.glob(f"*/{METADATA}"))
    return [name for name in inner if _metadata(store / name).get("node_type") == "array"]


def array(store: Path, name: str) -> Any:
    """One of its arrays as zarr sees it; of its chunks nothing is known before `check_chunks`.

    Raises
    ------
    InvalidInputError
        If the array is packed in another way.
    """
    import zarr

    codecs = [str(codec["name"]) for codec in _metadata(store / name)["codecs"]]
    must, attempt = f"be packed by {', '.join(CODECS)}", "group.create_array(name, data=array)"
    require(set(codecs) <= set(CODECS), "path", must, f"{name!r} is by {', '.join(map(repr, codecs))}", attempt)
    return zarr.open_array(store / name, mode="r", zarr_format=3)


def check_chunks(store: Path, name: str, array: Any) -> None:
    """Refuse chunks that hold, or unpack to, more than the array, and very many of them."""
    must, attempt = f"have at most {MOST_CHUNKS} chunks, about as large as the array or smaller", "numpy.save"
    counts = [-(-length // chunk) for length, chunk in zip(array.shape, array.chunks, strict=True)]
    size = math.prod(array.chunks) * array.dtype.itemsize
    padding = math.prod(counts) * size - array.nbytes
    fits = math.prod(counts) <= MOST_CHUNKS and padding <= LARGEST_PADDING
    require(fits, "path", must, f"those of {name!r} are {math.prod(counts)} of shape {array.chunks}", attempt)
    packed = any(codec["name"] == "zstd" for codec in _metadata(store / name)["codecs"])
    for path in (store / name).rglob("*"):
        if path.name != METADATA and path.is_file():
            with path.open("rb") as file:
                held, head = os.fstat(file.fileno()).st_size, file.read(LONGEST_HEADER)
            unpacked = _unpacked(head) if packed else held
            fits = unpacked <= size + CHECKSUM and held <= 2 * size + 1024  # what does not compress grows a little
            must, but = f"have chunks of at most {size} bytes", f"{path.name!r} is larger, or does not tell"
            require(fits, "path", must, but, attempt)


def _metadata(folder: Path) -> dict[str, Any]:
    """What a ``zarr.json`` says."""
    path = folder / METADATA
    size = path.stat().st_size
    must = f"have a {METADATA} of at most {MOST_METADATA} bytes"
    require(size <= MOST_METADATA, "path", must, f"that of {folder.name!r} has {size}", "a store of numbers alone")
    found = json.loads(path.read_bytes())
    require(
        isinstance(found, dict), "path", "be a zarr 3 store", f"{METADATA} of {folder.name!r} is no table", "numpy.save"
    )
    return dict(found)


def _unpacked(head: bytes) -> float:
    """The size that a zstd frame says it has, infinity if it does not (RFC 8878, 3.1.1.1)."""
    if head[:4] != ZSTD or len(head) < 5:
        return math.inf
    flag, single, dictionary = head[4] >> 6, head[4] >> 5 & 1, (0, 1, 2, 4)[head[4] & 3]
    width, first = (single, 2, 4, 8)[flag], 6 - single + dictionary
    return int.from_bytes(head[first : first + width], "little") + 256 * (width == 2) if width else math.inf
