"""Visits matched to a reference catalog in the database, on simulated and on real stars."""

from typing import Any

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

from skytract.udf.association.match_pattern import PatternMatch
from skytract.udf.association.match_pattern_on_sky import match_pattern_on_sky
from skytract.udf.sky.hpx29 import hpx29
from skytract.udf.sky.space_motion import move_to_epoch
from tests.fix_db import Connect
from tests.raw_rows import insert, insert_sources, insert_visits

Connection = psycopg.Connection[Any]
Floats = NDArray[np.float64]

RA0, DEC0 = 30.0, -20.0
YEARS = 10.0
LIMITS = (30.0, 0.5, 0.01, 1.0, 1e-4)


def place(points: Floats) -> tuple[Floats, Floats]:
    """Positions [deg] of points near the middle of the field [arcsec], small angles."""
    dec = DEC0 + points[:, 1] / 3600.0
    return RA0 + points[:, 0] / 3600.0 / np.cos(np.radians(dec)), dec


@pytest.fixture
def field(release: Connection) -> Connection:
    """Visits 1 and 2: detectors 0 to 3 of 150 sources, turned about the middle of all by 0.4 deg.

    The catalog has their stars, ten years before, moving at up to a second per year.
    """
    rng = np.random.default_rng(3)
    corner = np.array([[-1, -1], [-1, 0], [0, -1], [0, 0]]) * 400.0
    points = np.concatenate([rng.uniform(0.0, 400.0, (150, 2)) + c for c in corner])
    turn = np.radians(0.4)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    stars = points @ matrix.T + [-12.0, 17.0] + rng.normal(0.0, 0.1, points.shape)
    stars[::2] = rng.uniform(-450.0, 450.0, (300, 2))
    motion = rng.uniform(-1000.0, 1000.0, stars.shape)

    insert_visits(release, [1, 2])
    insert(
        release,
        "raw.VisitDetector",
        {"visit": [1, 1, 1], "detector": [1, 2, 3], "band": "r", "nx": 1, "ny": 1, "loadId": 1},
    )
    ra, dec = place(points)
    for visit in (1, 2):
        ids = 1000 * visit + np.arange(600)
        flux = np.linspace(1000.0, 1.0, 600)
        columns = {"visit": visit, "detector": np.repeat(range(4), 150), "psfInstFlux": flux}
        insert_sources(release, ra, dec, sourceId=ids, **columns)
    moved = place(stars - YEARS * motion / 1000.0)
    insert(
        release,
        "raw.ReferenceStar",
        {
            "catalog": "c",
            "refStarId": np.arange(600),
            "hpx29": hpx29(*moved),
            "ra": moved[0],
            "dec": moved[1],
            "pmRa": motion[:, 0],
            "pmDec": motion[:, 1],
            "epoch": 60001.0 - YEARS * 365.25,
            "r_flux": np.linspace(9.0, 1.0, 600),
            "loadId": 1,
        },
    )
    return release


def match(connection: Connection, call: str) -> dict[str, Any]:
    cursor = connection.execute(f"SELECT * FROM association.match_visit({call})")
    assert cursor.description is not None
    (row,) = cursor.fetchall()
    return {c.name: value for c, value in zip(cursor.description, row, strict=True)}


def test_a_visit(field: Connection) -> None:
    found = match(field, "'c', 1")
    assert found["matched"] and (found["nsource"], found["nstar"]) == (600, 600)
    assert found["rotation"] == pytest.approx(0.4, abs=0.002)
    assert found["scale"] == pytest.approx(1.0, abs=3e-5)
    assert found["rmsarcsec"] == pytest.approx(0.1, rel=0.15)
    assert found["chanceprobability"] < 1e-100
    right = np.array(found["sourceid"]) - 1000 == np.array(found["refstarid"])
    assert right.sum() >= 297 and (~right).sum() <= 5
    assert found["nmatched"] == len(right)


