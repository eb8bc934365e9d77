"""MOCs in and out, of polygons, visits, patches and rows; mocpy is the oracle."""

import json

import astropy.units as u
import numpy as np
import psycopg
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st
from mocpy import MOC

from skytract.udf.sky.hpx29 import hpx29
from skytract.udf.sky.moc import moc, moc_json, moc_text, polygon_moc, read_multirange
from tests.fill_table import fill_table
from tests.fix_db import Connect
from tests.sky.crowd import crowd, fill_sky
from tests.sky.positions import offset

cells = st.integers(0, 29).flatmap(
    lambda order: st.tuples(st.just(order), st.integers(0, 12 * 4**order - 1))
)


@pytest.fixture(scope="module")
def reader(module_connect: Connect) -> psycopg.Connection:
    fill_sky(module_connect("owner"))
    return module_connect("reader", autocommit=True)


def ranges_of(other: MOC) -> list[tuple[int, int]]:
    """Ranges of hpx29 of a MOC of mocpy."""
    return [(int(lo), int(hi)) for lo, hi in other.to_depth29_ranges]


@settings(max_examples=100, deadline=None)
@given(st.lists(cells, min_size=1, max_size=30))
def test_agrees_with_mocpy_in_and_out(parts: list[tuple[int, int]]) -> None:
    text = " ".join(f"{order}/{cell}" for order, cell in parts)
    listed: dict[str, list[int]] = {}
    for order, cell in parts:
        listed.setdefault(str(order), []).append(cell)
    orders, pixels = np.array(parts, dtype=np.uint64).T
    ours, theirs = moc(text), MOC.from_healpix_cells(pixels, orders.astype(np.uint8), 29)
    assert moc(json.dumps(listed)) == ours
    assert read_multirange(ours) == ranges_of(theirs)
    assert ranges_of(MOC.from_string(moc_text(ours))) == ranges_of(theirs)
    assert ranges_of(MOC.from_json(json.loads(moc_json(ours)))) == ranges_of(theirs)
    assert moc(moc_text(ours)) == moc(moc_json(ours)) == ours
    assert moc(theirs.to_string()) == ours


