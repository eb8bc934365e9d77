"""Joint fits in the database: known zero points, islands, and what is written."""

import json

import numpy as np
import pytest

from skytract.udf.sky.hpx29 import hpx29
from tests.calibration.photometry_field import (
    STARS,
    VISITS,
    ZERO_POINTS,
    Connection,
    field,
    fit,
    zero_points,
)
from tests.raw_rows import insert

__all__ = ["field"]


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


def test_counts_are_brought_to_the_standard_passband(field: Connection) -> None:
    """Visits have passbands of their own, stars spectra: one without spectrum is left out."""
    field.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt) VALUES"
        " ('night', 'passband', '{}', 'test', now()),"
        " ('spectra', 'sed', '{\"passbands\": \"night\"}', 'test', now())"
    )
    ids = dict(field.execute("SELECT name, solutionId FROM calibration.Solution").fetchall())
    visits, stars = np.arange(1, 9), np.arange(1, STARS)
    slope, colour = 0.05 * np.sin(visits).astype(np.float32), (stars / 20 - 1).astype(np.float32)
    fixed = {"band": "r", "basisRms": 0} | {f"c{k}": 0 for k in range(2, 11)}
    passbands = {"solutionId": ids["night"], "visit": visits, "detector": 0, "c1": slope}
    insert(field, "calibration.PassbandCoefficient", fixed | passbands)
    spectra = {"solutionId": ids["spectra"], "objectId": stars, "g1": colour, "band": "r"}
    spectra |= {f"g{k}": 0 for k in range(2, 11)}
    insert(field, "calibration.ObjectChrom", spectra)
    field.execute(
        "UPDATE raw.Source AS s SET psfInstFlux = psfInstFlux * (1 + c.c1 * g.g1)"
        " FROM public.groups AS o, calibration.PassbandCoefficient AS c,"
        " calibration.ObjectChrom AS g WHERE o.sourceId = s.sourceId"
        " AND g.objectId = o.objectId AND c.visit = s.visit"
    )
    assert fit(field, "star_flats => false, seds => 'spectra'") == 6
    found = zero_points(field)
    off = np.array([found[visit] - ZERO_POINTS[visit - 1] for visit in VISITS])
    assert np.abs(off).max() < 1e-3  # as without the passbands
    ((scatter, last),) = field.execute(
        "SELECT max(r_scatter) FILTER (WHERE class = 'star'), max(starId)"
        " FROM calibration.CalibrationStar"
    ).fetchall()
    assert scatter < 3e-3  # of 1.1 mmag; passbands alone make 20 mmag
    assert last == STARS - 1


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
