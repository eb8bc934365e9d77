"""Which templates have the colours of an object: the posterior, as a few templates with weights.

Colours are magnitudes against one reference band: r where it is known to `MISMATCH`, otherwise the
band with the smallest error. With colours c and errors s of an object, and
colours c_t of a template of prior p_t, its weight is p_t exp(-chi2_t / 2), where chi2_t is the sum
of ((c - c_t) / s)^2. The mean of the templates with these weights is the spectrum (Budavari et al.
2000, AJ 120, 1588, and Benitez 2000, ApJ 536, 571, for posteriors over templates and redshifts).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.calibration.sed_templates import EXPECTED, Templates

Array = NDArray[np.float64]

KEPT = 10
"""Templates of a mixture: more of them change factors by less than their errors."""

INFLATION = 1.2
"""Errors of colours are taken for so many times greater."""

MISMATCH = 0.02
"""Colours [mag] by which templates of a real library miss real objects."""

PREFERRED = "rigzyu"
"""Which of bands that are known to `MISMATCH` is the reference."""

BLOCK = 256
"""Objects compared at once. Blocks are filled up to it, so that the products of matrices have one
shape and an object's result does not depend on how many come with it."""

GROUP = 16
"""Templates in a group when the least of many are looked for."""

NEGLIGIBLE = 1e-6
"""Weights below this are 0."""

IMPOSSIBLE = -1e9
"""Logarithm of a probability of 0 that can still be added to."""


