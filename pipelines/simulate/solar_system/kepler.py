"""Two-body motion about the Sun, for arrays of elliptic orbits."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

GAUSS = 0.01720209895
"""Gaussian gravitational constant, au^(3/2)/d: the square root of the Sun's GM."""

OBLIQUITY = np.radians(84381.448 / 3600.0)
"""Of the ecliptic to which orbits refer, J2000.0 (IAU 1976, as the Minor Planet Center uses)."""

TOLERANCE, MOST_STEPS = 1e-13, 20
"""Change of the eccentric anomaly [rad] at which its solution stops, and a bound on the steps."""

ORBIT = np.dtype(
    [
        ("ssObjectId", "i8"),
        ("population", "i1"),  # index into POPULATIONS
        ("a", "f8"),  # au
        ("e", "f8"),
        ("incl", "f8"),  # deg, J2000 ecliptic
        ("node", "f8"),  # deg
        ("argPeri", "f8"),  # deg
        ("meanAnomaly", "f8"),  # deg at `epoch`
        ("epoch", "f8"),  # MJD TDB
        ("H", "f8"),  # mag, V
        ("G", "f4"),
        ("colour", "i1"),  # row of photometry.COLOURS
    ]
)
"""An elliptic heliocentric orbit, with what it takes to tell how bright its body is."""


def eccentric_anomaly(mean: ArrayLike, e: ArrayLike) -> Floats:
    """Solve Kepler's equation E - e sin E = M for 0 <= e < 1, shape (n,).

    Newton's method of third order (Danby 1987, Celest. Mech. 40, 303, with his first guess
    M + 0.85 e sgn sin M), repeated until no E changes by more than TOLERANCE. From this guess on
    Newton's corrections keep to one side of the root, so that all e below 1 converge.

    Parameters
    ----------
    mean
        Mean anomaly, rad, shape (n,).
    e
        Eccentricity, shape (n,).

    Examples
    --------
    >>> E = float(eccentric_anomaly(1.0, 0.3))
    >>> round(E - 0.3 * float(np.sin(E)), 12)
    1.0
    """
    e = np.asarray(e, np.float64)
    mean = np.remainder(np.asarray(mean, np.float64) + np.pi, 2.0 * np.pi) - np.pi
    anomaly = mean + 0.85 * e * np.sign(mean)
    for _ in range(MOST_STEPS):
        sine, cosine = e * np.sin(anomaly), e * np.cos(anomaly)
        f, slope = anomaly - sine - mean, 1.0 - cosine
        step = -f / slope
        step = -f / (slope + 0.5 * step * sine)
        step = -f / (slope + 0.5 * step * sine + step**2 * cosine / 6.0)
        anomaly = anomaly + step
        if np.all(np.abs(step) <= TOLERANCE):
            break
    return np.asarray(anomaly)


def orbit_axes(orbits: NDArray[np.void]) -> tuple[Floats, Floats]:
    """Return unit vectors towards perihelion and 90 deg ahead of it, ICRS, shape (n, 3) each."""
    node, peri, incl = (np.radians(orbits[name]) for name in ("node", "argPeri", "incl"))
    across = np.stack([-np.sin(node) * np.cos(incl), np.cos(node) * np.cos(incl), np.sin(incl)])
    along = np.stack([np.cos(node), np.sin(node), np.zeros(len(orbits))])
    first = np.cos(peri) * along + np.sin(peri) * across
    second = -np.sin(peri) * along + np.cos(peri) * across
    return _to_equator(first), _to_equator(second)


def propagate(
    orbits: NDArray[np.void], mjd: ArrayLike, axes: tuple[Floats, Floats] | None = None
) -> tuple[Floats, Floats]:
    """Return heliocentric positions [au] and velocities [au/d], ICRS axes, shape (n, 3) each.

    Parameters
    ----------
    orbits
        Rows of ORBIT, shape (n,).
    mjd
        MJD TDB, scalar or shape (n,).
    axes
        What `orbit_axes` returns for them, where it is known.
    """
    axis, e = orbits["a"], orbits["e"]
    motion = GAUSS / (axis * np.sqrt(axis))
    mean = np.radians(orbits["meanAnomaly"]) + motion * (np.asarray(mjd) - orbits["epoch"])
    anomaly = eccentric_anomaly(mean, e)
    cosine, sine, root = np.cos(anomaly), np.sin(anomaly), np.sqrt(1.0 - e**2)
    first, second = orbit_axes(orbits) if axes is None else axes
    position = (axis * (cosine - e))[:, None] * first + (axis * root * sine)[:, None] * second
    speed = axis * motion / (1.0 - e * cosine)
    velocity = (-speed * sine)[:, None] * first + (speed * root * cosine)[:, None] * second
    return np.asarray(position), np.asarray(velocity)


def _to_equator(vectors: Floats) -> Floats:
    """Rotate ecliptic vectors, shape (3, n), to the equator: shape (n, 3)."""
    cosine, sine = np.cos(OBLIQUITY), np.sin(OBLIQUITY)
    x, y, z = vectors
    return np.stack([x, cosine * y - sine * z, sine * y + cosine * z], axis=1)
