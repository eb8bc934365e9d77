"""Finds the row of a file that its table has already, after the table refused the file."""

from typing import Any

import numpy as np
from psycopg import sql

from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.copy_rows import copy_rows
from skytract.loaders.load_batch import Batch
from skytract.loaders.load_claims import Claims, is_known_by_id
from skytract.loaders.load_refused import BusyError, RefusedError
from skytract.loaders.load_target import Target


def find_known(claims: Claims, batch: Batch, keys: list[CopyColumn]) -> RefusedError:
    """Return the refusal that names the first of a batch's rows that the table has already.

    PostgreSQL tells the violated key only to those who may read the partition itself.

    Parameters
    ----------
    claims : Claims
        Those of the transaction in which the rows were just refused for their primary key. Rows of
        loads that it had taken out, which may be back since, do not count.
    batch : Batch
        The rows.
    keys : list of CopyColumn
        The columns of the primary key.
    """
    connection = claims.connection
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
    found = connection.execute(select, (list(claims.taken_out),), binary=True).fetchone()
    if found is None:
        reason = "It has a row that the table had as well, from a load that was undone just now"
        return BusyError(batch.path, reason, "load it again")
    *known, earlier = found
    same = [column.values == _as_copied(value) for column, value in zip(keys, known, strict=True)]
    given = {key: batch.columns[key] for key in target.identity}
    values = dict(zip((key.name for key in keys), known, strict=True))
    return RefusedError(
        batch.path,
        *_where(claims, target, earlier),
        ", ".join(batch.plan.identity),
        batch.first + int(np.argmax(np.logical_and.reduce(same))),
        ", ".join(str(values[column.name]) for column in given.values()),
    )


def _where(claims: Claims, target: Target, earlier: int) -> tuple[str, str]:
    """Say which load has a row already, and what to do."""
    table = f"{target.schema}.{target.kind}"
    if earlier in claims.held:
        query = "SELECT path FROM meta.Load WHERE loadId = %s"
        [(path,)] = claims.connection.execute(query, (earlier,)).fetchall()
        return f"{table} has this row already, from {path} of the same unit", "leave it out of one"
    remedy = f"leave the row out, or undo load {earlier} first"
    if is_known_by_id(target) and not claims.replace:
        remedy += ", or give --replace to put this file in its place"
    return f"{table} has this row already, from load {earlier}", remedy


def _as_copied(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value
