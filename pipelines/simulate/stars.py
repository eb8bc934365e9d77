"""Stars: the Galaxy's disks and halo along a line of sight, on the observed stellar locus."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.objects import empty, flux_of_magnitude

BRIGHT, FAINT = 15.0, 24.5
"""Range of r magnitudes that is drawn: brighter stars would be saturated throughout."""

SUN_RADIUS, SUN_HEIGHT = 8000.0, 25.0
"""Distance of the Sun from the Galaxy's centre and above its plane, pc (Juric et al. 2008)."""

SUN_MOTION = np.array([11.1, 12.24, 7.25])
"""Peculiar velocity of the Sun towards l = 0, l = 90 deg and the pole, km/s (Schonrich et al.
2010)."""

GALACTIC = np.array(
    [
        [-0.0548755604, -0.8734370902, -0.4838350155],
        [0.4941094279, -0.4448296300, 0.7469822445],
        [-0.8676661490, -0.1980763734, 0.4559837762],
    ]
)
"""Rotation from ICRS to Galactic Cartesian axes (ESA SP-1200 vol. 1, eq. 1.5.11)."""

LUMINOSITY = np.array(
    [
        [3.8, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5, 12.5, 13.5, 14.5, 15.5],
        [2.0, 2.8, 3.0, 3.2, 3.8, 5.5, 8.0, 10.0, 9.5, 7.0, 5.0, 3.5, 2.5],
    ]
)
"""Absolute magnitude M_r and stars per 1000 pc^3 and magnitude near the Sun: a rounded curve with
the level of Reid, Gizis & Hawley (2002) and the maximum of Bochanski et al. (2010)."""


@dataclass(frozen=True)
class Component:
    """A population of stars: local fraction, velocity dispersion and lag behind rotation, km/s."""

    fraction: float
    dispersion: float
    lag: float


COMPONENTS = (
    Component(1.0, 30.0, 10.0),
    Component(0.065, 55.0, 40.0),
    Component(0.0018, 130.0, 220.0),
)
"""Thin disk, thick disk, halo. Fractions near the lower ends of the ranges of Chen et al. (2001),
which reproduce Gaia's counts at middle latitudes with one luminosity function for all; kinematics
rounded from Bensby et al. (2003, table 1), with one isotropic dispersion per component."""

_STEP = 0.1
_ABSOLUTE = np.arange(3.9, 15.5, _STEP)
_MODULUS = np.arange(0.0, 21.0, _STEP)


