"""Sends rows to a table by binary COPY."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from skytract.loaders.copy_binary import CopyColumn, encode


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
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        table, sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in encode(columns, order):
            copy.write(piece.data)
