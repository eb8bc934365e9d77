"""Observed passbands as ten numbers each, and the chromatic factor of a spectrum from them.

With q = (S/l) / Int(S/l) of an observed passband and q_std of its standard,

    q = q_std + sum_k c_k B_k,      g_k = Int F B_k dl / Int F q_std dl,
    kappa = <F>_std / <F>_obs = 1 / (1 + sum_k c_k g_k)

where the B_k are what best predicts 1/kappa of many spectra in many passbands: a regression of
reduced rank (Izenman 1975, J. Multivariate Anal. 5, 248), whose errors of kappa are a tenth of
those of a basis that fits the shapes of the passbands. Every B_k has sum 0: a flat spectrum has
g = 0, a standard passband c = 0, and both kappa = 1 exactly. g is computed once per spectrum and
band, the sum over k in SQL.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.calibration.spectra import SPECTRUM, decode_spectrum, photon_weights

Array = NDArray[np.float64]

CURVES = 10
"""Curves of a basis: u needs ten for 0.1 mmag, the other bands eight."""

NEGLIGIBLE = 1e-7
"""Curves that do less than this, in units of the first one, are rounding errors: they are 0."""


class Basis(NamedTuple):
    """What `PassbandBasis` stores of a band: float4 curves, in float8."""

    standard: Array
    """Standard passband, shape (801,)."""
    support: Array
    """Most that any passband has of its integral in each bin, shape (801,)."""
    curves: Array
    """Curves of sum 0, shape (10, 801)."""


def fit_basis(standard: ArrayLike, passbands: ArrayLike, seds: ArrayLike) -> tuple[Basis, Array]:
    """Find the curves by which passbands of a band differ from the standard.

    Parameters
    ----------
    standard : array_like, shape (801,)
        Standard passband, atmosphere included.
    passbands : array_like, shape (n, 801)
        Observed passbands that span what will be met; a thousand or more.
    seds : array_like, shape (m, 801)
        Spectra f_nu at any scale, whose factors shall be exact.

    Returns
    -------
    basis : Basis
        As it is stored: rounded to float4, with sums of 0 after that.
    projection : ndarray, shape (10, 801)
        What `coefficients` needs.
    """
    standard = np.asarray(standard, np.float32).astype(float)
    q_std = photon_weights(standard)
    spectra = np.asarray(seds, float)
    # The flat part of a spectrum has no factor.
    coloured = spectra / (spectra @ q_std)[:, None] - 1.0
    q = photon_weights(passbands)
    factors = (q - q_std) @ coloured.T
    # Singular vectors by way of the smaller square matrix: a tenth of the time of the whole.
    square, right = np.linalg.eigh(factors.T @ factors)
    size, right = np.sqrt(square[::-1].clip(0.0)), right[:, ::-1].T
    n = min(CURVES, int((size > NEGLIGIBLE * size[0]).sum()))
    curves, projection = np.zeros((2, CURVES, len(q_std)))
    projection[:n] = right[:n] / size[:n, None] @ coloured
    curves[:n] = projection[:n] @ (q - q_std).T @ (q - q_std)
    support = np.maximum(q.max(axis=0), q_std).astype(np.float32).astype(float)
    return Basis(standard, support, _stored(curves)), projection


def coefficients(basis: Basis, projection: ArrayLike, passbands: ArrayLike) -> NDArray[np.float32]:
    """Return the coefficients of observed passbands, rounded to float4 as they are stored.

    Parameters
    ----------
    basis, projection
        Of `fit_basis`.
    passbands : array_like, shape (..., 801)
        Observed passbands.

    Returns
    -------
    ndarray of float32, shape (..., 10)
    """
    difference = photon_weights(passbands) - photon_weights(basis.standard)
    return np.asarray(difference @ np.asarray(projection, float).T, np.float32)


def project_sed(
    sed: bytes, standard: bytes, support: bytes, curves: bytes
) -> tuple[list[float], float]:
    """Return g of a stored spectrum, and the part of the passband that it does not cover.

    Where the spectrum is NaN, it is taken to go on flat from its end.

    Parameters
    ----------
    sed : bytes
        801 float4: f_nu in the bins, NaN where it is not known.
    standard, support, curves : bytes
        Of one row of `PassbandBasis`.

    Returns
    -------
    g : list of 10 floats
        As above.
    uncovered : float
        Greatest part of the integral over an observed passband that lies in those bins.
    """
    (g,), (uncovered,) = project_bands(sed, [standard], [support], [curves])
    return g, uncovered


def project_bands(
    sed: bytes, standard: Sequence[bytes], support: Sequence[bytes], curves: Sequence[bytes]
) -> tuple[list[list[float]], list[float]]:
    """Do what `project_sed` does for some rows of `PassbandBasis`, decoding the spectrum once."""
    f_nu, known = decode_spectrum(sed)
    bands = zip(standard, support, curves, strict=True)
    found = [_project(f_nu, known, read_basis(*stored)) for stored in bands]
    return [g for g, _ in found], [uncovered for _, uncovered in found]


def _project(f_nu: Array, known: NDArray[np.bool_], basis: Basis) -> tuple[list[float], float]:
    """Project a decoded spectrum."""
    mean = f_nu @ photon_weights(basis.standard)
    if not mean > 0.0:
        return [float("nan")] * CURVES, 0.0
    uncovered = float((f_nu * basis.support)[~known].sum() / mean)
    return (basis.curves @ (f_nu / mean - 1.0)).tolist(), uncovered


def read_basis(standard: bytes, support: bytes, curves: bytes) -> Basis:
    """Decode a row of `PassbandBasis`."""
    one, most = (np.frombuffer(b, SPECTRUM)[0].astype(float) for b in (standard, support))
    return Basis(one, most, _stored(np.frombuffer(curves, SPECTRUM)))


def chromatic_factors(coefficient: ArrayLike, g: ArrayLike) -> Array:
    """Return kappa: as SQL does it, in memory.

    Parameters
    ----------
    coefficient : array_like, shape (..., 10)
        Of observed passbands.
    g : array_like, shape (10,)
        Of a spectrum in their band.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> float(chromatic_factors([0.25, *[0.0] * 9], [1.0] * 10))
    0.8
    """
    terms = np.asarray(coefficient, np.float32).astype(float) * np.asarray(g, float)
    # Summed one by one as in SQL, so that both agree to the last bit.
    total = np.zeros(terms.shape[:-1])
    for k in range(CURVES):
        total = total + terms[..., k]
    return np.asarray(1.0 / (1.0 + total))


def exact_factor(sed: bytes, transmission: bytes, throughput: bytes, standard: bytes) -> float:
    """Return kappa by integrals over the exact passband: what audits the basis.

    Parameters
    ----------
    sed, transmission, throughput, standard : bytes
        801 float4 each: the spectrum, which goes on flat from its ends where it is NaN, the
        atmosphere of the visit, the response without it, and the standard passband.
    """
    air, glass, normal = (
        np.frombuffer(b, SPECTRUM)[0].astype(float) for b in (transmission, throughput, standard)
    )
    f_nu, _ = decode_spectrum(sed)
    means = [f_nu @ photon_weights(curve) for curve in (normal, air * glass)]
    return float(means[0] / means[1])


def _stored(curves: ArrayLike) -> Array:
    """Round curves to float4 as they are stored, then give them sums of 0 again."""
    rounded = np.asarray(curves, np.float32).astype(float)
    return np.asarray(rounded - rounded.mean(axis=1, keepdims=True))
