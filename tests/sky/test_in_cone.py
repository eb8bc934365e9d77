"""Cones and look-ups by id against brute force, and their plans: pruned, by the primary key."""

import re

import numpy as np
import psycopg
import pytest

from skytract.udf.sky.hpx29 import hpx29
from tests.fill_table import fill_table
from tests.fix_db import Connect
from tests.sky.crowd import CENTRES, crowd, fill_sky, plan_of, scanned
from tests.sky.positions import Floats, offset

RADII = [0.01 / 3600, 1.0 / 3600, 1.0 / 60, 1.0, 30.0, 180.0]
TABLES = {
    "raw.source": "hpx29, ra, dec",
    "dr1.source": "hpx29, ra, dec",
    "dr1.object": "objectId, coord_ra, coord_dec",
}
"""Partitioned tables, and the key and position that a cone is asked of."""


@pytest.fixture(scope="module")
def reader(module_connect: Connect) -> psycopg.Connection:
    """A reader of tables with the crowd in them, in partitions of orders 0 to 3."""
    fill_sky(module_connect("owner"))
    return module_connect("reader", autocommit=True)


def chord(ra: Floats, dec: Floats, centre: tuple[float, float]) -> Floats:
    """Straight-line distance on the unit sphere: the slow definition, without a haversine."""
    lon, lat = np.radians(np.append(ra, centre[0])), np.radians(np.append(dec, centre[1]))
    xyz = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    distance: Floats = np.linalg.norm(xyz[:, :-1] - xyz[:, -1:], axis=0)
    return distance


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("centre", CENTRES)
def test_finds_what_brute_force_finds(
    reader: psycopg.Connection, centre: tuple[float, float], radius: float
) -> None:
    ra, dec = crowd()
    limit, rounding = 2.0 * np.sin(np.radians(radius) / 2.0), 1e-15
    distance = chord(ra, dec, centre)
    rows = reader.execute(
        "SELECT sourceId FROM raw.Source WHERE sky.in_cone(hpx29, ra, dec, %s, %s, %s)",
        (*centre, radius),
    ).fetchall()
    found = np.zeros(ra.size, dtype=bool)
    found[[number for (number,) in rows]] = True
    assert found[distance < limit - rounding].all()
    assert not found[distance > limit + rounding].any()


@pytest.mark.parametrize("centre", CENTRES)
def test_two_formulations_agree(reader: psycopg.Connection, centre: tuple[float, float]) -> None:
    """The predicate, ranges joined row by row, and a scan of everything."""
    circle = {"ra": centre[0], "dec": centre[1], "radius": 0.2}
    predicate = reader.execute(
        "SELECT sourceId FROM raw.Source WHERE sky.in_cone(hpx29, ra, dec, %(ra)s, %(dec)s,"
        " %(radius)s) ORDER BY 1",
        circle,
    ).fetchall()
    joined = reader.execute(
        "SELECT s.sourceId FROM sky.cone(%(ra)s, %(dec)s, %(radius)s) AS c CROSS JOIN LATERAL"
        " (SELECT sourceId, ra, dec FROM raw.Source WHERE hpx29 >= c.lo AND hpx29 < c.hi OFFSET 0)"
        " AS s WHERE sky.separation(s.ra, s.dec, %(ra)s, %(dec)s) <= %(radius)s ORDER BY 1",
        circle,
    ).fetchall()
    scanned = reader.execute(
        "SELECT sourceId FROM raw.Source"
        " WHERE sky.separation(ra, dec, %(ra)s, %(dec)s) <= %(radius)s ORDER BY 1",
        circle,
    ).fetchall()
    assert predicate == scanned == joined and predicate


@pytest.mark.parametrize("table", TABLES)
def test_cone_prunes_while_planning_and_uses_the_primary_key(
    reader: psycopg.Connection, table: str
) -> None:
    """A circle inside one of the 27 partitions touches that one."""
    with reader.transaction():
        # The few rows there lie on two pages: those may be read without an index.
        reader.execute("SET LOCAL enable_seqscan = off")
        plan = plan_of(
            reader, f"SELECT * FROM {table} WHERE sky.in_cone({TABLES[table]}, 12, 34, 0.1)"
        )
    name = table.partition(".")[2]
    cell = int(hpx29(12.0, 34.0)) >> 2 * 28
    assert scanned(plan) == {f"{name}_p1_{cell}"}
    assert re.search(rf"Index (Only )?Scan (using|on) {name}_p1_{cell}_pkey", plan)
    assert "cone" not in plan and "Seq Scan" not in plan


