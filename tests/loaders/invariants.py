"""What holds of the raw tables and the ledger at every moment, whatever was killed before."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]

LEDGER = {
    "a content is loaded twice": """
        SELECT contentHash, array_agg(loadId) FROM meta.Load
        WHERE state = 'loaded' GROUP BY contentHash HAVING count(*) > 1""",
    "a file is loaded whose unit is not, or the other way round": """
        SELECT f.loadId, f.state, u.loadId, u.state
        FROM meta.Load AS f JOIN meta.Load AS u ON u.loadId = f.unitId
        WHERE (f.state = 'loaded') <> (u.state = 'loaded')""",
    "a unit has another number of rows than its files": """
        SELECT u.loadId, u.rowCount, sum(f.rowCount)
        FROM meta.Load AS u LEFT JOIN meta.Load AS f ON f.unitId = u.loadId
        WHERE u.kind = 'Manifest' AND u.state = 'loaded'
        GROUP BY u.loadId HAVING u.rowCount IS DISTINCT FROM sum(f.rowCount)""",
    "two loads hold one place": """
        SELECT kind, major, minor, band, array_agg(loadId) FROM meta.LoadScope
        WHERE kind <> 'ForcedSource' GROUP BY kind, major, minor, band HAVING count(*) > 1""",
    "a place is held by what is not loaded": """
        SELECT s.* FROM meta.LoadScope AS s LEFT JOIN meta.Load AS l USING (loadId)
        WHERE l.state IS DISTINCT FROM 'loaded' OR s.kind <> l.kind""",
    "a load is replaced by nothing, or replaced and yet there": """
        SELECT loadId, state, replacedBy FROM meta.Load
        WHERE (state = 'replaced') <> (replacedBy IS NOT NULL)""",
}
"""Queries for what must not be in the ledger."""

ROWS = """
    SELECT loadId, l.kind, l.rowCount, t.n
    FROM (
        SELECT loadId, kind, rowCount FROM meta.Load
        WHERE state = 'loaded' AND lower(kind) = {kind}) AS l
    FULL JOIN (SELECT loadId, count(*) AS n FROM {table} GROUP BY loadId) AS t USING (loadId)
    WHERE l.rowCount IS DISTINCT FROM t.n"""
"""Loads of a kind that have not just the rows the ledger says, and rows of no load."""

IDS = "SELECT {ids}, count(*) FROM {table} GROUP BY {ids} HAVING count(*) > 1"
"""Ids that occur twice."""

REFERENCES = """
    SELECT t.loadId, t.visit FROM {table} AS t
    WHERE NOT EXISTS (SELECT FROM {referenced} AS r WHERE r.visit = t.visit AND {same})"""
"""Rows of a visit (and detector) that is not there."""

PLACES = """
    SELECT loadId, major, minor, count(s.kind) AS in_ledger, count(t.rows) AS in_table
    FROM (SELECT * FROM meta.LoadScope WHERE lower(kind) = {kind}) AS s
    FULL JOIN (
        SELECT loadId, {major} AS major, {minor} AS minor, {band} AS band, count(*) AS rows
        FROM {table} GROUP BY 1, 2, 3, 4) AS t
    USING (loadId, major, minor, band)
    GROUP BY 1, 2, 3 HAVING count(s.kind) <> count(t.rows)"""
"""Places that rows have and the ledger does not know, or the other way round."""


def check_invariants(connection: Connection) -> None:
    """Fail, naming what was found, unless the database holds whole loads and nothing else.

    All is looked at as of one moment: loads may go on meanwhile.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for name, query in _queries(connection):
            wrong = connection.execute(query).fetchmany(5)
            assert not wrong, f"{name}: {wrong}"


def _queries(connection: Connection) -> Iterator[tuple[str, sql.Composable]]:
    for name, query in LEDGER.items():
        yield name, sql.SQL(query)
    for schema, table, columns, key in _tables(connection):
        names = {"table": sql.Identifier(schema, table), "kind": sql.Literal(table)}
        yield f"{table} has other rows than the ledger says", sql.SQL(ROWS).format(**names)
        ids = sql.SQL(", ").join(map(sql.Identifier, key))
        yield f"{table} has an id twice", sql.SQL(IDS).format(ids=ids, **names)
        if "visit" in columns and table != "visit":
            query = sql.SQL(REFERENCES).format(**_referenced(table), **names)
            yield f"{table} has rows of an unknown visit or detector", query
        place = _place(table, columns)
        if place:
            query = sql.SQL(PLACES).format(**place, **names)
            yield f"{table} has other places than the ledger says", query


def _referenced(table: str) -> dict[str, sql.Composable]:
    if table == "visitdetector":
        return {"referenced": sql.Identifier("raw", "visit"), "same": sql.SQL("true")}
    same = sql.SQL("r.detector = t.detector")
    return {"referenced": sql.Identifier("raw", "visitdetector"), "same": same}


def _place(table: str, columns: list[str]) -> dict[str, sql.Composable]:
    """Columns of a table that a load holds a place by: major, minor, band."""
    visit, tract = sql.Identifier("visit"), sql.Identifier("tract")
    none = sql.SQL("''::text")
    if table == "visit":
        return {"major": visit, "minor": sql.SQL("-1"), "band": none}
    if "visit" in columns:
        return {"major": visit, "minor": sql.Identifier("detector"), "band": none}
    if "tract" in columns:
        return {"major": tract, "minor": sql.Identifier("patch"), "band": sql.Identifier("band")}
    return {}


def _tables(connection: Connection) -> list[tuple[str, str, list[str], list[str]]]:
    """List the tables whose rows are loaded, partitioned ones as a whole; columns and ids.

    The sky key, which is part of some primary keys, tells no rows apart.
    """
    query = """
        SELECT n.nspname, c.relname, array_agg(a.attname::text),
            array_agg(a.attname::text) FILTER (
                WHERE a.attnum = ANY (i.indkey) AND a.attname <> 'hpx29')
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
        JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
        WHERE n.nspname IN ('raw', 'calibration') AND c.relkind IN ('r', 'p')
            AND NOT c.relispartition
        GROUP BY 1, 2 HAVING bool_or(a.attname = 'loadid') ORDER BY 1, 2"""
    return connection.execute(query).fetchall()
