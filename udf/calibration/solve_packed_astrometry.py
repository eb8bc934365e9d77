"""Joint astrometry for the database: columns come and go as images of arrays."""

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.astrometric_tables import DETECTION, IMAGE, STAR, VISIT, Solution
from skytract.udf.calibration.displacement_model import Widths
from skytract.udf.calibration.pixels_to_sky_packed import read_wcs
from skytract.udf.calibration.solve_astrometry import solve_astrometry
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.zenith import zenith_vectors
from skytract.udf.sky.array_bytes import HEADER, read_arrays, write_array

WRITTEN = (0, 2, 6, 8, 12, 18, 24)
"""Elements of a star's covariance (5 x 5, one after the other) that are written: variances and
covariances of place and of motion, variance of the parallax: ee, en, uu, uv, nn, vv, pp."""


def solve_packed_astrometry(
    rows: bytes,
    numbers: bytes,
    wcs: bytes,
    images: bytes,
    visits: bytes,
    stars: bytes,
    flags: bytes,
    detector_order: int,
    visit_order: int,
    image_order: int,
    turbulence_mas: float,
) -> list[tuple[Any, ...]]:
    """Return world coordinates and stars, each column as the image of an array.

    Parameters
    ----------
    rows, numbers
        x, y as float8, then err and lift as float4; star and image of the detections as integer
        (`DETECTION`).
    wcs, images
        Two images of arrays per image (`calibration.pack_wcs`); `IMAGE`. Those without detections
        are left out, and are not tied.
    visits
        ra, dec, mjd, zenith distance and parallactic angle [deg].
    stars, flags
        Numbers of `STAR`; fitted and anchor.
    detector_order, visit_order, image_order, turbulence_mas
        As `Widths` has them.

    Returns
    -------
    list of one tuple
        Of the images: tied, component, nStar, rms, frame (8 numbers each), sipA and sipB (squares,
        one after the other). Of the stars: place, motion and parallax (5 numbers each), `WRITTEN`
        of the covariance (7 each). Of the bands: `repeatability` (4 numbers each). Epoch [MJD TAI],
        iterations, part of the detections that was clipped.
    """
    sky = _table(read_arrays(visits, np.float64), ("ra", "dec", "mjd"), VISIT)
    geometry = read_arrays(visits, np.float64)[3:]
    zenith = zenith_vectors(sky["ra"], sky["dec"], *geometry)
    for name, axis in zip(("zx", "zy", "zz"), zenith.T, strict=True):
        sky[name] = axis
    detections = _detections(rows, numbers)
    table = _table(read_arrays(images, np.int64), IMAGE.names or (), IMAGE)
    seen = np.bincount(detections["image"], minlength=len(table)) > 0
    detections["image"] = (np.cumsum(seen, dtype=np.int32) - 1)[detections["image"]]
    table, visits_seen = _numbered_anew(table[seen])
    found = solve_astrometry(
        detections,
        _some(read_wcs(wcs), seen),
        table,
        sky[visits_seen],
        _stars(stars, flags),
        Widths(detector_order, visit_order, image_order, turbulence_mas),
    )
    of_images, others = _columns(found)
    columns = (*(_of_all_images(column, seen) for column in of_images), *others)
    images_of_arrays = (write_array(np.ascontiguousarray(column).ravel()) for column in columns)
    clipped = 1.0 - float(found.fit.used.mean())
    return [(*images_of_arrays, found.epoch, found.fit.iterations, clipped)]


def _table(columns: list[NDArray[Any]], names: tuple[str, ...], dtype: np.dtype[Any]) -> Any:
    """Return columns as rows; columns that have no name are left aside."""
    table = np.zeros(len(columns[0]), dtype)
    for name, column in zip(names, columns, strict=False):
        table[name] = column
    return table


def _detections(rows: bytes, numbers: bytes) -> NDArray[Any]:
    """Return detections, as `DETECTION` has them."""
    star, image = read_arrays(numbers, np.int32)
    view, wide = memoryview(rows), 2 * (HEADER.itemsize + 8 * len(star))
    x, y = read_arrays(view[:wide], np.float64)
    err, lift = read_arrays(view[wide:], np.float32)
    columns = {"star": star, "image": image, "x": x, "y": y, "err": err, "lift": lift}
    # In a row each: sought all over memory, one column takes as long as all of them.
    table = np.empty(len(star), DETECTION)
    for name, column in columns.items():
        table[name] = column
    return table


def _stars(stars: bytes, flags: bytes) -> Any:
    table = _table(read_arrays(stars, np.float64), (STAR.names or ())[:9], STAR)
    for name, column in zip(("fitted", "anchor"), read_arrays(flags, np.bool_), strict=True):
        table[name] = column
    return table


def _numbered_anew(images: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return images with their visits and detectors numbered without gaps, and which visits."""
    visits, images["visit"] = np.unique(images["visit"], return_inverse=True)
    _, images["detector"] = np.unique(images["detector"], return_inverse=True)
    return images, visits


def _some(wcs: TanSip, which: NDArray[np.bool_]) -> TanSip:
    """Return some of the systems."""
    return TanSip(*(getattr(wcs, part.name)[which] for part in fields(TanSip)))


def _of_all_images(column: NDArray[Any], seen: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a column of the images that were seen among all: 0, and not tied, for the others."""
    whole = np.zeros((len(seen), *column.shape[1:]), column.dtype)
    whole[seen] = column
    return whole


def _columns(found: Solution) -> tuple[tuple[NDArray[Any], ...], tuple[NDArray[Any], ...]]:
    """Return the columns of images, and those of stars and bands."""
    wcs = found.wcs
    frame = np.concatenate([wcs.crpix, wcs.crval, wcs.cd.reshape(-1, 4)], axis=1)
    return (
        found.tied, found.component, found.n_star, found.rms, frame, wcs.a, wcs.b,
    ), (
        found.stars, found.covariance.reshape(-1, 25)[:, WRITTEN], found.repeatability,
    )  # fmt: skip
