"""Galaxies: inclined exponential disks with observed counts and sizes."""

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.objects import empty, flux_of_magnitude

BRIGHT, FAINT = 18.0, 23.5
"""Range of r magnitudes that is drawn."""

THICKNESS = 0.2
"""Axis ratio of a disk seen edge on."""

BLUE_FRACTION = 0.7


def cumulative_counts(i_magnitude: float) -> float:
    """Return galaxies per arcmin^2 brighter than i (LSST Science Book 2009, section 3.7.2)."""
    return float(46.0 * 10.0 ** (0.31 * (i_magnitude - 25.0)))


def draw_galaxies(rng: np.random.Generator, area: float) -> NDArray[np.void]:
    """Draw the galaxies of a piece of sky of `area` sr, without positions.

    Scale lengths follow the median of Miller et al. (2013, appendix B1) for disks,
    ln(r_d / arcsec) = -1.145 - 0.269 (i - 23), with a scatter of 0.3. Inclinations are random.
    """
    per_arcmin2 = cumulative_counts(BRIGHT), cumulative_counts(FAINT)
    square_arcmin = area * (10800.0 / np.pi) ** 2
    number = rng.poisson((per_arcmin2[1] - per_arcmin2[0]) * square_arcmin)
    galaxies = empty(number, "galaxy")
    magnitude = 25.0 + np.log10(rng.uniform(*per_arcmin2, number) / 46.0) / 0.31
    galaxies["sed"] = np.where(rng.random(number) < BLUE_FRACTION, 116, 117)
    galaxies["flux"] = flux_of_magnitude(magnitude)
    scale = np.exp(-1.145 - 0.269 * (magnitude - 23.0) + 0.3 * rng.normal(size=number))
    galaxies["diskScale"] = np.clip(scale, 0.05, 2.0)
    cosine = rng.random(number)
    galaxies["axisRatio"] = np.sqrt(cosine**2 + THICKNESS**2 * (1.0 - cosine**2))
    galaxies["positionAngle"] = rng.uniform(0.0, 180.0, number)
    return galaxies
