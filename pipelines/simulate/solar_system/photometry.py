"""How bright minor planets are: distances, phase, and colours of their surfaces."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COLOURS = np.array(
    [
        [1.53, 0.28, -0.18, -0.29, -0.30, -0.30],
        [1.82, 0.37, -0.26, -0.46, -0.40, -0.41],
        [1.90, 0.45, -0.30, -0.60, -0.80, -0.85],
    ]
)
"""Magnitudes in ugrizy relative to V of C-type and S-type asteroids (Jones et al. 2018, Icarus 303,
181, table 1) and of trans-Neptunian objects (rounded from Schwamb et al. 2019, ApJS 243, 12)."""

PHASE = ((3.33, 0.63), (1.87, 1.22))
"""A_i and B_i of the H, G system (Bowell et al. 1989, Asteroids II, p. 524, eq. A4)."""


def phase_angle(helio: Floats, topo: Floats, observer: Floats) -> Floats:
    """Return the angle Sun - body - observer, rad, from the three distances [au], shape (n,)."""
    cosine = (helio**2 + topo**2 - observer**2) / (2.0 * helio * topo)
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)))


def apparent_magnitude(h: Floats, g: Floats, helio: Floats, topo: Floats, phase: Floats) -> Floats:
    """Return V: H + 5 log(r d) - 2.5 log((1 - G) Phi_1 + G Phi_2), shape (n,).

    Parameters
    ----------
    h, g
        Absolute magnitude and slope parameter.
    helio, topo
        Distances from the Sun and from the observer, au.
    phase
        Phase angle, rad; above 120 deg the law is an extrapolation.
    """
    tangent = np.tan(np.minimum(phase, 3.1) / 2.0)
    first, second = (np.exp(-a * tangent**b) for a, b in PHASE)
    light = (1.0 - g) * first + g * second
    return np.asarray(h + 5.0 * np.log10(helio * topo) - 2.5 * np.log10(np.maximum(light, 1e-30)))
