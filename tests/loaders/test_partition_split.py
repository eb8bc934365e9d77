"""A split loses no row, keeps no reader waiting, and can be killed at any moment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import numpy as np
import psycopg
import pytest

from skytract.loaders.connect import connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.migrate import migrate
from skytract.loaders.partition import Cell, cells_of, create_partitions, partition_sizes
from skytract.loaders.partition_plan import Density, plan
from skytract.loaders.partition_split import refine, split, split_oversized
from skytract.loaders.release import create_release, publish_release
from skytract.loaders.server import start
from skytract.udf.sky.hpx29 import hpx29
from tests.fill_table import fill_table
from tests.fix_db import FAST, Connect, temporary_home
from tests.sky.positions import uniform_positions

CONTENT = "SELECT md5(string_agg(t::text, ';' ORDER BY t::text)), count(*) FROM {} AS t"


def fill_raw(owner: psycopg.Connection, count: int, seed: int = 1) -> None:
    """Fill raw.Source and raw.ForcedSource with rows all over the sky."""
    ra, dec = uniform_positions(np.random.default_rng(seed), count)
    keys, ids = hpx29(ra, dec), np.arange(count)
    fill_table(owner, "raw.source", hpx29=keys, sourceid=ids, ra=ra, dec=dec)
    fill_table(owner, "raw.forcedsource", objectid=keys, visit=ids, ra=ra, dec=dec)
    owner.commit()


def content(connection: psycopg.Connection, table: str) -> tuple[str, int]:
    row = connection.execute(CONTENT.format(table)).fetchone()
    assert row is not None
    return row[0], row[1]


def partitions(connection: psycopg.Connection, table: str) -> list[tuple[str, str]]:
    """Names and bounds of a table's partitions, as the catalog has them."""
    return connection.execute(
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits AS i"
        " JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass ORDER BY 1",
        (table,),
    ).fetchall()


def expected_partitions(name: str, cells: list[Cell]) -> list[tuple[str, str]]:
    def bounds(cell: Cell) -> str:
        shift = 2 * (29 - cell.ord)
        return f"('{cell.pixel << shift}') TO ('{(cell.pixel + 1) << shift}')"

    return sorted((f"{name}_p{c.ord}_{c.pixel}", f"FOR VALUES FROM {bounds(c)}") for c in cells)


def test_a_split_keeps_every_row_of_every_table(owner: psycopg.Connection) -> None:
    fill_raw(owner, 3000)
    before = [content(owner, table) for table in ("raw.Source", "raw.ForcedSource")]
    owner.commit()
    done = split(owner, "raw", 0, 4)
    again = split(owner, "raw", 1, 17)
    assert [content(owner, table) for table in ("raw.Source", "raw.ForcedSource")] == before
    # A base cell is 1/12 of the sky and both tables have 3000 rows.
    assert 2 * 150 < done.rows < 2 * 350 and again.rows < done.rows
    cells = cells_of(owner, "raw")
    fine = [Cell(1, 16), *(Cell(2, 4 * 17 + n) for n in range(4)), Cell(1, 18), Cell(1, 19)]
    assert cells == [*(Cell(0, n) for n in range(4)), *fine, *(Cell(0, n) for n in range(5, 12))]
    for table in ("source", "forcedsource", "diasource"):
        assert partitions(owner, f"raw.{table}") == expected_partitions(table, cells)


def test_the_new_partitions_are_like_the_old(owner: psycopg.Connection) -> None:
    """Columns, indexes, constraints and rights do not tell a split partition from another."""

    def shape(name: str) -> list[tuple[str, ...]]:
        return owner.execute(
            "SELECT 'column', attname::text, atttypid::regtype::text, attnotnull::text"
            " FROM pg_attribute WHERE attrelid = %(name)s::regclass AND attnum > 0"
            " UNION ALL SELECT 'index', i.indkey::text, i.indisprimary::text,"
            "   (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = i.indexrelid)"
            " FROM pg_index AS i WHERE i.indrelid = %(name)s::regclass"
            " UNION ALL SELECT 'check', pg_get_constraintdef(oid), conislocal::text, ''"
            " FROM pg_constraint WHERE conrelid = %(name)s::regclass AND contype = 'c'"
            " UNION ALL SELECT 'rights', relacl::text, relowner::regrole::text, ''"
            " FROM pg_class WHERE oid = %(name)s::regclass ORDER BY 1, 2",
            {"name": name},
        ).fetchall()

    split(owner, "raw", 0, 4)
    for table in ("source", "forcedsource", "diasource"):
        assert shape(f"raw.{table}_p1_16") == shape(f"raw.{table}_p0_5")


