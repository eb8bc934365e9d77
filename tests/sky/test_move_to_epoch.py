"""Stars at another time: against astropy on Hipparcos, and SQL against numpy."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import psycopg
import pytest
from astropy.coordinates import SkyCoord
from astropy.time import Time
from numpy.typing import NDArray

from skytract.udf.sky.space_motion import move_to_epoch
from tests.fix_db import Connect
from tests.sky.positions import awkward_positions, unit_vectors

Connection = psycopg.Connection[Any]
Floats = NDArray[np.float64]
HIPPARCOS = 48348.5625
"""J1991.25 [MJD]."""

FIELDS = (8, 9, 11, 12, 13)
"""RA, Dec [deg], parallax [mas], proper motion in RA times cos(dec) and in Dec [mas/yr]."""


@pytest.fixture(scope="module")
def hipparcos(shared_data: Callable[..., Path]) -> Floats:
    """The columns of FIELDS of the bright stars, shape (5, n)."""
    with gzip.open(shared_data("hipparcos_bright", "hip_main.dat.gz"), "rt") as file:
        rows = [[line.split("|")[k] for k in FIELDS] for line in file]
    return np.array([row for row in rows if all(v.strip() for v in row)], float).T


@pytest.fixture(scope="module")
def reader(module_connect: Connect) -> Connection:
    return module_connect("reader", autocommit=True)


def in_sql(reader: Connection, *columns: Any) -> tuple[Floats, Floats]:
    """The same by the database."""
    arrays = [np.asarray(c, float).tolist() for c in np.broadcast_arrays(*columns)]
    rows = reader.execute(
        "SELECT m.ra, m.dec FROM unnest(%s::float8[], %s::float8[], %s::float8[], %s::float8[],"
        " %s::float8[], %s::float8[]) AS s (a, d, pa, pd, t0, t1)"
        " CROSS JOIN LATERAL sky.move_to_epoch(s.a, s.d, s.pa, s.pd, s.t0, s.t1) AS m",
        arrays,
    ).fetchall()
    ra, dec = np.array(rows, float).T
    return ra, dec


def apart_mas(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> Floats:
    chord = np.linalg.norm(unit_vectors(*first) - unit_vectors(*second), axis=-1)
    return np.asarray(np.degrees(chord) * 3.6e6)


@pytest.mark.parametrize("years", [8.75, 25.0, -60.0])
def test_hipparcos_as_astropy_says(reader: Connection, hipparcos: Floats, years: float) -> None:
    """To 0.1 mas: without radial velocity only terms of the order of v/c squared are left out."""
    ra, dec, parallax, pm_ra, pm_dec = hipparcos
    assert len(ra) > 9000
    to_mjd = HIPPARCOS + 365.25 * years
    stars = SkyCoord(
        ra * u.deg,
        dec * u.deg,
        distance=1000.0 / np.maximum(parallax, 0.1) * u.pc,
        pm_ra_cosdec=pm_ra * u.mas / u.yr,
        pm_dec=pm_dec * u.mas / u.yr,
        obstime=Time(HIPPARCOS, format="mjd", scale="tdb"),
    )
    moved = stars.apply_space_motion(Time(to_mjd, format="mjd", scale="tdb"))
    truth = moved.ra.deg, moved.dec.deg
    given = ra, dec, pm_ra, pm_dec, HIPPARCOS, to_mjd
    assert apart_mas(truth, move_to_epoch(*given)).max() < 0.1
    assert apart_mas(truth, in_sql(reader, *given)).max() < 0.1
    assert apart_mas(truth, (ra, dec)).max() > 1000.0 * abs(years)


def test_sql_and_numpy_agree_everywhere(reader: Connection) -> None:
    """At poles and RA 0, for motions of 10 arcsec/yr over 50 years."""
    ra, dec = awkward_positions()
    rng = np.random.default_rng(1)
    motion = rng.normal(0.0, 1e4, (2, len(ra)))
    given = ra, dec, *motion, 60000.0, 60000.0 + rng.normal(0.0, 50.0, len(ra)) * 365.25
    ours, theirs = in_sql(reader, *given), move_to_epoch(*given)
    assert apart_mas(ours, theirs).max() < 1e-6
    for alpha, delta in (ours, theirs):
        assert ((alpha >= 0.0) & (alpha < 360.0)).all()
        assert (abs(delta) <= 90.0).all()


@pytest.mark.parametrize("place", range(2, 6))
def test_a_star_stays_where_its_motion_is_unknown(reader: Connection, place: int) -> None:
    given: list[float | None] = [10.0, 20.0, 0.0, 0.0, 60000.0, 61000.0]
    given[place] = None
    query = "SELECT ra, dec FROM sky.move_to_epoch({})".format(", ".join(["%s::float8"] * 6))
    assert reader.execute(query, given).fetchone() == pytest.approx((10.0, 20.0), abs=1e-13)
    given[place] = float("nan")
    assert reader.execute(query, given).fetchone() == pytest.approx((10.0, 20.0), abs=1e-13)
    assert move_to_epoch(*np.array(given, float)) == pytest.approx((10.0, 20.0), abs=1e-13)


def test_an_unknown_position_stays_unknown(reader: Connection) -> None:
    query = "SELECT ra, dec FROM sky.move_to_epoch(NULL, NULL, 1, 1, 60000, 61000)"
    assert reader.execute(query).fetchone() == (None, None)


def test_it_is_inlined(reader: Connection) -> None:
    """No function is called per row: the plan holds its expression."""
    query = (
        "EXPLAIN VERBOSE SELECT m.ra FROM raw.ReferenceStar AS r CROSS JOIN LATERAL"
        " sky.move_to_epoch(r.ra, r.dec, r.pmRa, r.pmDec, r.epoch, 60000) AS m"
    )
    plan = "\n".join(line for (line,) in reader.execute(query))
    assert "move_to_epoch" not in plan and "atan2" in plan
