"""Binary COPY is decoded to what was sent: the server is asked for values that we made up."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from skytract.loaders.errors import SkytractError
from skytract.loaders.export_columns import ExportColumn
from skytract.loaders.export_copy import copy_out
from tests.fix_db import Connect

Connection = psycopg.Connection[Any]
LETTERS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)


def integers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)


SINGLE: dict[str, st.SearchStrategy[Any]] = {
    "bigint": integers(64),
    "integer": integers(32),
    "smallint": integers(16),
    "real": st.floats(width=32),
    "double precision": st.floats(),
    "boolean": st.booleans(),
    "text": LETTERS,
    "bytea": st.binary(max_size=9),
    "date": st.dates(date(1600, 1, 1), date(2400, 1, 1)),
    "timestamp with time zone": st.datetimes(
        datetime(1600, 1, 1), datetime(2400, 1, 1), timezones=st.just(UTC)
    ),
    "timestamp without time zone": st.datetimes(datetime(1600, 1, 1), datetime(2400, 1, 1)),
}


@pytest.fixture(scope="module")
def server(module_connect: Connect) -> Connection:
    """A connection of a reader."""
    return module_connect("reader", autocommit=True)


def fetch(server: Connection, query: sql.Composable, types: list[str]) -> list[list[Any]]:
    """Columns that are decoded, as Python's values."""
    columns = [ExportColumn(f"c{i}", f"c{i}", type_) for i, type_ in enumerate(types)]
    batches = list(copy_out(server, query, columns))
    assert all(batch.schema.names == [c.name for c in columns] for batch in batches)
    table = pa.Table.from_batches(batches)
    return [table.column(i).to_pylist() for i in range(len(types))]


def same(got: Any, sent: Any) -> bool:
    """Whether two values are the same, NaN being NaN."""
    if isinstance(got, list) and isinstance(sent, list):
        return len(got) == len(sent) and all(map(same, got, sent))
    return got == sent or (got != got and sent != sent)


@pytest.mark.parametrize("type_", SINGLE)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_type_arrives_as_it_was_sent(
    server: Connection, type_: str, data: st.DataObject
) -> None:
    single = st.none() | SINGLE[type_]
    several = st.none() | st.lists(single, max_size=4)
    rows = data.draw(st.lists(st.tuples(single, several), min_size=1, max_size=5))
    types = [type_, f"{type_}[]"]
    form = sql.SQL(f"(CAST({{}} AS {types[0]}), CAST({{}} AS {types[1]}), 'end')")
    query = sql.SQL("VALUES {}").format(sql.SQL(", ").join(form.format(*row) for row in rows))
    got = fetch(server, query, [*types, "text"])
    assert all(same(g, list(s)) for g, s in zip(got[:2], zip(*rows, strict=True), strict=True))
    assert got[2] == ["end"] * len(rows), "whatever a row holds, it ends where the next begins"


def test_many_chunks_are_in_order(server: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skytract.loaders.export_copy.CHUNK_BYTES", 100)
    query = sql.SQL("SELECT i, NULLIF(i % 3, 0), i::text FROM generate_series(1, 200) AS i")
    numbers, thirds, texts = fetch(server, query, ["integer", "integer", "text"])
    assert numbers == list(range(1, 201))
    assert thirds == [i % 3 or None for i in numbers]
    assert texts == [str(i) for i in numbers]


def test_times_are_exact_to_the_microsecond(server: Connection) -> None:
    query = sql.SQL("SELECT '1969-12-31 23:59:59.999999+00'::timestamptz, '1970-01-01'::date")
    (time,), (day,) = fetch(server, query, ["timestamp with time zone", "date"])
    assert time == datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)
    assert day == date(1970, 1, 1)


@pytest.mark.parametrize(
    ("value", "type_", "said"),
    [
        ("'{{1,2},{3,4}}'::real[]", "real[]", "more than one dimension"),
        ("'infinity'::timestamptz", "timestamp with time zone", "infinite"),
        ("'-infinity'::date", "date", "infinite"),
    ],
)
def test_what_no_file_holds_is_refused(
    server: Connection, value: str, type_: str, said: str
) -> None:
    with pytest.raises(SkytractError, match=said):
        fetch(server, sql.SQL(f"SELECT {value}"), [type_])
    assert fetch(server, sql.SQL("SELECT 5"), ["integer"]) == [[5]], "the connection goes on"


def test_rows_that_are_not_wanted_any_more_are_not_waited_for(server: Connection) -> None:
    query = sql.SQL("SELECT repeat('x', 5000), generate_series(1, 1000000000)")
    columns = [ExportColumn("c", "c", "text"), ExportColumn("n", "n", "integer")]
    batches = copy_out(server, query, columns)
    assert next(iter(batches)).num_rows > 100
    batches.close()  # type: ignore[attr-defined]
    assert server.execute("SELECT 1").fetchone() == (1,)
