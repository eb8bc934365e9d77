"""A reference catalog: a noisy subset of the true stars, as another survey would measure it."""

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.objects import (
    BANDS,
    EPOCH_MJD,
    flux_of_magnitude,
    is_kind,
    is_variable,
)
from skytract.pipelines.simulate.randoms import Stream, generator
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

ASTROMETRY = np.array([[13.0, 15.0, 17.0, 20.0, 21.0, 22.0], [0.02, 0.03, 0.07, 0.5, 1.3, 3.0]])
"""r magnitude and error of position [mas] and yearly motion [mas/yr]: Gaia EDR3 (Lindegren et al.
2021), extended by one magnitude."""


def reference_catalog(seed: int, objects: NDArray[np.void]) -> dict[str, NDArray[np.generic]]:
    """Return the columns of ReferenceStar: all stars that do not vary, to a limit in r.

    The noise of a star is a function of seed and star. Positions and proper motions refer to
    EPOCH_MJD; fluxes are nJy at the top of the atmosphere.
    """
    true = standard_fluxes(objects)
    bright = true[:, 2] > flux_of_magnitude(np.float64(FAINTEST))
    listed = is_kind(objects, "star") & ~is_variable(objects) & bright
    stars, true = objects[listed], true[listed]
    noise = [generator(seed, Stream.REFERENCE, int(i)).normal(size=10) for i in stars["truthId"]]
    normal = np.reshape(noise, (len(stars), 10))
    depth = flux_of_magnitude(DEPTH) / 5.0
    error = np.sqrt((FLOOR * true) ** 2 + depth**2)
    flux = true + error * normal[:, :6]
    mas = np.interp(31.4 - 2.5 * np.log10(true[:, 2]), *ASTROMETRY)
    degrees = mas / 3.6e6
    columns: dict[str, NDArray[np.generic]] = {
        "catalog": np.full(len(stars), CATALOG),
        "refStarId": stars["truthId"],
        "ra": (stars["ra"] + degrees * normal[:, 6] / np.cos(np.radians(stars["dec"]))) % 360.0,
        "dec": stars["dec"] + degrees * normal[:, 7],
        "raErr": degrees.astype(np.float32),
        "decErr": degrees.astype(np.float32),
        "epoch": np.full(len(stars), EPOCH_MJD),
        "pmRa": (stars["pmRa"] + mas * normal[:, 8]).astype(np.float32),
        "pmRaErr": mas.astype(np.float32),
        "pmDec": (stars["pmDec"] + mas * normal[:, 9]).astype(np.float32),
        "pmDecErr": mas.astype(np.float32),
    }
    for index, band in enumerate(BANDS):
        columns[f"{band}_flux"] = flux[:, index]
        columns[f"{band}_fluxErr"] = error[:, index].astype(np.float32)
    columns["isVariable"] = np.zeros(len(stars), bool)
    columns["isResolved"] = np.zeros(len(stars), bool)
    return columns
