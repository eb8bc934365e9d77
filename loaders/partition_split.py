"""Splits partitions into their four children while queries go on."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from skytract.loaders.errors import SkytractError
from skytract.loaders.partition import Cell, cells_of
from skytract.loaders.partition_plan import children, contains

PATIENCE = 60.0
"""How long a split waits for those who use the tables [s]."""


@dataclass(frozen=True)
class Split:
    """What a split did.

    Parameters
    ----------
    cell : Cell
        The cell that is now its four children.
    rows : int
        Rows moved, of all tables together.
    swap_seconds : float
        How long readers had to wait [s].
    """

    cell: Cell
    rows: int
    swap_seconds: float


def split(
    connection: psycopg.Connection[Any],
    tessellation: str,
    order: int,
    pixel: int,
    patience: float = PATIENCE,
) -> Split:
    """Split one cell of all partitioned tables of a schema into four.

    Readers wait for the exchange only, some milliseconds; writers to these tables wait while the
    rows are copied. Killed at any time it leaves the tables as they were, and can be repeated.

    Parameters
    ----------
    connection
        A connection of the owner, not within a transaction.
    tessellation
        The schema: raw, or an open release.
    order, pixel
        HEALPix order and NESTED index of the cell.
    patience
        How long to wait for those who use the tables [s].

    Raises
    ------
    SkytractError
        If there is no such cell, the release is published, or the tables stayed in use.
    """
    query = "CALL meta.split_partition(%s, %s, %s, make_interval(secs => %s))"
    with _autocommit(connection):
        try:
            row = connection.execute(query, (tessellation, order, pixel, patience)).fetchone()
        except (psycopg.errors.RaiseException, psycopg.errors.LockNotAvailable) as error:
            said = error.diag
            raise SkytractError(f"{said.message_primary}. {said.message_hint}") from error
    assert row is not None
    return Split(Cell(order, pixel), int(row[0]), float(row[1]))


def refine(
    connection: psycopg.Connection[Any],
    tessellation: str,
    cells: Iterable[Cell],
    patience: float = PATIENCE,
) -> Iterator[Split]:
    """Split until every given cell is within one partition no larger than itself.

    Cells are never joined: where the partitions are finer already, they stay so.

    Parameters
    ----------
    connection, tessellation, patience
        As for `split`.
    cells
        The cells wanted, e.g. those of a plan.

    Yields
    ------
    Split
        Each split as it is done.
    """
    wanted = list(cells)
    with _autocommit(connection):
        coarse = cells_of(connection, tessellation)
    while coarse:
        cell = coarse.pop()
        if any(inner != cell and contains(cell, inner) for inner in wanted):
            yield split(connection, tessellation, *cell, patience)
            coarse += children(cell)


def split_oversized(
    connection: psycopg.Connection[Any],
    tessellation: str,
    row_budget: int,
    patience: float = PATIENCE,
) -> Iterator[Split]:
    """Split every partition that holds more rows than the budget in any table, and go on.

    Parameters are those of `split`; `row_budget` is the number of rows a partition may hold.

    Yields
    ------
    Split
        Each split as it is done.
    """
    if row_budget < 1:
        raise SkytractError(f"A budget of {row_budget} rows per partition is too small: give >= 1.")
    while True:
        with _autocommit(connection):
            rows = connection.execute(
                "SELECT DISTINCT ord, pixel FROM meta.count_partitions(%s)"
                " WHERE row_count > %s AND ord < 29 ORDER BY ord, pixel",
                (tessellation, row_budget),
            ).fetchall()
        if not rows:
            return
        for order, pixel in rows:
            yield split(connection, tessellation, order, pixel, patience)


@contextmanager
def _autocommit(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Let a procedure decide itself when to commit."""
    before = connection.autocommit
    connection.autocommit = True
    try:
        yield
    finally:
        connection.autocommit = before
