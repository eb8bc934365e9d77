"""Zero points fitted in the database: published numbers of a real detector, refusals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits

from skytract.udf.sky.hpx29 import hpx29
from tests.fix_db import Connect
from tests.fix_hsc import COUNTS, read_afw
from tests.raw_rows import insert, insert_sources, insert_visits

Connection = psycopg.Connection[Any]

ZERO_POINT, COLOUR_TERM = 28.0, -0.05


def test_published_zero_point_of_a_real_detector(hsc_counts: Connect) -> None:
    """Counts to Pan-STARRS i: 30.59 + 0.091 (r-i), 0.020 mag rms, 132 stars (published)."""
    manager = hsc_counts("manager")
    manager.execute("SELECT calibration.fit_photometry('ps1', 'ps1_pv3', '{i}', '{r-i}')")
    ((visit, detector, zero_point, zero_err, term, term_err, rms, n, z_mean),) = manager.execute(
        "SELECT visit, detector, zeroPoint, zeroPointErr, colourTerm, colourTermErr, rms, nStar,"
        " zMean"
        " FROM calibration.PhotoCalib JOIN calibration.Solution USING (solutionId)"
        " WHERE name = 'ps1'"
    ).fetchall()
    manager.rollback()
    assert (visit, detector) == (903986, 31)
    assert zero_point == pytest.approx(30.59, abs=0.01)
    assert term == pytest.approx(0.091, abs=0.01)
    assert n >= 130
    assert rms <= 0.021
    assert 0 < zero_err < 0.01 and 0 < term_err < 0.01
    assert z_mean == pytest.approx(10 ** (0.4 * (31.4 - zero_point)), rel=1e-12)


def test_another_way_to_the_same_line(hsc_counts: Connect, hsc_folder: Path) -> None:
    """Files read and matched by astropy; bright stars only, a plain line, 3-sigma clipping."""
    table, flags = read_afw(hsc_folder / COUNTS)
    shards = [fits.getdata(file) for file in sorted(hsc_folder.glob("ps1_pv3*"))]
    star = {
        name: np.concatenate([np.asarray(shard[name], float) for shard in shards])
        for name in ("coord_ra", "coord_dec", "r_flux", "i_flux")
    }
    flux = np.asarray(table["base_PsfFlux_instFlux"], float)
    good = flags["detect_isPrimary"] & ~flags["base_PixelFlags_flag_saturated"]
    good &= table["base_ClassificationExtendedness_value"] < 0.5
    good &= flux > 100 * table["base_PsfFlux_instFluxErr"]
    here = SkyCoord(table["coord_ra"][good], table["coord_dec"][good], unit="rad")
    index, apart, _ = here.match_to_catalog_sky(
        SkyCoord(star["coord_ra"], star["coord_dec"], unit="rad")
    )
    r, i = (31.4 - 2.5 * np.log10(star[f"{band}_flux"][index]) for band in "ri")
    value, colour = i + 2.5 * np.log10(flux[good]), r - i
    kept = (apart.arcsec < 0.5) & np.isfinite(value + colour)
    for _ in range(10):
        line = np.polyfit(colour[kept], value[kept], 1)
        residual = value - np.polyval(line, colour)
        kept &= np.abs(residual) < 3 * np.std(residual[kept])
    manager = hsc_counts("manager")
    manager.execute("SELECT calibration.fit_photometry('ps1', 'ps1_pv3', '{i}', '{r-i}')")
    ((zero_point, term),) = manager.execute(
        "SELECT zeroPoint, colourTerm FROM calibration.PhotoCalib"
    ).fetchall()
    manager.rollback()
    assert zero_point == pytest.approx(line[1], abs=0.01)
    assert term == pytest.approx(line[0], abs=0.01)


@pytest.fixture
def field(release: Connection) -> Connection:
    """Visits 1 (40 stars) and 2 (4 stars) in r, of a known zero point; a catalog 'truth'."""
    rng = np.random.default_rng(1)
    ra, dec = 10 + rng.uniform(-0.1, 0.1, 40), rng.uniform(-0.1, 0.1, 40)
    g, r = rng.uniform(18, 21, 40), rng.uniform(17, 20, 40)
    insert_visits(release, [1, 2])
    counts = 10 ** (0.4 * (ZERO_POINT + COLOUR_TERM * (g - r) - r))
    for visit, n in ((1, 40), (2, 4)):
        insert_sources(
            release,
            ra[:n],
            dec[:n],
            sourceId=visit * 100 + np.arange(n),
            visit=visit,
            psfInstFlux=counts[:n],
            psfInstFluxErr=counts[:n] / 100,
            extendedness=0,
        )
    stars = {"catalog": "truth", "refStarId": np.arange(40), "hpx29": hpx29(ra, dec), "loadId": 1}
    stars |= {"ra": ra, "dec": dec, "g_flux": 10 ** (0.4 * (31.4 - g)), "g_fluxErr": 1e-9}
    stars |= {"r_flux": 10 ** (0.4 * (31.4 - r)), "r_fluxErr": 1e-9}
    insert(release, "raw.ReferenceStar", stars)
    return release


def fit(connection: Connection, arguments: str) -> list[tuple[Any, ...]]:
    """Fit a new solution; return visit, zero point, colour term, its error, stars."""
    connection.execute(f"SELECT calibration.fit_photometry('new', 'truth', {arguments})")
    return connection.execute(
        "SELECT visit, zeroPoint, colourTerm, colourTermErr, nStar"
        " FROM calibration.PhotoCalib ORDER BY visit"
    ).fetchall()


def test_known_line_is_found(field: Connection) -> None:
    ((visit, zero_point, term, _, n),) = fit(field, "'{r}', '{g-r}'")
    assert (visit, n) == (1, 40)
    assert (zero_point, term) == pytest.approx((ZERO_POINT, COLOUR_TERM), abs=1e-9)


def test_few_stars_are_named_in_a_warning(field: Connection) -> None:
    said: list[str] = []
    field.add_notice_handler(lambda d: said.append(f"{d.severity}: {d.message_primary}"))
    fit(field, "'{r}', '{g-r}'")
    few = "fewer than 10 usable stars, and so no zero point, for visit/detector 2/0 (4 stars)"
    assert said == [f"WARNING: {few}"]


def test_given_colour_term(field: Connection) -> None:
    """Four stars are enough for a zero point alone."""
    rows = fit(field, f"'{{r}}', '{{g-r}}', ARRAY[{COLOUR_TERM}], min_stars => 3")
    assert [row[0] for row in rows] == [1, 2]
    for _, zero_point, term, term_err, _ in rows:
        assert zero_point == pytest.approx(ZERO_POINT, abs=1e-9)
        assert (term, term_err) == (COLOUR_TERM, None)


@pytest.mark.parametrize(
    "spoil",
    [
        "extendedness = 1",
        "extendedness = 'NaN'",
        "extendedness = NULL",
        "psfInstFlux = 'NaN'",
        "psfInstFlux = NULL",
        "psfInstFluxErr = psfInstFlux / 19",
        "psfInstFlux_flag = true",
        "pixelFlags_saturated = true",
        "pixelFlags_bad = true",
        "centroid_flag = true",
        "detect_isPrimary = false",
    ],
)
def test_what_is_no_calibration_star(field: Connection, spoil: str) -> None:
    field.execute(f"UPDATE raw.Source SET {spoil} WHERE sourceId < 110")
    assert fit(field, "'{r}', '{g-r}'")[0][4] == 30


def test_variable_and_resolved_stars_are_left_out(field: Connection) -> None:
    field.execute(
        "UPDATE raw.ReferenceStar SET isVariable = refStarId < 5, isResolved = refStarId > 35"
    )
    assert fit(field, "'{r}', '{g-r}'")[0][4] == 31


def test_a_star_counts_once(field: Connection) -> None:
    """Of two detections near one star, the nearer one is the star's."""
    field.execute(
        "INSERT INTO raw.Source (hpx29, sourceId, visit, detector, ra, dec, psfInstFlux,"
        " psfInstFluxErr, extendedness, loadId) SELECT hpx29, 999, visit, detector, ra, dec + 1e-5,"
        " 7 * psfInstFlux, psfInstFluxErr, 0, 1 FROM raw.Source WHERE sourceId = 100"
    )
    ((_, zero_point, _, _, n),) = fit(field, "'{r}', '{g-r}'")
    assert n == 40
    assert zero_point == pytest.approx(ZERO_POINT, abs=1e-9)


