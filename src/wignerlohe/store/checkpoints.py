"""Checkpoints: where a run rests, as one file of arrays. The two newest are kept.

A file is a NumPy archive without pickles. Among its arrays is ``words``, JSON text with the numbers that are no arrays
and the SHA-256 of everything else, so that no damaged file is ever gone on from.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wignerlohe.errors import DamagedError
from wignerlohe.store.durable import replacing

KEPT = 2
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """Numbers and texts, which JSON takes, and arrays."""

    words: dict[str, Any]
    arrays: Arrays


def write(folder: Path, checkpoint: Checkpoint) -> None:
    """Write one more checkpoint, whole or not at all, and remove all but the two newest."""
    before = _files(folder)
    number = int(before[-1].stem) + 1 if before else 0
    put(folder / f"{number:08}.npz", checkpoint)
    for path in before[: 1 - KEPT]:
        path.unlink()


def put(path: Path, checkpoint: Checkpoint) -> None:
    """Write one file, whole or not at all."""
    words = checkpoint.words | {"checksum": _checksum(checkpoint.words, checkpoint.arrays)}
    with replacing(path) as file:
        np.savez(
            file, allow_pickle=False, words=np.frombuffer(json.dumps(words).encode(), np.uint8), **checkpoint.arrays
        )


def any_in(folder: Path) -> bool:
    """Whether there are checkpoints, damaged ones included."""
    return bool(_files(folder))


def newest(folder: Path) -> Checkpoint:
    """The newest checkpoint that is as it was written.

    Raises
    ------
    DamagedError
        If there is none.
    """
    faults = []
    for path in reversed(_files(folder)):
        try:
            return read(path)
        except DamagedError as error:
            faults.append(str(error))
    raise DamagedError(
        f"`DIR` must hold a checkpoint to go on from, but {'; '.join(faults) or 'there is none'}; try the run again"
    )


def read(path: Path) -> Checkpoint:
    """One checkpoint.

    Raises
    ------
    DamagedError
        If it is not as it was written.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.zip.infolist()):
                raise ValueError("it is packed, which no checkpoint is")
            arrays = {name: archive[name] for name in archive.files}
        words = json.loads(arrays.pop("words").tobytes())
        checksum = words.pop("checksum")
    except Exception as error:  # whatever bytes that are no such file make their reader raise
        raise DamagedError(f"{path.name} cannot be read ({error})") from error
    if checksum != _checksum(words, arrays):
        raise DamagedError(f"{path.name} has changed")
    return Checkpoint(words, arrays)


def _files(folder: Path) -> list[Path]:
    """The checkpoints that are there, oldest first."""
    return sorted(path for path in folder.glob("*.npz") if path.stem.isdecimal())


def _checksum(words: dict[str, Any], arrays: Arrays) -> str:
    found = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype.str} {arrays[name].shape} ".encode())
        found.update(array.reshape(-1).view(np.uint8).data)
    return found.hexdigest()
