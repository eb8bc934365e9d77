"""Binary COPY built by numpy: what is written is what PostgreSQL reads back."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.loaders.copy_binary import arrange, encode
from skytract.loaders.copy_column import ARRAYS, CopyColumn
from tests.fix_db import Connect

NUMBERS = {
    "bigint": (np.int64, st.integers(-(2**63), 2**63 - 1)),
    "integer": (np.int32, st.integers(-(2**31), 2**31 - 1)),
    "smallint": (np.int16, st.integers(-(2**15), 2**15 - 1)),
    "real": (np.float32, st.floats(width=32)),
    "double precision": (np.float64, st.floats()),
    "boolean": (np.bool_, st.booleans()),
}
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
LISTS = st.lists(st.floats(width=32), max_size=4)
TYPES = [*NUMBERS, "text", *ARRAYS]


@pytest.fixture(scope="module")
def connection(module_connect: Connect) -> Iterator[psycopg.Connection[Any]]:
    connection = module_connect("owner", autocommit=True)
    connection.prepare_threshold = None  # the table of the query changes its columns
    yield connection


def column(name: str, type_: str, values: list[Any]) -> CopyColumn:
    """Make a column from Python values, None being NULL."""
    missing = np.array([value is None for value in values], bool)
    if type_ in NUMBERS:
        data = np.array([value or 0 for value in values], NUMBERS[type_][0])
    elif type_ == "text":
        data = np.array([(value or "").encode() for value in values] or [b""], "S")[: len(values)]
    else:
        data = np.empty(len(values), object)
        data[:] = [np.array(value or [], float) for value in values]
    return CopyColumn(name, type_, data, missing)


def values(type_: str) -> st.SearchStrategy[Any]:
    if type_ in NUMBERS:
        return st.none() | NUMBERS[type_][1]
    return st.none() | (TEXTS if type_ == "text" else LISTS)


def same(a: Any, b: Any) -> bool:
    """Equal, and NaN equals NaN but not NULL."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return (a is None) == (b is None) and (a == b or (a != a and b != b))


def round_trip(
    connection: psycopg.Connection[Any], columns: list[CopyColumn], **options: Any
) -> list[tuple[Any, ...]]:
    declared = ", ".join(f"{c.name} {c.type}" for c in columns)
    connection.execute(f"CREATE TEMP TABLE t (n bigserial, {declared})")
    try:
        names = ", ".join(c.name for c in columns)
        with connection.cursor().copy(f"COPY t ({names}) FROM STDIN (FORMAT binary)") as copy:
            for piece in encode(columns, **options):
                copy.write(piece.data)
        query = f"SELECT {names} FROM t ORDER BY n"
        return connection.execute(query, binary=True).fetchall()
    finally:
        connection.execute("DROP TABLE t")


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_is_copied_is_read_back(
    connection: psycopg.Connection[Any], data: st.DataObject
) -> None:
    types = data.draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=6), "types")
    rows = data.draw(st.lists(st.tuples(*map(values, types)), max_size=12), "rows")
    columns = [column(f"c{i}", type_, [row[i] for row in rows]) for i, type_ in enumerate(types)]
    if data.draw(st.booleans(), "arranged"):
        columns = arrange(columns)
    order = data.draw(st.none() | st.permutations(range(len(rows))), "order")
    found = round_trip(
        connection,
        columns,
        order=None if order is None else np.array(order, np.int64),
        block_bytes=data.draw(st.integers(1, 400), "block"),
    )
    assert len(found) == len(rows)
    places = [int(c.name[1:]) for c in columns]
    for number, back in zip(order or range(len(rows)), found, strict=True):
        row = [rows[number][place] for place in places]
        assert all(map(same, row, back)), (row, back)


def test_rows_are_sent_in_the_given_order(connection: psycopg.Connection[Any]) -> None:
    columns = [
        column("a", "integer", [1, None, 3, 4]),
        column("b", "text", ["one", "two", None, ""]),
    ]
    found = round_trip(connection, columns, order=np.array([3, 0, 2, 1]), block_bytes=1)
    assert found == [(4, ""), (1, "one"), (3, None), (None, "two")]


def test_times_are_those_of_the_server(connection: psycopg.Connection[Any]) -> None:
    times = np.array(["1999-12-31T23:59:59.5", "2025-06-30T10:00", "NaT"], "M8[us]")
    columns = [CopyColumn("t", "timestamptz", times, np.isnat(times))]
    connection.execute("SET timezone = 'UTC'")
    found = [row[0] for row in round_trip(connection, columns)]
    assert [time and time.isoformat() for time in found] == [
        "1999-12-31T23:59:59.500000+00:00",
        "2025-06-30T10:00:00+00:00",
        None,
    ]


def test_values_of_another_type_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="Column a is integer and needs int32 values, not int64"):
        list(encode([CopyColumn("a", "integer", np.arange(3))]))
