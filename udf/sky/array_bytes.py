"""Arrays as PostgreSQL holds them, byte by byte: columns come and go without a call per number.

The layout is that of PostgreSQL's src/include/utils/array.h: the number of dimensions, the offset
of the data if there are NULLs (else 0), the type; then the length and the first index of the one
dimension; then the numbers, all in this machine's order of bytes.
"""

from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = np.dtype([(name, "i4") for name in ("dimensions", "nulls", "type", "length", "first")])

TYPES = {np.dtype("?"): 16, np.dtype("i8"): 20, np.dtype("f8"): 701}
TYPES |= {np.dtype("i4"): 23, np.dtype("f4"): 700}
"""Numbers of the types in pg_type: boolean, bigint, double precision; integer, real."""


def read_array(image: bytes, kind: type) -> NDArray[Any]:
    """Return the elements of an array of one of the `TYPES`, without copying them.

    Raises
    ------
    ValueError
        If it has another type, NULLs, or several dimensions.

    Examples
    --------
    >>> read_array(write_array(np.array([1.5, -2.0])), np.float64)
    array([ 1.5, -2. ])
    """
    header = np.frombuffer(image, HEADER, 1)[0]
    dtype = np.dtype(kind)
    if header["dimensions"] != 1 or header["nulls"] or header["type"] != TYPES[dtype]:
        raise ValueError(f"this is not an array of {dtype} with one dimension and without NULLs")
    return np.frombuffer(image, dtype, offset=HEADER.itemsize)


def write_array(numbers: NDArray[Any]) -> bytes:
    """Return the image of an array of one of the `TYPES`."""
    header = np.array([(1, 0, TYPES[numbers.dtype], len(numbers), 1)], HEADER)
    return header.tobytes() + numbers.tobytes()


def read_arrays(images: bytes | memoryview, kind: type) -> list[NDArray[Any]]:
    """Return the elements of arrays whose images follow each other, one array for each.

    Raises
    ------
    ValueError
        As `read_array`.

    Examples
    --------
    >>> image = write_array(np.array([1.5])) + write_array(np.array([2.5, 3.5]))
    >>> [array.tolist() for array in read_arrays(image, np.float64)]
    [[1.5], [2.5, 3.5]]
    """
    dtype, expected = np.dtype(kind), (1, 0, TYPES[np.dtype(kind)])
    header = Struct("=5i")
    arrays, start = [], 0
    while start < len(images):
        *form, length, _ = header.unpack_from(images, start)
        if tuple(form) != expected:
            raise ValueError(
                f"these are not arrays of {dtype} with one dimension and without NULLs"
            )
        arrays.append(np.frombuffer(images, dtype, length, start + header.size))
        start += header.size + length * dtype.itemsize
    return arrays
