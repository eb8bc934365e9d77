"""Columns of numbers, NULLs among them, as images of PostgreSQL's arrays.

Beside what `skytract.udf.sky.array_bytes` says: where there are NULLs, a bit per element tells
which are known, lowest bit first, and the known numbers follow at the next multiple of eight
bytes. The length of the whole, four bytes before the image, counts for that.
"""

import numpy as np
from numpy.typing import NDArray

from skytract.udf.association.dia_sums import Floats
from skytract.udf.sky.array_bytes import HEADER, TYPES, read_array

LENGTH_SIZE = 4


def read_column(image: bytes) -> Floats:
    """Return the elements of an array of double precision, NaN for NULL.

    Raises
    ------
    ValueError
        If it has another type or several dimensions.

    Examples
    --------
    >>> read_column(write_column(np.array([1.5, np.nan, 2.5])))
    array([1.5, nan, 2.5])
    """
    header = np.frombuffer(image, HEADER, 1)[0]
    if not header["nulls"]:
        return read_array(image, np.float64)
    if header["dimensions"] != 1 or header["type"] != TYPES[np.dtype("f8")]:
        raise ValueError("this is not an array of double precision with one dimension")
    length = int(header["length"])
    bits = np.frombuffer(image, np.uint8, _bitmap_size(length), HEADER.itemsize)
    column = np.full(length, np.nan)
    known = np.unpackbits(bits, count=length, bitorder="little").astype(bool)
    column[known] = np.frombuffer(image, np.float64, offset=int(header["nulls"]) - LENGTH_SIZE)
    return column


def write_column(numbers: Floats) -> bytes:
    """Return the image of an array of double precision, NULL for what is not finite."""
    known = np.isfinite(numbers)
    start = 0 if known.all() else _data_start(len(numbers))
    header = np.array([(1, start, TYPES[np.dtype("f8")], len(numbers), 1)], HEADER).tobytes()
    if start:
        header += _bitmap(known)
        header += bytes(start - LENGTH_SIZE - len(header))
    return header + numbers[known].tobytes()


def _bitmap(known: NDArray[np.bool_]) -> bytes:
    """Return a bit per element."""
    return np.packbits(known, bitorder="little").tobytes()


def _bitmap_size(length: int) -> int:
    """Return the bytes of a bit per element."""
    return (length + 7) // 8


def _data_start(length: int) -> int:
    """Return where the known numbers begin, counted as PostgreSQL does."""
    return -(-(LENGTH_SIZE + HEADER.itemsize + _bitmap_size(length)) // 8) * 8