def test_the_exchange_reads_no_row(owner: psycopg.Connection) -> None:
    """PostgreSQL says so: the partition constraint is implied by an existing one."""
    said: list[str] = []
    owner.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
    owner.execute("SET client_min_messages = debug1")
    owner.commit()
    split(owner, "raw", 0, 4)
    implied = [line for line in said if "implied by existing constraints" in line]
    assert len(implied) == 4 * 3, said


@contextmanager
def background(work: Thread, stop: Event) -> Iterator[None]:
    work.start()
    try:
        yield
    finally:
        stop.set()
        work.join()


def test_readers_do_not_wait_and_writers_lose_nothing(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    """A reader goes on reading throughout: were it kept out, it would read once or twice."""
    fill_raw(owner, 60_000)
    stop, waits, written = Event(), [], []
    reader, writer = connect_to("reader", autocommit=True), connect_to("owner", autocommit=True)

    def read() -> None:
        while not stop.is_set():
            start = time.perf_counter()
            reader.execute("SELECT 1 FROM raw.Source WHERE hpx29 = 4::bigint << 58").fetchone()
            waits.append((start, time.perf_counter() - start))

    def write() -> None:
        for number in range(10**6, 2 * 10**6):
            if stop.is_set():
                return
            key = (4 << 58) + number
            fill_table(writer, "raw.source", hpx29=[key], sourceid=[number], ra=[0.0], dec=[0.0])
            written.append(number)

    with background(Thread(target=read), stop), background(Thread(target=write), Event()):
        time.sleep(0.2)
        start = time.perf_counter()
        done = split(owner, "raw", 0, 4)
        seconds = time.perf_counter() - start
        time.sleep(0.2)
        stop.set()
    found = owner.execute("SELECT sourceId FROM raw.Source WHERE sourceId >= 10^6").fetchall()
    assert sorted(n for (n,) in found) == written and len(written) > 2
    during = [wait for at, wait in waits if start <= at <= start + seconds]
    assert len(during) > 10 and done.swap_seconds < seconds


def test_a_long_query_is_waited_for_without_a_queue(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    """While one reader keeps its transaction open, others still get in at once."""
    old, other = connect_to("reader"), connect_to("reader", autocommit=True)
    old.execute("SELECT count(*) FROM raw.Source")
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(split, owner, "raw", 0, 4)
        waits = []
        for _ in range(20):
            start = time.perf_counter()
            other.execute("SELECT count(*) FROM raw.Source")
            waits.append(time.perf_counter() - start)
            time.sleep(0.05)
        assert not future.done()
        old.rollback()
        future.result(timeout=30)
    assert sorted(waits)[10] < 0.6  # the median: a slow disk may hold up one or two


def test_impatience_is_an_error_that_changes_nothing(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    old = connect_to("reader")
    old.execute("SELECT count(*) FROM raw.ForcedSource")
    with pytest.raises(SkytractError, match=r"stayed in use for 00:00:00.3.*Nothing was changed"):
        split(owner, "raw", 0, 4, patience=0.3)
    assert cells_of(owner, "raw") == [Cell(0, n) for n in range(12)]
    owner.commit()
    old.rollback()
    # The empty tables that it left are dropped by the next attempt.
    split(owner, "raw", 0, 4)
    assert len(partitions(owner, "raw.source")) == 15


KILLED = """
import sys
from pathlib import Path
from skytract.loaders.connect import connect
from skytract.loaders.home import Home
from skytract.loaders.partition_split import split
with connect("owner", Home(Path(sys.argv[1])), dbname=sys.argv[2]) as connection:
    split(connection, "raw", 0, 4)
"""


def wait_for_split(owner: psycopg.Connection, child: subprocess.Popen[bytes]) -> int:
    """Wait until a child's split has copied all rows and waits for readers; its server process."""
    working = (
        "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CALL meta.split%' AND pid IN"
        " (SELECT pid FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' AND granted)"
        " AND datname = current_database() AND pid <> pg_backend_pid()"
    )
    while (row := owner.execute(working).fetchone()) is None:
        assert child.poll() is None, child.communicate()
        owner.commit()
        time.sleep(0.05)
    owner.commit()
    return int(row[0])


@pytest.mark.parametrize("victim", ["client", "session"])
def test_killed_in_the_middle_and_repeated(
    owner: psycopg.Connection, connect_to: Connect, cluster: Home, victim: str
) -> None:
    """The split is stopped where all rows are copied and the exchange is about to come."""
    fill_raw(owner, 2000)
    before = content(owner, "raw.Source")
    owner.commit()
    old = connect_to("reader")
    old.execute("SELECT count(*) FROM raw.Source")
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(cluster.path), owner.info.dbname],
        stderr=subprocess.PIPE,
    )
    pid = wait_for_split(owner, child)
    if victim == "client":
        os.kill(child.pid, signal.SIGKILL)
    owner.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
    child.communicate()
    owner.commit()
    old.rollback()
    assert content(owner, "raw.Source") == before
    assert len(partitions(owner, "raw.source")) == 12
    leftover = owner.execute("SELECT to_regclass('raw.source_p1_16') IS NOT NULL").fetchone()
    assert leftover == (True,)
    owner.commit()
    split(owner, "raw", 0, 4)
    assert content(owner, "raw.Source") == before
    assert len(partitions(owner, "raw.source")) == 15


def test_a_crash_of_the_server_leaves_the_old_partition() -> None:
    """A server process of the split is killed with SIGKILL: PostgreSQL restarts and recovers."""
    with temporary_home() as home:
        start(home, FAST)
        with connect("owner", home, check=False) as owner:
            migrate(owner)
            fill_raw(owner, 2000)
            before = content(owner, "raw.Source")
            owner.commit()
            with connect("reader", home) as old:
                old.execute("SELECT count(*) FROM raw.Source")
                arguments = [sys.executable, "-c", KILLED, str(home.path), "skytract"]
                child = subprocess.Popen(arguments, stderr=subprocess.PIPE)
                os.kill(wait_for_split(owner, child), signal.SIGKILL)
                child.communicate()
                old.close()
            owner.close()
        start(home, FAST)
        with connect("owner", home) as owner:
            assert content(owner, "raw.Source") == before
            owner.commit()
            split(owner, "raw", 0, 4)
            assert content(owner, "raw.Source") == before


def test_two_splits_at_once_do_not_meet(owner: psycopg.Connection, connect_to: Connect) -> None:
    old, second = connect_to("reader"), connect_to("owner")
    old.execute("SELECT count(*) FROM raw.Source")
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(split, owner, "raw", 0, 4)
        time.sleep(0.5)
        with pytest.raises(SkytractError, match="another split of raw is running"):
            split(second, "raw", 0, 5)
        old.rollback()
        future.result(timeout=30)


@pytest.mark.parametrize(
    ("tessellation", "order", "pixel", "message"),
    [
        ("raw", 0, 12, "raw has no cell 0/12.*partition list"),
        ("raw", 5, 0, "raw has no cell 5/0"),
        ("raw", 0, -1, "raw has no cell 0/-1"),
        ("raw", 29, 0, "order 29 cannot be split.*0 to 28"),
        ("raw", -1, 0, "order -1 cannot be split"),
        ("nowhere", 0, 0, "no tessellation nowhere"),
    ],
)
def test_refuses_unknown_cells(
    owner: psycopg.Connection, tessellation: str, order: int, pixel: int, message: str
) -> None:
    with pytest.raises(SkytractError, match=message):
        split(owner, tessellation, order, pixel)


def test_refuses_a_cell_that_is_split(owner: psycopg.Connection) -> None:
    split(owner, "raw", 0, 4)
    split(owner, "raw", 1, 16)
    for order, pixel in [(0, 4), (1, 16)]:
        with pytest.raises(SkytractError, match=f"cell {order}/{pixel} of raw is split already"):
            split(owner, "raw", order, pixel)


def test_releases_split_until_they_are_published(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    create_release(owner, "dr1")
    owner.commit()
    split(owner, "dr1", 0, 3)
    for table in ("object", "source", "forcedsource", "diaobject", "diasource"):
        names = [name for name, _ in partitions(owner, f"dr1.{table}")]
        assert len(names) == 15 and f"{table}_p1_12" in names
    owner.commit()
    publish_release(connect_to("manager"), "dr1")
    with pytest.raises(SkytractError, match="dr1 is published: its partitions stay"):
        split(owner, "dr1", 0, 4)


def test_a_thousand_partitions_are_the_limit(owner: psycopg.Connection) -> None:
    owner.execute("CREATE SCHEMA fine")
    owner.execute("CREATE TABLE fine.t (hpx29 bigint PRIMARY KEY) PARTITION BY RANGE (hpx29)")
    everywhere = Density.of(4, np.arange(3072), np.ones(3072))
    cells = [p.cell for p in plan(everywhere, 1, max_partitions=999)]
    create_partitions(owner, "fine", cells)
    owner.commit()
    assert len(partitions(owner, "fine.t")) == len(cells) >= 998
    owner.commit()
    with pytest.raises(SkytractError, match=r"a split would exceed 1000.*raise the row budget"):
        split(owner, "fine", *cells[0])


@pytest.mark.parametrize(
    "cells",
    [
        [Cell(0, n) for n in range(11)],
        [*(Cell(0, n) for n in range(12)), Cell(1, 1)],
        [*(Cell(0, n) for n in range(11)), Cell(1, 0), Cell(1, 1), Cell(1, 2), Cell(1, 3)],
    ],
    ids=["gap", "overlap", "gap and overlap"],
)
def test_refuses_cells_that_do_not_cover_the_sky_once(
    owner: psycopg.Connection, cells: list[Cell]
) -> None:
    owner.execute("CREATE SCHEMA holes")
    owner.execute("CREATE TABLE holes.t (hpx29 bigint PRIMARY KEY) PARTITION BY RANGE (hpx29)")
    with pytest.raises(psycopg.errors.DatabaseError, match=r"exactly once|duplicate"):
        create_partitions(owner, "holes", cells)


def test_a_plan_is_reached_by_splits(owner: psycopg.Connection) -> None:
    fill_raw(owner, 2000)
    before = content(owner, "raw.Source")
    owner.commit()
    density = Density.of(3, [0, 1, 500], [10, 10, 5])
    wanted = [p.cell for p in plan(density, 10)]
    splits = list(refine(owner, "raw", wanted))
    assert cells_of(owner, "raw") == wanted and len(splits) == (len(wanted) - 12) / 3
    assert content(owner, "raw.Source") == before
    owner.commit()
    assert list(refine(owner, "raw", wanted)) == []


def test_oversized_cells_are_split_until_none_is_left(owner: psycopg.Connection) -> None:
    """Rows in one cell of order 2 and a budget that asks for order 3."""
    keys = (np.arange(4) << 2 * 26) + (np.arange(100)[:, None] % 7)
    fill_table(owner, "raw.source", hpx29=keys.ravel(), sourceid=np.arange(400), ra=np.zeros(400))
    owner.commit()
    done = list(split_oversized(owner, "raw", 100))
    assert [s.cell for s in done] == [Cell(0, 0), Cell(1, 0), Cell(2, 0)]
    assert list(split_oversized(owner, "raw", 100)) == []
    with pytest.raises(SkytractError, match="give >= 1"):
        list(split_oversized(owner, "raw", 0))


def test_sizes_are_listed_by_cell(owner: psycopg.Connection) -> None:
    fill_raw(owner, 500)
    owner.execute("ANALYZE raw.Source")
    sizes = partition_sizes(owner, "raw")
    assert [size.cell for size in sizes] == [Cell(0, n) for n in range(12)]
    assert set(sizes[0].rows) == {"source", "forcedsource", "diasource"}
    assert sum(size.rows["source"] or 0 for size in sizes) == 500
    assert sizes[0].rows["diasource"] is None or sizes[0].rows["diasource"] == 0
    assert all(size.bytes > 0 for size in sizes)
    assert partition_sizes(owner, "nowhere") == []


def test_a_release_published_meanwhile_is_not_split(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    """The split has begun and waits for the tables when publishing, begun before, commits."""
    create_release(owner, "dr1")
    owner.commit()
    bounds = partitions(owner, "dr1.object")
    owner.execute("SELECT meta.publish_release('dr1')")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(split, connect_to("owner"), "dr1", 0, 4)
        for _ in range(100):
            made = owner.execute("SELECT to_regclass('dr1.object_p1_16')").fetchone()
            if made != (None,):
                break
            time.sleep(0.05)
        owner.commit()
        with pytest.raises(SkytractError, match="dr1 is published"):
            running.result()
    assert partitions(owner, "dr1.object") == bounds
