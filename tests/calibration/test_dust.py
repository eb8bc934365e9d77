import numpy as np
import pytest

from skytract.udf.calibration.dust import dust_transmission, extinction_curve


def test_extinction_curve_is_that_of_table_3():
    """Cardelli, Clayton & Mathis (1989), table 3: U B V R I J at R_V = 3.1.

    Their polynomials, which everybody uses, pass within 0.013 of that table.
    """
    wavelength = np.array([365.0, 440.0, 549.5, 700.0, 900.0, 1250.0])
    table = [1.569, 1.337, 1.000, 0.751, 0.479, 0.282]
    np.testing.assert_allclose(extinction_curve(wavelength), table, atol=0.013)


def test_both_branches_of_the_curve_meet():
    red, blue = extinction_curve(np.array([909.2, 909.0]))
    assert red == pytest.approx(blue, rel=2e-3)


def test_dust_of_ebv_1_dims_v_by_3_magnitudes():
    assert dust_transmission(np.array([549.5]), 1.0)[0] == pytest.approx(
        10 ** (-0.4 * 3.1), rel=2e-3
    )
