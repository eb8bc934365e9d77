"""An export is there whole or not at all: refused, interrupted, killed, or with a full disk."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg
import pytest

from skytract.loaders import export
from skytract.loaders.errors import SkytractError
from skytract.loaders.export import export_query, export_table
from skytract.loaders.home import Home
from tests.fill_table import fill_table
from tests.fix_db import Connect

Connection = psycopg.Connection[Any]
FORMATS = ("q.parquet", "q.fits", "hats")
MANY = (
    "SELECT (i % 360)::float8 AS ra, 1.0 AS dec, random() AS x FROM generate_series(1, 50000) AS i"
)
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def reader(module_connect: Connect) -> Connection:
    return module_connect("reader")


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size [bytes], as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def assert_usable(reader: Connection) -> None:
    assert reader.execute("SELECT 1").fetchone() == (1,)
    reader.rollback()


@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk(reader: Connection, tmp_path: Path, name: str) -> None:
    said = "could not be written .* nothing of it is left: see .* that there is space"
    with largest_file(20_000), pytest.raises(SkytractError, match=said):
        export_query(reader, MANY, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert_usable(reader)


@pytest.mark.parametrize("name", FORMATS)
def test_an_interruption(
    reader: Connection, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(rows: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("skytract.loaders.export_copy.CHUNK_BYTES", 5000)
    with pytest.raises(KeyboardInterrupt):
        export_query(reader, MANY, tmp_path / name, progress=interrupt)
    assert list(tmp_path.iterdir()) == []
    assert_usable(reader)


@pytest.mark.parametrize("name", FORMATS)
def test_a_query_that_fails_on_its_way(reader: Connection, tmp_path: Path, name: str) -> None:
    query = "SELECT 1.0 AS ra, 1.0 AS dec, 1 / (5000 - i) AS x FROM generate_series(1, 9000) AS i"
    with pytest.raises(SkytractError, match=r"The query could not be exported \(division by zero"):
        export_query(reader, query, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert_usable(reader)


@pytest.mark.parametrize("name", FORMATS)
def test_a_session_that_the_server_ends(module_connect: Connect, tmp_path: Path, name: str) -> None:
    query = "SELECT 1.0 AS ra, 1.0 AS dec, pg_terminate_backend(pg_backend_pid())::text AS t"
    with pytest.raises(SkytractError, match=r"could not be exported .* then export again"):
        export_query(module_connect("owner"), query, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_not_overwritten(reader: Connection, tmp_path: Path) -> None:
    (tmp_path / "q.parquet").write_text("precious")
    (tmp_path / "hats").mkdir()
    (tmp_path / "hats" / "notes").write_text("precious")
    for name in ("q.parquet", "hats"):
        with pytest.raises(SkytractError, match=f"{name} exists already: remove it, or give --out"):
            export_query(reader, MANY, tmp_path / name)
    assert (tmp_path / "q.parquet").read_text() == "precious"
    assert [path.name for path in (tmp_path / "hats").iterdir()] == ["notes"]


def test_an_empty_folder_is_filled(reader: Connection, tmp_path: Path) -> None:
    (tmp_path / "hats").mkdir()
    assert export_query(reader, "SELECT 1.0 AS ra, 1.0 AS dec", tmp_path / "hats").rows == 1


def test_a_missing_folder_is_not_made(reader: Connection, tmp_path: Path) -> None:
    with pytest.raises(SkytractError, match=r"There is no folder .*/a: make it, or correct it"):
        export_query(reader, MANY, tmp_path / "a" / "q.parquet")


KILLED = """
import sys
from skytract.loaders.connect import connect
from skytract.loaders.export import export_query

def tell(rows, total):
    print(rows, flush=True)
    sys.stdin.readline()

with connect("reader", dbname=sys.argv[1]) as connection:
    export_query(connection, sys.argv[2], sys.argv[3], progress=tell)
