"""The lock of a content: held by its loader from beginning to end.

An entry of the ledger that is still `loading` while nobody holds the lock of its content is that of
a loader that was killed.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from skytract.loaders.hats_folder import content_files, is_hats

Connection = psycopg.Connection[Any]


def hash_content(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal; of a HATS folder, that of its cells'."""
    if is_hats(path):
        lines = (
            f"{hash_content(cell)}  {cell.relative_to(path)}\n" for cell in content_files(path)
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def lock_contents(connection: Connection, hashes: Iterable[str]) -> Iterator[None]:
    """Hold the locks of contents; another loader of the same waits until they are released.

    The locks are taken in one order by all loaders, so that these never wait in a circle.
    """
    keys = sorted({int.from_bytes(bytes.fromhex(h)[:8], "big", signed=True) for h in hashes})
    held: list[int] = []
    try:
        with connection.transaction():
            for key in keys:
                connection.execute("SELECT pg_advisory_lock(%s)", (key,))
                held.append(key)
        yield
    finally:
        # A session that is broken has lost its locks already.
        if not connection.broken and not connection.closed:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_unlock(k) FROM unnest(%s) AS k", (held,))
