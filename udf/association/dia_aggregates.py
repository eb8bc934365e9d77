"""Statistics of DiaObjects' light curves, per object and band (LDM-151 8.24.5, DPDD)."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.dia_sums import Floats, as_real, group_sum, nullable
from skytract.udf.association.stetson_j import stetson_j

PERCENTILES = (5.0, 25.0, 50.0, 75.0, 95.0)


class DiaAggregates(NamedTuple):
    """One list per column of DiaObject, one element per object, by id; None where undefined."""

    diaObjectId: list[int]
    psfFluxNdata: list[int]
    psfFluxMean: list[float | None]
    psfFluxMeanErr: list[float | None]
    psfFluxSigma: list[float | None]
    psfFluxErrMean: list[float | None]
    psfFluxChi2: list[float | None]
    psfFluxMin: list[float | None]
    psfFluxMax: list[float | None]
    psfFluxPercentile05: list[float | None]
    psfFluxPercentile25: list[float | None]
    psfFluxPercentile50: list[float | None]
    psfFluxPercentile75: list[float | None]
    psfFluxPercentile95: list[float | None]
    psfFluxMAD: list[float | None]
    psfFluxSkew: list[float | None]
    psfFluxMaxSlope: list[float | None]
    psfFluxLinearSlope: list[float | None]
    psfFluxLinearIntercept: list[float | None]
    psfFluxStetsonJ: list[float | None]
    scienceFluxMean: list[float | None]
    scienceFluxMeanErr: list[float | None]
    scienceFluxSigma: list[float | None]


def dia_aggregates(
    object_id: ArrayLike,
    mjd: ArrayLike,
    psf_flux: ArrayLike,
    psf_flux_err: ArrayLike,
    science_flux: ArrayLike,
    science_flux_err: ArrayLike,
) -> DiaAggregates:
    """Return the statistics of the light curves of many objects in one band.

    A point counts if time, flux and error are finite and the error is positive. With F the flux, s
    its error, w = 1 / s^2 and n the number of points that count:

    - Mean = sum(w F) / sum(w), MeanErr = sum(w)^-1/2, ErrMean = sum(s) / n,
      Chi2 = sum(w (F - Mean)^2), Min, Max: n >= 1 (Bevington & Robinson 2003, section 4.1);
    - Sigma: standard deviation about the plain mean, with n - 1 in the denominator: n >= 2;
    - Percentiles: linear interpolation at (n - 1) q of the sorted fluxes (Hyndman & Fan 1996,
      type 7); MAD: median of the distances from the median, not scaled: n >= 1;
    - Skew = n / ((n - 1) (n - 2)) sum(((F - plain mean) / Sigma)^3): n >= 3 and Sigma > 0 (the
      G1 of Joanes & Gill 1998);
    - MaxSlope: greatest (signed) difference over time of successive points; points of one time
      have none: two different times;
    - LinearSlope, LinearIntercept: straight line by least squares with weights w; the intercept
      is that of MJD 0 (Bevington & Robinson 2003, section 6.3): two different times;
    - StetsonJ: `stetson_j`: n >= 2.

    What lacks its condition, or exceeds what a real can hold, is None, never NaN. Other points of
    the batch and their order do not matter, to the last bit; points of one time stay in the order
    given.

    Parameters
    ----------
    object_id : array_like of int, shape (n,)
        Object of each point.
    mjd : array_like, shape (n,)
        Middle of the exposure [d, MJD TAI].
    psf_flux, psf_flux_err : array_like, shape (n,)
        Difference flux, of either sign, and its error [nJy]; None or NaN if there is none.
    science_flux, science_flux_err : array_like, shape (n,)
        Total flux and its error [nJy].

    Returns
    -------
    DiaAggregates
        One element per object, in order of their ids: fluxes in nJy, slopes in nJy/d.

    Examples
    --------
    >>> found = dia_aggregates([7, 7], [60000, 60002], [100, 160], [10, 10], [None] * 2, [1] * 2)
    >>> found.psfFluxMean, found.psfFluxMaxSlope, found.psfFluxSkew, found.scienceFluxMean
    ([130.0], [30.0], [None], [None])
    """
    columns = (mjd, psf_flux, psf_flux_err, science_flux, science_flux_err)
    found = dia_statistics(
        np.asarray(object_id, np.int64), *(np.asarray(column, float) for column in columns)
    )
    objects: list[int] = found.pop("diaObjectId").tolist()
    counts: list[int] = found.pop("psfFluxNdata").astype(int).tolist()
    lists = {name: nullable(column) for name, column in found.items()}
    return DiaAggregates(diaObjectId=objects, psfFluxNdata=counts, **lists)


def dia_statistics(
    object_id: NDArray[np.int64],
    mjd: Floats,
    psf_flux: Floats,
    psf_flux_err: Floats,
    science_flux: Floats,
    science_flux_err: Floats,
) -> dict[str, NDArray[Any]]:
    """Return the columns of `dia_aggregates` as arrays, not finite where undefined."""
    objects, group = np.unique(object_id, return_inverse=True)
    count = len(objects)
    rows, flux, err = _usable(mjd, psf_flux, psf_flux_err)
    found = _psf_statistics(group[rows], count, mjd[rows], flux, err)
    rows, flux, err = _usable(mjd, science_flux, science_flux_err)
    for name, values in _moments(group[rows], count, flux, err).items():
        if name in ("Mean", "MeanErr", "Sigma"):
            found[f"scienceFlux{name}"] = values
    wide = ("psfFluxMean", "psfFluxLinearSlope", "psfFluxLinearIntercept", "scienceFluxMean")
    columns = {name: v if name in wide else as_real(v) for name, v in found.items()}
    return {"diaObjectId": objects, **columns}


def _usable(times: Floats, flux: Floats, err: Floats) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return the places of the points that count, their fluxes and errors."""
    rows = np.flatnonzero(np.isfinite(times) & np.isfinite(flux) & (err > 0.0) & (err < np.inf))
    return rows, flux[rows], err[rows]


