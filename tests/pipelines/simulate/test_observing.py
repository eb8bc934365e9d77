import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import AltAz, EarthLocation, SkyCoord
from astropy.time import Time
from astropy.utils import iers

from skytract.pipelines.simulate import observing
from skytract.pipelines.simulate.plan import SurveyPlan

PLAN = SurveyPlan(seed=5, visits=40, bands="ugr")
VISITS = [observing.plan_visit(PLAN, number) for number in range(PLAN.visits)]


def test_a_visit_does_not_depend_on_how_many_there_are():
    longer = SurveyPlan(seed=5, visits=400, detectors=9, bands="ugr")
    assert observing.plan_visit(longer, 17) == VISITS[17]


def test_visits_are_distinct_ordered_and_share_the_bands():
    ids, times = [v.visit for v in VISITS], [v.expMidptMJD for v in VISITS]
    assert ids == sorted(set(ids)) and max(ids) < 2**37
    assert times == sorted(times)
    bands = [v.band for v in VISITS]
    assert {band: bands.count(band) for band in "ugr"} == {"u": 14, "g": 13, "r": 13}


def test_airmass_and_angles_are_astropys():
    with iers.conf.set_temp("auto_download", False):
        place = EarthLocation.from_geodetic(observing.LONGITUDE, observing.LATITUDE)
        times = Time([v.expMidptMJD for v in VISITS], format="mjd", scale="tai")
        field = SkyCoord(PLAN.ra, PLAN.dec, unit="deg")
        frame = AltAz(obstime=times, location=place)
        zenith_distance = 90.0 - field.transform_to(frame).alt.deg
        # The parallactic angle: position angle of the zenith, seen from the field.
        zenith = SkyCoord(alt=90 * u.deg, az=0 * u.deg, frame=frame).icrs
        parallactic = field.position_angle(zenith).wrap_at("180d").deg
    # Half a degree: precession since J2000, and UTC taken for TAI.
    ours = np.array([v.zenithDistance for v in VISITS])
    np.testing.assert_allclose(ours, zenith_distance, atol=0.5)
    apart = np.array([v.parallacticAngle for v in VISITS]) - parallactic
    np.testing.assert_allclose((apart + 180.0) % 360.0 - 180.0, 0.0, atol=1.5)
    airmass = [v.airmass for v in VISITS]
    np.testing.assert_allclose(airmass, 1.0 / np.cos(np.radians(zenith_distance)), rtol=0.01)


@pytest.mark.parametrize("dec", [-78.0, -30.0, -5.0, 18.0])
def test_no_visit_looks_too_low(dec):
    plan = SurveyPlan(seed=2, visits=60, bands="ugrizy", dec=dec)
    distance = [observing.plan_visit(plan, n).zenithDistance for n in range(plan.visits)]
    assert max(distance) <= observing.GREATEST_ZENITH_DISTANCE + 1e-9


def test_boresights_are_dithered_within_the_limit():
    east = [(v.ra - PLAN.ra) * np.cos(np.radians(PLAN.dec)) * 3600.0 for v in VISITS]
    north = [(v.dec - PLAN.dec) * 3600.0 for v in VISITS]
    offset = np.hypot(east, north)
    assert offset.max() <= observing.DITHER_ARCSEC + 1e-6 and np.median(offset) > 4.0


def test_zero_point_is_that_of_the_telescope():
    """An r = 20 star gives 10^(0.4 (28.36 - 20)) electrons/s (SMTN-002), less the air."""
    visit = VISITS[2]
    frames = [observing.plan_frame(PLAN, visit, detector) for detector in range(2)]
    for frame in frames:
        counts = 10.0 ** (0.4 * (31.4 - 20.0)) / frame.z_mean
        free = 10.0 ** (0.4 * (28.36 - 20.0)) * 30.0
        loss = 2.5 * np.log10(free / counts)
        assert loss == pytest.approx(visit.extinction, abs=0.05)
        assert visit.extinction >= 0.13 * (visit.airmass - 1.0)
    assert frames[0].zeroPoint != frames[1].zeroPoint
    assert frames[0].skyBg == frames[1].skyBg


def test_the_field_holds_every_corner_of_every_frame():
    plan = SurveyPlan(seed=1, detectors=5)
    for number in range(6):
        for detector in range(plan.detectors):
            frame = observing.plan_frame(plan, observing.plan_visit(plan, number), detector)
            middle = frame.wcs.to_pixels(np.array([plan.ra]), np.array([plan.dec]))
            away = [[middle[0][0] - x, middle[1][0] - y] for x in (0, 512) for y in (0, 512)]
            corner = np.linalg.norm(away, axis=1).max()
            assert corner * plan.pixelScale / 3600.0 < observing.field_radius(plan)


def test_detectors_do_not_overlap():
    plan = SurveyPlan(seed=1, detectors=9)
    visit = observing.plan_visit(plan, 0)
    wcs = [observing.plan_frame(plan, visit, detector).wcs for detector in range(9)]
    points = {w.reference for w in wcs}
    assert len(points) == 9
    for axis, size in ((0, plan.width), (1, plan.height)):
        positions = sorted({point[axis] for point in points})
        assert np.all(np.diff(positions) == size + observing.GAP_PIXELS)
