"""Writes the declared model into meta.ColumnRegistry, from where TAP_SCHEMA and clients read it."""

from typing import Any

import psycopg

from skytract.sql.felis_reader import SCHEMAS, read_schema
from skytract.sql.model import is_array, unit


def _rows() -> list[tuple[Any, ...]]:
    return [
        (
            schema,
            table.name,
            column.name,
            table.name.lower(),
            column.name.lower(),
            position,
            str(column.datatype),
            str(column.votable_arraysize) if is_array(column) else None,
            unit(column),
            column.ivoa_ucd,
            column.description,
        )
        for schema in SCHEMAS
        for table in read_schema(schema).tables
        for position, column in enumerate(table.columns, start=1)
    ]


def register_columns(connection: psycopg.Connection[Any]) -> None:
    """Replace the rows of meta.ColumnRegistry by those of the declared model."""
    connection.execute("DELETE FROM meta.ColumnRegistry")
    with connection.cursor().copy("COPY meta.ColumnRegistry FROM STDIN") as copy:
        for row in _rows():
            copy.write_row(row)
