"""Rows for tests that care about few of a table's many columns."""

from typing import Any

import numpy as np
import psycopg
from numpy.typing import ArrayLike

BLANK = {"boolean": "false", "text": "''"}


def fill_table(connection: psycopg.Connection[Any], table: str, **columns: ArrayLike) -> None:
    """Insert one row per element of the given columns; whatever else must not be NULL is 0.

    `table` has its schema in front; columns are named as PostgreSQL does, in lower case.
    """
    types = dict(
        connection.execute(
            "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND (attname = ANY (%s) OR attnotnull AND NOT atthasdef)",
            (table, list(columns)),
        ).fetchall()
    )
    names = ", ".join(types)
    values = ", ".join(
        f"g.{name}" if name in columns else f"{BLANK.get(kind, '0')}::{kind}"
        for name, kind in types.items()
    )
    arrays = ", ".join(f"%({name})s::{types[name]}[]" for name in columns)
    connection.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM unnest({arrays}) AS g"
        f" ({', '.join(columns)})",
        {name: np.asarray(array).tolist() for name, array in columns.items()},
    )