def test_the_order_of_rows_does_not_matter_to_the_last_bit(field: Connection) -> None:
    answer = match(field, "'c', 1")
    for table in ("raw.Source", "raw.ReferenceStar"):
        field.execute(f"CREATE TEMPORARY TABLE shuffled AS SELECT * FROM {table}")
        field.execute(f"DELETE FROM {table}")
        field.execute(f"INSERT INTO {table} SELECT * FROM shuffled ORDER BY md5(hpx29::text)")
        field.execute("DROP TABLE shuffled")
    assert match(field, "'c', 1") == answer


def test_one_detector_and_each(field: Connection) -> None:
    each = field.execute(
        "SELECT d.detector, m.matched, m.nSource, m.sourceId, m.refStarId"
        " FROM raw.VisitDetector AS d"
        " CROSS JOIN LATERAL association.match_visit('c', d.visit, ARRAY[d.detector]) AS m"
        " WHERE d.visit = 1 ORDER BY 1"
    ).fetchall()
    for detector, (number, matched, sources, ids, stars) in enumerate(each):
        assert (number, matched, sources) == (detector, True, 150)
        assert set(np.array(ids) - 1000) <= set(range(150 * number, 150 * number + 150))
        assert np.sum(np.array(ids) - 1000 == np.array(stars)) >= 73
    two = match(field, "'c', 1, '{1,2}'")
    assert two["nsource"] == 300 and two["matched"]