def test_cone_with_parameters_prunes_as_well(reader: psycopg.Connection) -> None:
    """A prepared statement, at its twentieth execution."""
    query = "SELECT * FROM raw.Source WHERE sky.in_cone(hpx29, ra, dec, %s, %s, %s)"
    for number in range(20):
        reader.execute(query, (12.0, 34.0, 0.1 + number / 1000.0), prepare=True)
    reader.execute(
        "PREPARE cone AS SELECT * FROM raw.Source WHERE sky.in_cone(hpx29, ra, dec, $1, $2, $3)"
    )
    plan = plan_of(reader, "EXECUTE cone (12, 34, 0.1)")
    assert len(scanned(plan)) == 1


def test_cones_about_rows_of_a_table_prune_while_running(reader: psycopg.Connection) -> None:
    """The join of ranges: the other partitions are planned and never executed."""
    plan = plan_of(
        reader,
        "SELECT s.* FROM (VALUES (12.0, 34.0), (13.0, 35.0)) AS t (ra, dec)"
        " CROSS JOIN LATERAL sky.cone(t.ra, t.dec, 0.1) AS c"
        " CROSS JOIN LATERAL"
        " (SELECT * FROM raw.Source WHERE hpx29 >= c.lo AND hpx29 < c.hi OFFSET 0) AS s"
        " WHERE sky.separation(s.ra, s.dec, t.ra, t.dec) <= 0.1",
    )
    ran = "\n".join(line for line in plan.splitlines() if "never executed" not in line)
    assert len(scanned(plan)) == 27 and 1 <= len(scanned(ran)) <= 2


@pytest.mark.parametrize("table", ["object", "forcedsource", "source"])
def test_look_up_by_key_prunes(reader: psycopg.Connection, table: str) -> None:
    key = int(hpx29(12.0, 34.0))
    column = "hpx29" if table == "source" else "objectId"
    plan = plan_of(reader, f"SELECT * FROM dr1.{table} WHERE {column} = %s", key)
    assert scanned(plan) == {f"{table}_p1_{key >> 56}"}


def test_circle_over_several_partitions_touches_only_those(reader: psycopg.Connection) -> None:
    """At RA 45, dec 0 four cells meet; 45 deg away nothing is read."""
    plan = plan_of(
        reader, "SELECT * FROM raw.Source WHERE sky.in_cone(hpx29, ra, dec, 45, 0, 0.01)"
    )
    ra, dec = offset(45.0, 0.0, np.full(400, 0.0099), np.linspace(0.0, 6.28, 400))
    keys = hpx29(ra, dec)
    needed = {
        f"source_p{order}_{pixel}"
        for order, pixel in reader.execute(
            "SELECT DISTINCT ord, pixel FROM meta.Partition JOIN unnest(%s::bigint[]) AS k"
            " ON k >= lo AND k < hi WHERE tessellation = 'raw'",
            (keys.tolist(),),
        )
    }
    assert scanned(plan) == needed and len(needed) >= 3


def test_margin_finds_what_has_moved_away_from_its_key(
    module_connect: Connect, reader: psycopg.Connection
) -> None:
    """A row keyed 4.9 arcsec from where it is now; the declared margin is 5 arcsec."""
    owner = module_connect("owner")
    (margin,) = owner.execute("SELECT sky.margin_arcsec()").fetchone() or (None,)
    assert margin == 5.0
    direction = np.linspace(0.0, 2.0 * np.pi, 100)
    ra, dec = offset(200.0, 50.0, np.full(100, 4.9 / 3600.0), direction)
    fill_table(
        owner,
        "raw.source",
        hpx29=hpx29(ra, dec),
        sourceid=np.arange(10**6, 10**6 + 100),
        ra=np.full(100, 200.0),
        dec=np.full(100, 50.0),
    )
    row = owner.execute(
        "SELECT count(*) FROM raw.Source WHERE sky.in_cone(hpx29, ra, dec, 200, 50, 1e-6)"
    ).fetchone()
    owner.rollback()
    assert row == (100,)


@pytest.mark.parametrize(
    ("circle", "message"),
    [
        ("10, 91, 1", "are ra and dec swapped"),
        ("'NaN', 0, 1", "ra = nan"),
        ("0, 0, -0.001", r"radius = -0\.001"),
        ("0, 0, 0", "radius = 0 is no circle"),
        ("0, 0, 181", "give the radius in degrees"),
    ],
)
def test_refuses_what_is_no_circle(reader: psycopg.Connection, circle: str, message: str) -> None:
    query = f"SELECT * FROM raw.Source WHERE sky.in_cone(hpx29, ra, dec, {circle})"
    with pytest.raises(psycopg.errors.ExternalRoutineException, match=message):
        reader.execute(query)


def test_unknown_circle_holds_nothing(reader: psycopg.Connection) -> None:
    query = "SELECT * FROM raw.Source WHERE sky.in_cone(hpx29, ra, dec, 1, 2, NULL)"
    assert reader.execute(query).fetchall() == []
