"""Sends rows to a table by binary COPY."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql
from psycopg.copy import LibpqWriter

from skytract.loaders.copy_binary import Piece, arrange, encode
from skytract.loaders.copy_column import CopyColumn

FLUSH_BYTES = 1 << 17
"""Bytes that wait to be sent at most: libpq moves what is left of them whenever it sends some."""


def copy_rows(
    connection: psycopg.Connection[Any],
    table: sql.Identifier,
    columns: Sequence[CopyColumn],
    order: npt.NDArray[np.int64] | None = None,
) -> None:
    """Send rows to a table by binary COPY; columns that are not given get their defaults.

    Parameters
    ----------
    connection : psycopg.Connection
        In the transaction that the rows belong to.
    table : psycopg.sql.Identifier
        Schema and name.
    columns : sequence of CopyColumn
        All of the same length n.
    order : ndarray of int64, shape (n,), optional
        Rows in the order in which they are sent.
    """
    columns = arrange(columns)
    send_pieces(connection, table, [c.name for c in columns], encode(columns, order))


def send_pieces(
    connection: psycopg.Connection[Any],
    table: sql.Identifier,
    names: Sequence[str],
    pieces: Iterable[Piece],
    progress: Callable[[int], None] = lambda rows: None,
) -> int:
    """Send rows to a table that are encoded already; return how many it took.

    Parameters
    ----------
    connection, table
        As for `copy_rows`.
    names : sequence of str
        Physical names of the columns that were encoded, in that order.
    pieces : iterable of Piece
        What `encode` made of them.
    progress : callable, optional
        Called with the number of rows just sent.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        table, sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with connection.cursor() as cursor:
        writer = LibpqWriter(cursor)
        writer.flush_threshold = FLUSH_BYTES
        with cursor.copy(statement, writer=writer) as copy:
            for piece in pieces:
                copy.write(piece.data)
                if piece.rows:
                    progress(piece.rows)
        return cursor.rowcount
