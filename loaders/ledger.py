"""The ledger of loads, meta.Load: what was loaded from which content, and what was refused.

A load holds an advisory lock on the hash of its content from beginning to end. An attempt that is
still `loading` while nobody holds that lock was killed, and the next one takes it over.
"""

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

import skytract

Connection = psycopg.Connection[Any]

GATE = int.from_bytes(b"skyload\0", "big")
"""Advisory lock under which a load compares its ids with earlier loads, and commits."""


def hash_content(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def lock_content(connection: Connection, content_hash: str) -> Iterator[None]:
    """Hold the lock of a content; another loader of the same content waits until it is released."""
    key = int.from_bytes(bytes.fromhex(content_hash)[:8], "big", signed=True)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_lock(%s)", (key,))
    try:
        yield
    finally:
        # A session that is broken has lost its locks already.
        if not connection.broken and not connection.closed:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_unlock(%s)", (key,))


def find_loaded(connection: Connection, content_hash: str) -> tuple[int, str, int] | None:
    """Return loadId, kind and number of rows of the load of a content, None if it is not loaded."""
    query = (
        "SELECT loadId, kind, rowCount FROM meta.Load WHERE contentHash = %s AND state = 'loaded'"
    )
    with connection.transaction():
        return connection.execute(query, (content_hash,)).fetchone()


def begin_load(
    connection: Connection, path: Path, content_hash: str, context: Mapping[str, Any]
) -> int:
    """Enter an attempt, visible to all at once; return its loadId."""
    values = (
        content_hash,
        str(path),
        path.stat().st_size,
        skytract.__version__,
        platform.node(),
        json.dumps(context, default=str),
    )
    with connection.transaction():
        query = "SELECT meta.begin_load(%s, %s, %s, %s, %s, %s)"
        row = connection.execute(query, values).fetchone()
    assert row is not None
    return int(row[0])


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


def refuse_load(
    connection: Connection, load_id: int, kind: str | None, dialect: str | None, reason: str
) -> None:
    """Record that a file was refused, and why."""
    with connection.transaction():
        query = "SELECT meta.refuse_load(%s, %s, %s, %s)"
        connection.execute(query, (load_id, kind, dialect, reason))
