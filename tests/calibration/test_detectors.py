"""Chromatic terms from detector to detector, for the measured throughputs of DECam's 62 CCDs."""

import numpy as np
import pytest
from astropy.io import fits

from skytract.loaders.passband_library import standard_transmission
from skytract.loaders.passband_training import training_passbands, training_spectra
from skytract.loaders.sed_library import read_sed_library
from skytract.udf.calibration.passband_basis import (
    chromatic_factors,
    coefficients,
    fit_basis,
    project_sed,
)
from skytract.udf.calibration.spectra import WAVELENGTH, bin_average, mean_fluxes

ANOTHER = {
    "g": (7.0, 33.0),
    "r": (2.0, 8.0),
    "i": (5.0, 20.0),
    "z": (1.5, 5.0),
    "Y": (1.0, 5.0),
}
"""rms and peak to peak [mmag] of f_nu ~ l^+-3 over the CCDs, by an independent code, rounded."""


@pytest.fixture(scope="module")
def detectors(shared_data):
    """Return a function: band -> throughputs of the CCDs under a standard atmosphere."""

    def read(band):
        with fits.open(shared_data("decam_throughput", f"{band}.fits")) as file:
            table = file[1].data
        wavelength = np.asarray(table["lambda"], float) / 10.0
        curves = np.asarray(table["throughput_ccd"], float).T
        return bin_average(wavelength, curves)

    return read


def deltas(spectrum, passbands):
    """m_std - m_obs [mmag]; the mean of the CCDs is the standard."""
    means = mean_fluxes(spectrum, np.vstack([passbands.mean(axis=0), passbands]))
    return -2500.0 * np.log10(means[0] / means[1:])


@pytest.mark.parametrize("band", ANOTHER)
def test_power_laws_vary_as_by_another_code(detectors, band):
    passbands = detectors(band) * standard_transmission()
    rms, peak_to_peak = ANOTHER[band]
    for power in (3.0, -3.0):
        delta = deltas((WAVELENGTH / 500.0) ** power, passbands)
        assert delta.std() == pytest.approx(rms, abs=0.6)  # the table's rounding
        assert np.ptp(delta) == pytest.approx(peak_to_peak, abs=2.5)


@pytest.mark.parametrize("band", ["g", "i"])
def test_coefficients_predict_the_term_of_an_m5_star(detectors, band):
    """Where it is largest, 48 and 37 mmag peak to peak, to 0.1 mmag."""
    glass = detectors(band)
    passbands = glass * standard_transmission()
    library = read_sed_library()
    pair = library.fNu[[library.index(n) for n in ("bochanski2007_M5V", "pickles1998_G2V")]]
    basis, projection = fit_basis(
        passbands.mean(axis=0), training_passbands(glass, 300), training_spectra()
    )
    stored = [curve.astype("<f4").tobytes() for curve in basis]
    c = coefficients(basis, projection, passbands)
    predicted = [
        -2500.0 * np.log10(chromatic_factors(c, project_sed(sed.tobytes(), *stored)[0]))
        for sed in pair
    ]
    exact = [deltas(sed.astype(float), passbands) for sed in pair]
    assert np.ptp(exact[0] - exact[1]) > 30.0
    off = np.subtract(*predicted) - np.subtract(*exact)
    assert np.sqrt((off**2).mean()) < 0.1
