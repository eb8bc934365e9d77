"""Nearest reference stars, against brute force."""

from typing import Any

import numpy as np
import psycopg
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time

from skytract.udf.sky.hpx29 import hpx29
from tests.association.slow_groups import angle
from tests.raw_rows import insert, insert_sources, insert_visits
from tests.sky.positions import offset

Connection = psycopg.Connection[Any]

CENTRES = [(0.0, 0.0), (45.0, 41.8103), (120.0, 89.99995), (0.0, -90.0)]


def stars(release: Connection, ra: Any, dec: Any, catalog: str = "c", **motion: Any) -> None:
    columns = {"catalog": catalog, "refStarId": list(range(len(ra))), "hpx29": hpx29(ra, dec)}
    insert(release, "raw.ReferenceStar", {**columns, "ra": ra, "dec": dec, "loadId": 1, **motion})


def match(release: Connection, radius: float) -> dict[int, tuple[int, float]]:
    rows = release.execute(
        "SELECT sourceId, refStarId, separationArcsec"
        " FROM association.match_reference('c', 'r', %s)",
        (radius,),
    ).fetchall()
    return {source: (star, apart) for source, star, apart in rows}


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("radius", [0.3, 2.0, 40.0])
def test_nearest_as_brute_force_says(
    release: Connection, centre: tuple[float, float], radius: float
) -> None:
    """200 detections and 100 stars within 60 arcsec of places where cells meet."""
    rng = np.random.default_rng(8)
    ra, dec = offset(*centre, rng.uniform(0, 60, 300) / 3600, rng.uniform(0, 2 * np.pi, 300))
    insert_visits(release, [1, 2])
    insert_sources(release, ra[:200], dec[:200], sourceId=np.arange(200), visit=[1, 2] * 100)
    stars(release, ra[200:], dec[200:])
    stars(release, ra[:200], dec[:200], catalog="another")
    found = match(release, radius)
    for n in range(200):
        apart = [angle((ra[n], dec[n]), (ra[m], dec[m])) for m in range(200, 300)]
        if min(apart) <= radius:
            star, separation = found.pop(n)
            assert star == np.argmin(apart)
            assert separation == pytest.approx(min(apart), abs=1e-8)
    assert found == {}


@pytest.mark.parametrize("dec0", [0.0, -70.0, 89.999])
def test_stars_are_where_they_have_moved(release: Connection, dec0: float) -> None:
    """Stars of 0 to 12 arcsec/yr; visits over 26 years see them where astropy does."""
    rng = np.random.default_rng(2)
    ra, dec = offset(0.0, dec0, rng.uniform(0, 300, 40) / 3600, rng.uniform(0, 2 * np.pi, 40))
    size, turn = 12000 * rng.uniform(0, 1, 40) ** 3, rng.uniform(0, 2 * np.pi, 40)
    pm_ra, pm_dec = (size * f(turn) for f in (np.sin, np.cos))
    pm_ra[:3] = np.nan
    stars(release, ra, dec, pmRa=pm_ra, pmDec=pm_dec, epoch=57388.5)
    pm_ra = pm_ra.astype(np.float32).astype(float)
    listed = SkyCoord(
        ra * u.deg,
        dec * u.deg,
        pm_ra_cosdec=np.nan_to_num(pm_ra) * u.mas / u.yr,
        pm_dec=pm_dec.astype(np.float32) * u.mas / u.yr,
        distance=10 * u.pc,
        obstime=Time(57388.5, format="mjd", scale="tdb"),
    )
    expected = []
    for visit, mjd in enumerate([51544.5, 57388.5, 60000.0, 61041.0]):
        insert_visits(release, [visit])
        release.execute("UPDATE raw.Visit SET expMidptMJD = %s WHERE visit = %s", (mjd, visit))
        seen = listed.apply_space_motion(new_obstime=Time(mjd, format="mjd", scale="tdb"))
        places = seen.ra.deg, seen.dec.deg
        insert_sources(release, *places, sourceId=visit * 100 + np.arange(40), visit=[visit] * 40)
        expected += [(visit * 100 + n, n) for n in range(40)]
    found = match(release, 0.05)
    assert {(source, star) for source, (star, _) in found.items()} == set(expected)


def test_other_bands_are_left_out(release: Connection) -> None:
    insert_visits(release, [1])
    insert_visits(release, [2], band="g")
    insert_sources(release, [10.0, 10.0], [5.0, 5.0], sourceId=[1, 2], visit=[1, 2])
    stars(release, [10.0], [5.0])
    assert set(match(release, 1.0)) == {1}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("'unknown', 'r', 1", "no stars of a reference catalog 'unknown' are loaded"),
        ("'c', 'r', 0", "the radius is 0 arcsec"),
        ("'c', 'r', 'NaN'", "the radius is NaN arcsec"),
    ],
)
def test_refusals(release: Connection, query: str, sentence: str) -> None:
    stars(release, [10.0], [5.0])
    with pytest.raises(psycopg.errors.RaiseException) as refused:
        release.execute(f"SELECT * FROM association.match_reference({query})")
    assert refused.value.diag.message_primary == sentence
    assert refused.value.diag.message_hint


@pytest.mark.parametrize("name", ["star_piece", "star_match"])
def test_own_temporary_tables_are_not_taken(release: Connection, name: str) -> None:
    stars(release, [10.0], [5.0])
    release.execute(f"CREATE TEMPORARY TABLE {name} AS SELECT 1 AS mine")
    with pytest.raises(psycopg.errors.RaiseException, match=f"names that are needed here: {name}"):
        match(release, 1.0)
