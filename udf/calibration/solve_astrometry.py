"""Joint astrometry from raw pixels: sets up the fit, and makes WCS and places of stars of it."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.association.earth_position import earth_position
from skytract.udf.calibration.components import label_components
from skytract.udf.calibration.displacement_model import DisplacementModel, Widths
from skytract.udf.calibration.fit_tan_sip import fit_tan_sip, grid, grid_pixels
from skytract.udf.calibration.joint_astrometry import (
    UNKNOWN,
    Fit,
    Images,
    fit_joint_astrometry,
    loosened,
)
from skytract.udf.calibration.legendre import legendre
from skytract.udf.calibration.pixel_to_sky import positions
from skytract.udf.calibration.star_motions import StarMotions
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import MAS, displaced, project

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

FLOOR = 1.0
"""Error [mas] added to every centroid's: pixels are no squares, PSFs are no models."""

MIN_ANCHORS = 3
"""Reference stars that tie images to the sky: position, scale and rotation of the whole."""

CHUNK = 1 << 17
"""Detections whose intermediate columns are held at a time."""

DAYS = 365.25
"""Days of a Julian year."""

DETECTION = np.dtype(
    [("star", "i8"), ("image", "i8"), ("x", "f8"), ("y", "f8"), ("err", "f8"), ("lift", "f8")]
)
"""A detection: numbers of its star and image; pixel, error per axis [px]; refraction by the star's
spectrum against that of the WCS, toward the zenith [mas per tangent of the zenith distance]."""

IMAGE = np.dtype([(name, "i8") for name in ("visit", "detector", "nx", "ny", "band")])
"""An image: numbers of its visit and detector, columns and rows, number of its band."""

VISIT = np.dtype(
    [("ra", "f8"), ("dec", "f8"), ("mjd", "f8"), ("zx", "f8"), ("zy", "f8"), ("zz", "f8")]
)
"""A visit: boresight [deg], time [MJD TAI], unit vector to the zenith (ICRS)."""

STAR = np.dtype(
    [(name, "f8") for name in ("ra", "dec", "epoch", "err", "pmRa", "pmDec", "pmErr")]
    + [("parallax", "f8"), ("parallaxErr", "f8"), ("fitted", "?"), ("anchor", "?")]
)
"""A star: place [deg], and if it is an anchor (a reference star) its epoch [MJD TAI], errors [mas],
proper motion [mas/yr] and parallax [mas], NaN where unknown; whether it takes part in the fit."""


class Solution(NamedTuple):
    """World coordinates of the m images, and the S stars."""

    wcs: TanSip
    tied: Booleans
    """Whether reference stars tie the image to the sky; else its WCS says nothing, shape (m,)."""
    component: Integers
    """Which images hang together, numbered by their first visit, shape (m,)."""
    n_star: Integers
    """Detections that were fitted, shape (m,)."""
    rms: Floats
    """Of their residuals, per axis [mas], shape (m,)."""
    epoch: float
    """Epoch of the stars [MJD TAI]."""
    stars: Floats
    """ra, dec [deg], pmRa, pmDec [mas/yr], parallax [mas]; shape (S, 5), NaN if not determined."""
    covariance: Floats
    """Of east, motion east, north, motion north [mas, yr] and parallax, shape (S, 5, 5)."""
    fit: Fit
    repeatability: Floats
    """Of stars that took no part in the fit, for each band: `repeatability`, shape (bands, 4)."""


