"""A smooth spectrum through the magnitudes of an object, where no template has its colours."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from skytract.udf.calibration.spectra import WAVELENGTH

Array = NDArray[np.float64]


def effective_wavelengths(throughput: ArrayLike) -> Array:
    """Return Int S dl / Int S dl/l of passbands [nm], shape (B,) for (B, 801).

    Examples
    --------
    >>> effective_wavelengths(np.eye(801)[[100]]).tolist()
    [400.0]
    """
    curves = np.asarray(throughput, float)
    return np.asarray(curves.sum(axis=-1) / (curves / WAVELENGTH).sum(axis=-1))


def spline_seds(colour: ArrayLike, wavelength: ArrayLike) -> Array:
    """Interpolate magnitudes monotonically between passbands, and go on straight beyond them.

    Monotone cubics (Fritsch & Carlson 1980, SIAM J. Numer. Anal. 17, 238) do not swing out.

    Parameters
    ----------
    colour : array_like, shape (n, B)
        Magnitudes against any zero point; NaN where not known. Two or more of each row are known.
    wavelength : array_like, shape (B,)
        Effective wavelengths [nm], increasing.

    Returns
    -------
    ndarray, shape (n, 801)
        f_nu in the bins, greatest value 1.

    Examples
    --------
    >>> flat = spline_seds([[0.0, np.nan, 0.0]], [400.0, 500.0, 600.0])
    >>> flat.shape, float(flat.min())
    ((1, 801), 1.0)
    """
    magnitudes, nodes = np.asarray(colour, float), np.asarray(wavelength, float)
    known = np.isfinite(magnitudes)
    made = np.zeros((len(magnitudes), len(WAVELENGTH)))
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        rows = np.flatnonzero(which.ravel() == number)
        made[rows] = _interpolated(
            magnitudes[np.ix_(rows, np.flatnonzero(pattern))], nodes[pattern]
        )
    brightest = made.min(axis=1, keepdims=True)
    return np.asarray(10.0 ** (-0.4 * (made - brightest)))


def _interpolated(magnitude: Array, nodes: Array) -> Array:
    """Return magnitudes in the bins, of objects that are known in the same bands."""
    curve = PchipInterpolator(nodes, magnitude, axis=1)
    slope = curve.derivative()
    inside = np.clip(WAVELENGTH, nodes[0], nodes[-1])
    ends = np.where(WAVELENGTH < nodes[0], nodes[0], nodes[-1])
    beyond = slope(nodes[[0, -1]])[:, (WAVELENGTH > nodes[0]).astype(int)]
    return np.asarray(
        curve(inside) + np.where(inside == WAVELENGTH, 0.0, beyond * (WAVELENGTH - ends))
    )
