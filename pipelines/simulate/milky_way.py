"""The Galaxy: how dense its components are, how they move, and the dust between the stars."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SUN_RADIUS, SUN_HEIGHT = 8000.0, 25.0
"""Distance of the Sun from the Galaxy's centre and above its plane, pc (Juric et al. 2008)."""

SUN_MOTION = np.array([11.1, 12.24, 7.25])
"""Peculiar velocity of the Sun towards l = 0, l = 90 deg and the pole, km/s (Schonrich et al.
2010)."""

CIRCULAR_VELOCITY = 229.0
"""Of the Sun's orbit, km/s (Eilers et al. 2019)."""

GALACTIC = np.array(
    [
        [-0.0548755604, -0.8734370902, -0.4838350155],
        [0.4941094279, -0.4448296300, 0.7469822445],
        [-0.8676661490, -0.1980763734, 0.4559837762],
    ]
)
"""Rotation from ICRS to Galactic Cartesian axes (ESA SP-1200 vol. 1, eq. 1.5.11)."""

DUST_RATE, DUST_LENGTH, DUST_HEIGHT = 0.7 / 3.1 / 1000.0, 4200.0, 103.0
"""E(B-V) per pc in the plane near the Sun (0.7 mag/kpc in V: Robin et al. 2003, section 3), scale
length (Sharma et al. 2011, section 2.5) and scale height (Li et al. 2018) of dust, pc."""

HOLE_RADIUS, HOLE_POWER = 2973.0, 1.711
"""Disks thin out towards the centre: radius [pc] and exponent of the hole of Freudenreich (1998,
model S), taken to be round and the same for stars and dust."""

FAR = np.geomspace(1.0, 50_000.0, 400)
"""Distances through all dust of the Galaxy, pc."""

BAR_AXES, BAR_ANGLE, BAR_CUTOFF = (1460.0, 490.0, 390.0), 12.89, 3430.0
"""Scale lengths [pc], angle [deg] and cut-off radius [pc] of the main component of Robin et al.
(2012, A&A 538, A106, model S + E): the other one has 6 % of the mass."""

BAR_ACROSS, BAR_UP = 3.329, 3.007
"""How boxy it is in the plane and out of it: 2 is an ellipsoid (the same)."""


@dataclass(frozen=True)
class Component:
    """A population of stars.

    Attributes
    ----------
    fraction
        Density near the Sun over that of the thin disk; in the bulge, that at its centre.
    dispersion
        Velocity dispersions along radius, rotation and pole, km/s.
    lag
        Behind the circular velocity, km/s.
    metallicity
        [Fe/H], dex.
    """

    fraction: float
    dispersion: tuple[float, float, float]
    lag: float
    metallicity: float


COMPONENTS = (
    Component(1.0, (35.0, 20.0, 16.0), 15.0, -0.1),
    Component(0.065, (67.0, 38.0, 35.0), 46.0, -0.7),
    Component(0.0018, (160.0, 90.0, 90.0), 220.0, -1.5),
    Component(57.0, (113.0, 115.0, 100.0), 150.0, 0.0),
)
"""Thin disk, thick disk, halo, bulge. Fractions of the thick disk and the halo lie near the lower
ends of the ranges of Chen et al. (2001); that of the bulge fits the stars of I < 18 and I < 21 of
OGLE-IV (Mroz et al. 2019, table 5): 5e9 solar masses, of which Robin et al. (2012) find 6.1e9.
Kinematics: Bensby et al. (2003, table 1); bulge: Robin et al. (2003, table 4)."""


def density(direction: Floats, distance: Floats) -> Floats:
    """Return the density of the components relative to the thin disk at the Sun, shape (4, n).

    Disks and halo have the shapes of Juric et al. (2008, section 4) with the bias-corrected lengths
    of their table 10, disks a hole in their middle; the bulge is a bar.

    Parameters
    ----------
    direction
        Galactic unit vector, shape (3,).
    distance
        From the Sun, pc, shape (n,).
    """
    x, y, z = direction[:, None] * distance
    x, height = SUN_RADIUS - x, z + SUN_HEIGHT
    radius = np.hypot(x, y)
    left = outside_hole(radius)

    def disk(length: float, scale: float) -> Floats:
        exponent = (radius - SUN_RADIUS) / length + (np.abs(height) - SUN_HEIGHT) / scale
        return np.asarray(left * np.exp(-exponent))

    halo = (SUN_RADIUS / np.maximum(np.hypot(radius, height / 0.64), 500.0)) ** 2.77
    shapes = np.stack([disk(2600.0, 300.0), disk(3600.0, 900.0), halo, _bar(x, y, height)])
    return np.asarray(shapes * np.array([c.fraction for c in COMPONENTS])[:, None])