"""


def test_a_killed_export(reader: Connection, cluster: Home, tmp_path: Path) -> None:
    """What it leaves is hidden, is not taken for the output, and is removed by the next export."""
    arguments = [sys.executable, "-c", KILLED, reader.info.dbname, MANY, str(tmp_path / "hats")]
    environment = os.environ | {"SKYTRACT_HOME": str(cluster.path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(arguments, cwd=REPOSITORY, env=environment, **pipes) as process:
        assert process.stdout is not None and process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
    (left,) = tmp_path.iterdir()
    assert left.name == f".hats.{process.pid}.partial"
    assert export_query(reader, MANY, tmp_path / "hats").rows == 50_000
    assert [path.name for path in tmp_path.iterdir()] == ["hats"]
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%%' AND pid <> %s"
    for _ in range(100):
        if reader.execute(sessions, [reader.info.backend_pid]).fetchone() == (0,):
            break
        reader.rollback()
        time.sleep(0.1)
    else:
        pytest.fail("the server still works for the killed export")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DELETE FROM raw.Source", r'syntax error at or near "FROM"\): give one SELECT'),
        ("SELECT 1 AS a; SELECT 2 AS a", r'syntax error at or near ";"\): give one SELECT'),
        ("SELECT * FROM raw.Sauce", 'relation "raw.sauce" does not exist'),
        ("SELECT pg_read_file('/etc/passwd') AS a", "permission denied"),
        ("SELECT 1 AS a, 2 AS A", "2 columns of the result are named a: name them apart with AS"),
        ("SELECT 1 AS a, 1 + 1", "Column 2 of the result has no name: give it one with AS"),
        ("SELECT FROM raw.Source", "The result has no columns: select some"),
        ("WITH d AS (DELETE FROM raw.Source RETURNING *) SELECT * FROM d", "data-modifying"),
        ("SELECT nextval('meta.load_loadid_seq') AS n", "permission denied"),
    ],
)
def test_bad_queries(reader: Connection, tmp_path: Path, query: str, said: str) -> None:
    with pytest.raises(SkytractError, match=said):
        export_query(reader, query, tmp_path / "q.parquet")
    assert list(tmp_path.iterdir()) == []
    assert_usable(reader)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Source", "There is no table Source that a reader may read: give raw.Source"),
        ("raw.Sorce", "give raw.Source or"),
        ("nonsense", "give schema and name, as in raw.Source"),
        ("pg_catalog.pg_authid", "There is no table pg_catalog.pg_authid that a reader may read"),
    ],
)
def test_unknown_tables(reader: Connection, tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(SkytractError, match=said):
        export_table(reader, name, tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


def test_an_export_writes_nothing_to_the_database(module_connect: Connect, tmp_path: Path) -> None:
    """Whoever exports, even the owner, and whatever functions the query calls."""
    query = "SELECT nextval('meta.load_loadid_seq') AS n"
    with pytest.raises(SkytractError, match="read-only transaction"):
        export_query(module_connect("owner"), query, tmp_path / "q.parquet")


def test_an_open_transaction_is_not_joined(reader: Connection, tmp_path: Path) -> None:
    reader.execute("SELECT 1")
    with pytest.raises(SkytractError, match="commit or roll back before exporting"):
        export_query(reader, MANY, tmp_path / "q.parquet")
    reader.rollback()


SPLIT = """
LOCK TABLE dr1.Object IN ACCESS EXCLUSIVE MODE;
CREATE TABLE dr1.fresh (LIKE dr1.Object INCLUDING ALL);
INSERT INTO dr1.fresh SELECT * FROM dr1.object_p0_0;
ALTER TABLE dr1.Object DETACH PARTITION dr1.object_p0_0;
DROP TABLE dr1.object_p0_0;
ALTER TABLE dr1.Object ATTACH PARTITION dr1.fresh FOR VALUES FROM (0) TO (1::bigint << 58);
"""
"""What a split of partitions does: rows are copied into a table that takes the old one's place."""


@pytest.mark.parametrize("name", ["o.parquet", "hats"])
def test_a_split_of_partitions_loses_no_rows(
    release_connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An older look at the tables would find neither copies nor originals."""
    owner, reader = release_connect("owner"), release_connect("reader")
    fill_table(owner, "dr1.object", objectid=range(500), coord_ra=[45.0] * 500)
    owner.commit()
    looked = export.table_source

    def look_while_split(*arguments: Any) -> Any:
        source = looked(*arguments)
        owner.execute(SPLIT)
        Timer(0.4, owner.commit).start()
        return source

    monkeypatch.setattr(export, "table_source", look_while_split)
    try:
        assert export.export_table(reader, "dr1.Object", tmp_path / name).rows == 500
    finally:
        owner.execute("DELETE FROM dr1.Object")
        owner.execute("ALTER TABLE dr1.fresh RENAME TO object_p0_0")
        owner.commit()
