"""Positions as offsets, parallax factors and weights, and the sums of normal equations of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.association.dia_sums import Floats, group_sum
from skytract.udf.association.earth_position import earth_position

EPOCH_MJD = 61041.0
"""2026.0, from which times are counted [MJD TAI]."""

MAS_PER_DEG = 3.6e6

CORRELATION_LIMIT = 0.998
"""Greatest square of a correlation: beyond it the errors of a position mean nothing."""


class MotionTerms(NamedTuple):
    """One array per term, shape (n,)."""

    years: Floats
    """Since 2026.0."""
    east_parallax: Floats
    north_parallax: Floats
    """Displacement per parallax."""
    east: Floats
    north: Floats
    """Offset from the object [mas]."""
    east_weight: Floats
    north_weight: Floats
    cross_weight: Floats
    """Inverse of the covariance [1/mas^2]."""


def earth_at(mjd: Floats) -> Floats:
    """Return where the Earth is [AU, ICRS] at times [d, MJD TAI], shape (3, n); NaN if unknown."""
    epochs, place = np.unique(mjd, return_inverse=True)
    return np.array(earth_position(epochs), float).reshape(3, -1)[:, place]


def usable_positions(rows: Floats, earth: Floats) -> NDArray[np.bool_]:
    """Tell which positions count.

    Positions and times must be numbers, times where the Earth is known, errors positive, and the
    correlation below 0.999.

    Parameters
    ----------
    rows : ndarray, shape (6, n)
        Times [d, MJD TAI], ra, dec [deg], their errors [deg] and covariance [deg^2], NaN: 0.
    earth : ndarray, shape (3, n)
        Where the Earth is.
    """
    _, ra, dec, ra_err, dec_err, cov = rows
    usable = np.isfinite(earth[0]) & np.isfinite(ra) & (np.abs(dec) <= 90.0)
    usable &= (ra_err > 0.0) & (ra_err < np.inf) & (dec_err > 0.0) & (dec_err < np.inf)
    with np.errstate(invalid="ignore", over="ignore"):
        usable &= np.nan_to_num(cov) ** 2 < CORRELATION_LIMIT * ra_err**2 * dec_err**2
    return np.asarray(usable)


def motion_terms(rows: Floats, earth: Floats, object_ra: Floats, object_dec: Floats) -> MotionTerms:
    """Return the terms of usable positions about their objects, shape (n,) [deg]."""
    mjd, ra, dec, ra_err, dec_err, cov = rows
    x, y, z = earth
    alpha, delta = np.radians(object_ra), np.radians(object_dec)
    sin_a, cos_a, sin_d, cos_d = np.sin(alpha), np.cos(alpha), np.sin(delta), np.cos(delta)
    cos_dec, apart = np.cos(np.radians(dec)), np.radians(ra - object_ra)
    bend, per_radian = 2.0 * np.sin(apart / 2.0) ** 2, np.degrees(MAS_PER_DEG)
    ra_var, dec_var = (ra_err * MAS_PER_DEG) ** 2, (dec_err * MAS_PER_DEG) ** 2
    covariance = np.nan_to_num(cov) * MAS_PER_DEG**2
    inverse = 1.0 / (ra_var * dec_var - covariance**2)
    return MotionTerms(
        years=(mjd - EPOCH_MJD) / 365.25,
        east_parallax=x * sin_a - y * cos_a,
        north_parallax=(x * cos_a + y * sin_a) * sin_d - z * cos_d,
        east=cos_dec * np.sin(apart) * per_radian,
        # sin(dec) cos(dec0) - cos(dec) sin(dec0) cos(apart), but exact where both are small.
        north=(np.sin(np.radians(dec - object_dec)) + cos_dec * sin_d * bend) * per_radian,
        east_weight=dec_var * inverse,
        north_weight=ra_var * inverse,
        cross_weight=-covariance * inverse,
    )


def normal_sums(group: NDArray[np.int64], count: int, terms: MotionTerms) -> Floats:
    """Return the sums of objects 0 .. count - 1 as `solve_motion` takes them, (count, 21).

    They are formed row after row: the order of the rows of an object decides about the last bits.
    """
    t, pa, pd, xi, eta, wa, wd, wc = terms
    ha, hd = wa * xi + wc * eta, wc * xi + wd * eta
    ga, gd = wa * pa + wc * pd, wc * pa + wd * pd
    wat, wct, wdt = wa * t, wc * t, wd * t
    columns = (
        *(np.ones_like(t), xi * ha + eta * hd),
        *(ha, ha * t, hd, hd * t, pa * ha + pd * hd),
        *(wa, wat, wc, wct, ga),
        *(wat * t, wct * t, ga * t),
        *(wd, wdt, gd),
        *(wdt * t, gd * t),
        pa * ga + pd * gd,
    )
    return np.stack([group_sum(group, count, column) for column in columns], axis=1)
