"""Angles between positions against astropy, from microarcseconds to antipodes, and inlined."""

import numpy as np
import psycopg
import pytest
from astropy.coordinates import angular_separation

from tests.fix_db import Connect
from tests.sky.positions import Floats, offset, uniform_positions


@pytest.fixture(scope="module")
def reader(module_connect: Connect) -> psycopg.Connection:
    return module_connect()


def separation(reader: psycopg.Connection, *positions: Floats) -> Floats:
    """Return sky.separation [deg] of pairs of positions [deg]."""
    rows = reader.execute(
        "SELECT sky.separation(a, b, c, d) FROM unnest(%s::float8[], %s::float8[], %s::float8[],"
        " %s::float8[]) WITH ORDINALITY AS p (a, b, c, d, n) ORDER BY n",
        [position.tolist() for position in positions],
    ).fetchall()
    return np.array([value for (value,) in rows])


def test_agrees_with_astropy(reader: psycopg.Connection) -> None:
    rng = np.random.default_rng(1)
    one, two = uniform_positions(rng, 10_000), uniform_positions(rng, 10_000)
    expected = np.degrees(angular_separation(*np.radians([*one, *two])))
    # Some ten roundings, each to 2**-53 of at most 180 deg, which is 2e-14 deg.
    np.testing.assert_allclose(separation(reader, *one, *two), expected, rtol=0, atol=2e-13)


@pytest.mark.parametrize("dec", [0.0, 41.8, -60.0, 89.0])
@pytest.mark.parametrize("angle", [1e-6 / 3600, 1e-3 / 3600, 1.0 / 3600, 1.0, 179.0])
def test_recovers_a_displacement(reader: psycopg.Connection, dec: float, angle: float) -> None:
    """Rounding of the positions themselves is 360 deg * 2**-53 = 4e-14 deg; two of them count."""
    direction = np.linspace(0.0, 2.0 * np.pi, 50)
    ra, moved = offset(359.9999, dec, np.full(50, angle), direction)
    found = separation(reader, np.full(50, 359.9999), np.full(50, dec), ra, moved)
    np.testing.assert_allclose(found, angle, rtol=1e-14, atol=1e-13)


def test_poles_wrap_and_antipodes(reader: psycopg.Connection) -> None:
    rows = np.array(
        [
            # ra1, dec1, ra2, dec2, angle
            [10.0, 20.0, 10.0, 20.0, 0.0],
            [0.0, 90.0, 123.0, 90.0, 0.0],
            [0.0, 90.0, 77.0, -90.0, 180.0],
            [359.5, 0.0, 0.5, 0.0, 1.0],
            [-0.5, 0.0, 359.5, 0.0, 0.0],
            [10.0, 89.0, 190.0, 89.0, 2.0],
            [30.0, 40.0, 210.0, -40.0, 180.0],
            [30.0, 40.0, 210.0, -40.0 + 1e-7, 180.0 - 1e-7],
        ]
    )
    found = separation(reader, *rows[:, :4].T)
    np.testing.assert_allclose(found, rows[:, 4], rtol=1e-15, atol=2e-14)


def test_is_inlined(reader: psycopg.Connection) -> None:
    plan = reader.execute(
        "EXPLAIN (VERBOSE) SELECT sky.separation(ra, dec, 10, 20) FROM raw.Visit"
    ).fetchall()
    assert "separation" not in str(plan) and "q3c_sindist" in str(plan)


def test_null_is_null(reader: psycopg.Connection) -> None:
    assert reader.execute("SELECT sky.separation(1, 2, NULL, 4)").fetchone() == (None,)
