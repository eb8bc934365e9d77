"""A folder of Parquet files in the HATS layout, as the packages `hats` and `lsdb` read it.

HATS (IVOA note "HATS: hierarchical adaptive tiling scheme") keeps the rows of one HEALPix cell in
one file, `dataset/Norder=K/Dir=D/Npix=N.parquet`; cells are as large as a number of rows per file
allows. A column `_healpix_29` holds the index of each row's position.
"""

import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

import skytract
from skytract.loaders.errors import SkytractError
from skytract.loaders.export_columns import Connection, ExportColumn
from skytract.loaders.export_copy import copy_out
from skytract.loaders.export_dataset import HatsFile, write_dataset
from skytract.loaders.export_parquet import export_schema
from skytract.loaders.export_progress import Progress, counted
from skytract.loaders.export_sky import INDEX, Count, Sky, count_rows, find_sky, statements
from skytract.loaders.export_source import ExportSource
from skytract.loaders.partition_plan import plan

INDEX_COLUMN = ExportColumn(
    name=INDEX,
    physical=INDEX,
    type="bigint",
    unit="",
    ucd="pos.healpix",
    description="HEALPix NESTED index, order 29, of the position.",
)

MAX_FILES = 1_000_000
"""Files at most, whatever the rows per file: more are of no use to anybody."""


def write_hats(
    connection: Connection,
    source: ExportSource,
    folder: Path,
    name: str,
    rows_per_file: int,
    progress: Progress,
) -> list[int]:
    """Write a HATS folder.

    Parameters
    ----------
    connection : psycopg.Connection
        In a transaction whose statements all see the same rows.
    source : ExportSource
        The rows.
    folder : Path
        The new folder.
    name : str
        What the catalog calls itself.
    rows_per_file : int
        Rows of a file at most; a cell of 3.4 arcmin is not divided any more.
    progress : callable
        Called with the number of rows just written and that of all.

    Returns
    -------
    list of int
        The number of rows of every file.

    Raises
    ------
    SkytractError
        If a row has no position, or there are no rows.
    """
    if any(column.name == INDEX for column in source.columns):
        raise SkytractError(f"The result has a column {INDEX}, which HATS adds: leave it out.")
    sky = find_sky(source)
    count = count_rows(connection, sky)
    cells = [planned.cell for planned in plan(count.density, rows_per_file, MAX_FILES)]
    folder.mkdir()
    schema = export_schema(source, INDEX_COLUMN)
    with closing(counted(_rows(connection, sky, count), count.rows, progress)) as rows:
        files = write_dataset(folder, schema, cells, rows)
    written = sum(file.rows for file in files)
    if source.table is not None and written != count.rows:
        raise RuntimeError(f"{source.title} has {count.rows} rows, and {written} were written.")
    _write_partitions(folder, files)
    _write_properties(folder, _about(sky, name) | _found(folder, files))
    return [file.rows for file in files]


def _rows(connection: Connection, sky: Sky, count: Count) -> Generator[pa.RecordBatch]:
    """Read all rows in the order of their index, which is the last column."""
    columns = (*sky.source.columns, INDEX_COLUMN)
    for statement in statements(connection, sky, count):
        yield from copy_out(connection, statement, columns)


def _about(sky: Sky, name: str) -> dict[str, str]:
    """Return the properties that do not follow from the files."""
    source = sky.source
    return {
        "obs_collection": re.sub(r"\W", "_", name),
        "dataproduct_type": "source" if "Source" in (source.table or "") else "object",
        "hats_col_ra": sky.ra,
        "hats_col_dec": sky.dec,
        "hats_col_healpix": INDEX,
        "hats_col_healpix_order": "29",
        "hats_npix_suffix": ".parquet",
        "hats_builder": f"skytract {skytract.__version__}",
        "hats_creation_date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M%Z"),
        "hats_version": "v1.0",
        "prov_progenitor": f"skytract: {source.origin}",
    }


def _found(folder: Path, files: Sequence[HatsFile]) -> dict[str, str]:
    """Return the properties that follow from the files."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {
        "hats_nrows": str(sum(file.rows for file in files)),
        "hats_order": str(max(file.cell.ord for file in files)),
        "hats_max_rows": str(max(file.rows for file in files)),
        "hats_estsize": str(size // 1024),
        "moc_sky_fraction": f"{sum(4.0**-file.cell.ord for file in files) / 12:.5g}",
    }


def _write_partitions(folder: Path, files: Iterable[HatsFile]) -> None:
    lines = ["Norder,Npix", *(f"{file.cell.ord},{file.cell.pixel}" for file in files)]
    (folder / "partition_info.csv").write_text("\n".join([*lines, ""]))


def _write_properties(folder: Path, properties: Mapping[str, str]) -> None:
    lines = ["#HATS catalog", *(f"{key}={_escape(text)}" for key, text in properties.items())]
    # Older readers look for `properties`.
    for name in ("hats.properties", "properties"):
        (folder / name).write_text("\n".join([*lines, ""]), encoding="utf-8")


def _escape(value: str) -> str:
    """Write a value as Java's properties do: one line.

    >>> _escape("two\\nlines")
    'two lines'
    """
    return " ".join(value.split()).replace("\\", "\\\\")
