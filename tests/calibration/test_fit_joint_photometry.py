"""Joint fits in the database: known zero points, islands, what is written, and refusals."""

import json
from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.udf.calibration.star_flat import star_flat
from skytract.udf.sky.hpx29 import hpx29
from tests.raw_rows import insert, insert_sources, insert_visits

Connection = psycopg.Connection[Any]

VISITS = list(range(1, 7))
ZERO_POINTS = 28 + 0.1 * np.sin(np.arange(1, 9))
STARS = 40
NOISE = 1e-3


@pytest.fixture
def field(release: Connection) -> Connection:
    """Visits 1 to 6 of 40 stars about (0, 10), across ra 0; 7 and 8 of others, without reference.

    Groups are in the table public.groups. The flux of star 5 varies; star 6 has a neighbour 1
    arcsec away; one measurement of star 7 is wrong, one of star 8 flagged.
    """
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(-0.05, 0.05, 2 * STARS) % 360, 10 + rng.uniform(-0.05, 0.05, 2 * STARS)
    dec[STARS:] += 1.0
    ra[9], dec[9] = ra[6], dec[6] + 1 / 3600
    mag = rng.uniform(17, 18, 2 * STARS)
    insert_visits(release, [*VISITS, 7, 8])
    release.execute("CREATE TABLE public.groups (hpx29 bigint, sourceId bigint, objectId bigint)")
    for visit, zero_point in zip([*VISITS, 7, 8], ZERO_POINTS, strict=True):
        rows = np.arange(STARS) + (STARS if visit > 6 else 0)
        counts = 10 ** (0.4 * (zero_point - mag[rows])) * (1 + NOISE * rng.normal(size=STARS))
        if visit <= 6:
            counts[5] *= 1 + 0.3 * (-1) ** visit
            counts[7] *= 1.5 if visit == 3 else 1.0
        insert_sources(
            release, ra[rows], dec[rows], sourceId=1000 * visit + rows, visit=visit,
            x=rng.uniform(0, 99, STARS), y=rng.uniform(0, 199, STARS),
            psfInstFlux=counts, psfInstFluxErr=counts * NOISE, extendedness=0,
            pixelFlags_cr=(rows == 8) & (visit == 2),
        )  # fmt: skip
        groups = {"sourceId": 1000 * visit + rows, "objectId": 1 + rows}
        insert(release, "public.groups", {"hpx29": hpx29(ra[rows], dec[rows]), **groups})
    known = np.arange(0, STARS, 2)
    stars = {"catalog": "truth", "refStarId": 100 + known, "loadId": 1}
    stars |= {"hpx29": hpx29(ra[known], dec[known]), "ra": ra[known], "dec": dec[known]}
    flux = 10 ** (0.4 * (31.4 - mag[known]))
    stars |= {"r_flux": flux, "r_fluxErr": flux * 1e-4}
    insert(release, "raw.ReferenceStar", stars)
    return release


def fit(connection: Connection, options: str = "star_flats => false", name: str = "new") -> int:
    row = connection.execute(
        f"SELECT calibration.fit_joint_photometry('{name}', 'public.groups', 'truth', {options})"
    ).fetchone()
    assert row is not None
    return int(row[0])


def zero_points(connection: Connection, name: str = "new") -> dict[int, float]:
    return dict(
        connection.execute(
            "SELECT visit, zeroPoint FROM calibration.PhotoCalib"
            " JOIN calibration.Solution USING (solutionId) WHERE name = %s",
            (name,),
        ).fetchall()
    )


def test_known_zero_points_are_found(field: Connection) -> None:
    assert fit(field) == 6
    found = zero_points(field)
    off = np.array([found[visit] - ZERO_POINTS[visit - 1] for visit in VISITS])
    # 35 stars of 1.1 mmag noise, six visits: 0.2 mmag; the tie is by 17 stars that are right.
    assert np.abs(off).max() < 1e-3
    ((z, err, n, component),) = field.execute(
        "SELECT zMean, zeroPointErr, nStar, component FROM calibration.PhotoCalib WHERE visit = 1"
    ).fetchall()
    assert z == pytest.approx(10 ** (0.4 * (31.4 - found[1])), rel=1e-12)
    assert 0 < err < 0.005
    assert n > 25
    assert component == 1


def test_images_without_reference_get_no_zero_point_but_a_warning(field: Connection) -> None:
    said: list[str] = []
    field.add_notice_handler(lambda d: said.append(f"{d.severity}: {d.message_primary}"))
    fit(field)
    assert sorted(zero_points(field)) == VISITS
    assert [line for line in said if line.startswith("WARNING")] == [
        "WARNING: no star ties visit/detector 7/0, 8/0 to the reference catalog, so they get no"
        " zero point"
    ]


