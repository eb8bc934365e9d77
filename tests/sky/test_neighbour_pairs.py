"""Near neighbours within one table against brute force."""

import numpy as np
import psycopg
import pytest

from tests.fix_db import Connect
from tests.sky.test_cross_match import CENTRES, RADII, angles, around, fill


@pytest.fixture(scope="module")
def reader(module_connect: Connect) -> psycopg.Connection:
    return module_connect("reader", autocommit=True)


@pytest.mark.parametrize("radius", RADII[:6])
def test_finds_each_pair_once(reader: psycopg.Connection, radius: float) -> None:
    catalog = tuple(np.hstack([around(c, radius, 60, 1) for c in CENTRES]))
    fill(reader, "s", catalog)
    rows = reader.execute("SELECT * FROM sky.neighbour_pairs('s', %s)", (radius,)).fetchall()
    angle = angles(catalog, catalog)
    expected = {(int(a), int(b)) for a, b in np.argwhere(angle <= radius) if a < b}
    found = {(a, b) for a, b, _ in rows}
    assert len(found) == len(rows) > 100
    assert all(abs(angle[pair] - radius) < 1e-9 for pair in found ^ expected)
    for a, b, separation in rows:
        assert separation == pytest.approx(angle[a, b], rel=1e-6, abs=1e-9)


def test_a_crowd_and_a_view(reader: psycopg.Connection) -> None:
    """400 rows in one cell go to the tree; a view is read once."""
    catalog = around((0.0, -90.0), 3.0, 400, 2)
    fill(reader, "s", catalog)
    reader.execute("CREATE TEMP VIEW v AS SELECT id AS number, ra AS alpha, dec AS delta FROM s")
    rows = reader.execute(
        "SELECT left_id, right_id FROM sky.neighbour_pairs('v', 1, '{number,alpha,delta}')"
    ).fetchall()
    angle = angles(catalog, catalog)
    assert set(rows) == {(int(a), int(b)) for a, b in np.argwhere(angle <= 1.0) if a < b}


def test_refuses_a_radius_that_explodes(reader: psycopg.Connection) -> None:
    fill(reader, "t", around((10.0, 20.0), 1.0, 40_000, 3))
    with pytest.raises(psycopg.Error, match=r"pairs lie within the radius in one crowd"):
        reader.execute("SELECT * FROM sky.neighbour_pairs('t', 100)")
    with pytest.raises(psycopg.Error, match="the radius is 0 arcsec"):
        reader.execute("SELECT * FROM sky.neighbour_pairs('t', 0)")
