"""Load rate of a visit into a large raw.Source, against that into a small one.

A survey goes deeper: the large table has the sky of the small one ten times, so that the rows of a
further visit lie far apart in its index of positions. It is filled by the server, indexes last.
Visits are then loaded into both tables in turn, each after a checkpoint: every page of an index
that a load touches is written to the log as a whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.load_data import (
    DATABASE,
    Connection,
    checksum,
    fresh_database,
    load_visits,
    write_sources,
)
from bench.measure import Measure
from skytract.loaders.connect import connect
from skytract.loaders.load import load_file

SMALL = 5_000_000
TIMES = 10
"""How many times as many rows the large table has."""

ROWS = 1_000_000
ROUNDS = 3


def run(small: int = SMALL, times: int = TIMES, rows: int = ROWS) -> Iterator[Measure]:
    """Measure in two databases, which are dropped afterwards."""
    visits = range(times + 1, times + 1 + ROUNDS)
    with TemporaryDirectory() as name, no_autovacuum(), fresh_database() as first:
        folder = Path(name)
        load_visits(first, folder, small, [1, *visits])
        load_file(first, write_sources(folder, small))
        first.close()
        with (
            fresh_database(f"{DATABASE}_large", template=DATABASE) as large,
            connect("owner", dbname=DATABASE, autocommit=True) as little,
        ):
            large.execute(Path(__file__).with_suffix(".sql").read_text())
            large.execute("SELECT pg_temp.deepen(%s)", (times,))
            yield measure(little, large, folder, rows, visits)


@contextmanager
def no_autovacuum() -> Iterator[None]:
    """Let the server not clean up, while others are timed, after what was filled in."""
    server = connect("owner", check=False, dbname="postgres", autocommit=True)
    with server:
        server.execute("ALTER SYSTEM SET autovacuum = off")
        server.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            server.execute("ALTER SYSTEM RESET autovacuum")
            server.execute("SELECT pg_reload_conf()")


def measure(
    little: Connection, large: Connection, folder: Path, rows: int, visits: range
) -> Measure:
    """Load visits into both tables in turn; compare the best times, and what the tables have."""
    best = {"ours": float("inf"), "peer": float("inf")}
    agree = True
    for visit in visits:
        path = write_sources(folder, rows, visit)
        answers = set()
        for way, connection in (("ours", large), ("peer", little)):
            connection.execute("CHECKPOINT")
            began = perf_counter()
            assert load_file(connection, path).rows == rows
            best[way] = min(best[way], perf_counter() - began)
            answers.add(checksum(connection, visit))
        agree &= len(answers) == 1
        path.unlink()
    (before,) = large.execute("SELECT count(*) FROM raw.Source").fetchone() or (0,)
    return {
        "name": "load.growth",
        "ours": rows / best["ours"],
        "peer": rows / best["peer"],
        "unit": "rows/s",
        "ratio": best["peer"] / best["ours"],
        "agree": agree,
        "note": f"{rows} rows at a time; the large table has {before} in the end",
    }
