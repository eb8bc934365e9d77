"""The PSF model against its own definition, integrated by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.pipelines.psf import MoffatPsf, stamp_half
from tests.pipelines.sky import moffat, sampled


@settings(max_examples=25, deadline=None)
@given(
    st.floats(2.0, 8.0),
    st.floats(1.8, 20.0),
    st.floats(-0.5, 0.5),
    st.floats(-0.5, 0.5),
    st.floats(-0.4, 0.4),
    st.floats(-0.4, 0.4),
)
def test_pixel_integrals(
    fwhm: float, beta: float, fx: float, fy: float, e1: float, e2: float
) -> None:
    circle = MoffatPsf.from_fwhm(fwhm, beta)
    norm = np.sqrt(1 - e1**2 - e2**2)
    alpha2 = circle.cxx / norm
    psf = MoffatPsf(alpha2 * (1 + e1), alpha2 * (1 - e1), alpha2 * e2, beta, circle.half)
    model = psf.stamps(np.array([fx]), np.array([fy]))[0]
    truth = sampled(moffat(fwhm, beta, e1, e2), fx, fy, psf.half)
    assert np.abs(model - truth / truth.sum()).max() < 1e-3 * model.max()
    assert model.sum() == pytest.approx(1.0, abs=1e-12)
    assert psf.fwhm == pytest.approx(fwhm, rel=1e-9)


def test_area_of_a_gaussian() -> None:
    """1 / sum(p^2) = 4 pi sigma^2; a Moffat of large beta is a Gaussian."""
    psf = MoffatPsf.from_fwhm(6.0, beta=5000.0)
    sigma2 = (6.0 / 2.3548) ** 2 + 1 / 12
    assert psf.area() == pytest.approx(4 * np.pi * sigma2, rel=5e-3)


def test_stamps_grow_with_the_seeing() -> None:
    assert [stamp_half(f) for f in (0.5, 4.0, 6.0, 99.0)] == [7, 10, 15, 30]


def test_shift_moves_the_light() -> None:
    psf = MoffatPsf.from_fwhm(4.0)
    stamp = psf.stamps(np.array([0.4]), np.array([-0.3]))[0]
    grid = np.arange(-psf.half, psf.half + 1)
    x, y = (stamp.sum(axis=0) * grid).sum(), (stamp.sum(axis=1) * grid).sum()
    assert (x, y) == pytest.approx((0.4, -0.3), abs=0.01)