def test_an_offset_of_an_island_stays_there(field: Connection) -> None:
    """With a reference star of their own, visits 7 and 8 are tied; their counts move only them."""
    ((ra, dec, key),) = field.execute(
        "SELECT ra, dec, hpx29 FROM raw.Source WHERE sourceId = 7041"
    ).fetchall()
    one = {"catalog": ["truth"], "refStarId": 999, "loadId": 1, "hpx29": key, "ra": ra, "dec": dec}
    insert(field, "raw.ReferenceStar", {**one, "r_flux": 10.0**5, "r_fluxErr": 10.0})
    options = "star_flats => false, held_out => 0"
    assert fit(field, options) == 8
    before = zero_points(field)
    field.execute("UPDATE raw.Source SET psfInstFlux = psfInstFlux * 2 WHERE visit >= 7")
    field.execute("UPDATE raw.Source SET psfInstFluxErr = psfInstFluxErr * 2 WHERE visit >= 7")
    assert fit(field, options, "second") == 8
    after = zero_points(field, "second")
    for visit in (*VISITS, 7, 8):
        moved = 2.5 * np.log10(2) if visit >= 7 else 0.0
        assert after[visit] - before[visit] == pytest.approx(moved, abs=1e-7)
    components = field.execute(
        "SELECT DISTINCT component, visit >= 7 FROM calibration.PhotoCalib ORDER BY component"
    ).fetchall()
    assert components == [(1, False), (2, True)]


def test_the_stars_are_a_reference_dataset(field: Connection) -> None:
    fit(field)
    rows = {
        star: rest
        for star, *rest in field.execute(
            "SELECT starId, ra, dec, r_flux, r_fluxErr, r_nObs, r_scatter, class, isHeldOut, g_nObs"
            " FROM calibration.CalibrationStar"
        ).fetchall()
    }
    crowded = {7, 10}  # star 6 and its neighbour 9, by their ids
    assert set(rows) == set(range(1, STARS + 1)) - crowded
    assert rows[6][6] == "variable"
    assert {row[6] for star, row in rows.items() if star != 6} == {"star"}
    assert rows[8][4] == 5  # the wrong one is left out
    assert rows[9][4] == 5  # and the flagged one
    assert rows[1][4] == 6 and rows[1][8] == 0
    scatter = np.median([row[5] for star, row in rows.items() if star != 6])
    assert scatter == pytest.approx(1.0857e-3, rel=0.3)
    assert 0 < sum(row[7] for row in rows.values()) < 12
    truth = dict(field.execute("SELECT refStarId - 99, r_flux FROM raw.ReferenceStar").fetchall())
    for star in set(truth) & set(rows) - {6}:
        assert rows[star][2] == pytest.approx(truth[star], rel=3e-3)
    ((ra, dec),) = field.execute("SELECT ra, dec FROM raw.Source WHERE sourceId = 1000").fetchall()
    assert rows[1][:2] == pytest.approx([ra, dec], abs=1e-9)


def test_bands_without_measurements_have_the_reference_stars_flux(field: Connection) -> None:
    """Stars too bright for one band keep their colours; what was measured is not replaced."""
    field.execute("UPDATE raw.ReferenceStar SET g_flux = 2 * r_flux, g_fluxErr = 0.02 * r_flux")
    field.execute("UPDATE raw.ReferenceStar SET g_flux = 'NaN' WHERE refStarId = 102")
    fit(field)
    found = field.execute(
        "SELECT c.starId, c.g_flux, c.g_fluxErr, c.g_nObs, c.r_nObs, r.r_flux"
        " FROM calibration.CalibrationStar AS c"
        " LEFT JOIN raw.ReferenceStar AS r ON r.refStarId = c.starId + 99"
        " ORDER BY c.starId"
    ).fetchall()
    known = [row for row in found if row[5] is not None and row[0] != 3]
    assert len(known) == 18  # of twenty the crowded one, 7, is none of these stars
    for _, flux, err, n, measured, truth in known:
        assert (flux, n) == (pytest.approx(2 * truth), 0)
        assert err == pytest.approx(0.02 * truth)
        assert measured > 1
    assert {row[1] for row in found if row not in known} == {None}


def test_what_was_done_is_recorded(field: Connection) -> None:
    fit(field)
    ((parameters,),) = field.execute(
        "SELECT parameters FROM calibration.Solution WHERE name = 'new'"
    ).fetchall()
    known = json.loads(parameters)
    report = known["report"]["r"]
    assert known["groups"] == "public.groups" and known["seds"] is None
    assert report["nComponents"] == 2
    assert report["repeatabilityMmag"] == pytest.approx(report["noiseMmag"], rel=0.6)


def test_a_second_solution_leaves_the_first(field: Connection) -> None:
    fit(field)
    before = zero_points(field)
    fit(field, "min_snr => 100, star_flats => false", "second")
    assert zero_points(field) == before


def test_star_flat_in_sql_is_that_outside(release: Connection) -> None:
    rng = np.random.default_rng(2)
    for _ in range(5):
        c, (x, y) = rng.normal(size=10), rng.uniform(-5, 105, 2)
        ((found,),) = release.execute(
            "SELECT calibration.star_flat(%s::float8[], 100, 90, %s, %s)", (c.tolist(), x, y)
        ).fetchall()
        # Horner's rule there, products of polynomials here.
        assert found == pytest.approx(float(star_flat(c, 100, 90, x, y)), rel=1e-11, abs=1e-11)


