"""Writes tables and results of queries as HATS folders, Parquet files and FITS files.

All rows of an export are of one moment, and it appears whole or not at all.
"""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pyarrow as pa
from psycopg import sql

from skytract.loaders.errors import SkytractError
from skytract.loaders.export_columns import Connection
from skytract.loaders.export_copy import copy_out, refuse_errors, snapshot
from skytract.loaders.export_fits import write_fits
from skytract.loaders.export_hats import write_hats
from skytract.loaders.export_output import new_output
from skytract.loaders.export_parquet import write_parquet
from skytract.loaders.export_progress import Progress, counted
from skytract.loaders.export_source import (
    ExportSource,
    query_source,
    table_source,
)
from skytract.loaders.load_files import SUFFIXES

ROWS_PER_FILE = 1_000_000
"""Rows that a file of a HATS folder holds at most."""

FORMATS = {".parquet": "parquet", ".fits": "fits"}
"""How the name of a file ends, and what it holds; any other name is that of a HATS folder."""

OTHER_SUFFIXES = (".csv", ".gz", *(s for s in SUFFIXES if s not in FORMATS))
"""How files end that are not made: whoever gives such a name does not expect a folder."""

WRITERS = {"parquet": write_parquet, "fits": write_fits}
"""What writes a file of a format and returns the number of its rows."""


@dataclass(frozen=True)
class ExportResult:
    """What was exported.

    Parameters
    ----------
    path : Path
        The new file or folder.
    format : str
        "hats", "parquet" or "fits".
    rows, files, bytes : int
        Rows; files that hold them; size of all files.
    seconds : float
        Time it took.
    """

    path: Path
    format: str
    rows: int
    files: int
    bytes: int
    seconds: float


def export_table(
    connection: Connection,
    name: str,
    path: Path | str,
    rows_per_file: int | None = None,
    progress: Progress = lambda rows, total: None,
) -> ExportResult:
    """Write a table or view.

    Parameters
    ----------
    connection : psycopg.Connection
        Of any role that may read it, not within a transaction.
    name : str
        With its schema, e.g. "dr1.Object", in any capitalisation.
    path : Path or str
        What is made: a file if it ends in .parquet or .fits, else a HATS folder.
    rows_per_file : int, optional
        Of a HATS folder, at most (default 1,000,000); a cell of 3.4 arcmin is not divided any more.
    progress : callable
        Called with the number of rows just written, and the number there are (for a file: as the
        server estimates it).

    Raises
    ------
    SkytractError
        With the remedy; nothing is left behind.
    """
    return _export(connection, table_source(connection, name), Path(path), rows_per_file, progress)


def export_query(
    connection: Connection,
    query: str,
    path: Path | str,
    rows_per_file: int | None = None,
    progress: Progress = lambda rows, total: None,
) -> ExportResult:
    """Write the result of a SELECT; parameters are those of `export_table`."""
    return _export(connection, query_source(connection, query), Path(path), rows_per_file, progress)


def _export(
    connection: Connection,
    source: ExportSource,
    path: Path,
    rows_per_file: int | None,
    progress: Progress,
) -> ExportResult:
    started = monotonic()
    format_ = _format(path, rows_per_file)
    with (
        new_output(path) as new,
        refuse_errors(f"{source.title} could not be exported", "mend that, then export again"),
        snapshot(connection, source.locks),
    ):
        if format_ == "hats":
            at_most = rows_per_file or ROWS_PER_FILE
            counts = write_hats(connection, source, new, path.name, at_most, progress)
        else:
            with closing(_rows(connection, source, progress)) as rows:
                counts = [WRITERS[format_](new, source, rows)]
        size = sum(p.stat().st_size for p in [new, *new.rglob("*")] if p.is_file())
    return ExportResult(path, format_, sum(counts), len(counts), size, monotonic() - started)


def _format(path: Path, rows_per_file: int | None) -> str:
    """Return what the name of the output asks for.

    Raises
    ------
    SkytractError
        If no such output is made, or it is one file whose rows were to be divided.
    """
    if path.name.lower().endswith(OTHER_SUFFIXES):
        raise SkytractError(
            f"{path}: such files are not made: give --out a name that ends in .parquet or .fits, "
            "or, for a HATS folder, one without such an ending."
        )
    format_ = FORMATS.get(path.suffix.lower(), "hats")
    if rows_per_file is not None and format_ != "hats":
        raise SkytractError(
            f"{path} is one file, and rows per file were given: leave them out, or, for a folder "
            f"of several files, give --out a name that does not end in {path.suffix}."
        )
    return format_


def _rows(
    connection: Connection, source: ExportSource, progress: Progress
) -> Generator[pa.RecordBatch]:
    """Read all rows, in any order."""
    columns = sql.SQL(", ").join(column.select for column in source.columns)
    statement = sql.SQL("SELECT {} FROM {} AS rows").format(columns, source.rows)
    explained = connection.execute(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(statement)).fetchone()
    assert explained is not None
    estimate = int(explained[0][0]["Plan"]["Plan Rows"])
    return counted(copy_out(connection, statement, source.columns), estimate, progress)
