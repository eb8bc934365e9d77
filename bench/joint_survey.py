"""Surveys of known truth for joint photometry: random looks at a sky of stars.

A camera of 189 detectors looks at random places under random angles until there are as many
observations as asked for, 28 per star and 200 per detector; zero points scatter by 0.1 mag, one
observation in 500 is wrong, a tenth of the stars has a reference magnitude good to 15 mmag.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.eliminate_stars import Anchors, Observations, Parameters
from skytract.udf.calibration.star_flat import TERMS, flat_terms
from skytract.udf.sky.hpx29 import hpx29

PER_STAR = 28
PER_IMAGE = 200
CAMERA = 21, 9
"""Columns and rows of detectors."""
WIDTH = 3.0
"""Of the camera [deg]: 4,200 stars per square degree."""
SEED = 8143

Array = NDArray[np.float64]
Integers = NDArray[np.int32]
Singles = NDArray[np.float32]


class Survey(NamedTuple):
    """Observations and anchors of a simulated survey, and the truth."""

    obs: Observations
    anchors: Anchors
    truth: Parameters


def make_survey(
    observations: int,
    flat: float = 0.0,
    wrong: float = 0.002,
    camera: tuple[int, int] = CAMERA,
) -> Survey:
    """Draw a survey of about so many observations.

    Parameters
    ----------
    observations
        How many.
    flat
        Rms of each amplitude of the star flats.
    wrong
        Part of the observations that are off by up to 0.7 mag.
    camera
        Columns and rows of detectors.
    """
    rng = np.random.default_rng(SEED)
    detectors = camera[0] * camera[1]
    visits = max(observations // (PER_IMAGE * detectors), PER_STAR)
    side = max(np.sqrt(visits / PER_STAR), 1.3)  # of the sky, in widths of the camera
    stars = int(observations / visits * side**2)
    place = along_the_sky(rng.uniform(0.0, side, (2, stars)))
    looks = list(_look(rng, place, visits, side, camera))
    star, image, u, v = (np.concatenate(parts) for parts in zip(*looks, strict=True))
    looks.clear()
    order = np.argsort(image, kind="stable")
    star, image, u, v = (column[order] for column in (star, image, u, v))
    magnitude = rng.uniform(16.0, 20.0, stars)
    truth = Parameters(
        28.0 + 0.1 * rng.normal(size=visits * detectors),
        flat * rng.normal(size=(detectors, TERMS)),
    )
    error = np.hypot(0.003, 0.01 * 10.0 ** (0.4 * (magnitude[star] - 20.0)))
    seen = magnitude[star] + error * rng.normal(size=len(star)) - truth.zero_point[image]
    rows = np.flatnonzero(rng.random(len(star)) < wrong)
    seen[rows] += rng.uniform(-0.7, 0.7, len(rows))
    if flat:
        for lo in range(0, len(star), 1 << 16):
            part = slice(lo, lo + (1 << 16))
            term = flat_terms(u[part], v[part]) * truth.flat[image[part] // visits]
            seen[part] += 2.5 * np.log10(1.0 + term.sum(axis=1))
    number = np.repeat(np.arange(detectors, dtype=np.int32), visits)
    known = rng.random(stars) < 0.1
    anchors = Anchors(
        np.where(known, magnitude + 0.015 * rng.normal(size=stars), 0.0),
        np.where(known, 0.015**-2, 0.0),
    )
    return Survey(Observations(star, image, seen, error, u, v, number), anchors, truth)


def along_the_sky(place: Array) -> Array:
    """Sort places so that those near each other in their order are near on the sky."""
    ra, dec = 10.0 + WIDTH * place[0], -4.0 + WIDTH * place[1]
    return np.asarray(place[:, np.argsort(hpx29(ra, dec))])


def _look(
    rng: np.random.Generator, place: Array, visits: int, side: float, camera: tuple[int, int]
) -> Iterator[
    tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]
]:
    """Yield star, image and place on the detector of what each visit sees."""
    (columns, rows), (x, y) = camera, place
    for visit in range(visits):
        turn, (east, north) = rng.uniform(0.0, 2.0 * np.pi), rng.uniform(0.5, side - 0.5, 2)
        along = ((x - east) * np.cos(turn) + (y - north) * np.sin(turn) + 0.5) * columns
        across = ((y - north) * np.cos(turn) - (x - east) * np.sin(turn) + 0.5) * rows
        inside = (along > 0) & (along < columns) & (across > 0) & (across < rows)
        star = np.flatnonzero(inside).astype(np.int32)
        column, row = np.floor(along[star]), np.floor(across[star])
        image = ((row * columns + column) * visits + visit).astype(np.int32)
        u, v = 2.0 * (along[star] - column) - 1.0, 2.0 * (across[star] - row) - 1.0
        yield star, image, u.astype(np.float32), v.astype(np.float32)
