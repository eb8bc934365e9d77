"""Boxes, ellipses and polygons against spherical trigonometry, and their plans."""

import numpy as np
import psycopg
import pytest

from skytract.udf.sky.hpx29 import hpx29
from tests.fix_db import Connect
from tests.sky import oracle
from tests.sky.crowd import CENTRES, crowd, fill_sky, plan_of, scanned
from tests.sky.positions import Floats, offset

ROUNDING = 1e-15
"""Positions this near to a border [rad] may be on either side."""

SIZES = [0.01 / 3600.0, 1.0 / 60.0, 1.0, 40.0]
SHAPES = {
    "box": "sky.in_box({}, 11.9, 12.1, 33.9, 34.1)",
    "ellipse": "sky.in_ellipse({}, 12, 34, 0.1, 0.02, 30)",
    "polygon": "sky.in_polygon({}, ARRAY[11.9, 33.9, 12.1, 33.9, 12, 34, 12.1, 34.1, 11.9, 34.1])",
    "moc": "sky.in_moc({key}, sky.moc('8/{cell}'))",
}


@pytest.fixture(scope="module")
def reader(module_connect: Connect) -> psycopg.Connection:
    fill_sky(module_connect("owner"))
    return module_connect("reader", autocommit=True)


def found(reader: psycopg.Connection, shape: str, *arguments: object) -> np.ndarray:
    """Tell which of the crowd a predicate finds."""
    places = ", ".join(["%s"] * len(arguments))
    rows = reader.execute(
        f"SELECT sourceId FROM raw.Source WHERE sky.in_{shape}(hpx29, ra, dec, {places})", arguments
    ).fetchall()
    inside = np.zeros(crowd()[0].size, dtype=bool)
    inside[[number for (number,) in rows]] = True
    return inside


BOXES = [
    (350.0, 10.0, -5.0, 5.0),
    (-10.0, 10.0, -90.0, -89.0),
    (0.0, 360.0, 89.0, 90.0),
    (359.9999, 0.0001, -1e-4, 1e-4),
    (90.0, 89.0, 30.0, 50.0),
    (10.0, 200.0, 85.0, 90.0),
    (-500.0, 1000.0, -90.0, 90.0),
    (179.0, 181.0, -42.0, -41.0),
]


@pytest.mark.parametrize("box", BOXES)
def test_box(reader: psycopg.Connection, box: tuple[float, float, float, float]) -> None:
    expected = oracle.in_box(*crowd(), box)
    assert expected.any()
    np.testing.assert_array_equal(found(reader, "box", *box), expected)


@pytest.mark.parametrize("flattening", [1.0, 0.5, 0.01])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("centre", CENTRES)
def test_ellipse(
    reader: psycopg.Connection, centre: tuple[float, float], size: float, flattening: float
) -> None:
    ellipse = (*centre, size, flattening * size, 65.0)
    inside, excess = found(reader, "ellipse", *ellipse), oracle.ellipse_excess(*crowd(), ellipse)
    # Across a narrow ellipse the sum of two distances hardly changes.
    unsure = 4.0 * ROUNDING / (flattening * min(1.0, np.radians(size)))
    assert inside[excess < -unsure].all()
    assert not inside[excess > unsure].any()


def outline(centre: tuple[float, float], size: float, wings: int, inner: float) -> list[float]:
    """Vertices of a star (inner < 1) or a regular polygon about a centre [deg]."""
    direction = np.arange(2 * wings) * np.pi / wings + 0.3
    angle = np.where(np.arange(2 * wings) % 2, inner, 1.0) * size
    return np.ravel(np.column_stack(offset(*centre, angle, direction))).tolist()


@pytest.mark.parametrize("wings", [2, 5])
@pytest.mark.parametrize("inner", [1.0, 0.2])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("centre", CENTRES)
def test_polygon(
    reader: psycopg.Connection, centre: tuple[float, float], size: float, inner: float, wings: int
) -> None:
    vertices = outline(centre, size, wings, inner)
    inside = found(reader, "polygon", vertices)
    np.testing.assert_array_equal(inside, oracle.in_polygon(*crowd(), vertices))
    backwards = np.reshape(vertices, (-1, 2))[::-1].ravel().tolist()
    closed = backwards + backwards[:2]
    np.testing.assert_array_equal(found(reader, "polygon", closed), inside)


