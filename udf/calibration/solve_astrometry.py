"""Joint astrometry from raw pixels: sets up the fit, and makes WCS and places of stars of it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.astrometric_outliers import UNKNOWN
from skytract.udf.calibration.astrometric_scatter import scatter_by_band
from skytract.udf.calibration.astrometric_tables import Solution
from skytract.udf.calibration.components import label_components
from skytract.udf.calibration.displacement_model import Widths
from skytract.udf.calibration.held_out_stars import follow_stars
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

NOBODY = np.array([[0.0, np.nan, np.nan, np.nan]])
"""The repeatability of no stars."""

MIN_ANCHORS = 3
"""Reference stars that tie images to the sky: position, scale and rotation of the whole."""


def solve_astrometry(
    rows: NDArray[Any], wcs: TanSip, images: NDArray[Any], visits: NDArray[Any],
    stars: NDArray[Any], widths: Widths,
) -> Solution:  # fmt: skip
    """Fit all images and stars together.

    Parameters
    ----------
    rows
        Detections: `DETECTION`.
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

    chosen = np.flatnonzero(tied[rows["image"]]).astype(np.int32)
    epoch = float(visits["mjd"][images["visit"][rows["image"][chosen]]].mean())

    def place(rows: NDArray[Any], some: NDArray[np.int32], stars: NDArray[Any]) -> StarPlaces:
        own = some[by_image(rows["image"][some], rows["star"][some])]
        return StarPlaces(rows, own, wcs, images, visits, stars, widths.order, epoch)

    def fit_to(places: StarPlaces, start: Floats | None) -> Fit:
        return fit_joint_astrometry(
            places.polynomials, model, places.motions, places.offset, _weighed(places.error),
            places.anchor_error, start,
        )  # fmt: skip

    fitted = stars["fitted"][rows["star"][chosen]]
    chosen, held_out = chosen[fitted], chosen[~fitted]
    sampled, start = _sampled(rows, chosen, component, stars), None
    if not sampled.all():
        own, seen = _only(rows, chosen[sampled])
        start = fit_to(place(own, _all(own), stars[seen]), None).parameters
    places = place(rows, chosen, stars)
    fit = fit_to(places, start)
    del chosen, sampled
    del places.polynomials  # the largest of all
    n_star = np.bincount(places.image, fit.used, len(images)).astype(np.int64)
    square = np.bincount(places.image, fit.used * (fit.residual**2).sum(axis=0), len(images))
    found, covariance = fit.stars, places.motions.covariance
    repeatability = NOBODY
    if len(held_out):
        own, seen = _only(rows, held_out)
        places = place(own, _all(own), stars[seen])
        moved = places.offset + places.polynomials.displace(fit.polynomials)
        told = follow_stars(moved, places.motions, _weighed(places.error), places.anchor_error)
        found[:, seen], covariance[seen] = told.stars, places.motions.covariance
        repeatability = scatter_by_band(
            images["band"][places.image], places.motions, places.offset, places.error, told
        )
    return Solution(
        displaced_wcs(wcs, sizes(images), fit.polynomials, widths.order), tied, component, n_star,
        np.sqrt(square / np.maximum(2 * n_star, 1)), epoch,
        _stars(stars, found.T, covariance), covariance, fit, repeatability,
    )  # fmt: skip


def _weighed(error: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the errors by which detections are weighed."""
    return np.asarray(np.hypot(error, np.float32(FLOOR)))


def _tie(
    rows: NDArray[Any], images: NDArray[Any], visits: NDArray[Any], stars: NDArray[Any]
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
    rows: NDArray[Any], chosen: NDArray[np.int32], component: Integers, stars: NDArray[Any]
) -> Booleans:
    """Tell which detections a fit may begin with: all of them, if they are few."""
    star = rows["star"][chosen]
    kind = 2 * component[rows["image"][chosen]] + stars["anchor"][star]
    share = np.clip(np.bincount(kind) // SAMPLED, 1, SHARE)
    return np.asarray(star % share[kind] == 0)


def _only(rows: NDArray[Any], some: NDArray[np.int32]) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return some of the detections, with numbers of their own for their stars, and these stars."""
    own = rows[some]
    seen, own["star"] = np.unique(own["star"], return_inverse=True)
    return own, seen


def _all(rows: NDArray[Any]) -> NDArray[np.int32]:
    """Return the numbers of detections."""
    return np.arange(len(rows), dtype=np.int32)


def _stars(stars: NDArray[Any], found: Floats, covariance: Floats) -> Floats:
    """Return positions, proper motions and parallaxes; NaN where the data say nothing of them."""
    ra, dec = displaced(stars["ra"], stars["dec"], found[:, 0], found[:, 2])
    told = np.einsum("sii->si", covariance) < 0.8 * UNKNOWN**2
    result = np.stack([ra, dec, found[:, 1], found[:, 3], found[:, 4]], axis=1)
    return np.where(told[:, [0, 2, 1, 3, 4]], result, np.nan)
