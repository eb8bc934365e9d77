"""The demo's queries, one .sql file each."""

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql


def read_query(name: str) -> bytes:
    """Return the text of a query of this folder, ready to be executed."""
    return Path(__file__).with_name(f"{name}.sql").read_bytes()


def read_metric(connection: psycopg.Connection[Any], name: str) -> list[tuple[str, float, int]]:
    """Return band, value and number of a repeatability metric (PA1, PF1, AM1) of dr1."""
    query = sql.SQL("SELECT * FROM meta.{}('dr1')").format(sql.Identifier(name.lower()))
    return connection.execute(query).fetchall()
