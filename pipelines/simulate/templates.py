"""Spectra of everything in the simulated sky: one table that objects point into."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.stars import colours

GALAXY_COLOURS = {"blue": [0.8, 0.45, 0.25, 0.15, 0.10], "red": [1.6, 1.10, 0.50, 0.30, 0.20]}
"""Mean colours u-g, g-r, r-i, i-z, z-y of two populations of galaxies."""


@dataclass(frozen=True)
class Templates:
    """Spectra f_nu normalised to a mean of 1 in the standard r passband.

    Attributes
    ----------
    names
        What each is.
    kinds
        "star" or "galaxy", shape (T,).
    ratios
        Mean flux in the standard passbands ugrizy, shape (T, 6).
    """

    names: tuple[str, ...]
    kinds: NDArray[np.str_]
    ratios: NDArray[np.float64]


@cache
def templates() -> Templates:
    """Return the templates; made once per process."""
    stars = colours(np.arange(3.9, 15.5, 0.1))
    galaxies = []
    for ug, gr, ri, iz, zy in GALAXY_COLOURS.values():
        galaxies.append([ug + gr, gr, 0.0, -ri, -ri - iz, -ri - iz - zy])
    magnitudes = np.concatenate([stars, np.array(galaxies)])
    names = [f"dwarf {k}" for k in range(len(stars))] + list(GALAXY_COLOURS)
    kinds = np.array(["star"] * len(stars) + ["galaxy"] * len(galaxies))
    return Templates(tuple(names), kinds, 10.0 ** (-0.4 * magnitudes))


def nearest_star(gr: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the star of the nearest colour g-r, shape (n,)."""
    ratios = templates().ratios[templates().kinds == "star"]
    own = 2.5 * np.log10(ratios[:, 2] / ratios[:, 1])
    middle = (own[1:] + own[:-1]) / 2.0
    return np.asarray(np.searchsorted(middle, gr))


def standard_fluxes(objects: NDArray[np.void]) -> NDArray[np.float64]:
    """Return the mean flux [nJy] in the standard passbands ugrizy, shape (n, 6).

    Companions are contained, variability is not.
    """
    ratios = templates().ratios
    flux = objects["flux"][:, None] * ratios[objects["sed"]]
    double = np.flatnonzero(objects["companionSed"] >= 0)
    companion = objects["companionFlux"][double, None] * ratios[objects["companionSed"][double]]
    flux[double] += companion
    return np.asarray(flux)
