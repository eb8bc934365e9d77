"""A server killed with -9 comes back with whole files and units, and the next run finishes."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from skytract.loaders.connect import connect, connection_options
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.migrate import migrate
from skytract.loaders.server import start
from skytract.loaders.server_process import postmaster_pid, server_processes
from tests.fix_db import FAST, temporary_home
from tests.loaders.catalogs import VISIT
from tests.loaders.faults.cases import Case, content, loading_a_unit, replacing_a_unit
from tests.loaders.faults.conftest import load_visits
from tests.loaders.faults.fate import Fated, moments_of
from tests.loaders.invariants import check_invariants

Connection = psycopg.Connection[Any]

NEXT_VISIT = count(VISIT)


SETTINGS = FAST | {"synchronous_commit": "on"}
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


def commit(moments: list[str]) -> int:
    """The server was asked to commit all."""
    return last("copy_to", moments) + moments[last("copy_to", moments) :].index("_exit_gen")


@pytest.mark.parametrize(
    ("case", "choose"),
    [
        (loading_a_unit, middle_of_copy),
        (replacing_a_unit, middle_of_copy),
        (replacing_a_unit, commit),
    ],
)
def test_a_killed_server_comes_back_with_all_or_nothing(
    home: Home, tmp_path: Path, case: Case, choose: Callable[[list[str]], int]
) -> None:
    options, visit = connection_options("loader", home), next(NEXT_VISIT)
    with connect("loader", home) as loader:
        moments = moments_of(options, case(loader, tmp_path, next(NEXT_VISIT)))
        work = case(loader, tmp_path, visit)
        before = content(loader, visit)
    fated = Fated.connect(**options)
    fated.meet(choose(moments), lambda: kill_server(home))
    with pytest.raises(SkytractError, match="was cut off"):
        work(fated)
    fated.close()
    assert start(home, SETTINGS).running
    with connect("loader", home) as loader:
        left = content(loader, visit)
        check_invariants(loader)
        work(loader)
        after = content(loader, visit)
        assert before != after and left in (before, after)
        check_invariants(loader)
