"""Where DiaObjects are: weighted means of the positions of their DiaSources."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.dia_sums import Floats, as_real, group_sum, nullable

COLUMNS = 13
"""Columns of `position_terms`."""


class DiaPositions(NamedTuple):
    """One list per column of DiaObject, one element per object, by id; None where unknown."""

    diaObjectId: list[int]
    ra: list[float]
    dec: list[float]
    radecMjdTai: list[float]
    raErr: list[float | None]
    decErr: list[float | None]
    ra_dec_Cov: list[float | None]


def mean_dia_positions(
    object_id: ArrayLike,
    mjd: ArrayLike,
    source_ra: ArrayLike,
    source_dec: ArrayLike,
    ra_err: ArrayLike,
    dec_err: ArrayLike,
    covariance: ArrayLike,
) -> DiaPositions:
    """Return mean position, its time and its covariance of many objects.

    The position is the mean of the unit vectors with weights w = 1 / (raErr^2 + decErr^2), the time
    the mean of the times with the same weights; with C the covariance of one position, that of the
    mean is sum(w^2 C) / sum(w)^2. Positions whose errors are missing or not positive do not count,
    unless no position of the object has any: then all count alike and the errors are None. An
    unknown covariance counts as zero.

    Parameters
    ----------
    object_id : array_like of int, shape (n,)
        Object of each position.
    mjd : array_like, shape (n,)
        Time [d, MJD TAI].
    source_ra, source_dec : array_like, shape (n,)
        ICRS position [deg], finite.
    ra_err, dec_err : array_like, shape (n,)
        Errors [deg], that of ra times cos(dec); None or NaN if unknown.
    covariance : array_like, shape (n,)
        Their covariance [deg^2].

    Returns
    -------
    DiaPositions
        One element per object, in order of their ids: [deg], [d], [deg^2].

    Examples
    --------
    >>> found = mean_dia_positions([7, 7], [10, 30], [359.9, 0.1], [0, 0], [1, 1], [1, 1], [0, 0])
    >>> found.ra, found.radecMjdTai, [round(e, 3) for e in found.raErr]
    ([0.0], [20.0], [0.707])
    """
    columns = (mjd, source_ra, source_dec, ra_err, dec_err, covariance)
    objects, found = mean_positions(
        np.asarray(object_id, np.int64), *(np.asarray(column, float) for column in columns)
    )
    exact, rounded = found[:, :3].T.tolist(), [nullable(c) for c in found[:, 3:].T]
    return DiaPositions(objects.tolist(), *exact, *rounded)


def mean_positions(
    object_id: NDArray[np.int64],
    mjd: Floats,
    source_ra: Floats,
    source_dec: Floats,
    ra_err: Floats,
    dec_err: Floats,
    covariance: Floats,
) -> tuple[NDArray[np.int64], Floats]:
    """Return ids and the other columns of `mean_dia_positions`, shapes (n,) and (n, 6)."""
    objects, group = np.unique(object_id, return_inverse=True)
    terms = position_terms(mjd, source_ra, source_dec, ra_err, dec_err, covariance)
    sums = [group_sum(group, len(objects), column) for column in terms.T]
    return objects, mean_of_terms(np.stack(sums, axis=1))


def position_terms(
    mjd: ArrayLike,
    ra: ArrayLike,
    dec: ArrayLike,
    ra_err: ArrayLike,
    dec_err: ArrayLike,
    ra_dec_cov: ArrayLike,
) -> Floats:
    """Return for each position the terms, shape (n, COLUMNS), whose sums give the mean."""
    alpha, delta = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    vector = [np.cos(delta) * np.cos(alpha), np.cos(delta) * np.sin(alpha), np.sin(delta)]
    plain = np.stack([np.ones_like(alpha), *vector, np.asarray(mjd, float)])
    errors = np.asarray(ra_err, float), np.asarray(dec_err, float)
    known = (errors[0] > 0.0) & (errors[1] > 0.0)
    known &= (errors[0] < np.inf) & (errors[1] < np.inf)
    e, n = (np.where(known, error, 1.0) for error in errors)
    weight = np.where(known, 1.0 / (e**2 + n**2), 0.0)
    cov = np.nan_to_num(np.asarray(ra_dec_cov, float), nan=0.0, posinf=0.0, neginf=0.0)
    spread = weight**2 * np.stack([e**2, n**2, cov])
    return np.concatenate([plain, weight * plain, spread]).T


def mean_of_terms(sums: Floats) -> Floats:
    """Return ra, dec, time, raErr, decErr, covariance, shape (n, 6), of sums of terms."""
    plain, weighted, spread = sums[:, :5], sums[:, 5:10], sums[:, 10:13]
    known = weighted[:, :1] > 0.0
    count, x, y, z, time = np.where(known, weighted, plain).T
    ra = np.degrees(np.arctan2(y, x)) % 360.0
    # A hair west of 0 deg the remainder is 360 after rounding.
    ra[ra >= 360.0] = 0.0
    dec = np.degrees(np.arctan2(z, np.hypot(x, y)))
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = np.where(known, spread / weighted[:, :1] ** 2, np.nan).T
    errors = [as_real(np.sqrt(covariance[0])), as_real(np.sqrt(covariance[1]))]
    return np.stack([ra, dec, time / count, *errors, as_real(covariance[2])], axis=1)
