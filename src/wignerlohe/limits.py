"""How much memory the system still gives this process: the machine, control groups, and limits such as ``ulimit -v``.

Loads nothing but Python's own modules, so that a limit below what the libraries take is found before they are loaded:
some of them abort there, and some hang.
"""

from __future__ import annotations

import os
from pathlib import Path

from wignerlohe.errors import TooLargeError
from wignerlohe.text import readable

ADDRESSES, DATA = 1_000_000_000, 400_000_000  # bytes that the libraries reserve, and write on, measured
PROCESSOR, THREAD = 90_000_000, 130_000_000  # that they reserve for each processor more, and each thread of a pool


def available() -> int:
    """Bytes of memory that this process can still get."""
    return tightest()[0]


def tightest() -> tuple[int, str]:
    """Bytes of memory that this process can still get, and a phrase for what gives no more: "the machine has"."""
    found = [(_of_machine(), "the machine has")]
    found += [(left, "its control group has") for left in _of_groups()]
    program = ADDRESSES + THREAD * min(32, (os.cpu_count() or 1) + 4)
    found += [(limit - max(used, least), f"{name} leaves") for name, limit, used, least in _of_process(program)]
    room, phrase = min(found)
    return max(0, room), phrase


def require_libraries() -> None:
    """Raise TooLargeError if a limit of this process is below what the libraries take while they are loaded."""
    for name, limit, _, least in _of_process(ADDRESSES + PROCESSOR * ((os.cpu_count() or 1) - 1)):
        if limit < least:
            raise TooLargeError(
                f"`{name}` must be {readable(least)} or more, which the libraries take, but is {readable(limit)}; try "
                f"{name} unlimited"
            )


def _of_machine() -> int:
    try:
        return _table("/proc/meminfo")["MemAvailable"]
    except (OSError, KeyError, ValueError, IndexError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_groups() -> list[int]:
    """What control groups leave, of version 2, where the own one and those above it count, and of version 1."""
    try:
        own = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    places = {line.split(":", 2)[1]: line.split(":", 2)[2].lstrip("/") for line in own if line.count(":") > 1}
    root, left = Path("/sys/fs/cgroup"), []
    group, old = root / places.get("", ""), root / "memory" / places.get("memory", "")
    found = [
        (one / "memory.max", one / "memory.current") for one in (group, *group.parents) if one.is_relative_to(root)
    ]
    found += [(one / "memory.limit_in_bytes", one / "memory.usage_in_bytes") for one in (old, root / "memory")]
    for limit, current in found:
        try:
            left.append(int(limit.read_text(encoding="ascii")) - int(current.read_text(encoding="ascii")))
        except (OSError, ValueError):  # there is none, or it is "max"
            continue
    return left


def _of_process(addresses: int) -> list[tuple[str, int, int, int]]:
    """Limits of this process, if any: a name, the bytes, those used so far, and those that the libraries will use."""
    try:
        import resource

        status = _table("/proc/self/status")
        used = [
            ("ulimit -v", resource.RLIMIT_AS, status["VmSize"], addresses),
            ("ulimit -d", resource.RLIMIT_DATA, status["VmData"], DATA),
        ]
    except (ImportError, OSError, KeyError, ValueError, IndexError):
        return []
    found = [(name, resource.getrlimit(which)[0], taken, least) for name, which, taken, least in used]
    return [one for one in found if one[1] != resource.RLIM_INFINITY]


def _table(path: str) -> dict[str, int]:
    """Lines such as ``VmSize: 1234 kB``, in bytes."""
    with open(path, encoding="ascii", errors="replace") as lines:
        rows = (line.split() for line in lines)
        return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows if len(row) == 3 and row[2] == "kB"}
