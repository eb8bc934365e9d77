"""Partitions as loads need them: missing ones are brought back, oversized ones put on a list."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from skytract.loaders.errors import SkytractError
from skytract.loaders.partition import Cell
from skytract.loaders.partition_split import PATIENCE, Split, split

Connection = psycopg.Connection[Any]


def restore_partitions(connection: Connection) -> int:
    """Bring back the partitions of the raw tables that somebody dropped or detached.

    Nothing is locked when none is missing, and readers never wait.

    Parameters
    ----------
    connection : Connection
        As the role loader, not within a transaction.

    Returns
    -------
    int
        How many were missing.

    Raises
    ------
    SkytractError
        If a detached table does not fit in its place any more.
    """
    try:
        with connection.transaction():
            row = connection.execute("SELECT meta.restore_raw_partitions()").fetchone()
    except (psycopg.ProgrammingError, psycopg.IntegrityError) as error:
        raise SkytractError(
            "A partition of the raw tables is detached and cannot be attached again "
            f"({error.diag.message_primary}): attach it yourself, or give it another name; then an "
            "empty one is made in its place."
        ) from error
    assert row is not None
    return int(row[0])


def schedule_splits(connection: Connection, load_id: int | None = None) -> int:
    """Note the raw cells that have outgrown the row budget, from the sizes of their partitions.

    Parameters
    ----------
    connection : Connection
        As the role loader, not within a transaction.
    load_id : int, optional
        The load after which this is asked.

    Returns
    -------
    int
        How many cells wait to be split, earlier ones among them.

    Raises
    ------
    SkytractError
        If the setting skytract.row_budget is no number.
    """
    try:
        with connection.transaction():
            row = connection.execute("SELECT meta.schedule_splits(%s)", (load_id,)).fetchone()
    except psycopg.DataError as error:
        raise SkytractError(
            f"The row budget of the database is no number ({error.diag.message_primary}): correct "
            "it with ALTER DATABASE ... SET skytract.row_budget = 5000000, or RESET it."
        ) from error
    assert row is not None
    return int(row[0])


def note_oversized(connection: Connection, load_id: int) -> str:
    """Schedule splits after a load; return what the operator should know, if anything."""
    try:
        waiting = schedule_splits(connection, load_id)
    except SkytractError as error:
        return str(error)
    if not waiting:
        return ""
    return (
        f"Raw partitions that have outgrown the row budget: {waiting}. Split them with "
        "`skytract partition split --scheduled` when no loads run."
    )


def scheduled_cells(connection: Connection) -> list[tuple[Cell, int]]:
    """List the raw cells that wait to be split, with the rows of their largest partition."""
    query = (
        "SELECT ord, pixel, rowCount FROM meta.PartitionSplit JOIN meta.Partition"
        " USING (tessellation, ord, pixel) WHERE tessellation = 'raw' ORDER BY rowCount DESC, lo"
    )
    with connection.transaction():
        found = connection.execute(query).fetchall()
    return [(Cell(order, pixel), rows) for order, pixel, rows in found]


def split_scheduled(connection: Connection, patience: float = PATIENCE) -> Iterator[Split]:
    """Split the raw cells that wait for it, and their children, until all keep to the budget.

    A cell that keeps to it by now, because loads were undone or the budget was raised, is left.
    Killed at any time it can be repeated.

    Parameters
    ----------
    connection : Connection
        Of the owner, not within a transaction.
    patience : float
        How long to wait for those who use the tables [s].

    Yields
    ------
    Split
        Each split as it is done.
    """
    while schedule_splits(connection):
        for cell, _ in scheduled_cells(connection)[:1]:
            _analyze(connection, cell)
            schedule_splits(connection)
            if cell in dict(scheduled_cells(connection)):
                yield split(connection, "raw", *cell, patience)


def _analyze(connection: Connection, cell: Cell) -> None:
    """Have the rows of a cell estimated anew: those of undone loads may still take up pages."""
    with connection.transaction():
        query = "SELECT name FROM meta.partitioned_tables('raw')"
        for (table,) in connection.execute(query).fetchall():
            partition = sql.Identifier("raw", f"{table}_p{cell.ord}_{cell.pixel}")
            connection.execute(sql.SQL("ANALYZE {}").format(partition))
