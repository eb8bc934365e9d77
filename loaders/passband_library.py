"""Passbands of the standard systems, as the package speclite ships them, on the grid of 1 nm."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.atmosphere_tables import read_line_depths
from skytract.loaders.package_data import read_filter
from skytract.udf.calibration.atmosphere import STANDARD, transmission
from skytract.udf.calibration.spectra import bin_average

Array = NDArray[np.float64]

SYSTEMS = {"lsst2023": "ugrizy"}
"""Standard systems and their bands. All curves include the atmosphere of `STANDARD`."""


@cache
def read_standard_passbands(system: str = "lsst2023") -> tuple[tuple[str, ...], Array]:
    """Read the standard passbands of a system, atmosphere included.

    Parameters
    ----------
    system : str
        Name of the system: lsst2023 are the LSST's throughputs 1.9, at airmass 1.2.

    Returns
    -------
    bands : tuple of str
    throughput : ndarray, shape (bands, 801)
        Photon response in the bins of `WAVELENGTH`; not to be written to.

    Raises
    ------
    SkytractError
        If the package speclite is not installed.
    """
    curves = np.stack([bin_average(*read_filter(system, band)) for band in SYSTEMS[system]])
    curves.flags.writeable = False
    return tuple(SYSTEMS[system]), curves


@cache
def read_instrument_passbands(system: str = "lsst2023") -> tuple[tuple[str, ...], Array]:
    """Return the passbands without atmosphere: the standard ones over `standard_transmission`.

    Multiplied by the transmission of a visit they are its observed passbands; under standard
    conditions those are the standard passbands, exactly.

    Returns
    -------
    bands : tuple of str
    throughput : ndarray, shape (bands, 801)
        Photon response of telescope, filter and detector; not to be written to.
    """
    bands, curves = read_standard_passbands(system)
    instrument = curves / standard_transmission()
    instrument.flags.writeable = False
    return bands, instrument


@cache
def standard_transmission() -> Array:
    """Return the transmission of the atmosphere of the standard passbands, shape (801,)."""
    return transmission(*STANDARD, read_line_depths())
