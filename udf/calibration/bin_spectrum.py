"""A spectrum given by its nodes as the 801 bins that are stored, redshifted and reddened."""

import numpy as np
from numpy.typing import ArrayLike

from skytract.udf.calibration.dust import dust_transmission
from skytract.udf.calibration.spectra import WAVELENGTH, bin_average, extend


def bin_spectrum(
    wavelength: ArrayLike, f_nu: ArrayLike, redshift: float = 0.0, ebv: float = 0.0
) -> bytes:
    """Average a spectrum over the bins of 1 nm.

    Parameters
    ----------
    wavelength, f_nu : array_like, shape (k,)
        Nodes at rest [nm], increasing, and f_nu there, at any scale.
    redshift : float
        Wavelengths are multiplied by 1 + redshift; the scale stays.
    ebv : float
        E(B-V) of dust in front of it [mag].

    Returns
    -------
    bytes
        801 float4, little endian; NaN in bins whose centres lie beyond the ends of the spectrum.

    Examples
    --------
    >>> bins = np.frombuffer(bin_spectrum([400, 500], [1, 1]), "<f4")
    >>> int(np.isfinite(bins).sum()), float(bins[100])
    (101, 1.0)
    """
    nodes = np.asarray(wavelength, float) * (1.0 + redshift)
    bins = bin_average(*extend(nodes, f_nu))
    if ebv != 0.0:
        bins = bins * dust_transmission(WAVELENGTH, ebv)
    known = (nodes[0] <= WAVELENGTH) & (nodes[-1] >= WAVELENGTH)
    # The scale does not matter, and float4 shall hold it.
    top = bins[known].max(initial=0.0)
    scaled = bins / top if top > 0.0 else bins
    return np.where(known, scaled, np.nan).astype("<f4").tobytes()
