"""Cross-matches and near neighbours of whole catalogs: ours against q3c's joins on the same rows.

`cross_match.q3c` is the nearest match at 1 arcsec end to end, results written to a table: ours
with all its preparations, q3c as a lateral look-up of each row with its index ready.
`cross_match.join` is the join alone, from columns that are ready as arrays. `neighbours.rate` finds
the pairs of one catalog within 3 arcsec. On one core: parallel workers would help both alike.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from bench.measure import Measure
from skytract.loaders.connect import connect

ROWS = 1_000_000
ROUNDS = 2
Connection = psycopg.Connection[Any]

OURS = "SELECT * FROM sky.cross_match('bench_match.a', 'bench_match.b', 1)"
PEER = """
SELECT a.id AS left_id, n.id AS right_id, n.separation AS separationArcsec
FROM bench_match.a AS a CROSS JOIN LATERAL (
    SELECT b.id, q3c_dist(a.ra, a.dec, b.ra, b.dec) * 3600 AS separation FROM bench_match.b AS b
    WHERE q3c_join(a.ra, a.dec, b.ra, b.dec, 1.0 / 3600) ORDER BY separation, b.id LIMIT 1
) AS n
"""
JOIN = """
SELECT unnest(m.paired_left) AS left_id, unnest(m.paired_right) AS right_id,
    unnest(m.separations) AS separationArcsec
FROM bench_match.columns_of_a AS a CROSS JOIN bench_match.columns_of_b AS b
CROSS JOIN LATERAL sky.match_positions(a.id, a.ra, a.dec, b.id, b.ra, b.dec, 1, 'nearest') AS m
"""
COLUMNS = """
CREATE TABLE bench_match.columns_of_{0} (id bigint[], ra float8[], dec float8[]);
ALTER TABLE bench_match.columns_of_{0} ALTER id SET STORAGE EXTERNAL,
    ALTER ra SET STORAGE EXTERNAL, ALTER dec SET STORAGE EXTERNAL;
INSERT INTO bench_match.columns_of_{0}
SELECT array_agg(id), array_agg(ra), array_agg(dec) FROM bench_match.{0};
"""
NEIGHBOURS = "SELECT * FROM sky.neighbour_pairs('bench_match.b', 3)"
PEER_NEIGHBOURS = """
SELECT a.id AS left_id, b.id AS right_id,
    q3c_dist(a.ra, a.dec, b.ra, b.dec) * 3600 AS separationArcsec
FROM bench_match.b AS a JOIN bench_match.b AS b
    ON q3c_join(a.ra, a.dec, b.ra, b.dec, 3.0 / 3600) AND a.id < b.id
"""


def run(rows: int = ROWS) -> Iterator[Measure]:
    """Measure in a schema that is dropped afterwards."""
    with connect("owner", autocommit=True) as connection:
        connection.execute("SET max_parallel_workers_per_gather = 0")
        connection.execute("SELECT set_config('bench.rows', %s, false)", (str(rows),))
        try:
            connection.execute(Path(__file__).with_suffix(".sql").read_bytes())
            connection.execute("ANALYZE bench_match.a")
            connection.execute("ANALYZE bench_match.b")
            for table in "ab":
                connection.execute(COLUMNS.format(table))
            ours, peer = best(connection, OURS), best(connection, PEER)
            yield compare("cross_match.q3c", rows, ours, peer)
            yield compare("cross_match.join", rows, best(connection, JOIN), peer)
            ours, peer = best(connection, NEIGHBOURS), best(connection, PEER_NEIGHBOURS)
            yield compare("neighbours.rate", rows, ours, peer)
        finally:
            connection.execute("DROP SCHEMA bench_match CASCADE")


def best(connection: Connection, query: str) -> tuple[float, tuple[Any, ...]]:
    """Best time [s] of writing a query's rows to a table; their number, sums of ids and angles."""
    times = []
    for _ in range(ROUNDS):
        connection.execute("DROP TABLE IF EXISTS bench_match.found")
        began = time.perf_counter()
        connection.execute(f"CREATE TABLE bench_match.found AS {query}")
        times.append(time.perf_counter() - began)
    answer = connection.execute(
        "SELECT count(*), sum(left_id), sum(right_id), sum(separationArcsec) FROM bench_match.found"
    ).fetchone()
    assert answer is not None
    return min(times), answer


def compare(
    name: str,
    rows: int,
    ours: tuple[float, tuple[Any, ...]],
    peer: tuple[float, tuple[Any, ...]],
) -> Measure:
    """Put our rate of left rows beside q3c's."""
    (our_time, found), (peer_time, expected) = ours, peer
    same = found[:3] == expected[:3] and abs(found[3] - expected[3]) <= 1e-9 * expected[3]
    return Measure(
        name=name,
        ours=rows / our_time,
        peer=rows / peer_time,
        unit="rows/s",
        ratio=peer_time / our_time,
        agree=bool(same),
        note=f"q3c; {rows} rows a side, {found[0]} pairs",
    )
