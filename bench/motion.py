"""Proper motions and parallaxes: rows per second, beside the limit and a plain GROUP BY.

A million positions of 20,000 stars, on one core. `motion.rate` is the whole accumulation: positions
with errors [deg] are read, projected about their star, given parallax factors, and summed up to
the normal equations of each star; against what was asked for, 0.4 M rows/s, and against one sum of
one column of the same rows. `motion.fit` is all of it, with the solution, the residuals of
all positions, and the search for outliers among them. The sums must be those of the terms that
residuals are made of, in SQL.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from bench.measure import Measure
from skytract.loaders.connect import connect

STARS = 20_000
VISITS = 50
LIMIT = 0.4e6
"""Rows per second that the survey needs."""

PLAIN = "SELECT count(*) FROM (SELECT id, sum(ra) FROM pg_temp.motion_detection GROUP BY id) AS s"
Connection = psycopg.Connection[Any]


def run(stars: int = STARS) -> Iterator[Measure]:
    """Measure on `stars` times 50 positions, in temporary tables."""
    rows = stars * VISITS
    with connect("owner") as connection:
        connection.execute("SET max_parallel_workers_per_gather = 0")
        connection.execute("SELECT set_config('bench.stars', %s, false)", (str(stars),))
        connection.execute(Path(__file__).with_suffix(".sql").read_bytes())
        connection.execute("SELECT association.earth_position('{60000}')")  # imports do not count
        rate = rows / timed(connection, "SELECT association.accumulate_motions()")
        plain = timed(connection, PLAIN)
        connection.execute("SELECT association.prepare_motions()")
        agree = sums_agree(connection)
        connection.execute("DROP TABLE pg_temp.motion_epoch, pg_temp.motion_place")
        connection.execute("DROP TABLE pg_temp.motion_sum")
        whole = timed(connection, "SELECT association.solve_motions()")
        fitted = connection.execute("SELECT count(*) FROM pg_temp.motion").fetchone() == (stars,)
        yield measure("motion.rate: what is asked for", rate, LIMIT, agree)
        yield measure("motion.rate: one sum by GROUP BY", rate, rows / plain, agree)
        yield measure("motion.fit: what is asked for", rows / whole, LIMIT, agree and fitted)


def timed(connection: Connection, query: str) -> float:
    """Run a query; seconds it takes."""
    began = time.perf_counter()
    connection.execute(query)
    return time.perf_counter() - began


def sums_agree(connection: Connection) -> bool:
    """Whether the sums of 100 stars are those of the terms of their rows, by a matrix product."""
    query = connection.execute("SELECT association.projected_positions()").fetchall()[0][0]
    rows = connection.execute(
        f"SELECT t, pa, pd, xi, eta, wa, wd, wc FROM ({query}) AS p WHERE id <= 100"
        " ORDER BY id, detection".encode()
    ).fetchall()
    sums = connection.execute("SELECT sums FROM pg_temp.motion_sum WHERE id <= 100 ORDER BY id")
    t, pa, pd, xi, eta, wa, wd, wc = np.array(rows).T.reshape(8, 100, VISITS)
    one, zero = np.ones_like(t), np.zeros_like(t)
    design = np.stack([[one, t, zero, zero, pa], [zero, zero, one, t, pd]])
    weight = np.array([[wa, wc], [wc, wd]])
    normal = np.einsum("aisk,absk,bjsk->sij", design, weight, design)
    right = np.einsum("aisk,absk,bsk->si", design, weight, np.stack([xi, eta]))
    row, column = np.triu_indices(5)
    single = (row != 1) | (column != 2)  # u with y is x with v
    theirs = np.hstack([right, normal[:, row[single], column[single]]])
    ours = np.array([row[0][2:] for row in sums])
    return bool(np.allclose(ours, theirs, rtol=1e-9, atol=1e-12 * np.abs(ours).max(axis=0)))


def measure(name: str, ours: float, peer: float, agree: bool) -> Measure:
    """Compare two rates."""
    return {
        "name": name,
        "ours": ours,
        "peer": peer,
        "unit": "rows/s",
        "ratio": ours / peer,
        "agree": agree,
    }
