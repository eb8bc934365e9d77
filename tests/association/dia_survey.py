"""DiaSources of known content in dr1, and the tables that come of them."""

from itertools import pairwise
from typing import Any

import numpy as np
import psycopg

from skytract.udf.sky.hpx29 import hpx29
from tests.raw_rows import insert, insert_visits

Connection = psycopg.Connection[Any]
Rows = list[tuple[Any, ...]]

SKY = (0, 12 << 58)
ARCSEC = 1 / 3600


def start_survey(connection: Connection, bands: str) -> None:
    """Make one visit per letter: visit i is taken at MJD 60000 + i; a count is 1 nJy."""
    for band in sorted(set(bands)):
        visits = [i + 1 for i, letter in enumerate(bands) if letter == band]
        insert_visits(connection, visits, band=band)
    connection.execute("SELECT calibration.state_zero_point('unit', 31.4)")
    connection.execute("SELECT calibration.use_solution('dr1', 'unit')")


def insert_dia_sources(connection: Connection, ra: Any, dec: Any, **columns: Any) -> None:
    """Insert detections on detector 0; their key is that of their position."""
    fixed = {"hpx29": hpx29(ra, dec), "ra": ra, "dec": dec, "detector": 0, "loadId": 1}
    insert(connection, "raw.DiaSource", {**fixed, **columns})


def associate(connection: Connection, visits: Any, radius: float = 1.0) -> None:
    """Associate visits one by one."""
    for visit in visits:
        connection.execute(
            "SELECT association.associate_dia_sources('dr1', %s, %s)", (visit, radius)
        )


def generate(connection: Connection, cuts: Any = (), radius: float = 1.0) -> None:
    """Make all DiaObjects, in one or several stretches of the sky."""
    bounds = [SKY[0], *sorted(cuts), SKY[1]]
    for lo, hi in pairwise(bounds):
        connection.execute(
            "SELECT association.generate_dia_objects('dr1', %s, %s, %s)", (lo, hi, radius)
        )


def content(connection: Connection) -> tuple[Rows, Rows]:
    """Return all rows of DiaSource and DiaObject."""
    return tuple(  # type: ignore[return-value]
        connection.execute(f"SELECT * FROM dr1.{table} ORDER BY 1, 2").fetchall()
        for table in ("DiaSource", "DiaObject")
    )


def members(connection: Connection) -> dict[int, int | None]:
    """Return diaObjectId by diaSourceId."""
    return dict(connection.execute("SELECT diaSourceId, diaObjectId FROM dr1.DiaSource").fetchall())


def crowd(rng: np.random.Generator, centre: tuple[float, float], n: int, visits: int) -> Any:
    """Return columns of n detections of some visits about a few places, crowded within arcsec."""
    ra0, dec0 = centre
    places = rng.uniform(-2.5, 2.5, (1 + n // 5, 2))
    seen = places[rng.integers(0, len(places), n)] + rng.normal(0, 0.3, (n, 2))
    flux = rng.normal(0, 100, n)
    return {
        "ra": (ra0 + seen[:, 0] * ARCSEC / np.cos(np.radians(dec0))) % 360.0,
        "dec": dec0 + seen[:, 1] * ARCSEC,
        "diaSourceId": rng.permutation(n) + 100,
        "visit": rng.integers(1, visits + 1, n),
        "psfInstFlux": flux,
        "psfInstFluxErr": rng.uniform(1, 20, n),
        "scienceInstFlux": flux + 1000,
        "scienceInstFluxErr": rng.uniform(1, 20, n),
    }
