"""Proper motion and parallax of one object (LDM-151, section 8.23)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.earth_position import earth_position
from skytract.udf.association.solve_motion import TRIANGLE, solve_motion

Floats = NDArray[np.float64]

EPOCH_MJD = 61041.0
"""2026.0, from which times are counted [MJD TAI]."""

MAS_PER_DEG = 3.6e6

FAR = 5.0
"""Positions farther than so many errors from the fit to the others are rejected."""


class Motion(NamedTuple):
    """The columns of Object and DiaObject [mas/yr, mas]."""

    pmRa: float
    pmRaErr: float
    pmDec: float
    pmDecErr: float
    parallax: float
    parallaxErr: float
    pmRa_pmDec_Cov: float
    pmRa_parallax_Cov: float
    pmDec_parallax_Cov: float
    pmParallaxChi2: float
    pmParallaxNdata: int


def fit_motion(
    mjd: ArrayLike,
    ra: ArrayLike,
    dec: ArrayLike,
    ra_err: ArrayLike,
    dec_err: ArrayLike,
    ra_dec_cov: ArrayLike,
    object_ra: float,
    object_dec: float,
) -> Motion | None:
    """Return proper motion and parallax, as the stage `association.fit_motions` finds them.

    Positions with a bad number or error do not count, and outliers are rejected: those more than
    five errors from the fit to the others and at least half as far as the farthest, until there
    are none. The squared distance is what chi2 would lose, r.W.(1 - H W)^-1.r with the residual r,
    its weight W and the covariance H of the fitted position. Errors count as too small if the
    median of r.W.r exceeds that of normal residuals, 2 ln 2.

    Parameters
    ----------
    mjd : array_like, shape (n,)
        Times [d, MJD TAI].
    ra, dec : array_like, shape (n,)
        ICRS positions [deg].
    ra_err, dec_err, ra_dec_cov : array_like, shape (n,)
        Errors [deg], that of ra times cos(dec), and their covariance [deg^2]; None or NaN is 0.
    object_ra, object_dec : float
        Where east and north are taken [deg]: within arcseconds of the positions.

    Returns
    -------
    Motion or None
        None where the visits do not determine all five parameters.
    """
    columns = (mjd, ra, dec, ra_err, dec_err, ra_dec_cov)
    rows = np.array([np.asarray(column, float) for column in columns])
    offset, weight, design = _terms(_usable(rows), np.radians(object_ra), np.radians(object_dec))
    while True:
        solution = np.array(solve_motion([_sums(offset, weight, design)])[0])
        if np.isnan(solution).any():
            return None
        outlier = _outliers(offset, weight, design, solution)
        if not outlier.any():
            return _motion(solution, len(offset))
        offset, weight, design = offset[~outlier], weight[~outlier], design[~outlier]


def _usable(rows: Floats) -> Floats:
    """Return what counts of mjd, ra, dec, ra_err, dec_err, ra_dec_cov, shape (6, n)."""
    mjd, ra, dec, ra_err, dec_err, cov = rows
    cov = np.where(np.isnan(cov), 0.0, cov)
    known = np.array([x is not None for x in earth_position(mjd).x], bool)
    placed = np.isfinite(ra) & (np.abs(dec) <= 90.0)
    measured = (ra_err > 0.0) & np.isfinite(ra_err) & (dec_err > 0.0) & np.isfinite(dec_err)
    usable = known & placed & measured
    usable[usable] &= (cov**2 < 0.998 * ra_err**2 * dec_err**2)[usable]
    return np.stack([mjd, ra, dec, ra_err, dec_err, cov])[:, usable]


def _terms(rows: Floats, ra0: float, dec0: float) -> tuple[Floats, Floats, Floats]:
    """Return offsets (n, 2) [mas], their weights (n, 2, 2) and design matrices (n, 2, 5)."""
    mjd, ra, dec, ra_err, dec_err, cov = rows
    earth_x, earth_y, earth_z = np.array(earth_position(mjd), float)
    delta, apart = np.radians(dec), np.radians(ra) - ra0
    east = np.cos(delta) * np.sin(apart)
    north = np.sin(delta) * np.cos(dec0) - np.cos(delta) * np.sin(dec0) * np.cos(apart)
    design = np.zeros((len(mjd), 2, 5))
    design[:, 0, 0] = design[:, 1, 2] = 1.0
    design[:, 0, 1] = design[:, 1, 3] = (mjd - EPOCH_MJD) / 365.25
    design[:, 0, 4] = earth_x * np.sin(ra0) - earth_y * np.cos(ra0)
    towards = earth_x * np.cos(ra0) + earth_y * np.sin(ra0)
    design[:, 1, 4] = towards * np.sin(dec0) - earth_z * np.cos(dec0)
    covariance = np.array([[ra_err**2, cov], [cov, dec_err**2]]) * MAS_PER_DEG**2
    weight = np.linalg.inv(np.moveaxis(covariance, -1, 0))
    offset = np.degrees(np.stack([east, north], axis=1)) * MAS_PER_DEG
    return offset, np.asarray(weight, float), design


def _sums(offset: Floats, weight: Floats, design: Floats) -> list[float]:
    """Return the normal equations as `solve_motion` takes them."""
    weighted = np.einsum("nij,njk->nik", weight, design)
    normal = np.einsum("nik,nil->kl", design, weighted)
    right = np.einsum("nik,ni->k", weighted, offset)
    square = np.einsum("ni,nij,nj->", offset, weight, offset)
    elements = np.delete(normal[TRIANGLE], 6)  # u with y is x with v
    return [float(len(offset)), float(square), *right.tolist(), *elements.tolist()]


def _outliers(
    offset: Floats, weight: Floats, design: Floats, solution: Floats
) -> NDArray[np.bool_]:
    """Tell which positions are to be rejected."""
    residual = offset - design @ solution[:5]
    pull = np.einsum("nij,nj->ni", weight, residual)
    rest = np.eye(2) - weight @ design @ _covariance(solution) @ np.swapaxes(design, 1, 2)
    alone = np.linalg.det(rest) <= 1e-6  # nothing else tells where these should be
    rest[alone] = np.eye(2)
    lost = np.einsum("ni,ni->n", residual, np.linalg.solve(rest, pull[:, :, None])[:, :, 0])
    lost[alone] = 0.0
    median = np.median(np.einsum("ni,ni->n", residual, pull))
    limit = FAR**2 * max(1.0, float(median) / (2.0 * np.log(2.0)))
    return np.asarray((lost > limit) & (lost >= lost.max() / 4.0))


def _covariance(solution: Floats) -> Floats:
    """Return the covariance matrix (5, 5) of a solution."""
    covariance = np.zeros((5, 5))
    covariance[TRIANGLE] = covariance.T[TRIANGLE] = solution[5:20]
    return covariance


def _motion(solution: Floats, number: int) -> Motion:
    """Return the columns of a solution."""
    _, pm_ra, _, pm_dec, parallax = map(float, solution[:5])
    c = _covariance(solution)
    error = [float(e) for e in np.sqrt(np.diagonal(c))]
    motion = (pm_ra, error[1], pm_dec, error[3], parallax, error[4])
    covariances = (float(c[1, 3]), float(c[1, 4]), float(c[3, 4]))
    return Motion(*motion, *covariances, float(solution[20]), number)
