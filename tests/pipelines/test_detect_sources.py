"""Detection: a published catalogue, the rate of noise peaks, completeness, blends, symmetry."""

from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.stats import norm

from skytract.pipelines.detect_sources import Detections, DetectionSettings, detect_sources
from skytract.pipelines.exposure import MaskPlane
from skytract.pipelines.frame_error import FrameError
from tests.pipelines.sky import (
    add,
    add_gaussians,
    gaussian_stamp,
    grid_positions,
    make_exposure,
)

SIGMA, NOISE = 2.0, 10.0
KERNEL = gaussian_stamp(0.0, 0.0, SIGMA, 9)


def detect(image: Any, threshold: float = 5.0, **settings: Any) -> Detections:
    exposure = make_exposure(image, NOISE**2, noise=NOISE)
    return detect_sources(exposure, SIGMA, DetectionSettings(threshold, **settings))


def distances(x: Any, y: Any, to_x: Any, to_y: Any) -> Any:
    """Distance of each published position (one-based) to the nearest of ours (zero-based)."""
    tree = cKDTree(np.stack([x, y], axis=1) + 1)
    return tree.query(np.stack([to_x, to_y], axis=1))[0]


def test_published_catalogue_of_emmi(emmi: Any, emmi_catalogue: Any) -> None:
    """At least 62 of SExtractor's 65 sources within 1 px, of either of its two positions."""
    x, y = emmi.columns["x"], emmi.columns["y"]
    isophotal = distances(x, y, emmi_catalogue["X_IMAGE"], emmi_catalogue["Y_IMAGE"])
    windowed = distances(x, y, emmi_catalogue["XWIN_IMAGE"], emmi_catalogue["YWIN_IMAGE"])
    assert (isophotal < 1).sum() >= 62
    assert (windowed < 1).sum() >= 62
    # Windowed centroids, as ours are: for most sources the same definition, the same number.
    assert np.median(windowed) < 0.1


def test_noise_peaks_are_rare() -> None:
    rng = np.random.default_rng(1)
    found = detect(rng.normal(0, NOISE, (1000, 1000)))
    # About 0.1 peaks above 5 sigma per 10^6 pixels of this correlation (Bardeen et al. 1986).
    assert len(found) <= 2
    assert len(detect(rng.normal(0, NOISE, (1000, 1000)), 3.0)) > 50


@pytest.mark.parametrize("snr", [4.0, 5.0, 6.0, 7.0])
def test_completeness_is_that_of_the_signal_to_noise(snr: float) -> None:
    """1,024 stars of one brightness: the share above 5 sigma is that of a normal law."""
    rng = np.random.default_rng(2)
    x, y, shape = grid_positions(32, 33, rng)
    x, y = np.rint(x), np.rint(y)
    flux = np.full(len(x), snr * NOISE / np.sqrt(np.sum(KERNEL**2)))
    image = rng.normal(0, NOISE, shape)
    add_gaussians(image, x, y, flux, SIGMA)
    found = detect(image)
    distance, _ = cKDTree(np.stack([found.x, found.y], axis=1)).query(np.stack([x, y], axis=1))
    expected = norm.sf(5.0 - snr)
    # The peak may lie beside the true pixel, which adds up to 4 % near the threshold.
    assert -0.04 < (distance < 4).mean() - expected < 0.08


def test_two_stars_are_split() -> None:
    image = np.zeros((100, 100))
    for column, flux in ((45, 5e4), (55, 2e4)):
        add(image, flux * gaussian_stamp(0, 0, SIGMA, 15), column, 50)
    found = detect(image)
    assert len(found) == 2
    assert sorted(found.peak_x) == [45, 55]
    assert len(detect(image, deblend_contrast=1.0)) == 1


def test_ellipse_of_a_bright_source() -> None:
    image = np.zeros((101, 101))
    add(image, 1e8 * gaussian_stamp(0.2, -0.3, SIGMA, 40), 50, 50)
    found = detect(image)
    assert (found.x[0], found.y[0]) == pytest.approx((50.2, 49.7), abs=1e-3)
    # The footprint of so bright a source cuts off next to nothing; a pixel adds 1/12 twice.
    assert found.a[0] == pytest.approx(np.sqrt(SIGMA**2 + 2 / 12), rel=2e-3)
    assert found.b[0] == pytest.approx(found.a[0], rel=2e-3)
    assert 0 < found.area[0] < (found.segmentation == 1).sum()


def test_rotation_and_flips_change_nothing() -> None:
    rng = np.random.default_rng(4)
    image = rng.normal(0, NOISE, (160, 160))
    x, y = rng.uniform(10, 150, (2, 40))
    add_gaussians(image, x, y, np.full(40, 4000.0), SIGMA)
    here = detect(image)
    turned, flipped = detect(np.rot90(image).copy()), detect(image[:, ::-1].copy())
    for x_back, y_back in ((159 - turned.y, turned.x), (159 - flipped.x, flipped.y)):
        tree = cKDTree(np.stack([x_back, y_back], axis=1))
        distance, _ = tree.query(np.stack([here.x, here.y], axis=1))
        assert len(x_back) == len(here)
        # Rounding in the transform may move one faint pixel across the threshold.
        assert distance.max() < 0.3
        assert np.median(distance) < 1e-3


def test_edges_and_empty_images() -> None:
    image = np.zeros((80, 80))
    assert len(detect(image)) == 0
    add(image, 5e4 * gaussian_stamp(0, 0, SIGMA, 15), 0, 40)
    found = detect(image)
    assert found.truncated.tolist() == [True]


def test_bad_pixels_are_not_sources() -> None:
    image = np.zeros((80, 80))
    image[40, 40] = 0.0
    image[20, 20] = 1e6
    exposure = make_exposure(image, NOISE**2, noise=NOISE)
    exposure = exposure.with_mask(image == 0, MaskPlane.EDGE)
    assert len(detect_sources(exposure, SIGMA)) == 1


def test_frames_without_sky_are_refused() -> None:
    with pytest.raises(FrameError, match=r"test: detection gave up .* raise --threshold"):
        detect(np.full((1000, 1000), 1e4))
