"""What files and units have in common: an attempt to load, its end in the ledger, its result."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from skytract.loaders.errors import SkytractError
from skytract.loaders.hats_folder import content_files, is_hats
from skytract.loaders.load_entry import as_context, find_loaded, find_replaced, refuse_load
from skytract.loaders.load_lock import hash_content
from skytract.loaders.load_refused import RefusedError, printable

Connection = psycopg.Connection[Any]
T = TypeVar("T")


@dataclass(frozen=True)
class LoadResult:
    """What became of one file, or of one unit.

    Parameters
    ----------
    path : Path
        The file, or the folder of the unit.
    state : str
        "loaded", "already loaded" or "refused".
    load_id : int, optional
        Its entry in meta.Load, and the loadId of its rows.
    kind : str, optional
        Raw table, or "Manifest".
    rows : int
        Rows in the table.
    seconds : float
        Time it took.
    error : str, optional
        Why it was refused.
    replaced : tuple of int
        Loads that it took the place of.
    note : str, optional
        If it was loaded already: what of the call was left aside, or which load has its place.
    """

    path: Path
    state: str
    load_id: int | None
    kind: str | None = None
    rows: int = 0
    seconds: float = 0.0
    error: str | None = None
    replaced: tuple[int, ...] = ()
    note: str | None = None


@dataclass
class Attempt:
    """What is known of a file so far: kind and dialect are found while it is opened."""

    path: Path
    load_id: int
    kind: str | None = None
    dialect: str | None = None


@dataclass(frozen=True)
class Content:
    """The content of a file, or of a HATS folder, as it was read to know it.

    Parameters
    ----------
    path : Path
        The file.
    hash : str
        SHA-256 of its bytes, hexadecimal.
    size : int
        Number of its bytes.
    changed : int
        When it was written last [ns]; any of its files.
    """

    path: Path
    hash: str
    size: int
    changed: int

    def refuse_changed(self) -> None:
        """Refuse the file if somebody has written to it since."""
        if _stamp(self.path) != (self.size, self.changed):
            raise RefusedError(
                self.path, "It changed while it was loaded", "load it again when it is complete"
            )


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = [os.stat(file) for file in content_files(path)]
    except OSError:
        return -1, -1
    return sum(s.st_size for s in found), max((s.st_mtime_ns for s in found), default=0)


def read_content(path: Path) -> Content:
    """Read a file to know its content.

    Raises
    ------
    RefusedError
        If it cannot be read.
    """
    stamp = _stamp(path)
    if path.exists() and not path.is_file() and not is_hats(path):
        raise RefusedError(path, "It is no file but a folder, a pipe or a device", "give a file")
    try:
        return Content(path, hash_content(path), *stamp)
    except OSError as error:
        raise RefusedError(
            path, f"It cannot be read ({error.strerror})", "give a file that you may read"
        ) from error


def find_done(
    connection: Connection,
    path: Path,
    content: Content,
    given: Mapping[str, Any],
    again: bool = True,
) -> LoadResult | None:
    """Return the result for a content that is loaded already; None if it is to be loaded.

    Parameters
    ----------
    connection, path, content
        What is to be loaded.
    given : mapping
        Context and constants that it is given with now; if they are others than before, they are
        not taken, which the result says.
    again : bool, optional
        Whether a content whose place another load has taken is loaded again; if not, it is loaded
        already, with none of its rows there, and the result says what has its place.
    """
    done = find_loaded(connection, content.hash)
    if done is None:
        return None if again else _find_replaced(connection, path, content)
    note = None
    if json.loads(done.context) != json.loads(as_context(given)):
        note = f"context and values set for all rows stay as they were: {done.context}"
    return LoadResult(path, "already loaded", done.load_id, done.kind, done.rows, note=note)


def _find_replaced(connection: Connection, path: Path, content: Content) -> LoadResult | None:
    replaced = find_replaced(connection, content.hash)
    if replaced is None:
        return None
    note = (
        f"load {replaced.heir} has its place; to have it back, give it by itself: "
        f"`skytract load {printable(str(path))} --replace`"
    )
    return LoadResult(path, "already loaded", replaced.load_id, replaced.kind, note=note)


def require_idle(connection: Connection) -> None:
    """Refuse a connection within a transaction: a load is a transaction of its own."""
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise SkytractError(
            "The connection is within a transaction, and a load is a transaction of its own: "
            "commit or roll back before loading."
        )


def run_transaction(connection: Connection, work: Callable[[], T]) -> T:
    """Do the work of a load in a transaction of its own, from the beginning again if need be.

    Loads wait for each other's places in one order, but rows without a place, or the same rows
    under other places, can be in two files: where two loads wait for each other PostgreSQL lets one
    go. It begins again when the others have ended, and alone.
    """
    try:
        with connection.transaction():
            connection.execute("SELECT meta.join_loads(false)")
            return work()
    except psycopg.errors.DeadlockDetected:
        with connection.transaction():
            connection.execute("SELECT meta.join_loads(true)")
            return work()


@contextmanager
def record_refusal(connection: Connection, attempt: Attempt) -> Iterator[None]:
    """Enter a refusal in the ledger; leave the entry of a load that was cut off to the next run."""
    try:
        yield
    except RefusedError as error:
        error.load_id, error.kind = attempt.load_id, attempt.kind
        refuse_load(connection, attempt.load_id, attempt.kind, attempt.dialect, str(error))
        raise


@contextmanager
def explain_cut(work: str) -> Iterator[None]:
    """Say what it means that some work, e.g. "The load of a.fits", lost its server or its room.

    So does a server that is there and does not work: one that only reads, or has a damaged disk.
    At its very end it may be done, and its loader does not know: the same command tells.
    """
    try:
        yield
    except (psycopg.OperationalError, psycopg.InternalError) as error:
        said = " ".join(str(error).split())
        raise SkytractError(
            f"{work} was cut off ({said}): all of it is done, or nothing; run the same command "
            "again when the server is well (`skytract doctor`)."
        ) from error
