import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import j0

from skytract.pipelines.simulate import profiles


def radial(r, fwhm):
    """The Moffat profile itself, beta = 3 and unit flux (Moffat 1969)."""
    alpha = fwhm / (2.0 * np.sqrt(2.0 ** (1.0 / 3.0) - 1.0))
    return 2.0 / (np.pi * alpha**2) * (1.0 + (r / alpha) ** 2) ** -3.0


@pytest.mark.parametrize("fwhm", [2.0, 3.7])
def test_gaussians_add_up_to_a_moffat_profile(fwhm):
    weight, variance = profiles.moffat(fwhm)
    r = np.linspace(0.0, 12.0 * fwhm, 500)
    mixture = np.exp(-(r[:, None] ** 2) / (2.0 * variance)) @ (weight / (2.0 * np.pi * variance))
    assert np.max(np.abs(mixture - radial(r, fwhm))) < 2e-4 * radial(0.0, fwhm)
    np.testing.assert_allclose(mixture[r < 5.0 * fwhm], radial(r[r < 5.0 * fwhm], fwhm), rtol=2e-3)
    assert weight.sum() == pytest.approx(1.0)


def test_transforms_are_hankel_transforms():
    for k in (0.0, 0.05, 0.2, 0.45):
        pixel = np.sinc(k)
        expected = quad(lambda r: 2 * np.pi * r * radial(r, 2.5) * j0(2 * np.pi * k * r), 0, 80)[0]
        ours = profiles.moffat_transform(2.5, np.array([[k]]), np.array([[0.0]]))[0, 0]
        assert ours == pytest.approx(expected * pixel, abs=3e-4)
        disk = quad(lambda r: r / 4.0 * np.exp(-r / 2.0) * j0(2 * np.pi * k * r), 0, 80, limit=200)
        ours = profiles.disk_transform(4.0 * np.eye(2), np.array([[0.0]]), np.array([[k]]))[0, 0]
        assert ours == pytest.approx(disk[0], abs=1e-6)
