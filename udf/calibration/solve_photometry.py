"""A band's joint photometric fit, from packed columns to rows of tables."""

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.eliminate_stars import MAG, Anchors, Observations
from skytract.udf.calibration.joint_photometry import Fit, fit_joint_photometry
from skytract.udf.calibration.star_flat import flat_coefficients
from skytract.udf.calibration.star_scatter import repeatability
from skytract.udf.sky.array_bytes import read_array

Array = NDArray[np.float64]

NANOJANSKY = 31.4
"""AB magnitude of 1 nJy."""

REFERENCE_FLOOR = 0.01
"""Scatter [mag] added to the errors of reference stars: their own calibration, and variability."""

Answer = tuple[list[float | None] | list[int] | list[bool] | float | int | None, ...]


def solve_photometry(
    star: bytes,
    image: bytes,
    flux: bytes,
    flux_err: bytes,
    u: bytes,
    v: bytes,
    detector: bytes,
    reference_flux: bytes,
    reference_flux_err: bytes,
    held_out: bytes,
    flats: bool,
) -> Answer:
    """Fit the zero points of a band, as calibration.solve_photometry says.

    Returns
    -------
    tuple
        The columns of that function; None stands for what is not known.
    """
    obs = read_observations(star, image, flux, flux_err, (u, v), detector)
    anchors = read_anchors(
        read_array(reference_flux, np.float64), read_array(reference_flux_err, np.float64)
    )
    hidden = read_array(held_out, np.bool_)
    fit = fit_joint_photometry(obs, anchors, hidden, flats)
    scatter = repeatability(obs, fit, hidden)
    return (
        _list(fit.zero_point),
        _list(fit.error),
        _list(fit.rms),
        fit.stars.tolist(),
        (fit.component + 1).tolist(),
        flat_coefficients(fit.flat).ravel().tolist() if flats else [],
        *describe_stars(obs, fit, len(hidden)),
        *(None if np.isnan(x) else 1e3 * x for x in scatter[:2]),
        *scatter[2:],
        list(fit.iterations),
    )


def read_observations(
    star: bytes,
    image: bytes,
    flux: bytes,
    flux_err: bytes,
    place: tuple[bytes, bytes],
    detector: bytes,
) -> Observations:
    """Return what the server sent, image by image, and star by star within."""
    number, where = np.frombuffer(star, ">i4"), np.frombuffer(image, ">i4")
    stars = int(number.max()) + 1
    order = np.argsort(where * np.int64(stars) + number, kind="stable")
    counts = np.frombuffer(flux, ">f8")[order].astype(np.float64)
    error = np.frombuffer(flux_err, ">f4")[order].astype(np.float64)
    u, v = (np.frombuffer(column, ">f4")[order].astype(np.float32) for column in place)
    return Observations(
        number[order].astype(np.int32),
        where[order].astype(np.int32),
        -2.5 * np.log10(counts),
        MAG * error / counts,
        u,
        v,
        read_array(detector, np.int64).astype(np.int32),
    )


def read_anchors(flux: Array, flux_err: Array) -> Anchors:
    """Return magnitudes and weights of reference stars; NaN, or no positive flux, is none."""
    with np.errstate(invalid="ignore"):
        known = (flux > 0.0) & (flux_err >= 0.0) & np.isfinite(flux + flux_err)
    bright, error = np.where(known, flux, 1.0), np.where(known, flux_err, 0.0)
    variance = (MAG * error / bright) ** 2 + REFERENCE_FLOOR**2
    magnitude = np.where(known, NANOJANSKY - 2.5 * np.log10(bright), 0.0)
    return Anchors(magnitude, np.where(known, 1.0 / variance, 0.0))


def describe_stars(
    obs: Observations, fit: Fit, stars: int
) -> tuple[list[float | None], list[float | None], list[int], list[float | None], list[bool]]:
    """Return flux [nJy], error, number of measurements, scatter [mag], variability of all stars."""
    used = fit.weight > 0.0
    star, weight, y = obs.star[used], fit.weight[used], fit.calibrated[used]
    count, total = np.bincount(star, minlength=stars), np.bincount(star, weight, stars)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(star, weight * y, stars) / total
        square = np.bincount(star, weight * (y - mean[star]) ** 2, stars) / total
        scatter = np.sqrt(np.where(count > 1, square * count / (count - 1), np.nan))
        tie = np.zeros(stars)
        tie[star] = fit.tie[obs.image[used]]
        flux = 10.0 ** (0.4 * (NANOJANSKY - mean))
        error = flux / MAG * np.sqrt(1.0 / total + tie**2)
    fitted = np.isfinite(fit.zero_point[obs.image])
    seen = np.bincount(obs.star[fitted], minlength=stars)
    return (
        _list(flux),
        _list(np.where(count > 0, error, np.nan)),
        count.tolist(),
        _list(scatter),
        ((seen > 2) & (count == 0)).tolist(),
    )


def _list(values: Array) -> list[float | None]:
    """Return a list with None for what is not finite."""
    result: list[float | None] = values.tolist()
    for unknown in np.flatnonzero(~np.isfinite(values)).tolist():
        result[unknown] = None
    return result
