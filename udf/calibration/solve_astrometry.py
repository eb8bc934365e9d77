"""Joint astrometry from raw pixels: sets up the fit, and makes WCS and places of stars of it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.astrometric_outliers import UNKNOWN
from skytract.udf.calibration.astrometric_scatter import scatter_by_band
from skytract.udf.calibration.astrometric_tables import DETECTION, Solution
from skytract.udf.calibration.components import label_components
from skytract.udf.calibration.displacement_model import Widths
from skytract.udf.calibration.image_displacements import displaced_wcs, displacement_model, sizes
from skytract.udf.calibration.image_polynomials import by_image
from skytract.udf.calibration.joint_astrometry import Fit, fit_joint_astrometry
from skytract.udf.calibration.star_places import StarPlaces
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import displaced

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

FLOOR = 1.0
"""Error [mas] added to every centroid's: pixels are no squares, PSFs are no models."""

SHARE, SAMPLED = 8, 1 << 17
"""One star in `SHARE` is in the sample with which the fit begins, or more: of reference stars, and
of the others, `SAMPLED` detections, if there are, of whatever hangs together."""

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
    model = displacement_model(wcs, images, visits, widths)

    def fit_to(
        rows: Any, some: NDArray[np.int32], stars: NDArray[Any], start: Floats | None
    ) -> tuple[StarPlaces, Fit]:
        own = some[by_image(rows["image"][some], rows["star"][some])]
        place = StarPlaces(rows, own, wcs, images, visits, stars, widths.order)
        return place, fit_joint_astrometry(
            place.polynomials, model, place.motions, place.offset,
            np.hypot(place.error, np.float32(FLOOR)), stars["fitted"], place.anchor_error, start,
        )  # fmt: skip

    chosen = np.flatnonzero(tied[rows["image"]]).astype(np.int32)
    sampled, start = _sampled(rows, chosen, component, stars), None
    if not sampled.all():
        start = fit_to(*_only(rows, chosen[sampled], stars), None)[1].parameters
    place, fit = fit_to(rows, chosen, stars, start)
    del chosen, sampled
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


def _sampled(
    rows: Any, chosen: NDArray[np.int32], component: Integers, stars: NDArray[Any]
) -> Booleans:
    """Tell which detections a fit may begin with: all of them, if they are few."""
    star = rows["star"][chosen]
    kind = 2 * component[rows["image"][chosen]] + stars["anchor"][star]
    share = np.clip(np.bincount(kind) // SAMPLED, 1, SHARE)
    sampled: Booleans = star % share[kind] == 0
    return sampled if sampled.all() else np.asarray(sampled & stars["fitted"][star])


def _only(
    rows: Any, some: NDArray[np.int32], stars: NDArray[Any]
) -> tuple[dict[str, NDArray[Any]], NDArray[np.int32], NDArray[Any]]:
    """Return some of the detections, which of those are meant (all), and their stars."""
    own = {name: rows[name][some] for name in DETECTION.names or ()}
    seen, number = np.unique(own["star"], return_inverse=True)
    return (
        {**own, "star": number.astype(np.int32)},
        np.arange(len(some), dtype=np.int32),
        stars[seen],
    )


def _stars(stars: NDArray[Any], found: Floats, covariance: Floats) -> Floats:
    """Return positions, proper motions and parallaxes; NaN where the data say nothing of them."""
    ra, dec = displaced(stars["ra"], stars["dec"], found[:, 0], found[:, 2])
    told = np.einsum("sii->si", covariance) < 0.8 * UNKNOWN**2
    result = np.stack([ra, dec, found[:, 1], found[:, 3], found[:, 4]], axis=1)
    return np.where(told[:, [0, 2, 1, 3, 4]], result, np.nan)
