"""Rows of every kind made from the model itself: all columns, all types, NULL wherever allowed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from astropy.io import fits
from astropy.table import Column, MaskedColumn, Table

from skytract.loaders.load_target import Target, TargetColumn, find_target
from tests.loaders.catalogs import DETECTOR, VISIT, write_catalog

N = 12

Rows = dict[str, list[Any]]

FITS = {"bigint": "K", "integer": "J", "smallint": "I", "real": "E", "double precision": "D"} | {
    "boolean": "L",
    "real[]": "PE()",
    "double precision[]": "PD()",
}
ARROW = {"bigint": pa.int64(), "integer": pa.int32(), "smallint": pa.int16()} | {
    "real": pa.float32(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "text": pa.string(),
    "double precision[]": pa.list_(pa.float64()),
}
NUMPY = {"bigint": np.int64, "integer": np.int32, "smallint": np.int16, "real": np.float32} | {
    "double precision": np.float64,
    "boolean": np.bool_,
    "text": np.str_,
}
WORDS = {
    "band": "ugrizy",
    "wavelengthMedium": ("air", "vacuum"),
    "kind": ("star", "galaxy", "qso", "other"),
    "includesAtmosphere": (True, False),
    "airmass": (1.2, None),
}


def model_rows(kind: str, number: int = 0, null_flags: bool = True) -> Rows:
    """Return N rows of a kind, as lists of plain values, None for NULL; the first has no NULL.

    Catalogs of another number have other ids, and are of another detector and other patches.
    """
    target = find_target(kind)
    make = _Maker(target, number, np.random.default_rng(len(kind)))
    rows = {key: make.values(column) for key, column in target.columns.items()}
    for shift, (key, column) in enumerate(target.columns.items()):
        if column.nullable and (null_flags or column.type != "boolean"):
            for row in range(1 + shift % 3, N, 3):
                rows[key][row] = None
    return rows


@dataclass
class _Maker:
    """Makes the values of the columns of a table."""

    target: Target
    number: int
    rng: Any

    def values(self, column: TargetColumn) -> list[Any]:
        if column.key in WORDS:
            return [WORDS[column.key][i % len(WORDS[column.key])] for i in range(N)]
        if column.key in ("visit", "detector") and self.target.kind not in ("Visit", "Passband"):
            if self.target.kind == "VisitDetector" and column.key == "detector":
                return [100 * (1 + self.number) + i for i in range(N)]
            return [{"visit": VISIT, "detector": DETECTOR + self.number}[column.key]] * N
        if column.key == "sipOrder":
            return [1 + i for i in range(N)]
        if column.key in ("sipA", "sipB"):
            return [self.rng.normal(size=(2 + i) ** 2).tolist() for i in range(N)]
        if column.type.endswith("[]"):
            return [np.sort(self.rng.uniform(0.01, 1, 3 + i)).tolist() for i in range(N)]
        if column.type == "text":
            return [
                "gaia_dr3" if column.key == "catalog" else f"{column.key} {self.number} {i}"
                for i in range(N)
            ]
        if column.type == "boolean":
            return (self.rng.random(N) < 0.5).tolist()
        return self.numbers(column)

    def numbers(self, column: TargetColumn) -> list[Any]:
        if column.type in ("real", "double precision"):
            limit = {"ra": 360.0, "dec": 90.0}.get(column.key, 1e3)
            dtype = np.float32 if column.type == "real" else np.float64
            return self.rng.uniform(0, limit, N).astype(dtype).tolist()
        is_id = column.key in (self.target.identity[0], "refStarId")
        top = 0 if is_id else 1 << {"smallint": 14, "integer": 30, "bigint": 59}[column.type]
        return (self.rng.permutation(N) + top + 1 + 100 * self.number).tolist()


def write_parquet(path: Path, kind: str, rows: Rows, says: bool = True) -> Path:
    columns = find_target(kind).columns
    arrays = {key: pa.array(values, ARROW[columns[key].type]) for key, values in rows.items()}
    return write_catalog(path, kind if says else None, arrays)


def write_fits(path: Path, kind: str, rows: Rows) -> Path:
    """Write a binary table; NULL is NaN, TNULLn, no text or no element."""
    targets = find_target(kind).columns
    columns = [_fits_column(targets[key], values) for key, values in rows.items()]
    table = fits.BinTableHDU.from_columns(columns)
    table.header["HIERARCH skytract.kind"] = kind
    table.writeto(path, checksum=True)
    return path


def _fits_column(column: TargetColumn, values: list[Any]) -> fits.Column:
    unit = column.unit or None
    if column.type == "text":
        data = np.array([(v or "").encode() for v in values])
        return fits.Column(column.key, f"{data.dtype.itemsize}A", array=data)
    format = FITS[column.type]
    if column.type.endswith("[]"):
        arrays = np.empty(len(values), object)
        arrays[:] = [np.array(v if v is not None else [], float) for v in values]
        return fits.Column(column.key, format, unit, array=arrays)
    is_integer = column.type in ("bigint", "integer", "smallint")
    gap = -1 if is_integer else np.nan
    data = np.array([gap if v is None else v for v in values])
    return fits.Column(column.key, format, unit, null=-1 if is_integer else None, array=data)


def as_table(kind: str, rows: Rows) -> Table:
    """Return rows as an astropy table with masks and units."""
    targets = find_target(kind).columns
    table = Table(meta={"skytract.kind": kind})
    for key, values in rows.items():
        column, unit = targets[key], targets[key].unit or None
        if column.type.endswith("[]"):
            arrays = np.empty(len(values), object)
            arrays[:] = [None if v is None else np.array(v) for v in values]
            table[key] = Column(arrays, unit=unit)
            continue
        blank = "" if column.type == "text" else False if column.type == "boolean" else 0
        data = np.array([blank if v is None else v for v in values], NUMPY[column.type])
        table[key] = MaskedColumn(data, mask=[v is None for v in values], unit=unit)
    return table