def solve_astrometry(
    rows: NDArray[Any], wcs: TanSip, images: NDArray[Any], visits: NDArray[Any],
    stars: NDArray[Any], widths: Widths,
) -> Solution:  # fmt: skip
    """Fit all images and stars together.

    Parameters
    ----------
    rows
        Detections (`DETECTION`).
    wcs
        World coordinates to start from, of each image; good to arcseconds.
    images, visits, stars
        `IMAGE`, `VISIT` and `STAR`.
    widths
        Orders of the polynomials of detectors, visits and images.

    Raises
    ------
    ValueError
        If no image is tied to the sky by `MIN_ANCHORS` reference stars or more.
    """
    tied, component = _tie(rows, images, visits, stars)
    if not tied.any():
        raise ValueError(
            f"no visit has {MIN_ANCHORS} reference stars among the {len(stars)} stars of the fit: "
            "check that the reference catalog covers the field, or widen the radius"
        )
    order = np.flatnonzero(tied[rows["image"]])
    order = order[np.argsort(rows["image"][order], kind="stable")]
    rows = rows[order]
    place = _Places(rows, wcs, images, visits, stars)
    model = _model(wcs, images, visits, widths)
    first = np.searchsorted(rows["image"], np.arange(len(images) + 1))
    size = np.stack([images["nx"], images["ny"]], axis=1).astype(float)
    own = size[rows["image"]]
    u, v = (2.0 * rows["x"] + 1.0) / own[:, 0] - 1.0, (2.0 * rows["y"] + 1.0) / own[:, 1] - 1.0
    area = np.abs(np.linalg.det(np.moveaxis(place.to_sky, 2, 0)))
    own_error = rows["err"] * np.sqrt(area)
    error = np.hypot(own_error, FLOOR)
    fit = fit_joint_astrometry(
        Images(widths.order, first, u, v, place.to_sky), model, place.motions, place.offset, error,
        stars["fitted"], np.where(stars["anchor"], place.error, np.nan),
    )  # fmt: skip
    counted = fit.used & stars["fitted"][rows["star"]]
    n_star = np.bincount(rows["image"], counted, len(images)).astype(np.int64)
    square = np.bincount(rows["image"], counted * (fit.residual**2).sum(axis=1), len(images))
    return Solution(
        _displaced_wcs(wcs, size, fit.polynomials, widths.order), tied, component, n_star,
        np.sqrt(square / np.maximum(2 * n_star, 1)), place.epoch,
        _stars(stars, fit.stars, place.motions.covariance), place.motions.covariance, fit,
        _by_band(images["band"][rows["image"]], place, fit, own_error, ~stars["fitted"]),
    )  # fmt: skip


def _tie(
    rows: NDArray[Any], images: NDArray[Any], visits: NDArray[Any], stars: NDArray[Any]
) -> tuple[Booleans, Integers]:
    """Tell which images hang together, and which of them are tied to the sky, shape (m,)."""
    used = rows[stars["fitted"][rows["star"]]]
    visit = images["visit"][used["image"]]
    of_star, of_visit = label_components(used["star"], visit, len(stars), len(visits))
    anchored = of_star[stars["anchor"] & (of_star >= 0)]
    anchors = np.bincount(anchored, minlength=of_visit.max() + 1)
    component = of_visit[images["visit"]]
    return anchors[component] >= MIN_ANCHORS, component.astype(np.int64) + 1


