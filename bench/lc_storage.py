"""Where the light-curve features of an Object lie: in its row, out of line, or in a side table.

Twelve arrays (1.5 kB) beside a row of 1.2 kB; every column is filled, the worst case. Ours is out
of line (`meta.store_features_apart`): a scan of fluxes reads hardly more pages than without
features, and Object is one table with one name. Writing an array costs 6 to 26 microseconds more
than in the row and reading it 5 to 7 (shared machine), against a millisecond to compute it. The
ratio is the peer's cost over ours; the lines "no features" are the limit.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from bench.measure import Measure
from skytract.loaders.connect import connect

ROWS = 20_000
ROUNDS = 7
FLUX = "sum(r_psfFlux::float8)"
FEATURE = "sum(r_lcPeriodic[29]::float8)"
TABLES = ("out_of_line", "in_row", "no_features", "side")
Connection = psycopg.Connection[Any]
Found = dict[str, tuple[float, Any]]
"""Cost and answer for each table."""


def run(rows: int = ROWS) -> Iterator[Measure]:
    """Measure on `rows` objects, in a schema that is dropped afterwards."""
    with connect("owner", autocommit=True) as connection:
        connection.prepare_threshold = None
        connection.execute("SELECT set_config('bench.rows', %s, false)", (str(rows),))
        try:
            connection.execute(Path(__file__).with_suffix(".sql").read_bytes())
            written = write(connection)
            yield from compare_scans(connection)
            yield compare("Object, write with features: in the row", written, "in_row")
            yield compare("Object, write with features: side table", written, "side")
        finally:
            connection.execute("DROP SCHEMA IF EXISTS bench_lc CASCADE")


def write(connection: Connection) -> Found:
    """Fill the tables, and ready them for queries; a side table comes on top of the main one."""
    found = best(connection, {name: f"SELECT bench_lc.fill('{name}')" for name in TABLES}, 1)
    found["side"] = (found["no_features"][0] + found["side"][0], found["side"][1])
    for name in TABLES:
        connection.execute(f"VACUUM ANALYZE bench_lc.{name} (objectid)")  # joins are planned by it
    return found


def compare_scans(connection: Connection) -> Iterator[Measure]:
    """Compare pages and times of reading one flux, and one feature, of every object."""
    pages: Found = {name: (page_bytes(connection, name), None) for name in TABLES}
    yield compare("Object, bytes of a flux scan: in the row", pages, "in_row", "B/row")
    yield compare("Object, bytes of a flux scan: no features", pages, "no_features", "B/row")
    query = "SELECT {} FROM bench_lc.{}".format
    ways = {name: query(FLUX, name) for name in (*TABLES[:3], "side_view")}
    flux = best(connection, ways)
    yield compare("Object, flux scan in memory: in the row", flux, "in_row")
    yield compare("Object, flux scan in memory: no features", flux, "no_features")
    yield compare("Object, flux scan in memory: view of a side table", flux, "side_view")
    ways = {name: query(FEATURE, name) for name in (*TABLES[:2], "side_view")}
    feature = best(connection, ways)
    yield compare("Object, feature scan in memory: in the row", feature, "in_row")
    yield compare("Object, feature scan in memory: view of a side table", feature, "side_view")


def best(connection: Connection, ways: dict[str, str], rounds: int = ROUNDS) -> Found:
    """Run some queries in turn; best time [s] and answer of each."""
    found: Found = dict.fromkeys(ways, (float("inf"), None))
    for _ in range(rounds):
        for name, query in ways.items():
            began = time.perf_counter()
            answer = connection.execute(query).fetchone()
            found[name] = (min(found[name][0], time.perf_counter() - began), answer)
    return found


def page_bytes(connection: Connection, name: str) -> float:
    """Bytes per object of the pages that every scan of the table reads."""
    found = connection.execute("SELECT bench_lc.page_bytes(%s)", (name,)).fetchone()
    assert found is not None
    return float(found[0])


def compare(name: str, found: Found, peer: str, unit: str = "s") -> Measure:
    """Put ours beside a peer."""
    (ours, answer), (theirs, their_answer) = found["out_of_line"], found[peer]
    return Measure(
        name=name,
        ours=ours,
        peer=theirs,
        unit=unit,
        ratio=theirs / ours,
        agree=same(answer, their_answer),
    )


def same(ours: Any, theirs: Any) -> bool:
    """Tell whether two answers are the same, sums to rounding."""
    if ours is None or theirs is None:
        return ours is theirs
    return all(abs(a - b) <= 1e-9 * abs(b) for a, b in zip(ours, theirs, strict=True))
