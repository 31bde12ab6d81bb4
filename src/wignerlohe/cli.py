"""The command line: ``wignerlohe run``, ``sweep``, ``show``, ``verify``, ``reproduce`` and ``init``.

Exit codes: 0 done; 1 failed while running; 2 bad config or arguments, one line per fault; 3 a violated statement; 130
interrupted. Libraries are loaded inside the commands, so that ``--help`` is quick.
"""

from __future__ import annotations

import os
import shlex
import sys
import time as clock
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

import wignerlohe
from wignerlohe.signals import INTERRUPTED
from wignerlohe.text import command

if TYPE_CHECKING:
    from wignerlohe.run import Progress

FAILED, BAD_INPUT, VIOLATED = 1, 2, 3

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Quantum synchronization: exact solutions of the Schrodinger-Lohe and Wigner-Lohe models.",
)


def _version(asked: bool) -> None:
    if asked:
        _say(f"wignerlohe {wignerlohe.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Read the options that stand before the command."""


@app.command()
def run(
    config: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG.toml", help="What to simulate; see `wignerlohe init`. Or, with --resume, the folder DIR."
        ),
    ],
    output: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the results; new or empty.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run that DIR holds, once this one has succeeded.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in DIR after an interruption.")] = False,
    every: Annotated[
        float, typer.Option("--checkpoint-every", min=0.0, metavar="SECONDS", help="Time between checkpoints.")
    ] = 60.0,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Say which method would run, and what memory and disk it needs.")
    ] = False,
) -> None:
    """Simulate: write data, figures and a report into DIR. Ctrl-C, or SIGTERM, saves what is reached."""
    if dry:
        with _failures():
            _foresee(config, output, overwrite, resume)
        return
    folder = config if output is None else output

    def last_words() -> None:
        begun = (folder / "config.toml").is_file()
        again = f"; go on with: {command('run', folder, '--resume')}" if begun else ""
        typer.echo(f"interrupted{again}", err=True)

    from wignerlohe.signals import ending, heard

    with _failures(), ending(INTERRUPTED, last_words):
        try:
            _run(config, output, overwrite, resume, every)
        except (Exception, KeyboardInterrupt) as error:
            if not (heard() or isinstance(error, KeyboardInterrupt)):
                raise
            last_words()
            raise typer.Exit(INTERRUPTED) from None


def _foresee(config: Path, output: Path | None, overwrite: bool, resume: bool) -> None:
    """Check everything, write nothing."""
    from wignerlohe import run as runs
    from wignerlohe.config.problem import read

    if resume:
        raise wignerlohe.InvalidInputError("`--resume` must not be given with --dry-run; try one of the two")
    if output is not None:
        runs.check_folder(output, overwrite)
    problem = read(config)
    _say(f"{problem.title}: {problem.counted}, {problem.samples} times to t = {problem.stop:g}")
    _say(runs.foresee(problem, Path.cwd() if output is None else output))


def _run(config: Path, output: Path | None, overwrite: bool, resume: bool, every: float) -> None:
    from wignerlohe import run as runs
    from wignerlohe.config.problem import build
    from wignerlohe.config.toml import read_file

    if resume == (output is not None):
        raise wignerlohe.InvalidInputError("`--output` must name a folder, unless DIR --resume goes on with one")
    started, left = clock.perf_counter(), None
    if output is not None:
        runs.check_folder(output, overwrite)
        tables, text = read_file(config)
        problem = build(tables, config.parent)
    else:
        left = runs.left(output := config)
        if left is None:
            _say(f"{config} is finished; open {config / 'report.html'}")
            return
        problem = left.problem
    _say(f"{problem.title}: {problem.counted}, {problem.samples} times to t = {problem.stop:g}")
    _say(f"memory: {runs.describe_need(problem)}")
    with _progress() as progress, warnings.catch_warnings(record=True) as caught:
        if left is None:
            solution = runs.execute(problem, text, output, progress, overwrite, config.parent, every)
        else:
            solution = runs.go_on(left, progress, every)
    for warning in (*problem.notes, *(found.message for found in caught), *solution.warnings):
        typer.echo(f"warning: {warning}", err=True)
    _say(f"done in {clock.perf_counter() - started:.1f} s; open {output / 'report.html'}")


