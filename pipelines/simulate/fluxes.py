"""The true flux of every object in the standard passbands at a time."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.pipelines.simulate.templates import standard_fluxes, templates
from skytract.pipelines.simulate.variability.modulation import modulation


def fluxes_at(objects: NDArray[np.void], mjd: ArrayLike, band: int) -> NDArray[np.float64]:
    """Return the true flux [nJy], shape (n,), at one time or one per object.

    An unresolved companion adds constant light.

    Parameters
    ----------
    objects
        Rows of the table of objects, shape (n,).
    mjd
        MJD TAI at the observatory, without light-travel correction; scalar or shape (n,).
    band
        Index into ugrizy.
    """
    varying = objects["flux"] * templates().ratios[objects["sed"], band]
    change = varying * (modulation(objects, mjd, band) - 1.0)
    return np.asarray(standard_fluxes(objects)[:, band] + change)
