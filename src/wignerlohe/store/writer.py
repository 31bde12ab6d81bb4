"""Writing results in whole time slabs. A slab counts once it is committed, and `Writer.commit` is the one place.

Every variable over ``time`` is created at its full length with chunks of one slab, a file each, with a checksum of its
own. A slab is written chunk by chunk. To commit means to wait until these files are on the disk, and then to replace
the one file that says what counts (`store.manifest`). So a run that is cut off, or a disk that is full, leaves the last
commit readable.
"""

from __future__ import annotations

import errno
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import Crc32cCodec
from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore

from wignerlohe.errors import DamagedError
from wignerlohe.labels import COUNTERS, PAIRS, VARIABLES, Entry
from wignerlohe.store.durable import put, replacing, sync
from wignerlohe.store.manifest import COPY, ROOT, Committed, Manifest, fingerprint, head, place, seal, slabs

Attributes = dict[str, Any]


class Writer:
    """Writes one store.

    Parameters
    ----------
    path : Path
        Of the store, which must not exist.
    times : int
        Length of the axis ``time`` when the run is complete.
    slab : int
        Times in a slab.
    wigner_times : int
        Length of the axis ``wigner_time``.
    """

    def __init__(self, path: Path, times: int, slab: int, wigner_times: int = 0) -> None:
        path.mkdir()
        self._setup(path, times, slab, wigner_times)

    @classmethod
    def resume(cls, path: Path, times: int, slab: int, wigner_times: int, first: int) -> Writer:
        """Go on with a store from the first so many times; what was committed beyond them does not count any more.

        Raises
        ------
        DamagedError
            If a file that counts is not as it was written.
        """
        writer = cls.__new__(cls)
        writer._setup(path, times, slab, wigner_times)
        committed = Committed(path, head(path / ROOT))
        writer.attributes = {k: v for k, v in committed.attributes.items() if k not in COUNTERS.values()}
        writer.done = {axis: committed.attributes[counter] for axis, counter in COUNTERS.items()}
        if first < writer.done["time"]:
            writer.done = {"time": first, "wigner_time": 0}
        for name, entry in sorted(committed.files.items(), key=lambda item: not item[0].endswith(ROOT)):
            if fault := committed.fault(name):
                raise DamagedError(f"`DIR` must be whole to go on from, but {fault}; try a new run")
            if name.endswith(ROOT):
                writer._memory[name] = committed[name]
                writer._slabs[name.removesuffix(f"/{ROOT}")] = slabs(committed.read(name))
            writer.files[name] = entry
        writer.files = writer._counted()
        if writer.files != committed.files:
            writer.commit()
        return writer

    def _setup(self, path: Path, times: int, slab: int, wigner_times: int) -> None:
        self.path = path
        self.lengths = {"time": times, "wigner_time": wigner_times}
        self.chunks = {"time": slab, "wigner_time": 1}
        self.done = {"time": 0, "wigner_time": 0}
        self.files: Manifest = {}
        self._slabs: dict[str, tuple[str, int]] = {}
        self.attributes: Attributes = {}
        self._fresh: list[Path] = []  # files that may not be on the disk yet
        self._sure = True  # a second fsync may not tell of what the first one could not write
        self._memory: dict[str, Buffer] = {}  # zarr writes here, and the files are made of it
        self.group = zarr.open_group(MemoryStore(self._memory), mode="a", zarr_format=3)

    def write(self, entries: dict[str, Entry], described: dict[str, Attributes] | None = None) -> None:
        """Write one slab; it does not count before `commit`. Other variables are written once, and then left alone.

        ``described`` says more about variables than the table of all variables does.
        """
        for name, (dims, values) in entries.items():
            known, grows = name in self.group, dims[0] in self.done
            if known and not grows:
                continue
            array = self.group[name] if known else self._create(name, dims, values, (described or {}).get(name))
            assert isinstance(array, zarr.Array)
            first = self.done[dims[0]] if grows else 0
            array[first : first + len(values)] = values
            self._put(name)
        for axis in self.done:
            self.done[axis] += len(entries[axis][1]) if axis in entries else 0

    def commit(
        self,
        entries: dict[str, Entry] | None = None,
        attributes: Attributes | None = None,
        described: dict[str, Attributes] | None = None,
    ) -> None:
        """Write, if there is something to, and make all that is written count."""
        self.write(entries or {}, described)
        self.attributes |= attributes or {}
        sure, self._sure = self._sure, False
        if not sure:
            raise OSError(errno.EIO, "what is on the disk is not known", str(self.path))
        sync(self._fresh)
        sync({path.parent for path in self._fresh} | {self.path, self.path.parent})
        self._sure, self._fresh = True, []
        counts = {counter: self.done[axis] for axis, counter in COUNTERS.items()}
        text = seal(self.attributes | counts, self._counted())
        with ExitStack() as both:  # both are written before one takes its place: the last to come is the first to go
            for name in (COPY, ROOT) if "time" in self.group else (ROOT,):
                # zarr takes any file beside this one for a variable, so the temporary ones lie outside
                temporary = self.path.with_name(f".{self.path.name}.{Path(name).name}.new")
                file = both.enter_context(replacing(self.path / name, temporary))
                file.write(text)
                file.flush()

    def give_up(self) -> None:
        """Take away what was written and does not count; nothing is written after that."""
        root = self.path / ROOT
        counted = Committed(self.path, head(root)).files if root.is_file() else {}
        for name in self.files.keys() - counted.keys():
            (self.path / name).unlink(missing_ok=True)

    def _create(self, name: str, dims: tuple[str, ...], values: Any, further: Attributes | None) -> Any:
        """Create a variable at its full length; what is not yet written reads as NaN."""
        shape = (self.lengths.get(dims[0], len(values)), *values.shape[1:])
        chunks = (min(self.chunks.get(dims[0], len(values)), shape[0]), *values.shape[1:])
        long_name, units = VARIABLES[name]
        attributes: Attributes = {"long_name": long_name, "units": units}
        for axis in PAIRS.keys() & set(dims if len(dims) > 1 else ()):
            attributes["coordinates"] = " ".join(PAIRS[axis])  # by this xarray knows them as coordinates
        self._slabs[name] = dims[0], chunks[0]
        return self.group.create_array(
            name,
            shape=shape,
            chunks=chunks,
            dtype=values.dtype,
            dimension_names=dims,
            fill_value=values.dtype.type(np.nan) if values.dtype.kind in "fc" else 0,
            attributes=attributes | (further or {}),
            compressors=[Crc32cCodec()],  # and nothing packed, so that the room on the disk can be foreseen
            chunk_key_encoding={"name": "default", "separator": "."},  # one folder for each variable
            config={"write_empty_chunks": True},  # a chunk that is not there is missing
        )

    def _put(self, name: str) -> None:
        """Turn what zarr has made of a variable into files; its description, which zarr needs again, comes last."""
        (self.path / name).mkdir(exist_ok=True)
        head = f"{name}/{ROOT}"
        chunks = [key for key in self._memory if key.startswith(f"{name}/") and key != head]
        for key in [*chunks, *({head} - self.files.keys())]:
            data = (self._memory[key] if key == head else self._memory.pop(key)).as_numpy_array().data
            put(self.path / key, data)
            self._fresh.append(self.path / key)
            self.files[key] = fingerprint(data)

    def _counted(self) -> Manifest:
        """The files of what is done, of variables that are described."""
        found = {name: place(name, self._slabs) for name in self.files if f"{name.split('/')[0]}/{ROOT}" in self.files}
        return {
            name: self.files[name]
            for name, at in found.items()
            if at is None or at[0] not in self.done or at[1].start < self.done[at[0]]
        }