def test_settings_are_recorded(field: Connection) -> None:
    fit(field, "'{r}', '{g-r}', min_snr => 30")
    row = field.execute(
        "SELECT kind, referenceCatalog, parameters FROM calibration.Solution"
    ).fetchone()
    assert row is not None
    assert row[:2] == ("photometry", "truth")
    assert json.loads(row[2]) == {
        **{"bands": ["r"], "colours": ["g-r"], "colour_terms": None},
        **{"radius_arcsec": 0.5, "min_snr": 30, "min_stars": 10},
    }


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("fit_photometry('a', 'moon', '{r}', '{g-r}')", "no stars of a reference catalog 'moon'"),
        ("fit_photometry('a', 'truth', '{r,g}', '{g-r}')", "bands are {r,g} and colours {g-r}"),
        ("fit_photometry('a', 'truth', '{x}', '{g-r}')", "bands are {x} and colours {g-r}"),
        ("fit_photometry('a', 'truth', '{r}', '{g}')", "bands are {r} and colours {g}"),
        ("fit_photometry('a', 'truth', '{}', '{}')", "bands are {} and colours {}"),
        ("fit_photometry('a', 'truth', NULL, NULL)", "bands are <NULL> and colours <NULL>"),
        ("fit_photometry('a', 'truth', '{r,r}', '{g-r,g-i}')", "bands are {r,r} and colours {g-r,"),
        ("fit_photometry('a', 'truth', '{r}', '{g-r}', '{0,1}')", "colour_terms are {0,1} for ba"),
        ("fit_photometry('a', 'truth', '{r}', '{g-r}', '{NaN}')", "colour_terms are {NaN} for ba"),
        ("fit_photometry('a', 'truth', '{r}', '{g-r}', min_snr => 'NaN')", "min_snr is NaN and"),
        ("fit_photometry('a', 'truth', '{r}', '{g-r}', min_stars => NULL)", "min_snr is 20 and"),
        (
            "fit_photometry('a', 'truth', '{r}', '{g-r}', min_stars => 50)",
            "no visit-detector has 50 usable stars of 'truth'; the first are 1/0 (40 stars)",
        ),
        (
            "fit_photometry('a', 'truth', '{r}', '{i-z}')",
            "no visit-detector has 10 usable stars of 'truth'; the first are 1/0 (40 stars)",
        ),
        (
            "fit_photometry('a', 'truth', '{y}', '{g-r}')",
            "no visit-detector has 10 usable stars of 'truth'; the first are none: no visits",
        ),
        ("fit_photometry('old', 'truth', '{r}', '{g-r}')", "a calibration solution 'old' exists"),
        ("state_zero_point('old', 31.4)", "a calibration solution 'old' exists already"),
        ("state_zero_point('a', -2.5)", "the zero point is -2.5 mag"),
        ("use_solution('dr1', 'none')", "there is no photometric solution 'none'"),
        ("use_solution('dr7', 'old')", "there is no release dr7"),
        ("describe_visits('dr1')", "release dr1 has no photometric solution yet"),
        ("apply_calibrations('dr1', 0, 1)", "release dr1 has no photometric solution yet"),
    ],
)
def test_refusals_say_what_to_do(field: Connection, call: str, sentence: str) -> None:
    field.execute("SELECT calibration.state_zero_point('old', 31.4)")
    with pytest.raises(psycopg.errors.RaiseException) as refused:
        field.execute(f"SELECT calibration.{call}")
    assert (refused.value.diag.message_primary or "").startswith(sentence)
    assert refused.value.diag.message_hint