@app.command()
def sweep(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG.toml", help="With a table [sweep]; or, with --resume, the folder DIR.")
    ],
    output: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the results; new or empty.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Number of processes; by default one per core.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the sweep in DIR: points cut off or failed are run anew.")
    ] = False,
) -> None:
    """Simulate a grid of parameters: one run for each point, one data set and one figure over all."""
    with _failures():
        from wignerlohe import sweeping

        if resume == (output is not None):
            raise wignerlohe.InvalidInputError("`--output` must name a folder, unless DIR --resume goes on with one")
        folder = config if output is None else output
        plan = sweeping.prepare(config / "config.toml" if resume else config, folder, resume)
        count, note = sweeping.choose_workers(plan, workers)
        points, done = len(plan.sweep.points), len(plan.ended)
        _say(f"{plan.sweep.title}: {points} points over {' x '.join(plan.sweep.axes)}")
        if done:
            _say(f"done already: {'all' if done == points else done} of them")
        _say(f"workers: {note or count}")
        started = clock.perf_counter()
        try:
            with _progress() as progress:
                data = sweeping.carry_out(plan, count, progress)
        except KeyboardInterrupt:
            _fail(INTERRUPTED, [f"interrupted; go on with: {command('sweep', folder, '--resume')}"])
        unresolved = int((data["unresolved"] > 0).sum())
        if unresolved:
            typer.echo(f"warning: the grid does not hold all states at {unresolved} points; see `show` there", err=True)
        _say(f"done in {clock.perf_counter() - started:.1f} s; open {folder / 'figures' / 'sweep.png'}")
        if data["failed"].any():
            _fail(FAILED, [f"failed at {message}" for message in data["failed"].attrs["messages"]])


@app.command()
def show(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A run folder, or a data.zarr.")],
    open_report: Annotated[bool, typer.Option("--open", help="Open the report in a browser.")] = False,
    salvage: Annotated[bool, typer.Option("--salvage", help="Leave out what is damaged.")] = False,
) -> None:
    """Print a summary of a run or a sweep, after comparing every file of it with its checksum."""
    with _failures():
        from wignerlohe.store.files import load
        from wignerlohe.store.provenance import FORMAT, SWEEP
        from wignerlohe.store.record import why_unfinished
        from wignerlohe.store.sweep import is_sweep, load_sweep, summary
        from wignerlohe.text import printable

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            sweep = is_sweep(directory)
            text = summary(load_sweep(directory)) if sweep else str(load(directory, salvage))
        for warning in caught:
            typer.echo(f"warning: {warning.message}", err=True)
        if not salvage:
            _look_beside(directory, SWEEP if sweep else FORMAT)
        _say(text)
        if not (sweep or salvage) and (why := why_unfinished(directory)):
            typer.echo(f"note: {printable(why)}", err=True)
        if open_report:
            report = directory / "report.html"
            if not report.is_file():
                raise wignerlohe.InvalidInputError(f"`DIR` must hold report.html, but {directory} does not; try `run`")
            typer.launch(report.resolve().as_uri())


@app.command()
def verify(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A run folder, or a data.zarr.")],
    statement: Annotated[
        list[str] | None,
        typer.Option("--statement", metavar="NAME", help="Only statements that begin so, in full; may be repeated."),
    ] = None,
    page: Annotated[bool, typer.Option("--html", help="Write all of it to DIR/verify.html.")] = False,
) -> None:
    """Check the statements of the theory on a run; exit code 3 if one is violated."""
    with _failures():
        from wignerlohe.folders import require_plain
        from wignerlohe.store.durable import put
        from wignerlohe.store.files import load
        from wignerlohe.store.provenance import FORMAT
        from wignerlohe.theory import verify as verification

        if page and not directory.is_dir():
            raise wignerlohe.InvalidInputError(f"`DIR` must be a folder for --html, but {directory} is none")
        if page:
            require_plain("DIR", directory)
        verification.choose(statement)  # a name that does not exist is refused before the run is read
        with _progress() as progress:
            solution = load(directory)
            _look_beside(directory, FORMAT)
            report = verification.verify(solution, statements=statement, progress=partial(progress, "verifying"))
            if page:
                from wignerlohe.plot import verdicts

                title = f"The paper, statement by statement, on {directory.resolve().name}"
                text = verdicts.page(report, title, partial(progress, "drawing"))
                put(directory / "verify.html", text.encode())
        _say("\n\n".join(map(str, report.rows)) if statement else str(report))
        if page:
            _say(f"open {directory / 'verify.html'}")
        if report.violated:
            names = ", ".join(row.statement for row in report.violated)
            _fail(VIOLATED, [f"violated: {names}"])


