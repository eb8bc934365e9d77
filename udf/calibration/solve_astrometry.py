"""Joint astrometry from raw pixels: sets up the fit, and makes WCS and places of stars of it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.astrometric_outliers import UNKNOWN
from skytract.udf.calibration.astrometric_scatter import scatter_by_band
from skytract.udf.calibration.astrometric_tables import Solution
from skytract.udf.calibration.components import label_components
from skytract.udf.calibration.displacement_model import Widths
from skytract.udf.calibration.image_displacements import displaced_wcs, displacement_model, sizes
from skytract.udf.calibration.joint_astrometry import fit_joint_astrometry
from skytract.udf.calibration.star_places import StarPlaces
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import displaced

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

FLOOR = 1.0
"""Error [mas] added to every centroid's: pixels are no squares, PSFs are no models."""

MIN_ANCHORS = 3
"""Reference stars that tie images to the sky: position, scale and rotation of the whole."""


def solve_astrometry(
    rows: Any, wcs: TanSip, images: NDArray[Any], visits: NDArray[Any],
    stars: NDArray[Any], widths: Widths,
) -> Solution:  # fmt: skip
    """Fit all images and stars together.

    Parameters
    ----------
    rows
        Detections: columns of `DETECTION`.
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
    chosen = np.flatnonzero(tied[rows["image"]]).astype(np.int32)
    chosen = chosen[np.argsort(rows["image"][chosen], kind="stable")]
    place = StarPlaces(rows, chosen, wcs, images, visits, stars, widths.order)
    del chosen
    model = displacement_model(wcs, images, visits, widths)
    fit = fit_joint_astrometry(
        place.polynomials, model, place.motions, place.offset,
        np.hypot(place.error, np.float32(FLOOR)), stars["fitted"], place.anchor_error,
    )  # fmt: skip
    del place.polynomials  # the largest of all
    counted = fit.used & stars["fitted"][place.motions.star]
    n_star = np.bincount(place.image, counted, len(images)).astype(np.int64)
    square = np.bincount(place.image, counted * (fit.residual**2).sum(axis=0), len(images))
    covariance = place.motions.covariance
    return Solution(
        displaced_wcs(wcs, sizes(images), fit.polynomials, widths.order), tied, component, n_star,
        np.sqrt(square / np.maximum(2 * n_star, 1)), place.epoch,
        _stars(stars, fit.stars.T, covariance), covariance, fit,
        scatter_by_band(
            images["band"][place.image], place.motions, place.offset, place.error, fit,
            ~stars["fitted"],
        ),
    )  # fmt: skip


def _tie(
    rows: Any, images: NDArray[Any], visits: NDArray[Any], stars: NDArray[Any]
) -> tuple[Booleans, Integers]:
    """Tell which images hang together, and which of them are tied to the sky, shape (m,)."""
    used = np.flatnonzero(stars["fitted"][rows["star"]])
    visit = images["visit"].astype(np.int32)[rows["image"][used]]
    of_star, of_visit = label_components(rows["star"][used], visit, len(stars), len(visits))
    anchored = of_star[stars["anchor"] & (of_star >= 0)]
    anchors = np.bincount(anchored, minlength=of_visit.max() + 1)
    component = of_visit[images["visit"]]
    return anchors[component] >= MIN_ANCHORS, component.astype(np.int64) + 1


def _stars(stars: NDArray[Any], found: Floats, covariance: Floats) -> Floats:
    """Return positions, proper motions and parallaxes; NaN where the data say nothing of them."""
    ra, dec = displaced(stars["ra"], stars["dec"], found[:, 0], found[:, 2])
    told = np.einsum("sii->si", covariance) < 0.8 * UNKNOWN**2
    result = np.stack([ra, dec, found[:, 1], found[:, 3], found[:, 4]], axis=1)
    return np.where(told[:, [0, 2, 1, 3, 4]], result, np.nan)