def _psf_statistics(
    group: NDArray[np.int64], count: int, times: Floats, flux: Floats, err: Floats
) -> dict[str, Any]:
    """Return all statistics of difference fluxes by name, each of shape (count,)."""
    order = np.lexsort((times, group))
    group, times, flux, err = group[order], times[order], flux[order], err[order]
    found = _moments(group, count, flux, err)
    found |= _ranks(group, count, flux)
    found |= _slopes(group, count, times, flux, 1.0 / err**2)
    found["StetsonJ"] = stetson_j(group, count, flux, err)
    return {f"psfFlux{name}": values for name, values in found.items()}


def _moments(group: NDArray[np.int64], count: int, flux: Floats, err: Floats) -> dict[str, Floats]:
    """Return number, weighted mean, chi-squared, standard deviation and skewness."""
    weight = 1.0 / err**2
    n, total = group_sum(group, count, np.ones(len(group))), group_sum(group, count, weight)
    with np.errstate(all="ignore"):
        mean = group_sum(group, count, weight * flux) / total
        plain = group_sum(group, count, flux) / n
        off = flux - plain[group]
        sigma = np.sqrt(group_sum(group, count, off**2) / (n - 1.0))
        sigma[n < 2.0] = np.nan
        cubes = group_sum(group, count, (off / sigma[group]) ** 3)
        return {
            "Ndata": n,
            "Mean": mean,
            "MeanErr": 1.0 / np.sqrt(total),
            "Sigma": sigma,
            "ErrMean": group_sum(group, count, err) / n,
            "Chi2": np.where(
                n > 0, group_sum(group, count, weight * (flux - mean[group]) ** 2), np.nan
            ),
            "Skew": np.where((n > 2) & (sigma > 0), n * cubes / ((n - 1.0) * (n - 2.0)), np.nan),
        }


def _ranks(group: NDArray[np.int64], count: int, flux: Floats) -> dict[str, Floats]:
    """Return least, greatest, percentiles and the median absolute deviation."""
    low, *percentiles, high = _quantiles(group, count, flux, (0.0, *PERCENTILES, 100.0))
    named = {f"Percentile{int(p):02d}": v for p, v in zip(PERCENTILES, percentiles, strict=True)}
    (mad,) = _quantiles(group, count, np.abs(flux - named["Percentile50"][group]), (50.0,))
    return {"Min": low, "Max": high, **named, "MAD": mad}


def _quantiles(
    group: NDArray[np.int64], count: int, values: Floats, percents: tuple[float, ...]
) -> list[Floats]:
    """Return percentiles of each group by linear interpolation; NaN of an empty one."""
    ordered = np.append(values[np.lexsort((values, group))], np.nan)
    n = np.bincount(group, minlength=count)
    first = np.cumsum(n) - n
    found = []
    for percent in percents:
        place = np.maximum(n - 1, 0) * (percent / 100.0)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, np.maximum(n - 1, 0))
        low, high = ordered[first + below], ordered[first + above]
        found.append(np.where(n > 0, low + (high - low) * (place - below), np.nan))
    return found


def _slopes(
    group: NDArray[np.int64], count: int, times: Floats, flux: Floats, weight: Floats
) -> dict[str, Floats]:
    """Return the steepest rise and the weighted straight line; rows by group and time."""
    step = np.diff(times)
    rising = np.flatnonzero((group[1:] == group[:-1]) & (step > 0.0))
    steepest = np.full(count, -np.inf)
    np.maximum.at(steepest, group[1:][rising], np.diff(flux)[rising] / step[rising])
    two_times = np.isfinite(steepest)
    with np.errstate(all="ignore"):
        total = group_sum(group, count, weight)
        middle = group_sum(group, count, weight * times) / total
        mean = group_sum(group, count, weight * flux) / total
        lever = times - middle[group]
        slope = group_sum(group, count, weight * lever * (flux - mean[group])) / group_sum(
            group, count, weight * lever**2
        )
        columns = {"MaxSlope": steepest, "LinearSlope": slope}
        columns["LinearIntercept"] = mean - slope * middle
    return {name: np.where(two_times, values, np.nan) for name, values in columns.items()}
