"""Small results as FITS binary tables."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skytract.loaders.errors import SkytractError
from skytract.loaders.export_columns import ExportColumn
from skytract.loaders.export_decode import arrow_type
from skytract.loaders.export_source import ExportSource
from skytract.loaders.read_catalog import KIND

MAX_MIB = 256
"""Values of a FITS file at most [MiB]: they are all in memory at once."""

MAX_COLUMNS = 999
"""Columns of a FITS table at most, by the standard."""

REMEDY = "give --out a name that ends in .parquet, or export fewer"

CODES = {"bigint": "K", "integer": "J", "smallint": "I", "real": "E", "double precision": "D"}
"""Letters of FITS for numbers."""


def write_fits(path: Path, source: ExportSource, batches: Iterable[pa.RecordBatch]) -> int:
    """Write all rows into one binary table and return their number.

    NULL is NaN in numbers with a fraction, TNULL in integers, the byte 0 in flags, and empty in
    texts and arrays. Times are texts, in UTC.

    Raises
    ------
    SkytractError
        If there are too many rows or columns, or something that FITS cannot hold.
    """
    # Imported here: astropy takes most of a second.
    from astropy.io import fits

    if len(source.columns) > MAX_COLUMNS:
        raise SkytractError(
            f"The result has {len(source.columns)} columns and FITS holds {MAX_COLUMNS}: {REMEDY}."
        )
    table = _collect(source, batches)
    columns = [_column(c, table[c.name].combine_chunks()) for c in source.columns]
    hdu = fits.BinTableHDU.from_columns(columns, name=(source.table or "result").upper())
    for number, column in enumerate(source.columns, start=1):
        about = {"TCOMM": column.description, "TUCD": column.ucd}
        for word, text in about.items():
            if text:
                hdu.header[f"{word}{number}"] = text.encode("ascii", "replace").decode()
    if source.kind is not None:
        hdu.header[f"HIERARCH {KIND}"] = source.kind
    _mark_missing_flags(hdu, table)
    hdu.writeto(path, checksum=True)
    return int(table.num_rows)


def _collect(source: ExportSource, batches: Iterable[pa.RecordBatch]) -> pa.Table:
    kept: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        size += batch.nbytes
        kept.append(batch)
        if size > MAX_MIB << 20:
            rows = sum(part.num_rows for part in kept)
            raise SkytractError(
                f"{source.title} is too large for FITS, which is for up to {MAX_MIB} MiB (some "
                f"{rows:,} of these rows): {REMEDY}."
            )
    schema = pa.schema([(column.name, arrow_type(column.type)) for column in source.columns])
    return pa.Table.from_batches(kept, schema)


def _column(column: ExportColumn, values: pa.Array) -> Any:
    """Make one column of FITS."""
    from astropy.io import fits

    null = None
    if column.type.endswith("[]"):
        code, data = _arrays(column, values)
    elif column.type == "boolean":
        code, data = "L", values.fill_null(False).to_numpy(zero_copy_only=False)
    elif column.type in CODES:
        code, data = CODES[column.type], _numbers(values)
        null = (
            int(np.iinfo(data.dtype).min) if values.null_count and data.dtype.kind == "i" else None
        )
    else:
        code, data = _texts(column, values)
    return fits.Column(column.name, code, unit=column.unit or None, null=null, array=data)


def _numbers(values: pa.Array) -> npt.NDArray[Any]:
    """Return numbers with NaN, or the least integer, for NULL."""
    dtype = values.type.to_pandas_dtype()
    missing = np.nan if np.dtype(dtype).kind == "f" else np.iinfo(dtype).min
    numbers: npt.NDArray[Any] = values.fill_null(pa.scalar(missing, values.type)).to_numpy()
    return numbers


def _texts(column: ExportColumn, values: pa.Array) -> tuple[str, npt.NDArray[Any]]:
    """Return texts, and times as texts."""
    if column.type == "bytea":
        _refuse(column, "bytes")
    if pa.types.is_timestamp(values.type):
        values = pc.strftime(values, format="%Y-%m-%dT%H:%M:%S")
    texts = values.cast(pa.string()).fill_null("")
    if not pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
        _refuse(column, "letters beyond ASCII")
    data = np.array(texts.to_pylist(), "S")
    return f"{max(1, data.dtype.itemsize)}A", data


def _arrays(column: ExportColumn, values: pa.Array) -> tuple[str, npt.NDArray[Any]]:
    """Return arrays: of one length as such, else each with its own, NULL having none."""
    element = column.type.removesuffix("[]")
    if element not in CODES:
        _refuse(column, f"arrays of {element}")
    flat = _numbers(values.flatten())
    lengths = pc.list_value_length(values).fill_null(0).to_numpy()
    if len(lengths) and lengths.min() == lengths.max() > 0:
        return f"{lengths[0]}{CODES[element]}", flat.reshape(len(values), -1)
    data = np.empty(len(values), object)
    for row, part in enumerate(np.split(flat, np.cumsum(lengths))[:-1]):
        data[row] = part
    return f"P{CODES[element]}()", data


def _refuse(column: ExportColumn, what: str) -> NoReturn:
    raise SkytractError(
        f"Column {column.name} holds {what}, and FITS cannot: leave it out, or give --out a name "
        "that ends in .parquet."
    )


def _mark_missing_flags(hdu: Any, table: pa.Table) -> None:
    """Write the byte 0, by which the standard says that a flag is not known."""
    raw = hdu.data.view(np.ndarray)
    for name in table.column_names:
        column = table[name]
        if pa.types.is_boolean(column.type) and column.null_count:
            raw[name][column.is_null().to_numpy()] = 0
