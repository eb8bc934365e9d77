"""Forty thousand measurements of known light: widths of pulls, covariances, completeness."""

import numpy as np
import pytest
from scipy.stats import norm

from skytract.pipelines.simulate.catalog.camera import NX, NY
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.scene import Scene
from skytract.pipelines.simulate.catalog.sources import measure
from skytract.pipelines.simulate.catalog.take_images import take_images
from skytract.pipelines.simulate.catalog.throughput import Response
from skytract.pipelines.simulate.catalog.visits import plan_visits

PLAN = CatalogPlan(seed=5, visits=1, outliers=0.0, spurious=0.0)
NUMBER = 40_000


@pytest.fixture(scope="module")
def image():
    one = np.ones(1)
    response = Response(one[:, None], 200.0 * one, one, one[None], one[None], np.zeros(1, int))
    return take_images(PLAN, plan_visits(PLAN)[0], response)


def points(image, significance):
    """Stars whose true PSF flux is so many times its error, all over a detector."""
    rng = np.random.default_rng(3)
    sky = image.psfArea * image.variance  # F / sqrt(F + sky) = significance
    square = significance**2
    counts = (square + np.sqrt(square**2 + 4.0 * square * sky)) / 2.0
    none, rows = np.zeros(NUMBER), np.arange(NUMBER)
    x, y = rng.uniform(20.0, NX - 20.0, NUMBER), rng.uniform(20.0, NY - 20.0, NUMBER)
    members, sizes = np.ones(NUMBER, np.int16), np.zeros((3, NUMBER), np.float32)
    return Scene(rows * 0, rows, rows + 1, x, y, counts, none, *sizes, members)


@pytest.mark.parametrize("significance", [12.0, 50.0])
def test_pulls_have_unit_width_within_two_per_cent(image, significance):
    """The width of so many is known to 0.35 %: what is found lies within 2 % by a wide margin."""
    measured = measure(PLAN, image, points(image, np.full(NUMBER, significance)))
    source, truth = measured.source, measured.truth
    assert len(source["x"]) == NUMBER
    for value, error, true in (
        ("x", "xErr", "x"),
        ("y", "yErr", "y"),
        ("psfInstFlux", "psfInstFluxErr", "psfInstFlux"),
        ("ap12InstFlux", "ap12InstFluxErr", "counts"),
    ):
        light = -np.expm1(-0.5 * 12.0**2 / image.psfSigma[0] ** 2) if true == "counts" else 1.0
        pulls = (source[value] - light * truth[true]) / source[error]
        assert np.std(pulls) == pytest.approx(1.0, abs=0.02), value
        assert abs(np.mean(pulls)) < 4.0 / np.sqrt(NUMBER), value


def test_covariances_are_those_stated(image):
    """x with y, and aperture flux with PSF flux: Cov(A, F) = Var F."""
    measured = measure(PLAN, image, points(image, np.full(NUMBER, 12.0)))
    source, truth = measured.source, measured.truth
    offset = np.cov(source["x"] - truth["x"], source["y"] - truth["y"])
    scatter = 4.0 * np.sqrt(offset[0, 0] * offset[1, 1] / NUMBER)
    assert offset[0, 1] == pytest.approx(source["x_y_Cov"].mean(), abs=scatter)
    flux = np.cov(source["psfInstFlux"], source["ap12InstFlux"])
    scatter = 4.0 * np.sqrt(flux[0, 0] * flux[1, 1] / NUMBER)
    assert flux[0, 1] == pytest.approx(np.mean(source["psfInstFluxErr"] ** 2), abs=scatter)


def test_completeness_falls_with_magnitude(image):
    """The part that is found is that of normal noise above 5 errors: half at a ratio of 5."""
    steps = np.repeat([3.0, 4.0, 5.0, 6.0, 7.0], NUMBER // 5)
    truth = measure(PLAN, image, points(image, steps)).truth
    found = np.isin(np.arange(NUMBER) + 1, truth["truthId"])
    for significance in (3.0, 4.0, 5.0, 6.0, 7.0):
        expected = norm.cdf(significance - 5.0)
        error = np.sqrt(expected * (1.0 - expected) / (NUMBER // 5))
        part = found[steps == significance].mean()
        assert part == pytest.approx(expected, abs=4.0 * error), significance
