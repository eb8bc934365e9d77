"""How well the detections of one object agree with each other (LDM-151, section 8.24.4)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.link_friends import unit_vectors

Floats = NDArray[np.float64]


def repeatability(
    group: ArrayLike, ra: ArrayLike, dec: ArrayLike, flux: ArrayLike, flux_err: ArrayLike
) -> dict[str, NDArray[np.int64] | Floats]:
    """Return statistics of each group of detections, as association.repeatability does.

    Parameters
    ----------
    group : array_like of int, shape (n,)
        Group of each detection, e.g. from `group_sources`; give one band at a time.
    ra, dec : array_like, shape (n,)
        ICRS position [deg].
    flux, flux_err : array_like, shape (n,)
        Flux and its 1-sigma error, in any one unit; a detection with either not finite, or an
        error that is not positive, counts for the position alone.

    Returns
    -------
    dict of ndarray, shape (groups,)
        ``group``, ascending; ``nSource``; ``ra``, ``dec`` [deg], the mean of the unit vectors;
        ``raScatterArcsec``, ``decScatterArcsec``, standard deviations (n - 1) in the tangent plane
        there; ``fluxNdata``; ``fluxMean``, weighted by 1 / error^2; ``fluxScatter`` (n - 1);
        ``fluxChi2`` about the mean. NaN where a number needs more detections.

    Examples
    --------
    >>> ra, dec = [10.0, 10.0, 10.0], [0.0, 2 / 3600, 5.0]
    >>> found = repeatability([7, 7, 9], ra, dec, [3.0, 5.0, 1.0], [1.0, 1.0, 1.0])
    >>> found["group"].tolist(), found["fluxChi2"].tolist()
    ([7, 9], [2.0, 0.0])
    >>> found["decScatterArcsec"].round(9).tolist()
    [1.414213562, nan]
    """
    groups, member = np.unique(np.asarray(group, np.int64), return_inverse=True)
    points = unit_vectors(ra, dec)
    count = np.bincount(member, minlength=len(groups))
    mean = np.stack([_sum(member, axis) for axis in points.T], axis=-1) / count[:, None]
    alpha = np.arctan2(mean[:, 1], mean[:, 0])
    delta = np.arctan2(mean[:, 2], np.hypot(mean[:, 0], mean[:, 1]))
    east = np.stack([-np.sin(alpha), np.cos(alpha), np.zeros_like(alpha)], axis=-1)
    north = np.cross(mean / np.linalg.norm(mean, axis=1)[:, None], east)
    offset = points - mean[member]

    values, errors = np.asarray(flux, float), np.asarray(flux_err, float)
    good = np.isfinite(values) & np.isfinite(errors) & (errors > 0.0)
    here, seen = member[good], values[good]
    weight = errors[good] ** -2.0
    number = np.bincount(here, minlength=len(groups))
    with np.errstate(divide="ignore", invalid="ignore"):
        weighted = _sum(here, weight * seen, groups) / _sum(here, weight, groups)
        plain = _sum(here, seen, groups) / number
    chi2 = _sum(here, weight * (seen - weighted[here]) ** 2, groups)
    return {
        "group": groups,
        "nSource": count,
        "ra": np.degrees(alpha) % 360.0 % 360.0,
        "dec": np.degrees(delta),
        "raScatterArcsec": _arcsec(_scatter(member, np.sum(offset * east[member], axis=1), count)),
        "decScatterArcsec": _arcsec(
            _scatter(member, np.sum(offset * north[member], axis=1), count)
        ),
        "fluxNdata": number,
        "fluxMean": weighted,
        "fluxScatter": _scatter(here, seen - plain[here], number),
        "fluxChi2": np.where(number > 0, chi2, np.nan),
    }


def _sum(member: NDArray[np.intp], values: Floats, groups: ArrayLike = ()) -> Floats:
    """Return the sum of the values of each group."""
    return np.bincount(member, values, minlength=np.size(groups)).astype(float)


def _scatter(member: NDArray[np.intp], offset: Floats, count: NDArray[np.int64]) -> Floats:
    """Return the standard deviation (n - 1) of offsets from each group's mean; NaN for n < 2."""
    square = np.bincount(member, offset**2, minlength=len(count))
    return np.sqrt(np.where(count > 1, square / np.maximum(count - 1, 1), np.nan))


def _arcsec(radians: Floats) -> Floats:
    return np.degrees(radians) * 3600.0
