"""Luminosity distances, tabulated."""

from functools import cache

import numpy as np
from astropy.cosmology import FlatLambdaCDM
from numpy.typing import NDArray

HUBBLE, MATTER = 70.0, 0.3
"""Hubble constant, km/s/Mpc, and matter density of the flat universe supposed."""


@cache
def _table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ln z and distance moduli [mag], a node per 0.3 per cent of redshift."""
    redshift = np.geomspace(1e-4, 12.0, 4000)
    cosmology = FlatLambdaCDM(H0=HUBBLE, Om0=MATTER)
    return np.log(redshift), np.asarray(cosmology.distmod(redshift).value, np.float64)


def distance_modulus(redshift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return m - M [mag], shape (n,), without K-correction; nothing is nearer than z = 1e-4."""
    return np.asarray(np.interp(np.log(np.maximum(redshift, 1e-4)), *_table()))