class _Places:
    """Where detections lie from their stars, and what is known of these."""

    def __init__(
        self, rows: NDArray[Any], wcs: TanSip, images: NDArray[Any], visits: NDArray[Any],
        stars: NDArray[Any],
    ) -> None:  # fmt: skip
        visit = images["visit"][rows["image"]]
        star_ra, star_dec = (stars[name][rows["star"]] for name in ("ra", "dec"))
        self.to_sky, self.offset = np.empty((2, 2, len(rows))), np.empty((len(rows), 2))
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            own = rows[part]
            (ra, dec), to_sky = positions(wcs, own["image"], own["x"], own["y"])
            self.to_sky[:, :, part] = MAS * to_sky
            lift = own["lift"][:, None] * _toward_zenith(ra, dec, visits[visit[part]])
            self.offset[part] = MAS * project(ra, dec, star_ra[part], star_dec[part]).T - lift
        self.epoch = float(np.mean(visits["mjd"][visit]))
        years = (visits["mjd"] - self.epoch) / DAYS
        east, north = _parallax_factors(star_ra, star_dec, visits["mjd"], visit)
        information, known, self.error = self._known(stars)
        self.motions = StarMotions(
            rows["star"].copy(), years[visit], east, north, information, known
        )

    def _known(self, stars: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
        """Return what the catalog says at the epoch of the fit: see `StarMotions`."""
        errors = np.stack(
            [stars[n] for n in ("err", "pmErr", "err", "pmErr", "parallaxErr")], axis=1
        )
        values = np.stack([stars[n] for n in ("pmRa", "pmDec", "parallax")], axis=1)
        errors = np.where(np.isfinite(errors) & (errors > 0.0), errors, UNKNOWN)
        errors[:, [1, 3, 4]] = np.where(
            np.isfinite(values), errors[:, [1, 3, 4]], UNKNOWN[[1, 3, 4]]
        )
        later = np.where(stars["anchor"], (self.epoch - stars["epoch"]) / DAYS, 0.0)
        forward = np.tile(np.eye(5), (len(stars), 1, 1))
        forward[:, 0, 1] = forward[:, 2, 3] = later
        covariance = (forward * errors[:, None, :] ** 2) @ np.swapaxes(forward, 1, 2)
        mean = np.zeros((len(stars), 5))
        mean[:, [1, 3, 4]] = np.nan_to_num(values)
        mean = np.einsum("sij,sj->si", forward, mean)
        anchor = stars["anchor"][:, None]
        information = np.where(anchor[..., None], np.linalg.inv(covariance), loosened(covariance))
        known = np.where(anchor, np.einsum("sij,sj->si", information, mean), 0.0)
        return information, known, np.sqrt(covariance[:, 0, 0])


def _toward_zenith(ra: Floats, dec: Floats, visit: NDArray[Any]) -> Floats:
    """Return the vector to the zenith, to the east and north, as long as tan z, shape (n, 2)."""
    lon, lat = np.radians(ra), np.radians(dec)
    zx, zy, zz = visit["zx"], visit["zy"], visit["zz"]
    inward = zx * np.cos(lon) + zy * np.sin(lon)
    east, depth = zy * np.cos(lon) - zx * np.sin(lon), inward * np.cos(lat) + zz * np.sin(lat)
    north = zz * np.cos(lat) - inward * np.sin(lat)
    return np.asarray(np.stack([east, north], axis=1) / depth[:, None])


def _parallax_factors(
    ra: Floats, dec: Floats, mjd: Floats, visit: Integers
) -> tuple[Floats, Floats]:
    """Return the displacement to the east and north per parallax, shape (n,)."""
    x, y, z = (np.array(axis, float)[visit] for axis in earth_position(mjd))
    lon, lat = np.radians(ra), np.radians(dec)
    inward = x * np.cos(lon) + y * np.sin(lon)
    return x * np.sin(lon) - y * np.cos(lon), inward * np.sin(lat) - z * np.cos(lat)


def _model(
    wcs: TanSip, images: NDArray[Any], visits: NDArray[Any], widths: Widths
) -> DisplacementModel:
    """Return the model of the images' displacements, from the WCS that they start from."""
    size = np.stack([images["nx"], images["ny"]], axis=1).astype(float)
    (x, y), (u, v) = grid_pixels(size), grid()
    m, n = x.shape
    which = np.repeat(np.arange(m), n)
    (ra, dec), _ = positions(wcs, which, x.ravel(), y.ravel())
    visit = visits[images["visit"]]
    field = project(
        ra.reshape(m, n), dec.reshape(m, n), visit["ra"][:, None], visit["dec"][:, None]
    )
    linear = np.linalg.pinv(np.stack([np.ones(n), u, v, u * u, u * v, v * v], axis=1))[1:3]
    by_pixel = np.einsum("kg,cmg->mck", linear, field) / (size[:, None, :] / 2.0)
    across = np.abs(field).max()
    along = legendre(widths.visit_order, *(field / across).reshape(2, -1)).reshape(m, n, -1)
    restrict = np.linalg.pinv(legendre(widths.order, u, v)) @ along
    scale = float(MAS * np.sqrt(np.abs(np.linalg.det(by_pixel))).mean())
    to_pixel = np.linalg.inv(MAS * by_pixel)
    return DisplacementModel(widths, images["detector"], images["visit"], scale, to_pixel, restrict)


def _displaced_wcs(wcs: TanSip, size: Floats, polynomials: Floats, order: int) -> TanSip:
    """Return TAN-SIP world coordinates with the displacements in them."""
    (x, y), (u, v) = grid_pixels(size), grid()
    m, n = x.shape
    (ra, dec), to_sky = positions(wcs, np.repeat(np.arange(m), n), x.ravel(), y.ravel())
    pixels = np.einsum("gk,mkc->cmg", legendre(order, u, v), polynomials)
    moved = MAS * np.einsum("dcmg,cmg->dmg", to_sky.reshape(2, 2, m, n), pixels)
    ra, dec = displaced(ra.reshape(m, n), dec.reshape(m, n), *moved)
    return fit_tan_sip(size, ra, dec, max(order, wcs.a.shape[1] - 1, 3) + 1)


def _by_band(band: Integers, place: "_Places", fit: Fit, error: Floats, told: Booleans) -> Floats:
    """Return number of stars, scatter before and after the fit and noise of stars, by band."""
    motions = place.motions
    before = place.offset - motions.predict(motions.fit(place.offset))
    rows = fit.used & told[motions.star]
    seen = 2.0 * np.bincount(motions.star, fit.used, len(told))
    free = np.maximum(seen - motions.absorbed, 1.0) / np.maximum(seen - 2.0, 1.0)
    root = np.sqrt(free[motions.star])[:, None]  # fitted motions follow part of the errors
    before, after = before / root, fit.residual / root
    return np.array(
        [
            repeatability(motions.star[own], before[own], after[own], error[own])
            for own in (rows & (band == number) for number in range(band.max() + 1))
        ]
    )


def repeatability(
    star: Integers, before: Floats, after: Floats, error: Floats
) -> tuple[float, float, float, float]:
    """Return how well detections of the same star agree, before and after a fit.

    Parameters
    ----------
    star
        Star of each detection, shape (n,).
    before, after
        Places of the detections, to the east and north [mas], shape (n, 2).
    error
        1-sigma error of the detections per axis [mas], shape (n,).

    Returns
    -------
    stars, before, after, noise
        Number of stars seen three times or more, and medians over them of their standard
        deviations per axis [mas], and of what the errors make expect; NaN without any.

    Examples
    --------
    >>> places = np.array([[0.0, 3.0], [3.0, 0.0], [0.0, 0.0]])
    >>> told = repeatability(np.zeros(3, int), places, places / 3.0, np.ones(3))[1:]
    >>> " ".join(f"{value:.3f}" for value in told)
    '1.732 0.577 1.000'
    """
    count = np.bincount(star)
    often = count > 2
    if not often.any():
        return 0.0, np.nan, np.nan, np.nan
    scatters = []
    for place in (before, after):
        total = np.stack([np.bincount(star, axis) for axis in place.T], axis=1)
        mean = total / np.maximum(count, 1)[:, None]
        square = np.bincount(star, ((place - mean[star]) ** 2).sum(axis=1))
        scatters.append(np.sqrt(square[often] / (2.0 * (count[often] - 1))))
    scatters.append(np.sqrt(np.bincount(star, error**2)[often] / count[often]))
    first, last, noise = (float(np.median(scatter)) for scatter in scatters)
    return float(often.sum()), first, last, noise


def _stars(stars: NDArray[Any], found: Floats, covariance: Floats) -> Floats:
    """Return positions, proper motions and parallaxes; NaN where the data say nothing of them."""
    ra, dec = displaced(stars["ra"], stars["dec"], found[:, 0], found[:, 2])
    told = np.einsum("sii->si", covariance) < 0.8 * UNKNOWN**2
    result = np.stack([ra, dec, found[:, 1], found[:, 3], found[:, 4]], axis=1)
    return np.where(told[:, [0, 2, 1, 3, 4]], result, np.nan)
