"""Background: published maps, known gradients, and sources that must not matter."""

import warnings
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from skytract.pipelines.estimate_background import estimate_background, subtract_background
from skytract.pipelines.exposure import MaskPlane
from skytract.pipelines.read_raw import read_raw
from tests.pipelines.sky import make_exposure


def test_published_maps_of_emmi(shared_data: Any) -> None:
    """SExtractor's own background and noise maps (64 px cells), equal to float32 rounding."""
    image = read_raw(shared_data("sep_emmi", "image.fits")).data.astype(float)
    model = estimate_background(make_exposure(image), mesh=64)
    for name, ours in (("back", model.level), ("rms", model.rms)):
        with warnings.catch_warnings():  # the header has cards no standard knows
            warnings.simplefilter("ignore", AstropyUserWarning)
            published = fits.getdata(shared_data("sep_emmi", f"{name}.fits"))
        assert np.abs(ours - published).max() < 0.01


def test_gradient_and_noise() -> None:
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:512, :512]
    plane = 800 + 0.1 * x - 0.05 * y
    model = estimate_background(make_exposure(plane + rng.normal(0, 20, plane.shape)), mesh=64)
    # A cell's median-like mode of 4,096 pixels has an error of 0.4; splines bend at the border.
    assert np.abs(model.level - plane)[64:-64, 64:-64].max() < 2.0
    assert np.median(model.rms) == pytest.approx(20, rel=0.03)


def test_masked_sources_do_not_raise_the_sky() -> None:
    rng = np.random.default_rng(2)
    image = 100 + rng.normal(0, 5, (256, 256))
    sources = rng.random(image.shape) < 0.3
    image[sources] += 30
    with_mask = estimate_background(make_exposure(image), 64, sources)
    without = estimate_background(make_exposure(image), 64)
    assert np.abs(with_mask.level - 100).max() < 0.8
    assert without.level.mean() > 102


def test_subtraction_is_remembered_and_reversible() -> None:
    rng = np.random.default_rng(3)
    exposure = make_exposure(rng.normal(500, 9, (200, 150)))
    first = subtract_background(exposure, estimate_background(exposure))
    second = subtract_background(first, estimate_background(first, 50))
    assert len(second.backgrounds) == 2
    assert np.allclose(second.image + second.background_level(), exposure.image, atol=1e-3)


def test_pixels_without_a_value_stay_empty() -> None:
    image = np.full((100, 100), 50.0)
    image[10, 10] = 0.0
    exposure = make_exposure(image).with_mask(image == 0, MaskPlane.BAD)
    result = subtract_background(exposure, estimate_background(exposure))
    assert result.image[10, 10] == 0
    assert np.abs(result.image).max() < 1e-3


def test_cells_larger_than_the_image_and_masks_everywhere() -> None:
    exposure = make_exposure(np.full((40, 30), 7.0))
    assert estimate_background(exposure, 128).mesh == 30
    everywhere = np.ones(exposure.shape, bool)
    assert estimate_background(exposure, 128, everywhere).level == pytest.approx(7.0)
