"""Reads the ledger of loads, meta.Load: what was loaded from which content, what was refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row

from skytract.loaders.errors import SkytractError
from skytract.loaders.load_scope import Place

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Entry:
    """An entry of the ledger: a file, or a load unit by its manifest.

    Parameters
    ----------
    load_id : int
        Id of the load.
    state : str
        "loading" (it runs, or was killed), "loaded", "refused", "undone" or "replaced".
    kind : str, optional
        Table of its rows, or "Manifest"; None if that could not be told.
    identity : str, optional
        What it is: Source 903986/31, or the name of a unit; None if it holds several places.
    path : str
        File as it was given.
    rows, bytes : int, optional
        Rows loaded; size of the file, or of all files of the unit.
    unit_id, replaced_by : int, optional
        Entry of the unit it belongs to; entry that took its place.
    dialect : str, optional
        How its columns were named.
    started, finished, removed : datetime
        When it began and ended; finished is None while it runs, or if it was killed. When its rows
        were taken out; None if they were not.
    code_version, host : str
        Version of the code that loaded it, and the machine.
    content_hash : str
        SHA-256 of the file, hexadecimal.
    context : str
        What the caller gave along, as JSON.
    error : str, optional
        Why it was refused.
    """

    load_id: int
    state: str
    kind: str | None
    identity: str | None
    path: str
    rows: int | None
    bytes: int
    unit_id: int | None
    replaced_by: int | None
    dialect: str | None
    started: datetime
    finished: datetime | None
    removed: datetime | None
    code_version: str
    host: str
    content_hash: str
    context: str
    error: str | None


COLUMNS = (
    "loadId AS load_id, state, kind, identity, path, rowCount AS rows, byteCount AS bytes,"
    " unitId AS unit_id, replacedBy AS replaced_by, dialect, startedAt AS started,"
    " finishedAt AS finished, removedAt AS removed, codeVersion AS code_version, host,"
    " contentHash AS content_hash, context, error"
)

PLACES = (
    "SELECT kind, major, minor, band FROM meta.LoadScope WHERE loadId = ANY (%s)"
    " ORDER BY kind, major, minor, band"
)


def list_loads(
    connection: Connection, state: str | None = None, kind: str | None = None, limit: int = 50
) -> list[Entry]:
    """List the latest entries, the last one first; a unit by its manifest unless a kind is given.

    Parameters
    ----------
    connection : Connection
        As any role.
    state, kind : str, optional
        Only entries of this state or kind, the latter in any capitalisation.
    limit : int
        How many at most.
    """
    query = (
        f"SELECT {COLUMNS} FROM meta.Load WHERE (%(state)s::text IS NULL OR state = %(state)s) AND"
        " CASE WHEN %(kind)s::text IS NULL THEN unitId IS NULL ELSE lower(kind) = lower(%(kind)s)"
        " END ORDER BY loadId DESC LIMIT %(limit)s"
    )
    with connection.transaction(), connection.cursor(row_factory=class_row(Entry)) as cursor:
        values = {"state": state, "kind": kind, "limit": limit}
        return cursor.execute(query.encode(), values).fetchall()


def list_replaced(connection: Connection, load_id: int) -> list[Entry]:
    """List the loads that a load, or a unit, took the place of; a unit by its manifest."""
    query = f"SELECT {COLUMNS} FROM meta.Load WHERE replacedBy = %s AND unitId IS NULL ORDER BY 1"
    with connection.transaction(), connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(query.encode(), (load_id,)).fetchall()


def find_unequal_loads(connection: Connection) -> list[tuple[Any, ...]]:
    """List loads whose rows are not as many as the ledger says, and rows of what is not loaded.

    All raw rows are read.

    Returns
    -------
    list of tuple
        Kind, loadId, state (None if no load of that kind has the id), path (likewise), rows in the
        ledger, rows in the table.
    """
    with connection.transaction():
        return connection.execute("SELECT * FROM meta.find_unequal_loads()").fetchall()


class Shown(NamedTuple):
    """An entry, those of its files if it is a unit, its places, and what it took the place of."""

    entry: Entry
    files: list[Entry]
    places: list[Place]
    replaced: list[Entry]


def show_load(connection: Connection, load_id: int) -> Shown:
    """Return all that the ledger knows of a load.

    Raises
    ------
    SkytractError
        If there is no such load.
    """
    query = (
        f"SELECT {COLUMNS} FROM meta.Load WHERE loadId = %(id)s OR unitId = %(id)s ORDER BY loadId"
    )
    with connection.transaction(), connection.cursor(row_factory=class_row(Entry)) as cursor:
        entries = cursor.execute(query.encode(), {"id": load_id}).fetchall()
        ids = [entry.load_id for entry in entries]
        places = [Place(*row) for row in connection.execute(PLACES, (ids,))]
    own = [entry for entry in entries if entry.load_id == load_id]
    if not own:
        raise SkytractError(f"There is no load {load_id}: see `skytract load list`.")
    files = [entry for entry in entries if entry.load_id != load_id]
    return Shown(own[0], files, places, list_replaced(connection, load_id))
