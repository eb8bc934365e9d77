"""Load rate of visits into a large raw.Source, against that into a small one.

A survey goes deeper: the large table has the sky of the small one ten times, so that the rows of a
further visit lie far apart in its index of positions. It is filled by the server, indexes last.
Then visits are loaded one after another, as on every night: a series into one table, the same into
the other, in turn. Each series begins with a checkpoint, after which every page of an index is
written to the log as a whole when it is first touched; with the private server's settings the next
one comes after more than such a series. A table's rate is that of its best series, as a whole.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.load_data import (
    DATABASE,
    Connection,
    checksum,
    fresh_database,
    load_visits,
    no_autovacuum,
    write_sources,
)
from bench.measure import Measure
from skytract.loaders.connect import connect
from skytract.loaders.load import load_file

SMALL = 5_000_000
TIMES = 10
"""How many times as many rows the large table has."""

ROWS = 500_000
SERIES = 4
"""Visits, of ROWS rows each, that are loaded one after another."""

ROUNDS = 2


def run(small: int = SMALL, times: int = TIMES, rows: int = ROWS) -> Iterator[Measure]:
    """Measure in two databases, which are dropped afterwards."""
    visits = range(times + 1, times + 1 + ROUNDS * SERIES)
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


def measure(
    little: Connection, large: Connection, folder: Path, rows: int, visits: range
) -> Measure:
    """Load series of visits into both tables in turn; compare the best times, and the rows."""
    best = {"ours": float("inf"), "peer": float("inf")}
    agree = True
    for first in visits[::SERIES]:
        series = range(first, first + SERIES)
        paths = [write_sources(folder, rows, visit) for visit in series]
        answers = []
        for way, connection in (("ours", large), ("peer", little)):
            best[way] = min(best[way], load_series(connection, paths))
            answers.append([checksum(connection, visit) for visit in series])
        agree &= answers[0] == answers[1] and all(count == rows for count, _ in answers[0])
        for path in paths:
            path.unlink()
    (before,) = large.execute("SELECT count(*) FROM raw.Source").fetchone() or (0,)
    return {
        "name": "load.growth",
        "ours": SERIES * rows / best["ours"],
        "peer": SERIES * rows / best["peer"],
        "unit": "rows/s",
        "ratio": best["peer"] / best["ours"],
        "agree": agree,
        "note": f"{SERIES} visits of {rows} rows after each checkpoint; "
        f"the large table has {before} rows in the end",
    }


def load_series(connection: Connection, paths: list[Path]) -> float:
    """Load files after a checkpoint, one after another; return the seconds that all took."""
    connection.execute("CHECKPOINT")
    began = perf_counter()
    for path in paths:
        assert load_file(connection, path).state == "loaded"
    return perf_counter() - began
