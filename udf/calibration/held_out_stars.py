"""Stars that take no part in a joint astrometric fit: what its displacements make of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.astrometric_outliers import OutlierJudge, hard
from skytract.udf.calibration.star_motions import StarMotions

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Booleans = NDArray[np.bool_]

ROUNDS = 3
"""In which a star finds its place among outliers, with softer weights for what is farther off."""


class HeldOut(NamedTuple):
    """What was found, for S stars with n detections."""

    stars: Floats
    """Parameters of each star (`StarMotions`), shape (5, S)."""
    residual: Singles
    """Detections less stars [mas], shape (2, n)."""
    used: Booleans
    """Detections that were not clipped, shape (n,)."""


def follow_stars(moved: Singles, stars: StarMotions, error: Singles, anchor: Floats) -> HeldOut:
    """Find the stars of detections, without outliers.

    Parameters
    ----------
    moved
        Detections less their stars' places, as the fit displaces them, shape (2, n) [mas].
    stars, error, anchor
        As `fit_joint_astrometry` takes them. The stars' weights are those of the answer then.
    """
    judge = OutlierJudge(stars, error, anchor)
    for _ in range(ROUNDS):
        off, astray = judge(moved)
    used, trusted = hard(off, astray)
    judge.weigh(used, trusted)
    found = stars.fit(moved)
    return HeldOut(found, stars.residual(moved, found), used > 0.0)
