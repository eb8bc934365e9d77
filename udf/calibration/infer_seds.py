"""Spectra of objects from their colours (LDM-151, section 5.6.2), and what passbands make of them.

The mean of the templates that have an object's colours (`sed_posterior`); a spline through the
colours where none has them (`spline_seds`); a flat spectrum where there are no colours. What is
recorded rebuilds the spectrum exactly, and factors are computed from what is recorded.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.calibration.passband_basis import CURVES
from skytract.udf.calibration.sed_posterior import colours, posterior
from skytract.udf.calibration.sed_templates import Templates
from skytract.udf.calibration.spectra import WAVELENGTH, photon_weights
from skytract.udf.calibration.spline_sed import effective_wavelengths, spline_seds

Array = NDArray[np.float64]

METHODS = ("flat", "posterior", "spline", "given")
FLAT, POSTERIOR, SPLINE, GIVEN = range(4)

LEAST_SNR = 3.0
"""Fluxes below so many errors are not used: magnitudes of fainter ones are biased."""

MISFIT = 10.0
"""Chi-squared per colour beyond which no template is believed. Left-out galaxies of the library
have half of it, and the posterior is still better than the spline there."""

CHUNK = 1024
"""Objects whose spectra, or whose templates, are held at once."""


class SedRecords(NamedTuple):
    """What is known of the spectra of n objects, in B bands: enough to rebuild them."""

    method: NDArray[np.int8]
    """Index in `METHODS`, shape (n,)."""
    template: NDArray[np.int32]
    """Rows of the templates, the heaviest first, shape (n, K)."""
    weight: NDArray[np.float32]
    """Their weights: parts of the flux in the reference band; 0 without templates, shape (n, K)."""
    reference: NDArray[np.int64]
    """Index of the reference band; -1 if no flux could be used, shape (n,)."""
    colour: NDArray[np.float32]
    """Magnitudes less that in the reference band; NaN where not used, shape (n, B)."""
    error: NDArray[np.float32]
    """Their errors as used, shape (n, B)."""
    chi2: NDArray[np.float32]
    """Least chi-squared of a template; NaN if none was compared, shape (n,)."""


def infer_seds(
    flux: ArrayLike, flux_err: ArrayLike, templates: Templates, extent: ArrayLike = 0
) -> SedRecords:
    """Infer spectra from fluxes in the standard passbands.

    Parameters
    ----------
    flux, flux_err : array_like, shape (n, B)
        Fluxes at any scale and their errors, in the bands of the templates. NaN, or less than
        three errors, where there is none.
    templates : Templates
        Of `see_templates`.
    extent : array_like of int, shape (n,) or ()
        0 if it is not known, 1 for points, 2 for extended sources.

    Returns
    -------
    SedRecords
        Those of one object do not depend on the others.
    """
    reference, colour, error = colours(flux, flux_err, templates.bands, LEAST_SNR)
    n_colours = np.isfinite(colour).sum(axis=1) - 1
    asked = np.where(n_colours >= 1, reference, -1)
    extents = np.broadcast_to(np.asarray(extent, np.int64), asked.shape)
    template, weight, chi2 = posterior(asked, colour, error, extents, templates)
    method = np.where(asked >= 0, POSTERIOR, FLAT)
    method[(asked >= 0) & (chi2 > MISFIT * n_colours)] = SPLINE
    none = method != POSTERIOR
    template[none], weight[none] = 0, 0.0
    return SedRecords(method.astype(np.int8), template, weight, reference, colour, error, chi2)


def infer_seds_twice(
    flux: ArrayLike,
    flux_err: ArrayLike,
    templates: Templates,
    coefficient: ArrayLike,
    extent: ArrayLike = 0,
) -> SedRecords:
    """Infer spectra from fluxes of kappa = 1: roughly first, then from recalibrated colours.

    Parameters
    ----------
    coefficient : array_like, shape (n, B, 10)
        Means over the visits of an object of the coefficients of its observed passbands, with the
        weights that its fluxes are means with; 0 where there are none.
    flux, flux_err, templates, extent
        As for `infer_seds`.
    """
    first = infer_seds(flux, flux_err, templates, extent)
    # The mean of 1 / (1 + c g) over visits is that of the mean c to second order: 0.1 mmag.
    change = (np.asarray(coefficient, float) * chromatic_numbers(first, templates)).sum(axis=2)
    kappa = 1.0 / (1.0 + change)
    return infer_seds(
        np.asarray(flux, float) * kappa, np.asarray(flux_err, float) * kappa, templates, extent
    )


def given_seds(template: ArrayLike, n_bands: int) -> SedRecords:
    """Record that the spectra of objects are known: rows of the templates, shape (n,)."""
    rows = np.asarray(template, np.int32)
    unknown = np.full((len(rows), n_bands), np.nan, np.float32)
    return SedRecords(
        np.full(len(rows), GIVEN, np.int8),
        rows[:, None],
        np.ones((len(rows), 1), np.float32),
        np.zeros(len(rows), np.int64),
        unknown,
        unknown,
        unknown[:, 0],
    )


def chromatic_numbers(records: SedRecords, templates: Templates) -> Array:
    """Return g of the spectra in every band (`passband_basis`), shape (n, B, 10).

    They are 0 for flat spectra.
    """
    n, n_bands = len(records.method), len(templates.bands)
    g = np.zeros((n, n_bands, CURVES))
    mixed = np.flatnonzero((records.method == POSTERIOR) | (records.method == GIVEN))
    seen = np.concatenate([templates.flux[:, :, None], templates.moments], axis=2)
    for start in range(0, len(mixed), CHUNK):
        rows = mixed[start : start + CHUNK]
        parts = _parts(records, templates, rows)
        means = np.einsum("nk,nkbj->nbj", parts, seen[records.template[rows]])
        g[rows] = means[:, :, 1:] / means[:, :, :1]
    splines = np.flatnonzero(records.method == SPLINE)
    for start in range(0, len(splines), CHUNK):
        rows = splines[start : start + CHUNK]
        spectra = object_spectra(records, templates, rows)
        for b, basis in enumerate(templates.basis):
            mean = spectra @ photon_weights(basis.standard)
            g[rows, b] = spectra @ basis.curves.T / mean[:, None]
    return g


def object_spectra(records: SedRecords, templates: Templates, rows: ArrayLike) -> Array:
    """Rebuild spectra of some rows of the records, at any scale, shape (rows, 801)."""
    chosen = np.asarray(rows, np.int64)
    method = records.method[chosen]
    spectra = np.ones((len(chosen), len(WAVELENGTH)))
    mixed = np.flatnonzero((method == POSTERIOR) | (method == GIVEN))
    parts = _parts(records, templates, chosen[mixed])
    spectra[mixed] = np.einsum("nk,nkl->nl", parts, templates.f_nu[records.template[chosen[mixed]]])
    splines = np.flatnonzero(method == SPLINE)
    if len(splines):
        nodes = effective_wavelengths([basis.standard for basis in templates.basis])
        spectra[splines] = spline_seds(records.colour[chosen[splines]], nodes)
    return spectra


def _parts(records: SedRecords, templates: Templates, rows: NDArray[np.int64]) -> Array:
    """Return what to multiply the templates of mixtures by, shape (rows, K)."""
    template, band = records.template[rows], records.reference[rows]
    return np.asarray(records.weight[rows] / templates.flux[template, band[:, None]])
