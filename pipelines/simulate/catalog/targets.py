"""What every image asks of the objects, column by column, worked out once for all visits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.columns import Rows
from skytract.pipelines.simulate.catalog.positions import MAS, motion
from skytract.pipelines.simulate.objects import is_variable
from skytract.pipelines.simulate.sites import unit_vectors

HALF_LIGHT = 1.678 / 1.177
"""Width of the round Gaussian that has the half-light radius of an exponential disk, in units of
the disk's scale length."""

COLUMNS = {
    "truthId": np.dtype("i8"),
    "vector": np.dtype(("f8", 3)),
    "motion": np.dtype(("f4", 3)),
    "parallax": np.dtype("f4"),
    "sed": np.dtype("i2"),
    "companionSed": np.dtype("i2"),
    "flux": np.dtype("f8"),
    "companionFlux": np.dtype("f8"),
    "size": np.dtype(("f4", 3)),
    "varies": np.dtype("?"),
}
"""Types on disk; single precision leaves 1e-7 of what a star moves and of how large a galaxy is."""


@dataclass(frozen=True)
class Targets(Rows):
    """Columns of objects, shape (n,) unless stated, of the types `COLUMNS`.

    Attributes
    ----------
    truthId
        Id.
    vector
        Unit vector at EPOCH_MJD, shape (n, 3).
    motion
        Change of that vector per year, `positions.motion`, shape (n, 3).
    parallax
        rad.
    sed, companionSed
        Templates of the object and of its unresolved companion.
    flux, companionFlux
        Mean fluxes of both in standard r [nJy]; 0 without a companion, whose template is then 0.
    size
        `sky_moments`, shape (n, 3).
    varies
        Whether the flux changes with time.
    """

    truthId: NDArray[np.int64]
    vector: NDArray[np.float64]
    motion: NDArray[np.floating]
    parallax: NDArray[np.floating]
    sed: NDArray[np.integer]
    companionSed: NDArray[np.integer]
    flux: NDArray[np.float64]
    companionFlux: NDArray[np.float64]
    size: NDArray[np.floating]
    varies: NDArray[np.bool_]

    @classmethod
    def of(cls, objects: NDArray[np.void]) -> "Targets":
        """Work them out from a table of `OBJECT`."""
        vectors = unit_vectors(objects["ra"], objects["dec"])
        return cls(
            truthId=objects["truthId"],
            vector=vectors,
            motion=motion(objects, vectors),
            parallax=MAS * objects["parallax"],
            sed=objects["sed"],
            companionSed=objects["companionSed"].clip(0),
            flux=objects["flux"],
            companionFlux=objects["companionFlux"],
            size=sky_moments(objects),
            varies=is_variable(objects),
        )


def sky_moments(objects: NDArray[np.void]) -> NDArray[np.float64]:
    """Return second moments to the east, to the north and mixed [arcsec^2], (n, 3); 0 for points.

    A disk counts as the Gaussian of the same half-light radius.
    """
    square = (HALF_LIGHT * objects["diskScale"].astype(np.float64)) ** 2
    minor = objects["axisRatio"].astype(np.float64) ** 2
    angle = np.radians(objects["positionAngle"].astype(np.float64))
    east, north = np.sin(angle), np.cos(angle)
    long = square * (1.0 - minor)
    round_ = square * minor
    return np.stack(
        [round_ + long * east * east, round_ + long * north * north, long * east * north], axis=1
    )


def moments_to_pixels(to_pixel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what makes second moments xx, yy, xy [px^2] of `sky_moments`, (3, 3), from px/deg."""
    (xe, xn), (ye, yn) = to_pixel / 3600.0
    turn = [
        [xe * xe, xn * xn, 2.0 * xe * xn],
        [ye * ye, yn * yn, 2.0 * ye * yn],
        [xe * ye, xn * yn, xe * yn + xn * ye],
    ]
    return np.array(turn)
