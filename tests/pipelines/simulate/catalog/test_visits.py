"""Visits: at night, where the area is, in the bands asked for; weather within its ranges."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_sun
from astropy.time import Time
from astropy.utils import iers

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate import sites
from skytract.pipelines.simulate.catalog import schedule
from skytract.pipelines.simulate.catalog.plan import CatalogPlan, parse_area
from skytract.pipelines.simulate.catalog.visits import plan_visits

PLAN = CatalogPlan(seed=6, ra=359.9, dec=-40.0, radius=1.5, visits=120, bands="gri", badVisits=0.1)


@pytest.fixture(scope="module")
def visits():
    return plan_visits(PLAN)


def test_it_is_night_and_the_area_is_up(visits):
    place = EarthLocation.from_geodetic(sites.LONGITUDE * u.deg, sites.LATITUDE * u.deg)
    when = Time(visits["expMidptMJD"], format="mjd", scale="tai")
    with iers.conf.set_temp("auto_download", False):
        sun = get_sun(when).transform_to(AltAz(obstime=when, location=place))
    # Nights are cut in half hours, and the second of a pair comes 33 minutes after the first.
    assert sun.alt.max().deg < schedule.DUSK + 10.0
    assert visits["airmass"].max() < 1.0 / np.cos(np.radians(65.0))
    assert np.all(np.diff(visits["expMidptMJD"]) > 0.0)
    assert len(np.unique(visits["visit"])) == len(visits)


def test_boresights_fill_the_area(visits):
    centre = SkyCoord(PLAN.ra, PLAN.dec, unit="deg")
    apart = SkyCoord(visits["ra"], visits["dec"], unit="deg").separation(centre).deg
    assert apart.max() <= PLAN.radius * 1.001
    assert np.mean(apart < PLAN.radius / np.sqrt(2.0)) == pytest.approx(0.5, abs=0.2)


def test_bands_are_those_asked_for(visits):
    assert set(visits["band"]) == {1, 2, 3}
    pair = np.diff(visits["expMidptMJD"])
    assert np.any(np.abs(pair - schedule.PAIR_SPACING) < 1e-6)


def test_weather(visits):
    assert 0.02 < visits["isBad"].mean() < 0.25
    assert (visits["clouds"] >= 0.0).all()
    good = visits[~visits["isBad"]]
    assert good["clouds"].max() < visits[visits["isBad"]]["clouds"].min()
    assert 0.5 < np.median(good["seeing"]) < 1.2
    dark = sites.zenith(visits["expMidptMJD"])
    np.testing.assert_allclose(np.linalg.norm(dark, axis=1), 1.0)


def test_an_area_that_is_never_up_is_refused(monkeypatch):
    monkeypatch.setattr(schedule, "GREATEST_ZENITH_DISTANCE", -1.0)
    monkeypatch.setattr(schedule, "_MOST_NIGHTS", 400)
    with pytest.raises(SkytractError, match="move it to where it is up"):
        plan_visits(CatalogPlan(seed=1, visits=1))


def test_areas_are_three_numbers():
    assert parse_area("1,2,3") == {"ra": 1.0, "dec": 2.0, "radius": 3.0}
    for text in ("", "1,2", "1,2,3,4", "a,b,c"):
        with pytest.raises(SkytractError, match="RA,DEC,RADIUS"):
            parse_area(text)
