"""Everything that may go wrong with a run, at full counts, as a table: ``make torture``.

``python tests/torture_table.py [KILLS]`` prints a line as soon as it is known; exit code 1 if a promise was not kept.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import system_calls
import torture

MOMENTS = {"at the start": "split-step", "in the middle": "one long step", "while writing": "split-step"}
SURVIVAL = {
    "test_checkpoints.py": "cut at any fsync, a commit interrupted at any step",
    "test_damage.py": "flipped bits, cuts, deletions: every file, and 500 random places",
    "test_full_disk.py": "full disk: 20 sizes of files, 20 of the disk",
    "test_hostile.py": "hostile input: by hand, and 20 000 generated",
    "test_lock.py": "two writers",
    "test_memory.py": "limits of memory; 25 peaks beside what was foreseen",
    "test_reproduce.py": "numbers changed by one part in a thousand",
    "test_watch.py": "wrong physics",
}


def main(kills: int) -> int:
    """Let everything go wrong that is promised to be survived, and print what came of it as a table."""
    print("| fault | how often | promise kept | seconds |\n|---|---|---|---|", flush=True)
    kept = [row(f"kill -9, {name}", partial(killed, name, kills, number)) for number, name in enumerate(torture.RUNS)]
    for moment, name in MOMENTS.items():
        times = kills // 5 * (3 if moment == "at the start" else 1)  # when libraries are loaded, most can go wrong
        for words, numbers in torture.SIGNALS.items():
            kept.append(row(f"{words}, {moment}", partial(signalled, moment, numbers, name, times)))
    kept += [
        row("power loss", partial(traced, "split-step")),
        row("reader during a write", partial(read, "split-step")),
    ]
    for file, what in SURVIVAL.items():
        kept.append(row(f"{what} (`{file}`)", partial(tested, file)))
    return not all(kept)


def row(fault: str, happens: Callable[[Path], tuple[str, str]]) -> bool:
    """Let something go wrong, and print a line of the table."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            often, words = happens(Path(folder))
            kept = True
        except Exception as error:  # whatever it is, the other rows are wanted
            often, words, kept = "", f"**NO**: {' '.join(str(error).split())[-2000:]}", False
    print(f"| {fault} | {often} | {words} | {time.perf_counter() - begun:.0f} |", flush=True)
    return kept


def made(folder: Path, name: str) -> Path:
    """The config of a run that has been run in `whole`."""
    config = torture.prepare(folder, name)
    subprocess.run([*torture.COMMAND, str(config), "--output", str(folder / "whole")], check=True, **torture.QUIET)
    return config


def killed(name: str, kills: int, number: int, folder: Path) -> tuple[str, str]:
    config, whole, done = made(folder, name), torture.results(folder / "whole"), 0
    while done < kills:
        output = folder / "cut"
        done += max(1, torture.kill_again_and_again(config, output, kills - done, seed=1000 * number + done))
        assert torture.results(output) == whole, "not the same bits"
        shutil.rmtree(output)
    return f"{done} kills", "bit-identical"


def signalled(moment: str, numbers: list[int], name: str, times: int, folder: Path) -> tuple[str, str]:
    config, output, rng = made(folder, name), folder / "cut", random.Random(moment + name)
    whole, waited = torture.results(folder / "whole"), []
    for _ in range(times):
        shutil.rmtree(output, ignore_errors=True)
        waited.append(torture.signal_at(moment, numbers, config, output, rng))
    assert max(waited) < 2.0, f"{max(waited):.2f} s"
    if not (output / "config.toml").exists():
        return f"{times} moments", f"exit 130 within {max(waited):.2f} s, before anything was written"
    torture.go_on(output)
    assert torture.results(output) == whole, "not the same bits"
    return f"{times} moments", f"exit 130 within {max(waited):.2f} s; goes on to the same bits"


def traced(name: str, folder: Path) -> tuple[str, str]:
    if shutil.which("strace") is None:
        return "", "not traced: this machine has no strace"
    config, output = torture.prepare(folder, name), folder / "out"
    command = [*torture.COMMAND, str(config), "--output", str(output), "--checkpoint-every", "0.3"]
    events = system_calls.trace(command, output, folder / "log")
    found = system_calls.faults(events, output)
    assert not found, found
    syncs = [place for place, event in enumerate(events) if event[0] == "sync"]
    needed = sum(bool(system_calls.faults(events[:place] + events[place + 1 :], output)) for place in syncs)
    assert needed > len(syncs) / 2  # or the check would be blind
    moves = sum(event[0] == "replace" for event in events)
    return (
        f"{len(syncs)} fsync, {moves} rename",
        f"fsync before rename, of the folder after; {needed} of the fsync are missed if left out",
    )


def read(name: str, folder: Path) -> tuple[str, str]:
    seen = torture.read_while_written(made(folder, name), folder / "whole", folder / "out")
    return f"{len(seen)} times", f"whole slabs, {len(set(seen))} different lengths"


def tested(file: str, _: Path) -> tuple[str, str]:
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "worksteal", f"tests/{file}"]
    environment = os.environ | {"WIGNERLOHE_TORTURE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stdout
    return done.stdout.strip().splitlines()[-1].strip("= ").split(" in ")[0], "yes"


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
