"""Loads that stand still at a chosen moment, so that something else happens meanwhile."""

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import psycopg

from skytract.loaders.ledger import list_loads
from skytract.loaders.load import LoadResult, load_file
from skytract.loaders.undo import undo_load

Connection = psycopg.Connection[Any]


class Paused:
    """A load in another thread that stops after some pieces until it is let go."""

    def __init__(
        self,
        connection: Connection,
        path: Path,
        after: int = 1,
        load: Callable[..., LoadResult] = load_file,
        **options: Any,
    ) -> None:
        self.arrived, self.go, self.left = Event(), Event(), after
        self.pool = ThreadPoolExecutor(1)
        self.load: Future[LoadResult] = self.pool.submit(
            load, connection, path, progress=self._pause, **options
        )
        assert self.arrived.wait(30)

    def _pause(self, rows: int) -> None:
        self.left -= 1
        if self.left == 0:
            self.arrived.set()
            assert self.go.wait(30)

    def result(self) -> LoadResult:
        """Let it go, and return its result or raise its error."""
        self.go.set()
        return self.load.result(30)


def wait_for_lock(connection: Connection, work: Future[Any], observer: Connection) -> None:
    """Return when the work that another thread does on a connection waits for another session."""
    query = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
    deadline = monotonic() + 20
    while monotonic() < deadline:
        with observer.transaction():
            if observer.execute(query, (connection.info.backend_pid,)).fetchone() == (True,):
                return
        assert not work.done(), work.result()
        sleep(0.01)
    raise AssertionError("it waits for nobody")


def start(work: Callable[..., Any], *arguments: Any, **options: Any) -> Future[Any]:
    """Do something in another thread."""
    return ThreadPoolExecutor(1).submit(work, *arguments, **options)


def undo_all(connection: Connection, keep: Collection[str] = ("Visit", "VisitDetector")) -> None:
    """Undo all loads but those of some kinds."""
    for entry in list_loads(connection, state="loaded", limit=1000):
        if entry.kind not in keep:
            undo_load(connection, entry.load_id)