def test_edges_of_polygons_are_great_circles(reader: psycopg.Connection) -> None:
    """Between (350, 60) and (10, 60) the edge rises to tan dec = tan 60 / cos 10 at RA 0."""
    top = np.degrees(np.arctan(np.tan(np.radians(60.0)) / np.cos(np.radians(10.0))))
    for dec, inside in ((top - 1e-9, True), (top + 1e-9, False)):
        row = reader.execute(
            "SELECT sky.in_polygon(sky.hpx29(0, %(dec)s), 0, %(dec)s,"
            " ARRAY[350, 60, 10, 60, 0, 40])",
            {"dec": dec},
        ).fetchone()
        assert bool(row and row[0]) is inside


def test_corners_and_edges_belong_to_a_polygon(reader: psycopg.Connection) -> None:
    """Along the equator and a meridian edges are exact."""
    row = reader.execute(
        "SELECT count(*) FROM (VALUES (0, 0), (1, 0), (0, 1), (0.5, 0), (0, 0.3)) AS p (ra, dec)"
        " WHERE sky.in_polygon(sky.hpx29(ra, dec), ra, dec, ARRAY[0, 0, 1, 0, 0, 1])"
    ).fetchone()
    assert row == (5,)


def test_all_that_a_crossing_outline_winds_around_is_inside(reader: psycopg.Connection) -> None:
    """Both halves of a bow tie, and the middle of a pentagram."""
    tie = [0.0, 0.0, 2.0, 2.0, 2.0, 0.0, 0.0, 2.0]
    turns = np.arange(5) * 4.0 * np.pi / 5.0
    star = np.ravel(np.column_stack(offset(10.0, 0.0, np.full(5, 2.0), turns))).tolist()
    row = reader.execute(
        "SELECT sky.in_polygon(sky.hpx29(0.2, 1), 0.2, 1, %(tie)s),"
        " sky.in_polygon(sky.hpx29(1.8, 1), 1.8, 1, %(tie)s),"
        " sky.in_polygon(sky.hpx29(1, 1.8), 1, 1.8, %(tie)s) IS TRUE,"
        " sky.in_polygon(sky.hpx29(10, 0), 10, 0, %(star)s)",
        {"tie": tie, "star": star},
    ).fetchone()
    assert row == (True, True, False, True)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("table", "row"),
    {
        "raw.source": "hpx29, ra, dec",
        "dr1.object": "objectId, coord_ra, coord_dec",
    }.items(),
)
def test_prunes_while_planning_and_uses_the_primary_key(
    reader: psycopg.Connection, shape: str, table: str, row: str
) -> None:
    """A shape inside one of the 27 partitions touches that one."""
    key = row.partition(",")[0]
    condition = SHAPES[shape].format(row, key=key, cell=int(hpx29(12.0, 34.0)) >> 2 * 21)
    with reader.transaction():
        # The few rows there lie on two pages: those would be read without an index.
        reader.execute("SET LOCAL enable_seqscan = off")
        plan = plan_of(reader, f"SELECT * FROM {table} WHERE {condition}")
    name = f"{table.partition('.')[2]}_p1_{int(hpx29(12.0, 34.0)) >> 2 * 28}"
    assert scanned(plan) == {name}
    assert f"{name}_pkey" in plan and "Seq Scan" not in plan
    assert "sky." not in plan and f"in_{shape}" not in plan


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("sky.in_box({}, 1, 2, 10, 5)", "dec_lo = 10.0 is above dec_hi = 5.0"),
        ("sky.in_box({}, 'NaN', 2, 1, 5)", "ra_lo = nan"),
        ("sky.in_box({}, 1, 2, 1, 95)", "dec_hi = 95.0 is outside"),
        ("sky.in_ellipse({}, 1, 2, 0, 0, 0)", "semi_major = 0.0, semi_minor = 0.0"),
        ("sky.in_ellipse({}, 1, 2, 1, 2, 0)", "0 < semi_minor <= semi_major < 90"),
        ("sky.in_ellipse({}, 1, 2, 190, 1, 0)", "semi_major = 190.0"),
        ("sky.in_ellipse({}, 1, 'NaN', 1, 1, 0)", "dec = nan"),
        ("sky.in_ellipse({}, 1, 1, 1, 1, 'Infinity')", "position_angle = inf"),
        ("sky.in_polygon({}, ARRAY[1, 2, 3, 4])", "2 different vertices make no polygon"),
        ("sky.in_polygon({}, '{{}}')", "0 different vertices"),
        ("sky.in_polygon({}, ARRAY[1, 2, 3, 4, 1, 2, 1, 2])", "2 different vertices"),
        ("sky.in_polygon({}, ARRAY[1, 2, 3, 4, 5])", "one more ra than dec"),
        ("sky.in_polygon({}, ARRAY[[1, 2], [3, 4], [5, 9]])", "an array of arrays"),
        ("sky.in_polygon({}, ARRAY[1, 2, 3, 4, 5, NULL])", "holds a NULL"),
        ("sky.in_polygon({}, '{{1, 2, 3, NaN, 5, 6}}')", "vertex 2 is ra = 3.0, dec = nan"),
        ("sky.in_polygon({}, ARRAY[0, 0, 120, 0, 240, 0])", "divide it"),
    ],
)
def test_refuses_what_is_no_region(
    reader: psycopg.Connection, condition: str, message: str
) -> None:
    with pytest.raises(psycopg.errors.ExternalRoutineException, match=message):
        reader.execute("SELECT * FROM raw.Source WHERE " + condition.format("hpx29, ra, dec"))


