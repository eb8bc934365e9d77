"""Rows of a statement as Arrow batches, while a thread receives the next ones from the server."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.pq import TransactionStatus

from skytract.loaders.errors import SkytractError
from skytract.loaders.export_columns import Connection, ExportColumn
from skytract.loaders.export_decode import Bytes, arrow_type, decode, strip_header
from skytract.loaders.read_ahead import read_ahead

CHUNK_BYTES = 1 << 21
"""Bytes decoded at a time: they are read column by column and should stay in the cache."""

TRAILER_BYTES = 2
"""The last message is shorter than any row: a field count of -1."""


@contextmanager
def snapshot(connection: Connection, tables: Sequence[sql.Identifier]) -> Iterator[None]:
    """Let all statements of the block see the same rows, for as long as it takes.

    Nothing can be written in the block. Tables are locked before the first look at them, against
    the split of a partition: its rows are copied, and an older look sees neither copy nor original.

    Parameters
    ----------
    connection : psycopg.Connection
        Not within a transaction.
    tables : sequence of psycopg.sql.Identifier
        Tables that will be read.

    Raises
    ------
    SkytractError
        If a transaction is open.
    """
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise SkytractError(
            "The connection is within a transaction: commit or roll back before exporting."
        )
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        if tables:
            names = sql.SQL(", ").join(tables)
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
        yield


def copy_out(
    connection: Connection, statement: sql.Composable, columns: Sequence[ExportColumn]
) -> Generator[pa.RecordBatch]:
    """Run a statement and yield its rows, some MiB at a time.

    Closed before the end, it stops the statement; the connection can do nothing else until then.

    Parameters
    ----------
    connection : psycopg.Connection
        In a transaction.
    statement : psycopg.sql.Composable
        A SELECT without parameters.
    columns : sequence of ExportColumn
        Its columns.
    """
    types = [column.type for column in columns]
    schema = pa.schema([(column.name, arrow_type(column.type)) for column in columns])
    chunks = read_ahead(_chunks(connection, statement), connection.cancel_safe)
    with closing(chunks):
        for rows in chunks:
            yield pa.RecordBatch.from_arrays(decode(rows, types), schema=schema)


def _chunks(connection: Connection, statement: sql.Composable) -> Iterator[list[Bytes]]:
    command = sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(statement)
    rows: list[Bytes] = []
    size, header = 0, True
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in copy:
            if header:
                row, header = strip_header(row), False
            if len(row) > TRAILER_BYTES:
                rows.append(row)
                size += len(row)
            if size >= CHUNK_BYTES:
                yield rows
                rows, size = [], 0
    if rows:
        yield rows


@contextmanager
def refuse_errors(what: str, remedy: str) -> Iterator[None]:
    """Turn what the server says against a statement into a sentence with a remedy."""
    try:
        yield
    except psycopg.Error as error:
        said = (error.diag.message_primary or " ".join(str(error).split())).rstrip(".")
        hint = f" {error.diag.message_hint}" if error.diag.message_hint else ""
        raise SkytractError(f"{what} ({said}): {remedy}.{hint}") from error
