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
    def hankel(profile, k):
        def light(r):
            return 2.0 * np.pi * r * profile(r) * j0(2.0 * np.pi * k * r)

        return quad(light, 0.0, 80.0, limit=200)[0]

    zero = np.array([[0.0]])
    for k in (0.0, 0.05, 0.2, 0.45):
        seeing = hankel(lambda r: radial(r, 2.5), k) * np.sinc(k)  # a pixel's transform is sinc
        ours = profiles.moffat_transform(2.5, np.array([[k]]), zero)[0, 0]
        assert ours == pytest.approx(seeing, abs=1e-4)
        disk = hankel(lambda r: np.exp(-r / 2.0) / (8.0 * np.pi), k)  # of scale length 2 px
        ours = profiles.disk_transform(4.0 * np.eye(2), zero, np.array([[k]]))[0, 0]
        assert ours == pytest.approx(disk, abs=1e-6)
