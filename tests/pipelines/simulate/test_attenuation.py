import numpy as np
import pytest

from skytract.pipelines.simulate.attenuation import forest_transmission


def test_forest_spares_what_is_redder_than_lyman_alpha():
    wavelength = np.array([300.0, 430.0, 480.0, 500.0, 900.0])
    np.testing.assert_array_equal(forest_transmission(wavelength, 3.0)[3:], 1.0)
    # Madau (1995, section 3): exp(-0.0036 (1+z)^3.46) just below Lyman alpha of a source at z = 3.
    just_below = forest_transmission(np.array([486.2]), 3.0)[0]
    assert just_below == pytest.approx(np.exp(-0.0036 * 4.0**3.46), rel=1e-2)
    assert forest_transmission(wavelength, 3.0)[0] < 0.1


@pytest.mark.parametrize("redshift", [0.5, 2.0, 3.5, 5.0])
def test_transmission_falls_towards_the_blue_within_the_continuum(redshift):
    beyond = np.linspace(300.0, 1100.0, 300)
    transmission = forest_transmission(beyond, redshift)
    assert np.all((transmission > 0.0) & (transmission <= 1.0))
    more = forest_transmission(beyond, redshift + 0.5)
    assert np.all(more <= transmission + 1e-12)
