"""What stars are like: how many of which luminosity, their colours, masses and companions."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DISK = np.array(
    [
        [
            -1.0,
            0.5,
            1.5,
            2.5,
            3.8,
            4.5,
            5.5,
            6.5,
            7.5,
            8.5,
            9.5,
            10.5,
            11.5,
            12.5,
            13.5,
            14.5,
            16.0,
        ],
        [0.01, 0.2, 0.5, 0.95, 2.0, 2.8, 3.0, 3.2, 3.8, 5.5, 8.0, 10.0, 9.5, 7.0, 5.0, 3.5, 2.0],
    ]
)
"""M_r and stars per 1000 pc^3 and magnitude near the Sun, unresolved pairs counted once: a rounded
curve with the level of Reid, Gizis & Hawley (2002), its bright end, and the maximum of Bochanski et
al. (2010)."""

TURN_OFF, GIANT_SLOPE = 3.9, 0.30
"""M_r of the turn-off of old populations; rise of the number of their giants with magnitude,
d log N / dM (Mendez et al. 2002 find 0.30 +- 0.04 in globular clusters)."""

GIANT_RATIO = 0.25
"""Evolved over main-sequence stars per magnitude at the turn-off."""

WHITE_DWARFS = np.array(
    [
        [10.0, 10.9, 11.8, 12.5, 13.3, 14.1, 14.8, 15.5],
        [-0.85, -0.8, -0.6, -0.15, 0.3, 0.6, 0.9, 1.15],
        [-4.9, -4.5, -3.8, -3.3, -2.93, -2.63, -2.58, -3.9],
    ]
)
"""M_r, g-i and log10 of white dwarfs per pc^3 and magnitude: rounded from the function of Harris
et al. (2006, figure 4) and hydrogen atmospheres of 0.6 solar masses."""

BLUEST, BLUE_SLOPE = -0.42, 0.37
"""g-i of A0 stars, and change of g-i with M_r from them to F stars (Pecaut & Mamajek 2013)."""

MASSES = np.array(
    [
        [-1.0, 2.5, 3.8, 4.6, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5, 12.5, 13.5, 14.5, 16.0],
        [3.0, 1.5, 1.2, 1.0, 0.85, 0.74, 0.66, 0.60, 0.51, 0.38, 0.27, 0.20, 0.15, 0.12, 0.09],
    ]
)
"""M_r and mass of dwarfs in solar masses, rounded from Pecaut & Mamajek (2013, table 5)."""

MULTIPLICITY = np.array([[0.12, 0.3, 0.6, 1.0, 1.5], [0.22, 0.26, 0.40, 0.44, 0.50]])
"""Mass of the primary and fraction of stars with a companion (Duchene & Kraus 2013, table 1)."""


def evolved(absolute: Floats) -> Floats:
    """Return giants and subgiants of old populations per 1000 pc^3 and magnitude."""
    level = GIANT_RATIO * float(np.interp(TURN_OFF, DISK[0], DISK[1]))
    return np.where(absolute < TURN_OFF, level * 10 ** (GIANT_SLOPE * (absolute - TURN_OFF)), 0.0)


def luminosity(absolute: Floats) -> Floats:
    """Return stars per pc^3 and magnitude of M_r near the Sun, shape (4, 3, n).

    First axis: thin disk, thick disk, halo, bulge, each as if it were as dense as the thin disk;
    second axis: dwarfs, giants, white dwarfs.
    """
    disk = np.interp(absolute, DISK[0], DISK[1], left=0.0, right=0.0)
    old = np.where(absolute > TURN_OFF, disk, 0.0)
    white = 10.0 ** np.interp(absolute, WHITE_DWARFS[0], WHITE_DWARFS[2], left=-20.0, right=-20.0)
    giants = evolved(absolute)
    thin, ancient = [disk, giants, 1000.0 * white], [old, giants, 1000.0 * white]
    return np.asarray(1e-3 * np.array([thin, ancient, ancient, ancient]))


def dwarf_colour(absolute: Floats, metallicity: Floats) -> Floats:
    """Return g-i of dwarfs of absolute magnitude M_r, shape (n,).

    The photometric parallax of Ivezic et al. (2008, equations A2 and A7), inverted.
    """
    x = np.arange(0.3, 4.45, 0.01)
    solar = np.polyval([0.0967, -1.267, 6.127, -12.97, 14.32, -5.06], x)
    shift = 4.50 - 1.11 * metallicity - 0.18 * metallicity**2
    brighter = np.minimum(absolute - shift - solar[0], 0.0)
    blue = BLUE_SLOPE * np.maximum(brighter, -(x[0] - BLUEST) / BLUE_SLOPE)
    return np.asarray(np.interp(absolute - shift, solar, x) + blue)


def giant_colour(absolute: Floats, metallicity: Floats) -> Floats:
    """Return g-i along the giant branch: red with luminosity and with metals.

    Rounded from the fiducial sequences of globular clusters of An et al. (2008, figure 16).
    """
    solar = np.interp(absolute, [-3.0, -1.0, 1.0, 3.0, 3.9], [1.5, 1.25, 0.95, 0.75, 0.55])
    return np.asarray(solar + 0.15 * np.maximum(metallicity, -2.0))


def companion_magnitude(absolute: Floats, chance: Floats, ratio: Floats) -> Floats:
    """Return M_r of the companions of dwarfs; infinity for single stars, shape (n,).

    Mass ratios are uniform (Raghavan et al. 2010, section 5.3.3) down to 0.09 solar masses.

    Parameters
    ----------
    absolute
        M_r of the primaries.
    chance, ratio
        Uniform in [0, 1): whether there is a companion, and its mass ratio.
    """
    mass = np.interp(absolute, *MASSES)
    companion = mass * ratio
    double = (chance < np.interp(mass, *MULTIPLICITY)) & (companion > MASSES[1, -1])
    return np.where(double, np.interp(-companion, -MASSES[1], MASSES[0]), np.inf)
