"""The joint astrometric fit in the database: written, used by a release, and refused."""

from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.pipelines.report_solution import report_solution
from skytract.udf.calibration.pixel_to_sky import positions, sky_of_pixels
from skytract.udf.calibration.solve_astrometry import solve_astrometry
from skytract.udf.calibration.tangent_plane import project
from skytract.udf.sky.hpx29 import hpx29
from tests.calibration.joint_sky import SIZE, WIDTHS, JointSky, joint_sky, wcs_error
from tests.fix_db import Connect
from tests.raw_rows import insert

Connection = psycopg.Connection[Any]

FIT = (
    "SELECT calibration.fit_joint_astrometry(%s, 'public.groups', 'gaia', '{r}',"
    " radius_arcsec => 5, detector_order => 3, visit_order => 3, image_order => -1)"
)


def load(owner: Connection, sky: JointSky) -> None:
    """Write a survey as its catalogs would be loaded, with the wrong WCS."""
    same = {"band": "r", "loadId": 1}
    number = np.arange(len(sky.visits)) + 1
    insert(owner, "raw.Visit", {
        **same, "visit": number, "ra": sky.visits["ra"], "dec": sky.visits["dec"],
        "expMidptMJD": sky.visits["mjd"], "expTime": 30,
    })  # fmt: skip
    frame = np.concatenate([sky.wcs.crpix, sky.wcs.crval, sky.wcs.cd.reshape(-1, 4)], axis=1)
    names = ("crpix1", "crpix2", "crval1", "crval2", "cd1_1", "cd1_2", "cd2_1", "cd2_2")
    insert(owner, "raw.VisitDetector", {
        **same, "visit": sky.images["visit"] + 1, "detector": sky.images["detector"],
        "nx": int(SIZE[0]), "ny": int(SIZE[1]), **dict(zip(names, frame.T, strict=True)),
    })  # fmt: skip
    rows = sky.rows
    (ra, dec), _ = positions(sky.wcs, rows["image"], rows["x"], rows["y"])
    key, ids = hpx29(ra, dec), np.arange(len(rows)) + 1
    insert(owner, "raw.Source", {
        "visit": sky.images["visit"][rows["image"]] + 1, "hpx29": key, "sourceId": ids, "ra": ra,
        "detector": sky.images["detector"][rows["image"]], "dec": dec, "x": rows["x"],
        "y": rows["y"], "xErr": rows["err"], "yErr": rows["err"], "psfInstFlux": 1e5,
        "psfInstFluxErr": 1e2, "extendedness": 0.0, "deblend_nChild": 0, "loadId": 1,
    })  # fmt: skip
    owner.execute("CREATE TABLE public.groups (hpx29 bigint, sourceId bigint, objectId bigint)")
    insert(owner, "public.groups", {
        "hpx29": key, "sourceId": ids, "objectId": rows["star"] + 1000,
    })  # fmt: skip
    stars = sky.stars[sky.stars["anchor"]]
    insert(owner, "raw.ReferenceStar", {
        "catalog": "gaia", "refStarId": np.flatnonzero(sky.stars["anchor"]) + 1,
        "hpx29": hpx29(stars["ra"], stars["dec"]), "ra": stars["ra"], "dec": stars["dec"],
        "raErr": stars["err"] / 3.6e6, "decErr": stars["err"] / 3.6e6, "epoch": stars["epoch"],
        "pmRa": stars["pmRa"], "pmRaErr": stars["pmErr"], "pmDec": stars["pmDec"],
        "pmDecErr": stars["pmErr"], "parallax": stars["parallax"],
        "parallaxErr": stars["parallaxErr"], "loadId": 1,
    })  # fmt: skip
    owner.execute("ANALYZE")


@pytest.fixture(scope="module")
def sky() -> JointSky:
    """The detections of stars seen twice or more, which the selection takes, too."""
    made = joint_sky(stars=700, shift=0.7)
    often = np.bincount(made.rows["star"], minlength=len(made.stars)) > 1
    made.rows = made.rows[often[made.rows["star"]]]
    return made


@pytest.fixture(scope="module")
def fitted(release_connect: Connect, sky: JointSky) -> Connect:
    """A database with the solution joint."""
    owner = release_connect("owner")
    load(owner, sky)
    owner.execute("GRANT SELECT ON public.groups TO PUBLIC")
    owner.commit()
    manager = release_connect("manager")
    assert manager.execute(FIT, ("joint",)).fetchone() == (16,)
    manager.commit()
    return release_connect


@pytest.fixture
def manager(fitted: Connect) -> Connection:
    return fitted("manager")


def test_positions_are_right(manager: Connection, sky: JointSky) -> None:
    """All detections, against the true WCS of their pixels; they were 0.7 arcsec off."""
    rows = manager.execute(
        "SELECT p.ra, p.dec FROM calibration.Solution AS s, calibration.sky_positions("
        "0, 3458764513820540928, s.solutionId) AS p WHERE s.name = 'joint' ORDER BY p.sourceId"
    ).fetchall()
    (ra, dec), _ = positions(sky.true_wcs, sky.rows["image"], sky.rows["x"], sky.rows["y"])
    off = 3.6e6 * np.hypot(*project(*np.array(rows).T, ra, dec))
    assert np.median(off) < 5.0


