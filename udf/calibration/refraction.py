"""Differential chromatic refraction: where a source of some colour appears, against another.

The atmosphere is a prism: light of short wavelength is lifted more toward the zenith, so that the
centroid in a passband depends on the spectrum of the source.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.calibration.spectra import SPECTRUM, WAVELENGTH, photon_weights

Array = NDArray[np.float64]

MMHG = 760.0 / 1013.25
"""Millimetres of mercury per mbar."""

MAS = np.degrees(1.0) * 3.6e6
"""Milliarcseconds per radian."""


def refractivity(wavelength_nm: ArrayLike, pressure: ArrayLike, temperature: ArrayLike) -> Array:
    """Return n - 1 of dry air (Filippenko 1982, PASP 94, 715, eqs. 1 and 2).

    Parameters
    ----------
    wavelength_nm : array_like
        Wavelength in vacuum [nm].
    pressure, temperature : array_like
        Of the air at the telescope [mbar, degree Celsius]; all three broadcast.

    Returns
    -------
    ndarray
        n - 1, dimensionless.

    Examples
    --------
    >>> f"{1e6 * refractivity(500.0, 1013.25, 15.0):.1f}"  # Edlen 1953, standard air: 278.96
    '279.0'
    """
    s = (1000.0 / np.asarray(wavelength_nm, float)) ** 2
    mmhg, celsius = np.asarray(pressure, float) * MMHG, np.asarray(temperature, float)
    sea_level = 64.328 + 29498.1 / (146.0 - s) + 255.4 / (41.0 - s)
    density = mmhg * (1.0 + (1.049 - 0.0157 * celsius) * 1e-6 * mmhg)
    return np.asarray(1e-6 * sea_level * density / (720.883 * (1.0 + 0.003661 * celsius)))


def mean_refraction(
    sed_f_nu: ArrayLike,
    throughput: ArrayLike,
    pressure: float = 778.0,
    temperature: float = 10.0,
) -> Array:
    """Return how far spectra are lifted toward the zenith, per tangent of the zenith distance.

        Rbar = Int R F S dl/l / Int F S dl/l,   R = n - 1 in mas

    The shift of one source against another is tan z times the difference of their Rbar.

    Parameters
    ----------
    sed_f_nu : array_like, shape (..., 801)
        Spectra f_nu in the bins, at any scale.
    throughput : array_like, shape (m, 801)
        Photon response of the passbands.
    pressure, temperature : float
        Of the air at the telescope [mbar, degree Celsius]; those of Cerro Pachon if not given.

    Returns
    -------
    ndarray, shape (..., m)
        Refraction [mas] at a zenith distance of 45 degrees.
    """
    spectra, weights = np.asarray(sed_f_nu, float), photon_weights(throughput)
    lift = MAS * refractivity(WAVELENGTH, pressure, temperature)
    return np.asarray((spectra @ (weights * lift).T) / (spectra @ weights.T))


def mean_refractions(
    f_nu: bytes, standards: bytes, pressure: float, temperature: float
) -> Iterator[tuple[int, int, float, float]]:
    """Return mean flux and refraction of spectra in passbands, for mixtures of them.

    A mixture is lifted by the mean of its parts, weighted by their fluxes in the passband.

    Parameters
    ----------
    f_nu, standards
        Spectra, and passbands, of 801 float4 each, one after the other; unknown bins of spectra,
        NaN, count as dark.
    pressure, temperature
        Of the air at the telescope [mbar, degree Celsius].

    Returns
    -------
    iterator of (number of the spectrum, number of the passband, mean flux, refraction)
        Counted from 1; refraction [mas per tangent of the zenith distance]. Spectra without flux in
        a passband are left out.
    """
    spectra, passbands = (
        np.nan_to_num(np.frombuffer(b, SPECTRUM).astype(float)) for b in (f_nu, standards)
    )
    weights = photon_weights(passbands)
    mean = spectra @ weights.T
    lifted = spectra @ (weights * MAS * refractivity(WAVELENGTH, pressure, temperature)).T
    for row, column in np.argwhere(mean > 0.0).tolist():
        flux = mean[row, column]
        yield row + 1, column + 1, float(flux), float(lifted[row, column] / flux)
