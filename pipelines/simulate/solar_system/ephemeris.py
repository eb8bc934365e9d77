"""Which minor planets an exposure sees, where and how bright."""

import healpy
import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.sites import TAI_TO_TT, unit_vectors
from skytract.pipelines.simulate.solar_system.kepler import orbit_axes, propagate
from skytract.pipelines.simulate.solar_system.observer import observer_state
from skytract.pipelines.simulate.solar_system.photometry import (
    COLOURS,
    apparent_magnitude,
    phase_angle,
)

Floats = NDArray[np.float64]

AU_PER_DAY = 173.14463267424
"""Speed of light, au/d."""

LIGHT_TIME_STEPS = 3
"""Iterations of the light time: each divides the error by c over the body's speed, 10^4."""

NIGHT_CELLS = 64
"""HEALPix nside of the nightly index: cells of 0.9 deg."""

FAST = 1.0
"""Bodies that move more than this in a day, deg, or are nearer than NEAR au, are tried always."""

NEAR = 0.2

PAD = 0.75
"""How far a slow body can be from its place at midnight within half a day, deg: 1.0 x 0.5 d of
motion, half as much for its change, and the parallax of the Earth's radius at 0.2 au (0.01 deg)."""

EPHEMERIS = np.dtype(
    [
        ("ssObjectId", "i8"),
        ("row", "i8"),  # of the table of orbits
        ("ra", "f8"),  # deg, ICRS, astrometric
        ("dec", "f8"),
        ("raRate", "f8"),  # deg/d, of RA cos dec
        ("decRate", "f8"),
        ("heliocentricDist", "f8"),  # au
        ("topocentricDist", "f8"),
        ("phaseAngle", "f8"),  # deg
        ("magnitude", "f8", (6,)),  # AB, ugrizy
    ]
)
"""A body as seen at a time."""


Index = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Occupied cells, rows sorted by cell, where each cell starts, and rows of fast bodies."""


class SolarSystem:
    """The minor planets of a survey, found by field and time.

    Parameters
    ----------
    orbits
        Rows of ORBIT, shape (n,).
    """

    def __init__(self, orbits: NDArray[np.void]) -> None:
        self.orbits = orbits
        self.axes = orbit_axes(orbits)
        self._nights: dict[int, Index] = {}

    def positions_in_field(
        self, mjd: float, ra: float, dec: float, radius: float
    ) -> NDArray[np.void]:
        """Return the bodies within `radius` deg of (ra, dec) [deg, ICRS] at MJD TAI.

        Only bodies that were near the field at midnight, or move fast, are propagated.

        Returns
        -------
        numpy.ndarray
            Rows of EPHEMERIS in the order of the orbits.
        """
        cells, order, starts, fast = self._night(int(np.floor(mjd)))
        centre = unit_vectors(ra, dec)
        reach = min(np.radians(radius + PAD), np.pi)
        near = healpy.query_disc(NIGHT_CELLS, centre, reach, inclusive=True, nest=True)
        here = starts[np.isin(cells, near, assume_unique=True).nonzero()[0][:, None] + [0, 1]]
        slow = [order[first:last] for first, last in here]
        rows = np.unique(np.concatenate([fast, *slow]))
        seen = self.observe(rows, mjd)
        places = unit_vectors(seen["ra"], seen["dec"])
        chord = np.linalg.norm(places - centre, axis=1)
        return np.asarray(seen[chord <= 2.0 * np.sin(np.radians(radius) / 2.0)])

    def observe(self, rows: NDArray[np.int64], mjd: float) -> NDArray[np.void]:
        """Return what the observatory sees of the bodies in `rows`, shape (m,), at MJD TAI."""
        orbits = self.orbits[rows]
        place, motion = observer_state(mjd)
        seen, speed, helio = topocentric(orbits, mjd, place[0], motion[0])
        distance = np.linalg.norm(seen, axis=1)
        phase = phase_angle(helio, distance, np.asarray(np.linalg.norm(place[0])))
        visual = apparent_magnitude(orbits["H"], orbits["G"], helio, distance, phase)
        x, y, z = seen.T
        across = np.hypot(x, y)
        result = np.zeros(len(rows), EPHEMERIS)
        result["ssObjectId"], result["row"] = orbits["ssObjectId"], rows
        result["ra"] = np.degrees(np.arctan2(y, x)) % 360.0
        result["dec"] = np.degrees(np.arctan2(z, across))
        east = (x * speed[:, 1] - y * speed[:, 0]) / across
        north = (speed[:, 2] * across**2 - z * (x * speed[:, 0] + y * speed[:, 1])) / across
        result["raRate"] = np.degrees(east / distance)
        result["decRate"] = np.degrees(north / distance**2)
        result["heliocentricDist"], result["topocentricDist"] = helio, distance
        result["phaseAngle"] = np.degrees(phase)
        result["magnitude"] = visual[:, None] + COLOURS[orbits["colour"]]
        return result

    def _night(self, night: int) -> Index:
        """Return the index of a night; the last two are kept."""
        if night not in self._nights:
            if len(self._nights) > 1:
                del self._nights[next(iter(self._nights))]
            self._nights[night] = self._index_night(night)
        return self._nights[night]

    def _index_night(self, night: int) -> Index:
        """Propagate all bodies to the middle of the MJD and sort them by cell."""
        middle = night + 0.5
        place, motion = observer_state(middle)
        position, velocity = propagate(
            self.orbits, middle, self.axes
        )  # light time matters within PAD only
        seen, speed = position - place, velocity - motion
        distance = np.linalg.norm(seen, axis=1)
        along = np.sum(seen * speed, axis=1) / distance
        across = np.sqrt(np.maximum(np.sum(speed**2, axis=1) - along**2, 0.0))
        fast = (np.degrees(across / distance) > FAST) | (distance < NEAR)
        slow = np.flatnonzero(~fast)
        cell = healpy.vec2pix(NIGHT_CELLS, *seen[slow].T, nest=True)
        order = np.argsort(cell, kind="stable")
        cells, first = np.unique(cell[order], return_index=True)
        return cells, slow[order], np.append(first, len(slow)), np.flatnonzero(fast)


def topocentric(
    orbits: NDArray[np.void], mjd: float, place: Floats, motion: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return where bodies were when the light left that an observer sees.

    Astrometric: light time, no aberration, as stars in the same field are treated. The Sun is taken
    to rest during the light time (0.01 arcsec for the farthest).

    Parameters
    ----------
    orbits
        Rows of ORBIT, shape (n,).
    mjd
        MJD TAI.
    place, motion
        Heliocentric state of the observer, au and au/d, shape (3,).

    Returns
    -------
    tuple
        Positions [au] and velocities [au/d] relative to the observer, shape (n, 3); distances from
        the Sun [au], shape (n,).
    """
    epoch, delay = mjd + TAI_TO_TT, np.zeros(len(orbits))
    for _ in range(LIGHT_TIME_STEPS):
        position, velocity = propagate(orbits, epoch - delay)
        delay = np.linalg.norm(position - place, axis=1) / AU_PER_DAY
    return position - place, velocity - motion, np.linalg.norm(position, axis=1)
