"""Where the rows of an export lie on the sky, and the statements that read them in that order."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from skytract.loaders.errors import SkytractError
from skytract.loaders.export_columns import Connection, ExportColumn
from skytract.loaders.export_copy import copy_out
from skytract.loaders.export_source import ExportSource
from skytract.loaders.partition import Cell, cells_of
from skytract.loaders.partition_plan import Density
from skytract.loaders.wording import count
from skytract.sql.model import load_model
from skytract.udf.sky.healpix import ORDER, cell_range

POSITIONS = (("coord_ra", "coord_dec"), ("ra", "dec"))
"""Columns of right ascension and declination [deg], the first found being taken."""

INDEX = "_healpix_29"
"""Name of the spatial index column in HATS."""

DENSITY_ORDER = 10
"""Order at which rows are counted: cells of 3.4 arcmin, 12.6 million on the sky."""

COUNTED = (
    ExportColumn("cell", "cell", "bigint"),
    ExportColumn("rows", "rows", "bigint"),
    ExportColumn("strays", "strays", "bigint[]"),
)
"""What the statement that counts rows returns."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sky:
    """How the rows of a source are found on the sky.

    Parameters
    ----------
    source : ExportSource
        The rows.
    ra, dec : str
        Names of the columns of the position [deg].
    key : psycopg.sql.Composable
        The order-29 NESTED index of that position.
    frozen : str, optional
        Column that the table is partitioned by if that may differ from the key: an object's id, or
        the index of a position that was recalibrated since. Rows are read partition by partition.
    """

    source: ExportSource
    ra: str
    dec: str
    key: sql.Composable
    frozen: str | None


@dataclass(frozen=True)
class Count:
    """Rows of a source, counted by cell; and those whose partition is not that of their position.

    Parameters
    ----------
    density : Density
        Rows per cell.
    stray, cell : ndarray of int64, shape (n,)
        What rows are partitioned by that lie in another cell, and that cell (NESTED, of the
        density's order).
    """

    density: Density
    stray: Integers
    cell: Integers

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.density.rows.sum())


def find_sky(source: ExportSource) -> Sky:
    """Find the position columns of a source.

    Raises
    ------
    SkytractError
        If it has none.
    """
    names = {column.physical: column.name for column in source.columns}
    pair = next((p for p in POSITIONS if names.keys() >= set(p)), None)
    if pair is None:
        raise SkytractError(
            f"{source.title} has no positions, which HATS needs: select columns ra and dec [deg], "
            "or give --out a name that ends in .parquet or .fits."
        )
    ra, dec = map(sql.Identifier, pair)
    key: sql.Composable = sql.SQL("sky.hpx29({}::float8, {}::float8)").format(ra, dec)
    declared = load_model().tables.get(f"{source.schema}.{str(source.table).lower()}")
    partition_key = None if declared is None else declared.info["partition_key"]
    if source.schema == "raw" and declared is not None and "hpx29" in declared.c:
        # Raw positions never change: the index they were loaded with is theirs.
        return Sky(source, names[pair[0]], names[pair[1]], sql.Identifier("hpx29"), None)
    frozen = partition_key.lower() if partition_key else None
    return Sky(source, names[pair[0]], names[pair[1]], key, frozen)


def count_rows(connection: Connection, sky: Sky) -> Count:
    """Count the rows of a source by cell.

    Raises
    ------
    SkytractError
        If there are none, or a row has no position.
    """
    orders = [cell.ord for cell in _partitions(connection, sky)]
    order = max([DENSITY_ORDER, *orders])
    frozen = sql.Identifier(sky.frozen) if sky.frozen else sql.SQL("NULL::bigint")
    statement = sql.SQL(
        "SELECT key >> {shift}, count(*),"
        " array_agg(frozen) FILTER (WHERE frozen >> {shift} <> key >> {shift})"
        " FROM (SELECT {key} AS key, {frozen} AS frozen FROM {rows} AS rows OFFSET 0) AS keys"
        " GROUP BY 1"
    ).format(shift=2 * (ORDER - order), key=sky.key, frozen=frozen, rows=sky.source.rows)
    batches = list(copy_out(connection, statement, COUNTED))
    if not batches:
        raise SkytractError(
            f"{sky.source.title} has no rows, and HATS cannot hold none: give --out a name that "
            "ends in .parquet or .fits, or fill it first."
        )
    cell, rows, strays = pa.Table.from_batches(batches).combine_chunks().itercolumns()
    if cell.null_count:
        missing = count(rows.filter(cell.is_null())[0].as_py(), "row")
        raise SkytractError(
            f"{sky.source.title} has {missing} without {sky.ra} or {sky.dec}, and HATS needs "
            f"them: leave such rows out (WHERE {sky.ra} IS NOT NULL)."
        )
    density = Density.of(order, cell.to_numpy(), rows.to_numpy())
    of_stray = np.repeat(cell.to_numpy(), pc.list_value_length(strays).fill_null(0).to_numpy())
    return Count(density, pc.list_flatten(strays).to_numpy(), of_stray)


def statements(connection: Connection, sky: Sky, count: Count) -> Iterator[sql.Composable]:
    """Yield statements that together read all rows, each once, in the order of their key.

    The key is the last column.
    """
    columns = sql.SQL(", ").join(column.select for column in sky.source.columns)
    whole = sql.SQL("SELECT {}, {} AS {} FROM {} AS rows ORDER BY {}").format(
        columns, sky.key, sql.Identifier(INDEX), sky.source.rows, len(sky.source.columns) + 1
    )
    if sky.frozen is None:
        yield whole
        return
    for cell in _partitions(connection, sky):
        low, high = cell_range(*cell)
        strays = _strays_in(count, low, high)
        yield sql.SQL(
            "SELECT {columns}, {index} FROM (SELECT *, {key} AS {index} FROM {rows} AS rows WHERE"
            " {frozen} >= {low} AND {frozen} < {high} OR {frozen} = ANY ({strays}::bigint[])"
            " OFFSET 0) AS rows WHERE {index} >= {low} AND {index} < {high} ORDER BY {index}"
        ).format(
            columns=columns,
            index=sql.Identifier(INDEX),
            key=sky.key,
            rows=sky.source.rows,
            frozen=sql.Identifier(sky.frozen),
            low=low,
            high=high,
            strays=strays.tolist(),
        )


def _partitions(connection: Connection, sky: Sky) -> list[Cell]:
    """List the cells in which rows are read one after the other."""
    if sky.frozen is None or sky.source.home is None:
        return []
    return cells_of(connection, sky.source.home)


def _strays_in(count: Count, low: int, high: int) -> Integers:
    """Return what rows are partitioned by that lie in a partition and are kept in another."""
    shift = 2 * (ORDER - count.density.order)
    inside = (count.cell >= low >> shift) & (count.cell <= (high - 1) >> shift)
    elsewhere = (count.stray < low) | (count.stray >= high)
    return np.unique(count.stray[inside & elsewhere])
