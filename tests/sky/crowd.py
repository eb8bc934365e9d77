"""A crowd of positions where searches break, in partitioned tables, and what a plan touches."""

import re

import numpy as np
import psycopg

from skytract.loaders.partition_split import split
from skytract.loaders.release import create_release
from skytract.udf.sky.hpx29 import hpx29
from tests.fill_table import fill_table
from tests.sky.positions import CAP_EDGE, Floats, offset, uniform_positions

CENTRES = [
    (0.0, 0.0),
    (359.99999, 12.0),
    (123.0, 90.0),
    (10.0, -90.0),
    (45.0, 89.999),
    (90.0, CAP_EDGE),
    (180.0, -CAP_EDGE),
    (45.0, 0.0),
]
"""Centres [deg] at RA 0, poles, borders of the base pixels and of split partitions."""


def crowd() -> tuple[Floats, Floats]:
    """Positions all over the sky, and at every distance from the centres above."""
    rng = np.random.default_rng(1)
    everywhere = uniform_positions(rng, 3000)
    around = [
        offset(ra, dec, 10.0 ** rng.uniform(-6.5, 0.3, 400), rng.uniform(0.0, 6.3, 400))
        for ra, dec in CENTRES
    ]
    ra, dec = np.hstack([everywhere, *around])
    return ra, dec


def fill_sky(owner: psycopg.Connection) -> None:
    """Put the crowd into raw.Source, dr1.Source and dr1.Object, in partitions of orders 0 to 3."""
    ra, dec = crowd()
    keys = hpx29(ra, dec)
    for order, pixel in [(0, 4), (1, 16), (2, 64), (0, 0), (0, 8)]:
        split(owner, "raw", order, pixel)
    create_release(owner, "dr1")
    _, first = np.unique(keys, return_index=True)
    fill_table(owner, "raw.source", hpx29=keys, sourceid=np.arange(keys.size), ra=ra, dec=dec)
    fill_table(owner, "dr1.source", hpx29=keys, sourceid=np.arange(keys.size), ra=ra, dec=dec)
    places = {"coord_ra": ra[first], "coord_dec": dec[first]}
    fill_table(owner, "dr1.object", objectid=keys[first], **places)
    owner.commit()
    owner.execute("ANALYZE raw.Source, dr1.Source, dr1.Object")
    owner.commit()


def plan_of(reader: psycopg.Connection, query: str, *arguments: object) -> str:
    """Return the plan of a query, and what became of it."""
    rows = reader.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {query}", arguments)
    return "\n".join(line for (line,) in rows)


def scanned(plan: str) -> set[str]:
    """Names of the partitions that a plan touches."""
    return set(re.findall(r"(?:Scan|Scan using \w+) on (\w+_p\d+_\d+)\b", plan))
