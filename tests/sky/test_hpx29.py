"""The sky key against healpy, in numpy and in SQL."""

import healpy
import numpy as np
import psycopg
import pytest

from skytract.udf.sky.hpx29 import hpx29
from tests.fix_db import Connect
from tests.sky.positions import Floats, awkward_positions, uniform_positions

SIDE = 2**29
ROUNDING = 2e-13
"""Rounding of a position in radians and degrees, generously [deg]: four units in the last place of
360 deg. A cell is 1.1e-7 deg wide, so about one position in a million has a choice of two cells."""


def oracle(ra: Floats, dec: Floats) -> np.ndarray:
    """Return the index of healpy."""
    return np.asarray(healpy.ang2pix(SIDE, ra, dec, nest=True, lonlat=True))


def assert_cells_within_rounding(found: np.ndarray, ra: Floats, dec: Floats) -> None:
    """Every cell is healpy's cell of the position, or of one within rounding of it."""
    agrees = found == oracle(ra, dec)
    for east in (-1.0, 0.0, 1.0):
        for north in (-1.0, 0.0, 1.0):
            moved_ra = ra + east * ROUNDING / np.maximum(np.cos(np.radians(dec)), 1e-12)
            moved_dec = np.clip(dec + north * ROUNDING, -90.0, 90.0)
            agrees |= found == oracle(moved_ra, moved_dec)
    assert agrees.all(), list(zip(ra[~agrees], dec[~agrees], strict=True))[:5]


def test_agrees_with_healpy_at_random_positions() -> None:
    ra, dec = uniform_positions(np.random.default_rng(1), 100_000)
    found = hpx29(ra, dec)
    assert np.count_nonzero(found != oracle(ra, dec)) <= 2
    assert_cells_within_rounding(found, ra, dec)


def test_agrees_with_healpy_near_the_poles() -> None:
    rng = np.random.default_rng(2)
    from_pole = 10.0 ** rng.uniform(-9.0, 0.0, 20_000)
    ra, dec = rng.uniform(0.0, 360.0, 20_000), (90.0 - from_pole) * rng.choice([-1.0, 1.0], 20_000)
    assert_cells_within_rounding(hpx29(ra, dec), ra, dec)


def test_awkward_positions_get_a_cell_that_touches_them() -> None:
    """The centre of the cell given is no farther than the largest cell's radius, plus rounding."""
    ra, dec = awkward_positions()
    centre_ra, centre_dec = healpy.pix2ang(SIDE, hpx29(ra, dec), nest=True, lonlat=True)
    colatitude, theta = np.radians(90.0 - dec), np.radians(90.0 - centre_dec)
    turn = np.sin(np.radians(centre_ra - ra) / 2.0) ** 2
    haversine = np.sin((colatitude - theta) / 2.0) ** 2 + np.sin(colatitude) * np.sin(theta) * turn
    limit = healpy.max_pixrad(SIDE) + 1e-15
    assert np.all(2.0 * np.arcsin(np.sqrt(haversine)) <= limit)


def test_right_ascension_counts_modulo_360() -> None:
    """At multiples of 2**-20 deg, where adding a turn is exact."""
    rng = np.random.default_rng(3)
    ra, dec = uniform_positions(rng, 10_000)
    ra = np.round(ra * 2.0**20) / 2.0**20
    assert np.array_equal(hpx29(ra - 360.0, dec), hpx29(ra, dec))
    assert np.array_equal(hpx29(ra + 720.0, dec), hpx29(ra, dec))


def test_children_have_the_parents_index() -> None:
    """An index shifted right by two bits per order is healpy's index of the coarser cell."""
    ra, dec = uniform_positions(np.random.default_rng(4), 1000)
    for order in (0, 1, 7, 20):
        coarse = healpy.ang2pix(2**order, ra, dec, nest=True, lonlat=True)
        assert np.array_equal(hpx29(ra, dec) >> 2 * (29 - order), coarse)


def test_scalars_and_shapes() -> None:
    assert int(hpx29(45.0, 90.0)) == 4**29 - 1
    assert hpx29(np.zeros((2, 3)), 1.0).shape == (2, 3)
    assert hpx29([], []).size == 0


@pytest.mark.parametrize(
    ("ra", "dec"), [(np.nan, 0.0), (np.inf, 0.0), (0.0, np.nan), (0.0, 90.1), (0.0, -91.0)]
)
def test_refuses_what_is_no_position(ra: float, dec: float, module_connect: Connect) -> None:
    with pytest.raises(ValueError, match=r"position 1 is .*correct or drop that row"):
        hpx29([0.0, ra], [0.0, dec])
    with (
        module_connect() as connection,
        pytest.raises(psycopg.errors.NumericValueOutOfRange, match="is no position"),
    ):
        connection.execute("SELECT sky.hpx29(%s, %s)", (ra, dec))


def in_database(connection: psycopg.Connection, ra: Floats, dec: Floats) -> np.ndarray:
    """Return sky.hpx29 of positions."""
    rows = connection.execute(
        "SELECT sky.hpx29(p.ra, p.dec) FROM unnest(%s::float8[], %s::float8[])"
        " WITH ORDINALITY AS p (ra, dec, n) ORDER BY p.n",
        (ra.tolist(), dec.tolist()),
    ).fetchall()
    return np.array([value for (value,) in rows])


def test_sql_and_numpy_agree(module_connect: Connect) -> None:
    """Sines of the two libraries may differ in the last bit: a few in a million positions."""
    ra, dec = uniform_positions(np.random.default_rng(5), 100_000)
    with module_connect() as connection:
        found = in_database(connection, ra, dec)
    assert np.count_nonzero(found != hpx29(ra, dec)) <= 2
    assert_cells_within_rounding(found, ra, dec)


def test_sql_at_awkward_positions(module_connect: Connect) -> None:
    ra, dec = awkward_positions()
    with module_connect() as connection:
        found = in_database(connection, ra, dec)
    different = found != hpx29(ra, dec)
    neighbours = healpy.get_all_neighbours(SIDE, found[different], nest=True)
    assert np.all((neighbours == hpx29(ra, dec)[different]).any(axis=0))


def test_sql_of_null_is_null(module_connect: Connect) -> None:
    with module_connect() as connection:
        row = connection.execute("SELECT sky.hpx29(NULL, 0), sky.hpx29(0, NULL)").fetchone()
    assert row == (None, None)
