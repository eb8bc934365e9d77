"""Lends a psycopg connection to libraries that speak SQLAlchemy."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa


@contextmanager
def lend(connection: psycopg.Connection[Any]) -> Iterator[sa.Connection]:
    """Yield the connection as a SQLAlchemy connection, for one transaction.

    What the block does through either of the two is committed together at its end, and rolled back
    together when it fails. A transaction that was open before is rolled back.
    """
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: connection, poolclass=sa.pool.StaticPool
    )
    try:
        with engine.connect() as lent:
            yield lent
            lent.commit()
    except BaseException:
        if not connection.closed:
            connection.rollback()
        raise
