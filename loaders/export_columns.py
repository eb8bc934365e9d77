"""The columns of a result: names in the DPDD's spelling, types, units and what they mean."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from skytract.loaders.errors import SkytractError
from skytract.loaders.export_decode import ARROW

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class ExportColumn:
    """A column of a result.

    Parameters
    ----------
    name, physical : str
        In the DPDD's spelling where that is known, and as PostgreSQL spells it.
    type : str
        As which type of SQL it is read: a key of `export_decode.ARROW`, or that with [].
    cast : bool
        Whether it has another type in the database.
    unit, ucd, description : str, optional
        None if not known: the value of an expression.
    """

    name: str
    physical: str
    type: str
    cast: bool = False
    unit: str | None = None
    ucd: str | None = None
    description: str | None = None

    @property
    def select(self) -> sql.Composable:
        """What a SELECT says to read it."""
        name = sql.Identifier(self.physical)
        return sql.SQL("{}::{}").format(name, sql.SQL(self.type)) if self.cast else name


@dataclass(frozen=True)
class Declared:
    """What the model says of a column."""

    schema: str
    table: str
    name: str
    unit: str
    ucd: str
    description: str


@dataclass(frozen=True)
class Description:
    """What the server says of some rows before they are read.

    Parameters
    ----------
    columns : tuple of ExportColumn
        Their columns.
    declared : tuple of Declared or None
        What the model says of each column; None for the value of an expression.
    tables : tuple of psycopg.sql.Identifier
        Tables that they are read from.
    """

    columns: tuple[ExportColumn, ...]
    declared: tuple[Declared | None, ...]
    tables: tuple[sql.Identifier, ...]


def describe(connection: Connection, rows: sql.Composable) -> Description:
    """Ask the server for the columns of rows, without reading any.

    Parameters
    ----------
    connection : psycopg.Connection
        Not within a transaction.
    rows : psycopg.sql.Composable
        What stands in a FROM clause.

    Raises
    ------
    psycopg.Error
        If it cannot be run, or is more than one statement that only reads.
    SkytractError
        If columns have no names or the same.
    """
    with connection.transaction():
        # In binary the server takes one statement only, and the outer SELECT nothing that writes.
        statement = sql.SQL("SELECT * FROM {} AS rows LIMIT 0").format(rows)
        cursor = connection.execute(statement, binary=True)
        result, heads = cursor.pgresult, cursor.description or []
        assert result is not None
        tables = connection.execute("SELECT * FROM meta.locked_tables()").fetchall()
        origins = [(result.ftable(i), result.ftablecol(i)) for i in range(len(heads))]
        declared = _declared(connection, origins)
        spelled = _spelled(connection, [head.name for head in heads])
    columns = tuple(
        _column(head.name, head.type_code, text, spelled.get(head.name, head.name))
        for head, text in zip(heads, declared, strict=True)
    )
    _refuse_names([column.name for column in columns])
    return Description(columns, tuple(declared), tuple(sql.Identifier(*names) for names in tables))


def _column(physical: str, oid: int, text: Declared | None, spelled: str) -> ExportColumn:
    type_, cast = _type(oid)
    if text is None:
        return ExportColumn(spelled, physical, type_, cast)
    # A column that was renamed by AS keeps unit and meaning.
    name = text.name if text.name.lower() == physical else spelled
    return ExportColumn(name, physical, type_, cast, text.unit, text.ucd, text.description)


def _declared(connection: Connection, origins: Sequence[tuple[int, int]]) -> list[Declared | None]:
    found = connection.execute(
        "SELECT * FROM meta.describe_columns(%s::oid[])", [list({o for o, _ in origins})]
    )
    known = {(oid, number): Declared(*text) for oid, number, *text in found}
    return [known.get(origin) for origin in origins]


def _spelled(connection: Connection, names: list[str]) -> dict[str, str]:
    """Find the spelling of names that is the same in every table that has such a column."""
    found = connection.execute(
        "SELECT physicalColumn, min(columnName) FROM meta.ColumnRegistry"
        " WHERE physicalColumn = ANY (%s) GROUP BY 1 HAVING count(DISTINCT columnName) = 1",
        [names],
    )
    return dict(found.fetchall())


def _type(oid: int) -> tuple[str, bool]:
    """Return the type as which a column is read, and whether it must be cast to it."""
    info = psycopg.adapters.types.get(oid)
    if info is None:
        return "text", True
    array = "[]" if oid == info.array_oid else ""
    if info.regtype in ARROW:
        return info.regtype + array, False
    return ("double precision" if info.name == "numeric" else "text") + array, True


def _refuse_names(names: Sequence[str]) -> None:
    if not names:
        raise SkytractError("The result has no columns: select some.")
    if "?column?" in names:
        place = names.index("?column?") + 1
        raise SkytractError(f"Column {place} of the result has no name: give it one with AS.")
    name, number = Counter(name.lower() for name in names).most_common(1)[0]
    if number > 1:
        raise SkytractError(
            f"{number} columns of the result are named {name}: name them apart with AS."
        )
