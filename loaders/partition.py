"""HEALPix partitions: the bounds in meta.Partition and the tables that have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg

MAX_PARTITIONS = 1000
"""More partitions per table slow down planning (47 ms for 192, 233 ms for 768 un-pruned ones) and
fill the lock table."""


class Cell(NamedTuple):
    """A HEALPix cell: NESTED index `pixel` at order `ord`, the bounds of one partition."""

    ord: int
    pixel: int


BASE_CELLS = tuple(Cell(0, pixel) for pixel in range(12))
"""The coarsest cells that cover the sky."""


def create_base_partitions(connection: psycopg.Connection[Any]) -> None:
    """Give the raw tables the 12 base cells, or, where they have cells, the missing partitions."""
    if cells_of(connection, "raw"):
        connection.execute("SELECT meta.create_partitions('raw')")
    else:
        create_partitions(connection, "raw", BASE_CELLS)


def create_partitions(
    connection: psycopg.Connection[Any], tessellation: str, cells: Sequence[Cell]
) -> None:
    """Partition all partitioned tables of a schema by cells that cover the sky exactly once.

    Parameters
    ----------
    connection
        A connection of the owner; the caller commits.
    tessellation
        Name of the schema, which has no partitions yet.
    cells
        The cells, in any order, e.g. from `skytract.loaders.partition_plan.plan`.

    Raises
    ------
    psycopg.errors.RaiseException
        If the cells leave a gap or overlap.
    """
    orders, pixels = [cell.ord for cell in cells], [cell.pixel for cell in cells]
    connection.execute(
        "SELECT meta.create_tessellation(%s, %s, %s::bigint[])", (tessellation, orders, pixels)
    )


def copy_tessellation(connection: psycopg.Connection[Any], source: str, target: str) -> None:
    """Partition the tables of one schema as those of another are."""
    create_partitions(connection, target, cells_of(connection, source))


def cells_of(connection: psycopg.Connection[Any], tessellation: str) -> list[Cell]:
    """List the cells of a schema's tables, by their place in the key; none if there are none."""
    query = "SELECT ord, pixel FROM meta.Partition WHERE tessellation = %s ORDER BY lo"
    return [Cell(*row) for row in connection.execute(query, (tessellation,))]


@dataclass(frozen=True)
class PartitionSize:
    """The partitions of one cell.

    Parameters
    ----------
    cell : Cell
        Their bounds.
    lo : int
        First hpx29 of the cell.
    rows : dict
        Rows by table, estimated from their size; None where nothing tells how many fit on a page.
    bytes : int
        Bytes of all of them, with indexes.
    """

    cell: Cell
    lo: int
    rows: dict[str, int | None]
    bytes: int


def partition_sizes(connection: psycopg.Connection[Any], tessellation: str) -> list[PartitionSize]:
    """List a schema's cells with the sizes of their partitions, by place in the key."""
    query = (
        "SELECT ord, pixel, lo, json_object_agg(table_name, estimated_rows ORDER BY table_name),"
        " sum(bytes)::bigint FROM meta.partition_size WHERE tessellation = %s GROUP BY 1, 2, 3"
        " ORDER BY lo"
    )
    return [
        PartitionSize(Cell(order, pixel), lo, rows, size)
        for order, pixel, lo, rows, size in connection.execute(query, (tessellation,))
    ]
