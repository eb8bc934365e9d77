"""Loads raw-unit catalogs, each exactly once: one file, one transaction, one row in the ledger.

A file is identified by the SHA-256 of its content. Loading the same content again does nothing and
says so. A file with anything wrong in it is refused as a whole: nothing of it stays, the ledger
says why, and it can be loaded after the cause is mended. A loader that is killed leaves no row
behind; the next run takes its ledger entry over.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from skytract.loaders import ledger
from skytract.loaders.dialect_find import find_match
from skytract.loaders.errors import SkytractError
from skytract.loaders.load_files import find_files
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_rows import Progress, Tally, load_rows
from skytract.loaders.read_catalog import open_catalog

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class LoadResult:
    """What became of one file.

    Parameters
    ----------
    path : Path
        The file.
    state : str
        "loaded", "already loaded" or "refused".
    load_id : int
        Its entry in meta.Load, and the loadId of its rows.
    kind : str, optional
        Raw table.
    rows : int
        Rows in the table.
    seconds : float
        Time it took.
    error : str, optional
        Why it was refused.
    """

    path: Path
    state: str
    load_id: int | None
    kind: str | None = None
    rows: int = 0
    seconds: float = 0.0
    error: str | None = None


@dataclass
class _Attempt:
    """What is known of a file so far: kind and dialect are found while it is opened."""

    path: Path
    load_id: int
    kind: str | None
    dialect: str | None


def load_file(
    connection: Connection,
    path: Path | str,
    kind: str | None = None,
    dialect: str | None = None,
    constants: Mapping[str, Any] | None = None,
    progress: Progress = lambda rows: None,
    **context: Any,
) -> LoadResult:
    """Load one catalog file.

    Parameters
    ----------
    connection : psycopg.Connection
        As the role loader, not within a transaction.
    path : Path or str
        A Parquet file, or a FITS file with a binary table, gzipped or not.
    kind : str, optional
        Raw table, e.g. "Source"; found from the file or its dialect where that says it.
    dialect : str, optional
        How the columns are named (`dialects/<dialect>.yaml`); found from the columns.
    constants : mapping, optional
        Columns of the table that the file lacks, one value for all its rows.
    progress : callable, optional
        Called with the number of rows just copied.
    **context
        Kept in the ledger as JSON.

    Returns
    -------
    LoadResult
        Its state is "loaded" or "already loaded".

    Raises
    ------
    RefusedError
        If anything is wrong with the file; nothing of it stays, and the ledger says why.
    SkytractError
        If the load was cut off; nothing of it stays, and it can be repeated.
    """
    path, started = Path(path), monotonic()
    _require_idle(connection)
    content_hash = _hash(path)
    with ledger.lock_content(connection, content_hash):
        loaded = ledger.find_loaded(connection, content_hash)
        if loaded is not None:
            load_id, found_kind, rows = loaded
            return LoadResult(path, "already loaded", load_id, found_kind, rows)
        given = {"constants": dict(constants or {}), **context}
        load_id = ledger.begin_load(connection, path, content_hash, given)
        attempt = _Attempt(path, load_id, kind, dialect)
        with _record_refusal(connection, attempt):
            tally = _load(connection, attempt, constants or {}, progress)
    seconds = monotonic() - started
    return LoadResult(path, "loaded", load_id, attempt.kind, tally.rows, seconds)


def load_paths(
    connection: Connection,
    paths: Iterable[Path | str],
    kind: str | None = None,
    dialect: str | None = None,
    constants: Mapping[str, Any] | None = None,
    progress: Progress = lambda rows: None,
    **context: Any,
) -> Iterator[LoadResult]:
    """Load files, and all catalogs in folders; a refused file does not keep the others out.

    Parameters are those of `load_file`. Tables that others refer to are loaded first.

    Yields
    ------
    LoadResult
        One for every file, as it is done.
    """
    for path in find_files(paths):
        try:
            yield load_file(connection, path, kind, dialect, constants, progress, **context)
        except RefusedError as error:
            yield LoadResult(path, "refused", error.load_id, error.kind, error=str(error))


def _require_idle(connection: Connection) -> None:
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise SkytractError(
            "The connection is within a transaction, and a load is a transaction of its own: "
            "commit or roll back before loading."
        )


def _hash(path: Path) -> str:
    try:
        return ledger.hash_content(path)
    except OSError as error:
        raise RefusedError(
            path, f"It cannot be read ({error.strerror})", "give a file that you may read"
        ) from error


@contextmanager
def _record_refusal(connection: Connection, attempt: _Attempt) -> Iterator[None]:
    """Enter a refusal in the ledger; leave the entry of a load that was cut off to the next run."""
    try:
        yield
    except RefusedError as error:
        error.load_id, error.kind = attempt.load_id, attempt.kind
        ledger.refuse_load(connection, attempt.load_id, attempt.kind, attempt.dialect, str(error))
        raise
    except psycopg.OperationalError as error:
        raise SkytractError(
            f"The load of {attempt.path} was cut off ({str(error).strip()}): nothing of it stays; "
            "run the same command again when the server is well (`skytract doctor`)."
        ) from error


def _load(
    connection: Connection, attempt: _Attempt, constants: Mapping[str, Any], progress: Progress
) -> Tally:
    with open_catalog(attempt.path) as file, connection.transaction():
        match = find_match(file, attempt.kind, attempt.dialect, constants)
        attempt.kind, attempt.dialect = match.target.kind, match.dialect.name
        catalog, plan = match.plan(constants)
        tally = load_rows(connection, catalog, plan, attempt.load_id, progress)
        ledger.finish_load(
            connection,
            attempt.load_id,
            plan.target.kind,
            plan.dialect.name,
            tally.identity(plan.target.kind),
            tally.rows,
            tally.ids() if plan.target.ids_apart else None,
        )
    return tally