def test_many_visits(field: Connection) -> None:
    rows = field.execute(
        "SELECT v.visit, p.sourceId, p.refStarId FROM raw.Visit AS v"
        " CROSS JOIN LATERAL association.match_visit('c', v.visit) AS m"
        " CROSS JOIN LATERAL unnest(m.sourceId, m.refStarId) AS p (sourceId, refStarId)"
    ).fetchall()
    visit, source, star = np.array(rows).T
    assert set(visit) == {1, 2} and (source // 1000 == visit).all()
    assert np.sum(source % 1000 == star) >= 2 * 297


def test_the_same_in_memory(field: Connection) -> None:
    found = match(field, "'c', 1, '{3}'")
    sources = field.execute(
        "SELECT sourceId, ra, dec, psfInstFlux FROM raw.Source WHERE visit = 1 AND detector = 3"
        " ORDER BY sourceId"
    ).fetchall()
    stars = np.array(
        field.execute(
            "SELECT refStarId, ra, dec, r_flux, pmRa, pmDec, epoch FROM raw.ReferenceStar"
            " ORDER BY refStarId"
        ).fetchall()
    )
    mjd = field.execute("SELECT expMidptMJD FROM raw.Visit WHERE visit = 1").fetchone()
    assert mjd is not None
    ra, dec = move_to_epoch(*stars[:, [1, 2, 4, 5, 6]].T, mjd[0])
    ids, *columns = zip(*sources, strict=True)
    tangent = found.pop("tangentra"), found.pop("tangentdec")
    expected = match_pattern_on_sky(
        *tangent, ids, *columns, stars[:, 0].astype(int), ra, dec, stars[:, 3], *LIMITS
    )
    assert isinstance(expected, PatternMatch)
    for name, value in expected._asdict().items():
        assert found[name.lower()] == pytest.approx(value, rel=1e-4, abs=1e-9), name


def test_the_plane_in_the_database(release: Connection) -> None:
    """Defaults are those of a semi-blind match; fluxes may be unknown."""
    row = release.execute(
        "SELECT matched, nMatched, sourceId, refStarId, round(shiftXi::numeric, 6)"
        " FROM association.match_pattern('{1,2,3,4,5}', '{0,100,250,30,170}', '{0,40,10,200,120}',"
        " NULL, '{11,12,13,14,15}', '{5,105,255,35,175}', '{0,40,10,200,120}', NULL)"
    ).fetchone()
    assert row == (True, 5, [1, 2, 3, 4, 5], [11, 12, 13, 14, 15], 5)


def test_positions_follow_the_wcs(field: Connection) -> None:
    """Where there are pixels and a WCS, what the loader took for the position does not count."""
    field.execute(
        "UPDATE raw.VisitDetector SET crpix1 = 1, crpix2 = 1, crval1 = %s, crval2 = %s,"
        " cd1_1 = -1.0 / 3600, cd1_2 = 0, cd2_1 = 0, cd2_2 = 1.0 / 3600 WHERE visit = 1",
        (RA0, DEC0),
    )
    field.execute(
        "UPDATE raw.Source SET x = (%s - ra) * 3600 * cosd(dec), y = (dec - %s) * 3600, ra = ra + 1"
        " WHERE visit = 1 AND detector < 3",
        (RA0, DEC0),
    )
    found = match(field, "'c', 1")
    assert found["matched"] and found["nmatched"] > 290


def test_what_does_not_count(field: Connection) -> None:
    """Blends that were deblended further, and bad centroids."""
    field.execute(
        "UPDATE raw.Source SET detect_isPrimary = sourceId % 10 > 0, centroid_flag ="
        " sourceId % 10 = 1 WHERE visit = 1"
    )
    found = match(field, "'c', 1")
    assert found["nsource"] == 480 and not set(np.array(found["sourceid"]) % 10) & {0, 1}


def test_nothing_to_match(field: Connection) -> None:
    field.execute("DELETE FROM raw.Source WHERE visit = 1")
    found = match(field, "'c', 1")
    assert (found["nsource"], found["nstar"], found["matched"]) == (0, 0, False)
    assert found["tangentra"] is None and found["transform"] is None
    field.execute("UPDATE raw.Source SET dec = dec + 10")
    far = match(field, "'c', 2")
    assert (far["nsource"], far["nstar"], far["matched"]) == (600, 0, False)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("'c', 5", "there is no visit 5"),
        ("'unknown', 1", "no stars of a reference catalog 'unknown' are loaded"),
        ("'c', 1, max_shift_arcsec => 0", "ValueError: max_shift_arcsec is 0.0: give"),
        ("'c', 1, tolerance_arcsec => 'NaN'", "ValueError: tolerance_arcsec is nan: give"),
    ],
)
def test_refusals(field: Connection, call: str, sentence: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        field.execute(f"SELECT * FROM association.match_visit({call})".encode())
    assert str(refused.value.diag.message_primary).startswith(sentence)


def test_readers_may_match(connect_to: Connect) -> None:
    arrays = ", ".join(["'{}'"] * 8)
    reader = connect_to("reader")
    row = reader.execute(f"SELECT matched FROM association.match_pattern({arrays})").fetchone()
    assert row == (False,)


WRONG = """
WITH middle AS (SELECT avg(ra) AS ra, avg(dec) AS "dec" FROM raw.Source)
UPDATE raw.Source AS s
SET ra = m.ra + cosd(0.4) * (s.ra - m.ra)
        - (sind(0.4) * (s.dec - m.dec) - 20 / 3600.0) / cosd(m.dec),
    dec = m.dec + sind(0.4) * (s.ra - m.ra) * cosd(m.dec) + cosd(0.4) * (s.dec - m.dec) - 4 / 3600.0
FROM middle AS m
"""
"""Turns the detections by 0.4 deg about their middle, and moves them 20.4 arcsec."""


def test_real_stars(hsc_counts: Connect) -> None:
    """A detector of Hyper Suprime-Cam and Pan-STARRS, 20 arcsec and 0.4 deg off.

    The truth is what lies within 0.5 arcsec by the published WCS.
    """
    owner = hsc_counts("owner")
    near = "SELECT sourceId, refStarId FROM association.match_reference('ps1_pv3', 'i', 0.5)"
    truth = set(owner.execute(near.encode()).fetchall())
    owner.execute(WRONG)
    found = match(owner, "'ps1_pv3', 903986, '{31}'")
    owner.rollback()
    assert found["matched"] and found["chanceprobability"] < 1e-50
    assert found["rotation"] == pytest.approx(-0.4, abs=0.003)
    assert found["scale"] == pytest.approx(1.0, abs=1e-4)
    assert found["shiftxi"] == pytest.approx(-20.0, abs=0.5)
    assert found["shifteta"] == pytest.approx(4.0, abs=0.5)
    pairs = set(zip(found["sourceid"], found["refstarid"], strict=True))
    assert len(pairs & truth) > 0.97 * len(pairs)
    assert len(pairs & truth) > 0.7 * len(truth)
