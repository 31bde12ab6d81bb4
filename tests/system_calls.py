"""What reaches the disk, in which order: the system calls of a run, traced by strace, and what must hold of them."""

import re
import subprocess
from pathlib import Path

CALL = re.compile(r"(\d+) +(?:(\w+)\((.*)|<\.\.\. \w+ resumed>(.*))")
OPENED, NAMED = re.compile(r"\d+<([^>]+)>"), re.compile(r'"([^"]+)"')
KINDS = {"fsync": "sync", "write": "write", "pwrite64": "write", "rename": "replace"}

Event = tuple[str, str, str]


def trace(command: list[str], folder: Path, log: Path) -> list[Event]:
    """Run a command and tell, in order of their ends, what it wrote, synced and renamed below a folder."""
    subprocess.run(
        ["strace", "-f", "-y", "-e", f"trace={','.join(KINDS)}", "-o", str(log), *command],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    begun: dict[str, str] = {}
    events = []
    for line in log.read_text(errors="replace").splitlines():
        if (found := CALL.match(line)) is None:
            continue
        process, name, rest, resumed = found.groups()
        if name is None:
            whole = begun.pop(process) + resumed
        else:
            whole = f"{name}({rest}"
            if whole.endswith("<unfinished ...>"):
                begun[process] = whole.removesuffix("<unfinished ...>")
                continue
        name = whole.split("(", 1)[0]
        paths = (NAMED.findall(whole) if name == "rename" else OPENED.findall(whole))[:2]
        if name in KINDS and paths and paths[0].startswith(str(folder)):
            assert re.search(r"= \d+$", whole), whole
            events.append((KINDS[name], paths[0], paths[-1]))
    return events


def faults(events: list[Event], folder: Path) -> list[str]:
    """What could be lost in a power cut though it counts; empty if nothing.

    A file is synced after its last write and before it takes its place, its folder right after. When
    ``data.zarr/zarr.json`` takes its place, everything else in the store is synced, with the folders that name it.
    """
    unsafe: set[str] = set()  # files and folders that are not on the disk
    found, moved = [], ""
    store = folder / "data.zarr"
    for kind, path, target in events:
        if moved and (kind, path) != ("sync", str(Path(moved).parent)):
            found.append(f"no sync of the folder after {moved} took its place")
        moved = ""
        if kind == "write" and path not in unsafe:
            unsafe |= {path, str(Path(path).parent)}
        elif kind == "sync":
            unsafe.discard(path)
        elif kind == "replace":
            if path in unsafe:
                found.append(f"{path} took the place of {target} without a sync")
            if target == str(store / "zarr.json"):
                found += [f"{name} counts and is not synced" for name in sorted(unsafe) if name.startswith(f"{store}/")]
            unsafe.discard(path)
            moved = target
    return found