def density(direction: NDArray[np.float64], distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the density of the components relative to the thin disk at the Sun, shape (3, n).

    Shapes of Juric et al. (2008, section 4), with the bias-corrected lengths of their table 10.

    Parameters
    ----------
    direction
        Galactic unit vector, shape (3,).
    distance
        From the Sun, pc, shape (n,).
    """
    x, y, z = direction[:, None] * distance
    radius, height = np.hypot(SUN_RADIUS - x, y), z + SUN_HEIGHT

    def disk(length: float, scale: float) -> NDArray[np.float64]:
        exponent = (radius - SUN_RADIUS) / length + (np.abs(height) - SUN_HEIGHT) / scale
        return np.asarray(np.exp(-exponent))

    halo = (SUN_RADIUS / np.hypot(radius, height / 0.64)) ** 2.77
    shapes = np.stack([disk(2600.0, 300.0), disk(3600.0, 900.0), halo])
    return np.asarray(shapes * np.array([c.fraction for c in COMPONENTS])[:, None])


def counts(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return stars/sr along a direction in bins of (component, M_r, distance modulus)."""
    distance = 10.0 ** (_MODULUS / 5.0 + 1.0)
    volume = distance**3 * np.log(10.0) / 5.0 * _STEP
    luminosity = 1e-3 * _STEP * np.interp(_ABSOLUTE, *LUMINOSITY)
    number = (density(direction, distance) * volume)[:, None, :] * luminosity[None, :, None]
    apparent = _ABSOLUTE[:, None] + _MODULUS[None, :]
    inside = (apparent > BRIGHT - _STEP) & (apparent < FAINT + _STEP)
    return np.asarray(number * inside)


def colours(absolute: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return magnitudes in ugrizy relative to r, shape (n, 6), of dwarfs of absolute magnitude M_r.

    M_r(r-i) is the bright photometric parallax relation, g-r(r-i) the stellar locus of Juric et
    al. (2008, section 2). The other colours are rounded from the loci of SDSS (u-g, i-z: Covey et
    al. 2007) and PS1 (z-y: Tonry et al. 2012).
    """
    grid = np.arange(0.0, 2.3, 0.01)
    parallax = 3.2 + grid * (13.30 + grid * (-11.50 + grid * (5.40 - 0.70 * grid)))
    ri = np.interp(absolute, parallax, grid)
    gr = 1.39 * (1.0 - np.exp(-(0.050 + ri * (1.68 + ri * (2.45 + 4.9 * ri)))))
    ug = np.interp(
        gr, [0.2, 0.35, 0.55, 0.75, 0.95, 1.1, 1.39], [0.92, 1.0, 1.4, 1.8, 2.2, 2.45, 2.6]
    )
    iz, zy = 0.57 * ri - 0.02, 0.22 * ri + 0.02
    return np.stack([gr + ug, gr, np.zeros_like(ri), -ri, -ri - iz, -ri - iz - zy], axis=1)


def proper_motions(
    rng: np.random.Generator,
    direction: NDArray[np.float64],
    component: NDArray[np.int64],
    distance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Draw proper motions in RA cos dec and Dec, mas/yr, shape (n, 2), at distances [pc]."""
    x, y, z = direction @ GALACTIC  # the inverse rotation, back to ICRS
    east = np.array([-y, x, 0.0]) / np.hypot(x, y)
    north = np.cross([x, y, z], east)
    axes = np.stack([east, north]) @ GALACTIC.T
    lag = np.array([c.lag for c in COMPONENTS])[component]
    dispersion = np.array([c.dispersion for c in COMPONENTS])[component]
    mean = -SUN_MOTION - lag[:, None] * np.array([0.0, 1.0, 0.0])
    velocity = mean @ axes.T + dispersion[:, None] * rng.normal(size=(len(lag), 2))
    return np.asarray(velocity / (4.74047 * distance[:, None] / 1000.0))


def draw_stars(
    rng: np.random.Generator, centre: NDArray[np.float64], area: float
) -> NDArray[np.void]:
    """Draw the stars of a small piece of sky, without positions.

    Parameters
    ----------
    rng
        Generator of this piece of sky.
    centre
        ICRS unit vector of its centre, shape (3,).
    area
        Its area, sr.
    """
    direction = GALACTIC @ centre
    expected = counts(direction) * area
    total = np.cumsum(expected)
    bins = np.searchsorted(total, rng.random(rng.poisson(total[-1])) * total[-1], side="right")
    component, absolute_bin, modulus_bin = np.unravel_index(bins, expected.shape)
    jitter = _STEP * (rng.random((2, len(bins))) - 0.5)
    absolute, modulus = _ABSOLUTE[absolute_bin] + jitter[0], _MODULUS[modulus_bin] + jitter[1]
    motion = proper_motions(rng, direction, component, 10.0 ** (modulus / 5.0 + 1.0))
    inside = (absolute + modulus > BRIGHT) & (absolute + modulus < FAINT)
    stars = empty(int(inside.sum()), "star")
    stars["flux"] = flux_of_magnitude((absolute + modulus)[inside])
    stars["sed"] = np.rint((absolute[inside] - 3.9) / 0.1).clip(0, 115)
    stars["parallax"] = 100.0 * 10.0 ** (-0.2 * modulus[inside])
    stars["pmRa"], stars["pmDec"] = motion[inside].T
    return stars
