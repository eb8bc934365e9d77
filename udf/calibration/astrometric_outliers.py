"""Outliers of a joint astrometric fit: a star's detections and its reference star have a vote each.

What is far off has soft weights (Cauchy's function) until a star has found its place: its majority
wins.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.star_motions import StarMotions

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Weights = TypeVar("Weights", Floats, Singles)

SOFT = 2.4
"""Until outliers are known, weights fall beyond so many standard deviations (Cauchy's function)."""

JUDGEMENTS = 2
"""Steps, in the first round, by which a star finds its place among outliers; then one in each."""

CLIP = 5.0
"""Detections and reference stars this many standard deviations off are left out."""

UNKNOWN = np.array([1e5, 20.0, 1e5, 20.0, 3.0])
"""Widths [mas, mas/yr] of positions, proper motions and parallaxes of stars without a reference."""

LOOSE = np.array([UNKNOWN[0] ** -2.0, 0.0, UNKNOWN[1] ** -2.0, UNKNOWN[4] ** -2.0])
"""What is known of those: see `StarMotions`."""


def soft(off: Weights) -> Weights:
    """Return weights for what is so many standard deviations off, 0 for what is not known."""
    weight: Weights = np.nan_to_num(1.0 / (1.0 + (off / SOFT) ** 2))
    return weight


def hard(off: Singles, astray: Floats, clip: float = CLIP) -> tuple[Singles, Floats]:
    """Return weights without outliers, of detections and of reference stars."""
    return (off < clip).astype(np.float32), (astray < clip).astype(float)


class OutlierJudge:
    """Weighs detections and reference stars, and tells how far off they are.

    Parameters
    ----------
    stars
        The stars, with what the reference catalog says of them.
    error
        1-sigma error of the n detections per axis [mas].
    anchor
        1-sigma error of the reference star's position, NaN where there is none, shape (S,) [mas].
    """

    def __init__(self, stars: StarMotions, error: Singles, anchor: Floats) -> None:
        self.stars, self.error, self.anchor = stars, error, anchor
        self.full, self.known = stars.information, stars.known
        stars.weigh(np.zeros_like(error), self.full)
        self.catalog = stars.solve(self.known)[[0, 2]]
        count = np.bincount(stars.star, minlength=len(anchor))
        self.typical = np.where(count > 0, np.bincount(stars.star, error, len(anchor)), 1.0)
        self.typical /= np.maximum(count, 1)
        self.used, self.trusted = np.ones_like(error), np.isfinite(anchor).astype(float)
        self.steps = JUDGEMENTS
        self.vote = np.nan_to_num(np.minimum(1.0, (anchor / self.typical) ** 2))

    def weigh(self, used: Singles, trusted: Floats) -> None:
        """Set the weights of detections and reference stars, as parts of the full ones."""
        loose = LOOSE[:, None]
        self.stars.known = self.known * trusted
        self.stars.weigh(used / self.error**2, loose + trusted * (self.full - loose))

    def __call__(self, moved: Singles) -> tuple[Singles, Floats]:
        """Return how many standard deviations detections and reference stars are off.

        Stars find their places with soft weights, beginning with their means: the majority wins.
        Each round goes on from the weights of the one before.
        """
        either = np.hypot(np.nan_to_num(self.anchor), self.typical)
        for _ in range(self.steps):
            self.weigh(self.used, self.trusted * self.vote)
            found = self.stars.fit(moved)
            off: Singles = np.hypot(*self.stars.residual(moved, found))
            off /= self.error * np.float32(np.sqrt(2.0))
            off /= np.float32(_spread(off))
            astray = np.hypot(*(found[[0, 2]] - self.catalog)) / either / np.sqrt(2.0)
            astray[np.isnan(self.anchor)] = np.nan
            self.used, self.trusted = soft(off), soft(astray)
        self.steps = 1
        return off, astray


def _spread(off: Singles) -> float:
    """Return scatter over errors, by the median of Rayleigh's law; at least 1."""
    return max(1.0, float(np.median(off)) / np.sqrt(np.log(2.0))) if off.size else 1.0
