"""Replacing loads of rows without a place: stars, passbands and spectra, each known by its id.

A file takes the place of loads that have some of its ids, if it has all of theirs.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from skytract.loaders.copy_rows import copy_rows
from skytract.loaders.load_batch import Batch
from skytract.loaders.load_target import Target, find_target

Connection = psycopg.Connection[Any]


class LostRow(NamedTuple):
    """The first row that a replaced load had and the new file has not, and how many there are."""

    load_id: int
    values: tuple[Any, ...]
    rows: int


def find_holders(connection: Connection, load_id: int, batch: Batch) -> list[int]:
    """List the other loads that brought rows with ids of a batch."""
    target = batch.plan.target
    names = _names(target)
    connection.execute("DROP TABLE IF EXISTS pg_temp.given_ids")
    make = "CREATE TEMP TABLE given_ids ON COMMIT DROP AS SELECT {keys} FROM {table} LIMIT 0"
    connection.execute(sql.SQL(make).format(**names))
    keys = [batch.columns[key] for key in target.identity]
    copy_rows(connection, sql.Identifier("pg_temp", "given_ids"), keys)
    connection.execute("ANALYZE given_ids")
    query = (
        "SELECT DISTINCT t.loadid FROM given_ids JOIN {table} AS t USING ({keys})"
        " WHERE t.loadid <> %s ORDER BY 1"
    )
    return [row[0] for row in connection.execute(sql.SQL(query).format(**names), (load_id,))]


def keep_ids(connection: Connection, kind: str, rival: int) -> None:
    """Note the ids of a kind that a load, or its unit, has, before it is taken out."""
    names = _names(find_target(kind))
    query = (
        "SELECT l.loadId FROM meta.Load AS given JOIN meta.Load AS l"
        " ON l.loadId = coalesce(given.unitId, given.loadId)"
        " OR l.unitId = coalesce(given.unitId, given.loadId)"
        " WHERE given.loadId = %s AND l.kind = %s AND l.state = 'loaded'"
    )
    loads = [row[0] for row in connection.execute(query, (rival, kind))]
    make = (
        "CREATE TEMP TABLE IF NOT EXISTS {kept} ON COMMIT DROP AS"
        " SELECT loadid, {keys} FROM {table} LIMIT 0"
    )
    note = "INSERT INTO {kept} SELECT loadid, {keys} FROM {table} WHERE loadid = ANY (%s)"
    connection.execute(sql.SQL(make).format(**names))
    connection.execute(sql.SQL(note).format(**names), (loads,))


def find_lost(connection: Connection, kinds: Iterable[str]) -> LostRow | None:
    """Return what was kept by `keep_ids` and is in no table now; None if nothing is."""
    query = (
        "SELECT loadid, {keys}, count(*) OVER () FROM {kept} AS k WHERE NOT EXISTS"
        " (SELECT FROM {table} AS t WHERE ({of_t}) = ({of_k})) ORDER BY loadid, {keys} LIMIT 1"
    )
    for kind in kinds:
        names = _names(find_target(kind))
        row = connection.execute(sql.SQL(query).format(**names)).fetchone()
        if row is not None:
            return LostRow(row[0], tuple(row[1:-1]), row[-1])
    return None


def _names(target: Target) -> dict[str, sql.Composable]:
    keys = [target.columns[key].name for key in target.identity]
    return {
        "table": sql.Identifier(target.schema, target.name),
        "kept": sql.Identifier("pg_temp", f"replaced_{target.name}"),
        "keys": sql.SQL(", ").join(map(sql.Identifier, keys)),
        "of_t": sql.SQL(", ").join(sql.Identifier("t", key) for key in keys),
        "of_k": sql.SQL(", ").join(sql.Identifier("k", key) for key in keys),
    }
