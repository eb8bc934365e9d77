"""Densities of rows on the sky: from a partitioned table, a catalog file or a HEALPix map."""

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow.parquet as pq

from skytract.loaders.errors import SkytractError
from skytract.loaders.partition_plan import Density
from skytract.udf.sky.healpix import ORDER
from skytract.udf.sky.hpx29 import hpx29

DENSITY_ORDER = 12
"""Order at which rows are counted: cells of 52 arcsec, finer than any sensible partition."""


def density_of_table(connection: psycopg.Connection[Any], table: str) -> Density:
    """Count the rows of a partitioned table.

    Parameters
    ----------
    connection
        Any role that may read the table.
    table
        Its name with its schema, e.g. ``raw.Source``.

    Raises
    ------
    SkytractError
        If there is no such table or it is not partitioned by sky.
    """
    try:
        query = "SELECT pixel, row_count FROM meta.density(%s::regclass, %s)"
        rows = connection.execute(query, (table, DENSITY_ORDER)).fetchall()
    except psycopg.errors.RaiseException as error:
        raise SkytractError(f"{error.diag.message_primary}. {error.diag.message_hint}") from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise SkytractError(
            f"There is no file and no table {table}: give a table with its schema (raw.Source), or "
            "the path of a .parquet or .npy file."
        ) from error
    pixels, counts = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    return Density.of(DENSITY_ORDER, pixels, counts)


def density_of_file(path: Path) -> Density:
    """Read a density from a file.

    Parameters
    ----------
    path
        ``.parquet``: a catalog with columns ``ra`` and ``dec`` [deg], whose rows are counted;
        ``.npy``: a HEALPix map of rows per cell, 12 * 4**order numbers in NESTED order.

    Raises
    ------
    SkytractError
        If the file is neither.
    """
    try:
        if path.suffix == ".parquet":
            return _density_of_catalog(path)
        if path.suffix == ".npy":
            return _density_of_map(path)
    except (OSError, ValueError, EOFError) as error:
        raise SkytractError(f"{path} cannot be read ({error}): write it again.") from error
    raise SkytractError(
        f"{path} is no density: give a .parquet catalog with ra and dec, or a .npy HEALPix map."
    )


def _density_of_catalog(path: Path) -> Density:
    file = pq.ParquetFile(path)
    missing = {"ra", "dec"} - set(file.schema_arrow.names)
    if missing:
        raise SkytractError(
            f"{path} has no column {' and '.join(sorted(missing))}: give a catalog of positions in "
            "degrees in columns ra and dec."
        )
    pixels: list[Any] = []
    counts: list[Any] = []
    for batch in file.iter_batches(columns=["ra", "dec"]):
        positions = [batch.column(n).to_numpy(zero_copy_only=False) for n in ("ra", "dec")]
        keys = hpx29(*positions) >> 2 * (ORDER - DENSITY_ORDER)
        for parts, part in zip((pixels, counts), np.unique(keys, return_counts=True), strict=True):
            parts.append(part)
    return Density.of(DENSITY_ORDER, np.concatenate(pixels), np.concatenate(counts))


def _density_of_map(path: Path) -> Density:
    counts = np.load(path, allow_pickle=False)
    order = {12 << 2 * order: order for order in range(ORDER + 1)}.get(counts.size)
    if order is None or counts.ndim != 1:
        raise SkytractError(
            f"{path} holds an array of shape {counts.shape}: a HEALPix map has 12 * 4**order "
            "values in one dimension."
        )
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise SkytractError(f"{path} has negative or undefined counts: give rows per cell, >= 0.")
    (pixels,) = np.nonzero(counts)
    return Density.of(order, pixels, np.ceil(counts[pixels]))
