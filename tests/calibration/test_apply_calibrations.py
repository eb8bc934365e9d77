"""Raw counts and pixels to nJy and degrees in a release: against the formulas, row by row."""

from typing import Any

import numpy as np
import psycopg
import pytest
from astropy.coordinates import SkyCoord

from tests.calibration.test_pixel_to_sky import make_wcs
from tests.raw_rows import insert, insert_sources, insert_visits

Connection = psycopg.Connection[Any]

SKY = (0, 12 << 58)
ZERO_POINT = 28.5
NJY = 10 ** (0.4 * (31.4 - ZERO_POINT))
"""nJy per count."""


def detector(centre: tuple[float, float]) -> dict[str, Any]:
    """Columns of raw.VisitDetector for the WCS of make_wcs."""
    wcs = make_wcs(centre)
    (cd1_1, cd1_2), (cd2_1, cd2_2) = wcs.wcs.cd
    return {
        "crpix1": wcs.wcs.crpix[0],
        "crpix2": wcs.wcs.crpix[1],
        "crval1": centre[0],
        "crval2": centre[1],
        **{"cd1_1": cd1_1, "cd1_2": cd1_2, "cd2_1": cd2_1, "cd2_2": cd2_2},
        "sipOrder": 3,
        "sipA": [wcs.sip.a.ravel().tolist()] * 2,
        "sipB": [wcs.sip.b.ravel().tolist()] * 2,
        **{"nx": 2048, "ny": 4096, "psfSigma": 2.5},
    }


CENTRE = (359.99, 60.0)
X, Y = np.array([0.0, 1000.0, 2047.0, 500.0]), np.array([0.0, 2100.0, 4095.0, 3000.0])


@pytest.fixture
def field(release: Connection) -> Connection:
    """Two visits with a WCS: four detections of the first, one without pixels of the second."""
    insert_visits(release, [1, 2], **detector(CENTRE))
    ra, dec = make_wcs(CENTRE).all_pix2world(X, Y, 0)
    insert_sources(
        release,
        ra + 1e-5,
        dec,
        **{"sourceId": [1, 2, 3, 4], "visit": 1, "x": X, "y": Y, "xErr": 0.1, "yErr": 0.1},
        psfInstFlux=[1000.0, -50.0, float("nan"), None],
        psfInstFluxErr=[10.0, 12.0, 11.0, None],
        psfInstFlux_flag=[False, False, False, True],
        ap12InstFlux=[900.0, 1.0, 2.0, None],
        ap12InstFluxErr=5.0,
        localBackground=[2.0, 0.0, 0.0, 0.0],
        extendedness=[0.0, 1.0, float("nan"), None],
        pixelFlags_cr=[False, True, False, False],
        detect_isPrimary=[True, True, None, False],
    )
    insert_sources(release, [10.0], [5.0], sourceId=[5], visit=[2], psfInstFlux=[7.0])
    release.execute("SELECT calibration.state_zero_point('s', %s)", (ZERO_POINT,))
    release.execute("SELECT calibration.use_solution('dr1', 's')")
    return release


def apply(release: Connection, bounds: tuple[int, int] = SKY) -> int:
    query = "SELECT calibration.apply_calibrations('dr1', %s, %s)"
    row = release.execute(query, bounds).fetchone()
    assert row is not None
    return int(row[0])


def rows(release: Connection, columns: str, table: str = "Source") -> list[tuple[Any, ...]]:
    order = "sourceId" if table == "Source" else "objectId, visit"
    return release.execute(f"SELECT {columns} FROM dr1.{table} ORDER BY {order}").fetchall()


def test_fluxes_are_counts_times_the_zero_point(field: Connection) -> None:
    """A negative flux keeps its sign, NaN stays NaN, NULL stays NULL."""
    assert apply(field) == 5
    found = rows(field, "psfFlux, psfFluxErr, psfFlux_flag, ap12Flux, ap12FluxErr, sky")
    assert found[0][:3] == (pytest.approx(1000 * NJY), pytest.approx(10 * NJY), False)
    assert found[0][3:] == pytest.approx((900 * NJY, 5 * NJY, 2 * NJY))
    assert found[1][:3] == (pytest.approx(-50 * NJY), pytest.approx(12 * NJY), False)
    assert np.isnan(found[2][0])
    assert found[3][:4] == (None, None, True, None)
    assert found[4][:2] == (pytest.approx(7 * NJY), None)


def test_what_is_carried_over(field: Connection) -> None:
    apply(field)
    columns = "sourceId, visit, detector, band, extendedness, extendedness_flag, pixelFlags_cr,"
    found = rows(field, f"{columns} detect_isPrimary, hpx29 = (SELECT r.hpx29 FROM raw.Source AS r"
                        " WHERE r.sourceId = Source.sourceId), solutionId IS NOT NULL")  # fmt: skip
    assert found == [
        (1, 1, 0, "r", 0.0, False, False, True, True, True),
        (2, 1, 0, "r", 1.0, False, True, True, True, True),
        (3, 1, 0, "r", None, True, False, None, True, True),
        (4, 1, 0, "r", None, True, False, False, True, True),
        (5, 2, 0, "r", None, True, False, None, True, True),
    ]


def test_positions_are_those_of_the_wcs(field: Connection) -> None:
    """coord_ra keeps what was loaded; where there are no pixels, ra does too, without error."""
    apply(field)
    found = np.array(rows(field, "ra, dec, raErr, decErr, coord_ra, coord_dec")[:4])
    wcs = make_wcs(CENTRE)
    expected = SkyCoord(*wcs.all_pix2world(X, Y, 0), unit="deg")
    apart = SkyCoord(found[:, 0], found[:, 1], unit="deg").separation(expected)
    assert apart.mas.max() < 0.1
    # Isotropic pixels of 0.2 arcsec, errors of 0.1 px; the distortion stretches by a few percent.
    assert found[:, 2:4] * 3600 == pytest.approx(0.02, rel=0.1)
    loaded = field.execute("SELECT ra, dec FROM raw.Source ORDER BY sourceId").fetchall()
    assert found[:, 4:].tolist() == [list(row) for row in loaded[:4]]
    assert rows(field, "ra, dec, raErr")[4] == (10.0, 5.0, None)


