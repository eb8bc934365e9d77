"""Turns what the database refuses into a sentence with its remedy."""

import re
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
        raise SkytractError(" ".join(told(error))) from error


def told(error: psycopg.Error) -> tuple[str, ...]:
    """Return what the database said, and its remedy if there is one.

    What Python inside it raised comes with the name of the exception, which is left out; if that
    was between two rows, it comes as a detail.
    """
    said = error.diag.message_primary or f"{error}"
    if said.startswith("error fetching next item") and error.diag.message_detail:
        said = error.diag.message_detail
    said = re.sub(r"^[\w.]*(Error|Exception): ", "", said)
    hint = error.diag.message_hint
    return (f"{said}.", hint) if hint else (said,)
