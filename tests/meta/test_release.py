"""Releases: made from the model, frozen when published, side by side."""

import psycopg
import pytest

from skytract.loaders.errors import SkytractError
from skytract.loaders.release import create_release, list_releases, publish_release
from skytract.sql.model import release_metadata
from tests.fix_db import Connect


def columns(connection: psycopg.Connection, schema: str) -> set[tuple[str, ...]]:
    return set(
        connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable, column_default"
            " FROM information_schema.columns WHERE table_schema = %s AND NOT EXISTS ("
            "   SELECT FROM pg_inherits WHERE inhrelid = (%s || '.' || table_name)::regclass)",
            (schema, schema),
        )
    )


def test_a_release_has_the_tables_of_the_model(owner: psycopg.Connection) -> None:
    create_release(owner, "dr1")
    declared = {
        (t.name, c.name) for t in release_metadata("dr1").tables.values() for c in t.columns
    }
    assert {row[:2] for row in columns(owner, "dr1")} == declared
    assert columns(owner, "dr1") == columns(owner, "release")
    said = owner.execute("SELECT obj_description('dr1'::regnamespace, 'pg_namespace')").fetchone()
    assert said is not None and said[0].startswith("Data release dr1")


def test_a_release_has_the_bounds_of_the_raw_tables(owner: psycopg.Connection) -> None:
    create_release(owner, "dr1")
    bounds = "SELECT ord, pixel, lo, hi FROM meta.Partition WHERE tessellation = %s ORDER BY lo"
    raw = owner.execute(bounds, ("raw",)).fetchall()
    assert raw == owner.execute(bounds, ("dr1",)).fetchall()
    assert (raw[0][2], raw[-1][3]) == (0, 12 << 58)
    partitions = owner.execute(
        "SELECT inhparent::regclass::text, count(*) FROM pg_inherits"
        " JOIN pg_class AS c ON c.oid = inhrelid"
        " WHERE relkind = 'r' AND relnamespace = 'dr1'::regnamespace GROUP BY 1"
    ).fetchall()
    assert {count for _, count in partitions} == {len(raw)}
    assert len(partitions) == 6


def writes(connection: psycopg.Connection, statement: str) -> bool:
    try:
        connection.execute(statement)
    except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege):
        return False
    finally:
        connection.rollback()
    return True


def test_published_means_no_writes_for_anyone(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    create_release(owner, "dr1")
    create_release(owner, "dr2")
    owner.execute(_row(owner, "dr1"))
    owner.commit()
    manager = connect_to("manager")
    insert = _row(owner, "dr1").replace("(7, 1", "(7, 2")
    assert writes(manager, insert)
    publish_release(manager, "dr1")
    child = owner.execute(
        "SELECT tableoid::regclass::text FROM dr1.Source WHERE hpx29 = 7"
    ).fetchone()
    assert child is not None
    statements = [
        insert,
        insert.replace("dr1.Source", child[0]),
        "UPDATE dr1.Source SET visit = 2",
        f"UPDATE {child[0]} SET visit = 2",
        "DELETE FROM dr1.Source",
        "TRUNCATE dr1.Source",
        f"TRUNCATE {child[0]}",
        "DELETE FROM dr1.Visit",
        "COPY dr1.Visit FROM PROGRAM 'true'",
    ]
    for connection in (owner, manager, connect_to("loader"), connect_to("reader")):
        for statement in statements:
            assert not writes(connection, statement), statement
    assert owner.execute("SELECT count(*) FROM dr1.Source").fetchone() == (1,)
    assert writes(manager, _row(owner, "dr2")), "the next release stays open"


def _row(connection: psycopg.Connection, release: str) -> str:
    """Return an INSERT of a row with something in every column that must have something."""
    required = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s"
        " AND table_name = 'source' AND is_nullable = 'NO' AND column_default IS NULL"
        " AND column_name NOT IN ('hpx29', 'sourceid')",
        (release,),
    ).fetchall()
    values = {"boolean": "false", "text": "'r'"}
    names = ", ".join(name for name, _ in required)
    rest = ", ".join(values.get(kind, "1") for _, kind in required)
    return f"INSERT INTO {release}.Source (hpx29, sourceId, {names}) VALUES (7, 1, {rest})"


def test_a_release_is_published_once(owner: psycopg.Connection) -> None:
    create_release(owner, "dr1")
    publish_release(owner, "dr1")
    with pytest.raises(SkytractError, match="published already"):
        publish_release(owner, "dr1")
    with pytest.raises(SkytractError, match="no release dr9"):
        publish_release(owner, "dr9")
    assert [row["state"] for row in list_releases(owner)] == ["published"]


BAD_NAMES = ["", "dr", "DR1", "1", "dr1; DROP SCHEMA raw", "pg_1", "dr 1", 70 * "a" + "1"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused(owner: psycopg.Connection, name: str) -> None:
    with pytest.raises(SkytractError, match="is no name for a release"):
        create_release(owner, name)


def test_a_taken_name_is_refused(owner: psycopg.Connection) -> None:
    create_release(owner, "dr1")
    with pytest.raises(SkytractError, match="exists already"):
        create_release(owner, "dr1")


def test_the_solution_cannot_change_while_a_release_is_published(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    """Publishing has not been committed when the solution is asked for, and wins."""
    create_release(owner, "dr1")
    manager = connect_to("manager")
    manager.execute("SELECT calibration.state_zero_point('late', 31.4)")
    manager.commit()
    owner.execute("SELECT meta.publish_release('dr1')")
    use = "SELECT calibration.use_solution('dr1', 'late')"
    with pytest.raises(psycopg.errors.RaiseException, match="being processed"):
        manager.execute(use)
    manager.rollback()
    owner.commit()
    with pytest.raises(psycopg.errors.RaiseException, match="is published"):
        manager.execute(use)


def test_a_release_is_not_published_while_it_is_processed(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    """Processing holds this lock; half of its rows would be frozen otherwise."""
    create_release(owner, "dr1")
    manager = connect_to("manager")
    manager.execute("SELECT calibration.state_zero_point('late', 31.4)")
    manager.commit()
    owner.execute("SELECT pg_advisory_lock(hashtext('meta.Release'), hashtext('dr1'))")
    with pytest.raises(SkytractError, match="dr1 is being processed"):
        publish_release(manager, "dr1")
    with pytest.raises(psycopg.errors.RaiseException, match="being processed"):
        manager.execute("SELECT calibration.use_solution('dr1', 'late')")
    manager.rollback()
    owner.execute("SELECT pg_advisory_unlock_all()")
    publish_release(manager, "dr1")