def colours(
    flux: ArrayLike, flux_err: ArrayLike, bands: str, least_snr: float
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Return colours against the reference band.

    Parameters
    ----------
    flux, flux_err : array_like, shape (n, B)
        Fluxes in the standard passbands and their errors, at any scale; those that are not finite,
        or less than `least_snr` times their error, are not used.
    bands : str
        Names of the bands, one letter each.

    Returns
    -------
    reference : ndarray of int, shape (n,)
        Index of the reference band; -1 if no band can be used.
    colour, error : ndarray of float32, shape (n, B)
        AB magnitudes less that of the reference band, and their errors, inflated and with
        `MISMATCH` added; NaN where a band is not used. In the reference band both are 0.
    """
    value, sigma = np.asarray(flux, float), np.asarray(flux_err, float)
    with np.errstate(invalid="ignore"):
        used = np.isfinite(value) & (sigma > 0.0) & (value >= least_snr * sigma) & (value > 0.0)
    magnitude = np.full(value.shape, np.nan)
    np.log10(value, out=magnitude, where=used)
    error = np.full(value.shape, np.inf)
    np.divide(sigma * (2.5 / np.log(10.0)), value, out=error, where=used)
    order = np.array([bands.index(band) for band in PREFERRED if band in bands])
    reference = order[np.argmin(np.maximum(error, MISMATCH)[:, order], axis=1)]
    of_band = np.take_along_axis(-2.5 * magnitude, reference[:, None], axis=1)
    of_error = np.take_along_axis(error, reference[:, None], axis=1)
    colour = np.where(used, -2.5 * magnitude - of_band, np.nan)
    total = np.hypot(INFLATION * np.hypot(error, np.where(used, of_error, 0.0)), MISMATCH)
    total = np.where(used, total, np.nan)
    reference = np.where(used.any(axis=1), reference, -1)
    at = np.arange(value.shape[1]) == reference[:, None]
    total[at] = 0.0
    return reference, colour.astype(np.float32), total.astype(np.float32)


def log_priors(templates: Templates) -> Array:
    """Return ln prior of each template for sources of unknown extent, points, and extended ones.

    Kinds of which there are no templates leave their part to the others. Shape (3, T).
    """
    there = np.bincount(templates.kind, minlength=EXPECTED.shape[1]) > 0
    parts = np.where(there, EXPECTED, 0.0)
    parts = parts / parts.sum(axis=1, keepdims=True)
    prior = parts[:, templates.kind] * templates.prior
    least = np.full(prior.shape, IMPOSSIBLE)
    return np.asarray(np.log(prior, out=least, where=prior > 0.0))


def posterior(
    reference: ArrayLike,
    colour: ArrayLike,
    error: ArrayLike,
    extent: ArrayLike,
    templates: Templates,
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """Return the heaviest templates of each object, their weights, and the least chi-squared.

    Parameters
    ----------
    reference, colour, error
        Of `colours`.
    extent : array_like of int, shape (n,)
        What is known of the source: 0 nothing, 1 that it is a point, 2 that it is extended.
    templates : Templates
        In the same bands.

    Returns
    -------
    template : ndarray of int32, shape (n, K)
        Rows of the templates, the heaviest first; K is `KEPT`, or fewer if there are fewer.
    weight : ndarray of float32, shape (n, K)
        Of sum 1 before rounding; 0 where it would be below `NEGLIGIBLE`.
    chi2 : ndarray of float32, shape (n,)
        The least among these templates.
    """
    bands, kinds = np.asarray(reference), np.asarray(extent)
    c, s = np.asarray(colour, float), np.asarray(error, float)
    n, kept = len(bands), min(KEPT, len(templates.flux))
    template, weight = np.zeros((n, kept), np.int32), np.zeros((n, kept), np.float32)
    chi2 = np.full(n, np.nan, np.float32)
    priors, magnitude = log_priors(templates), -2.5 * np.log10(templates.flux)
    for band in np.unique(bands[bands >= 0]):
        grid = _Grid(magnitude - magnitude[:, [band]], priors)
        rows = np.flatnonzero(bands == band)
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            found = _weigh(c[block], s[block], kinds[block], grid, kept)
            template[block], weight[block], chi2[block] = found
    return template, weight, chi2


class _Grid:
    """Colours of all templates against one band, ready to be multiplied with."""

    def __init__(self, colour: Array, priors: Array) -> None:
        self.colour, self.priors = colour, priors
        self.middle = colour.mean(axis=0)
        shifted = colour - self.middle
        columns = [-2.0 * shifted, shifted**2, -2.0 * priors.T]
        self.right = np.concatenate(columns, axis=1).T.astype(np.float32)
        """What weighted colours, weights and extents are multiplied by, for chi-squared less the
        part that all templates have in common."""


def _weigh(
    colour: Array, error: Array, extent: NDArray[np.int64], grid: _Grid, kept: int
) -> tuple[NDArray[np.int64], Array, Array]:
    """Weigh the templates for the objects of a block, or fewer."""
    used = np.isfinite(colour) & (error > 0.0)
    inverse = np.divide(1.0, error**2, out=np.zeros_like(error), where=used)
    colour = np.where(used, colour, 0.0)
    left = np.zeros((BLOCK, len(grid.right)), np.float32)
    columns = [inverse * (colour - grid.middle), inverse, np.eye(len(grid.priors))[extent]]
    left[: len(colour)] = np.concatenate(columns, axis=1)
    near = np.sort(_least(left @ grid.right, kept)[: len(colour)], axis=1)
    # Once more without cancellation, for the few that matter.
    off = colour[:, None, :] - grid.colour[near]
    chi2 = np.einsum("nkb,nkb,nb->nk", off, off, inverse)
    pull = chi2 - 2.0 * grid.priors[extent[:, None], near]
    order = np.argsort(pull, axis=1, kind="stable")
    near, pull = (np.take_along_axis(a, order, axis=1) for a in (near, pull))
    mass = np.exp(-0.5 * (pull - pull[:, :1]))
    mass /= mass.sum(axis=1, keepdims=True)
    return near, np.where(mass < NEGLIGIBLE, 0.0, mass), chi2.min(axis=1)


def _least(values: NDArray[np.float32], kept: int) -> NDArray[np.int64]:
    """Return where the least values of each row are, shape (n, kept).

    They lie in those groups of columns that have the least minima, as many as are kept: finding
    these first takes a fifth of the time.
    """
    n, width = values.shape
    groups = -(-width // GROUP)
    if groups <= kept:
        return np.argsort(values, axis=1, kind="stable")[:, :kept]
    padded = np.full((n, GROUP * groups), np.inf, np.float32)
    padded[:, :width] = values
    minima = padded.reshape(n, GROUP, groups).min(axis=1)
    best = np.argpartition(minima, kept, axis=1)[:, :kept]
    candidates = (np.arange(GROUP)[:, None] * groups + best[:, None, :]).reshape(n, -1)
    among = np.take_along_axis(padded, candidates, axis=1)
    return np.take_along_axis(candidates, np.argpartition(among, kept, axis=1)[:, :kept], axis=1)