def test_ways_to_write_a_moc() -> None:
    assert moc("3/1-3,5") == moc("3/1 2 3 5") == moc(" 3 / 1, 2,3\n5 7/") == moc('{"3":[5,1,2,3]}')
    assert moc("") == moc("{}") == moc("5/") == "{}"
    assert moc("0/0-11") == moc("29/0-3458764513820540927") == "{[0,3458764513820540928)}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1-3", "'1-3' is no part of a MOC: write an order"),
        ("3/1-x", "'1-x' is no part"),
        ("3/-1", "'-1' is no part"),
        ("30/1", "order 30 of a MOC is outside 0 to 29"),
        ("1/48", "cells 48 to 48 are not among the 48 of order 1"),
        ("1/7-5", "cells 7 to 5 are not"),
        ('{"3": 1}', "no MOC in JSON"),
        ('{"3": [1', "no MOC in JSON"),
        ('{"x": [1]}', "no MOC in JSON"),
        ('{"3": [-1]}', "cells -1 to -1"),
    ],
)
def test_refuses_what_is_no_moc(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        moc(text)


@pytest.mark.parametrize(
    "multirange", ["{[-4,4)}", "{(,4)}", "{[4,)}", "{[0,3458764513820540929)}"]
)
def test_refuses_ranges_that_are_no_keys(reader: psycopg.Connection, multirange: str) -> None:
    for function in ("moc_text(%s)", "moc_json(%s)", "in_moc(5, %s)"):
        with pytest.raises(psycopg.errors.ExternalRoutineException, match="is no MOC"):
            reader.execute(f"SELECT sky.{function}", (multirange,))


@pytest.mark.parametrize("centre", [(0.0, 0.0), (10.0, 90.0), (200.0, -60.0), (45.0, 41.8)])
@pytest.mark.parametrize(("size", "order"), [(0.2, 12), (20.0, 5), (0.001, 20)])
def test_moc_of_a_polygon(centre: tuple[float, float], size: float, order: int) -> None:
    """Every cell that mocpy finds, and none that is a cell away from those."""
    angle = np.array([1.0, 0.3, 1.0, 0.5, 1.0]) * size
    ra, dec = offset(*centre, angle, np.arange(5) * 1.2)
    ours = polygon_moc(np.ravel(np.column_stack([ra, dec])).tolist(), order)
    theirs = MOC.from_polygon_skycoord(SkyCoord(ra, dec, unit="deg"), max_depth=order)
    found = MOC.from_string(moc_text(ours))
    assert theirs.difference(found).empty()
    assert found.difference(theirs.add_neighbours()).empty()


def test_polygon_moc_refuses_more_cells_than_memory_holds() -> None:
    """An outline of a degree, in cells of 0.4 mas; one of 4 mas is covered by them."""
    corners = np.array([0.0, 0.0, 0.25, 0.0, 0.25, 0.25, 0.0, 0.25])
    with pytest.raises(ValueError, match=r"1 degrees long, .* order 29: give max_order = 22"):
        polygon_moc(corners.tolist(), 29)
    assert " 29/" in moc_text(polygon_moc((1e-6 * corners).tolist(), 29))


def test_polygon_moc_refuses_an_order() -> None:
    with pytest.raises(ValueError, match="max_order = 30"):
        polygon_moc([0, 0, 1, 0, 0, 1], 30)


@pytest.mark.parametrize("order", [3, 9])
def test_search_by_moc(reader: psycopg.Connection, order: int) -> None:
    """Half of the cells that hold the crowd: far more ranges than a plan holds."""
    ra, dec = crowd()
    held = np.unique(hpx29(ra, dec) >> 2 * (29 - order))[::2]
    wanted = MOC.from_healpix_cells(held.astype(np.uint64), np.uint8(order), order)
    rows = reader.execute(
        "SELECT sourceId FROM raw.Source WHERE sky.in_moc(hpx29, sky.moc(%s)) ORDER BY 1",
        (wanted.to_string(),),
    ).fetchall()
    inside = wanted.contains_lonlat(ra * u.deg, dec * u.deg)
    assert [number for (number,) in rows] == np.flatnonzero(inside).tolist()


def test_sets_of_mocs_are_sets_of_ranges(reader: psycopg.Connection) -> None:
    one, other = "3/1-5 6/20000", "3/4-9 7/1"
    row = reader.execute(
        "SELECT sky.moc_text(a + b), sky.moc_text(a * b), sky.moc_text(a - b)"
        " FROM (SELECT sky.moc(%s) AS a, sky.moc(%s) AS b) AS m",
        (one, other),
    ).fetchone()
    assert row is not None
    a, b = MOC.from_string(one), MOC.from_string(other)
    expected = [a.union(b), a.intersection(b), a.difference(b)]
    assert [ranges_of(MOC.from_string(text)) for text in row] == [ranges_of(m) for m in expected]


@pytest.mark.parametrize(
    ("table", "key"),
    [("raw.Source", "hpx29"), ("dr1.Object", "objectId"), ("raw.DiaSource", "hpx29")],
)
def test_coverage_of_rows(reader: psycopg.Connection, table: str, key: str) -> None:
    row = reader.execute(
        "SELECT sky.moc_text(sky.coverage_of_rows(%s, %s, 6))", (table, key)
    ).fetchone()
    keys = reader.execute(f"SELECT {key} >> 46 FROM {table}").fetchall()
    expected = MOC.from_healpix_cells(np.array(keys, np.uint64).reshape(-1), np.uint8(6), 6)
    assert row is not None
    assert ranges_of(MOC.from_string(row[0] or "6/")) == ranges_of(expected)


def test_coverage_of_visits(owner: psycopg.Connection) -> None:
    """Two detectors of one visit and one of another, at RA 0; astropy places the corners."""
    from astropy.wcs import WCS

    places = [(1, 0, 359.95, 10.0), (1, 1, 0.15, 10.0), (2, 0, 45.0, -80.0)]
    visit, detector, ra, dec = np.array(places).T
    expected = {1: MOC.new_empty(12), 2: MOC.new_empty(12)}
    for number, _, *crval in places:
        wcs = WCS(naxis=2)
        wcs.wcs.ctype, wcs.wcs.crpix, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [1000, 500], crval
        wcs.wcs.cd = [[-5e-5, 0.0], [0.0, 5e-5]]
        corners = wcs.pixel_to_world([-0.5, 1999.5, 1999.5, -0.5], [-0.5, -0.5, 999.5, 999.5])
        expected[number] = expected[number].union(MOC.from_polygon_skycoord(corners, max_depth=12))
    n = len(places)
    fill_table(
        owner,
        "raw.visitdetector",
        visit=visit.astype(int),
        detector=detector.astype(int),
        band=["r"] * n,
        nx=[2000] * n,
        ny=[1000] * n,
        crpix1=[1000.0] * n,
        crpix2=[500.0] * n,
        crval1=ra,
        crval2=dec,
        cd1_1=[-5e-5] * n,
        cd1_2=[0.0] * n,
        cd2_1=[0.0] * n,
        cd2_2=[5e-5] * n,
    )
    for visits, wanted in (([1], expected[1]), ([2], expected[2]), (None, sum_of(expected))):
        row = owner.execute(
            "SELECT sky.moc_text(sky.coverage_of_visits(%s, 12))", (visits,)
        ).fetchone()
        found = MOC.from_string(row[0] if row else "")
        assert wanted.difference(found).empty()
        assert found.difference(wanted.add_neighbours()).empty()
    row = owner.execute("SELECT sky.coverage_of_visits('{3}')").fetchone()
    assert row is not None and not row[0]


def sum_of(mocs: dict[int, MOC]) -> MOC:
    return mocs[1].union(mocs[2])


def test_coverage_of_patches(module_connect: Connect, reader: psycopg.Connection) -> None:
    owner = module_connect("owner")
    corners = [359.9, 0.0, 0.1, 0.0, 0.1, 0.2, 359.9, 0.2]
    fill_table(
        owner,
        "dr1.coaddpatches",
        lsst_tract=[1],
        lsst_patch=[2],
        s_ra=[0.0],
        s_dec=[0.1],
        s_region=["POLYGON ICRS " + " ".join(map(str, corners))],
    )
    row = owner.execute(
        "SELECT sky.coverage_of_patches('dr1', 10) = sky.polygon_moc(%s, 10),"
        " sky.in_polygon(sky.hpx29(0, 0.1), 0, 0.1, sky.region_vertices(s_region))"
        " FROM dr1.CoaddPatches",
        (corners,),
    ).fetchone()
    owner.rollback()
    assert row == (True, True)
    empty = reader.execute("SELECT isempty(sky.coverage_of_patches('dr1'))").fetchone()
    assert empty == (True,)


@pytest.mark.parametrize(
    "region", ["1 2 3 4 5 6", "Polygon 1 2  3 4 5 6", "POLYGON ICRS 1 2\t3 4 5 6 "]
)
def test_vertices_of_a_region(reader: psycopg.Connection, region: str) -> None:
    row = reader.execute("SELECT sky.region_vertices(%s)", (region,)).fetchone()
    assert row == ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0],)


@pytest.mark.parametrize("order", ["30", "-1", "NULL"])
def test_refuses_orders_of_rows(reader: psycopg.Connection, order: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="is no order of HEALPix"):
        reader.execute(f"SELECT sky.coverage_of_rows('raw.Source', 'hpx29', {order})".encode())
