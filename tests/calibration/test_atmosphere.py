"""The atmosphere against the transmission it was made from, and the laws it must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytract.loaders.atmosphere_tables import read_line_depths
from skytract.loaders.package_data import read_filter
from skytract.loaders.passband_library import (
    read_instrument_passbands,
    read_standard_passbands,
    standard_transmission,
)
from skytract.udf.calibration.atmosphere import STANDARD, continuum_depth, transmission
from skytract.udf.calibration.spectra import WAVELENGTH, bin_average

AIRMASS, PWV, DEPTH = st.floats(1.0, 2.5), st.floats(0.2, 15.0), st.floats(0.0, 0.3)


def test_standard_conditions_reproduce_the_published_transmission():
    # In every DECam band the ratio with and without atmosphere, but for one gray 1 % (section 5).
    expected, ours = [], []
    for band in "rizY":
        wavelength, outside = read_filter("decamDR1noatm", band)
        inside = np.interp(wavelength, *read_filter("decamDR1", band))
        usable = outside > 0.1 * outside.max()
        averages = bin_average(wavelength[usable], (inside / outside.clip(1e-9))[usable])
        whole = (wavelength[usable][0] + 0.5 <= WAVELENGTH) & (
            wavelength[usable][-1] - 0.5 >= WAVELENGTH
        )
        expected.append(averages[whole & (WAVELENGTH >= 575.0)])
        ours.append(standard_transmission()[whole & (WAVELENGTH >= 575.0)])
    depth = np.log(np.concatenate(ours) / np.concatenate(expected))
    assert np.median(depth) == pytest.approx(0.010, abs=0.002)
    assert np.abs(depth - np.median(depth)).max() < 0.005


@given(AIRMASS, AIRMASS, PWV, DEPTH)
def test_more_air_lets_less_light_through(one, other, pwv, depth):
    lines = read_line_depths()
    less, more = sorted([one, other])
    thin, thick = (
        transmission(x, STANDARD.pressure, pwv, STANDARD.ozone, depth, 1.0, lines)
        for x in (less, more)
    )
    assert (thick <= thin).all() and (thin <= 1.0).all() and (thick > 0.0).all()


def test_water_does_not_follow_beer_and_lambert():
    # Twice the water makes lines 2^0.6 times as deep, not twice (curve of growth).
    lines, at = read_line_depths(), 934 - 300
    depths = [
        -np.log(transmission(*STANDARD._replace(pwv=pwv), lines)[at]) for pwv in (0.0, 3.0, 6.0)
    ]
    assert (depths[2] - depths[0]) / (depths[1] - depths[0]) == pytest.approx(2**0.6)


def test_molecules_scatter_as_published():
    # Bucholtz 1995, Appl. Opt. 34, 2765, table 3: tau of a standard atmosphere (1013.25 mbar) at
    # 400, 500 and 700 nm; the formula of Bird & Riordan agrees to 1.5 %.
    depth = continuum_depth(1.0, 1013.25, 0.0, 0.0, 1.0)
    for wavelength, tau in ((400, 0.3596), (500, 0.1430), (700, 0.0364)):
        assert depth[wavelength - 300] == pytest.approx(tau, rel=0.015)


def test_parameters_broadcast():
    lines = read_line_depths()
    many = transmission(np.array([1.0, 1.5]), 778.0, 3.0, 263.0, 0.03, 1.0, lines)
    assert many.shape == (2, 801)
    np.testing.assert_array_equal(many[1], transmission(1.5, 778.0, 3.0, 263.0, 0.03, 1.0, lines))


def test_instrument_times_standard_atmosphere_is_the_standard_passband():
    bands, standard = read_standard_passbands()
    _, instrument = read_instrument_passbands()
    assert "".join(bands) == "ugrizy"
    product = instrument * transmission(*STANDARD, read_line_depths())
    np.testing.assert_allclose(product, standard, rtol=1e-13)
    # No line of the atmosphere is left deeper than 6 % in what should be glass and silicon.
    z = instrument[bands.index("z"), 830 - 300 : 900 - 300]
    smooth = np.convolve(z, np.ones(9) / 9, mode="valid")
    assert np.abs(z[4:-4] / smooth - 1.0).max() < 0.06


def test_passbands_end_where_their_authors_say():
    # Cutoffs in the headers of the LSST's throughputs 1.9 (github.com/lsst/throughputs), where
    # 0.1 % gets through: an angstrom taken for a nanometre, or a shift of the grid, would be seen.
    bands, throughput = read_standard_passbands()
    for band, blue, red in (("g", 385.6, 566.3), ("r", 533.7, 705.7), ("i", 669.9, 837.8)):
        inside = WAVELENGTH[throughput[bands.index(band)] > 1e-3]
        assert (inside[0], inside[-1]) == pytest.approx((blue, red), abs=4.0)
