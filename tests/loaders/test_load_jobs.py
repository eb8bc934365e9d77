"""Several loaders of one command: the same as one, whatever becomes of them."""

import json
import multiprocessing
import os
import signal
import struct
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.load import LoadResult, load_paths
from skytract.loaders.load_jobs import _Loaders, _receive, load_in_processes
from skytract.loaders.load_report import LoadBar
from skytract.loaders.manifest import write_manifest
from tests.loaders.catalogs import N, source_columns, write_catalog, write_visit
from tests.loaders.invariants import check_invariants

FILES = 3
PAUSE = 0.05
"""Between two looks at what waits [s]."""


@pytest.fixture(autouse=True)
def default_database(cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the database of this test the one that `connect` finds."""
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """Visits, with a file of sources each."""
    folder = tmp_path / "night"
    folder.mkdir()
    for visit in range(1, FILES + 1):
        write_visit(folder, visit)
        write_sources(folder, visit)
    return folder


def write_sources(folder: Path, visit: int, rows: int = N) -> Path:
    path = folder / f"Source_{visit}.parquet"
    return write_catalog(path, "Source", source_columns(rows, visit))


def counts(connection: psycopg.Connection) -> dict[int, int]:
    """Return the number of sources of each visit."""
    with connection.transaction():
        return dict(connection.execute("SELECT visit, count(*) FROM raw.Source GROUP BY visit"))


def test_all_rows_of_all_files(night: Path, loader: psycopg.Connection) -> None:
    copied: dict[Path, int] = {}

    def progress(path: Path, rows: int) -> None:
        copied[path] = copied.get(path, 0) + rows

    results = list(load_in_processes([night], jobs=2, progress=progress))
    assert {(r.state, r.rows) for r in results if r.kind == "Source"} == {("loaded", N)}
    assert copied == {result.path: result.rows for result in results}
    assert counts(loader) == dict.fromkeys(range(1, FILES + 1), N)
    check_invariants(loader)
    again = list(load_paths(loader, [night]))
    assert {result.state for result in again} == {"already loaded"} and len(again) == 3 * FILES


def test_a_unit_that_refers_to_the_next_one(tmp_path: Path, loader: psycopg.Connection) -> None:
    """Whichever is quicker: what was refused for an unknown visit is tried again after all."""
    for visit in (1, 2):
        unit = tmp_path / f"unit_{visit}"
        unit.mkdir()
        write_visit(unit, visit)
        if visit == 1:
            write_sources(unit, 2)
        write_manifest(unit, f"unit {visit}")
    results = list(load_in_processes([tmp_path], jobs=2))
    assert [result.state for result in results] == ["loaded"] * 2
    assert counts(loader) == {2: N}
    check_invariants(loader)


def test_the_command(night: Path, loader: psycopg.Connection) -> None:
    bad = write_sources(night, 9)
    answer = CliRunner().invoke(main, ["load", str(night), "--jobs", "2", "--json"])
    results = [json.loads(text) for text in answer.stdout.splitlines()]
    assert answer.exit_code == 1 and len(results) == 3 * FILES + 1
    [refused] = [result for result in results if result["state"] != "loaded"]
    assert refused["path"] == str(bad) and "value 9, 4" in refused["error"]
    assert counts(loader) == dict.fromkeys(range(1, FILES + 1), N)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--jobs", "4", "--memory", "32MiB"], "Give --memory 64MiB or more for 4 jobs"),
        (["--jobs", "2", "--watch", "."], "--jobs is for PATHS"),
        (["--jobs", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage(night: Path, options: list[str], said: str) -> None:
    paths = [] if "--watch" in options else [str(night)]
    answer = CliRunner().invoke(main, ["load", *paths, *options])
    assert answer.exit_code == 2 and said in " ".join(answer.stderr.split())


@contextmanager
def waiting(
    night: Path, loader: psycopg.Connection, owner: psycopg.Connection
) -> Iterator["Future[list[LoadResult]]"]:
    """Load by two processes, which wait for a table that the owner has locked."""
    visits = sorted(night.glob("Visit*"))
    assert all(result.state == "loaded" for result in load_paths(loader, visits))
    query = (
        "SELECT count(DISTINCT l.pid) FROM pg_locks AS l JOIN pg_database AS d"
        " ON d.oid = l.database WHERE d.datname = current_database() AND NOT l.granted"
    )
    with ThreadPoolExecutor(1) as pool, owner.transaction():
        owner.execute("LOCK TABLE raw.Source IN EXCLUSIVE MODE")
        work = pool.submit(lambda: list(load_in_processes([night], jobs=2)))
        while owner.execute(query).fetchone() != (2,):
            assert not work.done(), work.result()
            time.sleep(PAUSE)
        yield work


def load_the_rest(night: Path, loader: psycopg.Connection) -> None:
    """Nothing is there; a second run loads all."""
    assert counts(loader) == {}
    states = {result.state for result in load_paths(loader, [night])}
    assert states == {"already loaded", "loaded"}
    assert counts(loader) == dict.fromkeys(range(1, FILES + 1), N)
    check_invariants(loader)


def test_a_killed_process(
    night: Path, loader: psycopg.Connection, owner: psycopg.Connection
) -> None:
    with waiting(night, loader, owner) as work:
        os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
        with pytest.raises(SkytractError, match=r"Source_\d.parquet was cut off: its process was"):
            work.result()
        assert not multiprocessing.active_children()
    load_the_rest(night, loader)


def test_lost_connections(
    night: Path, loader: psycopg.Connection, owner: psycopg.Connection
) -> None:
    with waiting(night, loader, owner) as work:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND usename = 'skytract_loader' AND datname = current_database()"
        )
        with pytest.raises(SkytractError, match=r"The load of .* was cut off .*run the same"):
            work.result()
    load_the_rest(night, loader)


def test_breaking_off_ends_the_processes(night: Path, loader: psycopg.Connection) -> None:
    loads = load_in_processes([night], jobs=2)
    assert next(loads).state == "loaded" and len(multiprocessing.active_children()) == 2
    loads.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()
    check_invariants(loader)


def test_an_interrupt_is_left_to_the_first_process(night: Path, loader: psycopg.Connection) -> None:
    """A terminal sends it to all of them, at once after their start as well."""
    loads = load_in_processes([night], jobs=2)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(next, loads)
        while len(started := multiprocessing.active_children()) < 2:
            assert not first.done()
            time.sleep(PAUSE)
        for process in started:
            os.kill(process.pid or 0, signal.SIGINT)
        assert first.result().state == "loaded"
        assert {result.state for result in loads} == {"loaded"}
    check_invariants(loader)


def test_processes_are_forked_before_the_bar_has_a_thread(
    night: Path, loader: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is forked while a thread writes has its lock, and waits at its end for ever."""
    started: list[int] = []
    enter = LoadBar.__enter__

    def note(bar: LoadBar) -> LoadBar:
        started.append(len(multiprocessing.active_children()))
        return enter(bar)

    monkeypatch.setattr(LoadBar, "__enter__", note)
    assert CliRunner().invoke(main, ["load", str(night), "--jobs", "2"]).exit_code == 0
    assert started == [2] and not multiprocessing.active_children()
    check_invariants(loader)


@pytest.mark.timeout(60)
def test_processes_end_that_have_hardly_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until they say otherwise SIGTERM means to them what it means to the first process."""

    def set_late(number: int, handler: Any) -> Any:
        time.sleep(0.2)
        return set_signal(number, handler)

    set_signal, before = signal.signal, signal.signal(signal.SIGTERM, lambda number, frame: None)
    monkeypatch.setattr(signal, "signal", set_late)
    try:
        with _Loaders(2, None, {}):
            assert len(multiprocessing.active_children()) == 2
    finally:
        set_signal(signal.SIGTERM, before)
    assert not multiprocessing.active_children()


def test_a_process_that_is_killed_while_it_answers() -> None:
    """Of the answer there is the length, and a byte."""
    ours, theirs = multiprocessing.Pipe()
    os.write(theirs.fileno(), struct.pack("!i", 100) + b"?")
    theirs.close()
    with ours, pytest.raises(SkytractError, match=r"a.fits was cut off: its process was killed"):
        _receive(ours, Path("a.fits"))
