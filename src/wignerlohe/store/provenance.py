"""Where a result comes from: code, libraries, machine, and when, as flat attributes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import wignerlohe
from wignerlohe import threads
from wignerlohe.store.revision import revision

FORMAT = "wignerlohe"
SWEEP = f"{FORMAT} sweep"  # in place of it
FORMAT_VERSION = 3

LIBRARIES = ("numpy", "scipy", "numba", "mkl_fft", "array_api_compat", "xarray", "zarr")  # that numbers go through


def provenance() -> dict[str, str | int]:
    """Return the format of the file, and what wrote it: the same in every process of one machine and installation.

    ``wignerlohe_sources`` is the beginning of a SHA-256 over the package's own code: it tells a checkout with changes
    from the commit ``wignerlohe_revision``.
    """
    from threadpoolctl import threadpool_info  # type: ignore[import-untyped] # it ships no types

    built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    running = (pool for pool in threadpool_info() if pool["internal_api"] in built["name"])
    found: dict[str, Any] = next(running, {})  # NumPy's is loaded before others of that name
    return {
        **_installed(),
        "python_version": platform.python_version(),
        "platform": platform.platform(terse=True),
        "blas": f"{built['name']} {built['version']} {found.get('architecture', '')}".strip(),
        "threads": f"BLAS {found.get('num_threads', 'unknown')}, loops {threads.count()}",
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Say what differs between what wrote two results."""
    names = [name for name in provenance() if before.get(name) != after.get(name)]
    return [f"{name} {before.get(name)} before, {after.get(name)} now" for name in names]


def now() -> str:
    """The time, as text in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and files of a folder; empty if it cannot be read."""
    try:
        if path.is_file():
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        inner = sorted(found for found in path.rglob("*") if found.is_file())
        words = [f"{found.relative_to(path).as_posix()} {digest(found)}\n" for found in inner]
        return hashlib.sha256("".join(words).encode()).hexdigest() if words else ""
    except (OSError, ValueError):
        return ""


@cache
def _installed() -> dict[str, str | int]:
    package = Path(wignerlohe.__file__).parent
    sources = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        sources.update(path.read_bytes())
    root = package.parents[1]  # of a checkout; what an environment in someone's project lies in is none
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "wignerlohe_version": wignerlohe.__version__,
        "wignerlohe_revision": revision(root) if (root / ".git").exists() else "",
        "wignerlohe_sources": sources.hexdigest()[:16],
        "processor": _processor(),
        **{f"version_{name}": _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _processor() -> str:
    # there is such a file on Linux only
    with suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
