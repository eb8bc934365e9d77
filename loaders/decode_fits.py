"""Decodes the columns of FITS binary tables: types, scaling and missing values of the standard."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from skytract.loaders.read_catalog import Values

TYPES = {"L": "bool", "B": "uint8", "I": "int16", "J": "int32", "K": "int64"} | {
    "E": "float32",
    "D": "float64",
    "A": "text",
}
FORMAT = re.compile(r"(\d*)([LXBIJKAEDCM]|[PQ](?=[LXBIJKAEDCM]))([LXBIJKAEDCM]?)")
"""Of TFORMn: how many, of what; for arrays of different lengths, what they hold."""

TRUE, FALSE, NULL = ord("T"), ord("F"), 0
"""Bytes of a logical value."""


def column_type(column: Any) -> str:
    """Return the type of a column as numpy names it, with its scaling applied.

    Parameters
    ----------
    column : astropy.io.fits.Column
        Its header.
    """
    found = FORMAT.match(column.format)
    assert found is not None, f"a column has the format {column.format}"
    count, code = found[1] or "1", found[3] if found[2] in "PQ" else found[2]
    scaled, plain, array = _is_scaled(column), code in "LA", bool(found[3])
    empty = count == "0" and not plain
    if code not in TYPES or empty or (array and (plain or scaled)) or (plain and column.dim):
        return f"FITS {column.format}"
    name = _scaled_type(column, TYPES[code]) if scaled else TYPES[code]
    return name if (code == "A" or count == "1") and not array else f"{name}[]"


def heap_type(column: Any) -> np.dtype[Any] | None:
    """Return the type of the elements of arrays of different lengths; None for other columns."""
    found = FORMAT.match(column.format)
    if found is None or not found[3]:
        return None
    return np.dtype(TYPES[found[3]]).newbyteorder(">")


def decode(column: Any, raw: npt.NDArray[Any]) -> Values:
    """Turn the bytes of a column into values.

    Parameters
    ----------
    column : astropy.io.fits.Column
        Its header.
    raw : ndarray, shape (n,) or (n, m, ...)
        What the file holds: big-endian numbers, bytes of text, bytes T, F or 0 for logicals.

    Returns
    -------
    Values
        Missing are texts of no length and logicals 0, which the standard calls null, and integers
        that equal TNULLn.
    """
    if raw.ndim > 1:
        arrays = np.empty(len(raw), object)
        arrays[:] = list(_numbers(column, raw.reshape(len(raw), -1)))
        return Values(arrays)
    if raw.dtype.kind == "S":
        return Values(np.strings.rstrip(raw, b" "), raw == b"")
    if column.format.lstrip("1") == "L":
        if not np.isin(raw, (TRUE, FALSE, NULL)).all():
            raise ValueError(f"a flag of column {column.name} is neither T nor F")
        return Values(raw == TRUE, raw == NULL)
    missing = raw == column.null if isinstance(column.null, int) else None
    return Values(_numbers(column, raw), missing)


def _numbers(column: Any, raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if not _is_scaled(column):
        return raw.astype(raw.dtype.newbyteorder("="), copy=False)
    dtype = _scaled_type(column, raw.dtype.newbyteorder("=").name)
    if dtype == "float64":
        return raw * float(column.bscale or 1) + float(column.bzero or 0)
    # Offset integers are the way of the format to write those of the other signedness.
    return (raw.astype(np.int64) + column.bzero).astype(dtype) if dtype != "uint64" else _flip(raw)


def _flip(raw: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    return raw.astype(np.int64).view(np.uint64) ^ np.uint64(1 << 63)


def _is_scaled(column: Any) -> bool:
    return column.bscale not in (None, "", 1) or column.bzero not in (None, "", 0)


def _scaled_type(column: Any, name: str) -> str:
    offsets = {"uint8": ("int8", -128), "int16": ("uint16", 1 << 15)} | {
        "int32": ("uint32", 1 << 31),
        "int64": ("uint64", 1 << 63),
    }
    scaled, offset = offsets.get(name, ("float64", None))
    return scaled if column.bscale in (None, "", 1) and column.bzero == offset else "float64"
