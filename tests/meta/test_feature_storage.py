"""Light-curve features lie out of line in every partition, and are read as if they did not."""

import numpy as np
import psycopg
import pytest

from skytract.loaders.partition_split import split
from skytract.loaders.release import create_release
from skytract.sql.model import find_table, is_array
from tests.fix_db import Connect

VALUES = {"real": "1.5", "integer": "7", "boolean": "true", "text": "'r'", "bigint": "7"}
STORAGE = """
    SELECT DISTINCT c.reloptions::text, a.attstorage::text, a.attstattarget
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE i.inhparent = %s::regclass AND a.atttypid = 'real[]'::regtype"""
OUT_OF_LINE = ("{toast_tuple_target=128}", "e", 0)


def full_rows(first: int, count: int) -> str:
    """Return an INSERT of objects with ids from `first` on, whose every column is filled."""
    table = find_table("release", "Object")
    values = {}
    for column in table.columns:
        felis = column.info["felis"]
        array = f"array_fill(0.5::real, ARRAY[{felis.votable_arraysize}])"
        plain = VALUES.get(str(column.type).lower(), "2.5")
        values[column.name] = array if is_array(felis) else plain
    values["objectid"] = "id"
    names, expressions = ", ".join(values), ", ".join(values.values())
    source = f"generate_series({first}, {first + count - 1}) AS id"
    return f"INSERT INTO dr1.object ({names}) SELECT {expressions} FROM {source}"


@pytest.fixture(scope="module")
def release(module_connect: Connect) -> psycopg.Connection:
    owner = module_connect("owner")
    create_release(owner, "dr1")
    owner.commit()
    return owner


def storage(connection: psycopg.Connection) -> set[tuple[str, str, int]]:
    """Storage options, storage and statistics target of all features in all partitions."""
    tables = ("dr1.object", "dr1.diaobject")
    found = {row for table in tables for row in connection.execute(STORAGE, (table,))}
    connection.commit()
    return found


def test_partitions_keep_features_out_of_line(release: psycopg.Connection) -> None:
    assert storage(release) == {OUT_OF_LINE}
    split(release, "dr1", 0, 3)
    assert storage(release) == {OUT_OF_LINE}


def test_features_are_columns_like_any_other(
    release: psycopg.Connection, module_connect: Connect
) -> None:
    release.execute(full_rows(first=1, count=3))
    release.commit()
    query = "SELECT r_psfFlux, r_lcPeriodic, r_lcNonPeriodic FROM dr1.Object WHERE objectId = 2"
    row = module_connect("reader").execute(query).fetchone()
    assert row is not None
    flux, periodic, non_periodic = row
    assert flux == 2.5
    np.testing.assert_array_equal(periodic, np.full(32, 0.5))
    np.testing.assert_array_equal(non_periodic, np.full(20, 0.5))


def test_five_full_rows_fit_on_a_page(release: psycopg.Connection) -> None:
    """With the features in the row it would be two."""
    release.execute(full_rows(first=11 << 58, count=100))
    pages = "SELECT count(DISTINCT (ctid::text::point)[0]) FROM dr1.Object WHERE objectId >= %s"
    assert release.execute(pages, (11 << 58,)).fetchone() == (100 / 5,)
    release.commit()
