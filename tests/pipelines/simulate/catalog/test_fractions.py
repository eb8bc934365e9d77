"""Clouds scatter over the detectors; outliers and bad visits are as many as were asked for."""

from dataclasses import replace

import numpy as np
import pytest

from skytract.pipelines.simulate.catalog.camera import FIELD_RADIUS, NX, NY, layout
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.scene import Scene
from skytract.pipelines.simulate.catalog.sources import measure
from skytract.pipelines.simulate.catalog.take_images import take_images
from skytract.pipelines.simulate.catalog.throughput import Response
from skytract.pipelines.simulate.catalog.visits import plan_visits

PLAN = CatalogPlan(seed=11, visits=400, detectors=189, bands="r", spurious=0.0)
NUMBER = 40_000


@pytest.fixture(scope="module")
def visits():
    return plan_visits(PLAN)


def images(visit):
    """Detectors that give 200 electrons per nJy: `zMean` is then that of the clouds."""
    one = np.ones(PLAN.detectors)
    flat = Response(one[:, None], 200.0 * one, one, one[:, None], one[:, None], np.zeros(1, int))
    return take_images(PLAN, visit, flat)


def is_binomial(part, number, fraction):
    """Whether a part of a number is a fraction of it within 4.5 sigma, as all but 7 in 10^6 are."""
    return abs(part - number * fraction) <= 4.5 * np.sqrt(number * fraction * (1.0 - fraction))


def test_clouds_have_a_gradient_and_scatter_over_the_detectors(visits):
    """In units of the visit's clouds, 0.1 is scatter, 0.3 the rms of each slope of the gradient."""
    field = np.column_stack([np.ones(PLAN.detectors), layout(PLAN.detectors) / FIELD_RADIUS])
    scatter, slopes = [], []
    for visit in visits[:80]:
        gray = 2.5 * np.log10(200.0 * images(visit).zMean) / visit["clouds"]
        if gray.min() > 0.0:  # else the gradient ends in a clear sky
            plane, squares, *_ = np.linalg.lstsq(field, gray, rcond=None)
            scatter.append(squares[0] / (PLAN.detectors - 3))
            slopes.append(plane[1:])
    assert len(scatter) > 40
    # 40 visits of 189 detectors know the scatter to 0.8 %, their 80 slopes theirs to 8 %; the
    # steepest are left out.
    assert np.sqrt(np.mean(scatter)) == pytest.approx(0.1, rel=0.04)
    assert np.std(slopes) == pytest.approx(0.28, rel=0.3)


@pytest.mark.parametrize("fraction", [0.0, 0.02, 0.3, 1.0])
def test_bad_visits_are_as_many_as_asked_for(visits, fraction):
    drawn = plan_visits(replace(PLAN, badVisits=fraction))
    assert is_binomial(drawn["isBad"].sum(), len(drawn), fraction)
    np.testing.assert_array_equal(drawn["expMidptMJD"], visits["expMidptMJD"])


@pytest.mark.parametrize("fraction", [0.0, 0.002, 0.1, 0.5])
def test_outliers_are_as_many_as_asked_for(visits, fraction):
    image = images(visits[0]).part(0, 1)
    rng, none = np.random.default_rng(3), np.zeros(NUMBER)
    x, y = rng.uniform(20.0, NX - 20.0, NUMBER), rng.uniform(20.0, NY - 20.0, NUMBER)
    rows, members = np.arange(NUMBER), np.ones(NUMBER, np.int16)
    size = none.astype(np.float32)
    stars = Scene(rows * 0, rows, rows + 1, x, y, none + 6e4, none, size, size, size, members)
    found = measure(replace(PLAN, outliers=fraction), image, stars)
    source, truth = found.source, found.truth
    assert len(source["x"]) == NUMBER
    assert is_binomial(truth["isOutlier"].sum(), NUMBER, fraction)
    moved = np.maximum(abs(source["x"] - truth["x"]), abs(source["y"] - truth["y"]))
    changed = abs(source["psfInstFlux"] / truth["psfInstFlux"] - 1.0)
    # A star of 6e4 electrons has errors of 0.5 % and a hundredth of a pixel: 6 of them.
    wrong = (moved > 6.0 * np.maximum(source["xErr"], source["yErr"])) | (
        changed > 6.0 * source["psfInstFluxErr"] / source["psfInstFlux"].clip(3e4)
    )
    assert not np.any(wrong & ~truth["isOutlier"])
    # Half are spoilt in flux by 2^u, half in place by 5 u px: few of them by less than the noise.
    assert wrong.sum() >= 0.9 * truth["isOutlier"].sum()
    assert moved.max() < 5.5
    assert changed.max() < 1.1
