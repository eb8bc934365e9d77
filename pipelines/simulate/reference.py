"""A reference catalog: a noisy subset of the true stars, as another survey would measure it."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from skytract.pipelines.simulate.hashing import uniforms
from skytract.pipelines.simulate.objects import (
    BANDS,
    EPOCH_MJD,
    flux_of_magnitude,
    is_kind,
    is_variable,
)
from skytract.pipelines.simulate.randoms import Stream
from skytract.pipelines.simulate.templates import standard_fluxes

CATALOG = "simulated"
"""Name of the catalog in the table ReferenceStar."""

FAINTEST = 21.5
"""Faintest true r magnitude in the catalog."""

DEPTH = np.array([22.15, 23.3, 23.2, 23.1, 22.3, 21.3])
"""Magnitudes of 5 sigma in ugrizy: u of SDSS (York et al. 2000), the others of PS1 (Chambers et al.
2016, table 11)."""

FLOOR = 0.004
"""Relative error of bright stars, each for itself."""

ASTROMETRY = np.array(
    [
        [13.0, 15.0, 17.0, 20.0, 21.0, 22.0],
        [0.015, 0.02, 0.05, 0.4, 1.0, 2.5],
        [0.02, 0.03, 0.07, 0.5, 1.3, 3.3],
        [0.02, 0.03, 0.07, 0.5, 1.4, 3.5],
    ]
)
"""r magnitude and errors of position [mas], parallax [mas] and proper motion [mas/yr]: those of
Gaia DR3 in G (Gaia Collaboration, Brown et al. 2021, table 3), extended by one magnitude."""


def reference_catalog(seed: int, objects: NDArray[np.void]) -> dict[str, NDArray[np.generic]]:
    """Return the columns of ReferenceStar: all stars that do not vary, to a limit in r.

    The noise of a star is a function of seed and star. Positions and proper motions refer to
    EPOCH_MJD; fluxes are nJy at the top of the atmosphere, in the survey's passbands.
    """
    true = standard_fluxes(objects)
    bright = true[:, 2] > flux_of_magnitude(np.float64(FAINTEST))
    listed = is_kind(objects, "star") & ~is_variable(objects) & bright
    stars, true = objects[listed], true[listed]
    normal = ndtri(uniforms(Stream.REFERENCE, seed, stars["truthId"][:, None], np.arange(11)))
    error = np.sqrt((FLOOR * true) ** 2 + (flux_of_magnitude(DEPTH) / 5.0) ** 2)
    flux = true + error * normal[:, :6]
    columns = {"catalog": np.full(len(stars), CATALOG), "refStarId": stars["truthId"]}
    columns |= _astrometry(stars, 31.4 - 2.5 * np.log10(true[:, 2]), normal[:, 6:])
    for index, band in enumerate(BANDS):
        columns[f"{band}_flux"] = flux[:, index]
        columns[f"{band}_fluxErr"] = error[:, index].astype(np.float32)
    columns["isVariable"] = np.zeros(len(stars), bool)
    columns["isResolved"] = np.zeros(len(stars), bool)
    return columns


def _astrometry(
    stars: NDArray[np.void], magnitude: NDArray[np.float64], normal: NDArray[np.float64]
) -> dict[str, NDArray[np.generic]]:
    """Return measured positions, parallaxes and motions, shape (n,), from normal numbers (n, 5)."""
    position, parallax, motion = (np.interp(magnitude, ASTROMETRY[0], e) for e in ASTROMETRY[1:])
    degrees, cosine = position / 3.6e6, np.cos(np.radians(stars["dec"]))
    return {
        "ra": (stars["ra"] + degrees * normal[:, 0] / cosine) % 360.0,
        "dec": stars["dec"] + degrees * normal[:, 1],
        "raErr": degrees.astype(np.float32),
        "decErr": degrees.astype(np.float32),
        "epoch": np.full(len(stars), EPOCH_MJD),
        "pmRa": (stars["pmRa"] + motion * normal[:, 2]).astype(np.float32),
        "pmRaErr": motion.astype(np.float32),
        "pmDec": (stars["pmDec"] + motion * normal[:, 3]).astype(np.float32),
        "pmDecErr": motion.astype(np.float32),
        "parallax": (stars["parallax"] + parallax * normal[:, 4]).astype(np.float32),
        "parallaxErr": parallax.astype(np.float32),
    }
