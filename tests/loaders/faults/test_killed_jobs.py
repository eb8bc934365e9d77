"""Several loaders of one command, killed at random moments: whole files, and the retry finishes.

What is asked holds at any moment, so chance decides only what is met: a moment between two files,
within one, or at a commit.
"""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.load import load_paths
from skytract.loaders.load_jobs import load_in_processes
from tests.loaders.catalogs import N, source_columns, write_catalog, write_visit
from tests.loaders.faults.cases import write_unit
from tests.loaders.invariants import check_invariants

Connection = psycopg.Connection[Any]

VISITS = range(1, 5)
FILES = 3 * len(VISITS)
"""Of each visit: itself, its detector, and its sources, of every second one as a unit."""

ROWS = 10_000
PAUSE = 0.2
"""Most that is waited when some files are done [s]: about as long as a file takes."""


@pytest.fixture(autouse=True)
def default_database(cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the database of this test the one that `connect` finds, here and in processes."""
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """Visits, with a file of many sources each, or with a unit of few."""
    folder = tmp_path / "night"
    folder.mkdir()
    for visit in VISITS:
        write_visit(folder, visit)
        if visit % 2:
            path = folder / f"Source_{visit}.parquet"
            write_catalog(path, "Source", source_columns(ROWS, visit))
        else:
            write_unit(folder, visit)
    return folder


def wait_for_the_end(owner: Connection, loader: Connection) -> None:
    """Wait until no loader but this one is connected."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'skytract_loader'"
        " AND datname = current_database() AND pid <> %s"
    )
    deadline = time.monotonic() + 60
    while owner.execute(query, [loader.info.backend_pid]).fetchone() != (0,):
        owner.rollback()
        assert time.monotonic() < deadline, "loaders whose command is gone do not end"
        time.sleep(0.05)


def finish(night: Path, loader: Connection) -> None:
    """Load the night by one loader; check that all is there, once."""
    check_invariants(loader)
    results = list(load_paths(loader, [night]))
    assert {result.state for result in results} <= {"loaded", "already loaded"}, results
    assert len(results) == FILES
    check_invariants(loader)
    with loader.transaction():
        found = loader.execute("SELECT visit, count(*) FROM raw.Source GROUP BY visit")
        assert dict(found) == {visit: ROWS if visit % 2 else N for visit in VISITS}


def test_a_killed_command(night: Path, loader: Connection, owner: Connection) -> None:
    """Twice; its processes end by themselves, at the latest when their present file is done."""
    command = [sys.executable, "-m", "skytract", "load", str(night), "--jobs", "2", "--json"]
    for done in random.sample(range(1, FILES), 2):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(done):
                process.stdout.readline()
            time.sleep(random.uniform(0, PAUSE))
            process.kill()
        check_invariants(loader)
        wait_for_the_end(owner, loader)
    finish(night, loader)


def test_a_killed_process(night: Path, loader: Connection) -> None:
    """The command ends, unless nothing was left for that process."""
    loads = load_in_processes([night], jobs=2)
    for _ in range(random.randrange(2 * len(VISITS), FILES)):
        assert next(loads).state == "loaded"
    time.sleep(random.uniform(0, PAUSE))
    os.kill(random.choice(multiprocessing.active_children()).pid or 0, signal.SIGKILL)
    try:
        assert {result.state for result in loads} <= {"loaded"}
    except SkytractError as error:
        assert "was cut off: its process was killed" in str(error)
    assert not multiprocessing.active_children()
    finish(night, loader)
