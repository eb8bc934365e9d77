"""The flux of a spectrum in any passband over that in a standard one."""

import numpy as np
from numpy.typing import ArrayLike

from skytract.udf.calibration.spectra import (
    SPECTRUM,
    bin_average,
    decode_spectrum,
    photon_weights,
)


def target_factor(
    sed: bytes, standard: bytes, wavelength: ArrayLike, throughput: ArrayLike
) -> tuple[float, float]:
    """Return <F>_target / <F>_standard of a stored spectrum, and what is not known of the target.

    Parameters
    ----------
    sed : bytes
        801 float4: f_nu in the bins, NaN where it is not known; it goes on flat from its ends.
    standard : bytes
        801 float4: the passband of the fluxes there are.
    wavelength, throughput : array_like, shape (k,)
        Photon response of the target at wavelengths [nm], linear between them and 0 beyond.

    Returns
    -------
    factor : float
        What fluxes in the standard passband are multiplied by; NaN if the spectrum has none there.
    uncovered : float
        Part of the integral over the target where the spectrum is not known, 0 to 1.

    Examples
    --------
    >>> flat = np.ones(801, "<f4").tobytes()
    >>> [round(x, 9) for x in target_factor(flat, flat, [500.0, 600.0], [1.0, 1.0])]
    [1.0, 0.0]
    """
    f_nu, known = decode_spectrum(sed)
    normal = np.frombuffer(standard, SPECTRUM)[0].astype(float)
    nodes, response = np.asarray(wavelength, float), np.asarray(throughput, float)
    target = bin_average(nodes, response)
    means = [float(f_nu @ photon_weights(curve)) if curve.any() else 0.0
             for curve in (target, normal)]  # fmt: skip
    if not min(means) > 0.0:
        return float("nan"), 0.0
    missing = float((f_nu * photon_weights(target))[~known].sum() / means[0])
    # Both are exact: the response is linear between its nodes.
    beyond = 1.0 - target.sum() / ((response[1:] + response[:-1]) / 2.0 @ np.diff(nodes))
    return means[0] / means[1], missing + max(0.0, float(beyond))
