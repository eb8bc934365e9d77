"""Rows carry the load that brought them: the role loader brings rows of the load it has open."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import errors

from skytract.loaders.load_target import find_target, kinds
from skytract.loaders.partition_split import split
from tests.fix_db import Connect

Connection = psycopg.Connection[Any]

VISIT = (
    "INSERT INTO raw.Visit (visit, band, ra, dec, expMidptMJD, expTime, loadId)"
    " VALUES (%s, 'r', 0, 0, 0, 1, %s)"
)


@pytest.fixture(scope="module")
def loaders(module_connect: Connect) -> tuple[Connection, Connection]:
    """Two loaders of a database of this module."""
    return module_connect("loader"), module_connect("loader")


@pytest.fixture
def loader(loaders: tuple[Connection, Connection]) -> Iterator[Connection]:
    """One of the loaders; afterwards nothing of the test is there."""
    yield loaders[0]
    loaders[0].rollback()


def begin(connection: Connection, content: str) -> int:
    """Enter a load in the ledger; return its id."""
    query = "SELECT meta.begin_load(%s, 'p', 1, 'v', 'host', '{}')"
    row = connection.execute(query, (content,)).fetchone()
    assert row is not None
    return int(row[0])


def open_(connection: Connection, content: str = "a") -> int:
    """Enter a load and open it; return its id."""
    load_id = begin(connection, content)
    connection.execute("SELECT meta.open_load(%s)", (load_id,))
    return load_id


def finish(connection: Connection, load_id: int) -> None:
    query = "SELECT meta.finish_load(%s, 'Visit', 'd', NULL, 1, NULL, NULL)"
    connection.execute(query, (load_id,))


def assert_refused(connection: Connection, load_id: int, visit: int = 1) -> None:
    """Bring a row, which the database refuses in a sentence with a remedy."""
    words = rf"load {load_id} is not open: no row of it can be brought into raw.visit"
    with (
        pytest.raises(errors.InsufficientPrivilege, match=words) as refused,
        connection.transaction(),
    ):
        connection.execute(VISIT, (visit, load_id))
    assert "skytract load" in str(refused.value.diag.message_hint)


def unguarded(connection: Connection, kind: str) -> list[tuple[Any, ...]]:
    """List the table of a kind, or those of its partitions, that take any row."""
    target = find_target(kind)
    query = """
        SELECT i.inhrelid::regclass FROM pg_inherits AS i WHERE i.inhparent = to_regclass(%(t)s)
        UNION ALL SELECT to_regclass(%(t)s)
        EXCEPT SELECT t.tgrelid::regclass FROM pg_trigger AS t
        WHERE t.tgname = 'refuse_stray_row' AND t.tgenabled = 'O'"""
    return connection.execute(query, {"t": f"{target.schema}.{target.name}"}).fetchall()


@pytest.mark.parametrize("kind", kinds())
def test_every_table_refuses_rows_of_no_load(module_connect: Connect, kind: str) -> None:
    assert unguarded(module_connect("owner"), kind) == []


def test_partitions_that_are_made_later_refuse_them_too(connect_to: Connect) -> None:
    """Those of a cell that is split, and those that are attached again."""
    owner, loader = connect_to("owner", autocommit=True), connect_to("loader")
    split(owner, "raw", 0, 4)
    owner.execute("ALTER TABLE raw.Source DETACH PARTITION raw.source_p0_3")
    owner.execute("DROP TABLE raw.forcedsource_p0_2")
    assert loader.execute("SELECT meta.restore_raw_partitions()").fetchall() == [(2,)]
    assert [unguarded(loader, kind) for kind in kinds()] == [[]] * len(kinds())


def test_rows_of_no_load_are_refused(loader: Connection) -> None:
    assert_refused(loader, 1)
    assert_refused(loader, 0)
    with pytest.raises(errors.InsufficientPrivilege, match="load 987 is not open"):
        with loader.cursor().copy("COPY raw.Visit FROM STDIN") as copy:
            copy.write_row((1, "r", None, 0.0, 0.0, None, 0.0, 1.0, *[None] * 8, 987))


def test_rows_of_the_open_load_are_taken_and_of_no_other(loader: Connection) -> None:
    load_id = open_(loader)
    loader.execute(VISIT, (1, load_id))
    assert_refused(loader, load_id - 1, 2)
    finish(loader, load_id)
    assert_refused(loader, load_id, 3)


def test_what_is_loaded_takes_no_more_rows(loader: Connection) -> None:
    """Whatever the session says is open; neither does what another session is about to load."""
    done = open_(loader, "done")
    finish(loader, done)
    entered = begin(loader, "entered")
    loader.commit()
    for load_id in (done, entered):
        loader.execute("SELECT set_config('skytract.load_id', %s, false)", (str(load_id),))
        assert_refused(loader, load_id)
    with pytest.raises(errors.RaiseException, match=f"load {done} is not about to be loaded"):
        loader.execute("SELECT meta.open_load(%s)", (done,))


def test_a_prepared_statement_does_not_remember_a_load(loader: Connection) -> None:
    first = open_(loader, "first")
    for visit in range(8):  # PostgreSQL may keep a plan after five
        loader.execute(VISIT, (visit, first), prepare=True)
    finish(loader, first)
    second = open_(loader, "second")
    with pytest.raises(errors.InsufficientPrivilege), loader.transaction():
        loader.execute(VISIT, (9, first), prepare=True)
    loader.execute(VISIT, (9, second), prepare=True)


def test_a_load_that_is_open_cannot_be_committed(loader: Connection) -> None:
    load_id = open_(loader)
    loader.execute(VISIT, (1, load_id))
    with pytest.raises(errors.InsufficientPrivilege, match=f"load {load_id} was opened and is not"):
        loader.commit()
    assert loader.execute("SELECT count(*) FROM raw.Visit").fetchall() == [(0,)]


def test_a_load_with_rows_of_its_own_is_no_unit(loader: Connection) -> None:
    load_id = open_(loader)
    [(rows,)] = loader.execute("SELECT meta.finish_unit(%s, 'a unit')", (load_id,)).fetchall()
    [(state,)] = loader.execute("SELECT state FROM meta.Load WHERE loadId = %s", (load_id,))
    assert (rows, state) == (None, "loading")


def test_nor_can_one_that_was_refused_after_its_rows_came(loader: Connection) -> None:
    load_id = open_(loader)
    loader.execute(VISIT, (1, load_id))
    loader.execute("SELECT meta.refuse_load(%s, 'Visit', 'd', 'bad')", (load_id,))
    with pytest.raises(errors.InsufficientPrivilege, match="its rows cannot be committed"):
        loader.commit()


def test_the_check_at_commit_cannot_be_had_earlier(loader: Connection) -> None:
    """Asked for at once it refuses what is open, and does not let it pass later."""
    load_id = begin(loader, "early")
    loader.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(errors.InsufficientPrivilege, match="was opened and is not finished"):
        loader.execute("SELECT meta.open_load(%s)", (load_id,))


def test_two_sessions_do_not_open_one_load(loaders: tuple[Connection, Connection]) -> None:
    first, second = loaders
    load_id = begin(first, "shared")
    first.commit()
    first.execute("SELECT meta.open_load(%s)", (load_id,))
    second.execute("SET lock_timeout = '50ms'")
    assert_refused(second, load_id)
    with pytest.raises(errors.LockNotAvailable):
        second.execute("SELECT meta.open_load(%s)", (load_id,))
    second.rollback()
    finish(first, load_id)
    first.rollback()
