"""Killed loaders, lost connections, two loaders at once: all of a file or nothing, exactly once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.loaders.connect import connection_options
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.load import load_file, load_paths
from skytract.loaders.load_refused import RefusedError
from tests.fix_db import Connect
from tests.loaders.catalogs import N, source_columns, write_sources, write_visit
from tests.loaders.faults.fate import NEVER, kill_at, kill_this_process
from tests.loaders.invariants import check_invariants
from tests.loaders.paused import Paused, start, wait_for_lock

Connection = psycopg.Connection[Any]

PIECES = 5
"""Pieces that the catalog of these tests is read in."""


@pytest.fixture(autouse=True)
def pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = len(source_columns())
    monkeypatch.setattr("skytract.loaders.load_rows.CHUNK_BYTES", 8 * columns * N // PIECES)


@pytest.fixture
def visit(loader: Connection, connect_to: Connect, tmp_path: Path) -> Iterator[Connection]:
    """A loader of a database that knows one visit and detector."""
    assert [r.state for r in load_paths(loader, write_visit(tmp_path))] == ["loaded", "loaded"]
    yield loader
    check_invariants(connect_to("loader"))


def rows(connection: Connection) -> int:
    with connection.transaction():
        count = connection.execute("SELECT count(*) FROM raw.Source").fetchone()
    assert count is not None
    return int(count[0])


def entries(connection: Connection) -> list[tuple[Any, ...]]:
    query = "SELECT state, rowCount FROM meta.Load WHERE path LIKE '%%Source%%' ORDER BY loadId"
    with connection.transaction():
        return connection.execute(query, ()).fetchall()


def test_nothing_of_a_killed_load_stays_and_the_next_run_takes_it_over(
    visit: Connection, cluster: Home, database: str, tmp_path: Path
) -> None:
    path = write_sources(tmp_path)

    def die(rows: int) -> None:
        kill_this_process()

    options = connection_options("loader", cluster, database)
    kill_at(NEVER, options, lambda connection: load_file(connection, path, progress=die))
    assert rows(visit) == 0
    assert entries(visit) == [("loading", None)]
    check_invariants(visit)
    assert load_file(visit, path).rows == N
    assert entries(visit) == [("loaded", N)]


@pytest.mark.parametrize("after", [1, PIECES])
def test_nothing_of_a_load_stays_that_lost_its_server(
    visit: Connection, owner: Connection, connect_to: Connect, tmp_path: Path, after: int
) -> None:
    path = write_sources(tmp_path)
    paused = Paused(visit, path, after)
    owner.execute("SELECT pg_terminate_backend(%s)", [visit.info.backend_pid])
    with pytest.raises(SkytractError, match=r"was cut off .* or nothing; run the same"):
        paused.result()
    again = connect_to("loader")
    assert rows(again) == 0
    check_invariants(again)
    assert load_file(again, path).rows == N
    assert entries(again) == [("loaded", N)]


def test_two_loaders_of_one_file_load_it_once(
    visit: Connection, connect_to: Connect, reader: Connection, tmp_path: Path
) -> None:
    path, other = write_sources(tmp_path), connect_to("loader")
    first = Paused(visit, path, PIECES)
    second = start(load_file, other, path)
    wait_for_lock(other, second, reader)
    assert first.result().state == "loaded"
    assert second.result(30).state == "already loaded"
    assert rows(visit) == N
    assert entries(visit) == [("loaded", N)]


def test_readers_are_not_blocked_and_see_all_or_nothing(
    visit: Connection, reader: Connection, tmp_path: Path
) -> None:
    paused = Paused(visit, write_sources(tmp_path), PIECES)
    reader.execute("SET statement_timeout = '2s'")
    reader.commit()
    assert rows(reader) == 0
    assert entries(reader) == [("loading", None)]
    paused.result()
    assert rows(reader) == N


def test_of_two_loads_at_once_that_share_an_id_one_is_refused(
    visit: Connection, connect_to: Connect, tmp_path: Path
) -> None:
    """At another position, so that the primary key alone would let both in."""
    ids = source_columns()["sourceId"]
    load_file(visit, write_visit(tmp_path, detector=5)[1])
    first = Paused(visit, write_sources(tmp_path, "Source_a.parquet"), PIECES)
    there = {"sourceId": ids + N - 1, "detector": np.full(N, 5, np.int32)}
    path = write_sources(tmp_path, "Source_b.parquet", **there)
    assert load_file(connect_to("loader"), path).state == "loaded"
    with pytest.raises(RefusedError, match=f"column sourceId, value {ids[-1]}: Load .* same id"):
        first.result()
    assert rows(visit) == N
    assert entries(visit) == [("refused", None), ("loaded", N)]
    check_invariants(visit)
    mended = write_sources(tmp_path, "Source_a.parquet", sourceId=ids - 1)
    assert load_file(visit, mended).rows == N
    assert rows(visit) == 2 * N


def refuse_until_mended(visit: Connection, path: Path, words: str) -> None:
    """Load a bad file, of which nothing stays, then the sound one of the same name."""
    with pytest.raises(RefusedError, match=words):
        load_file(visit, path)
    assert rows(visit) == 0
    check_invariants(visit)
    assert load_file(visit, write_sources(path.parent, path.name)).rows == N
    assert entries(visit) == [("refused", None), ("loaded", N)]


def test_an_id_twice_in_different_pieces_is_refused(visit: Connection, tmp_path: Path) -> None:
    ids = source_columns()["sourceId"].copy()
    ids[N - 1] = ids[1]
    words = rf"row {N - 1} .* Row 1 has the same sourceId"
    refuse_until_mended(visit, write_sources(tmp_path, sourceId=ids), words)


def test_a_bad_value_in_the_last_piece_is_refused_with_its_row(
    visit: Connection, tmp_path: Path
) -> None:
    dec = source_columns()["dec"].copy()
    dec[N - 2] = np.nan
    words = rf"column dec, row {N - 2} \(from 0\), value nan"
    refuse_until_mended(visit, write_sources(tmp_path, dec=dec), words)
