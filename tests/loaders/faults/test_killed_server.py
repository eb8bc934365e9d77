"""A server killed with -9 comes back with whole files and units, and the next run finishes."""

import os
import random
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from skytract.loaders.connect import connect, connection_options
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.load import load_file, load_paths
from skytract.loaders.load_jobs import load_in_processes
from skytract.loaders.migrate import migrate
from skytract.loaders.server import start, stop
from skytract.loaders.server_process import postmaster_pid, server_processes
from tests.fix_db import FAST, temporary_home
from tests.loaders.catalogs import VISIT, source_columns, write_catalog
from tests.loaders.faults.cases import (
    Case,
    content,
    loading_a_unit,
    replacing_a_unit,
    write_visit_sources,
)
from tests.loaders.faults.conftest import load_visits
from tests.loaders.faults.disk import enlarge, small_disk
from tests.loaders.faults.fate import COMMIT, SECONDS, Fated, moments_of
from tests.loaders.invariants import check_invariants

Connection = psycopg.Connection[Any]

NEXT_VISIT = count(VISIT)

MANY = 100_000
"""Rows whose log does not fit the disk of the last test here."""


SETTINGS = FAST | {"synchronous_commit": "on", "min_wal_size": "32MB"}
"""What is committed has left the server's processes, which are killed; the machine goes on."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A server that may be killed, with visits."""
    with temporary_home() as home:
        start(home, SETTINGS)
        with connect("owner", home, check=False) as owner:
            migrate(owner)
        with connect("loader", home) as loader:
            load_visits(loader, tmp_path_factory.mktemp("visits"))
        yield home


def kill_server(home: Home) -> None:
    """Kill the postmaster, so that it starts no new process, then all others."""
    postmaster = postmaster_pid(home)
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)
    while processes := server_processes(home):
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def last(name: str, moments: list[str]) -> int:
    """Return the moment right after something was said for the last time."""
    return len(moments) - 1 - moments[::-1].index(name)


def middle_of_copy(moments: list[str]) -> int:
    """Some rows are there, more are on their way."""
    return last("copy_to", moments)


def before_commit(moments: list[str]) -> int:
    """All is there, and the server is not asked to commit it."""
    return moments.index(COMMIT, last("copy_to", moments))


def at_commit(moments: list[str]) -> int:
    """The server was asked to commit all."""
    return before_commit(moments) + 1


def after_commit(moments: list[str]) -> int:
    """The loader was told that all is committed."""
    return before_commit(moments) + 2


def kill(home: Home, fated: Fated) -> None:
    kill_server(home)


def lose_the_answer(home: Home, fated: Fated) -> None:
    """Kill the server when it has answered, and keep the answer from the loader."""
    assert select.select([fated], [], [], SECONDS)[0]
    assert COMMIT.upper().encode() in os.read(fated.fileno(), 1 << 10)
    kill_server(home)


NOTHING, ALL = "loaded", "already loaded"
"""What is there after the server was killed, by what the next run says of its work."""

DEATHS: dict[str, tuple[Any, ...]] = {
    "in the middle of a copy": (middle_of_copy, kill, {NOTHING}),
    "before the commit": (before_commit, kill, {NOTHING}),
    "at the commit": (at_commit, kill, {NOTHING, ALL}),
    "before it is known that it has committed": (at_commit, lose_the_answer, {ALL}),
    "after the commit": (after_commit, kill, {ALL}),
}


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("case", [loading_a_unit, replacing_a_unit])
@pytest.mark.parametrize("death", DEATHS)
def test_a_killed_server_comes_back_with_all_or_nothing(
    home: Home, tmp_path: Path, case: Case, death: str
) -> None:
    choose, deed, expected = DEATHS[death]
    options, visit = connection_options("loader", home), next(NEXT_VISIT)
    with connect("loader", home) as loader:
        moments = moments_of(options, case(loader, tmp_path, next(NEXT_VISIT)))
        work = case(loader, tmp_path, visit)
        before = content(loader, visit)
    fated = Fated.connect(**options)
    fated.meet(choose(moments), lambda: deed(home, fated))
    with pytest.raises(SkytractError, match="was cut off"):
        work(fated)
    fated.close()
    assert start(home, SETTINGS).running
    with connect("loader", home) as loader:
        left = content(loader, visit)
        check_invariants(loader)
        states = [work(loader).state for _ in range(2)]
        after = content(loader, visit)
        assert states[0] in expected and states[1] == ALL
        assert before != after and left == (before if states[0] == NOTHING else after)
        check_invariants(loader)


def test_a_server_killed_while_several_loaders_work(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any moment after the first file."""
    monkeypatch.setenv("SKYTRACT_HOME", str(home.path))
    night, visits = tmp_path / "night", [next(NEXT_VISIT) for _ in range(5)]
    for visit in visits:
        write_visit_sources(night, visit)
    loads = load_in_processes([night], jobs=2)
    assert next(loads).state == "loaded"
    time.sleep(random.uniform(0, 0.1))
    kill_server(home)
    with pytest.raises(SkytractError):
        list(loads)
    assert start(home, SETTINGS).running
    with connect("loader", home) as loader:
        check_invariants(loader)
        states = [result.state for result in load_paths(loader, [night])]
        assert len(states) == 5 and set(states) == {"loaded", "already loaded"}
        check_invariants(loader)


@pytest.fixture
def disk_of_log(home: Home) -> Iterator[Path]:
    """Have the server's write-ahead log, without which it cannot live, on a disk soon full."""
    log, copy = home.data / "pg_wal", ["cp", "--archive"]
    with small_disk("34m") as disk:
        stop(home)
        kept = log.rename(log.with_name("pg_wal.kept"))
        subprocess.run([*copy, f"{kept}/.", disk], check=True)
        log.symlink_to(disk)
        start(home, SETTINGS)
        yield disk
        stop(home)
        shutil.rmtree(kept)
        log.unlink()
        subprocess.run([*copy, disk, log], check=True)
        start(home, SETTINGS)


def test_a_server_without_room_for_its_log_comes_back_with_all_or_nothing(
    home: Home, disk_of_log: Path, tmp_path: Path
) -> None:
    path = write_catalog(
        tmp_path / "many.parquet", "Source", source_columns(MANY, next(NEXT_VISIT))
    )
    with connect("loader", home) as loader:
        with pytest.raises(SkytractError, match="was cut off"):
            load_file(loader, path)
    enlarge(disk_of_log, "1g")
    assert start(home, SETTINGS).running
    with connect("loader", home) as loader:
        check_invariants(loader)
        assert load_file(loader, path).rows == MANY
        check_invariants(loader)
