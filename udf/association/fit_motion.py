"""Proper motion and parallax of one object (LDM-151, section 8.23)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.motion_terms import (
    MotionTerms,
    earth_at,
    motion_terms,
    normal_sums,
    usable_positions,
)
from skytract.udf.association.solve_motion import TRIANGLE, solve_motion

Floats = NDArray[np.float64]

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

    Raises
    ------
    ValueError
        If the columns differ in length.
    """
    columns = [np.asarray(c, float) for c in (mjd, ra, dec, ra_err, dec_err, ra_dec_cov)]
    if len({column.shape for column in columns}) > 1:
        raise ValueError(
            f"there are {', '.join(str(column.size) for column in columns)} times, ra, dec, errors "
            "of ra and of dec, and covariances: give one of each per position"
        )
    rows = np.array(columns)
    earth = earth_at(rows[0])
    usable = usable_positions(rows, earth)
    rows, earth = rows[:, usable], earth[:, usable]
    terms = motion_terms(rows, earth, np.asarray(object_ra, float), np.asarray(object_dec, float))
    while True:
        sums = normal_sums(np.zeros(len(terms.years), np.int64), 1, terms)
        solution = np.array(solve_motion(sums)[0])
        if np.isnan(solution).any():
            return None
        outlier = _outliers(*_matrices(terms), solution)
        if not outlier.any():
            return _motion(solution, len(outlier))
        terms = MotionTerms(*(term[~outlier] for term in terms))


def _matrices(terms: MotionTerms) -> tuple[Floats, Floats, Floats]:
    """Return offsets (n, 2) [mas], their weights (n, 2, 2) and design matrices (n, 2, 5)."""
    design = np.zeros((len(terms.years), 2, 5))
    design[:, 0, 0] = design[:, 1, 2] = 1.0
    design[:, 0, 1] = design[:, 1, 3] = terms.years
    design[:, 0, 4], design[:, 1, 4] = terms.east_parallax, terms.north_parallax
    weight = np.empty((len(terms.years), 2, 2))
    weight[:, 0, 0], weight[:, 1, 1] = terms.east_weight, terms.north_weight
    weight[:, 0, 1] = weight[:, 1, 0] = terms.cross_weight
    return np.stack([terms.east, terms.north], axis=1), weight, design


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