def outside_hole(radius: Floats) -> Floats:
    """Return what the hole in their middle leaves of disks, over that at the Sun, shape (n,).

    `radius` is the distance from the Galaxy's axis, pc.
    """

    def left(at: Floats | float) -> Floats:
        return np.asarray(-np.expm1(-((at / HOLE_RADIUS) ** HOLE_POWER)))

    return np.asarray(left(radius) / left(SUN_RADIUS))


def _bar(x: Floats, y: Floats, height: Floats) -> Floats:
    """Return the density of the bar over that at its centre; x points from centre to Sun.

    sech^2 of the radius of a boxy ellipsoid, with a Gaussian cut-off of 500 pc.
    """
    angle = np.radians(BAR_ANGLE)
    along = np.abs(x * np.cos(angle) + y * np.sin(angle)) / BAR_AXES[0]
    across = np.abs(y * np.cos(angle) - x * np.sin(angle)) / BAR_AXES[1]
    plane = (along**BAR_ACROSS + across**BAR_ACROSS) ** (BAR_UP / BAR_ACROSS)
    shell = (plane + (np.abs(height) / BAR_AXES[2]) ** BAR_UP) ** (1.0 / BAR_UP)
    beyond = np.maximum(np.hypot(x, y) - BAR_CUTOFF, 0.0) / 500.0
    return np.asarray(np.cosh(np.minimum(shell, 300.0)) ** -2.0 * np.exp(-(beyond**2)))


def reddening(direction: Floats, distance: Floats) -> Floats:
    """Return E(B-V) [mag] of the dust before ascending distances [pc], shape (n,).

    A smooth exponential disk of dust with a hole in its middle, without clouds.
    """
    x, y, z = direction[:, None] * distance
    radius = np.hypot(SUN_RADIUS - x, y)
    exponent = (radius - SUN_RADIUS) / DUST_LENGTH + np.abs(z + SUN_HEIGHT) / DUST_HEIGHT
    rate = DUST_RATE * outside_hole(radius) * np.exp(-exponent)
    steps = np.diff(distance) * (rate[1:] + rate[:-1]) / 2.0
    return np.asarray(np.concatenate([[rate[0] * distance[0]], steps]).cumsum())


def total_reddening(direction: Floats) -> float:
    """Return E(B-V) [mag] of all dust of the Galaxy along a direction."""
    return float(reddening(direction, FAR)[-1])


def velocities(
    direction: Floats, component: NDArray[np.int64], distance: Floats, normal: Floats
) -> Floats:
    """Return velocities relative to the Sun along Galactic axes, km/s, shape (n, 3).

    Each component rotates about the Galaxy's axis with its lag; the ellipsoid of its dispersions
    points to that axis.

    Parameters
    ----------
    direction
        Galactic unit vector, shape (3,).
    component
        Index into COMPONENTS, shape (n,).
    distance
        pc, shape (n,).
    normal
        Standard normal numbers, shape (n, 3).
    """
    dispersion = np.array([c.dispersion for c in COMPONENTS])[component]
    lag = np.array([c.lag for c in COMPONENTS])[component]
    own = dispersion * normal
    own[:, 1] += CIRCULAR_VELOCITY - lag
    inwards_x, inwards_y = SUN_RADIUS - direction[0] * distance, -direction[1] * distance
    radius = np.hypot(inwards_x, inwards_y)
    cosine, sine = inwards_x / radius, inwards_y / radius
    turned = [cosine * own[:, 0] - sine * own[:, 1], sine * own[:, 0] + cosine * own[:, 1]]
    sun = SUN_MOTION + np.array([0.0, CIRCULAR_VELOCITY, 0.0])
    return np.asarray(np.stack([*turned, own[:, 2]], axis=1) - sun)
