"""The locks of contents: all of them, or none."""

from typing import Any

import psycopg
import pytest

from skytract.loaders.load_lock import lock_contents
from tests.fix_db import Connect

HASHES = [f"{n:016x}{'0' * 48}" for n in (1, 2, 3)]


def held(connection: psycopg.Connection[Any]) -> int:
    """Return how many advisory locks a session holds."""
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = %s"
    with connection.transaction():
        row = connection.execute(query, (connection.info.backend_pid,)).fetchone()
    assert row is not None
    return int(row[0])


def test_locks_that_are_not_got_leave_none_behind(
    loader: psycopg.Connection[Any], connect_to: Connect
) -> None:
    """A session that goes on after such a failure, as a watching one, is in nobody's way."""
    other = connect_to("loader")
    with lock_contents(other, HASHES[2:]):
        with loader.transaction():
            loader.execute("SET lock_timeout = '20ms'")
        with (
            pytest.raises(psycopg.errors.LockNotAvailable),
            lock_contents(loader, HASHES),
        ):
            pass
        assert held(loader) == 0
    with lock_contents(loader, HASHES):
        assert held(loader) == 3
    assert held(loader) == held(other) == 0
