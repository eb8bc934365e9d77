"""PSF photometry: unbiased at every brightness, negative too, with errors that mean something."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.pipelines.exposure import MaskPlane
from skytract.pipelines.measure_psf_flux import measure_psf_flux
from skytract.pipelines.psf import MoffatPsf
from skytract.pipelines.stamps import cut_stamps
from tests.pipelines.sky import Floats, add_profiles, grid_positions, make_exposure, moffat

FWHM, BETA, SKY = 4.0, 3.0, 500.0
PSF = MoffatPsf.from_fwhm(FWHM, BETA)


def field(flux: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    n = int(np.sqrt(len(flux)))
    x, y, shape = grid_positions(n, 2 * PSF.half + 5, rng)
    light = np.full(shape, SKY)
    add_profiles(light, x, y, flux, moffat(FWHM, BETA), PSF.half)
    return x, y, light


def stamp_share(x: Floats, y: Floats) -> Floats:
    """Share of the true profile within each stamp, by summing it."""
    image = np.zeros((2 * PSF.half + 1,) * 2)
    shares = []
    for fx, fy in zip(x - np.rint(x), y - np.rint(y), strict=True):
        image[:] = 0
        half = np.full(1, PSF.half, float)
        add_profiles(image, half + fx, half + fy, np.ones(1), moffat(FWHM, BETA), PSF.half)
        shares.append(image.sum())
    return np.array(shares)


def test_exact_without_noise() -> None:
    rng = np.random.default_rng(1)
    flux = rng.uniform(-1e4, 1e5, 36)
    x, y, light = field(flux, rng)
    result = measure_psf_flux(cut_stamps(make_exposure(light - SKY), x, y, PSF.half), PSF)
    assert result.flux == pytest.approx(flux * stamp_share(x, y), rel=2e-4)
    assert not result.flag.any()


@pytest.fixture(scope="module")
def thousand() -> tuple[Floats, Floats, Floats, Floats]:
    """1,024 positions, the image of stars of flux 1 there, and the share in each stamp."""
    x, y, light = field(np.ones(1024), np.random.default_rng(2))
    return x, y, light - SKY, stamp_share(x, y)


@pytest.mark.parametrize("flux", [-500.0, 0.0, 300.0, 3000.0, 1e5])
def test_a_thousand_injections_have_unit_pulls(
    flux: float, thousand: tuple[Floats, Floats, Floats, Floats]
) -> None:
    x, y, unit, share = thousand
    light = SKY + flux * unit
    image = np.random.default_rng(3).poisson(light) - SKY
    result = measure_psf_flux(cut_stamps(make_exposure(image, light), x, y, PSF.half), PSF)
    pull = (result.flux - flux * share) / result.flux_err
    assert abs(pull.mean()) < 3.5 / np.sqrt(1024)
    assert 0.93 < pull.std() < 1.07


def test_error_of_the_sky_limit() -> None:
    """sqrt(v / sum p^2): the noise of the effective area."""
    x = y = np.array([50.0])
    stamps = cut_stamps(make_exposure(np.zeros((101, 101)), SKY), x, y, PSF.half)
    assert measure_psf_flux(stamps, PSF).flux_err[0] == pytest.approx(np.sqrt(SKY * PSF.area()))


pixels = st.integers(0, 2**31 - 1)


@settings(max_examples=20, deadline=None)
@given(pixels, pixels, st.floats(-5, 5))
def test_flux_is_linear(one: int, two: int, factor: float) -> None:
    a, b = (np.random.default_rng(seed).normal(0, 9, (41, 41)) for seed in (one, two))
    x, y = np.array([20.3]), np.array([19.6])

    def flux(image: npt.NDArray[Any]) -> float:
        return float(
            measure_psf_flux(cut_stamps(make_exposure(image), x, y, PSF.half), PSF).flux[0]
        )

    assert flux(a + factor * b) == pytest.approx(flux(a) + factor * flux(b), abs=1e-2)


def test_missing_pixels_do_not_bias() -> None:
    rng = np.random.default_rng(3)
    x, y, light = field(np.full(25, 1e4), rng)
    exposure = make_exposure(light - SKY, light)
    hot = rng.random(exposure.shape) < 0.1
    exposure.image[hot] = 1e6
    exposure = exposure.with_mask(hot, MaskPlane.BAD)
    result = measure_psf_flux(cut_stamps(exposure, x, y, PSF.half), PSF)
    kept = ~result.flag
    assert kept.sum() > 20
    assert result.flux[kept] == pytest.approx(1e4 * stamp_share(x, y)[kept], rel=1e-3)


def test_edges_and_blind_stamps_are_flagged() -> None:
    exposure = make_exposure(np.ones((101, 101)))
    x, y = np.array([50.0, 0.0, -40.0, 0.6]), np.array([50.0, 0.0, 50.0, 50.0])
    result = measure_psf_flux(cut_stamps(exposure, x, y, PSF.half), PSF)
    assert result.flag.tolist() == [False, True, True, False]
    assert np.isnan(result.flux[2])


def test_neighbours_pixels_are_left_out() -> None:
    image = np.zeros((101, 101))
    x, y = np.array([46.0, 56.0]), np.array([50.0, 50.0])
    add_profiles(image, x, y, np.array([1e4, 3e4]), moffat(FWHM, BETA), 40)
    segmentation = np.zeros((101, 101), np.int32)
    segmentation[:, :50], segmentation[:, 50:] = 1, 2
    ids = np.array([1, 2], np.int32)
    exposure = make_exposure(image)
    blended = measure_psf_flux(cut_stamps(exposure, x, y, PSF.half), PSF)
    parted = measure_psf_flux(cut_stamps(exposure, x, y, PSF.half, segmentation, ids), PSF)
    truth = np.array([1e4, 3e4]) * stamp_share(x, y)
    assert (np.abs(parted.flux - truth) < 0.7 * np.abs(blended.flux - truth)).all()
