import numpy as np
import pytest

from skytract.pipelines.simulate.catalog.moving import bodies_in_view, moving, survey_bodies
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.take_images import take_images
from skytract.pipelines.simulate.catalog.throughput import Spectra, respond
from skytract.pipelines.simulate.catalog.visits import plan_visits

PLAN = CatalogPlan(seed=3, ra=36.0, dec=14.0, visits=3, detectors=9, minorPlanets=16.5, badVisits=0)


@pytest.fixture(scope="module")
def seen():
    """Return images, slot, scene and bodies of all detectors of three visits to the ecliptic."""
    visits = plan_visits(PLAN)
    spectra = Spectra.read(np.array([0]))
    everything = []
    for visit, bodies in zip(
        visits, bodies_in_view(PLAN, survey_bodies(PLAN), visits), strict=True
    ):
        response = respond(PLAN, visit, spectra)
        images = take_images(PLAN, visit, response)
        scene = moving(images, bodies, response.throughput, spectra.fNu[-1])
        for slot in range(len(images.detector)):
            part = scene.take(np.flatnonzero(scene.slot == slot))
            here = bodies[np.isin(bodies["ssObjectId"], part.truthId)]
            everything.append((images, slot, part, here))
    return everything


def test_bodies_fall_where_the_wcs_has_their_positions(seen):
    assert sum(len(scene.x) for *_, scene, _ in seen) > 20
    for images, slot, scene, bodies in seen:
        x, y = images.wcs(slot).to_pixels(bodies["ra"], bodies["dec"])
        # The WCS is wrong by 12 mas, 0.06 px, and the air moves light by as little.
        np.testing.assert_allclose(scene.x, x, atol=0.5)
        np.testing.assert_allclose(scene.y, y, atol=0.5)


def test_counts_are_those_of_their_magnitudes(seen):
    for images, slot, scene, bodies in seen:
        band = int(images.visit["band"])
        flux = 10.0 ** (0.4 * (31.4 - bodies["magnitude"][:, band]))
        # Flat fields leave 0.4 per cent; passbands shifted by 1 nm and the air change u by 5.
        np.testing.assert_allclose(scene.counts * images.zMean[slot], flux, rtol=0.06)
        np.testing.assert_array_equal(scene.change, scene.counts)


def test_trails_are_as_long_as_the_motion(seen):
    """A segment of length L has the second moment L^2 / 12 along itself, and none across."""
    for images, slot, scene, bodies in seen:
        degrees = np.hypot(bodies["raRate"], bodies["decRate"]) * 30.0 / 86400.0
        length = degrees / np.sqrt(abs(np.linalg.det(images.cd[slot])))
        np.testing.assert_allclose(scene.xx + scene.yy, length**2 / 12.0, rtol=1e-6)
        np.testing.assert_allclose(scene.xx * scene.yy, scene.xy**2, rtol=1e-6, atol=1e-12)


def test_limits_of_the_plan_are_kept(seen):
    for *_, bodies in seen:
        assert np.all(bodies["magnitude"][:, 2] < PLAN.faintest)
