"""What is exported: a table or the result of a query."""

import difflib
from dataclasses import dataclass

from psycopg import sql

from skytract.loaders.errors import SkytractError
from skytract.loaders.export_columns import Connection, ExportColumn, describe
from skytract.loaders.export_copy import refuse_errors
from skytract.loaders.load_target import find_target, kinds
from skytract.sql.model import RELEASE


@dataclass(frozen=True)
class ExportSource:
    """A table or a query.

    Parameters
    ----------
    title : str
        Name of the table, or "The query".
    origin : str
        Name of the table, or the text of the query.
    rows : psycopg.sql.Composable
        What a FROM clause says to read it.
    columns : tuple of ExportColumn
        What is exported of it.
    locks : tuple of psycopg.sql.Identifier
        Tables that it is read from.
    schema, table : str, optional
        The one table, as the model declares it ("release" stands for all releases); None for a
        query, or a table that the model does not know.
    kind : str, optional
        The kind by which the exported file can be loaded again.
    home : str, optional
        Schema that the table lies in.
    """

    title: str
    origin: str
    rows: sql.Composable
    columns: tuple[ExportColumn, ...]
    locks: tuple[sql.Identifier, ...]
    schema: str | None = None
    table: str | None = None
    kind: str | None = None
    home: str | None = None


def table_source(connection: Connection, name: str) -> ExportSource:
    """Look a table or view up, in any capitalisation.

    Raises
    ------
    SkytractError
        If there is none that the connection's role may read.
    """
    schema, table = _find_table(connection, name)
    rows = sql.Identifier(schema, table)
    with refuse_errors(f"{name} cannot be read", "mend that, or export a query of it"):
        described = describe(connection, rows)
    # What a view shows is not declared as a whole.
    origins = {text and (text.schema, text.table) for text in described.declared}
    model, spelled = (origins.pop() if len(origins) == 1 else None) or (None, None)
    columns, kind = described.columns, None
    if spelled in kinds() and find_target(spelled).schema == model:
        # What the loader and the database fill is left out.
        kind, loaded = spelled, find_target(spelled).columns
        columns = tuple(column for column in columns if column.name in loaded)
    title = f"{schema}.{spelled or table}"
    return ExportSource(title, title, rows, columns, described.tables, model, spelled, kind, schema)


def query_source(connection: Connection, query: str) -> ExportSource:
    """Look at the result of a query without running it.

    Raises
    ------
    SkytractError
        If it is not one SELECT that the connection's role may run, or its columns have no names.
    """
    text = query.strip().rstrip(";").rstrip()
    if not text:
        raise SkytractError("The query is empty: give one SELECT that runs in `skytract sql`.")
    # The line break ends a comment that the query may end with.
    rows = sql.SQL("({}\n)").format(sql.SQL(text))
    remedy = "give one SELECT that runs in `skytract sql`"
    with refuse_errors("The query is refused by the server", remedy):
        described = describe(connection, rows)
    return ExportSource("The query", text, rows, described.columns, described.tables)


def _find_table(connection: Connection, name: str) -> tuple[str, str]:
    with connection.transaction():
        known = connection.execute("SELECT * FROM meta.readable_tables()").fetchall()
    for schema, table, _ in known:
        if f"{schema}.{table}" == name.lower():
            return schema, table
    # The schema release is the empty template of all releases.
    spelled = [spelled for schema, _, spelled in known if schema != RELEASE]
    near = [s for s in spelled if s.lower().partition(".")[2] == name.lower()]
    lower = {s.lower(): s for s in spelled}
    near = near or [lower[s] for s in difflib.get_close_matches(name.lower(), lower, 3)]
    remedy = f"give {' or '.join(near)}" if near else "give schema and name, as in raw.Source"
    raise SkytractError(f"There is no table {name} that a reader may read: {remedy}.")