@pytest.mark.parametrize(
    ("call", "message", "hint"),
    [
        ("'new', 'dr7', 'truth'", "there is neither a release nor a table 'dr7'", "Name a release"),
        ("'new', NULL, 'truth'", "there is neither a release nor a table NULL", "Name a release"),
        ("'new', 'dr1', 'truth'", "'dr1' has no groups of sources", "Associate its sources"),
        ("'new', 'public.groups', 'gaia'", "no stars of a reference catalog 'gaia'", "Load it"),
        (
            "'new', 'public.groups', 'truth', seds => 'none'",
            "there is no solution of kind sed named 'none'",
            "",
        ),
        (
            "'new', 'public.groups', 'truth', bands => '{r,q}'",
            "bands are {r,q}",
            "Give bands of u g r i z y",
        ),
        (
            "'new', 'public.groups', 'truth', min_snr => 1e6",
            "none of the groups of 'public.groups' is a clean star",
            "Lower min_snr",
        ),
        (
            "'new', 'public.groups', 'truth', bands => '{g}'",
            "none of the groups of 'public.groups' is a clean star",
            "Lower min_snr",
        ),
        ("'new', 'public.groups', 'truth', held_out => 2", "held_out is 2", "0 to 0.5"),
        ("'new', 'public.groups', 'truth', bands => '{r,r}'", "bands are {r,r}", "each once"),
        ("NULL, 'public.groups', 'truth'", "a calibration solution has no name: NULL", "Give it"),
        ("' ', 'public.groups', 'truth'", "a calibration solution has no name: ' '", "Give it"),
        ("'new', 'raw.Visit', 'truth'", "lacks integer columns hpx29, sourceId", "Give one row"),
    ],
)
def test_refusals(field: Connection, call: str, message: str, hint: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException) as caught:
        field.execute(f"SELECT calibration.fit_joint_photometry({call})")
    assert message in str(caught.value.diag.message_primary)
    assert hint in str(caught.value.diag.message_hint)


@pytest.mark.parametrize(
    "name", ["photometry_star", "calibration_star_source", "photometry_image", "photometry_pair"]
)
def test_a_temporary_table_of_ones_own_is_left_alone(field: Connection, name: str) -> None:
    field.execute(f"CREATE TEMPORARY TABLE {name} AS SELECT 1 AS mine")
    with pytest.raises(psycopg.errors.RaiseException) as caught, field.transaction():
        fit(field)
    assert caught.value.diag.message_primary == (
        f"this session has temporary tables of names that are needed here: {name}"
    )
    assert "Rename yours" in str(caught.value.diag.message_hint)
    assert field.execute(f"SELECT mine FROM pg_temp.{name}").fetchall() == [(1,)]


def test_a_reference_star_is_where_it_is_at_the_stars_own_time(field: Connection) -> None:
    """Of 9 arcsec a year: visits 7 and 8 are ten years after the others, and it 90 arcsec away."""
    field.execute("UPDATE raw.Visit SET expMidptMJD = 60000 + 3652.5 WHERE visit >= 7")
    ((ra, dec),) = field.execute("SELECT ra, dec FROM raw.Source WHERE sourceId = 7041").fetchall()
    one = {"catalog": ["truth"], "refStarId": 999, "loadId": 1, "epoch": 60000.0, "ra": ra}
    one |= {
        "dec": dec - 90 / 3600,
        "hpx29": int(hpx29(ra, dec - 90 / 3600)),
        "pmRa": 0,
        "pmDec": 9000,
    }
    insert(field, "raw.ReferenceStar", {**one, "r_flux": 10.0**5, "r_fluxErr": 10.0})
    assert fit(field, "star_flats => false, held_out => 0") == 8
    # Of the stars listed without motion, none is lost or mistaken.
    matched = field.execute(
        "SELECT calibration.select_calibration_stars('public.groups', '{r}'),"
        " calibration.locate_calibration_stars('truth', 0.5, 0)"
    ).fetchall()
    pairs = field.execute(
        "SELECT star, refStarId FROM pg_temp.photometry_star WHERE refStarId IS NOT NULL"
    ).fetchall()
    assert matched[0][1] == len(pairs)
    assert set(pairs) == {(k + 1, 100 + k) for k in range(0, STARS, 2) if k != 6} | {(42, 999)}


def test_a_visit_without_passband_is_refused(field: Connection) -> None:
    field.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt) VALUES"
        " ('night', 'passband', '{}', 'test', now()),"
        " ('spectra', 'sed', '{\"passbands\": \"night\"}', 'test', now())"
    )
    with pytest.raises(psycopg.errors.RaiseException) as caught:
        fit(field, "seds => 'spectra'")
    assert caught.value.diag.message_primary == (
        "visit/detector 1/0, 2/0, 3/0, 4/0, 5/0, 6/0, 7/0, 8/0 have no passband in 'night'"
    )
    assert "skytract sed passbands" in str(caught.value.diag.message_hint)


def test_no_tie_at_all_is_refused(field: Connection) -> None:
    field.execute("UPDATE raw.ReferenceStar SET r_flux = NULL")
    with pytest.raises(psycopg.errors.RaiseException, match="no visit-detector is tied to a ref"):
        fit(field)
