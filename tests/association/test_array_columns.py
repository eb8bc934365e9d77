"""Columns with NULLs as PostgreSQL holds them, to and fro through the server."""

import math
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytract.udf.association.array_columns import read_column, write_column
from skytract.udf.sky.array_bytes import write_array

numbers = st.lists(st.one_of(st.none(), st.floats(-1e300, 1e300)), min_size=1, max_size=40)


def as_column(values: list[float | None]) -> Any:
    return np.array([math.nan if v is None else v for v in values])


@given(numbers)
def test_what_is_written_is_read(values: list[float | None]) -> None:
    np.testing.assert_array_equal(read_column(write_column(as_column(values))), as_column(values))


@pytest.mark.parametrize("count", [1, 7, 8, 9, 31, 32, 33, 64, 65])
def test_images_are_those_of_the_server(release: psycopg.Connection[Any], count: int) -> None:
    """Both ways, with NULLs first, last, in every third place, or none."""
    for unknown in ({0}, {count - 1}, set(range(0, count, 3)), set()):
        values = [None if i in unknown else i + 0.5 for i in range(count)]
        column = as_column(values)
        row = release.execute(
            "SELECT sky.array_bytes(%s::float8[]), sky.bytes_array(%s, NULL::float8[])",
            (values, write_column(column)),
        ).fetchone()
        assert row is not None
        np.testing.assert_array_equal(read_column(row[0]), column)
        assert row[0] == write_column(column)
        assert row[1] == values


def test_other_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match="not an array of float64"):
        read_column(write_array(np.arange(3)))
    image = bytearray(write_column(np.array([1.0, np.nan])))
    image[0] = 2
    with pytest.raises(ValueError, match="not an array of double precision"):
        read_column(bytes(image))