@app.command()
def reproduce(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a finished run, or of a point.")],
    output: Annotated[Path | None, typer.Option(metavar="DIR2", help="Keep the second run in this new folder.")] = None,
    inputs: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the files are that the config names, if they moved.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="DIR2", help="Compare with this result, and run nothing.")
    ] = None,
) -> None:
    """Run a result's own config again and compare every number; exit code 1 if one differs beyond the error bound."""
    with _failures():
        from wignerlohe.reproduction import reproduce as reproduced

        with _progress() as progress, warnings.catch_warnings():
            warnings.simplefilter("ignore", wignerlohe.UnresolvedWarning)  # the result says so itself
            found = reproduced(directory, output, inputs, against, progress)
        _say(str(found))
        if found.different:
            _fail(FAILED, [f"differs: {', '.join(row.variable for row in found.different)}"])
        _say("reproduced: identical" if found.identical else "reproduced: within the error bound")


@app.command()
def init(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="File to write; .toml is added if missing.")],
) -> None:
    """Write a commented example config."""
    with _failures():
        import importlib.resources

        from wignerlohe.store.durable import put

        if name.name in ("", "..") or not name.parent.is_dir():
            raise wignerlohe.InvalidInputError(f"`NAME` must name a file in a folder that exists, not {str(name)!r}")
        path = name if name.suffix == ".toml" else name.with_name(name.name + ".toml")
        if path.exists():
            raise wignerlohe.InvalidInputError(f"`NAME` must be a new file, but {path} exists; try another name")
        put(path, (importlib.resources.files("wignerlohe") / "example.toml").read_bytes())
        _say(f"wrote {path}; run it with: {command('run', path, '--output', shlex.quote(path.stem))}")


def _look_beside(directory: Path, kind: str) -> None:
    """Warn about a report, figures or a config that are not as they were written."""
    from wignerlohe.store.beside import changed

    for fault in changed(directory, kind):
        typer.echo(f"warning: {fault}: not as it was written; no number is read from it", err=True)


def _say(text: str) -> None:
    """Print, whether or not anyone still reads it: a run does not end with its reader."""
    try:
        typer.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(code: int, lines: list[str]) -> NoReturn:
    from wignerlohe.text import printable

    for line in lines:
        typer.echo(printable(line), err=True)
    raise typer.Exit(code)


@contextmanager
def _failures() -> Iterator[None]:
    """Turn whatever goes wrong into lines on standard error and an exit code; never a traceback."""
    from wignerlohe.errors import InvalidInputError, TooLargeError, WignerLoheError
    from wignerlohe.limits import require_libraries
    from wignerlohe.signals import forget, heard

    forget()
    try:
        require_libraries()
        yield
    except InvalidInputError as error:
        _fail(BAD_INPUT, [str(error)])
    except TooLargeError as error:
        _fail(BAD_INPUT, [f"failed: {error}"])
    except WignerLoheError as error:
        faults: list[str] | None = getattr(error, "faults", None)
        said = "; ".join([f"failed: {error}", *getattr(error, "__notes__", [])])  # notes say what is kept of a run
        _fail(FAILED if faults is None else BAD_INPUT, faults or [said])
    except OSError as error:
        from wignerlohe import disk

        _fail(FAILED, ["; ".join([f"failed: {disk.words(error)}", *getattr(error, "__notes__", [])])])
    except MemoryError:
        _fail(FAILED, ["failed: out of memory; try fewer points, nodes or times"])
    except KeyboardInterrupt:
        _fail(INTERRUPTED, ["interrupted"])
    except typer.Exit:
        raise
    except Exception as error:
        if heard():
            _fail(INTERRUPTED, ["interrupted"])
        # a fault of this program: still one line, and what to report
        _fail(FAILED, [f"failed: {type(error).__name__}: {' '.join(str(error).split())}; please report this"])


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal, a plain line per quarter elsewhere."""
    if sys.stdout.isatty():
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description:<18}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns) as bars:
            tasks: dict[str, int] = {}

            def advance(stage: str, fraction: float) -> None:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(stage, total=1.0)
                bars.update(tasks[stage], completed=fraction)  # type: ignore[arg-type] # TaskID is an int

            yield advance
        return
    reached: dict[str, int] = {}

    def report(stage: str, fraction: float) -> None:
        quarter = int(4 * fraction + 1e-9)
        if quarter > reached.get(stage, 0):
            reached[stage] = quarter
            _say(f"{stage}: {25 * quarter} %")

    yield report


def main() -> None:
    """Run the command line."""
    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:  # at once: a second signal would meet an interpreter that is half gone
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise
