"""Finds the row of a file that its table has already, after the table refused the file."""

from collections.abc import Collection
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.copy_rows import copy_rows
from skytract.loaders.load_batch import Batch
from skytract.loaders.load_claims import is_known_by_id
from skytract.loaders.load_refused import RefusedError

Connection = psycopg.Connection[Any]


def find_known(
    connection: Connection, batch: Batch, keys: list[CopyColumn], gone: Collection[int]
) -> RefusedError:
    """Return the refusal that names the first of a batch's rows that the table has already.

    PostgreSQL tells the violated key only to those who may read the partition itself.

    Parameters
    ----------
    connection : Connection
        In a transaction in which the rows were just refused for their primary key.
    batch : Batch
        The rows.
    keys : list of CopyColumn
        The columns of the primary key.
    gone : collection of int
        Loads whose rows do not count.
    """
    target = batch.plan.target
    names = {
        "table": sql.Identifier(target.schema, target.name),
        "keys": sql.SQL(", ").join(sql.Identifier(key.name) for key in keys),
    }
    make = "CREATE TEMP TABLE refused ON COMMIT DROP AS SELECT {keys} FROM {table} LIMIT 0"
    connection.execute(sql.SQL(make).format(**names))
    copy_rows(connection, sql.Identifier("pg_temp", "refused"), keys)
    query = (
        "SELECT {keys}, {table}.loadid FROM refused JOIN {table} USING ({keys})"
        " WHERE {table}.loadid <> ALL (%s) ORDER BY {keys} LIMIT 1"
    )
    select = sql.SQL(query).format(**names)
    found = connection.execute(select, (list(gone),), binary=True).fetchone()
    assert found is not None, "the rows were refused for a key that the table has"
    *known, earlier = found
    same = [column.values == _as_copied(value) for column, value in zip(keys, known, strict=True)]
    given = {key: batch.columns[key] for key in target.identity}
    values = dict(zip((key.name for key in keys), known, strict=True))
    return RefusedError(
        batch.path,
        f"{target.schema}.{target.kind} has this row already, from load {earlier}",
        f"leave the row out, or undo load {earlier} first"
        + (", or give --replace to put this file in its place" if is_known_by_id(target) else ""),
        ", ".join(batch.plan.identity),
        batch.first + int(np.argmax(np.logical_and.reduce(same))),
        ", ".join(str(values[column.name]) for column in given.values()),
    )


def _as_copied(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value
