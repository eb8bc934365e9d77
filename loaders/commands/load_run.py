"""What `skytract load` does: loads paths or watches a folder, and says how it went."""

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, cast

import click
import psycopg

from skytract.loaders.commands.load_options import require_memory
from skytract.loaders.connect import connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.landing import Landing
from skytract.loaders.load import LoadResult, load_paths
from skytract.loaders.load_files import find_files, read_list
from skytract.loaders.load_jobs import load_in_processes
from skytract.loaders.load_report import LoadBar, line, report
from skytract.loaders.load_size import measure
from skytract.loaders.partition_schedule import note_oversized
from skytract.loaders.replace_earlier import Earlier
from skytract.loaders.session import Session
from skytract.loaders.watch import CUT_OFF, Watch

REFUSED = 1
CUT = 3
"""Exit codes."""


def run_paths(paths: Sequence[str], jobs: int, as_json: bool, options: Mapping[str, Any]) -> int:
    """Load what paths stand for; print each file as JSON, or a bar and a summary.

    Parameters
    ----------
    paths, options
        As for `load_paths`.
    jobs
        Loaders at most, for there are never more than files; one works in this process.
    as_json
        Print one JSON object per file.

    Returns
    -------
    int
        The exit code.
    """
    # What psycopg warns of when a connection is lost is said by us, in a sentence.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    started = monotonic()
    try:
        files = _find(paths)
    except KeyboardInterrupt:
        return _cut("It was interrupted before anything was loaded. Run the command again.")
    if not files:
        click.echo("Standard input names no path: nothing is loaded.", err=True)
        return 0
    jobs = min(jobs, len(files))
    require_memory(options["memory"], jobs)
    results: list[LoadResult] = []
    cut = ""
    try:
        _load(files, jobs, as_json, options, results)
    except (SkytractError, psycopg.OperationalError, psycopg.InterfaceError) as error:
        cut = " ".join(str(error).split())
    except KeyboardInterrupt:
        cut = "It was interrupted: nothing of the present file stays. Run the command again."
    left = dict.fromkeys(files).keys() - {result.path for result in results}
    if cut and as_json and left:
        _print_json(LoadResult(min(left, key=files.index), CUT_OFF, None, error=cut))
    if results and not as_json:
        report(results, monotonic() - started)
    return _cut(cut) if cut else _code(results)


def _find(paths: Sequence[str]) -> list[Path]:
    listed = read_list(sys.stdin.buffer) if "-" in paths else []
    try:
        return find_files([*(path for path in paths if path != "-"), *listed])
    except SkytractError as error:
        raise click.UsageError(str(error)) from error


def _load(
    files: Sequence[Path],
    jobs: int,
    as_json: bool,
    options: Mapping[str, Any],
    results: list[LoadResult],
) -> None:
    shows_bar = not as_json and sys.stderr.isatty()
    bar = LoadBar({file: measure(file) for file in files} if shows_bar else {})
    with connect("loader") as connection:
        given = frozenset(map(str, files))
        replace = options["replace"] and Earlier(_now_there(connection), given)
        options = {**options, "replace": replace, "progress": bar.count}
        loads = (
            load_paths(connection, files, **options)
            if jobs == 1
            else load_in_processes(files, jobs, **options)
        )
        with bar:  # whose thread begins when the processes are there
            for result in loads:
                results.append(result)
                bar.finish(result)
                if as_json:
                    _print_json(result)
        loaded = [result.load_id for result in results if result.state == "loaded"]
        if loaded and (hint := note_oversized(connection, loaded[-1] or 0)):
            click.echo(hint, err=True)


def _now_there(connection: psycopg.Connection[Any]) -> datetime:
    """Return the time by the clock of the server, which the ledger has."""
    with connection.transaction():
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    return cast(datetime, row[0])


def run_watch(
    folder: Path,
    settle: float,
    once: bool,
    as_json: bool,
    options: Mapping[str, Any],
    stop: Event,
) -> int:
    """Load what arrives in a folder until stop is set; print each file as it is done.

    Returns
    -------
    int
        The exit code: 0 if a signal ended it.
    """
    last: dict[Path, LoadResult] = {}
    try:
        landing = Landing(folder, settle)
    except SkytractError as error:
        raise click.UsageError(str(error)) from error
    try:
        session = Session(partial(connect, "loader"), stop, _say)
    except SkytractError as error:
        return _cut(str(error))
    _say(f"Watching {folder}.")
    try:
        if once and options["replace"]:
            # A folder keeps older versions of what arrives: these may be replaced.
            options = {**options, "replace": Earlier(_now_there(session.connection))}
        for result in Watch(session, landing, once, **options).run():
            _print_json(result) if as_json else click.echo(f"{_now()}  {line(result)}")
            if once:
                last[result.path] = result
    except KeyboardInterrupt:
        return _cut("It was broken off: nothing of the present file stays.")
    finally:
        session.connection.close()
    if stop.is_set():
        _say("Stopped.")
        return 0
    if last and not as_json:
        report(list(last.values()))
    return _code(list(last.values()))


def _cut(error: str) -> int:
    click.echo(f"Error: {error}", err=True)
    return CUT


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z"


def _say(sentence: str) -> None:
    click.echo(f"{_now()}  {sentence}", err=True)


def _print_json(result: LoadResult) -> None:
    click.echo(json.dumps(asdict(result), default=str))


def _code(results: Sequence[LoadResult]) -> int:
    states = {result.state for result in results}
    return CUT if CUT_OFF in states else REFUSED if "refused" in states else 0
