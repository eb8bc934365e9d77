"""A load is taken out whole, by index, and never from under the rows that need it."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from skytract.loaders.errors import SkytractError
from skytract.loaders.ledger import list_loads, show_load
from skytract.loaders.load import load_file, load_paths
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.undo import undo_load
from tests.fix_db import Connect
from tests.loaders.catalogs import (
    N,
    write_many_detectors,
    write_sources,
    write_stars,
    write_tract,
    write_visit,
)
from tests.loaders.invariants import check_invariants
from tests.loaders.paused import Paused, start, undo_all, wait_for_lock

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def loaders(module_connect: Connect) -> tuple[Connection, Connection]:
    """Two loaders of a database of this module."""
    return module_connect("loader"), module_connect("loader")


@pytest.fixture
def loader(loaders: tuple[Connection, Connection]) -> Iterator[Connection]:
    """One of the loaders; afterwards all is undone."""
    yield loaders[0]
    check_invariants(loaders[0])
    for keep in ("Visit", "VisitDetector"), ("Visit",), ():
        undo_all(loaders[0], keep)


@pytest.fixture
def second(loaders: tuple[Connection, Connection]) -> Connection:
    """The other loader."""
    return loaders[1]


@pytest.fixture
def owner(module_connect: Connect) -> Connection:
    """The owner."""
    return module_connect("owner")


@pytest.fixture
def visit(loader: Connection, tmp_path: Path) -> dict[str, int]:
    """Loads of a visit, its detector and its sources, by kind."""
    results = load_paths(loader, [*write_visit(tmp_path), write_sources(tmp_path)])
    return {str(result.kind): result.load_id or 0 for result in results}


def count(connection: Connection, table: str = "raw.Source") -> int:
    with connection.transaction():
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def clock(connection: Connection) -> datetime:
    with connection.transaction():
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    return row[0]


def test_no_load_takes_the_place_of_itself(
    loader: Connection, visit: dict[str, int], tmp_path: Path
) -> None:
    """Even where one of its files is loaded and the unit is not: nothing goes."""
    values = ("f" * 64, "m", 1, "", "", "{}")
    row = loader.execute("SELECT meta.begin_load(%s, %s, %s, %s, %s, %s)", values).fetchone()
    assert row is not None
    unit = row[0]
    loader.execute("SELECT meta.begin_load(%s, %s, 1, '', '', '{}', %s)", ("e" * 64, "f", unit))
    for load_id in (unit, unit + 1):
        with (
            pytest.raises(psycopg.errors.RaiseException, match="the place of itself"),
            loader.transaction(),
        ):
            loader.execute("SELECT meta.remove_load(%s, %s)", (unit + 1, load_id))
    loader.rollback()
    assert count(loader) == N


def test_an_undone_load_is_gone_and_can_come_again(
    loader: Connection, visit: dict[str, int], tmp_path: Path
) -> None:
    result = undo_load(loader, visit["Source"])
    assert (result.loads, result.rows) == ((visit["Source"],), {"Source": N})
    assert count(loader) == 0
    shown = show_load(loader, visit["Source"])
    assert (shown.entry.state, shown.entry.rows, shown.places) == ("undone", N, [])
    assert shown.entry.finished and shown.entry.removed
    assert shown.entry.finished < shown.entry.removed <= clock(loader)
    again = load_file(loader, write_sources(tmp_path))
    assert again.state == "loaded" and again.load_id != visit["Source"]
    assert count(loader) == N


def test_what_is_not_loaded_cannot_be_undone(loader: Connection, visit: dict[str, int]) -> None:
    undo_load(loader, visit["Source"])
    with pytest.raises(SkytractError, match=r"Load \d+ \(.*Source.parquet\) is undone: nothing of"):
        undo_load(loader, visit["Source"])
    with pytest.raises(SkytractError, match="There is no load 987654: see `skytract load list`"):
        undo_load(loader, 987654)
    loader.execute("SELECT 1")
    with pytest.raises(SkytractError, match="commit or roll back"):
        undo_load(loader, 1)
    loader.rollback()


def test_visits_are_not_undone_under_their_rows(loader: Connection, visit: dict[str, int]) -> None:
    visit_id, detector, sources = visit["Visit"], visit["VisitDetector"], visit["Source"]
    needs = rf"Load {detector} has visits or detectors that rows of another load need \({sources} "
    with pytest.raises(SkytractError, match=needs + r"from .*Source.parquet\): nothing was undone"):
        undo_load(loader, detector)
    with pytest.raises(SkytractError, match=rf"Load {visit_id} .* another load need \({detector} "):
        undo_load(loader, visit_id)
    for load_id in (sources, detector, visit_id):
        undo_load(loader, load_id)
    assert count(loader, "raw.Visit") == 0


def test_only_loads_of_the_same_places_keep_a_visit(loader: Connection, tmp_path: Path) -> None:
    files = [*write_visit(tmp_path), *write_visit(tmp_path, 18), *write_visit(tmp_path, 17, 5)]
    loads = {result.path.stem: result.load_id or 0 for result in load_paths(loader, files)}
    load_file(loader, write_sources(tmp_path))
    for name in ("VisitDetector_18_4", "Visit_18", "VisitDetector_17_5"):
        undo_load(loader, loads[name])
    with pytest.raises(SkytractError, match="another load need"):
        undo_load(loader, loads["VisitDetector_17_4"])


def test_sources_that_come_while_their_detector_is_undone_are_refused(
    loader: Connection, second: Connection, tmp_path: Path
) -> None:
    """Undone first: the load notices before it commits."""
    detector = [result.load_id or 0 for result in load_paths(loader, write_visit(tmp_path))][1]
    paused = Paused(loader, write_sources(tmp_path))
    undo_load(second, detector)
    words = "column visit, detector, value 17, 4: raw.VisitDetector does not have it any more; load"
    with pytest.raises(RefusedError, match=words):
        paused.result()
    assert count(loader) == 0
    assert load_file(loader, write_visit(tmp_path)[1]).state == "loaded"
    assert load_file(loader, write_sources(tmp_path)).rows == N


def test_a_detector_is_not_undone_when_its_sources_were_first(
    loader: Connection, second: Connection, owner: Connection, tmp_path: Path
) -> None:
    """Both are at the gate: the undo passes after the load, and finds its rows."""
    detector = [result.load_id or 0 for result in load_paths(loader, write_visit(tmp_path))][1]
    paused = Paused(loader, write_sources(tmp_path))
    owner.execute("SELECT meta.pass_gate()")
    undo = start(undo_load, second, detector)
    wait_for_lock(second, undo, owner)
    paused.go.set()
    wait_for_lock(loader, paused.load, owner)
    owner.rollback()
    # Whoever was first at the gate, one of them is told.
    failures = [error for error in (undo.exception(30), paused.load.exception(30)) if error]
    assert len(failures) == 1
    assert count(loader) in (0, N)


def test_two_undos_at_once(
    loader: Connection, second: Connection, owner: Connection, visit: dict[str, int]
) -> None:
    load_id = visit["Source"]
    owner.execute("SELECT * FROM meta.remove_load(%s)", [load_id])
    with pytest.raises(SkytractError, match=rf"Load {load_id} is being undone or replaced by"):
        undo_load(second, load_id)
    owner.rollback()
    assert undo_load(second, load_id).rows == {"Source": N}


def test_readers_see_the_rows_until_they_are_gone(
    loader: Connection, module_connect: Connect, visit: dict[str, int]
) -> None:
    reader = module_connect("reader")
    reader.execute("SET statement_timeout = '2s'")
    reader.commit()
    with loader.transaction():
        loader.execute("SELECT * FROM meta.remove_load(%s)", [visit["Source"]])
        assert count(reader) == N
        assert show_load(reader, visit["Source"]).entry.state == "loaded"
    assert count(reader) == 0


def test_rows_are_deleted_by_nobody_else(
    loader: Connection, module_connect: Connect, visit: dict[str, int]
) -> None:
    statements = {
        "reader": [f"SELECT meta.remove_load({visit['Source']})"],
        "manager": [f"SELECT meta.remove_load({visit['Source']})"],
        "loader": [
            f"SELECT meta.remove_rows({visit['Source']}, 'Source', 50)",
            "DELETE FROM meta.LoadScope",
            "UPDATE meta.LoadScope SET major = 1",
        ],
    }
    for role, refused in statements.items():
        connection = module_connect(role)
        for statement in refused:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
            connection.rollback()
    assert count(loader) == N


def test_the_ledger_is_listed_latest_first(loader: Connection, visit: dict[str, int]) -> None:
    undo_load(loader, visit["Source"])
    entries = list_loads(loader, limit=3)
    assert [entry.load_id for entry in entries] == sorted(visit.values(), reverse=True)
    assert [entry.identity for entry in entries] == [
        "Source 17/4",
        "VisitDetector 17/4",
        "Visit 17",
    ]
    assert [e.load_id for e in list_loads(loader, state="undone", limit=1)] == [visit["Source"]]
    assert list_loads(loader, kind="visit", limit=1)[0].load_id == visit["Visit"]
    shown = show_load(loader, visit["VisitDetector"])
    assert [str(place) for place in shown.places] == ["VisitDetector 17/4"]


def plans(owner: Connection, load_id: int) -> list[str]:
    """Undo a load as the owner; return the plans of all its statements."""
    found: list[str] = []
    owner.add_notice_handler(lambda notice: found.append(notice.message_primary or ""))
    owner.execute(
        "LOAD 'auto_explain'; SET LOCAL auto_explain.log_min_duration = 0;"
        " SET LOCAL auto_explain.log_nested_statements = on; SET LOCAL auto_explain.log_level ="
        " notice; SET LOCAL client_min_messages = notice"
    )
    owner.execute("SELECT * FROM meta.remove_load(%s)", [load_id])
    owner.commit()
    return [plan for plan in found if "DELETE FROM" in plan]


def test_no_table_is_read_through_to_undo_a_load(
    loader: Connection, owner: Connection, tmp_path: Path
) -> None:
    """Tables are small here, and the planner would rather read them: it must not.

    The ledger's own list of places is left to the planner: it may hold a single row.
    """
    files = [path for d in (4, 5, 6) for path in write_visit(tmp_path, detector=d)]
    files.append(write_stars(tmp_path, range(500)))
    files.append(write_many_detectors(tmp_path, [4, 5, 6], "Source.parquet"))
    files += write_tract(tmp_path / "tract", 2)
    loads = {result.path.stem: result.load_id or 0 for result in load_paths(loader, files)}
    expected = {
        "Source": "ix_source_visit_detector|visit_detector_idx",
        "CoaddSource_1_g": "ix_coaddsource_tract_patch",
        "ReferenceStar": "ix_referencestar_loadid",
        "VisitDetector_17_5": "pk_visitdetector",
    }
    for name, index in expected.items():
        found = "\n".join(plans(owner, loads[name]))
        assert any(word in found for word in index.split("|")), found
        assert not re.search(r"Seq Scan on (?!loadscope)", found), found