def test_positions_as_loaded_are_those_of_memory(manager: Connection, sky: JointSky) -> None:
    """To the last bit, whatever images go through together; errors are stored as float4."""
    rows = manager.execute(
        "SELECT p.ra, p.dec, p.raErr, p.decErr, p.ra_dec_Cov, p.hpx29 = s.hpx29"
        " FROM calibration.sky_positions(0, 3458764513820540928) AS p"
        " JOIN raw.Source AS s USING (sourceId) ORDER BY p.sourceId"
    ).fetchall()
    stored = np.array(rows, float).T
    given = sky.rows
    pixels = np.stack([given["x"], given["y"], given["err"], given["err"], np.zeros(len(given))])
    pixels[2:4] = pixels[2:4].astype(np.float32)
    expected = sky_of_pixels(sky.wcs, given["image"], pixels)
    assert (stored[:2] == expected[:2]).all() and stored[5].all()
    assert (stored[2:5].astype(np.float32) == expected[2:].astype(np.float32)).all()


def test_the_database_solves_what_memory_does(manager: Connection, sky: JointSky) -> None:
    """Other stars are held out there, so both are compared with the truth."""
    alone = solve_astrometry(*sky.given, WIDTHS)
    rows = manager.execute(
        "SELECT c.crval1, c.crval2, c.nStar, c.rms, c.component FROM calibration.WcsCalib AS c"
        " JOIN calibration.Solution AS s USING (solutionId) WHERE s.name = 'joint'"
        " ORDER BY c.visit, c.detector"
    ).fetchall()
    ra, dec, n_star, rms, component = np.array(rows).T
    assert set(component) == {1}
    assert n_star == pytest.approx(alone.n_star, rel=0.3)
    assert rms.mean() == pytest.approx(alone.rms.mean(), rel=0.1)
    assert 3.6e6 * np.hypot(*project(ra, dec, *alone.wcs.crval.T)).max() < 15.0
    assert np.median(wcs_error(sky, alone)) < 5.0


def test_repeatability_is_reported(manager: Connection) -> None:
    ((band, stars, before, after, noise),) = manager.execute(
        "SELECT * FROM calibration.astrometric_repeatability('joint')"
    ).fetchall()
    assert band == "r" and stars > 20
    assert before > 100.0 and noise == pytest.approx(10.0, rel=0.01)
    assert after < noise + 3.0


def test_fits_repeat_and_may_hold_no_star_out(manager: Connection) -> None:
    """Two in a transaction: one is the same bits as before, one tells no repeatability."""
    wcs = (
        "SELECT visit, detector, crval1, crval2, cd1_1, cd1_2, sipA, sipB, rms"
        " FROM calibration.WcsCalib WHERE solutionId = calibration.find_solution('astrometry', %s)"
        " ORDER BY visit, detector"
    )
    manager.execute(FIT, ("again",))
    manager.execute(FIT.replace("image_order", "held_out => 0, image_order"), ("whole",))
    again, joint, whole = (
        manager.execute(wcs, (name,)).fetchall() for name in ("again", "joint", "whole")
    )
    assert again == joint
    assert again != whole
    assert report_solution(manager, "whole").rows == []
    manager.rollback()


def test_stars_are_where_they_are(manager: Connection, sky: JointSky) -> None:
    rows = manager.execute(
        "SELECT c.starId, c.ra, c.dec, c.epoch, c.pmRa, c.pmRaErr, c.raErr * 3.6e6"
        " FROM calibration.CalibrationStar AS c JOIN calibration.Solution AS s USING (solutionId)"
        " WHERE s.name = 'joint' ORDER BY c.starId"
    ).fetchall()
    star = np.array([row[0] for row in rows]) - 1000
    ra, dec, epoch, motion, motion_err, error = np.array([row[1:] for row in rows], float).T
    years = (epoch - 60000.0) / 365.25
    east, _ = 3.6e6 * project(ra, dec, *sky.mean_places[:, star]) - sky.motions[star, :2].T * years
    anchor = sky.stars["anchor"][star]
    assert np.std(east[anchor]) < 1.0  # catalog: 0.5 mas
    assert np.std(east[anchor] / error[anchor]) == pytest.approx(1.0, abs=0.2)
    pull = ((motion - sky.motions[star, 0]) / motion_err)[anchor]
    assert np.std(pull) == pytest.approx(1.0, abs=0.2)


