"""PSF fitting and star selection: simulated Moffats come back, galaxies and defects do not."""

from typing import Any

import numpy as np
import pytest

from skytract.pipelines.characterize_image import characterize_image
from skytract.pipelines.fit_psf import fit_psf
from skytract.pipelines.measure_shapes import Shapes
from skytract.pipelines.psf import FWHM_PER_SIGMA
from skytract.pipelines.select_stars import select_stars
from skytract.pipelines.stamps import cut_stamps
from tests.pipelines.sky import (
    add_profiles,
    elliptical,
    grid_positions,
    make_exposure,
    moffat,
)

SKY = 600.0


def stamps_of(fwhm: float, beta: float, e1: float, e2: float, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    half = int(np.ceil(2.5 * fwhm))
    x, y, shape = grid_positions(6, 2 * half + 7, rng)
    light = np.full(shape, SKY)
    flux = np.exp(rng.uniform(np.log(3e4), np.log(5e5), len(x)))
    add_profiles(light, x, y, flux, moffat(fwhm, beta, e1, e2), half + 3)
    exposure = make_exposure(rng.poisson(light) - SKY, light)
    return cut_stamps(exposure, x, y, half), np.arange(len(x))


@pytest.mark.parametrize(
    ("fwhm", "beta", "e1", "e2"),
    [(4.0, 3.0, 0.0, 0.0), (2.3, 4.0, 0.05, -0.03), (6.0, 2.5, -0.1, 0.08), (3.5, 8.0, 0.0, 0.04)],
)
def test_parameters_come_back(fwhm: float, beta: float, e1: float, e2: float) -> None:
    stamps, stars = stamps_of(fwhm, beta, e1, e2)
    fit = fit_psf(stamps, stars, 1.2 * fwhm / FWHM_PER_SIGMA)
    assert fit is not None
    psf = fit.psf
    assert psf.fwhm == pytest.approx(fwhm, rel=4e-3)
    assert 1 / psf.beta == pytest.approx(1 / beta, abs=0.02)
    trace = psf.cxx + psf.cyy
    assert (psf.cxx - psf.cyy) / trace == pytest.approx(e1, abs=4e-3)
    assert 2 * psf.cxy / trace == pytest.approx(e2, abs=4e-3)
    assert fit.residual < 5e-3
    assert len(fit.stars) >= 30


def test_odd_stars_are_dropped() -> None:
    stamps, stars = stamps_of(4.0, 3.0, 0.0, 0.0)
    spoiled = [3, 17]
    for i in spoiled:
        stamps.data[i] = np.roll(stamps.data[i], 4, axis=1) + stamps.data[i]
    fit = fit_psf(stamps, stars, 1.7)
    assert fit is not None
    assert not set(spoiled) & set(fit.stars.tolist())
    assert fit.psf.fwhm == pytest.approx(4.0, rel=5e-3)


def test_two_stars_are_too_few() -> None:
    stamps, stars = stamps_of(4.0, 3.0, 0.0, 0.0)
    assert fit_psf(stamps, stars[:2], 1.7) is None


def shapes_of(size: Any) -> Shapes:
    size = np.asarray(size, float)
    zero = np.zeros_like(size)
    return Shapes(size**2, size**2, zero, zero + 1e4, zero + 1, zero > 0)


def test_the_compact_end_is_chosen() -> None:
    rng = np.random.default_rng(1)
    size = np.concatenate([rng.normal(1.8, 0.03, 25), rng.uniform(2.2, 6.0, 40), [1.0, 1.2]])
    stars = select_stars(np.arange(len(size)), shapes_of(size))
    assert set(stars.tolist()) == set(range(25))


def test_three_stars_among_galaxies_suffice_but_two_do_not() -> None:
    galaxies = [2.5, 3.1, 3.9, 5.0]
    three = select_stars(np.arange(7), shapes_of([1.50, 1.55, 1.52, *galaxies]))
    assert set(three.tolist()) == {0, 1, 2}
    two = select_stars(np.arange(6), shapes_of([1.50, 1.55, *galaxies]))
    assert two.tolist() == []


def test_galaxies_do_not_widen_the_psf() -> None:
    """The whole chain on a field with as many bright galaxies as stars."""
    rng = np.random.default_rng(4)
    x, y, shape = grid_positions(9, 45, rng)
    light = np.full(shape, SKY)
    star = rng.random(len(x)) < 0.5
    flux = np.exp(rng.uniform(np.log(2e4), np.log(2e5), len(x)))
    add_profiles(light, x[star], y[star], flux[star], moffat(3.6, 3.5), 22)
    for i in np.flatnonzero(~star):
        size = rng.uniform(2.2, 4.0)
        profile = elliptical(size**2, 0.6 * size**2, 0.2 * size**2)
        add_profiles(light, x[i : i + 1], y[i : i + 1], 2 * flux[i : i + 1], profile, 22)
    image = characterize_image(make_exposure(rng.poisson(light).astype(float), light))
    assert image.psf_fit is not None
    assert image.exposure.psf is not None
    assert image.exposure.psf.fwhm == pytest.approx(3.6, rel=0.01)
    extended = image.columns["extendedness"]
    distance = np.hypot(
        image.columns["x"] - x[:, np.newaxis], image.columns["y"] - y[:, np.newaxis]
    )
    nearest = distance.argmin(axis=1)
    assert (extended[nearest[star]] == 0).mean() > 0.97
    assert (extended[nearest[~star]] == 1).mean() > 0.97
