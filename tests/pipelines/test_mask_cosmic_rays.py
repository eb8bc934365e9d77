"""Cosmic rays: almost all tracks found, no star touched, whatever the seeing."""

import numpy as np
import pytest

from skytract.pipelines.exposure import Exposure, MaskPlane
from skytract.pipelines.interpolate_artifacts import interpolate_artifacts
from skytract.pipelines.mask_cosmic_rays import mask_cosmic_rays
from skytract.pipelines.psf import MoffatPsf
from tests.pipelines.sky import (
    Floats,
    add_gaussians,
    add_profiles,
    elliptical,
    grid_positions,
    make_exposure,
    moffat,
)

SKY = 900.0


def star_field(fwhm: float, rng: np.random.Generator) -> Floats:
    """Expected electrons of 400 stars and 30 galaxies."""
    x, y, shape = grid_positions(20, 31, rng)
    light = np.full(shape, SKY)
    flux = np.exp(rng.uniform(np.log(500), np.log(4e5), len(x)))
    add_profiles(light, x, y, flux, moffat(fwhm, 3.0), 15)
    gx, gy = rng.uniform(20, 600, (2, 30))
    add_profiles(light, gx, gy, np.full(30, 3e4), elliptical(6.0, 4.0, 1.0), 15)
    return light


def expose(light: Floats, rng: np.random.Generator, hits: Floats | float = 0.0) -> Exposure:
    image = rng.poisson(light) + rng.normal(0, 6, light.shape) + hits
    return make_exposure(image - SKY, np.maximum(image, 0) + 36)


@pytest.mark.parametrize("fwhm", [2.2, 3.0, 4.5, 7.0])
def test_no_star_is_touched(fwhm: float) -> None:
    rng = np.random.default_rng(1)
    exposure = expose(star_field(fwhm, rng), rng)
    found = mask_cosmic_rays(exposure, MoffatPsf.from_fwhm(fwhm, 3.0))
    # One false pixel in a million is allowed; the field has 384,400.
    assert found.flagged(MaskPlane.CR).sum() <= 1


@pytest.mark.parametrize("fwhm", [3.0, 4.5])
def test_tracks_are_found(fwhm: float) -> None:
    rng = np.random.default_rng(2)
    light = star_field(fwhm, rng)
    hits = np.zeros(light.shape)
    for _ in range(150):
        x, y, angle = rng.random(3) * (619, 619, 2 * np.pi)
        steps = np.arange(rng.integers(2, 20))
        columns = np.clip((x + steps * np.cos(angle)).astype(int), 1, 618)
        rows = np.clip((y + steps * np.sin(angle)).astype(int), 1, 618)
        hits[rows, columns] = rng.uniform(500, 3000)
    exposure = expose(light, rng, hits)
    found = mask_cosmic_rays(exposure, MoffatPsf.from_fwhm(fwhm, 3.0)).flagged(MaskPlane.CR)
    # Hits within the light of a bright star cannot all be told from it.
    significant = (hits > 10 * np.sqrt(light + 36)) & (light < SKY + 300)
    assert found[significant].mean() >= 0.98
    assert (found & (hits == 0)).sum() <= 0.02 * (hits > 0).sum()


def test_saturated_and_edge_pixels_are_not_judged() -> None:
    image = np.zeros((50, 50))
    image[[0, 25, 49, 20], [25, 25, 49, 0]] = 1e4
    saturated = np.zeros(image.shape, bool)
    saturated[25, 25] = True
    exposure = make_exposure(image, SKY).with_mask(saturated, MaskPlane.SATURATED)
    assert not mask_cosmic_rays(exposure, MoffatPsf.from_fwhm(4.0)).flagged(MaskPlane.CR).any()


def test_interpolation_fills_small_holes_and_says_so() -> None:
    image = np.zeros((61, 61))
    x = y = np.array([30.0])
    add_gaussians(image, x, y, np.array([1e5]), 3.0)
    truth = image.copy()
    holes = np.zeros(image.shape, bool)
    holes[30, 33] = holes[10:30, 50:52] = True
    image[holes] = 1e6
    exposure = make_exposure(image).with_mask(holes, MaskPlane.CR)
    filled = interpolate_artifacts(exposure, 1.5)
    assert np.array_equal(filled.flagged(MaskPlane.INTERPOLATED), holes)
    assert np.array_equal(filled.flagged(MaskPlane.CR), holes)
    assert filled.image[30, 33] == pytest.approx(truth[30, 33], rel=0.15)
    assert np.abs((filled.image - truth)[10:30, 50:52]).max() < 1.0
    assert np.allclose(filled.image[~holes], truth[~holes], rtol=1e-6)


def test_wide_holes_stay_empty() -> None:
    image = np.ones((101, 101))
    holes = np.zeros(image.shape, bool)
    holes[20:80, 20:80] = True
    exposure = make_exposure(np.where(holes, 0, image)).with_mask(holes, MaskPlane.BAD)
    filled = interpolate_artifacts(exposure, 1.5)
    assert not filled.flagged(MaskPlane.INTERPOLATED)[50, 50]
    assert filled.flagged(MaskPlane.INTERPOLATED)[20, 50]