def test_a_release_takes_it(manager: Connection, sky: JointSky) -> None:
    owner_query = "SELECT avg(ra), count(raErr) FROM dr1.Source"
    manager.execute("SELECT calibration.state_zero_point('stated', 27.0)")
    manager.execute("SELECT calibration.use_solution('dr1', 'stated')")
    manager.execute("SELECT calibration.calibrate_sources('dr1', 0, 3458764513820540928)")
    before = manager.execute(owner_query).fetchone()
    manager.execute("SELECT calibration.use_astrometry('dr1', 'joint')")
    manager.execute("SELECT calibration.calibrate_sources('dr1', 0, 3458764513820540928)")
    rows = manager.execute("SELECT ra, dec FROM dr1.Source ORDER BY sourceId").fetchall()
    (ra, dec), _ = positions(sky.true_wcs, sky.rows["image"], sky.rows["x"], sky.rows["y"])
    assert np.median(3.6e6 * np.hypot(*project(*np.array(rows).T, ra, dec))) < 5.0
    assert before is not None and before[1] == len(sky.rows)
    # Centres and corners of detectors move with it: as loaded they are 700 mas off.
    manager.execute("SELECT calibration.describe_visits('dr1')")
    corners = "SELECT ra, dec, urcra, urcdec FROM dr1.VisitDetector ORDER BY visitId, detector"
    told = np.array(manager.execute(corners).fetchall()).T
    images = np.arange(len(sky.images))
    for part, fraction, limit in ((told[:2], 0.5, 10.0), (told[2:], 1.0, 60.0)):
        x, y = (np.full(len(images), fraction * side - 0.5) for side in SIZE)
        true, _ = positions(sky.true_wcs, images, x, y)
        assert np.median(3.6e6 * np.hypot(*project(*part, *true))) < limit
    manager.execute("SELECT calibration.use_astrometry('dr1', NULL)")
    manager.execute("SELECT calibration.calibrate_sources('dr1', 0, 3458764513820540928)")
    assert manager.execute(owner_query).fetchone() == before
    manager.rollback()


def test_images_that_nothing_ties_are_named(fitted: Connect) -> None:
    """A visit with stars of its own, a degree from all reference stars, is named in a warning,

    and so are an image without a WCS to start from and one without detections.
    """
    owner = fitted("owner")
    owner.execute("UPDATE raw.Source SET visit = visit + 100 WHERE visit = 8")
    owner.execute("UPDATE raw.VisitDetector SET visit = visit + 100 WHERE visit = 8")
    owner.execute("UPDATE raw.Visit SET visit = visit + 100 WHERE visit = 8")
    owner.execute(
        "UPDATE public.groups AS g SET objectId = objectId + 100000 FROM raw.Source AS s"
        " WHERE s.visit = 108 AND s.sourceId = g.sourceId"
    )
    owner.execute(
        "INSERT INTO public.groups SELECT s.hpx29, s.sourceId + 1000000, g.objectId"
        " FROM raw.Source AS s JOIN public.groups AS g USING (sourceId) WHERE s.visit = 108"
    )
    owner.execute(
        "CREATE TEMP TABLE twice AS SELECT * FROM raw.Source WHERE visit = 108;"
        "UPDATE twice SET sourceId = sourceId + 1000000, ra = ra + 1, hpx29 = hpx29;"
        "INSERT INTO raw.Source SELECT * FROM twice"
    )
    owner.execute("UPDATE raw.Source SET ra = ra + 1 WHERE visit = 108")
    owner.execute("UPDATE raw.VisitDetector SET crpix1 = NULL WHERE visit = 7 AND detector = 1")
    owner.execute(
        "CREATE TEMP TABLE empty AS"
        " SELECT * FROM raw.VisitDetector WHERE detector = 1 AND visit < 3;"
        "UPDATE empty SET detector = 5, visit = 2 * visit - 2;"  # there is no visit 0
        "INSERT INTO raw.VisitDetector SELECT * FROM empty"
    )
    notices: list[str] = []
    owner.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
    assert owner.execute(FIT, ("split",)).fetchone() == (13,)
    left = "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() ORDER BY relname"
    assert owner.execute(left).fetchall() == [("empty",), ("twice",)]
    assert any(
        "no star ties visit/detector 0/5, 2/5, 7/1, 108/0, 108/1 to the reference" in n
        for n in notices
    )
    owner.execute("DELETE FROM raw.ReferenceStar")
    with pytest.raises(psycopg.Error, match="no stars of a reference catalog 'gaia' are loaded"):
        owner.execute(FIT, ("none",))
    owner.rollback()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("'joint', 'public.groups', 'gaia'", "solution 'joint' exists already"),
        ("'new', 'public.groups', 'tycho'", "no stars of a reference catalog 'tycho' are loaded"),
        ("'new', 'public.nothing', 'gaia'", "neither a release nor a table 'public.nothing'"),
        ("'new', 'public.groups', 'gaia', seds => 'x'", "no solution of kind sed named 'x'"),
        ("'new', 'public.groups', 'gaia', visit_order => 0", "the orders are 4, 0 and 3"),
    ],
)
def test_refusals(manager: Connection, call: str, message: str) -> None:
    with pytest.raises(psycopg.Error, match=message):
        manager.execute(f"SELECT calibration.fit_joint_astrometry({call})".encode())
    manager.rollback()
    count = "SELECT count(*) FROM calibration.Solution WHERE kind = 'astrometry'"
    assert manager.execute(count).fetchone() == (1,)
