"""Load rate of raw.Source against the limit: psql's COPY of the same rows, sorted and encoded.

The limit does nothing but `\\copy ... (format binary)` of a file that is ready; ours begins with a
Parquet file, whose content it hashes, reads, checks, keys, sorts and encodes, and enters in the
ledger. Both fill the same table: partitioned, with primary key and indexes. Ratios are our rate
over the limit's, which can hardly be above 1, and over a peer's.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, LiteralString, cast

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import Measure
from skytract.loaders.connect import connect
from skytract.loaders.lend import lend
from skytract.loaders.load import load_file, load_paths
from skytract.loaders.load_target import DTYPES, find_target
from skytract.loaders.migrate import migrate
from skytract.loaders.postgresql import find_postgresql

ROWS = 300_000
PER_DETECTOR = 3000
"""Sources of one visit-detector, as in a Hyper Suprime-Cam exposure of high latitude."""

PEER_ROWS = 5000
ROUNDS = 3
DATABASE = "bench_load"
SEED = 20250630
Connection = psycopg.Connection[Any]
Ways = dict[str, Callable[[], Any]]


def run(rows: int = ROWS, peer_rows: int = PEER_ROWS) -> Iterator[Measure]:
    """Measure in a database of its own, which is dropped afterwards."""
    with TemporaryDirectory() as folder, fresh_database() as loader:
        list(load_paths(loader, write_visits(Path(folder), rows)))
        path, few = write_sources(Path(folder), rows, "all"), write_sources(Path(folder), peer_rows)
        load_file(loader, path)
        limit = {
            "ours": lambda: load_file(loader, path),
            "peer": psql_copy(loader, write_encoded(loader, path.with_suffix(".copy"))),
        }
        yield measure("load raw.Source: psql copies sorted, encoded rows", loader, limit, ROUNDS)
        reset(loader)
        load_file(loader, few)
        peer = {"ours": lambda: load_file(loader, few), "peer": pandas_write(loader)}
        yield measure("load raw.Source: pandas.to_sql", loader, peer, 1)


def measure(name: str, connection: Connection, ways: Ways, rounds: int) -> Measure:
    """Let both ways fill the empty table in turn; compare their best rates and the rows."""
    best = dict.fromkeys(ways, 0.0)
    answers: set[tuple[int, int]] = set()
    rows = 0
    for _ in range(rounds):
        for way, load in ways.items():
            reset(connection)
            began = perf_counter()
            load()
            seconds = perf_counter() - began
            rows, hash_ = connection.execute(checksum()).fetchone() or (0, 0)
            answers.add((rows, hash_))
            best[way] = max(best[way], rows / seconds)
    return {
        "name": name,
        "ours": best["ours"],
        "peer": best["peer"],
        "unit": "rows/s",
        "ratio": best["ours"] / best["peer"],
        "agree": len(answers) == 1,
        "note": f"{rows} rows of {1 + len(find_target('Source').columns)} columns",
    }


def reset(connection: Connection) -> None:
    """Empty the table and forget its loads; write what is pending, so that no way pays for it."""
    connection.execute("TRUNCATE raw.Source")
    connection.execute("DELETE FROM meta.LoadScope WHERE kind = 'Source'")
    connection.execute("DELETE FROM meta.Load WHERE kind = 'Source'")
    connection.execute("CHECKPOINT")


def checksum() -> LiteralString:
    """Return the query for the number of rows and a hash of all their values but loadId."""
    names = ", ".join(["hpx29", *find_target("Source").columns])
    return cast(
        LiteralString,
        f"SELECT count(*), bit_xor(hash_record_extended(ROW({names}), 0)) FROM raw.Source",
    )


@contextmanager
def fresh_database() -> Iterator[Connection]:
    """Make a migrated database beside the others; yield a connection of its owner to it."""
    with connect("owner", check=False, dbname="postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
        try:
            with connect("owner", check=False, dbname=DATABASE) as owner:
                migrate(owner)
            with connect("owner", dbname=DATABASE, autocommit=True) as owner:
                yield owner
        finally:
            server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def write_visits(folder: Path, rows: int) -> list[Path]:
    """Write the visit and the detectors that the sources refer to."""
    detectors = np.arange(-(-rows // PER_DETECTOR), dtype=np.int32)
    visit = {"visit": [1], "band": ["r"], "ra": [150.0], "dec": [2.0]}
    visit |= {"expMidptMJD": [60000.0], "expTime": [30.0]}
    detector = {"visit": np.ones(len(detectors), np.int64), "detector": detectors}
    detector |= {
        "band": ["r"] * len(detectors),
        "nx": detectors * 0 + 4096,
        "ny": detectors * 0 + 4096,
    }
    return [_write(folder, "Visit", visit), _write(folder, "VisitDetector", detector)]


def write_sources(folder: Path, rows: int, name: str = "few") -> Path:
    """Write seeded sources with every column; 5 % of the reals are NULL."""
    rng = np.random.default_rng(SEED)
    detector = np.arange(rows, dtype=np.int32) // PER_DETECTOR
    # One detector covers 0.2 x 0.2 deg; detectors lie side by side in a square.
    side = int(np.ceil(np.sqrt(detector[-1] + 1)))
    known: dict[str, Any] = {
        "sourceId": (1 << 26) + np.arange(rows),
        "visit": np.ones(rows, np.int64),
        "detector": detector,
        "ra": 150 + 0.2 * (detector % side + rng.random(rows)),
        "dec": 2 + 0.2 * (detector // side + rng.random(rows)),
    }
    columns = {}
    for key, column in find_target("Source").columns.items():
        values = known.get(key, rng.lognormal(7, 1, rows))
        if column.type == "boolean":
            values = rng.random(rows) < 0.05
        missing = rng.random(rows) < 0.05 if column.type == "real" else None
        columns[key] = pa.array(np.asarray(values).astype(DTYPES[column.type]), mask=missing)
    return _write(folder, "Source", columns, name)


def _write(folder: Path, kind: str, columns: dict[str, Any], name: str = "") -> Path:
    path = folder / f"{kind}{name}.parquet"
    table = pa.table(columns).replace_schema_metadata({"skytract.kind": kind})
    pq.write_table(table, path)
    return path


def write_encoded(connection: Connection, path: Path) -> Path:
    """Let the server write the table as a binary COPY, sorted by the sky key."""
    query = "COPY (SELECT * FROM raw.Source ORDER BY hpx29) TO STDOUT (FORMAT binary)"
    with connection.cursor().copy(query) as copy, open(path, "wb") as file:
        file.writelines(copy)
    return path


def psql_copy(connection: Connection, encoded: Path) -> Callable[[], Any]:
    """Return what copies an encoded file by psql."""
    info = connection.info
    server = {"PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user}
    environment = os.environ | server | {"PGDATABASE": info.dbname}
    command = f"\\copy raw.source FROM '{encoded}' (FORMAT binary)"
    psql = [str(find_postgresql().bin / "psql"), "--no-psqlrc", "--quiet", "--command", command]
    return lambda: subprocess.run(psql, env=environment, check=True)


def pandas_write(connection: Connection) -> Callable[[], Any]:
    """Return what writes the table's present rows again by pandas."""
    import pandas as pd

    cursor = connection.execute("SELECT * FROM raw.Source", binary=True)
    frame = pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description or ()])

    def write() -> None:
        with lend(connection) as lent:
            frame.to_sql("source", lent, schema="raw", if_exists="append", index=False)

    return write
