"""Centroids: exact without noise, efficient with it, and honest about failures."""

import numpy as np
import pytest

from skytract.pipelines.exposure import MaskPlane
from skytract.pipelines.measure_centroids import Centroids, measure_centroids, window_sigma
from skytract.pipelines.stamps import cut_stamps
from tests.pipelines.sky import (
    Floats,
    add_gaussians,
    add_profiles,
    elliptical,
    grid_positions,
    make_exposure,
    robust_std,
)

SIGMA, SKY = 1.8, 400.0


def centroids(image: Floats, x: Floats, y: Floats, variance: Floats | float = 1.0) -> Centroids:
    stamps = cut_stamps(make_exposure(image, variance), np.rint(x), np.rint(y), 12)
    return measure_centroids(stamps, np.full(len(x), SIGMA))


def test_exact_without_noise() -> None:
    x, y, shape = grid_positions(8, 41, np.random.default_rng(1))
    image = np.zeros(shape)
    add_gaussians(image, x, y, np.full(len(x), 1e4), SIGMA)
    found = centroids(image, x, y)
    assert np.abs(found.x - x).max() < 1e-3
    assert np.abs(found.y - y).max() < 1e-3
    assert not found.flag.any()


@pytest.mark.parametrize("flux", [1500.0, 6000.0, 100000.0])
def test_errors_are_those_of_a_thousand_injections(flux: float) -> None:
    rng = np.random.default_rng(2)
    x, y, shape = grid_positions(32, 25, rng)
    light = np.full(shape, SKY)
    add_gaussians(light, x, y, np.full(len(x), flux), SIGMA, half=12)
    image = rng.poisson(light) - SKY
    found = centroids(image, x, y, light)
    good = ~found.flag
    assert good.mean() > 0.99
    for pull in (found.x - x) / found.x_err, (found.y - y) / found.y_err:
        # 1,024 values: the mean to 0.03, the width to 0.03; linear errors fail by some % at S/N 10.
        assert abs(np.median(pull[good])) < 0.12
        assert robust_std(pull[good]) == pytest.approx(1.0, abs=0.10)


def test_errors_reach_the_cramer_rao_bound() -> None:
    """Sky-limited: var(x) = 8 pi sigma^4 v / F^2, plus what a pixel adds to the width."""
    x = y = np.array([50.0])
    image = np.zeros((101, 101))
    add_gaussians(image, x, y, np.array([1e4]), SIGMA)
    found = centroids(image, x, y, SKY)
    bound = np.sqrt(8 * np.pi * SKY) * SIGMA**2 / 1e4
    assert bound < found.x_err[0] < 1.06 * bound
    assert found.y_err[0] == pytest.approx(found.x_err[0], rel=1e-9)
    assert abs(found.covariance[0]) < 1e-9


def test_covariance_follows_a_slanted_noise() -> None:
    row, column = np.mgrid[:101, :101] - 50
    x = y = np.array([50.0])
    image = np.zeros((101, 101))
    add_gaussians(image, x, y, np.array([1e4]), SIGMA)
    found = centroids(image, x, y, np.where(row * column > 0, 500.0, 100.0))
    assert found.covariance[0] > 0.1 * found.x_err[0] * found.y_err[0]


def test_rotation_by_90_degrees() -> None:
    rng = np.random.default_rng(3)
    x, y, shape = grid_positions(5, 41, rng)
    image = rng.normal(0, 20, shape)
    add_profiles(image, x, y, np.full(len(x), 2e4), elliptical(5.0, 2.5, 1.0), 15)
    n = shape[0]
    here = centroids(image, x, y, 400.0)
    there = centroids(np.rot90(image).copy(), y, n - 1 - x, 400.0)
    assert np.allclose(there.x, here.y, atol=1e-3)
    assert np.allclose(there.y, n - 1 - here.x, atol=1e-3)
    assert np.allclose(there.covariance, -here.covariance, atol=1e-6)


def test_a_bad_pixel_is_replaced_by_its_mirror() -> None:
    x = y = np.array([50.0])
    image = np.zeros((101, 101))
    add_gaussians(image, x, y, np.array([1e4]), SIGMA)
    image[49, 52] = 1e6
    exposure = make_exposure(image).with_mask(image == 1e6, MaskPlane.BAD)
    found = measure_centroids(cut_stamps(exposure, x, y, 12), np.full(1, SIGMA))
    assert (found.x[0], found.y[0]) == pytest.approx((50.0, 50.0), abs=1e-3)


def test_nothing_there_is_flagged_and_stays() -> None:
    x = y = np.array([50.0])
    found = centroids(np.full((101, 101), -5.0), x, y)
    assert found.flag[0]
    assert (found.x[0], found.y[0]) == (50.0, 50.0)
    assert np.isnan(found.x_err[0])


def test_a_walk_to_a_neighbour_is_flagged() -> None:
    image = np.zeros((101, 101))
    add_gaussians(image, np.array([58.0]), np.array([50.0]), np.array([1e6]), SIGMA)
    found = centroids(image, np.array([50.0]), np.array([50.0]))
    assert found.flag[0]
    assert found.x[0] == 50.0


def test_window_follows_extended_sources() -> None:
    size = np.array([2.0, 2.5, 3.0, 9.0, np.nan, np.nan, 2.7])
    isophotal = np.array([9.0, 9.0, 3.0, 9.0, 2.0, 3.0, 1.0])
    window = window_sigma(size, isophotal, 2.0)
    assert window.tolist() == [2.0, 2.0, 4.5, 12.0, 2.0, 4.5, 2.0]


def test_no_sources() -> None:
    none = np.zeros(0)
    assert len(centroids(np.zeros((20, 20)), none, none).x) == 0