def test_objects_come_from_association(field: Connection) -> None:
    field.execute("SELECT association.associate_sources('dr1')")
    field.execute(
        "INSERT INTO association.SourceGroup SELECT 'dr0', hpx29, sourceId, 1 FROM raw.Source"
    )
    apply(field)
    grouped = field.execute(
        "SELECT objectId FROM association.SourceGroup WHERE release = 'dr1' ORDER BY sourceId"
    ).fetchall()
    assert rows(field, "objectId") == grouped


def test_partition_by_partition_is_all_at_once(field: Connection) -> None:
    """Running again, too, gives the same rows; raw rows are as they were."""
    raw = field.execute("SELECT * FROM raw.Source ORDER BY sourceId").fetchall()
    apply(field)
    whole = rows(field, "Source::text")
    cells = [(n << 58, (n + 1) << 58) for n in range(12)]
    assert sum(apply(field, cell) for cell in cells) == 5
    assert rows(field, "Source::text") == whole
    assert str(field.execute("SELECT * FROM raw.Source ORDER BY sourceId").fetchall()) == str(raw)


def test_no_zero_point_no_flux(field: Connection) -> None:
    """A visit-detector the solution lacks keeps its rows and positions, and has no fluxes."""
    insert_visits(field, [3])
    insert_sources(field, [20.0], [5.0], sourceId=[6], visit=[3], psfInstFlux=[7.0])
    assert apply(field) == 6
    assert rows(field, "psfFlux, ra")[5] == (None, 20.0)


def test_another_solution_changes_the_release_and_not_the_first(field: Connection) -> None:
    apply(field)
    before = field.execute("SELECT * FROM calibration.PhotoCalib ORDER BY visit").fetchall()
    field.execute("SELECT calibration.state_zero_point('t', %s)", (ZERO_POINT + 2.5,))
    field.execute("SELECT calibration.use_solution('dr1', 't')")
    apply(field)
    assert rows(field, "psfFlux")[0][0] == pytest.approx(100 * NJY)
    kept = (
        "SELECT p.* FROM calibration.PhotoCalib AS p JOIN calibration.Solution USING (solutionId)"
    )
    assert field.execute(f"{kept} WHERE name = 's' ORDER BY visit").fetchall() == before


def test_forced_sources(field: Connection) -> None:
    insert(
        field,
        "raw.ForcedSource",
        {
            **{"objectId": [11, 11, 12], "visit": [1, 2, 1], "detector": 0, "ra": 1.0, "dec": 2.0},
            **{"x": 3.0, "y": 4.0, "psfInstFlux": [5.0, -6.0, None], "psfInstFluxErr": 1.0},
            **{"psfDiffInstFlux": [0.5, None, None], "pixelFlags_edge": [True, False, False]},
            "loadId": 1,
        },
    )
    assert apply(field) == 8
    columns = "objectId, visit, band, psfFlux, psfFluxErr, psfDiffFlux, pixelFlags_edge, coord_ra"
    found = rows(field, columns, "ForcedSource")
    one = pytest.approx(NJY)
    assert found == [
        (11, 1, "r", pytest.approx(5 * NJY), one, pytest.approx(0.5 * NJY), True, 1.0),
        (11, 2, "r", pytest.approx(-6 * NJY), one, None, False, 1.0),
        (12, 1, "r", None, one, None, False, 1.0),
    ]
    apply(field, (11, 12))
    assert rows(field, columns, "ForcedSource") == found


def test_visits_and_their_corners(field: Connection) -> None:
    """Corners are the outer corners of the corner pixels, by astropy."""
    written = field.execute("SELECT calibration.describe_visits('dr1')").fetchone()
    assert written == (2,)
    visit = field.execute(
        "SELECT expMidptMJD, expMidpt = '2023-02-26 00:00:00+00', obsStart, expTime FROM dr1.Visit"
        " WHERE visit = 1"
    ).fetchone()
    assert visit is not None
    assert (visit[0], visit[1], visit[3]) == (60001.0, True, 30)
    assert visit[2].isoformat() == "2023-02-25T23:59:45"
    row = field.execute(
        "SELECT ra, dec, llcra, llcdec, ulcra, ulcdec, urcra, urcdec, lrcra, lrcdec, pixelScale,"
        " zeroPoint, psfSigma, xSize, ySize, band FROM dr1.VisitDetector WHERE visitId = 1"
    ).fetchone()
    assert row is not None
    x = np.array([1023.5, -0.5, -0.5, 2047.5, 2047.5])
    y = np.array([2047.5, -0.5, 4095.5, 4095.5, -0.5])
    expected = SkyCoord(*make_wcs(CENTRE).all_pix2world(x, y, 0), unit="deg")
    found = SkyCoord(np.array(row[0:10:2]), np.array(row[1:10:2]), unit="deg")
    assert found.separation(expected).mas.max() < 0.1
    assert row[10:13] == pytest.approx((0.2, ZERO_POINT, 2.5))
    assert row[13:] == (2048, 4096, "r")


def test_published_release_takes_no_more(field: Connection) -> None:
    field.execute("UPDATE meta.Release SET state = 'published'")
    with pytest.raises(psycopg.errors.RaiseException, match="stages cannot write to it"):
        apply(field)
