"""Turns what the database refuses into a sentence with its remedy."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from skytract.loaders.errors import SkytractError


@contextmanager
def in_sentences(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Commit what was done on a connection, or roll it back.

    Raises
    ------
    SkytractError
        If the database refuses something, in its words; nothing was written then.
    """
    try:
        yield
        connection.commit()
    except psycopg.Error as error:
        if connection.broken:
            raise SkytractError(
                "The server went away, and nothing was written: run `skytract server start`, then"
                " the same command again."
            ) from error
        connection.rollback()
        remedy = f". {error.diag.message_hint}" if error.diag.message_hint else ""
        raise SkytractError(f"{error.diag.message_primary or error}{remedy}") from error
