"""Cones: our predicate on a partitioned table against q3c on the same rows in one table.

Ten million sources in 144 square degrees about RA 0, in more than 200 partitions. Circles of
three sizes about random centres in there; both ways answer each circle in turn, and the number of
rows and the sum of their ids must be the same. The middle time of all circles counts, planning and
the way to the client and back included, on one core: parallel workers would take longer to start
than these queries take. The measure `cone.q3c` is the worst of the three sizes.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from bench.measure import Measure
from skytract.loaders.connect import connect
from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.copy_rows import copy_rows
from skytract.loaders.partition import create_partitions
from skytract.loaders.partition_plan import Density, plan
from skytract.udf.sky.hpx29 import hpx29

ROWS = 10_000_000
CIRCLES = 50
ROW_BUDGET = 70_000
"""Rows per partition: the ten millions lie in some 270 partitions of order 6."""

WIDTH = 12.0
"""Of the field, in ra and in dec [deg]."""

SIZES = {"1 arcsec": 1.0 / 3600.0, "1 arcmin": 1.0 / 60.0, "1 deg": 1.0}
SEED = 20250701
QUERY = "SELECT count(*), sum(sourceId) FROM bench_cone.{} WHERE {}"
OURS = QUERY.format("source", "sky.in_cone(hpx29, ra, dec, %s, %s, %s)")
PEER = QUERY.format("plain", "q3c_radial_query(ra, dec, %s, %s, %s)")
Connection = psycopg.Connection[Any]


def run(rows: int = ROWS, circles: int = CIRCLES) -> Iterator[Measure]:
    """Measure each size of circle, and say which is worst; the schema is dropped afterwards."""
    rng = np.random.default_rng(SEED)
    with connect("owner", autocommit=True) as connection:
        connection.prepare_threshold = None
        connection.execute("SET max_parallel_workers_per_gather = 0")
        try:
            fill(connection, *positions(rng, rows))
            measures = []
            for name, radius in SIZES.items():
                measures.append(measure(connection, name, radius, positions(rng, circles)))
                yield measures[-1]
            worst = min(measures, key=lambda measure: measure["ratio"])
            yield {**worst, "name": "cone.q3c", "note": worst["name"]}
        finally:
            connection.execute("DROP SCHEMA bench_cone CASCADE")


def positions(rng: np.random.Generator, count: int) -> tuple[Any, Any]:
    """Draw positions [deg] uniformly from the field about RA 0, dec 0."""
    z = np.sin(np.radians(WIDTH / 2.0))
    ra = rng.uniform(-WIDTH / 2.0, WIDTH / 2.0, count) % 360.0
    return ra, np.degrees(np.arcsin(rng.uniform(-z, z, count)))


def fill(connection: Connection, ra: Any, dec: Any) -> None:
    """Make both tables, with partitions as planned for these rows."""
    keys = hpx29(ra, dec)
    connection.execute(Path(__file__).with_suffix(".sql").read_bytes())
    density = Density.of(12, keys >> 2 * 17, np.ones(keys.size))
    create_partitions(connection, "bench_cone", [p.cell for p in plan(density, ROW_BUDGET)])
    flux = np.exp(np.random.default_rng(SEED).normal(7.0, 1.0, keys.size))
    columns = [
        CopyColumn("hpx29", "bigint", keys),
        CopyColumn("sourceid", "bigint", np.arange(keys.size)),
        CopyColumn("ra", "double precision", ra),
        CopyColumn("dec", "double precision", dec),
        CopyColumn("psfinstflux", "double precision", flux),
        CopyColumn("psfinstfluxerr", "double precision", np.sqrt(flux)),
    ]
    with connection.transaction():
        copy_rows(connection, sql.Identifier("bench_cone", "source"), columns, np.argsort(keys))
    connection.execute(Path(__file__).with_name("cone_peer.sql").read_bytes())
    connection.execute("VACUUM ANALYZE bench_cone.source")
    connection.execute("VACUUM ANALYZE bench_cone.plain")


def measure(connection: Connection, name: str, radius: float, centres: tuple[Any, Any]) -> Measure:
    """Time both ways on every circle, in turn."""
    times: dict[str, list[float]] = {OURS: [], PEER: []}
    agree, found = True, 0
    for ra, dec in np.transpose(centres).tolist():
        answers = []
        for query, seconds in times.items():
            began = time.perf_counter()
            answers.append(connection.execute(query, (ra, dec, radius)).fetchone())
            seconds.append(time.perf_counter() - began)
        agree &= answers[0] == answers[1]
        found += answers[0][0] if answers[0] else 0
    ours, peer = (1000.0 * float(np.median(seconds)) for seconds in times.values())
    return {
        "name": f"cone of {name}: q3c_radial_query",
        "ours": ours,
        "peer": peer,
        "unit": "ms",
        "ratio": peer / ours,
        "agree": agree,
        "note": f"middle of {len(times[OURS])} circles, {found / len(times[OURS]):.4g} rows each",
    }
