"""The Parquet files of a HATS folder: one for every cell of the sky that holds rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skytract.loaders.export_parquet import ParquetOutput, writer_options
from skytract.loaders.export_sky import INDEX
from skytract.loaders.partition import Cell
from skytract.udf.sky.healpix import cell_range

PER_FOLDER = 10_000
"""Cells of one order whose files lie in one folder."""


@dataclass(frozen=True)
class HatsFile:
    """A file of a HATS folder: its cell and the number of its rows."""

    cell: Cell
    rows: int


def write_dataset(
    folder: Path, schema: pa.Schema, cells: Sequence[Cell], batches: Iterable[pa.RecordBatch]
) -> list[HatsFile]:
    """Write `dataset/` of a HATS folder.

    Parameters
    ----------
    folder : Path
        The HATS folder; it exists.
    schema : pyarrow.Schema
        Of the rows; the last column is the index.
    cells : sequence of Cell
        Cells that cover the sky exactly once, by their place in the key.
    batches : iterable of pyarrow.RecordBatch
        Rows in the order of the index.

    Returns
    -------
    list of HatsFile
        The files, those of cells with rows.
    """
    dataset = folder / "dataset"
    dataset.mkdir()
    files: list[HatsFile] = []
    footers: list[Any] = []
    options = writer_options(schema, INDEX)
    for place, slices in groupby(_slices(cells, batches), itemgetter(0)):
        cell = cells[place]
        path = dataset / _name(cell)
        path.parent.mkdir(parents=True, exist_ok=True)
        with ParquetOutput(path, schema, options) as output:
            for _, rows in slices:
                output.write(rows)
        output.metadata.set_file_path(_name(cell))
        footers.append(output.metadata)
        files.append(HatsFile(cell, output.rows))
    pq.write_metadata(schema, dataset / "_common_metadata")
    pq.write_metadata(schema, dataset / "_metadata", metadata_collector=footers)
    return files


def _slices(
    cells: Sequence[Cell], batches: Iterable[pa.RecordBatch]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Cut batches where a cell ends; yield the cell's place in the list and its rows."""
    ends = np.array([cell_range(*cell)[1] for cell in cells])
    last = 0
    for batch in batches:
        index = batch.column(batch.num_columns - 1).to_numpy()
        if index[0] < last or np.any(np.diff(index) < 0):
            raise RuntimeError("The rows are not in the order of their sky key.")
        last = index[-1]
        place = np.searchsorted(ends, index, side="right")
        cuts = [0, *(np.flatnonzero(np.diff(place)) + 1).tolist(), len(place)]
        for begin, end in pairwise(cuts):
            yield int(place[begin]), batch.slice(begin, end - begin)


def _name(cell: Cell) -> str:
    """Return the path of a cell's file in `dataset/`.

    >>> _name(Cell(6, 34567))
    'Norder=6/Dir=30000/Npix=34567.parquet'
    """
    first = cell.pixel // PER_FOLDER * PER_FOLDER
    return f"Norder={cell.ord}/Dir={first}/Npix={cell.pixel}.parquet"
