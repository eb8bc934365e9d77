"""Writes the ledger of loads, meta.Load: one entry per file, and per load unit."""

import json
import platform
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

import skytract
from skytract.loaders.load_refused import printable

Connection = psycopg.Connection[Any]

MANIFEST_KIND = "Manifest"
"""Kind of the entry of a load unit, which stands for the entries of its files."""


class Loaded(NamedTuple):
    """A content that is loaded: its entry, kind, number of rows, that of its unit, its context."""

    load_id: int
    kind: str
    rows: int
    unit_id: int | None
    context: str


def find_loaded(connection: Connection, content_hash: str) -> Loaded | None:
    """Return the load of a content, None if it is not loaded."""
    query = (
        "SELECT loadId, kind, rowCount, unitId, context FROM meta.Load"
        " WHERE contentHash = %s AND state = 'loaded'"
    )
    with connection.transaction():
        row = connection.execute(query, (content_hash,)).fetchone()
    return Loaded(*row) if row else None


class Replaced(NamedTuple):
    """A content whose place another load has now: its last entry that was loaded, and its kind."""

    load_id: int
    kind: str
    heir: int


def find_replaced(connection: Connection, content_hash: str) -> Replaced | None:
    """Return the load of a content that is not loaded any more; None unless its place is taken."""
    query = (
        "SELECT loadId, kind, (SELECT meta.find_heir(%(content)s)) FROM meta.Load"
        " WHERE contentHash = %(content)s AND state = 'replaced' ORDER BY loadId"
    )
    with connection.transaction():
        rows = connection.execute(query, {"content": content_hash}).fetchall()
    return Replaced(*rows[-1]) if rows and rows[-1][2] is not None else None


def as_context(given: Mapping[str, Any]) -> str:
    """Return what the caller gave along as the ledger keeps it: JSON."""
    return json.dumps(given, default=str)


def begin_load(
    connection: Connection,
    path: Path,
    content_hash: str,
    size: int,
    context: Mapping[str, Any],
    unit_id: int | None = None,
) -> int:
    """Enter an attempt, visible to all at once unless within a unit; return its loadId."""
    values = (
        content_hash,
        printable(str(path)),
        size,
        skytract.__version__,
        platform.node(),
        as_context(context),
        unit_id,
    )
    # A file of a unit is no part of the unit's transaction to be undone by itself.
    with connection.transaction() if unit_id is None else nullcontext():
        query = "SELECT meta.begin_load(%s, %s, %s, %s, %s, %s, %s)"
        row = connection.execute(query, values).fetchone()
    assert row is not None
    return int(row[0])


def open_load(connection: Connection, load_id: int) -> None:
    """Let the transaction bring rows of a load; it can commit when the load is finished."""
    connection.execute("SELECT meta.open_load(%s)", (load_id,))


def finish_load(
    connection: Connection,
    load_id: int,
    kind: str,
    dialect: str,
    identity: str | None,
    rows: int,
    ids: tuple[int, int] | None,
) -> None:
    """Record a load as loaded, within the transaction that brings its rows."""
    id_min, id_max = ids or (None, None)
    query = "SELECT meta.finish_load(%s, %s, %s, %s, %s, %s, %s)"
    connection.execute(query, (load_id, kind, dialect, identity, rows, id_min, id_max))


def finish_unit(connection: Connection, load_id: int, name: str) -> int:
    """Record a unit as loaded, within the transaction that brings its files; return its rows."""
    values = (load_id, printable(name))
    row = connection.execute("SELECT meta.finish_unit(%s, %s)", values).fetchone()
    assert row is not None
    return int(row[0])


def refuse_load(
    connection: Connection, load_id: int, kind: str | None, dialect: str | None, reason: str
) -> None:
    """Record that a file was refused, and why."""
    with connection.transaction():
        query = "SELECT meta.refuse_load(%s, %s, %s, %s)"
        connection.execute(query, (load_id, kind, dialect, reason))
