"""Aperture corrections: constants and slopes come back, outliers do not matter."""

import numpy as np
import pytest

from skytract.pipelines.fit_aperture_correction import (
    MIN_STARS_LINEAR,
    ApertureCorrection,
    fit_aperture_correction,
)
from tests.pipelines.sky import Floats

SHAPE = (400, 300)


def stars(n: int, seed: int = 1) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 299, n), rng.uniform(0, 399, n), rng.uniform(1e4, 1e5, n)


def test_constant_of_a_few_stars() -> None:
    x, y, flux = stars(6)
    fit = fit_aperture_correction(x, y, 1.07 * flux, flux, 0.01 * flux, SHAPE)
    assert fit is not None
    assert fit.coefficients == pytest.approx((1.07,))
    assert fit.error == pytest.approx(0.01 / np.sqrt(6), rel=0.1)


def test_slope_of_many_stars_with_outliers() -> None:
    x, y, flux = stars(60)
    rng = np.random.default_rng(2)
    truth = 1.05 + 0.02 * (2 * x / 299 - 1) - 0.01 * (2 * y / 399 - 1)
    total = truth * flux * (1 + rng.normal(0, 0.005, 60))
    total[:4] *= [1.5, 0.7, 2.0, 1.3]
    fit = fit_aperture_correction(x, y, total, flux, 0.005 * flux, SHAPE)
    assert fit is not None
    assert fit.n_stars == pytest.approx(56, abs=1)
    assert fit.at(x, y) == pytest.approx(truth, abs=0.004)


def test_order_follows_the_number_of_stars() -> None:
    for n, terms in ((MIN_STARS_LINEAR - 1, 1), (MIN_STARS_LINEAR, 3)):
        x, y, flux = stars(n)
        fit = fit_aperture_correction(x, y, flux, flux, 0.01 * flux, SHAPE)
        assert fit is not None
        assert len(fit.coefficients) == terms


def test_unusable_stars() -> None:
    x, y, flux = stars(5)
    none = np.full(5, np.nan)
    assert fit_aperture_correction(x, y, none, flux, flux, SHAPE) is None
    assert fit_aperture_correction(x[:0], y[:0], flux[:0], flux[:0], flux[:0], SHAPE) is None
    one = np.where(np.arange(5) == 2, 1.1 * flux, np.nan)
    fit = fit_aperture_correction(x, y, one, flux, 0.01 * flux, SHAPE)
    assert fit is not None
    assert (fit.coefficients, fit.n_stars) == (pytest.approx((1.1,)), 1)


def test_evaluation_at_the_corners() -> None:
    correction = ApertureCorrection((1.0, 0.1, 0.01), SHAPE, 0.0, 9)
    x, y = np.array([0.0, 299.0, 149.5]), np.array([0.0, 399.0, 199.5])
    assert correction.at(x, y) == pytest.approx([0.89, 1.11, 1.0])
