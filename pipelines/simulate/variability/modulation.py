"""The factor by which an object's flux differs from its mean at a time, whatever its kind."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.pipelines.simulate.variability.eclipses import eclipses
from skytract.pipelines.simulate.variability.flares import flares
from skytract.pipelines.simulate.variability.kinds import (
    PULSATORS,
    TRANSIENTS,
    VARIABLE_KINDS,
    kind_index,
)
from skytract.pipelines.simulate.variability.pulsation import pulsation
from skytract.pipelines.simulate.variability.random_walk import random_walk
from skytract.pipelines.simulate.variability.supernovae import transient

Model = Callable[[NDArray[np.void], NDArray[np.float64], int], NDArray[np.float64]]

MODELS: dict[tuple[str, ...], Model] = {
    PULSATORS: pulsation,
    ("eclipsing",): eclipses,
    ("flareStar",): flares,
    ("dampedRandomWalk",): random_walk,
    TRANSIENTS: transient,
}
"""Which function answers for which kinds."""

_MODEL_OF_KIND = np.full(len(VARIABLE_KINDS), -1)
for _number, _kinds in enumerate(MODELS):
    _MODEL_OF_KIND[[kind_index(kind) for kind in _kinds]] = _number

BLOCK = 8192
"""Rows treated at a time, so that the intermediate arrays stay in the processor's cache."""


def modulation(objects: NDArray[np.void], mjd: ArrayLike, band: int) -> NDArray[np.float64]:
    """Return the flux of objects in a band over the flux of their spectrum, shape (n,).

    Its mean is 1: over a period (pulsating and eclipsing stars), in expectation (quasars); flaring
    stars have 1 in quiescence, transients 1 in r at maximum light and 0 before. A function of the
    object and the time alone.

    Parameters
    ----------
    objects
        Rows with truthId, varKind, period, epochOfMax and varParams, shape (n,).
    mjd
        MJD TAI at the observatory, without light-travel correction; scalar or shape (n,).
    band
        Index into ugrizy.
    """
    times = np.broadcast_to(np.asarray(mjd, np.float64), objects.shape)
    factor = np.ones(len(objects))
    of_kind = _MODEL_OF_KIND[objects["varKind"]]
    for number, model in enumerate(MODELS.values()):
        found = np.flatnonzero(of_kind == number)
        for start in range(0, len(found), BLOCK):
            rows = found[start : start + BLOCK]
            factor[rows] = model(objects[rows], times[rows], band)
    return factor
