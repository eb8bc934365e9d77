"""Simulated detections of stars with proper motion and parallax, by vectors and astropy's Earth."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg
from astropy.coordinates import get_body_barycentric
from astropy.time import Time
from numpy.typing import NDArray

from skytract.udf.sky.hpx29 import hpx29
from tests.fill_table import fill_table
from tests.raw_rows import insert
from tests.sky.positions import unit_vectors

Floats = NDArray[np.float64]
MAS = np.pi / 180.0 / 3.6e6
EPOCH = 61041.0
"""2026.0, to which the true positions refer [MJD]."""


def earth(mjd: Floats) -> Floats:
    """Barycentric positions of the Earth [AU], shape (n, 3), by astropy."""
    # Times are given in TDB: on the way from TAI astropy warns of leap seconds to come.
    time = Time(mjd + 32.184 / 86400.0, format="mjd", scale="tdb")
    position = get_body_barycentric("earth", time, ephemeris="builtin").xyz.to_value("AU")
    return np.asarray(position).T


@dataclass
class Stars:
    """True positions [deg] at EPOCH, proper motions [mas/yr], parallaxes [mas]."""

    ra: Floats
    dec: Floats
    pm_ra: Floats
    pm_dec: Floats
    parallax: Floats
    keys: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = np.asarray(hpx29(self.ra, self.dec), np.int64)

    def basis(self) -> tuple[Floats, Floats, Floats]:
        """Directions of the stars, east and north of them, shape (n, 3)."""
        ra, dec = np.radians(self.ra), np.radians(self.dec)
        east = np.stack([-np.sin(ra), np.cos(ra), 0.0 * ra], axis=-1)
        towards = unit_vectors(self.ra, self.dec)
        north = np.stack([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)], -1)
        return towards, east, north

    def seen(self, mjd: Floats, east: Floats, north: Floats) -> tuple[Floats, Floats]:
        """Positions [deg], shape (n, visits), with offsets east and north [mas] added."""
        years = (mjd - EPOCH) / 365.25
        towards, to_east, to_north = (b[:, None, :] for b in self.basis())
        shift_east = (self.pm_ra[:, None] * years + east)[..., None] * MAS
        shift_north = (self.pm_dec[:, None] * years + north)[..., None] * MAS
        place = towards + to_east * shift_east + to_north * shift_north
        place = place - (self.parallax * MAS)[:, None, None] * earth(mjd)
        x, y, z = np.moveaxis(place, -1, 0)
        return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))


@dataclass
class Sightings:
    """Detections, shape (stars, visits): positions [deg] with errors [deg] and covariance."""

    mjd: Floats
    ra: Floats
    dec: Floats
    ra_err: Floats
    dec_err: Floats
    cov: Floats


def draw_stars(rng: np.random.Generator, count: int, ra: float = 30.0, dec: float = -35.0) -> Stars:
    """Stars within half a degree (in dec) of a place; any number of them."""
    return Stars(
        (ra + rng.uniform(-0.5, 0.5, count)) % 360.0,
        np.clip(dec + rng.uniform(-0.5, 0.5, count), -90.0, 90.0),
        rng.normal(0.0, 30.0, count),
        rng.normal(0.0, 30.0, count),
        rng.exponential(5.0, count),
    )


def observe(
    rng: np.random.Generator, stars: Stars, mjd: Floats, outliers: float = 0.0
) -> Sightings:
    """Observe stars with errors of 5 to 40 mas and any correlation; a fraction is 300 mas off."""
    shape = (len(stars.ra), len(mjd))
    # Errors as the columns keep them, in single precision.
    ra_err, dec_err = np.float32(rng.uniform(5.0, 40.0, (2, *shape)) / 3.6e6).astype(float)
    cov = np.float32(rng.uniform(-0.9, 0.9, shape) * ra_err * dec_err).astype(float)
    rho = cov / (ra_err * dec_err)
    first, second = rng.normal(size=(2, *shape))
    east = ra_err * 3.6e6 * first
    north = dec_err * 3.6e6 * (rho * first + np.sqrt(1.0 - rho**2) * second)
    wrong, angle = rng.uniform(size=shape) < outliers, rng.uniform(0.0, 2.0 * np.pi, shape)
    east, north = east + 300.0 * wrong * np.cos(angle), north + 300.0 * wrong * np.sin(angle)
    return Sightings(mjd, *stars.seen(mjd, east, north), ra_err, dec_err, cov)


def store(
    connection: psycopg.Connection[Any],
    stars: Stars,
    seen: Sightings,
    tables: tuple[str, ...] = ("Source", "DiaSource"),
    order: Any = None,
) -> None:
    """Put stars into Object and DiaObject of dr1, their detections into Source and DiaSource."""
    n, visits = seen.ra.shape
    columns = {"visit": list(range(visits)), "band": "r", "ra": 0, "dec": 0, "loadId": 1}
    insert(connection, "raw.Visit", {**columns, "expMidptMJD": seen.mjd, "expTime": 30})
    place = {"ra": seen.ra, "dec": seen.dec, "coord_ra": seen.ra, "coord_dec": seen.dec}
    place |= {"raerr": seen.ra_err, "decerr": seen.dec_err, "ra_dec_cov": seen.cov}
    rows = {name: value.ravel() for name, value in place.items()}
    rows |= {"hpx29": hpx29(rows["ra"], rows["dec"]), "visit": np.tile(np.arange(visits), n)}
    order = np.arange(n * visits) if order is None else order
    ids, of_star = np.arange(n * visits), np.repeat(stars.keys, visits)
    if "Source" in tables:
        at = {"coord_ra": stars.ra, "coord_dec": stars.dec}
        fill_table(connection, "dr1.object", objectid=stars.keys, **at)
        _fill("dr1.source", connection, order, {**rows, "sourceid": ids, "objectid": of_star})
    if "DiaSource" in tables:
        fill_table(connection, "dr1.diaobject", diaobjectid=stars.keys, ra=stars.ra, dec=stars.dec)
        rows |= {"midpointmjdtai": np.tile(seen.mjd, n)}
        rows |= {"diasourceid": ids, "diaobjectid": of_star}
        _fill("dr1.diasource", connection, order, rows)


def _fill(
    table: str, connection: psycopg.Connection[Any], order: Any, columns: dict[str, Any]
) -> None:
    given = {name: np.asarray(values)[order] for name, values in columns.items()}
    fill_table(connection, table, **given)