@pytest.mark.parametrize(
    "condition",
    [
        "sky.in_box(hpx29, ra, dec, NULL, 2, 3, 4)",
        "sky.in_ellipse(hpx29, ra, dec, 1, 2, NULL, 1, 0)",
        "sky.in_polygon(hpx29, ra, dec, NULL)",
        "sky.in_moc(hpx29, NULL)",
    ],
)
def test_an_unknown_region_holds_nothing(reader: psycopg.Connection, condition: str) -> None:
    assert reader.execute(f"SELECT * FROM raw.Source WHERE {condition}").fetchall() == []


def test_rows_without_a_position_are_in_no_region(reader: psycopg.Connection) -> None:
    """NULL and NaN, although the key lies inside."""
    regions = ["box({}, 0, 2, 0, 2)", "ellipse({}, 1, 1, 1, 1, 0)"]
    regions.append("polygon({}, ARRAY[0, 0, 2, 0, 2, 2])")
    for ra, dec in (("NULL", "1"), ("1", "NULL"), ("'NaN'", "1"), ("1", "'NaN'")):
        row = f"sky.hpx29(1.1, 1), {ra}::float8, {dec}::float8"
        for region in regions:
            answer = reader.execute(f"SELECT sky.in_{region.format(row)} IS TRUE").fetchone()
            assert answer == (False,), f"{region} of {row}"


def test_a_region_finds_what_has_moved_away_from_its_key(reader: psycopg.Connection) -> None:
    """Keys 4.9 arcsec from where a position is now."""
    direction = np.linspace(0.0, 2.0 * np.pi, 100)
    keys = hpx29(*offset(200.0, 50.0, np.full(100, 4.9 / 3600.0), direction)).tolist()
    tiny: list[Floats | float] = [199.999, 49.9999, 200.001, 49.9999, 200.0, 50.0001]
    for region, arguments in {
        "box": [199.9999, 200.0001, 49.9999, 50.0001],
        "ellipse": [200.0, 50.0, 1e-5, 1e-6, 10.0],
        "polygon": [tiny],
    }.items():
        places = ", ".join(["%s"] * len(arguments))
        row = reader.execute(
            f"SELECT bool_and(sky.in_{region}(key, 200, 50, {places})) FROM unnest(%s::bigint[])"
            " AS k (key)",
            [*arguments, keys],
        ).fetchone()
        assert row == (True,), region
