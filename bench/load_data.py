"""What the benchmarks of loading share: a database, seeded catalogs, and how tables are compared.

The tables are those a user gets: partitioned, with primary key and indexes.
"""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import Measure
from skytract.loaders.connect import connect
from skytract.loaders.load import load_paths
from skytract.loaders.load_target import DTYPES, find_target
from skytract.loaders.migrate import migrate
from skytract.loaders.postgresql import find_postgresql

PER_DETECTOR = 3000
"""Sources of one visit-detector, as in a Hyper Suprime-Cam exposure of high latitude."""

DATABASE = "bench_load"
SEED = 20250630
Connection = psycopg.Connection[Any]
Ways = Mapping[str, Callable[[], float | None]]


@contextmanager
def fresh_database(name: str = DATABASE, template: str | None = None) -> Iterator[Connection]:
    """Make a migrated database, or a copy of one; yield a connection of its owner to it."""
    with connect("owner", check=False, dbname="postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        source = f"TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        server.execute(f"CREATE DATABASE {name} {source}")
        try:
            if template is None:
                with connect("owner", check=False, dbname=name) as owner:
                    migrate(owner)
            with connect("owner", dbname=name, autocommit=True) as owner:
                yield owner
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def write_visits(folder: Path, rows: int, visit: int = 1) -> list[Path]:
    """Write the visit and the detectors that the sources refer to."""
    detectors = np.arange(-(-rows // PER_DETECTOR), dtype=np.int32)
    one: dict[str, Any] = {"visit": [visit], "band": ["r"], "ra": [150.0], "dec": [2.0]}
    one |= {"expMidptMJD": [60000.0], "expTime": [30.0]}
    many: dict[str, Any] = {"visit": np.full(len(detectors), visit), "detector": detectors}
    many |= {"band": ["r"] * len(detectors)}
    many |= {name: np.full(len(detectors), 4096, np.int32) for name in ("nx", "ny")}
    files = {"Visit": one, "VisitDetector": many}
    return [
        write_catalog(folder / f"{kind}_{visit}.parquet", kind, pa.table(columns))
        for kind, columns in files.items()
    ]


def write_sources(folder: Path, rows: int, visit: int = 1) -> Path:
    """Write the sources of a visit."""
    table = make_sources(rows, visit)
    return write_catalog(folder / f"Source_{visit}_{rows}.parquet", "Source", table)


def write_catalog(path: Path, kind: str, table: pa.Table, **options: Any) -> Path:
    """Write a Parquet catalog that says of what kind it is."""
    pq.write_table(table.replace_schema_metadata({"skytract.kind": kind}), path, **options)
    return path


def make_sources(rows: int, visit: int = 1) -> pa.Table:
    """Make seeded sources with every column; 5 % of the reals are NULL."""
    rng = np.random.default_rng([SEED, visit])
    detector = np.arange(rows, dtype=np.int32) // PER_DETECTOR
    # One detector covers 0.2 x 0.2 deg; detectors lie side by side in strips 10 deg long.
    known: dict[str, Any] = {
        "sourceId": (visit << 32) + np.arange(rows),
        "visit": np.full(rows, visit),
        "detector": detector,
        "ra": 150 + 0.2 * (detector % 50 + rng.random(rows)),
        "dec": 2 + 0.2 * (detector // 50 + rng.random(rows)),
    }
    columns = {}
    for key, column in find_target("Source").columns.items():
        values = known.get(key)
        if column.type == "boolean":
            values = rng.random(rows) < 0.05
        elif values is None:
            values = rng.lognormal(7, 1, rows)
        missing = rng.random(rows) < 0.05 if column.type == "real" else None
        columns[key] = pa.array(np.asarray(values).astype(DTYPES[column.type]), mask=missing)
    return pa.table(columns)


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


def load_visits(connection: Connection, folder: Path, rows: int, visits: Sequence[int]) -> None:
    """Load the visits and detectors that sources refer to."""
    for visit in visits:
        assert all(
            result.state == "loaded"
            for result in load_paths(connection, write_visits(folder, rows, visit))
        )


def reset(connection: Connection) -> None:
    """Empty the table and forget its loads; write what is pending, so that no way pays for it."""
    connection.execute("TRUNCATE raw.Source")
    connection.execute("DELETE FROM meta.LoadScope WHERE kind = 'Source'")
    connection.execute("DELETE FROM meta.Load WHERE kind = 'Source'")
    connection.execute("CHECKPOINT")


def checksum(connection: Connection, visit: int | None = None) -> tuple[int, int]:
    """Return the number of rows, and a hash of all their values but loadId."""
    names = ", ".join(["hpx29", *find_target("Source").columns])
    query = f"SELECT count(*), bit_xor(hash_record_extended(ROW({names}), 0)) FROM raw.Source"
    where = "" if visit is None else f" WHERE visit = {visit:d}"
    row = connection.execute(query + where).fetchone()
    assert row is not None
    return int(row[0]), int(row[1] or 0)


def compare(
    name: str,
    connection: Connection,
    ways: Ways,
    rounds: int = 1,
    keep: Callable[[], Any] = lambda: None,
) -> Measure:
    """Let two ways, "ours" and "peer", fill the empty table in turn; compare them."""
    return race(connection, ways, rounds, keep).measure(name)


class Race(NamedTuple):
    """What several ways to fill a table with the same rows took."""

    seconds: dict[str, list[float]]
    """Of the rounds of each."""
    rows: int
    agree: bool

    def measure(self, name: str, ours: str = "ours", peer: str = "peer") -> Measure:
        """Compare two of them, and whether all brought the same rows.

        The rates are those of the median round, the ratio is the median of the rounds' ratios:
        processors change their pace from minute to minute, and what ran in the same round is
        compared.
        """
        times = {way: np.array(self.seconds[way]) for way in (ours, peer)}
        ratios = times[peer] / times[ours]
        note = f"{self.rows} rows of {1 + len(find_target('Source').columns)} columns"
        if len(ratios) > 1:
            note += f"; rounds {', '.join(f'{ratio:.2f}' for ratio in ratios)}"
        return {
            "name": name,
            "ours": self.rows / float(np.median(times[ours])),
            "peer": self.rows / float(np.median(times[peer])),
            "unit": "rows/s",
            "ratio": float(np.median(ratios)),
            "agree": self.agree,
            "note": note,
        }


def race(
    connection: Connection,
    ways: Ways,
    rounds: int = 1,
    keep: Callable[[], Any] = lambda: None,
) -> Race:
    """Let ways fill the empty table in turn.

    A way may time itself: then it returns the seconds. `keep` is called once, while the table has
    the rows that the first way brought.
    """
    times: dict[str, list[float]] = {way: [] for way in ways}
    answers: dict[str, tuple[int, int]] = {}
    for _ in range(rounds):
        for way, load in ways.items():
            reset(connection)
            began = perf_counter()
            seconds = load()
            times[way].append(seconds or perf_counter() - began)
            if not answers:
                keep()
            if way not in answers:
                answers[way] = checksum(connection)
    rows = next(iter(answers.values()))[0]
    return Race(times, rows, rows > 0 and len(set(answers.values())) == 1)


def psql_copy(connection: Connection, encoded: Path) -> Callable[[], None]:
    """Return what copies an encoded file by psql."""
    info = connection.info
    server = {"PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user}
    environment = os.environ | server | {"PGDATABASE": info.dbname}
    command = f"\\copy raw.source FROM '{encoded}' (FORMAT binary)"
    psql = [str(find_postgresql().bin / "psql"), "--no-psqlrc", "--quiet", "--command", command]

    def copy() -> None:
        subprocess.run(psql, env=environment, check=True)

    return copy


def write_encoded(connection: Connection, path: Path) -> None:
    """Let the server write the table as a binary COPY, sorted by the sky key."""
    query = "COPY (SELECT * FROM raw.Source ORDER BY hpx29) TO STDOUT (FORMAT binary)"
    with connection.cursor().copy(query) as copy, open(path, "wb") as file:
        file.writelines(copy)
