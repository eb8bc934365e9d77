"""Where objects are seen, against astropy; the WCS that a VisitDetector states, against astropy."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import AltAz, Distance, EarthLocation, SkyCoord
from astropy.io import fits
from astropy.time import Time
from astropy.utils import iers
from astropy.wcs import WCS

from skytract.pipelines.simulate import sites
from skytract.pipelines.simulate.catalog import camera, positions
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.take_images import take_images
from skytract.pipelines.simulate.catalog.throughput import Response
from skytract.pipelines.simulate.catalog.visits import plan_visits
from skytract.pipelines.simulate.objects import EPOCH_MJD, empty

PLAN = CatalogPlan(seed=8, visits=6, detectors=30, radius=0.3)
VISITS = plan_visits(PLAN)
RNG = np.random.default_rng(5)


def angles(vectors):
    lon = np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])) % 360.0
    return lon, np.degrees(np.arctan2(vectors[:, 2], np.hypot(*vectors[:, :2].T)))


def seen(stars, vectors, mjd):
    motion = positions.motion(stars, vectors)
    parallax = positions.MAS * stars["parallax"].astype(np.float64)
    directions = vectors.T.copy()
    positions.move(directions, motion, parallax, mjd, np.eye(3))
    return directions.T


def test_stars_move_as_astropys_do():
    stars = empty(200, "star")
    stars["ra"] = RNG.uniform(0.0, 360.0, 200)
    stars["dec"] = np.degrees(np.arcsin(RNG.uniform(-0.999, 0.999, 200)))
    stars["pmRa"], stars["pmDec"] = RNG.normal(0.0, 3000.0, (2, 200))
    stars["parallax"] = RNG.uniform(50.0, 700.0, 200)
    stars["radialVelocity"] = RNG.normal(0.0, 100.0, 200)
    mjd = EPOCH_MJD + 3652.5
    start = SkyCoord(
        stars["ra"] * u.deg,
        stars["dec"] * u.deg,
        Distance(parallax=stars["parallax"] * u.mas),
        pm_ra_cosdec=stars["pmRa"] * u.mas / u.yr,
        pm_dec=stars["pmDec"] * u.mas / u.yr,
        radial_velocity=stars["radialVelocity"].astype(float) * u.km / u.s,
        obstime=Time(EPOCH_MJD, format="mjd", scale="tdb"),
    )
    there = start.apply_space_motion(new_obstime=Time(mjd, format="mjd", scale="tdb"))
    au = (there.cartesian.xyz.to_value(u.au)).T - positions.earth_at(mjd - positions.TAI_TO_TT)
    lon, lat = angles(au)
    vectors = sites.unit_vectors(stars["ra"], stars["dec"])
    ours = angles(seen(stars, vectors, mjd))
    apart = SkyCoord(*ours, unit="deg").separation(SkyCoord(lon, lat, unit="deg"))
    # Light that is on its way for years makes 1e-4 of the motion: erfa.starpv takes that in.
    assert apart.max().to_value(u.mas) < 1e-4 * 3000.0 * 10.0
    still = empty(1, "star")
    np.testing.assert_allclose(seen(still, vectors[:1], mjd), vectors[:1])


def test_the_zenith_is_astropys():
    place = EarthLocation.from_geodetic(sites.LONGITUDE * u.deg, sites.LATITUDE * u.deg)
    when = Time(VISITS["expMidptMJD"], format="mjd", scale="tai")
    with (
        iers.conf.set_temp("auto_download", False),
        iers.conf.set_temp("iers_degraded_accuracy", "warn"),
    ):
        frame = AltAz(obstime=when, location=place)
        up = SkyCoord(np.zeros(6) * u.deg, np.full(6, 90.0) * u.deg, frame=frame).icrs
    apart = sites.zenith(VISITS["expMidptMJD"]) - up.cartesian.xyz.value.T
    assert np.abs(apart).max() < np.radians(40.0 / 3600.0)  # aberration 20", UT1 - UTC 14"


def test_airmass_and_parallactic_angle_follow_from_the_zenith():
    for visit in VISITS:
        here = SkyCoord(visit["ra"], visit["dec"], unit="deg")
        up = SkyCoord(*angles(sites.zenith(visit["expMidptMJD"])), unit="deg")
        zd = here.separation(up)[0]
        assert visit["zenithDistance"] == pytest.approx(zd.deg, abs=1e-9)
        assert visit["airmass"] == pytest.approx(1.0 / np.cos(zd.rad))
        angle = here.position_angle(up)[0].wrap_at(180 * u.deg).deg
        assert visit["parallacticAngle"] == pytest.approx(angle, abs=1e-9)


def test_refraction_lifts_toward_the_zenith():
    visit = VISITS[0]
    up = sites.zenith(visit["expMidptMJD"])[0]
    here = sites.unit_vectors(visit["ra"], visit["dec"])[None]
    lift = np.radians(0.1 / 3600.0)
    lifted = here.copy()
    positions.refract(lifted.T, np.array([lift]), up)
    before, after = (SkyCoord(*angles(v), unit="deg") for v in (here, lifted))
    shift = lift * np.tan(np.radians(visit["zenithDistance"]))
    assert before.separation(after).rad[0] == pytest.approx(shift, rel=1e-5)
    angle = before.position_angle(after).wrap_at(180 * u.deg).deg[0]
    assert angle == pytest.approx(visit["parallacticAngle"], abs=1e-3)


def no_response():
    ones = np.ones(PLAN.detectors)
    return Response(ones[:, None], ones, ones, ones[None], ones[None], np.zeros(1, int))


def test_the_wcs_of_every_detector_is_astropys():
    from skytract.pipelines.simulate.catalog.observe import detector_rows

    taken = take_images(PLAN, VISITS[1], no_response())
    rows = detector_rows(taken)
    x, y = RNG.uniform(0.0, 4000.0, (2, 50))
    for k in (0, 7, 29):
        header = fits.Header({"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"})
        for name in ("crval1", "crval2", "crpix1", "crpix2", "cd1_1", "cd1_2", "cd2_1", "cd2_2"):
            header[name.upper()] = float(rows[name][k])
        for axis in "AB":
            header[f"{axis}_ORDER"] = int(rows["sipOrder"][k])
            terms = np.reshape(rows[f"sip{axis}"][k], (4, 4))
            for p, q in zip(*np.nonzero(terms), strict=True):
                header[f"{axis}_{p}_{q}"] = terms[p, q]
        astropys = WCS(header)
        ours = taken.to_sky(x, y, np.full(50, k))
        theirs = astropys.all_pix2world(x, y, 0)
        apart = SkyCoord(*ours, unit="deg").separation(SkyCoord(*theirs, unit="deg"))
        assert apart.max().to_value(u.mas) < 1e-4
        np.testing.assert_allclose(taken.wcs(k).to_pixels(*theirs), [x, y], atol=1e-6, rtol=0.0)
        plane = positions.on_plane(taken.axes @ sites.unit_vectors(*theirs).T)
        again = taken.to_pixels(plane, np.full(50, k))
        np.testing.assert_allclose(again, [x, y], atol=1e-6, rtol=0.0)


def test_detectors_do_not_overlap():
    centres = camera.layout(189)
    apart = np.abs(centres[:, None] - centres[None])
    clear = (apart[..., 0] >= camera.NX) | (apart[..., 1] >= camera.NY)
    assert clear[~np.eye(189, dtype=bool)].all()
    np.testing.assert_array_equal(camera.layout(9), centres[:9])


def test_smooth_fields_have_unit_rms():
    x, y = np.meshgrid(np.arange(0.0, camera.NX, 7.0) + 3.0, np.arange(0.0, camera.NY, 7.0) + 3.0)
    fields = camera.legendre(x.ravel(), y.ravel())
    gram = fields @ fields.T / x.size
    np.testing.assert_allclose(gram, np.eye(10), atol=0.01)  # a grid in place of the integral
