"""Passbands and spectra that a basis of observed passbands is fitted to."""

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.atmosphere_tables import read_line_depths
from skytract.loaders.sed_library import read_sed_library
from skytract.udf.calibration.atmosphere import Conditions, transmission
from skytract.udf.calibration.spectra import WAVELENGTH

Array = NDArray[np.float64]

DRAWS = 1000
"""Passbands per band that a basis is fitted to."""

SHIFT = 1.5
"""Standard deviation of shifts in wavelength [nm] among those passbands: detectors to come may
differ from those there are."""

RANGES = (
    (1.0, 2.5, 1.0),
    (740.0, 800.0, 1.0),
    (0.2, 15.0, 0.5),
    (200.0, 350.0, 1.0),
    (0.0, 0.3, 0.5),
    (0.0, 2.5, 1.0),
)
"""Conditions among those passbands, in the order of `Conditions`: least, most, and the power in
which they are drawn evenly; most nights are dry and clear."""


def training_spectra() -> Array:
    """Return the spectra whose factors a basis shall reproduce: the library, galaxies redshifted.

    Returns
    -------
    ndarray, shape (m, 801)
    """
    library = read_sed_library()
    spectra = [library.fNu.astype(float)]
    farthest = {"galaxy": 1.6, "qso": 4.0}
    for i, kind in enumerate(library.kind):
        if kind in farthest:
            spectra.append(library.redshifted(i, np.arange(0.4, farthest[kind], 0.4)))
    return np.concatenate(spectra)


def training_passbands(throughput: Array, draws: int = DRAWS) -> Array:
    """Draw passbands of the detectors under conditions of `RANGES`, shifted by `SHIFT`.

    The draws are the same each time.

    Parameters
    ----------
    throughput : ndarray, shape (d, 801)
        Response of the detectors without the atmosphere.

    Returns
    -------
    ndarray, shape (draws, 801)
    """
    rng = np.random.default_rng(801)
    conditions = Conditions._make(
        rng.uniform(low**power, high**power, draws) ** (1.0 / power) for low, high, power in RANGES
    )
    air = transmission(*conditions, read_line_depths())
    shifts, detectors = rng.normal(0.0, SHIFT, draws), rng.integers(len(throughput), size=draws)
    glass = [
        np.interp(WAVELENGTH - shift, WAVELENGTH, throughput[d])
        for shift, d in zip(shifts, detectors, strict=True)
    ]
    return np.asarray(air * np.array(glass))
