"""How quasars vary: time scale and amplitude of their random walks from luminosity and redshift."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from skytract.pipelines.simulate.variability.distances import distance_modulus
from skytract.pipelines.simulate.variability.kinds import kind_index

SPECTRAL_INDEX = -0.5
"""f_nu ~ nu^alpha of the continuum, for the K-correction (Vanden Berk et al. 2001: -0.44)."""

AMPLITUDE = (-0.51, 0.131, 0.18)
TIME_SCALE = (2.4, 0.03, 0.21)
"""log f = A + C (M_i + 23) + D log(M_BH / 1e9 Msun) at 4000 Angstrom, for SF_inf [mag] and tau [d
at rest] (MacLeod et al. 2010, ApJ 721, 1014, eq. 7 and table 1)."""


def vary_quasars(rng: np.random.Generator, quasars: NDArray[np.void]) -> None:
    """Make all quasars, shape (n,), vary as damped random walks, in place.

    Black-hole masses scatter about log M = 2.0 - 0.27 M_i by 0.58 + 0.011 M_i (MacLeod et al. 2010,
    section 5.2, after Shen et al. 2008). tau falls between 5 and 3000 d in the observer's frame.

    Parameters
    ----------
    rng
        Generator of this piece of sky; quasar k uses the k-th number.
    quasars
        Rows with flux [nJy in r], redshift and the columns of variability.
    """
    normal = ndtri(rng.random(len(quasars)))
    redshift = quasars["redshift"].astype(np.float64)
    magnitude = 31.4 - 2.5 * np.log10(quasars["flux"])
    k_correction = -2.5 * (1.0 + SPECTRAL_INDEX) * np.log10(1.0 + redshift)
    absolute = magnitude - distance_modulus(redshift) - k_correction
    mass = 2.0 - 0.27 * absolute + (0.58 + 0.011 * absolute) * normal - 9.0
    rest = 10.0 ** (TIME_SCALE[0] + TIME_SCALE[1] * (absolute + 23.0) + TIME_SCALE[2] * mass)
    quasars["varKind"] = kind_index("dampedRandomWalk")
    quasars["varParams"][:, 0] = np.clip(rest * (1.0 + redshift), 5.0, 3000.0)
    quasars["varParams"][:, 1] = 10.0 ** (
        AMPLITUDE[0] + AMPLITUDE[1] * (absolute + 23.0) + AMPLITUDE[2] * mass
    )
    quasars["varParams"][:, 2] = redshift
