"""HEALPix partitions: the bounds in meta.Partition and the tables that have them."""

from typing import Any

import psycopg


def create_base_partitions(connection: psycopg.Connection[Any]) -> None:
    """Give the raw tables the 12 base cells, unless they have partitions already."""
    connection.execute(
        "INSERT INTO meta.Partition (tessellation, ord, pixel, lo, hi)"
        " SELECT 'raw', 0, n, n::bigint << 58, (n + 1)::bigint << 58 FROM generate_series(0, 11) AS n"
        " WHERE NOT EXISTS (SELECT FROM meta.Partition WHERE tessellation = 'raw')"
    )
    connection.execute("SELECT meta.create_partitions('raw')")


def copy_tessellation(connection: psycopg.Connection[Any], source: str, target: str) -> None:
    """Partition the tables of one schema as those of another are."""
    connection.execute(
        "INSERT INTO meta.Partition (tessellation, ord, pixel, lo, hi)"
        " SELECT %s, ord, pixel, lo, hi FROM meta.Partition WHERE tessellation = %s",
        (target, source),
    )
    connection.execute("SELECT meta.create_partitions(%s)", (target,))
